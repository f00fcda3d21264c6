"""The folder `.cairn`: where the local stack keeps its data, its secrets and its locks."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from pathlib import Path
from typing import Any, Self

import orjson

from graphql_api.local.process import Problem

DEFAULT_FOLDER = Path(".cairn")


class Folder:
    """One local stack's folder, private to whoever started it.

    Use it as a context manager to hold its lock: one running stack to a folder.
    """

    def __init__(self, path: Path = DEFAULT_FOLDER) -> None:
        """Name the folder; nothing is made until it is needed."""
        self.path = path.absolute()
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Make the folder and lock it.

        Raises:
            Problem: it cannot be written to, or a stack already runs in it.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whoever backs the checkout up, or commits it, leaves this folder out.
            _write(self.path / ".gitignore", b"*\n")
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Problem(why_not_written(self.path, error)) from error
        if not _locked(lock):
            os.close(lock)
            raise Problem(self._who_runs())
        self._lock = lock
        return self

    def __exit__(self, *_: object) -> None:
        """Let the next stack use the folder."""
        if self._lock is not None:
            (self.path / "running.json").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def tell(self, **facts: Any) -> None:
        """Leave facts about the running stack for other commands: `pid`, and where it answers."""
        self._store("running.json", {"pid": os.getpid(), **facts})

    def running(self) -> dict[str, Any] | None:
        """What the running stack has told; None when none runs here."""
        try:
            lock = os.open(self.path / "lock", os.O_RDWR)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._load("running.json")
        finally:
            os.close(lock)
        return None

    def refuse_if_running(self) -> None:
        """Do nothing, unless a stack runs here.

        Raises:
            Problem: one does; the sentence says which and what to do.
        """
        if self.running() is not None:
            raise Problem(self._who_runs())

    def secret(self, name: str) -> str:
        """Give the secret of this name, invented at its first use; kept for the owner's eyes only."""
        kept = self._load("secrets.json")
        if name not in kept:
            kept[name] = secrets.token_urlsafe(32)
            self._store("secrets.json", kept)
        return str(kept[name])

    def remembered(self, name: str) -> Any:
        """What an earlier start has remembered, such as a port; None at first."""
        return self._load("memory.json").get(name)

    def remember(self, name: str, value: Any) -> None:
        """Keep a small fact for the next start."""
        self._store("memory.json", {**self._load("memory.json"), name: value})

    def _load(self, name: str) -> dict[str, Any]:
        try:
            loaded: dict[str, Any] = orjson.loads((self.path / name).read_bytes())
        except FileNotFoundError:
            return {}
        except (orjson.JSONDecodeError, OSError) as error:
            raise Problem(
                f"{self.path / name} cannot be read. Repair it, or begin anew with another "
                f"--data-dir, or remove {self.path} (which removes the local data, too)."
            ) from error
        return loaded

    def _store(self, name: str, content: dict[str, Any]) -> None:
        try:
            _write(self.path / name, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
        except OSError as error:
            raise Problem(why_not_written(self.path, error)) from error

    def _who_runs(self) -> str:
        facts = self._load("running.json")
        who = f"process {facts['pid']}" if "pid" in facts else "another process"
        where = f", at {facts['url']}" if "url" in facts else ""
        return (
            f"Cairn already runs in {self.path} ({who}{where}). Use that one; or stop it with "
            'Ctrl-C where it was started; or start a second one: make dev ARGS="--data-dir .cairn2 --port 8001"'
        )


def _locked(lock: int) -> bool:
    """Lock the open file; `running` of another command may hold it for a blink."""
    for _ in range(5):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.02)
    return False


def why_not_written(path: Path, error: OSError) -> str:
    """Say in a sentence why `path` could not be written to, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk that holds {path} is full. Free some space, then start again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{path} cannot be written to ({os.strerror(error.errno)}). "
            "Make it writable, or choose another folder with --data-dir."
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"{path} cannot be used ({reason}). Choose another folder with --data-dir."


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads; after a crash it is the old one or the new one."""
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
