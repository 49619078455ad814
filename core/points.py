"""The steps of a message's way by name; a test may kill, delay or fail the process at each.

Nothing happens at a point unless somebody watches, and only tests do. A watcher that sleeps holds
up the whole event loop of a worker, as a machine that stalls would.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """Every step after which a process may die; those with `_UNIT` lie before their COMMIT."""

    WEBHOOK_VERIFIED = "webhook_verified"
    MESSAGE_UNIT = "message_unit"
    MESSAGE_STORED = "message_stored"
    MESSAGE_WOKEN = "message_woken"
    CLAIM_UNIT = "claim_unit"
    CLAIMED = "claimed"
    TURN_READ = "turn_read"
    ANSWERED = "answered"
    SAVE_UNIT = "save_unit"
    SAVED = "saved"
    SEND_UNIT = "send_unit"
    SENDING = "sending"
    SENT = "sent"
    ACCEPT_UNIT = "accept_unit"
    ACCEPTED = "accepted"
    FINISH_UNIT = "finish_unit"
    FINISHED = "finished"
    UNCLEAR = "unclear"
    LOOK_UP = "look_up"
    LOOKED_UP = "looked_up"
    POSTPONED = "postponed"
    GIVEN_BACK = "given_back"
    RENEW_UNIT = "renew_unit"
    BURIAL = "burial"
    STATUS_UNIT = "status_unit"
    STATUS_STORED = "status_stored"


Watcher = Callable[[Point], None]
_watcher: Watcher | None = None


def watch(watcher: Watcher | None) -> None:
    """Call `watcher` at every point from now on, in the thread that reaches it; None: nobody."""
    global _watcher
    _watcher = watcher


def reached(point: Point) -> None:
    """This step is done; whatever the watcher raises goes on from here."""
    if _watcher is not None:
        _watcher(point)
