"""A reply and what its prompt held enter; whether the reply is true, or which claim is not, leaves.

Money comes from the database: an amount must stand in the prompt (candidates, shop facts) or be
computed from it for the quantities at hand; beside a product's name it must be that product's.
The customer's own figure may return only as a limit. Stock and discounts alike. What the bot said
earlier proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product as combinations_of
from decimal import Decimal

from bot.amounts import Amount, find_amounts, fold, plain
from bot.claims import DiscountClaim, StockClaim, find_discount_claims, find_stock_claims
from bot.evidence import (
    Evidence,
    FactAmount,
    FactText,
    gather,
    product_text,
    quantities_in,
    words_of,
)
from bot.mentions import Mention
from bot.messages import TurnContext
from bot.ownership import Owners, assign
from bot.sentences import Span, clause_around, denies, sentences
from core.texts import text as sentence_text


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the truth check found.

    Args:
        grounded: no claim was rejected.
        products: SKUs named in the reply, in the order of the candidates.
        prices: product id → price_minor of the products the reply rests on.
    """

    grounded: bool
    rejections: tuple[Rejection, ...]
    products: tuple[str, ...]
    prices: Mapping[str, int]


def check(text: str, context: TurnContext) -> Verdict:
    """Whether every amount, stock and discount claim of a reply rests on its context.

    Args:
        text: the whole reply, as the customer would see it.
        context: what the prompt was built from.
    """
    reading = _Reading(text, gather(context))
    rejections = tuple(dict.fromkeys(reading.rejections()))
    products = reading.evidence.products
    named = sorted(reading.named())
    return Verdict(
        grounded=not rejections,
        rejections=rejections,
        products=tuple(dict.fromkeys(products[i].sku for i in named)),
        prices={
            str(products[i].id): products[i].price_minor for i in sorted({*named, *reading.used})
        },
    )


def correction(verdict: Verdict, language: str) -> str:
    """What the prompt says before a second try: each untrue claim, and what is allowed instead."""
    lines = [sentence_text("grounding.opening", language)]
    for rejection in verdict.rejections:
        reason = sentence_text(f"grounding.{rejection.kind}.{rejection.reason}", language)
        lines.append(
            sentence_text("grounding.claim", language, claim=rejection.claim, reason=reason)
        )
    lines.append(sentence_text("grounding.closing", language))
    return "\n".join(lines)


