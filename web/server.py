"""A WSGI application enters, a listening waitress server leaves."""

from __future__ import annotations

import errno
import socket
import sys
from typing import Any

from core.errors import ConfigError
from core.texts import text

THREADS = 16
CONNECTIONS = 1000 if sys.platform != "win32" else 480
"""On Windows there is no poll(), and select() there takes about 500 sockets."""
MOST_BODY_BYTES = 1024 * 1024
"""Every route has its own, lower limit; this one bounds what waitress keeps before it asks us."""
MOST_HEADER_BYTES = 32 * 1024


def listen(host: str, port: int, *, when_taken: str = "commands.port_taken") -> socket.socket:
    """Take the address, alone.

    Args:
        when_taken: the sentence to say then.
    Raises:
        ConfigError: it is taken, or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # waitress would set SO_REUSEADDR, with which a second server binds silently.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES) or port < 1024
        key = when_taken if taken else "commands.host_unusable"
        raise ConfigError(text(key, host=host, port=port)) from error
    return listener


def make_server(application: Any, listener: socket.socket, threads: int = THREADS) -> Any:
    """The server; its `run` blocks until SystemExit or KeyboardInterrupt reaches it."""
    from waitress.server import create_server

    return create_server(
        application,
        sockets=[listener],
        threads=threads,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,
        max_request_body_size=MOST_BODY_BYTES,
        max_request_header_size=MOST_HEADER_BYTES,
        channel_timeout=60,
        # Kept, since they tell a request from outside from one made on this machine (web/api.py).
        clear_untrusted_proxy_headers=False,
        ident="Mostrador",
    )
