"""What each provider really sends becomes the completion or the error it stands for."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from bot.providers.base import find_providers
from bot.providers.bodies import read_events
from core.errors import ProviderError
from tests.contract.payloads import Payload, load

ALL = [payload for name in find_providers() for payload in load(name)]
GOOD = [payload for payload in ALL if payload.is_good]
STREAMS = [payload for payload in GOOD if read_events(payload.answer.body)[1:]]
BAD = [payload for payload in ALL if not payload.is_good]
KINDS_EVERYONE_SHOWS = {"auth", "model_not_found", "rate_limit", "server", "validation"}


@pytest.mark.parametrize("payload", GOOD, ids=str)
def test_good_answer_gives_text_model_and_usage(payload: Payload) -> None:
    completion = find_providers()[payload.provider].read_chat(payload.answer, "asked-model")
    assert {
        "text": completion.text,
        "model": completion.model,
        "input_tokens": completion.usage.input_tokens,
        "output_tokens": completion.usage.output_tokens,
    } == {name: value for name, value in payload.expected.items() if name != "tool_calls"}
    assert [asdict(call) for call in completion.tool_calls] == payload.expected.get(
        "tool_calls", []
    )
    assert completion.provider == payload.provider


@pytest.mark.parametrize("payload", STREAMS, ids=str)
def test_stream_with_a_broken_event_is_no_answer(payload: Payload) -> None:
    lines = payload.answer.body.splitlines()
    events = [at for at, line in enumerate(lines) if line.endswith(b"}")]
    at = events[len(events) // 2]
    lines[at] = lines[at][: len(lines[at]) // 2]
    broken = replace(payload.answer, body=b"\n".join(lines))
    with pytest.raises(ProviderError) as caught:
        find_providers()[payload.provider].read_chat(broken, "asked-model")
    assert (caught.value.error_class, caught.value.retry_same) == ("validation", True)


@pytest.mark.parametrize("payload", BAD, ids=str)
def test_failure_gets_its_class_its_wait_and_whether_to_ask_again(payload: Payload) -> None:
    with pytest.raises(ProviderError) as caught:
        find_providers()[payload.provider].read_chat(payload.answer, "asked-model")
    error = caught.value
    assert {
        "class": error.error_class,
        "retry_after_s": error.retry_after_s,
        "retry_same": error.retry_same,
    } == payload.expected


@pytest.mark.parametrize("payload", BAD, ids=str)
def test_failure_names_provider_model_and_status(payload: Payload) -> None:
    with pytest.raises(ProviderError) as caught:
        find_providers()[payload.provider].read_chat(payload.answer, "asked-model")
    error = caught.value
    assert (error.provider, error.model) == (payload.provider, "asked-model")
    assert error.status == payload.answer.status


@pytest.mark.parametrize("name", find_providers())
def test_samples_show_a_good_answer_and_every_usual_failure(name: str) -> None:
    payloads = load(name)
    assert any(payload.is_good for payload in payloads)
    assert {payload.expected.get("class") for payload in payloads} >= KINDS_EVERYONE_SHOWS
