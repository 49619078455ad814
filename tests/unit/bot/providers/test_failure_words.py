"""Refusals in the words of many services, none of them known beforehand, each find their class."""

from __future__ import annotations

import json

import pytest

from bot.providers.failures import read_failure
from core.errors import ProviderError


def _read(status: int, message: str, code: str | None = None) -> ProviderError:
    body = json.dumps({"error": {"message": message, "code": code}})
    return read_failure(status, {}, body.encode(), provider="some", model="m")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "prompt is too long: 9000 tokens > 8000 maximum"),
        (400, "Prompt holds 9000 tokens, too large for model with 8000 of context"),
        (400, "The input token count (9000) exceeds the maximum allowed (8000)."),
        (400, "input length and max_tokens exceed context limit: 7000 + 2000 > 8000"),
        (400, "The input (9000 tokens) is longer than the model's context length"),
        (400, "This model's maximum prompt length is 8000"),
        (400, "Range of input length should be [1, 8000]"),
        (400, "Request payload size exceeds the limit: 1000 bytes."),
        (400, "Please reduce the length of the messages."),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 8000"),
        (500, "the request exceeds the available context size"),
        (429, "Request too large for m: Limit 8000, Requested 9000"),
    ],
)
def test_a_request_that_is_too_long_says_so(status: int, message: str) -> None:
    error = _read(status, message)
    assert (error.error_class, error.too_long) == ("bad_request", True)


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens: 9000 > 4000, the most this model writes",
        "`max_completion_tokens` must be less than or equal to `4000`",
        "This model does not support response format `json_schema`",
        "'temperature' is not supported with this model",
        "Unknown field: reasoning",
        "The vision part is not loaded, yet an image came",
        "A call lacks its signature, which may lead to degraded answers",
        "Output blocked by content filtering policy",
        "Your prompt may hold inappropriate content",
        "Content violates our usage policies",
    ],
)
def test_a_request_refused_for_what_it_says_is_not_too_long(message: str) -> None:
    error = _read(400, message)
    assert (error.error_class, error.too_long) == ("bad_request", False)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Budget has been exceeded! Cost: 2, max: 1"),
        (400, "You are blocked until May by your spend limit"),
        (400, "Please make sure your account is in good standing"),
        (401, "The free quota has been used up."),
        (403, "user quota is not enough"),
        (403, "Your team doesn't have any credits yet"),
        (403, "this model requires a subscription"),
        (403, "Purchase more credits to go on"),
        (412, "Account suspended, a monthly spending limit was reached"),
        (429, "Account suspended due to insufficient balance, please recharge"),
        (429, "余额不足"),
    ],
)
def test_money_is_quota_whatever_the_status(status: int, message: str) -> None:
    assert _read(status, message).error_class == "quota"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "API rate limit exceeded for your address"),
        (429, "you've reached your hourly usage limit, upgrade to go on"),
        (429, "session usage limit reached"),
        (429, "You crossed your RPM limit"),
        (429, "Too many tokens, please wait before trying again."),
        (429, "Tokens per minute limit exceeded, see your quota"),
        (429, "At most 2 concurrent requests; see billing for more"),
    ],
)
def test_a_window_that_opens_again_is_no_matter_of_money(status: int, message: str) -> None:
    error = _read(status, message)
    assert (error.error_class, error.retry_same) == ("rate_limit", True)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "The supported API model names are a or b"),
        (400, "Unavailable model: m"),
        (400, "Calling model m on demand isn't supported"),
        (401, "team not allowed to access model m"),
        (403, "The model m is disabled for you"),
        (403, "You don't have access to the model"),
        (404, "The deployment for this resource does not exist"),
        (404, "This model is unavailable for free"),
        (404, "Model not found, inaccessible, and/or not deployed"),
    ],
)
def test_a_model_one_cannot_have_is_told_from_a_bad_key(status: int, message: str) -> None:
    assert _read(status, message).error_class == "model_not_found"


@pytest.mark.parametrize(
    ("status", "message", "retry_same"),
    [
        (400, "Error loading model. (Exit code: 6)", False),
        (400, "Model loading was stopped: insufficient system resources", False),
        (500, "runner process has terminated: unable to allocate buffer", False),
        (400, "Model is unloaded.", True),
        (400, "Channel Error", True),
        (404, "Service temporarily unavailable", True),
        (429, "We see high traffic right now", True),
        (429, "The engine is currently overloaded", True),
        (503, "Model m is currently loading", True),
    ],
)
def test_trouble_of_the_server_may_pass_unless_memory_lacks(
    status: int, message: str, retry_same: bool
) -> None:
    error = _read(status, message)
    assert (error.error_class, error.retry_same) == ("server", retry_same)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "This organization has been disabled."),
        (400, "Incorrect API key provided"),
        (400, "API key expired. Please renew it."),
        (403, "This service has been disabled in your account"),
        (403, "Not authenticated"),
        (400, "Your location is not supported without a billing account"),
        (500, "Unauthenticated. Set a key"),
    ],
)
def test_keys_and_accounts_are_auth(status: int, message: str) -> None:
    assert _read(status, message).error_class == "auth"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Model generated invalid JSON syntax"),
        (400, "Failed to parse tool call arguments"),
        (500, "error parsing tool call: raw='{'"),
    ],
)
def test_what_the_model_wrote_badly_may_come_out_well_next_time(status: int, message: str) -> None:
    error = _read(status, message)
    assert (error.error_class, error.retry_same) == ("validation", True)


def test_a_body_of_ours_that_cannot_be_parsed_is_not_the_model_s_doing() -> None:
    assert _read(400, "Failed to parse JSON body").error_class == "bad_request"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "ModelNotFound", "model_not_found"),
        (400, "Arrearage", "quota"),
        (403, "insufficient_user_quota", "quota"),
        (404, "DeploymentNotFound", "model_not_found"),
        (429, "RateLimitReached", "rate_limit"),
        (429, "Throttling.RateQuota", "rate_limit"),
        (500, "timeout_error", "timeout"),
        (500, "exceed_context_size_error", "bad_request"),
        (400, "string_too_long", "bad_request"),
    ],
)
def test_a_code_is_understood_in_every_spelling(status: int, code: str, expected: str) -> None:
    assert _read(status, "", code).error_class == expected
