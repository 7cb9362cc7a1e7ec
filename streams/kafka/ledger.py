"""What became of every raw record, read from the topics: the account that must add up."""

from dataclasses import dataclass, field

from streams import codec
from streams.kafka import deadletters
from streams.kafka.reading import Record
from streams.messages import Event, Origin
from streams.topics import Names


@dataclass(slots=True)
class Ledger:
    """The origins of events, duplicates and dead letters; a record that was sent out twice counts once."""

    names: Names
    new: set[Origin] = field(default_factory=set)
    revisions: set[Origin] = field(default_factory=set)
    duplicates: set[Origin] = field(default_factory=set)
    dead_letters: set[Origin] = field(default_factory=set)

    def note(self, record: Record) -> Event | None:
        """Enter a record of news.enriched, news.duplicates or news.dead-letters; return its event if it holds one."""
        if record.topic == self.names.dead_letters:
            self.dead_letters.add(deadletters.parse(record).origin)
            return None
        event = codec.decode_event(record.value)
        book = {"new": self.new, "revision": self.revisions, "duplicate": self.duplicates}[event.status]
        book.add(event.provenance.origin)
        return event

    def settled(self) -> int:
        """Return how many raw records have at least one outcome."""
        return len(self.new | self.revisions | self.duplicates | self.dead_letters)

    def adds_up(self, items: int) -> bool:
        """Return whether every one of so many items has exactly one outcome."""
        books = (self.new, self.revisions, self.duplicates, self.dead_letters)
        return self.settled() == items == sum(map(len, books))

    def __str__(self) -> str:
        events = len(self.new) + len(self.revisions)
        return (
            f"{events} events ({len(self.new)} new, {len(self.revisions)} revisions), "
            f"{len(self.duplicates)} duplicates, {len(self.dead_letters)} dead letters"
        )
