"""Random sequences of everything that can happen on two sites: after each step, what is kept fits together.

``MODERATION_WALKS`` is the number of walks (a few in CI; a thousand take some ten minutes).
"""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from moderation.domain.author import Standing
from moderation.domain.comment import Article, Author, Draft, Reason, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Policy, decide
from moderation.errors import ModerationError
from moderation.store import Entry, Filters, Inbox, Judged, Order, Sighting, Store
from moderation.store.keys import QUEUES
from tests.support.invariants import Snapshot, counted, faults, pictured, snapshots, verdicts

WALKS = int(os.environ.get("MODERATION_WALKS", "24"))
STEPS = 150
COMMENTS = 7
SITES = ("gazette", "courier")
POLICY = Policy(
    approve_below=0.4,
    reject_above=0.7,
    max_same_by_author=1,
    max_by_author=3,
    max_by_address=3,
    max_by_article=3,
)
CODES = ("links", "words", "model_words")
EMAIL, ADDRESS = "e" * 32, "1" * 32
AUTHORS = (
    Author(),
    Author(id="u1", name="Bo", ip_hash=ADDRESS),
    Author(id="ü:2"),
    Author(email_hash=EMAIL),
    Author(ip_hash=ADDRESS),
)


class Walk:
    """One walk. What it must remember beside the store: batches, entries in hand, and readers' settled records."""

    def __init__(self, store: Store, inboxes: list[Inbox], seed: int) -> None:
        self.store = store
        self.chance = random.Random(seed)
        self.inboxes = inboxes
        self.sites = list(SITES)
        self.held: list[Entry] = []
        self.batches: list[tuple[str, str, tuple[str, ...]]] = []  # site, id, comments
        self.settled: dict[str, dict[str, Counter[str]]] = {site: defaultdict(Counter) for site in SITES}
        self.number = 0
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    # What a step is about.

    @property
    def op(self) -> str:
        return f"op{self.number}"

    def site(self) -> str:
        return self.chance.choice(self.sites)

    def comment(self) -> str:
        return f"c{self.chance.randrange(COMMENTS)}"

    def name(self) -> str:
        return self.chance.choice(["ann", "bob", "çağla"])

    def reader(self, site: str) -> str:
        return self.store.private.reporter(site, self.chance.choice(["u1", "r1", "r2", "r3"]))

    def decision(self) -> Decision:
        name, note = self.name(), self.chance.choice([None, "so"])
        if self.chance.random() < 0.5:
            return Decision(Status.APPROVED, By.MODERATOR, name, note=note)
        return Decision(Status.REJECTED, By.MODERATOR, name, RejectReason.SPAM, note)

    # The steps. Each works on the site that it is given.

    async def accept(self, site: str) -> None:
        article = Article(id=self.chance.choice([None, "a1", "a:2"]))
        parent = self.chance.choice([None, self.comment()])
        draft = Draft(
            self.comment(), f"text {self.chance.randrange(2)}", self.chance.choice(AUTHORS), article, parent
        )
        await self.store.comments.accept(site, draft)

    async def read(self, site: str) -> None:
        inbox = self.inboxes[self.store.link.keys.partition(site)]
        if await inbox.waiting():
            self.held += await inbox.read(self.chance.randrange(1, 4))

    async def observe(self, site: str) -> None:
        mine = [entry for entry in self.held if entry.site == site]
        await self.store.activity.observe([Sighting(one, POLICY, self._prints(one)) for one in mine])

    @staticmethod
    def _prints(entry: Entry) -> tuple[str, ...]:
        return ("p" + entry.draft.text[-1], "q0")  # as texts have them: one of their own, one in common

    async def commit(self, site: str) -> None:
        mine = [entry for entry in self.held if entry.site == site]
        await self.store.activity.observe([Sighting(one, POLICY, self._prints(one)) for one in mine])
        judged = [self._judged(entry) for entry in mine]
        if judged:
            inbox = self.inboxes[self.store.link.keys.partition(site)]
            await inbox.commit(judged)
            if self.chance.random() < 0.2:
                assert await inbox.commit(judged) == 0, "a repeat changes nothing"
        self.held = [entry for entry in self.held if entry.site != site]

    def _judged(self, entry: Entry) -> Judged:
        codes = self.chance.sample(CODES, self.chance.randrange(3))
        reasons = tuple(Reason(code, "A sentence.", 1.0) for code in codes)
        if self.chance.random() < 0.15:
            letter = {"error": "CannotScore", "attempts": 3, "at": 0}
            return Judged(entry, {}, reasons, decide(POLICY, {}), "v", letter)
        scores = {"spam": round(self.chance.random(), 6)}
        prints, threshold = self._prints(entry), self.chance.choice([1, 2])
        return Judged(entry, scores, reasons, decide(POLICY, scores), "v", None, prints, threshold)

    async def decide(self, site: str) -> None:
        override = self.chance.random() < 0.5
        await self.store.comments.decide(site, self.comment(), self.decision(), override, self.op)

    async def undo(self, site: str) -> None:
        await self.store.comments.undo(site, self.comment(), self.name(), self.op)

    async def decide_and_undo(self, site: str) -> None:
        """A decision taken back at once: all is as it was, but for the lease, which the decision has ended."""
        before, comment_id = await self.look(site), self.comment()
        await self.store.comments.decide(site, comment_id, self.decision(), True, self.op)
        if await self.look(site) != before:
            await self.store.comments.undo(site, comment_id, self.name(), self.op + "u")
            assert await self.look(site) == without_leases(before, [comment_id])

    async def bulk(self, site: str) -> None:
        ids = [f"c{number}" for number in self.chance.sample(range(COMMENTS + 1), 4)]
        await self._bulk(site, ids, at_once=self.chance.random() < 0.6)

    async def bulk_by_filter(self, site: str) -> None:
        queue = self.chance.choice(QUEUES)
        article, reason = self.chance.choice([(None, None), ("a1", None), (None, "links")])
        filters = Filters(article=article, reason=reason)
        count, complete = await self.store.queues.count(site, queue, filters)
        ids, ended = await self.store.queues.ids(site, queue, Order.OLDEST, filters, limit=100)
        assert (count, complete, ended) == (len(ids), True, True)
        await self._bulk(site, ids, at_once=self.chance.random() < 0.6)

    async def _bulk(self, site: str, ids: list[str], *, at_once: bool) -> None:
        before = await self.look(site)
        batch = await self.store.batches.begin(site, self.op, "ann", ids)
        rows = [(one, self.decision(), self.chance.random() < 0.8) for one in ids]
        await self.store.comments.decide_many(site, rows, self.op, batch.id)
        changed = [one for one in ids if before.get(f":c:{one}") != (await self.look(site)).get(f":c:{one}")]
        if at_once:
            await self.undo_batch_of(site, batch.id, batch.ids)
            assert await self.look(site) == without_leases(before, changed)
        else:
            self.batches.append((site, batch.id, batch.ids))

    async def undo_batch(self, site: str) -> None:
        mine = [one for one in self.batches if one[0] == site]
        if mine:
            await self.undo_batch_of(*self.chance.choice(mine))

    async def undo_batch_of(self, site: str, batch_id: str, ids: tuple[str, ...]) -> None:
        for _ in range(2):
            await self.store.comments.undo_many(site, ids, "bob", f"undo:{batch_id}", batch_id)
            await self.store.batches.end(site, batch_id)

    async def report(self, site: str) -> None:
        threshold = self.chance.choice([1, 2])
        await self.store.comments.report(site, self.comment(), self.reader(site), "abuse", threshold)

    async def edit(self, site: str) -> None:
        await self.store.comments.edit(site, self.comment(), f"edit {self.chance.randrange(3)}", self.op)

    async def escalate(self, site: str) -> None:
        reason = self.chance.choice(["a threat", "tabs\tand\nlines", None])
        await self.store.comments.escalate(site, self.comment(), self.name(), reason, self.op)

    async def annotate(self, site: str) -> None:
        comments, comment_id, name = self.store.comments, self.comment(), self.name()
        match self.chance.randrange(3):
            case 0:
                await comments.note(site, comment_id, name, "a\tnote\nof lines", self.op)
            case 1:
                tags = self.chance.sample(["x", "élection", "z"], self.chance.randrange(3))
                await comments.tag(site, comment_id, name, tags, self.op)
            case 2:
                to = self.chance.choice([None, "ann", "bob"])
                await comments.assign(site, comment_id, name, to, self.op)

    async def claim(self, site: str) -> None:
        lease = self.chance.choice([0, 60])  # one of no time is over at once
        found = await self.store.claims.claim(
            site,
            self.chance.choice(QUEUES),
            self.name(),
            limit=self.chance.randrange(1, 4),
            lease_seconds=lease,
            order=self.chance.choice(list(Order)),
            labels=self.chance.choice([[], ["article:a1"]]) if self.chance.random() < 0.3 else [],
            op=self.op,
        )
        assert len({one.id for one in found}) == len(found)

    async def lease(self, site: str) -> None:
        name, ids = self.name(), self.chance.choice([[], [self.comment(), self.comment()]])
        if self.chance.random() < 0.5:
            await self.store.claims.renew(site, name, ids, self.chance.choice([0, 60]))
        else:
            await self.store.claims.release(site, name, ids, of_anybody=self.chance.random() < 0.3)

    async def take(self, site: str) -> None:
        queue = self.chance.choice(QUEUES)
        await self.store.claims.take(site, queue, self.name(), [self.comment(), self.comment()], 60)

    async def stand(self, site: str) -> None:
        ref = self.chance.choice([one.ref for one in AUTHORS if one.ref])
        if self.chance.random() < 0.6:
            standing = self.chance.choice([None, Standing.TRUSTED, Standing.BANNED, Standing.SUSPENDED])
            until = 2**53 - 1 if standing is Standing.SUSPENDED else None
            profile = await self.store.authors.set_standing(site, ref, "ann", standing, until, self.op)
            assert profile.record.until == until
        else:
            await self.store.authors.note(site, ref, "ann", "a\tnote\nof lines", self.op)

    async def erase(self, site: str) -> None:
        await self.store.comments.erase(site, self.comment())

    async def erase_author(self, site: str) -> None:
        author = self.chance.choice([one for one in AUTHORS if one.ref])
        assert author.ref
        await self.store.authors.erase(site, author.ref, "ann")
        self.settled[site].pop(self.store.private.reporter(site, author.ref.removeprefix("id:")), None)

    async def expire(self, site: str) -> None:
        """Retention, of one comment."""
        keys, comment_id = self.store.link.keys, self.comment()
        part = keys.partition(site)
        names = [keys.comment(site, comment_id), keys.site(site), keys.inbox(part), keys.dead(part)]
        before = (await snapshots(self.store, [site]))[site]
        if await self.store.link.run("expire", names, [site, comment_id, 2**52]):
            for reporter, verdict in verdicts(before, comment_id).items():
                if verdict:
                    self.settled[site][reporter][verdict] += 1

    async def retry(self, site: str) -> None:
        letters = await self.store.dead_letters.list(site)
        if letters:
            one = self.chance.choice(letters).comment_id
            forget = self.chance.random() < 0.2
            await (self.store.dead_letters.drop if forget else self.store.dead_letters.retry)(site, one)

    async def move_house(self, site: str) -> None:
        """The whole site out and in again under another name, where the walk goes on."""
        documents = [one async for one in self.store.archive.export(site)]
        copy = f"copy-{self.number}"
        await self.store.archive.load(copy, documents)
        assert await self.store.archive.load(copy, documents) == 0, "safe to repeat"
        found = await snapshots(self.store, [site, copy])
        assert travelling(found[copy]) == travelling(found[site])
        again = [one async for one in self.store.archive.export(copy)]
        assert sorted(map(str, again[1:])) == sorted(map(str, documents[1:]))
        self.settled[copy] = self.settled.pop(site)
        self.batches = [(copy if one[0] == site else one[0], *one[1:]) for one in self.batches]
        self.sites[self.sites.index(site)] = copy

    async def look(self, site: str) -> dict[str, Any]:
        return pictured((await snapshots(self.store, [site]))[site])


