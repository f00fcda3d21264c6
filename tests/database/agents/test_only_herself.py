"""What an agent or the pipeline, with her own token, does not decide for her (D14, D19, D24)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

PIPELINE, AGENT = "pipeline", "agent:chatgpt"
both = pytest.mark.parametrize("actor", [PIPELINE, AGENT])


async def act(
    as_user: AsUser, viewer: Viewer, actor: str | None, statement: str, *arguments: Any
) -> Any:
    """Run a statement as the server for her, in the name of an actor."""
    async with as_user(viewer, "cairn_server") as connection:
        claims = orjson.loads(viewer.claims) | ({"act": {"sub": actor}} if actor else {})
        await connection.execute(
            "select set_config('request.jwt.claims', $1, true)", orjson.dumps(claims).decode()
        )
        return await connection.fetchval(statement, *arguments)


THEME = "insert into public.user_themes (id, name) values ($1, 'Home') returning origin::text"
CONFIRM = "update public.user_themes set is_confirmed = true where id = $1 returning 1"


@pytest.mark.parametrize(
    ("actor", "origin"), [(None, "user"), (PIPELINE, "companion"), (AGENT, "agent")]
)
async def test_an_entry_says_who_wrote_it_and_only_hers_is_confirmed(
    actor: str | None, origin: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = uuid4()

    told = await act(as_user, ana, actor, THEME, entry)

    confirmed = await owner.fetchval(
        "select is_confirmed from public.user_themes where id = $1", entry
    )
    assert (told, confirmed) == (origin, actor is None)


@both
async def test_nobody_who_acts_for_her_confirms_what_was_inferred_and_she_does(
    actor: str, ana: Viewer, as_user: AsUser
) -> None:
    entry = uuid4()
    await act(as_user, ana, actor, THEME, entry)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await act(as_user, ana, actor, CONFIRM, entry)

    assert refused.value.sqlstate == "CA403"
    assert await act(as_user, ana, None, CONFIRM, entry) == 1


async def page(as_user: AsUser, viewer: Viewer, *, is_private: bool) -> UUID:
    entry = uuid4()
    await act(
        as_user,
        viewer,
        None,
        "insert into public.journal_entries (id, content, is_private) values ($1, 'x', $2)",
        entry,
        is_private,
    )
    return entry


@both
async def test_nobody_who_acts_for_her_shares_a_page_and_she_does(
    actor: str, ana: Viewer, as_user: AsUser
) -> None:
    entry = await page(as_user, ana, is_private=False)
    statement = "update public.journal_entries set shared_with_ai = true where id = $1 returning 1"

    with pytest.raises(asyncpg.PostgresError) as refused:
        await act(as_user, ana, actor, statement, entry)

    assert refused.value.sqlstate == "CA403"
    assert await act(as_user, ana, None, statement, entry) == 1


REMEMBER = """
insert into public.memories (id, content, memory_type, is_consented) values ($1, 'x', 'goal', $2) returning 1
"""
CONSENT = "update public.memories set is_consented = true where id = $1 returning 1"


async def test_consent_to_a_memory_is_hers_and_at_first_what_her_settings_give_the_pipeline(
    ana: Viewer, as_user: AsUser
) -> None:
    memory = uuid4()
    assert await act(as_user, ana, PIPELINE, REMEMBER, uuid4(), True) == 1
    assert await act(as_user, ana, AGENT, REMEMBER, memory, False) == 1

    for actor in (PIPELINE, AGENT):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await act(as_user, ana, actor, CONSENT, memory)
        assert refused.value.sqlstate == "CA403"
    with pytest.raises(asyncpg.PostgresError) as refused:
        await act(as_user, ana, AGENT, REMEMBER, uuid4(), True)
    assert refused.value.sqlstate == "CA403"
    assert await act(as_user, ana, None, CONSENT, memory) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.safety_plans (warning_signs) values ('{x}')",
        "update public.safety_plans set warning_signs = '{y}'",
        "delete from public.safety_plans",
        "select public.request_guardian_consent('guardian@example.com')",
    ],
)
async def test_no_agent_decides_what_helps_in_danger_and_who_consents(
    statement: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    if not statement.startswith("insert"):
        await act(
            as_user, ana, None, "insert into public.safety_plans (warning_signs) values ('{x}')"
        )

    with pytest.raises(asyncpg.PostgresError) as refused:
        await act(as_user, ana, AGENT, statement)

    assert refused.value.sqlstate == "CA403"
    kept = await owner.fetchval(
        "select count(*) from public.safety_plans where user_id = $1", ana.user_id
    )
    assert kept == (0 if statement.startswith("insert") else 1)


@both
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.user_themes (name, is_confirmed) values ('Home', true)",
        "insert into public.user_themes (name, origin) values ('Home', 'user')",
        "insert into public.parts (name, origin) values ('The planner', 'user')",
        "insert into public.insights (content, origin, type) values ('x', 'user', 'reflection')",
    ],
)
async def test_nobody_who_acts_for_her_says_that_it_was_she(
    statement: str, actor: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await act(as_user, ana, actor, statement)

    assert refused.value.sqlstate == "CA403"


@both
async def test_a_private_page_is_read_by_her_and_by_nobody_who_acts_for_her(
    actor: str, ana: Viewer, as_user: AsUser
) -> None:
    hidden = await page(as_user, ana, is_private=True)
    await page(as_user, ana, is_private=False)
    read = "select array_agg(id) from public.journal_entries"

    assert hidden in await act(as_user, ana, None, read)
    assert hidden not in await act(as_user, ana, actor, read)
    rewrite = "update public.journal_entries set content = 'mine' where id = $1 returning 1"
    assert await act(as_user, ana, actor, rewrite, hidden) is None


async def test_what_she_deletes_stays_in_no_action_of_an_agents(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    part = uuid4()
    await act(
        as_user,
        ana,
        AGENT,
        "insert into public.parts (id, name, story) values ($1, 'The planner', 'a secret') returning 1",
        part,
    )
    kept = (
        "select after ->> 'story', blanked_at is not null from public.agent_actions "
        "where entity_id = $1"
    )
    before = [tuple(row) for row in await owner.fetch(kept, part)]

    await act(as_user, ana, None, "delete from public.parts where id = $1 returning 1", part)

    assert before == [("a secret", False)]
    assert [tuple(row) for row in await owner.fetch(kept, part)] == [(None, True)]
