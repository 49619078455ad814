"""A reply in a model's Markdown enters, text as WhatsApp shows it leaves, cut into parts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise, takewhile

LIMIT_CHARS = 1600

_URL = re.compile(r"(?:https?://|www\.)[^\s<>*`|]+")
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(\s*<?([^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)>?[^()\n]*\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>")
_TARGET = re.compile(r"https?://|mailto:|tel:|(?:[\w-]+\.)+[a-z]{2,}(?:[/?#:]|$)")
_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)(?:\n?[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
# An opening mark never follows a letter, a digit or another mark, nor comes before a space; a
# closing one the other way round. That leaves sums (2**3) and names (snake__case) alone.
_BOLD_ITALIC = re.compile(r"(?<![\w*])\*{3}(?=[^\s*])([^\n*]*[^\s*])\*{3}(?![\w*])")
_BOLD = re.compile(r"(?<![\w*])\*\*(?=[^\s*])([^\n]*?[^\s*])\*\*(?!\*)")
_BOLD_LOW = re.compile(r"(?<!\w)__(?=[^\s_])([^\n_]*[^\s_.])__(?!\w)(?!\.\w)")
_EMPHASIS = re.compile(r"(?<![\w*])(?:\*+|__)(?=[^\s*])|(?<=[^\s*])(?:\*+|__)(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~])~~(?=[^\s~])([^\n~]*[^\s~])~~(?![\w~])")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*)$")
_BULLET = re.compile(r"^([ \t]*)[*+-][ \t]+(?=\S)")
_RULE = re.compile(r"^[ \t]*(?:-[ \t]*){3,}$|^[ \t]*(?:\*[ \t]*){3,}$|^[ \t]*(?:_[ \t]*){3,}$")
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$")
_ROW_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_HELD = re.compile("\x00(\\d+)\x00")


def clean_text(text: str) -> str:
    """Text that every database and encoder takes: no NUL, no half of a surrogate pair."""
    if text.isascii() and "\x00" not in text:
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "")


def to_whatsapp(text: str) -> str:
    """Turn Markdown into WhatsApp's own marks.

    `**bold**` and headings become `*bold*`, `[text](url)` becomes `text: url`, list marks become
    `•`, tables become lines. `*one star*`, addresses, code and sums like 2*3 stay as they are.
    """
    held: list[str] = []

    def hold(found: str) -> str:
        held.append(found)
        return f"\x00{len(held) - 1}\x00"

    text = clean_text(text).replace("\r\n", "\n").replace("\r", "\n")
    text = _FENCE.sub(lambda match: hold(f"```{match[1]}```"), text)
    text = _CODE.sub(lambda match: hold(match[0]), text)
    text = _LINK.sub(lambda match: _link(match, hold), text)
    text = _AUTOLINK.sub(lambda match: hold(match[1].removeprefix("mailto:")), text)
    text = _URL.sub(lambda match: hold(match[0]), text)
    lines = [_inline(line) for line in _lines(text.split("\n"))]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    while _HELD.search(text):  # an address may stand inside held code or a held link's text
        text = _HELD.sub(lambda match: held[int(match[1])], text)
    return text


def _link(match: re.Match[str], hold: Callable[[str], str]) -> str:
    label, target = match[1].strip(), match[2]
    if not _TARGET.match(target):
        return match[0]
    shown = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or _bare(label) == _bare(shown):
        return hold(shown)
    return f"{label}: {hold(shown)}"


def _bare(address: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", address).rstrip("/").lower()


def _lines(lines: list[str]) -> Iterator[str]:
    """Everything that depends on where a line begins: tables, rules, headings, lists."""
    in_table = False
    for line, after in pairwise([*lines, ""]):
        is_head = not in_table and bool(_ROW.match(line)) and _is_row_rule(after)
        if in_table and _is_row_rule(line):
            continue
        if is_head or (in_table and _ROW.match(line)):
            in_table = True
            cells = " | ".join(cell.strip() for cell in line.split("|") if cell.strip())
            yield _bold(cells) if is_head else f"• {cells}"
            continue
        in_table = False
        yield _line(line)


def _is_row_rule(line: str) -> bool:
    return "|" in line and bool(_ROW_RULE.match(line))


def _line(line: str) -> str:
    if _RULE.match(line):
        return ""
    if heading := _HEADING.match(line):
        return _bold(heading[1].strip().rstrip("#"))
    return _BULLET.sub(r"\1• ", line)


def _bold(words: str) -> str:
    """A line in bold as a whole, marks of its own taken off."""
    inner = _EMPHASIS.sub("", words).strip()
    return f"*{inner}*" if inner else ""


def _inline(line: str) -> str:
    line = _BOLD_ITALIC.sub(r"*_\1_*", line)
    line = _BOLD.sub(lambda match: _bold(match[1]), line)
    line = _BOLD_LOW.sub(r"*\1*", line)
    return _STRUCK.sub(r"~\1~", line)


_PARAGRAPH_END = re.compile(r"\n[ \t]*\n\s*")
_LINE_END = re.compile(r"\n\s*")
# The dot of "1. Mouse" ends nothing, that of "$1.500. Hay" does.
_SENTENCE_END = re.compile(r"(?:(?<!^\d)(?<!\s\d)(?<!\s\d\d)\.|[!?…])[\"'”’)»*_]*\s+")
_WORD_END = re.compile(r"\s+")
_ENDS = (_PARAGRAPH_END, _LINE_END, _SENTENCE_END, _WORD_END)
_BOLD_SPAN = re.compile(r"(?<![\w*])\*(?=[^\s*])[^*\n]*[^\s*]\*(?![\w*])")


def split_body(body: str, limit_chars: int = LIMIT_CHARS) -> list[str]:
    """Cut a reply into parts WhatsApp accepts, at paragraph, line, sentence or word ends.

    Args:
        body: the whole reply; may be empty.
        limit_chars: most characters in one part, at least 1. Characters outside the Basic
            Multilingual Plane (most emoji) count as two.
    Returns:
        Parts in sending order, each 1..limit_chars long; [] for a blank body. Only white space
        around the cuts is missing.
    Raises:
        ValueError: limit_chars is below 1.
    Source: https://www.twilio.com/docs/api/errors/21617
    """
    if limit_chars < 1:
        raise ValueError("limit_chars must be at least 1")
    parts: list[str] = []
    rest = body.strip()
    while rest:
        cut = _cut(rest, limit_chars)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return parts


def _cut(rest: str, limit_chars: int) -> int:
    """Where the next part ends: an index into `rest`, which does not begin with white space."""
    most = _fitting(rest, limit_chars)
    if most == len(rest):
        return most
    # White space right behind the last fitting character ends a part too.
    window = rest[: most + 1]
    spans = [match.span() for match in _BOLD_SPAN.finditer(rest[: most * 2])]
    ends = [
        [match.start() + len(match[0].rstrip()) for match in end.finditer(window)] for end in _ENDS
    ]
    for earliest, whole_spans in ((max(most // 2, 1), True), (1, True), (1, False)):
        for places in ends:
            for place in reversed(places):
                if place < earliest:
                    break
                if not (whole_spans and any(start < place < stop for start, stop in spans)):
                    return place
    return _inside_word(rest, most)


def _fitting(text: str, limit_chars: int) -> int:
    """How many characters fit, at least one.

    Twilio says only that emoji may count as several; UTF-16 units are the larger of the two counts
    in use, so a part fits either way.
    """
    units = 0
    for index, char in enumerate(text):
        units += 2 if char > "\uffff" else 1
        if units > limit_chars:
            return max(index, 1)
    return len(text)


def _inside_word(text: str, most: int) -> int:
    """The last place up to `most` that takes no sign apart, when a single word is too long."""
    for place in range(most, max(most - 40, 0), -1):
        if not _is_joined(text, place):
            return place
    return most


def _is_joined(text: str, place: int) -> bool:
    """Whether a cut would take one sign apart: accents, skin tones, joined emoji, flags."""
    left, right = text[place - 1], text[place]
    return (
        left == "\u200d"
        or right in "\u200d\ufe0e\ufe0f\u20e3"
        or "\U0001f3fb" <= right <= "\U0001f3ff"
        or unicodedata.category(right).startswith("M")
        or (_is_flag_half(right) and _halves_before(text, place) % 2 == 1)
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _halves_before(text: str, place: int) -> int:
    return sum(1 for _ in takewhile(_is_flag_half, reversed(text[:place])))