STEP = Callable[[Walk, str], Awaitable[None]]
WEIGHTS: dict[STEP, int] = {
    Walk.accept: 14, Walk.read: 6, Walk.observe: 2, Walk.commit: 9, Walk.decide: 7, Walk.undo: 4, Walk.decide_and_undo: 5,
    Walk.bulk: 3, Walk.bulk_by_filter: 3, Walk.undo_batch: 3, Walk.report: 7, Walk.edit: 4, Walk.escalate: 6, Walk.annotate: 5,
    Walk.claim: 6, Walk.lease: 3, Walk.take: 2, Walk.stand: 3, Walk.erase: 3, Walk.erase_author: 1, Walk.expire: 2,
    Walk.retry: 3, Walk.move_house: 1,
}  # fmt: skip


def without_leases(picture: dict[str, Any], ids: list[str]) -> dict[str, Any]:
    """The picture after the leases on these comments have ended: a decision ends them, and an undo gives none back.

    Who decides is done with the comment; by the time of an undo a colleague may rather want it than the one who held it then.
    """
    left = {name: dict(value) for name, value in picture.items()}
    for one in ids:
        holder = left.get(":holders", {}).pop(one, None)
        if holder is not None:
            del left[":leases"][one]
            left[":holding"][holder] = str(int(left[":holding"][holder]) - 1)
            if left[":holding"][holder] == "0":
                del left[":holding"][holder]
    return {name: value for name, value in left.items() if value}


