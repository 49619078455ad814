"""Commands that run the shop: serve, worker, db upgrade."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing

import app
from commands.output import say
from core.errors import ConfigError
from core.texts import text


def serve(arguments: Namespace) -> int:
    """Web, worker and schedule in one process, until it is told to stop."""
    with closing(app.open_house()) as house:
        settings = house.settings
        host = arguments.host or settings.host
        port = settings.port if arguments.port is None else arguments.port
        _check_port(port)
        app.serve(
            house,
            host=host,
            port=port,
            with_worker=not arguments.no_worker,
            announce=lambda: _announce(house, host, port, answers=not arguments.no_worker),
        )
    is_whole_shop = house.database.is_sqlite and not arguments.no_worker
    say(text("commands.stopped" if is_whole_shop else "commands.stopped_one"))
    return 0


def _announce(house: app.House, host: str, port: int, *, answers: bool) -> None:
    settings = house.settings
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - only shown
    key = "commands.serving" if answers else "commands.serving_only"
    say(text(key, address=f"http://{shown}:{port}"))
    say(text("commands.serving_health", address=f"http://{shown}:{port}/readyz"))
    if settings.public_base_url and app.is_twilio_configured(settings):
        say(text("commands.serving_webhook", address=settings.public_base_url))
    else:
        say(text("commands.serving_no_twilio"))
    if app.has_sample_catalog(house):
        say(text("commands.serving_sample"))
    elif not app.has_products(house):
        say(text("commands.serving_empty"))
    say(text("commands.serving_try"))
    say(text("commands.serving_stop"))


def worker(arguments: Namespace) -> int:
    """Worker and schedule only, until told to stop."""
    given = arguments.concurrency
    concurrency = app.DEFAULT_CONCURRENCY if given is None else given
    if concurrency < 1:
        raise ConfigError(text("commands.concurrency_wrong"))
    if arguments.metrics_port is not None:
        _check_port(arguments.metrics_port)
    with closing(app.open_house()) as house:
        app.work(
            house,
            concurrency=concurrency,
            metrics_port=arguments.metrics_port,
            announce=lambda: say(text("commands.working")),
        )
    say(text("commands.stopped_one"))
    return 0


def _check_port(port: int) -> None:
    if not 1 <= port <= 65535:
        raise ConfigError(text("commands.port_wrong", port=port))


def upgrade(_arguments: Namespace) -> int:
    """Create or upgrade the database; every other command does it too."""
    with closing(app.open_house()):
        say(text("commands.upgraded"))
    return 0
