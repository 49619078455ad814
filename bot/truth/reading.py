"""A reply and its evidence enter; the reply taken apart (sentences, names, amounts) leaves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.truth.amounts import Amount, find_amounts
from bot.truth.evidence import Evidence, product_text
from bot.truth.folding import fold, plain
from bot.truth.mentions import Mention
from bot.truth.sentences import Span, asks_or_defers, clause_around, denies, denies_list, sentences

_TOLERANCE = Decimal("0.02")
_CLAIM_LENGTH = 80
_QUOTE_CHARS = 15
_ORDINAL = re.compile(
    r"\b(?:el|la|the|o|a|opcion|option) (?:(primer[oa]?|first|1)|(segund[oa]|second|2)"
    r"|(tercer[oa]?|terceir[oa]|third|3))\b(?! (?:unidad|unit|unidade|par|pair|x))"
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """One claim that is not true.

    Args:
        kind: amount, stock or discount.
        claim: the words of the reply, shortened.
        reason: key of the explanation in `core/texts/grounding.*.toml`.
    """

    kind: str
    claim: str
    reason: str


class Reading:
    """One reply, read once; the rules ask it and note what they have settled.

    Attributes:
        original: the reply as `plain(text)`.
        written, folded: the same, and folded, with every name blotted out by one long word, so that
            no word of a name ("no frost", "24 horas") counts; offsets fit all three.
        stated: true amounts said so far, in major units, for sums further on.
        settled: products an ambiguous name turned out to mean, by the price beside it.
        used: products whose price an amount of the reply is.
        bases: how many claims each rule has found true.
    """

    def __init__(self, text: str, evidence: Evidence) -> None:
        self.evidence = evidence
        self.original = plain(text)
        if evidence.language == "pt":  # "no" is "em o" there, and denies nothing
            self.original = re.sub(r"\b([Nn])o\b", "em", self.original)
        found = evidence.names.find(text)
        names = [(m.start, m.end) for m in found if m.products]
        self.amounts = [a for a in find_amounts(text, names) if self._is_money(a)]
        # "Q45" is a price where the shop sells in quetzales, else a model nobody here knows.
        self.mentions = tuple(m for m in found if m.products or not self.is_amount(m.start, m.end))
        self.written = _blotted(self.original, self.mentions)
        self.folded = fold(self.written)
        self.sentences = sentences(self.folded)
        self.stated: list[Decimal] = []
        self.settled: dict[Mention, set[int]] = {}
        self.used: set[int] = set()
        self.bases: Counter[str] = Counter()

    def is_amount(self, start: int, end: int) -> bool:
        """Whether an amount of money stands there."""
        return any(a.start < end and start < a.end for a in self.amounts)

    def _is_money(self, amount: Amount) -> bool:
        """Bare numbers that names, descriptions or facts hold as such are no money."""
        if amount.is_marked:
            return True
        digits = re.sub(r"\D", "", self.original[amount.start : amount.end])
        is_foreign = amount.currencies and not any(
            amount.fits(product.currency) for product in self.evidence.products
        )
        return not (is_foreign or digits in self.evidence.numbers)

    def named(self) -> set[int]:
        """The products named; of several that fit one name, those whose price was said."""
        found: set[int] = set()
        for mention in self.mentions:
            few = mention.products if len(mention.products) <= 3 else ()
            found |= self.settled.get(mention) or set(few)
        return found

    def mentions_in(self, span: Span) -> list[Mention]:
        """Mentions that begin in a stretch, names of foreign articles among them."""
        return [m for m in self.mentions if span[0] <= m.start < span[1]]

    def sentence_of(self, position: int) -> Span:
        """The sentence that a position stands in."""
        found = (s for s in self.sentences if s[0] <= position < s[1])
        return next(found, (0, len(self.folded)))

    def without_names(self, span: Span) -> str:
        """A stretch with names and amounts blanked: the digits in them count nothing."""
        letters = list(self.folded[slice(*span)])
        blanks = [(m.start, m.end) for m in self.mentions]
        for start, end in blanks + [(a.start, a.end) for a in self.amounts]:
            first, last = max(start, span[0]) - span[0], min(end, span[1]) - span[0]
            if first < last:
                letters[first:last] = " " * (last - first)
        return "".join(letters)

    def asserts(self, start: int, end: int) -> bool:
        """Whether what stands there is said to be so: not asked, denied or left open."""
        sentence = self.sentence_of(start)
        asked = self.folded.rfind("¿", *sentence)
        if "?" in self.folded[slice(*sentence)] and asked < start:
            return False
        return not self.leaves_open(start, end)

    def leaves_open(self, start: int, end: int) -> bool:
        """Whether what stands there is denied, or said to have to be found out."""
        sentence = self.sentence_of(start)
        clause = clause_around(self.folded, sentence, start, end)
        return (
            denies(self.folded, clause, start)
            or denies_list(self.folded, sentence, start)
            or asks_or_defers(self.folded, clause)
        )

    def spoken_of(self, sentence: Span) -> set[int]:
        """The products a sentence names, else those named last, else asked for, else all."""
        named = {i for m in self.mentions_in(sentence) for i in m.products}
        earlier = [m for m in self.mentions if m.end <= sentence[0] and m.products][-1:]
        found = named or {i for m in earlier or self.evidence.asked for i in m.products}
        return found or set(range(len(self.evidence.products)))

    def ordinal_in(self, span: Span) -> Mention | None:
        """The product that "el primero", "the second" of a stretch mean, by the order of names."""
        match = _ORDINAL.search(self.folded, *span)
        if match is None:
            return None
        named = list(dict.fromkeys(m for m in self.mentions if m.products and m.end <= span[0]))
        place = next(i for i, group in enumerate(match.groups()) if group)
        return named[place] if place < len(named) else None

    def is_quoted(self, sentence: Span) -> bool:
        """Whether a sentence stands word for word in the text of a candidate."""
        said = fold(self.original[slice(*sentence)]).strip(" .•-–✅✓\n")
        texts = (fold(plain(product_text(product))) for product in self.evidence.products)
        return len(said) >= _QUOTE_CHARS and any(said in text for text in texts)

    def rests_on(self, rule: str) -> None:
        """Note that a claim was found true, and by which rule."""
        self.bases[rule] += 1

    def equals(self, amount: Amount, product: int) -> bool:
        """Whether an amount is a product's price, currency and all."""
        fits = amount.fits(self.evidence.products[product].currency)
        return fits and same(amount, self.evidence.prices[product])

    def is_any_price(self, amount: Amount) -> bool:
        """Whether an amount is the price of some candidate."""
        return any(self.equals(amount, i) for i in range(len(self.evidence.products)))

    def reject(self, kind: str, start: int, end: int, reason: str) -> Rejection:
        """A rejection that quotes the sentence, or the part of a long one, the claim stands in."""
        sentence = self.sentence_of(start)
        claim = self.original[slice(*sentence)].strip()
        if len(claim) > _CLAIM_LENGTH:
            claim = self.original[max(sentence[0], start - 40) : end].strip()
        return Rejection(kind, claim, reason)


def _blotted(text: str, mentions: Sequence[Mention]) -> str:
    """The text with every name made one word of x."""
    letters = list(text)
    for mention in mentions:
        if not mention.products:
            continue
        letters[mention.start : mention.end] = "x" * (mention.end - mention.start)
    return "".join(letters)


def same(amount: Amount, value: Decimal) -> bool:
    """Whether an amount says this value: exactly, or within 2 % when said as "casi", "about"."""
    if amount.is_approximate:
        return abs(amount.value - value) <= abs(value) * _TOLERANCE
    return amount.value == value
