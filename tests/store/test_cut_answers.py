"""The server does it, the answer is lost, the store asks again: the site is as one where the answer came at once."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from moderation.domain.author import Standing
from moderation.domain.comment import Article, Author, Comment, Draft, Reason, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Mode, Policy, decide
from moderation.errors import ModerationError, NothingToUndo
from moderation.store import Entry, Judged, Order, Sighting, Store
from tests.support.invariants import faults, snapshots
from tests.support.proxy import CuttingProxy
from tests.support.races import pause

CUT, WHOLE = "gazette", "courier"
IDS = ["c1", "c2", "c3"]
REJECT = Decision(Status.REJECTED, By.MODERATOR, "ann", RejectReason.SPAM)
APPROVE = Decision(Status.APPROVED, By.MODERATOR, "bob")


async def scored(store: Store, site: str) -> None:
    """Three comments by one author, pending; one is a dead letter, one is rejected, one is claimed."""
    drafts = [Draft(one, f"A text {one}", Author(id="u1"), Article(id="a1")) for one in IDS]
    await store.comments.accept_many(site, drafts)
    inbox = store.inboxes("w")[store.link.keys.partition(site)]
    await inbox.open()
    judged = []
    for entry in await inbox.read(10):
        broken = entry.draft.id == "c3"
        scores = {} if broken else {"spam": 0.5}
        letter = {"error": "CannotScore", "attempts": 3, "at": 0} if broken else None
        reasons = (Reason("links", "It has links.", 1.0),)
        judged.append(Judged(entry, scores, reasons, decide(Policy(mode=Mode.PRE), scores), "v", letter))
    await inbox.commit(judged)
    await inbox.close()
    await store.comments.decide(site, "c1", REJECT, False, "before")
    await claim(store, site, "bob", 1, "before")


async def claim(store: Store, site: str, name: str, limit: int, op: str) -> list[Comment]:
    return await store.claims.claim(
        site, "pending", name, limit=limit, lease_seconds=60, order=Order.OLDEST, labels=(), op=op
    )


async def observe(store: Store, site: str) -> None:
    for comment_id in IDS:
        found = await store.comments.get(site, comment_id)
        stored = await store.link.call("HGET", store.link.keys.comment(site, comment_id), "x")
        entry = Entry(stored.decode(), site, found.draft, found.revision, "id:u1", False)
        policy = Policy(max_by_author=1, max_by_article=1)
        [seen] = await store.activity.observe([Sighting(entry, policy, ("p1",))])
        before = IDS.index(comment_id)
        assert (
            seen.activity.same_by_author,
            seen.activity.same_on_site,
            seen.activity.by_author,
            seen.activity.by_article,
        ) == (
            before,
            0,
            before,
            before,
        )


async def batch(store: Store, site: str) -> None:
    begun = await store.batches.begin(site, "batch", "ann", IDS)
    await store.comments.decide_many(site, [(one, APPROVE, True) for one in IDS], "batch", begun.id)


async def undo_batch(store: Store, site: str) -> None:
    begun = await store.batches.get(site, (await store.batches.begin(site, "undone", "ann", IDS)).id)
    await store.comments.undo_many(site, begun.ids, "ann", "undo", begun.id)


async def prepared_batch(store: Store, site: str) -> None:
    begun = await store.batches.begin(site, "undone", "ann", IDS)
    await store.comments.decide_many(site, [(one, APPROVE, True) for one in IDS], "undone", begun.id)


async def expire(store: Store, site: str) -> None:
    keys = store.link.keys
    part = keys.partition(site)
    names = [keys.comment(site, "c1"), keys.site(site), keys.inbox(part), keys.dead(part)]
    await store.link.run("expire", names, [site, "c1", 2**52])


async def known_and_erased(store: Store, site: str) -> None:
    await store.authors.set_standing(site, "id:u1", "ann", Standing.BANNED, None, "before-too")
    for one in IDS:
        await store.comments.erase(site, one)


async def forget(store: Store, site: str) -> None:
    await store.authors.erase(site, "id:u1", "ann")


ACTS: dict[str, Callable[[Store, str], Awaitable[Any]]] = {
    "claim": lambda store, site: claim(store, site, "ann", 1, "now"),
    "take": lambda store, site: store.claims.take(site, "pending", "ann", IDS, 60),
    "renew": lambda store, site: store.claims.renew(site, "bob", [], 60),
    "release": lambda store, site: store.claims.release(site, "bob", []),
    "escalate": lambda store, site: store.comments.escalate(site, "c2", "ann", "a threat", "now"),
    "note": lambda store, site: store.comments.note(site, "c2", "ann", "a note", "now"),
    "tag": lambda store, site: store.comments.tag(site, "c2", "ann", ["x"], "now"),
    "assign": lambda store, site: store.comments.assign(site, "c2", "ann", "ann", "now"),
    "standing": lambda store, site: store.authors.set_standing(site, "id:u1", "ann", Standing.BANNED, None, "now"),
    "author's note": lambda store, site: store.authors.note(site, "id:u1", "ann", "a word", "now"),
    "policy": lambda store, site: store.sites.set_policy(site, Policy(mode=Mode.SHADOW), "ann"),
    "expire": expire,
    "forget_author": forget,
    "observe": observe,
    "decide": lambda store, site: store.comments.decide(site, "c2", APPROVE, False, "now"),
    "batch": batch,
    "undo": lambda store, site: store.comments.undo(site, "c1", "ann", "now"),
    "undo_batch": undo_batch,
    "requeue": lambda store, site: store.dead_letters.retry(site, "c3"),
}  # fmt: skip
BEFORE: dict[str, Callable[[Store, str], Awaitable[Any]]] = {
    "undo_batch": prepared_batch,
    "forget_author": known_and_erased,
}


async def look(store: Store, site: str) -> dict[str, Any]:
    """All there is, but for what differs from one moment and one site to the next."""
    found = (await snapshots(store, [site]))[site]
    assert faults(store, found) == []
    shown: dict[str, Any] = {}
    for name, value in found.values.items():
        if name == "":
            shown[name] = {one: text for one, text in value.items() if one != "pv"}
        elif name.startswith(":c:"):
            shown[name] = {one: text for one, text in value.items() if one != "op"}
        elif name == ":who":
            shown[name] = sorted(value.values())
        elif isinstance(value, list):
            shown[name] = [{one: text for one, text in row.items() if one != "s"} for _, row in value]
        elif name == ":leases" or name.startswith(":pa:"):
            shown[name] = sorted(value)
        else:
            shown[name] = value
    shown["waiting"] = [one[1:] for one in found.waiting]
    shown["dead"] = sorted(found.dead)
    return {name: re.sub(r"\d{13}(-\d+)?|\"waited\":\d+", "T", str(value)) for name, value in shown.items()}


@pytest.mark.parametrize("act", ACTS)
async def test_a_cut_answer_leaves_what_a_whole_one_leaves(
    cut_store: tuple[Store, CuttingProxy], act: str
) -> None:
    store, proxy = cut_store
    await store.sites.add(WHOLE)
    for site in (CUT, WHOLE):
        await scored(store, site)
        if act in BEFORE:
            await BEFORE[act](store, site)
    before = await look(store, CUT)
    proxy.cut()
    await ACTS[act](store, CUT)
    assert proxy.cuts_done == 1
    await ACTS[act](store, WHOLE)
    cut, whole = await look(store, CUT), await look(store, WHOLE)
    for name in (":ev", ":audit"):
        assert cut.get(name) == whole.get(name), "told and recorded once"
    assert cut == whole
    if act != "renew":  # which moves an end only
        assert cut != before, "it did something"


async def test_a_batch_is_undone_while_colleagues_decide(store: Store) -> None:
    """Each comment is either as before the batch, or as the colleague decided it after; nothing in between, nothing lost."""
    ids = [f"c{number}" for number in range(200)]
    await store.comments.accept_many(CUT, [Draft(one, f"text {one}", Author(id="u1")) for one in ids])
    inbox = store.inboxes("w")[store.link.keys.partition(CUT)]
    await inbox.open()
    entries = await inbox.read(1000)
    verdict = decide(Policy(mode=Mode.PRE), {"spam": 0.5})
    await inbox.commit([Judged(entry, {"spam": 0.5}, (), verdict, "v") for entry in entries])
    await inbox.close()
    begun = await store.batches.begin(CUT, "batch", "ann", ids)
    await store.comments.decide_many(CUT, [(one, REJECT, False) for one in ids], "batch", begun.id)
    chance = random.Random(3)

    async def undo(start: int) -> list[Comment | ModerationError]:
        await pause(chance)
        return await store.comments.undo_many(CUT, ids[start : start + 20], "ann", f"undo{start}", begun.id)

    async def decide_otherwise(comment_id: str) -> None:
        await pause(chance)
        await store.comments.decide(CUT, comment_id, APPROVE, True, f"bob-{comment_id}")

    colleagues = asyncio.gather(*(decide_otherwise(one) for one in ids[::2]))
    outcomes = await asyncio.gather(*(undo(start) for start in range(0, 200, 20)))
    await colleagues
    found = await store.comments.many(CUT, ids)
    for number, one in enumerate(found):
        assert one is not None
        assert one.status == (Status.PENDING if number % 2 else Status.APPROVED)
    refused = [row for rows in outcomes for row in rows if isinstance(row, ModerationError)]
    assert all(isinstance(row, NothingToUndo) for row in refused)
    assert 0 < len(refused) < 100, "some decisions came before the undo, some after"
    for number in (0, 2):  # taken back one by one it ends where it began
        while True:
            try:
                last = await store.comments.undo(CUT, f"c{number}", "bob", f"again-{number}-{fresh()}")
            except NothingToUndo:
                break
        assert last.status == Status.PENDING
    assert faults(store, (await snapshots(store, [CUT]))[CUT]) == []


_NUMBERS = iter(range(1000))


def fresh() -> str:
    """An operation's id that was never used."""
    return f"op{next(_NUMBERS)}"
