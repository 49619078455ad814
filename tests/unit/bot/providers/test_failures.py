"""An answer of any provider, known here or not, becomes the one class it means."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from bot.providers.failures import read_break, read_failure
from core.errors import ERROR_CLASSES, ProviderError


def _read(status: int, body: Any, headers: dict[str, str] | None = None) -> ProviderError:
    content = body if isinstance(body, str) else json.dumps(body)
    return read_failure(status, headers or {}, content.encode(), provider="some", model="m")


def _said(message: str, **codes: str) -> dict[str, Any]:
    return {"error": {"message": message, **codes}}


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (429, "Too many requests", "rate_limit"),
        (429, "Your account is not active, please check your billing details", "quota"),
        (429, "Your prepayment credits are depleted. Manage your billing", "quota"),
        (429, "Quota exceeded for metric: requests, limit: 0, model: m", "quota"),
        (429, "Quota exceeded for metric: requests, limit: 15, model: m", "quota"),
        (429, "Request too large for m on tokens per min: Limit 30, Requested 35", "bad_request"),
        (429, "Service tier capacity exceeded for this model.", "server"),
        (429, "No capacity available for model m on the server", "server"),
        (429, "Rate limited to 60 queries per minute, see billing to upgrade", "rate_limit"),
        (400, "Your credit balance is too low to access the API", "quota"),
        (400, "API key not valid. Please pass a valid API key.", "auth"),
        (400, "User location is not supported for the API use.", "auth"),
        (400, "You have reached your specified API usage limits.", "quota"),
        (400, "Organization has been restricted.", "auth"),
        (400, "Model Not Exist", "model_not_found"),
        (400, "Invalid model: m", "model_not_found"),
        (400, "m is not a valid model ID", "model_not_found"),
        (400, "The model has crashed without additional information.", "server"),
        (
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model",
            "bad_request",
        ),
        (400, "This model's maximum context length is 4097 tokens", "bad_request"),
        (400, "The dedicated endpoint for m is not running.", "model_not_found"),
        (400, "There are no healthy deployments for this model", "model_not_found"),
        (400, "Your organization must be verified to stream this model.", "model_not_found"),
        (402, "Can only afford 100 tokens", "quota"),
        (403, "Your input was flagged for moderation", "bad_request"),
        (403, "Key limit exceeded", "quota"),
        (403, "Access denied. Please check your network settings.", "auth"),
        (403, "Your API key was reported as leaked.", "auth"),
        (404, "No endpoints found that support tool use", "bad_request"),
        (404, "No endpoints found for m:free.", "model_not_found"),
        (404, "No endpoints found matching your data policy", "config"),
        (404, "model: m", "model_not_found"),
        (404, "The API deployment for this resource does not exist.", "model_not_found"),
        (404, "Invalid URL (POST /chat/completions)", "config"),
        (500, "model requires more system memory than is available", "server"),
        (500, "Internal error", "server"),
    ],
)
def test_words_decide_where_the_status_misleads(status: int, message: str, expected: str) -> None:
    assert _read(status, _said(message)).error_class == expected


@pytest.mark.parametrize(
    ("status", "message", "is_too_long"),
    [
        (400, "This model's maximum context length is 4097 tokens", True),
        (400, "prompt is too long: 9001 tokens > 8000 maximum", True),
        (400, "The input token count (9001) exceeds the maximum number of tokens allowed", True),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 8000", True),
        (413, "Request too large for model m on tokens per minute: Limit 60, Requested 90", True),
        (400, "The model is loaded with a context length of only 4096 tokens", True),
        (429, "Would exceed the rate limit of 90 tokens per minute. Reduce the prompt.", False),
        (400, "Unsupported parameter: 'max_tokens'", False),
        (402, "You can only afford 90 tokens", False),
    ],
)
def test_a_prompt_that_is_too_long_is_told_from_all_else(
    status: int, message: str, is_too_long: bool
) -> None:
    assert _read(status, _said(message)).too_long == is_too_long


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, "insufficient_quota", "quota"),
        (429, "rate_limit_exceeded", "rate_limit"),
        (402, "credit_limit", "quota"),
        (400, "model_decommissioned", "model_not_found"),
        (400, "tool_use_failed", "validation"),
        (400, "content_policy_violation", "bad_request"),
        (400, "context_length_exceeded", "bad_request"),
        (403, "unsupported_country_region_territory", "auth"),
        (404, "unknown_url", "config"),
        (403, "model_not_found", "model_not_found"),
        (500, "overloaded_error", "server"),
    ],
)
def test_codes_decide(status: int, code: str, expected: str) -> None:
    assert _read(status, {"error": {"code": code}}).error_class == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, "config") for status in (301, 302, 307, 308, 404, 405)),
        *((status, "auth") for status in (401, 403)),
        *((status, "timeout") for status in (408, 504, 524)),
        *((status, "server") for status in (498, 500, 502, 503, 520, 522, 529, 599)),
        *((status, "bad_request") for status in (400, 406, 409, 413, 415, 422, 431)),
        (402, "quota"),
        (407, "network"),
        (410, "model_not_found"),
        (424, "server"),
        (429, "rate_limit"),
        (451, "auth"),
        (499, "timeout"),
        (511, "network"),
    ],
)
def test_status_decides_when_nothing_is_said(status: int, expected: str) -> None:
    assert _read(status, "").error_class == expected


def test_web_page_is_judged_by_its_status_and_title_alone() -> None:
    page = "<html><head><title>503</title></head><body>insufficient_quota invalid api key</body>"
    assert _read(503, page).error_class == "server"


def test_error_inside_a_200_goes_by_the_status_it_names() -> None:
    error = read_failure(
        200, {}, b"", provider="p", model=None, inner={"code": 504, "message": "Upstream idle"}
    )
    assert (error.error_class, error.status) == ("timeout", 200)


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (429, "Too many requests", True),
        (503, "Overloaded", True),
        (408, "", True),
        (500, "model requires more system memory (5 GiB) than is available", False),
        (401, "Invalid key", False),
        (429, "Insufficient balance", False),
        (400, "Bad parameter", False),
    ],
)
def test_whether_the_same_request_may_pass_later(status: int, message: str, expected: bool) -> None:
    assert _read(status, _said(message)).retry_same is expected


def test_provider_may_say_that_asking_again_is_useless() -> None:
    assert not _read(500, "", {"x-should-retry": "false"}).retry_same


def test_wait_is_told_only_where_waiting_helps() -> None:
    headers = {"retry-after": "9"}
    assert _read(429, "", headers).retry_after_s == 9
    assert _read(401, "", headers).retry_after_s is None


@pytest.mark.parametrize("body", ["null", "[]", "{}", "0", '""', "\x00", "{" * 5000, "é" * 9000])
@pytest.mark.parametrize("status", [200, 302, 400, 404, 429, 500])
def test_strange_bodies_still_get_one_class(status: int, body: str) -> None:
    assert _read(status, body).error_class in ERROR_CLASSES


@pytest.mark.parametrize(
    "error",
    [
        UnicodeEncodeError("ascii", "Bearer ñ", 7, 8, "ordinal not in range"),
        ValueError("Newline detected in headers. This is a potential security issue."),
        httpx.LocalProtocolError("Illegal header value"),
    ],
)
def test_key_that_fits_no_header_is_told_as_a_key(error: Exception) -> None:
    assert read_break(error, provider="p", model=None, timeout_s=9).error_class == "auth"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.UnsupportedProtocol("no scheme"), "config"),
        (httpx.PoolTimeout(""), "timeout"),
        (httpx.DecodingError("not gzip"), "validation"),
        (httpx.RemoteProtocolError("incomplete read"), "network"),
    ],
)
def test_break_of_an_exchange_has_its_class(error: Exception, expected: str) -> None:
    assert read_break(error, provider="p", model=None, timeout_s=9).error_class == expected
