from dataclasses import replace

import pytest

from catalog.index.terms import IndexedText, product_terms
from catalog.words.synonyms import default_synonyms

EMPTY = IndexedText(external_id="", sku="", name="", brand="", category="", description="")


def terms(**given: str) -> dict[str, float]:
    return product_terms(replace(EMPTY, **given), default_synonyms())


def test_the_name_weighs_more_than_category_brand_and_description() -> None:
    weights = [
        terms(**{field: "nikon"})["nikon"] for field in ("name", "category", "brand", "description")
    ]
    assert weights == sorted(weights, reverse=True)


def test_a_word_in_two_fields_counts_in_both() -> None:
    both = terms(name="nikon", brand="nikon")["nikon"]
    assert both > terms(name="nikon")["nikon"]


def test_upper_category_levels_weigh_less_than_the_last() -> None:
    found = terms(category="Nikon > Kodak")
    assert found["nikon"] < found["kodak"]


def test_what_comes_along_or_what_it_is_for_weighs_less() -> None:
    assert terms(name="Celular A16 + Cargador")["=cargador"] < 1.5
    assert terms(name="Funda para celular")["=celular"] < terms(name="Celular A16")["=celular"]


def test_words_of_other_countries_share_a_group() -> None:
    assert {"=nevera", "=electrodomestico"} <= terms(name="Heladera").keys()


def test_a_phrase_hides_the_groups_of_its_words() -> None:
    assert "=pasta_dental" in terms(name="Pasta dental")
    assert "=pasta" not in terms(name="Pasta dental")


def test_two_category_levels_make_a_phrase() -> None:
    assert "=tenis" in terms(category="Zapatos > Deportivos")
    assert "=tenis" not in terms(category="Relojes > Deportivos")


def test_ene_is_found_with_and_without_its_tilde() -> None:
    assert {"pañal", "panal"} <= terms(name="Pañales").keys()
    assert "pañal" not in terms(name="Panal de miel")


def test_numbers_and_glued_words_are_found_in_parts() -> None:
    assert {"512gb", "512", "s26ultra", "s26", "ultra"} <= terms(name="S26Ultra 512 GB").keys()


def test_both_codes_are_whole_terms() -> None:
    assert {"#m001", "#lap003"} <= terms(external_id="M001", sku="LAP-003").keys()


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("Fresas con nata", "=fresa"),
        ("Samsung QN55 Televisor", "=televisor"),
        ("Paquete de 5 camisetas", "=camiseta"),
        ("Broca para metal", "=broca_para_metal"),
        ("Shampoo y acondicionador", "=acondicionador"),
    ],
)
def test_a_name_is_headed_by_the_article_it_stands_for(name: str, head: str) -> None:
    assert "^" + head in terms(name=name)


@pytest.mark.parametrize(
    ("name", "passing"),
    [
        ("Yogur sabor fresa", "=fresa"),
        ("Levadura de cerveza", "=cerveza"),
        ("Lámpara perfume", "=perfume"),
    ],
)
def test_what_only_qualifies_does_not_head_a_name(name: str, passing: str) -> None:
    found = terms(name=name)
    assert passing in found and "^" + passing not in found


def test_a_word_that_names_and_describes_names_only_at_the_head() -> None:
    assert "=naranja" in terms(name="Naranja dulce")
    shirt = terms(name="Camiseta naranja")
    assert "=anaranjado" in shirt and "=naranja" not in shirt


def test_a_phrase_may_reach_over_the_clause_of_purpose() -> None:
    found = terms(name="Crema para peinar")
    assert "=crema_de_peinar" in found and "=crema" not in found


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("Broca 3/8", "3/8"),
        ("Celular 4/64GB", "64gb"),
        ("Cinta 5 mt", "5m"),
        ("Gel 350 cm3", "350ml"),
    ],
)
def test_sizes_are_one_term_however_they_are_written(name: str, term: str) -> None:
    assert term in terms(name=name)
