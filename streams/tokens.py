"""A bearer token for OAUTHBEARER that something else keeps fresh in a file."""

from pathlib import Path

from aiokafka.abc import AbstractTokenProvider

from streams.errors import ConfigError


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]
    """Reads the token from its file for each connection, so that a renewed one is used from then on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """Return the token, less the space around it; ConfigError when the file is not there or empty."""
        try:
            token = self._path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            problem = error.strerror if isinstance(error, OSError) else "not ASCII"
            raise ConfigError(f"STREAMS_SASL_TOKEN_FILE={str(self._path)!r} cannot be read: {problem}") from None
        if not token:
            raise ConfigError(f"STREAMS_SASL_TOKEN_FILE={str(self._path)!r} is empty")
        return token
