"""Attempts enter at once, and are priced and stored in batches behind the turn's back."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import fields, replace

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from bot.messages import AttemptRow, Usage
from bot.money import cost_usd
from bot.providers.base import find_providers
from bot.tables import Attempt
from core.database import Database
from core.errors import DatabaseUnavailable
from core.log import log_event
from core.statements import Statement

log = logging.getLogger(__name__)

BATCH_S = 0.2
"""Rows are stored together this often: one by one they cost the writer more than the replies."""
MOST_WAITING = 20_000
"""Kept while the database cannot take them; beyond that the oldest are lost."""


class Ledger:
    """Takes rows at once and stores them in batches, from a thread of its own.

    Args:
        observe: is told each stored row with its cost, from that thread.
    """

    def __init__(
        self, database: Database, observe: Callable[[AttemptRow], None] = lambda _row: None
    ) -> None:
        self._database = database
        self._observe = observe
        self._waiting: deque[AttemptRow] = deque(maxlen=MOST_WAITING)
        self._storing = threading.Lock()
        self._due = threading.Event()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def record(self, row: AttemptRow) -> None:
        """Keep one row; never waits."""
        self._waiting.append(row)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
            self._thread.start()
        if not self._due.is_set():
            self._due.set()

    def flush(self) -> None:
        """Store everything kept so far; blocks. Rows stay when the database cannot take them."""
        with self._storing:
            rows = [_priced(self._waiting.popleft()) for _ in range(len(self._waiting))]
            if not rows:
                return
            try:
                self._database.write(lambda c: store_attempts(c, rows))
            except DatabaseUnavailable as error:
                self._waiting.extendleft(reversed(rows))
                log_event(log, logging.WARNING, "ledger_waits", rows=len(rows), error=str(error))
                return
            for row in rows:
                self._observe(row)

    def close(self) -> None:
        """Store what is left and end."""
        self._is_closed = True
        self._due.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _run(self) -> None:
        while not self._is_closed:
            self._due.wait()
            if not self._is_closed:
                time.sleep(BATCH_S)
            self._due.clear()
            try:
                self.flush()
            except Exception:  # rows no database takes must not cost those after them
                log.exception("ledger_rows_lost")


def _priced(row: AttemptRow) -> AttemptRow:
    provider = find_providers().get(row.provider)
    if row.cost_usd is not None or provider is None:
        return row
    usage = Usage(row.input_tokens, row.output_tokens, row.total_tokens)
    return replace(row, cost_usd=cost_usd(provider, row.model, usage))


_COLUMNS = tuple(field.name for field in fields(AttemptRow) if field.name != "total_tokens")
_ADD = Statement(insert(Attempt), *_COLUMNS)


def store_attempts(connection: Connection, rows: Sequence[AttemptRow]) -> None:
    """Add rows, oldest first."""
    _ADD.run_each(connection, [{name: getattr(row, name) for name in _COLUMNS} for row in rows])
