"""Tell whether requirements.lock still answers pyproject.toml, without asking any index."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def main() -> None:
    """Exit with a sentence for each dependency that the lock does not meet."""
    project = tomllib.loads(Path("pyproject.toml").read_text())
    pins: dict[str, set[str]] = {}
    for name, version in PIN.findall(Path("requirements.lock").read_text()):
        pins.setdefault(canonicalize_name(name), set()).add(version)
    wanted = [
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    faults = []
    for text in wanted:
        requirement = Requirement(text)
        locked = pins.get(canonicalize_name(requirement.name), set())
        if not any(requirement.specifier.contains(one, prereleases=True) for one in locked):
            faults.append(f"{text}: the lock has {', '.join(sorted(locked)) or 'none'}.")
    if faults:
        sys.exit("requirements.lock is stale; run `make lock`.\n" + "\n".join(faults))


main()
