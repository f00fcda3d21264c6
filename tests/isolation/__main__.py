"""`python -m tests.isolation`: try everything, and print the report."""

from __future__ import annotations

import asyncio
import sys

from tests.fixtures.cluster import RunningCluster
from tests.isolation.proof import Proof
from tests.isolation.report import render
from tests.isolation.room import furnished, opened


async def _run(running: RunningCluster) -> tuple[str, list[str]]:
    async with furnished(running.cluster, "cairn_proof") as urls, opened(urls) as room:
        proof = await Proof.of(room)
        results = await proof.everything()
        return render(proof, results), [str(one) for one in results if one.outcome.is_bad]


def main() -> int:
    """Print the report; what is wrong goes to the error output, and makes it fail."""
    running = RunningCluster()
    try:
        report, wrong = asyncio.run(_run(running))
    finally:
        running.stop()
    sys.stdout.write(report)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
