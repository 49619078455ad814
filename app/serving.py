"""A house enters; its web server, and the worker beside it, run until they are told to stop."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from datetime import datetime

from flask import Flask

import webhooks.blueprint
from app.house import House
from app.working import run_worker
from bot import readiness
from bot.intake import Intake
from bot.worker import Wake
from bot.worker_thread import WorkerThread
from core.log import log_event
from core.process_lock import lock_process
from web import api
from web.server import listen, make_server

log = logging.getLogger(__name__)

DEFAULT_CONCURRENCY = 500


def make_web(house: House, wake: Wake) -> Flask:
    """Every route there is."""
    settings = house.settings
    intake = Intake(
        house.database,
        house.clock,
        wake,
        coalesce_wait_s=settings.coalesce_wait_s,
        coalesce_max_s=settings.coalesce_max_s,
    )
    web = Flask("mostrador", static_folder=None, template_folder=None)
    web.register_blueprint(
        webhooks.blueprint.make_blueprint(
            accept=intake.accept,
            record_status=intake.record_status,
            public_base_url=settings.public_base_url,
            auth_tokens=settings.twilio_auth_tokens,
            refusals=webhooks.blueprint.RefusalLog(house.clock),
        )
    )
    web.register_blueprint(
        api.make_blueprint(
            readiness=lambda: house.database.read(lambda c: readiness.check(c, house.clock.now())),
            api_token=settings.api_token,
            public_base_url=settings.public_base_url,
        )
    )
    return web


def _nobody_to_wake(_conversation_id: int, _due_at: datetime, _seq: int) -> None:
    """The worker is another process: it polls."""


def worker_thread(house: House, concurrency: int) -> WorkerThread:
    """The worker, to be started beside the web server."""
    return WorkerThread(
        lambda on_start: run_worker(house, concurrency=concurrency, on_start=on_start)
    )


def serve(
    house: House, *, host: str, port: int, with_worker: bool, announce: Callable[[], None]
) -> None:
    """Serve until the process is told to stop, then stop cleanly.

    Args:
        announce: called once the address is taken and the worker runs.
    Raises:
        ConfigError: the address is taken, or another process works on this database.
    """
    lock = lock_process(house.database.url) if with_worker else None
    listener = listen(host, port)
    worker = worker_thread(house, DEFAULT_CONCURRENCY) if with_worker else None
    web = make_web(house, worker.wake if worker else _nobody_to_wake)
    server = make_server(web, listener)
    stop_on_signals()
    try:
        if worker is not None:
            worker.start()
        announce()
        server.run()
    finally:
        server.close()
        if worker is not None:
            worker.stop()
        if lock is not None:
            lock.release()


def stop_on_signals() -> None:
    """SIGTERM and Ctrl+Break end the process as Ctrl+C does, also where that was ignored."""

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


def work(house: House, *, concurrency: int) -> None:
    """Work without a web server until the process is told to stop.

    Raises:
        ConfigError: another process works on this database.
    """
    lock = lock_process(house.database.url)
    worker = worker_thread(house, concurrency)
    stop_on_signals()
    try:
        worker.start()
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        log_event(log, logging.INFO, "stopping")
    finally:
        worker.stop()
        if lock is not None:
            lock.release()
