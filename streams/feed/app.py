"""The HTTP application: which path is answered by what."""

import logging
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from streams.feed import openapi, page
from streams.feed.documents import Address, Busy, Document, Documents
from streams.feed.formats import FORMATS, Format
from streams.feed.gateway import LOADING, Gateway
from streams.feed.guard import Guard
from streams.feed.live import Live
from streams.feed.query import Vocabulary
from streams.filters import FilterError
from streams.settings import Settings

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HEALTH = ("/livez", "/readyz")
_OPEN = ("/", "/page/{name}")
_BUSY_SECONDS = "2"
_LEAST_PACKED = 1000
_NO = re.compile(r";q=0(\.0*)?$")


class Feed:
    """Answers requests from what a gateway knows."""

    def __init__(self, settings: Settings, gateway: Gateway, vocabulary: Vocabulary) -> None:
        self._settings, self._gateway, self._vocabulary = settings, gateway, vocabulary
        self._guard = Guard(settings)
        self._documents = Documents(gateway.window)
        self._live = Live(settings, gateway, vocabulary)
        self._assets = page.load()
        self._reach = "private" if self._guard.private else "public"
        described = orjson.dumps(openapi.document(vocabulary, self._guard.private))
        self._openapi = Document(described, "application/vnd.oai.openapi+json;version=3.1")
        self._filters = Document(orjson.dumps(vocabulary.table()), "application/json")

    def application(self) -> web.Application:
        """Return the application, to be run by a server."""
        app = web.Application(middlewares=[self._answer], client_max_size=1024)
        app.on_response_prepare.append(self._guard.dress)
        app.on_shutdown.append(self._live.end)
        app.add_routes([web.get(kind.path, self._of(kind)) for kind in FORMATS])
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/page/{name}", self._asset),
                web.get("/events", self._live.stream, allow_head=False),
                web.get("/events/{id}", self._event),
                web.get("/openapi.json", self._fixed(self._openapi)),
                web.get("/filters.json", self._fixed(self._filters)),
                *self.health(),
            ]
        )
        return app

    def health(self) -> list[web.RouteDef]:
        """Return the routes that say whether the gateway lives and is ready."""
        return [web.get("/livez", self._livez), web.get("/readyz", self._readyz)]

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Guard, answer and count a request; what is refused is told as RFC 9457 problem details."""
        path = _path(request)
        try:
            response = await self._guarded(request, handler, path)
        except FilterError as error:
            more = {"parameter": error.key} | ({"allowed": error.allowed} if error.allowed else {})
            response = _problem(web.HTTPBadRequest(text=str(error)), more)
        except Busy as error:
            response = _problem(web.HTTPServiceUnavailable(text=str(error), headers={"Retry-After": _BUSY_SECONDS}))
        except web.HTTPException as error:
            response = error if error.status < 400 else _problem(error)
        except Exception:
            self._gateway.metrics.requests.labels(path, "500").inc()
            raise
        self._gateway.metrics.requests.labels(path, str(response.status)).inc()
        return response

    async def _guarded(self, request: web.Request, handler: Handler, path: str) -> web.StreamResponse:
        self._guard.check_host(request)
        if path in _HEALTH:
            return await handler(request)
        if self._guard.preflight(request):
            return web.Response(status=204)
        if path not in _OPEN:
            self._guard.check_token(request)
        with self._guard.slot(request):
            return await handler(request)

    def _of(self, kind: Format) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            wanted = self._vocabulary.page(_given(request))
            if self._gateway.loading:
                raise Busy(LOADING)
            site = self._settings.feed_url.rstrip("/") or f"http://{request.host}"
            address = Address(site, site + request.path_qs, self._settings.feed_hub)
            document = await self._documents.get(kind, wanted, address)
            response = await self._cached(request, document)
            for relation, target in (("self", address.own), ("hub", address.hub)) if address.hub else ():
                response.headers.add("Link", f'<{target}>; rel="{relation}"')
            return response

        return answer

    async def _event(self, request: web.Request) -> web.Response:
        if request.query:
            key = next(iter(request.query))
            raise FilterError(key, f"{key}: no such parameter; an event has none")
        entry = self._gateway.window.get(request.match_info["id"])
        if entry is None:
            raise web.HTTPNotFound(text="no recent event has this id")
        return await self._cached(request, Document(entry.body, "application/json"))

    async def _index(self, request: web.Request) -> web.Response:
        return await self._cached(request, self._assets["index.html"])

    async def _asset(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound(text="there is no such page")
        return await self._cached(request, asset)

    def _fixed(self, document: Document) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            return await self._cached(request, document)

        return answer

    async def _cached(self, request: web.Request, document: Document) -> web.Response:
        """Return a document with its tag, packed where the reader can unpack it, or 304 when the reader has it."""
        headers = {
            "ETag": f'W/"{document.tag}"',
            "Cache-Control": f"{self._reach}, max-age={self._settings.feed_max_age}",
            "Vary": "Accept-Encoding",
        }
        if _has(request, document.tag):
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = document.media_type
        if _unpacks(request) and len(document.body) > _LEAST_PACKED:
            return web.Response(body=await document.packed(), headers=headers | {"Content-Encoding": "gzip"})
        return web.Response(body=document.body, headers=headers)

    async def _livez(self, request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, request: web.Request) -> web.Response:
        reason = self._gateway.not_ready()
        return web.Response(status=503 if reason else 200, text=(reason or "ok") + "\n")


def _given(request: web.Request) -> dict[str, list[str]]:
    return {key: request.query.getall(key) for key in request.query}


def _unpacks(request: web.Request) -> bool:
    """Return whether the reader takes gzip (RFC 9110; a weight of 0 is a no)."""
    given = request.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
    return any(each.startswith("gzip") and not _NO.search(each) for each in given)


def _has(request: web.Request, tag: str) -> bool:
    """Return whether the reader already has what this tag stands for (RFC 9110, weak comparison)."""
    given = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]
    return f'"{tag}"' in given or given == ["*"]


def _path(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "none"


def _problem(error: web.HTTPException, more: dict[str, Any] | None = None) -> web.Response:
    said = {"type": "about:blank", "title": HTTPStatus(error.status).phrase, "status": error.status}
    body = orjson.dumps(said | {"detail": error.text} | (more or {}))
    kept = {key: value for key, value in error.headers.items() if key in ("Allow", "Retry-After", "WWW-Authenticate")}
    return web.Response(
        body=body,
        status=error.status,
        headers=kept | {"Content-Type": "application/problem+json", "Cache-Control": "no-store"},
    )
