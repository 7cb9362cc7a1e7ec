"""Where an item happened and which places and countries it names: gazetteer, mentions, resolution, focus."""

from streams.geo.explain import THRESHOLD, Candidate, Explanation, explain
from streams.geo.gazetteer import Gazetteer, load
from streams.geo.resolve import Geography, resolve

__all__ = ["THRESHOLD", "Candidate", "Explanation", "Gazetteer", "Geography", "explain", "load", "resolve"]
