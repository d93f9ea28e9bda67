"""Walks every key of a store and says what does not fit together."""

from __future__ import annotations

from collections import Counter

from moderation.store import Store
from moderation.store.keys import QUEUES


async def problems(store: Store, site: str) -> list[str]:
    """Each comment has one status and is in exactly the index of that status; author's counts equal what stands."""
    link, keys = store.link, store.link.keys
    prefix = keys.comment(site, "")
    standing: dict[str, str] = {}
    authors: Counter[tuple[str, str]] = Counter()
    for key in await link.call("KEYS", prefix.replace("{", "\\{") + "*"):
        status, author = await link.call("HMGET", key, "st", "au")
        standing[key.decode().removeprefix(prefix)] = status.decode()
        if author and status != b"queued":
            authors[author.decode(), status.decode()] += 1
    wrong = []
    for queue in QUEUES:
        by_time = set(await link.call("ZRANGE", keys.queue(site, queue, "time"), 0, -1))
        by_spam = set(await link.call("ZRANGE", keys.queue(site, queue, "spam"), 0, -1))
        if by_time != by_spam:
            wrong.append(f"{queue}: the two indexes differ")
        expected = {one for one, status in standing.items() if status == queue}
        if queue == "reported":
            expected = {one.decode() for one in by_time if standing.get(one.decode()) == "approved"}
        if {one.decode() for one in by_time} != expected:
            wrong.append(f"{queue}: the index is not what the comments say")
    waiting = {
        (fields[3].decode(), int(fields[5]))
        for _, fields in await link.call("XRANGE", keys.inbox(keys.partition(site)), "-", "+")
        if fields[1].decode() == site
    }
    for comment_id, status in standing.items():
        if status == "queued" and comment_id not in {one for one, _ in waiting}:
            wrong.append(f"{comment_id}: queued, and nobody will score it")
    for (author, status), count in authors.items():
        found = await link.call("HGET", keys.author(site, author), status)
        if int(found or 0) != count:
            wrong.append(f"author {author}: {status} is {found!r}, should be {count}")
    return wrong
