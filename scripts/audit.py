"""What the shop runs on enters, its known vulnerabilities leave, as the OSV database lists them.

Source: https://google.github.io/osv.dev/post-v1-querybatch/
"""

import json
import re
import threading
import urllib.request
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from scripts.bootstrap import say, sentence

OSV_URL = "https://api.osv.dev/v1/querybatch"
LIMIT_S = 10.0
ACCEPTED: "dict[str, str]" = {}
"""Vulnerabilities that do not concern us: id → why."""


class Audit:
    """Asks while the other checks run, so that a silent network delays nobody."""

    def __init__(self, root: Path, url: str = OSV_URL) -> None:
        self._runtime = installed_for(root / "requirements.txt", root / "requirements-postgres.txt")
        self._packages = self._runtime | installed_for(root / "requirements-dev.txt")
        self._found: dict[str, list[str]] | None = None
        self._reason = sentence("test.audit_no_answer")
        self._asking = threading.Thread(target=self._ask, args=(url,), daemon=True)
        self._asking.start()

    def _ask(self, url: str) -> None:
        try:
            self._found = known_faults(self._packages, url)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            self._reason = str(error)

    def verdict(self, patience_s: float = 1.0) -> "bool | None":
        """Whether nothing the shop runs on has a known vulnerability; says which packages do.

        Args:
            patience_s: how much longer an answer may take.
        Returns:
            None when the database was not reached.
        """
        self._asking.join(patience_s)
        if self._found is None:
            say(sentence("test.audit_skipped", reason=self._reason))
            return None
        for name, faults in sorted(self._found.items()):
            said = ", ".join(faults)
            say(sentence("test.audit_found", name=name, version=self._packages[name], ids=said))
        return not self._found.keys() & self._runtime.keys()


def installed_for(*requirements: Path) -> "dict[str, str]":
    """Name → version of what these files ask for, and of all that those need in turn."""
    found: dict[str, str] = {}
    lines = [line for path in requirements for line in path.read_text("utf-8").splitlines()]
    waiting = [(Requirement(line), "") for line in lines if line and not line.startswith("#")]
    while waiting:
        wanted, extra = waiting.pop()
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        package = metadata.distribution(name)
        needs = [Requirement(need) for need in package.requires or ()]
        waiting += [(need, extra) for need in needs for extra in wanted.extras]
        if name not in found:
            found[name] = package.version
            waiting += [(need, "") for need in needs]
    return found


def known_faults(packages: "dict[str, str]", url: str) -> "dict[str, list[str]]":
    """Name → ids of its known vulnerabilities, for those that have any.

    Raises:
        OSError, ValueError, LookupError, TypeError: no answer, or not the one expected.
    """
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
        for name, version in packages.items()
    ]
    answers = _ask(url, {"queries": queries})["results"]
    listed = {
        name: _ids(answer.get("vulns") or ())
        for name, answer in zip(packages, answers, strict=True)
    }
    return {name: ids for name, ids in listed.items() if ids}


def _ask(url: str, body: "dict[str, object]") -> "dict[str, list[dict[str, list[dict[str, str]]]]]":
    request = urllib.request.Request(url, json.dumps(body).encode())  # noqa: S310 - our own https
    with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:  # noqa: S310
        found: dict[str, list[dict[str, list[dict[str, str]]]]] = json.load(answer)
    return found


def _ids(listed: "Iterable[dict[str, str]]") -> "list[str]":
    return sorted(each["id"] for each in listed if each["id"] not in ACCEPTED)
