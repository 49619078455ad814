"""When the first is slow the next is asked as well, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

from bot.responder import HEDGES_KEPT
from tests.responder_bench import PROMPT, Bench, broken, good

SOON_S = 0.001


class Slow:
    """An answer that comes when it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def __call__(self) -> httpx.Response:
        await self.go.wait()
        return good("tarde")


async def never() -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


def bench_of(answers: dict[str, Sequence[object]], hedge_after: object = SOON_S) -> Bench:
    return Bench(answers, hedge_after=hedge_after)


def test_a_slow_provider_is_overtaken_and_its_call_recorded_as_cancelled() -> None:
    bench = bench_of({"groq": [never], "openai": [good()]})
    assert bench.respond() == "openai: Sí, tenemos."
    assert bench.outcomes == [("openai", 1, "answered"), ("groq", 1, "cancelled")]


def test_the_slow_one_still_wins_when_the_next_fails() -> None:
    async def run() -> str:
        slow = Slow()

        def failing() -> httpx.Response:
            slow.go.set()
            return broken(500)

        bench = bench_of({"groq": [slow], "openai": [failing]})
        completion = await bench.responder.respond(PROMPT, deadline_s=45)
        return f"{completion.provider} {completion.attempts}"

    assert asyncio.run(run()) == "groq 2"


def test_when_the_extra_call_fails_the_one_after_it_is_asked() -> None:
    bench = bench_of({"groq": [never], "openai": [broken(500)], "lmstudio": [good()]})
    assert bench.respond() == "lmstudio: Sí, tenemos."


def test_when_the_slow_one_fails_the_one_asked_beside_it_is_enough() -> None:
    async def run() -> list[tuple[str, int, str]]:
        slow, second = Slow(), Slow()

        async def failing() -> httpx.Response:
            await slow.go.wait()
            return broken(400)

        async def answering() -> httpx.Response:
            slow.go.set()
            for _ in range(20):
                await asyncio.sleep(0)
            return await second()

        second.go.set()
        bench = bench_of({"groq": [failing], "openai": [answering], "lmstudio": [good()]})
        await bench.responder.respond(PROMPT, deadline_s=45)
        return bench.outcomes

    assert asyncio.run(run()) == [("groq", 1, "bad_request"), ("openai", 1, "answered")]


def test_a_quick_answer_makes_no_extra_call() -> None:
    bench = bench_of({"groq": [good()], "openai": [good()]}, hedge_after=30.0)
    bench.respond()
    assert bench.asked == ["groq:m1"]


def test_nothing_is_hedged_while_it_is_off() -> None:
    async def run() -> list[str]:
        slow = Slow()
        bench = bench_of({"groq": [slow], "openai": [good()]}, hedge_after="off")
        turn = asyncio.create_task(bench.responder.respond(PROMPT, deadline_s=45))
        while not bench.asked:
            await asyncio.sleep(0)
        slow.go.set()
        await turn
        return bench.asked

    assert asyncio.run(run()) == ["groq:m1"]


def test_auto_waits_for_what_it_has_learned() -> None:
    bench = bench_of({"groq": [good()], "openai": [good()]}, hedge_after="auto")
    for _ in range(25):
        bench.respond()
    bench.answers["groq"] = [never]
    assert bench.health.p95_s("groq", "m1") == 0.0
    assert bench.respond() == "openai: Sí, tenemos."


def test_extra_calls_keep_to_their_share() -> None:
    bench = bench_of({"groq": [good()], "openai": [good()]})
    turns = 60

    async def run() -> None:
        slow = []
        for _ in range(turns):
            slow.append(Slow())
            bench.answers["groq"] = [slow[-1]]
            turn = asyncio.create_task(bench.responder.respond(PROMPT, deadline_s=45))
            await asyncio.wait([turn], timeout=0.02)
            slow[-1].go.set()
            await turn

    asyncio.run(run())
    extra = len(bench.asked) - turns
    assert extra == HEDGES_KEPT + (turns - HEDGES_KEPT) // 10


def test_a_turn_that_is_cancelled_leaves_no_call_running() -> None:
    bench = bench_of({"groq": [never], "openai": [never]})

    async def run() -> set[asyncio.Task[object]]:
        turn = asyncio.create_task(bench.responder.respond(PROMPT, deadline_s=45))
        while len(bench.asked) < 2:
            await asyncio.sleep(0.001)
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    assert asyncio.run(run()) == set()
    assert [row.outcome for row in bench.rows] == ["cancelled", "cancelled"]


def answered_quickly(bench: Bench, times: int = 20) -> None:
    """groq has answered so often that its usual time is known, and is next to nothing."""
    for _ in range(times):
        call = bench.health.begin(bench.responder.lineup.chat[0], "m1")
        bench.health.succeed(call, duration_s=0.0001)


def test_whoever_finds_out_that_one_still_hangs_is_served_by_the_next() -> None:
    async def run() -> list[tuple[str, int, str]]:
        bench = bench_of({"groq": [httpx.ReadTimeout("hang"), never], "openai": [good()]}, "off")
        answered_quickly(bench)
        await bench.responder.respond(PROMPT, deadline_s=45)
        bench.clock.advance(31)
        await bench.responder.respond(PROMPT, deadline_s=45)
        assert not bench.health.may_ask("groq", "m1")
        await bench.responder.close()
        return bench.outcomes

    assert asyncio.run(run()) == [
        ("groq", 1, "timeout"),
        ("openai", 1, "answered"),
        ("openai", 1, "answered"),
        ("groq", 1, "cancelled"),
    ]


def test_one_that_is_back_but_slower_than_the_next_is_found_out_all_the_same() -> None:
    async def run() -> list[float | None]:
        slow = Slow()
        bench = bench_of({"groq": [httpx.ReadTimeout("hang"), slow], "openai": [good()]}, "off")
        answered_quickly(bench)
        await bench.responder.respond(PROMPT, deadline_s=45)
        bench.clock.advance(31)
        await bench.responder.respond(PROMPT, deadline_s=45)
        seen = [bench.health.open_for_s("groq", "m1")]
        slow.go.set()
        await asyncio.gather(*bench.responder._finishing)
        return [*seen, bench.health.open_for_s("groq", "m1")]

    assert asyncio.run(run()) == [0.0, None]


def test_beside_a_probe_nobody_else_that_hangs_is_asked() -> None:
    async def run() -> list[str]:
        hang = httpx.ReadTimeout("hang")
        bench = bench_of(
            {"groq": [hang, never], "openai": [hang, never], "mistral": [good()]}, "off"
        )
        answered_quickly(bench)
        await bench.responder.respond(PROMPT, deadline_s=45)
        bench.clock.advance(31)
        completion = await bench.responder.respond(PROMPT, deadline_s=45)
        await bench.responder.close()
        return [completion.provider, *bench.asked[3:]]

    assert asyncio.run(run()) == ["mistral", "groq:m1", "mistral:m1"]


def test_one_of_whom_nothing_is_heard_and_that_is_overtaken_again_and_again_is_left_alone() -> None:
    async def run(silent_s: float) -> int:
        bench = bench_of({"groq": [never], "openai": [good()]})
        answered_quickly(bench)
        bench.clock.advance(silent_s)
        for _ in range(5):
            bench.health.state("groq", "m1").latencies_s.extend([0.0] * 100)
            await bench.responder.respond(PROMPT, deadline_s=45)
        return [name for name, _, _ in bench.outcomes].count("groq")

    assert [asyncio.run(run(silent_s)) for silent_s in (0, 7)] == [5, 3]
