"""Products and a reply enter; which of them the reply names, and where, leaves.

People shorten names ("el Galaxy A15" for "Celular Samsung Galaxy A15 128GB"), so a mention may fit
several products; it then carries all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from bot.truth.folding import PRODUCTS_KEPT, fold, plain
from catalog.search import ProductView
from catalog.words.analysis import stem


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where products are named: `products` are their positions in the list searched.

    Empty `products` stand for an article that none of them is (a model number the shop lacks).
    """

    start: int
    end: int
    products: tuple[int, ...]


class _Token(NamedTuple):
    stem: str
    word: str
    start: int
    end: int


_UNITS = (
    "gb|tb|mb|hz|mah|mpx|mp|ml|cl|cm|mm|kg|gr|g|l|lt|w|v|oz|pulgadas|metros|mts|m|uds?|unidades"
)
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)? ?(?:{_UNITS})(?![a-z0-9])|\d+[.,]\d+|[a-z0-9]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FILLERS = _set(
    "de del con la el los las en para y a por color version modelo marca tamano talla of the"
    " with in and da do com em o no sin not"
)
_ANDS, _THES = _set("y e and o ou or"), _set("el la los las the o a os as un una um uma")
_BEFORE_PRICE = _set("por a en em for at")
_PLAIN_WORDS = _set(
    "negro negra blanco blanca azul rojo roja verde gris rosa amarillo morado violeta dorado"
    " plateado plata beige marron cafe naranja crema vino marino black white blue red green"
    " gray grey silver gold preto branco azul vermelho cinza prata nuevo nueva new original"
    " grande mediano pequeno mini talla hombre mujer nino nina unisex pack kit set combo caja"
    " par unidad unidades gratis oferta promocion descuento envio pantalla memoria ram disco"
    " ssd bateria camara wifi bluetooth usb algodon cuero madera metal plastico acero vidrio"
    " natural clasico basico deportivo color colores"
)
_ARTICLES = _set(
    "el la los las un una unos unas the a an o os as um uma este esta estos estas ese esa"
    " nuestro nuestra su tu cada del al por de dos tres cuatro cinco"
)
_SPEC = re.compile(rf"\d+(?:[.,]\d+)? ?(?:{_UNITS}|g|k|x|p)|\d+[.,]\d+|\d+")
_MODEL = re.compile(r"(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{2,12}")
NOT_A_MODEL = re.compile(
    r"\d+(?:st|nd|rd|th|hrs?|h|am|pm|min|x\d*)|\d*x\d+|[\d]+[kgm]|ip\d+|i\d|ddr\d|wifi\d|usb\d?"
)
LABELS = _set(
    "android windows bluetooth wifi core ryzen intel usb hdmi gen ios macos linux snapdragon"
    " helio dimensity geforce rtx gtx ddr nivel clase paso opcion calle carrera avenida local"
    " piso talla ley articulo cuesta cuestan vale valen precio total costo valor price cost"
    " costs custa preco sale queda sao son serian hasta desde solo quedan hay total pedido"
    " version"
)


def is_model(word: str) -> bool:
    """Whether a folded word is a model number: letters and digits, no measure, no time."""
    return bool(_MODEL.fullmatch(word)) and not (
        _SPEC.fullmatch(word) or NOT_A_MODEL.fullmatch(word)
    )


NUMBER_ENDS_NAME = re.compile(
    r"\s*(?:$|[\n,.:;()—–-]|(?:a|por|cuesta|vale|esta|está|tiene|te|sale|en|is|costs?|for|at"
    r"|custa|pro"
    r"|plus|max|ultra|y|and|e)\b)"
)
_STOP_GAP = re.compile(r"[\n:;!?|=<>$€]|\.\s|[—–]|\s-\s|\d")


class _Called(NamedTuple):
    """How a product can be called: words each once and without fillers, `stems` with the brand."""

    stems: tuple[str, ...]
    brand: tuple[str, ...]
    whole: str
    sku: str


@lru_cache(maxsize=2 * PRODUCTS_KEPT)
def _called(name: str, brand: str, sku: str) -> _Called:
    whole = fold(plain(name))
    own = [_stems(whole), _stems(fold(plain(brand)))]
    return _Called(tuple(dict.fromkeys((*own[0], *own[1]))), own[1], whole, fold(sku))


def _stems(folded: str) -> tuple[str, ...]:
    stems = dict.fromkeys(token.stem for token in _tokens(folded))
    return tuple(each for each in stems if each not in _FILLERS)


