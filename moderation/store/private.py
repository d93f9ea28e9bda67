"""Keyed hashes of what must not be kept in clear: keys, e-mails, addresses, reporters.

A plain hash of an IPv4 address is reversed in hours; with a secret key it is a pseudonym.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import blake2b
from typing import Final

SIZE: Final = 16  # bytes: collisions are out of reach for any number of readers


class Private:
    """Hashes under one secret; each kind has its own domain, so that hashes of different kinds never meet."""

    def __init__(self, secret: bytes) -> None:
        self._email = blake2b(secret, digest_size=32, person=b"email").digest()
        self._ip = blake2b(secret, digest_size=32, person=b"ip").digest()
        self._author = blake2b(secret, digest_size=32, person=b"author").digest()
        self._reporter = blake2b(secret, digest_size=32, person=b"reporter").digest()
        self._pad = blake2b(secret, digest_size=32, person=b"akismet-key").digest()
        self._key = blake2b(secret, digest_size=32, person=b"api-key").digest()
        self._session = blake2b(secret, digest_size=32, person=b"session").digest()
        self._csrf = blake2b(secret, digest_size=32, person=b"csrf").digest()
        self._content = blake2b(secret, digest_size=32, person=b"content").digest()
        self._webhook = blake2b(secret, digest_size=32, person=b"webhook").digest()
        self._check = blake2b(secret, digest_size=16, person=b"check").hexdigest()

    @property
    def check(self) -> str:
        """A word by which two processes see that they share the secret; the secret cannot be told from it."""
        return self._check

    def email(self, address: str) -> str:
        """The pseudonym of an e-mail address; case and surrounding space make no difference."""
        return _hash(self._email, address.strip().casefold())

    def ip(self, address: str) -> str:
        """The pseudonym of an IP address."""
        return _hash(self._ip, address.strip().casefold())

    def reporter(self, site: str, reporter: str) -> str:
        """The pseudonym of a reader who flags comments, told apart by site."""
        return _hash(self._reporter, f"{site}\n{reporter}")

    def author(self, site: str, ref: str) -> str:
        """The pseudonym of an author in the audit, told apart by site: once the author is erased it leads nowhere."""
        return _hash(self._author, f"{site}\n{ref}")

    def content(self, site: str, *parts: str) -> str:
        """A name for the same text by the same author in the same place, told apart by site."""
        return _hash(self._content, "\0".join((site, *parts)))

    def webhook_secret(self, site: str, webhook_id: str, salt: str) -> bytes:
        """A webhook's secret, 32 bytes: derived, so that it is kept nowhere. ``salt`` has 256 random bits."""
        return hmac.digest(self._webhook, f"{site}\n{webhook_id}\n{salt}".encode(), "sha256")

    def session(self, token: str) -> str:
        """The place of a session, by its token."""
        return hmac.new(self._session, token.encode("utf-8", "surrogateescape"), "sha256").hexdigest()

    def csrf(self, token: str) -> str:
        """A session's second word, which its page knows and no other page."""
        return hmac.new(self._csrf, token.encode("utf-8", "surrogateescape"), "sha256").hexdigest()

    def seal_key(self, key: str) -> str:
        """A short key (up to 64 bytes) that must be sent again later, unreadable without the secret."""
        nonce = secrets.token_bytes(16)
        return (nonce + self._padded(nonce, key.encode())).hex()

    def open_key(self, sealed: str) -> str:
        """What was given to ``seal_key``; something else if the secret is another one."""
        data = bytes.fromhex(sealed)
        return self._padded(data[:16], data[16:]).decode("latin-1")

    def _padded(self, nonce: bytes, data: bytes) -> bytes:
        # A pad that is used once: the nonce is new for each key.
        pad = blake2b(nonce, digest_size=64, key=self._pad).digest()
        return bytes(one ^ other for one, other in zip(data, pad[: len(data)], strict=True))

    def mac(self, key: str) -> str:
        """The MAC of an API key, to be compared by ``matches``."""
        return hmac.new(self._key, key.encode("utf-8", "surrogateescape"), "sha256").hexdigest()

    def matches(self, key: str, mac: str) -> bool:
        """Whether the key has this MAC, in constant time."""
        return hmac.compare_digest(self.mac(key), mac)


def _hash(key: bytes, text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=SIZE, key=key).hexdigest()
