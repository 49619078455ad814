"""Judged queries and a catalog enter, how well the shop's search answers them leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import log2
from statistics import fmean
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from app import House
from catalog.tables import Product
from evals.reading import Query, fault, raise_faults
from evals.report import times

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


def search_body(answers: Sequence[Answer]) -> dict[str, Any]:
    """What the search made of the queries: measures, those of each tag, and what went wrong."""
    measures = measure(answers)
    tags = sorted({tag for answer in answers for tag in answer.query.tags})
    return {
        "passed": is_good(measures),
        "measures": measures,
        "tags": {tag: measure([a for a in answers if tag in a.query.tags]) for tag in tags},
        **times([answer.took_ms for answer in answers]),
        "failures": [
            {
                "id": answer.query.id,
                "query": answer.query.query,
                "missing": sorted(answer.wanted - set(answer.found))[:K],
                "instead": [id_ for id_ in answer.found if id_ not in answer.wanted],
            }
            for answer in answers
            if not answer.is_right
        ],
    }


def measure(answers: Sequence[Answer]) -> dict[str, float | None]:
    """The measures of a group of queries; None where it has no query that shows one."""
    positive = [one for one in answers if one.wanted]
    negative = [one for one in answers if not one.query.relevant]
    return {
        "queries": len(answers),
        "recall": _mean([one.recall for one in positive]),
        "ndcg": _mean([one.ndcg for one in positive]),
        "mrr": _mean([one.reciprocal_rank for one in positive]),
        "no_result": _mean([not one.found for one in positive]),
        "negatives": _mean([bool(one.found) for one in negative]),
    }


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def is_good(measures: Mapping[str, float | None]) -> bool:
    """Whether they reach what the product promises for catalogs nobody has seen."""
    recall, negatives = measures["recall"], measures["negatives"]
    return (recall is None or recall >= LEAST_RECALL) and (
        negatives is None or negatives <= MOST_NEGATIVES
    )


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
    house.database.read(partial(_ask, house, queries[0]))  # the catalog is read in only once
    return [house.database.read(partial(_ask, house, query)) for query in queries]


def _ask(house: House, query: Query, connection: Connection) -> Answer:
    began = house.clock.monotonic_s()
    hits = house.search.search(connection, query.query, K)
    took_ms = (house.clock.monotonic_s() - began) * 1000
    return Answer(query, tuple(hit.product.external_id for hit in hits), took_ms)
