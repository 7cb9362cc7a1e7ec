"""The HTTP application: which path is answered by what."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from streams.feed import openapi, page
from streams.feed.documents import Address, Busy, Documents
from streams.feed.formats import FORMATS, Format
from streams.feed.gateway import LOADING, Gateway
from streams.feed.guard import Guard
from streams.feed.live import Live
from streams.feed.query import Vocabulary
from streams.filters import FilterError
from streams.settings import Settings

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_OPEN = ("/", "/page/{name}", "/livez", "/readyz")
_BUSY_SECONDS = "2"


class Feed:
    """Answers requests from what a gateway knows."""

    def __init__(self, settings: Settings, gateway: Gateway, vocabulary: Vocabulary) -> None:
        self._settings, self._gateway, self._vocabulary = settings, gateway, vocabulary
        self._guard = Guard(settings)
        self._documents = Documents(gateway.window)
        self._live = Live(settings, gateway, vocabulary)
        self._assets = page.load()
        self._reach = "private" if self._guard.private else "public"
        self._openapi = orjson.dumps(openapi.document(vocabulary, self._guard.private))
        self._filters = orjson.dumps(vocabulary.table())

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
                web.get("/openapi.json", self._json(self._openapi, "application/vnd.oai.openapi+json;version=3.1")),
                web.get("/filters.json", self._json(self._filters, "application/json")),
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
            ]
        )
        return app

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
        self._gateway.metrics.requests.labels(path, str(response.status)).inc()
        return response

    async def _guarded(self, request: web.Request, handler: Handler, path: str) -> web.StreamResponse:
        self._guard.check_host(request)
        if (
            request.method == "OPTIONS"
            and self._settings.feed_origins
            and "Access-Control-Request-Method" in request.headers
        ):
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
            site = self._settings.feed_url or f"http://{request.host}"
            address = Address(site, site + request.path_qs, self._settings.feed_hub)
            document = await self._documents.get(kind, wanted, address)
            response = self._cached(request, document.tag, document.body, kind.media_type)
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
        return self._cached(request, entry.event.id, entry.body, "application/json")

    async def _index(self, request: web.Request) -> web.Response:
        return self._shown(request, "index.html")

    async def _asset(self, request: web.Request) -> web.Response:
        return self._shown(request, request.match_info["name"])

    def _shown(self, request: web.Request, name: str) -> web.Response:
        asset = self._assets.get(name)
        if asset is None:
            raise web.HTTPNotFound(text="there is no such page")
        return self._cached(request, asset.tag, asset.body, asset.media_type)

    def _json(self, body: bytes, media_type: str) -> Handler:
        tag = page.tag(body)

        async def answer(request: web.Request) -> web.Response:
            return self._cached(request, tag, body, media_type)

        return answer

    def _cached(self, request: web.Request, tag: str, body: bytes, media_type: str) -> web.Response:
        """Return a document with its tag, compressed where the reader can, or 304 when the reader has it."""
        if _has(request, tag):
            response = web.Response(status=304)
        else:
            response = web.Response(body=body, headers={"Content-Type": media_type})
            response.enable_compression()
        response.headers["ETag"] = f'W/"{tag}"'
        response.headers["Cache-Control"] = f"{self._reach}, max-age={self._settings.feed_max_age}"
        response.headers["Vary"] = "Accept-Encoding"
        return response

    async def _livez(self, request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, request: web.Request) -> web.Response:
        reason = self._gateway.not_ready()
        return web.Response(status=503 if reason else 200, text=(reason or "ok") + "\n")


def _given(request: web.Request) -> dict[str, list[str]]:
    return {key: request.query.getall(key) for key in request.query}


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
