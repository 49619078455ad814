"""Steps of turns, sends, webhooks and the database enter; figures of one process leave."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from bot.metrics.quick import QuickHistograms
from core.clock import Clock

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
TURN = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 45, 90, 300)
UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
PHASES = ("waited", "read", "answered", "saved", "sent", "done")
ACKS = (
    "accepted",
    "repeated",
    "status",
    "too_large",
    "bad_signature",
    "bad_form",
    "not_configured",
    "database_unavailable",
)
SENDS = ("accepted", "postponed", "unclear", "failed")
EVENTS = ("restarted", "withdrawn", "buried", "woken", "moment")


class Spine:
    """The way of a message in figures; names begin with `mostrador_`.

    Every label's series are made beforehand: what did not happen yet reads 0.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._phases = QuickHistograms(
            registry,
            "mostrador_turn_phase_seconds",
            "Steps of turns; waited and done count from the first message on.",
            TURN,
            "phase",
            PHASES,
        ).by
        self._acks = QuickHistograms(
            registry,
            "mostrador_webhook_seconds",
            "Twilio's requests from their arrival to our answer, by how they ended.",
            QUICK,
            "outcome",
            ACKS,
        ).by
        self._units = QuickHistograms(
            registry,
            "mostrador_database_commit_units",
            "Units of work one COMMIT made durable.",
            UNITS,
        ).by[""]
        self._wait = QuickHistograms(
            registry,
            "mostrador_database_write_seconds",
            "From the queue to the COMMIT, for the oldest unit of each.",
            QUICK,
        ).by[""]
        self._lag = QuickHistograms(
            registry,
            "mostrador_event_loop_lag_seconds",
            "How late the worker's event loop came back to what was due.",
            QUICK,
        ).by[""]
        sends = Counter(
            "mostrador_sends_total",
            "Parts of replies handed to the channel, by what it said.",
            ("result",),
            registry=registry,
        )
        events = Counter(
            "mostrador_turn_events_total",
            "Answers begun afresh, replies withdrawn, turns buried, wake-ups heard, moments said.",
            ("event",),
            registry=registry,
        )
        self.turns_in_flight = Gauge(
            "mostrador_turns_in_flight", "Conversations being worked on.", registry=registry
        )
        self.rebuilds = Counter(
            "mostrador_worker_rebuilds_total",
            "Workers that broke and were built anew in their process.",
            registry=registry,
        )
        self._sends = {name: sends.labels(name) for name in SENDS}
        self._events = {name: events.labels(name) for name in EVENTS}

    def phase(self, name: str, seconds: float) -> None:
        self._phases[name].observe(seconds)

    def request(self, clock: Clock) -> Callable[[str], None]:
        """A request of Twilio's arrived; call what is answered with how it ended."""
        began_s = clock.monotonic_s()
        return lambda outcome: self._acks[outcome].observe(clock.monotonic_s() - began_s)

    def sent(self, result: str) -> None:
        self._sends[result].inc()

    def happened(self, event: str) -> None:
        self._events[event].inc()

    def committed(self, units: int, seconds: float) -> None:
        """So many units were made durable, the oldest after so long."""
        self._units.observe(units)
        self._wait.observe(seconds)

    def lagged(self, seconds: float) -> None:
        self._lag.observe(seconds)
