"""Each change of state: atomic, safe to repeat, and repeated by itself when its answer is cut."""

from __future__ import annotations

import pytest

from moderation.domain.comment import Author, Draft, Reason, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Policy, decide
from moderation.errors import Busy, CommentConflict, DecisionConflict, NotFound, NothingToUndo
from moderation.store import Judged, Store
from tests.support.invariants import problems
from tests.support.proxy import CuttingProxy

SITE = "gazette"
REJECT = Decision(Status.REJECTED, By.MODERATOR, name="ann", reason=RejectReason.SPAM)
APPROVE = Decision(Status.APPROVED, By.MODERATOR, name="ann")


def draft(comment_id: str = "c1", text: str = "What a fine article") -> Draft:
    return Draft(comment_id, text, author=Author(id="u1", name="Bo"))


async def score(store: Store, spam: float | None = 0.5, site: str = SITE) -> int:
    """Takes what waits and commits it with this score."""
    inbox = store.inboxes("tester")[0]
    await inbox.open()
    try:
        entries = await inbox.read(100)
        scores = {} if spam is None else {"spam": spam}
        reasons = (Reason("model_words", "It sounds like spam.", 1.5, ((0, 4),)),)
        decision = decide(Policy(), scores, model_version="v1")
        judged = [Judged(entry, scores, reasons, decision, "v1") for entry in entries if entry.site == site]
        return await inbox.commit(judged) if judged else 0
    finally:
        await inbox.close()


async def types(store: Store) -> list[str]:
    return [event.type for event in await store.events.page(SITE, None, 100)]


async def test_accept_stores_once(store: Store) -> None:
    first = await store.comments.accept(SITE, draft())
    again = await store.comments.accept(SITE, draft())
    assert (first.new, again.new) == (True, False)
    assert again.comment.received_at == first.comment.received_at
    with pytest.raises(CommentConflict):
        await store.comments.accept(SITE, draft(text="Another text"))
    assert await store.inboxes("x")[0].waiting() == 1


async def test_accept_refuses_at_the_limit(small_store: Store) -> None:
    answers = await small_store.comments.accept_many(SITE, [draft(f"c{n}", f"text {n}") for n in range(12)])
    refused = [answer for answer in answers if isinstance(answer, Busy)]
    assert len(refused) == 2
    assert refused[0].headers["Retry-After"]


