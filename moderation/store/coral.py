"""Sites that use Coral: how to speak with it, which of its comments is which of ours, which of its messages were seen.

Its secrets are kept as they are, for they must be used: beside the comments, never in answers, exports, logs or the audit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.store.audit import Audit
from moderation.store.client import Link
from moderation.store.webhooks import Webhooks

KIND: Final = "coral"  # of the delivery that brings our decisions to Coral
WEBHOOK_ID: Final = "coral"
LINK_SECONDS: Final = 90 * 86_400  # for so long a decision of ours finds its comment in Coral
SEEN_SECONDS: Final = 7 * 86_400  # its messages carry no time: for so long a replay is known
MOST_WAITING: Final = 10_000  # comments that could not be fetched yet


@dataclass(frozen=True, slots=True)
class CoralSite:
    """How a site's Coral is spoken with.

    ``secrets``: the signing secrets that are active in Coral. ``graphql_url`` and ``token``: the way back, None without one.
    ``hold``: a doubtful comment is withheld in Coral too; else it is only flagged.
    """

    secrets: tuple[str, ...]
    graphql_url: str | None = None
    token: str | None = None
    hold: bool = False


class Coral:
    """What is kept of the Corals of all sites."""

    def __init__(self, link: Link, audit: Audit, webhooks: Webhooks) -> None:
        self._link = link
        self._audit = audit
        self._webhooks = webhooks

    async def get(self, site: str) -> CoralSite | None:
        """How the site's Coral is spoken with; None if it has none."""
        stored = await self._link.call("GET", self._link.keys.coral(site))
        if stored is None:
            return None
        found: dict[str, Any] = from_json(stored)
        return CoralSite(tuple(found["secrets"]), found["graphql_url"], found["token"], found["hold"])

    async def put(self, site: str, wanted: CoralSite, by: str) -> None:
        """Says how the site's Coral is spoken with, on behalf of ``by``; raises Conflict if the site has too many webhooks."""
        document = {
            "secrets": wanted.secrets,
            "graphql_url": wanted.graphql_url,
            "token": wanted.token,
            "hold": wanted.hold,
        }
        # The endpoint first: it can be one too many, and then nothing has changed.
        await self._webhooks.point(
            site, by, kind=KIND, webhook_id=WEBHOOK_ID, url=wanted.graphql_url, events=_DECISIONS
        )
        await self._link.call("SET", self._link.keys.coral(site), to_json(document))
        told = {"secrets": len(wanted.secrets), "hold": wanted.hold, "way_back": wanted.token is not None}
        await self._audit.record(site, by, "coral_set", "site", site, after=told)

    async def drop(self, site: str, by: str) -> None:
        """Speaks with no Coral any more; safe to repeat."""
        if await self._link.call("DEL", self._link.keys.coral(site)):
            await self._webhooks.point(
                site, by, kind=KIND, webhook_id=WEBHOOK_ID, url=None, events=_DECISIONS
            )
            await self._audit.record(site, by, "coral_dropped", "site", site)

    # --- which comment is which ------------------------------------------------------------------------

    async def tie(self, site: str, comment_id: str, coral_id: str, revision_id: str) -> None:
        """Remembers that our comment is this revision of Coral's."""
        ours, theirs = self._link.keys.coral_of(site, comment_id), self._link.keys.of_coral(site, coral_id)
        pair = to_json([coral_id, revision_id])
        await self._link.call_all(
            [("SET", ours, pair, "EX", LINK_SECONDS), ("SET", theirs, comment_id, "EX", LINK_SECONDS)]
        )

    async def theirs(self, site: str, comment_id: str) -> tuple[str, str] | None:
        """Coral's comment and revision for ours; None if they were never tied."""
        stored = await self._link.call("GET", self._link.keys.coral_of(site, comment_id))
        if stored is None:
            return None
        coral_id, revision_id = from_json(stored)
        return coral_id, revision_id

    async def ours(self, site: str, coral_id: str) -> str | None:
        """Our comment's id for Coral's; None if they were never tied."""
        found = await self._link.call("GET", self._link.keys.of_coral(site, coral_id))
        return None if found is None else found.decode()

    # --- its messages ----------------------------------------------------------------------------------

    async def first_time(self, site: str, message_id: str) -> bool:
        """Whether this message of Coral's was not seen before; from now on it was."""
        key = self._link.keys.coral_seen(site, message_id)
        return bool(await self._link.call("SET", key, "1", "NX", "EX", SEEN_SECONDS))

    async def put_off(self, site: str, coral_id: str) -> None:
        """Remembers a comment that is to be fetched; beyond a bound it stays in Coral alone."""
        key = self._link.keys.coral_waiting(site)
        if await self._link.call("SCARD", key) < MOST_WAITING:
            await self._link.call("SADD", key, coral_id)

    async def fetched(self, site: str, coral_id: str) -> None:
        """Forgets that it was to be fetched."""
        await self._link.call("SREM", self._link.keys.coral_waiting(site), coral_id)

    async def waiting(self, site: str, number: int) -> list[str]:
        """Some of the comments that are to be fetched."""
        found = await self._link.call("SRANDMEMBER", self._link.keys.coral_waiting(site), number)
        return [one.decode() for one in found]


_DECISIONS: Final = ("comment.approved", "comment.rejected")
