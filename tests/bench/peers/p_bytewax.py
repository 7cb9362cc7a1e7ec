"""bytewax: both hops in one dataflow; a snapshot a second instead of offsets in Kafka."""

import os
import signal
import tempfile
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from confluent_kafka import OFFSET_BEGINNING
from recipe import BATCH_BYTES, COMMIT_SECONDS, COMPRESSION, LINGER_MS, POLL, Output, Raw, Recipe, brokers


def main() -> None:
    """Run until SIGTERM, which ends it at once: what it would snapshot is thrown away with the topics."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    recipe, flow = Recipe(), Dataflow("news")

    def enrich(records: list) -> list[KafkaSinkMessage]:
        return messages(recipe.enrich(Raw(r.partition, r.offset, r.timestamp[1], r.value) for r in records))

    def admit(records: list) -> list[KafkaSinkMessage]:
        found = defaultdict(list)
        for record in records:
            found[record.partition].append(record.value)
        return messages([output for part, values in found.items() for output in recipe.admit(part, values)])

    # Every partition is polled each turn, so that a turn of four has POLL records.
    for name, topic, work in (("enrich", recipe.names.raw, enrich), ("dedup", recipe.names.items, admit)):
        source = kop.input(
            f"{name}-in", flow, brokers=[brokers()], topics=[topic], tail=True, starting_offset=OFFSET_BEGINNING,
            batch_size=POLL // 4, add_config={"fetch.wait.max.ms": "100"},
        )  # fmt: skip
        kop.output(
            f"{name}-out", op.flat_map_batch(name, source.oks, work), brokers=[brokers()], topic=None,
            add_config={"linger.ms": str(LINGER_MS), "batch.size": str(BATCH_BYTES), "compression.type": COMPRESSION,
                        "acks": "all", "enable.idempotence": "true"},
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        init_db_dir(Path(folder), 1)
        cli_main(flow, epoch_interval=timedelta(seconds=COMMIT_SECONDS), recovery_config=RecoveryConfig(folder))


def messages(outputs: list[Output]) -> list[KafkaSinkMessage]:
    """Return outputs as bytewax sends them (it leaves the partition to the key)."""
    return [KafkaSinkMessage(o.key, o.value, topic=o.topic, headers=o.headers) for o in outputs]


if __name__ == "__main__":
    main()
