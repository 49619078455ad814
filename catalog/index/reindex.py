"""A catalog whose terms were made by other rules enters, the same with terms made anew leaves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import delete, insert
from sqlalchemy.engine import Connection

from catalog.index.segment import terms_to_text
from catalog.index.terms import IndexedText, product_terms
from catalog.products import select_texts
from catalog.revision import CatalogMoved, bump_revision, state
from catalog.tables import ProductTerms
from catalog.words.own_synonyms import index_mark, own_table, with_own_lines
from catalog.words.synonyms import Synonyms, default_synonyms
from core.database import Database

MAX_TRIES = 5
ROWS_PER_BATCH = 1000


def reindex(database: Database, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Make the terms of every product anew when our rules or the shop's synonyms have changed.

    Args:
        progress: is told the number of products done, now and then.
    Returns:
        How many products were indexed; 0 when nothing had changed.
    """
    for _ in range(MAX_TRIES):
        known, table = database.read(lambda c: (state(c), own_table(c)))
        mark = index_mark(table)
        if known.index_mark == mark:
            return 0
        synonyms = with_own_lines(default_synonyms(), table)
        terms = database.read(partial(_all_terms, synonyms=synonyms, progress=progress))
        try:
            database.write(partial(_store, terms=terms, mark=mark, revision=known.revision))
        except CatalogMoved:
            continue
        return len(terms)
    return 0  # somebody goes on changing the catalog; the next start looks again


def _all_terms(
    connection: Connection, synonyms: Synonyms, progress: Callable[[int], None]
) -> list[tuple[int, str]]:
    rows = connection.execute(select_texts().execution_options(yield_per=ROWS_PER_BATCH))
    terms: list[tuple[int, str]] = []
    for product_id, *texts in rows:
        terms.append((product_id, terms_to_text(product_terms(IndexedText(*texts), synonyms))))
        if len(terms) % ROWS_PER_BATCH == 0:
            progress(len(terms))
    return terms


def _store(connection: Connection, terms: list[tuple[int, str]], mark: str, revision: int) -> None:
    bump_revision(connection, expected=revision, index_mark=mark)
    connection.execute(delete(ProductTerms))
    for start in range(0, len(terms), ROWS_PER_BATCH):
        batch = terms[start : start + ROWS_PER_BATCH]
        connection.execute(
            insert(ProductTerms), [{"product_id": id_, "terms": line} for id_, line in batch]
        )
