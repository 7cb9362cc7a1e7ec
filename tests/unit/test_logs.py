"""Log lines: the form, and no floods."""

import logging

import orjson
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from streams.logs import JsonFormatter, Throttle, starting_up


def _record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", logging.ERROR, "x.py", 1, message, arguments, None)


def test_a_flood_is_cut_and_counted() -> None:
    now = [0.0]
    throttle = Throttle(burst=2, seconds=10, clock=lambda: now[0])
    assert [throttle.filter(_record("no broker %d", n)) for n in range(5)] == [True, True, False, False, False]
    assert throttle.filter(_record("another message"))
    now[0] = 11
    after = _record("no broker %d", 6)
    assert throttle.filter(after)
    assert after.getMessage() == "no broker 6 (and 3 more like it)"


def test_a_cluster_that_makes_its_first_group_is_no_alarm() -> None:
    message = "Group Coordinator Request failed: %s"
    assert starting_up(_record(message, GroupCoordinatorNotAvailableError()))
    assert not starting_up(_record(message, KafkaError()))
    assert not starting_up(_record("stopped"))


def test_json_lines_carry_the_error() -> None:
    try:
        raise ValueError("bad \n thing")
    except ValueError as error:
        record = _record("failed: %s", "why")
        record.exc_info = (ValueError, error, error.__traceback__)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    fields = orjson.loads(line)
    assert (fields["level"], fields["logger"], fields["message"]) == ("error", "aiokafka", "failed: why")
    assert "bad" in fields["error"]
