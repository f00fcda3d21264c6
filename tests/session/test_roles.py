"""The API refuses a login that row-level security does not bind."""

from __future__ import annotations

import asyncpg
import pytest
from pydantic import SecretStr

from graphql_api.local.stack import Urls
from graphql_api.login import UnsafeRole
from graphql_api.session import Database
from graphql_api.settings import Settings


@pytest.mark.parametrize("who", ["owner", "superuser"])
async def test_an_owner_or_superuser_is_refused(
    settings: Settings, database_urls: Urls, who: str
) -> None:
    url = SecretStr(getattr(database_urls, who))

    with pytest.raises(UnsafeRole, match="could read past row-level security"):
        await Database.connect(settings.model_copy(update={"supabase_database_url": url}))


async def test_an_owner_serves_only_when_told_to(settings: Settings, database_urls: Urls) -> None:
    url = SecretStr(database_urls.owner)

    database = await Database.connect(
        settings.model_copy(update={"supabase_database_url": url}), allow_owner_role=True
    )

    await database.close()


async def test_a_login_that_may_become_nobody_is_refused(
    settings: Settings, database_urls: Urls, superuser: asyncpg.Connection
) -> None:
    await superuser.execute("create role stranger login password 'stranger'")
    url = database_urls.api.replace("cairn_api", "stranger", 1)
    scheme, _, rest = url.partition("://")
    place = rest.rpartition("@")[2]
    try:
        with pytest.raises(UnsafeRole, match="may not become anon, authenticated, cairn_server"):
            await Database.connect(
                settings.model_copy(
                    update={
                        "supabase_database_url": SecretStr(f"{scheme}://stranger:stranger@{place}")
                    }
                )
            )
    finally:
        await superuser.execute("drop role stranger")


@pytest.mark.parametrize("power", ["bypassrls", "superuser"])
async def test_a_member_of_a_role_that_passes_policies_is_refused(
    settings: Settings, superuser: asyncpg.Connection, power: str
) -> None:
    await superuser.execute(f"create role mighty nologin {power}; create role between nologin")
    await superuser.execute("grant mighty to between; grant between to cairn_api")
    try:
        with pytest.raises(UnsafeRole, match="may become a role that bypasses row-level security"):
            await Database.connect(settings)
    finally:
        await superuser.execute("drop role between; drop role mighty")
    await (await Database.connect(settings)).close()
