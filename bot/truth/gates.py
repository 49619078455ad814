"""A pattern enters; the same pattern leaves, tried only on texts that hold a word it must hold.

Few patterns of the truth check match anything in most replies, and trying one costs fifty times
what looking for its words does. The words are read from the pattern itself, so that the two cannot
drift apart: every match holds one of `words_of_every_match(pattern)`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from bot.truth.folding import fold

_RUN = re.compile(r"[a-z]+")
_HEAD_CHARS = 4
_TELLING = re.compile(r"[a-z]{4}")
_MOST_BEGINNINGS = 200
_MOST_OF_CLASS = 10
_DIGIT = "0"
"""Stands for all of them."""
_EDGE = "|"
"""Behind a whole word that is shorter than a head."""

_Nodes = Sequence[tuple[Any, Any]]
_Beginnings = frozenset[tuple[str, bool]]
"""What a match can begin with, and whether nothing unknown follows it."""
_ANYTHING: _Beginnings = frozenset({("", False)})
_NOTHING: _Beginnings = frozenset({("", True)})
_WORD_ENDS: _Beginnings = frozenset({(_EDGE, True)})


class Gated:
    """A pattern for folded texts, with the methods of `re.Pattern` that the rules use."""

    def __init__(self, pattern: str) -> None:
        self.pattern = re.compile(pattern)

    @cached_property
    def words(self) -> frozenset[str]:
        """Read when first needed: it takes as long as compiling the pattern."""
        return words_of_every_match(self.pattern.pattern)

    def may_be_in(self, folded: str) -> bool:
        """Whether a text holds a word without which there is no match."""
        return not self.words.isdisjoint(heads(folded))

    def finditer(
        self, folded: str, start: int = 0, end: int = sys.maxsize
    ) -> Iterable[re.Match[str]]:
        if self.words.isdisjoint(heads(folded[start:end])):
            return ()
        return self.pattern.finditer(folded, start, end)

    def search(self, folded: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        if self.words.isdisjoint(heads(folded[start:end])):
            return None
        return self.pattern.search(folded, start, end)

    def sub(self, new: str | Callable[[re.Match[str]], str], folded: str) -> str:
        return self.pattern.sub(new, folded) if self.may_be_in(folded) else folded


@lru_cache(maxsize=512)
def heads(folded: str) -> frozenset[str]:
    """How the words of a text begin, with two to four letters, and its other characters."""
    found = set(folded)
    if not found.isdisjoint("0123456789"):
        found.add(_DIGIT)
    for run in set(_RUN.findall(folded)):
        found.add(run[:2])
        found.add(run[:3])
        found.add(run[:_HEAD_CHARS] if len(run) >= _HEAD_CHARS else run + _EDGE)
    return frozenset(found)


def words_of_every_match(pattern: str) -> frozenset[str]:
    """Heads one of which is among the `heads` of every folded text that holds a match.

    Raises:
        ValueError: matches have no telling word in common.
    """
    found = _required(_parser.parse(pattern).data, False)
    if _worth(found) < (2, -_MOST_BEGINNINGS):
        raise ValueError(f"no telling words in {pattern!r}")
    return found


def _required(nodes: _Nodes, is_start: bool) -> frozenset[str]:
    """The most telling set of heads one of which every match of some nodes holds; may be empty.

    Args:
        is_start: no letter stands before them.
    """
    found = [frozenset[str]()]
    for place, (kind, value) in enumerate(nodes):
        if is_start:
            found.append(_heads_of(_beginnings(nodes[place:])))
        found.append(_required_inside(str(kind), value, is_start))
        is_start = _is_start_behind(str(kind), value, is_start)
    return max(found, key=_worth)


def _required_inside(kind: str, value: Any, is_start: bool) -> frozenset[str]:
    if kind == "SUBPATTERN":
        return _required(value[3], is_start)
    if kind == "BRANCH":
        each = [_required(nodes, is_start) for nodes in value[1]]
        return frozenset(chain(*each)) if all(each) else frozenset()
    if kind in ("MAX_REPEAT", "MIN_REPEAT") and value[0]:
        return _required(value[2], is_start)
    return frozenset()


def _is_start_behind(kind: str, value: Any, before: bool) -> bool:
    """Whether a letter behind a node begins a word."""
    if kind == "LITERAL":
        return not _RUN.fullmatch(_character(value))
    if kind == "IN":
        return all(_is_no_letter(*item) for item in value)
    if kind == "AT":
        return str(value) != "AT_NON_BOUNDARY"
    if kind in ("ASSERT", "ASSERT_NOT"):
        return before or (kind == "ASSERT_NOT" and value[0] < 0 and _forbids_letter(*value))
    if kind == "SUBPATTERN":
        return _is_start_after(value[3], before)
    if kind == "BRANCH":
        return all(_is_start_after(nodes, before) for nodes in value[1])
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        return (before or value[0] > 0) and _is_start_after(value[2], False)
    return False


def _is_start_after(nodes: _Nodes, is_start: bool) -> bool:
    for kind, value in nodes:
        is_start = _is_start_behind(str(kind), value, is_start)
    return is_start


def _forbids_letter(_direction: int, nodes: _Nodes) -> bool:
    """As `(?<![a-z0-9])` and `(?!\\w)` do."""
    kind, value = nodes[0] if len(nodes) == 1 else ("", ())
    return str(kind) == "IN" and any(str(item) in _LETTER_CLASSES for item in value)


_LETTER_CLASSES = ("(RANGE, (97, 122))", "(CATEGORY, CATEGORY_WORD)")


def _is_no_letter(kind: Any, value: Any) -> bool:
    if str(kind) == "CATEGORY":
        return str(value) in ("CATEGORY_SPACE", "CATEGORY_DIGIT")
    return str(kind) == "LITERAL" and not _RUN.fullmatch(_character(value))


def _character(code: int) -> str:
    folded = fold(chr(code))
    return _DIGIT if folded.isdecimal() else folded


def _beginnings(nodes: _Nodes) -> _Beginnings:
    """What matches of some nodes begin with, as far as it is a choice of few."""
    found = _NOTHING
    for kind, value in nodes:
        if not any(is_whole for _, is_whole in found):
            break
        after = _beginnings_of(str(kind), value)
        longer = {
            _cut(text + more, is_whole)
            for text, goes_on in found
            for more, is_whole in (after if goes_on else _ANYTHING)
        }
        if len(longer) > _MOST_BEGINNINGS:
            return frozenset((text, False) for text, _ in found)
        found = frozenset(longer)
    return found


def _cut(text: str, goes_on: bool) -> tuple[str, bool]:
    """A beginning no longer than it takes to tell it."""
    telling = _TELLING.search(text)
    return (telling[0], False) if telling else (text, goes_on)


def _beginnings_of(kind: str, value: Any) -> _Beginnings:
    if kind == "LITERAL":
        return frozenset({(_character(value), True)})
    if kind == "IN":
        return _of_class(value)
    if kind == "AT":
        return _WORD_ENDS if str(value) == "AT_BOUNDARY" else _NOTHING
    if kind in ("ASSERT", "ASSERT_NOT"):
        is_edge = kind == "ASSERT_NOT" and _forbids_letter(*value)
        return _WORD_ENDS if is_edge else _NOTHING
    if kind == "SUBPATTERN":
        return _beginnings(value[3])
    if kind == "BRANCH":
        return frozenset(chain.from_iterable(map(_beginnings, value[1])))
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, body = value
        once = frozenset((text, whole and most == 1) for text, whole in _beginnings(body))
        return once if least else once | _NOTHING
    return _ANYTHING


def _of_class(items: Sequence[tuple[Any, Any]]) -> _Beginnings:
    if [str(kind) for kind, _ in items] == ["CATEGORY"]:
        return frozenset({(_DIGIT, True)}) if "DIGIT" in str(items[0]) else _ANYTHING
    characters = set[str]()
    for kind, value in items:
        first, last = value if str(kind) == "RANGE" else (value, value)
        if str(kind) not in ("LITERAL", "RANGE") or last - first > _MOST_OF_CLASS:
            return _ANYTHING
        characters.update(map(_character, range(first, last + 1)))
    return frozenset((character, True) for character in characters)


def _heads_of(beginnings: _Beginnings) -> frozenset[str]:
    return frozenset(_head(text) for text, _ in beginnings)


def _head(text: str) -> str:
    """The longest word's head, else a sign, a digit or a letter; "" for nothing telling."""
    runs = [
        match[0][:_HEAD_CHARS] + _EDGE * (len(match[0]) < _HEAD_CHARS and match.end() < len(text))
        for match in _RUN.finditer(text)
    ]
    return max([*runs, *text.replace(_EDGE, "")], key=_tells, default="")


def _tells(head: str) -> int:
    """How seldom a head is met: nothing and blanks are met always, letters and digits nearly so."""
    if len(head) > 1:
        return len(head)
    if not head:
        return -1
    return 0 if head.isspace() else 1 if head.isalnum() else 2


def _worth(heads: Iterable[str]) -> tuple[int, int]:
    found = list(heads)
    return min(map(_tells, found), default=-1), -len(found)
