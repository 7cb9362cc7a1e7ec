"""TLS to the brokers, with certificates that something else renews in their files."""

import logging
import ssl
from pathlib import Path
from typing import Any

from streams.errors import ConfigError

log = logging.getLogger(__name__)


class Renewed(ssl.SSLContext):
    """A context that reads its files anew for the next connection when they have changed; bad ones change nothing."""

    def __new__(cls) -> "Renewed":
        """Make the context of a client, with the checks that `ssl.create_default_context` sets."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.verify_flags |= ssl.create_default_context().verify_flags
        return made

    def use(self, authority: Path | None, certificate: Path | None, key: Path | None, password: str) -> None:
        """Read the files; OSError or ssl.SSLError when one cannot be read."""
        self._files = authority, certificate, key, password
        self._read()

    def _read(self) -> None:
        authority, certificate, key, password = self._files
        self._stamp = self._stamped()
        if authority:
            self.load_verify_locations(authority)
        else:
            self.load_default_certs()
        if certificate:
            self.load_cert_chain(certificate, key, password)

    def _stamped(self) -> list[tuple[int, int]]:
        files = [file.stat() for file in self._files[:3] if isinstance(file, Path)]
        return [(file.st_mtime_ns, file.st_ino) for file in files]

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """Begin a connection."""
        try:
            if self._stamped() != self._stamp:
                self._read()
                log.info("read the changed TLS certificates")
        except (OSError, ssl.SSLError) as error:
            log.warning("the changed TLS certificates cannot be read, the old ones are used: %s", error)
        return super().wrap_bio(*arguments, **named)


def context(authority: Path | None, certificate: Path | None, key: Path | None, password: str) -> ssl.SSLContext:
    """Return the TLS context of a client; ConfigError when a file cannot be read."""
    made = Renewed()
    try:
        made.use(authority, certificate, key, password)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"TLS settings (STREAMS_SSL_…): {error}") from error
    return made
