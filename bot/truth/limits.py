"""An amount enters; whether it only echoes the customer's own figure, and truly so, leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from bot.truth.amounts import Amount
from bot.truth.reading import Reading
from bot.truth.sentences import Span, clause_around, denies

Echo = Literal["none", "fair", "untrue"]

_UPPER = re.compile(
    r"(?:menos de|hasta|maximo(?: de)?|tope(?: de)?|presupuesto(?: de| es de| hasta| maximo"
    r"| maximo de)?|dentro de|por debajo de|debajo de"
    r"|no (?:mas de|super\w+|pas\w+|exced\w+)(?: de)?|super\w+|exced\w+|pas\w+ de"
    r"|inferior(?:es)? a|bajo|under|up to|below|less than|within|budget(?: of| is| of up to)?"
    r"|max(?:imum)?(?: of)?|ate|abaixo de|por menos de|menor(?:es)? (?:que|a|de)"
    r"|orcamento(?: de)?|limite(?: de)?|rango(?: de)?|alrededor de|cerca de"
    r"|\bcon|\bcom|gastar|invertir|around|\btus|\besos|\bthose|\byour|\bseus|\bde los"
    r"|busca\w*(?: algo)?(?: de| por)|fuera de|encima de)"
    r"(?: (?:los|las|tus|sus|esos|unos|the|your|os|seus|de|solo))* *[$]? *$"
)
_FROM = re.compile(r"(?:\bdesde|a partir de|\bfrom|starting at)(?: (?:los|las|the))* *$")
_LOWER = re.compile(
    r"(?:mas de|minimo(?: de)?|superior(?:es)? a|mayor(?:es)? (?:que|a|de)|above|over|more than"
    r"|at least"
    r"|acima de|mais de)(?: (?:los|las|tus|the))* *$"
)
_RANGE = re.compile(r"(?:\bentre|\bbetween|\bde|\bdesde|\bfrom)(?: (?:los|las|tus|the))* *$")
_RANGE_LINK = re.compile(r"\s*(?:y|a|e|o|and|to|hasta|ate|-|–)\s*(?:los |tus )?")
_PRICE_BELOW = re.compile(
    r"(?:\b(?:por|en|cuestan?|vale[n]?|sale[n]?|queda[n]?|costs?|for|is|custa|fica)(?: (?:en|por"
    r"|a|solo|incluso|hasta))*"
    r" (?:menos de|por debajo de|debajo de|less than|under|below|hasta|maximo"
    r"|abaixo de))(?: (?:los|de))* *$"
)
_OVER_LIMIT = re.compile(
    r"pasa|super|exced|encima|fuera|falt|lament|acerca|cercan|poco mas|sobrepas|above|over"
    r"|exceed|acima|tendrias|not "
)
_OF_CUSTOMER = re.compile(
    r"\bbusc\w+|presupuesto|\brango|\bquier\w+|mencion\w+|\bpid\w+|\btus?\b|\bindic\w+|budget"
    r"|\byour?\b"
    r"|looking for|orcamento|\bseus?\b|procura"
)
_DENIED_PRICE = re.compile(
    r"\b(?:no|nao|not|tampoco|ningun\w*|nunca|cannot|can't|don't|doesn't|isn't)\b[^.]{0,40}?"
    r"(?:cuesta|cost|cust|vale|queda|sale|dej|pued|pod|tenemos|tengo|hay|\bes\b|son\b|precio"
    r"|preco|corresp"
    r"|manej|ofrec|alcanz|lleg|coincid|esta|figura|aparece|temos|\bis\b|have|price|encontr"
    r"|cuento|conta|\bdo\b|match|sell|fazer|consig)"
)
_QUOTED = re.compile(
    r"\b(?:dij\w+|dic\w+|mencion\w+|coment\w+|ofrec\w+|viste|otr[oa] (?:vendedor|tienda|lado)"
    r"|told|said|mentioned|saw|viu"
    r"|disse\w*|falou)\b(?P<between>.*)$"
)
_AFFIRMED = re.compile(
    r"\b(?:si|claro|correcto|exacto|asi es|cierto|yes|right|efectivamente|sim|confirm\w+"
    r"|manten\w+|respet\w+"
    r"|iguala\w*|mism[oa]|match|honou?r)\b"
)
_CONTRAST = re.compile(r"\b(?:pero|sino|sin embargo|aunque|but|however|mas|porem|no|not|nao)\b")
_PRICE_VERB = re.compile(r"\b(?:cuesta|vale|queda|sale|dejo|precio|costs?|price|custa|te l[oa])\b")


def echo_of_customer(
    reading: Reading, amount: Amount, sentence: Span, own: Sequence[Amount]
) -> Echo:
    """Whether an amount is the customer's figure said as a limit, denied or quoted with a "but".

    Args:
        own: all amounts of the sentence.
    Returns:
        none: it is not, so it must stand as a price; fair: it is, and true; untrue: it is said as
        a limit that the product spoken of does not keep.
    """
    if amount.value not in reading.evidence.figures:
        return "none"
    before = reading.folded[max(sentence[0], amount.start - 45) : amount.start]
    if reading.is_any_price(amount) and not _PRICE_BELOW.search(before):
        return "none"
    clause = clause_around(reading.folded, sentence, amount.start, amount.end)
    if _is_denied(reading, clause, amount) or _is_quoted(reading, sentence, clause, amount):
        return "fair"
    if _PRICE_BELOW.search(before) and not _price_holds(reading, amount, sentence, "below"):
        return "untrue"
    if _is_range(reading, amount, sentence, own):
        return "fair"
    if _FROM.search(before):
        return "fair" if _OF_CUSTOMER.search(reading.folded, *sentence) else "none"
    if _LOWER.search(before):
        return "fair" if _price_holds(reading, amount, sentence, "above") else "untrue"
    if _UPPER.search(before):
        return "untrue" if _promises_too_much(reading, amount, sentence, clause) else "fair"
    return "none"


def _is_denied(reading: Reading, clause: Span, amount: Amount) -> bool:
    denied = denies(reading.folded, clause, amount.start)
    return denied and bool(_DENIED_PRICE.search(reading.folded, *clause))


def _is_quoted(reading: Reading, sentence: Span, clause: Span, amount: Amount) -> bool:
    """As in "Te dijeron 10 mil, pero nuestro precio es …"."""
    quoted = _QUOTED.search(reading.folded[clause[0] : amount.start])
    if quoted is None or _PRICE_VERB.search(quoted["between"]):
        return False
    behind = reading.folded[amount.end : sentence[1]]
    affirmed = _AFFIRMED.search(reading.folded, *sentence)
    return bool(_CONTRAST.search(behind)) and not affirmed


def _is_range(reading: Reading, amount: Amount, sentence: Span, own: Sequence[Amount]) -> bool:
    """Either end of "entre 300 y 600 mil", both said by the customer."""
    place = list(own).index(amount)
    for low, high in pairwise(own):
        linked = _RANGE_LINK.fullmatch(reading.folded, low.end, high.start)
        opened = _RANGE.search(reading.folded[sentence[0] : low.start])
        if linked and opened and own[place] in (low, high):
            return {low.value, high.value} <= reading.evidence.figures
    return False


def _price_holds(
    reading: Reading, amount: Amount, sentence: Span, side: Literal["above", "below"]
) -> bool:
    """Whether a product spoken of (else any candidate) costs less, or more, than the amount."""
    before = [m for m in reading.mentions_in((sentence[0], amount.start)) if m.products]
    spoken_of = before[-1:] or list(reading.evidence.asked)[:1]
    among = spoken_of[0].products if spoken_of else range(len(reading.evidence.products))
    prices = [reading.evidence.prices[i] for i in among]
    if side == "below":
        return any(price <= amount.value for price in prices)
    return any(price >= amount.value for price in prices)


def _promises_too_much(reading: Reading, amount: Amount, sentence: Span, clause: Span) -> bool:
    """As in "Con tus 600 mil te llevas el X", where X costs more and nobody says so."""
    if _OVER_LIMIT.search(reading.folded, *sentence):
        return False
    behind = [m for m in reading.mentions_in((amount.end, clause[1])) if m.products]
    if not behind or any(behind[0].end < a.start < sentence[1] for a in reading.amounts):
        return False
    return all(reading.evidence.prices[i] > amount.value for i in behind[0].products)
