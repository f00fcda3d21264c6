"""What a part rests on: the last ten citations of her own words: TR-012 to TR-015, N-20."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.chat import Start, say
from tests.database.parts.part import CITE, Find, read
from tests.fixtures.people import AsUser, NewUser


async def cite(
    as_user: AsUser,
    viewer: Viewer,
    part: UUID,
    quote: str | None,
    message: UUID | None = None,
    weight: float | None = 1.0,
) -> asyncpg.Record:
    async with as_user(viewer, "cairn_server") as connection:
        return await connection.fetchrow(CITE, part, quote, message, weight)


def quotes(part: asyncpg.Record) -> list[str]:
    return [json.loads(cited)["quote"] for cited in part["recent_evidence"]]


async def test_a_citation_says_what_where_and_when(
    find: Find, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    """TR-014."""
    part, conversation = await find(), await start()
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, conversation, "If I stop, it falls apart."))["id"]

    cited = await cite(as_user, ana, part["id"], "it falls apart", message)

    (evidence,) = (json.loads(one) for one in cited["recent_evidence"])
    assert (evidence["quote"], evidence["message_id"]) == ("it falls apart", str(message))
    assert datetime.fromisoformat(evidence["at"]) >= cited["updated_at"]
    assert evidence.keys() == {"quote", "message_id", "at"}


async def test_the_oldest_citation_goes_when_the_eleventh_comes(
    find: Find, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-015."""
    part = await find()

    for number in range(1, 13):
        cited = await cite(as_user, ana, part["id"], f"Quote {number}")
        assert quotes(cited) == [f"Quote {n}" for n in range(max(1, number - 9), number + 1)]


