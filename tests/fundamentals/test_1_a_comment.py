"""The manual, chapter one: the life of a comment, on the real store. Read from top to bottom."""

from __future__ import annotations

import pytest

from model.classifier import Classifier
from moderation.domain.comment import Article, Author, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Mode, Policy
from moderation.errors import CommentConflict, DecisionConflict
from moderation.store import Filters, Order, Store
from tests.worker.test_worker import Scripted, work

SITE = "gazette"

# In these chapters the model is told what to answer: the text begins with its score.
CLEAR = Draft("c-1", "0.02 I disagree with the mayor.", author=Author(id="u-7"), article=Article(id="a-9"))
DOUBTFUL = Draft("c-2", "0.60 Have you seen my channel?", author=Author(id="u-8"), article=Article(id="a-9"))
SPAM = Draft("c-3", "0.99 Cheap pills, write me.", author=Author(id="u-9"))


async def test_a_posted_comment_is_stored_and_waits(store: Store) -> None:
    accepted = await store.comments.accept(SITE, CLEAR)
    assert accepted.new
    assert accepted.comment.status == Status.QUEUED
    assert (await store.comments.get(SITE, "c-1")).draft == CLEAR


async def test_posting_again_is_safe(store: Store) -> None:
    await store.comments.accept(SITE, CLEAR)
    assert not (await store.comments.accept(SITE, CLEAR)).new
    with pytest.raises(CommentConflict):
        await store.comments.accept(SITE, Draft("c-1", "Another text under the same id"))


async def test_a_worker_scores_and_the_policy_decides(store: Store) -> None:
    for draft in (CLEAR, DOUBTFUL, SPAM):
        await store.comments.accept(SITE, draft)
    await work(store, Scripted(), 3)
    found = [await store.comments.get(SITE, name) for name in ("c-1", "c-2", "c-3")]
    assert [one.status for one in found] == [Status.APPROVED, Status.PENDING, Status.REJECTED]
    assert found[2].decision is not None
    assert found[2].decision["by"] == By.MODEL
    assert "reject_above" in found[2].decision["because"]


async def test_a_site_can_keep_every_decision_to_itself(store: Store) -> None:
    await store.sites.set_policy(SITE, Policy(mode=Mode.PRE), "ed")
    await store.comments.accept(SITE, SPAM)
    await work(store, Scripted(), 1)
    assert (await store.comments.get(SITE, "c-3")).status == Status.PENDING


async def test_moderators_read_a_queue_in_their_order(store: Store) -> None:
    await store.sites.set_policy(SITE, Policy(mode=Mode.PRE), "ed")
    for draft in (CLEAR, DOUBTFUL, SPAM):
        await store.comments.accept(SITE, draft)
    await work(store, Scripted(), 3)
    worst = await store.queues.page(SITE, "pending", Order.SPAM, 2, None, Filters())
    assert [one.id for one in worst.items] == ["c-3", "c-2"]
    rest = await store.queues.page(SITE, "pending", Order.SPAM, 2, worst.next, Filters())
    assert ([one.id for one in rest.items], rest.next) == (["c-1"], None)
    assert (await store.queues.counts(SITE))["pending"].count == 3


async def test_one_decision_stands_and_undo_brings_back_what_stood(store: Store) -> None:
    await store.comments.accept(SITE, DOUBTFUL)
    await work(store, Scripted(), 1)
    ann = Decision(Status.REJECTED, By.MODERATOR, name="ann", reason=RejectReason.ADVERTISING)
    bob = Decision(Status.APPROVED, By.MODERATOR, name="bob")
    await store.comments.decide(SITE, "c-2", ann, override=False, op="1")
    with pytest.raises(DecisionConflict):
        await store.comments.decide(SITE, "c-2", bob, override=False, op="2")
    await store.comments.decide(SITE, "c-2", bob, override=True, op="3")
    assert (await store.comments.undo(SITE, "c-2", "bob", op="4")).status == Status.REJECTED
    assert (await store.comments.undo(SITE, "c-2", "ann", op="5")).status == Status.PENDING


async def test_everything_that_happened_is_an_event(store: Store) -> None:
    await store.comments.accept(SITE, CLEAR)
    await work(store, Scripted(), 1)
    await store.comments.edit(SITE, "c-1", "0.99 Cheap pills after all.", op="1")
    await work(store, Scripted(), 1)
    await store.comments.erase(SITE, "c-1")
    events = await store.events.page(SITE, None, 100)
    assert [event.type for event in events] == [
        "comment.approved", "comment.edited", "comment.rejected", "comment.erased",
    ]  # fmt: skip
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    later = await store.events.page(SITE, events[1].id, 100)
    assert later == events[2:], "a reader goes on from its own place"


async def test_the_real_model_gives_a_probability_and_says_why(store: Store) -> None:
    text = "Earn $5000 weekly from home! WhatsApp +1 555 010 9999 http://cash.example"
    await store.comments.accept(SITE, Draft("c-4", text))
    await work(store, Classifier.load(), 1)
    comment = await store.comments.get(SITE, "c-4")
    assert comment.scores["spam"] > 0.5
    reason = comment.reasons[0]
    assert reason.text.endswith(".")
    assert reason.spans
