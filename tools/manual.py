"""Write the manual page docs/streams.1 from the commands' own help. `make manual`."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from streams import __version__
from streams.cli import streams

PAGE = Path(__file__).resolve().parent.parent / "docs" / "streams.1"


def page() -> str:
    """Return the manual page in roff."""
    lines = [f'.TH STREAMS 1 "" "streams {__version__}" "User Commands"', ".SH NAME"]
    lines += [
        "streams \\- news in, events out, on Kafka",
        ".SH SYNOPSIS",
        ".B streams",
        ".I COMMAND",
        "[\\fIOPTIONS\\fR]",
    ]
    lines += [".SH DESCRIPTION", *_text(streams.help or ""), ".SH COMMANDS", *_commands(streams, "streams")]
    lines += [
        ".SH ENVIRONMENT",
        "Every setting is a variable \\fBSTREAMS_\\fR\\fI\\.\\.\\.\\fR: \\fBstreams settings\\fR lists them.",
    ]
    lines += [".SH EXIT STATUS", "0 done, 1 it failed, 2 wrong settings or usage, 70 the worker stopped at an error."]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, path: str) -> Iterator[str]:
    for name in sorted(group.commands):
        command = group.commands[name]
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield from _command(command, f"{path} {name}")


def _command(command: click.Command, path: str) -> Iterator[str]:
    arguments = " ".join(
        one.make_metavar(click.Context(command)) for one in command.params if one.param_type_name == "argument"
    )
    yield f'.SS "{_escaped(f"{path} {arguments}".strip())}"'
    yield from _text(command.help or "")
    for parameter in command.params:
        record = parameter.get_help_record(click.Context(command))
        if record:
            yield from (".TP", f".B {_escaped(record[0])}", _escaped(" ".join(record[1].split())))


def _text(text: str) -> Iterator[str]:
    """Yield paragraphs; those that click is told to leave as they are, too."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        kept = paragraph.startswith("\b")
        lines = paragraph.removeprefix("\b").strip().splitlines()
        yield ".PP"
        yield from [".nf", *map(_escaped, lines), ".fi"] if kept else [_escaped(" ".join(lines))]


def _escaped(text: str) -> str:
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
