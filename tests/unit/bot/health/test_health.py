"""Who may be asked: breakers open, wait longer and close again; pings find out what they can."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from bot.health import Call, Health, Member
from bot.health.pings import Ping, Pinger
from bot.messages import Window
from bot.providers.base import find_providers
from core.errors import provider_error
from core.settings import ProviderSettings
from tests.fakes import FixedClock

GROQ = ("groq", "m1")
MEMBER = Member(find_providers()["groq"], ProviderSettings("key-1", ("m1",), "http://groq.test/v1"))
LOCAL = Member(find_providers()["lmstudio"], ProviderSettings(None, (), "http://lmstudio.test/v1"))
NO_KEY = replace(MEMBER, settings=ProviderSettings())


class Bench:
    """One provider's health; `answers` are what its list of models gives, in turn."""

    def __init__(self, *answers: object, is_probing: bool = False) -> None:
        self.clock = FixedClock.at_noon()
        self.saved: list[Ping] = []
        self.health = Health(self.clock, is_probing=is_probing)
        self.answers: list[object] = list(answers)
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        self.pinger = Pinger(client, self.health, self.clock, self.saved.append)

    def handle(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx.Response)
        return answer

    def call(self) -> Call:
        return self.health.begin(MEMBER, "m1")

    def fail(self, error_class: str, times: int = 1, retry_after_s: float | None = None) -> None:
        for _ in range(times):
            error = provider_error(
                "x", provider="groq", error_class=error_class, retry_after_s=retry_after_s
            )
            self.health.fail(self.call(), error)

    def succeed(self) -> None:
        self.health.succeed(self.call())

    @property
    def may_ask(self) -> bool:
        return self.health.may_ask(*GROQ)

    @property
    def open_s(self) -> float | None:
        return self.health.open_for_s(*GROQ)

    async def ping(self, member: Member = MEMBER) -> Ping:
        return await self.pinger.ping(member)


def models(*names: str) -> httpx.Response:
    return httpx.Response(200, json={"data": [{"id": name} for name in names]})


def refused(status: int, code: str = "x") -> httpx.Response:
    return httpx.Response(status, json={"error": {"message": code, "code": code}})


@pytest.mark.parametrize(
    ("error_class", "open_s"),
    [
        ("timeout", 30),
        ("network", 5),
        ("auth", 60),
        ("quota", 60),
        ("config", 60),
        ("model_not_found", 60),
        ("rate_limit", 10),
    ],
)
def test_some_failures_open_at_once(error_class: str, open_s: float) -> None:
    bench = Bench()
    bench.fail(error_class)
    assert (bench.may_ask, bench.open_s) == (False, open_s)


@pytest.mark.parametrize("error_class", ["server", "validation"])
def test_others_open_at_the_third_in_a_row(error_class: str) -> None:
    bench = Bench()
    bench.fail(error_class, times=2)
    assert bench.may_ask
    bench.fail(error_class)
    assert not bench.may_ask


def test_an_answer_starts_the_count_afresh() -> None:
    bench = Bench()
    bench.fail("server", times=2)
    bench.succeed()
    bench.fail("server", times=2)
    assert bench.may_ask


def test_a_refused_request_says_nothing_about_the_provider() -> None:
    bench = Bench()
    bench.fail("bad_request", times=5)
    assert bench.may_ask


def test_a_rate_limit_lasts_as_long_as_the_provider_says() -> None:
    bench = Bench()
    bench.fail("rate_limit", retry_after_s=42)
    assert bench.open_s == 42
    bench.clock.advance(42)
    assert bench.may_ask


def test_one_model_that_is_gone_leaves_the_others() -> None:
    bench = Bench()
    bench.fail("model_not_found")
    assert bench.health.may_ask("groq", "m2")


def test_when_its_time_is_up_exactly_one_may_ask() -> None:
    bench = Bench()
    bench.fail("timeout")
    bench.clock.advance(30)
    assert bench.may_ask
    bench.call()
    assert not bench.may_ask


def test_a_probe_that_was_cancelled_leaves_its_place_to_the_next() -> None:
    bench = Bench()
    bench.fail("timeout")
    bench.clock.advance(30)
    bench.health.abandon(bench.call())
    assert bench.may_ask


def test_a_probe_that_is_answered_closes() -> None:
    bench = Bench()
    bench.fail("timeout")
    bench.clock.advance(30)
    bench.succeed()
    assert bench.may_ask and bench.open_s is None


@pytest.mark.parametrize(
    ("error_class", "waits"),
    [
        ("network", [5, 10, 20, 40, 60, 60]),
        ("timeout", [30, 60, 120, 240, 480, 600, 600]),
    ],
)
def test_each_failed_probe_doubles_the_wait_up_to_a_limit(
    error_class: str, waits: Sequence[float]
) -> None:
    bench, seen = Bench(), []
    for _ in waits:
        bench.fail(error_class)
        seen.append(bench.open_s)
        bench.clock.advance(bench.open_s or 0)
    assert seen == waits


