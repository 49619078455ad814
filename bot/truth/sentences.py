"""A folded text enters; its sentences and clauses, and whether they deny or only ask, leave."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.truth.folding import fold, plain
from bot.truth.gates import Gated

_END = re.compile(r"\n+|[.!?;…]+(?=\s|$)|(?=¿)")
_ABBREVIATION = re.compile(
    r"(?:\d ?[ap]|\bs/|\bb/|\baprox|\bbs|\bgs|\blps|\bno|\bnro|\btel|\bc/u)$"
)
_CLAUSE_END = re.compile(
    r"[;:()\[\]—–|]|,(?!\d)|(?:\s-\s)|\b(?:pero|sino|aunque|but|however|porem|mientras|ya que"
    r"|porque)\b"
)
_IDIOM = Gated(
    r"\bno (?:te|se|le|os|lo)? ?(?:preocup\w+|dud\w+|pierd\w+|olvid\w+|esper\w+|demor\w+"
    r"|qued\w+ sin)"
    r"|\bno te l[oa]s? (?:pued\w+ |vayas a )?perd\w+|\bno te l[oa]s? pierd\w+|\bno (?:hay|tiene"
    r"|ningun) problema"
    r"|\bno hay de que|\bno sol[oa](?:mente)?\b|\bcomo no\b|\bpor que no\b|\bsin (?:duda"
    r"|problema|falta)s?\b"
    r"|\bni hablar|\bni mas\b|\bno (?:problem|worries|doubt)|\bnot only|\bdon'?t (?:worry|miss"
    r"|forget|wait)"
    r"|\bnao (?:se |te )?(?:preocup\w+|perc\w+|perd\w+|esque\w+)|\bnao so\b|\bsem (?:duvida"
    r"|problema)s?"
    r"|\bno[ -]?frost\b|\bsin (?:cables?|hilos|azucar|gluten|lactosa|alcohol|sal|filtro|perfume)\b"
    r"|\bsem (?:fio|acucar|gluten|lactose|alcool)\b"
    r"|\bno obstante|\bno es (?:mentira|broma)|\bno,(?= )|^\s*no\b(?=\s*[,.])|\bnunca (?:antes"
    r"|visto)"
    r"|\bsin (?:interes(?:es)?|costo|coste|cargo|recargo|juros|compromiso)\b|\bsem (?:juros"
    r"|custo)\b"
    r"|\bno (?:te )?cuesta nada|\bno interest\b|\bno (?:extra |additional )?(?:cost|charge)\b"
    r"|\bsin (?:pagar|costo) (?:de )?(?:envio|domicilio)|\bno (?:pagas|pagues"
    r"|te cobramos) (?:el )?(?:envio|domicilio)"
    r"|\bno tiene (?:ningun )?(?:costo|coste|cargo)"
)
_NEGATION = Gated(
    r"\b(?:no|not|nao|ni|nor|tampoco|ningun\w*|nunca|jamas|never|nenhum\w*|nem|none|without|sem|sin"
    r"|cannot|can'?t|don'?t|doesn'?t|isn'?t|aren'?t|won'?t|couldn'?t|lamentablemente no)\b"
)
_NEGATED_VERB = Gated(
    r"\b(?:no|nao|not|tampoco|don'?t|doesn'?t|isn'?t|aren'?t|can'?t|cannot)\b ?(?:\w+ ){0,2}?"
    r"(?:aplic\w+|esta\w*|es|son|tenemos|tengo|hay|manej\w+|pued\w+|pod\w+|exist\w+|ofrec\w+"
    r"|cont\w+|dispon\w+"
    r"|hac\w+|hag\w+|dar\w*|doy|vigent\w+|valid\w+|autoriz\w+|is|are|have|offer|apply|available"
    r"|temos|ha|consta"
    r"|in (?:our|the)|part of|vend\w+|trabaj\w+|trabalh\w+|sell|carry|figur\w+|aparec\w+"
    r"|inclu\w+|corresp\w+|seria|cuesta|vale|queda"
    r"|nuestro)\b"
)
_GOES_ON = re.compile(
    r"[;:.!?()]|\b(?:pero|sino|aunque|but|however|porem|s1|puede[sn]?|pod\w+|tenemos|tengo|hay"
    r"|acept\w+"
    r"|recib\w+|vend\w+|manej\w+|cuesta|vale|esta|es|son|lleg\w+|we|you|it|can|is|are|have"
    r"|temos|voce"
    r"|aceit\w+|te|le|lo|se|su|costs?|custa)\b"
)
_DENIED_HAVING = Gated(
    r"\b(?:no|nao|don'?t|do not|tampoco|nunca) (?:\w+ ){0,2}?(?:ten\w+|hay|acept\w+|recib\w+"
    r"|vend\w+"
    r"|manej\w+|trabaj\w+|cont\w+|cuento|encontr\w+|veo|figur\w+|aparec\w+|ofrec\w+|have|sell|carry"
    r"|accept|take|see|temos|aceit\w+|trabalh\w+)\b"
)
_ASKS_OR_DEFERS = Gated(
    r"\bsi (?:hay|tenemos|tienen|esta\w*|queda\w*|aplica\w*|existe\w*|sigue|contamos|cuenta|aun"
    r"|todavia)"
    r"|\b(?:if|whether) (?:there|it|we|they)|\bse (?:ha|temos|esta)\b"
    r"|\b(?:consult|pregunt|averigu|verific|confirm|revis|comprueb|comprob|valid)\w*"
    r"|\bcheck\b|\bask\b|\bfind out\b|\bsujet[oa]s? a\b|\bsubject to\b|\bdepend\w*"
    r"|\ben cuanto a\b|\bsobre (?:el|los|las?)\b"
    r"|\b(?:respecto|acerca) (?:a|de|del)\b|\babout (?:the )?(?:discount|promo)|\bno (?:se"
    r"|sabria|tengo) (?:si|informacion)"
    r"|\bno (?:cuento|contamos|tenemos) (?:con )?(?:informacion|datos|el dato)"
)

Span = tuple[int, int]


_AFFIRMATION = re.compile(r"\bsí\b", re.IGNORECASE)


def fold_affirming(text: str) -> str:
    """The folded text, where "sí" (yes) stays apart from "si" (if)."""
    written = plain(text)
    return fold(_AFFIRMATION.sub("s1", written) if "sí" in written.lower() else written)


@lru_cache(maxsize=256)
def sentences(folded: str) -> tuple[Span, ...]:
    """The sentences of a text, also cut at line ends; blank ones are left out."""
    spans, start = [], 0
    for match in _END.finditer(folded):
        if match[0] == "." and _ABBREVIATION.search(
            folded[max(0, match.start() - 6) : match.start()]
        ):
            continue
        if folded[start : match.end()].strip():
            spans.append((start, match.end()))
        start = match.end()
    if folded[start:].strip():
        spans.append((start, len(folded)))
    return tuple(spans)


def clause_around(folded: str, sentence: Span, start: int, end: int) -> Span:
    """The part of a sentence, between commas, brackets and "but", that `start`..`end` is in."""
    left, right = sentence
    for match in _CLAUSE_END.finditer(folded, *sentence):
        if match.end() <= start:
            left = match.end()
        elif match.start() >= end:
            right = match.start()
            break
    return left, right


def denies(folded: str, clause: Span, position: int) -> bool:
    """Whether the clause says that what stands at `position` is not so."""
    before = _IDIOM.sub(" ", folded[clause[0] : position])
    after = _IDIOM.sub(" ", folded[position : clause[1]])
    return bool(_NEGATION.search(before) or _NEGATED_VERB.search(after))


def denies_list(folded: str, sentence: Span, position: int) -> bool:
    """Whether what stands there is a later item of a denied list: "No tenemos A, B ni C"."""
    before = _IDIOM.sub(lambda match: " " * len(match[0]), folded[sentence[0] : position])
    denials = [match.end() for match in _DENIED_HAVING.finditer(before)]
    if not denials:
        return False
    _, comma, rest = before[denials[-1] :].partition(",")
    return bool(comma) and not _GOES_ON.search(rest)


def asks_or_defers(folded: str, clause: Span) -> bool:
    """Whether the clause asks, promises to find out, or only names its subject."""
    return bool(_ASKS_OR_DEFERS.search(folded, *clause))


def is_question(folded: str, sentence: Span) -> bool:
    """Whether the sentence ends with a question mark."""
    return "?" in folded[sentence[0] : sentence[1]]
