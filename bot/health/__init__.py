"""What is known of each provider: results of calls and pings enter, who may be asked leaves.

What needs no database stands here; `pings` and `store` are imported by name.
"""

from bot.health.breaker import Breaker, Call
from bot.health.health import Health
from bot.health.member import Member

__all__ = ["Breaker", "Call", "Health", "Member"]
