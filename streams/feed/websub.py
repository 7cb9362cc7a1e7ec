"""Tells a WebSub hub that documents have changed (https://www.w3.org/TR/websub/#publishing); it fetches them.

What a publisher says to its hub is left open there; this is what hubs have understood since PubSubHubbub 0.4.
"""

import asyncio
import logging
from typing import Final

import aiohttp

from streams import __version__, addresses
from streams.feed.formats import FORMATS
from streams.feed.gateway import Gateway
from streams.settings import Settings

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 30.0
_LOOK_SECONDS, _LONGEST_SECONDS = 1.0, 3600.0
_AGENT: Final = {"user-agent": f"streams/{__version__}"}
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


async def tell(settings: Settings, gateway: Gateway) -> None:
    """Tell the hub of changes for ever: every 30 s at most, after failures twice as late each time, up to an hour."""
    topics = [settings.feed_url.rstrip("/") + kind.path for kind in FORMATS]
    told, wait = 0, EVERY_SECONDS
    outbound = addresses.Outbound(private=settings.feed_hub_private, timeout=_TIMEOUT)
    try:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            version = gateway.window.version
            if gateway.loading or version == told:
                continue
            problem = await _publish(outbound, settings.feed_hub, topics)
            gateway.metrics.hub.labels("failed" if problem else "told").inc()
            if problem:
                log.warning("the hub was not told of new events: %s", problem)
            told, wait = (told, min(2 * wait, _LONGEST_SECONDS)) if problem else (version, EVERY_SECONDS)
            await asyncio.sleep(wait)
    finally:
        await outbound.close()


async def _publish(outbound: addresses.Outbound, hub: str, topics: list[str]) -> str:
    """Tell the hub of every topic; return why it does not know of all of them, empty when it does."""
    try:
        statuses = {topic: await _post(outbound, hub, topic) for topic in topics}
    except TimeoutError:
        return f"no answer in {_TIMEOUT.total:g} s"
    except (aiohttp.ClientError, OSError) as error:
        return str(addresses.refusal(error))
    return ", ".join(f"it answers {status} to {topic}" for topic, status in statuses.items() if status // 100 != 2)


async def _post(outbound: addresses.Outbound, hub: str, topic: str) -> int:
    said = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
    async with outbound.post(hub, data=said, headers=_AGENT) as answer:
        return answer.status
