"""Who may read: tokens, host names, origins, and how much one address may ask for at once."""

import hmac
import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiohttp import web

from streams.errors import ConfigError
from streams.settings import Settings

log = logging.getLogger(__name__)

_LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))
# Nothing but what this server itself serves: no inline script or style, no other host, no frame around it.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:[0-9]+)?", re.ASCII)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "streams",
}


def tokens(settings: Settings) -> tuple[bytes, ...]:
    """Return the bearer tokens that may read; none: everybody may. ConfigError when the file cannot be read."""
    words = settings.feed_tokens.split(",")
    if settings.feed_tokens_file:
        try:
            words += settings.feed_tokens_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"STREAMS_FEED_TOKENS_FILE={settings.feed_tokens_file}: {error}") from error
        if not any(word.strip() for word in words):
            raise ConfigError(f"STREAMS_FEED_TOKENS_FILE={settings.feed_tokens_file}: there is no token in it")
    return tuple(word.strip().encode() for word in words if word.strip())


def _stamp(settings: Settings) -> tuple[int, int] | None:
    try:
        file = settings.feed_tokens_file.stat() if settings.feed_tokens_file else None
    except OSError:
        return None
    return (file.st_mtime_ns, file.st_ino) if file else None


class Guard:
    """The rules of one gateway for the requests it answers."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._tokens, self._stamp = settings, tokens(settings), _stamp(settings)
        self._forwarded = settings.feed_forwarded
        self._per_address = settings.feed_clients_per_address
        self._busy: Counter[str] = Counter()
        self._origins = frozenset(settings.feed_origins.split(",")) - {""}
        public = urlsplit(settings.feed_url).hostname
        local = settings.feed_host.strip("[]") in _LOCAL
        self._hosts = (_LOCAL | {public}) if local else frozenset()

    @property
    def private(self) -> bool:
        """Whether tokens are needed."""
        return bool(self._tokens)

    def check_host(self, request: web.Request) -> None:
        """Refuse what is no host name, and on loopback a strange one: a page elsewhere may have bound it to here."""
        name = _HOST.fullmatch(request.host)
        if not name or (self._hosts and name[1].strip("[]").lower() not in self._hosts):
            raise web.HTTPMisdirectedRequest(
                text="this host name is not served; set STREAMS_FEED_URL to the one you use"
            )

    def preflight(self, request: web.Request) -> bool:
        """Return whether a browser asks what a page of another origin may do, and such pages may do something."""
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return asks and bool(self._origins)

    def check_token(self, request: web.Request) -> None:
        """Refuse a request without one of the tokens, when there are any."""
        self._renew()
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        known = [hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token) for token in self._tokens]
        if self._tokens and not (scheme.lower() == "bearer" and any(known)):
            raise web.HTTPUnauthorized(text="a bearer token is needed", headers={"WWW-Authenticate": "Bearer"})

    def _renew(self) -> None:
        """Read the tokens anew when their file has changed; one that cannot be read changes nothing."""
        if (stamp := _stamp(self._settings)) == self._stamp:
            return
        self._stamp = stamp
        try:
            self._tokens = tokens(self._settings)
        except ConfigError as error:
            log.warning("the old tokens are used: %s", error)
        else:
            log.info("read the changed tokens: %d", len(self._tokens))

    @contextmanager
    def slot(self, request: web.Request) -> Iterator[None]:
        """Hold one of the places of the reader's address for the length of a block."""
        address = self._address(request)
        if self._busy[address] >= self._per_address:
            raise web.HTTPTooManyRequests(
                text=f"at most {self._per_address} requests at once from one address", headers={"Retry-After": "5"}
            )
        self._busy[address] += 1
        try:
            yield
        finally:
            self._busy[address] -= 1
            if not self._busy[address]:
                del self._busy[address]

    def _address(self, request: web.Request) -> str:
        # The last entry is the one the proxy in front added; those before it are the reader's own claim.
        forwarded = request.headers.get("X-Forwarded-For", "") if self._forwarded else ""
        return forwarded.rpartition(",")[2].strip() or request.remote or ""

    async def dress(self, request: web.Request, response: web.StreamResponse) -> None:
        """Give a response the headers every response has, and those of CORS where the origin may read."""
        response.headers.update(_HEADERS)
        if self._origins:
            response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin", "")
        if origin in self._origins or "*" in self._origins:
            response.headers["Access-Control-Allow-Origin"] = "*" if "*" in self._origins else origin
            response.headers["Access-Control-Expose-Headers"] = "ETag, Link"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Last-Event-ID"
                response.headers["Access-Control-Max-Age"] = "86400"
