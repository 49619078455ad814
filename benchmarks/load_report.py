"""The records of a run enter, its figures leave on stdout."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.answered import Answers
from benchmarks.shop_under_load import Running, Sample

if TYPE_CHECKING:
    from benchmarks.end_to_end import Load

LONG_S = 300
"""Below that growth says nothing: caches fill."""
SETTLING = 0.2
"""The share of a run after which what a process holds should no longer grow."""


def percentiles(values: Iterable[float], unit: float = 1000.0) -> str:
    """p50, p99 and max, in ms unless told."""
    ordered = sorted(values)
    if not ordered:
        return "none"
    p50, p99 = (ordered[min(int(len(ordered) * at), len(ordered) - 1)] for at in (0.5, 0.99))
    return f"p50 {p50 * unit:.1f}, p99 {p99 * unit:.1f}, max {ordered[-1] * unit:.1f} ms"


def slope_per_hour(samples: Sequence[Sample], values: Sequence[float]) -> float:
    """How fast a figure grows, by least squares."""
    mean_at = sum(sample.at for sample in samples) / len(samples)
    mean = sum(values) / len(values)
    pairs = [(s.at - mean_at, value - mean) for s, value in zip(samples, values, strict=True)]
    spread = sum(at * at for at, _ in pairs)
    return sum(at * value for at, value in pairs) / spread * 3600 if spread else 0.0


def report(
    options: argparse.Namespace,
    load: Load,
    answers: Answers,
    shop: Running,
    idle: Sample,
    used_s: dict[str, float],
    before: dict[str, Any],
    after: dict[str, Any],
    shares: list[int],
) -> bool:
    """Print everything; whether nothing was lost, doubled or out of order."""
    count = len(load.messages)
    _print_head(options, count, len(shop.webs), len(shop.workers))
    _print_pace(options, load, answers)
    acked = [n for n in range(count) if load.status[n] == 200]
    _line("acknowledged", percentiles(load.acked[n] - load.written[n] for n in acked))
    _line(
        "", f"counted from the due time {percentiles(load.acked[n] - load.due[n] for n in acked)}"
    )
    _line("", f"not 200 within 15 s: {count - len(acked)}")
    more = percentiles(wait - options.ai_s for wait in answers.waits_s)
    _line("answered", f"beyond the AI's own time {more}")
    _line("", f"AI calls a message {(after['calls'] - before['calls']) / count:.2f}")
    _line(
        "exactly once",
        f"lost {answers.lost}, doubled {answers.doubled}, out of order {answers.out_of_order}"
        f" (answered in other words than the AI's: {answers.other_words})",
    )
    if options.callbacks:
        reported = after["reported"] - before["reported"]
        _line("callbacks", f"{reported}, not 200: {after['report_refused']}")
    _print_cost(used_s, count, load, answers)
    late = percentiles(load.written[n] - load.due[n] for n in range(count))
    _line("load was late", f"{late}; the AI p99 {after['late_ms']} ms")
    _print_held(shop, idle, after)
    if len(shop.webs) > 1 or len(shop.workers) > 1:
        _line("shares", f"sent by each worker {shares}; each web process took an equal part")
    return not (answers.lost or answers.doubled or answers.out_of_order)


def _line(name: str, words: str) -> None:
    print(f"  {name:<15} {words}")


def _print_head(options: argparse.Namespace, count: int, webs: int, workers: int) -> None:
    shop = "one process on SQLite"
    if options.database == "postgres":
        shop = f"{webs} web and {workers} worker processes on PostgreSQL"
    callbacks = "three status callbacks a message" if options.callbacks else "no status callbacks"
    print(
        f"{count} messages at {options.rate:g}/s, AI {options.ai_s:g} s; {shop}, {callbacks}, "
        "COALESCE_WAIT_S=0, TWILIO_MAX_SENDS_PER_S=0"
    )


def _print_pace(options: argparse.Namespace, load: Load, answers: Answers) -> None:
    start, end = load.due[0], load.due[-1]
    steady = [at for at in answers.came if start + options.ai_s + 1 <= at <= end]
    span = end - start - options.ai_s - 1
    pace = f"{len(steady) / span:.1f}/s answered while writing" if span > 0 else "too short to tell"
    last = max(answers.came, default=end) - end - options.ai_s
    _line("held", f"{pace}; the last answer {last:.2f} s after the last message's AI was done")


def _print_cost(used_s: dict[str, float], count: int, load: Load, answers: Answers) -> None:
    elapsed = max([*answers.came, load.due[-1]]) - load.due[0]
    for name, seconds in used_s.items():
        if seconds:
            cost = f"{seconds / count * 1000:.2f} ms a message"
            _line(f"CPU {name}", f"{cost}, {seconds / elapsed * 100:.0f} % of a core")


def _print_held(shop: Running, idle: Sample, after: dict[str, Any]) -> None:
    most = max(shop.samples, key=lambda sample: sample.memory_mb)
    flight = max(shop.samples, key=lambda sample: sample.talks)
    _line("idle", f"{idle.memory_mb:.0f} MB, {idle.threads} threads, {idle.handles} handles")
    _line(
        "in flight",
        f"{flight.talks} conversations in {flight.memory_mb:.0f} MB "
        f"(at once at the AI: {after['most_waiting']})",
    )
    _line(
        "most memory",
        f"{most.memory_mb:.0f} MB; {max(s.threads for s in shop.samples)} threads, "
        f"{max(s.handles for s in shop.samples)} handles",
    )
    if shop.samples[-1].at - shop.samples[0].at > LONG_S:
        _print_growth(shop)


def _print_growth(shop: Running) -> None:
    settled = shop.samples[int(len(shop.samples) * SETTLING) :]
    growth = {
        "MB": [sample.memory_mb for sample in settled],
        "threads": [float(sample.threads) for sample in settled],
        "handles": [float(sample.handles) for sample in settled],
    }
    words = [f"{slope_per_hour(settled, values):+.1f} {name}" for name, values in growth.items()]
    _line("growth", f"{', '.join(words)} an hour, after the first {SETTLING:.0%}")
    tenths = shop.samples[:: max(1, len(shop.samples) // 10)]
    _line(
        "memory", f"{' '.join(f'{sample.memory_mb:.0f}' for sample in tenths)} MB through the run"
    )
