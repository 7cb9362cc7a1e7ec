"""Senders against real servers of this machine: HTTP with its tricks, and mail through Apprise."""

import asyncio
import email
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
import requests
from aiohttp import web
from aiosmtpd.controller import Controller

from streams.alerts import Receiver, wording
from streams.alerts.wording import Text
from streams.errors import ConfigError
from streams.kafka.broker import free_port
from streams.messages import Alert
from streams.notify.receivers import Reply, Sender, _apprise, _through_apprise

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALERT = Alert(
    id="a1", key="k1", rule="sudan", condition="surge", status="firing", severity="warning",
    group={"conflict": "sudan"}, receivers=("desk",), starts_at=NOW, ends_at=NOW, made_at=NOW, sources=3, reports=(),
    within=3600, count=9, expected=2.0,
)  # fmt: skip
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
pytestmark = pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")  # of Apprise
Handler = Callable[[web.Request], Awaitable[web.Response]]


async def _send(handler: Handler, host: str, **options: object) -> tuple[Reply, list[str]]:
    asked = []

    async def noted(request: web.Request) -> web.Response:
        asked.append(request.path)
        return await handler(request)

    app = web.Application()
    app.router.add_post("/{path:.*}", noted)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver = Receiver("desk", "webhook", f"http://{host}:{port}/hook", secrets=(SECRET,), **options)
    sender = Sender(receiver, wording.load()["en"])
    try:
        return await sender.send(ALERT, NOW), asked
    finally:
        await sender.close()
        await runner.cleanup()


def send(handler: Handler, host: str = "127.0.0.1", **options: object) -> tuple[Reply, list[str]]:
    return asyncio.run(_send(handler, host, **options))


async def fine(_: web.Request) -> web.Response:
    return web.Response(status=204)


def test_a_network_of_ones_own_is_reached_only_when_that_is_meant() -> None:
    assert send(fine, private=True) == (Reply("delivered", "204"), ["/hook"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "127.1", "0x7f.1"])
def test_no_spelling_of_this_machine_is_reached(host: str) -> None:
    reply, asked = send(fine, host)
    assert (reply.answer, asked) == ("retry", [])
    assert "no public address" in reply.detail or "not a canonical IPv4 address" in reply.detail


def test_redirects_are_not_followed() -> None:
    async def away(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"location": "/elsewhere"})

    reply, asked = send(away, private=True)
    assert (reply.answer, asked) == ("retry", ["/hook"])
    assert "redirects" in reply.detail


def test_a_receiver_that_never_answers_costs_its_time_out() -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    reply, _ = send(never, private=True, timeout=timedelta(seconds=0.2))
    assert reply == Reply("retry", "no answer in 0.2 s")


def test_nobody_listening_is_a_reason_to_try_again() -> None:
    receiver = Receiver("desk", "alertmanager", "http://127.0.0.1:9", private=True)
    assert asyncio.run(_once(receiver)).answer == "retry"


async def _once(receiver: Receiver) -> Reply:
    sender = Sender(receiver, wording.load()[receiver.language])
    try:
        return await sender.send(ALERT, NOW)
    finally:
        await sender.close()


class Mailbox:
    """Keeps the mail that comes."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def _mailed(send: Callable[[Receiver], Awaitable[Reply]], more: str = "") -> email.message.EmailMessage:
    """Return the mail that comes of an attempt to a mail server of this machine."""
    mailbox = Mailbox()
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{port}?from=streams@desk.example&to=analyst@desk.example&mode=insecure{more}"
        reply = asyncio.run(send(Receiver("mail", "apprise", url, language="uk")))
    finally:
        controller.stop()
    assert reply.answer == "delivered"
    (mail,) = mailbox.mails
    return mail


def test_mail_through_apprise_is_in_the_readers_language() -> None:
    mail = _mailed(_once, "&format=text")
    assert mail["subject"] == "Попередження: sudan: sudan"
    assert "Незвично багато повідомлень: 9 за 1 год, зазвичай 2" in mail.get_body().get_content()


@pytest.mark.parametrize(
    ("url", "module"),
    [
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "telegram"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "discord"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#desk", "slack"),
        ("mmost://desk.example/3ccdd113474722377935511fc85d3dd4", "mattermost"),
        ("ntfy://desk.example/topic", "ntfy"),
    ],
)
def test_no_chat_gets_markup_of_strangers(url: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def request(session: object, method: str, url: str, **options: object) -> requests.Response:
        sent.append(str(options.get("data")))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"ok"
        return answer

    monkeypatch.setattr(requests.Session, "request", request)
    said = Text("<b>subject</b>", "<a href='https://evil.example'>a</a> & b")
    if module != "telegram":  # the only one of these that shows HTML
        said = Text(wording.plain(said.subject), wording.plain(said.body))
    service = _apprise(Receiver("chat", "apprise", url))
    assert asyncio.run(_through_apprise(service, ALERT, said)).answer == "delivered"
    assert "evil.example" in sent[-1]
    assert "<a href" not in sent[-1]
    assert "<b>subject" not in sent[-1]


def test_mail_of_strangers_holds_no_html() -> None:
    said = Text("<b>subject</b>", "<a href='https://evil.example'>a</a> & b")
    mail = _mailed(lambda receiver: _through_apprise(_apprise(receiver), ALERT, said))
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert "<a href" not in parts.get("text/html", "")
    assert any("evil.example" in content for content in parts.values())


def test_no_log_line_tells_an_address_of_apprise(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    receiver = Receiver("mail", "apprise", f"json://user:hunter2@127.0.0.1:{free_port()}/token", language="uk")
    assert asyncio.run(_once(receiver)).answer == "retry"
    assert "hunter2" not in caplog.text
    assert "/token" not in caplog.text


def test_an_address_apprise_does_not_know_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigError, match="receiver 'x': url: Apprise does not understand it"):
        Sender(Receiver("x", "apprise", "nosuch://secret@host"), {})
