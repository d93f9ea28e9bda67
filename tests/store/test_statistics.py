"""The incremental reader of the log: whatever happened, it says what a count over the whole log says."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from moderation.domain.comment import Author, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Policy, decide
from moderation.domain.statistics import HOUR_MS, Report, hour_of, report
from moderation.errors import ModerationError
from moderation.store import Event, Inbox, Judged, Store
from moderation.store import statistics as reader

SITE = "gazette"


async def _log(store: Store, site: str = SITE) -> list[Event]:
    found: list[Event] = []
    while page := await store.events.page(site, found[-1].id if found else None, 1000):
        found += page
    return found


def _now(events: list[Event]) -> int:
    return hour_of(events[-1].at) if events else 0


async def _report(store: Store, first: int, last: int) -> Report:
    return report(await store.statistics.hours(SITE, first, last), first, last)


class ByHand:
    """Counts a log by following each comment from event to event: what is told beside the statuses is not looked at."""

    def __init__(self, events: list[Event]) -> None:
        self.counts: Counter[str] = Counter()
        self.overturned: Counter[str] = Counter()
        self.taken_back: Counter[str] = Counter()
        self.decisions: Counter[str] = Counter()
        self.calibration: Counter[tuple[int, str]] = Counter()
        self.waits = 0
        self._left: set[str] = set()
        self._scores: dict[str, float | None] = {}
        self._stack: dict[str, list[tuple[str, str]]] = {}
        for event in events:
            self._follow(event)

    def _follow(self, event: Event) -> None:
        one, data = event.comment_id, event.data
        before, after = data["previous_status"], data["status"]
        stack = self._stack.setdefault(one, [])
        moderator = data.get("kind") == "moderator"
        self._unstand(one, stack)
        if event.type == "comment.erased":
            self._stand(one, stack)  # what was said of the comment was said
            self._left.discard(one)
            self._scores.pop(one, None)
            stack.clear()
            return
        if event.type in {"comment.edited", "comment.requeued"}:
            self._stand(one, stack)  # what was said of the text before the edit was said
            stack.clear()
            self._scores[one] = None
        elif event.type == "comment.undone":
            name, _ = stack.pop()
            (self.taken_back if name == data["by"] else self.overturned)[name] += 1
        elif moderator:
            self.decisions[data["by"]] += 1
            if stack and stack[-1][0] != data["by"]:
                self.overturned[stack[-1][0]] += 1
            if not stack and before in {"queued", "pending"}:
                self.waits += 1
            stack.append((data["by"], after))
        elif event.type == "comment.scored" or data.get("kind") in {"model", "rule"}:
            self._scores[one] = data["score"]
        self.counts[event.type.removeprefix("comment.")] += 1
        if before == "queued" and after != "queued" and one not in self._left:
            self.counts["arrivals"] += 1
            self._left.add(one)
        if event.type not in {"comment.edited", "comment.requeued"}:
            self._stand(one, stack)

    def _unstand(self, one: str, stack: list[tuple[str, str]]) -> None:
        self._move(one, stack, -1)

    def _stand(self, one: str, stack: list[tuple[str, str]]) -> None:
        self._move(one, stack, 1)

    def _move(self, one: str, stack: list[tuple[str, str]], by: int) -> None:
        score = self._scores.get(one)
        if stack and score is not None:
            self.calibration[min(9, int(score * 10)), stack[-1][1]] += by


def _same(found: Report, events: list[Event]) -> None:
    hand = ByHand(events)
    total = found.total
    assert total.arrivals == hand.counts["arrivals"]
    assert (total.approved, total.rejected, total.held) == tuple(
        hand.counts[name] for name in ("approved", "rejected", "pending")
    )
    assert (total.undone, total.reports, total.edits) == tuple(
        hand.counts[name] for name in ("undone", "reported", "edited")
    )
    assert total.by_moderator == dict(hand.decisions)
    for one in found.moderators:
        assert (one.overturned, one.taken_back) == (hand.overturned[one.name], hand.taken_back[one.name])
    bins = [one.rejected for one in found.calibration]
    assert [one.count for one in bins] == [hand.calibration[number, "rejected"] for number in range(10)]
    assert [one.of for one in bins] == [
        hand.calibration[number, "rejected"] + hand.calibration[number, "approved"] for number in range(10)
    ]


async def _step(store: Store, inbox: Inbox, chance: random.Random, step: int) -> None:
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


@pytest.mark.parametrize("seed", range(4))
async def test_after_random_steps_the_reader_says_what_a_count_by_hand_says(
    store: Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "PAGE", 7)  # many pages
    chance = random.Random(seed)
    inbox = store.inboxes("walker")[0]
    await inbox.open()
    for step in range(200):
        try:
            await _step(store, inbox, chance, step)
        except ModerationError:
            pass
        if chance.random() < 0.1 and (events := await _log(store)):
            _same(await _report(store, _now(events) - 3, _now(events) + 1), events)
    events = await _log(store)
    assert len(events) > 50, "the walk has to say something"
    _same(await _report(store, _now(events) - 3, _now(events) + 1), events)
    await inbox.close()


async def _write(store: Store, hour: int, name: str, number: int = 1) -> None:
    """Decisions in the log of an hour, which may be long ago."""
    for place in range(number):
        fields: list[Any] = [
            "k",
            "comment.approved",
            "c",
            "c",
            "n",
            2,
            "from",
            "pending",
            "to",
            "approved",
            "rev",
            1,
        ]
        data = f'{{"by":"{name}","kind":"moderator"}}'
        await store.link.call(
            "XADD", store.link.keys.events(SITE), f"{hour * HOUR_MS}-{place}", *fields, "v", data
        )


async def test_a_longer_window_reads_only_the_hours_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "PAGE", 2)  # pages end in the middle of hours
    for hour in range(1000, 1010):
        await _write(store, hour, "ann", 3)
    assert (await _report(store, 1008, 1010)).total.by_moderator == {"ann": 6}
    assert (await _report(store, 1001, 1010)).total.by_moderator == {"ann": 27}
    assert store.statistics._sites[SITE].since == 1001, "the hours before are not read again"
    await _write(store, 1010, "bob")
    found = await _report(store, 1001, 1010)
    assert found.total.by_moderator == {"ann": 27, "bob": 1}
    assert [sum(one.by_moderator.values()) for one in found.hours] == [3] * 9 + [1]
    assert (await _report(store, 1009, 1010)).total.by_moderator == {"ann": 3, "bob": 1}


async def test_what_was_read_is_not_read_again(store: Store) -> None:
    await _write(store, 1000, "ann", 3)
    await _report(store, 990, 1000)
    await store.link.call("DEL", store.link.keys.events(SITE))
    await _write(store, 1001, "bob")
    assert (await _report(store, 990, 1001)).total.by_moderator == {"ann": 3, "bob": 1}


async def test_hours_beyond_the_longest_window_are_forgotten(store: Store) -> None:
    last = 5000
    await _write(store, last - reader.MAX_HOURS, "old")
    await _write(store, last - reader.MAX_HOURS + 1, "ann")
    assert set(await store.statistics.hours(SITE, last - reader.MAX_HOURS, last)) == {
        last - reader.MAX_HOURS + 1
    }
    assert not await store.statistics.hours(SITE, last - 700, last + 1)
    assert all(hour > last - reader.MAX_HOURS + 1 for hour in store.statistics._sites[SITE].hours)


async def test_sites_that_nobody_asks_for_are_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_COUNTERS", 1)
    await _write(store, 1000, "ann")
    await store.statistics.hours(SITE, 1000, 1000)
    await store.statistics.hours("other", 1000, 1000)
    assert list(store.statistics._sites) == ["other"]
    assert (await _report(store, 1000, 1000)).total.by_moderator == {"ann": 1}, (
        "and counted anew when asked for"
    )


async def test_a_comment_that_was_edited_or_reported_while_it_waited_arrives_once(store: Store) -> None:
    await store.comments.accept(SITE, Draft("c", "one"))
    await store.comments.report(SITE, "c", "r", "abuse", 1)
    await store.comments.edit(SITE, "c", "two", "1")
    ann = Decision(Status.APPROVED, By.MODERATOR, "ann", note='a note that says "status":"pending"')
    await store.comments.decide(SITE, "c", ann, False, "2")
    await store.comments.undo(SITE, "c", "ann", "3")
    await store.comments.decide(SITE, "c", ann, False, "4")
    events = await _log(store)
    found = (await _report(store, _now(events), _now(events))).total
    assert (found.arrivals, found.approved, found.undone) == (1, 2, 1)
