"""Opaque cursors: a place in a listing, signed, so that a forged or foreign one is refused with a sentence."""

from __future__ import annotations

import base64
import hmac
from hashlib import blake2b
from typing import Final

from moderation.errors import BadRequest

_MAC: Final = 12  # bytes of signature: forging one gains nothing but another place in one's own list


_FOREIGN: Final = "This cursor was not given for this listing: begin again without `cursor`."


def seal(secret: bytes, listing: str, place: int) -> str:
    """A cursor for a place in one listing (its site, queue, order and filters)."""
    return seal_bytes(secret, listing, str(place).encode())


def seal_bytes(secret: bytes, listing: str, data: bytes) -> str:
    """A cursor for a place that is no number: a name, or a place for each of several sites."""
    return base64.urlsafe_b64encode(_mac(secret, listing, data) + data).decode().rstrip("=")


def open_(secret: bytes, listing: str, cursor: str) -> int:
    """The place of a cursor; raises BadRequest if it was not given for this listing."""
    try:
        return int(open_bytes(secret, listing, cursor))
    except ValueError:
        raise BadRequest(_FOREIGN) from None


def open_bytes(secret: bytes, listing: str, cursor: str) -> bytes:
    """What ``seal_bytes`` was given; raises BadRequest if it was not given for this listing."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mac, data = raw[:_MAC], raw[_MAC:]
        if hmac.compare_digest(mac, _mac(secret, listing, data)):
            return data
    except ValueError:
        pass  # the same refusal as for a wrong signature
    raise BadRequest(_FOREIGN)


def _mac(secret: bytes, listing: str, data: bytes) -> bytes:
    key = blake2b(secret, digest_size=32, person=b"cursor").digest()
    return blake2b(listing.encode() + b"\0" + data, digest_size=_MAC, key=key).digest()
