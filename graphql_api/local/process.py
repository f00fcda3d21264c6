"""One server as a child of ours: started as an ordinary user, watched, and stopped."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson
import psutil

LAUNCH = Path(__file__).with_name("launch.py")
# A log is begun anew at the next start after it has reached this size.
LOG_LIMIT_BYTES = 10_000_000
# A process identifies itself by number and moment of birth; clocks are read to about this.
BIRTH_TOLERANCE_SECONDS = 2.0
# How long an earlier run's server may take to end: half of it in good order, then by force.
PATIENCE_SECONDS = 20.0


class Problem(Exception):
    """Something that a person can put right; the text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that the servers run as.

    Attributes:
        uid: user number; -1 means ours, unchanged.
        gid: its group; -1 likewise.
    """

    uid: int = -1
    gid: int = -1

    @property
    def differs(self) -> bool:
        """Whether the servers run as somebody other than this process."""
        return self.uid >= 0

    def own(self, path: Path) -> None:
        """Give `path`, a file or folder below `.cairn`, to this account."""
        if self.differs:
            os.chown(path, self.uid, self.gid)


def unprivileged(folder: Path) -> Account:
    """Choose whom the servers run as: ourselves, unless we are root (Postgres refuses root).

    For root it is whoever owns the data that is there, or the checkout, or called sudo; else
    `nobody`. No user is created.

    Args:
        folder: the stack's, `.cairn`.

    Raises:
        Problem: there is no such user.
    """
    if os.geteuid() != 0:
        return Account()
    places = (folder / "postgres", folder, folder.parent)
    candidates = [place.stat().st_uid for place in places if place.exists()]
    for uid in (*candidates, int(os.environ.get("SUDO_UID", "0"))):
        with contextlib.suppress(KeyError):  # a number without a name; initdb wants one
            if uid != 0:
                return Account(uid, pwd.getpwuid(uid).pw_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise Problem(
            "Postgres does not run as root, and this system has no user `nobody`. "
            "Start Cairn as an ordinary user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(wanted: int | None = None) -> int:
    """Give `wanted` if nobody listens there, else a port that the system picks."""
    if wanted and port_is_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """A server that runs as our child, and the two files that describe it to the next start.

    `NAME.lock` is locked by the server's processes themselves: they inherit the open file, so it
    is free only when the last of them is gone, even after we were killed. That keeps two servers
    off one folder. `NAME.json` tells the next start which process to stop.
    """

    def __init__(self, name: str, *, folder: Path, account: Account, stop: signal.Signals) -> None:
        """Describe a server, and start nothing.

        Args:
            name: for files and sentences, such as `Postgres`.
            folder: where its lock, record and log live.
            account: whom it runs as.
            stop: the signal that ends it in good order.
        """
        self.name = name
        self.account = account
        self.stop_signal = stop
        stem = name.lower()
        self.log = folder / f"{stem}.log"
        self._lock = folder / f"{stem}.lock"
        self._record = folder / f"{stem}.json"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def wait(self, seconds: float) -> int | None:
        """Wait for the server's end; its exit code, negative for a signal, None if it still runs."""
        if self._process is None:
            return 0
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def start(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        stdin: bytes = b"",
    ) -> None:
        """Start the server, after whatever an earlier run has left of it is gone.

        Args:
            command: the binary's absolute path and its arguments.
            cwd: the folder it works in.
            environment: all the variables it sees.
            stdin: a configuration it reads, kept off the command line because `ps` shows that.

        Raises:
            Problem: an earlier run's server does not end.
        """
        lock = self._take_lock()
        try:
            with self._open_log() as log:
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, "-I", "-S", LAUNCH),
                        *(str(os.getpid()), str(int(self.stop_signal))),
                        *(str(self.account.uid), str(self.account.gid)),
                        *command,
                    ],
                    cwd=cwd,
                    env=dict(environment),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[lock],
                    start_new_session=True,  # Ctrl-C is for us; we stop the servers, in order
                )
        finally:
            os.close(lock)
        self._remember(self._process.pid)
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(stdin)

    def stop(self, *, patience_seconds: float = 15.0) -> None:
        """Stop the server in good order; by force when it does not end within the patience."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            if self.wait(patience_seconds) is None:
                self._process.kill()
        self._process.wait()
        self._process = None
        self._record.unlink(missing_ok=True)

    def log_tail(self) -> str:
        """What the server has written since its last start, at most the last 4,000 bytes."""
        with self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - 4000))
            return log.read().decode(errors="replace")

    def _open_log(self) -> BinaryIO:
        grown = self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES
        log = self.log.open("wb" if grown else "ab")
        self.log.chmod(0o600)
        self._log_start = log.seek(0, os.SEEK_END)
        return log

    def _take_lock(self) -> int:
        """Lock the server's lock file, stopping an orphan that holds it; give the open file."""
        lock = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        began = time.monotonic()
        asked = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except BlockingIOError:
                waited = time.monotonic() - began
            if waited > PATIENCE_SECONDS:
                os.close(lock)
                raise Problem(
                    f"A {self.name} of an earlier run still works in {self._lock.parent} and does "
                    "not end. Stop it (`ps -ef` shows it), then start again."
                )
            self._stop_orphan(asked=asked, by_force=waited > PATIENCE_SECONDS / 2)
            asked = True
            time.sleep(0.02)

    def _stop_orphan(self, *, asked: bool, by_force: bool) -> None:
        orphan = self._orphan()
        if orphan is None:
            return  # its children are still ending, or we never knew it
        with contextlib.suppress(psutil.NoSuchProcess):
            if by_force:
                orphan.kill()
            elif not asked:
                orphan.send_signal(self.stop_signal)

    def _remember(self, pid: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            record = {"pid": pid, "born": psutil.Process(pid).create_time()}
            self._record.write_bytes(orjson.dumps(record))

    def _orphan(self) -> psutil.Process | None:
        """The server an earlier run left behind, if it is still that one and not a namesake."""
        try:
            record = orjson.loads(self._record.read_bytes())
            process = psutil.Process(record["pid"])
            if abs(process.create_time() - record["born"]) < BIRTH_TOLERANCE_SECONDS:
                return process
        except (OSError, ValueError, KeyError, psutil.Error):
            # No record, or half of one after a kill, or that process is gone: nothing to stop.
            return None
        return None
