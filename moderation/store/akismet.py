"""What Akismet's protocol needs beside comments: which check was which comment, whom to tell of a verdict, how much was asked.

A callback's key is kept sealed, for it must be sent again; nothing of a comment is kept here but keyed hashes and ids.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic_core import from_json, to_json

from moderation.errors import ModerationError
from moderation.store.client import Link
from moderation.store.private import Private
from moderation.store.webhooks import Webhooks

KIND: Final = (
    "akismet"  # of the delivery that brings a moderator's verdict to a callback; also the endpoint's id
)
BY_THE_SITE: Final = "akismet"  # the name under which the site's own corrections stand with us
SAME_SECONDS: Final = 600  # the same check within this time is the same comment
FOUND_SECONDS: Final = 90 * 86_400  # for so long a correction finds its comment, and a verdict its callback
USAGE_SECONDS: Final = 400 * 86_400  # a year and a month
ENSURED_SECONDS: Final = 300.0  # how long an endpoint is believed to stand without looking
COUNTS: Final = ("api_calls", "spam", "ham", "missed_spam", "false_positives")
WEBHOOK_EVENTS: Final = ("comment.approved", "comment.rejected", "comment.undone")


@dataclass(frozen=True, slots=True)
class Callback:
    """Where a moderator's verdict on a comment is told, and what helps to find the comment there."""

    url: str
    key: str
    post: str = ""
    parent: str = ""
    late: bool = False  # the check was answered before there was a verdict: the model's is told too


class Akismet:
    """The checks of all sites. ``clock`` gives seconds since the epoch."""

    def __init__(
        self, link: Link, private: Private, webhooks: Webhooks, clock: Callable[[], float] = time.time
    ) -> None:
        self._link = link
        self._private = private
        self._webhooks = webhooks
        self._clock = clock
        self._ensured: dict[str, float] = {}  # site -> until when its endpoint is believed to stand

    async def begin(self, site: str, check: str, comment_id: str) -> str:
        """The id under which this check is filed: ``comment_id``, or that of the same check a short time ago.

        ``check``: a keyed hash of everything that was sent.
        """
        key = self._link.keys.akismet_check(site, check)
        before = await self._link.call("SET", key, comment_id, "NX", "GET", "EX", SAME_SECONDS)
        return comment_id if before is None else str(before.decode())

    async def tie(self, site: str, content: str, comment_id: str, callback: Callback | None) -> None:
        """Remembers by which content (a keyed hash) a comment is found again, and whom to tell of a verdict."""
        keys = self._link.keys
        commands: list[tuple[str | int | bytes, ...]] = [
            ("SET", keys.akismet_content(site, content), comment_id, "EX", FOUND_SECONDS)
        ]
        if callback is not None:
            sealed = [callback.url, self._private.seal_key(callback.key), callback.post, callback.parent]
            commands.append(
                ("SET", keys.akismet_callback(site, comment_id), to_json(sealed), "EX", FOUND_SECONDS)
            )
        await self._link.call_all(commands)
        if callback is not None and self._ensured.get(site, 0.0) < time.monotonic():
            await self._webhooks.ensure(
                site, BY_THE_SITE, kind=KIND, webhook_id=KIND, url=callback.url, events=WEBHOOK_EVENTS
            )
            if len(self._ensured) >= 10_000:
                self._ensured.clear()
            self._ensured[site] = time.monotonic() + ENSURED_SECONDS

    def forget(self) -> None:
        """Looks anew whether the endpoints stand."""
        self._ensured.clear()

    async def find(self, site: str, content: str) -> str | None:
        """The id of the last comment that was checked with this content; None if that is too long ago."""
        found = await self._link.call("GET", self._link.keys.akismet_content(site, content))
        return None if found is None else found.decode()

    async def callback(self, site: str, comment_id: str) -> Callback | None:
        """Whom to tell of a verdict on this comment; None if nobody asked."""
        stored = await self._link.call("GET", self._link.keys.akismet_callback(site, comment_id))
        if stored is None:
            return None
        url, sealed, post, parent, *late = from_json(stored)
        return Callback(url, self._private.open_key(sealed), post, parent, bool(late))

    async def answered_early(self, site: str, comment_id: str) -> None:
        """Notes that a check is answered before its verdict, which then has to be told, whoever gives it."""
        key = self._link.keys.akismet_callback(site, comment_id)
        stored = await self._link.call("GET", key)
        if stored is not None and len(fields := from_json(stored)) == 4:
            await self._link.call("SET", key, to_json([*fields, True]), "XX", "KEEPTTL")

    # --- how much was asked ----------------------------------------------------------------------------

    def month(self) -> str:
        """The month of now (UTC), as ``2026-11``."""
        return time.strftime("%Y-%m", time.gmtime(self._clock()))

    async def count(self, site: str, *counts: str) -> None:
        """Counts calls of the month. It may count one twice when an answer is lost, and none when the store is."""
        key = self._link.keys.akismet_usage(site, self.month())
        try:
            await self._link.call_all(
                [*(("HINCRBY", key, one, 1) for one in counts), ("EXPIRE", key, USAGE_SECONDS)]
            )
        except ModerationError:
            return

    async def usage(self, site: str, *months: str) -> list[dict[str, int]]:
        """What was counted in each of these months."""
        rows = await self._link.call_all(
            [("HMGET", self._link.keys.akismet_usage(site, month), *COUNTS) for month in months]
        )
        return [{name: int(value or 0) for name, value in zip(COUNTS, row, strict=True)} for row in rows]
