"""Every setting: one `STREAMS_…` variable, its default, its meaning. The only reader of the environment."""

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streams.errors import ConfigError

PREFIX = "STREAMS_"
# Not Path.expanduser, which fails for a user without a home, such as a dynamic one of systemd: there it stays `~`.
_HOME = Path(os.path.expanduser("~"))
_URL, _ORIGINS = "an http(s) address, or empty", "scheme://host[:port][,…], * or empty"
_NAME = "letters, digits, . _ -"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one setting is read: the parser, what it allows (for the error message), and what it means."""

    meaning: str
    parse: Callable[[str], Any]
    allowed: str
    secret: bool = False


def _one_of(*choices: str) -> tuple[Callable[[str], str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError
        return value

    return parse, "one of " + ", ".join(choice or "(empty)" for choice in choices)


def _number(kind: type[int] | type[float], low: float, high: float) -> tuple[Callable[[str], int | float], str]:
    def parse(value: str) -> int | float:
        number = kind(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return parse, f"{'a whole number' if kind is int else 'a number'} from {low:g} to {high:g}"


def _flag(value: str) -> bool:
    if value.lower() not in _TRUE + _FALSE:
        raise ValueError
    return value.lower() in _TRUE


def _brokers(value: str) -> str:
    for broker in value.split(","):
        host, _, port = broker.strip().rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError
    return value


def _name(value: str) -> str:
    if not all(char.isalnum() or char in "._-" for char in value) or len(value) > 100:
        raise ValueError
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError
    return value


def _origins(value: str) -> str:
    for origin in value.split(",") if value not in ("", "*") else ():
        if not _url(origin) or urlsplit(origin).path:
            raise ValueError
    return value


def _path(value: str) -> Path:
    return Path(os.path.expanduser(value))


def _optional_path(value: str) -> Path | None:
    return _path(value) if value else None


def _rule(default: Any, meaning: str, parse: Callable[[str], Any], allowed: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"rule": Rule(meaning, parse, allowed, secret)})


def _text(default: str, meaning: str, *, secret: bool = False) -> Any:
    return _rule(default, meaning, str, "any text", secret=secret)


def _file(meaning: str) -> Any:
    return _rule(None, meaning, _optional_path, "the path of a file, or empty")


def _int(default: int, low: int, high: int, meaning: str) -> Any:
    return _rule(default, meaning, *_number(int, low, high))


def _float(default: float, low: float, high: float, meaning: str) -> Any:
    return _rule(default, meaning, *_number(float, low, high))


def _choice(default: str, meaning: str, *choices: str) -> Any:
    return _rule(default, meaning, *_one_of(*choices))


def _cache(*parts: str) -> Path:
    return _HOME.joinpath(*parts)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of every command, read once at the start with `read`."""

    brokers: str = _rule("localhost:9092", "Kafka bootstrap brokers", _brokers, "host:port[,host:port…]")
    app_id: str = _rule("streams", "consumer group and name of the application", _name, _NAME)
    topic_prefix: str = _rule("", "put before every topic name, such as acme.", _name, _NAME)
    instance_id: str = _rule("", "static membership: a name for each worker, kept over restarts", _name, _NAME)
    state_dir: Path = _rule(_cache(".local", "state", "streams"), "folder for local state", _path, "a folder")
    cache_dir: Path = _rule(_cache(".cache", "streams"), "folder for the jars of the broker", _path, "a folder")

    partitions: int = _int(4, 1, 1000, "partitions of the topics that `streams topics create` makes")
    replication: int = _int(1, 1, 9, "replicas of those topics")

    security_protocol: str = _choice(
        "PLAINTEXT", "how to talk to the brokers", "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"
    )
    sasl_mechanism: str = _choice(
        "", "SASL mechanism; empty: PLAIN", "", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"
    )
    sasl_username: str = _text("", "SASL user")
    sasl_password: str = _text("", "SASL password", secret=True)
    sasl_token_file: Path | None = _file("OAUTHBEARER: file with the token, read anew for each connection")
    ssl_cafile: Path | None = _file("certificate authority of the brokers (PEM); empty: the system's")
    ssl_certfile: Path | None = _file("own certificate (PEM), for mutual TLS")
    ssl_keyfile: Path | None = _file("key of the own certificate (PEM)")
    ssl_keypassword: str = _text("", "password of that key, if it has one", secret=True)
    ssl_check_hostname: bool = _rule(True, "check the broker's name against its certificate", _flag, "true or false")

    window_hours: float = _float(72, 0.01, 8760, "items further apart than this (event time) are never copies")
    window_items: int = _int(200_000, 100, 50_000_000, "items remembered at most for each partition of news.items")
    batch_records: int = _int(500, 1, 10_000, "records handed to an agent at once")
    delivery: str = _choice(
        "at-least-once",
        "at-least-once, or exactly-once: outputs, memory and offsets of a batch in one Kafka transaction",
        "at-least-once",
        "exactly-once",
    )
    commit_interval: float = _float(0.1, 0.05, 60, "seconds between commits of offsets")
    session_timeout: float = _float(10.0, 1, 300, "seconds until the brokers give up a silent worker")
    stall_timeout: float = _float(60.0, 5, 3600, "a worker with lag that commits nothing for so many seconds exits")
    poison_share: float = _float(0.5, 0, 1, "the worker stops when more than this share of recent records is poison")
    poison_records: int = _int(500, 10, 1_000_000, "how many records back that share is taken over")
    linger_ms: int = _int(0, 0, 1000, "milliseconds a producer waits to fill a batch")
    compression: str = _choice("zstd", "compression of what is produced", "zstd", "lz4", "gzip", "none")
    backfill_delay: float = _float(1.0, 0, 3600, "seconds live items wait for old ones, about; 0: those at full speed")

    routes_file: Path | None = _file("routes to downstream topics (TOML); empty: those that ship with streams")
    alerts_file: Path | None = _file("rules for alerts (TOML)")
    registry_dir: Path | None = _file("folder with TOML files of conflicts beside those that ship with streams")
    gazetteer_file: Path | None = _file("compiled gazetteer; empty: the one that ships with streams")

    feed_host: str = _text("127.0.0.1", "address `streams feed` listens on; the default: this machine only")
    feed_port: int = _int(8080, 0, 65535, "its port; 0: any free one")
    feed_url: str = _rule("", "address readers know the feed by, such as https://news.example", _url, _URL)
    feed_items: int = _int(5000, 10, 1_000_000, "recent events the feed remembers at most")
    feed_hours: float = _float(72, 0.01, 8760, "and how far back it remembers them")
    feed_backfill: bool = _rule(False, "feed replayed old news, too", _flag, "true or false")
    feed_clients: int = _int(5000, 1, 100_000, "live readers at once")
    feed_clients_per_address: int = _int(100, 1, 100_000, "live readers and requests under way of one address")
    feed_forwarded: bool = _rule(
        False, "take the reader's address from X-Forwarded-For, behind a proxy that sets it", _flag, "true or false"
    )
    feed_queue: int = _int(500, 1, 100_000, "events a slow live reader may be behind before it is dropped")
    feed_heartbeat: float = _float(15, 0.1, 3600, "seconds between heartbeats to live readers")
    feed_max_age: int = _int(10, 0, 86_400, "seconds a document of the feed may be cached")
    feed_tokens: str = _text("", "bearer tokens that may read the feed, with commas between; empty: all", secret=True)
    feed_tokens_file: Path | None = _file("more bearer tokens, one a line")
    feed_origins: str = _rule("", "web origins whose pages may read the feed, with commas; *: all", _origins, _ORIGINS)
    feed_hub: str = _rule("", "WebSub hub the documents of the feed name, and that is told of changes", _url, _URL)
    feed_hub_private: bool = _rule(False, "the hub may have an address of your own network", _flag, "true or false")

    metrics_host: str = _text("127.0.0.1", "address that serves /metrics, /livez and /readyz")
    metrics_port: int = _int(9101, 0, 65535, "its port; the next free one when taken; 0: none")
    log_level: str = _choice("info", "least important log line shown", "debug", "info", "warning", "error")
    log_format: str = _choice("text", "form of log lines", "text", "json")

    def client_options(self) -> dict[str, Any]:
        """Return what every aiokafka client is made with: brokers, security, names."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.brokers.split(","),
            "security_protocol": self.security_protocol,
        }
        if self.security_protocol.endswith("SSL"):
            options["ssl_context"] = self.ssl_context()
        if self.security_protocol.startswith("SASL"):
            options |= {"sasl_mechanism": self.sasl_mechanism or "PLAIN", **self._sasl()}
        return options

    def _sasl(self) -> dict[str, Any]:
        if self.sasl_mechanism == "OAUTHBEARER":
            if not self.sasl_token_file:
                raise ConfigError("STREAMS_SASL_MECHANISM=OAUTHBEARER needs STREAMS_SASL_TOKEN_FILE")
            from streams.tokens import TokenFile  # aiokafka with it, which `streams --help` does without

            return {"sasl_oauth_token_provider": TokenFile(self.sasl_token_file)}
        if not (self.sasl_username and self.sasl_password):
            raise ConfigError(
                f"STREAMS_SECURITY_PROTOCOL={self.security_protocol} needs STREAMS_SASL_USERNAME and "
                "STREAMS_SASL_PASSWORD (or STREAMS_SASL_PASSWORD_FILE)"
            )
        return {"sasl_plain_username": self.sasl_username, "sasl_plain_password": self.sasl_password}

    def ssl_context(self) -> ssl.SSLContext:
        """Return the TLS context of the settings; ConfigError when a certificate cannot be read."""
        from streams.certificates import context

        made = context(self.ssl_cafile, self.ssl_certfile, self.ssl_keyfile, self.ssl_keypassword)
        made.check_hostname = self.ssl_check_hostname
        return made


def rules() -> dict[str, tuple[Rule, Any]]:
    """Return field name → (rule, default) in the order they are declared."""
    return {item.name: (item.metadata["rule"], item.default) for item in fields(Settings)}


def variable(name: str) -> str:
    """Return the environment variable of a field."""
    return PREFIX + name.upper()


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; ConfigError names variable, value and what is allowed, unknown variables included.

    A secret may be in a file instead: its variable with `_FILE` added holds the path.
    """
    known = rules()
    environ = _with_files(os.environ if environ is None else environ, known)
    for name in environ:
        if (
            name.startswith(PREFIX)
            and not name.startswith(f"{PREFIX}TEST_")
            and name[len(PREFIX) :].lower() not in known
        ):
            raise ConfigError(f"{name} is no setting; `streams settings` lists them all")
    values = {name: _value(variable(name), environ[variable(name)], rule)
              for name, (rule, _) in known.items() if variable(name) in environ}  # fmt: skip
    return Settings(**values)


