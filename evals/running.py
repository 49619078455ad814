"""Scripted talks and a shop enter, what the shop really answered leaves, judged turn by turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import app
from bot.figures import attempts_of
from bot.health import Member
from bot.messages import Reply
from bot.planning import Lineup
from catalog.files.checking import CheckedFile
from catalog.products import select_views, view
from core.errors import AllProvidersFailed
from core.ids import new_id
from evals.isolation import add_products, copy_of, own_products
from evals.judging import Failure, Judge, Shop, make_shop
from evals.reading import Talk, Turn, fault, raise_faults
from shop import facts as shop_facts

AT_ONCE = 4
"""Talks that are held at the same time: a shop's provider is not to be stormed."""
OF_REPLY = (
    *("provider", "model", "products", "truth", "grounded"),
    *("prompt_version", "prompt_tokens", "duration_ms"),
)
OF_LEDGER = ("input_tokens", "output_tokens", "cost_usd")


@dataclass(frozen=True, slots=True)
class Plan:
    """How to hold the talks.

    Args:
        members: who is asked, in order; None leaves it to the settings, () asks nobody.
        catalog, facts: what stands in for the shop's own (see `copy_of`).
        told: is told how many talks of how many are done.
    """

    times: int = 1
    members: Sequence[Member] | None = None
    catalog: Path | None = None
    facts: Mapping[str, Any] | None = None
    told: Callable[[int, int], None] = lambda _done, _all: None


@dataclass(frozen=True, slots=True)
class TurnRun:
    """One turn as it went.

    Args:
        reply: None when nobody answered; then `error` says of which class.
        is_given: the script says what was answered.
        failures: what is wrong with the reply.
        answer: how the reply came about, as the report shows it.
    """

    question: str
    reply: str | None
    is_given: bool = False
    error: str | None = None
    failures: tuple[Failure, ...] = ()
    answer: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TalkRun:
    """One talk, held for the `round`th time."""

    talk: Talk
    round: int
    turns: tuple[TurnRun, ...]

    @property
    def passed(self) -> bool:
        return not any(turn.failures for turn in self.turns)


async def run_talks(house: app.House, talks: Sequence[Talk], plan: Plan) -> list[TalkRun]:
    """Hold every talk as often as planned, each a conversation of its own.

    Talks share a copy of the shop; one with products of its own gets a copy to itself.

    Raises:
        ConfigError: a talk speaks of a product its shop does not have.
    """
    holder = _Holder(plan, len(talks) * plan.times)
    currency = app.shop_currency(house)
    own = {talk.id: own_products(talk, currency) for talk in talks if talk.products}
    with copy_of(house, catalog=plan.catalog, facts=plan.facts) as copy:
        _check(talks, own, _shop(copy))
        await holder.hold(copy, [talk for talk in talks if talk.id not in own])
    for talk in talks:
        if talk.id in own:
            with copy_of(house, catalog=plan.catalog, facts=plan.facts) as copy:
                add_products(copy, own[talk.id])
                await holder.hold(copy, [talk])
    order = {talk.id: place for place, talk in enumerate(talks)}
    return sorted(holder.done, key=lambda run: (order[run.talk.id], run.round))


def _check(talks: Iterable[Talk], own: Mapping[str, CheckedFile], shop: Shop) -> None:
    """Before anybody is asked: each product that is spoken of is there."""
    for talk in talks:
        rows = own[talk.id].rows if talk.id in own else ()
        known = shop.products.keys() | {row.sku for row in rows}
        raise_faults(
            fault(talk.id, f"turns.{number}.expect", "sku", sku)
            for number, turn in enumerate(talk.turns)
            for sku in sorted(turn.expect.skus - known)
        )


def _shop(house: app.House) -> Shop:
    products = house.database.read(lambda c: [view(row) for row in c.execute(select_views())])
    return make_shop(products, house.database.read(shop_facts.load))


class _Holder:
    """Holds talks, a few at the same time, and counts those that are done."""

    def __init__(self, plan: Plan, wanted: int) -> None:
        self.done: list[TalkRun] = []
        self._plan = plan
        self._wanted = wanted
        self._room = asyncio.Semaphore(AT_ONCE)

    async def hold(self, house: app.House, talks: Sequence[Talk]) -> None:
        """Hold these talks in this shop, as often as planned."""
        shop, first = _shop(house), len(self.done)
        rounds = range(1, self._plan.times + 1)
        async with app.open_engine(house) as engine:
            if self._plan.members is not None:
                engine.responder.lineup = Lineup(chat=self._plan.members)
            await asyncio.gather(
                *(self._talk(engine, shop, talk, round_) for round_ in rounds for talk in talks)
            )
        # Only now the ledger has stored what the answers cost.
        self.done[first:] = [_with_costs(house, run) for run in self.done[first:]]

    async def _talk(self, engine: app.Engine, shop: Shop, talk: Talk, round_: int) -> None:
        async with self._room:
            judge = Judge(shop, talk.language)
            contact = f"{talk.id} {round_}"
            turns = [await _turn(engine, judge, contact, turn) for turn in talk.turns]
        self.done.append(TalkRun(talk, round_, tuple(turns)))
        self._plan.told(len(self.done), self._wanted)


async def _turn(engine: app.Engine, judge: Judge, contact: str, turn: Turn) -> TurnRun:
    question, turn_id = "\n".join(turn.say), new_id()
    judge.hear(question, turn.reply or "")
    if turn.reply is not None:
        await engine.asker.keep(question, contact, turn_id, Reply(turn.reply, "-", None))
        return TurnRun(question, turn.reply, is_given=True)
    try:
        reply = await engine.asker.reply(question, contact, turn_id)
    except AllProvidersFailed as error:
        failures = judge.judge("", (), turn.expect)
        return TurnRun(question, None, error=error.error_class, failures=failures)
    failures = judge.judge(reply.text, reply.products, turn.expect)
    answer = {"turn_id": turn_id, **{name: getattr(reply, name) for name in OF_REPLY}}
    return TurnRun(question, reply.text, failures=failures, answer=answer)


def _with_costs(house: app.House, run: TalkRun) -> TalkRun:
    def priced(turn: TurnRun) -> TurnRun:
        answer = turn.answer
        if answer is None:
            return turn
        rows = house.database.read(lambda c: attempts_of(c, answer["turn_id"]))
        costs = {name: sum(row[name] or 0 for row in rows) for name in OF_LEDGER}
        return replace(turn, answer={**answer, **costs})

    return replace(run, turns=tuple(map(priced, run.turns)))
