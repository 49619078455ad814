"""Working stand-ins that tests pass in instead of patching."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.answerer import Talk
from bot.channels.base import OutgoingPart, SentMessage
from bot.messages import Reply, TalkMessage


@dataclass
class FixedClock:
    """A clock that moves only when told to."""

    instant: datetime
    elapsed_s: float = field(default=0.0)

    @classmethod
    def at_noon(cls) -> FixedClock:
        return cls(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.instant

    def monotonic_s(self) -> float:
        return self.elapsed_s

    def advance(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)
        self.elapsed_s += seconds


@dataclass
class FakeChannel:
    """A channel that keeps what it was given; `failures` are raised first, in order."""

    name: str = "whatsapp"
    limit_chars: int = 1600
    send_timeout_s: float = 10.0
    sent: list[OutgoingPart] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    found: SentMessage | None = None
    lookups: int = 0

    def prepare(self, reply_text: str) -> list[str]:
        return [part for part in reply_text.split("|") if part]

    async def send(self, item: OutgoingPart) -> SentMessage:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(item)
        return SentMessage(f"SMout{len(self.sent)}", "queued")

    async def find_sent(
        self, item: OutgoingPart, not_before: datetime, known_sids: Collection[str]
    ) -> SentMessage | None:
        self.lookups += 1
        return self.found


@dataclass
class FakeAnswerer:
    """Answers with the waiting texts; `failures` are raised first, in order."""

    kind: str = "answer"
    failures: list[Exception] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    turn_ids: list[str | None] = field(default_factory=list)
    prices: dict[str, int] = field(default_factory=dict)
    before_answer: Callable[[], Awaitable[None]] | None = None
    fail: Callable[[str], Exception] | None = None
    """Makes the failure of a turn from its id."""

    def language_of(self, waiting: Sequence[TalkMessage], known: str | None) -> str:
        return known or "es"

    async def reply(
        self,
        waiting: Sequence[TalkMessage],
        talk: Talk,
        *,
        deadline_s: float,
        turn_id: str | None = None,
    ) -> Reply:
        self.asked.append([message.body for message in waiting])
        self.turn_ids.append(turn_id)
        if self.before_answer is not None:
            await self.before_answer()
        if self.failures:
            raise self.failures.pop(0)
        if self.fail is not None:
            raise self.fail(turn_id or "")
        said = " ".join(message.body for message in waiting)
        return Reply(f"re: {said}", "groq", "m", kind=self.kind, prices=self.prices)
