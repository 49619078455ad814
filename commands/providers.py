"""Commands about AI providers: providers, stats, switch, test, attempts."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import app
from bot.figures import costs_since, newest_attempts, provider_figures
from bot.health import Member
from bot.health.pings import Ping
from bot.messages import Completion, Prompt, PromptMessage
from bot.planning import BUDGET, Lineup, Rules
from bot.providers.advice import advise
from bot.responder import Responder
from bot.saved_settings import save_setting, saved_settings
from commands.output import complain, say, say_json, table
from core.env_values import PROVIDER_NAMES
from core.errors import AllProvidersFailed, ConfigError
from core.texts import text


def providers(arguments: Namespace) -> int:
    """Ping every provider of the order now."""
    with closing(app.open_house(quiet=True)) as house:
        look = asyncio.run(ping_all(house))
    if arguments.json:
        say_json([ping_row(ping) for ping in look.pings])
    else:
        for ping in look.pings:
            say(ping_line(ping))
            for note in look.notes[ping.name]:
                say(f"   {note}")
        say(text("commands.answers_now", name=look.current or text("commands.catalog_as_model")))
    return 0 if any(ping.ok for ping in look.pings) else 1


@dataclass(frozen=True, slots=True)
class Look:
    """A ping of each provider of the order, notes on each, and who would be asked after it."""

    pings: list[Ping]
    notes: dict[str, list[str]]
    current: str | None


async def ping_all(house: app.House) -> Look:
    """Ping every provider of the order, those without a key too."""
    async with app.open_engine(house) as engine:
        listed = engine.roster.listed
        pings = await engine.pinger.ping_all(listed)
        notes = {member.name: list(_notes(house, engine, member)) for member in listed}
        return Look(pings, notes, engine.responder.current())


def _notes(house: app.House, engine: app.Engine, member: Member) -> Iterator[str]:
    """What a ping does not say: until when it is left alone, which model stands in."""
    pause = engine.responder.pause_of(member)
    if pause is not None and member.is_configured:
        until = app.shop_time(house, house.clock.now() + timedelta(seconds=pause[1]))
        key = "provider_paused_budget" if pause[0] == BUDGET else "provider_paused"
        yield text(f"commands.{key}", until=f"{until:%d/%m %H:%M}")
    wanted, found = member.model_for("chat"), engine.health.current_model(member)
    if wanted and found != wanted:
        yield text("commands.model_replaced", gone=wanted, found=found)


def ping_row(ping: Ping) -> dict[str, Any]:
    """The contract's row of one provider."""
    return {**asdict(ping), "checked_at": ping.checked_at.isoformat()}


def ping_line(ping: Ping) -> str:
    """One provider on one line, with what to do when it cannot be used."""
    if ping.ok:
        words = text("commands.provider_ok", name=ping.name.upper())
        return f"{words:<32}({ping.latency_ms} ms, {ping.model or '-'})"
    words = text("commands.provider_down", name=ping.name.upper())
    return f"{words:<32}({ping.advice or ping.error})"


def stats(arguments: Namespace) -> int:
    """Figures of every provider, from the ledger."""
    with closing(app.open_house(quiet=True)) as house:
        settings = house.settings
        current, roster = asyncio.run(_current(house))
        names = [member.name for member in roster.listed]
        usable = [member.name for member in roster.usable]
        figures = house.database.read(lambda c: provider_figures(c, names))
        costs = _costs(house)
    body = {
        "current": current,
        "available": usable,
        "fallback": settings.ai_fallback_enabled,
        "providers": figures,
        "costs": costs,
    }
    if arguments.json:
        say_json(body)
    else:
        say(text("commands.stats_order", order=" → ".join(usable) or "-"))
        table([_HEADINGS, *(_figure_cells(row) for row in figures)])
        for period in ("day", "month"):
            say(text(f"commands.stats_{period}", **costs[period]))
        if costs["budget_usd"] is not None:
            say(text("commands.stats_budget", usd=costs["budget_usd"]))
    return 0


async def _current(house: app.House) -> tuple[str | None, app.Roster]:
    """Who would be asked now, and everybody."""
    async with app.open_engine(house) as engine:
        return engine.responder.current(), engine.roster


