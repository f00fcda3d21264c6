"""What README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx2
import orjson
from pydantic import SecretStr

from graphql_api import migrations
from graphql_api.local.people import person
from graphql_api.settings import Settings
from tests.fixtures.graphql import Serve, caller_for
from tests.fixtures.people import viewer_of
from tests.fixtures.servers import FreshCluster

ROOT = Path(__file__).parent.parent


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_query_gives_ana_the_answer_that_is_printed_below_it(
    fresh_cluster: FreshCluster, settings: Settings, serve: Serve
) -> None:
    await migrations.seed_all(fresh_cluster.urls.owner)
    url = {"supabase_database_url": SecretStr(fresh_cluster.urls.api)}
    async with serve(settings.model_copy(update=url)) as client:
        answer = await asked_by("ana", client)
        other = await asked_by("ben", client)

    assert answer["data"] == orjson.loads(block("json"))["data"]
    assert other["data"]["viewer"] == {"displayName": "Ben"}
    assert other["data"]["conversations"] != answer["data"]["conversations"]


async def asked_by(name: str, client: httpx2.AsyncClient) -> dict[str, Any]:
    return (await caller_for(client, viewer_of(person(name)))(block("graphql"))).body


def test_every_link_leads_somewhere() -> None:
    pages = [
        page
        for page in ROOT.rglob("*.md")
        if not {".venv", "node_modules", ".cairn"} & set(page.relative_to(ROOT).parts)
    ]

    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert pages
    assert broken == []
