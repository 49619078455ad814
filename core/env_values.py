"""The words of a settings file: text as an owner types it enters, checked values leave.

Every function takes the stripped text of one setting and raises BadValue when it makes no sense.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

_USUAL_ORDER = (
    "groq",
    "lmstudio",
    "openai",
    "gemini",
    "openrouter",
    "ollama",
    "mistral",
    "deepseek",
    "together",
    "anthropic",
)


def _provider_names() -> tuple[str, ...]:
    """The files that hold a provider, found without importing them: settings come first."""
    files = (Path(__file__).resolve().parent.parent / "bot" / "providers").glob("*.py")
    found = {path.stem for path in files if b"\nPROVIDER = " in path.read_bytes()}
    usual = (name for name in _USUAL_ORDER if name in found)
    return (*usual, *sorted(found.difference(_USUAL_ORDER)))


PROVIDER_NAMES = _provider_names()
"""All there are, in the order in which they are asked when the owner set none (free ones first)."""

MILLISECONDS_FROM = 1000
"""A plain `*_TIMEOUT` of this size is milliseconds: no call may take a quarter of an hour."""

_PLACEHOLDER = re.compile(
    r"tu_.*_aqu[ií] | .*your[_-](\w+[_-])?(key|token|sid)[_-]here | .*(\.\.\.|…|xxx)",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_DURATION = re.compile(r"(\d+(?:[.,]\d+)?|[.,]\d+)\s*(ms|s)?", re.IGNORECASE | re.ASCII)
_PHONE = re.compile(r"[1-9]\d{6,14}", re.ASCII)
_WEBHOOK_PATHS = ("/webhooks/twilio/inbound", "/webhooks/twilio/status")


class BadValue(ValueError):
    """A value makes no sense; `key` is the sentence of `setup.fault`, `fields` what it needs."""

    def __init__(self, key: str, **fields: str) -> None:
        super().__init__(key)
        self.key = key
        self.fields = fields


def is_placeholder(value: str) -> bool:
    """Whether this is an example nobody filled in, such as `tu_clave_aqui` or `gsk_...`."""
    return _PLACEHOLDER.fullmatch(value.strip()) is not None


def decimal(value: object) -> object:
    """A number with a decimal comma becomes one with a point; all else passes."""
    return value.replace(",", ".") if isinstance(value, str) else value


def flag(value: object) -> object:
    """The Spanish words for yes; pydantic knows true, yes, on and 1 by itself."""
    if not isinstance(value, str):
        return value
    return {"sí": "yes", "si": "yes", "verdadero": "yes", "falso": "no"}.get(value.lower(), value)


def lower(value: object) -> object:
    """Upper and lower case mean the same."""
    return value.lower() if isinstance(value, str) else value


def upper(value: object) -> object:
    """As `lower`, for settings whose words stand in capitals."""
    return value.upper() if isinstance(value, str) else value


def seconds(value: object) -> object:
    """A duration in seconds: `1.5`, `1,5`, `15s` or `15000ms`."""
    return _duration_s(value, plain_ms_from=None)


def timeout(value: object) -> object:
    """A time limit in seconds, as `seconds`; a plain 1000 or more is milliseconds."""
    return _duration_s(value, plain_ms_from=MILLISECONDS_FROM)


def hedge(value: object) -> object:
    """`off`, `auto` or a duration in seconds."""
    word = lower(value)
    return word if word in ("off", "auto") else seconds(value)


def _duration_s(value: object, plain_ms_from: int | None) -> object:
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value)
    if match is None:
        raise BadValue("duration", value=value)
    number, unit = float(match[1].replace(",", ".")), (match[2] or "").lower()
    is_ms = unit == "ms" or (not unit and plain_ms_from is not None and number >= plain_ms_from)
    return number / 1000 if is_ms else number


def words(value: object) -> object:
    """A comma list without blanks and repetitions, in the order given."""
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(word for part in value.split(",") if (word := part.strip())))


def provider_name(value: object) -> object:
    """One of the ten names; `LM Studio`, `lm_studio` and `lmstudio` are the same."""
    if not isinstance(value, str):
        return value
    name = re.sub(r"[\s_-]", "", value).lower()
    if name not in PROVIDER_NAMES:
        raise BadValue("provider", value=value, names=", ".join(PROVIDER_NAMES))
    return name


def chosen_provider(value: object) -> object:
    """A provider's name, or `multi` for no preference."""
    return "multi" if lower(value) == "multi" else provider_name(value)


def provider_names(value: object) -> object:
    """A comma list of providers in the order given."""
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(provider_name(word) for word in _parts(value)))


def weights(value: object) -> object:
    """`openrouter:70,groq:25` becomes a mapping of shares above 0."""
    if not isinstance(value, str):
        return value
    shares: dict[object, float] = {}
    for part in _parts(value):
        name, _, share = part.partition(":")
        if not re.fullmatch(r"\d+(\.\d+)?", share.strip(), re.ASCII) or float(share) <= 0:
            raise BadValue("weights", value=part)
        shares[provider_name(name)] = float(share)
    return shares


def _parts(value: str) -> list[str]:
    parts = [word for part in value.split(",") if (word := part.strip())]
    if not parts:
        raise BadValue("empty_list")
    return parts


def secret(value: object) -> object:
    """A key that can travel in a header: printable ASCII without spaces."""
    if isinstance(value, str) and not re.fullmatch(r"[!-~]+", value):
        raise BadValue("secret")
    return value


def secrets(value: object) -> object:
    """A comma list of keys."""
    return tuple(secret(part) for part in _parts(value)) if isinstance(value, str) else value


def whatsapp_address(value: object) -> object:
    """`+57 300 123 4567`, with or without `whatsapp:`, becomes `whatsapp:+573001234567`."""
    if not isinstance(value, str):
        return value
    number = re.sub(r"^whatsapp:", "", value, flags=re.IGNORECASE)
    digits = re.sub(r"[\s().-]", "", number).removeprefix("+")
    if not _PHONE.fullmatch(digits):
        raise BadValue("phone")
    return f"whatsapp:+{digits}"


def http_url(value: object) -> object:
    """An http(s) address without trailing slash and fragment."""
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or re.search(r"\s", value):
        raise BadValue("url")
    return value.partition("#")[0].rstrip("/")


def parts_behind_host(address: str | None) -> list[str | None]:
    """Of an address of the web, all that may be a secret: password, path and query."""
    parts = urlsplit(address or "")
    return [parts.password, parts.path, parts.query] if parts.netloc else []


def public_url(value: object) -> object:
    """The shop's own public address: nothing but scheme, host and perhaps a path before ours."""
    url = http_url(value)
    if isinstance(url, str) and ("?" in url or url.endswith(_WEBHOOK_PATHS)):
        raise BadValue("public_url")
    return url


def api_url(value: object) -> object:
    """A provider's base address, also when the whole `/chat/completions` was pasted."""
    url = http_url(value)
    return url.removesuffix("/chat/completions").rstrip("/") if isinstance(url, str) else url


def with_v1(url: str | None) -> str | None:
    """LM Studio's address; scheme and host alone get the `/v1` its server answers under."""
    return f"{url}/v1" if url and not urlsplit(url).path else url


def timezone(value: str) -> str:
    """An IANA time zone this machine knows."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:  # unknown, a path, a folder such as "America"
        raise BadValue("timezone", value=value) from error
    return value
