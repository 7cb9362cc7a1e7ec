"""Bring up docker-compose.yml for real, send the sample items through, check the account, scale, stop, take it down.

Uses `$COMPOSE` (default: `docker compose`) and a project, volumes and ports of its own; takes everything down again
whatever happens. Standard library only. Exit code 1 with the reason and the last log lines when something is wrong.
"""

import json
import os
import shlex
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
ITEMS = ROOT / "streams" / "samples" / "items.jsonl"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "streams.json"
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


class Project:
    """One Compose project under a name, with ports and volumes that no other has."""

    def __init__(self) -> None:
        self.prometheus = free_port()
        name = f"streams-test-{os.getpid()}"
        self._command = [*shlex.split(os.environ.get("COMPOSE") or "docker compose"), "--project-name", name]
        self._environment = {**os.environ, "KAFKA_PORT": str(free_port()), "PROMETHEUS_PORT": str(self.prometheus)}

    def run(self, *words: str, stdin: bytes = b"", seconds: float = 120) -> str:
        """Run a Compose command and return what it printed; end the test when it fails."""
        done = subprocess.run(
            [*self._command, *words], input=stdin, capture_output=True, cwd=ROOT, env=self._environment, timeout=seconds
        )
        output = done.stdout.decode(errors="replace")
        expect(done.returncode == 0, f"compose {' '.join(words)}: exit code {done.returncode}\n{output}"
               + done.stderr.decode(errors="replace")[-3000:])  # fmt: skip
        return output + (done.stderr.decode(errors="replace") if words[0] == "exec" else "")

    def streams(self, *words: str, stdin: bytes = b"") -> str:
        """Run a command of the project in the first worker's container."""
        return self.run("exec", "-T", "worker", "streams", *words, stdin=stdin)

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
        with urllib.request.urlopen(f"http://127.0.0.1:{self.prometheus}/api/v1/{path}", timeout=10) as answer:
            data: dict[str, Any] = json.load(answer)["data"]
        return data

    def down(self) -> None:
        """Remove containers, networks and volumes of the project."""
        self.run("down", "--volumes", "--remove-orphans", "--timeout", "20")


def come_up(project: Project) -> None:
    """Build and start everything, and wait for the health checks."""
    project.run("config", "--quiet")
    say("building the image (a minute or two the first time)")
    project.run("build", seconds=900)
    say("starting Kafka, topics, worker and Prometheus")
    project.run("up", "--detach", "--wait", "--wait-timeout", "120", seconds=180)


def check_hardening(project: Project) -> None:
    """Nothing is open to other machines, and a worker can change nothing in its container."""
    for container in project.containers():
        open_to = {port["URL"] for port in container.get("Publishers") or () if port["PublishedPort"]}
        expect(open_to <= {"127.0.0.1"}, f"{container['Service']} is open to {open_to}")
    script = "id -u; touch /opt/streams/x 2>/dev/null && echo writable; grep -i ^capeff /proc/self/status; which gcc cc"
    lines = project.run("exec", "-T", "worker", "sh", "-c", f"{script}; true").split()
    expect(
        lines == ["10001", "CapEff:", "0000000000000000"],
        f"the worker's container is not hardened: {lines}",
    )


def send(project: Project, items: list[bytes]) -> None:
    """Send raw items and make sure the broker has acknowledged all."""
    said = project.streams("produce", "-", stdin=b"\n".join(items) + b"\n")
    expect(f"{len(items)} sent, {len(items)} acknowledged" in said, f"produce: {said}")


def origins(project: Project, records: int) -> tuple[set[str], set[str]]:
    """Return the origins of all events and of all dead letters, waiting until there are so many in all."""
    dead = {_origin(letter["origin"]) for letter in _lines(project.streams("dead-letters", "list", "--json"))}
    every = [word for status in ("new", "revision", "duplicate") for word in ("--status", status)]
    count = str(records - len(dead))
    events = _lines(project.streams("tail", "--json", "--from-beginning", *every, "--count", count))
    return {_origin(event["provenance"]["origin"]) for event in events}, dead


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def _origin(fields: dict[str, Any]) -> str:
    return f"{fields['topic']} {fields['partition']} {fields['offset']}"


def check_ledger(project: Project, records: int) -> None:
    """Every record of news.raw is exactly one of event, duplicate and dead letter."""
    until(lambda: project.value('sum(streams_items_total{stage="dedup"}) + sum(streams_dead_letters_total)') >= records,
          60, f"not all of {records} records have an outcome")  # fmt: skip
    events, dead = origins(project, records)
    say(f"{records} records in: {len(events)} events and duplicates, {len(dead)} dead letters")
    expect(len(events | dead) == records == len(events) + len(dead), "which does not add up")


def check_monitoring(project: Project) -> None:
    """Rules are loaded, do what their tests say, and every panel of the dashboard has something to show."""
    project.run("exec", "-T", "prometheus", "promtool", "test", "rules", "/etc/prometheus/rules.test.yml")
    rules = [rule for group in project.prometheus_api("rules")["groups"] for rule in group["rules"]]
    expect(len(rules) > 5 and all(rule["health"] != "err" for rule in rules), f"rules: {rules}")
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    queries = {target["expr"].replace("$__rate_interval", "5m"): panel["title"]
               for panel in panels for target in panel.get("targets", ())}  # fmt: skip
    say(f"{len(rules)} rules, {len(queries)} queries of the dashboard")
    for query, title in queries.items():
        # A rate needs two scrapes, a recorded series an evaluation.
        until(partial(project.query, query), 45, f"nothing to show in {title!r}")


def check_scaling(project: Project, items: list[bytes]) -> None:
    """A second worker comes up, Prometheus finds it, both work, and the account still adds up."""
    project.run("up", "--detach", "--no-recreate", "--scale", "worker=2", "--wait", "--wait-timeout", "60")
    until(lambda: project.value('sum(up{job="streams-worker"})') == 2, 30, "Prometheus does not see both workers")
    before = project.value('count(sum by (instance) (streams_items_total{stage="enrich"}) > 0)')
    expect(before == 1, f"{before} workers had worked already")
    send(project, items)
    check_ledger(project, 2 * len(items))
    until(lambda: project.value('count(sum by (instance) (streams_items_total{stage="enrich"}) > 0)') == 2,
          30, "only one of two workers works")  # fmt: skip


def check_stopping(project: Project) -> None:
    """Up to here no alert has fired; workers that are asked to stop finish within ten seconds and end with 0."""
    firing = [sample["metric"]["alertname"] for sample in project.query('ALERTS{alertstate="firing"}')]
    expect(not firing, f"alerts: {firing}")
    began = time.monotonic()
    project.run("stop", "worker")
    codes = [container["ExitCode"] for container in project.containers() if container["Service"] == "worker"]
    say(f"both workers stopped in {time.monotonic() - began:.1f} s with {codes}")
    expect(codes == [0, 0], "exit codes should be 0")


def main() -> None:
    """Run all of it, in an order in which each step builds on the one before."""
    project = Project()
    items = [line for line in ITEMS.read_bytes().split(b"\n") if line]
    try:
        come_up(project)
        check_hardening(project)
        say(f"sending {len(items)} sample items")
        send(project, items)
        check_ledger(project, len(items))
        check_monitoring(project)
        say("a second worker")
        check_scaling(project, items)
        check_stopping(project)
    except BaseException:
        with suppress(SystemExit, subprocess.SubprocessError):
            print(project.run("logs", "--no-color", "--tail", "40"), file=sys.stderr)
        raise
    finally:
        say("taking it down")
        project.down()
    say("all is well")


if __name__ == "__main__":
    main()
