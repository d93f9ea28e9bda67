"""How the journeys ask: calls that must be let through, and what the site was told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.web.conftest import Desk


async def want(
    desk: Desk, method: str, path: str, body: Any = None, who: str = "moderator", **headers: str
) -> Any:
    """The JSON of a call on the site, which has to be let through."""
    status, found = await desk.call(method, path, body, who, **headers)
    assert status < 300, found
    return found


async def refused(
    desk: Desk, method: str, path: str, body: Any = None, who: str = "moderator"
) -> tuple[int, str]:
    """Status and sentence of a call that has to be refused."""
    status, found = await desk.call(method, path, body, who)
    assert 400 <= status < 500, found
    assert found["detail"].endswith(".")
    return status, found["detail"]


async def listed(desk: Desk, queue: str, query: str = "") -> list[str]:
    """The ids of a queue's first page."""
    page = await want(desk, "GET", f"/queues/{queue}{query}")
    return [one["id"] for one in page["items"]]


async def told(desk: Desk, comment_id: str | None = None) -> list[tuple[str, str, str]]:
    """What the site was told, in order: comment, type of event, and the status that it is in now."""
    page = await want(desk, "GET", "/events?limit=500", who="site")
    rows = [(one["data"]["comment_id"], one["type"], one["data"]["status"]) for one in page["items"]]
    return [row for row in rows if comment_id in {None, row[0]}]


async def judged(desk: Desk, comment_id: str) -> dict[str, Any]:
    """The comment once it is scored."""
    async with asyncio.timeout(10):
        while (found := await want(desk, "GET", f"/comments/{comment_id}"))["status"] == "queued":
            await asyncio.sleep(0.01)
    return dict(found)


async def policy(desk: Desk, **settings: Any) -> None:
    """Puts a policy in force; a text may come again, which is no matter here."""
    await want(
        desk, "PUT", "/policy", {"max_same_by_author": None, "max_same_on_site": None, **settings}, "admin"
    )


async def posted(desk: Desk, ids: Sequence[str], spam: float = 0.5, **more: Any) -> None:
    """Comments of one score, judged."""
    for one in ids:
        await desk.post(one, f"{spam} a remark, {one}", **more)


async def counts(desk: Desk) -> dict[str, int]:
    """Every queue's size."""
    found = await want(desk, "GET", "/queues")
    return {name: state["count"] for name, state in found["queues"].items() if state["count"]}
