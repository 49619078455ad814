"""The address is ours alone, or one line says why not."""

from __future__ import annotations

from contextlib import closing

import pytest

from core.errors import ConfigError
from web.server import listen


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