_UPPER = re.compile(
    r"(?:menos de|hasta|maximo(?: de)?|tope(?: de)?|presupuesto(?: de| es de| hasta| maximo| maximo de)?|dentro de|por debajo de|debajo de"
    r"|no (?:mas de|super\w+|pas\w+|exced\w+)(?: de)?|super\w+|exced\w+|pas\w+ de|inferior(?:es)? a|bajo|under|up to|below|less than|within|budget(?: of| is| of up to)?"
    r"|max(?:imum)?(?: of)?|ate|abaixo de|por menos de|menor(?:es)? (?:que|a|de)|orcamento(?: de)?|limite(?: de)?|rango(?: de)?|alrededor de|cerca de"
    r"|\bcon|gastar|invertir|around|\btus|\besos|\bthose|\byour|\bseus|\bde los|busca\w*(?: algo)?(?: de| por)|fuera de|encima de)"
    r"(?: (?:los|las|tus|sus|esos|unos|the|your|os|seus|de|solo))* *[$]? *$"
)
_LOWER = re.compile(
    r"(?:mas de|desde|a partir de|minimo(?: de)?|superior(?:es)? a|mayor(?:es)? (?:que|a|de)|above|over|more than|from|at least"
    r"|acima de|entre|between|mais de)(?: (?:los|las|tus|the))* *$"
)
_RANGE_LINK = re.compile(r"\s*(?:y|a|e|o|and|to|hasta|ate|-|–)\s*(?:los |tus )?")
_PRICE_BELOW = re.compile(
    r"(?:\b(?:por|en|cuestan?|vale[n]?|sale[n]?|queda[n]?|costs?|for|is|custa|fica)(?: (?:en|por|a|solo|incluso|hasta))*"
    r" (?:menos de|por debajo de|debajo de|less than|under|below|hasta|maximo|abaixo de))(?: (?:los|de))* *$"
)
_OVER_LIMIT = re.compile(
    r"pasa|super|exced|encima|fuera|falt|lament|acerca|cercan|poco mas|sobrepas|above|over|exceed|acima|tendrias|not "
)
_TOTAL = re.compile(
    r"\btotal\w*|\bser[ia][ai]n?\b|\bseria[n]?\b|\bsuman?\b|\bsumando\b|\bsumaria\w*|\bjuntos?\b|\bjuntas?\b|\bambos\b|\bambas\b|\blos dos\b|\blas dos\b"
    r"|\bpor (?:los|las) |\bboth\b|\btogether\b|\bcomes? to\b|\bqueda\w* en\b|\bquedaria\w*\b|\bsald\w+|\bsale[n]? (?:en|por|a)\b|\bpag\w+\b|\bincluy\w+|\bcon (?:el )?(?:envio|domicilio)"
    r"|\bmas (?:el )?(?:envio|domicilio)|\bwith (?:shipping|delivery)|\bcom (?:o )?frete|\bpedido\b|\bcompra\b|\btodo\b|\bllev\w+|\bunidades\b|\bunits\b|\bcombo\b"
    r"|\bpor \d|\bpor (?:dos|tres|cuatro|cinco|seis|diez)\b|\bfor (?:\d|two|three)|\bos dois\b|\bas duas\b|\b\d+ ?x\b|\bx ?\d|[=×]|\bcuestan\b|\bcost\b|\bvalen\b|\bcustam\b|\bpar\b|\bdocena\b"
)
_JOINT = re.compile(
    r"\b(?:total\w*|juntos|juntas|sum\w+|together|altogether|ao todo|por (?:los|las) (?:dos|tres|cuatro|\d+))\b"
)
_EACH = re.compile(
    r"\bcada\b|\bc/u\b|\beach\b|\bpor unidad\b|\bunitari\w+|\bapiece\b|\bper unit\b|\bla unidad\b|\bcada um"
)
_DIFFERENCE = re.compile(
    r"\b(?:diferencia|difference|diferenca|sobran?|sobrarian?|faltan?|faltarian?|short)\b[^$\d]*$"
)
_COMPARED = re.compile(
    r"(?: pesos| cop)? (?:mas|menos|more|less|mais) (?:barat|car|econ|que|than|do que|expen)|(?: \w+)? cheaper"
)
_DELIVERY = r"(?:envio|domicilio|entrega|despacho|flete|delivery|shipping|frete)s?"
_FACT_CUE = re.compile(
    rf"\b(?:{_DELIVERY}|minim\w+|minimum|compras?|pedidos?|orders?|desde|partir|superior\w*|retiro|recog\w+|instal\w+|anticipo|abono|sena|deposito|adicional\w*|recargo|tarifa)\b"
)
_OF_DELIVERY = re.compile(
    rf"\b{_DELIVERY}(?: \w+){{0,2}} (?:de|del|para|of|for|do|da)(?: (?:el|la|los|las|the|tu|un|una))?\s*$"
)
_INSTALMENTS = re.compile(
    r"(?P<count>\d{1,2}) (?:cuotas?|meses|pagos|parcelas|installments|mensualidades)"
)
_DELIVERY_WORD = re.compile(rf"\b(?:{_DELIVERY}|envi\w+|ship\w*|deliver\w*|llev\w+|zona)\b")
_STRONG_DISCOUNT = re.compile(
    r"desc|dto|dct|off|rebaj|promo|oferta|menos|barat|cheap|less|liquid|remate|ahorr|sale|half|mitad|bonif"
)
_SALE_STATE = re.compile(r"en oferta|rebajad|on sale|liquidac|remate|antes|mitad|half|anterior|regular")
_TOLERANCE = Decimal("0.02")
_CLAIM_LENGTH = 80


