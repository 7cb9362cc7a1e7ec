"""The token of OAUTHBEARER: read anew each time, and an error that names file and setting."""

import asyncio
from pathlib import Path

import pytest

from streams.errors import ConfigError
from streams.tokens import TokenFile


def test_a_renewed_token_is_read(tmp_path: Path) -> None:
    file = tmp_path / "token"
    provider = TokenFile(file)
    for token in ("first", "second"):
        file.write_text(f" {token}\n")
        assert asyncio.run(provider.token()) == token


@pytest.mark.parametrize(("content", "problem"), [(None, "No such file"), ("\n", "is empty"), ("é", "not ASCII")])
def test_a_missing_token_is_named(tmp_path: Path, content: str | None, problem: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"STREAMS_SASL_TOKEN_FILE='.*token'.* {problem}"):
        asyncio.run(TokenFile(file).token())
