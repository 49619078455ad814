"""The table of regional words enters, for any stretch of stems the groups it belongs to leave.

`synonyms.txt` holds the table; its head says how a line reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from catalog.words.analysis import stem, without_tilde, words
from catalog.words.chatter import LINK_WORDS

Stems = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Synonyms:
    """Which groups a word or phrase belongs to.

    Args:
        groups: stems of a word or phrase → names of its groups.
        asked: the same for what only customers say; on a product the words mean other things.
        wider: group → groups whose seekers it satisfies too.
        attributes: groups that only describe a thing.
        brands: groups that are other spellings of a name.
        spellings: every word of the table, folded, for the repair of typing errors.
    """

    groups: dict[Stems, tuple[str, ...]] = field(default_factory=dict)
    asked: dict[Stems, tuple[str, ...]] = field(default_factory=dict)
    wider: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    spellings: frozenset[str] = frozenset()

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every stem of the table, in phrases too."""
        return frozenset(stem for stems in (*self.groups, *self.asked) for stem in stems)

    def asked_for(self, stems: Stems) -> tuple[str, ...]:
        """The groups a customer means by a word or phrase."""
        return self.groups.get(stems, ()) + self.asked.get(stems, ())

    @cached_property
    def _longest_from(self) -> Mapping[str, int]:
        """First stem → how many stems its longest phrase has."""
        longest: dict[str, int] = {}
        for stems in (*self.groups, *self.asked):
            longest[stems[0]] = max(len(stems), longest.get(stems[0], 0))
        return longest

    def longest(self, stems: Sequence[str], start: int, *, asked: bool = False) -> int:
        """How many stems from `start` make the longest known phrase; 0 when none does.

        Args:
            asked: a customer says them.
        """
        most = self._longest_from.get(stems[start], 0)
        if not most:
            return 0
        most = min(most, len(stems) - start)
        for length in range(most, 0, -1):
            phrase = tuple(stems[start : start + length])
            if phrase in self.groups or (asked and phrase in self.asked):
                return length
        return 0

    def kind(self, group: str) -> Literal["thing", "attribute", "word"]:
        """What the words of a group are: a thing, a description of one, or a name."""
        if group in self.attributes:
            return "attribute"
        return "word" if group in self.brands else "thing"


def parse_synonyms(text: str) -> Synonyms:
    """Read the table."""
    groups: dict[Stems, list[str]] = {}
    asked: dict[Stems, list[str]] = {}
    wider: dict[str, tuple[str, ...]] = {}
    marked: dict[str, set[str]] = {"~": set(), "@": set()}
    spellings: set[str] = set()
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        members, _, above = line.lstrip("~@").partition(">")
        entries = [stripped for entry in members.split(",") if (stripped := entry.strip())]
        name = "=" + entries[0].replace(" ", "_")
        if line[0] in marked:
            marked[line[0]].add(name)
        wider[name] = tuple("=" + up.strip().replace(" ", "_") for up in above.split(",") if up)
        for entry in entries:
            spelled = words(entry)
            table = asked if entry.startswith("?") else groups
            spellings.update(word for word in spelled if word not in LINK_WORDS)
            known = table.setdefault(phrase(spelled), [])
            if name not in known:
                known.append(name)
    return Synonyms(
        groups={stems: tuple(names) for stems, names in groups.items()},
        asked={stems: tuple(names) for stems, names in asked.items()},
        wider=wider,
        attributes=frozenset(marked["~"]),
        brands=frozenset(marked["@"]),
        spellings=frozenset(spellings),
    )


def phrase(folded: Sequence[str]) -> Stems:
    """The stems a phrase is looked up by: no ñ, no linking words."""
    stems = tuple(stem(without_tilde(word)) for word in folded if word not in LINK_WORDS)
    return stems or tuple(folded)


@lru_cache(maxsize=1)
def default_synonyms() -> Synonyms:
    """The table that ships with the product."""
    path = Path(__file__).with_name("synonyms.txt")
    return parse_synonyms(path.read_text(encoding="utf-8"))
