"""Judged queries and a catalog enter, how well the shop's search answers them leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import log2

from sqlalchemy import select
from sqlalchemy.engine import Connection

from app import House
from catalog.tables import Product
from evals.reading import Query, fault, raise_faults

K = 10
LEAST_RECALL = 0.9
MOST_NEGATIVES = 0.1
ASKED_FOR = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What the search found for one query, best first, and how long that took."""

    query: Query
    found: tuple[str, ...]
    took_ms: float

    @property
    def wanted(self) -> set[str]:
        return {id_ for id_, grade in self.query.relevant.items() if grade == ASKED_FOR}

    @property
    def recall(self) -> float:
        return len(self.wanted & set(self.found[:K])) / min(K, len(self.wanted))

    @property
    def ndcg(self) -> float:
        grades = self.query.relevant
        ideal = sorted(grades.values(), reverse=True)
        return _gain([grades.get(id_, 0) for id_ in self.found[:K]]) / _gain(ideal[:K])

    @property
    def reciprocal_rank(self) -> float:
        return next((1 / n for n, id_ in enumerate(self.found, 1) if id_ in self.wanted), 0.0)

    @property
    def is_right(self) -> bool:
        """Everything asked for was found; or nothing, where there is nothing."""
        if self.wanted:
            return self.recall == 1
        return bool(self.query.relevant) or not self.found


def _gain(grades: Sequence[int]) -> float:
    return sum((pow(2.0, grade) - 1) / log2(place + 2) for place, grade in enumerate(grades))


@dataclass(frozen=True, slots=True)
class Measures:
    """Of a group of queries; None where the group has no such query."""

    queries: int
    recall: float | None
    ndcg: float | None
    mrr: float | None
    no_result: float | None
    negatives: float | None

    @property
    def passed(self) -> bool:
        """Whether they reach what the product promises."""
        return (self.recall is None or self.recall >= LEAST_RECALL) and (
            self.negatives is None or self.negatives <= MOST_NEGATIVES
        )


def measure(answers: Sequence[Answer]) -> Measures:
    """The measures of these answers."""
    positive = [one for one in answers if one.wanted]
    negative = [one for one in answers if not one.query.relevant]
    return Measures(
        queries=len(answers),
        recall=_mean(positive, lambda one: one.recall),
        ndcg=_mean(positive, lambda one: one.ndcg),
        mrr=_mean(positive, lambda one: one.reciprocal_rank),
        no_result=_mean(positive, lambda one: not one.found),
        negatives=_mean(negative, lambda one: bool(one.found)),
    )


def _mean(answers: Sequence[Answer], of: Callable[[Answer], float]) -> float | None:
    return sum(map(of, answers)) / len(answers) if answers else None


def by_tag(answers: Sequence[Answer]) -> Mapping[str, Measures]:
    """The measures of each tag's queries."""
    groups = defaultdict(list)
    for answer in answers:
        for tag in answer.query.tags:
            groups[tag].append(answer)
    return {tag: measure(groups[tag]) for tag in sorted(groups)}


def ask_all(house: House, queries: Sequence[Query]) -> list[Answer]:
    """Search for every query as the shop does.

    Raises:
        ConfigError: a judged product is not in the catalog.
    """
    known = house.database.read(lambda c: set(c.execute(select(Product.external_id)).scalars()))
    raise_faults(
        fault(query.id, "relevant", "sku", id_)
        for query in queries
        for id_ in query.relevant.keys() - known
    )
    house.database.read(lambda c: house.search.search(c, "-"))  # the catalog is read in only once
    return [house.database.read(partial(_ask, house, query)) for query in queries]


def _ask(house: House, query: Query, connection: Connection) -> Answer:
    began = house.clock.monotonic_s()
    hits = house.search.search(connection, query.query, K)
    took_ms = (house.clock.monotonic_s() - began) * 1000
    return Answer(query, tuple(hit.product.external_id for hit in hits), took_ms)
