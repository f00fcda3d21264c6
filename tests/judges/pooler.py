"""PgBouncer in transaction mode: two server connections, many people, and nobody sees another's.

A stand-in for Supabase's own pooler, which nobody can run here.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2

from graphql_api import migrations
from graphql_api.errors import Unavailable
from graphql_api.local.people import PEOPLE
from graphql_api.local.process import Account, Child, free_port, unprivileged
from graphql_api.local.stack import Urls
from graphql_api.session import Database
from graphql_api.settings import Settings
from tests.fixtures.graphql import settings_for
from tests.fixtures.people import viewer_of
from tests.judges.ground import Ground, serve
from tests.judges.judge import Judge, Objection

DATABASE = "pooled"
SERVER_CONNECTIONS = 2
REQUESTS = 500
AT_ONCE = 25
LEAVING = 50
PROCESSES = 20
START_SECONDS = 10.0
# Debian keeps it where an ordinary user's PATH does not lead.
PLACES = "/usr/sbin:/usr/local/sbin"

CONFIGURATION = """\
[databases]
{database} = host=127.0.0.1 port={server_port} dbname={database}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users.txt
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
"""

START = "mutation { startConversation(input: {}) { id } }"
SEND = """
mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { content turn conversation { id } } }
}
"""
READ = """
query ($id: UUID!) {
  viewer { id } conversation(id: $id) { id } conversations(first: 5) { nodes { id } }
}
"""
# All that a transaction sets; outside of one it must be as it was.
STATE = """
select current_user::text, coalesce(current_setting('request.jwt.claims', true), '') <> '',
       current_setting('statement_timeout'), current_setting('lock_timeout'),
       current_setting('idle_in_transaction_session_timeout'), current_setting('search_path')
