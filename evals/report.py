"""Talks that were held enter, the values of their report leave, ready for JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from evals.running import OF_LEDGER, TalkRun


def talks_body(runs: Sequence[TalkRun]) -> dict[str, Any]:
    """What came of the talks: shares, figures, and every talk turn by turn."""
    kinds: dict[str, list[TalkRun]] = {}
    for run in runs:
        kinds.setdefault(run.talk.kind, []).append(run)
    return {
        **_share(runs),
        "kinds": [{"kind": kind, **_share(group)} for kind, group in kinds.items()],
        "figures": _figures(runs),
        "runs": [
            {
                "id": run.talk.id,
                "kind": run.talk.kind,
                "tags": run.talk.tags,
                "round": run.round,
                "passed": run.passed,
                "turns": [asdict(turn) for turn in run.turns],
            }
            for run in runs
        ],
    }


def _share(runs: Sequence[TalkRun]) -> dict[str, Any]:
    passed = sum(run.passed for run in runs)
    return {"talks": len(runs), "passed": passed, "share": passed / len(runs)}


def _figures(runs: Sequence[TalkRun]) -> dict[str, Any]:
    turns = [turn for run in runs for turn in run.turns]
    answers = [turn.answer for turn in turns if turn.answer]
    answered = Counter((one["provider"], one["model"]) for one in answers)
    return {
        "answered": [
            {"provider": provider, "model": model, "turns": count}
            for (provider, model), count in answered.most_common()
        ],
        "unanswered": sum(turn.reply is None for turn in turns),
        "rejected": sum(not one["grounded"] for one in answers),
        **{name: sum(one[name] for one in answers) for name in OF_LEDGER},
        **times([one["duration_ms"] for one in answers]),
        "prompt_versions": sorted({one["prompt_version"] or "" for one in answers} - {""}),
        "prompt_tokens": max((one["prompt_tokens"] or 0 for one in answers), default=0),
    }


def times(took_ms: Sequence[float]) -> dict[str, float]:
    """The median and the 99th percentile."""
    ordered = sorted(took_ms) or [0.0]
    median, late = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
    return {"p50_ms": round(median, 2), "p99_ms": round(late, 2)}
