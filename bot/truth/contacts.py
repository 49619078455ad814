"""A reply taken apart enters; links, numbers and addresses that nobody holds leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.truth.evidence import product_text
from bot.truth.facts import words_of
from bot.truth.folding import PRODUCTS_KEPT, plain
from bot.truth.gates import Gated
from bot.truth.reading import Reading, Rejection

_ENDINGS = (
    "com|net|org|info|biz|store|shop|online|site|app|io|ai|me|ly|gl|gle|example|link|page|co|mx|ar"
    "|cl|pe|ec|uy|py|bo|ve|br|es|pt|us|uk|gt|hn|ni|cr|pa|do|sv|pr"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w.@/])@[A-Za-z]\w{2,}(?:\.\w+)*")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]\"']+"
    rf"|(?<![\w@.-])[A-Za-z0-9][\w-]*(?:\.[\w-]+)*\.(?:{_ENDINGS})\b(?:/[^\s<>()\[\]\"']*)?(?![\w@])"
)
_LINKS = (_EMAIL, _HANDLE, _LINK)
_PHONE = re.compile(r"(?<![\w.,$#/-])(?:\+ ?)?\(?\d[\d ().-]{5,18}\d(?![\w/]|[.,]\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[-.]\d{1,2}[-.]\d{2,4}")
_STREET = (
    r"(?:calle|carrera|cra|crr|cll|kra|kr|avenida|av|avda|diagonal|transversal|autopista|jiron|jr"
    r"|pasaje|boulevard|blvd|rua|avenida|travessa|alameda|paseo|calzada)"
)
_ADDRESS = Gated(
    rf"\b{_STREET}\b\.? (?:[\w.ª°-]+ ){{0,4}}?(?:[\w.-]+,? )?(?:#|n[o°º]\.?|num\.?)? ?"
    r"(?P<number>\d+[a-z]?)(?: ?- ?\d+)?(?: ?(?:#|n[o°º]\.?|no\.?|con)? ?\d+[a-z]?(?: ?- ?\d+)?)?"
    r"|\b(?P<english>\d{1,5}) (?:\w+ ){1,3}(?:street|avenue|road|boulevard|lane|drive)\b"
)
_BRANCH = Gated(
    r"\b(?:sedes?|sucursal(?:es)?|tiendas?|locales|local|puntos? de venta|branch(?:es)?|stores?"
    r"|lojas?|filia(?:l|is)|showroom|centro comercial|mall|shopping|plaza|edificio)"
    r"(?: fisicas?| principal)? (?:(?:en|de|in|at|em)"
    r"(?: (?:la|el|los|las|the|a|o))?(?: ciudad de)? )?(?P<place>\w+)"
)
_NUMBER = re.compile(r"\d+")
_LEAST_DIGITS = 7


def untrue_contacts(reading: Reading) -> Iterator[Rejection]:
    """Every link, e-mail, handle, phone, address and branch that facts and products do not hold."""
    for pattern in _LINKS:
        for match in pattern.finditer(reading.written):
            yield from _judge(reading, match, _is_held_link(reading, match[0]), "link")
    for match in _PHONE.finditer(reading.written):
        if _is_phone(reading, match):
            yield from _judge(reading, match, _rings(reading, _digits(match[0])), "phone")
    for match in _ADDRESS.finditer(reading.folded):
        yield from _judge(reading, match, _is_held_address(reading, match), "place")
    for match in _BRANCH.finditer(reading.folded):
        if reading.written[match.start("place")].isupper():
            is_held = match["place"] in _branch_words(reading)
            yield from _judge(reading, match, is_held, "place")


def _is_held_link(reading: Reading, link: str) -> bool:
    """Whether facts or products hold a link, or one that it is the front page of."""
    return any(_bare(link) in _links(text) for text in _texts(reading))


def _rings(reading: Reading, digits: str) -> bool:
    """Whether facts or products hold a number, with or without the country's code."""
    return any(
        min(len(digits), len(own)) >= _LEAST_DIGITS
        and (digits.endswith(own) or own.endswith(digits))
        for text in _texts(reading)
        for own in _numbers_to_call(text)
    )


@lru_cache(maxsize=PRODUCTS_KEPT)
def _links(text: str) -> frozenset[str]:
    written = plain(text)
    links = {_bare(match[0]) for pattern in _LINKS for match in pattern.finditer(written)}
    return frozenset(links | {link.split("/")[0] for link in links})


@lru_cache(maxsize=PRODUCTS_KEPT)
def _numbers_to_call(text: str) -> frozenset[str]:
    return frozenset(_digits(match[0]) for match in _PHONE.finditer(plain(text)))


def _texts(reading: Reading) -> Iterator[str]:
    yield reading.evidence.facts.text
    yield from map(product_text, reading.evidence.products)


def _bare(link: str) -> str:
    """Without protocol, "www." and what only ends a sentence."""
    return re.sub(r"^https?://|^www\.", "", re.sub(r"^https?://", "", link.lower())).rstrip(
        "/.,;:!?"
    )


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _judge(
    reading: Reading, match: re.Match[str], is_held: bool, reason: str
) -> Iterator[Rejection]:
    if is_held:
        reading.rests_on("contact")
    elif not reading.leaves_open(*match.span()):
        yield reading.reject("contact", *match.span(), reason)


def _is_phone(reading: Reading, match: re.Match[str]) -> bool:
    """Enough digits, no date, no money, no name, and nothing the customer wrote."""
    digits = _digits(match[0])
    taken = [(a.start, a.end) for a in reading.amounts]
    taken += [(m.start, m.end) for m in reading.mentions]
    return (
        len(digits) >= _LEAST_DIGITS
        and not _DATE.fullmatch(match[0].strip())
        and digits not in reading.evidence.numbers
        and digits not in _digits(reading.evidence.said)
        and not any(start < match.end() and match.start() < end for start, end in taken)
    )


def _is_held_address(reading: Reading, match: re.Match[str]) -> bool:
    """Whether a line of the facts has its words, and its numbers in this order."""
    numbers = _numbers(match[0])
    words = {
        word for word in re.findall(r"[a-z]{4,}", match[0]) if not _STREET_WORD.fullmatch(word)
    }
    return any(
        numbers in _numbers(line.said) and all(word in line.said for word in words)
        for line in reading.evidence.facts.lines
    )


_STREET_WORD = re.compile(rf"{_STREET}|street|avenue|road|boulevard|lane|drive|numero")


def _numbers(text: str) -> str:
    return f" {' '.join(_NUMBER.findall(text))} "


def _branch_words(reading: Reading) -> frozenset[str]:
    lines = (line for line in reading.evidence.facts.lines if not line.zone.words)
    return frozenset().union(*(words_of(line.said) for line in lines))
