"""One revision of the catalog enters, what a reader of queries needs to know of it leaves."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from catalog.index.memory import LoadedCatalog
from catalog.words.repair import Repairer
from catalog.words.synonyms import Synonyms


class Vocabulary:
    """The words of one revision.

    Args:
        term_count: how many terms were ever seen, which tells whether words came in.
    """

    def __init__(
        self,
        catalog: LoadedCatalog,
        synonyms: Synonyms,
        term_count: int,
        repairer: Repairer | None = None,
    ) -> None:
        self.small_prices = catalog.small_prices
        self.size = catalog.size
        self.frequencies: Mapping[str, int] = catalog.frequencies
        self._catalog = catalog
        self._synonyms = synonyms
        self._term_count = term_count
        self._repairer = repairer
        self._lock = threading.Lock()

    def renewed(self, catalog: LoadedCatalog, term_count: int) -> Vocabulary:
        """The words of the next revision; repair is set up anew only when words came in."""
        repairer = self._repairer if term_count == self._term_count else None
        return Vocabulary(catalog, self._synonyms, term_count, repairer)

    def repair(self, word: str) -> str | None:
        """The known word that a misspelt one stands for, or None."""
        return self._repairer_made().repair(word)

    def heard(self, word: str) -> str | None:
        """The most common term that sounds like a word, or None."""
        return self._repairer_made().heard(word)

    def _repairer_made(self) -> Repairer:
        with self._lock:
            if self._repairer is None:
                known = dict.fromkeys(self._synonyms.spellings, 1)
                self._repairer = Repairer(known | dict(self.frequencies))
            return self._repairer