async def test_commit_counts_once(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    inbox = store.inboxes("tester")[0]
    await inbox.open()
    entries = await inbox.read(10)
    judged = [
        Judged(entry, {"spam": 0.5}, (), decide(Policy(), {"spam": 0.5}, model_version="v1"), "v1")
        for entry in entries
    ]
    assert [await inbox.commit(judged), await inbox.commit(judged)] == [1, 0]
    await inbox.close()
    assert await types(store) == ["comment.pending"]
    assert await inbox.waiting() == 0
    assert await problems(store, SITE) == []


async def test_decide_and_conflict(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    await score(store)
    done = await store.comments.decide(SITE, "c1", REJECT, False, "op-1")
    assert (done.status, done.decision and done.decision["by"]) == (Status.REJECTED, "ann")
    assert done.decision is not None
    assert done.decision["score"] == 0.5
    colleague = Decision(Status.APPROVED, By.MODERATOR, name="bob")
    with pytest.raises(DecisionConflict) as caught:
        await store.comments.decide(SITE, "c1", colleague, False, "op-2")
    assert caught.value.extra["decision"]["by"] == "ann"
    assert (await store.comments.decide(SITE, "c1", colleague, True, "op-3")).status == Status.APPROVED
    assert await problems(store, SITE) == []


async def test_a_repeated_decision_changes_nothing(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    await score(store)
    await store.comments.decide(SITE, "c1", REJECT, False, "op-1")
    await store.comments.decide(SITE, "c1", REJECT, False, "op-1")
    await store.comments.decide(SITE, "c1", REJECT, False, "op-2")
    assert await types(store) == ["comment.pending", "comment.rejected"]


async def test_undo_restores_what_stood(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    await score(store)
    before = await store.comments.get(SITE, "c1")
    await store.comments.decide(SITE, "c1", REJECT, False, "op-1")
    await store.comments.decide(SITE, "c1", APPROVE, False, "op-2")
    after_one = await store.comments.undo(SITE, "c1", "ann", "op-3")
    assert after_one.status == Status.REJECTED
    after_two = await store.comments.undo(SITE, "c1", "ann", "op-4")
    assert (after_two.status, after_two.decision) == (before.status, before.decision)
    with pytest.raises(NothingToUndo):
        await store.comments.undo(SITE, "c1", "ann", "op-5")
    assert await problems(store, SITE) == []


async def test_a_human_faster_than_the_model(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    decided = await store.comments.decide(SITE, "c1", REJECT, False, "op-1")
    assert decided.scores == {}
    await score(store, 0.01)
    scored = await store.comments.get(SITE, "c1")
    assert (scored.status, scored.scores) == (Status.REJECTED, {"spam": 0.01})
    undone = await store.comments.undo(SITE, "c1", "ann", "op-2")
    assert undone.status == Status.APPROVED, (
        "an undo leads to what the policy says, never back to an unscored state"
    )
    assert await problems(store, SITE) == []


async def test_edit_is_judged_anew(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    await score(store, 0.01)
    edited = await store.comments.edit(SITE, "c1", "Buy pills", "op-1")
    assert (edited.status, edited.revision, edited.scores, edited.decision) == (Status.QUEUED, 2, {}, None)
    assert (await store.comments.edit(SITE, "c1", "Buy pills", "op-2")).revision == 2
    assert (await store.comments.accept(SITE, draft())).new is False, (
        "the first text again is a repeat, no conflict"
    )
    await score(store, 0.99)
    assert (await store.comments.get(SITE, "c1")).status == Status.REJECTED
    assert await types(store) == ["comment.approved", "comment.edited", "comment.rejected"]
    assert await problems(store, SITE) == []


async def test_a_stale_score_is_not_committed(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    inbox = store.inboxes("slow")[0]
    await inbox.open()
    old = await inbox.read(10)
    await store.comments.edit(SITE, "c1", "Buy pills", "op-1")
    judged = [Judged(entry, {"spam": 0.0}, (), decide(Policy(), {"spam": 0.0}), "v1") for entry in old]
    assert await inbox.commit(judged) == 0
    await inbox.close()
    await score(store, 0.99)
    assert (await store.comments.get(SITE, "c1")).status == Status.REJECTED


async def test_erase_leaves_nothing_but_an_event(store: Store) -> None:
    for number, spam in enumerate([None, 0.01, 0.5]):
        await store.comments.accept(SITE, draft(f"c{number}", "the canary text"))
        if spam is not None:
            await score(store, spam)
        await store.comments.erase(SITE, f"c{number}")
        assert await store.comments.erase(SITE, f"c{number}") is False
    with pytest.raises(NotFound):
        await store.comments.get(SITE, "c0")
    for key in await store.link.call("KEYS", "*"):
        assert b"canary" not in (await store.link.call("DUMP", key) or b"")
    assert await problems(store, SITE) == []


async def test_erase_while_it_is_being_scored(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    inbox = store.inboxes("slow")[0]
    await inbox.open()
    held = await inbox.read(10)
    await store.comments.erase(SITE, "c1")
    judged = [Judged(entry, {"spam": 0.0}, (), decide(Policy(), {"spam": 0.0}), "v1") for entry in held]
    assert await inbox.commit(judged) == 0
    await inbox.close()
    with pytest.raises(NotFound):
        await store.comments.get(SITE, "c1")


async def test_reports_put_a_published_comment_before_a_human(store: Store) -> None:
    await store.comments.accept(SITE, draft())
    await score(store, 0.01)
    for reporter in ("r1", "r1", "r2"):
        await store.comments.report(SITE, "c1", reporter, "abuse", 2)
    counts = await store.queues.counts(SITE)
    assert (counts["reported"].count, counts["approved"].count) == (1, 1)
    assert (await store.comments.get(SITE, "c1")).reports == 2
    await store.comments.decide(SITE, "c1", APPROVE, False, "op-1")
    assert (await store.queues.counts(SITE))["reported"].count == 0


@pytest.mark.parametrize("change", ["accept", "commit", "decide", "undo", "edit", "erase", "report"])
async def test_a_cut_answer_has_one_effect(cut_store: tuple[Store, CuttingProxy], change: str) -> None:
    """The server does it, the answer is lost, the store asks again: one effect, and the right answer."""
    store, proxy = cut_store
    if change != "accept":
        await store.comments.accept(SITE, draft())
    if change in {"decide", "undo", "edit", "report"}:
        await score(store)
    if change == "undo":
        await store.comments.decide(SITE, "c1", REJECT, False, "op-0")
        await store.comments.decide(SITE, "c1", APPROVE, False, "op-1")
    before = len(await types(store))
    proxy.cut()
    if change == "accept":
        await store.comments.accept(SITE, draft())
    elif change == "commit":
        await score(store)
    elif change == "decide":
        assert (await store.comments.decide(SITE, "c1", REJECT, False, "op-2")).status == Status.REJECTED
    elif change == "undo":
        assert (await store.comments.undo(SITE, "c1", "ann", "op-2")).status == Status.REJECTED
    elif change == "edit":
        assert (await store.comments.edit(SITE, "c1", "Buy pills", "op-2")).revision == 2
    elif change == "erase":
        await store.comments.erase(SITE, "c1")
    else:
        assert (await store.comments.report(SITE, "c1", "r1", "abuse", 1)).reports == 1
    assert proxy.cuts_done == 1
    assert len(await types(store)) == before + (change != "accept")
    assert await store.inboxes("x")[0].waiting() == (1 if change in {"accept", "edit"} else 0)
    assert await problems(store, SITE) == []


async def test_what_expires_leaves_neither_the_stream_nor_a_dead_letter_behind(store: Store) -> None:
    """A comment decided before its score, and one that could not be scored, when their time is over."""
    await store.comments.accept(SITE, draft("c1"))
    await store.comments.accept(SITE, draft("c2", "Another"))
    inbox = store.inboxes("tester")[0]
    await inbox.open()
    entries = await inbox.read(10)
    letter = {"error": "CannotScore", "attempts": 3, "at": 0}
    broken = [
        Judged(entry, {}, (), decide(Policy(), {}), "v", letter)
        for entry in entries
        if entry.draft.id == "c2"
    ]
    assert await inbox.commit(broken) == 1
    await inbox.close()
    keys = store.link.keys
    part = keys.partition(SITE)
    for number, one in enumerate(("c1", "c2")):
        await store.comments.decide(SITE, one, REJECT, True, f"op-{number}")
        names = [keys.comment(SITE, one), keys.site(SITE), keys.inbox(part), keys.dead(part)]
        assert [await store.link.run("expire", names, [SITE, one, 2**52]) for _ in range(2)] == [1, 0]
    assert await inbox.waiting() == 0
    assert await store.dead_letters.list(SITE) == []
    assert await problems(store, SITE) == []
