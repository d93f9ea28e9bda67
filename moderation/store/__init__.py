"""The one door to Redis: it knows the keys and speaks the domain's words. Nothing outside this folder sees a key."""

from __future__ import annotations

from collections.abc import Collection

from moderation.store.across import Across, SiteState
from moderation.store.activity import Activity, Observed, Sighting
from moderation.store.akismet import Akismet, Callback
from moderation.store.archive import Archive
from moderation.store.audit import Act, Audit
from moderation.store.authors import Authors, Profile
from moderation.store.batches import Batch, Batches
from moderation.store.birth import advice, check_fitness, settle_partitions, settle_secret
from moderation.store.claims import Claims, Lease
from moderation.store.client import Link
from moderation.store.comments import Accepted, Comments
from moderation.store.coral import Coral, CoralSite
from moderation.store.dead_letters import DeadLetter, DeadLetters
from moderation.store.events import Event, Events, is_position
from moderation.store.feed import Bell, Feed
from moderation.store.inbox import Entry, Inbox, Judged
from moderation.store.keyring import (
    EVERY_SITE,
    MAX_SITES,
    FirstKeys,
    Key,
    KeyInfo,
    Keyring,
    NewKey,
    Role,
    fault_of_sites,
)
from moderation.store.private import Private
from moderation.store.queues import Filters, Order, Page, Queues, QueueState
from moderation.store.retention import Retention
from moderation.store.sessions import Sessions
from moderation.store.sites import Sites
from moderation.store.statistics import Statistics
from moderation.store.webhooks import STATES, Attempt, Delivery, Leased, Webhook, Webhooks

__all__ = [
    "EVERY_SITE",
    "MAX_SITES",
    "STATES",
    "Accepted",
    "Act",
    "Attempt",
    "Batch",
    "Bell",
    "Callback",
    "CoralSite",
    "DeadLetter",
    "Delivery",
    "Entry",
    "Event",
    "Filters",
    "FirstKeys",
    "Inbox",
    "Judged",
    "Key",
    "KeyInfo",
    "Lease",
    "Leased",
    "NewKey",
    "Observed",
    "Order",
    "Page",
    "Profile",
    "QueueState",
    "Role",
    "Sighting",
    "SiteState",
    "Store",
    "Webhook",
    "advice",
    "check_fitness",
    "fault_of_sites",
    "is_position",
]


class Store:
    """Everything that is kept, by what it is."""

    def __init__(self, link: Link, secret: bytes, queue_limit: int) -> None:
        self.link = link
        self.secret = secret
        self.private = Private(secret)
        self.comments = Comments(link, queue_limit)
        self.queues = Queues(link, self.comments)
        self.claims = Claims(link, self.comments)
        self.batches = Batches(link)
        self.authors = Authors(link, self.comments, self.private)
        self.activity = Activity(link)
        self.audit = Audit(link)
        self.events = Events(link)
        self.statistics = Statistics(self.events)
        self.sites = Sites(link)
        self.retention = Retention(link, self.sites)
        self.across = Across(link, self.queues, self.sites, self.claims)
        self.keyring = Keyring(link, self.private)
        self.sessions = Sessions(link, self.private)
        self.webhooks = Webhooks(link, self.private)
        self.akismet = Akismet(link, self.private, self.webhooks)
        self.coral = Coral(link, self.audit, self.webhooks)
        self.feed = Feed(link)
        self.dead_letters = DeadLetters(link)
        self.archive = Archive(link)

    @classmethod
    async def settle(
        cls, link: Link, *, secret: bytes | None, partitions: int | None, queue_limit: int
    ) -> Store:
        """The store on a connected server, under the secret and layout with which the data was born."""
        link.keys = await settle_partitions(link, partitions)
        return cls(link, await settle_secret(link, secret), queue_limit)

    async def open_site(self, slug: str, by: Key | None = None) -> FirstKeys:
        """Makes a site and its first keys, on behalf of ``by``; raises Invalid for a bad slug and Conflict if it exists."""
        await self.sites.add(slug)
        if by is not None:  # at the command line nobody has a name
            await self.audit.record(slug, by.name, "opened", "site", slug)
        return await self.keyring.first(slug)

    async def add_key(self, site: str, by: Key, sites: Collection[str], role: Role, name: str) -> NewKey:
        """Makes a key on behalf of an admin, as ``Keyring.add_on``; each of its sites has it in its audit."""
        made = await self.keyring.add_on(site, sites, role, name)
        for one in {site, *made.sites} - {EVERY_SITE}:
            await self.audit.record(
                one, by.name, "key_made", "key", made.id, after={"role": made.role, "name": name}
            )
        return made

    async def revoke_key(self, site: str, by: Key, key_id: str) -> None:
        """Ends a key on behalf of an admin, as ``Keyring.revoke_on``; each of its sites has it in its audit."""
        ended = await self.keyring.revoke_on(site, by, key_id)
        for one in {site, *ended.sites} - {EVERY_SITE}:
            await self.audit.record(
                one, by.name, "key_revoked", "key", key_id, before={"role": ended.role, "name": ended.name}
            )

    def inboxes(self, consumer: str) -> list[Inbox]:
        """Each partition's stream, for one worker."""
        return [Inbox(self.link, number, consumer) for number in range(self.link.keys.partitions)]

    async def waiting(self) -> int:
        """How many comments wait for a score, in all partitions."""
        return sum([await inbox.waiting() for inbox in self.inboxes("")])

    async def ping(self) -> None:
        """Raises StoreUnavailable if the server does not answer."""
        await self.link.call("PING")
