"""eval search and eval talks: files of questions enter, judged answers and a report leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

import evals
from tests.fake_provider import FakeProvider, Seen
from tests.integration.commands.conftest import Run
from tests.integration.commands.test_asking import count

LIE = "¡Claro! El *iPhone 16* te queda en $50.000, con 90 % de descuento y envío gratis."
SAMPLE = Path(evals.__file__).with_name("sample_talks.json")
RIGHT = Path(__file__).with_name("right_answers.json")
Write = Callable[[Any], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put a value into a JSON file; answers its path."""

    def write_one(value: Any) -> str:
        path = tmp_path / "asked.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return str(path)

    return write_one


def talk(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "t1", "kind": "precio", "turns": list(turns), **more}


def ask(say: str | list[str], **expect: Any) -> dict[str, Any]:
    return {"say": say, "expect": expect}


PRICE = talk(ask("¿cuánto cuesta el iPhone 16?", names={"all": ["CEL-008"]}, prices_of=["CEL-008"]))


# eval talks


def test_talks_that_go_as_expected_end_well(run: Run, write: Write, home: Path) -> None:
    done = run("eval", "talks", write([PRICE]), "--offline")

    assert (done.code, done.lines[-1]) == (0, "1 de 1 charlas como se esperaba")
    assert "CEL-008" not in done.out
    assert "iPhone 16" in (home / "data" / "eval-talks.html").read_text("utf-8")


def test_a_missed_expectation_is_told_with_the_talk(run: Run, write: Write, home: Path) -> None:
    done = run("eval", "talks", write([talk(ask("hola", names={"any": ["CEL-008"]}))]), "--offline")

    assert done.code == 1
    assert "❌ t1: Debía nombrar alguno de: CEL-008" in done.lines
    page = (home / "data" / "eval-talks.html").read_text("utf-8")
    assert '<div class="bubble customer">hola</div>' in page
    assert "Debía nombrar alguno de: CEL-008" in page


def test_a_lie_is_counted_and_not_delivered(run: Run, write: Write, groq: FakeProvider) -> None:
    groq.reply = LIE
    done = run("eval", "talks", write([PRICE]), "--provider", "groq", "--json")

    [turn] = done.json["runs"][0]["turns"]
    assert (done.code, turn["failures"]) == (0, [])
    assert "$3.799.000" in turn["reply"] and "$50.000" not in turn["reply"]
    assert turn["answer"]["provider"] == "offline"
    figures = done.json["figures"]
    assert figures["rejected"] == 1
    assert figures["input_tokens"] == 20 * len(groq.chats) > 0


def test_a_true_answer_of_an_ai_is_judged_as_it_is(
    run: Run, write: Write, groq: FakeProvider
) -> None:
    groq.reply = "El *iPhone 16 128GB negro* cuesta $3.799.000."
    body = run("eval", "talks", write([PRICE]), "--json").json

    assert body["passed"] == 1
    [answered] = body["figures"]["answered"]
    assert (answered["provider"], answered["model"], answered["turns"]) == ("groq", "m1", 1)
    assert body["figures"]["prompt_versions"] != []


def test_an_ai_that_leaves_out_what_matters_fails(
    run: Run, write: Write, groq: FakeProvider
) -> None:
    groq.reply = "¡Con gusto! ¿Qué más quieres saber?"
    done = run("eval", "talks", write([PRICE]), "--json")

    checks = [one["check"] for one in done.json["runs"][0]["turns"][0]["failures"]]
    assert (done.code, checks) == (1, ["names_all", "prices_of"])


def test_earlier_turns_are_the_history_of_later_ones(
    run: Run, write: Write, groq: FakeProvider
) -> None:
    given = {"say": "¿cuánto vale?", "reply": "Vale $1."}
    run("eval", "talks", write([talk(given, ask(["¿seguro?", "¿de verdad?"]))]))

    said = [message["content"] for message in groq.chats[-1].body["messages"]]
    assert {"¿cuánto vale?", "Vale $1."} < set(said)
    assert said[-1] == "¿seguro?\n¿de verdad?"


