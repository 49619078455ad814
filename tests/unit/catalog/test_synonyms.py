from catalog.synonyms import default_synonyms, parse_synonyms, phrase

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
