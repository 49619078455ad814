"""A stocked shop in a folder of its own, and the stand-ins it talks to."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fake_provider import FakeProvider
from tests.fake_twilio import FakeTwilio
from tests.processes import Shop, copy_sources

NewShop = Callable[..., Shop]

CATALOG = """sku,nombre,precio,moneda,stock,categoria
P-1,Laptop Andina 14 pulgadas,1500000,COP,4,Computadores
P-2,Mouse inalámbrico Colibrí,45000,COP,12,Accesorios
P-3,Audífonos Sierra con micrófono,89000,COP,7,Accesorios
"""


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources without this machine's `.env` and data."""
    return copy_sources(tmp_path_factory.mktemp("clone") / "mostrador")


@pytest.fixture(scope="session")
def stocked_database(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database into which the catalog was imported, to be copied."""
    folder = tmp_path_factory.mktemp("stock")
    (folder / "catalog.csv").write_text(CATALOG, encoding="utf-8")
    with Shop(tree, folder, {"DATABASE_URL": f"sqlite:///{folder / 'shop.db'}"}) as shop:
        done = shop.command("catalog", "import", str(folder / "catalog.csv"))
    assert done.returncode == 0, done.stderr
    return folder / "shop.db"


@pytest.fixture
def new_shop(tree: Path, stocked_database: Path, tmp_path: Path) -> Iterator[NewShop]:
    """Makes shops that are not started yet; `settings` are environment variables."""
    with ExitStack() as stack:
        count = 0

        def make(**settings: str) -> Shop:
            nonlocal count
            count += 1
            shop = stack.enter_context(Shop(tree, tmp_path / f"shop{count}"))
            database = shop.folder / "shop.db"
            shutil.copy(stocked_database, database)
            shop.settings |= {"DATABASE_URL": f"sqlite:///{database}"} | settings
            return shop

        yield make


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as stand_in:
        yield stand_in


@pytest.fixture
def groq() -> Iterator[FakeProvider]:
    """An AI that says what it was asked, so that replies tell which messages they cover."""
    with FakeProvider(reply="Recibido: {question}") as stand_in:
        yield stand_in


@pytest.fixture
def shop(new_shop: NewShop, twilio: FakeTwilio, groq: FakeProvider) -> Shop:
    """A shop with one AI and Twilio, not started yet."""
    made = new_shop(**groq_settings(groq))
    made.connect_twilio(twilio.base_url)
    return made


def groq_settings(stand_in: FakeProvider) -> dict[str, str]:
    """The stand-in as groq, patient enough for a busy machine."""
    return {
        "GROQ_API_KEY": "gsk_test",
        "GROQ_BASE_URL": stand_in.base_url,
        "GROQ_MODEL": "fake-model",
        "GROQ_TIMEOUT": "40",
    }
