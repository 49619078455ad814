"""The database enters when metrics are read; queue, workers and alarms as they stand leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection

from bot import queue, readiness
from bot.alarms import store
from bot.health.pings import stored_states
from core.clock import Clock
from core.database import Database
from core.errors import DatabaseUnavailable


class State(Collector):
    """The same in every process of a shop: read it from one of them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return _families().values()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families = _families()
        try:
            self._database.read(lambda c: self._fill(c, families))
            families["mostrador_database_up"].add_metric((), 1)
        except DatabaseUnavailable:
            families["mostrador_database_up"].add_metric((), 0)
        yield from families.values()

    def _fill(self, connection: Connection, families: dict[str, GaugeMetricFamily]) -> None:
        now = self._clock.now()
        backlog = queue.age(connection, now)
        families["mostrador_queue_conversations"].add_metric((), backlog.waiting)
        families["mostrador_queue_oldest_seconds"].add_metric((), backlog.oldest_s)
        families["mostrador_workers_alive"].add_metric((), readiness.workers_alive(connection, now))
        for provider, (state, _) in stored_states(connection).items():
            families["mostrador_provider_up"].add_metric((provider,), state == "ok")
        counts: dict[str, int] = {}
        for cause, _ in store.standing(connection):
            counts[cause] = counts.get(cause, 0) + 1
        for cause, count in counts.items():
            families["mostrador_alarms_standing"].add_metric((cause,), count)


def _families() -> dict[str, GaugeMetricFamily]:
    said: dict[str, tuple[str, tuple[str, ...]]] = {
        "mostrador_database_up": ("1 while the database can be read.", ()),
        "mostrador_queue_conversations": (
            "Conversations that are due, those being answered too.",
            (),
        ),
        "mostrador_queue_oldest_seconds": ("How long the first of them has been due.", ()),
        "mostrador_workers_alive": ("Workers that said lately that they live.", ()),
        "mostrador_provider_up": (
            "1 when the last ping of an AI provider was well.",
            ("provider",),
        ),
        "mostrador_alarms_standing": ("Causes the owner has to know that stand.", ("cause",)),
    }
    return {
        name: GaugeMetricFamily(name, words, labels=labels)
        for name, (words, labels) in said.items()
    }
