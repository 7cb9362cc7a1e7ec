"""Events enriched again, after the registry, the gazetteer or the code has changed."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from msgspec import DecodeError

from streams import codec, pipeline, routing, topics
from streams.kafka import client, reading, replay
from streams.kafka.produce import Outbox, watched
from streams.messages import Event
from streams.routing import Routes
from streams.settings import Settings

Say = Callable[[str], None]


def run(settings: Settings, stretch: replay.Stretch, say: Say) -> int:
    """Enrich a stretch of `news.enriched` again and send what has changed, under the same ids, as backfill.

    They go to `news.enriched` and to their routes. Nothing is judged anew: verdicts and stories stay. Exit code 1 when
    not everything was acknowledged.
    """
    models, routes = pipeline.load(settings), routing.load(settings.routes_file, settings.topic_prefix)
    return client.run(_run(settings, models, routes, stretch, say))


async def _run(settings: Settings, models: pipeline.Models, routes: Routes, stretch: replay.Stretch, say: Say) -> int:
    source, started, count = topics.names(settings).enriched, time.monotonic(), Counter[str]()
    async with client.consumer(settings) as consumer, client.producer(settings) as producer:
        starts, ends = await replay.bounds(consumer, source, stretch)
        await reading.seek(consumer, starts)
        box = Outbox(producer)
        async for record in watched(reading.until(consumer, ends), lambda: f"{count['read']} read, {box.progress()}"):
            event = _changed(models, record.value)
            count.update(read=1, changed=int(event is not None))
            if event:
                await _send(box, event, record.key, (source, *routes.of(event)))
        await box.flush()
    took = f"{time.monotonic() - started:.1f} s"
    say(f"{count['read']} events read, {count['changed']} changed: {box.progress()}, {took}")
    return int(box.acked != box.sent)


async def _send(box: Outbox, event: Event, key: bytes | None, targets: Iterable[str]) -> None:
    for topic in targets:
        await box.send(topic, codec.encode_event(event), key, codec.event_headers(event))


def _changed(models: pipeline.Models, value: bytes | None) -> Event | None:
    """Return an event enriched again, None when the same was found in it; what is no event is left alone."""
    try:
        before = codec.decode_event(value or b"")
    except DecodeError:
        return None
    after = pipeline.enrich_again(models, before, datetime.now(UTC))
    same = (after.conflicts, after.places, after.countries) == (before.conflicts, before.places, before.countries)
    return None if same else after
