"""A responder over scripted providers, for tests of who is asked and in which order."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Collection, Sequence
from random import Random

import httpx

from bot.health import Health, Member
from bot.messages import AttemptRow, Prompt, PromptMessage
from bot.planning import Lineup, Rules
from bot.providers.base import find_providers
from bot.responder import Responder
from core.settings import ProviderSettings
from tests.fakes import FixedClock

PROMPT = Prompt((PromptMessage("user", "¿tienen laptops?"),))


def good(text: str = "Sí, tenemos.", model: str = "m1") -> httpx.Response:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 4}
    return httpx.Response(200, json={"model": model, "choices": [choice], "usage": usage})


def broken(status: int, code: str = "x", **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"message": code, "code": code}}, headers=headers)


def models(*names: str) -> httpx.Response:
    return httpx.Response(200, json={"data": [{"id": name} for name in names]})


class Bench:
    """A responder over scripted providers; `answers[name]` are given in turn, the last for ever."""

    def __init__(self, answers: dict[str, Sequence[object]], **rules: object) -> None:
        self.clock = FixedClock.at_noon()
        self.rows: list[AttemptRow] = []
        self.asked: list[str] = []
        self.bodies: list[dict[str, object]] = []
        self.answers = {name: list(each) for name, each in answers.items()}
        self.listed = {name: ["m1", "m2"] for name in answers}
        self.health = Health(self.clock)
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        members = [
            Member(
                find_providers()[name],
                ProviderSettings("key-1", ("m1",), f"http://{name}.test/v1", 12.0),
            )
            for name in answers
        ]
        self.responder = Responder(
            client,
            Lineup(members, vision=members, transcribe=members),
            self.health,
            self.clock,
            self.rows.append,
            Rules(**rules),  # type: ignore[arg-type]
            sleep=self.sleep,
            random=Random(1),
        )

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        name = str(request.url.host).split(".")[0]
        if request.url.path.endswith("/models"):
            return models(*self.listed[name])
        asked = json.loads(request.content) if request.content[:1] == b"{" else {}
        self.asked.append(f"{name}:{asked.get('model', '-')}")
        self.bodies.append(asked)
        script = self.answers[name]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if callable(answer) and not isinstance(answer, type):
            answer = answer()
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx.Response)
        return answer

    def respond(self, deadline_s: float = 45, without: Collection[str] = ()) -> str:
        asked = self.responder.respond(PROMPT, deadline_s=deadline_s, turn_id="t", without=without)
        completion = asyncio.run(asked)
        return f"{completion.provider}: {completion.text}"

    @property
    def outcomes(self) -> list[tuple[str, int, str]]:
        return [(row.provider, row.attempt, row.outcome) for row in self.rows]
