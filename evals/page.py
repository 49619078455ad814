"""A report's values enter, a page for the shop's owner leaves: one HTML file, no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from core.texts import text

Body = Mapping[str, Any]
MEASURES = ("recall", "ndcg", "mrr", "no_result", "negatives")


def talks_page(body: Body) -> str:
    """The page of the talks: figures, kinds, then every failed talk as a chat."""
    failed = [run for run in body["runs"] if not run["passed"]]
    passed = [run for run in body["runs"] if run["passed"]]
    parts = [
        _head("talks", body),
        _figures(_talk_figures(body)),
        _section("kinds"),
        _table(
            ("kind", "passed", "share"),
            [
                (
                    escape(one["kind"]),
                    f"{one['passed']}\u00a0/\u00a0{one['talks']}",
                    _meter(one["share"]),
                )
                for one in body["kinds"]
            ],
        ),
        _section("failed", count=len(failed)),
        *(f"<article><h3>{_title(run)}</h3>{_chat(run)}</article>" for run in failed),
        _section("fine", count=len(passed)),
        *(f"<details><summary>{_title(run)}</summary>{_chat(run)}</details>" for run in passed),
    ]
    return _page("".join(parts))


def _talk_figures(body: Body) -> list[tuple[str, str]]:
    figures = body["figures"]
    answered = [f"{_who(one)}: {one['turns']}" for one in figures["answered"]]
    versions = ", ".join(figures["prompt_versions"])
    return [
        ("passed", f"{body['passed']} / {body['talks']}"),
        ("answered", " · ".join(answered)),
        ("unanswered", str(figures["unanswered"])),
        ("rejected", str(figures["rejected"])),
        ("tokens", f"{figures['input_tokens']} + {figures['output_tokens']}"),
        ("cost", f"{figures['cost_usd']:.4f} USD"),
        ("times", _times(figures)),
        ("prompt", f"{versions} (≤ {figures['prompt_tokens']})"),
    ]


def _chat(run: Body) -> str:
    return "".join(_turn(turn) for turn in run["turns"])


def _turn(turn: Body) -> str:
    reply = turn["reply"] or text("evals.page.unanswered", error=turn["error"])
    failures = "".join(f"<li>{escape(failure_sentence(one))}</li>" for one in turn["failures"])
    return (
        f'<div class="bubble customer">{escape(turn["question"])}</div>'
        f'<div class="bubble shop">{escape(reply)}</div>'
        f'<p class="meta">{escape(_origin(turn))}</p>'
        + (f'<ul class="failures">{failures}</ul>' if failures else "")
    )


def _origin(turn: Body) -> str:
    """Where a reply came from."""
    answer = turn["answer"]
    if answer is None:
        return text("evals.page.given") if turn["is_given"] else ""
    told = f"{_who(answer)} · {answer['duration_ms']} ms"
    if claims := [one["claim"] for one in answer["truth"] if "claim" in one]:
        told += f" · {text('evals.page.rejected_claims', claims=', '.join(claims))}"
    return told


def failure_sentence(failure: Body) -> str:
    """What a reply should have been, or should not."""
    return text(f"evals.check.{failure['check']}", detail=failure["detail"])


def _who(one: Body) -> str:
    return f"{one['provider']} ({one['model']})" if one["model"] else str(one["provider"])


def _title(run: Body) -> str:
    title = f"{run['kind']} · {run['id']}"
    if run["round"] > 1:
        title += f" · {text('evals.page.round', number=run['round'])}"
    return escape(title)


def search_page(body: Body) -> str:
    """The page of the search: measures, tags, then the queries that were not answered rightly."""
    measures = body["measures"]
    figures = [
        ("queries", str(measures["queries"])),
        ("products", str(body["products"])),
        *((name, percent(measures[name])) for name in MEASURES),
        ("times", _times(body)),
    ]
    tags = [
        (escape(tag), str(one["queries"]), *(percent(one[name]) for name in MEASURES))
        for tag, one in body["tags"].items()
    ]
    failures = [
        (
            escape(f"{one['query']} ({one['id']})"),
            escape(", ".join(one["missing"])) or "–",
            escape(", ".join(one["instead"])) or "–",
        )
        for one in body["failures"]
    ]
    parts = [
        _head("search", body),
        _figures(figures),
        _section("tags"),
        _table(("tag", "queries", *MEASURES), tags),
        _section("missed", count=len(failures)),
        _table(("query", "missing", "instead"), failures) if failures else "",
    ]
    return _page("".join(parts))


def percent(share: float | None) -> str:
    """A share as people read it."""
    return "–" if share is None else f"{100 * share:.1f}\u00a0%".replace(".", ",")


def _times(body: Body) -> str:
    return f"{body['p50_ms']:g} / {body['p99_ms']:g}\u00a0ms".replace(".", ",")


def _head(of: str, body: Body) -> str:
    title = escape(text(f"evals.page.title_{of}"))
    about = f"{body['file']} · {body['at']}"
    return f'<h1>{title}</h1><p class="soft">{escape(about)}</p>'


def _section(name: str, count: int = 0) -> str:
    return f"<h2>{escape(text(f'evals.page.section_{name}', count=count))}</h2>"


def _figures(pairs: Iterable[tuple[str, str]]) -> str:
    cells = (
        f"<div><dt>{escape(_label(name))}</dt><dd>{escape(value)}</dd></div>"
        for name, value in pairs
    )
    return f'<dl class="figures">{"".join(cells)}</dl>'


def _label(name: str) -> str:
    return text(f"evals.label.{name}")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are HTML already."""
    head = "".join(f"<th>{escape(_label(name))}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _meter(share: float) -> str:
    return f'<meter value="{share:.3f}" low="0.6" high="0.9" optimum="1"></meter> {percent(share)}'


def _page(content: str) -> str:
    css = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="es"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Mostrador</title><style>{css}</style></head>"
        f"<body><main>{content}</main></body></html>\n"
    )
