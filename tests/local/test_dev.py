"""`cairn dev` as a person uses it: another process, its printed lines, its port, its end."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import httpx2
import psutil
import pytest

from graphql_api.local.folder import Folder
from graphql_api.local.live import FIRST_MUTATION, FIRST_QUERY

COMMAND = [sys.executable, "-m", "graphql_api"]
REAL_PROJECT = {
    "SUPABASE_URL": "https://project.example",
    "SUPABASE_DATABASE_URL": "postgresql://nowhere.example",
}
QUERY = {"query": "{ conversations { nodes { id title } } }"}


class Dev:
    """A running `cairn dev`; `greeting` is what it has printed until it answered."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [*COMMAND, "dev", "--port", "0", "--data-dir", str(data_dir)],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.greeting = ""
        while "curl -s" not in self.greeting:
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line, f"cairn dev ended: {self.greeting}"
            self.greeting += line

    @property
    def url(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+(?=/graphql)", self.greeting)
        assert found is not None
        return found.group()

    @property
    def tokens(self) -> dict[str, str]:
        found = re.findall(r"(Ana|Ben)'s token.*\n(\S+)", self.greeting)
        return {name: token.strip() for name, token in found}

    @property
    def curl(self) -> list[str]:
        return shlex.split(self.greeting[self.greeting.index("curl -s") :])

    def ask(self, name: str, query: dict[str, str] = QUERY) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.tokens[name]}"}
        return httpx2.post(f"{self.url}/graphql", json=query, headers=headers)

    def servers(self) -> list[psutil.Process]:
        children: list[psutil.Process] = psutil.Process(self.process.pid).children()
        return children

    def end(self, number: signal.Signals = signal.SIGINT) -> str:
        """Send a signal; give what was printed from then on."""
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=30)
        return str(output)


