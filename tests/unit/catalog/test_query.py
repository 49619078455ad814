from collections import Counter
from collections.abc import Mapping

import pytest

from catalog.index.terms import IndexedText, product_terms
from catalog.words.query import Query, parse_query, things_apart
from catalog.words.reading import Reader
from catalog.words.repair import Repairer
from catalog.words.synonyms import default_synonyms


class Words:
    """The vocabulary of a shop that sells products of these names."""

    small_prices = False

    def __init__(self, names: list[str]) -> None:
        self.size = 300 * len(names)
        products = (IndexedText("", "LAP-003", name, "", "", "") for name in names)
        self.frequencies: Mapping[str, int] = Counter(
            term for product in products for term in product_terms(product, default_synonyms())
        )

    def heard(self, word: str) -> str | None:
        return Repairer(self.frequencies).heard(word)

    def repair(self, word: str) -> str | None:
        return Repairer(
            dict.fromkeys(default_synonyms().spellings, 1) | dict(self.frequencies)
        ).repair(word)


SHOP = Words(
    [
        "Laptop Samsung 512GB negro",
        "MacBook Air",
        "Mouse bluetooth negro",
        "Teclado",
        "Cargador samsung para celular",
        "Celular Samsung A17",
        "iPhone 17",
        "Broca para metal",
        "Lámpara perfume floral",
        "Cable azul para bicicleta",
        "Gaseosa Coca Cola",
        "Café molido",
        "Pantalón café",
        "Jugo de naranja",
        "Pasta dental menta",
        "Mayonesa Hellmanns",
        "Mayonesa Hellmanns light",
        "Mayonesa Hellmans",
        "Clavo sin cabeza",
        "Clavo con cabeza",
    ]
)


def parse(text: str) -> Query:
    return parse_query(text, Reader(SHOP, default_synonyms()))


def named(text: str) -> list[str]:
    return [concept.words for concept in parse(text).concepts]


@pytest.mark.parametrize(
    "text",
    [
        "hola",
        "¡Muchas gracias! 🙏",
        "buenas tardes, ¿cómo están?",
        "a que hora abren mañana?",
        "do you have it?",
        "oi, bom dia, tudo bem",
        "mi pedido del celular no ha llegado",
        "el celular me llegó dañado, quiero mi dinero",
        "where is my order of laptops",
        "alquilan laptops",
        "clases de jugo",
        "hacen envíos a Cafetal?",
        "aceptan tarjeta de crédito o efectivo",
        "escribe un poema a la naranja",
        "quien es el presidente",
        "el presio y la direcion",
        "...",
        "",
    ],
)
def test_talk_asks_for_nothing(text: str) -> None:
    assert parse(text).concepts == ()


def test_only_the_words_that_name_something_are_left() -> None:
    assert named("hola, ¿tienen laptops samsung por favor?") == ["laptops", "samsung"]


def test_synonyms_stand_beside_the_word_itself() -> None:
    terms = parse("laptop").concepts[0].terms
    assert (terms["laptop"], terms["=laptop"]) == (1.0, 0.9)


def test_misspelt_words_stand_for_what_they_were_taken_for() -> None:
    laptop, samsung = parse("lpatop samsumg").concepts
    assert (laptop.words, samsung.words) == ("lpatop", "samsumg")
    assert {"laptop", "=laptop"} <= set(laptop.terms)
    assert 0 < samsung.terms["samsung"] < 1


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("celularcito", "=celular"),
        ("cafecito", "=cafe"),
        ("juguito de naranja", "=jugo"),
        ("cocacola", "=coca_cola"),
        ("pasta denatl", "=pasta_dental"),
        ("telefno", "=celular"),
        ("aifon", "=iphone"),
        ("selular", "celular"),
        ("blutooth", "=bluetooth"),
    ],
)
def test_words_are_known_in_other_guises(text: str, term: str) -> None:
    concept = parse(text).concepts[0]
    assert term in set(concept.terms).union(*concept.together)


@pytest.mark.parametrize(("text", "main"), [("café molido", "cafe"), ("pantalón café", "pantalon")])
def test_a_word_that_names_and_describes_is_told_by_what_stands_beside_it(
    text: str, main: str
) -> None:
    assert [concept.words for concept in parse(text).concepts if concept.least] == [main]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tienen jugo y hacen envios a medellin?", ["jugo"]),
        ("celular samsung con envío", ["celular", "samsung"]),
        ("quiero hacer un pedido de jugo", ["jugo"]),
        ("mi laptop no funciona, venden cargadores?", ["laptop", "cargadores"]),
    ],
)
def test_articles_are_asked_for_beside_other_questions(text: str, wanted: list[str]) -> None:
    assert named(text) == wanted


def test_a_rare_spelling_finds_the_common_one_too() -> None:
    terms = parse("mayonesa hellmans").concepts[1].terms
    assert 0 < terms["hellmann"] < terms["hellman"]


def test_what_a_thing_is_without_is_looked_for_as_such() -> None:
    assert set(parse("clavos sin cabeza").concepts[1].terms) == {"-cabez"}
    assert not parse("clavos sin punta").concepts[1].is_sold


