"""The limit: the same functions over the same lines in one process, without Kafka. Prints seconds and CPU seconds."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from streams import codec, dedup, offline, pipeline, routing, settings
from streams.messages import Item, Origin


def main(path: str) -> None:
    """Work through a file of JSON Lines."""
    given = settings.read()
    models, state, routes = pipeline.load(given), offline.new_state(given), routing.load()
    lines = Path(path).read_bytes().splitlines()
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(lines), offline.BATCH):
        now, batch = datetime.now(UTC), enumerate(lines[start : start + offline.BATCH], start)
        found = offline.enrich_lines(models, [(Origin("bench", 0, number), now, line) for number, line in batch])
        items = [one for one in found if isinstance(one, Item)]
        verdicts = [dedup.admit(state, item).verdict for item in items]
        for event in [pipeline.event(item, verdict, now) for item, verdict in zip(items, verdicts, strict=True)]:
            codec.encode_event(event)
            routes.of(event)
    print(json.dumps({"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    main(sys.argv[1])
