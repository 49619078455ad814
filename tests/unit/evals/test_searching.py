"""The measures of a search are those of the shared definition, counted by hand here."""

from __future__ import annotations

import pytest

from evals.reading import Query
from evals.searching import Answer, is_good, measure


def answer(found: str, relevant: dict[str, int]) -> Answer:
    query = Query.model_validate({"id": "q", "query": "x", "relevant": relevant}, strict=False)
    return Answer(query, tuple(found), 1.0)


def test_recall_counts_what_was_asked_for_only() -> None:
    assert answer("ax", {"a": 2, "b": 2, "x": 1}).recall == 0.5


def test_recall_is_full_when_ten_of_many_are_found() -> None:
    many = dict.fromkeys("abcdefghijklm", 2)

    assert answer("abcdefghij", many).recall == 1


def test_a_better_order_gains_more() -> None:
    wanted = {"a": 2, "b": 1}

    assert answer("ab", wanted).ndcg == 1
    assert answer("ba", wanted).ndcg == pytest.approx(0.797, abs=0.001)
    assert answer("", wanted).ndcg == 0


def test_the_first_that_was_asked_for_counts() -> None:
    assert answer("xba", {"a": 2, "b": 1}).reciprocal_rank == pytest.approx(1 / 3)


def test_queries_with_and_without_answers_are_measured_apart() -> None:
    found = measure([answer("a", {"a": 2}), answer("", {"a": 2}), answer("a", {}), answer("", {})])

    assert found == {
        "queries": 4,
        "recall": 0.5,
        "ndcg": 0.5,
        "mrr": 0.5,
        "no_result": 0.5,
        "negatives": 0.5,
    }


@pytest.mark.parametrize(
    ("recall", "negatives", "expected"),
    [
        (0.9, 0.1, True),
        (0.89, 0.0, False),
        (1.0, 0.11, False),
        (None, 0.0, True),
        (1.0, None, True),
    ],
)
def test_a_search_is_good_when_it_finds_and_stays_silent(
    recall: float | None, negatives: float | None, expected: bool
) -> None:
    assert is_good({"recall": recall, "negatives": negatives}) is expected
