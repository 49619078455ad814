"""A true answer goes out; an untrue one is asked again, then the catalog speaks."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from bot.composer import Composer, PromptLimits
from bot.messages import AttemptRow, Completion, Prompt, Reply
from bot.turn_context import TurnContext
from core.errors import AllProvidersFailed, provider_error
from tests.fakes import FixedClock
from tests.unit.bot.truth_world import A15, context

TRUE = "El Samsung Galaxy A15 cuesta $899.900."
UNTRUE = "El Samsung Galaxy A15 cuesta $1.111."
DOWN = AllProvidersFailed([provider_error("x", provider="groq", error_class="server")] * 3)
ASKED = context("¿cuánto cuesta el Samsung A15?", products=(A15,))


class ScriptedResponder:
    """Gives its answers in turn; each one took two calls and five seconds."""

    def __init__(self, clock: FixedClock, *answers: str | Exception) -> None:
        self._clock = clock
        self._answers = list(answers)
        self.prompts: list[Prompt] = []
        self.deadlines: list[float] = []
        self.without: list[frozenset[str]] = []

    async def respond(
        self,
        prompt: Prompt,
        *,
        deadline_s: float,
        turn_id: str | None = None,
        without: frozenset[str] = frozenset(),
    ) -> Completion:
        self.prompts.append(prompt)
        self.deadlines.append(deadline_s)
        self.without.append(without)
        self._clock.advance(5)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Completion(answer, "phi-2", provider="lmstudio", attempts=2)


class Bench:
    def __init__(self, *answers: str | Exception, offline_answers: bool = True) -> None:
        self.clock = FixedClock.at_noon()
        self.responder: Any = ScriptedResponder(self.clock, *answers)
        self.rows: list[AttemptRow] = []
        self.composer = Composer(
            self.responder,
            self.clock,
            self.rows.append,
            limits=PromptLimits(),
            offline_answers=offline_answers,
        )

    async def compose(self, asked: TurnContext = ASKED) -> Reply:
        return await self.composer.compose(asked, deadline_s=45, turn_id="t1")


async def test_a_true_answer_passes_with_the_prices_it_rests_on() -> None:
    bench = Bench(TRUE)
    reply = await bench.compose()

    assert (reply.text, reply.provider, reply.model) == (TRUE, "lmstudio", "phi-2")
    assert (reply.grounded, reply.attempts, reply.duration_ms) == (True, 2, 5000)
    assert (reply.products, reply.prices) == (("SAM-A15",), {"1": 89990000})
    assert bench.rows == []


async def test_an_untrue_answer_is_asked_again_with_the_correction() -> None:
    bench = Bench(UNTRUE, TRUE)
    reply = await bench.compose()

    assert (reply.text, reply.provider) == (TRUE, "lmstudio")
    first, second = bench.responder.prompts
    assert UNTRUE in second.messages[0].content and UNTRUE not in first.messages[0].content
    assert second.messages[-1] == first.messages[-1]


async def test_a_corrected_reply_says_so_and_counts_every_call() -> None:
    reply = await Bench(UNTRUE, TRUE).compose()

    assert (reply.grounded, reply.attempts) == (False, 4)
    assert "1.111" in reply.truth[0]["claim"]


async def test_the_second_try_has_what_is_left_of_the_deadline() -> None:
    bench = Bench(UNTRUE, TRUE)
    await bench.compose()
    assert bench.responder.deadlines == [45, 40]


async def test_who_insists_is_left_out_of_the_third_ask() -> None:
    bench = Bench(UNTRUE, UNTRUE, TRUE)
    reply = await bench.compose()

    assert reply.text == TRUE
    assert bench.responder.without == [frozenset(), frozenset(), frozenset({"lmstudio"})]


async def test_the_third_ask_carries_one_correction_only() -> None:
    bench = Bench(UNTRUE, UNTRUE.replace("1.111", "2.222"), TRUE)
    await bench.compose()

    last = bench.responder.prompts[-1].messages[0].content
    assert "2.222" in last and "1.111" not in last


async def test_untrue_three_times_the_catalog_answers() -> None:
    bench = Bench(UNTRUE, UNTRUE, UNTRUE)
    reply = await bench.compose()

    assert (reply.provider, reply.model) == ("offline", None)
    assert (reply.grounded, reply.attempts) == (False, 6)
    assert "899.900" in reply.text and "1.111" not in reply.text


async def test_with_nobody_else_to_ask_the_catalog_answers_after_two() -> None:
    reply = await Bench(UNTRUE, UNTRUE, AllProvidersFailed([])).compose()
    assert (reply.provider, reply.attempts) == ("offline", 4)


async def test_every_decision_is_kept_with_the_reply() -> None:
    refused, accepted = (await Bench(UNTRUE, TRUE).compose()).truth
    assert (refused["kind"], refused["provider"]) == ("amount", "lmstudio")
    assert accepted["kind"] == "accepted" and accepted["rests_on"] == {"price": 1}


async def test_what_was_said_to_be_there_is_kept_for_the_moment_of_sending() -> None:
    sold_out = replace(A15, stock=0)
    asked = context("¿cuánto cuesta el Samsung A15?", products=(sold_out,))
    assert (await Bench(TRUE).compose()).truth[-1]["available"] == ["1"]
    assert (await Bench(TRUE).compose(asked)).truth[-1]["available"] == []


async def test_when_all_fail_the_catalog_answers_and_is_in_the_ledger() -> None:
    bench = Bench(DOWN)
    reply = await bench.compose()

    assert (reply.provider, reply.model, reply.attempts) == ("offline", None, 3)
    assert reply.grounded and reply.prices == {"1": 89990000}
    (row,) = bench.rows
    assert (row.turn_id, row.provider, row.model, row.outcome) == (
        "t1",
        "offline",
        None,
        "answered",
    )


async def test_failing_after_an_untrue_answer_counts_both() -> None:
    reply = await Bench(UNTRUE, DOWN).compose()
    assert (reply.provider, reply.attempts, reply.grounded) == ("offline", 5, False)


async def test_with_offline_answers_off_a_failure_stays_one() -> None:
    with pytest.raises(AllProvidersFailed) as caught:
        await Bench(DOWN, offline_answers=False).compose()
    assert caught.value.errors == DOWN.errors


async def test_with_offline_answers_off_an_untrue_answer_is_no_answer() -> None:
    bench = Bench(UNTRUE, UNTRUE, UNTRUE, offline_answers=False)
    with pytest.raises(AllProvidersFailed) as caught:
        await bench.compose()

    assert caught.value.error_class == "validation"
    assert bench.rows == []


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (TRUE, "[AI] ✅ Respuesta generada con: lmstudio (phi-2)"),
        (DOWN, "[AI] ✅ Respuesta generada con: offline (catálogo)"),
    ],
    ids=["ai", "catalog"],
)
async def test_the_log_says_who_wrote_the_reply(
    caplog: pytest.LogCaptureFixture, answer: str | Exception, line: str
) -> None:
    caplog.set_level(logging.INFO)
    await Bench(answer).compose()
    assert [each.getMessage() for each in caplog.records] == [line]


async def test_the_log_never_holds_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await Bench(UNTRUE, TRUE).compose()

    logged = " ".join(str(vars(each)) for each in caplog.records)
    assert "Samsung" not in logged and "1.111" not in logged
