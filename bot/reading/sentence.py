"""One sentence's words enter; its intents, markers and the words that name products leave."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from bot.reading import traits
from bot.reading.phrases import phrase_book, repaired
from catalog.words.chatter import LINK_WORDS
from catalog.words.roles import excluded_at

PRODUCT = "product"
POLITE = frozenset({"greeting", "thanks", "goodbye", "assent"})
_OPEN = POLITE | {"overview"}
"""What says nothing on the words behind it: "me interesa la bici"."""
_VERB = re.compile(r"(?<=...)(?:[aei]n|[ae]m|ari[ao]|ian|[ai]endo|ando|[aei]mos|[ae]s)$")
"""How verbs that ask a shop something end; few articles on sale do."""
_NO_ARTICLES = frozenset({"a", "o", "e", "y", "en", "em", "in"} | {"para", "pa", "por", "con"})
INTRODUCES = LINK_WORDS - _NO_ARTICLES - {"for", "per"}
"""Articles and the like, right before a name."""
_OF = frozenset({"de", "del", "d", "do", "da", "of"})
_AT_A_PLACE = frozenset({"delivery", "branches"})
_FEW_WORDS = 4
_AROUND_A_PRODUCT = frozenset({"discount", "photos", "buying", "delivery", "payment", "returns"})
"""What somebody may want to know of a product named behind it ("fotos de la mochila")."""
_BESIDE_A_PRICE = frozenset({*POLITE, "discount", "person", "buying"})
"""What may stand in the same sentence as "¿cuánto cuesta?" without being what costs."""
_BEYOND_THE_SHOP = frozenset({"off_topic", "identity", "complaint", "order_status", "person"})
"""Beside one of these somebody is asking for a product only when they say so."""


@dataclass(slots=True)
class Sentence:
    """One sentence taken apart; positions count its words.

    Args:
        written: its words, folded.
        breaks: positions before which a comma or the like stands.
    """

    written: list[str]
    breaks: frozenset[int]
    said: list[str] = field(init=False)
    found: list[tuple[tuple[int, ...], str]] = field(init=False)
    """Where the phrases of intents stand, in order."""
    markers: dict[str, list[tuple[int, ...]]] = field(init=False)
    explained: set[int] = field(init=False)
    places: list[str] = field(init=False)
    content: list[int] = field(init=False)
    strays: bool = field(init=False)

    def __post_init__(self) -> None:
        book = phrase_book()
        named = {at for match, _ in book.products.find(self.written) for at in match}
        plain = ["0" if at in named else word for at, word in enumerate(self.written)]
        self.said = [repaired(word) for word in plain]
        self.found = _longest(sorted(book.intents.find(self.said)))
        self.markers = {}
        for match, name in book.markers.find(plain):
            self.markers.setdefault(name, []).append(match)
        self.explained = {at for match, _ in self.found for at in match}
        self.places = []
        if {name for _, name in self.found} & _AT_A_PLACE:
            spots = self._places() - self.explained
            self.places = [self.written[at] for at in sorted(spots) if not self._is_chat(at)]
            self.explained |= spots
        self.content = []
        named -= {at for at in named if self.written[at] in LINK_WORDS}
        left_out = self._left_out()
        named -= left_out
        candidates = [i for i in range(len(plain)) if i in named or self._may_name(i)]
        candidates = [i for i in candidates if i not in left_out]
        for at in candidates:
            if at in named or self._counts(at):
                self.content.append(at)
        self.strays = len(self.content) < len(candidates)

    def intents(self) -> list[str]:
        """What it asks for, in the order it does."""
        places = [(match[0], name) for match, name in self.found]
        priced = self._priced()
        if self.content or priced is not None:
            firsts = [at for at in (*self.content[:1], priced) if at is not None]
            places.append((min(firsts), PRODUCT))
        return [name for _, name in sorted(places)]

    def links_before(self, at: int) -> list[str]:
        """The articles and the like right before a word: "de la", "el"."""
        first = at
        while first > 0 and self.written[first - 1] in INTRODUCES:
            first -= 1
        return self.written[first:at]

    def _left_out(self) -> frozenset[int]:
        """Positions of what is not wanted, up to the next comma: "que no sea Bosch ni DeWalt"."""
        ends = sorted({0, *self.breaks, len(self.written)})
        return frozenset(
            start + at
            for start, end in pairwise(ends)
            for at in excluded_at(self.written[start:end], traits.is_trait)
        )

    def _may_name(self, at: int) -> bool:
        word = self.written[at]
        if at in self.explained or word in phrase_book().chat:
            return False
        if word.isdigit():
            return len(word) >= 5 or self._stands_for_model(at)
        if traits.number(word):
            return False
        return len(word) > 1 or (at > 0 and traits.is_size(word, behind=self.written[at - 1]))

    def _stands_for_model(self, at: int) -> bool:
        """Whether a number alone means a model spoken of before: "¿y el 13?", "el de 256"."""
        is_last = at + 1 == len(self.written)
        is_short = len(self.written) <= _FEW_WORDS and len(self.written[at]) > 1
        leads_on = at == 1 and self.written[0] in phrase_book().follow_up
        is_led_to = leads_on or bool(self.links_before(at))
        return is_last and is_short and not self.found and is_led_to

    def _counts(self, at: int) -> bool:
        """Whether a word that nothing explains names a product, and does not just complete
        another question."""
        services = [(m[-1], name) for m, name in self.found if name not in _OPEN and m[0] < at]
        asked_at = [m[0] for key in ("shopping", "strong") for m in self.markers.get(key, ())]
        if not services and self._leads_to_service(at):
            return False
        if not services:
            is_beyond = any(name in _BEYOND_THE_SHOP for _, name in self.found)
            return not is_beyond or any(m < at for m in asked_at)
        last, name = max(services)
        if any(last < m < at for m in asked_at):
            return True
        if self.content and self.content[-1] > last:
            return True
        links = set(self.links_before(at))
        if traits.number(self.written[at - 1]):
            return True
        if name == "returns":
            links &= _OF
        return bool(links) and name in _AROUND_A_PRODUCT

    def _leads_to_service(self, at: int) -> bool:
        """Whether a word is the verb of the question right behind it: "¿cobran envío?"."""
        begins = {match[0] for match, name in self.found if name not in _OPEN}
        is_next = bool({at + 1, at + 2} & begins)
        is_asked = any(at - 1 in match for match in self.markers.get("shopping", ()))
        return is_next and not is_asked and bool(_VERB.search(self.written[at]))

    def _priced(self) -> int | None:
        """Where it asks what "it" costs or whether it is there, and nothing else does."""
        others = [match for match, name in self.found if name not in _BESIDE_A_PRICE]
        explained = {at for match, name in self.found if name != "buying" for at in match}
        asking: list[tuple[int, ...]] = [*self.markers.get("strong", ())]
        for match in asking + self.markers.get("compare", []):
            is_apart = self.said[match[-1] + 1 : match[-1] + 2] in (["y"], ["and"])
            is_explained = set(match) <= explained
            if not is_explained and (not others or (is_apart and match < min(others))):
                return match[0]
        return None

    def _places(self) -> set[int]:
        """Positions of the words a place name may stand at: "hasta Medellín", "a la zona norte"."""
        book = phrase_book()
        found: set[int] = set()
        begins = min(m[0] for m, name in self.found if name in _AT_A_PLACE)
        behind = range(begins, len(self.said))
        for at in behind if len(behind) > 1 else range(len(self.said)):
            if self.said[at] in book.places:
                following = (i for i in range(at + 1, len(self.said)) if not self._is_chat(i))
                first = next(following, None)
                if first is not None and first - at <= 2:
                    found |= {first, first + 1} & set(range(len(self.said)))
        return found

    def _is_chat(self, at: int) -> bool:
        return self.said[at] in phrase_book().chat


def _longest(found: list[tuple[tuple[int, ...], str]]) -> list[tuple[tuple[int, ...], str]]:
    """Without matches that are only part of what another intent says: "gracias por la info"."""
    return [
        (match, name)
        for match, name in found
        if not any(other != name and set(match) < set(longer) for longer, other in found)
    ]
