"""What becomes of turns and sends enters; it is counted, and the owner is told what matters."""

from __future__ import annotations

from bot.alarms import Alarms, Cause
from bot.metrics import Metrics
from core.errors import ContactStopped, DeliveryError, DeliveryUnavailable


class Witness:
    """Told of every step by those who work; this one forgets it at once."""

    def phase(self, name: str, seconds: float) -> None:
        """A step of a turn took so long: "waited", "read", "answered", "saved", "sent", "done"."""

    def sent(self) -> None:
        """The channel took a part."""

    def not_sent(self, error: DeliveryError, *, is_final: bool) -> None:
        """The channel did not take a part, or perhaps did.

        Args:
            is_final: it is not tried again.
        """

    def happened(self, event: str) -> None:
        """A turn was "restarted" or "withdrawn", a worker "woken", or a "moment" asked for."""

    def buried(self, conversation_id: int) -> None:
        """A turn was given up."""


class Reporter(Witness):
    """Keeps the figures and raises the alarms of one process."""

    def __init__(self, metrics: Metrics, alarms: Alarms) -> None:
        self._spine = metrics.spine
        self._alarms = alarms

    def phase(self, name: str, seconds: float) -> None:
        self._spine.phase(name, seconds)

    def sent(self) -> None:
        self._spine.sent("accepted")
        self._alarms.clear(Cause.TWILIO_ACCOUNT)

    def not_sent(self, error: DeliveryError, *, is_final: bool) -> None:
        self._spine.sent("failed" if is_final else _word(error))
        if isinstance(error, DeliveryUnavailable) and error.mend:
            self._alarms.raise_(Cause.TWILIO_ACCOUNT, mend=error.mend)
        if is_final and not isinstance(error, ContactStopped):
            self._alarms.raise_(Cause.MESSAGE_UNDELIVERED, code=error.code)

    def happened(self, event: str) -> None:
        self._spine.happened(event)

    def buried(self, conversation_id: int) -> None:
        self._spine.happened("buried")
        self._alarms.raise_(Cause.TURN_BURIED, conversation_id=conversation_id)


def _word(error: DeliveryError) -> str:
    return "postponed" if isinstance(error, DeliveryUnavailable) else "unclear"
