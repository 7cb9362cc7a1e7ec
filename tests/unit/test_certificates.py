"""Certificates that are renewed while clients run are used from the next connection on."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from streams.errors import ConfigError
from streams.settings import Settings

SCRIPT = Path(__file__).resolve().parent.parent.parent / "deploy" / "secure" / "certificates.sh"


def made(folder: Path) -> Path:
    """Make an authority, and certificates of a broker and of a worker."""
    subprocess.run([SCRIPT, folder], check=True, env={"CLIENTS": "worker", "PATH": "/usr/bin:/bin"})
    return folder


def shake(client: ssl.SSLContext, folder: Path) -> str:
    """Let the client and a server with the certificates of a folder meet; return the name the server sees."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "broker.pem")
    server.load_verify_locations(folder / "ca.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    subject = ends[1].getpeercert()["subject"]  # type: ignore[index]
    return str(subject[0][0][1])


def test_renewed_certificates_are_read_for_the_next_connection(tmp_path: Path) -> None:
    old, new, used = made(tmp_path / "old"), made(tmp_path / "new"), tmp_path / "used"
    shutil.copytree(old, used)
    settings = Settings(ssl_cafile=used / "ca.pem", ssl_certfile=used / "worker.pem", ssl_keyfile=used / "worker.key")
    context = settings.ssl_context()
    assert shake(context, old) == "worker"
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(context, new)
    for name in ("ca.pem", "worker.pem", "worker.key"):
        (used / f"{name}.new").write_bytes((new / name).read_bytes())
        (used / f"{name}.new").rename(used / name)
    assert shake(context, new) == "worker"


def test_certificates_that_cannot_be_read_change_nothing(tmp_path: Path) -> None:
    used = made(tmp_path / "used")
    context = Settings(ssl_cafile=used / "ca.pem", ssl_certfile=used / "worker.pem", ssl_keyfile=used / "worker.key")
    tls = context.ssl_context()
    (used / "worker.pem").write_text("half a file")
    assert shake(tls, used) == "worker"
    with pytest.raises(ConfigError, match="STREAMS_SSL_"):
        context.ssl_context()


def test_the_checks_are_those_of_the_standard_library() -> None:
    context, usual = Settings().ssl_context(), ssl.create_default_context()
    for name in ("check_hostname", "verify_mode", "verify_flags", "options", "minimum_version"):
        assert getattr(context, name) == getattr(usual, name)