def test_a_local_model_that_is_loading_is_asked_again_soon() -> None:
    bench, seen = Bench(), []
    for _ in range(5):
        error = provider_error("slow", provider="lmstudio", error_class="timeout")
        bench.health.fail(bench.health.begin(LOCAL, "m1"), error)
        seen.append(bench.health.open_for_s("lmstudio", "m1"))
        bench.clock.advance(seen[-1] or 0)
    assert seen == [10, 20, 40, 60, 60]


@pytest.mark.parametrize("error_class", ["rate_limit", "quota"])
def test_nobody_is_left_alone_for_more_than_a_day(error_class: str) -> None:
    bench = Bench()
    bench.fail(error_class, retry_after_s=86400 * 30)
    assert bench.open_s == 86400


@pytest.mark.parametrize("error_class", ["timeout", "network"])
def test_one_asked_before_its_time_stays_away_no_longer(error_class: str) -> None:
    bench = Bench()
    bench.fail(error_class)
    before = bench.open_s
    bench.fail(error_class, times=5)
    assert bench.open_s == before


def test_a_call_that_got_too_little_time_counts_only_with_others() -> None:
    bench, seen = Bench(), []
    for _ in range(3):
        error = provider_error("slow", provider="groq", error_class="timeout")
        bench.health.fail(bench.call(), error, is_doubtful=True)
        seen.append(bench.open_s)
    assert seen == [None, None, 30]


def test_a_wait_of_nothing_is_over_at_once() -> None:
    bench = Bench()
    bench.fail("rate_limit", retry_after_s=0)
    assert bench.may_ask


async def test_whoever_is_cancelled_while_claiming_gives_the_probe_back() -> None:
    claiming = asyncio.Event()

    async def claim(_call: Call) -> bool:
        claiming.set()
        await asyncio.Event().wait()
        return True

    bench = Bench()
    bench.fail("timeout")
    bench.clock.advance(30)
    bench.health.claim = claim
    probe = asyncio.create_task(bench.health.may_probe(bench.call()))
    await claiming.wait()
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    assert bench.may_ask


@pytest.mark.parametrize("error_class", ["network", "auth", "config"])
async def test_a_list_without_the_model_still_closes_what_it_disproves(error_class: str) -> None:
    """The model may answer under a name no list shows."""
    bench = Bench(models("m1:latest"))
    bench.fail(error_class)
    bench.clock.advance(60)
    assert (await bench.ping()).state == "model_not_found"
    assert bench.open_s is None


async def test_a_slow_list_says_nothing_of_the_model() -> None:
    bench = Bench(httpx.ReadTimeout("slow"))
    assert (await bench.ping()).state == "timeout"
    assert bench.may_ask


def test_while_one_probes_another_call_is_no_probe() -> None:
    bench = Bench()
    bench.fail("timeout")
    bench.clock.advance(30)
    first, second = bench.call(), bench.call()
    bench.health.abandon(second)
    assert (first.is_probe, second.is_probe, bench.may_ask) == (True, False, False)


async def test_a_probe_of_another_process_leaves_this_one_waiting() -> None:
    async def refuse(_call: Call) -> bool:
        return False

    bench = Bench()
    bench.health.claim = refuse
    bench.fail("network")
    bench.clock.advance(5)
    await bench.pinger.probe_due([MEMBER])
    assert bench.saved == [] and bench.may_ask


async def test_a_ping_takes_nothing_from_the_rate_windows() -> None:
    bench = Bench(models("m1"))
    bench.health.succeed(bench.call(), windows=[Window("requests", 1, 30, 60)])
    await bench.ping()
    assert bench.health.ready_in_s(*GROQ) == 0


def test_the_95th_percentile_is_known_after_twenty_answers() -> None:
    bench, seen = Bench(), []
    for took_s in range(1, 21):
        seen.append(bench.health.p95_s(*GROQ))
        bench.health.succeed(bench.call(), duration_s=float(took_s))
    assert seen == [None] * 20
    assert bench.health.p95_s(*GROQ) == 19


def test_calls_that_were_under_way_when_it_opened_do_not_lengthen_the_wait() -> None:
    bench = Bench()
    under_way = [bench.call() for _ in range(20)]
    for call in under_way:
        bench.health.fail(call, provider_error("x", provider="groq", error_class="network"))
    assert bench.open_s == 5


def test_with_all_open_the_one_due_soonest_is_named() -> None:
    bench, local = Bench(), ("lmstudio", None)
    bench.fail("timeout")
    call = bench.health.begin(LOCAL, None)
    bench.health.fail(call, provider_error("x", provider="lmstudio", error_class="network"))
    assert bench.health.soonest([GROQ, local]) == local


