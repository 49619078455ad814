"""What was measured enters, the values of the report leave, ready for JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from statistics import quantiles
from typing import Any

from evals.running import TalkRun, TurnRun
from evals.searching import Answer, by_tag, measure

Body = Mapping[str, Any]


def talks_body(runs: Sequence[TalkRun], *, file: str) -> dict[str, Any]:
    """What came of the talks."""
    kinds: dict[str, list[TalkRun]] = {}
    for run in runs:
        kinds.setdefault(run.talk.kind, []).append(run)
    return {
        "file": file,
        **_share(runs),
        "kinds": [{"kind": kind, **_share(group)} for kind, group in kinds.items()],
        "figures": _figures([turn for run in runs for turn in run.turns if not turn.is_given]),
        "runs": [_run(run) for run in runs],
    }


def _share(runs: Sequence[TalkRun]) -> dict[str, Any]:
    passed = sum(run.passed for run in runs)
    return {"talks": len(runs), "passed": passed, "share": passed / len(runs)}


def _figures(turns: Sequence[TurnRun]) -> dict[str, Any]:
    replies = [turn.reply for turn in turns if turn.reply]
    rows = [row for turn in turns for row in turn.attempts]
    answered = Counter((reply.provider, reply.model) for reply in replies)
    return {
        "turns": len(turns),
        "answered": [
            {"provider": provider, "model": model, "turns": count}
            for (provider, model), count in answered.most_common()
        ],
        "unanswered": len(turns) - len(replies),
        "rejected": sum(not reply.grounded for reply in replies),
        "input_tokens": _total(rows, "input_tokens"),
        "output_tokens": _total(rows, "output_tokens"),
        "cost_usd": _total(rows, "cost_usd"),
        **_times([reply.duration_ms for reply in replies]),
        "prompt_versions": sorted({r.prompt_version for r in replies if r.prompt_version}),
        "prompt_tokens": max((reply.prompt_tokens or 0 for reply in replies), default=0),
    }


def _total(rows: Iterable[Body], name: str) -> Any:
    """The sum; None where nobody said a number."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None


def _times(took_ms: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(took_ms, n=100) if len(took_ms) > 1 else [*took_ms, 0.0] * 99
    return {"p50_ms": round(cuts[49], 2), "p99_ms": round(cuts[98], 2)}


def _run(run: TalkRun) -> dict[str, Any]:
    return {
        "id": run.talk.id,
        "kind": run.talk.kind,
        "tags": list(run.talk.tags),
        "round": run.round,
        "passed": run.passed,
        "turns": [_turn(turn) for turn in run.turns],
    }


def _turn(turn: TurnRun) -> dict[str, Any]:
    reply = turn.reply
    told = (
        {}
        if reply is None or turn.is_given
        else {
            "provider": reply.provider,
            "model": reply.model,
            "products": list(reply.products),
            "truth": list(reply.truth),
            "prompt_version": reply.prompt_version,
            "prompt_tokens": reply.prompt_tokens,
            "duration_ms": reply.duration_ms,
            "input_tokens": _total(turn.attempts, "input_tokens"),
            "output_tokens": _total(turn.attempts, "output_tokens"),
            "cost_usd": _total(turn.attempts, "cost_usd"),
        }
    )
    return {
        "question": turn.question,
        "reply": reply.text if reply else None,
        "given": turn.is_given,
        "error": turn.error,
        **told,
        "failures": [asdict(failure) for failure in turn.failures],
    }


def search_body(answers: Sequence[Answer], *, file: str, products: int) -> dict[str, Any]:
    """What the search made of the queries."""
    total = measure(answers)
    return {
        "file": file,
        "products": products,
        "passed": total.passed,
        "measures": asdict(total),
        "tags": {tag: asdict(each) for tag, each in by_tag(answers).items()},
        **_times([answer.took_ms for answer in answers]),
        "failures": [_miss(answer) for answer in answers if not answer.is_right],
    }


def _miss(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.query.id,
        "query": answer.query.query,
        "tags": list(answer.query.tags),
        "missing": sorted(answer.wanted - set(answer.found)),
        "found": list(answer.found),
    }
