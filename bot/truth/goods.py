"""A reply taken apart enters; products it offers that are not among the candidates leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, dropwhile

from bot.truth.evidence import product_text, words_in
from bot.truth.folding import PRODUCTS_KEPT
from bot.truth.gates import Gated
from bot.truth.mentions import LABELS, NOT_A_MODEL, NUMBER_ENDS_NAME, is_model
from bot.truth.number_words import SMALL
from bot.truth.reading import Reading, Rejection
from bot.truth.sentences import Span, clause_around
from catalog.words.analysis import HEAD_MARK, stem, without_tilde, words
from catalog.words.chatter import STOP_WORDS
from catalog.words.synonyms import default_synonyms
from shop.hours import read_days

_CAPITAL = r"(?:[A-ZÁÉÍÓÚÑÜ][\w'-]*|[a-z][A-Z]\w+)"
_NUMBERED = r"(?:[A-Za-z]{0,4}\d[\w.]*)"
_NAME = re.compile(rf"(?<![\w.@/#]){_CAPITAL}(?: (?:{_CAPITAL}|{_NUMBERED}))+(?![\w@])")
_NAMES_BEFORE = re.compile(rf"(?:(?<!\w){_CAPITAL} )+$")
_NOT_ITSELF = re.compile(
    r"\b(?:para|con|de la|del?|vs|frente a|como|similar(?:es)? a|parecid[oa] a[l]?|en (?:lugar"
    r"|vez) de"
    r"|(?<!go )for|with|than|like|instead of|com|in|en|entre|por|sede|a)(?: (?:el|la|los|las|un"
    r"|una|the"
    r"|o))? $"
)
"""What a name stands behind that is only compared with, or belongs to something else."""
_X_MODEL = re.compile(r"\bX\d+\b")
_VARIANT = re.compile(r" (?:Pro|Plus|Max|Ultra|Lite|Mini|FE|SE|Fold|Flip)\b")
_SELLS = (
    r"tenemos|tengo|vendemos|vendo|manejamos|contamos con|cuento con|ofrecemos|trabajamos"
    r"|disponemos de|we (?:also )?(?:sell|have|carry|stock|offer)|temos|vendemos|trabalhamos com"
    r"|oferecemos"
)
_OFFERS = re.compile(
    rf"\b(?:{_SELLS}|recom\w+|sug\w+|estan?|hay|llev\w+|indico|interes\w+|gust\w+|serv\w+|sirv\w+"
    r"|(?:inventario|stock|existencias|unidades|piezas|units|estoque) (?:del?|of|do|da)"
    r"|opcion(?:es)?|options?|opcao|opcoes|alternativ\w+|favorit\w+|lleg\w+|cheg\w+|just got"
    r"|go for|ojo|look|olhada"
    r"|(?:might|will|would|i'd) like|there (?:is|are)|consider\w*|mira|prueba|elige)\b"
    r"(?: (?!con\b|para\b|de\b|with\b|for\b|com\b)[a-z]+){0,3}?[ :*\"“]*$"
)
_AFTER = re.compile(
    r"[ *\"”]*(?:,? que )?(?:(?:te|le|les) va a (?:encantar|gustar|servir)|(?:esta|is"
    r"|sigue)? ?(?:disponib|disponiv|available|en stock)"
    r"|(?:seria|es|is|would be|e|sera) (?:\w+ ){0,2}?(?:perfect|ideal|excelente|buena|great|best"
    r"|otim|mejor)|(?:cuesta|vale|custa|costs?|sale|esta en|por|a) ?[$\d])"
)
_BULLET = re.compile(r"[•·]\s*$")
_MARKER = re.compile(r"^\s*(?:[•·–-]|\d{1,2}[.)]?|[^\w\s\"'¿¡(|$])\s+\W*(?:(?:el|la|the|o|a) )?$")
_ITEM = re.compile(
    r"^\s*(?:[•·–-]|\d{1,2}[.)])(?P<what> [a-z][^:—–(|\n$]{3,60}?) ?[:—–(|-] ?(?:[a-z]{3} ?)?[$\d]",
    re.MULTILINE,
)
"""A line of a list with a price."""
_PRICED = Gated(
    r"\b(?:el|la|los|las|o|os|the) (?P<what>[a-z][^.;:,?!\n$]{2,60}?) (?:cuestan?|valen?"
    r"|custam?"
    r"|costs?|salen?|goes for|esta en|tiene un (?:precio|valor|costo))\b"
)
_CELL = re.compile(r"^\s*\|?\s*$")
_PRICED_ITEM = re.compile(r" ?[-–—:] ?(?:[A-Z]{3} ?|[$€] ?)?\d")
_ENDS_ITEM = re.compile(r"\s*(?:$|\n|[-–—:(|])")
_BARE_PLURAL = re.compile(r"\s+(?:also |tambien )?(?!unos|unas|los|las|estos|estas)[a-z]{3,}s\b")
_IN_PLENTY = """
accesorios alternativas articulos asesores asesoras ganas facilidades convenios novedades cosas
noticias equipos experiencia planes clientes anos alianzas dudas referencias productos marcas
colores tallas tamanhos cores items products options brands sizes colors branches stores years
experts datos detalles registros informes sugerencias ideas results details suggestions coisas
things ambos ambas varias varios diferentes distintas distintos buenas buenos excelentes grandes
several various different many sedes tiendas lojas filiais sucursales puntos locales vagas fotos
problemas probabilidades posibilidades descuentos promociones cupones envios cuotas
"""
_SERVICES = frozenset(_IN_PLENTY.split())
"""What shops have in plenty without selling it."""
_SOLD_BEFORE = Gated(
    rf"(?:^|[,.:;!¡\n])(?P<what> ?(?!que |cual|what |which )[a-z]{{3,}}[^.;:,\n!?()|]{{0,40}}?)"
    rf"(?: s[i1]| tambien)* (?:{_SELLS})(?=\s*(?:$|[.,;:!\n]))"
)
"""The thing stands before the verb: "calaminas sí tenemos"."""
_SELLING = Gated(rf"\b(?:{_SELLS})\b(?P<what>[^.;:,\n!?()|]{{3,60}})")


def untrue_goods(reading: Reading) -> Iterator[Rejection]:
    """Every article said to be sold, available or worth buying that no candidate is."""
    for start, end in _foreign(reading):
        is_said = reading.asserts(start, end) and (
            _is_offered(reading, start, end) or _is_model_by_itself(reading, start, end)
        )
        is_listed = _is_listed(reading, start, end) and not reading.leaves_open(start, end)
        if is_said or is_listed:
            yield reading.reject("product", start, end, "not_held")
    for match in _ITEM.finditer(reading.folded):
        if _article(reading, match["what"]) and not reading.leaves_open(*match.span("what")):
            yield reading.reject("product", *match.span("what"), "not_held")
    for match in _PRICED.finditer(reading.folded):
        what = match["what"]
        is_thing = words(what)[:1] == [_article(reading, what)]
        if is_thing and reading.asserts(*match.span("what")):
            yield reading.reject("product", *match.span("what"), "not_held")
    for match in chain(_SELLING.finditer(reading.folded), _SOLD_BEFORE.finditer(reading.folded)):
        head = _article(reading, f" {match['what'].strip()}")
        if head and reading.asserts(match.start(), match.end()):
            yield reading.reject("product", *match.span(), "not_held")


def _foreign(reading: Reading) -> Iterator[Span]:
    """Where names stand that are none of the candidates'."""
    for mention in reading.mentions:
        if not mention.products:
            before = _NAMES_BEFORE.search(reading.written[: mention.start])
            yield before.start() if before else mention.start, mention.end
        elif (variant := _VARIANT.match(reading.written, mention.end)) and not any(
            variant[0].strip().lower() in product_text(reading.evidence.products[i]).lower()
            for i in mention.products
        ):
            yield mention.start, variant.end()
    for match in _NAME.finditer(reading.written):
        said = list(dropwhile(STOP_WORDS.__contains__, words(match[0])))
        is_name = len(said) > 1 and said[0] not in LABELS and "xxx" not in match[0]
        if (
            is_name
            and _is_unknown(reading, said, match[0])
            and not reading.is_amount(*match.span())
        ):
            yield match.span()


