"""What is installed from a wheel is whole."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_wheel_brings_migrations_platform_and_graphiql(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")

    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from graphql_api import migrations; print(migrations.SUPABASE, *migrations.expected_versions())",
        ],
        cwd=tmp_path / "site",
        env={"PYTHONPATH": str(tmp_path / "site")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()

    site = tmp_path / "site" / "graphql_api"
    names = sorted(path.name.split("_")[0] for path in (ROOT / "supabase/migrations").glob("*.sql"))
    assert told == [str(site / "supabase"), *names]
    assert (site / "supabase" / "seed.sql").exists()
    assert (site / "local" / "platform.sql").exists()
    assert (site / "http" / "graphiql" / "graphiql.min.js").exists()
    assert (site / "http" / "chat" / "assets" / "graphql-ws" / "client.js").exists()
