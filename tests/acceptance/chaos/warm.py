"""Nothing enters; what every start of the shop computes leaves, once for all processes forked."""

from datetime import UTC, datetime

from bot.warm_up import warm_up

warm_up(datetime.now(UTC))
