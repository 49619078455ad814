"""The catalog follows its source, and refuses what looks like a broken one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from catalog.refresh import CatalogRefresh
from catalog.tables import Product
from core.database import Database
from core.errors import ImportRejected
from tests.fakes import FixedClock

HEAD = "sku,nombre,precio\n"
ROWS = [f"A{number},Mesa {number},{1000 + number}\n" for number in range(10)]
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ADDRESS = "https://shop.example/list.csv"


class Source:
    """A file, and an address, that the catalog is kept at."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.path = folder / "lista.csv"
        self.setting: str | None = "lista.csv"
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(404)
        self.asked: list[httpx.Request] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.day = date(2026, 3, 2)
        self.written_meanwhile: Callable[[], None] = lambda: None
        self.refresh = CatalogRefresh(
            database,
            FixedClock(NOW),
            client,
            source=lambda: self.setting,
            currency=lambda: "COP",
            today=lambda: self.day,
            folder=folder,
            sleep=self._sleep,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer(request)

    async def _sleep(self, _seconds: float) -> None:
        self.written_meanwhile()

    def write(self, *rows: str, at_s: int = 0) -> None:
        self.path.write_text(HEAD + "".join(rows), encoding="utf-8")
        os.utime(self.path, (at_s, at_s))

    def skus(self) -> list[str]:
        query = select(Product.sku).order_by(Product.sku)
        return list(self.database.read(lambda c: c.execute(query).scalars().all()))


@pytest.fixture
def source(sqlite_database: Database, tmp_path: Path) -> Source:
    return Source(sqlite_database, tmp_path)


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [getattr(record, "event", "") for record in caplog.records]


async def test_the_catalog_becomes_what_the_source_says(source: Source) -> None:
    source.write(*ROWS)
    await source.refresh.run()
    source.write(*ROWS[1:], "B1,Silla,500\n", at_s=1)
    await source.refresh.run()
    assert source.skus() == [*(f"A{number}" for number in range(1, 10)), "B1"]


async def test_a_file_that_has_not_changed_is_not_read_again(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source.write(*ROWS)
    await source.refresh.run()
    await source.refresh.run()
    assert events(caplog) == ["catalog_imported"]


async def test_a_file_still_being_written_is_left_for_the_next_look(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    now_s = int(NOW.timestamp())
    source.write(ROWS[0], "A1,Mesa 1,10", at_s=now_s - 1)
    source.written_meanwhile = lambda: source.write(*ROWS, at_s=now_s)
    await source.refresh.run()
    assert source.skus() == []
    assert "se está escribiendo" in caplog.messages[0]
    await source.refresh.run()
    assert len(source.skus()) == 10


async def test_a_sale_ends_though_the_file_stays_as_it_is(source: Source) -> None:
    head = "sku,nombre,precio,precio oferta,sale to\n"
    source.path.write_text(head + "A1,Mesa,1000,800,02/03/2026\n", encoding="utf-8")
    prices = []
    for source.day in (date(2026, 3, 2), date(2026, 3, 3)):
        await source.refresh.run()
        query = select(Product.price_minor)
        prices.append(source.database.read(lambda c: c.execute(query).scalar_one()))  # noqa: B023
    assert prices == [80000, 100000]


async def test_a_fault_of_our_own_is_told_once_and_not_tried_every_time(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> str:
        raise ZeroDivisionError

    source.write(*ROWS)
    source.refresh._currency = fails
    await source.refresh.run()
    await source.refresh.run()
    assert events(caplog).count("catalog_import_refused") == 1
    source.refresh._currency = lambda: "COP"
    source.write(*ROWS, at_s=1)
    await source.refresh.run()
    assert len(source.skus()) == 10


async def test_a_source_that_lost_much_of_the_catalog_is_refused_once(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.write(*ROWS)
    await source.refresh.run()
    source.write(*ROWS[:6], at_s=1)
    await source.refresh.run()
    await source.refresh.run()
    assert len(source.skus()) == 10
    assert events(caplog) == ["catalog_import_refused"]
    assert "quitaría 4 de 10 productos" in caplog.messages[0]


async def test_a_tolerable_loss_goes_through(source: Source) -> None:
    source.write(*ROWS)
    await source.refresh.run()
    source.write(*ROWS[:7], at_s=1)
    await source.refresh.run()
    assert len(source.skus()) == 7


async def test_a_rejected_row_keeps_its_product_and_lets_the_others_in(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.write(*ROWS)
    await source.refresh.run()
    source.write("A0,Mesa 0,gratis\n", *ROWS[2:], "B1,Silla,500\n", at_s=1)
    await source.refresh.run()
    assert source.skus() == ["A0", *(f"A{number}" for number in range(2, 10)), "B1"]
    assert "línea 2: el precio «gratis»" in caplog.messages[0]


async def test_a_rejected_row_without_a_code_keeps_every_product(source: Source) -> None:
    source.write(*ROWS)
    await source.refresh.run()
    source.write(",Mesa 0,1000\n", *ROWS[2:], at_s=1)
    await source.refresh.run()
    assert len(source.skus()) == 10


async def test_a_title_among_the_rows_keeps_no_product(source: Source) -> None:
    source.write(*ROWS)
    await source.refresh.run()
    source.write(",MESAS,\n", *ROWS[2:], at_s=1)
    await source.refresh.run()
    assert len(source.skus()) == 8


async def test_an_address_is_read_and_then_asked_for_what_is_newer(source: Source) -> None:
    source.setting = ADDRESS
    source.answer = lambda _: httpx.Response(200, text=HEAD + ROWS[0], headers={"etag": '"1"'})
    await source.refresh.run()
    source.answer = lambda _: httpx.Response(304)
    await source.refresh.run()
    assert source.skus() == ["A0"]
    assert source.asked[1].headers["if-none-match"] == '"1"'


async def test_a_page_instead_of_products_is_refused_in_words(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.setting = ADDRESS
    source.answer = lambda _: httpx.Response(200, text="<!DOCTYPE html><html>Sign in</html>")
    await source.refresh.run()
    assert "página web" in caplog.messages[0]


async def test_an_address_out_of_reach_is_told_once_and_changes_nothing(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.setting = f"{ADDRESS}?key=secret"
    await source.refresh.run()
    await source.refresh.run()
    assert events(caplog) == ["catalog_import_refused"]
    assert "shop.example" in caplog.messages[0] and "secret" not in caplog.messages[0]


@pytest.mark.parametrize(
    ("shared", "asked"),
    [
        ("/d/1aB-c/edit?usp=sharing", "/d/1aB-c/export?format=csv"),
        ("/d/1aB-c/edit#gid=42", "/d/1aB-c/export?format=csv&gid=42"),
        ("/d/1aB-c/edit?gid=42#gid=42", "/d/1aB-c/export?format=csv&gid=42"),
        ("/d/e/2PACX-1/pub?gid=0&single=true&output=csv",) * 2,
        ("/d/1aB-c/export?format=xlsx",) * 2,
    ],
)
async def test_a_google_sheet_is_read_by_the_address_people_share(
    source: Source, shared: str, asked: str
) -> None:
    source.setting = f"https://docs.google.com/spreadsheets{shared}"
    await source.refresh.run()
    assert str(source.asked[0].url) == f"https://docs.google.com/spreadsheets{asked}"


async def test_a_shopify_shop_is_read_page_by_page(source: Source) -> None:
    def product(number: int) -> dict[str, object]:
        variant = {"title": "Default Title", "option1": "Default Title", "price": "9.90"}
        return {"title": f"Taza {number}", "handle": f"taza-{number}", "variants": [variant]}

    def page(request: httpx.Request) -> httpx.Response:
        first = (int(request.url.params["page"]) - 1) * 250
        return httpx.Response(
            200, json={"products": [product(n) for n in range(first, min(first + 250, 260))]}
        )

    source.setting = "https://shop.example/products.json"
    source.answer = page
    await source.refresh.run()
    assert len(source.skus()) == 260
    url = select(Product.url).where(Product.external_id == "taza-259")
    found = source.database.read(lambda c: c.execute(url).scalar_one())
    assert found == "https://shop.example/products/taza-259"


async def test_a_look_tells_what_would_happen_and_changes_nothing(source: Source) -> None:
    source.write(*ROWS)
    assert (await source.refresh.look()).added == 10
    assert source.skus() == []


async def test_a_look_at_what_is_not_there_says_so(source: Source) -> None:
    with pytest.raises(ImportRejected, match=r"lista\.csv"):
        await source.refresh.look()


async def test_without_a_source_nothing_is_done(source: Source) -> None:
    source.setting = None
    await source.refresh.run()
    assert source.skus() == []
