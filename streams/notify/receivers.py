"""Every kind of receiver: how an alert is put to it, and what its answer means."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Literal

import aiohttp
import msgspec
import orjson

from streams import __version__, addresses
from streams.alerts import Receiver, wording
from streams.alerts.wording import Text, Words
from streams.errors import CommandFailed, ConfigError
from streams.messages import Alert
from streams.notify import signing

Answer = Literal["delivered", "retry", "refused", "gone"]

_AGENT: Final = f"streams/{__version__}"
_SUMMARY, _DETAIL = 1024, 300  # PagerDuty's limit of a summary; what a log line needs of an answer
_LATER: Final = frozenset({408, 425, 429})
_SEVERITY: Final = {"info": "info", "warning": "warning", "critical": "critical"}
_NOTIFY: Final = {"info": "info", "warning": "warning", "critical": "failure"}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: JSON by POST."""

    url: str = field(repr=False)
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of an attempt; `after` are the seconds a receiver asks to be left alone."""

    answer: Answer
    detail: str
    after: float = 0.0


def webhook(receiver: Receiver, alert: Alert, text: Text, now: datetime) -> Request:
    """Return the request of a webhook: the whole alert, its text beside it, signed."""
    data = msgspec.to_builtins(alert) | {"subject": text.subject, "text": text.body}
    body = orjson.dumps({"type": f"news.alert.{alert.status}", "timestamp": _time(now), "data": data})
    return Request(receiver.url, body, signing.headers(alert.id, int(now.timestamp()), body, receiver.secrets))


def alertmanager(receiver: Receiver, alert: Alert, text: Text, now: datetime) -> Request:
    """Return the request of Prometheus Alertmanager, API v2: rule and group are labels, so that an end finds its alert.

    A digest has a key of its own: two digests of a rule are two alerts.
    """
    labels = {"alertname": alert.rule, "severity": alert.severity, "condition": alert.condition, "service": "streams"}
    labels |= {name: wording.plain(value) for name, value in alert.group.items()}
    labels |= {"digest": alert.key} if alert.parts > 1 else {}
    annotations = {"summary": text.subject, "description": text.body}
    one: dict[str, Any] = {
        "labels": labels,
        "annotations": annotations,
        "startsAt": _time(alert.starts_at),
        "endsAt": _time(alert.ends_at),
    }
    if link := _link(alert):
        one["generatorURL"] = link
    return Request(receiver.url.rstrip("/") + "/api/v2/alerts", orjson.dumps([one]), {})


def pagerduty(receiver: Receiver, alert: Alert, text: Text, now: datetime) -> Request:
    """Return the request of PagerDuty Events API v2: the key of rule and group is the `dedup_key`."""
    event: dict[str, Any] = {
        "routing_key": receiver.secrets[0],
        "event_action": "resolve" if alert.status == "resolved" else "trigger",
        "dedup_key": alert.key,
        "client": "streams",
        "payload": {
            "summary": text.subject[:_SUMMARY],
            "source": alert.rule,
            "severity": _SEVERITY[alert.severity],
            "timestamp": _time(alert.starts_at),
            "class": alert.condition,
            "group": ", ".join(map(wording.plain, alert.group.values())),
            "custom_details": {"text": text.body, "alert_id": alert.id},
        },
        "links": [{"href": link, "text": text.subject}] if (link := _link(alert)) else [],
    }
    return Request(receiver.url, orjson.dumps(event), {})


REQUESTS: Final[dict[str, Callable[[Receiver, Alert, Text, datetime], Request]]] = {
    "webhook": webhook, "alertmanager": alertmanager, "pagerduty": pagerduty,
}  # fmt: skip


class Sender:
    """Sends alerts to one receiver, each attempt within its time-out."""

    def __init__(self, receiver: Receiver, words: Words) -> None:
        self.receiver, self._words = receiver, words
        self._apprise = _apprise(receiver) if receiver.kind == "apprise" else None
        self._outbound: addresses.Outbound | None = None

    async def send(self, alert: Alert, now: datetime) -> Reply:
        """Try once and return what became of it."""
        text = wording.text(alert, self._words, self.receiver.zone)
        try:
            async with asyncio.timeout(self.receiver.timeout.total_seconds()):
                if self._apprise:
                    return await _through_apprise(self._apprise, alert, text)
                return await self._post(REQUESTS[self.receiver.kind](self.receiver, alert, text, now))
        except TimeoutError:
            return Reply("retry", f"no answer in {self.receiver.timeout.total_seconds():g} s")
        except (aiohttp.ClientError, OSError) as error:
            return Reply("retry", _reason(error))

    def mark(self) -> bytes:
        """Return what tells this address from another without giving it away."""
        return sha256(self.receiver.url.encode()).hexdigest().encode()

    async def close(self) -> None:
        """Close the connections."""
        if self._outbound:
            await self._outbound.close()

    async def _post(self, request: Request) -> Reply:
        if self._outbound is None:
            self._outbound = addresses.Outbound(private=self.receiver.private)
        headers = {"content-type": "application/json", "user-agent": _AGENT, **request.headers}
        async with self._outbound.post(request.url, data=request.body, headers=headers) as response:
            return judge(self.receiver.kind, response.status, response.headers.get("retry-after", ""))


async def _through_apprise(service: Any, alert: Alert, text: Text) -> Reply:
    kind = "success" if alert.status == "resolved" else _NOTIFY[alert.severity]
    # Said to be text, it is escaped where a service shows HTML.
    said = {"body": text.body, "title": text.subject, "body_format": "text", "notify_type": kind}
    done = await asyncio.to_thread(service.notify, **said)
    return Reply("delivered", "sent") if done else Reply("retry", "Apprise could not send it")


def judge(kind: str, status: int, retry_after: str) -> Reply:
    """Return what an HTTP status means: 410 of a webhook ends it for good, a 4xx of the others is our own mistake."""
    after = float(retry_after) if retry_after.isdigit() else 0.0
    if 200 <= status < 300:
        return Reply("delivered", str(status))
    if kind == "webhook" and status == 410:
        return Reply("gone", "410")
    if kind != "webhook" and 400 <= status < 500 and status not in _LATER:
        return Reply("refused", str(status))
    return Reply("retry", f"{status}, redirects are not followed" if 300 <= status < 400 else str(status), after)


def _apprise(receiver: Receiver) -> Any:
    try:
        import apprise
    except ImportError:
        raise CommandFailed(f"receiver {receiver.name!r} needs `pip install 'streams[alerts]'`") from None
    for chatty in ("apprise", "urllib3"):  # at debug they tell addresses, which hold passwords and tokens
        logging.getLogger(chatty).setLevel(logging.WARNING)
    service = apprise.Apprise()
    if not service.add(receiver.url):
        raise ConfigError(f"receiver {receiver.name!r}: url: Apprise does not understand it")
    return service


def _reason(error: Exception) -> str:
    cause = addresses.refusal(error)
    return (str(cause) or type(cause).__name__)[:_DETAIL]


def _link(alert: Alert) -> str | None:
    return next(filter(None, (wording.link(report.url) for report in alert.reports)), None)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
