"""Which armed conflict an item is about: registry data, one matcher over it, a classifier with evidence."""

from streams.conflict.classify import Candidate, classify, explain
from streams.conflict.loader import load
from streams.conflict.model import Conflict, Registry

__all__ = ["Candidate", "Conflict", "Registry", "classify", "explain", "load"]
