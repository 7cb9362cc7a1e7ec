"""Signatures after Standard Webhooks 1.0: https://github.com/standard-webhooks/standard-webhooks, spec 1.0.0."""

import base64
import hmac
from collections.abc import Iterable


def headers(identity: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """Return the headers that sign a body, with every secret, so that secrets can be changed one side at a time.

    Secrets are `whsec_` and a key in base64; `timestamp` is in seconds since 1970.
    """
    signed = f"{identity}.{timestamp}.".encode() + body
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_sign(secret, signed)}" for secret in secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
