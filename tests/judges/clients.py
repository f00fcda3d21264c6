"""Real GraphQL clients in Node, and the audits of GraphQL over HTTP, against the running server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from tests.judges import node
from tests.judges.ground import Ground
from tests.judges.judge import PATIENCE_SECONDS, Judge, Objection, run

SCRIPTS = node.FOLDER / "javascript"
AUDITS = 61


def variables(ground: Ground) -> dict[str, str]:
    """What `people.mjs` reads."""
    return {
        "ENDPOINT": ground.endpoint,
        "ANA": ground.token("ana"),
        "BEN": ground.token("ben"),
        "EXPIRED": ground.token("ana", lifetime=timedelta(minutes=-5)),
    }


async def passed(
    script: Path, given: Mapping[str, str], *, patience_seconds: float = PATIENCE_SECONDS
) -> int:
    """Run a script of Node's own test runner; give how many of its tests passed.

    Raises:
        Objection: one failed, or there were none.
    """
    ran = await run(
        *("node", "--test-reporter=tap", script.name),
        cwd=script.parent,
        variables=given,
        patience_seconds=patience_seconds,
    )
    good = len(re.findall(r"(?m)^ok \d+(?!.* # SKIP)", ran.out))
    bad = re.findall(r"(?ms)^not ok \d+ - .*?^  \.\.\.$", ran.out)
    if bad or ran.code != 0 or good == 0:
        evidence = "\n".join(_short(one) for one in bad) or ran.said.strip()
        raise Objection(f"{good} of {good + len(bad)} hold; these do not:\n{evidence}")
    return good


def _short(failure: str) -> str:
    """The name of a failed test and the first lines of its error."""
    name, *lines = failure.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith("  error:")), 0)
    return "\n".join([name, *lines[start : start + 8]])


async def audits(ground: Ground) -> str:
    """All audits hold, and none was left out."""
    good = await passed(SCRIPTS / "audits.mjs", variables(ground))
    if good != AUDITS:
        raise Objection(f"There are {good} audits, and {AUDITS} were expected.")
    return f"{good} of {AUDITS}"


async def apollo(ground: Ground) -> str:
    """What an app built on Apollo Client relies on."""
    good = await passed(SCRIPTS / "apollo.mjs", variables(ground))
    return f"{good} of {good}"


async def urql(ground: Ground) -> str:
    """What an app built on urql relies on, with either of its caches."""
    good = await passed(SCRIPTS / "urql.mjs", variables(ground))
    return f"{good} of {good}"


JUDGES = (
    Judge("http", "graphql-http 1.23: audits of GraphQL over HTTP", audits),
    Judge("apollo", "Apollo Client 4: queries, mutations, errors, normalised cache", apollo),
    Judge("urql", "@urql/core 6: the same, both caches", urql),
)