def _with_files(environ: Mapping[str, str], known: Mapping[str, tuple[Rule, Any]]) -> dict[str, str]:
    """Put the contents of `…_FILE` in the place of the variable, less the space around them."""
    values = dict(environ)
    secrets = [name for name, (rule, _) in known.items() if rule.secret and f"{name}_file" not in known]
    for name in map(variable, secrets):
        path = values.pop(f"{name}_FILE", "")
        if path and name in values:
            raise ConfigError(f"{name} and {name}_FILE are both set: keep one")
        try:
            values |= {name: Path(path).read_text(encoding="utf-8").strip()} if path else {}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{name}_FILE={path!r} cannot be read: {getattr(error, 'strerror', error)}") from None
    return values


def _value(name: str, given: str, rule: Rule) -> Any:
    try:
        return rule.parse(given)
    except ValueError:
        shown = "(secret)" if rule.secret else repr(given)
        raise ConfigError(f"{name}={shown}: allowed is {rule.allowed}") from None


def table(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Return a row a setting: variable, value, default, meaning; secrets as stars."""
    rows = []
    for name, (rule, default) in rules().items():
        value = getattr(settings, name)
        shown = ("***" if value else "") if rule.secret else _shown(value)
        rows.append((variable(name), shown, _shown(default), f"{rule.meaning} ({rule.allowed})"))
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, Path):
        text = str(value)
        return "~" + text.removeprefix(str(_HOME)) if text.startswith(str(_HOME) + os.sep) else text
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
