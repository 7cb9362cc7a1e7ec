"""Log lines of a service on stderr: text or JSON, and no flood when a client library repeats itself."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from streams.settings import Settings

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LIBRARIES = ("faust", "mode", "aiokafka", "asyncio")


class Throttle(logging.Filter):
    """Lets a message (before its arguments) pass `burst` times in `seconds`, then says how many were left out.

    While a broker is away aiokafka writes thousands of equal lines a second.
    """

    def __init__(self, burst: int = 3, seconds: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._burst, self._seconds, self._clock = burst, seconds, clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to write a record."""
        key, now = (record.name, str(record.msg)[:80]), self._clock()
        began, count = self._seen.get(key, (now, 0))
        if now - began > self._seconds:
            if count > self._burst:
                record.msg = f"{record.msg} (and {count - self._burst} more like it)"
            began, count = now, 0
        self._seen[key] = began, count + 1
        return count < self._burst


def starting_up(record: logging.LogRecord) -> bool:
    """Tell whether a record is aiokafka's alarm about a cluster that makes its first consumer group: it asks again."""
    return any(type(argument).__name__ == "GroupCoordinatorNotAvailableError" for argument in record.args or ())


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


def configure(settings: Settings) -> None:
    """Write log lines as the settings say; libraries speak only of what goes wrong unless the level is debug."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else logging.Formatter(_TEXT))
    handler.addFilter(lambda record: not starting_up(record))
    handler.addFilter(Throttle())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    if settings.log_level != "debug":
        for library in _LIBRARIES:
            logging.getLogger(library).setLevel(logging.WARNING)
    else:  # its debug lines hold whole requests, passwords and tokens included
        logging.getLogger("aiokafka.conn").setLevel(logging.INFO)
