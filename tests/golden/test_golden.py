"""Golden files: for each question its SQL and its answer, so that a change is read before it is made.

`NAME.graphql` is the question, `NAME.sql` what Postgres is told, `NAME.json` the answer on the fixed
data of `tests/reference/data.py`. `make golden` writes the last two anew.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import ANONYMOUS, Viewer
from graphql_api.domains.chat import sending
from graphql_api.execution import Executor, GraphQLRequest
from graphql_api.feeds import Event, EventStream
from graphql_api.live import Hints, Hub
from graphql_api.local.stack import Urls
from graphql_api.schema import catalog
from graphql_api.settings import Settings
from tests.fixtures.people import insert_auth_user, viewer_of
from tests.golden.layout import bare, lay_out
from tests.golden.recording import RecordingDatabase
from tests.reference.data import ANA, insert_data

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
WRITES = os.environ.get("CAIRN_GOLDEN") == "write"

# She is there to change things; a conversation for each question that does.
ELLA = UUID("e0000000-0000-4000-8000-00000000da7a")
HERS = {
    UUID("e0000000-0000-7000-8000-000000000001"): "active",
    UUID("e0000000-0000-7000-8000-000000000002"): "paused",
    UUID("e0000000-0000-7000-8000-000000000003"): "active",
    UUID("e0000000-0000-7000-8000-000000000004"): "archived",
    UUID("e0000000-0000-7000-8000-000000000005"): "active",
}
# She listens; nobody changes anything of hers.
FAYE = UUID("f0000000-0000-4000-8000-00000000da7a")
# Ids that the server makes are counted from here.
OUR_OWN = UUID("e0000000-0000-7000-8000-0000000f0000")
VIEWERS = {
    "faye": viewer_of(FAYE),
    "ana": viewer_of(ANA),
    "ella": viewer_of(ELLA),
    "nobody": ANONYMOUS,
}


# One statement is one transaction, whose events come in the order of its changes.
CHAT_OF_FAYE = f"""
insert into public.conversations (id, user_id, title)
values ('f0000000-0000-7000-8000-000000000001', '{FAYE}', 'Sleep'),
       ('f0000000-0000-7000-8000-000000000002', '{FAYE}', 'Work');
insert into public.messages (id, user_id, conversation_id, role, content)
values ('f0000000-0000-7000-8000-00000000000a', '{FAYE}', 'f0000000-0000-7000-8000-000000000001',
        'user', 'I lie awake.');
insert into public.messages (id, user_id, conversation_id, role, state, attempt, content, draft, in_reply_to)
values ('f0000000-0000-7000-8000-00000000000b', '{FAYE}', 'f0000000-0000-7000-8000-000000000001',
        'assistant', 'streaming', 2, '', 'That is hard. ', 'f0000000-0000-7000-8000-00000000000a');
update public.conversations set title = 'Nights' where id = 'f0000000-0000-7000-8000-000000000001';
delete from public.conversations where id = 'f0000000-0000-7000-8000-000000000002';
"""


@dataclass(frozen=True)
class Question:
    """What is asked, and by whom: the first lines of the file say so.

    # as ana
    # with {"first": 2}
    """

    viewer: Viewer
    text: str
    variables: dict[str, Any]


def question(name: str) -> Question:
    text = (FOLDER / f"{name}.graphql").read_text()
    who = re.search(r"^# as (\w+)$", text, re.MULTILINE)
    variables = re.search(r"^# with (.*)$", text, re.MULTILINE)
    assert who is not None, f"{name}.graphql does not say who asks"
    return Question(VIEWERS[who[1]], text, json.loads(variables[1]) if variables else {})


@pytest.fixture(scope="module")
async def database(settings: Settings, database_urls: Urls) -> AsyncIterator[RecordingDatabase]:
    owner = await asyncpg.connect(database_urls.owner)
    await insert_data(owner)
    await insert_auth_user(owner, ELLA, "Ella")
    for conversation, status in HERS.items():
        await owner.execute(
            "insert into public.conversations (id, user_id, title) values ($1, $2, 'Old')",
            conversation,
            ELLA,
        )
        await owner.execute(
            "update public.conversations set status = $2 where id = $1", conversation, status
        )
    await insert_auth_user(owner, FAYE, "Faye")
    await owner.execute(CHAT_OF_FAYE)
    await owner.close()
    database = await RecordingDatabase.connect(settings)
    assert isinstance(database, RecordingDatabase)
    yield database
    await database.close()


@pytest.mark.parametrize("name", NAMES)
async def test_a_question_becomes_the_sql_and_the_answer_of_its_files(
    database: RecordingDatabase, settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = question(name)
    database.told = []
    ids = count(OUR_OWN.int + zlib.crc32(name.encode()))
    monkeypatch.setattr(sending, "uuid_v7", lambda: UUID(int=next(ids)))
    executor = Executor(catalog(), database, settings, hub=Hub(database, Hints(None)))

    answer = await executor.start(
        lambda: asked.viewer, GraphQLRequest(asked.text, None, dict(asked.variables))
    )

    if isinstance(answer, EventStream):
        told = [json.loads(event.body) for event in await replay(answer)]
    else:
        told = json.loads(answer.body)
    body = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    sql = "".join(f"{one}\n" if one.startswith("--") else lay_out(one) for one in database.told)
    if WRITES:
        (FOLDER / f"{name}.json").write_text(body)
        (FOLDER / f"{name}.sql").write_text(sql)
    assert body == (FOLDER / f"{name}.json").read_text()
    assert sql == (FOLDER / f"{name}.sql").read_text()


async def replay(stream: EventStream) -> list[Event]:
    """Give the events until the stream has caught up."""
    events = [await anext(stream)]
    while b"CaughtUp" not in events[-1].body:
        events.append(await anext(stream))
    await stream.aclose()
    return events


def test_every_answer_has_its_question() -> None:
    answers = {path.stem for suffix in ("sql", "json") for path in FOLDER.glob(f"*.{suffix}")}

    assert answers == set(NAMES)


async def test_the_layout_changes_white_space_only(
    database: RecordingDatabase, settings: Settings
) -> None:
    executor = Executor(catalog(), database, settings)
    for name in ("nested", "filter", "node"):
        database.told = []
        asked = question(name)

        await executor.execute(
            asked.viewer, GraphQLRequest(asked.text, None, dict(asked.variables))
        )

        (statement,) = (one for one in database.told if not one.startswith("--"))
        laid_out = lay_out(statement)
        assert bare(laid_out) == bare(statement)
        assert max(map(len, laid_out.splitlines())) < 200
