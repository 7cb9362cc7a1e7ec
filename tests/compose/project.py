"""One Compose project under test: its commands, its containers, its account. Standard library only."""

import json
import os
import shlex
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = [line for line in (ROOT / "streams" / "samples" / "items.jsonl").read_bytes().split(b"\n") if line]
PORTS = ("KAFKA_PORT", "KAFKA_PORT_2", "KAFKA_PORT_3", "PROMETHEUS_PORT", "FEED_PORT", "ALERTMANAGER_PORT")
STARTED = time.monotonic()


def say(text: str) -> None:
    """Print a line of progress with the seconds so far."""
    print(f"{time.monotonic() - STARTED:5.0f} s  {text}", flush=True)


def expect(right: bool, wrong: str) -> None:
    """End the test with a message unless something is right."""
    if not right:
        raise SystemExit(f"FAILED: {wrong}")


def until(check: Callable[[], object], seconds: float, wrong: str) -> None:
    """Wait until a check holds, at most so many seconds."""
    deadline = time.monotonic() + seconds
    while not check():
        expect(time.monotonic() < deadline, f"{wrong} after {seconds:.0f} s")
        time.sleep(1)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def no_engine() -> str:
    """Return why no containers can be started here, or nothing."""
    for command in (["docker", "info"], [*_compose(), "version"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{' '.join(command)}: {error}"
        if done.returncode:
            return f"{' '.join(command)}: {done.stderr.strip().rpartition(chr(10))[2][:120]}"
    return ""


def _compose() -> list[str]:
    return shlex.split(os.environ.get("COMPOSE") or "docker compose")


class Project:
    """One Compose project under a name, with ports and volumes that no other has.

    Commands run in the container of one `service`, or in new ones of an `operator`, who is let in with them.
    """

    def __init__(
        self, name: str, *files: str, profiles: tuple[str, ...] = (), service: str = "worker", operator: str = ""
    ) -> None:
        self.name = f"streams-test-{name}-{os.getpid()}"
        new = ("run", "--rm", "-T", "--no-deps")
        self._streams = (*new, operator) if operator else ("exec", "-T", service, "streams")
        self._shell = (*new, "--entrypoint", "sh", operator) if operator else ("exec", "-T", service, "sh")
        self.ports = {port: free_port() for port in PORTS}
        options = [word for file in files for word in ("-f", file)]
        options += [word for profile in profiles for word in ("--profile", profile)]
        self._command = [*_compose(), "-p", self.name, *options]
        self._environment = {**os.environ, **{port: str(number) for port, number in self.ports.items()}}

    def run(self, *words: str, stdin: bytes = b"", seconds: float = 120) -> str:
        """Run a Compose command and return what it printed; end the test when it fails."""
        done = subprocess.run(
            [*self._command, *words], input=stdin, capture_output=True, cwd=ROOT, env=self._environment, timeout=seconds
        )
        output = done.stdout.decode(errors="replace")
        expect(done.returncode == 0, f"compose {' '.join(words)}: exit code {done.returncode}\n{output}"
               + done.stderr.decode(errors="replace")[-3000:])  # fmt: skip
        return output + (done.stderr.decode(errors="replace") if words[0] in ("exec", "run") else "")

    def streams(self, *words: str, stdin: bytes = b"") -> str:
        """Run a command of streams in a container."""
        return self.run(*self._streams, *words, stdin=stdin)

    def containers(self) -> list[dict[str, Any]]:
        """Return what Compose knows of each container, stopped ones included."""
        text = self.run("ps", "--all", "--format", "json")
        return json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples Prometheus answers an instant query with."""
        answer = self.prometheus_api("query?" + urllib.parse.urlencode({"query": expression}))
        result: list[dict[str, Any]] = answer["result"]
        return result

    def value(self, expression: str) -> float:
        """Return the only sample of a query, 0 when there is none."""
        return sum(float(sample["value"][1]) for sample in self.query(expression))

    def prometheus_api(self, path: str) -> dict[str, Any]:
        """Return the data of an answer of Prometheus; end the test when it refuses."""
        data: dict[str, Any] = self.get("PROMETHEUS_PORT", f"/api/v1/{path}")["data"]
        return data

    def get(self, port: str, path: str) -> Any:
        """Return the JSON that a service answers with."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=10) as answer:
            return json.load(answer)

    def docker(self, *words: str, seconds: float = 60) -> str:
        """Run a command of the engine itself and return what it printed; end the test when it fails."""
        done = subprocess.run(
            ["docker", *words], capture_output=True, text=True, cwd=ROOT, env=self._environment, timeout=seconds
        )
        expect(done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}")
        return done.stdout

    @property
    def network(self) -> str:
        """The name of the network its containers share."""
        return f"{self.name}_default"

    def health(self, container: str) -> str:
        """Return what the engine thinks of a container: `healthy`, `starting`, `unhealthy`."""
        return self.docker("inspect", "--format", "{{.State.Health.Status}}", container).strip()

    def up(self, seconds: int = 180) -> None:
        """Start everything and wait for the health checks."""
        self.run("config", "--quiet")
        self.run("up", "--detach", "--wait", "--wait-timeout", str(seconds), seconds=seconds + 60)

    def down(self) -> None:
        """Remove containers, networks and volumes of the project."""
        self.run("down", "--volumes", "--remove-orphans", "--timeout", "20")

    def send(self, items: list[bytes]) -> None:
        """Send raw items and make sure the brokers have acknowledged all."""
        said = self.streams("produce", "-", stdin=b"\n".join(items) + b"\n")
        expect(f"{len(items)} sent, {len(items)} acknowledged" in said, f"produce: {said}")

    def check_ledger(self, records: int, seconds: float = 60) -> None:
        """Wait until every record of news.raw is an event or a duplicate, or else a dead letter, never both."""
        deadline = time.monotonic() + seconds
        while True:
            events, dead, copies = self._outcomes()
            if len(events | dead) >= records or time.monotonic() > deadline:
                break
        twice = f"{len(events)} events and duplicates ({copies} of them twice)"
        say(f"{records} records in: {twice}, {len(dead)} dead letters")
        expect(len(events | dead) == records == len(events) + len(dead), "which does not add up")

    def _outcomes(self) -> tuple[set[str], set[str], int]:
        dead = {_origin(letter["origin"]) for letter in _lines(self.streams("dead-letters", "list", "--json"))}
        every = " ".join(f"--status {status}" for status in ("new", "revision", "duplicate"))
        # It goes on for ever: ten seconds are enough to read what is there.
        shown = self.run(*self._shell, "-c", f"timeout 10 streams tail --json --from-beginning {every}; true")
        events = [_origin(event["provenance"]["origin"]) for event in _lines(shown)]
        return set(events), dead, len(events) - len(set(events))


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def _origin(fields: dict[str, Any]) -> str:
    return f"{fields['topic']} {fields['partition']} {fields['offset']}"


@contextmanager
def taken_down(project: Project) -> Iterator[Project]:
    """Remove a project at the end whatever happens, and show its last log lines when something was wrong."""
    try:
        yield project
    except BaseException:
        with suppress(SystemExit, subprocess.SubprocessError):
            print(project.run("logs", "--no-color", "--tail", "40"), file=sys.stderr)
        raise
    finally:
        say("taking it down")
        project.down()
