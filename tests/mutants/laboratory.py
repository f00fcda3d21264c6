"""Where mutants live: copies of the project in a temporary folder, never the work tree itself."""

from __future__ import annotations

import asyncio
import compileall
import contextlib
import enum
import os
import py_compile
import re
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import Mutant, Stale

PROJECT = Path(__file__).resolve().parents[2]
# What tests need of the project.
PARTS = (
    ".squawk.toml",
    "README.md",
    "graphql_api",
    "pyproject.toml",
    "schema.graphql",
    "supabase",
    "tests",
)
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*_cache", "node_modules", "judges", "mutants")
# Loading the others takes a third of a run.
PLUGINS = ("-p", "asyncio", "-p", "xdist")
# Variables that would point tests at somebody's real project.
FOREIGN = ("SUPABASE_", "CAIRN_", "REDIS_", "PG", "DATABASE_", "PYTEST_")
# A test that hangs is not a test that fails, so that this is no verdict but a fault.
MUTANT_SECONDS = 120.0
SOUND_SECONDS = 300.0
INTERRUPT_SECONDS = 20.0
TESTS_FAILED = 1  # pytest's exit code; others say that they did not run


class Verdict(enum.Enum):
    """What became of a mutant."""

    SOUND = "sound"
    KILLED = "killed"
    SURVIVED = "SURVIVED"
    STALE = "STALE"
    BROKEN = "BROKEN"

    @property
    def is_good(self) -> bool:
        """Whether it is as it should be."""
        return self in (Verdict.SOUND, Verdict.KILLED)


@dataclass(frozen=True)
class Outcome:
    """How the tests took a mutant.

    Attributes:
        verdict: killed when a test failed, and nothing else went wrong.
        note: the test that failed, or what went wrong.
        seconds: how long it took.
    """

    verdict: Verdict
    note: str
    seconds: float


class Laboratory:
    """A sound copy of the project, and a place for copies of it."""

    def __init__(self, folder: Path) -> None:
        """Copy the work tree as it is now, so that edits meanwhile do not matter."""
        self._folder = folder
        self._sound = folder / "sound"
        self._sound.mkdir()
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir():
                shutil.copytree(source, self._sound / part, ignore=NOT_COPIED)
            else:
                shutil.copy2(source, self._sound / part)
        # Checked by hash: a mutant may have the size, and the second, of what it was made from.
        compileall.compile_dir(
            self._sound / "graphql_api",
            quiet=1,
            invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        )

    async def find_sound(self, tests: Sequence[str]) -> Outcome:
        """Run the tests on the sound copy: where they fail anyway, they prove nothing."""
        ran = await self._run("sound-copy", None, tests, SOUND_SECONDS)
        if ran.code == 0:
            return Outcome(Verdict.SOUND, "all these tests pass without a mutant", ran.seconds)
        return Outcome(Verdict.BROKEN, ran.tail, ran.seconds)

    async def examine(self, mutant: Mutant) -> Outcome:
        """Let the tests look at a mutant."""
        try:
            text = mutant.mutated(self._sound)
        except Stale as stale:
            return Outcome(Verdict.STALE, str(stale), 0.0)
        ran = await self._run(mutant.name, (mutant.file, text), mutant.tests, MUTANT_SECONDS)
        if ran.code == 0:
            note = f"not noticed by {', '.join(mutant.tests)}"
            return Outcome(Verdict.SURVIVED, note, ran.seconds)
        if ran.code == TESTS_FAILED and ran.failed is not None:
            return Outcome(Verdict.KILLED, ran.failed, ran.seconds)
        return Outcome(Verdict.BROKEN, ran.tail, ran.seconds)

    async def _run(
        self, name: str, change: tuple[str, str] | None, tests: Sequence[str], seconds: float
    ) -> _Ran:
        """Run tests in a copy of their own, in which one file may have another text."""
        copy = self._folder / name
        shutil.copytree(self._sound, copy)
        try:
            if change is not None:
                file, text = change
                (copy / file).write_text(text)
            return await _pytest(copy, tests, seconds)
        finally:
            shutil.rmtree(copy, ignore_errors=True)


@dataclass(frozen=True)
class _Ran:
    """A run of pytest: its exit code (None: it took too long), and the test that failed."""

    code: int | None
    failed: str | None
    tail: str
    seconds: float


async def _pytest(folder: Path, tests: Sequence[str], seconds: float) -> _Ran:
    began = time.monotonic()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "--no-header", "--tb=short"),
        *("-rf", "-p", "no:cacheprovider", *PLUGINS, *tests),
        cwd=folder,
        # Before an editable installation of the work tree, also for what the tests start.
        env={
            **environment,
            "PYTHONPATH": str(folder),
            "COLUMNS": "200",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    output = b""
    code: int | None = None
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
            code = process.returncode
    except TimeoutError:
        output = f"It took longer than {seconds:.0f} seconds.".encode()
    finally:
        await _end(process)
    text = output.decode(errors="replace")
    failed = re.search(r"^FAILED (?:\S*/)?(.+?)(?: - .*)?$", text, re.MULTILINE)
    tail = "\n".join(text.strip().splitlines()[-15:])
    return _Ran(code, failed[1] if failed else None, tail, time.monotonic() - began)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a run that is still under way, in good order first: it has servers to stop."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(INTERRUPT_SECONDS):
                await process.wait()
                return
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
