"""Settings enter, an opened house leaves: database upgraded, sample shop loaded where due."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

import core.own_texts  # noqa: F401 - every room's tables join the metadata
import migrations
import shop.tables  # noqa: F401 - like those above
from bot.alarms import Alarms
from bot.loop_watch import LoopWatch
from bot.metrics import Metrics
from bot.metrics.state import State
from bot.saved_settings import saved_settings
from bot.witness import Reporter, Witness
from catalog.index.reindex import reindex
from catalog.products import count_products, main_currency
from catalog.revision import CatalogMoved
from catalog.sample import is_sample_catalog, load_sample_products, remove_sample_products
from catalog.search import CatalogSearch
from core.clock import Clock, SystemClock
from core.database import Base, Database, brief, parse_url
from core.errors import ConfigError
from core.log import configure, log_event
from core.redaction import register_secrets
from core.settings import Settings
from core.texts import text
from shop import facts as shop_facts
from shop.sample import load_sample_facts, remove_sample_facts

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class House:
    """What every command stands on. `settings` are as of its opening, saved ones included."""

    settings: Settings
    database: Database
    clock: Clock
    search: CatalogSearch
    metrics: Metrics
    saved: Mapping[str, str]
    alarms: Alarms = field(init=False)
    witness: Witness = field(init=False)
    loop: LoopWatch = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alarms", Alarms(self.database, self.clock))
        object.__setattr__(self, "witness", Reporter(self.metrics, self.alarms))
        object.__setattr__(self, "loop", LoopWatch(self.clock, self.metrics.spine.lagged))

    def close(self) -> None:
        """Store what is queued and let go of the database."""
        self.database.close()


def read_settings(saved: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises:
        ConfigError: with all faults.
    """
    return Settings.from_env(env_file=ROOT / ".env", saved=saved)


def open_house(*, quiet: bool = False) -> House:
    """Read the settings, open and upgrade the database, load the sample shop where it is due.

    Args:
        quiet: leave the log to errors, for commands whose output is read.
    Raises:
        ConfigError: the settings cannot be used, or the database is newer than the code.
    """
    settings = read_settings()
    configure(level="ERROR" if quiet else settings.log_level, log_format=settings.log_format)
    register_secrets(settings.secret_values)
    url = parse_url(settings.database_url, ROOT)
    upgrade(url)
    database = Database(url)
    try:
        indexed = reindex(database)
    except BaseException:
        database.close()
        raise
    if indexed:
        log_event(log, logging.INFO, "catalog_reindexed", products=indexed)
    saved = database.read(saved_settings)
    settings = read_settings(saved)
    register_secrets(settings.secret_values)
    house = House(settings, database, SystemClock(), CatalogSearch(), Metrics(), saved)
    database.on_commit = house.metrics.spine.committed
    house.metrics.registry.register(State(database, house.clock))
    # Whoever else changes the catalog just now has opened the house as well: their sample stands.
    with contextlib.suppress(CatalogMoved):
        database.write(lambda c: _sample(c, settings, house.clock.now()))
    return house


def _sample(connection: Connection, settings: Settings, now: datetime) -> None:
    """The sample shop stands in while nothing is known, and never before real customers."""
    if is_twilio_configured(settings):
        if remove_sample_products(connection):
            log_event(log, logging.WARNING, "sample_removed", text("commands.sample_removed"))
        remove_sample_facts(connection)
    else:
        load_sample_products(connection, now)
        load_sample_facts(connection, now)


def upgrade(url: URL) -> None:
    """Bring a database's tables up to date.

    Raises:
        ConfigError: it cannot be opened, or is newer than the code.
    """
    try:
        migrations.upgrade(url, Base.metadata)
    except ModuleNotFoundError as error:
        raise ConfigError(text("commands.database_driver", python=sys.executable)) from error
    except (SQLAlchemyError, OSError) as error:
        shown = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
        raise ConfigError(
            text("commands.database_unreachable", database=shown, reason=plain_reason(error))
        ) from error


_REASONS = {
    "commands.database_missing": re.compile(r'database ".+" does not exist'),
    "commands.database_denied": re.compile(r'password|authentication|pg_hba|role ".+" does not'),
    "commands.database_no_host": re.compile(r"resolve host|translate host"),
    "commands.database_full": re.compile(r"is full|No space left"),
    "commands.database_no_file": re.compile(r"file is not a database|malformed"),
    "commands.database_folder": re.compile(r"^\[Errno|unable to open|readonly"),
    "commands.database_silent": re.compile(
        r"refused|timed out|timeout expired|No such file|unreachable|closed"
    ),
}
"""Sentence → what stands in the driver's words; the first that fits counts."""


def plain_reason(error: Exception) -> str:
    """Why a database could not be used, for whoever has never seen a driver's words."""
    words = brief(error.__cause__ or error).partition(": ")[2]
    known = (key for key, pattern in _REASONS.items() if pattern.search(words))
    return text(next(known, "commands.database_other"), words=words)


def is_twilio_configured(settings: Settings) -> bool:
    """Real customers may write: the sample shop is never loaded then."""
    return bool(settings.twilio_account_sid and settings.twilio_auth_tokens)


def has_sample_catalog(house: House) -> bool:
    """Whether the products are the sample shop's."""
    return house.database.read(is_sample_catalog)


def has_products(house: House) -> bool:
    """Whether there is anything to sell."""
    return house.database.read(count_products) > 0


def shop_currency(house: House) -> str:
    """The currency of amounts that name none: the setting's, the facts', the products' own."""
    facts = house.database.read(shop_facts.load)
    said = house.settings.shop_currency or facts.values.get("currency")
    return str(said or house.database.read(main_currency) or "USD")