@pytest.mark.parametrize(("weight", "gained"), [(1.0, 0.2), (0.5, 0.1), (0.001, 0.0002)])
async def test_each_citation_closes_a_fifth_of_what_is_missing(
    weight: float, gained: float, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    """TR-013."""
    part, expected = await find(), 0.0

    for number in range(3):
        cited = await cite(as_user, ana, part["id"], f"Quote {number}", weight=weight)
        expected += (1 - expected) * gained
        assert cited["confidence_score"] == pytest.approx(expected)


async def test_confidence_never_passes_1(find: Find, ana: Viewer, as_user: AsUser) -> None:
    """TR-012."""
    part, before = await find(), 0.0

    async with as_user(ana, "cairn_server") as connection:
        for number in range(200):
            cited = await connection.fetchrow(CITE, part["id"], f"Quote {number}", None, 1.0)
            assert before <= cited["confidence_score"] <= 1
            before = cited["confidence_score"]
    assert before > 0.999


async def test_fifty_citations_at_once_are_all_counted_and_ten_are_kept(
    find: Find, ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    part = await find()
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def send(number: int) -> list[str]:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select set_config('role', 'cairn_server', true), "
                "set_config('request.jwt.claims', $1, true)",
                ana.claims,
            )
            return quotes(await connection.fetchrow(CITE, part["id"], f"Quote {number}", None, 1.0))

    answers = await asyncio.gather(*(send(number) for number in range(50)))
    await pool.close()

    found = await read(owner, part["id"])
    kept = [json.loads(cited) for cited in found["recent_evidence"]]
    last = max(answers, key=lambda answer: answer == quotes(found))
    assert {answer[-1] for answer in answers} == {f"Quote {number}" for number in range(50)}
    assert (len(kept), last) == (10, quotes(found))
    assert found["confidence_score"] == pytest.approx(1 - 0.8**50)


async def test_evidence_is_no_change_of_hers(find: Find, ana: Viewer, as_user: AsUser) -> None:
    part = await find()

    cited = await cite(as_user, ana, part["id"], "I count.")

    assert cited["version"] == part["version"]
    assert cited["updated_at"] > part["updated_at"]


async def test_the_same_words_of_the_same_message_count_once(
    find: Find, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    part, conversation = await find(), await start()
    async with as_user(ana, "cairn_server") as connection:
        first = (await say(connection, conversation, "I count."))["id"]
        second = (await say(connection, conversation, "I count."))["id"]

    for message in (first, first, second, first):
        cited = await cite(as_user, ana, part["id"], "I count.", message)

    assert [json.loads(one)["message_id"] for one in cited["recent_evidence"]] == [
        str(first),
        str(second),
    ]
    assert cited["confidence_score"] == pytest.approx(0.36)


@pytest.mark.parametrize("quote", [None, "", " \n", "x" * 501])
async def test_a_quote_has_1_to_500_characters(
    quote: str | None, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    part = await find()

    with pytest.raises(asyncpg.PostgresError, match="1 to 500 characters") as refused:
        await cite(as_user, ana, part["id"], quote)
    longest = await cite(as_user, ana, part["id"], "ß" * 500)

    assert refused.value.sqlstate == "CA400"
    assert quotes(longest) == ["ß" * 500]


async def test_ten_of_the_longest_quotes_find_room(
    find: Find, ana: Viewer, as_user: AsUser
) -> None:
    part = await find()

    for number in range(10):
        cited = await cite(as_user, ana, part["id"], str(number) + "\U0001f331" * 499)

    assert len(quotes(cited)) == 10


@pytest.mark.parametrize("weight", [None, 0.0, -1.0, 1.01, float("nan"), float("inf")])
async def test_a_weight_is_above_0_and_at_most_1(
    weight: float | None, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    part = await find()

    with pytest.raises(asyncpg.PostgresError, match="weight of evidence") as refused:
        await cite(as_user, ana, part["id"], "I count.", weight=weight)

    assert refused.value.sqlstate == "CA400"


async def test_what_others_say_of_her_is_no_evidence(
    find: Find, start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    part, conversation, ben = await find(), await start(), await new_user("Ben")
    async with as_user(ana, "cairn_server") as connection:
        reply = (await say(connection, conversation, "You count.", role="assistant"))["id"]
    async with as_user(ben, "cairn_server") as connection:
        elsewhere = await connection.fetchval(
            "insert into public.conversations (title) values ('x') returning id"
        )
        of_ben = (await say(connection, elsewhere, "She counts."))["id"]

    for message in (reply, of_ben, uuid4()):
        with pytest.raises(asyncpg.PostgresError, match="no such message of hers") as refused:
            await cite(as_user, ana, part["id"], "You count.", message)
        assert refused.value.sqlstate == "CA404"


async def test_another_persons_part_is_as_missing_as_none(
    find: Find, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    part, ben = await find(), await new_user("Ben")
    assert await read(owner, part["id"]) == part

    for target in (part["id"], uuid4()):
        with pytest.raises(asyncpg.PostgresError, match="no such part") as refused:
            await cite(as_user, ben, target, "I count.")
        assert refused.value.sqlstate == "CA404"
    assert await read(owner, part["id"]) == part


async def test_only_the_server_cites(find: Find, ana: Viewer, as_user: AsUser) -> None:
    part = await find()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.fetch(CITE, part["id"], "I count.", None, 1.0)


GOOD = {"quote": "I count.", "message_id": None, "at": "2027-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    "evidence",
    [
        None,
        [GOOD],
        "I count.",
        {},
        GOOD | {"quote": " "},
        GOOD | {"quote": 7},
        GOOD | {"quote": ["I count."]},
        GOOD | {"message_id": "7"},
        GOOD | {"message_id": 7},
        GOOD | {"at": "yesterday"},
        GOOD | {"at": None},
        {key: value for key, value in GOOD.items() if key != "message_id"},
        {key: value for key, value in GOOD.items() if key != "at"},
    ],
)
async def test_evidence_of_another_form_is_refused(
    evidence: object, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    part = await find()
    write = "update public.parts set recent_evidence = array[$1::jsonb, $2::jsonb] where id = $3"

    async def put(other: str | None) -> str:
        async with as_user(ana, "cairn_server") as connection:
            answer: str = await connection.execute(write, json.dumps(GOOD), other, part["id"])
        return answer

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await put(None if evidence is None else json.dumps(evidence))

    assert refused.value.constraint_name == "parts_recent_evidence_says_quote_message_and_moment"
    assert await put(json.dumps(GOOD | {"message_id": str(uuid4())})) == "UPDATE 1"


@pytest.mark.parametrize(
    "written",
    ["array_fill($1::jsonb, array[11])", "array[$1::jsonb || jsonb_build_object('x', repeat('x', 32768))]"],
)  # fmt: skip
async def test_more_than_ten_citations_are_refused(
    written: str, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    part = await find()

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                f"update public.parts set recent_evidence = {written} where id = $2",
                json.dumps(GOOD),
                part["id"],
            )

    assert refused.value.constraint_name == "parts_recent_evidence_is_at_most_10"


@pytest.mark.parametrize("by", ["her", "dashboard"])
async def test_words_that_she_takes_back_are_cited_no_longer(
    by: str, find: Find, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    part, other = await find(), await find()
    gone, kept = await start(), await start()
    async with as_user(ana, "cairn_server") as connection:
        messages = [(await say(connection, where, "I count."))["id"] for where in (gone, kept)]
        for message in (*messages, None):
            await connection.fetchrow(CITE, part["id"], "I count.", message, 1.0)
        await connection.fetchrow(CITE, other["id"], "I count.", messages[1], 1.0)
    before = await read(owner, other["id"])

    delete = "delete from public.conversations where id = $1"
    if by == "her":
        async with as_user(ana) as connection:
            await connection.execute(delete, gone)
    else:
        await owner.execute(delete, gone)

    found = await read(owner, part["id"])
    assert [json.loads(one)["message_id"] for one in found["recent_evidence"]] == [
        str(messages[1]),
        None,
    ]
    assert found["confidence_score"] == pytest.approx(1 - 0.8**3)
    assert await read(owner, other["id"]) == before


async def test_an_erased_account_leaves_no_part_though_it_cites_what_is_erased(
    find: Find, start: Start, ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    part, conversation = await find(), await start()
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, conversation, "I count."))["id"]
        await connection.fetchrow(CITE, part["id"], "I count.", message, 1.0)

    await superuser.execute("set role supabase_auth_admin")
    await superuser.execute("delete from auth.users where id = $1", ana.user_id)
    await superuser.execute("reset role")

    assert await read(superuser, part["id"]) is None
