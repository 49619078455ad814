"""What is known of each provider: results of calls and pings enter, who may be asked leaves."""

from bot.health.breaker import Breaker, Call
from bot.health.health import Health
from bot.health.member import Member
from bot.health.pings import Ping, Pinger, store_ping, stored_states
from bot.health.store import HealthStore

__all__ = [
    "Breaker",
    "Call",
    "Health",
    "HealthStore",
    "Member",
    "Ping",
    "Pinger",
    "store_ping",
    "stored_states",
]
