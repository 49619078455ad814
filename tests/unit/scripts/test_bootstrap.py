"""A folder in any state enters; a complete environment, or one clear line, leaves."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from venv import EnvBuilder

import pytest

from scripts.bootstrap import SetUpError, copy_env, is_inside, is_whole, prepare, venv_python

ROOT = Path(__file__).resolve().parents[3]
NOTHING = ("requirements.txt",)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository that needs no package."""
    return make_clone(tmp_path)


@dataclass(frozen=True)
class Made:
    """What two processes left that found an environment half made, and what they said."""

    root: Path
    codes: list[int]
    said: str


PREPARE = (
    "import sys; sys.path.insert(0, sys.argv[1])\n"
    "from pathlib import Path; from scripts.bootstrap import prepare\n"
    f"prepare(Path(sys.argv[2]), {NOTHING})"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Made once for all tests: nothing here takes longer."""
    root = make_clone(tmp_path_factory.mktemp("clone"))
    EnvBuilder(with_pip=False).create(root / ".venv")
    command = [sys.executable, "-c", PREPARE, str(ROOT), str(root)]
    both = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        for _ in range(2)
    ]
    said = "".join(process.communicate()[1] for process in both)
    return Made(root, [process.returncode for process in both], said)


@pytest.fixture
def prepared(made: Made, tmp_path: Path) -> Path:
    """A clone of one's own whose environment is complete."""
    return shutil.copytree(made.root, tmp_path / "prepared", symlinks=True)


@pytest.fixture
def bare(made: Made, tmp_path: Path) -> Path:
    """The same without its packages, which are a thousand files."""
    ignored = shutil.ignore_patterns("site-packages")
    return shutil.copytree(made.root, tmp_path / "bare", symlinks=True, ignore=ignored)


def make_clone(root: Path) -> Path:
    (root / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    (root / ".env.example").write_text("# PORT=8000\n", encoding="utf-8")
    return root


def run_python(clone: Path, code: str) -> str:
    command = [str(venv_python(clone)), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def change(clone: Path, content: str) -> None:
    (clone / "requirements.txt").write_text(content, encoding="utf-8")


def test_a_complete_environment_is_left_as_it_is(
    prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stamp = (prepared / ".venv" / "installed.txt").stat().st_mtime_ns
    prepare(prepared, NOTHING)

    assert capsys.readouterr().err == ""
    assert (prepared / ".venv" / "installed.txt").stat().st_mtime_ns == stamp
    prefix = run_python(prepared, "import sys; print(sys.prefix)")
    assert Path(prefix).samefile(prepared / ".venv")


def test_a_change_of_the_requirements_installs_into_the_same_environment(
    prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (prepared / ".venv" / "mine.txt").touch()
    change(prepared, "# still nothing\n")
    prepare(prepared, NOTHING)

    said = capsys.readouterr().err
    assert "Instalando" in said
    assert "Preparando" not in said
    assert (prepared / ".venv" / "mine.txt").exists()


def _without_python(venv: Path) -> None:
    shutil.rmtree(venv / ("Scripts" if sys.platform == "win32" else "bin"))


def _without_configuration(venv: Path) -> None:
    (venv / "pyvenv.cfg").unlink()


def _of_an_old_python(venv: Path) -> None:
    (venv / "pyvenv.cfg").write_text(f"home = {venv.parent}\nversion = 3.10.2\n", encoding="utf-8")


def _of_a_python_that_is_gone(venv: Path) -> None:
    (venv / "pyvenv.cfg").write_text("home = /gone/bin\nversion = 3.11.2\n", encoding="utf-8")


def _never_made(venv: Path) -> None:
    shutil.rmtree(venv)


@pytest.mark.parametrize(
    "spoil",
    [
        _without_python,
        _without_configuration,
        _of_an_old_python,
        _of_a_python_that_is_gone,
        _never_made,
    ],
)
def test_a_broken_environment_is_not_whole(bare: Path, spoil: Callable[[Path], None]) -> None:
    assert is_whole(bare)
    spoil(bare / ".venv")

    assert not is_whole(bare)


def test_an_environment_left_half_made_is_made_anew(made: Made) -> None:
    assert "Preparando el entorno" in made.said
    assert run_python(made.root, "import pip; print('pip')") == "pip"


def test_two_at_once_make_one_environment(made: Made) -> None:
    assert made.codes == [0, 0]
    assert made.said.count("Preparando el entorno") == 1


def test_a_failed_installation_is_one_line_and_tried_again(prepared: Path) -> None:
    change(prepared, "./no-such-folder\n")
    for _ in range(2):
        with pytest.raises(SetUpError, match="No se pudieron instalar los paquetes") as caught:
            prepare(prepared, NOTHING)
        assert "\n" not in str(caught.value)


def test_a_file_in_the_way_is_an_error_that_names_it(clone: Path) -> None:
    (clone / ".venv").touch()
    with pytest.raises(OSError, match="venv"):
        prepare(clone, NOTHING)


def test_the_example_becomes_env_but_never_over_one(clone: Path) -> None:
    copy_env(clone)
    assert (clone / ".env").read_text(encoding="utf-8") == "# PORT=8000\n"

    (clone / ".env").write_text("PORT=1\n", encoding="utf-8")
    copy_env(clone)
    assert (clone / ".env").read_text(encoding="utf-8") == "PORT=1\n"


def test_another_environment_is_not_ours(clone: Path) -> None:
    assert not is_inside(clone)


@pytest.mark.parametrize("script", ["start.py", "test.py", "test_multi_provider.py"])
def test_an_older_python_gets_one_line(script: str) -> None:
    code = (
        "import runpy, sys\n"
        "sys.version_info = (3, 10, 4)\n"
        f"runpy.run_path({str(ROOT / 'scripts' / script)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Mostrador necesita Python 3.11 o posterior y este es 3.10.4")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["bootstrap", "start", "test", "test_multi_provider"])
def test_an_older_python_can_read_the_scripts(name: str) -> None:
    source = (ROOT / "scripts" / f"{name}.py").read_text(encoding="utf-8")

    ast.parse(source, feature_version=(3, 7))
    assert "from __future__" not in source


def test_a_script_goes_on_inside_with_its_arguments_and_exit_code(prepared: Path) -> None:
    for folder in ("scripts", "core"):
        shutil.copytree(ROOT / folder, prepared / folder)
    (prepared / "cli.py").write_text(
        "import sys\n"
        "def main(arguments):\n"
        "    print(arguments, sys.prefix, sys.stdout.encoding)\n"
        "    return 7\n",
        encoding="utf-8",
    )
    command = [sys.executable, str(prepared / "scripts" / "start.py"), "--port", "a b"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout.strip() == f"['serve', '--port', 'a b'] {prepared / '.venv'} utf-8"
    assert done.returncode == 7
    assert (prepared / ".env").exists()


def test_the_double_click_file_has_windows_line_ends_and_no_byte_order_mark() -> None:
    content = (ROOT / "probar-multi-provider.bat").read_bytes()

    assert content.startswith(b"@echo off\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
