"""What all commands share: the group they hang on, the types of their options, the way they speak."""

from typing import Final

import click

Words = tuple[str, ...]
PORT: Final = click.IntRange(1, 65535)


def say(line: str) -> None:
    """Print a line for the user, apart from the output."""
    click.echo(line, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="streams")
def streams() -> None:
    """News in, events out: deduplicated, with the armed conflict and the place of each item, live on Kafka.

    \b
    Try it without Kafka:     echo '{"text": "…"}' | streams enrich
    Try it with Kafka:        streams demo
    Every setting:            streams settings
    """