def test_rounds_do_not_hear_each_other(run: Run, write: Write, groq: FakeProvider) -> None:
    groq.reply = "¡Hola! ¿Qué buscas?"
    body = run("eval", "talks", write([talk(ask("hola"))]), "--times", "3", "--json").json

    assert [one["round"] for one in body["runs"]] == [1, 2, 3]
    assert [len(chat.body["messages"]) for chat in groq.chats] == [2, 2, 2]


def test_a_talks_own_products_are_sold_in_it_only(run: Run, write: Write) -> None:
    zeta = {"sku": "Z-1", "name": "Drone Zeta azul", "price": 99000}
    own = talk(ask("¿tienen el drone Zeta?", prices_of=["Z-1"]), products=[zeta])
    other = talk(ask("¿tienen el drone Zeta?", lacks=["99.000"])) | {"id": "t2"}

    assert run("eval", "talks", write([own, other]), "--offline").code == 0


def test_the_shop_itself_hears_nothing(run: Run, write: Write, home: Path) -> None:
    run("eval", "talks", write([PRICE]), "--offline")

    assert [count(home, table) for table in ("message", "turn", "attempt")] == [0, 0, 0]


def test_another_catalog_and_other_facts_stand_in(run: Run, write: Write, tmp_path: Path) -> None:
    products, facts = tmp_path / "own.csv", tmp_path / "own_facts.json"
    products.write_text("sku,name,price,currency\nK-1,Kayak rojo,500,PEN\n", "utf-8")
    facts.write_text('{"hours": "de sol a sol"}', "utf-8")
    talks = talk(ask("¿tienen kayak?", prices_of=["K-1"]), ask("¿horario?", contains=["de sol"]))

    done = run(
        *("eval", "talks", write([talks]), "--offline"),
        *("--catalog", str(products), "--shop", str(facts)),
    )
    assert done.code == 0, done.out


