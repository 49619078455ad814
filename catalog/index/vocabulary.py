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
        words_mark: stays the same as long as no words come in.
    """

    def __init__(
        self,
        catalog: LoadedCatalog,
        synonyms: Synonyms,
        words_mark: tuple[int, int],
        repairer: Repairer | None = None,
    ) -> None:
        self.small_prices = catalog.small_prices
        self.size = catalog.size
        self.frequencies: Mapping[str, int] = catalog.frequencies
        self._catalog = catalog
        self._synonyms = synonyms
        self._words_mark = words_mark
        self._repairer = repairer
        self._lock = threading.Lock()

    def renewed(self, catalog: LoadedCatalog, words_mark: tuple[int, int]) -> Vocabulary:
        """The words of the next revision; repair is set up anew only when words came in."""
        repairer = self._repairer if words_mark == self._words_mark else None
        return Vocabulary(catalog, self._synonyms, words_mark, repairer)

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