def _is_unknown(reading: Reading, said: Sequence[str], written: str) -> bool:
    """Whether a word of a name stands nowhere in what the prompt held."""
    models = [model.lower() for model in _X_MODEL.findall(written)]
    telling = [word for word in said if not _is_plain(word)] + models
    return any(not reading.evidence.holds(word) for word in telling)


@lru_cache(maxsize=1024)
def _is_plain(word: str) -> bool:
    """A word that belongs to no name: a number, a time, a weekday, a word of any talk."""
    is_time = bool(NOT_A_MODEL.fullmatch(word)) or read_days(word) is not None
    return word.isdigit() or is_time or word in STOP_WORDS


def _is_listed(reading: Reading, start: int, end: int) -> bool:
    """Whether it is an item of a list or of a table."""
    sentence = reading.sentence_of(start)
    lead = reading.folded[max(sentence[0], reading.folded.rfind("\n", 0, start) + 1) : start]
    is_cell = _CELL.match(lead) and _ENDS_ITEM.match(reading.folded, end)
    starts = not reading.folded[sentence[0] : start].strip()
    is_priced = starts and _PRICED_ITEM.match(reading.written, end)
    return bool(_MARKER.match(lead) or _BULLET.search(lead) or is_cell or is_priced)


def _is_model_by_itself(reading: Reading, start: int, end: int) -> bool:
    """Whether it is a model's name that is spoken of, and not only an echo or a comparison."""
    said = words(reading.written[start:end])
    if not any(is_model(word) or word.isdigit() for word in said):
        return False
    if said[-1].isdigit() and not NUMBER_ENDS_NAME.match(reading.written[end:]):
        return False
    if set(said) <= words_in(reading.evidence.said) or all(w in STOP_WORDS for w in said[:-1]):
        return False
    sentence = reading.sentence_of(start)
    return not _NOT_ITSELF.search(reading.folded[sentence[0] : start])


