"""One process at a time works on a SQLite database."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.database import parse_url
from core.errors import ConfigError
from core.process_lock import lock_process


def test_a_second_one_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    url = parse_url("sqlite:///shop.db", tmp_path)
    lock = lock_process(url)
    assert lock is not None
    with pytest.raises(ConfigError, match=r"shop\.db"):
        lock_process(url)
    lock.release()

    again = lock_process(url)
    assert again is not None
    again.release()


def test_on_postgresql_any_number_may_work(tmp_path: Path) -> None:
    assert lock_process(parse_url("postgresql://db/shop", tmp_path)) is None
