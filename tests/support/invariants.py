"""Walks every key of a site and says what does not fit together; and takes a picture of its state to compare."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from moderation.store import Store
from moderation.store.keys import QUEUES, RANK_STEP, WORKING

DAY_MS = 86_400_000


async def problems(store: Store, site: str) -> list[str]:
    """Each comment stands in exactly the indexes that its fields say, and every count is what a full scan finds."""
    comments = await _comments(store, site)
    return [
        *await _indexes(store, site, comments),
        *await _waiting(store, site, comments),
        *await _authors(store, site, comments),
        *await _leases(store, site, comments),
        *await _flags(store, site, comments),
    ]


async def picture(store: Store, site: str) -> dict[str, Any]:
    """All that an undo has to restore, by key: indexes with their places, records, and each comment but its log of changes."""
    found: dict[str, Any] = {}
    prefix = store.link.keys.site(site)
    for name, kind in await _keys(store, site):
        short = name.removeprefix(prefix)
        if kind == "zset":
            found[short] = await store.link.call("ZRANGE", name, 0, -1, "WITHSCORES")
        elif kind == "hash" and short.startswith(":c:"):
            found[short] = {
                field: value
                for field, value in (await _hash(store, name)).items()
                if field not in {"n", "hi", "op"}
            }
        elif kind == "hash" and short not in {"", ":claimed"} and not short.startswith(":b:"):
            found[short] = await _hash(store, name)
    return found


async def _keys(store: Store, site: str) -> list[tuple[str, str]]:
    pattern = store.link.keys.site(site).replace("{", "\\{") + "*"
    names = sorted(key.decode() for key in await store.link.call("KEYS", pattern))
    kinds: list[Any] = []
    for start in range(0, len(names), 1000):  # fewer than the pipe's bound
        kinds += await store.link.call_all([("TYPE", name) for name in names[start : start + 1000]])
    prefix = store.link.keys.site(site)
    return [
        (name, _text(kind))
        for name, kind in zip(names, kinds, strict=True)
        if name == prefix or name.startswith(prefix + ":")
    ]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


async def _hash(store: Store, key: str) -> dict[str, str]:
    pairs = await store.link.call("HGETALL", key)
    return {a.decode(): b.decode() for a, b in zip(pairs[::2], pairs[1::2], strict=True)}


async def _comments(store: Store, site: str) -> dict[str, dict[str, str]]:
    prefix = store.link.keys.comment(site, "")
    return {
        name.removeprefix(prefix): await _hash(store, name)
        for name, _ in await _keys(store, site)
        if name.startswith(prefix)
    }


def _places(comment: dict[str, str]) -> list[str]:
    status, on_top = comment["st"], comment.get("ov")
    if status in {"queued", "expired"}:
        return []
    if on_top == "escalated" and status == "pending":
        return ["escalated"]
    return [status, on_top] if on_top else [status]


async def _indexes(store: Store, site: str, comments: dict[str, dict[str, str]]) -> list[str]:
    expected: dict[str, dict[str, int]] = defaultdict(dict)
    for comment_id, comment in comments.items():
        seq = int(comment["seq"])
        rank = int(float(comment.get("sp") or 0.5) * 1e6 + 0.5) * RANK_STEP + seq
        reasons = [f"reason:{code}" for code in comment.get("cd", "").split(",") if code]
        places = [
            f"{name}:{comment[short]}"
            for name, short in (("article", "ar"), ("author", "au"))
            if short in comment
        ]
        for queue in _places(comment):
            expected[f":q:{queue}:time"][comment_id] = seq
            expected[f":q:{queue}:spam"][comment_id] = rank
            for label in [*reasons, *(places if queue in WORKING else ())]:
                expected[f":i:{queue}:time:{label}"][comment_id] = seq
                if queue in WORKING:
                    expected[f":i:{queue}:spam:{label}"][comment_id] = rank
        if "au" in comment:
            expected[f":ac:{comment['au']}"][comment_id] = seq
    prefix = store.link.keys.site(site)
    found: dict[str, dict[str, int]] = {}
    for name, _ in await _keys(store, site):
        short = name.removeprefix(prefix)
        if short.startswith((":q:", ":i:", ":ac:")):
            rows = await store.link.call("ZRANGE", name, 0, -1, "WITHSCORES")
            found[short] = {a.decode(): int(float(b)) for a, b in zip(rows[::2], rows[1::2], strict=True)}
    wrong = [
        f"{short}: holds {found.get(short)}, should hold {expected.get(short)}"
        for short in sorted(expected.keys() | found.keys())
        if expected.get(short, {}) != found.get(short, {})
    ]
    counts = await store.queues.counts(site)
    for queue in QUEUES:
        if counts[queue].count != len(expected.get(f":q:{queue}:time", {})):
            wrong.append(f"{queue}: its count is not its size")
        by_reason = await store.queues.reasons(site, queue)
        scanned = Counter(
            code
            for comment in comments.values()
            if queue in _places(comment)
            for code in comment.get("cd", "").split(",")
            if code
        )
        if by_reason != dict(scanned):
            wrong.append(f"{queue}: {by_reason} by reason, should be {dict(scanned)}")
    return wrong


async def _waiting(store: Store, site: str, comments: dict[str, dict[str, str]]) -> list[str]:
    keys = store.link.keys
    waiting = {
        (fields[3].decode(), int(fields[5]))
        for _, fields in await store.link.call("XRANGE", keys.inbox(keys.partition(site)), "-", "+")
        if fields[1].decode() == site
    }
    return [
        f"{comment_id}: queued, and nobody will score it"
        for comment_id, comment in comments.items()
        if comment["st"] == "queued" and (comment_id, int(comment["rev"])) not in waiting
    ]


async def _authors(store: Store, site: str, comments: dict[str, dict[str, str]]) -> list[str]:
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for comment in comments.values():
        status = comment["was"] if comment["st"] == "expired" else comment["st"]
        if "au" in comment and status != "queued":
            expected[comment["au"]][status] += 1
            if status != "pending":
                expected[comment["au"]][f"{status}:{int(comment['at']) // DAY_MS}"] += 1
    prefix = store.link.keys.author(site, "")
    wrong = []
    for name, _ in await _keys(store, site):
        if name.startswith(prefix):
            ref = name.removeprefix(prefix)
            found = {
                field: int(value)
                for field, value in (await _hash(store, name)).items()
                if field not in {"first", "given", "until", "gby", "gat", "nt"}
            }
            if found != dict(expected.pop(ref, Counter())):
                wrong.append(f"author {ref}: {found} is not what the comments say")
    wrong += [f"author {ref}: has no record, should have {dict(count)}" for ref, count in expected.items()]
    return wrong


async def _leases(store: Store, site: str, comments: dict[str, dict[str, str]]) -> list[str]:
    key = store.link.keys.site(site)
    holders, holding = await _hash(store, f"{key}:holders"), await _hash(store, f"{key}:holding")
    leased = {one.decode() for one in await store.link.call("ZRANGE", f"{key}:leases", 0, -1)}
    wrong = []
    if leased != set(holders):
        wrong.append("leases and holders differ")
    if {name: int(count) for name, count in holding.items()} != dict(Counter(holders.values())):
        wrong.append("the number held by each moderator is wrong")
    wrong += [
        f"{one}: leased, and in no queue"
        for one in leased
        if not _places(comments.get(one, {"st": "queued"}))
    ]
    return wrong


async def _flags(store: Store, site: str, comments: dict[str, dict[str, str]]) -> list[str]:
    """Each reader's record is what the standing decisions say of the flags, and what edits have settled."""
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for comment_id, comment in comments.items():
        deep = len(comment["us"].split("\n")) if comment.get("us") else 0
        for reporter, since in (await _hash(store, store.link.keys.reporters(site, comment_id))).items():
            if since in {"right", "wrong"}:
                expected[reporter][since] += 1
            elif deep > int(since):
                expected[reporter]["wrong" if comment["st"] == "approved" else "right"] += 1
    prefix = store.link.keys.site(site) + ":rr:"
    found = {
        name.removeprefix(prefix): {one: int(value) for one, value in (await _hash(store, name)).items()}
        for name, _ in await _keys(store, site)
        if name.startswith(prefix)
    }
    if json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True):
        return []
    return [f"readers' records are {found}, should be {dict(expected)}"]
