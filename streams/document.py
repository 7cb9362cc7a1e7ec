"""The article as the pure parts see it: title and text, and one folded form of both that matchers run over."""

from datetime import datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from streams.messages import Field, Span


class Folded(Struct, frozen=True):
    """A text in its matching form, with the way back to the original.

    `text` is lower-case, without diacritics, every sign that is no letter or digit a space, line breaks kept.
    `points` are its code points as the kernel reads them (UTF-32), `source_points` those of the source. `offsets[i]` is
    the index in the source of the code point `text[i]` stands for; None means `i` itself.
    """

    text: str
    points: bytes
    source_points: bytes
    offsets: NDArray[np.int32] | None = None

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the half-open range of the source that `text[start:end]` stands for (`end > start`)."""
        if self.offsets is None:
            return start, end
        return int(self.offsets[start]), int(self.offsets[end - 1]) + 1


class Document(Struct, frozen=True):
    """One cleaned item. `body` is `title + "\\n" + text`, and `folded` is the folded `body`."""

    title: str
    text: str
    body: str
    folded: Folded
    language: str
    domain: str | None = None
    published_at: datetime | None = None

    def locate(self, start: int, end: int) -> tuple[Field, int, int]:
        """Return field and offsets of `body[start:end]`, a range that lies in one field."""
        shift = len(self.title) + 1
        return ("title", start, end) if start < shift else ("text", start - shift, end - shift)

    def span(self, start: int, end: int) -> Span:
        """Return `body[start:end]` as a span of the title or of the text (code points)."""
        field, first, last = self.locate(start, end)
        return Span(field=field, start=first, end=last, text=self.body[start:end])
