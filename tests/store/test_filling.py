"""What the benchmarks fill sites with is what the product writes."""

from __future__ import annotations

import re
from typing import Any

from bench.filling import REASONS, Chance, fill
from moderation.domain.policy import Mode, Policy
from moderation.store import Store
from tests.support.invariants import picture, problems

COUNT = 120


def timeless(found: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from one run to the next: times and entries of the stream."""
    for value in found.values():
        if isinstance(value, dict):
            for name in ("at", "x", "first"):
                value.pop(name, None)
            if "dc" in value:
                value["dc"] = re.sub(r'"at":\d+', "", value["dc"])
    return found


async def test_a_filled_site_is_as_accept_worker_and_commit_leave_it(store: Store) -> None:
    await fill(store, "filled", COUNT, seed=3)
    chance, inbox = Chance(3), store.inboxes("w")[0]
    await inbox.open()
    await store.sites.add("worked")
    await store.comments.accept_many("worked", list(chance.drafts(COUNT)))
    entries = await inbox.read(COUNT)
    await inbox.commit([chance.judged(entry, Policy(mode=Mode.PRE)) for entry in entries])
    await inbox.close()
    assert len(entries) == COUNT
    assert await store.waiting() == 0
    assert await problems(store, "filled") == []
    assert timeless(await picture(store, "filled")) == timeless(await picture(store, "worked"))
    assert set(await store.queues.reasons("filled", "pending")) <= set(REASONS)
    assert len(await store.events.page("filled", None, 1_000)) == COUNT
