"""`docs/isolation.md` says what was tried, and that nothing came of it."""

from __future__ import annotations

from pathlib import Path

from tests.isolation.proof import Proof
from tests.isolation.report import PATH, render

ROOT = Path(__file__).resolve().parents[2]


async def test_the_report_is_fresh(proof: Proof) -> None:
    results = await proof.everything()

    assert render(proof, results) == (ROOT / PATH).read_text(), "make isolation"
