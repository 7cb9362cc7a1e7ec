"""A broker that lets nobody in without proof of who they are, and nobody do what they were not allowed to."""

import asyncio
import base64
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import Site

from streams import settings
from streams.kafka import acls
from streams.kafka.acls import Permission
from streams.kafka.broker import Broker, embedded_broker, free_port

SCRIPT = Path(__file__).resolve().parent.parent.parent / "deploy" / "secure" / "certificates.sh"
PASSWORD = "hush-4711-secret"
_LOGIN = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class Secured:
    """A running broker with a port for each way in, and the folder of the certificates, keys and tokens."""

    broker: Broker
    folder: Path
    tls: int
    stranger: int  # TLS at an address that is not in the certificate
    mutual: int
    sasl: int

    def settings(self, port: int, **more: str) -> dict[str, str]:
        """Return the environment of a client of one of the ports, with the right authority."""
        known = {"brokers": f"localhost:{port}", "ssl_cafile": str(self.folder / "ca.pem")}
        return {f"STREAMS_{name.upper()}": value for name, value in (known | more).items()}

    def over_tls(self) -> dict[str, str]:
        """Return the environment of a client that checks the broker and stays unknown itself."""
        return self.settings(self.tls, security_protocol="SSL")

    def over_mutual_tls(self, name: str) -> dict[str, str]:
        """Return the environment of a client with a certificate of its own."""
        own = {"ssl_certfile": str(self.folder / f"{name}.pem"), "ssl_keyfile": str(self.folder / f"{name}.key")}
        return self.settings(self.mutual, security_protocol="SSL", **own)

    def over_sasl(self, mechanism: str, name: str, password: str = PASSWORD) -> dict[str, str]:
        """Return the environment of a client with a password."""
        own = {"sasl_mechanism": mechanism, "sasl_username": name, "sasl_password": password}
        return self.settings(self.sasl, security_protocol="SASL_SSL", **own)

    def over_oauth(self, name: str, seconds: float = 600) -> dict[str, str]:
        """Return the environment of a client with a file of a token that is good for so long."""
        path = self.folder / f"{name}.jwt"
        path.write_text(token(self.folder, name, seconds) + "\n")
        own = {"sasl_mechanism": "OAUTHBEARER", "sasl_token_file": str(path)}
        return self.settings(self.sasl, security_protocol="SASL_SSL", **own)


@contextmanager
def secured_broker(cache: Path, folder: Path) -> Iterator[Secured]:
    """Run a broker with TLS, mutual TLS and SASL for the length of a block.

    Whoever comes through its plain port is an administrator, as the broker itself.
    """
    subprocess.run([SCRIPT, folder], check=True)
    _key_set(folder)
    plain, controller, *outer = (free_port() for _ in range(6))
    properties = _properties(folder, {"PLAINTEXT": plain, "CONTROLLER": controller}, outer)
    keys = f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={(folder / 'keys.json').as_uri()}"
    scram = ("--add-scram", f"SCRAM-SHA-512=[name=worker,password={PASSWORD}]")
    with embedded_broker(cache, plain, properties=properties, java_options=[keys], format_options=scram) as broker:
        yield Secured(broker, folder, *outer)


def secured_site(secured: Secured, folder: Path) -> Iterator[Site]:
    """Yield an application with its topics; its own environment is that of an administrator."""
    made = Site(secured.broker.address, folder)
    assert made.run("topics", "create").returncode == 0
    yield made
    made.close()


def allow(site: Site, role: acls.Role, user: str, *changed: Permission, without: str = " ") -> None:
    """Allow a user what a role needs, less what has the name `without`, and with changed permissions instead."""
    own = settings.read({name: value for name, value in site.environment.items() if name.startswith("STREAMS_")})
    kept = [one for one in acls.permissions(own, role, user) if not one.name.endswith(without)]
    wanted = {(one.resource, one.name): one for one in (*kept, *changed)}
    asyncio.run(acls.allow(own, user, list(wanted.values())))


def _properties(folder: Path, inner: dict[str, int], outer: list[int]) -> dict[str, str]:
    hosts = {"TLS": "127.0.0.1", "STRANGER": "127.0.0.2", "MUTUAL": "127.0.0.1", "SASL": "127.0.0.1"}
    own = [f"{name}://127.0.0.1:{port}" for name, port in inner.items()]
    ways = ",".join(f"{name}://{host}:{port}" for (name, host), port in zip(hosts.items(), outer, strict=True))
    users = f'username="worker" password="{PASSWORD}" user_worker="{PASSWORD}"'
    return {
        "controller.quorum.voters": f"1@127.0.0.1:{inner['CONTROLLER']}",
        "listeners": ",".join([*own, ways]),
        "advertised.listeners": f"{own[0]},{ways.replace('127.0.0.1', 'localhost')}",
        "listener.security.protocol.map": (
            "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL,STRANGER:SSL,MUTUAL:SSL,SASL:SASL_SSL"
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.pem"),
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*/$1/",
        "listener.name.mutual.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
        "listener.name.sasl.plain.sasl.jaas.config": f"{_LOGIN}.plain.PlainLoginModule required {users};",
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": f"{_LOGIN}.scram.ScramLoginModule required;",
        "listener.name.sasl.oauthbearer.sasl.jaas.config": f"{_LOGIN}.oauthbearer.OAuthBearerLoginModule required;",
        "listener.name.sasl.oauthbearer.sasl.server.callback.handler.class": (
            f"{_LOGIN}.oauthbearer.OAuthBearerValidatorCallbackHandler"
        ),
        # Without it a broker never looks at a token again.
        "listener.name.sasl.oauthbearer.connections.max.reauth.ms": "3600000",
        "sasl.oauthbearer.jwks.endpoint.url": (folder / "keys.json").as_uri(),
        "sasl.oauthbearer.expected.audience": "kafka",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:admin",
    }


def _openssl(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True).stdout


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _key_set(folder: Path) -> None:
    """Make the key that tokens are signed with, and the public half as the broker reads it (RFC 7517)."""
    key = folder / "token.key"
    _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key))
    modulus = bytes.fromhex(_openssl("rsa", "-in", str(key), "-noout", "-modulus").decode().strip().partition("=")[2])
    public = {"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig", "n": _base64(modulus), "e": "AQAB"}
    (folder / "keys.json").write_text(json.dumps({"keys": [public]}))


def token(folder: Path, name: str, seconds: float) -> str:
    """Return a signed token (RFC 7519) for a user, good for so many seconds."""
    now = int(time.time())
    claims = {"sub": name, "aud": "kafka", "iat": now - 60, "exp": int(now + seconds)}
    parts = [_base64(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "1", "typ": "JWT"}, claims)]
    signature = _openssl("dgst", "-sha256", "-sign", str(folder / "token.key"), given=".".join(parts).encode())
    return ".".join([*parts, _base64(signature)])
