"""What the owner has to know enters from any part of the shop; notices to the owner leave."""

from bot.alarms.alarms import Alarms, NoAlarms
from bot.alarms.causes import Cause

__all__ = ["Alarms", "Cause", "NoAlarms"]
