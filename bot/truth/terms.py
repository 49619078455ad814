"""A reply taken apart enters; delivery times, warranties and other periods nobody holds leave."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.truth.durations import Duration, find_durations
from bot.truth.evidence import granting_text
from bot.truth.facts import FactLine, speaks_of_pickup
from bot.truth.folding import fold, plain
from bot.truth.gates import Gated
from bot.truth.reading import Reading, Rejection
from bot.truth.sentences import Span, clause_around

TOPICS = {
    "delivery": Gated(
        r"\b(?:envi\w+|entreg\w+|despach\w+|domicilio|llega\w*|llevamos|rec[ie]b\w+"
        r"|demor\w+|tard(?!es?\b)\w+|deliver\w*|ship\w*|arriv\w*|frete|cheg\w+|recog\w+|retir\w+|pick\w*"
        r"|l[oa] tien\w+|l[oa] tendr\w+|en tu casa|en tus manos|get it|at your door|receive"
        r"|leva\b|prazo)"
    ),
    "warranty": Gated(r"\b(?:garanti\w*|warrant\w*|guarantee\w*)"),
    "returns": Gated(
        r"\b(?:devol\w+|devuelv\w+|cambi(?:os?|ar\w*)\b|retract\w+|return\w*|exchang\w+|refund\w*"
        r"|reembols\w+|troca\w*)"
    ),
}
_PROMISES = (
    Gated(r"\b(?:hoy|mism[oa] dia|same[- ]day|today|hoje|mesmo dia)\b"),
    Gated(
        r"(?<!la )(?<!de )(?<!por la )\b(?:manana|dia siguiente|next[- ]day|tomorrow|amanha"
        r"|dia seguinte)\b"
    ),
    Gated(
        r"\b(?:(?:entrega|despacho|envio|delivery) (?:ya )?(?:inmediat|imediat)"
        r"\w*|immediate (?:delivery|shipping)|al instante|de inmediato)"
    ),
)
_WEEKDAY = Gated(
    r"\b(?:este|el|by|this|on|na|neste|no|para el) (?:lunes|martes|miercoles|jueves|viernes"
    r"|sabado|domingo"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|segunda|terca|quarta|quinta"
    r"|sexta)\b"
)
_OF_ALL = re.compile(r"\b(?:[Tt]odos|[Tt]odas|[Ee]very|[Aa]ll|[Cc]ualquier)\b")
_AT_LEAST = re.compile(r"\b(?:desde|a partir de|minimo(?: de)?|from|at least|pelo menos)\s*$")


def untrue_terms(reading: Reading) -> Iterator[Rejection]:
    """Every period and every promised day that no fact and no product's text bears out."""
    for duration in find_durations(reading.folded):
        sentence = reading.sentence_of(duration.start)
        topic = _topic(reading, sentence, duration)
        if topic is None and not duration.is_counted:
            continue
        if not reading.asserts(duration.start, duration.end):
            continue
        if not _is_held(reading, duration, topic, sentence):
            yield reading.reject(topic or "period", duration.start, duration.end, "not_held")
        else:
            reading.rests_on(topic or "period")
    yield from _promises(reading)


def _topic(reading: Reading, sentence: Span, duration: Duration) -> str | None:
    """What a period is about: the nearest word that says so, else the sentence before's."""
    near: list[tuple[int, str]] = []
    for topic, pattern in TOPICS.items():
        for match in pattern.finditer(reading.folded, *sentence):
            near.append((max(match.start() - duration.end, duration.start - match.end()), topic))
    return min(near)[1] if near else None


def _is_held(reading: Reading, duration: Duration, topic: str | None, sentence: Span) -> bool:
    said = reading.written[slice(*sentence)]
    lines = [line for line in reading.evidence.facts.lines if topic is None or _is_on(line, topic)]
    if topic == "delivery":
        lines = [line for line in lines if line.zone.fits(said)]
    held = [own for line in lines for own in find_durations(line.folded)]
    if topic in (None, "warranty") and not _OF_ALL.search(said):
        held += _of_products(reading, topic, sentence)
    if topic is None:
        held += find_durations(reading.evidence.said)
    return any(_agree(reading, duration, own, topic) for own in held) or _spans(duration, held)


def _is_on(line: FactLine, topic: str) -> bool:
    """Whether a line of the facts is about a topic: its own words say so, else its field."""
    own = [name for name, pattern in TOPICS.items() if pattern.search(line.folded, line.field_end)]
    return topic in own or (not own and bool(TOPICS[topic].search(line.folded)))


def _of_products(reading: Reading, topic: str | None, sentence: Span) -> Iterator[Duration]:
    is_named = any(m.products for m in reading.mentions_in(sentence))
    anyone = range(len(reading.evidence.products))
    for product in reading.spoken_of(sentence) if is_named or topic else anyone:
        text = fold(plain(granting_text(reading.evidence.products[product])))
        for own in find_durations(text):
            around = text[max(0, own.start - 40) : own.end + 40]
            if topic is None or TOPICS[topic].search(around):
                yield own


def _agree(reading: Reading, said: Duration, held: Duration, topic: str | None) -> bool:
    """The same period; of a held range its end, or its beginning where "from" stands before."""
    if said.unit != held.unit:
        return False
    if said.is_range or topic != "delivery":
        return (said.low, said.high) == (held.low, held.high) or (
            topic is None and said.low in (held.low, held.high)
        )
    from_on = _AT_LEAST.search(reading.folded[max(0, said.start - 24) : said.start])
    return said.low == (held.low if from_on else held.high)


def _spans(said: Duration, held: list[Duration]) -> bool:
    """As in "de 1 a 7 días según la ciudad": from one place's beginning to another's end."""
    fitting = [own for own in held if own.unit == said.unit]
    lows, highs = {own.low for own in fitting}, {own.high for own in fitting}
    return said.is_range and said.low in lows and said.high in highs


def _promises(reading: Reading) -> Iterator[Rejection]:
    """ "Llega mañana", "hoy mismo", "entrega inmediata"."""
    for pattern in (*_PROMISES, _WEEKDAY):
        for match in pattern.finditer(reading.folded):
            sentence = reading.sentence_of(match.start())
            clause = clause_around(reading.folded, sentence, *match.span())
            if not TOPICS["delivery"].search(reading.folded, *clause):
                continue
            if pattern is _WEEKDAY and speaks_of_pickup(reading.folded[slice(*clause)]):
                continue
            if not reading.asserts(*match.span()):
                continue
            said = reading.written[slice(*sentence)]
            if not any(
                pattern.search(line.folded) and line.zone.fits(said)
                for line in reading.evidence.facts.lines
                if _is_on(line, "delivery") or line.zone.is_pickup
            ):
                yield reading.reject("delivery", *match.span(), "not_held")
