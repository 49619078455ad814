"""The header of a shop system's export enters, its cells by names of ours leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.files.columns import plain_name

PRODUCT = (
    "id",
    "sku",
    "barcode",
    "name",
    "brand",
    "category",
    "description",
    "price",
    "sale_price",
    "sale_from",
    "sale_to",
    "stock",
    "image",
    "active",
)
"""The columns every export is brought to."""

MAX_OPTIONS = 10

NO = frozenset(["no", "n", "não", "nao", "false", "falso", "0", "-1", "hidden", "oculto"])
"""How shop systems write that a product is not to be seen."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of an export. A column the export lacks is empty."""

    line: int
    cells: Mapping[str, str]
    options: tuple[str, ...]
    option_names: tuple[str, ...]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")

    def says_no(self, *names: str) -> bool:
        """Whether one of these columns says no."""
        return any(self[name].lower() in NO for name in names)


Product = tuple[int, dict[str, str]]
"""A line, and what stands in the columns of PRODUCT."""


@dataclass(frozen=True, slots=True)
class Export:
    """How one shop system writes products.

    Args:
        system: its name.
        columns: our name → the system's, divided by bars; the first one there is counts.
        options: what it calls the values that set a variant apart, `{}` for the number.
        option_names: what it calls their names (colour, size).
        required: names of ours without which a file is not of this system.
        products: its rows → one for each thing that can be bought; may go through them twice.
    """

    system: str
    columns: Mapping[str, str]
    options: str
    option_names: str
    required: tuple[str, ...]
    products: Callable[[Iterable[Row]], Iterator[Product]]

    def layout(self, header: Sequence[str]) -> Layout | None:
        """Where a header has its columns; None when it is of another system."""
        at = {plain_name(name): position for position, name in reversed(list(enumerate(header)))}
        columns = {
            ours: position
            for ours, names in self.columns.items()
            if (position := _first(at, names)) is not None
        }
        if not all(name in columns for name in self.required):
            return None
        return Layout(columns, _numbered(at, self.options), _numbered(at, self.option_names))


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions of columns, those of options by their number."""

    columns: Mapping[str, int]
    options: tuple[int | None, ...]
    option_names: tuple[int | None, ...]

    def row(self, line: int, cells: Sequence[str]) -> Row:
        """A record's cells by our names."""

        width = len(cells)

        def at(position: int | None) -> str:
            return "" if position is None or position >= width else cells[position].strip()

        found = {
            name: cells[position].strip() if position < width else ""
            for name, position in self.columns.items()
        }
        return Row(line, found, tuple(map(at, self.options)), tuple(map(at, self.option_names)))


def _first(at: Mapping[str, int], names: str) -> int | None:
    return next((at[name] for name in names.split("|") if name in at), None)


def _numbered(at: Mapping[str, int], names: str) -> tuple[int | None, ...]:
    found = [_first(at, names.format(*[number] * 9)) for number in range(1, MAX_OPTIONS + 1)]
    while found and found[-1] is None:
        found.pop()
    return tuple(found)


def deepest_category(categories: str) -> str:
    """Of several categories divided by commas (`Ropa, Ropa > Camisetas`) the most exact one."""
    paths = categories.replace("\\,", "\0").split(",")
    deepest = max(paths, key=lambda path: path.count(">"))
    return deepest.replace("\0", ",").strip()
