"""Everything one answer may rest on is read from the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from sqlalchemy.engine import Connection

from bot import inbox
from bot.context import ContextReader, ShopDefaults
from bot.finding import CANDIDATES
from bot.messages import InboundMessage, TalkMessage
from bot.outbox import queue_parts
from bot.tables import Turn
from bot.turn_context import TurnContext
from catalog.importer import import_file
from catalog.index.reindex import reindex
from catalog.products import ProductView, find_by_sku
from catalog.sample import load_sample_products
from catalog.search import CatalogSearch
from catalog.tables import Product
from catalog.words.own_synonyms import save_own_table
from core import own_texts
from core.database import Database
from shop import facts
from tests.fakes import FixedClock

FACTS = {"name": "Taller Luna", "currency": "MXN", "timezone": "America/Mexico_City"}


class Bench:
    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.defaults = ShopDefaults()
        self.history_messages = 20
        self.search = CatalogSearch()

    def know(self, **values: object) -> None:
        given = dict(values)
        self.database.write(lambda c: facts.import_facts(c, given, self.clock.now()))

    def reader(self) -> ContextReader:
        return ContextReader(
            self.search,
            self.defaults,
            history_messages=self.history_messages,
            now=self.clock.now,
        )

    def read(
        self,
        body: str,
        *,
        seq: int = 1,
        conversation_id: int | None = None,
        reader: ContextReader | None = None,
    ) -> TurnContext:
        reader = reader or self.reader()
        waiting = [TalkMessage(seq, "customer", body, "text", self.clock.now())]
        return self.database.read(
            lambda c: reader.read(c, waiting, conversation_id=conversation_id)
        )

    def receive(self, sid: str, body: str) -> None:
        message = InboundMessage("whatsapp", sid, "whatsapp:+57300", "whatsapp:+1415", body)
        self.database.write(
            lambda c: inbox.accept(c, message, now=self.clock.now(), wait_s=0, max_wait_s=0)
        )

    def reply(self, body: str, seq: int, author: str = "bot", *skus: str) -> None:
        """Store an answer to message `seq` that rests on the products with these SKUs."""

        def store(connection: Connection) -> None:
            queue_parts(
                connection,
                conversation_id=1,
                turn_id=f"t{seq}",
                seq=seq,
                body=body,
                parts=[],
                author=author,
                now=self.clock.now(),
            )
            prices = {str(named.id): named.price_minor for named in self.products(*skus)}
            self._note_turn(connection, seq, prices)

        self.database.write(store)

    def products(self, *skus: str) -> list[ProductView]:
        found = self.database.read(lambda c: [find_by_sku(c, sku) for sku in skus])
        return [product for product in found if product is not None]

    def _note_turn(self, connection: Connection, seq: int, prices: dict[str, int]) -> None:
        now = self.clock.now()
        connection.execute(
            insert(Turn).values(
                id=f"t{seq}",
                conversation_id=1,
                epoch=1,
                from_seq=seq,
                to_seq=seq,
                state="finished",
                kind="answer",
                prices=prices,
                started_at=now,
                saved_at=now,
            )
        )


@pytest.fixture
def bench(database: Database, clock: FixedClock) -> Bench:
    return Bench(database, clock)


def test_the_facts_say_what_the_settings_leave_open(bench: Bench) -> None:
    bench.know(**FACTS)
    found = bench.read("hola")

    assert (found.shop_name, found.currency) == ("Taller Luna", "MXN")
    assert found.now is not None and found.now.hour == 9  # 15:00 UTC


def test_the_owners_settings_win_over_the_facts(bench: Bench) -> None:
    bench.know(**FACTS)
    bench.defaults = ShopDefaults("Mi tienda", "es", "COP", "America/Bogota")
    found = bench.read("hola")

    assert (found.shop_name, found.currency) == ("Mi tienda", "COP")
    assert found.now is not None and found.now.hour == 10


def test_with_nothing_known_there_is_still_a_context(bench: Bench) -> None:
    found = bench.read("hola")

    assert (found.shop_name, found.currency, found.hits) == ("", "USD", ())
    assert found.now == bench.clock.now()


def test_products_are_candidates_for_what_was_asked(bench: Bench) -> None:
    bench.database.write(lambda c: load_sample_products(c, bench.clock.now()))
    found = bench.read("¿tienen laptops?")

    assert 0 < len(found.hits) <= CANDIDATES
    assert "Laptop" in found.hits[0].product.name


def test_a_greeting_asks_for_no_product(bench: Bench) -> None:
    bench.database.write(lambda c: load_sample_products(c, bench.clock.now()))
    assert bench.read("hola").hits == ()


def test_history_is_what_was_said_before_oldest_first(bench: Bench) -> None:
    bench.receive("SM1", "hola")
    bench.reply("¿Qué buscas?", 1)
    bench.receive("SM2", "una taza")
    found = bench.read("una taza", seq=2, conversation_id=1)

    said = [(message.author, message.body) for message in found.history]
    assert said == [("customer", "hola"), ("bot", "¿Qué buscas?")]


def test_history_is_no_longer_than_wanted(bench: Bench) -> None:
    for number in range(1, 6):
        bench.receive(f"SM{number}", f"n{number}")
    bench.history_messages = 2
    found = bench.read("n5", seq=5, conversation_id=1)

    assert [message.body for message in found.history] == ["n3", "n4"]


def test_without_a_conversation_there_is_no_history(bench: Bench) -> None:
    bench.receive("SM1", "hola")
    assert bench.read("una taza", seq=2).history == ()


@pytest.mark.parametrize(("author", "is_first"), [("bot", False), ("person", True)])
def test_the_first_reply_is_the_first_of_the_assistant(
    bench: Bench, author: str, is_first: bool
) -> None:
    bench.receive("SM1", "hola")
    bench.reply("Buenas", 1, author)
    bench.receive("SM2", "una taza")

    assert bench.read("una taza", seq=2, conversation_id=1).is_first_reply is is_first


def test_it_is_not_the_first_reply_again_once_the_first_is_out_of_sight(bench: Bench) -> None:
    bench.receive("SM1", "hola")
    bench.reply("Buenas", 1)
    bench.receive("SM2", "una taza")
    bench.history_messages = 0

    assert not bench.read("una taza", seq=2, conversation_id=1).is_first_reply


def test_a_time_zone_that_does_not_exist_is_utc(bench: Bench) -> None:
    bench.defaults = replace(ShopDefaults(), timezone="Luna/Tycho")
    assert bench.read("hola").now == bench.clock.now()


@pytest.fixture
def shown(bench: Bench) -> Bench:
    """A talk in which the shop showed two laptops, the second of them first in the catalog."""
    bench.database.write(lambda c: load_sample_products(c, bench.clock.now()))
    bench.receive("SM1", "¿tienen laptops?")
    bench.reply("Tenemos la Lenovo IdeaPad 1 y la Acer Aspire Go 15", 1, "bot", *SHOWN)
    bench.receive("SM2", "¿y cuánto cuesta el segundo?")
    return bench


SHOWN = ("LAP-001", "LAP-002")


def skus(products: Iterable[ProductView]) -> list[str]:
    return [product.sku for product in products]


def test_what_the_last_reply_named_comes_in_the_order_it_was_named(shown: Bench) -> None:
    found = shown.read("¿y cuánto cuesta el segundo?", seq=2, conversation_id=1)
    assert skus(found.mentioned) == ["LAP-002", "LAP-001"]


@pytest.mark.parametrize(
    ("body", "searched"),
    [
        pytest.param("busco un celular samsung o una camiseta", True, id="a full search"),
        pytest.param("¿envían a Cali?", False, id="no search at all"),
    ],
)
def test_what_was_named_before_is_a_candidate_behind_what_is_found(
    shown: Bench, body: str, searched: bool
) -> None:
    found = shown.read(body, seq=2, conversation_id=1)
    assert skus(hit.product for hit in found.hits[len(found.found) :]) == ["LAP-002", "LAP-001"]
    assert (len(found.hits) == CANDIDATES) is searched


def test_a_search_for_a_mere_reference_keeps_all_that_was_named(shown: Bench) -> None:
    found = shown.read("ese me lo llevo", seq=2, conversation_id=1)
    assert {*SHOWN} <= {hit.product.sku for hit in found.hits}


def test_what_was_named_before_comes_at_todays_price_or_not_at_all(shown: Bench) -> None:
    def change(connection: Connection) -> None:
        connection.execute(update(Product).where(Product.sku == "LAP-001").values(price_minor=7))
        connection.execute(update(Product).where(Product.sku == "LAP-002").values(active=False))

    shown.database.write(change)
    found = shown.read("ese me lo llevo", seq=2, conversation_id=1)
    assert [(product.sku, product.price_minor) for product in found.mentioned] == [("LAP-001", 7)]


def test_an_answer_that_named_nothing_does_not_hide_the_one_before(shown: Bench) -> None:
    shown.reply("Sí, enviamos a Cali", 2)
    shown.receive("SM3", "listo, el segundo")
    found = shown.read("listo, el segundo", seq=3, conversation_id=1)
    assert skus(found.mentioned) == ["LAP-002", "LAP-001"]


def test_a_longer_talk_is_read_to_be_summed_up_with_the_products_it_named(shown: Bench) -> None:
    shown.history_messages = 1
    found = shown.read("¿y ese?", seq=2, conversation_id=1)

    assert [message.author for message in found.history] == ["bot"]
    assert [message.body for message in found.earlier] == ["¿tienen laptops?"]
    assert {product.sku for product in found.known.values()} == {*SHOWN}


def test_where_no_history_is_wanted_nothing_of_the_talk_is_read(shown: Bench) -> None:
    shown.history_messages = 0
    found = shown.read("ese me lo llevo", seq=2, conversation_id=1)

    assert (found.history, found.earlier, found.mentioned) == ((), (), ())


def test_the_shops_own_words_come_in_the_language_of_the_answer(bench: Bench) -> None:
    now = bench.clock.now()
    bench.database.write(lambda c: own_texts.save(c, "prompt.en", "Be brief.", now=now))

    assert bench.read("do you have laptops?").voice == own_texts.OwnText(1, "Be brief.")
    assert bench.read("¿tienen laptops?").voice is None


def bring_in(bench: Bench, folder: Path, *rows: str) -> None:
    path = folder / "catalog.csv"
    path.write_text("\n".join(["sku,name,price,currency", *rows]), encoding="utf-8")
    import_file(bench.database, path, now=bench.clock.now(), default_currency="COP")


def test_the_very_next_answer_sees_what_changed(bench: Bench, tmp_path: Path) -> None:
    """One reader keeps what it has read; a change of any of it must reach it at once."""
    reader, now = bench.reader(), bench.clock.now()

    def read(body: str) -> TurnContext:
        return bench.read(body, reader=reader)

    bring_in(bench, tmp_path, "S-1,Silla plegable,100,COP")
    bench.know(name="Antes")
    first = read("silla plegable")
    assert ([hit.product.price_minor for hit in first.hits], first.shop_name, first.voice) == (
        [10_000],
        "Antes",
        None,
    )

    bring_in(bench, tmp_path, "S-1,Silla plegable,250,COP", "M-1,Mesa,900,COP")
    assert [hit.product.price_minor for hit in read("silla plegable").hits] == [25_000]
    assert [hit.product.sku for hit in read("mesa").hits] == ["M-1"]

    bench.know(name="Después", currency="MXN")
    assert (read("hola").shop_name, read("hola").currency) == ("Después", "MXN")

    bench.database.write(lambda c: own_texts.save(c, "prompt.es", "Sé breve.", now=now))
    assert read("¿tienen sillas?").voice == own_texts.OwnText(1, "Sé breve.")
    bench.database.write(lambda c: own_texts.save(c, "prompt.es", "", now=now))
    assert read("¿tienen sillas?").voice is None

    assert not read("poltronita").hits
    bench.database.write(lambda c: save_own_table(c, "poltronita, silla", now=now))
    reindex(bench.database)
    assert [hit.product.sku for hit in read("poltronita").hits] == ["S-1"]
