"""The rules that every table obeys, asked of the catalogue and not of the reader."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
import pytest

from graphql_api.migrations import SEEDS
from tests.database.access import WRITES, exceptions
from tests.database.conventions import CONVENTIONS, Convention

by_claim = pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda each: each.claim)


async def offenders(connection: asyncpg.Connection, convention: Convention) -> set[str]:
    return {row[0] for row in await connection.fetch(convention.offenders)}


@by_claim
async def test_the_schema_obeys(convention: Convention, owner: asyncpg.Connection) -> None:
    found = await offenders(owner, convention)

    assert found - set(convention.exceptions) == set()


@by_claim
async def test_every_exception_is_still_needed(
    convention: Convention, owner: asyncpg.Connection
) -> None:
    found = await offenders(owner, convention)

    assert set(convention.exceptions) - found == set()


@by_claim
async def test_a_planted_bug_is_found(convention: Convention, owner: asyncpg.Connection) -> None:
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(convention.planted)

    found = await offenders(owner, convention)

    await transaction.rollback()
    assert convention.culprit in found - set(convention.exceptions)


Grants: TypeAlias = dict[tuple[str, str, str], set[str]]
# Who a row belongs to, and when it was written, nobody says of a plain table.
OURS = {"user_id", "created_at", "updated_at", "version"}


async def grants(owner: asyncpg.Connection) -> Grants:
    """Give, by role, table and verb, the columns that may be written."""
    columns = await owner.fetch(
        """
        select a.grantee::regrole::text as role, c.relname, lower(a.privilege_type) as verb,
               array_agg(t.attname::text) as columns
        from pg_class c
        join pg_attribute t on t.attrelid = c.oid
        cross join aclexplode(t.attacl) a
        where c.relnamespace = 'public'::regnamespace and a.privilege_type <> 'SELECT'
        group by 1, 2, 3
        """
    )
    tables = await owner.fetch(
        """
        select a.grantee::regrole::text as role, c.relname, lower(a.privilege_type) as verb
        from pg_class c cross join aclexplode(c.relacl) a
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and a.grantee <> c.relowner and a.privilege_type <> 'SELECT'
        """
    )

    granted = {(row["role"], row["relname"], row["verb"]): set(row["columns"]) for row in columns}
    return granted | {(row["role"], row["relname"], row["verb"]): set() for row in tables}


def beyond_plain(granted: Grants) -> set[tuple[str, str, str]]:
    """Find the grants that a plain table, which is hers alone, must not have."""
    return {
        (role, table, verb)
        for (role, table, verb), columns in granted.items()
        if role != "authenticated"
        or columns & OURS
        or (
            verb == "update" and not columns <= granted.get((role, table, "insert"), set()) - {"id"}
        )
    }


async def test_each_role_may_write_what_is_written_here_and_of_plain_tables_what_is_hers(
    owner: asyncpg.Connection,
) -> None:
    granted = await grants(owner)

    listed = {table for _, table, _ in WRITES}
    assert {key: granted[key] for key in granted if key[1] in listed} == WRITES
    assert beyond_plain({key: granted[key] for key in granted if key[1] not in listed}) == set()


@pytest.mark.parametrize(
    "excess",
    [
        "update (user_id)",
        "update (created_at)",
        "update (id)",
        "update (count)",
        "insert (user_id)",
    ],
)
async def test_a_grant_beyond_a_plain_table_is_found(
    owner: asyncpg.Connection, excess: str
) -> None:
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(
        "create table public.plain (id uuid, user_id uuid, word text, count integer,"
        " created_at timestamptz);"
        "grant select, insert (id, word), update (word), delete on public.plain to authenticated"
    )
    before = beyond_plain(
        {key: of for key, of in (await grants(owner)).items() if key[1] == "plain"}
    )
    await owner.execute(f"grant {excess} on public.plain to authenticated")

    after = beyond_plain(
        {key: of for key, of in (await grants(owner)).items() if key[1] == "plain"}
    )

    await transaction.rollback()
    assert before == set()
    assert ("authenticated", "plain", excess.split()[0]) in after


def test_a_grant_to_the_server_alone_is_no_plain_one() -> None:
    assert beyond_plain({("cairn_server", "plain", "insert"): {"word"}})


async def test_a_new_table_and_function_of_the_owner_are_closed_to_the_roles_of_the_api(
    owner: asyncpg.Connection,
) -> None:
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(
        "create table public.fresh (id bigint generated always as identity);"
        "create function public.fresh() returns int language sql as 'select 1'"
    )

    open_to = await owner.fetch(
        """
        select r from unnest(array['anon', 'authenticated', 'cairn_server', 'service_role']) r
        where has_table_privilege(r, 'public.fresh', 'select, insert, update, delete, truncate')
           or has_sequence_privilege(r, 'public.fresh_id_seq', 'usage, select, update')
           or has_function_privilege(r, 'public.fresh()', 'execute')
        """
    )

    await transaction.rollback()
    assert open_to == []


async def test_the_login_of_the_api_owns_nothing_and_can_do_nothing_by_itself(
    owner: asyncpg.Connection,
) -> None:
    login = await owner.fetchrow("select * from pg_roles where rolname = 'cairn_api'")
    memberships = await owner.fetch(
        "select roleid::regrole::text as role, admin_option from pg_auth_members "
        "where member = 'cairn_api'::regrole and not (roleid = 'cairn_api'::regrole)"
    )
    owned = await owner.fetchval(
        "select count(*) from pg_class where relowner in "
        "('cairn_api'::regrole, 'cairn_server'::regrole)"
    )
    readable = await owner.fetch(
        "select c.relname from pg_class c where c.relnamespace in "
        "('public'::regnamespace, 'private'::regnamespace) and c.relkind = 'r' "
        "and has_any_column_privilege('cairn_api', c.oid, 'select, insert, update')"
    )

    assert (login["rolsuper"], login["rolbypassrls"], login["rolcreaterole"]) == (False,) * 3
    assert (login["rolcanlogin"], login["rolinherit"]) == (True, False)
    assert {(row["role"], row["admin_option"]) for row in memberships} == {
        ("anon", False),
        ("authenticated", False),
        ("cairn_server", False),
    }
    assert (owned, readable) == (0, [])


async def test_the_server_role_cannot_log_in_or_pass_policies(owner: asyncpg.Connection) -> None:
    role = await owner.fetchrow("select * from pg_roles where rolname = 'cairn_server'")

    assert (role["rolcanlogin"], role["rolbypassrls"], role["rolsuper"]) == (False,) * 3


async def test_the_seed_gives_ana_and_ben_a_row_in_every_table_and_bears_repeating(
    owner: asyncpg.Connection,
) -> None:
    script = "".join(file.read_text() for file in SEEDS)
    catalogues = [name.split(":")[0] for name in exceptions("anonymous")]
    tables = await owner.fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind = 'r' and relname <> all ($1) order by relname",
        catalogues,
    )
    transaction = owner.transaction()
    await transaction.start()

    async def count() -> dict[tuple[str, str], int]:
        return {
            (table, person): await owner.fetchval(
                f"select count(*) from public.{table} "
                f"where {'id' if table == 'users' else 'user_id'}::text like $1",
                f"{person}0000000-0000-4000-8000-%",
            )
            for (table,) in tables
            for person in "ab"
        }

    await owner.execute(script)
    await owner.execute("set constraints all immediate")
    once = await count()
    await owner.execute(script)
    twice = await count()
    miscounted = await owner.fetchval(
        "select count(*) from public.conversations c where c.message_count <> "
        "(select count(*) from public.messages m where m.conversation_id = c.id)"
    )

    await transaction.rollback()
    assert [key for key, rows in once.items() if rows == 0] == []
    assert twice == once
    assert miscounted == 0
