"""Settings: where the database is, by one URL or by its parts, read from the environment."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

import pytest

from graphql_api.local.stack import Urls
from graphql_api.session import Database
from graphql_api.settings import Settings

PARTS = {
    "SUPABASE_DB_HOST": "db.example.com",
    "SUPABASE_DB_PORT": "6543",
    "SUPABASE_DB_NAME": "cairn",
    "SUPABASE_DB_USER": "cairn_api.project",
    "SUPABASE_DB_PASSWORD": "p@ss/w:rd?",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which the developer's shell has no say."""
    for name in list(os.environ):
        if name.startswith(("SUPABASE_", "CAIRN_")):
            monkeypatch.delenv(name)
    return monkeypatch


def set_all(environment: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)


def test_without_a_url_or_a_host_there_is_no_database(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, {name: PARTS[name] for name in PARTS if name != "SUPABASE_DB_HOST"})

    assert Settings().database_url is None


def test_a_host_alone_has_the_usual_port_name_and_login(environment: pytest.MonkeyPatch) -> None:
    """NU-018."""
    environment.setenv("SUPABASE_DB_HOST", "db.example.com")

    assert Settings().database_url == "postgresql://cairn_api@db.example.com:5432/postgres"


def test_the_parts_make_a_url_whatever_signs_are_in_them(environment: pytest.MonkeyPatch) -> None:
    """NU-018."""
    set_all(environment, PARTS)

    url = urlsplit(Settings().database_url or "")

    assert (url.hostname, url.port, url.path) == ("db.example.com", 6543, "/cairn")
    assert url.username == "cairn_api.project"
    assert unquote(url.password or "") == "p@ss/w:rd?"


def test_the_whole_url_wins_over_the_parts(environment: pytest.MonkeyPatch) -> None:
    """NU-019."""
    whole = "postgresql://somebody:secret@elsewhere.example.com/other"
    set_all(environment, {**PARTS, "SUPABASE_DATABASE_URL": whole})

    assert Settings().database_url == whole


async def test_the_parts_lead_to_the_database(
    environment: pytest.MonkeyPatch, database_urls: Urls
) -> None:
    """NU-018."""
    url = urlsplit(database_urls.api)
    set_all(
        environment,
        {
            "SUPABASE_DB_HOST": url.hostname or "",
            "SUPABASE_DB_PORT": str(url.port),
            "SUPABASE_DB_NAME": url.path.strip("/"),
            "SUPABASE_DB_USER": unquote(url.username or ""),
            "SUPABASE_DB_PASSWORD": unquote(url.password or ""),
        },
    )

    database = await Database.connect(Settings())
    try:
        async with database.transaction(None, role="cairn_server") as transaction:
            name = await transaction.value("select current_database()::text")
    finally:
        await database.close()

    assert name == url.path.strip("/")


def test_passwords_are_not_shown(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, PARTS)

    assert "p@ss" not in repr(Settings())
