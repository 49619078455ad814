"""The doctor: every setting and connection is checked, and how to mend each is said."""

from __future__ import annotations

import asyncio
import platform
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict

import app
from bot.health.pings import Ping
from catalog.search import count_products
from commands import machine
from commands.machine import Finding
from commands.output import say, say_json
from commands.providers import ping_all
from core.errors import DeliveryError, ImportRejected
from core.settings import Settings
from core.texts import text
from shop import facts


def doctor(arguments: Namespace) -> int:
    """Check everything; exit 1 when something wants mending."""
    with closing(app.open_house(quiet=True)) as house:
        look = asyncio.run(ping_all(house))
        findings = list(_findings(house, look.pings, look.notes))
    if arguments.json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{'✅' if finding.ok else '❌'} {finding.check}: {finding.detail}")
            if finding.mend:
                say(f"   → {finding.mend}")
    return 0 if all(finding.ok for finding in findings) else 1


def _findings(
    house: app.House, pings: list[Ping], notes: dict[str, list[str]]
) -> Iterator[Finding]:
    settings = house.settings
    yield Finding("python", True, f"{platform.python_version()} ({platform.system()})")
    yield from _settings(settings)
    yield from machine.examine(house)
    yield _catalog(house)
    if house.settings.catalog_source:
        yield _catalog_source(house)
    yield _facts(house)
    yield from _twilio(house)
    yield machine.owner(settings)
    yield from (_provider(ping, notes[ping.name]) for ping in pings)
    usable = [ping.name for ping in pings if ping.ok]
    yield Finding(
        "ai",
        bool(usable),
        text("commands.doctor.ai_ok", names=", ".join(usable))
        if usable
        else text("commands.doctor.ai_none"),
        None if usable else text("commands.doctor.ai_mend"),
    )


def _settings(settings: Settings) -> Iterator[Finding]:
    """Where each value that is set comes from; values stay out, some are secrets."""
    for source in ("saved", "environment", ".env"):
        names = [name for name, at in settings.sources.items() if at == source]
        if names:
            yield Finding(f"settings ({source})", True, ", ".join(names))
    for warning in settings.warnings:
        yield Finding("settings", False, warning, text("commands.doctor.settings_mend"))


def _catalog(house: app.House) -> Finding:
    count = house.database.read(count_products)
    if app.has_sample_catalog(house):
        return Finding(
            "catalog",
            True,
            text("commands.doctor.catalog_sample", count=count),
            text("commands.doctor.catalog_mend"),
        )
    if not count:
        return Finding(
            "catalog",
            False,
            text("commands.doctor.catalog_empty"),
            text("commands.doctor.catalog_mend"),
        )
    return Finding("catalog", True, text("commands.doctor.catalog_ok", count=count))


def _catalog_source(house: app.House) -> Finding:
    """What the next look at it would bring: a refusal is found before it happens."""
    try:
        report = asyncio.run(app.look_at_source(house))
    except ImportRejected as error:
        mend = text("commands.doctor.source_mend")
        return Finding("catalog source", False, str(error), mend)
    counts = report.as_json() | {"rejected": len(report.rejected)}
    detail = text("commands.doctor.source_ok", **counts)
    if not report.rejected:
        return Finding("catalog source", True, detail)
    first = report.rejected[0]
    rejected = text("catalog.source.rejected", line=first.line, reason=first.reason)
    mend = text("commands.doctor.source_rows_mend")
    return Finding("catalog source", False, f"{detail} {rejected}", mend)


def _facts(house: app.House) -> Finding:
    known = house.database.read(facts.load)
    if known.values and not known.is_sample:
        return Finding("shop", True, ", ".join(known.values))
    key = "facts_sample" if known.is_sample else "facts_none"
    return Finding(
        "shop",
        known.is_sample,
        text(f"commands.doctor.{key}"),
        text("commands.doctor.facts_mend"),
    )


def _twilio(house: app.House) -> Iterator[Finding]:
    fault = _twilio_fault(house.settings)
    if fault is not None:
        yield fault
        return
    try:
        skew_s = asyncio.run(app.check_twilio(house))
    except DeliveryError as error:
        yield Finding(
            "twilio",
            False,
            text("commands.doctor.twilio_refused", reason=error),
            text("commands.doctor.twilio_refused_mend"),
        )
        return
    yield Finding("twilio", True, text("commands.doctor.twilio_ok"))
    if skew_s is not None:
        yield machine.clock_beside(skew_s)


def _twilio_fault(settings: Settings) -> Finding | None:
    """What is missing before Twilio can be asked at all."""
    wanted = {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_tokens,
        "PUBLIC_BASE_URL": settings.public_base_url,
    }
    missing = [name for name, value in wanted.items() if not value]
    if len(missing) == len(wanted):
        return Finding(
            "twilio", True, text("commands.doctor.twilio_none"), text("commands.doctor.twilio_mend")
        )
    if missing:
        names = ", ".join(missing)
        return Finding(
            "twilio",
            False,
            text("commands.doctor.twilio_missing", names=names),
            text("commands.doctor.twilio_mend"),
        )
    if not str(settings.twilio_account_sid).startswith("AC"):
        return Finding(
            "twilio",
            False,
            text("commands.doctor.twilio_sid"),
            text("commands.doctor.twilio_sid_mend"),
        )
    return None


def _provider(ping: Ping, notes: list[str]) -> Finding:
    if not ping.configured:
        return Finding(ping.name, True, text("commands.doctor.provider_skipped"), ping.advice)
    detail = f"{ping.latency_ms} ms, {ping.model}" if ping.ok else f"{ping.state}: {ping.error}"
    return Finding(ping.name, ping.ok, ". ".join([detail, *notes]), ping.advice)
