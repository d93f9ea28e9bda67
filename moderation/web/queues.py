"""Queues over HTTP: counts, and listings in four orders."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import BadRequest, NotFound
from moderation.store import Filters, Order
from moderation.store.keys import QUEUES
from moderation.web import answers, cursors
from moderation.web.desk import Call, number_of, query_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of a queue as it is asked for."""

    queue: str
    order: Order
    limit: int
    filters: Filters
    cursor: str | None

    @property
    def name(self) -> str:
        """The listing's name: a cursor is good for this alone."""
        filters = (self.filters.article, self.filters.author, self.filters.reason)
        return "\n".join((self.queue, self.order.value, *(part or "" for part in filters)))


async def counts(call: Call) -> web.Response:
    """Every queue's size, counted, and the age of its oldest comment."""
    query_of(call.request)
    found = await call.desk.store.queues.counts(call.site)
    queues = {name: answers.queue_answer(state) for name, state in found.items()}
    return web.Response(body=to_json({"queues": queues}), content_type="application/json")


async def listing(call: Call) -> web.Response:
    """A page of a queue."""
    asked = asked_of(call.request)
    name = f"{call.site}\n{asked.name}"
    queue, order, limit, filters = asked.queue, asked.order, asked.limit, asked.filters
    secret = call.desk.store.secret
    after = cursors.open_(secret, name, asked.cursor) if asked.cursor is not None else None
    page = await call.desk.store.queues.page(call.site, queue, order, limit, after, filters)
    answer = {
        "items": [answers.comment_answer(comment) for comment in page.items],
        "next": None if page.next is None else cursors.seal(secret, name, page.next),
    }
    return web.Response(body=to_json(answer), content_type="application/json")


def asked_of(request: web.Request, *more: str) -> Asked:
    """Which page of which queue is asked for; ``more`` are query parameters that this listing knows beside."""
    queue = request.match_info["queue"]
    if queue not in QUEUES:
        raise NotFound(f"There is no such queue; there are {', '.join(QUEUES)}.")
    query = query_of(request, "order", "limit", "cursor", "article", "author", "reason", *more)
    filters = Filters(query.get("article"), query.get("author"), query.get("reason"))
    order = _order(query.get("order", Order.OLDEST.value))
    return Asked(queue, order, number_of(query, "limit", 50, 1, 100), filters, query.get("cursor"))


def _order(text: str) -> Order:
    try:
        return Order(text)
    except ValueError:
        raise BadRequest(f"The query parameter order takes one of {', '.join(Order)}.") from None