@lru_cache(maxsize=PRODUCTS_KEPT // 2)
def _words(text: str) -> frozenset[str]:
    return frozenset(token.word for token in _tokens(fold(plain(text))))


def _tokens(folded: str) -> list[_Token]:
    return [_Token(*_word(match[0]), *match.span()) for match in _TOKEN.finditer(folded)]


@lru_cache(maxsize=8 * PRODUCTS_KEPT)
def _word(written: str) -> tuple[str, str]:
    """Its stem, and a word in one spelling: "128 gb" and "128gb" are the same."""
    word = written.replace(" ", "").replace(",", ".")
    return stem(word), word


class ProductNames:
    """Finds the names of some products in texts.

    Args:
        products: at most a few dozen; positions in this list identify them.
        known_texts: gives what else the prompt held; a model number standing there is nothing
            foreign.
    """

    def __init__(
        self,
        products: Sequence[ProductView],
        known_texts: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._products = products
        self._known_texts = known_texts
        called = [_called(product.name, product.brand, product.sku) for product in products]
        self._names = [each.stems for each in called]
        self._brands = [each.brand for each in called]
        self._whole: dict[str, list[int]] = {}
        self._skus: dict[str, int] = {}
        self._holders: dict[str, set[int]] = {}
        for position, each in enumerate(called):
            self._whole.setdefault(each.whole, []).append(position)
            if each.sku:
                self._skus[each.sku] = position
            for stem_ in each.stems:
                self._holders.setdefault(stem_, set()).add(position)
        self._by_start: dict[str, list[str]] = {}
        for name in sorted(self._whole, key=len, reverse=True):
            self._by_start.setdefault(name[:3], []).append(name)

    def _is_known(self, word: str) -> bool:
        """Whether the prompt held a word; asked of few."""
        texts = (*self._known_texts(), *(product.name for product in self._products))
        return any(word in _words(text) for text in texts)

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every mention in a text, in order; offsets count in `plain(text)`."""
        original = plain(text)
        folded = fold(original)
        tokens = _tokens(folded)
        mentions: list[Mention] = []
        position = 0
        while position < len(tokens):
            if self._says_nothing(tokens[position], folded):
                position += 1
                continue
            span, candidates = self._span(tokens, position, folded)
            whole = self._spelt_out(tokens[position].start, folded)
            mention = self._judge(tokens, position, span, candidates, original)
            if whole and (mention is None or mention.end <= whole.end):
                mention = whole
            mention = mention or self._foreign(tokens, position, original)
            if mention is not None:
                mentions.append(mention)
                while position < len(tokens) and tokens[position].start < mention.end:
                    position += 1
            else:
                position += max(1, len(span))
        return tuple(mentions)

    def _says_nothing(self, token: _Token, folded: str) -> bool:
        """Whether a word begins no mention, as most do: no name has it, and it has no digit."""
        return (
            token.stem not in self._holders
            and token.word.isalpha()
            and token.word not in self._skus
            and folded[token.start : token.start + 3] not in self._by_start
        )

    def _spelt_out(self, start: int, folded: str) -> Mention | None:
        """A whole name, letter by letter, as lists have it."""
        for name in self._by_start.get(folded[start : start + 3], ()):
            end = start + len(name)
            if name and folded.startswith(name, start) and not folded[end : end + 1].isalnum():
                return Mention(start, end, tuple(self._whole[name]))
        return None

    def _span(self, tokens: list[_Token], first: int, folded: str) -> tuple[list[_Token], set[int]]:
        """The longest run of name words from `first` on that one product still carries whole."""
        candidates = set(self._holders.get(tokens[first].stem, ()))
        if tokens[first].word.isdigit():  # "2 Yogur griego" counts yoghurts
            candidates = {i for i in candidates if self._names[i][0] == tokens[first].stem}
        span: list[_Token] = [tokens[first]] if candidates else []
        last, fillers = first, 0
        for index in range(first + 1, len(tokens) if span else 0):
            token = tokens[index]
            gap = folded[tokens[index - 1].end : token.start]
            if fillers > 2 or (gap != " " and _STOP_GAP.search(gap)):
                break
            if self._ends_before(token, tokens[index - 1], span, folded):
                break
            narrowed = candidates & self._holders.get(token.stem, set())
            if narrowed:
                span, candidates = [*span, token], narrowed
                last, fillers = index, 0
            elif token.word in _FILLERS:
                fillers += 1
            else:
                break
        return [tokens[i] for i in range(first, last + 1)] if span else [], candidates

    def _ends_before(
        self, token: _Token, last: _Token, span: Sequence[_Token], folded: str
    ) -> bool:
        """Whether a name ends here: "por 1 349 000" is a price, and names repeat no word."""
        in_brackets = "(" in folded[last.end : token.start]
        if token.word.isdigit() and (last.word in _BEFORE_PRICE or in_brackets):
            return True
        if last.word in _ANDS and token.word in _THES:
            return True  # "el X y el Y": what follows is the next name
        return last.word in _ANDS and token.stem in {each.stem for each in span}

    def _judge(
        self, tokens: list[_Token], first: int, span: list[_Token], found: set[int], original: str
    ) -> Mention | None:
        """The span as a mention, when it says enough to mean these products and no others."""
        if span and (model := self._foreign_model(tokens, first + len(span), span, original)):
            return Mention(span[0].start, model.end, ())
        if self._skus and (sku := self._skus.get(tokens[first].word)) is not None and not span:
            return Mention(tokens[first].start, tokens[first].end, (sku,))
        if not span:
            return None
        said = {token.stem for token in span if token.stem not in _FILLERS}
        whole = {i for i in found if set(self._names[i]) <= said or self._is_head(i, said)}
        if not (whole or self._is_telling(tokens, first, span, said, found, original)):
            return None
        exact = {i for i in found if set(self._names[i]) <= said}
        return Mention(span[0].start, span[-1].end, tuple(sorted(exact or found)))

    def _foreign_model(
        self, tokens: list[_Token], next_index: int, span: list[_Token], original: str
    ) -> _Token | None:
        """The model number behind a name that no product here has: "Galaxy" and then "S24"."""
        if next_index >= len(tokens) or any(_MODEL.fullmatch(token.word) for token in span):
            return None
        token = tokens[next_index]
        is_joined = original[span[-1].end : token.start] == " "
        is_model = _MODEL.fullmatch(token.word) and not _SPEC.fullmatch(token.word)
        is_number = token.word.isdigit() and len(token.word) <= 2
        if not (is_joined and (is_model or is_number)) or NOT_A_MODEL.fullmatch(token.word):
            return None
        if self._is_known(token.word):
            return None
        if is_number and not NUMBER_ENDS_NAME.match(original[token.end :]):
            return None
        named = any(original[t.start].isupper() for t in span)
        return token if named else None

    def _is_head(self, product: int, said: set[str]) -> bool:
        """At least two words and half of the name."""
        return len(said) >= 2 and len(said) * 2 >= len(self._names[product])

    def _is_telling(
        self,
        tokens: list[_Token],
        first: int,
        span: list[_Token],
        said: set[str],
        found: set[int],
        original: str,
    ) -> bool:
        content = [token for token in span if token.stem in said]
        rare = [token for token in content if len(self._holders[token.stem]) <= len(found)]
        if any(_MODEL.fullmatch(t.word) and not _SPEC.fullmatch(t.word) for t in content):
            return True
        telling = [t for t in content if t.word not in _PLAIN_WORDS and not _SPEC.fullmatch(t.word)]
        if len(telling) >= 2 or (telling and len(content) >= 2 and rare):
            return True
        return bool(telling) and self._stands_alone(tokens, first, telling[0], found, original)

    def _stands_alone(
        self, tokens: list[_Token], first: int, token: _Token, found: set[int], original: str
    ) -> bool:
        """One word names a product: "la gorra" when there is one, "el Vivobook", a brand."""
        if len(token.word) < 4:
            return False
        behind_article = first > 0 and tokens[first - 1].word in _ARTICLES
        is_written_so = original[token.start].isupper()
        is_one = len(self._holders[token.stem]) == 1
        if all(token.stem in self._brands[i] for i in found):
            return behind_article or (is_one and is_written_so)
        if not is_one:
            return False
        product = next(iter(found))
        is_head = token.stem == self._names[product][0]
        return (is_head and (behind_article or token.start == 0)) or (
            is_written_so and (behind_article or len(token.word) > 5)
        )

    def _foreign(self, tokens: list[_Token], position: int, original: str) -> Mention | None:
        """A model the prompt does not know: "iPhone 15", "S24"."""
        token = tokens[position]
        if token.word[0].isalpha() and _MODEL.fullmatch(token.word):
            if NOT_A_MODEL.fullmatch(token.word) or not original[token.start].isupper():
                return None
            return None if self._is_known(token.word) else Mention(token.start, token.end, ())
        if not (token.word.isdigit() and len(token.word) <= 2 and position):
            return None
        name = tokens[position - 1]
        is_name = any(letter.isupper() for letter in original[name.start : name.end])
        is_joined = original[name.end : token.start] == " " and name.word.isalpha()
        if not (is_name and is_joined and name.word not in LABELS and name.end - name.start > 3):
            return None
        ends = NUMBER_ENDS_NAME.match(original, token.end)
        return (
            Mention(name.start, token.end, ()) if ends and not self._is_known(token.word) else None
        )
