"""One shop in three processes on PostgreSQL: a web server, a worker, and both in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from bot import inbox
from bot.messages import InboundMessage
from core.database import Database, make_engine, parse_url
from tests.acceptance import exactly_once
from tests.acceptance.conftest import groq_settings
from tests.fake_provider import FakeProvider
from tests.fake_twilio import SHOP, FakeTwilio, inbound_form
from tests.processes import ROOT, Shop, wait_until


@dataclass
class Branch:
    """The shop's processes, what they stand on and whom they talk to."""

    web: Shop
    both: Shop
    worker: Shop
    database: Database
    server_url: str
    twilio: FakeTwilio
    groq: FakeProvider
    customers: int = 0

    def receive(self, messages: int) -> None:
        """New customers write, to one web server and the other in turn."""
        for number in range(messages):
            self.customers += 1
            web = (self.web, self.both)[number % 2]
            form = inbound_form("¿Tienen laptops?", customer=f"whatsapp:+34{self.customers:09}")
            assert web.receive(form) == 200

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.database.read(lambda c: [tuple(row) for row in c.execute(text(query))])

    def check_answered(self) -> None:
        """Wait until everybody is answered, and check that nobody is twice."""
        waiting = "SELECT 1 FROM conversation WHERE tail > done"
        wait_until(lambda: not self.rows(waiting), "all is answered")
        exactly_once.check(self.rows, self.twilio.sent)

    def administer(self, *statements: str) -> None:
        """Speak to the server, from outside the shop's database."""
        engine = make_engine(parse_url(self.server_url, ROOT), pool_size=1)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.execute(text(statement), {"name": self.database.url.database})
        engine.dispose()


@pytest.fixture(scope="module")
def branch(
    postgres_url: str, tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Branch]:
    server = parse_url(postgres_url, ROOT)
    name = f"shop_{uuid4().hex}"
    engine = make_engine(server, pool_size=1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    own = server.set(database=name)
    folder = tmp_path_factory.mktemp("branch")
    with ExitStack() as stack:
        twilio = stack.enter_context(FakeTwilio())
        groq = stack.enter_context(FakeProvider(reply=exactly_once.ECHO))
        settings = groq_settings(groq) | {"DATABASE_URL": own.render_as_string(hide_password=False)}
        shops = [
            stack.enter_context(Shop(tree, folder / words[-1], dict(settings), ("cli.py", *words)))
            for words in (("serve", "--no-worker"), ("serve",), ("worker",))
        ]
        for shop in shops:
            shop.connect_twilio(twilio.base_url)
            shop.start()
        for shop in shops[1:]:
            wait_until(lambda shop=shop: "worker_started" in shop.log, f"it works: {shop.log}")
        for shop in shops[:2]:
            wait_until(shop.is_ready, "it takes messages")
        database = stack.enter_context(closing(Database(own)))
        yield Branch(*shops, database, postgres_url, twilio, groq)


def sent_by(shop: Shop) -> int:
    return shop.log.count(" message_sent ")


def test_every_message_is_answered_once_and_the_workers_share_evenly(branch: Branch) -> None:
    branch.receive(messages=40)
    branch.check_answered()
    shares = sorted(sent_by(shop) for shop in (branch.both, branch.worker))
    assert sum(shares) == 40
    assert shares[0] >= 10, shares


def test_its_jobs_are_gone_when_it_rests(branch: Branch) -> None:
    wait_until(lambda: not branch.rows("SELECT 1 FROM procrastinate_jobs"), "no job is left")


def test_what_nobody_was_told_of_is_found(branch: Branch) -> None:
    message = InboundMessage("whatsapp", "SMuntold", "whatsapp:+34999", SHOP, "¿Tienen mouse?")
    now = datetime.now(UTC)
    branch.database.write(lambda c: inbox.accept(c, message, now=now, wait_s=0, max_wait_s=6))
    branch.check_answered()


def test_while_the_database_is_away_messages_are_refused_and_it_all_goes_on_by_itself(
    branch: Branch,
) -> None:
    name = branch.database.url.database
    branch.administer(
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name",
    )
    assert branch.web.receive(inbound_form("¿Hay alguien?")) == 503
    branch.administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    branch.receive(messages=4)
    branch.check_answered()


def test_another_worker_takes_over_from_one_that_was_killed(branch: Branch) -> None:
    branch.groq.behave("slow")
    branch.receive(messages=10)
    held = (
        "SELECT 1 FROM conversation JOIN worker_beat ON worker = lease_owner"
        f" WHERE worker LIKE '%-{branch.worker.process.pid}-%'"  # type: ignore[union-attr]
    )
    wait_until(lambda: branch.rows(held), "the worker holds some of them")
    branch.worker.kill()
    branch.check_answered()
    assert "worker_died" in branch.both.log
    assert "lease_lost" not in branch.both.log
