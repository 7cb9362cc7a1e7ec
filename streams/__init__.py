"""News in, events out: deduplicated, with the armed conflict and the place of each item."""

__version__ = "0.1.0"
