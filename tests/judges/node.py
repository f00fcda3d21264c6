"""The judges that come from npm: Node itself, and what `package-lock.json` names."""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
from pathlib import Path

from tests.judges.judge import Objection, run

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"
PROGRAMS = MODULES / ".bin"
OLDEST_NODE = 20
INSTALL_SECONDS = 600.0

_STAMP = MODULES / ".cairn-lock"
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}


async def install() -> bool:
    """Install what the lock file names, when it is not there yet; tell whether that was needed.

    No script of a package runs: see `.npmrc`.

    Raises:
        Objection: Node or npm is missing or too old, or npm fails.
    """
    await _check_tools()
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if _STAMP.exists() and _STAMP.read_text() == lock:
        return False
    ran = await run("npm", "ci", "--loglevel=error", cwd=FOLDER, patience_seconds=INSTALL_SECONDS)
    ran.must_succeed("npm cannot install tests/judges/package-lock.json")
    _STAMP.write_text(lock)
    return True


async def _check_tools() -> None:
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Objection(
                f"`{tool}` is not on PATH. Install Node {OLDEST_NODE} or newer, which brings npm."
            )
    said = (await run("node", "--version", cwd=FOLDER)).out
    version = re.match(r"v(\d+)\.", said)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise Objection(f"Node {OLDEST_NODE} or newer is needed, and `node` is {said.strip()}.")


def postgres_package(major: int) -> Path:
    """Give the folder of an older Postgres, as its package has it: `bin`, `lib`, `share`.

    Raises:
        Objection: npm has none for this machine.
    """
    machine = platform.machine().lower()
    name = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
    folder = MODULES / f"postgres-{major}-{name}" / "native"
    if not folder.is_dir():
        raise Objection(f"There is no Postgres {major} from npm for {name}.")
    return folder
