"""What a judge is, and how a program that nobody here wrote is asked for its opinion."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.judges.ground import Ground, environment

PATIENCE_SECONDS = 120.0


class Objection(Exception):
    """A judge found a fault, or could not judge; the text says what, evidence included."""


@dataclass(frozen=True, slots=True)
class Judge:
    """An outside opinion.

    Attributes:
        name: as typed on the command line.
        checks: what it looks at, in a few words.
        ask: gives the score in a few words, or raises Objection.
    """

    name: str
    checks: str
    ask: Callable[[Ground], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that has ended.

    Attributes:
        code: its exit code; negative for a signal.
        out: what it wrote to stdout.
        said: stdout and stderr, in this order.
    """

    code: int
    out: str
    said: str

    def must_succeed(self, claim: str) -> Ran:
        """Give itself when it exited with 0.

        Raises:
            Objection: it did not; `claim` is what does not hold.
        """
        if self.code != 0:
            raise Objection(f"{claim}: exit code {self.code}\n{self.said.strip()}")
        return self


async def run(
    *command: str | Path,
    cwd: Path,
    variables: Mapping[str, str] | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Ran:
    """Run a program to its end, without input, a terminal, or this shell's way to other projects.

    Raises:
        Objection: it is missing, or does not end in time; then it and all it started is killed.
    """
    name = Path(command[0]).name
    try:
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            cwd=cwd,
            env=environment(CI="1", NO_COLOR="1", DO_NOT_TRACK="1", **(variables or {})),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise Objection(f"`{name}` is missing: {error}") from error
    try:
        async with asyncio.timeout(patience_seconds):
            out, errors = (part.decode(errors="replace") for part in await process.communicate())
    except TimeoutError:
        raise Objection(f"`{name}` did not end within {patience_seconds:.0f} s.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    assert process.returncode is not None
    return Ran(process.returncode, out, f"{out}\n{errors}")
