"""The address is ours alone, or one line says why not."""

from __future__ import annotations

import socket
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import ConfigError
from web.server import CROWD, CROWDED_IDLE_S, IDLE_S, listen, make_server


def _server(listener: socket.socket) -> Any:
    return make_server(lambda _environment, _start: [], listener, threads=1)


def _channel(*, last_activity: float) -> SimpleNamespace:
    return SimpleNamespace(requests=[], last_activity=last_activity, will_close=False)


def test_a_free_address_is_taken() -> None:
    with closing(listen("127.0.0.1", 0)) as listener:
        assert listener.getsockname()[1] > 0


def test_a_taken_port_is_refused_with_what_to_do() -> None:
    with closing(listen("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"{port}.*--port"):
            listen("127.0.0.1", port)


def test_a_port_that_was_let_go_is_free_at_once() -> None:
    with closing(listen("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
    with closing(listen("127.0.0.1", port)) as second:
        assert second.getsockname()[1] == port


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(ConfigError, match="HOST"):
        listen("203.0.113.9", 18000)


@pytest.mark.parametrize(
    ("connections", "idle_s", "is_closed"),
    [
        pytest.param(2, CROWDED_IDLE_S + 1, False, id="of few, a pause is none"),
        pytest.param(2, IDLE_S + 1, True, id="of few, after long"),
        pytest.param(CROWD + 1, CROWDED_IDLE_S + 1, True, id="of many, soon"),
        pytest.param(CROWD + 1, CROWDED_IDLE_S - 1, False, id="of many, not at once"),
    ],
)
def test_idle_connections_make_room(connections: int, idle_s: float, is_closed: bool) -> None:
    with closing(listen("127.0.0.1", 0)) as listener, closing(_server(listener)) as server:
        for number in range(connections):
            server.active_channels[number] = _channel(last_activity=100.0 - idle_s)
        asked = server.active_channels[0]
        asked.requests = ["under way"]
        server.maintenance(100.0)
        assert [channel.will_close for channel in server.active_channels.values()] == [
            False,
            *[is_closed] * (connections - 1),
        ]


def test_a_request_that_is_none_has_a_path_for_the_log() -> None:
    with closing(listen("127.0.0.1", 0)) as listener, closing(_server(listener)) as server:
        request = server.channel_class.parser_class(server.adj)
        request.received(b"what is this\r\n\r\n")
    assert (bool(request.error), request.path) == (True, "")
