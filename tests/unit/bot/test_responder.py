"""Whoever fails, the next one answers; the log and the ledger say so."""

from __future__ import annotations

import asyncio
import json
import logging

import httpx
import pytest

from bot import retry
from bot.messages import Audio, Image, Prompt, PromptMessage
from bot.planning import Lineup
from core.errors import AllProvidersFailed, provider_error
from tests.fakes import FixedClock
from tests.responder_bench import PROMPT, Bench, broken, good


def test_the_first_that_answers_answers() -> None:
    bench = Bench({"groq": [good()], "openai": [good("no")]})
    assert bench.respond() == "groq: Sí, tenemos."
    assert bench.outcomes == [("groq", 1, "answered")]


@pytest.mark.parametrize(
    ("failure", "error_class"),
    [
        pytest.param(broken(500), "server", id="500"),
        pytest.param(broken(429, "rate_limit_exceeded"), "rate_limit", id="429"),
        pytest.param(broken(401, "invalid_api_key"), "auth", id="401"),
        pytest.param(httpx.ConnectError("refused"), "network", id="refused"),
        pytest.param(httpx.ReadError("reset"), "network", id="reset"),
        pytest.param(httpx.ReadTimeout("hang"), "timeout", id="hang"),
        pytest.param(good(""), "validation", id="empty text"),
        pytest.param(httpx.Response(200, text="<html>"), "validation", id="html"),
        pytest.param(broken(200, "overloaded"), "server", id="error inside 200"),
    ],
)
def test_when_one_fails_the_next_answers(failure: object, error_class: str) -> None:
    bench = Bench({"groq": [failure], "openai": [good()]})
    assert bench.respond() == "openai: Sí, tenemos."
    assert bench.outcomes == [("groq", 1, error_class), ("openai", 1, "answered")]


def test_everyone_is_asked_once_and_then_again() -> None:
    bench = Bench({"groq": [broken(500), good()], "openai": [broken(503)]})
    assert bench.respond() == "groq: Sí, tenemos."
    assert [name for name, _, _ in bench.outcomes] == ["groq", "openai", "groq"]


def test_all_failing_raises_every_error_in_order() -> None:
    bench = Bench({"groq": [broken(500)], "openai": [broken(401, "invalid_api_key")]})
    with pytest.raises(AllProvidersFailed) as caught:
        bench.respond()
    assert [error.error_class for error in caught.value.errors] == ["server", "auth", "server"]
    assert caught.value.error_class == "server"


def test_nobody_configured_fails_at_once() -> None:
    with pytest.raises(AllProvidersFailed) as caught:
        Bench({}).respond()
    assert caught.value.error_class == "config"


def test_who_is_to_be_left_out_is_not_asked() -> None:
    bench = Bench({"groq": [good()], "openai": [good()]})
    assert bench.respond(without={"groq"}) == "openai: Sí, tenemos."
    assert bench.outcomes == [("openai", 1, "answered")]


def test_with_everybody_left_out_nobody_is_asked() -> None:
    bench = Bench({"groq": [good()]})
    with pytest.raises(AllProvidersFailed) as caught:
        bench.respond(without={"groq"})
    assert (caught.value.errors, bench.outcomes) == ((), [])


def test_after_a_hang_nobody_pays_again() -> None:
    bench = Bench({"groq": [httpx.ReadTimeout("hang")], "openai": [good()]})
    for _ in range(3):
        bench.respond()
    assert [name for name, _, _ in bench.outcomes].count("groq") == 1


def test_one_probe_finds_out_that_it_is_back() -> None:
    bench = Bench({"groq": [httpx.ReadTimeout("hang"), good("volví")], "openai": [good()]})
    bench.respond()
    bench.clock.advance(31)
    assert bench.respond() == "groq: volví"
    assert bench.respond() == "groq: volví"


