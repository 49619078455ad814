"""Errors of every shape give the same words and codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.providers.bodies import describe, describe_body, find_error, parse

MESSAGE = "Rate limit exceeded"


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"error": {"message": MESSAGE, "type": "x"}}, id="object"),
        pytest.param([{"error": {"message": MESSAGE}}], id="array"),
        pytest.param({"object": "error", "message": MESSAGE}, id="flat"),
        pytest.param({"message": {"detail": [{"msg": MESSAGE, "loc": ["body"]}]}}, id="nested"),
        pytest.param({"error": MESSAGE}, id="string"),
        pytest.param({"detail": MESSAGE}, id="detail"),
        pytest.param({"error": {"metadata": {"raw": json.dumps({"m": MESSAGE})}}}, id="raw json"),
    ],
)
def test_sentence_is_found_in_every_shape(payload: Any) -> None:
    assert describe(payload).text == MESSAGE


def test_codes_and_inner_status_are_told_from_sentences() -> None:
    fault = describe({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Wait"}})
    assert (fault.codes, fault.status, fault.text) == ("resource_exhausted", 429, "Wait")


@pytest.mark.parametrize(
    ("payload", "codes"),
    [
        ({"code": "RateLimitReached"}, "rate_limit_reached"),
        ({"error": {"type": "Throttling.RateQuota"}}, "throttling_rate_quota"),
        ({"error": "NOT_ENOUGH_BALANCE"}, "not_enough_balance"),
        ({"error": "Overloaded"}, ""),
    ],
)
def test_codes_have_one_spelling_and_may_stand_where_sentences_do(payload: Any, codes: str) -> None:
    assert describe(payload).codes == codes


def test_what_the_model_wrote_and_what_we_sent_is_not_taken_for_the_error() -> None:
    error = {"message": "Refused", "failed_generation": "invalid api key", "input": "rate limit"}
    assert describe({"error": error}).text == "Refused"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"error": "x"}, "x"),
        ([{"error": "x"}], "x"),
        ({"choices": [{"error": {"code": 502}}]}, {"code": 502}),
        ({"type": "error", "message": "x"}, {"type": "error", "message": "x"}),
        ({"error": None, "choices": [{"message": {}}]}, None),
        ({"choices": []}, None),
        ([], None),
        ("text", None),
    ],
)
def test_error_inside_a_good_looking_answer_is_found(payload: Any, expected: Any) -> None:
    assert find_error(payload) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'\n\n  \n{"a":1}', {"a": 1}),
        (b'event: error\ndata: {"error":"x"}\n\n', {"error": "x"}),
        (b'{"done":false}\n{"error":"x"}\n', {"error": "x"}),
        (b'{"a":', None),
        (b"", None),
        (b"\xff\xfe\xfa", None),
        (b"[" * 100_000, None),
    ],
)
def test_body_is_parsed_or_nothing(body: bytes, expected: Any) -> None:
    assert parse(body) == expected


def test_page_is_told_from_text_and_known_by_its_title() -> None:
    page = describe_body(b"<!DOCTYPE html><title>502 Bad Gateway</title><p>rate limit", None)
    assert (page.is_page, page.summary) == (True, "web page 502 Bad Gateway")
    assert describe_body(b"upstream failed", None).summary == "upstream failed"


@pytest.mark.parametrize(
    ("said", "kept_out"),
    [
        ("Incorrect API key provided: sk-proj-abc***xyz", "sk-proj"),
        ("bad Bearer abcdef123456", "abcdef123456"),
        ("key 0123456789abcdef0123456789abcdef", "0123456789abcdef"),
        ("Invalid value: 'Hola, quiero saber si tienen laptops disponibles hoy'", "laptops"),
    ],
)
def test_summary_holds_no_key_and_no_customer_text(said: str, kept_out: str) -> None:
    assert kept_out not in describe({"error": said}).summary


def test_summary_is_short() -> None:
    assert len(describe({"error": "word " * 500}).summary) <= 200
