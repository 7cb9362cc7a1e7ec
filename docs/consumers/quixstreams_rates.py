"""Count the new stories of each war by the hour, live. Needs quixstreams (3.x) and streams_client.py.

    python quixstreams_rates.py [localhost:9092] [news.enriched]

Prints a line whenever a count changes: hour (UTC), war, stories so far. The counts are kept over restarts.
"""

import sys
from datetime import UTC, datetime, timedelta

from quixstreams import Application
from streams_client import Event, parse_event


def wars(event: Event) -> list[str]:
    """Return the wars of a new story; revisions and backfills are not counted."""
    live = event.status == "new" and not event.provenance.backfill
    return [war.id for war in event.conflicts if war.score >= 0.5] if live else []


def show(window: dict, war: str, timestamp: int, headers: object) -> None:
    hour = datetime.fromtimestamp(window["start"] / 1000, UTC)
    print(f"{hour:%Y-%m-%d %H:%M}  {war}  {window['value']}", flush=True)


def main(brokers: str = "localhost:9092", topic: str = "news.enriched") -> None:
    app = Application(broker_address=brokers, consumer_group=f"{topic}-rates", auto_offset_reset="earliest")
    events = app.dataframe(app.topic(topic, value_deserializer="bytes"))
    counted = events.apply(lambda value: wars(parse_event(value)), expand=True)
    counted = counted.group_by(lambda war: war, name="war", value_serializer="json", value_deserializer="json")
    counted.tumbling_window(timedelta(hours=1)).count().current().update(show, metadata=True)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
