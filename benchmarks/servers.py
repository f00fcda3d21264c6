"""The two servers, each one process on a port of this machine, and how to ask them."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.database import HERE, Ground, Person
from benchmarks.load import Job, Seen
from graphql_api.local.process import Account, Child, Problem, free_port

START_SECONDS = 60.0
POOL_SIZE = 10
NODE_FOLDER = HERE / "node_modules"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    pid: int
    port: int

    def ask(self, person: Person, body: bytes) -> bytes:
        """Ask one question, and give the answer's body.

        Raises:
            Problem: it was refused.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/graphql", body, headers(person))
            answer = connection.getresponse()
            told = answer.read()
        finally:
            connection.close()
        if answer.status != 200 or b'"errors":' in told:
            raise Problem(f"{self.name} answered {answer.status}: {told[:2000].decode()}")
        return told

    def load(
        self, questions: Sequence[tuple[Person, bytes]], *, connections: int, seconds: float
    ) -> Seen:
        """Ask for a while, from another process.

        Raises:
            Problem: a question was refused.
        """
        job: Job = {
            "port": self.port,
            "requests": [self.request(person, body) for person, body in questions],
            "connections": connections,
            "seconds": seconds,
        }
        ran = subprocess.run(
            [sys.executable, "-I", "-S", HERE / "load.py"],
            input=json.dumps(job),
            capture_output=True,
            check=False,
            text=True,
        )
        if ran.returncode != 0:
            raise Problem(f"{self.name} failed under load: {ran.stderr.strip()}")
        seen: Seen = json.loads(ran.stdout)
        return seen

    def request(self, person: Person, body: bytes) -> str:
        """Give a whole HTTP request."""
        given = {"Host": f"127.0.0.1:{self.port}", **headers(person)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        head = f"POST /graphql HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        return head + body.decode()


def headers(person: Person) -> dict[str, str]:
    """Give what a client sends."""
    return {
        "Authorization": f"Bearer {person.token}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }


@contextmanager
def cairn(ground: Ground, *, profile: Path | None = None) -> Iterator[Server]:
    """Run Cairn as production does: `cairn serve`.

    Args:
        ground: its database.
        profile: where cProfile writes what it saw, when it is to look.
    """
    urls = ground.stack.urls()
    watched = ["-m", "cProfile", "-o", str(profile)] if profile is not None else []
    port = free_port()
    command = [sys.executable, *watched, "-m", "graphql_api", "serve", "--port", str(port)]
    environment = {
        "SUPABASE_DATABASE_URL": urls.api,
        "SUPABASE_JWT_SECRET": ground.jwt_secret,
        "REDIS_URL": urls.redis,
        "CAIRN_CORS_ORIGINS": "https://app.example",
        # No worker runs here that would ask it.
        "CHAT_MODEL": "none",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "CAIRN_POOL_SIZE": str(POOL_SIZE),
    }
    with _running(ground, "Cairn", command, environment, port) as server:
        yield server


@contextmanager
def postgraphile(ground: Ground, *, subscriptions: bool = False) -> Iterator[Server]:
    """Run PostGraphile; see postgraphile.mjs.

    Args:
        ground: its database.
        subscriptions: whether it has WebSockets and something to subscribe to.
    """
    port = free_port()
    command = [str(NODE_FOLDER / ".bin" / "node"), str(HERE / "postgraphile.mjs")]
    environment = {
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "DATABASE_URL": ground.peer_url,
        "JWT_SECRET": ground.jwt_secret,
        "POOL_SIZE": str(POOL_SIZE),
        "PORT": str(port),
    }
    if subscriptions:
        # It listens on a connection of the pool; Cairn's watch has one beside its pool.
        environment |= {"SUBSCRIPTIONS": "1", "POOL_SIZE": str(POOL_SIZE + 1)}
    with _running(ground, "PostGraphile", command, environment, port) as server:
        yield server


def install_postgraphile() -> None:
    """Install what package-lock.json says, unless it is there.

    Raises:
        Problem: npm is missing, or fails.
    """
    wanted = (HERE / "package-lock.json").read_bytes()
    marker = NODE_FOLDER / "installed"
    if marker.exists() and marker.read_bytes() == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Problem("The benchmark needs Node's package manager: npm is not on the PATH.")
    ran = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=HERE,
        capture_output=True,
        check=False,
        text=True,
    )
    if ran.returncode != 0:
        raise Problem(f"npm ci failed in {HERE}: {ran.stderr.strip()[-2000:]}")
    marker.write_bytes(wanted)


@contextmanager
def _running(
    ground: Ground,
    name: str,
    command: Sequence[str],
    environment: dict[str, str],
    port: int,
) -> Iterator[Server]:
    child = Child(name, folder=ground.stack.folder.path, account=Account(), stop=signal.SIGTERM)
    child.start(command, cwd=HERE.parent, environment={**environment, "PATH": os.environ["PATH"]})
    try:
        _wait_until_it_listens(child, port)
        assert child.pid is not None
        yield Server(name, child.pid, port)
    finally:
        child.stop()


def _wait_until_it_listens(child: Child, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.wait(0.05) is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise Problem(f"{child.name} did not start. {child.log_tail()}")
