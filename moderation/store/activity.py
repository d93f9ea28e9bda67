"""What a batch of comments means beside the others: authors' records, repeats and pace, in one script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.domain.activity import Activity as Before
from moderation.domain.author import Record, Standing
from moderation.domain.policy import Policy
from moderation.store.client import Link, Word
from moderation.store.inbox import Entry

HOUR_MS = 3_600_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Observed:
    """An author's record, and what went before the comment."""

    record: Record
    activity: Before


@dataclass(frozen=True, slots=True)
class Sighting:
    """A comment to be observed, under its site's policy, with the fingerprints of its text."""

    entry: Entry
    policy: Policy
    fingerprints: tuple[str, ...]


class Activity:
    """The memory of what came lately, of all sites."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def observe(self, sightings: Sequence[Sighting], now: int | None = None) -> list[Observed]:
        """Notes comments of one partition and says what went before each. ``now`` (ms) is the server's if None."""
        if not sightings:
            return []
        keys = self._link.keys
        names = [keys.inbox(keys.partition(sightings[0].entry.site))]
        args: list[Word] = ["" if now is None else now]
        for one in sightings:
            names.append(keys.site(one.entry.site))
            args += _arguments(one)
        return [_observed(row) for row in await self._link.run("observe", names, args)]

    async def like(self, site: str, comment_id: str, limit: int) -> list[str]:
        """Ids of comments with the same or nearly the same text as this one, as far as they are remembered; the last first."""
        key = self._link.keys.site(site)
        stored = await self._link.call("HGET", f"{key}:c:{comment_id}", "fp")
        if not stored:
            return []
        prints = stored.decode().split(",")
        rows = await self._link.call_all(
            [
                command
                for one in prints
                for command in (
                    ("ZRANGE", f"{key}:rl:{one}", 0, limit, "REV"),
                    ("GET", f"{key}:rp:{one}"),
                )
            ]
        )
        members = [
            member
            for later, first in zip(rows[::2], rows[1::2], strict=True)
            for member in (*later, first)
            if member is not None
        ]
        found = dict.fromkeys(member.decode().partition("\t")[2] for member in members)
        return [one for one in found if one != comment_id][:limit]

    async def first_with(self, site: str, fingerprints: Sequence[str]) -> str | None:
        """The id of the first comment with the first of these fingerprints, while that is remembered."""
        if not fingerprints:
            return None
        key = f"{self._link.keys.site(site)}:rp:{fingerprints[0]}"
        member = await self._link.call("GET", key)
        return member.decode().partition("\t")[2] if member is not None else None


def _arguments(one: Sighting) -> tuple[Word, ...]:
    draft, policy = one.entry.draft, one.policy
    paced = (policy.max_by_author, policy.max_by_address, policy.max_by_article)
    return (
        draft.id,
        one.entry.author_ref,
        draft.author.ip_hash or "",
        draft.article.id or "",
        ",".join(one.fingerprints),
        policy.repeat_hours * HOUR_MS,
        policy.pace_minutes * MINUTE_MS if any(limit is not None for limit in paced) else 0,
        policy.record_days if policy.hold_rejected_share is not None else 0,
        one.entry.id,
    )


def _observed(row: list[int | bytes]) -> Observed:
    approved, rejected, pending, recent_approved, recent_rejected, given, until, *counts = row
    record = Record(
        approved=int(approved),
        rejected=int(rejected),
        pending=int(pending),
        recent_approved=int(recent_approved),
        recent_rejected=int(recent_rejected),
        given=Standing(given.decode()) if isinstance(given, bytes) and given else None,
        until=int(until) if until else None,
    )
    return Observed(record, Before(*(int(number) for number in counts)))
