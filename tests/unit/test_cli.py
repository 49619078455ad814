"""`python cli.py` finds the packages it needs, or says in one line what to run first."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone: no environment yet."""
    for folder in ("core", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "cli.py", tmp_path)
    return tmp_path


def run_bare(clone: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run it with a Python that has no package at all."""
    code = (
        f"import runpy, sys\n{before}\nsys.path.insert(0, {str(clone)!r})\n"
        f"runpy.run_path({str(clone / 'cli.py')!r}, run_name='__main__')"
    )
    command = [sys.executable, "-S", "-X", "utf8", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_without_packages_and_environment_it_says_what_to_run_first(clone: Path) -> None:
    done = run_bare(clone)

    assert (done.returncode, done.stdout) == (2, "")
    assert "python scripts/start.py" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_older_python_gets_one_line(clone: Path) -> None:
    done = run_bare(clone, "sys.version_info = (3, 10, 4)")

    assert (done.returncode, done.stdout) == (2, "")
    assert "Python 3.11" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_environment_that_does_not_run_gets_one_line(clone: Path) -> None:
    broken = clone / ".venv" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.touch(mode=0o600)
    (clone / ".venv" / "Scripts").mkdir()
    (clone / ".venv" / "Scripts" / "python.exe").touch()

    done = run_bare(clone)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
