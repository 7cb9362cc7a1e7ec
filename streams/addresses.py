"""No request of ours reaches into a network it was not meant for, whatever a name resolves to, now or next time.

Connections are made to the very addresses that were judged, so a name that answers differently a moment later (DNS
rebinding) changes nothing.
"""

import ipaddress
import socket
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL: Final = ipaddress.ip_network("2000::/3")  # IANA gives out no other; Python takes old site-local ones for it
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_NAT64_BITS: Final = 0xFFFFFFFF


class AddressRefused(OSError):
    """A name leads to an address that is not public."""


def is_public(address: Address) -> bool:
    """Return whether an address is on the public internet, and so is the IPv4 address it may carry within."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & _NAT64_BITS)
        if inner:
            return is_public(inner)
        if address not in _GLOBAL:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def check(host: str) -> None:
    """Raise AddressRefused when a host is itself an address, and not a public one; names are judged when resolved."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return
    if not is_public(address):
        raise AddressRefused(f"{host} is no public address; it has to be marked private")


class PublicResolver(AbstractResolver):
    """Resolves names and refuses those of which any address is not public."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host; AddressRefused when one is not public."""
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            if not is_public(ipaddress.ip_address(one["host"].partition("%")[0])):
                raise AddressRefused(f"{host} leads to {one['host']}, no public address; it has to be marked private")
        return found

    async def close(self) -> None:
        """Close the resolver underneath."""
        await self._resolver.close()


class Outbound:
    """Posts to addresses that somebody else has named: public ones only, unless told that they may be private.

    No redirects, which would lead past the guard, no cookies, and no proxy of the environment. Make it in the event
    loop; `options` are those of an aiohttp session.
    """

    def __init__(self, *, private: bool, **options: Any) -> None:
        self._private = private
        connector = aiohttp.TCPConnector(resolver=None if private else PublicResolver(), use_dns_cache=False, limit=1)
        self._session = aiohttp.ClientSession(
            connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), **options
        )

    def post(self, url: str, **what: Any) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Return the answer, to be entered; AddressRefused when the address is not public, or aiohttp's errors."""
        if not self._private:
            check(URL(url).raw_host or "")
        return self._session.post(url, allow_redirects=False, **what)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def refusal(error: Exception) -> Exception:
    """Return the AddressRefused that is beneath an error of aiohttp's, else the error itself."""
    return error.__cause__ if isinstance(error.__cause__, AddressRefused) else error