def _is_offered(reading: Reading, start: int, end: int) -> bool:
    """Whether words around it offer it, or a price stands behind it."""
    clause = clause_around(reading.folded, reading.sentence_of(start), start, end)
    if _OFFERS.search(reading.folded[clause[0] : start]):
        return True
    until = reading.sentence_of(start)[1]
    priced = any(end <= a.start < until for a in reading.amounts)
    between = any(end <= m.start < until for m in reading.mentions)
    return bool(_AFTER.match(reading.folded, end)) or (priced and not between)


def _article(reading: Reading, what: str) -> str | None:
    """The kind of thing a phrase names when the shop is not known to sell it."""
    if "xxx" in what:
        return None
    head = next(
        (word for word in words(what) if word not in STOP_WORDS and word not in SMALL), None
    )
    if head is None or not head.isalpha() or head in _SERVICES:
        return None
    is_plural = bool(_BARE_PLURAL.match(what)) and head.endswith("s")
    key = _stem(head)
    groups = _groups((key,), wider=False)
    if _is_held(reading, key, groups) or _is_sold(reading, {key, *groups}):
        return None
    is_asked = key in map(_stem, words_in(reading.evidence.said))
    return head if groups or is_asked or is_plural else None


def _is_held(reading: Reading, key: str, groups: frozenset[str]) -> bool:
    """Whether the prompt held the thing, or one of its kind."""
    held = [_stems(words) for words in reading.evidence.vocabularies]
    if any(key in stems for stems in held):
        return True
    return bool(groups) and not all(groups.isdisjoint(_held_groups(stems)) for stems in held)


def _is_sold(reading: Reading, terms: Iterable[str]) -> bool:
    """Whether products of the shop are called so, candidates or not."""
    return any(HEAD_MARK + term in reading.evidence.articles for term in terms)


def _stem(word: str) -> str:
    return stem(without_tilde(word))


def _groups(stems: Iterable[str], *, wider: bool) -> frozenset[str]:
    """The kinds of things some words mean, where wanted with the wider kinds these satisfy."""
    table = default_synonyms()
    names = {name for each in stems for name in table.groups.get((each,), ())}
    above = {up for name in names for up in table.wider.get(name, ())} if wider else set()
    return frozenset((names | above) - table.attributes)


@lru_cache(maxsize=PRODUCTS_KEPT)
def _stems(words_of_one: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_stem, words_of_one))


@lru_cache(maxsize=PRODUCTS_KEPT)
def _held_groups(stems: frozenset[str]) -> frozenset[str]:
    return _groups(stems, wider=True)
