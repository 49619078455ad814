"""What words mean which failure: a table, read from the top, the first rule that fits decides.

Order carries meaning: a request larger than a window speaks of rate limits, a full window speaks of
plans and billing, and a refused model speaks of access. A word that means something else in another
place is bound to the statuses where it means this. Some gateways speak Chinese only.
"""

from __future__ import annotations

from bot.providers.failure_rules import Rule

_REFUSALS = frozenset({200, 400, 401, 403, 404, 422})
_UNFIT = frozenset({200, 400, 404, 422, 500})
_MONEY = frozenset({200, 400, 401, 402, 403, 412, 422, 429})

# Fragments the patterns below are put together from.
_NOT = r"(?:not|n['’]t)"
_GONE = r"retired|deprecated|removed|decommissioned|discontinued|disabled|sunset|shut ?down"
_USABLE = r"supported|available|loaded|enabled|deployed|installed|downloaded|recognized|allowed"
_SPAN = r"(?:second|minute|hour|day)s?"

_TOO_LONG = (
    Rule(
        "bad_request",
        codes=(
            "context_(length|size|window)|string_above_max_length",
            "(request|payload|prompt|input|entity|string)_too_(large|long)|token_limit_exceeded",
        ),
        text=(
            r"(request|payload|body)( \w+)? (is )?too large|tokens must be reduced",
            r"(maximum|max) context|context (length|window|size|limit)|available context",
            r"n_keep|context.{0,20}overflow|too large for model|tokens?\b.{0,40}> \d+ maximum",
        ),
        too_long=True,
    ),
    Rule(
        "bad_request",
        text=(
            r"\b(prompt|inputs?|messages?|conversation|string)\b.{0,60}?\btoo (long|large)",
            r"\b(prompt|inputs?|messages?|conversation|payload|body|request)\b.{0,40}?\bexceed"
            r"(s|ed)?\b.{0,40}?(limit|max|allowed)",
            r"\b(prompt|input)\w*\b.{0,40}?\b((must|should) be (<|less|at most|under|\[)"
            r"|can ?not exceed)|too many (input )?tokens",
            r"(maximum|max) (prompt|input|sequence)|(prompt|input|token) limit (is )?exceeded",
            r"reduce the (length|size|number) of",
            r"(reduce|shorten) (your|the) (prompt|input|messages?)",
        ),
        statuses=_UNFIT,
        too_long=True,
    ),
)

_REFUSED = (
    Rule(
        "bad_request",
        codes=(
            "content_?filter|content_policy|responsible_?ai|moderation",
            r"prohibited_content|data_inspection|\bsafety\b",
        ),
        text=(
            r"content (management |filtering |usage )?polic|safety (system|filter|reason)",
            r"content exists risk|violat\w+ .{0,40}(usage|content) polic",
            r"(inappropriate|sensitive|harmful|unsafe|prohibited) (content|information|words?)",
            r"moderation|(was|been|got) flagged",
        ),
    ),
    Rule("config", text=(r"data policy",)),
    Rule(
        "bad_request",
        codes=("unsupported_(parameter|value|field)|unknown_parameter|extra_forbidden",),
        text=(
            r"no endpoints found that support",
            rf"\bdo(es)? ?{_NOT} support|{_NOT} supported (with|by|for|in) this model",
            r"(unsupported|unknown|unrecognized|unexpected) (parameter|argument|field|value)",
            rf"\b(vision|images?|audio|tools)\b.{{0,20}}{_NOT} (supported|loaded|enabled)",
        ),
        statuses=frozenset({200, 400, 404, 422}),
    ),
)

_OUT_OF_MONEY = Rule(
    "quota",
    codes=(
        r"(insufficient|not_enough)_(\w+_)?(quota|balance|credits?|funds)|billing_|payment_required",
        r"budget_exceeded|(credits?|balance)_(exhausted|depleted|too_low)|arrear|quota_failed",
    ),
    text=(
        r"(credit|balance|free quota)s? ((is|are|ha\w+ been) )?(too low|depleted|exhausted|used)",
        r"(insufficient|not enough) (\w+ )?(balance|credits?|funds|quota)|negative balance",
        r"(balance|credits?|quota) (is |are )?(not enough|insufficient|empty)|good standing",
        r"past due|overdue|unpaid|no (more )?credits (left|remaining|available)",
        r"can only afford|requires? more credits|out of credits|payment required",
        rf"more credits are required|do(es)? ?{_NOT} have (any|enough) (credits?|funds|balance)",
        r"\blimit: 0(?![\d.])|余额不足|欠费",
        r"(account|billing) is not active|(spend(ing)?|hard|key|monthly) limit",
        r"(over|exceeded|reached) (\w+ ){0,2}budget|budget (has been |was |is )?(exceeded|reached)",
    ),
    statuses=_MONEY,
)

_WINDOW = Rule(
    "rate_limit",
    text=(
        r"(hourly|daily|weekly|session|\d+.?hour) (\w+ ){0,2}(limit|quota)",
        rf"\b(per|each|every) {_SPAN}\b|\b[rt]p[mdhs]\b|per.(min|sec)\b",
        r"(quota|limit)s? (will|is|are) (be )?(replenished|reset|renewed)",
    ),
    statuses=frozenset({200, 403, 429}),
)

