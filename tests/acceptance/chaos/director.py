"""A plan enters; its faults strike one after another while customers write, each seen to strike."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

from core.points import Point
from tests.acceptance.chaos.customers import Pace
from tests.acceptance.chaos.outside import BadProvider, BadTwilio
from tests.acceptance.chaos.plan import AT_THE_DOOR, Fault
from tests.acceptance.chaos.recovery import Recovery
from tests.acceptance.chaos.stage import Member, PostgresServer

LANES = 3
"""So many faults wait for their moment at once; in a hurry one, which no other cuts short."""
ENOUGH = 10
"""Messages a second that bring most points about."""
STALL_S = 4.0
FROZEN_S = 30.0
"""Longer than a send may take and a lease lasts: what was begun is no longer ours to send."""
AWAY_S = 1.5
"""How long the disk, Twilio or the providers are away."""
QUICK_S = 0.4
PROVOKED: dict[str, str] = {
    Point.POSTPONED: "429",
    Point.UNCLEAR: "accept_then_reset",
    Point.LOOK_UP: "503_stored",
    Point.LOOKED_UP: "503_stored",
}
"""What Twilio does twice to bring about what is rare."""
MOST_S = 600.0
"""A fault that did not strike within this is reported as missed; generous, for busy machines."""
TURN_FAILS_S = (3.0, 12.0)
"""Jumps of the clock after which a turn that fails each time is buried."""


class Director:
    """Breaks things.

    Args:
        is_quick: move the clock along while a fault waits for its point to be reached.
    """

    def __init__(
        self,
        members: list[Member],
        server: PostgresServer | None,
        twilio: BadTwilio,
        providers: list[BadProvider],
        recovery: Recovery,
        dice: random.Random,
        *,
        is_quick: bool,
        burst: Callable[[], Awaitable[None]],
        say: Callable[[str], None],
    ) -> None:
        self._members = members
        self._server = server
        self._twilio = twilio
        self._providers = providers
        self._recovery = recovery
        self._dice = dice
        self._is_quick = is_quick
        self._lanes = 1 if is_quick else LANES
        self._away_s = QUICK_S if is_quick else AWAY_S
        self._burst = burst
        self._say = say
        self._frozen: set[asyncio.Task[None]] = set()
        self._struck: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._ended: dict[Member, asyncio.Event] = defaultdict(asyncio.Event)
        self._one_at_a_time = asyncio.Lock()
        self.hits: Counter[str] = Counter()

    def on_report(self, member: Member, where: str, action: str) -> None:
        """A process is about to break as it was told."""
        self._hit(f"{where}:{action}")
        if action == "stall":
            thaw = asyncio.ensure_future(_thaw(member))
            self._frozen.add(thaw)
            thaw.add_done_callback(self._frozen.discard)
        if action == "kill":
            self._recovery.killed()

    def on_end(self, member: Member) -> None:
        """A process ended."""
        self._ended[member].set()
        self._ended[member] = asyncio.Event()

    def _hit(self, name: str) -> None:
        self.hits[name] += 1
        self._struck[name].set()

    async def direct(self, plan: list[Fault], pace: Pace, messages: int) -> None:
        """Let all faults strike while so many messages are written, or more when it takes them."""
        self._pace = pace
        share = messages / len(plan)
        await pace.allow(len(self._members) * ENOUGH)
        await asyncio.gather(*(member.is_up.wait() for member in self._members))
        await self._recovery.begun.wait()
        steps = iter(range(len(plan)))

        async def strike_next() -> None:
            for number in steps:
                await pace.allow(int(share * (number + 1)))
                await pace.reach(int(share * (number + 1 - self._lanes)))
                if not self._is_quick:
                    await self._recovery.answering()
                await self._strike(plan[number])

        await asyncio.gather(*(strike_next() for _ in range(self._lanes)))
        await asyncio.gather(*self._frozen)
        await pace.allow(messages)
        await pace.finish()

    async def _strike(self, fault: Fault) -> None:
        started = time.monotonic()
        if fault.where in set(Point) | {"commit"}:
            self._struck[str(fault)].clear()
            arrange = self._bury if fault.where == Point.BURIAL else self._wait_for
            await arrange(fault)
        else:
            strike: Callable[[str], Awaitable[None]] = getattr(self, f"_{fault.where}")
            await strike(fault.action)
            self._hit(str(fault))
        self._say(f"  {time.monotonic() - started:5.1f} s {fault}")

    async def _wait_for(self, fault: Fault) -> None:
        """Arm one process that reaches the point, again when it ends before, until it struck."""
        struck, deadline = self._struck[str(fault)], time.monotonic() + MOST_S
        member = self._dice.choice(self._able(fault.where))
        nth = fault.nth
        while not struck.is_set() and time.monotonic() < deadline:
            member.order("break", fault.where, fault.action, nth)
            if fault.where in PROVOKED:
                await self._twilio.change(PROVOKED[fault.where], 2)
            nth = 1
            ended, generation = self._ended[member], member.generation
            while not (struck.is_set() or ended.is_set()) and time.monotonic() < deadline:
                if generation != member.generation:
                    break
                if await _is_set_within(struck, QUICK_S if self._is_quick else 1.0):
                    return
                await self._pace.allow_more(ENOUGH)
                if self._is_quick:
                    self._move_clocks(8.0)

    def _able(self, where: str) -> list[Member]:
        if where in AT_THE_DOOR:
            return [member for member in self._members if member.takes_messages]
        return [member for member in self._members if member.works]

    async def _bury(self, fault: Fault) -> None:
        """Most turns fail until some are given up."""
        self._always(Point.TURN_READ, True)
        waiting = asyncio.ensure_future(self._wait_for(fault))
        while not waiting.done():
            for seconds in TURN_FAILS_S:
                await asyncio.sleep(0.7)
                self._move_clocks(seconds)
        self._always(Point.TURN_READ, False)
        await waiting

    def _always(self, point: Point, is_on: bool) -> None:
        for member in self._members:
            member.orders = [("always", point, True)] if is_on else []
            member.order("always", point, is_on)

    def _move_clocks(self, seconds: float) -> None:
        for member in self._members:
            member.move_clock(member.offset_s + seconds)

    async def _shop(self, action: str) -> None:
        await self._process(self._dice.choice(self._members), action)

    async def _web(self, action: str) -> None:
        await self._process(next(m for m in self._members if not m.works), action)

    async def _worker(self, action: str) -> None:
        await self._process(next(m for m in self._members if not m.takes_messages), action)

    async def _process(self, member: Member, action: str) -> None:
        await asyncio.sleep(self._dice.random())
        if action == "stall":
            member.signal("SIGSTOP")
            await asyncio.sleep(STALL_S)
            member.signal("SIGCONT")
            return
        ended = self._ended[member]
        member.signal("SIGKILL" if action == "kill" else "SIGTERM")
        if action == "kill":
            self._recovery.killed()
        await asyncio.wait_for(ended.wait(), MOST_S)

    async def _clock(self, seconds: str) -> None:
        self._move_clocks(float(seconds))
        await asyncio.sleep(self._away_s)

    async def _one_clock(self, seconds: str) -> None:
        """One process is ahead of the others for a while."""
        member = self._dice.choice([member for member in self._members if member.works])
        before = member.offset_s
        member.move_clock(before + float(seconds))
        await asyncio.sleep(self._away_s * 2)
        member.move_clock(before)

    async def _customers(self, _action: str) -> None:
        await self._burst()

    async def _disk(self, state: str) -> None:
        self._members[0].order("disk", state)
        await asyncio.sleep(self._away_s)
        self._members[0].order("disk", "well")

    async def _outside(self, who: str) -> None:
        if who == "twilio_refuses":
            await self._twilio.change("refuse")
            await asyncio.sleep(self._away_s)
            await self._twilio.change("ok")
            return
        for provider in self._providers:
            await asyncio.to_thread(provider.behave, "refuse")
        await asyncio.sleep(self._away_s)
        for provider in self._providers:
            await asyncio.to_thread(provider.behave, "ok")

    async def _database_server(self, _action: str) -> None:
        assert self._server is not None
        async with self._one_at_a_time:
            self._recovery.killed()
            await asyncio.to_thread(self._server.kill)

    async def _backend(self, action: str) -> None:
        """Connections are cut in order, or one dies and takes all with it, or half of them hang."""
        assert self._server is not None
        async with self._one_at_a_time:
            while not (pids := self._server.backends()):
                await asyncio.sleep(0.1)
            if action == "terminate":
                self._server.signal(pids, "SIGTERM")
            elif action == "kill":
                self._recovery.killed()
                self._server.signal([self._dice.choice(pids)], "SIGKILL")
            else:
                self._server.signal(pids[::2], "SIGSTOP")
                await asyncio.sleep(STALL_S)
                self._server.signal(pids[::2], "SIGCONT")


async def _thaw(member: Member) -> None:
    await asyncio.sleep(FROZEN_S)
    member.signal("SIGCONT")


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
