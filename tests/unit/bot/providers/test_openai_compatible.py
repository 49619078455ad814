"""Chat in OpenAI's form: forgiving about addresses, strict about answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.providers.base import HttpAnswer
from bot.providers.groq import PROVIDER
from bot.providers.openai_compatible import tidy_base
from core.errors import ProviderError


def _answer(payload: Any) -> HttpAnswer:
    body = payload if isinstance(payload, str) else json.dumps(payload)
    return HttpAnswer(200, {}, body.encode())


def _saying(content: Any, finish_reason: Any = "stop", **message: Any) -> HttpAnswer:
    said = {"message": {"content": content, **message}, "finish_reason": finish_reason}
    return _answer({"choices": [said]})


@pytest.mark.parametrize(
    ("address", "base_path", "expected"),
    [
        ("https://a.example/openai/v1", "", "https://a.example/openai/v1"),
        ("https://a.example/v1/", "", "https://a.example/v1"),
        (" https://a.example/v1/chat/completions/ ", "", "https://a.example/v1"),
        ("https://a.example/v1/models", "", "https://a.example/v1"),
        ("http://localhost:1234", "/v1", "http://localhost:1234/v1"),
        ("http://localhost:1234/", "/v1", "http://localhost:1234/v1"),
        ("http://localhost:1234/chat/completions", "/v1", "http://localhost:1234/v1"),
        ("http://localhost:1234/api/v0", "/v1", "http://localhost:1234/api/v0"),
        ("https://a.example", "", "https://a.example"),
    ],
)
def test_address_is_tidied(address: str, base_path: str, expected: str) -> None:
    assert tidy_base(address, base_path) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("  Hola \n", "Hola"),
        ("<think>a</think>Hola", "Hola"),
        ("<think>a</think>\n<THINK>b</THINK> Hola", "Hola"),
        ("<thinking>a <b> c</thinking>Hola", "Hola"),
        ("a thought</think>Hola", "Hola"),
        ("Hola <think>a</think>", "Hola"),
        ("Hola <think>cut off", "Hola"),
        ("Piense en esto: <b>Hola</b>", "Piense en esto: <b>Hola</b>"),
        ([{"type": "text", "text": "Ho"}, {"type": "text", "text": "la"}], "Hola"),
        ([{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hola"}], "Hola"),
    ],
)
def test_text_is_what_the_customer_may_see(content: Any, expected: str) -> None:
    assert PROVIDER.read_chat(_saying(content), "m").text == expected


def test_blank_lines_before_the_answer_do_no_harm() -> None:
    answer = _answer("\n \n" + json.dumps({"choices": [{"message": {"content": "Hola"}}]}))
    assert PROVIDER.read_chat(answer, "m").text == "Hola"


def test_asked_model_and_no_usage_stand_where_the_answer_is_silent() -> None:
    completion = PROVIDER.read_chat(_saying("Hola", None), "m")
    assert (completion.model, completion.finish_reason) == ("m", None)
    assert completion.usage.input_tokens is None


@pytest.mark.parametrize(
    ("answer", "words", "retry_same"),
    [
        (_saying(""), "no text", True),
        (_saying(None), "no text", True),
        (_saying(7), "no text", True),
        (_saying("<think>only</think>"), "only thinking", True),
        (_saying("", reasoning="only"), "only thinking", True),
        (_saying("", "length", reasoning="only"), "only thinking", False),
        (_saying(None, refusal="no"), "refused", False),
        (_saying(None, tool_calls=[{"id": "1"}]), "tool call", True),
        (_answer({"choices": []}), "no choices", True),
        (_answer({"choices": "none"}), "no choices", True),
        (_answer({"choices": [None]}), "no choices", True),
        (_answer({"choices": [{"message": "Hola"}]}), "no text", True),
        (_answer({}), "no choices", True),
        (_answer([1]), "no choices", True),
        (_answer("<!doctype html><p>"), "web page", True),
        (_answer('{"choices":[{"mess'), "not JSON", True),
        (_answer(" \n"), "empty", True),
    ],
)
def test_unusable_200_is_a_validation_failure(
    answer: HttpAnswer, words: str, retry_same: bool
) -> None:
    with pytest.raises(ProviderError, match=words) as caught:
        PROVIDER.read_chat(answer, "m")
    assert (caught.value.error_class, caught.value.retry_same) == ("validation", retry_same)


def test_filtered_answer_is_refused_for_good() -> None:
    with pytest.raises(ProviderError) as caught:
        PROVIDER.read_chat(_saying("Ho", "content_filter"), "m")
    assert (caught.value.error_class, caught.value.retry_same) == ("bad_request", False)


@pytest.mark.parametrize(
    "payload",
    [
        {"object": "list", "data": [{"id": "a"}, {"id": "b"}]},
        [{"id": "a"}, {"id": "b"}],
        {"models": [{"name": "a"}, {"name": "b"}]},
        {"data": ["a", "b", "a"]},
        {"data": [{"id": "a"}, None, {"id": 7}, {}, {"id": "b"}, {"id": "c", "active": False}]},
        {"data": [{"id": "a"}, {"id": "b"}, {"id": "c", "type": "image"}]},
    ],
)
def test_list_of_models_in_every_form(payload: Any) -> None:
    assert [model.name for model in PROVIDER.read_models(_answer(payload))] == ["a", "b"]


@pytest.mark.parametrize("payload", [{"data": None}, {}, "<html>", '"text"'])
def test_what_is_no_list_of_models_is_said_so(payload: Any) -> None:
    with pytest.raises(ProviderError) as caught:
        PROVIDER.read_models(_answer(payload))
    assert caught.value.error_class == "validation"
