"""A database's address enters; on SQLite the right to work on it leaves, one process at a time."""

from __future__ import annotations

from filelock import FileLock, Timeout
from sqlalchemy.engine import URL

from core.errors import ConfigError
from core.texts import text


def lock_process(url: URL) -> FileLock | None:
    """Take the lock that `serve` and `worker` hold; the system frees that of a process that died.

    Returns:
        The lock, to be released at the end; None where any number of processes may work.
    Raises:
        ConfigError: another process holds it.
    """
    if url.get_backend_name() != "sqlite":
        return None
    lock = FileLock(f"{url.database}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ConfigError(text("commands.already_running", database=url.database)) from None
    return lock