def test_with_every_breaker_open_the_one_due_soonest_is_asked_at_once() -> None:
    bench = Bench(
        {"groq": [httpx.ConnectError("refused")], "openai": [broken(401, "invalid_api_key")]}
    )
    before = bench.clock.now()
    for _ in range(2):
        with pytest.raises(AllProvidersFailed):
            bench.respond()
    assert [name for name, _, _ in bench.outcomes] == ["groq", "openai", "groq"]
    assert bench.clock.now() == before


def test_with_every_breaker_open_nobody_waits_for_one_that_hangs() -> None:
    bench = Bench({"groq": [httpx.ReadTimeout("hang")]})
    for _ in range(2):
        with pytest.raises(AllProvidersFailed):
            bench.respond()
    assert len(bench.outcomes) == 1


def test_three_server_errors_in_a_row_open_the_breaker() -> None:
    bench = Bench({"groq": [broken(500)], "openai": [good()]}, attempts=1)
    for _ in range(5):
        bench.respond()
    assert [name for name, _, _ in bench.outcomes].count("groq") == 3


def test_a_rate_limited_provider_is_left_alone_until_its_window_opens() -> None:
    limited = broken(429, "rate_limit_exceeded", **{"retry-after": "30"})
    bench = Bench({"groq": [limited, good("otra vez")], "openai": [good()]})
    bench.respond()
    bench.respond()
    bench.clock.advance(31)
    assert bench.respond() == "groq: otra vez"
    assert [name for name, _, _ in bench.outcomes] == ["groq", "openai", "openai", "groq"]


def test_a_wait_that_does_not_fit_the_deadline_is_not_begun() -> None:
    bench = Bench({"groq": [broken(429, "rate_limit_exceeded", **{"retry-after": "90"})]})
    with pytest.raises(AllProvidersFailed) as caught:
        bench.respond()
    assert caught.value.retry_after_s == pytest.approx(90)


def test_a_retired_model_is_replaced_by_one_the_provider_lists() -> None:
    gone = broken(404, "model_not_found")
    bench = Bench({"groq": [gone, good()]})
    bench.listed["groq"] = ["whisper-large", "m2"]
    bench.respond()
    bench.respond()
    assert bench.asked == ["groq:m1", "groq:m2", "groq:m2"]


def test_without_auto_model_a_retired_model_is_a_failure() -> None:
    bench = Bench({"groq": [broken(404, "model_not_found")]}, auto_model=False)
    with pytest.raises(AllProvidersFailed) as caught:
        bench.respond()
    assert caught.value.error_class == "model_not_found"


