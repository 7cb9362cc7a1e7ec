"""A hub of WebSub is told of what has changed: real sockets, a hub on this machine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from feed_events import body

from streams.feed import server, websub
from streams.settings import Settings

SITE = "https://news.example/x"
TOPICS = [f"{SITE}/{name}" for name in ("events.json", "feed.json", "feed.atom", "feed.rss", "events.geojson")]
Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websub, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(websub, "EVERY_SECONDS", 0.4)


class Hub:
    """Notes what it is told and answers with the next of some statuses, then 204."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.told = list(statuses), []

    async def answer(self, request: web.Request) -> web.Response:
        said = await request.post()
        assert (said["hub.mode"], said["hub.url"]) == ("publish", said["hub.topic"])
        self.told.append(said["hub.url"])
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204, headers={"location": "/elsewhere"})


@asynccontextmanager
async def fed(hub: Hub, file: Path, host: str = "127.0.0.1", **settings: object) -> AsyncIterator[Until]:
    """Run a gateway that tells a hub for the length of a block."""
    app = web.Application()
    app.router.add_post("/{path:.*}", hub.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://{host}:{runner.addresses[0][1]}/"
    configured = Settings(feed_port=0, metrics_port=0, feed_hub=address, feed_url=f"{SITE}/", **settings)
    gateway = asyncio.create_task(server.serve(configured, file))

    async def until(true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                assert not gateway.done()
                await asyncio.sleep(0.01)

    try:
        yield until
    finally:
        gateway.cancel()
        await asyncio.gather(gateway, return_exceptions=True)
        await runner.cleanup()


def add(file: Path, *numbers: int) -> None:
    with file.open("ab") as lines:
        lines.write(b"".join(body(number) + b"\n" for number in numbers))


def test_the_hub_is_told_of_every_document_and_not_for_every_event(tmp_path: Path) -> None:
    file, hub = tmp_path / "events.jsonl", Hub()
    add(file, 0)

    async def play() -> None:
        async with fed(hub, file, feed_hub_private=True) as until:
            await until(lambda: len(hub.told) == 5)
            for number in range(1, 9):
                add(file, number)
                await asyncio.sleep(0.02)
            await until(lambda: len(hub.told) == 10)
            await asyncio.sleep(0.6)

    asyncio.run(play())
    assert hub.told == TOPICS * 2


def test_a_hub_that_fails_or_sends_elsewhere_is_told_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, hub = tmp_path / "events.jsonl", Hub(503, 204, 307)
    add(file, 0)

    async def play() -> None:
        async with fed(hub, file, feed_hub_private=True) as until:
            await until(lambda: len(hub.told) == 10)

    asyncio.run(play())
    assert hub.told == TOPICS * 2
    said = f"the hub was not told of new events: it answers 503 to {TOPICS[0]}, it answers 307 to {TOPICS[2]}"
    assert said in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_hub_in_the_own_network_is_told_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture, host: str) -> None:
    file, hub = tmp_path / "events.jsonl", Hub()
    add(file, 0)

    async def play() -> None:
        async with fed(hub, file, host) as until:
            await until(lambda: "no public address" in caplog.text)

    asyncio.run(play())
    assert hub.told == []