@pytest.mark.parametrize(
    ("text", "main", "is_sold"),
    [
        ("montaje de laptops", "montaje", False),
        ("docena de teclados", "teclados", True),
        ("pastillas para laptop", "laptop", True),
    ],
)
def test_services_containers_and_forms_are_no_articles(text: str, main: str, is_sold: bool) -> None:
    (found,) = (concept for concept in parse(text).concepts if concept.least)
    assert (found.words, found.is_sold) == (main, is_sold)


def test_words_written_apart_are_joined() -> None:
    assert named("mac book") == ["mac book"]
    assert "=macbook" in parse("mac book").concepts[0].terms


def test_a_glued_model_is_read_in_its_parts() -> None:
    assert named("iphone17") == ["iphone", "17"]


def test_a_product_code_stands_alone() -> None:
    (concept,) = parse("me interesa el LAP-003 negro").concepts
    assert dict(concept.terms) == {"#lap003": 1.0}


def test_the_thing_weighs_most_and_what_describes_it_least() -> None:
    weights = {concept.words: concept.weight for concept in parse("samsung negro laptop").concepts}
    assert weights["laptop"] > weights["samsung"] > weights["negro"]


def test_what_a_thing_is_for_counts_little() -> None:
    weights = {concept.words: concept.weight for concept in parse("cargador para celular").concepts}
    assert weights["cargador"] > 2 * weights["celular"]


@pytest.mark.parametrize(
    "text",
    [
        "una bicicleta azul",
        "perfume",
        "guitarras samsung",
        "xylofono negro",
        "horno samsung",
    ],
)
def test_the_article_asked_for_must_be_had_even_where_the_rest_fits(text: str) -> None:
    (main,) = (concept for concept in parse(text).concepts if concept.least)
    assert not main.is_sold


def test_a_passing_word_counts_beside_the_article() -> None:
    lamp, scent = parse("lámpara perfume").concepts
    assert lamp.is_sold and scent.is_sold
    assert not parse("perfume").concepts[0].is_sold


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("samsung negro laptop", "laptop"),
        ("porfis brocas", "brocas"),
        ("metal", "metal"),
        ("negro", "negro"),
    ],
)
def test_the_article_is_found_among_the_words(text: str, main: str) -> None:
    (found,) = (concept for concept in parse(text).concepts if concept.least)
    assert (found.words, found.is_sold) == (main, True)


def test_several_things_are_told_apart() -> None:
    parts = things_apart(parse("un mouse negro y un teclado").concepts)
    named_parts = [[concept.words for concept in part] for part in parts]
    assert named_parts == [["mouse", "negro"], ["teclado"]]


def test_what_a_thing_is_made_of_is_no_second_thing() -> None:
    assert len(things_apart(parse("jugo de naranja").concepts)) == 1


@pytest.mark.parametrize(
    "text",
    ["cargador para celular, un teclado", "cargador para celular\nteclado", "cargador. Y teclado"],
)
def test_what_stands_after_a_break_is_a_thing_of_its_own(text: str) -> None:
    parts = things_apart(parse(text).concepts)
    assert [part[-1].words for part in parts][-1] == "teclado"


def test_what_a_thing_is_for_is_no_second_thing() -> None:
    assert len(things_apart(parse("cargador para celular").concepts)) == 1


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("laptop barata", "cheapest"),
        ("el laptop más barato", "cheapest"),
        ("lo más económico en celular", "cheapest"),
        ("the cheapest phone", "cheapest"),
        ("un celular que no sea muy caro", "cheapest"),
        ("el celular más caro", "dearest"),
        ("o mais caro", "dearest"),
        ("the most expensive laptop", "dearest"),
        ("laptop negra", ""),
    ],
)
def test_the_wished_order_is_noticed(text: str, order: str) -> None:
    assert parse(text).order == order


@pytest.mark.parametrize(
    ("text", "excluded", "wanted"),
    [
        ("celular que no sea samsung", ["samsung"], ["celular"]),
        ("celular excepto negro o samsung", ["negro", "samsung"], ["celular"]),
        ("celular que no sea samsung ni negro", ["samsung", "negro"], ["celular"]),
        ("celulares menos samsung", ["samsung"], ["celulares"]),
        ("celulares menos samsung y teclados", ["samsung"], ["celulares", "teclados"]),
        ("a phone, not samsung", ["samsung"], ["phone"]),
        ("celular que não seja samsung", ["samsung"], ["celular"]),
        ("no quiero samsung, quiero macbook", ["samsung"], ["macbook"]),
        ("celular que no sea samsung, negro", ["samsung"], ["celular", "negro"]),
        ("que no sea samsung a17 para mi hijo", ["samsung a17"], []),
        ("mouse sin ser negro", ["negro"], ["mouse"]),
        ("teclado sin cable negro", [], ["teclado", "sin cable", "negro"]),
        ("celular con menos negro", [], ["celular", "negro"]),
        ("celular que no sea nokia", [], ["celular"]),
    ],
)
def test_what_should_be_left_out_is_told_from_what_is_wanted(
    text: str, excluded: list[str], wanted: list[str]
) -> None:
    query = parse(text)
    assert [concept.words for concept in query.excluded] == excluded
    assert [concept.words for concept in query.concepts] == wanted