def test_the_log_tells_who_was_asked_and_who_answered(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Bench({"groq": [broken(500)], "openai": [good()]}, attempts=1).respond()
    said = [each.getMessage() for each in caplog.records if each.name == "bot.responder"]
    assert said == [
        "[AI Multi-Provider] 🔄 Usando sistema multi-provider con fallback automático "
        "(orden: groq → openai)",
        "[AI Multi-Provider] 🔄 Intentando con: groq",
        "[AI Multi-Provider] ❌ Error con groq: server (intento 1/1, 500, 0.0 s)",
        "[AI Multi-Provider] ⚠️ groq agotado, siguiente provider",
        "[AI Multi-Provider] 🔄 Intentando con: openai",
        "[AI Multi-Provider] ✅ Éxito con: openai",
    ]


def test_tokens_reach_the_ledger() -> None:
    bench = Bench({"groq": [good()]})
    bench.respond()
    assert (bench.rows[0].input_tokens, bench.rows[0].output_tokens) == (10, 4)


def test_a_cancelled_call_is_recorded_as_cancelled() -> None:
    bench = Bench({"groq": [good()]})

    async def hang(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        bench.handle = hang  # type: ignore[method-assign]
        bench.responder._client = httpx.AsyncClient(transport=httpx.MockTransport(hang))
        task = asyncio.create_task(bench.responder.respond(PROMPT, deadline_s=45))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert bench.outcomes == [("groq", 1, "cancelled")]


def test_in_place_nobody_waits_for_a_window_while_another_can_answer() -> None:
    limited = broken(429, "rate_limit_exceeded", **{"retry-after": "20"})
    bench = Bench({"groq": [limited], "openai": [good()]}, style="in_place")
    assert bench.respond() == "openai: Sí, tenemos."


def test_in_place_asks_the_same_one_again_first() -> None:
    bench = Bench({"groq": [broken(500), good("otra vez")], "openai": [good()]}, style="in_place")
    assert bench.respond() == "groq: otra vez"


def test_many_calls_that_see_one_fault_open_the_breaker_once() -> None:
    bench = Bench({"groq": [httpx.ReadTimeout("hang")], "openai": [good()]})

    async def burst() -> None:
        turns = (bench.responder.respond(PROMPT, deadline_s=45) for _ in range(20))
        await asyncio.gather(*turns)

    asyncio.run(burst())
    assert bench.health.open_for_s("groq", "m1") == pytest.approx(30)


def test_when_a_known_window_opens_everybody_waiting_is_answered() -> None:
    limited = broken(429, "rate_limit_exceeded", **{"retry-after": "5"})
    opens_at = FixedClock.at_noon().monotonic_s() + 5
    bench = Bench({"groq": [lambda: good() if bench.clock.monotonic_s() >= opens_at else limited]})

    async def burst() -> list[str]:
        turns = (bench.responder.respond(PROMPT, deadline_s=45) for _ in range(5))
        return [completion.provider for completion in await asyncio.gather(*turns)]

    assert asyncio.run(burst()) == ["groq"] * 5


def test_with_one_rate_limited_for_long_and_the_other_open_the_open_one_is_tried() -> None:
    limited = broken(429, "rate_limit_exceeded", **{"retry-after": "120"})
    bench = Bench({"groq": [limited], "openai": [httpx.ConnectError("x"), good("volví")]})
    with pytest.raises(AllProvidersFailed):
        bench.respond()
    assert bench.respond() == "openai: volví"


def test_a_turn_cancelled_while_healing_leaves_the_breaker_usable() -> None:
    bench = Bench({"groq": [httpx.ReadTimeout("hang"), broken(404, "model_not_found"), good()]})
    listing = asyncio.Event()

    async def hang_on_models(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/models"):
            listing.set()
            await asyncio.Event().wait()
        return await bench.handle(request)

    async def run() -> None:
        with pytest.raises(AllProvidersFailed):
            await bench.responder.respond(PROMPT, deadline_s=45)
        bench.clock.advance(31)
        transport = httpx.MockTransport(hang_on_models)
        bench.responder._client = httpx.AsyncClient(transport=transport)
        task = asyncio.create_task(bench.responder.respond(PROMPT, deadline_s=45))
        await listing.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert bench.health.may_ask("groq", "m1")


def test_an_answer_in_a_shape_nobody_foresaw_costs_nobody_the_turn() -> None:
    odd = httpx.Response(200, json={"choices": {"0": 1}, "usage": [], "model": []})
    bench = Bench({"groq": [odd], "openai": [good()]})
    assert bench.respond() == "openai: Sí, tenemos."


LONG_TALK = Prompt(
    (
        PromptMessage("system", "reglas"),
        *(PromptMessage("user", f"mensaje {i}") for i in range(8)),
        PromptMessage("user", "¿y la última?"),
    ),
    tokens=100,
)
TOO_LONG = broken(400, "context_length_exceeded")


def said(body: dict[str, object]) -> list[str]:
    messages = body["messages"]
    assert isinstance(messages, list)
    return [message["content"] for message in messages]


def test_a_prompt_that_is_too_long_is_asked_again_with_a_shorter_talk() -> None:
    bench = Bench({"groq": [TOO_LONG, good()]}, attempts=1)
    asyncio.run(bench.responder.respond(LONG_TALK, deadline_s=45))
    assert said(bench.bodies[1]) == [
        "reglas",
        *(f"mensaje {i}" for i in (5, 6, 7)),
        "¿y la última?",
    ]


def test_a_model_that_refused_a_long_prompt_gets_the_next_one_short_at_once() -> None:
    bench = Bench({"groq": [TOO_LONG, good()]}, attempts=1)
    for _ in range(2):
        asyncio.run(bench.responder.respond(LONG_TALK, deadline_s=45))
    assert [len(said(body)) for body in bench.bodies] == [10, 5, 5]


def test_a_prompt_that_cannot_be_shortened_goes_to_the_next_provider() -> None:
    bench = Bench({"groq": [TOO_LONG], "openai": [good()]})
    assert bench.respond() == "openai: Sí, tenemos."


def test_a_recording_is_written_down_by_the_next_provider_when_one_fails() -> None:
    heard = httpx.Response(200, json={"text": " ¿Tienen laptops? "})
    bench = Bench({"groq": [broken(500)], "openai": [heard]}, attempts=1)
    audio = Audio("audio/ogg", b"OggS", "es")
    completion = asyncio.run(bench.responder.transcribe(audio, deadline_s=45, turn_id="t"))
    assert completion.text == "¿Tienen laptops?"
    assert bench.outcomes == [("groq", 1, "server"), ("openai", 1, "answered")]


def test_where_the_model_that_hears_is_gone_no_model_that_writes_takes_its_place() -> None:
    heard = httpx.Response(200, json={"text": "hola"})
    bench = Bench({"groq": [broken(404, "model_not_found")], "openai": [heard]})
    asyncio.run(bench.responder.transcribe(Audio("audio/ogg", b"OggS", "es"), deadline_s=45))
    assert bench.outcomes == [("groq", 1, "model_not_found"), ("openai", 1, "answered")]


def test_a_prompt_with_a_picture_goes_to_those_who_see() -> None:
    bench = Bench({"groq": [good("una taza")], "openai": [good()]})
    lineup = bench.responder.lineup
    bench.responder.lineup = Lineup(lineup.chat, vision=lineup.chat[1:])
    seen = Prompt((PromptMessage("user", "¿qué es?", (Image("image/png", b"png"),)),))
    assert asyncio.run(bench.responder.respond(seen, deadline_s=45)).provider == "openai"


def test_an_object_that_does_not_fit_its_schema_is_a_failure_like_any_other() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    bench = Bench({"groq": [good('{"n": "tres"}')], "openai": [good('{"n": 3}')]}, attempts=1)
    completion = asyncio.run(bench.responder.respond(PROMPT, deadline_s=45, schema=schema))
    assert completion.data == {"n": 3}
    assert bench.outcomes == [("groq", 1, "validation"), ("openai", 1, "answered")]


def test_the_current_provider_is_the_first_that_may_be_asked() -> None:
    bench = Bench({"groq": [httpx.ReadTimeout("hang")], "openai": [good()]})
    before = bench.responder.current()
    bench.respond()
    assert (before, bench.responder.current()) == ("groq", "openai")


def test_a_window_that_is_almost_full_is_passed_over_before_it_refuses() -> None:
    last = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20s"}
    full = httpx.Response(200, json=json.loads(good("la última").content), headers=last)
    bench = Bench({"groq": [full, good("otra vez")], "openai": [good()]})
    answers = [bench.respond(), bench.respond()]
    bench.clock.advance(21)
    assert [*answers, bench.respond()] == [
        "groq: la última",
        "openai: Sí, tenemos.",
        "groq: otra vez",
    ]
    assert {row.outcome for row in bench.rows} == {"answered"}


LONG_LIMIT = broken(429, "rate_limit_exceeded", **{"retry-after": "20"})


def test_of_many_who_would_wait_long_for_one_slot_one_does() -> None:
    bench = Bench({"groq": [LONG_LIMIT, good()]})
    asleep = asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        for _ in range(20):
            await asyncio.sleep(0)
        bench.clock.advance(seconds)

    bench.responder._sleep = sleep

    async def run() -> list[object]:
        first = asyncio.create_task(bench.responder.respond(PROMPT, deadline_s=45))
        await asleep.wait()
        second = bench.responder.respond(PROMPT, deadline_s=45)
        return await asyncio.gather(first, second, return_exceptions=True)

    waited, refused = asyncio.run(run())
    assert not isinstance(waited, Exception)
    assert isinstance(refused, AllProvidersFailed) and refused.error_class == "rate_limit"


def test_a_provider_that_failed_for_others_meanwhile_is_not_asked_again() -> None:
    def fail_and_open() -> httpx.Response:
        call = bench.health.begin(bench.responder.lineup.chat[0], "m1")
        bench.health.fail(call, provider_error("x", provider="groq", error_class="timeout"))
        return broken(500)

    bench = Bench({"groq": [broken(500), good()], "openai": [fail_and_open, good()]})
    assert bench.respond() == "openai: Sí, tenemos."
    assert [name for name, _, _ in bench.outcomes] == ["groq", "openai", "openai"]


def test_one_that_got_a_fraction_of_its_time_is_not_taken_for_dead() -> None:
    bench = Bench({"groq": [httpx.ReadTimeout("hang")]})
    with pytest.raises(AllProvidersFailed):
        bench.respond(deadline_s=2)
    assert bench.health.may_ask("groq", "m1")


def test_no_time_is_kept_for_those_who_cannot_be_asked_within_it() -> None:
    limited = broken(429, "rate_limit_exceeded", **{"retry-after": "3600"})
    bench = Bench({"groq": [limited], "mistral": [limited], "openai": [good()]})
    bench.respond()
    options = [retry.Option(name) for name in ("groq", "mistral", "openai")]
    for option in options[:2]:
        option.ready_at = 3600.0
    step = retry.next_step(options, now=0.0, deadline=20.0, attempts=2, style="rounds")
    assert isinstance(step, retry.Ask) and step.limit_s == 20.0


def test_when_one_may_answer_at_any_moment_nobody_is_told_to_come_back_late() -> None:
    limited = broken(429, "rate_limit_exceeded", **{"retry-after": "3600"})
    bench = Bench({"groq": [limited], "openai": [broken(500)]}, attempts=1)
    with pytest.raises(AllProvidersFailed) as caught:
        bench.respond()
    assert caught.value.retry_after_s is None


def test_without_time_to_ask_anybody_it_is_a_timeout() -> None:
    bench = Bench({"groq": [good()]})
    with pytest.raises(AllProvidersFailed) as caught:
        bench.respond(deadline_s=0.3)
    assert caught.value.error_class == "timeout"


def test_in_place_nobody_sleeps_through_a_providers_own_wait_while_another_can_answer() -> None:
    busy = broken(503, "overloaded", **{"retry-after": "20"})
    bench = Bench({"groq": [busy], "openai": [good()]}, style="in_place")
    before = bench.clock.now()
    assert bench.respond() == "openai: Sí, tenemos."
    assert bench.clock.now() == before


def test_an_answer_nobody_can_parse_is_a_failure_like_any_other() -> None:
    schema = {"type": "object"}
    bench = Bench({"groq": [good("[" * 60_000)], "openai": [good('{"n": 3}')]}, attempts=1)
    completion = asyncio.run(bench.responder.respond(PROMPT, deadline_s=45, schema=schema))
    assert completion.data == {"n": 3}


def test_a_shortened_talk_begins_with_the_customer() -> None:
    talk = [PromptMessage("user" if i % 2 == 0 else "assistant", f"{i}") for i in range(8)]
    short = Prompt((*talk, PromptMessage("user", "¿y la última?"))).shortened()
    while short is not None:
        roles = [message.role for message in short.messages if message.role != "system"]
        assert roles[0] == "user"
        short = short.shortened()
