"""Cause every alert of deploy/prometheus/rules.yml, do what the runbook says, and see it end: `make test-alerts`.

    python tests/runbook/run.py [ALERT…]

A broker, workers, a feed, `streams alerts run` and Prometheus (from the PATH) are started here and ended again. The
rules are those of the file with their times shortened, as `SHORT` says, so that an hour passes in seconds. Exit code 1
when an alert did not fire, or did not end.
"""

import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "kafka")]

from processes import Site, Worker  # noqa: E402

from streams import settings  # noqa: E402
from streams.kafka.broker import Broker, embedded_broker, free_port  # noqa: E402

RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
SHORT = {
    "1d": "60s",
    "6h": "16s",
    "1h": "14s",
    "30m": "10s",
    "15m": "30s",
    "10m": "10s",
    "5m": "8s",
    "2m": "6s",
    "1m": "3s",
}
SMALLER = {
    "streams_lag_seconds) > 300": "streams_lag_seconds) > 5", "recovery_seconds > 60": "recovery_seconds > 0.5",
    "clients_total[10s])) > 20": "clients_total[10s])) > 2",
}  # fmt: skip
ITEM = "Shells hit village {0} north of {1} early on Monday, the mayor {2} said, and wounded {3} farm workers near {4}."
HOOK = """[[receiver]]
name = "nobody"
kind = "webhook"
url = "http://127.0.0.1:9/"
private = true
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
[[rule]]
name = "all"
when = "each"
everything = true
repeat = "1m"
receivers = ["nobody"]
"""


def shortened(text: str) -> str:
    """Return the rules with every stretch of time, and the thresholds that are times, made shorter."""
    text = re.sub(r"for: \w+", "for: 2s", text)
    text = re.sub(r"(\[|offset )(\d+[smhd])\b", lambda found: found[1] + SHORT[found[2]], text)
    for old, new in SMALLER.items():
        if old not in text:
            raise SystemExit(f"FAILED: {old!r} is not in the rules any more")
        text = text.replace(old, new)
    return text


def items(first: int, count: int, source: str = "example.org") -> bytes:
    """Return so many items, each with words of its own."""
    made = []
    for number in range(first, first + count):
        words = [f"{number * 7919 % 99991:x}{letter}" for letter in "abcde"]
        made.append(json.dumps({"id": f"{source}-{number}", "text": ITEM.format(*words), "source": {"domain": source}}))
    return "\n".join(made).encode()


class Scene:
    """What is run, and what Prometheus thinks of it."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker, self.folder = broker, folder
        self.sites: list[Site] = []
        self.number = 0
        self.port, self.targets = free_port(), folder / "targets"
        self.targets.mkdir()

    def site(self, **more: str) -> Site:
        """Return an application of its own, its topics made."""
        made = Site(self.broker.address, self.folder, more={"STREAMS_PARTITIONS": "1", **more})
        if (done := made.run("topics", "create")).returncode:
            raise SystemExit(f"FAILED: {done.stderr.decode()}")
        self.sites.append(made)
        return made

    def send(self, site: Site, count: int, bad: int = 0, source: str = "example.org") -> None:
        """Send items, and some records that are none."""
        self.number += count
        given = items(self.number, count, source) + b"\n" + b"\n".join(b'{"no": 1}' for _ in range(bad)) + b"\n"
        file = self.folder / "items.jsonl"
        file.write_bytes(given)
        if (done := site.run("produce", str(file), seconds=120)).returncode:
            raise SystemExit(f"FAILED: {done.stderr.decode()}")

    def watch(self, job: str, *processes: Worker) -> None:
        """Let Prometheus look at these processes, and no others of the kind."""
        targets = [{"targets": [f"127.0.0.1:{one.port}" for one in processes]}]
        (self.targets / f"{job}.json").write_text(json.dumps(targets if processes else []))

    def working(self, site: Site) -> Worker:
        """Start a worker, let Prometheus look at it, and return it when it has its partitions."""
        worker = site.worker()
        self.watch("worker", worker)
        worker.wait_ready()
        return worker

    def fires(self, alert: str) -> bool:
        """Return whether an alert fires."""
        query = urllib.parse.urlencode({"query": f'ALERTS{{alertname="{alert}",alertstate="firing"}}'})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=10) as answer:
            return bool(json.load(answer)["data"]["result"])

    def until(self, alert: str, firing: bool, seconds: float, again: Callable[[], object] = lambda: None) -> None:
        """Wait until an alert fires, or does no more, doing something again and again meanwhile."""
        end = time.monotonic() + seconds
        while self.fires(alert) != firing:
            if time.monotonic() > end:
                raise SystemExit(f"FAILED: {alert} {'does not fire' if firing else 'does not end'} in {seconds:.0f} s")
            again()
            time.sleep(0.5)

    @contextmanager
    def prometheus(self) -> Iterator[None]:
        """Run Prometheus for the length of a block."""
        (self.folder / "rules.yml").write_text(shortened(RULES.read_text("utf-8")), "utf-8")
        jobs = [
            {
                "job_name": f"streams-{job}",
                "file_sd_configs": [{"files": [f"{self.targets}/{job}.json"], "refresh_interval": "1s"}],
            }
            for job in ("worker", "feed", "alerts")
        ]
        made = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": jobs,
        }
        (self.folder / "prometheus.yml").write_text(json.dumps(made))
        options = [f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
                   f"--web.listen-address=127.0.0.1:{self.port}"]  # fmt: skip
        with (self.folder / "prometheus.log").open("wb") as log:
            process = subprocess.Popen(["prometheus", *options], stdout=log, stderr=log)
        try:
            for _ in range(100):
                with suppress(OSError, http.client.HTTPException):
                    urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2).close()
                    break
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait()

    def close(self) -> None:
        """End what still runs."""
        for site in self.sites:
            site.close()


def main(wanted: list[str]) -> int:
    """Cause the alerts one after the other; return the exit code."""
    from causes import CAUSES

    names = set(re.findall(r"- alert: (\w+)", RULES.read_text("utf-8")))
    if names != CAUSES.keys():
        raise SystemExit(f"FAILED: no cause is known of {names ^ CAUSES.keys()}")
    failed = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        broker = stack.enter_context(embedded_broker(settings.read().cache_dir))
        scene = Scene(broker, Path(folder))
        stack.callback(scene.close)
        stack.enter_context(scene.prometheus())
        for name in wanted or CAUSES:
            began = time.monotonic()
            try:
                CAUSES[name](scene)
                print(f"{name} fired and ended, {time.monotonic() - began:.0f} s", flush=True)
            except (SystemExit, Exception) as error:  # noqa: BLE001 - the others are tried all the same
                print(f"{name}: {type(error).__name__}: {error}", flush=True)
                failed.append(name)
            for job in ("worker", "feed", "alerts"):
                scene.watch(job)
            scene.close()
    print(f"{len(wanted or CAUSES) - len(failed)} alerts fired and ended; not: {', '.join(failed) or 'none'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parent))
    sys.exit(main(sys.argv[1:]))