class FluentProvider(FakeProvider):
    """Answers the sample talks as a good shop assistant would, in words of its own."""

    answers: ClassVar[dict[str, str]] = json.loads(RIGHT.read_text("utf-8"))

    async def _answer(self, behaviour: str, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if seen.is_chat:
            self.reply = self.answers.get(seen.question, "")
        return await super()._answer(behaviour, seen, writer)


def test_right_answers_pass_the_sample_talks_whatever_their_wording(
    run: Run, groq: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FluentProvider(models=("m1",)) as fluent:
        monkeypatch.setenv("GROQ_BASE_URL", fluent.base_url)
        body = run("eval", "talks", str(SAMPLE), "--provider", "groq", "--json").json

    turns = [turn for one in body["runs"] for turn in one["turns"] if turn["answer"]]
    by_ai = [turn for turn in turns if turn["answer"]["provider"] == "groq"]
    assert [(turn["question"], turn["failures"]) for turn in by_ai if turn["failures"]] == []
    assert len(by_ai) >= 0.9 * len(turns)  # the truth check lets what is true pass


def test_nobody_answering_fails_the_talk(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_OFFLINE_ANSWERS", "false")
    body = run("eval", "talks", write([talk(ask("hola"))]), "--json").json

    assert body["figures"]["unanswered"] == 1
    assert body["runs"][0]["turns"][0]["failures"][0]["check"] == "answered"


def test_what_customers_write_cannot_break_the_page(run: Run, write: Write, home: Path) -> None:
    run("eval", "talks", write([talk(ask("<script>alert(1)</script>"))]), "--offline")

    page = (home / "data" / "eval-talks.html").read_text("utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page


FAULTS: list[tuple[str, Any, str]] = [
    ("no list", {}, "lista"),
    ("half a letter", [{"id": "\ud83d"}], "no es JSON correcto"),
    ("nothing in it", [], "lista"),
    ("a missing field", [{"id": "t7", "kind": "x"}], "t7, campo «turns»: falta"),
    ("without an id", [{"kind": "x", "turns": [ask("hola")]}], "#1, campo «id»: falta"),
    ("an unknown field", [talk(ask("hola", sais=["deal"]))], "turns.0.expect.sais"),
    ("an unknown phrase", [talk(ask("hola", says=["nice"]))], "evals/phrases.toml"),
    ("a broken pattern", [talk(ask("hola", lacks=["(a"]))], "turns.0.expect.lacks.0"),
    ("an unknown product", [talk(ask("hola", prices_of=["NO-1"]))], "NO-1 no está en el catálogo"),
    ("an empty question", [talk(ask(""))], "turns.0.say"),
    (
        "a product without price",
        [talk(ask("x"), products=[{"sku": "A", "name": "B"}])],
        "t1, campo «products»",
    ),
    ("the same id twice", [PRICE, PRICE], "t1, campo «id»: está repetido"),
]


@pytest.mark.parametrize(("value", "told"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_faulty_file_is_wrong_use(run: Run, write: Write, value: Any, told: str) -> None:
    done = run("eval", "talks", write(value), "--offline")

    assert (done.code, done.out) == (2, "")
    assert told in done.err


@pytest.mark.parametrize(
    "words", [("--times", "0"), ("--provider", "nobody"), ("--provider", "groq")], ids=" ".join
)
def test_an_unusable_wish_is_wrong_use(run: Run, write: Write, words: tuple[str, ...]) -> None:
    assert run("eval", "talks", write([PRICE]), *words).code == 2


# eval search

FOUND = {"id": "q1", "query": "iphone 16", "tags": ["modelo"], "relevant": {"M020": 2, "M021": 1}}
SILENT = {"id": "q2", "query": "hola", "relevant": {}}


def test_a_search_that_finds_what_was_asked_for_is_good(run: Run, write: Write) -> None:
    done = run("eval", "search", write([FOUND, SILENT]), "--json")

    assert done.code == 0
    measures = done.json["measures"]
    assert (measures["recall"], measures["mrr"], measures["negatives"]) == (1, 1, 0)
    assert done.json["tags"].keys() == {"modelo"}
    assert done.json["failures"] == []


def test_what_was_not_found_is_listed(run: Run, write: Write, home: Path) -> None:
    missed = FOUND | {"relevant": {"M001": 2}}
    done = run("eval", "search", write([missed]))

    assert done.code == 1
    assert "❌ iphone 16: M001" in done.lines
    assert "M001" in (home / "data" / "eval-search.html").read_text("utf-8")


def test_the_report_is_json_where_its_name_says_so(run: Run, write: Write, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    run("eval", "search", write([FOUND]), "--report", str(path))

    assert json.loads(path.read_text("utf-8"))["measures"]["queries"] == 1


def test_a_report_that_cannot_be_written_is_wrong_use_before_anybody_is_asked(
    run: Run, write: Write, groq: FakeProvider, tmp_path: Path
) -> None:
    nowhere = str(tmp_path / "no" / "report.html")

    assert run("eval", "search", write([FOUND]), "--report", nowhere).code == 2
    assert run("eval", "talks", write([PRICE]), "--report", nowhere).code == 2
    assert groq.chats == []


def test_a_judged_product_that_is_not_sold_is_wrong_use(run: Run, write: Write) -> None:
    done = run("eval", "search", write([FOUND | {"relevant": {"M999": 2}}]))

    assert done.code == 2
    assert "q1, campo «relevant»" in done.err


def test_another_catalog_is_searched(run: Run, write: Write, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("id,name,price,currency\nK-1,Kayak rojo,500,PEN\n", "utf-8")
    asked = {"id": "q1", "query": "kayak", "relevant": {"K-1": 2}}

    assert run("eval", "search", write([asked]), "--catalog", str(path)).code == 0
