"""Sessions of the console: begun with a key, kept as hashes, ended by time, by signing out, or with their key.

Nothing is believed from memory: each look-up asks the server, so that an end holds in every process at once.
"""

from __future__ import annotations

import secrets
from typing import Final

from pydantic_core import from_json

from moderation.store.client import Link
from moderation.store.keyring import Key, key_of
from moderation.store.keys import KEYS, session_key, sessions_key
from moderation.store.private import Private

LONGEST_SECONDS: Final = 12 * 3600  # the end of a session, whatever is done in it
IDLE_SECONDS: Final = 3600  # its end if nothing is done in it
MAX_OF_KEY: Final = 100  # sessions of one key; one more ends the oldest
_LONGEST_TOKEN: Final = 64  # longer ones were never made here


class Sessions:
    """All sessions of all keys."""

    def __init__(self, link: Link, private: Private) -> None:
        self._link = link
        self._private = private

    async def begin(self, key: Key) -> str | None:
        """Begins a session and returns its token (256 random bits), or None if the key has just been revoked."""
        token = secrets.token_urlsafe(32)
        place = self._private.session(token)
        begun = await self._link.run(
            "sign_in",
            [session_key(place), sessions_key(key.id), KEYS],
            [place, key.id, int(IDLE_SECONDS * 1000), int(LONGEST_SECONDS * 1000), MAX_OF_KEY],
        )
        return token if begun else None

    async def find(self, token: str, *, active: bool = True) -> Key | None:
        """The key as which a session acts, or None if there is no such session.

        ``active``: the person does something, so the time of idleness begins again.
        """
        if not 0 < len(token) <= _LONGEST_TOKEN:
            return None
        found = await self._link.run(
            "session",
            [session_key(self._private.session(token)), KEYS],
            [int(IDLE_SECONDS * 1000) if active else ""],
        )
        return key_of(found[0].decode(), from_json(found[1])) if found else None

    async def end(self, token: str, key: Key, *, everywhere: bool = False) -> None:
        """Ends a session of a key, or all of the key's."""
        place = self._private.session(token)
        await self._link.run(
            "sign_out", [session_key(place), sessions_key(key.id)], [place, "1" if everywhere else ""]
        )

    def csrf(self, token: str) -> str:
        """The word that a page of this session sends with each change; the token cannot be told from it."""
        return self._private.csrf(token)
