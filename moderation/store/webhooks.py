"""Webhooks of all sites: what they are, their place in the log, their deliveries.

Each reads its site's log with a place of its own; a delivery is leased while it is attempted, so that any number of
dispatchers work side by side and a dead one loses nothing. Secrets are kept nowhere: they are derived from the service's
secret and a random salt.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic_core import from_json, to_json

from moderation.domain.webhook import ROTATION_MS
from moderation.errors import Conflict, NotFound
from moderation.store.client import Link, Word
from moderation.store.events import Event, event_of
from moderation.store.keys import HOOKED
from moderation.store.private import Private

MOST_HOOKS: Final = 20  # of a site
MOST_SALTS: Final = 3  # secrets that sign at one time: rotating oftener ends the oldest earlier
READ_STEP: Final = 500  # events read together
REPLAY_STEP: Final = 500
STATES: Final = ("open", "delivered", "dead")

WEBHOOK: Final = "webhook"  # the kind of delivery that the API manages


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint that is told of events. Times are in ms.

    ``kind``: how a delivery is made (``webhook``: signed). ``salts``: (salt, until) of secrets that sign, the newest first,
    the newest without an end. ``off``: None, or why it is disabled: ``admin``, ``gone`` (it answered 410) or ``failing``.
    """

    id: str
    site: str
    kind: str
    url: str
    events: tuple[str, ...]
    description: str
    include: tuple[str, ...]
    created_at: int
    salts: tuple[tuple[str, int | None], ...]
    off: str | None = None
    off_at: int | None = None
    failing_since: int | None = None
    delivered_at: int | None = None
    open: int = 0
    dead: int = 0

    def signing_salts(self, now: int) -> list[str]:
        """The salts of the secrets that sign now."""
        return [salt for salt, until in self.salts if until is None or until > now]

    @property
    def told(self) -> dict[str, Any]:
        """What the audit says of it: the host alone, for a path may hold a token."""
        return {
            "host": urlsplit(self.url).hostname,
            "events": self.events,
            "description": self.description,
            "include": self.include,
            "enabled": self.off is None,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the telling of one event to one webhook stands. Its id is the event's. Times are in ms.

    ``status``: of the last answer, if one came; ``error``: a sentence, if none did. ``next_at``: the next attempt, if it is open.
    """

    id: str
    type: str
    state: Literal["open", "delivered", "dead"]
    attempts: int
    made_at: int
    next_at: int | None
    attempted_at: int | None
    status: int | None
    error: str | None
    milliseconds: int | None


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery in hand: it is ours until the lease ends."""

    webhook: Webhook
    delivery: Delivery
    event: Event
    lease: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended. ``result``: ``delivered``, ``failed``, or ``gone`` (the webhook is to be disabled)."""

    result: Literal["delivered", "failed", "gone"]
    next_at: int | None
    status: int | None
    error: str | None
    milliseconds: int


class Webhooks:
    """The webhooks of all sites. ``clock`` gives milliseconds since the epoch."""

    def __init__(
        self, link: Link, private: Private, clock: Callable[[], int] = lambda: int(time.time() * 1000)
    ) -> None:
        self._link = link
        self._private = private
        self.clock = clock

    # --- what they are -------------------------------------------------------------------------------

    async def add(
        self,
        site: str,
        by: str,
        url: str,
        events: Sequence[str],
        *,
        description: str = "",
        include: Sequence[str] = (),
        enabled: bool = True,
        kind: str = WEBHOOK,
        webhook_id: str | None = None,
    ) -> Webhook:
        """Makes a webhook that is told of what happens from now on; raises Conflict if the site has MOST_HOOKS."""
        now = self.clock()
        made = Webhook(
            id=webhook_id or f"wh_{secrets.token_hex(8)}",
            site=site,
            kind=kind,
            url=url,
            events=tuple(events),
            description=description,
            include=tuple(include),
            created_at=now,
            salts=((secrets.token_hex(32), None),),
            off=None if enabled else "admin",
        )
        await self._link.call("SADD", HOOKED, site)  # before it is made: a dispatcher must find it
        answer = await self._put(made, b"", "" if enabled else "0", by, "webhook_added", {}, made.told)
        if answer == b"full":
            raise Conflict(f"This site has {MOST_HOOKS} webhooks already; remove one that nobody needs.")
        if answer == b"moved":
            raise Conflict("There is such a webhook already.")
        return made

    async def change(self, site: str, webhook_id: str, by: str, fields: Mapping[str, Any]) -> Webhook:
        """Changes url, events, description, include or enabled; raises NotFound.

        Enabled again, it goes on from its place in the log: it is told what it missed, as far as the log reaches.
        """

        def changed(stands: Webhook) -> Webhook:
            if fields.get("enabled") is False:
                stands = dataclasses.replace(stands, off=stands.off or "admin")
            elif fields.get("enabled"):
                stands = dataclasses.replace(stands, off=None, off_at=None, failing_since=None)
            plain = {name: value for name, value in fields.items() if name != "enabled"}
            return dataclasses.replace(stands, **plain)

        switch = {True: "1", False: "0", None: ""}[fields.get("enabled")]
        return await self._alter(site, webhook_id, by, "webhook_changed", switch, changed)

    async def rotate(self, site: str, webhook_id: str, by: str) -> Webhook:
        """Gives it a new secret; the one before signs too for a day more. Raises NotFound."""
        now, salt = self.clock(), secrets.token_hex(32)

        def rotated(stands: Webhook) -> Webhook:
            before = [
                (one, until or now + ROTATION_MS)
                for one, until in stands.salts
                if until is None or until > now
            ]
            return dataclasses.replace(stands, salts=((salt, None), *before[: MOST_SALTS - 1]))

        return await self._alter(site, webhook_id, by, "webhook_secret_rotated", "", rotated)

    async def remove(self, site: str, webhook_id: str, by: str) -> None:
        """Takes a webhook away with all its deliveries; raises NotFound."""
        stands = await self.get(site, webhook_id)
        args: Sequence[Word] = [webhook_id, by, to_json(stands.told)]
        if not await self._link.run("hook_drop", [self._link.keys.site(site)], args):
            raise _absent()

    async def ensure(
        self, site: str, by: str, *, kind: str, webhook_id: str, url: str, events: Sequence[str]
    ) -> None:
        """Sees that the one endpoint of another kind than the API's is there and enabled; one that is keeps its place.

        A site with MOST_HOOKS webhooks gets none.
        """
        stored, off = await self._link.call_all(
            [
                ("HGET", self._link.keys.hooks(site), webhook_id),
                ("HGET", self._link.keys.hook(site, webhook_id), "off"),
            ]
        )
        if stored is None:
            with contextlib.suppress(Conflict):  # full, or another process was faster
                await self.add(site, by, url, events, kind=kind, webhook_id=webhook_id)
        elif off is not None:
            stands = dataclasses.replace(_webhook(site, webhook_id, stored), url=url)
            await self._put(stands, stored, "1", by, "webhook_changed", {"enabled": False}, {"enabled": True})

    async def point(
        self, site: str, by: str, *, kind: str, webhook_id: str, url: str | None, events: Sequence[str]
    ) -> None:
        """Sees that the one endpoint of another kind than the API's leads to this URL; None takes it away."""
        stored = await self._link.call("HGET", self._link.keys.hooks(site), webhook_id)
        if stored is not None:
            stands = _webhook(site, webhook_id, stored)
            if stands.url == url:
                return
            await self._link.run(
                "hook_drop", [self._link.keys.site(site)], [webhook_id, by, to_json(stands.told)]
            )
        if url is not None:
            await self.add(site, by, url, events, kind=kind, webhook_id=webhook_id)

    async def get(self, site: str, webhook_id: str) -> Webhook:
        """One webhook of the API's kind; raises NotFound."""
        stored = await self._link.call("HGET", self._link.keys.hooks(site), webhook_id)
        if stored is None or (found := _webhook(site, webhook_id, stored)).kind != WEBHOOK:
            raise _absent()
        return (await self._stated([found]))[0]

    def secrets_of(self, webhook: Webhook) -> list[bytes]:
        """The secrets that sign now, the newest first."""
        return [
            self._private.webhook_secret(webhook.site, webhook.id, salt)
            for salt in webhook.signing_salts(self.clock())
        ]

    async def _stated(self, found: Sequence[Webhook]) -> list[Webhook]:
        commands: list[tuple[str, ...]] = []
        for one in found:
            hook = self._link.keys.hook(one.site, one.id)
            commands += [
                ("HMGET", hook, "off", "off_at", "since", "ok"),
                ("ZCARD", f"{hook}:open"),
                ("ZCARD", f"{hook}:dead"),
            ]
        rows = await self._link.call_all(commands) if commands else []
        return [
            dataclasses.replace(
                one,
                off=state[0].decode() if state[0] else None,
                off_at=_number(state[1]),
                failing_since=_number(state[2]),
                delivered_at=_number(state[3]),
                open=waiting,
                dead=dead,
            )
            for one, state, waiting, dead in zip(found, rows[::3], rows[1::3], rows[2::3], strict=True)
        ]

    async def _alter(
        self,
        site: str,
        webhook_id: str,
        by: str,
        act: str,
        switch: str,
        changed: Callable[[Webhook], Webhook],
    ) -> Webhook:
        for _ in range(10):
            document = await self._link.call("HGET", self._link.keys.hooks(site), webhook_id)
            if document is None or (stands := _webhook(site, webhook_id, document)).kind != WEBHOOK:
                raise _absent()
            before = (await self._stated([stands]))[0]
            after = changed(before)
            answer = await self._put(after, document, switch, by, act, before.told, after.told)
            if answer == b"absent":
                raise _absent()
            if answer != b"moved":
                return after
        raise Conflict("Others keep changing this webhook; read it and send yours again.")

    async def _put(
        self,
        webhook: Webhook,
        read: bytes,
        switch: str,
        by: str,
        act: str,
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> bytes:
        document = {name: getattr(webhook, name) for name in _DOCUMENTED} | {"mark": secrets.token_hex(8)}
        differ = [name for name in after if before.get(name) != after[name]]
        answer: bytes = await self._link.run(
            "hook_put",
            [self._link.keys.site(webhook.site)],
            [
                *(webhook.id, read, to_json(document), switch, by, act),
                to_json({name: before[name] for name in differ if name in before}),
                to_json({name: after[name] for name in differ}),
                *(MOST_HOOKS, self.clock()),
            ],
        )
        return answer

    # --- deliveries ----------------------------------------------------------------------------------

    async def deliveries(
        self, site: str, webhook_id: str, state: str | None, before: int | None, limit: int
    ) -> tuple[list[Delivery], int | None]:
        """Deliveries in one state or in all, the newest first, and the place to go on from; None begins at the newest."""
        await self.get(site, webhook_id)
        hook = self._link.keys.hook(site, webhook_id)
        start = "+inf" if before is None else f"({before}"
        found = await self._link.call(
            "ZRANGE",
            *(f"{hook}:{state or 'all'}", start, "-inf", "BYSCORE", "REV"),
            *("LIMIT", 0, limit + 1, "WITHSCORES"),
        )
        ids, places = found[::2][:limit], found[1::2][:limit]
        if not ids:
            return [], None
        stored = await self._link.call("HMGET", f"{hook}:d", *ids)
        rows = [
            _delivery(one.decode(), from_json(record))
            for one, record in zip(ids, stored, strict=True)
            if record is not None
        ]
        return rows, int(float(places[-1])) if len(found) > 2 * limit else None

    async def replay(self, site: str, webhook_id: str, delivery_id: str) -> None:
        """Delivers one event once more, as if it were new; raises NotFound, Conflict if its event has left the log."""
        await self.get(site, webhook_id)
        args: Sequence[Word] = [site, webhook_id, self.clock(), secrets.token_hex(8), delivery_id, "", "", 0]
        answer = await self._link.run("hook_replay", [self._link.keys.site(site)], args)
        if answer[0] == b"absent":
            raise NotFound("There is no such delivery.")
        if answer[0] == b"over":
            raise Conflict("The event of this delivery is older than what the log keeps.")

    async def replay_span(self, site: str, webhook_id: str, since: int, until: int) -> tuple[int, int | None]:
        """Delivers the events of a span (ms, ``until`` not included) that the webhook wants; raises NotFound.

        Returns how many, and where it stopped (ms) because too many deliveries are open; None if it came to the end.
        """
        await self.get(site, webhook_id)
        count, place, op = 0, str(since), secrets.token_hex(8)
        while place:
            args: Sequence[Word] = [site, webhook_id, self.clock(), op, "", place, f"({until}-0", REPLAY_STEP]
            word, made, where = await self._link.run("hook_replay", [self._link.keys.site(site)], args)
            if word == b"absent":
                raise _absent()
            count += made
            if word == b"full":
                return count, int(where.decode().partition("-")[0])
            place = where.decode()
        return count, None

    # --- what dispatchers do ---------------------------------------------------------------------------

    async def roster(self) -> list[tuple[str, str]]:
        """Site and id of every webhook that is not disabled, of every kind."""
        sites = sorted(one.decode() for one in await self._link.call("SMEMBERS", HOOKED))
        if not sites:
            return []
        rows = await self._link.call_all([("HKEYS", self._link.keys.hooks(site)) for site in sites])
        found = [(site, one.decode()) for site, ids in zip(sites, rows, strict=True) for one in ids]
        if not found:
            return []
        off = await self._link.call_all(
            [("HEXISTS", self._link.keys.hook(site, one), "off") for site, one in found]
        )
        return [place for place, disabled in zip(found, off, strict=True) if not disabled]

    async def read(self, site: str, webhook_id: str) -> tuple[int, int | None] | None:
        """Reads on in the log: how many events, and when (ms) the next delivery is due. None if there is nothing to do ever."""
        answer = await self._link.run(
            "hook_read", [self._link.keys.site(site)], [webhook_id, self.clock(), READ_STEP]
        )
        if answer[0] != b"on":
            return None
        return answer[1], _number(answer[2])

    async def take(self, site: str, webhook_id: str, limit: int, lease_ms: int) -> list[Leased]:
        """Leases deliveries that are due."""
        lease = secrets.token_hex(8)
        args: Sequence[Word] = [webhook_id, self.clock(), lease_ms, limit, lease]
        answer = await self._link.run("hook_take", [self._link.keys.site(site)], args)
        if not answer:
            return []
        webhook = _webhook(site, webhook_id, answer[0])
        return [
            Leased(
                webhook,
                _delivery(one.decode(), from_json(record)),
                event_of(site, one.decode(), fields),
                lease,
            )
            for one, record, fields in zip(answer[1::3], answer[2::3], answer[3::3], strict=True)
        ]

    async def settle(self, leased: Leased, attempt: Attempt) -> bool:
        """Notes how an attempt ended; returns whether the webhook was disabled by it."""
        webhook = leased.webhook
        args: Sequence[Word] = [
            *(webhook.site, webhook.id, leased.delivery.id, leased.lease, self.clock(), attempt.result),
            "" if attempt.next_at is None else attempt.next_at,
            "" if attempt.status is None else attempt.status,
            *(attempt.error or "", attempt.milliseconds),
        ]
        answer = await self._link.run("hook_settle", [self._link.keys.site(webhook.site)], args)
        return bool(answer == b"disabled")

    async def list(self, site: str) -> list[Webhook]:
        """A site's webhooks of the API's kind, the oldest first."""
        pairs = await self._link.call("HGETALL", self._link.keys.hooks(site))
        found = [
            _webhook(site, one.decode(), stored) for one, stored in zip(pairs[::2], pairs[1::2], strict=True)
        ]
        found = [one for one in found if one.kind == WEBHOOK]
        return sorted(await self._stated(found), key=lambda one: (one.created_at, one.id))


_DOCUMENTED: Final = (
    *("id", "site", "kind", "url", "events", "description", "include", "created_at", "salts"),
)


def _absent() -> NotFound:
    return NotFound("There is no such webhook.")


def _number(stored: bytes | None) -> int | None:
    return int(stored) if stored else None


def _webhook(site: str, webhook_id: str, document: bytes) -> Webhook:
    found = from_json(document)
    return Webhook(
        id=webhook_id,
        site=site,
        kind=found["kind"],
        url=found["url"],
        events=tuple(found["events"]),
        description=found["description"],
        include=tuple(found["include"]),
        created_at=found["created_at"],
        salts=tuple((salt, until) for salt, until in found["salts"]),
    )


def _delivery(delivery_id: str, record: dict[str, Any]) -> Delivery:
    return Delivery(
        id=delivery_id,
        type=record["kind"],
        state=record["state"],
        attempts=record["n"],
        made_at=record["made"],
        next_at=record.get("next"),
        attempted_at=record.get("at"),
        status=record.get("status"),
        error=record.get("error"),
        milliseconds=record.get("took"),
    )
