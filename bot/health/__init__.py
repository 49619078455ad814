"""What is known of each provider: results of calls and pings enter, who may be asked leaves."""

from bot.health.breaker import Breaker, Call
from bot.health.health import Health
from bot.health.member import Member
from bot.health.pings import Ping, Pinger, store_ping, stored_states

__all__ = ["Breaker", "Call", "Health", "Member", "Ping", "Pinger", "store_ping", "stored_states"]
