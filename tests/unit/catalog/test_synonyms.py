from pathlib import Path

import pytest

from catalog.words import synonyms
from catalog.words.synonyms import default_synonyms, parse_synonyms, phrase

TABLE = """
# a comment
laptop, portatil, lap top > computador
computador, pc
~negro, black
cuaderno, notebook
laptop2, notebook
"""


def test_a_word_belongs_to_every_group_that_lists_it() -> None:
    assert parse_synonyms(TABLE).groups[phrase(["notebook"])] == ("=cuaderno", "=laptop2")


def test_what_only_customers_say_means_nothing_on_a_product() -> None:
    synonyms = parse_synonyms("audifono, ?casco\ncasco")
    assert synonyms.groups[("casco",)] == ("=casco",)
    assert synonyms.asked_for(("casco",)) == ("=casco", "=audifono")


def test_wider_groups_and_attributes_are_marked() -> None:
    synonyms = parse_synonyms(TABLE)
    assert synonyms.wider["=laptop"] == ("=computador",)
    assert synonyms.attributes == {"=negro"}


def test_the_longest_phrase_wins() -> None:
    synonyms = parse_synonyms(TABLE)
    assert synonyms.longest(["lap", "top", "negro"], 0) == 2
    assert synonyms.longest(["top", "negro"], 0) == 0


def test_a_phrase_is_found_with_and_without_linking_words() -> None:
    assert phrase(["caixa", "de", "som"]) == phrase(["caixa", "som"])


def test_every_wider_group_of_the_shipped_table_exists() -> None:
    synonyms = default_synonyms()
    named = {group for wider in synonyms.wider.values() for group in wider}
    assert named <= synonyms.wider.keys()


def test_every_group_of_the_shipped_table_has_a_name_of_its_own() -> None:
    table = Path(synonyms.__file__).with_name("synonyms.txt").read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if line and not line.startswith("#")]
    names = [line.lstrip("~@").split(">")[0].split(",")[0].strip() for line in lines]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("line", "kind"), [("a, b", "thing"), ("~a, b", "attribute"), ("@a, b", "word")]
)
def test_the_mark_of_a_line_says_what_its_words_are(line: str, kind: str) -> None:
    assert parse_synonyms(line).kind("=a") == kind