def test_a_full_window_is_never_asked_before_its_time() -> None:
    bench = Bench()
    bench.fail("rate_limit")
    assert bench.health.soonest([GROQ]) is None


def test_where_pings_find_out_no_customer_has_to() -> None:
    bench = Bench(is_probing=True)
    bench.fail("network")
    assert bench.health.soonest([GROQ]) is None


@pytest.mark.parametrize("error_class", ["network", "auth"])
async def test_a_ping_closes_what_a_list_of_models_disproves(error_class: str) -> None:
    bench = Bench(models("m1"))
    bench.fail(error_class)
    assert (await bench.ping()).ok
    assert bench.may_ask


@pytest.mark.parametrize("error_class", ["timeout", "quota"])
async def test_a_hanging_or_exhausted_model_proves_itself_by_an_answer(error_class: str) -> None:
    bench = Bench(models("m1"))
    bench.fail(error_class)
    assert (await bench.ping()).ok
    assert not bench.may_ask


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(models("m1", "m2"), "ok", id="listed"),
        pytest.param(models(), "ok", id="lists nothing"),
        pytest.param(models("m2"), "model_not_found", id="not listed"),
        pytest.param(refused(401, "invalid_api_key"), "auth", id="bad key"),
        pytest.param(refused(500), "server", id="broken"),
        pytest.param(httpx.ConnectError("refused"), "network", id="not there"),
        pytest.param(httpx.ReadTimeout("slow"), "timeout", id="silent"),
    ],
)
async def test_what_a_ping_finds(answer: object, state: str) -> None:
    bench = Bench(answer)
    ping = await bench.ping()

    assert (ping.ok, ping.state, ping.configured) == (state == "ok", state, True)
    assert (ping.advice is None) is ping.ok
    assert bench.saved == [ping]


async def test_a_failed_ping_spares_the_customer_the_call() -> None:
    bench = Bench(httpx.ConnectError("refused"))
    await bench.ping()
    assert not bench.may_ask


async def test_a_model_that_is_not_listed_may_answer_all_the_same() -> None:
    bench = Bench(models("m2"))
    await bench.ping()
    assert bench.may_ask


async def test_without_a_key_nobody_is_called() -> None:
    ping = await Bench().ping(NO_KEY)

    assert (ping.configured, ping.ok, ping.state) == (False, False, "unconfigured")
    assert "GROQ_API_KEY" in str(ping.advice)


async def test_the_loaded_model_is_the_one_to_ask() -> None:
    bench = Bench(models("phi-2"))
    assert (await bench.ping(LOCAL)).model == "phi-2"
    assert bench.health.current_model(LOCAL) == "phi-2"


async def test_rows_come_in_the_order_asked_for() -> None:
    bench = Bench(models("m1"))
    rows = await bench.pinger.ping_all([NO_KEY, MEMBER])
    assert [row.state for row in rows] == ["unconfigured", "ok"]


async def test_due_probes_are_those_a_ping_could_close_once_their_time_is_up() -> None:
    bench = Bench()
    assert bench.pinger.due([MEMBER]) == []
    bench.fail("network")
    assert bench.pinger.due([MEMBER]) == []
    bench.clock.advance(5)
    assert bench.pinger.due([MEMBER, NO_KEY]) == [MEMBER]


async def test_what_only_an_answer_disproves_is_no_due_probe() -> None:
    bench = Bench()
    bench.fail("timeout")
    bench.clock.advance(600)
    assert bench.pinger.due([MEMBER]) == []


async def test_the_log_speaks_only_when_a_state_changes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    down = [refused(500) for _ in range(2)]
    bench = Bench(models("m1"), models("m1"), *down, models("m1"))
    for _ in range(5):
        await bench.ping()

    assert [each.getMessage() for each in caplog.records if each.name == "bot.health.pings"] == [
        "[AI Ping] ✅ groq: FUNCIONANDO",
        "[AI Ping] ❌ groq: NO DISPONIBLE (server)",
        "[AI Ping] ✅ groq: FUNCIONANDO",
    ]


async def test_what_only_the_owner_can_mend_is_told_once_with_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    down = [refused(401, "invalid_api_key") for _ in range(2)]
    bench = Bench(*down, models("m1"), refused(401, "invalid_api_key"))
    for _ in range(4):
        await bench.ping()

    told = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert [each.getMessage().split(". ")[0] for each in told] == [
        "[AI Multi-Provider] ❌ groq: auth"
    ] * 2
    assert "GROQ_API_KEY" in told[0].getMessage()
    assert not [each for each in caplog.records if "NO DISPONIBLE" in each.getMessage()]


async def test_the_log_does_not_speak_of_providers_nobody_configured(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    await Bench().ping(NO_KEY)
    assert [each for each in caplog.records if each.name == "bot.health.pings"] == []
