"""What can be seen of providers, tables and disk raises its cause, and clears it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from bot.alarms import Alarms, store
from bot.alarms.watching import Watch
from bot.health import Health, Member
from bot.money import Budget
from bot.providers.base import find_providers
from bot.tables import Alarm, WorkerBeat
from core.database import Database
from core.errors import provider_error
from core.settings import ProviderSettings
from tests.fakes import FixedClock
from tests.working_shop import somebody_waits

PROVIDERS = find_providers()
GROQ = Member(PROVIDERS["groq"], ProviderSettings("k", ("m1",)))
OPENAI = Member(PROVIDERS["openai"], ProviderSettings("k", ("m2",)))
LM_STUDIO = Member(PROVIDERS["lmstudio"], ProviderSettings())


class Sight:
    """A watch over a shop that is well: a worker lives, the disk is empty, nobody waits."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.alarms = Alarms(database, clock)
        self.health = Health(clock)
        self.members: tuple[Member, ...] = (GROQ, OPENAI)
        self.free_mb: int | None = 9000
        self.matters = True
        self.budget: Budget | None = None
        self.database.write(
            lambda c: c.execute(
                insert(WorkerBeat).values(worker="w", started_at=clock.now(), seen_at=clock.now())
            )
        )

    def fail(self, member: Member, error_class: str) -> None:
        call = self.health.begin(member, self.health.current_model(member))
        error = provider_error("x", provider=member.name, error_class=error_class)
        self.health.fail(call, error)

    def sees(self) -> list[tuple[str, str]]:
        """What stands after a look."""
        watch = Watch(
            self.alarms,
            self.clock,
            self.health,
            lambda: self.members,
            self.budget,
            free_mb=lambda: self.free_mb,
            matters=self.matters,
            language="es",
        )
        self.alarms.know(self.database.read(store.standing))
        self.database.read(watch.look)
        self.database.flush()
        return sorted(self.database.read(store.standing))


@pytest.fixture
def sight(sqlite_database: Database, clock: FixedClock) -> Sight:
    return Sight(sqlite_database, clock)


def all_down(sight: Sight) -> None:
    for member in sight.members:
        sight.fail(member, "network")


def nobody_set_one_up(sight: Sight) -> None:
    sight.members = (LM_STUDIO,)
    sight.fail(LM_STUDIO, "network")


def down_where_nobody_is_served(sight: Sight) -> None:
    sight.matters = False
    all_down(sight)
    sight.fail(GROQ, "auth")


def worker_silent(sight: Sight) -> None:
    sight.clock.advance(21)


def waiting(sight: Sight) -> None:
    at = sight.clock.now() - timedelta(seconds=61)
    sight.database.write(lambda c: somebody_waits(c, at))


def replaced(sight: Sight) -> None:
    sight.health.replace_model("groq", "m1", "m9")


SIGHTS: dict[str, tuple[Callable[[Sight], None], list[tuple[str, str]]]] = {
    "all is well": (lambda _: None, []),
    "one provider does not answer": (lambda s: s.fail(GROQ, "network"), []),
    "none does": (all_down, [("ai_down", "")]),
    "only one nobody set up": (nobody_set_one_up, []),
    "none, and no customer could notice": (down_where_nobody_is_served, []),
    "a key is refused": (lambda s: s.fail(OPENAI, "auth"), [("ai_needs_owner", "openai")]),
    "an account is empty": (lambda s: s.fail(GROQ, "quota"), [("ai_needs_owner", "groq")]),
    "a model is gone": (lambda s: s.fail(GROQ, "model_not_found"), [("ai_needs_owner", "groq")]),
    "another model stands in": (replaced, [("model_replaced", "groq")]),
    "nobody works": (worker_silent, [("worker_silent", "")]),
    "a customer waits": (waiting, [("queue_old", "")]),
    "a disk is nearly full": (lambda s: setattr(s, "free_mb", 255), [("disk_low", "")]),
    "the disk is another machine's": (lambda s: setattr(s, "free_mb", None), []),
}


@pytest.mark.parametrize("case", SIGHTS.values(), ids=list(SIGHTS))
def test_what_is_wrong_is_seen(
    sight: Sight, case: tuple[Callable[[Sight], None], list[tuple[str, str]]]
) -> None:
    happens, seen = case
    assert sight.sees() == []
    happens(sight)
    assert sight.sees() == seen


def test_what_is_well_again_is_cleared(sight: Sight) -> None:
    sight.free_mb = 1
    sight.fail(GROQ, "auth")
    assert len(sight.sees()) == 2
    sight.free_mb = 9000
    sight.health.breaker("groq", "m1").close()
    assert sight.sees() == []


def test_a_provider_the_owner_took_out_is_no_trouble_any_more(sight: Sight) -> None:
    sight.fail(GROQ, "auth")
    assert sight.sees() == [("ai_needs_owner", "groq")]
    sight.members = (OPENAI,)
    assert sight.sees() == []


def test_a_spent_budget_stands_until_the_next_day(sight: Sight) -> None:
    day = [sight.clock.now()]
    budget = Budget(1.0, sight.clock, spent=lambda _since: 5.0, day_start=lambda _now: day[0])
    sight.budget = budget
    budget.load()
    assert sight.sees() == []
    assert not budget.may_ask(OPENAI, "m2", 10, 10)
    assert sight.sees() == sight.sees() == [("budget_reached", "")]
    day[0] += timedelta(days=1)
    budget.load()
    assert sight.sees() == []


def test_advice_stands_with_the_cause(sight: Sight) -> None:
    sight.fail(GROQ, "auth")
    sight.sees()
    facts = sight.database.read(lambda c: c.execute(select(Alarm.facts)).scalar_one())
    assert facts["provider"] == "groq"
    assert "GROQ_API_KEY" in facts["advice"]
