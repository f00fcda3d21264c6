"""The command line: help for every word, refusals in sentences, tokens."""

from __future__ import annotations

import re
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import jwt
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from graphql_api import cli
from graphql_api.local.folder import Folder
from graphql_api.local.people import PEOPLE, person, sign_token
from graphql_api.local.process import Problem
from graphql_api.settings import Settings

COMMANDS = [
    "bench",
    "db-url",
    "demo",
    "dev",
    "migrate",
    "schema",
    "seed",
    "serve",
    "token",
    "worker",
]
runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


@pytest.fixture
def stack_folder(tmp_path: Path) -> Path:
    """A folder that a local stack has used."""
    with Folder(tmp_path / "stack") as folder:
        folder.secret("jwt")
    return tmp_path / "stack"


def claims_of(token: str, folder: Path) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(
        token, Folder(folder).secret("jwt"), algorithms=["HS256"], audience="authenticated"
    )
    return claims


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(command: str) -> None:
    shown = runner.invoke(cli.cli, [command, "--help"])

    assert shown.exit_code == 0
    assert "Example" in shown.output
    assert f"cairn {command}" in shown.output


def test_no_command_shows_them_all() -> None:
    shown = runner.invoke(cli.cli, [])

    assert sorted(re.findall(r"(?m)^│ ([a-z][a-z-]*) ", shown.output)) == COMMANDS


def test_a_word_that_is_no_command_is_wrong_usage() -> None:
    assert runner.invoke(cli.cli, ["dance"]).exit_code == 2


@pytest.mark.parametrize("name", ["ana", "Ana", str(PEOPLE["ana"])])
def test_a_token_names_its_person(name: str, stack_folder: Path) -> None:
    signed = runner.invoke(cli.cli, ["token", name, "--data-dir", str(stack_folder)])

    claims = claims_of(signed.output.strip(), stack_folder)
    assert claims["sub"] == str(PEOPLE["ana"])
    assert claims["role"] == "authenticated"


def test_a_token_is_good_for_as_long_as_asked(stack_folder: Path) -> None:
    signed = runner.invoke(
        cli.cli, ["token", "ben", "--hours", "1", "--data-dir", str(stack_folder)]
    )

    claims = claims_of(signed.output.strip(), stack_folder)
    assert claims["exp"] == pytest.approx(time.time() + 3600, abs=60)


def test_a_token_for_nobody_is_wrong_usage(stack_folder: Path) -> None:
    refused = runner.invoke(cli.cli, ["token", "clara", "--data-dir", str(stack_folder)])

    assert refused.exit_code == 2
    assert "neither one of Ana, Ben nor a uuid" in refused.output


@pytest.mark.parametrize("command", [["token", "ana"], ["seed"]])
def test_what_is_for_development_is_refused_in_production(
    command: list[str], stack_folder: Path
) -> None:
    refused = runner.invoke(
        cli.cli,
        [*command, "--data-dir", str(stack_folder)],
        env={"CAIRN_ENVIRONMENT": "production"},
    )

    assert isinstance(refused.exception, cli.Refused)
    assert "`production`" in str(refused.exception)


def test_a_token_without_a_local_stack_is_refused(tmp_path: Path) -> None:
    refused = runner.invoke(cli.cli, ["token", "ana", "--data-dir", str(tmp_path)])

    assert isinstance(refused.exception, cli.Refused)
    assert "start `cairn dev` first" in str(refused.exception)


def test_serving_without_settings_names_each_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (
        "SUPABASE_DATABASE_URL",
        "SUPABASE_DB_HOST",
        "SUPABASE_URL",
        "SUPABASE_JWKS_URL",
        "CHAT_MODEL",
    ):
        monkeypatch.delenv(name, raising=False)

    refused = runner.invoke(cli.cli, ["serve"])

    assert isinstance(refused.exception, cli.Refused)
    for name in (
        "SUPABASE_DATABASE_URL",
        "SUPABASE_JWT_SECRET",
        "CAIRN_CORS_ORIGINS",
        "CHAT_MODEL",
    ):
        assert name in str(refused.exception)


def test_working_without_settings_names_each_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SUPABASE_DATABASE_URL", "SUPABASE_DB_HOST", "CHAT_MODEL"):
        monkeypatch.delenv(name, raising=False)

    refused = runner.invoke(cli.cli, ["worker"])

    assert isinstance(refused.exception, cli.Refused)
    for name in ("SUPABASE_DATABASE_URL", "CHAT_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        assert name in str(refused.exception)


def test_the_help_of_serve_tells_every_setting() -> None:
    shown = runner.invoke(cli.cli, ["serve", "--help"]).output

    for name, field in Settings.model_fields.items():
        assert (field.alias or name.upper()) in shown
        assert field.description


@pytest.mark.parametrize(("text", "seconds"), [("7", 7), ("0.5", 0.5), ("PT2M", 120)])
def test_a_duration_is_seconds_or_iso_8601(
    text: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_QUERY_TIMEOUT", text)

    assert Settings().query_timeout == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e300", "soon"])
def test_a_duration_without_an_end_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_QUERY_TIMEOUT", text)

    with pytest.raises(ValidationError, match="CAIRN_QUERY_TIMEOUT"):
        Settings()


def test_a_variable_with_a_wrong_value_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CAIRN_POOL_SIZE", "a-secret-by-mistake")

    refused = runner.invoke(cli.cli, ["worker"])

    assert isinstance(refused.exception, cli.Refused)
    assert "CAIRN_POOL_SIZE" in str(refused.exception)
    assert "a-secret-by-mistake" not in str(refused.exception)


def test_a_fault_that_a_person_can_mend_is_one_sentence_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise Problem("The disk is full. Free some space.")

    monkeypatch.setattr(cli, "cli", fail)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 1
    assert capsys.readouterr().err == "The disk is full. Free some space.\n"


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "cli", fail)

    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_the_published_schema_is_compared_with_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = runner.invoke(cli.cli, ["schema"]).output
    monkeypatch.setattr(cli, "PROJECT", tmp_path)
    (tmp_path / "schema.graphql").write_text(printed)
    fresh = runner.invoke(cli.cli, ["schema", "--check"])
    (tmp_path / "schema.graphql").write_text(printed + "# changed\n")
    stale = runner.invoke(cli.cli, ["schema", "--check"])

    assert fresh.exit_code == 0
    assert isinstance(stale.exception, cli.Refused)
    assert "make schema" in str(stale.exception)


def test_the_seed_holds_the_people_whom_tokens_name() -> None:
    seed = (cli.PROJECT / "supabase" / "seed.sql").read_text()

    assert all(str(user_id) in seed for user_id in PEOPLE.values())


def test_two_tokens_of_one_person_are_one_sign_in() -> None:
    ana = person("ana")
    tokens = [sign_token("s" * 32, ana) for _ in range(2)]

    sessions = {
        jwt.decode(token, "s" * 32, algorithms=["HS256"], audience="authenticated")["session_id"]
        for token in tokens
    }

    assert len(sessions) == 1
    assert UUID(sessions.pop())


def test_make_alone_lists_the_tasks() -> None:
    shown = subprocess.run(
        ["make"],  # noqa: S607
        cwd=cli.PROJECT,
        capture_output=True,
        check=True,
        text=True,
    )

    for task in ("dev", "test", "check", "judges", "bench"):
        assert f"make {task} " in shown.stdout
