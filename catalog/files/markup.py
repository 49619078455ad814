"""A text as a web shop keeps it enters, the same in plain lines leaves."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser

# Only what is a tag beyond doubt: "peso < 5 kg" is none.
_TAG = re.compile(
    r"</?(?:p|br|div|span|ul|ol|li|strong|b|em|i|u|h[1-6]|table|thead|tbody|tr|t[hd]|a|img|font"
    r"|style|script|iframe|section|article|figure|hr|blockquote|small|sup|sub|meta|video)\b[^>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6});", re.IGNORECASE)
_LINE_TAGS = "p br div ul ol li h1 h2 h3 h4 h5 h6 table tr section article hr blockquote"
_LINE = frozenset(_LINE_TAGS.split())
_SILENT = frozenset(("script", "style", "iframe"))


# The variants of a product come one after another with the same description.
@lru_cache(maxsize=64)
def plain_text(markup: str) -> str:
    """The words of a text without its HTML; a text that holds none is returned as it is."""
    while True:
        plain = _without_tags(markup) if _TAG.search(markup) else markup
        plain = unescape(plain) if _ENTITY.search(plain) else plain
        if len(plain) >= len(markup):
            return plain
        markup = plain  # what was escaped may be markup again


def _without_tags(markup: str) -> str:
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _SILENT:
            self._silent.append(tag)
        if tag in _LINE:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()
        if tag in _LINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
