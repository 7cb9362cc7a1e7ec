"""quixstreams: two dataframes in one application, record by record, at least once with a checkpoint a second."""

import tempfile

from quixstreams import Application
from quixstreams.context import message_context
from quixstreams.models import Serializer
from recipe import BATCH_BYTES, COMMIT_SECONDS, COMPRESSION, LINGER_MS, Raw, Recipe, brokers, group


class Value(Serializer):
    """Takes the bytes out of an output."""

    def __call__(self, output, ctx) -> bytes:
        """Return the value of an output."""
        return output.value


def main() -> None:
    """Run until SIGTERM."""
    recipe = Recipe()
    application = Application(
        broker_address=brokers(),
        consumer_group=group(),
        auto_offset_reset="earliest",
        processing_guarantee="at-least-once",
        commit_interval=COMMIT_SECONDS,
        auto_create_topics=False,
        loglevel="WARNING",
        state_dir=tempfile.mkdtemp(),
        producer_extra_config={"linger.ms": LINGER_MS, "batch.size": BATCH_BYTES, "compression.type": COMPRESSION,
                               "acks": "all", "enable.idempotence": True},
        consumer_extra_config={"fetch.wait.max.ms": 100},
    )  # fmt: skip

    def source(name: str):
        return application.dataframe(application.topic(name, value_deserializer="bytes", key_deserializer="bytes"))

    targets: dict[str, object] = {}

    def target(output, *_: object):
        if output.topic not in targets:
            targets[output.topic] = application.topic(output.topic, value_serializer=Value(), key_serializer="bytes")
        return targets[output.topic]

    def enrich(value: bytes, key: bytes, timestamp: int, headers: object) -> list:
        context = message_context()
        return recipe.enrich([Raw(context.partition, context.offset, timestamp, value)])

    def admit(value: bytes, key: bytes, timestamp: int, headers: object) -> list:
        return recipe.admit(message_context().partition, [value])

    for name, work in ((recipe.names.raw, enrich), (recipe.names.items, admit)):
        made = source(name).apply(work, expand=True, metadata=True)
        made.set_headers(lambda output, *_: output.headers).to_topic(target, key=lambda output: output.key)
    application.run()


if __name__ == "__main__":
    main()
