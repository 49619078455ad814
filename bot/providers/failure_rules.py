"""What words mean which failure: a table, read from the top, the first rule that fits decides.

`codes` are searched in the code, type and status words of an error, `text` in its sentences, both
without regard to case; `statuses` narrows a rule to those (none: any). Order carries meaning: a
request larger than a window speaks of rate limits, a full window speaks of plans and billing, and
a refused model speaks of access.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """`retry_same` None: as is usual for the class."""

    error_class: str
    codes: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    statuses: frozenset[int] = frozenset()
    retry_same: bool | None = None
    too_long: bool = False

    def fits(self, status: int, codes: str, text: str) -> bool:
        if self.statuses and status not in self.statuses:
            return False
        return _finds(self.codes, codes) or _finds(self.text, text)


def find_rule(status: int, codes: str, text: str) -> Rule | None:
    """The first rule that fits, or None: then the status alone decides."""
    return next((rule for rule in _RULES if rule.fits(status, codes, text)), None)


def _finds(patterns: tuple[str, ...], words: str) -> bool:
    return any(re.search(pattern, words, re.IGNORECASE) for pattern in patterns)


_REFUSALS = frozenset({200, 400, 401, 403, 404, 422})

_RULES = (
    Rule(
        "bad_request",
        codes=("context_length_exceeded", "string_above_max_length", "request_too_large"),
        text=(
            r"request (entity |size )?(is )?too large",
            r"(maximum|max) context|context (length|window|size)|exceeds? the available context",
            r"(prompt|input|conversation) (is )?too (long|large)",
            r"tokens?\b.{0,60}(exceeds? the (maximum|limit)|must be <=|> \d+ maximum)",
            r"n_keep|context.{0,20}overflow|too large for model",
        ),
        too_long=True,
    ),
    Rule(
        "bad_request",
        codes=(
            "content_?filter|content_policy|responsible_?ai|moderation",
            r"prohibited_content|data_inspection|\bsafety\b",
        ),
        text=(
            r"content (management )?polic|safety system|content exists risk",
            r"moderation|(was|been|got) flagged",
        ),
    ),
    Rule("config", text=(r"data policy",)),
    Rule(
        "bad_request", text=(r"no endpoints found that support", r"does not support (tool|image)")
    ),
    Rule(
        "quota",
        codes=(r"insufficient_(quota|balance|credits?|funds)|billing_|payment_required",),
        text=(
            r"credits?( balance)? ((is|are|has been|have been) )?(too low|depleted|exhausted|used)",
            r"insufficient (account )?(balance|credits?|funds|quota)|negative balance|past due",
            r"can only afford|requires more credits|out of credits|payment required",
            r"\blimit: 0(?![\d.])",
            r"(account|billing) is not active|(spend(ing)?|hard|key|monthly|usage) limit",
        ),
        statuses=frozenset({200, 400, 402, 403, 429}),
    ),
    Rule(
        "server",
        text=(
            r"system memory|out of memory|insufficient (system )?(resources|memory|vram)",
            r"failed to load (the )?model|error loading model",
        ),
        retry_same=False,
    ),
    Rule("server", text=(r"model (has |was )?(crashed|unloaded)|runner process has terminated",)),
    Rule(
        "server",
        codes=(r"overloaded|over_capacity|capacity_(exceeded|exhausted)",),
        text=(
            r"over ?capacity|capacity (is |was )?(exceeded|exhausted)|(no|out of) capacity",
            r"overloaded|high (demand|load)|server is busy",
        ),
    ),
    Rule(
        "model_not_found",
        codes=(
            r"model_(not_found|decommissioned|not_available|not_exist|deprecated)",
            r"model_(terms_required|permission_blocked)",
        ),
        text=(
            r"\bmodels?\b.{0,160}?(not found|not exist|decommissioned|not a valid model)",
            r"\bmodels?\b.{0,160}?has been (retired|deprecated|removed)",
            r"\bmodels?\b.{0,160}?(no longer|is not (currently )?)(supported|available|loaded)",
            r"not a valid model|(unknown|invalid) model\b|try pulling|non-serverless model",
            r"no models? (is |are )?(currently )?loaded|multiple models are loaded",
            r"(not|don't) have access to (the )?model|must be verified to",
            r"no endpoints found for|no allowed providers|no healthy deployments",
            r"\bendpoint\b.{0,160}?is not running|deployment.{0,40}does not exist",
        ),
        statuses=_REFUSALS | {410, 500},
    ),
    Rule(
        "validation",
        codes=("tool_use_failed|json_validate_failed|output_parse_failed",),
        text=(r"tool call validation failed|failed to (parse|generate|validate) (tool|json)",),
    ),
    Rule(
        "rate_limit",
        codes=(r"rate_?limit|too_many_requests|resource_exhausted|throttl|per_?(minute|day|hour)",),
        text=(r"rate.?limit|too many requests|(queries|requests|tokens) per |concurrency limit",),
        statuses=frozenset({200, 403, 429, 503}),
    ),
    Rule(
        "quota",
        codes=("credit_limit|quota",),
        text=(
            r"credit limit|exceeded your current quota|quota (has been |was )?exceeded",
            r"\bbilling\b|prepa(y|id)",
        ),
        statuses=frozenset({200, 400, 402, 403, 429}),
    ),
    Rule(
        "config",
        codes=("unknown_url|invalid_url",),
        text=(
            r"unknown request url|invalid url|unexpected endpoint|no route|page not found",
            r"^not found$|cannot (get|post) /|http request (was sent )?to (an )?https",
        ),
        statuses=frozenset({200, 400, 404, 405}),
    ),
    Rule(
        "auth",
        codes=(
            r"api_?key|authentication|unauthori[sz]ed|unauthenticated|permission|deactivated",
            r"unsupported_country",
        ),
        text=(
            r"(invalid|incorrect|missing|expired|malformed|leaked|no|wrong) (x-)?api.?key",
            r"api.?key (is |was )?(not )?(valid|invalid|missing|expired|required|leaked|reported)",
            r"unauthori[sz]ed|no auth credentials",
            r"(account|organization).{0,40}(deactivated|suspended|restricted)",
            r"location is not supported|(country|region|territory).{0,40}not supported",
        ),
        statuses=_REFUSALS,
    ),
)