def _costs(house: app.House) -> dict[str, Any]:
    """What the shop's day and month have cost so far; Meta's own fees are not known here."""
    day = app.day_start(house, house.clock.now())
    month = app.day_start(house, house.clock.now(), of_month=True)
    return {
        "day": house.database.read(lambda c: costs_since(c, day)),
        "month": house.database.read(lambda c: costs_since(c, month)),
        "budget_usd": house.settings.ai_daily_budget_usd,
    }


_HEADINGS = ("provider", "requests", "ok", "failed", "mean ms", "p95 ms", "tokens in", "out", "USD")


def _figure_cells(row: dict[str, Any]) -> tuple[str, ...]:
    cells = (
        row["name"],
        row["requests"],
        row["succeeded"],
        row["failed"],
        row["mean_ms"],
        row["p95_ms"],
        row["input_tokens"],
        row["output_tokens"],
        None if row["cost_usd"] is None else f"{row['cost_usd']:.4f}",
    )
    return tuple("-" if cell is None else str(cell) for cell in cells)


def switch(arguments: Namespace) -> int:
    """Put one provider first, or go back to the configured order."""
    name = arguments.name.lower()
    if name != "auto" and name not in PROVIDER_NAMES:
        raise ConfigError(
            text("commands.provider_unknown", name=name, names=", ".join((*PROVIDER_NAMES, "auto")))
        )
    with closing(app.open_house(quiet=True)) as house:
        value = None if name == "auto" else name
        house.database.write(
            lambda c: save_setting(c, "AI_PROVIDER", value, by="cli", now=house.clock.now())
        )
        settings = app.read_settings(house.database.read(saved_settings))
    usable = [member.name for member in asyncio.run(app.find_roster(settings)).usable]
    say(text("commands.switched", order=" → ".join(usable) or "-"))
    if value and value not in usable:
        say(text("commands.switched_without_key", name=value))
    return 0


def test(arguments: Namespace) -> int:
    """One real generation with one provider."""
    name = arguments.name.lower()
    with closing(app.open_house(quiet=True)) as house:
        member = app.Roster(house.settings).member(name)
        if not member.is_configured:
            complain(f"❌ {advise('unconfigured', member.provider, member.settings)}")
            return 1
        try:
            completion = asyncio.run(_generate(house, name))
        except AllProvidersFailed as error:
            failure = error.errors[-1]
            complain(f"❌ {name}: {failure.error_class}: {failure}")
            complain(f"   {advise(failure.error_class, member.provider, member.settings)}")
            return 1
    say(f"✅ {name} ({completion.model}): {completion.text}")
    return 0


async def _generate(house: app.House, name: str) -> Completion:
    settings = house.settings
    prompt = Prompt(
        (
            PromptMessage("system", text("commands.test_system", settings.shop_language)),
            PromptMessage("user", text("commands.test_question", settings.shop_language)),
        ),
        settings.ai_temperature,
        settings.ai_max_tokens,
    )
    async with app.open_engine(house) as engine:
        alone: Responder = engine.responder
        alone.lineup = Lineup((engine.roster.member(name),))
        alone.rules = Rules(attempts=1, auto_model=settings.ai_auto_model)
        return await alone.respond(prompt, deadline_s=settings.turn_deadline_s)


def attempts(arguments: Namespace) -> int:
    """The ledger, newest first."""
    if arguments.limit < 1:
        raise ConfigError(text("commands.limit_wrong"))
    with closing(app.open_house(quiet=True)) as house:
        rows = house.database.read(lambda c: newest_attempts(c, arguments.limit))
    if arguments.json:
        say_json(rows)
    elif not rows:
        say(text("commands.no_attempts"))
    else:
        heading = ("started_at", "provider", "model", "attempt", "outcome", "status", "ms")
        table([heading, *(_attempt_cells(row) for row in rows)])
    return 0


def _attempt_cells(row: dict[str, Any]) -> tuple[str, ...]:
    names = ("started_at", "provider", "model", "attempt", "outcome", "status", "duration_ms")
    return tuple("-" if row[name] is None else str(row[name]) for name in names)
