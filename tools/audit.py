"""Look for known vulnerabilities in what the image is made of: `make audit`, or `make audit ADVISORIES=FILE` offline.

    python -m tools.audit [--advisories FILE] [--lock deploy/requirements.lock]

Without a file the package index is asked (pip-audit in .streams/release). A file holds advisories in the OSV schema:
one, a list, {"vulns": […]}, or all of PyPI, https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip.
Exit code 1 when something is vulnerable, 2 when nothing could be found out.
"""

import argparse
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parent.parent
LOCK, PIP_AUDIT = ROOT / "deploy" / "requirements.lock", ROOT / ".streams" / "release" / "bin" / "pip-audit"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_NOT_TOLD = ("Traceback", "ServiceError", "ConnectionError", "could not be audited")
_UNREACHABLE = (
    "The package index does not tell of advisories from here. With a file of them: make audit ADVISORIES=FILE,"
    " see python -m tools.audit --help"
)


def normal(name: str) -> str:
    """Return the one spelling of the name of a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: str) -> dict[str, str]:
    """Return the packages of a lock file with their versions."""
    return {normal(name): version for name, version in _PINNED.findall(lock)}


def advisories(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the advisories of a file; ValueError when it holds none."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                yield json.loads(archive.read(name))
        return
    found = json.loads(file.read_text("utf-8"))
    found = found.get("vulns", [found]) if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(one, dict) and "id" in one for one in found):
        raise ValueError("no advisories in the OSV schema")
    yield from found


def affects(advisory: dict[str, Any], name: str, version: str) -> bool:
    """Return whether an advisory that is not withdrawn is about this version of a package."""
    if advisory.get("withdrawn"):
        return False
    for affected in advisory.get("affected", ()):
        package = affected.get("package", {})
        if package.get("ecosystem") != "PyPI" or normal(package.get("name", "")) != name:
            continue
        if version in affected.get("versions", ()):
            return True
        ranges = [one for one in affected.get("ranges", ()) if one.get("type") == "ECOSYSTEM"]
        if any(_within(one.get("events", ()), Version(version)) for one in ranges):
            return True
    return False


def _within(events: list[dict[str, str]], version: Version) -> bool:
    inside = False
    for event in events:
        for kind, bound in event.items():
            try:
                place = Version(bound)
            except InvalidVersion:
                continue
            if kind == "introduced" and version >= place:
                inside = True
            elif (kind == "fixed" and version >= place) or (kind == "last_affected" and version > place):
                inside = False
    return inside


def offline(lock: Path, file: Path) -> int:
    """Compare a lock file with advisories; return the exit code."""
    packages, read, bad = pinned(lock.read_text("utf-8")), 0, 0
    try:
        for advisory in advisories(file):
            read += 1
            for name, version in packages.items():
                if affects(advisory, name, version):
                    bad += 1
                    print(f"{name} {version}: {advisory['id']} {advisory.get('summary', '')}".strip())
    except (OSError, ValueError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 2
    print(f"{len(packages)} packages, {read} advisories, {bad} that apply")
    return int(bad > 0)


def online(lock: Path) -> int:
    """Ask the package index; return the exit code."""
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--strict", "-r", str(lock)]
    done = subprocess.run([PIP_AUDIT, *options], capture_output=True, text=True, check=False)
    if done.returncode and any(sign in done.stderr for sign in _NOT_TOLD):
        print(f"{done.stderr.strip().rpartition(chr(10))[2][:300]}\n{_UNREACHABLE}", file=sys.stderr)
        return 2
    print(done.stdout + done.stderr, end="")
    return done.returncode


def main() -> int:
    """Look, and say what is vulnerable."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "--advisories", type=Path, metavar="FILE", help="advisories in the OSV schema (JSON, or ZIP of it)"
    )
    parser.add_argument("--lock", type=Path, default=LOCK)
    asked = parser.parse_args()
    return offline(asked.lock, asked.advisories) if asked.advisories else online(asked.lock)


if __name__ == "__main__":
    sys.exit(main())