Start = Callable[..., Dev]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    begun: list[Dev] = []

    def start_dev(**environment: str) -> Dev:
        begun.append(Dev(tmp_path / "stack", **environment))
        return begun[-1]

    yield start_dev
    for dev in begun:
        if dev.process.poll() is None:
            dev.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """One that several tests look at, and none of them ends."""
    dev = Dev(tmp_path_factory.mktemp("dev") / "stack", **REAL_PROJECT)
    yield dev
    dev.end()


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; a zombie, whom the system has not yet buried, does not."""
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def cairn(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
    )


def test_each_printed_token_opens_its_own_persons_rows(running: Dev) -> None:
    titles = {
        name: {node["title"] for node in running.ask(name).json()["data"]["conversations"]["nodes"]}
        for name in ("Ana", "Ben")
    }

    assert titles["Ana"]
    assert titles["Ben"]
    assert not titles["Ana"] & titles["Ben"]


def test_the_printed_curl_works_as_printed(running: Dev) -> None:
    url = running.curl[2]
    headers = dict(
        running.curl[at + 1].split(": ", 1) for at, part in enumerate(running.curl) if part == "-H"
    )
    body = running.curl[running.curl.index("-d") + 1]

    answer = httpx2.post(url, headers=headers, content=body)

    assert answer.json()["data"]["conversations"]["nodes"]


def test_graphiql_opens_signed_in_as_ana(running: Dev) -> None:
    page = httpx2.get(f"{running.url}/graphql", headers={"accept": "text/html"})

    assert page.status_code == 200
    assert running.tokens["Ana"] in page.text
    assert "startConversation" in page.text


def test_the_chat_page_signs_each_person_in(running: Dev) -> None:
    page = httpx2.get(running.url)
    names = {}
    for name in ("ana", "ben"):
        given = httpx2.post(f"{running.url}/development/token?who={name}").json()
        answer = httpx2.post(
            f"{running.url}/graphql",
            json={"query": "{ viewer { displayName } }"},
            headers={"authorization": f"Bearer {given['token']}"},
        )
        names[name] = answer.json()["data"]["viewer"]["displayName"]

    assert page.status_code == 200
    assert "Its companion is a program with prepared sentences" in page.text
    assert names == {"ana": "Ana", "ben": "Ben"}


@pytest.mark.parametrize("document", [FIRST_QUERY, FIRST_MUTATION])
def test_what_graphiql_opens_with_runs(running: Dev, document: str) -> None:
    answer = running.ask("Ana", {"query": document}).json()

    assert "errors" not in answer
    assert all(answer["data"].values())


def test_what_is_said_is_answered_by_a_script_that_says_what_it_is(running: Dev) -> None:
    start = "mutation { startConversation(input: {}) { id } }"
    conversation = running.ask("Ana", {"query": start}).json()["data"]["startConversation"]["id"]
    said = f'conversationId: "{conversation}", content: "I am tired."'
    send = f"mutation {{ sendMessage(input: {{{said}}}) {{ reply {{ id }} }} }}"
    reply = running.ask("Ana", {"query": send}).json()["data"]["sendMessage"]["reply"]["id"]
    look = {"query": f'{{ message(id: "{reply}") {{ state content modelUsed }} }}'}

    until = time.monotonic() + 20
    while running.ask("Ana", look).json()["data"]["message"]["state"] != "COMPLETE":
        assert time.monotonic() < until
        time.sleep(0.05)

    told = running.ask("Ana", look).json()["data"]["message"]
    assert told["modelUsed"] == "scripted"
    assert "no language model" in told["content"]
    assert "no language model" in running.greeting


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_and_says_so(start: Start, number: signal.Signals) -> None:
    dev = start()
    servers = dev.servers()

    output = dev.end(number)

    assert dev.process.returncode == 0
    assert "Stopped: the API, Valkey and Postgres." in output
    assert "Traceback" not in output
    assert not alive(servers)


def test_rows_are_there_after_stop_and_start(start: Start) -> None:
    dev = start()
    mutation = 'mutation { startConversation(input: { title: "Kept" }) { id } }'
    kept = dev.ask("Ana", {"query": mutation}).json()["data"]["startConversation"]["id"]
    dev.end()

    nodes = start().ask("Ana").json()["data"]["conversations"]["nodes"]

    assert kept in {node["id"] for node in nodes}


def test_rows_are_there_after_a_kill_of_everything(start: Start) -> None:
    dev = start()
    mutation = 'mutation { startConversation(input: { title: "Kept" }) { id } }'
    kept = dev.ask("Ana", {"query": mutation}).json()["data"]["startConversation"]["id"]
    for process in [*dev.servers(), dev.process]:
        process.kill()
    dev.process.communicate(timeout=30)

    nodes = start().ask("Ana").json()["data"]["conversations"]["nodes"]

    assert kept in {node["id"] for node in nodes}


def test_a_server_that_is_killed_meanwhile_is_started_again(start: Start) -> None:
    dev = start()
    dev.ask("Ana")
    postgres = next(one for one in dev.servers() if one.name().startswith("postgres"))

    postgres.kill()

    assert dev.process.stdout is not None
    line = dev.process.stdout.readline()
    while "was started again" not in line:
        line = dev.process.stdout.readline()
        assert line
    assert line.startswith("Postgres had ended")
    assert dev.ask("Ana").json()["data"]["conversations"]["nodes"]


def test_a_server_that_cannot_be_started_again_ends_it_with_a_sentence(start: Start) -> None:
    dev = start()
    postgres = next(one for one in dev.servers() if one.name().startswith("postgres"))
    (dev.data_dir / "postgres" / "data" / "PG_VERSION").write_text("17\n")

    postgres.kill()
    output, _ = dev.process.communicate(timeout=30)

    assert dev.process.returncode == 1
    assert "was made by Postgres 17" in output
    assert "Traceback" not in output


def test_lost_secrets_are_said_in_a_sentence(start: Start) -> None:
    dev = start()
    dev.end()
    (dev.data_dir / "secrets.json").unlink()

    ran = cairn("dev", "--port", "0", "--data-dir", str(dev.data_dir))

    assert ran.returncode == 1
    assert "another password" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_second_one_in_the_same_folder_is_told_in_a_sentence(running: Dev) -> None:
    second = cairn("dev", "--port", "0", "--data-dir", str(running.data_dir))

    assert second.returncode == 1
    assert f"process {running.process.pid}, at {running.url}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_is_said_in_a_sentence_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ran = cairn("dev", "--port", str(port), "--data-dir", str(tmp_path / "stack"))

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"Port {port} on 127.0.0.1 is taken")
    assert f"(process {os.getpid()})" in ran.stderr
    assert "--port" in ran.stderr
    assert not (tmp_path / "stack").exists()


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    ran = cairn("dev", "--port", "0", "--data-dir", str(file / "below"))

    assert ran.returncode == 1
    assert "--data-dir" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_real_project_in_the_environment_is_not_touched(running: Dev) -> None:
    assert "SUPABASE_URL and SUPABASE_DATABASE_URL" in running.greeting
    assert running.ask("Ana").status_code == 200


def test_other_commands_find_the_running_stack(running: Dev) -> None:
    folder = ("--data-dir", str(running.data_dir))

    url = cairn("db-url", *folder)
    migrated = cairn("migrate", *folder)
    seeded = cairn("seed", *folder)

    assert url.stdout.startswith("postgresql://postgres:")
    assert "Nothing to apply" in migrated.stderr
    assert migrated.stdout.startswith("postgresql://cairn_api:")
    assert "already" in seeded.stderr


async def test_the_login_of_the_api_is_no_more_than_that(running: Dev) -> None:
    url = cairn("db-url", "--role", "api", "--data-dir", str(running.data_dir)).stdout.strip()

    connection = await asyncpg.connect(url)
    row = await connection.fetchrow(
        "select rolsuper, rolbypassrls, rolinherit from pg_roles where rolname = current_user"
    )
    await connection.close()

    assert tuple(row) == (False, False, False)


def test_commands_that_need_the_stack_say_so_when_it_does_not_run(tmp_path: Path) -> None:
    with Folder(tmp_path / "stack") as folder:
        folder.secret("jwt")

    ran = cairn("db-url", "--data-dir", str(tmp_path / "stack"))

    assert ran.returncode == 1
    assert "`cairn dev` does not run" in ran.stderr


def test_a_stop_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "dev", "--port", "0", "--data-dir", str(tmp_path / "stack")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not (servers := psutil.Process(process.pid).children(recursive=True)):
        assert time.monotonic() < deadline
        time.sleep(0.02)

    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)

    assert "Traceback" not in output
    assert process.returncode == 0
    assert not alive(servers)
