"""An embedded Valkey (or the machine's own Redis) under our own supervision."""

from __future__ import annotations

import contextlib
import signal
import socket
import time

from graphql_api.local import binaries
from graphql_api.local.folder import Folder, why_not_written
from graphql_api.local.process import Account, Child, Problem, free_port

START_PATIENCE_SECONDS = 30.0


class Valkey:
    """A server whose data lies in `FOLDER/valkey`, on 127.0.0.1 alone, with a password."""

    def __init__(self, folder: Folder, account: Account) -> None:
        """Describe the server, and start nothing."""
        self._folder = folder
        self._account = account
        self._home = folder.path / "valkey"
        self.child = Child("Valkey", folder=folder.path, account=account, stop=signal.SIGTERM)
        self.port = 0

    @property
    def url(self) -> str:
        """The URL to reach it with, password included."""
        return f"redis://:{self._folder.secret('redis')}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            Problem: it does not start; the sentence says why and what to do.
        """
        binary = binaries.valkey(self._account)
        try:
            self._home.mkdir(mode=0o700, exist_ok=True)
            self._account.own(self._home)
        except OSError as error:
            raise Problem(why_not_written(self._home, error)) from error
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        while True:
            self.port = free_port(self._folder.remembered("valkey_port"))
            self.child.start(
                [binary, "-"],
                cwd=self._home,
                environment={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
                stdin=self._configuration(),
            )
            if self._wait_until_ready(deadline):
                self._folder.remember("valkey_port", self.port)
                return
            log = self.child.log_tail()
            self.child.stop()
            if "Address already in use" not in log or time.monotonic() > deadline:
                raise Problem(self._explain(log))

    def stop(self) -> None:
        """Stop the server in good order."""
        self.child.stop()

    def _configuration(self) -> bytes:
        lines = (
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self._folder.secret('redis')}",
            "dir .",
            "appendonly yes",
            'save ""',
            'logfile ""',
        )
        return "\n".join(lines).encode()

    def _wait_until_ready(self, deadline: float) -> bool:
        while time.monotonic() < deadline:
            if self.child.wait(0.01) is not None:
                return False
            if self._answers():
                return True
        return False

    def _answers(self) -> bool:
        """Whether it knows our password and has loaded its data."""
        question = f"AUTH {self._folder.secret('redis')}\r\nPING\r\n".encode()
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as connection,
        ):
            connection.sendall(question)
            answer = b""
            while answer.count(b"\r\n") < 2 and (part := connection.recv(1024)):
                answer += part
            return answer == b"+OK\r\n+PONG\r\n"
        return False

    def _explain(self, log: str) -> str:
        if "No space left on device" in log:
            return f"The disk that holds {self._home} is full. Free some space, then start again."
        lines = [line for line in log.splitlines() if line.strip()]
        reason = f" ({lines[-1].split('#')[-1].strip()})" if lines else ""
        return f"Valkey did not start{reason}. Its log is {self.child.log}."
