"""The jars of Apache Kafka: fetched once, checked against `jars.sha256`, kept in a cache folder."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from streams.errors import CommandFailed

COORDINATES = "org.apache.kafka:kafka_2.13:4.3.0+org.slf4j:slf4j-simple:1.7.36"


def checksums() -> dict[str, str]:
    """Return file name → SHA-256 of every jar the broker runs with."""
    lines = files("streams.kafka").joinpath("jars.sha256").read_text().splitlines()
    return {name: checksum for checksum, name in (line.split() for line in lines)}


def wrong(folder: Path) -> list[str]:
    """Return the names of the jars that are missing in a folder or are not what they should be."""
    return [name for name, checksum in checksums().items() if _checksum(folder / name) != checksum]


def _checksum(jar: Path) -> str | None:
    if not jar.is_file():
        return None
    with jar.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def classpath(cache: Path, say: Callable[[str], None]) -> str:
    """Return the classpath of the broker, fetching what is not in the cache; CommandFailed when that cannot be."""
    folder = cache / "kafka-4.3.0"
    if wrong(folder):
        say("fetching Apache Kafka 4.3 (45 MB, only this once) …")
        _fetch(folder)
    return ":".join(str(folder / name) for name in checksums())


def _fetch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        for jar in _resolve(Path(work)):
            if _checksum(jar) == checksums().get(jar.name):
                shutil.move(jar, folder / jar.name)
    if bad := wrong(folder):
        raise CommandFailed(f"fetched other files than streams/kafka/jars.sha256 lists: {', '.join(bad)}")


def _resolve(work: Path) -> list[Path]:
    try:
        from jgo.env import EnvironmentBuilder, LinkStrategy
        from jgo.maven import MavenContext
    except ImportError as error:
        raise CommandFailed("the embedded broker needs `pip install 'streams[broker]'`") from error
    context = MavenContext(repo_cache=work / "maven")
    builder = EnvironmentBuilder(context=context, cache_dir=work / "jgo", link_strategy=LinkStrategy.HARD)
    try:
        return list(Path(builder.from_endpoint(COORDINATES).path).rglob("*.jar"))
    except (OSError, RuntimeError, ValueError) as error:
        raise CommandFailed(
            f"Apache Kafka cannot be fetched from the Maven repository: {error}\n"
            "try again with a network, or set STREAMS_BROKERS to a broker of your own"
        ) from error
