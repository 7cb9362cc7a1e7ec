"""An alert as text: what, where, how precise, how many sources, the headline, the evidence and a link."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from streams.errors import ConfigError
from streams.messages import Alert, Report
from streams.terminal import safe

Words = Mapping[str, str]

_FILE: Final = Path(__file__).with_name("words.toml")
_TITLE, _PHRASE, _SHOWN = 200, 60, 5
_RIGHT_TO_LEFT: Final = ("R", "AL")
# Unicode Standard Annex 9: the direction of what is between follows its own letters.
_ISOLATE, _POP = "\u2068", "\u2069"
# What chats and mail act on: tags and Slack's links, mentions, links that hide behind other words (Markdown).
_MARKUP: Final = re.compile(r"[<>]|@(?=\w)|\](?=[(\[:])")
_LOOKALIKES: Final = {"<": "‹", ">": "›"}
_JOINER: Final = "\u2060"  # invisible, and ends what a mention or a link would be
_IN_LINKS: Final = {ord(char): f"%{ord(char):X}" for char in " <>[]|@"}
_SURE: Final = 0.99  # no score is called 1


@dataclass(frozen=True, slots=True)
class Text:
    """An alert for a reader: one line, and the lines below it."""

    subject: str
    body: str


def load() -> dict[str, Words]:
    """Read the fixed words; ConfigError names the language and key that is missing or too much."""
    words: dict[str, Words] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    for language, table in words.items():
        if wrong := table.keys() ^ words["en"].keys():
            raise ConfigError(f"{_FILE}: [{language}]: {', '.join(sorted(wrong))}: not the keys that [en] has")
    return words


def text(alert: Alert, words: Words, zone: tzinfo) -> Text:
    """Return an alert in the words of one language, times in a zone; nothing of strangers in it acts."""
    what = _what(alert, words, zone)
    first = alert.reports[0] if alert.reports else None
    about = first.title if first and alert.condition in ("each", "first", "sources") else _group(alert, words)
    level = words["resolved"] if alert.status == "resolved" else words[alert.severity]
    subject = f"{level}: {alert.rule}: {_clean(about, _TITLE, words) or what}"
    lines = [what]
    if alert.status == "resolved":
        lines.append(words["ended"].format(end=_time(alert.ends_at, zone, words)))
    for report in alert.reports[:_SHOWN]:
        lines += ["", *_report(report, words, zone)]
    lines += ["", f"{words['source_count']}: {alert.sources}"] if alert.sources else []
    if more := alert.more + len(alert.reports[_SHOWN:]):
        lines.append(words["more"].format(more=more))
    if alert.left_out:
        lines.append(words["left_out"].format(left_out=alert.left_out))
    return Text(subject, "\n".join(lines))


def plain(text: str) -> str:
    """Return a stranger's text on one line, without what moves a cursor, turns the line, or is markup in a chat."""
    return _MARKUP.sub(lambda found: _LOOKALIKES.get(found[0], found[0] + _JOINER), safe(text))


def link(url: str | None) -> str:
    """Return the address of a web page, which no chat takes for anything else; empty for other addresses."""
    known = url is not None and url.startswith(("http://", "https://"))
    return safe(url or "").translate(_IN_LINKS) if known else ""


def _what(alert: Alert, words: Words, zone: tzinfo) -> str:
    if alert.parts > 1:
        return words["digest"].format(parts=alert.parts)
    line = words[alert.condition].format(
        within=_duration(alert.within or 0, words),
        count=alert.count,
        expected=f"{alert.expected:g}" if alert.expected is not None else words["not_found"],
        last=_time(alert.starts_at, zone, words),
    )
    group = _group(alert, words)
    return f"{line} ({group})" if group and alert.condition != "each" else line


def _group(alert: Alert, words: Words) -> str:
    names = {report.conflict: report.conflict_name for report in alert.reports}
    values = [names.get(value) or value for name, value in alert.group.items() if name != "story"]
    return ", ".join(_clean(value, _TITLE, words) for value in values)


def _report(report: Report, words: Words, zone: tzinfo) -> Iterator[str]:
    yield _clean(report.title, _TITLE, words) or words["not_found"]
    if report.conflict_name:
        score = f" ({min(report.score, _SURE):.2f})" if report.score is not None else ""
        yield f"{words['conflict']}: {_clean(report.conflict_name, _TITLE, words)}{score}"
    yield f"{words['place']}: {_place(report, words)}"
    if report.evidence:
        yield f"{words['evidence']}: " + ", ".join(f"“{_clean(phrase, _PHRASE, words)}”" for phrase in report.evidence)
    who = _clean(report.source.name or report.source.domain or "", _TITLE, words) or words["not_found"]
    yield f"{words['source']}: {who}, {_time(report.published_at or report.received_at, zone, words)}"
    if address := link(report.url):
        yield f"{words['link']}: {address}"


def _place(report: Report, words: Words) -> str:
    place = report.place
    if place is None:
        return words["unknown"]
    name = ", ".join(_clean(part, _TITLE, words) for part in (place.name, place.country) if part)
    about = f", ±{_kilometres(place.radius_km)} {words['km']}" if place.radius_km else ""
    return f"{name} ({words[place.precision]}{about})" if name else words[place.precision]


def _kilometres(radius: float) -> str:
    return f"{radius:.0f}" if radius >= 10 else f"{radius:.2g}"


def _duration(seconds: int, words: Words) -> str:
    for unit, length in (("days", 86400), ("hours", 3600)):
        if seconds >= length and not seconds % length:
            return f"{seconds // length} {words[unit]}"
    return f"{max(1, round(seconds / 60))} {words['minutes']}"


def _time(moment: datetime, zone: tzinfo, words: Words) -> str:
    return _apart(moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z"), words)


def _clean(text: str, most: int, words: Words) -> str:
    """Return a stranger's text: safe and short."""
    line = plain(text)
    return _apart(line if len(line) <= most else line[: most - 1] + "…", words)


def _apart(line: str, words: Words) -> str:
    """Return what stands in a line, set apart where it or what is around it runs from right to left."""
    turns = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in line + words["conflict"])
    return f"{_ISOLATE}{line}{_POP}" if line and turns else line
