"""Alerts: rules over events, their memory, and what is to be told to whom. Pure: time is passed in."""

from streams.alerts.engine import Decision, admit, due, memory_seconds, tick
from streams.alerts.loader import load
from streams.alerts.memory import State
from streams.alerts.model import Receiver, Rule, RuleSet

__all__ = ["Decision", "Receiver", "Rule", "RuleSet", "State", "admit", "due", "load", "memory_seconds", "tick"]
