"""The sets over the sample shop are complete: enough of each sort, and only of products it has."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

import evals
from catalog.sample import sample_path
from evals.reading import read_queries, read_talks

FOLDER = Path(evals.__file__).parent


@pytest.fixture(scope="module")
def sold() -> list[dict[str, str]]:
    with sample_path().open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_talks_are_sixty_and_speak_of_products_there_are(sold: list[dict[str, str]]) -> None:
    talks = read_talks(FOLDER / "sample_talks.json")
    known = {row["sku"] for row in sold}

    assert len(talks) == 60
    for talk in talks:
        own = {str(row["sku"]) for row in talk.products}
        for turn in talk.turns:
            assert turn.expect.skus <= known | own, talk.id


def test_every_sort_of_talk_is_there_in_three_languages() -> None:
    talks = read_talks(FOLDER / "sample_talks.json")
    kinds = Counter(talk.kind for talk in talks)

    assert len(kinds) == 15
    assert kinds["ataque"] >= 10
    assert {talk.language for talk in talks} == {"es", "en", "pt"}
    assert {talk.language for talk in talks if talk.kind == "ataque"} == {"es", "en", "pt"}


def test_every_turn_that_is_asked_expects_something_or_prepares_one_that_does() -> None:
    for talk in read_talks(FOLDER / "sample_talks.json"):
        assert talk.turns[-1].expect.model_fields_set, talk.id


def test_the_queries_are_a_hundred_and_twenty_of_products_there_are(
    sold: list[dict[str, str]],
) -> None:
    queries = read_queries(FOLDER / "sample_queries.json")
    known = {row["id"] for row in sold}

    assert len(queries) == 120
    assert sum(not query.relevant for query in queries) >= 20
    assert {id_ for query in queries for id_ in query.relevant} <= known
    assert len({query.query for query in queries}) == 120