def travelling(found: Snapshot) -> dict[str, Any]:
    """What an export takes along."""
    stays = (":rp:", ":rl:", ":pa:", ":leases", ":holders", ":holding")
    shown = {name: value for name, value in pictured(found).items() if not name.startswith(stays)}
    for name, value in shown.items():
        if name.startswith(":c:"):
            shown[name] = {field: text for field, text in value.items() if field not in {"x", "fp"}}
    return {**shown, "dead": found.dead, "waiting": sorted(one[1:] for one in found.waiting)}


@pytest.mark.parametrize("seed", range(WALKS))
async def test_a_random_walk_keeps_everything_in_step(store: Store, seed: int) -> None:
    await store.sites.add(SITES[1])
    inboxes = store.inboxes("walker")
    for inbox in inboxes:
        await inbox.open()
    try:
        await _walk(store, Walk(store, inboxes, seed), seed)
    finally:
        for inbox in inboxes:
            await inbox.close()


async def _walk(store: Store, walk: Walk, seed: int) -> None:
    steps, weights = list(WEIGHTS), list(WEIGHTS.values())
    found = await snapshots(store, walk.sites)
    for number in range(STEPS):
        walk.number = number
        site, step = walk.site(), walk.chance.choices(steps, weights)[0]
        others = [one for one in walk.sites if one != site]
        refused = False
        try:
            await step(walk, site)
        except ModerationError:
            refused = True  # as it may be: then nothing changed
        before, found = found, await snapshots(store, walk.sites)
        where = f"seed {seed}, step {number}: {step.__name__} on {site}"
        for other in others:
            assert found[other].state == before[other].state, f"{where}: changed {other}"
        if refused:
            assert found[site].state == before[site].state, f"{where}: refused, and changed something"
        for one in walk.sites:
            assert faults(store, found[one], walk.settled[one]) == [], where
        if number % 10 == 0:
            for one in walk.sites:
                assert await counted(store, found[one]) == [], where
    for site in walk.sites:
        await _told_in_order(store, site)


async def _told_in_order(store: Store, site: str) -> None:
    """Each comment's events follow each other without a gap, each from the status where the last one led."""
    events = await store.events.page(site, None, 10_000)
    for comment_id in {event.comment_id for event in events}:
        mine = [event for event in events if event.comment_id == comment_id]
        for before, after in zip(mine, mine[1:], strict=False):
            if before.type != "comment.erased":
                assert after.sequence == before.sequence + 1
                assert after.data["previous_status"] == before.data["status"]
