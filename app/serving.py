"""A house enters; its web server, and the worker beside it, run until they are told to stop."""

from __future__ import annotations

import _thread
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from flask import Blueprint, Flask

import webhooks.blueprint
from app import heap
from app.alarms import free_mb
from app.house import House
from app.limits import DEFAULT_CONCURRENCY, fitting
from app.wakeups import telling
from app.working import run_engine, run_worker
from bot import readiness
from bot.alarms import Cause
from bot.bridge import Bridge
from bot.intake import Intake
from bot.readiness import Readiness
from bot.wakeups import Wake
from bot.worker_thread import WorkerThread, Works
from core.log import log_event
from core.process_lock import lock_process
from web import answers, api
from web.server import THREADS, listen, make_server

log = logging.getLogger(__name__)

LOOKERS = 4
"""Threads for whoever looks at a worker: one that asks for a database that is away waits long."""


def make_web(house: House, wake: Wake, bridge: Bridge) -> Flask:
    """Every route there is."""
    settings = house.settings
    intake = Intake(
        house.database,
        house.clock,
        wake,
        coalesce_wait_s=settings.coalesce_wait_s,
        coalesce_max_s=settings.coalesce_max_s,
        undelivered=lambda code: house.alarms.raise_(Cause.MESSAGE_UNDELIVERED, code=code),
    )
    web = Flask("mostrador", static_folder=None, template_folder=None)
    web.register_blueprint(
        webhooks.blueprint.make_blueprint(
            accept=intake.accept,
            record_status=intake.record_status,
            public_base_url=settings.public_base_url,
            auth_tokens=settings.twilio_auth_tokens,
            refusals=webhooks.blueprint.RefusalLog(
                house.clock, lambda is_bad: house.alarms.set_(is_bad, Cause.WEBHOOK_REFUSED)
            ),
            begin=lambda: house.metrics.spine.request(house.clock),
        )
    )
    web.register_blueprint(_look_ins(house))
    web.register_blueprint(
        answers.make_blueprint(
            ask=bridge.ask,
            api_token=settings.api_token,
            language=settings.shop_language,
            most_at_once=THREADS // 2,
        )
    )
    return web


def _look_ins(house: House) -> Blueprint:
    """What web servers and workers alike can be asked: how they are, and what they count."""
    return api.make_blueprint(
        readiness=lambda: look_at(house),
        metrics=house.metrics.registry,
        api_token=house.settings.api_token,
        public_base_url=house.settings.public_base_url,
    )


def look_at(house: House) -> Readiness:
    """Whether messages are taken and answered right now.

    Raises:
        DatabaseUnavailable: the tables cannot be read.
    """
    machine = readiness.Machine(free_mb(house), house.database.busy_s, house.loop.late_s)
    return house.database.read(lambda c: readiness.check(c, house.clock.now(), machine))


def make_bridge(house: House) -> Bridge:
    """The way from the web server's threads to the engine."""
    return Bridge(house.settings.turn_deadline_s, house.settings.shop_language)


def worker_thread(
    house: House, bridge: Bridge, concurrency: int, tell: Wake | None
) -> WorkerThread:
    """The worker, to be started beside the web server or alone."""
    conversations = fitting(concurrency)
    return WorkerThread(
        lambda on_start: run_worker(
            house,
            bridge=bridge,
            concurrency=conversations,
            on_start=_settled(on_start),
            tell=tell,
        ),
        broke=house.metrics.spine.rebuilds.inc,
    )


def engine_thread(house: House, bridge: Bridge) -> WorkerThread:
    """What answers programs beside a web server whose worker is another process."""
    fitting(0)
    return WorkerThread(
        lambda on_start: run_engine(house, bridge=bridge, on_start=_settled(on_start)),
        broke=house.metrics.spine.rebuilds.inc,
    )


def _settled(on_start: Callable[[Works], None]) -> Callable[[Works], None]:
    """As `on_start`, once everything that stays is loaded."""

    def started(works: Works) -> None:
        heap.settle()
        on_start(works)

    return started


def serve(
    house: House, *, host: str, port: int, with_worker: bool, announce: Callable[[], None]
) -> None:
    """Serve until the process is told to stop, then stop cleanly.

    Args:
        announce: called once the address is taken and the worker runs.
    Raises:
        ConfigError: the address is taken, or another process works on this database.
    """
    with _alone(house) if with_worker else nullcontext(), telling(house) as tell:
        listener = listen(host, port)
        bridge = make_bridge(house)
        if with_worker:
            thread = worker_thread(house, bridge, DEFAULT_CONCURRENCY, tell)
        else:
            thread = engine_thread(house, bridge)
        server = make_server(make_web(house, tell or thread.wake, bridge), listener)
        # The server goes on until the worker has ended: it still takes messages meanwhile.
        _Stop(thread.stop, then=_thread.interrupt_main).on_signals()
        try:
            thread.start()
            announce()
            server.run()
        finally:
            thread.stop()
            server.close()


@contextmanager
def _alone(house: House) -> Iterator[None]:
    """On SQLite, be the one process that works on this database.

    Raises:
        ConfigError: another one does.
    """
    lock = lock_process(house.database.url)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


class _Stop:
    """The first SIGTERM, Ctrl+C or Ctrl+Break begins the end; further ones do not hurry it.

    Args:
        end: blocks until everything is finished or given back.
        then: called after it, in whichever thread; its own signal raises KeyboardInterrupt.
    """

    def __init__(self, end: Callable[[], None], then: Callable[[], None]) -> None:
        self._end = end
        self._then = then
        self._thread = threading.Thread(target=self._run, name="stop")
        self._has_ended = threading.Event()

    def on_signals(self) -> None:
        """Listen, also where signals were ignored before."""
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._note)

    def wait(self) -> None:
        """Return once the end has come."""
        while not self._has_ended.wait(1.0):  # Windows hears no signal during an endless wait
            pass

    def _note(self, _signal: int, _frame: object) -> None:
        if self._has_ended.is_set():
            raise KeyboardInterrupt
        if not self._thread.ident:
            self._thread.start()

    def _run(self) -> None:
        log_event(log, logging.INFO, "stopping")
        try:
            self._end()
        finally:
            self._has_ended.set()
            self._then()


def work(
    house: House, *, concurrency: int, metrics_port: int | None, announce: Callable[[], None]
) -> None:
    """Work without a web server until the process is told to stop.

    Args:
        announce: called once the database and the port are ours.
        metrics_port: where its state and metrics may be read; None: nowhere.
    Raises:
        ConfigError: another process works on this database, or the address is not free.
    """
    with _alone(house), telling(house) as tell:
        worker = worker_thread(house, make_bridge(house), concurrency, tell)
        if metrics_port is not None:
            serve_metrics(house, metrics_port)
        stop = _Stop(worker.stop, then=lambda: None)
        stop.on_signals()
        announce()
        worker.start()
        stop.wait()


def serve_metrics(house: House, port: int) -> None:
    """Let a worker be looked at, at HOST, from a thread that ends with the process.

    Raises:
        ConfigError: the address is taken, or not ours.
    """
    web = Flask("mostrador", static_folder=None, template_folder=None)
    web.register_blueprint(_look_ins(house))
    listener = listen(house.settings.host, port, when_taken="commands.metrics_port_taken")
    server = make_server(web, listener, threads=LOOKERS)
    threading.Thread(target=server.run, name="metrics", daemon=True).start()
