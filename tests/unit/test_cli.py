"""The command line: help that teaches, exit codes, errors in one line, and a quick start."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from streams import cli, settings

COMMAND = [sys.executable, "-m", "streams"]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMS_")}
    return subprocess.run(
        [*COMMAND, *arguments], env=inherited | variables, capture_output=True, text=True, timeout=30, check=False
    )


def commands(group: click.Group = cli.streams, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


@pytest.mark.parametrize(("name", "command"), [*commands()])
def test_every_command_says_what_it_does(name: str, command: click.Command) -> None:
    text = command.get_help(click.Context(command, info_name=name))
    assert len((command.help or "").splitlines()[0]) > 30
    if command.params:
        assert f"streams {name.split()[0]}" in text.partition("Example:")[2]
    assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))


def test_the_commands_of_the_design_are_there() -> None:
    assert {name for name, _ in commands()} >= {
        "demo", "enrich", "broker", "topics create", "topics check", "worker", "produce", "tail",
        "dead-letters list", "dead-letters retry", "replay", "check", "settings", "bench enrich", "explain",
    }  # fmt: skip


def test_help_needs_no_heavy_module() -> None:
    heavy = "{'numpy', 'aiokafka', 'faust', 'asyncio', 'feedparser', 'prometheus_client'}"
    program = f"import sys, streams.cli; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_setting_is_one_line_and_exit_code_2() -> None:
    done = run("settings", STREAMS_PARTITIONS="many")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "streams: STREAMS_PARTITIONS='many': allowed is a whole number from 1 to 1000\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str) -> None:
    assert "_STREAMS_COMPLETE" in run(_STREAMS_COMPLETE=f"{shell}_source").stdout
    asked = {"COMP_WORDS": "streams to", "COMP_CWORD": "to" if shell == "fish" else "1"}
    assert "topics" in run(_STREAMS_COMPLETE=f"{shell}_complete", **asked).stdout


def test_wrong_usage_is_exit_code_2() -> None:
    done = run("tail", "--status", "old")
    assert done.returncode == 2
    assert "Invalid value for '--status'" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["produce", "-"], ["tail"], ["topics", "create"], ["dead-letters", "list"], ["replay", "--since", "1h"]],
)
def test_a_broker_that_is_not_there_is_said_at_once(arguments: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    start = time.monotonic()
    done = run(*arguments, STREAMS_BROKERS=f"127.0.0.1:{port}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"streams: no Kafka broker answers at 127.0.0.1:{port}")
    assert done.stderr.splitlines()[1:] == ["start one with `streams broker`, or set STREAMS_BROKERS to where yours is"]
    assert time.monotonic() - start < 10


def test_a_broker_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        done = run("tail", STREAMS_BROKERS=f"127.0.0.1:{silent.getsockname()[1]}")
        assert (done.returncode, time.monotonic() - start < 10) == (1, True)
    assert "no answer in 5 s" in done.stderr
    assert done.stderr.count("\n") == 2


def test_check_without_a_broker_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    start = time.monotonic()
    done = run("check", STREAMS_BROKERS=f"127.0.0.1:{port}")
    assert done.returncode == 1
    assert time.monotonic() - start < 10
    problems = [line for line in done.stdout.splitlines() if line.startswith("PROBLEM")]
    assert len(problems) == 1
    assert "start one with `streams broker`" in problems[0]


def test_check_says_a_route_of_no_known_conflict(tmp_path: Path) -> None:
    routes = tmp_path / "routes.toml"
    routes.write_text('[[route]]\ntopic = "x"\nconflicts = ["sudan", "narnia"]\n', encoding="utf-8")
    done = run("check", STREAMS_BROKERS="127.0.0.1:1", STREAMS_ROUTES_FILE=str(routes))
    assert done.returncode == 1
    assert any(line.startswith("PROBLEM  routes") and line.endswith(": narnia") for line in done.stdout.splitlines())


def test_check_says_a_wrong_setting() -> None:
    done = run("check", STREAMS_LINGER="1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "STREAMS_LINGER is no setting" in done.stderr


def test_every_setting_is_shown_and_no_secret() -> None:
    done = run("settings", STREAMS_SASL_PASSWORD="hunter2", STREAMS_PARTITIONS="7")
    shown = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines() if line.startswith("STREAMS_")}
    assert shown.keys() == {settings.variable(name) for name in settings.rules()}
    assert (shown["STREAMS_SASL_PASSWORD"], shown["STREAMS_PARTITIONS"]) == ("***", "7")
    assert "hunter2" not in done.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen([*COMMAND, "settings"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(10) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_command_is_quiet(number: int, code: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        brokers = {"STREAMS_BROKERS": f"127.0.0.1:{silent.getsockname()[1]}"}
        with subprocess.Popen([*COMMAND, "tail"], stderr=subprocess.PIPE, env=os.environ | brokers) as process:
            with silent.accept()[0]:
                process.send_signal(number)
                assert process.wait(15) == code
            assert process.stderr is not None
            assert process.stderr.read().strip() == b""


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/state/x")

    monkeypatch.setattr(cli.streams, "main", full)
    assert cli.main() == 1
    assert "the disk has no room for /state/x: make some, or set STREAMS_STATE_DIR" in capsys.readouterr().err
