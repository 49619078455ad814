"""A shop that was moved from SQLite to PostgreSQL goes on where it stopped."""

from __future__ import annotations

import signal
from contextlib import closing
from uuid import uuid4

from sqlalchemy import text

from core.database import Database, make_engine, parse_url
from tests.acceptance import exactly_once
from tests.fake_twilio import FakeTwilio, inbound_form
from tests.processes import ROOT, Shop, wait_until

STOP = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM)


def new_database(server: str) -> str:
    """The address of an empty database."""
    url = parse_url(server, ROOT)
    engine = make_engine(url, pool_size=1)
    name = f"moved_{uuid4().hex}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def test_a_message_left_unanswered_is_answered_from_postgres_once(
    shop: Shop, twilio: FakeTwilio, postgres_url: str
) -> None:
    shop.words = ("cli.py", "serve", "--no-worker")
    shop.start()
    shop.receive_surely(inbound_form("¿Tienen laptops?"))
    assert shop.signal(STOP) == 0
    target = new_database(postgres_url)

    copied = shop.command("db", "copy", "--to", target)
    assert copied.returncode == 0, copied.stderr

    shop.settings["DATABASE_URL"] = target
    shop.words = ("cli.py", "serve")
    shop.start()
    with closing(Database(parse_url(target, ROOT))) as database:

        def rows(query: str) -> list[tuple[object, ...]]:
            return database.read(lambda c: [tuple(row) for row in c.execute(text(query))])

        assert rows("SELECT tail FROM conversation") == [(1,)]
        wait_until(
            lambda: not rows("SELECT 1 FROM conversation WHERE tail > done"), "all is answered"
        )
        exactly_once.check(rows, twilio.sent)
