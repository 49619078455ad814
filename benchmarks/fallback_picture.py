"""A simulated day enters; a PNG of who answers, what is broken and how long it takes leaves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot

from benchmarks.simulated_providers import HOUR_S, Scripted
from benchmarks.virtual_time import START
from bot.providers import offline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from benchmarks.fallback_day import Day

HOURS = 24
SLOTS = 4
"""Bars of an hour."""
TROUBLES = {
    "refused, reset": ("0.75", {"refuse", "reset"}),
    "hangs, drips, slow": ("#f5b971", {"hang", "drip", "slow"}),
    "500, 503, 529, no model": ("#e78a8a", {"error", "overloaded", "gone"}),
    "no money, key revoked": ("#bfa8d9", {"quota", "revoked"}),
}
"""How kinds of trouble are drawn; paler than the providers' own colours."""

Colors = Mapping[str, Any]
"""By provider, in the order asked."""


def draw(day: Day, naive: Day, script: Mapping[str, Scripted], path: Path) -> None:
    """Write the picture of a day with the responder, and of the same day without a memory."""
    mpl.use("Agg")
    figure, (many, who, bad, late) = pyplot.subplots(
        4, 1, figsize=(11.5, 10), sharex=True, height_ratios=(0.7, 3, 3, 2.6), layout="constrained"
    )
    palette = mpl.colormaps["tab10"](range(len(script)))
    colors = {**dict(zip(script, palette, strict=True)), offline.NAME: "black"}
    _draw_shares(many, who, day, colors)
    _draw_troubles(bad, day, script, colors)
    _draw_waits(late, day, naive)
    for each in (many, who, bad, late):
        each.grid(axis="x", alpha=0.25)
        each.spines[["top", "right"]].set_visible(False)
    many.set_title("Ten providers fail by a script; every customer is answered", loc="left")
    late.set(xlabel="hour of the day", xlim=(0, HOURS), xticks=range(0, HOURS + 1, 2))
    figure.savefig(path, dpi=90)
    print(f"picture: {path}")


def _draw_shares(many: Axes, who: Axes, day: Day, colors: Colors) -> None:
    edges = np.arange(HOURS * SLOTS + 1) / SLOTS
    hours = {name: [t.at_s / HOUR_S for t in day.turns if t.provider == name] for name in colors}
    counts = {name: np.histogram(hours[name], edges)[0] for name in colors}
    totals = np.sum(list(counts.values()), axis=0)
    many.stairs(totals, edges, fill=True, color="0.75")
    many.set_ylabel("turns in\n15 minutes")
    bottom = np.zeros(len(totals))
    for name, color in colors.items():
        shares = 100 * counts[name] / np.maximum(totals, 1)
        who.bar(edges[:-1], shares, 1 / SLOTS, bottom, align="edge", color=color, label=name)
        bottom += shares
    who.set(ylim=(0, 100), ylabel="answered by, %")
    _legend(who)


def _draw_troubles(bad: Axes, day: Day, script: Mapping[str, Scripted], colors: Colors) -> None:
    rows = {name: row for row, name in enumerate(reversed(list(script)))}
    for label, (color, kinds) in TROUBLES.items():
        bad.barh(0, 0, color=color, label=label)
        for name, row in rows.items():
            for each in script[name].troubles:
                if each.kind in kinds:
                    height, span_h = 0.75 * max(each.share, 0.4), each.end_h - each.start_h
                    bad.barh(row, span_h, height, each.start_h, color=color)
    refused = [row for row in day.rows if row.outcome == "rate_limit"]
    hours = [(row.started_at - START).total_seconds() / HOUR_S for row in refused]
    at = [rows[row.provider] for row in refused]
    bad.plot(hours, at, "|", color="black", markersize=9, label="window full (429)")
    bad.set_yticks(list(rows.values()), list(rows))
    for tick in bad.get_yticklabels():
        tick.set(color=colors[tick.get_text()], fontweight="bold")
    bad.set_ylabel("what is broken")
    _legend(bad)


def _draw_waits(late: Axes, day: Day, naive: Day) -> None:
    for label, each, color in (
        ("one after another, nothing learned", naive, "tab:orange"),
        ("responder, hedging auto", day, "tab:blue"),
    ):
        hours = np.array([turn.at_s / HOUR_S for turn in each.turns])
        took_s = np.array([turn.took_s for turn in each.turns])
        late.plot(hours, took_s, ".", markersize=2, alpha=0.4, color=color)
        by_hour = [took_s[hours.astype(int) == hour] for hour in range(HOURS)]
        p99 = [np.percentile(waits, 99) if len(waits) else np.nan for waits in by_hour]
        late.stairs(p99, range(HOURS + 1), baseline=None, color=color, linewidth=2, label=label)
    late.set(yscale="log", ylim=(0.1, 60), ylabel="whole turn, seconds")
    late.set_yticks([0.1, 1, 10, 45], ["0.1", "1", "10", "45"])
    late.legend(fontsize=8, loc="upper left", title="lines: p99 of an hour", frameon=False)


def _legend(axes: Axes) -> None:
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1.03), frameon=False)
