"""The same shop on PostgreSQL, in one process, in two, and with two workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.database import Database, make_engine, parse_url
from tests.acceptance import exactly_once
from tests.acceptance.conftest import NewShop, groq_settings
from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import ROOT, Shop, wait_until


@pytest.fixture
def own_database(postgres_url: str) -> str:
    """The address of an empty database."""
    name = f"shop_{uuid4().hex}"
    engine = make_engine(parse_url(postgres_url, ROOT))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = parse_url(postgres_url, ROOT).set(database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def rows(own_database: str) -> Iterator[exactly_once.Rows]:
    """What answers a query of that database."""
    with closing(Database(parse_url(own_database, ROOT))) as database:
        yield lambda query: database.read(lambda c: [tuple(r) for r in c.execute(text(query))])


@pytest.fixture
def shop(new_shop: NewShop, twilio: FakeTwilio, groq: FakeProvider, own_database: str) -> Shop:
    made = new_shop(**groq_settings(groq) | {"DATABASE_URL": own_database})
    made.connect_twilio(twilio.base_url)
    return made


def write(shop: Shop, customers: int) -> None:
    for number in range(customers):
        form = inbound_form("¿Tienen laptops?", customer=f"whatsapp:+34600{number:06}")
        assert shop.receive(form) == 200


def wait_for_replies(rows: exactly_once.Rows) -> None:
    wait_until(lambda: not rows("SELECT 1 FROM conversation WHERE tail > done"), "all is answered")


def test_one_process_answers(shop: Shop, twilio: FakeTwilio, rows: exactly_once.Rows) -> None:
    shop.start_ready()
    write(shop, customers=3)
    wait_for_replies(rows)
    exactly_once.check(rows, twilio.sent)


def test_two_workers_beside_a_web_process_answer_each_message_once(
    shop: Shop, new_shop: NewShop, twilio: FakeTwilio, rows: exactly_once.Rows
) -> None:
    shop.words = ("cli.py", "serve", "--no-worker")
    shop.start()
    workers = [new_shop(**shop.settings) for _ in range(2)]
    for worker in workers:
        worker.words = ("cli.py", "worker")
        worker.start()
    wait_until(shop.is_ready, "web and workers are there")
    wait_until(lambda: all("worker_started" in worker.log for worker in workers), "both work")
    write(shop, customers=20)
    wait_for_replies(rows)
    exactly_once.check(rows, twilio.sent)
