"""Alerts at the edge: reads events, publishes alerts, delivers them; the judging is `streams.alerts`."""
