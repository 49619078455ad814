from datetime import date

import pytest

from catalog.files.rows import BadRow, ProductRow, RowRules, check_row

GOOD = {"sku": "A1", "name": "Mesa", "price": "1.000"}
RULES = RowRules("COP")


def check(**cells: str) -> ProductRow:
    return check_row(GOOD | cells, RULES)


def test_the_fewest_cells_make_a_product() -> None:
    assert check() == ProductRow(
        external_id="A1",
        sku="A1",
        name="Mesa",
        brand="",
        category="",
        description="",
        price_minor=100000,
        currency="COP",
        stock=None,
        image_url="",
        url="",
        active=True,
    )


def test_id_and_sku_may_differ_or_stand_for_each_other() -> None:
    assert (check(id="7").external_id, check(id="7").sku) == ("7", "A1")
    assert check(id="7", sku="").sku == "7"


def test_a_code_loses_the_apostrophe_that_kept_it_from_being_a_number() -> None:
    assert check(sku="'00123").sku == "00123"


@pytest.mark.parametrize(
    ("status", "is_active"),
    [("", True), ("Usado", True), ("Publicado", True), ("Borrador", False), ("archived", False)],
)
def test_a_state_counts_only_when_it_says_that_it_is_not_sold(status: str, is_active: bool) -> None:
    assert check(status=status).active is is_active


@pytest.mark.parametrize("mark", [",", ", ", ";", " | ", "\n"])
def test_of_several_pictures_the_first_is_kept(mark: str) -> None:
    pictures = mark.join(["https://x.example/a,b.jpg", "https://x.example/2.jpg"])
    assert check(image=pictures).image_url == "https://x.example/a,b.jpg"


def test_descriptions_lose_their_markup() -> None:
    assert check(description="<p>De <b>roble</b>.</p><p>Pesa &lt; 5 kg</p>").description == (
        "De roble.\nPesa < 5 kg"
    )


def test_texts_lose_needless_space_but_keep_their_letters() -> None:
    assert check(name="  MESA\n de   roble 🪑 ").name == "MESA de roble 🪑"
    assert check(category="Hogar>Muebles >  Mesas").category == "Hogar > Muebles > Mesas"
    assert check(description=" a\r\nb ").description == "a\nb"


@pytest.mark.parametrize(
    ("stock", "count"),
    [("", None), ("0", 0), ("12", 12), ("12.0", 12), ("1.200", 1200), ("10 unidades", 10),
     ("+20", 20), (">5", 5), ("3 und.", 3), ("Agotado", 0), ("sin stock", 0), ("false", 0),
     ("Disponible", None), ("En stock", None), ("true", None)],
)  # fmt: skip
def test_stock_is_a_count_or_unknown(stock: str, count: int | None) -> None:
    assert check(stock=stock).stock == count


@pytest.mark.parametrize(
    ("active", "is_active"),
    [("", True), ("Sí", True), ("1", True), ("publish", True), ("NO", False), ("0", False),
     ("-1", False), ("draft", False), ("Borrador", False), ("Archived", False)],
)  # fmt: skip
def test_active_is_yes_unless_told_otherwise(active: str, is_active: bool) -> None:
    assert check(active=active).active is is_active


@pytest.mark.parametrize(
    ("cells", "code", "minor"),
    [
        ({"currency": "usd", "price": "45.90"}, "USD", 4590),
        ({"price": "US$ 45.90"}, "USD", 4590),
        ({"currency": "S/", "price": "45.90"}, "PEN", 4590),
        ({"price": "$45.900"}, "COP", 4590000),
        ({"currency": "Dólares", "price": "45"}, "USD", 4500),
        ({"currency": "$", "price": "45"}, "COP", 4500),
        ({"currency": "Pesos", "price": "US$ 45"}, "USD", 4500),
    ],
)
def test_the_currency_comes_from_column_price_or_shop(
    cells: dict[str, str], code: str, minor: int
) -> None:
    row = check(**cells)
    assert (row.currency, row.price_minor) == (code, minor)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"name": " "}, "falta el nombre"),
        ({"sku": ""}, "falta el id o el sku"),
        ({"sku": "7,70123E+12"}, "Excel dañó"),
        ({"price": ""}, "falta el precio"),
        ({"price": "0"}, "mayor que cero"),
        ({"price": "-5"}, "mayor que cero"),
        ({"price": "consultar"}, "«consultar»"),
        ({"price": "US$ 45", "currency": "COP"}, "está en USD"),
        ({"currency": "DOBLONES"}, "moneda «DOBLONES»"),
        ({"stock": "-1"}, "existencias «-1»"),
        ({"stock": "1,5"}, "existencias"),
        ({"stock": "muchos"}, "existencias"),
        ({"stock": "9999999999"}, "existencias"),
        ({"active": "quizás"}, "sí o no"),
        ({"url": "javascript:alert(1)"}, "no es una dirección web"),
        ({"name": "x" * 501}, "name (nombre, producto) pasa de 500"),
    ],
)
def test_a_bad_row_says_what_is_wrong(cells: dict[str, str], said: str) -> None:
    with pytest.raises(BadRow) as caught:
        check(**cells)
    assert said in caught.value.reason("es")


@pytest.mark.parametrize(
    ("first", "last", "minor"),
    [
        pytest.param("", "", 80000, id="always"),
        pytest.param("2026-03-01", "2026-03-31 23:59:59", 80000, id="now"),
        pytest.param("2026-03-05T00:00:00", "", 80000, id="from today"),
        pytest.param("2026-03-06", "", 100000, id="not yet"),
        pytest.param("", "2026-03-04", 100000, id="no longer"),
        pytest.param("", "4/3/2026 23:59", 100000, id="no longer, day first"),
        pytest.param("05/03/26", "05-03-2026", 80000, id="now, day first"),
        pytest.param("2026/03/06", "", 100000, id="not yet, with strokes"),
        pytest.param("pronto", "", 100000, id="no date"),
        pytest.param("", "31/02/2026", 100000, id="no day"),
    ],
)
def test_a_sale_price_counts_on_its_days(first: str, last: str, minor: int) -> None:
    cells = GOOD | {"sale_price": "800", "sale_from": first, "sale_to": last}
    assert check_row(cells, RowRules("COP", today=date(2026, 3, 5))).price_minor == minor


def test_a_price_that_may_mean_two_things_is_not_guessed() -> None:
    with pytest.raises(BadRow) as caught:
        check_row(GOOD | {"price": "1.299", "currency": "USD"}, RowRules("USD", decimal_mark="."))
    assert "miles" in caught.value.reason("es")
