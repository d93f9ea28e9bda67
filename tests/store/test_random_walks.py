"""Random sequences of everything that can happen: after each step, what is kept fits together."""

from __future__ import annotations

import random

import pytest

from moderation.domain.comment import Author, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Policy, decide
from moderation.errors import ModerationError
from moderation.store import Judged, Store
from tests.support.invariants import problems

SITE = "gazette"
STEPS = 120


@pytest.mark.parametrize("seed", range(6))
async def test_a_random_walk_keeps_everything_in_step(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    inbox = store.inboxes("walker")[0]
    await inbox.open()
    for step in range(STEPS):
        try:
            await _step(store, inbox, chance, step)
        except ModerationError:
            pass  # refused, as it may be: then nothing changed, which the next line sees
        assert await problems(store, SITE) == [], f"after step {step}"
    events = await store.events.page(SITE, None, 10_000)
    for comment_id in {event.comment_id for event in events}:
        mine = [event for event in events if event.comment_id == comment_id]
        for before, after in zip(mine, mine[1:], strict=False):
            if before.type != "comment.erased":
                assert after.sequence == before.sequence + 1
                assert after.data["previous_status"] == before.data["status"]
    await inbox.close()


async def _step(store: Store, inbox: object, chance: random.Random, step: int) -> None:
    from moderation.store import Inbox

    assert isinstance(inbox, Inbox)
    comments, comment_id, op = store.comments, f"c{chance.randrange(8)}", f"op{step}"
    name = chance.choice(["ann", "bob"])
    match chance.randrange(9):
        case 0 | 1:
            author = Author(id=chance.choice([None, "u1", "u2"]))
            await comments.accept(SITE, Draft(comment_id, f"text {chance.randrange(2)}", author=author))
        case 2 | 3:
            entries = await inbox.read(chance.randrange(1, 4))
            judged = []
            for entry in entries:
                scores = {"spam": chance.random()}
                judged.append(
                    Judged(
                        entry, scores, (), decide(Policy(approve_below=0.4, reject_above=0.7), scores), "v"
                    )
                )
            if judged:
                await inbox.commit(judged)
        case 4:
            await comments.decide(
                SITE, comment_id, Decision(Status.APPROVED, By.MODERATOR, name), chance.random() < 0.5, op
            )
        case 5:
            reject = Decision(Status.REJECTED, By.MODERATOR, name, RejectReason.SPAM)
            await comments.decide(SITE, comment_id, reject, chance.random() < 0.5, op)
        case 6:
            await comments.undo(SITE, comment_id, name, op)
        case 7:
            await comments.edit(SITE, comment_id, f"edit {chance.randrange(3)}", op)
        case 8:
            if chance.random() < 0.5:
                await comments.erase(SITE, comment_id)
            else:
                await comments.report(SITE, comment_id, f"r{chance.randrange(3)}", "abuse", 2)


async def test_export_and_import_bring_everything_back(store: Store) -> None:
    chance = random.Random(99)
    inbox = store.inboxes("walker")[0]
    await inbox.open()
    for step in range(150):
        try:
            await _step(store, inbox, chance, step)
        except ModerationError:
            pass
    await inbox.close()
    documents = [document async for document in store.archive.export(SITE)]
    written = await store.archive.load("copy", documents)
    assert written == sum(document["kind"] == "comment" for document in documents)
    assert await store.archive.load("copy", documents) == 0, "safe to repeat"
    assert await problems(store, "copy") == []
    again = [document async for document in store.archive.export("copy")]
    key = lambda document: (document["kind"], document.get("id", ""))  # noqa: E731
    assert sorted(again[1:], key=key) == sorted(documents[1:], key=key)
    before, after = await store.queues.counts(SITE), await store.queues.counts("copy")
    assert {name: state.count for name, state in before.items()} == {
        name: state.count for name, state in after.items()
    }
