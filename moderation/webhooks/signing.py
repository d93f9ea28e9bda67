"""Signatures after the Standard Webhooks specification: made for deliveries, and checked by those who receive them."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Final

PREFIX: Final = "whsec_"
LEAST_BYTES: Final = 24
MOST_BYTES: Final = 64
TOLERANCE_SECONDS: Final = 300


class BadSignature(Exception):
    """A delivery that was not signed with the secret, was altered, or is too old; the message says which."""


def secret_text(secret: bytes) -> str:
    """A secret as people copy it: ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(secret).decode()


def secret_bytes(text: str) -> bytes:
    """The bytes of a secret, with or without its prefix. Raises ValueError unless it holds 24 to 64 of them."""
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("A webhook's secret is `whsec_` and base64.") from None
    if not LEAST_BYTES <= len(secret) <= MOST_BYTES:
        raise ValueError(f"A webhook's secret holds {LEAST_BYTES} to {MOST_BYTES} bytes.")
    return secret


def headers(message_id: str, at: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers of a delivery at a Unix time in seconds, signed with each of the secrets."""
    if not secrets:
        raise ValueError("A delivery is never sent unsigned.")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signature(message_id, at, body, secret) for secret in secrets),
    }


def signature(message_id: str, at: int, body: bytes, secret: bytes) -> str:
    """One signature: ``v1,`` and the base64 of HMAC-SHA256 over id, time and body."""
    signed = f"{message_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Raises BadSignature unless the body was signed with the secret within five minutes of ``now`` (Unix seconds).

    ``headers`` are asked in lower case. Raises ValueError for a secret that is none.
    """
    key = secret_bytes(secret)
    try:
        message_id, sent, given = (
            headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        )
    except KeyError:
        raise BadSignature("A header of the signature is missing.") from None
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 12 and message_id):
        raise BadSignature("The time or the id is not valid.")
    if abs(now - int(sent)) > TOLERANCE_SECONDS:
        raise BadSignature("The delivery is too old, or the clocks differ by more than five minutes.")
    expected = signature(message_id, int(sent), body, key).encode()
    if not any(hmac.compare_digest(expected, one.encode("utf-8", "replace")) for one in given.split(" ")):
        raise BadSignature("No signature fits the body.")
