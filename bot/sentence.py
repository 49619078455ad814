"""One sentence's words enter; the intents, markers and products it names leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot import traits
from bot.phrases import matches, phrase_book, repaired
from catalog.chatter import LINK_WORDS

PRODUCT = "product"
POLITE = frozenset({"greeting", "thanks", "goodbye", "assent"})
_OPEN = POLITE | {"overview"}
"""What says nothing on the words behind it: "me interesa la bici"."""
_JOINS = frozenset({"y", "e", "o", "u", "and", "or", "ou", "vs", "versus", "ni"})
_INTRODUCES = LINK_WORDS - {
    "a",
    "o",
    "e",
    "y",
    "en",
    "em",
    "in",
    "para",
    "pa",
    "por",
    "con",
    "for",
    "per",
}
_OF = frozenset({"de", "del", "d", "do", "da", "of"})
_LEADS_TO_DETAILS = frozenset({"para", "pa", "que", "con", "for", "with", "that", "com", "pra"})
_ASKING = frozenset({"shopping", "strong", "compare", "total"})
_AROUND_A_PRODUCT = frozenset({"discount", "photos", "buying", "delivery", "payment", "returns"})
"""What somebody may want to know of a product named behind it ("fotos de la mochila")."""
_BESIDE_A_PRICE = frozenset({*POLITE, "discount", "person", "buying"})
"""What may stand in the same sentence as "¿cuánto cuesta?" without being what costs."""
_BEYOND_THE_SHOP = frozenset({"off_topic", "identity", "complaint", "order_status", "person"})
"""Beside one of these somebody is asking for a product only when they say so."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One product a message names.

    Args:
        words: those that name it.
        details: what else is said of it: what it is for, what it should have.
        quantity: how many, when it says so.
        is_asked: words right before it ask for it ("tienen", "cuánto cuesta", "2").
    """

    words: tuple[str, ...]
    details: tuple[str, ...] = ()
    quantity: int | None = None
    is_asked: bool = False


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
        named = {at for match in matches(book.products, self.written) for at in match}
        plain = ["0" if at in named else word for at, word in enumerate(self.written)]
        self.said = [repaired(word) for word in plain]
        self.found = _longest(
            sorted(
                (match, name)
                for name, phrases in book.intents.items()
                for match in matches(phrases, self.said)
            )
        )
        self.markers = {
            name: places
            for name, phrases in book.markers.items()
            if (places := matches(phrases, plain))
        }
        self.explained = {at for match, _ in self.found for at in match}
        self.places = []
        if {name for _, name in self.found} & {"delivery", "branches"}:
            spots = self._places() - self.explained
            self.places = [self.written[at] for at in sorted(spots) if not self._is_chat(at)]
            self.explained |= spots
        self.content = []
        candidates = [i for i in range(len(plain)) if i in named or self._may_name(i)]
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

    def wishes(self) -> Iterator[Wish]:
        """The products it names: words that stand together, each with the number before them."""
        groups: list[list[int]] = []
        for at in self.content:
            if groups and self._belongs(groups[-1][-1], at):
                groups[-1].append(at)
            else:
                groups.append([at])
        asked_at = {at for key in _ASKING for m in self.markers.get(key, ()) for at in m}
        was_asked = False
        for group in groups:
            words = self._spelt_out(group)
            named = [self.written[at] for at in words if not self._is_detail(group[0], at)]
            details = [self.written[at] for at in words if self._is_detail(group[0], at)]
            quantity = self._quantity(group[0])
            before = group[0] - len(self._links_before(group[0])) - 1
            goes_on = was_asked and (self.written[before] in _JOINS or group[0] in self.breaks)
            was_asked = goes_on or before in asked_at or bool(quantity)
            yield Wish(tuple(named), tuple(details), quantity, was_asked)

    def _spelt_out(self, group: list[int]) -> list[int]:
        """The words of a group with the numbers among and right behind them."""
        last = group[-1] + 1
        behind = last < len(self.written) and last not in self.breaks
        span = range(group[0], last + 1 if behind else last)
        return [at for at in span if at in group or self.written[at].isdigit()]

    def _is_detail(self, first: int, at: int) -> bool:
        return any(word in _LEADS_TO_DETAILS for word in self.written[first:at])

    def _belongs(self, last: int, at: int) -> bool:
        """Whether two words of content name one product."""
        gap = range(last + 1, at)
        if traits.is_trait(self.written[at]):
            return True
        if at in self.breaks or any(i in self.breaks or i in self.explained for i in gap):
            return False
        return not any(self.written[i] in _JOINS for i in gap) and not self._is_asked_anew(last, at)

    def _is_asked_anew(self, last: int, at: int) -> bool:
        return any(last < m[0] < at for m in self.markers.get("shopping", ()))

    def _quantity(self, first: int) -> int | None:
        """The number before a product: "3 camisetas", "dos de las tazas"."""
        before = self.written[max(0, first - 3) : first]
        while before and before[-1] in _INTRODUCES and traits.number(before[-1]) is None:
            before.pop()
        is_unit = traits.is_unit(self.written[first])
        return traits.number(before[-1]) if before and not is_unit else None

    def _links_before(self, at: int) -> list[str]:
        """The articles and the like right before a word: "de la", "el"."""
        first = at
        while first > 0 and self.written[first - 1] in _INTRODUCES:
            first -= 1
        return self.written[first:at]

    def _may_name(self, at: int) -> bool:
        word = self.written[at]
        if at in self.explained or word in phrase_book().chat:
            return False
        if word.isdigit():
            return len(word) >= 5
        return len(word) > 1 or (at > 0 and traits.is_size(word, behind=self.written[at - 1]))

    def _counts(self, at: int) -> bool:
        """Whether a word that nothing explains names a product, and does not just complete
        another question."""
        services = [(m[-1], name) for m, name in self.found if name not in _OPEN and m[0] < at]
        asked_at = [m[0] for key in ("shopping", "strong") for m in self.markers.get(key, ())]
        if not services:
            is_beyond = any(name in _BEYOND_THE_SHOP for _, name in self.found)
            return not is_beyond or any(m < at for m in asked_at)
        last, name = max(services)
        if any(last < m < at for m in asked_at):
            return True
        if self.content and self.content[-1] > last:
            return True
        links = set(self._links_before(at))
        if traits.number(self.written[at - 1]):
            return True
        if name == "returns":
            links &= _OF
        return bool(links) and name in _AROUND_A_PRODUCT

    def _priced(self) -> int | None:
        """Where it asks what "it" costs or whether it is there, and nothing else does."""
        others = [match for match, name in self.found if name not in _BESIDE_A_PRICE]
        explained = {at for match, name in self.found if name != "buying" for at in match}
        for match in self.markers.get("strong", ()):
            is_apart = self.said[match[-1] + 1 : match[-1] + 2] in (["y"], ["and"])
            is_explained = set(match) <= explained
            if not is_explained and (not others or (is_apart and match < min(others))):
                return match[0]
        return None

    def _places(self) -> set[int]:
        """Positions of the words a place name may stand at: "hasta Medellín", "a la zona norte"."""
        book = phrase_book()
        found: set[int] = set()
        for at, word in enumerate(self.said):
            if word in book.places:
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