class _Reading:
    """One reply, read once; the rules below ask it."""

    def __init__(self, text: str, evidence: Evidence) -> None:
        self.evidence = evidence
        self.folded = fold(plain(text))
        self.written = plain(text)
        self.mentions = evidence.names.find(text)
        self.sentences = sentences(self.folded)
        names = [(m.start, m.end) for m in self.mentions if m.products]
        self.amounts = [a for a in find_amounts(text, names) if self._is_money(a)]
        self.used: set[int] = set()
        """Products whose price an amount of the reply is."""
        self._settled: dict[Mention, set[int]] = {}
        self._stated: list[Decimal] = []
        self._text = text

    def named(self) -> set[int]:
        """The products named; of several that fit one name, those whose price was said."""
        found: set[int] = set()
        for mention in self.mentions:
            found |= self._settled.get(mention) or (
                set(mention.products) if len(mention.products) <= 3 else set()
            )
        return found

    def rejections(self) -> Iterator[Rejection]:
        yield from self._amount_rejections()
        yield from self._stock_rejections()
        yield from self._discount_rejections()

    def _is_money(self, amount: Amount) -> bool:
        """Bare numbers that names, descriptions or facts hold as such are no money."""
        if amount.is_marked:
            return True
        digits = re.sub(r"\D", "", self.written[amount.start : amount.end])
        inside = any(m.start <= amount.start and amount.end <= m.end for m in self.mentions)
        foreign_letter = amount.currencies and not any(
            amount.fits(product.currency) for product in self.evidence.products
        )
        return not (inside or digits in self.evidence.numbers or foreign_letter)

    def _mentions_in(self, span: Span) -> list[Mention]:
        return [m for m in self.mentions if span[0] <= m.start < span[1]]

    def _reject(self, kind: str, span: Span, reason: str) -> Rejection:
        start, end = span
        sentence = next((s for s in self.sentences if s[0] <= start < s[1]), span)
        claim = self.written[slice(*sentence)].strip()
        if len(claim) > _CLAIM_LENGTH:
            claim = self.written[max(sentence[0], start - 40) : end].strip()
        return Rejection(kind, claim, reason)

    # Amounts

    def _amount_rejections(self) -> Iterator[Rejection]:
        carried: Owners = self.evidence.asked
        heading: Span | None = None
        for sentence in self.sentences:
            mentions = self._mentions_in(sentence)
            own = [a for a in self.amounts if sentence[0] <= a.start < sentence[1]]
            prices: list[Amount] = []
            for amount in own:
                reason = self._judge_limit(amount, sentence, own)
                if reason:
                    yield self._reject("amount", (amount.start, amount.end), reason)
                elif reason is None and not self._is_fact(amount, sentence, own, heading):
                    prices.append(amount)
            for amount, owners in assign(self.folded, sentence, mentions, prices, carried):
                reason = self._judge_price(amount, owners, sentence)
                if reason:
                    yield self._reject("amount", (amount.start, amount.end), reason)
            carried = tuple(mentions) or carried
            heading = (
                sentence
                if self.folded[slice(*sentence)].rstrip().endswith(":")
                else (heading if not mentions else None)
            )

    def _judge_limit(self, amount: Amount, sentence: Span, own: list[Amount]) -> str | None:
        """ "" for the customer's own figure said as a limit or denied, None for anything else."""
        if amount.value not in self.evidence.figures:
            return None
        if self._is_price_of_any(amount) and not _PRICE_BELOW.search(self.folded[: amount.start]):
            return None
        clause = clause_around(self.folded, sentence, amount.start, amount.end)
        denied = denies(self.folded, clause, amount.start)
        before = self.folded[max(sentence[0], amount.start - 45) : amount.start]
        previous = next((a for a in reversed(own) if a.end <= amount.start), None)
        in_range = previous is not None and bool(
            _RANGE_LINK.fullmatch(self.folded, previous.end, amount.start)
            and _LOWER.search(self.folded[sentence[0] : previous.start])
        )
        if (
            not denied
            and _PRICE_BELOW.search(before)
            and not self._some_cost_less(amount, sentence)
        ):
            return "limit"
        if denied or in_range or _LOWER.search(before):
            return ""
        if _UPPER.search(before):
            return "limit" if self._promises_too_much(amount, sentence, clause) else ""
        return None

    def _is_price_of_any(self, amount: Amount) -> bool:
        return any(self._equals(amount, i) for i in range(len(self.evidence.products)))

    def _some_cost_less(self, amount: Amount, sentence: Span) -> bool:
        """Whether the products spoken of (or any candidate) really cost less."""
        before = [m for m in self._mentions_in((sentence[0], amount.start)) if m.products]
        owners = before[-1:] or list(self.evidence.asked)[:1]
        among = owners[0].products if owners else range(len(self.evidence.products))
        return any(self.evidence.prices[i] <= amount.value for i in among)

    def _promises_too_much(self, amount: Amount, sentence: Span, clause: Span) -> bool:
        """ "Con tus 600 mil te llevas el X", where X costs more and nobody says so."""
        if _OVER_LIMIT.search(self.folded, *sentence):
            return False
        behind = [m for m in self._mentions_in((amount.end, clause[1])) if m.products]
        priced = behind and any(
            a.start > behind[0].end for a in self.amounts if a.end <= sentence[1]
        )
        if not behind or priced:
            return False
        return all(self.evidence.prices[i] > amount.value for i in behind[0].products)

    def _equals(self, amount: Amount, product: int, times: int = 1) -> bool:
        price = self.evidence.prices[product] * times
        return amount.fits(self.evidence.products[product].currency) and _same(amount, price)

    def _is_fact(
        self, amount: Amount, sentence: Span, own: list[Amount], heading: Span | None
    ) -> bool:
        """Whether the amount is one of the shop's facts and is said as such."""
        holding = [
            fact
            for fact in self.evidence.facts
            if _same(amount, fact.value)
            and (not amount.currencies or amount.currencies & fact.currencies)
        ]
        if not holding:
            return False
        lead, trail = self._surroundings(amount, sentence, own)
        if heading is not None:
            lead = self.folded[slice(*heading)] + lead
        said = words_of(lead) | words_of(trail)
        return any(
            (_FACT_CUE.search(lead) or _FACT_CUE.search(trail) or len(said & fact.words) >= 1)
            and self._zone_fits(fact, said)
            for fact in holding
        )

    def _surroundings(self, amount: Amount, sentence: Span, own: list[Amount]) -> tuple[str, str]:
        """What is said of an amount before and behind it, as far as it is not said of another."""
        mentions = [m for m in self._mentions_in((sentence[0], amount.start)) if m.products]
        amounts = [a for a in own if a.end <= amount.start]
        start = max([sentence[0], *(m.end for m in mentions), *(a.end for a in amounts)])
        lead = self.folded[start : amount.start]
        behind_name = bool(mentions) and start == mentions[-1].end
        if behind_name:
            before = self.folded[sentence[0] : mentions[-1].start]
            if (cue := _OF_DELIVERY.search(before)) is not None:
                lead = cue[0] + lead
            return lead, ""
        following = [a.start for a in own if a.start > amount.start]
        following += [m.start for m in self._mentions_in((amount.end, sentence[1]))]
        return lead, self.folded[amount.end : min([sentence[1], *following])]

    def _zone_fits(self, fact: FactAmount, said: frozenset[str]) -> bool:
        """A delivery cost must not stand beside the name of another zone."""
        if not fact.zone or said & fact.zone:
            return True
        others = frozenset().union(*(other.zone for other in self.evidence.facts))
        return not said & (others - fact.zone)

    def _judge_price(self, amount: Amount, owners: Owners, sentence: Span) -> str | None:
        """Why an amount is no true price, sum or difference; None when it is."""
        if owners and not any(owner.products for owner in owners):
            return "unknown_product"
        fitting = sorted({i for owner in owners for i in owner.products})
        among = fitting or range(len(self.evidence.products))
        matches = {i for i in among if self._equals(amount, i) or self._is_own_amount(amount, i)}
        if matches and not self._hides_a_sum(amount, owners, sentence):
            self._settle(owners, matches)
            self._stated.append(amount.value)
            return None
        if self._is_computed(amount, owners, sentence):
            return None
        said = words_of(self.folded[slice(*sentence)])
        if not owners and any(
            self._is_fact_value(amount, fact) and self._zone_fits(fact, said)
            for fact in self.evidence.facts
        ):
            return None
        if matches:
            return "sum"
        if self._is_price_of_any(amount):
            return "other_product"
        currency_blind = Amount(amount.value, frozenset(), amount.start, amount.end)
        return "currency" if self._is_price_of_any(currency_blind) else "not_held"

    def _is_fact_value(self, amount: Amount, fact: FactAmount) -> bool:
        return _same(amount, fact.value) and (
            not amount.currencies or bool(amount.currencies & fact.currencies)
        )

    def _is_own_amount(self, amount: Amount, product: int) -> bool:
        return any(amount.value == own.value for own in self.evidence.amounts_of(product))

    def _settle(self, owners: Owners, matches: set[int]) -> None:
        if len(matches) == 1:
            self.used |= matches
        for owner in owners:
            if matches & set(owner.products):
                self._settled.setdefault(owner, set()).update(matches & set(owner.products))

    def _hides_a_sum(self, amount: Amount, owners: Owners, sentence: Span) -> bool:
        """ "Los dos por …" or "2 serían …" followed by the price of one."""
        clause = self.folded[sentence[0] : amount.end]
        if _EACH.search(self.folded, *sentence):
            return False
        several = {i for owner in owners for i in owner.products}
        if (
            _JOINT.search(clause)
            and len(owners) > 1
            and not all(self._equals(amount, i) for i in several)
        ):
            return True
        near = clause_around(self.folded, sentence, amount.start, amount.end)
        counted = quantities_in(self._without_names((near[0], amount.start)))
        return bool(
            counted - {1}
            and max(counted) > 1
            and max(counted) in self.evidence.quantities
            and re.search(
                r"\b(?:total\w*|seria[n]?|suman?|quedarian?|por (?:los|las))\b",
                self.folded[near[0] : amount.start],
            )
        )

    def _without_names(self, span: Span) -> str:
        """A stretch of the reply with product names and amounts blanked: their digits count nothing."""
        letters = list(self.folded[slice(*span)])
        for item in (*self.mentions, *self.amounts):
            for index in range(max(item.start, span[0]), min(item.end, span[1])):
                letters[index - span[0]] = " "
        return "".join(letters)

    def _is_computed(self, amount: Amount, owners: Owners, sentence: Span) -> bool:
        said = self.folded[slice(*sentence)]
        if self._is_difference(amount, sentence):
            return True
        if self._is_instalment(amount, owners, said):
            return True
        if not _TOTAL.search(said):
            return False
        stated = quantities_in(self._without_names(sentence))
        counts = sorted({1, *stated, *self.evidence.quantities} & set(range(1, 1000)))[:8]
        units = set(self.evidence.prices)
        return any(
            _same(amount, total + cost)
            for total in self._totals(amount, owners, sentence, counts)
            for cost in self.evidence.delivery_costs
            if cost or total not in units
        )

    def _totals(
        self, amount: Amount, owners: Owners, sentence: Span, counts: list[int]
    ) -> Iterator[Decimal]:
        """Multiples of one product, sums of the products named together, sums of what was said."""
        alone = {i for owner in owners for i in owner.products} or set(
            range(len(self.evidence.prices))
        )
        if not (len(owners) > 1 and _JOINT.search(self.folded, *sentence)):
            for i in alone:
                if amount.fits(self.evidence.products[i].currency):
                    yield from (self.evidence.prices[i] * count for count in counts)
        together = [m for m in self._mentions_in((sentence[0], amount.start)) if m.products]
        for mentions in (together, list(self.evidence.asked), list(owners)):
            yield from self._sums(mentions, counts)
        yield from _subset_sums(self._stated[-8:])

    def _sums(self, mentions: list[Mention], counts: list[int]) -> Iterator[Decimal]:
        """The sum of the products named, each in any of the counts at hand."""
        distinct = list({m.products: m for m in mentions if m.products}.values())
        if not 2 <= len(distinct) <= 4:
            return
        choices = [
            [self.evidence.prices[i] * count for i in m.products[:3] for count in counts[:4]]
            for m in distinct
        ]
        for parts in combinations_of(*choices):
            yield sum(parts, Decimal(0))

    def _is_difference(self, amount: Amount, sentence: Span) -> bool:
        """ "La diferencia es de …", "… más barato", "te faltan … para"."""
        before = self._without_names((sentence[0], amount.start))
        if not (_DIFFERENCE.search(before) or _COMPARED.match(self.folded, amount.end)):
            return False
        held = [*self.evidence.prices, *self._stated]
        other = [*held, *self.evidence.figures] + [
            f.value for f in self.evidence.facts if not f.zone
        ]
        return any(_same(amount, abs(a - b)) for a in held for b in other if a != b)

    def _is_instalment(self, amount: Amount, owners: Owners, said: str) -> bool:
        match = _INSTALMENTS.search(said)
        if match is None or not re.search(rf"\b{match['count']}\b", self.evidence.facts_text):
            return False
        count = int(match["count"])
        among = {i for owner in owners for i in owner.products} or range(len(self.evidence.prices))
        return any(abs(amount.value * count - self.evidence.prices[i]) <= count for i in among)

    # Stock

    def _stock_rejections(self) -> Iterator[Rejection]:
        claims = find_stock_claims(self._text)
        has_none = any(claim.says == "none" for claim in claims)
        for claim in claims:
            if claim.says == "offered" and has_none:
                continue
            owners = self._stock_owners(claim)
            if not all(self._stock_agrees(claim, owner) for owner in owners):
                yield self._reject("stock", (claim.start, claim.end), "not_so")
            elif not owners and not self._heading_agrees(claim):
                yield self._reject("stock", (claim.start, claim.end), "not_held")

    def _stock_owners(self, claim: StockClaim) -> list[tuple[int, ...]]:
        """The products a stock claim speaks of; each entry holds those one name fits."""
        sentence = next(s for s in self.sentences if s[0] <= claim.start < s[1])
        mentions = self._mentions_in(sentence)
        clause = clause_around(self.folded, sentence, claim.start, claim.end)
        inside = [m for m in mentions if clause[0] <= m.start < clause[1]]
        before = [m for m in mentions if m.start < claim.start]
        if inside:
            before_inside = [m for m in inside if m.start < claim.start]
            return [m.products for m in (before_inside or inside) if m.products]
        if before:
            return [before[-1].products] if before[-1].products else []
        if mentions:
            return [mentions[0].products] if mentions[0].products else []
        if self.folded[slice(*sentence)].rstrip().endswith(":"):
            return []
        earlier = [m for m in self.mentions if m.end <= sentence[0]]
        if earlier:
            return [earlier[-1].products] if earlier[-1].products else []
        return (
            [tuple({i for m in self.evidence.asked for i in m.products})]
            if self.evidence.asked
            else []
        )

    def _stock_agrees(self, claim: StockClaim, fitting: tuple[int, ...]) -> bool:
        settled = {
            i for m in self.mentions if m.products == fitting for i in self._settled.get(m, ())
        }
        among = settled or set(fitting)
        return any(self._stock_is(claim, self.evidence.products[i].stock) for i in among)

    def _stock_is(self, claim: StockClaim, stock: int | None) -> bool:
        if claim.says == "offered":
            return stock != 0
        if stock is None:
            return False
        if claim.units is None:
            return (stock == 0) == (claim.says == "none")
        if claim.says == "more_than":
            return stock > claim.units
        if claim.says == "at_least":
            return stock >= claim.units
        asked = claim.units in self.evidence.quantities and claim.units > 1
        is_offer = asked and re.match(
            r"hay|tenemos|tengo|contamos|we have|temos", self.folded[claim.start :]
        )
        return stock == claim.units or bool(is_offer and stock >= claim.units)

    def _heading_agrees(self, claim: StockClaim) -> bool:
        """A claim of no particular product: true of the candidates, or a count of the options."""
        stocks = [product.stock for product in self.evidence.products]
        if not stocks:
            return claim.says in ("none", "offered") or not self._speaks_of_units(claim)
        if claim.says in ("some", "offered"):
            return any(stock != 0 for stock in stocks)
        if claim.says == "none":
            return True
        if (
            claim.units is not None
            and claim.units <= len(stocks)
            and not self._speaks_of_units(claim)
        ):
            return True
        return any(self._stock_is(claim, stock) for stock in stocks)

    def _speaks_of_units(self, claim: StockClaim) -> bool:
        return bool(
            re.search(
                r"unid|uds|unit|stock|pieza|queda|left|only|solo",
                self.folded[claim.start : claim.end],
            )
        )

    # Discounts

    def _discount_rejections(self) -> Iterator[Rejection]:
        for claim in find_discount_claims(self._text):
            if any(m.start <= claim.start < m.end for m in self.mentions):
                continue
            if not self._is_granted(claim):
                yield self._reject("discount", (claim.start, claim.end), claim.kind)

    def _is_granted(self, claim: DiscountClaim) -> bool:
        sentence = next(s for s in self.sentences if s[0] <= claim.start < s[1])
        said = self.folded[claim.start : claim.end]
        figure = claim.figure.rstrip("%")
        is_weak = claim.kind == "discount" and figure and not _STRONG_DISCOUNT.search(said)
        if is_weak and self._is_known_percentage(figure):
            return True
        named = {i for m in self._mentions_in(sentence) for i in m.products}
        spoken_of = named or self._spoken_of(sentence)
        if any(_covers(own, claim) for i in spoken_of for own in self.evidence.discounts_of(i)):
            return True
        return any(
            _covers(own, claim) and self._condition_holds(grant, claim, sentence, bool(named))
            for grant in self.evidence.grants
            for own in grant.claims
        )

    def _spoken_of(self, sentence: Span) -> set[int]:
        """The products named last before a sentence, else asked for, else all candidates."""
        earlier = [m for m in self.mentions if m.end <= sentence[0] and m.products][-1:]
        asked = earlier or self.evidence.asked
        return {i for m in asked for i in m.products} or set(range(len(self.evidence.products)))

    def _is_known_percentage(self, figure: str) -> bool:
        texts = [self.evidence.facts_text, *map(product_text, self.evidence.products)]
        return any(re.search(rf"\b{re.escape(figure)} ?%", plain(text)) for text in texts)

    def _condition_holds(
        self, grant: FactText, claim: DiscountClaim, sentence: Span, beside_name: bool
    ) -> bool:
        """What a fact grants comes with its condition: its zone, its minimum, its way to pay."""
        if grant.amounts and claim.kind in ("free", "gift"):
            said = {amount.value for amount in self.amounts}
            return any(v in said or any(s >= v for s in self._stated) for v in grant.amounts)
        is_state = bool(_SALE_STATE.search(self.folded, claim.start, claim.end))
        if claim.kind == "sale" and (beside_name or is_state):
            return bool(grant.words & words_of(self.folded[slice(*sentence)]))
        scope = self.folded[slice(*sentence)] if beside_name else self.folded
        return not grant.words or bool(grant.words & words_of(scope))


def _covers(own: DiscountClaim, claim: DiscountClaim) -> bool:
    """Whether what is held grants what is claimed: same kind, and no other figure."""
    if claim.kind == "sale" and own.kind in ("discount", "bundle"):
        return True
    return own.kind == claim.kind and claim.figure in ("", own.figure)


def _same(amount: Amount, value: Decimal) -> bool:
    if amount.is_approximate:
        return abs(amount.value - value) <= abs(value) * _TOLERANCE
    return amount.value == value


def _subset_sums(values: list[Decimal]) -> Iterator[Decimal]:
    """Sums of two or more of the amounts said so far; of all of them first."""
    distinct = list(dict.fromkeys(values))
    for mask in range((1 << len(distinct)) - 1, 0, -1):
        if mask & (mask - 1):
            yield sum((v for i, v in enumerate(distinct) if mask >> i & 1), Decimal(0))
