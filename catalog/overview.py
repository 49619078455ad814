"""The catalog enters, what the shop sells in a few words leaves: categories and their sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from catalog.tables import Category, Product

_LEVEL_MARK = " > "


def categories(connection: Connection, most: int) -> tuple[tuple[str, int], ...]:
    """Category names with how many active products each holds, the largest first.

    Of the tree, the deepest level that names at most `most` categories; the top level when even
    that names more. Products without a category are not counted.
    """
    rows = connection.execute(
        select(Category.path, func.count().label("size"))
        .join(Product, Product.category_id == Category.id)
        .where(Product.active)
        .group_by(Category.path)
    )
    paths: dict[str, int] = {row.path: row.size for row in rows}
    deepest = max((path.count(_LEVEL_MARK) for path in paths), default=0) + 1
    levels = (_at_level(paths, level) for level in range(deepest, 0, -1))
    found = next((level for level in levels if len(level) <= most), _at_level(paths, 1))
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _at_level(paths: Mapping[str, int], level: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for path, count in paths.items():
        counts[path.split(_LEVEL_MARK)[:level][-1]] += count
    return counts
