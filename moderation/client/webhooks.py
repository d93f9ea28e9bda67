"""Checks that a webhook came from the service and is not an old one: Standard Webhooks, with the standard library alone."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from moderation.client.answers import moment
from moderation.client.faults import ClientError

TOLERANCE: Final = 300.0  # seconds that the two clocks may differ, and a delivery may be old


class BadSignature(ClientError):
    """Do not act on this delivery; answer 400. The message says what did not fit."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that was checked. The same ``id`` may come twice: act on it once."""

    id: str
    type: str
    timestamp: datetime | None
    data: dict[str, Any]


def verify(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> Delivery:
    """The delivery in a request's raw body; raises BadSignature.

    ``secret``: as the service showed it (``whsec_…``), or several while one replaces another. ``body``: the bytes as they came,
    before any parsing. ``now``: Unix seconds, the clock's if left out.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message, sent, signatures = (
            given[f"webhook-{part}"].strip() for part in ("id", "timestamp", "signature")
        )
    except KeyError as missing:
        raise BadSignature(f"The header {missing.args[0]} is missing.") from None
    if not (sent.isascii() and sent.isdigit() and len(sent) < 16):
        raise BadSignature("The header webhook-timestamp is no time.")
    if abs((time.time() if now is None else now) - int(sent)) > tolerance:
        raise BadSignature("The delivery is too old or from the future: compare the clocks.")
    signed = b"%s.%s.%s" % (message.encode(), sent.encode(), body)
    secrets = [secret] if isinstance(secret, str) else secret
    wanted = [hmac.digest(_key(one), signed, "sha256") for one in secrets]
    # Every pair is compared, so that the time tells nothing.
    fits = [hmac.compare_digest(one, other) for one in _signatures(signatures) for other in wanted]
    if not any(fits):
        raise BadSignature("No signature fits: is it the secret of this endpoint, and the body as it came?")
    return _delivery(message, body)


def _delivery(message: str, body: bytes) -> Delivery:
    try:
        found = json.loads(body)
    except ValueError:
        raise BadSignature("The body is no JSON, though it is signed.") from None
    if not isinstance(found, dict):
        raise BadSignature("The body is no JSON object, though it is signed.")
    data, at = found.get("data"), found.get("timestamp")
    return Delivery(
        message,
        str(found.get("type", "")),
        moment(at) if isinstance(at, str) else None,
        data if isinstance(data, dict) else {},
    )


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("This is no webhook secret: one begins with whsec_.") from None


def _signatures(header: str) -> list[bytes]:
    found = []
    for one in header.split():
        version, _, text = one.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(text, validate=True))
            except binascii.Error:
                continue
    return found
