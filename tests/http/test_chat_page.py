"""The chat page of development: whole, of this machine alone, and nowhere else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path, PurePosixPath

import httpx2
import jwt
import pytest
from graphql import build_schema, parse, validate

from graphql_api import http
from graphql_api.app import Development, create_app
from graphql_api.http import ChatPage
from graphql_api.local.people import sign_token
from graphql_api.settings import Settings
from tests.fixtures.graphql import JWT_SECRET, Caller, running

ASSETS = Path(http.__file__).parent / "chat" / "assets"
SCHEMA = Path(__file__).parents[2] / "schema.graphql"
HERE = {"host": "localhost:8000"}
TOKEN = "/development/token"


@asynccontextmanager
async def developing(
    settings: Settings, ana: Caller, *, peer: str = "127.0.0.1"
) -> AsyncIterator[httpx2.AsyncClient]:
    her_id = ana.viewer.user_id
    assert her_id is not None

    def sign(_name: str, lifetime: timedelta) -> str:
        return sign_token(JWT_SECRET, her_id, lifetime=lifetime)

    page = ChatPage(("ana",), sign, companion="a <b>test</b>")
    app = create_app(settings, Development(tabs=(), chat=page))
    async with running(app):
        transport = httpx2.ASGITransport(app, client=(peer, 4711))
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost:8000"
        ) as client:
            yield client


# The page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/?side=by-side"])
async def test_the_page_brings_all_that_it_needs(
    settings: Settings, ana: Caller, path: str
) -> None:
    async with developing(settings, ana) as client:
        page = await client.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        wanted = re.findall(r'(?:src|href)="(/chat/[^"]+)"', page.text)
        assert wanted
        for asset in wanted:
            response = await client.get(asset)
            assert response.status_code == 200, asset
            # What a script imports, as a browser resolves it.
            wanted += [
                str(PurePosixPath(asset).parent / name)
                for name in re.findall(r"from '\./([^']+)'", response.text)
                if str(PurePosixPath(asset).parent / name) not in wanted
            ]

    assert "{" not in page.text
    assert "a &lt;b&gt;test&lt;/b&gt;" in page.text


async def test_every_file_of_the_page_is_used(settings: Settings, ana: Caller) -> None:
    texts = "".join(file.read_text() for file in ASSETS.rglob("*.*") if file.suffix != ".md")

    for file in ASSETS.rglob("*.*"):
        if file.suffix in {".js", ".css", ".svg"}:
            assert f"/{file.name}" in texts, file


async def test_nothing_but_our_own_files_may_run_on_the_page(
    settings: Settings, ana: Caller
) -> None:
    async with developing(settings, ana) as client:
        page = await client.get("/")

    policy = dict(
        part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<style|<script(?![^>]* src=)| style=| on\w+=", page.text)


async def test_a_file_that_is_not_the_pages_is_not_given(settings: Settings, ana: Caller) -> None:
    async with developing(settings, ana) as client:
        folder = re.findall(r'"(/chat/\w+)/', (await client.get("/")).text)[0]
        for name in ("index.html", "page.py", "../page.py", "%2e%2e/page.py", "graphql-ws", ""):
            assert (await client.get(f"{folder}/{name}")).status_code == 404, name


def test_what_the_page_asks_fits_the_schema() -> None:
    schema = build_schema(SCHEMA.read_text())
    texts = dict(
        re.findall(r"const (\w+) = `([^`]*)`", (ASSETS / "documents.js").read_text(), re.DOTALL)
    )
    operations = {name: text for name, text in texts.items() if "${" in text}

    assert len(operations) == 11
    for name, text in operations.items():
        whole = re.sub(r"\$\{(\w+)\}", lambda found: texts[found[1]], text)
        assert validate(schema, parse(whole)) == [], name


def test_graphql_ws_is_what_its_author_published() -> None:
    folder = ASSETS / "graphql-ws"
    told = dict(
        re.findall(
            r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$",
            (folder / "README.md").read_text(),
            re.MULTILINE,
        )
    )

    assert told == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")
    }


# Its tokens -----------------------------------------------------------------------------------


async def test_a_token_of_the_page_is_hers_and_short(settings: Settings, ana: Caller) -> None:
    async with developing(settings, ana) as client:
        given = (await client.post(f"{TOKEN}?who=ana")).json()
        viewer = await client.post(
            "/graphql",
            json={"query": "{ viewer { id } }"},
            headers={"authorization": f"Bearer {given['token']}"},
        )

    assert viewer.json()["data"]["viewer"]["id"] == str(ana.viewer.user_id)
    claims = jwt.decode(given["token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == given["expiresInSeconds"] == 120


async def test_a_token_may_live_shorter_but_not_longer(settings: Settings, ana: Caller) -> None:
    async with developing(settings, ana) as client:
        short = (await client.post(f"{TOKEN}?who=ana&seconds=5")).json()
        refused = [
            (await client.post(f"{TOKEN}?who=ana&seconds={seconds}")).status_code
            for seconds in ("4", "121", "-5", "5.5", "", "9" * 5_000, "\u0665\u0665", "1e2")
        ]

    assert short["expiresInSeconds"] == 5
    assert set(refused) == {400}


async def test_a_token_is_kept_by_no_cache(settings: Settings, ana: Caller) -> None:
    async with developing(settings, ana) as client:
        response = await client.post(f"{TOKEN}?who=ana")

    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["", "?who=", "?who=mallory", "?who=Ana"])
async def test_nobody_else_is_signed_in(settings: Settings, ana: Caller, query: str) -> None:
    async with developing(settings, ana) as client:
        response = await client.post(TOKEN + query)

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_a_token_is_not_given_to_a_link_or_an_image(settings: Settings, ana: Caller) -> None:
    async with developing(settings, ana) as client:
        assert (await client.get(f"{TOKEN}?who=ana")).status_code == 405


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8000", 200),
        ("http://localhost:8001", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_a_token_is_given_to_no_other_page(
    settings: Settings, ana: Caller, origin: str, status: int
) -> None:
    async with developing(settings, ana) as client:
        response = await client.post(f"{TOKEN}?who=ana", headers={"origin": origin})

    assert response.status_code == status
    assert ("token" in response.json()) == (status == 200)


# This machine alone ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", ""]
)
async def test_the_page_and_its_tokens_are_not_for_another_name(
    settings: Settings, ana: Caller, host: str
) -> None:
    async with developing(settings, ana) as client:
        page = await client.get("/", headers={"host": host})
        token = await client.post(f"{TOKEN}?who=ana", headers={"host": host})

    assert (page.status_code, token.status_code) == (421, 421)
    assert "token" not in token.json()


async def test_the_page_and_its_tokens_are_not_for_another_machine(
    settings: Settings, ana: Caller
) -> None:
    async with developing(settings, ana, peer="203.0.113.7") as client:
        page = await client.get("/", headers=HERE)
        token = await client.post(f"{TOKEN}?who=ana", headers=HERE)

    assert (page.status_code, token.status_code) == (403, 403)


@pytest.mark.parametrize("environment", ["production", "development"])
@pytest.mark.parametrize("development", [None, Development(tabs=())])
async def test_there_is_no_page_and_no_token_unless_asked_for(
    settings: Settings, environment: str, development: Development | None
) -> None:
    app = create_app(settings.model_copy(update={"environment": environment}), development)

    async with running(app) as client:
        assert (await client.get("/", headers=HERE)).status_code == 404
        assert (await client.post(f"{TOKEN}?who=ana", headers=HERE)).status_code == 404
    assert not [route for route in app.routes if "chat" in str(route) or "token" in str(route)]
