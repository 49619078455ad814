"""A WSGI application enters, a listening waitress server leaves."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from core.errors import ConfigError
from core.texts import text

THREADS = 16
CONNECTIONS = 2000 if sys.platform != "win32" else 480
"""On Windows there is no poll(), and select() there takes about 500 sockets."""
IDLE_S = 60.0
CROWD = 200
"""So many connections are not one proxy's any more. waitress looks at each of them whenever one
moves: 0.5 ms a request with 900 idle ones, 5 ms with 3,500. At its limit it takes no others."""
CROWDED_IDLE_S = 2.0
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

    server = create_server(
        application,
        sockets=[listener],
        threads=threads,
        connection_limit=_most_connections(),
        asyncore_use_poll=True,
        max_request_body_size=MOST_BODY_BYTES,
        max_request_header_size=MOST_HEADER_BYTES,
        cleanup_interval=1,
        # Kept, since they tell a request from outside from one made on this machine (web/api.py).
        clear_untrusted_proxy_headers=False,
        ident="Mostrador",
    )
    server.maintenance = partial(_close_idle, server.active_channels)
    server.channel_class = _channel_class()
    return server


def _channel_class() -> Any:
    """waitress logs the path of a request whose sender is gone, also where it could read none."""
    from waitress.channel import HTTPChannel
    from waitress.parser import HTTPRequestParser

    parser = type("Parser", (HTTPRequestParser,), {"path": ""})
    return type("Channel", (HTTPChannel,), {"parser_class": parser})


def _most_connections() -> int:
    """At most a quarter of the files this process may open."""
    if sys.platform == "win32":
        return CONNECTIONS
    import resource

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS if files == resource.RLIM_INFINITY else min(CONNECTIONS, files // 4)


def _close_idle(channels: Mapping[int, Any], now: float) -> None:
    """In place of waitress's own: the more connections there are, the sooner idle ones end."""
    since = now - (CROWDED_IDLE_S if len(channels) > CROWD else IDLE_S)
    for channel in channels.values():
        if not channel.requests and channel.last_activity < since:
            channel.will_close = True
