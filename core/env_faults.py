"""One validation error of a setting enters; the sentence that names it and its mend leaves."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from core.env_values import BadValue
from core.redaction import redact
from core.texts import text

_SENTENCES = {
    "bool_parsing": "flag",
    "finite_number": "number",
    "float_parsing": "number",
    "greater_than": "above",
    "greater_than_equal": "at_least",
    "int_from_float": "integer",
    "int_parsing": "integer",
    "int_parsing_size": "integer",
    "less_than_equal": "at_most",
    "literal_error": "one_of",
    "string_pattern_mismatch": "currency",
}
"""pydantic's error types → our sentences of `setup.fault`."""


def fault(name: str, error: ErrorDetails) -> str:
    """What is wrong with setting `name` and how to mend it; a pasted key never shows."""
    fields = dict(error.get("ctx", {}))
    cause = fields.pop("error", None)
    if isinstance(cause, BadValue):
        return redact(text(f"setup.fault.{cause.key}", name=name, **cause.fields))
    if "expected" in fields:
        fields["expected"] = fields["expected"].replace("'", "").replace(" or ", ", ")
    return text(f"setup.fault.{_SENTENCES[error['type']]}", name=name, **fields)
