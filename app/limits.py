"""How many conversations are wanted at once enters, how many this machine lets us leaves."""

from __future__ import annotations

import logging
import sys

from core.log import log_event
from web.server import CONNECTIONS

log = logging.getLogger(__name__)

DEFAULT_CONCURRENCY = 5000
"""400 messages/s whose answers take 5 s are 2,000 at once; docs/performance.md has their memory."""
OTHER_FILES = 500
"""Database, Twilio and log; each conversation needs one more, for the AI it asks."""


def fitting(concurrency: int) -> int:
    """Raise the limit of open files as far as the system allows, and stay below it.

    Without a file left, no webhook would be taken either.
    """
    if sys.platform == "win32":  # knows no such limit
        return concurrency
    import resource

    wanted = concurrency + CONNECTIONS + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return concurrency
    fits = max(1, soft - soft // 4 - OTHER_FILES)  # a quarter is the web server's
    if fits >= concurrency:
        return concurrency
    log_event(log, logging.WARNING, "few_open_files", limit=soft, conversations=fits)
    return fits
