"""An application of a test's own: its environment, commands and worker processes."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from oracle import Oracle

from streams.kafka.broker import free_port


@dataclass
class Worker:
    """A worker process, its log and its metrics port."""

    process: subprocess.Popen
    log: Path
    port: int

    def wait_ready(self, seconds: float = 30) -> None:
        """Wait until it has partitions and its state."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2).close()
                return
            time.sleep(0.1)
        raise AssertionError(f"not ready:\n{self.log.read_text()}")

    def end(self, number: int = signal.SIGTERM, seconds: float = 40) -> int:
        """Send a signal and return the exit code; a worker that just starts cannot leave in order yet: wait for it."""
        if number == signal.SIGTERM:
            self.wait_ready()
        self.process.send_signal(number)
        return self.process.wait(seconds)


@dataclass
class Site:
    """An application of its own on a broker: environment, commands, workers, and the oracle."""

    brokers: str
    folder: Path
    name: str = field(default_factory=lambda: f"t{uuid4().hex[:8]}")
    more: dict[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)

    @property
    def once(self) -> bool:
        """Whether nothing may be seen twice."""
        return self.more.get("STREAMS_DELIVERY") == "exactly-once"

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.brokers, f"{self.name}.", "read_committed" if self.once else "read_uncommitted")

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMS_")}
        own = {
            "STREAMS_BROKERS": self.brokers,
            "STREAMS_APP_ID": self.name,
            "STREAMS_TOPIC_PREFIX": f"{self.name}.",
            "STREAMS_STATE_DIR": str(self.folder / "state"),
            "STREAMS_PARTITIONS": "4",
            "STREAMS_SESSION_TIMEOUT": "6",
            "STREAMS_COMMIT_INTERVAL": "0.2",
        }
        return inherited | own | self.more

    def run(self, *arguments: str, given: bytes = b"", seconds: float = 60) -> subprocess.CompletedProcess:
        """Run a command to its end."""
        command = [sys.executable, "-m", "streams", *arguments]
        return subprocess.run(
            command, input=given, capture_output=True, env=self.environment, timeout=seconds, check=False
        )

    def worker(self) -> Worker:
        """Start a worker."""
        return self.service("worker")

    def service(self, *command: str, port: int = 0) -> Worker:
        """Start a command that runs until it is ended and serves its health, on any free port by default."""
        port, log = port or free_port(), self.folder / f"{'-'.join(command)}-{len(self.workers)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "streams", *command, "--metrics-port", str(port)],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.environment,
                start_new_session=True,
            )  # fmt: skip
        self.workers.append(Worker(process, log, port))
        return self.workers[-1]

    @contextmanager
    def supervised(self, count: int = 1) -> Iterator[list[Worker]]:
        """Keep workers running for the length of a block: what ends is started again, as systemd would do."""
        running, over = [self.worker() for _ in range(count)], threading.Event()

        def keep() -> None:
            while not over.wait(0.2):
                for number, worker in enumerate(running):
                    if worker.process.poll() is not None:
                        running[number] = self.worker()

        thread = threading.Thread(target=keep)
        thread.start()
        try:
            yield running
        finally:
            over.set()
            thread.join()

    def wait_committed(self, seconds: float = 30) -> None:
        """Wait until the group has committed everything there is."""
        end = time.monotonic() + seconds
        while (lag := self.oracle.lag(self.name)) and time.monotonic() < end:
            time.sleep(0.2)
        assert lag == 0

    def failures(self) -> list[str]:
        """Return the last words of each worker that ended by itself with an error."""
        ended = [worker for worker in self.workers if (worker.process.poll() or 0) > 0]
        return [worker.log.read_text().strip().rpartition("\n")[2][:300] for worker in ended]

    def close(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()
