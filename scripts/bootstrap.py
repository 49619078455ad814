"""A fresh clone and any Python enter; a running script inside a complete `.venv` leaves.

Standard library only, and nothing an old Python could not parse: it is this file that tells it so
(hence the quoted annotations and the late imports).
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

OLDEST_PYTHON = (3, 11)
RUNTIME = ("requirements.txt",)
DEVELOPMENT = ("requirements.txt", "requirements-postgres.txt", "requirements-dev.txt")

ROOT = Path(__file__).resolve().parent.parent
LOCK_POLL_S = 0.5


class SetUpError(Exception):
    """Set-up cannot go on; the text is the one line the owner reads."""


def enter(script: str, requirements: "tuple[str, ...]", copies_env: bool = False) -> None:
    """Return inside a complete `.venv`; outside of it, run `script` there and exit with its code.

    Args:
        script: the calling script's own `__file__`; it gets the same arguments again.
        requirements: files at the repository's root, installed whenever one of them changed.
        copies_env: whether `.env.example` becomes `.env` when there is none.
    """
    stop_if_too_old()
    try:
        prepare(ROOT, requirements)
        if copies_env:
            copy_env(ROOT)
        if not is_inside(ROOT):
            go_inside(ROOT, script)
    except SetUpError as error:
        say(str(error))
        sys.exit(2)
    except OSError as error:
        say(sentence("start.no_write", path=error.filename or ROOT, reason=error.strerror or error))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def stop_if_too_old() -> None:
    """End with one line under an older Python, which cannot even read the file of sentences."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        found = ".".join(map(str, sys.version_info[:3]))
        print(
            f"Mostrador necesita Python {wanted} o posterior y este es {found}: "
            "https://www.python.org/downloads/",
            file=sys.stderr,
        )
        sys.exit(2)


def sentence(key: str, **fields: object) -> str:
    """One Spanish sentence of set-up."""
    from core.texts import text

    return text(f"setup.{key}", None, **fields)


def say(line: str) -> None:
    """Print to stderr in characters it can show."""
    from core.log import showable

    print(showable(line, sys.stderr.encoding), file=sys.stderr, flush=True)


def venv_python(root: Path) -> Path:
    """Where the environment's Python is, made or not."""
    place = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return root.joinpath(".venv", *place)


def is_inside(root: Path) -> bool:
    """Whether this process already runs in the environment, speaking UTF-8."""
    place = root / ".venv"
    return place.exists() and place.samefile(sys.prefix) and bool(sys.flags.utf8_mode)


def go_inside(root: Path, script: str) -> None:
    """Run the script again inside the environment; returns only by an error.

    Raises:
        SetUpError: the environment's Python does not run.
    """
    command = [str(venv_python(root)), script, *sys.argv[1:]]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    sys.stdout.flush()
    try:
        if os.name != "nt":
            os.execve(command[0], command, environment)  # noqa: S606 - our own interpreter
        # Windows has no exec: we stay as the parent. Ctrl+C reaches both, only the child acts.
        for name in ("SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: None)
        sys.exit(subprocess.call(command, env=environment))
    except OSError as error:
        raise SetUpError(sentence("start.no_python")) from error


def prepare(root: Path, requirements: "tuple[str, ...]") -> None:
    """Make, mend or update the environment; when it fits, nothing is started.

    Raises:
        SetUpError: it cannot be made, or the packages cannot be installed.
        OSError: no permission to write.
    """
    if is_whole(root) and _fits(root, requirements):
        return
    with _alone(root):
        if not is_whole(root) or not (_fits(root, requirements) or _has_pip(root)):
            _make(root)
        if not _fits(root, requirements):
            _install(root, requirements)


def copy_env(root: Path) -> None:
    """Give the owner a `.env` to fill in, never over one."""
    if (root / ".env").exists() or not (root / ".env.example").exists():
        return
    content = (root / ".env.example").read_bytes()
    with contextlib.suppress(FileExistsError):
        (root / ".env").touch(mode=0o600, exist_ok=False)  # keys will stand in it
        (root / ".env").write_bytes(content)
        say(sentence("start.env_copied"))


def is_whole(root: Path) -> bool:
    """Whether its Python is there and new enough, and so is the Python it was made from."""
    try:
        lines = (root / ".venv" / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    pairs = [line.partition("=") for line in lines]
    said = {name.strip(): value.strip() for name, _, value in pairs}
    version = re.match(r"(\d+)\.(\d+)", said.get("version") or said.get("version_info") or "")
    if version is None or (int(version[1]), int(version[2])) < OLDEST_PYTHON:
        return False
    return venv_python(root).exists() and Path(said.get("home", "")).is_dir()


def _has_pip(root: Path) -> bool:
    command = [str(venv_python(root)), "-c", "import pip"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make(root: Path) -> None:
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetUpError(sentence("start.no_venv"))
    say(sentence("start.make_venv"))
    (root / ".venv").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "venv", "--clear", str(root / ".venv")]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0 or not _has_pip(root):
        raise SetUpError(sentence("start.no_python"))


def _install(root: Path, requirements: "tuple[str, ...]") -> None:
    say(sentence("start.install"))
    # Older ones take twice as long to choose; without a network the one there has to do.
    _pip(root, "--retries=0", "--timeout=5", "pip>=24")
    files = [f"--requirement={root / name}" for name in requirements]
    done = _pip(root, "--no-compile", *files)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        detail = errors[0] if errors else f"pip: {done.returncode}"
        raise SetUpError(sentence("start.install_failed", detail=detail))
    # On all cores; pip itself compiles on one.
    command = [str(venv_python(root)), "-m", "compileall", "-q", "-j", "0", str(root / ".venv")]
    subprocess.run(command, capture_output=True, check=False)
    current = {**_stamps(root), **_wanted(root, requirements)}
    lines = [f"{digest}  {name}" for name, digest in sorted(current.items())]
    _stamp_file(root).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _pip(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [str(venv_python(root)), "-m", "pip", "install", *words]
    command += ["--quiet", "--disable-pip-version-check", "--no-input"]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace", check=False)


def _fits(root: Path, requirements: "tuple[str, ...]") -> bool:
    """Whether these files were installed as they stand now."""
    current = _stamps(root)
    return all(current.get(name) == hash_ for name, hash_ in _wanted(root, requirements).items())


def _stamp_file(root: Path) -> Path:
    return root / ".venv" / "installed.txt"


def _wanted(root: Path, requirements: "tuple[str, ...]") -> "dict[str, str]":
    return {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in requirements}


def _stamps(root: Path) -> "dict[str, str]":
    """What is installed: the digest of each requirements file, written only after pip was done."""
    try:
        lines = _stamp_file(root).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


@contextlib.contextmanager
def _alone(root: Path) -> "Iterator[None]":
    """Let one process at a time set up; the system frees the lock of one that died."""
    (root / "data").mkdir(exist_ok=True)
    with (root / "data" / "setup.lock").open("ab") as file:
        is_told = False
        while not _try_lock(file.fileno()):
            if not is_told:
                say(sentence("start.waiting"))
                is_told = True
            time.sleep(LOCK_POLL_S)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
