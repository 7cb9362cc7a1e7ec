"""Which addresses a receiver or a hub may have, in all the ways to write or to hide them."""

import asyncio
import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver

from streams import addresses

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    "fec0::1", "64:ff9b:1::7f00:1", "::127.0.0.1", "::ffff:0:127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(address))
    with pytest.raises(addresses.AddressRefused, match="no public address"):
        addresses.check(f"[{address}]" if ":" in address else address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::808:808"]
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(address))
    addresses.check(address)


def test_names_are_judged_when_they_are_resolved() -> None:
    addresses.check("receiver.example")


class Names(AbstractResolver):
    """Resolves every name to the next of some lists of addresses."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[dict]:
        return [{"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0}
                for one in self.answers.pop(0)]  # fmt: skip

    async def close(self) -> None: ...


def test_a_name_that_turns_inwards_later_is_refused_then() -> None:
    resolver = addresses.PublicResolver(Names(["1.1.1.1"], ["127.0.0.1"]))
    assert [one["host"] for one in asyncio.run(resolver.resolve("a.example", 443))] == ["1.1.1.1"]
    with pytest.raises(addresses.AddressRefused, match=r"a\.example leads to 127\.0\.0\.1"):
        asyncio.run(resolver.resolve("a.example", 443))


def test_one_address_that_is_not_public_spoils_the_name() -> None:
    resolver = addresses.PublicResolver(Names(["1.1.1.1", "10.0.0.1"]))
    with pytest.raises(addresses.AddressRefused):
        asyncio.run(resolver.resolve("a.example", 443))