_SERVER = (
    Rule(
        "server",
        text=(
            r"out of memory|(system|gpu|more) memory|(unable|failed) to allocate",
            r"insufficient (system )?(resources|memory|vram)|not enough (memory|resources|vram)",
            r"(failed|unable) to load (the )?model|error loading (the )?model",
            r"model load(ing)? (was |has )?(been )?(stopped|aborted|failed|cancell?ed)",
        ),
        retry_same=False,
    ),
    Rule(
        "server",
        codes=(r"overloaded|over_capacity|capacity_(exceeded|exhausted)|queue_(exceeded|full)",),
        text=(
            r"model (has |was |is )?(been )?(crash|unload|terminat)ed|(channel|prediction).error",
            r"(runner|worker|engine)( process)? (has |was )?(\w+ )?(terminated|stopped|crashed)",
            r"(over|at|out of|no) ?capacity\b|capacity (is |was )?(exceeded|exhausted|reached)",
            r"overloaded|(high|heavy) (demand|load|traffic)|访问量过大|繁忙",
            r"(server|service|system|engine|llm)( is)?( too| currently)? busy|no slots available",
            r"(is|are) (currently |still )?loading|loading model|degraded function",
        ),
    ),
    Rule(
        "timeout",
        codes=("time_?out|timed_out|deadline_exceeded",),
        text=(r"(request|response|upstream|operation|connection) (has )?timed? ?out",),
        statuses=frozenset({200, 408, 500, 502, 503, 504}),
    ),
)

_MODEL = Rule(
    "model_not_found",
    codes=(
        r"(model|deployment)_(id_)?(not|decommissioned|deprecated|retired|terms|permission)",
        r"(invalid|unknown|unsupported|unavailable|disabled)_model|model_access_denied",
    ),
    text=(
        rf"\b(model|deployment)s?\b.{{0,160}}?{_NOT} (be )?(found|exist)",
        rf"\b(model|deployment)s?(\b.{{0,160}}?\b(been|is|are|was))? ({_GONE})\b",
        rf"\b(model|deployment)s?\b.{{0,160}}?(no longer|{_NOT}( (currently|yet))?) ({_USABLE})",
        r"\bmodels?\b.{0,80}?\b(is|are) unavailable|\bmodel\b.{0,80}?requires terms",
        r"(unknown|invalid|unsupported|unavailable|unrecognized|no such|not a valid) model\b",
        r"try pulling|non-serverless model|supported (api )?model (name|id)s?|unexpected model",
        rf"(could|can) ?{_NOT} find (the |any )?(\w+ )?model|model access (is )?denied",
        r"no models? (is |are )?(currently )?loaded|multiple models are loaded",
        rf"({_NOT}|unable to) (\w+ ){{0,3}}(access|use) (to )?(the |this )?(\w+ )?model",
        r"must be verified to (use|stream) (the|this) model",
        r"no endpoints found for|no allowed providers|no healthy deployments",
        r"\bendpoint\b.{0,160}?is not running",
    ),
    statuses=_REFUSALS | {410, 500},
)

_UNUSABLE = Rule(
    "validation",
    codes=("tool_use_failed|json_validate_failed|output_parse_failed",),
    text=(
        r"tool call validation failed|failed to (generate|validate) (tool|json)|generated invalid"
        r"|(failed to parse|error parsing) (the )?(tool|json(?! (body|request))|output)",
    ),
)

_BROKEN = Rule(
    "server",
    text=(
        r"internal (server )?error|bad gateway|(temporarily|service( is)?) unavailable",
        r"(under|for) maintenance",
    ),
    statuses=frozenset({400, 404, 409}),
)

_BUSY = Rule(
    "rate_limit",
    codes=(r"rate_?limit|too_many_requests|resource_exhausted|throttl|per_?(minute|day|hour)",),
    text=(r"rate.?limit|too many requests|(queries|requests|tokens) per |concurren|throttl",),
    statuses=frozenset({200, 400, 403, 429, 503}),
)

_REGION = Rule(
    "auth",
    text=(rf"(location|country|region|territory).{{0,40}}{_NOT} (supported|available|allowed)",),
    statuses=_REFUSALS | {412, 500},
)

_PLAN = Rule(
    "quota",
    codes=("credit_limit|quota",),
    text=(
        r"credit limit|exceeded your current quota|quota (has been |was )?exceeded|usage limit",
        r"\bbilling\b|prepa(y|id)|recharge|top.?up",
        r"(add|buy|purchase) (more )?(credits?|funds|usage)|extra usage",
        r"requires? (a|an active|a paid) (subscription|plan)|(your )?plan limits?|usage blocked",
    ),
    statuses=_MONEY,
)

_ADDRESS = Rule(
    "config",
    codes=("unknown_url|invalid_url",),
    text=(
        r"unknown request url|invalid url|unexpected endpoint|no route|page not found",
        r"^(resource )?not found$|cannot (get|post) /|http request (was sent )?to (an )?https",
    ),
    statuses=frozenset({200, 400, 404, 405}),
)

_KEY = Rule(
    "auth",
    codes=(
        r"api_?key|authentication|unauthori[sz]ed|unauthenticated|permission|access_denied",
        r"deactivated|unsupported_country",
    ),
    text=(
        r"(invalid|incorrect|missing|expired|malformed|leaked|no|wrong|bad) (x-)?(api|access"
        r"|auth\w*|bearer|subscription).?(key|token|header)",
        r"(api|access).?(key|token) (is |was |has )?(been )?(not )?"
        r"(valid|invalid|missing|expired|required|leaked|reported|disabled|revoked)",
        r"unauthori[sz]ed|unauthenticated|no auth credentials",
        r"(account|organi[sz]ation).{0,40}(deactivated|suspended|restricted|disabled|banned)",
    ),
    statuses=_REFUSALS | {412, 500},
)

RULES = (
    *_TOO_LONG,
    *_REFUSED,
    _OUT_OF_MONEY,
    *_SERVER,
    _MODEL,
    _UNUSABLE,
    _BROKEN,
    _WINDOW,
    _BUSY,
    _REGION,
    _PLAN,
    _ADDRESS,
    _KEY,
)
