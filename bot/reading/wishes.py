"""A sentence taken apart enters; the products it names leave, each with what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.reading import traits
from bot.reading.sentence import INTRODUCES, Sentence

_JOINS = frozenset({"y", "e", "o", "u", "and", "or", "ou", "vs", "versus", "ni"})
_ARTICLES = frozenset(
    {"el", "la", "los", "las", "un", "una", "unos", "unas", "the", "um", "uma", "os", "as"}
)
_WITH = frozenset({"con", "with", "com"})
_LEADS_TO_DETAILS = _WITH | {"para", "pa", "que", "for", "that", "pra"}
_HAS = frozenset({"tiene", "trae", "incluye", "soporta", "has", "tem", "comes", "includes"})
"""Behind a product, what follows one of these is asked of it: "¿la laptop Acer tiene Windows?"."""
_HOW_MUCH = frozenset(
    {"cuanta", "cuantas", "cuanto", "cuantos", "que", "cual", "quanta", "quantas", "what", "much"}
)
_BE = frozenset({"es", "son", "is", "are", "sao"})
_ASKING = frozenset({"shopping", "strong", "compare", "total"})


@dataclass(frozen=True, slots=True)
class Wish:
    """One product a message names.

    Args:
        words: those that name it.
        details: what else is said of it: what it is for, what it should have.
        asks: what somebody wants to know of it: "¿cuánta batería tiene?".
        quantity: how many, when it says so.
        is_asked: words right before it ask for it ("tienen", "cuánto cuesta", "2").
    """

    words: tuple[str, ...]
    details: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    quantity: int | None = None
    is_asked: bool = False


def wishes(sentence: Sentence) -> list[Wish]:
    """The products a sentence names, in order."""
    reader = _Reader(sentence)
    found: list[Wish] = []
    question: tuple[str, ...] = ()
    for number in range(len(reader.groups)):
        wish = reader.wish(number)
        if number and found and reader.is_asked_of_previous(number):
            found[-1] = replace(found[-1], asks=found[-1].asks + wish.words + wish.details)
        elif found and not wish.words:
            found[-1] = replace(found[-1], details=found[-1].details + wish.details)
        elif reader.is_asked_of_next(number):
            question = wish.words
        else:
            found.append(replace(wish, asks=question))
            question = ()
    return found


class _Reader:
    """Words that name one product stand together; `groups` are their positions."""

    def __init__(self, sentence: Sentence) -> None:
        self._sentence = sentence
        self._written = sentence.written
        self._asked_at = {at for key in _ASKING for m in sentence.markers.get(key, ()) for at in m}
        compares = "compare" in sentence.markers
        self._joins = _JOINS | _WITH if compares else _JOINS
        self._leads = _LEADS_TO_DETAILS - _WITH if compares else _LEADS_TO_DETAILS
        self._links = self._leads - {"que", "that"}
        self.groups: list[list[int]] = []
        for at in sentence.content:
            if self.groups and self._belongs(self.groups[-1][-1], at):
                self.groups[-1].append(at)
            else:
                self.groups.append([at])
        self._was_asked = False

    def wish(self, number: int) -> Wish:
        """One group as a wish."""
        group = self.groups[number]
        positions = self._spelt_out(group)
        details = [at for at in positions if self._is_detail(at)]
        quantity = self._quantity(number)
        before = group[0] - len(self._sentence.links_before(group[0])) - 1
        goes_on = self._was_asked and (
            self._written[before] in _JOINS or group[0] in self._sentence.breaks
        )
        self._was_asked = goes_on or before in self._asked_at or bool(quantity)
        return Wish(
            tuple(self._written[at] for at in positions if at not in details),
            tuple(self._written[at] for at in details),
            (),
            quantity,
            self._was_asked,
        )

    def is_asked_of_previous(self, number: int) -> bool:
        """Whether a group is what somebody wants to know of the product before it."""
        first = self.groups[number][0]
        gap = self._gap(number)
        return bool(_HAS & set(gap)) and not self._is_apart(first) and not self._joins & set(gap)

    def is_asked_of_next(self, number: int) -> bool:
        """Whether a group is what somebody wants to know of the product behind it."""
        if number + 1 == len(self.groups):
            return False
        if all(traits.is_trait(self._written[at]) for at in self.groups[number]):
            return True
        first = self.groups[number][0]
        if not first or self._written[first - 1] not in _HOW_MUCH | _BE:
            return False
        behind = self._gap(number + 1)
        has = self._written[first - 1] in _BE or bool(_HAS & set(behind))
        return has and bool(behind) and behind[-1] in _ARTICLES

    def _gap(self, number: int) -> list[str]:
        """The words between a group and the one before it."""
        return self._written[self.groups[number - 1][-1] + 1 : self.groups[number][0]]

    def _is_apart(self, at: int) -> bool:
        return at in self._sentence.breaks

    def _spelt_out(self, group: list[int]) -> list[int]:
        """The words of a group with the numbers among and right behind them."""
        last = group[-1] + 1
        goes_on = last < len(self._written) and not self._is_apart(last)
        span = range(group[0], last + 1 if goes_on else last)
        return [at for at in span if at in group or self._written[at].isdigit()]

    def _is_detail(self, at: int) -> bool:
        """Whether "para", "con" or "que" leads to a word, from what is named before."""
        for before in range(at - 1, -1, -1):
            word = self._written[before]
            if self._is_apart(before + 1) or before in self._asked_at:
                return False
            if word in self._leads:
                return word != "que" or before > 0
            if before in self._sentence.content:
                return self._is_detail(before)
            if word in _ARTICLES and not (before and self._written[before - 1] in self._links):
                return False
        return False

    def _belongs(self, last: int, at: int) -> bool:
        """Whether two words of content name one product."""
        gap = range(last + 1, at)
        if traits.is_trait(self._written[at]):
            return True
        if self._is_apart(at) or any(self._is_apart(i) for i in gap):
            return False
        parting = self._joins | _HAS
        if any(i in self._sentence.explained or self._written[i] in parting for i in gap):
            return False
        if (
            last
            and self._written[last - 1] in _BE
            and any(self._written[i] in _ARTICLES for i in gap)
        ):
            return False
        shopping = self._sentence.markers.get("shopping", ())
        return not any(last < match[0] < at for match in shopping)

    def _quantity(self, number: int) -> int | None:
        """The number before a product: "3 camisetas", "dos de las tazas"."""
        first = self.groups[number][0]
        earliest = self.groups[number - 1][-1] + 1 if number else 0
        at = first - 1
        while at >= earliest and self._is_link(at) and not self._is_apart(at + 1):
            at -= 1
        if at < earliest or self._is_apart(at + 1) or traits.is_unit(self._written[first]):
            return None
        if at and self._written[at - 1] in _WITH:
            return None  # "con 16 de RAM" tells what it should have
        return traits.number(self._written[at])

    def _is_link(self, at: int) -> bool:
        word = self._written[at]
        return word in INTRODUCES and traits.number(word) is None