"""
UNTOUCHED = ("cairn_api", False, "0", "0", "0", '"$user", public')
WITHIN = ("authenticated", True, "5s", "4s", "10s", "")


@dataclass(frozen=True)
class Person:
    """Somebody who calls the API behind the pooler, and a conversation of hers."""

    name: str
    client: httpx2.AsyncClient
    conversation: str

    async def ask(self, query: str, **variables: object) -> Any:
        answer = await self.client.post("/graphql", json={"query": query, "variables": variables})
        return answer.json()


async def pgbouncer(ground: Ground) -> str:
    """Requests of two people, mixed over two connections, are each answered with her own."""
    binary = shutil.which("pgbouncer") or shutil.which("pgbouncer", path=PLACES)
    if binary is None:
        raise Objection(
            "`pgbouncer` is not installed. On Debian and Ubuntu: apt install pgbouncer."
        )
    urls = await ground.new_database(DATABASE)
    await migrations.migrate(urls.owner)
    await migrations.seed_all(urls.owner)
    room = ground.room("pgbouncer")
    with contextlib.ExitStack() as undo:
        pooler = Child("PgBouncer", folder=room, account=unprivileged(room), stop=signal.SIGTERM)
        undo.callback(pooler.stop)
        pooled = replace(urls, api=await _start(pooler, binary, room, urls))
        await _session_mode_is_refused(pooled)
        await _transactions_set_their_own(pooled)
        api = Child("Cairn", folder=room, account=Account(), stop=signal.SIGTERM)
        undo.callback(api.stop)
        address = await serve(
            *(api, ground.stack, pooled), CAIRN_POOLER="transaction", CAIRN_LOCK_TIMEOUT="0.5"
        )
        async with _people(ground, address) as people:
            most, _ = await asyncio.gather(_crowd(people, urls), _many_start(pooled))
            await _waiting_has_an_end(people[0], urls)
        await _nothing_stays_behind(pooled)
    return f"{REQUESTS} requests, {LEAVING} left, over {most} connections; each got her own"


async def _start(pooler: Child, binary: str, room: Path, urls: Urls) -> str:
    """Start PgBouncer before the server, and give the API's URL through it.

    It gets the password's verifier, as Postgres stores it, and never the password.
    """
    admin = await asyncpg.connect(urls.superuser)
    verifier = await admin.fetchval("select rolpassword from pg_authid where rolname = 'cairn_api'")
    await admin.close()
    port = free_port()
    server_port = urlsplit(urls.api).port
    configuration = CONFIGURATION.format(
        database=DATABASE, server_port=server_port, port=port, connections=SERVER_CONNECTIONS
    )
    for name, text in (("users.txt", f'"cairn_api" "{verifier}"\n'), ("ours.ini", configuration)):
        (room / name).touch(mode=0o600)
        (room / name).write_text(text)
        pooler.account.own(room / name)
    pooler.start([binary, "ours.ini"], cwd=room, environment={"PATH": "/usr/bin:/bin"})
    url = urls.api.replace(f":{server_port}/", f":{port}/")
    for _ in range(int(START_SECONDS / 0.1)):
        if pooler.wait(0.1) is not None:
            break
        with contextlib.suppress(OSError):
            await (await asyncpg.connect(url, statement_cache_size=0)).close()
            return url
    raise Objection(f"PgBouncer does not start:\n{pooler.log_tail()}")


def _settings(pooled: Urls) -> Settings:
    return settings_for(pooled).model_copy(update={"pooler": "transaction"})


async def _session_mode_is_refused(pooled: Urls) -> None:
    """A pooler that took what only sessions can keep would prove nothing."""
    try:
        database = await Database.connect(settings_for(pooled))
    except Unavailable as error:
        if "CAIRN_POOLER" not in error.message:
            raise Objection(f"What to do is not said, but: {error.message}") from error
        return
    await database.close()
    raise Objection("PgBouncer takes connections with settings of their own.")


async def _many_start(pooled: Urls) -> None:
    """Others get in between also what a process asks when it starts."""
    for _ in range(PROCESSES):
        try:
            database = await Database.connect(_settings(pooled))
        except Unavailable as error:
            raise Objection(f"Another process does not start: {error.__cause__}") from error
        await database.close()


async def _transactions_set_their_own(pooled: Urls) -> None:
    """Role, claims and time-outs are set in each transaction, and are gone with it."""
    viewer = viewer_of(PEOPLE["ana"])
    database = await Database.connect(_settings(pooled))
    try:
        for read_only, statement_timeout in ((True, "5s"), (False, "10s")):
            async with database.transaction(viewer, read_only=read_only) as transaction:
                within = tuple((await transaction.rows(STATE))[0])
            wanted = (*WITHIN[:2], statement_timeout, *WITHIN[3:])
            if within != wanted:
                raise Objection(f"A transaction has {within}, and {wanted} was expected.")
    finally:
        await database.close()
    await _nothing_stays_behind(pooled)


async def _nothing_stays_behind(pooled: Urls) -> None:
    """Look at both server connections at once: no role, claims, settings, prepared statements."""
    async with contextlib.AsyncExitStack() as stack:
        seen = set()
        for _ in range(SERVER_CONNECTIONS):
            connection = await asyncpg.connect(pooled.api, statement_cache_size=0)
            stack.push_async_callback(connection.close)
            await stack.enter_async_context(connection.transaction())
            state = tuple(await connection.fetchrow(STATE))
            prepared = await connection.fetchval("select count(*) from pg_prepared_statements")
            if state != UNTOUCHED or prepared:
                raise Objection(f"Left on a connection: {state}, {prepared} prepared statements.")
            seen.add(await connection.fetchval("select pg_backend_pid()"))
    if len(seen) != SERVER_CONNECTIONS:
        raise Objection(f"There are {len(seen)} server connections to look at.")


@asynccontextmanager
async def _people(ground: Ground, address: str) -> AsyncIterator[list[Person]]:
    async with contextlib.AsyncExitStack() as stack:
        people = []
        for name in PEOPLE:
            client = await stack.enter_async_context(
                httpx2.AsyncClient(
                    base_url=address,
                    headers={"authorization": f"Bearer {ground.token(name)}"},
                    timeout=30,
                )
            )
            started = (await client.post("/graphql", json={"query": START})).json()
            people.append(Person(name, client, started["data"]["startConversation"]["id"]))
        yield people


async def _crowd(people: list[Person], urls: Urls) -> int:
    """Ask and say things all at once, some leaving; give the most server connections seen."""
    dice = random.Random(11)
    places = asyncio.Semaphore(AT_ONCE)
    most = 0
    admin = await asyncpg.connect(urls.superuser)

    async def one(number: int) -> None:
        async with places:
            person = people[number % len(people)]
            await (_say(person, number) if number % 5 == 0 else _read(person))

    async def leave(person: Person) -> None:
        async with places:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(dice.random() / 20):
                    await person.ask(READ, id=person.conversation)

    async def watch() -> None:
        nonlocal most
        while True:
            found = await admin.fetchval(
                "select count(*) from pg_stat_activity"
                " where datname = $1 and usename = 'cairn_api'",
                DATABASE,
            )
            most = max(most, found)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    try:
        tasks = [one(number) for number in range(REQUESTS)]
        tasks += [leave(people[number % len(people)]) for number in range(LEAVING)]
        dice.shuffle(tasks)
        await asyncio.gather(*tasks)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await admin.close()
    # One that was cut in the middle may still be ending while its successor begins.
    if not 1 <= most <= SERVER_CONNECTIONS + 1:
        raise Objection(f"There were {most} server connections.")
    return most


async def _read(person: Person) -> None:
    answer = await person.ask(READ, id=person.conversation)
    data = answer.get("data") or {}
    good = (
        "errors" not in answer
        and data["viewer"] == {"id": str(PEOPLE[person.name])}
        and data["conversation"] == {"id": person.conversation}
        and {"id": person.conversation} in data["conversations"]["nodes"]
    )
    if not good:
        raise Objection(f"{person.name} asked for her own and got {answer}")


async def _say(person: Person, number: int) -> None:
    said = f"{person.name} {number}"
    given = {"conversationId": person.conversation, "content": said, "idempotencyKey": said}
    answer = await person.ask(SEND, input=given)
    message = (answer.get("data") or {}).get("sendMessage", {}).get("message", {})
    if (message.get("content"), message.get("conversation")) != (
        said,
        {"id": person.conversation},
    ):
        raise Objection(f"{person.name} said something and got {answer}")


async def _waiting_has_an_end(person: Person, urls: Urls) -> None:
    """The time-outs hold through the pooler: whoever waits for a lock is told soon."""
    owner = await asyncpg.connect(urls.owner)
    try:
        async with owner.transaction():
            await owner.execute(
                "select from public.conversations where id = $1::text::uuid for update",
                person.conversation,
            )
            given = {"conversationId": person.conversation, "content": "Too long."}
            answer = await person.ask(SEND, input=given)
    finally:
        await owner.close()
    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    if codes != ["TIMEOUT"]:
        raise Objection(f"Waiting for a lock ended with {answer}")


JUDGES = (Judge("pgbouncer", "PgBouncer: people mixed in transaction mode", pgbouncer),)
