"""Queues over HTTP: counts, listings in four orders, claims on what is listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web
from multidict import MultiMapping
from pydantic import ValidationError
from pydantic_core import to_json

from moderation.errors import BadRequest, NotFound
from moderation.store import Filters, Order, Role
from moderation.store.keys import QUEUES
from moderation.web import answers, body, cursors, wire
from moderation.web.comments import operation
from moderation.web.desk import Call, number_of, query_of

FILTERS: Final = tuple(name for name in wire.FilterBody.model_fields if name != "queue")
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of a queue as it is asked for."""

    queue: str
    order: Order
    limit: int
    filters: Filters
    cursor: str | None
    named: tuple[tuple[str, str], ...]  # the filters as they were sent

    @property
    def name(self) -> str:
        """The listing's name: a cursor is good for this alone."""
        return "\n".join((self.queue, self.order.value, *(f"{name}={value}" for name, value in self.named)))


async def counts(call: Call) -> web.Response:
    """Every queue's size, counted, and the age of its oldest comment."""
    query_of(call.request)
    found = await call.desk.store.queues.counts(call.site)
    queues = {name: answers.queue_answer(state) for name, state in found.items()}
    return web.Response(body=to_json({"queues": queues}), content_type=_JSON)


async def reasons(call: Call) -> web.Response:
    """How many comments of a queue have each reason's code."""
    query_of(call.request)
    found = await call.desk.store.queues.reasons(call.site, queue_of(call.request))
    return web.Response(body=to_json({"reasons": found}), content_type=_JSON)


async def listing(call: Call) -> web.Response:
    """A page of a queue."""
    asked = asked_of(call.request)
    name = f"{call.site}\n{asked.name}"
    queue, order, limit, filters = asked.queue, asked.order, asked.limit, asked.filters
    secret = call.desk.store.secret
    after = cursors.open_(secret, name, asked.cursor) if asked.cursor is not None else None
    page = await call.desk.store.queues.page(call.site, queue, order, limit, after, filters)
    answer = {
        "items": [answers.card_answer(comment) for comment in page.items],
        "next": None if page.next is None else cursors.seal(secret, name, page.next),
    }
    return web.Response(body=to_json(answer), content_type=_JSON)


async def claim(call: Call) -> web.Response:
    """Leases comments that no colleague holds."""
    queue = queue_of(call.request)
    asked = await body.asked(call, wire.ClaimBody, empty_is_object=True)
    if asked.ids is not None:
        taken = await call.desk.store.claims.take(
            call.site, queue, call.key.name, asked.ids, asked.lease_seconds
        )
        return web.Response(body=to_json(answers.claim_answer(taken)), content_type=_JSON)
    filters = asked.filters()
    order = Order(asked.order)
    if order.axis == "spam" and queue in {"approved", "rejected"} and filters.labels:
        raise BadRequest("Decided comments are claimed by `oldest` or `newest` when a filter is set.")
    found = await call.desk.store.claims.claim(
        call.site,
        queue,
        call.key.name,
        limit=asked.limit,
        lease_seconds=asked.lease_seconds,
        order=order,
        labels=filters.labels,
        op=operation(call),
    )
    return web.Response(body=to_json(answers.claim_answer(found)), content_type=_JSON)


async def leases(call: Call) -> web.Response:
    """Who holds what."""
    query_of(call.request)
    found = await call.desk.store.claims.list(call.site)
    items = [answers.lease_answer(lease) for lease in found]
    return web.Response(body=to_json({"items": items}), content_type=_JSON)


async def renew(call: Call) -> web.Response:
    """Lengthens leases; those that have ended are not among the answer."""
    asked = await body.asked(call, wire.RenewBody, empty_is_object=True)
    found = await call.desk.store.claims.renew(call.site, call.key.name, asked.ids or [], asked.lease_seconds)
    items = [answers.lease_answer(lease) for lease in found]
    return web.Response(body=to_json({"items": items}), content_type=_JSON)


async def release(call: Call) -> web.Response:
    """Ends leases; an admin may end a colleague's."""
    asked = await body.asked(call, wire.ReleaseBody, empty_is_object=True)
    of_anybody = call.key.role is Role.ADMIN and asked.ids is not None
    ids = await call.desk.store.claims.release(
        call.site, call.key.name, asked.ids or [], of_anybody=of_anybody
    )
    return web.Response(body=to_json({"ids": ids}), content_type=_JSON)


def queue_of(request: web.Request) -> str:
    """The queue in the path; raises NotFound."""
    queue = request.match_info["queue"]
    if queue not in QUEUES:
        raise NotFound(f"There is no such queue; there are {', '.join(QUEUES)}.")
    return queue


def asked_of(request: web.Request, *more: str) -> Asked:
    """Which page of which queue is asked for; ``more`` are query parameters that this listing knows beside."""
    queue = queue_of(request)
    query = query_of(request, "order", "limit", "cursor", *FILTERS, *more)
    order = _order(query.get("order", Order.OLDEST.value))
    named = tuple((one, query[one]) for one in FILTERS if one in query)
    return Asked(
        queue, order, number_of(query, "limit", 50, 1, 100), filters_of(query), query.get("cursor"), named
    )


def _order(text: str) -> Order:
    try:
        return Order(text)
    except ValueError:
        raise BadRequest(f"The query parameter order takes one of {', '.join(Order)}.") from None


def filters_of(query: MultiMapping[str]) -> Filters:
    """The filters of a listing from its query; raises BadRequest naming the parameter that is wrong."""
    given: dict[str, object] = {name: query[name] for name in FILTERS if name in query}
    for name, read in (("score_min", float), ("score_max", float), *_TIMES):
        if name in given:
            try:
                given[name] = read(str(given[name]))
            except ValueError:
                raise BadRequest(f"The query parameter {name} takes {_TAKES[read]}.") from None
    try:
        return wire.FilterBody.model_validate(given).filters()
    except ValidationError as failure:
        fault = body.refusal(wire.FilterBody, failure)
        first = fault.extra["errors"][0]
        raise BadRequest(f"The query parameter {first['pointer'].lstrip('/')}: {first['detail']}") from None


_TIMES: Final = (("received_after", datetime.fromisoformat), ("received_before", datetime.fromisoformat))
_TAKES: Final = {float: "a number", datetime.fromisoformat: "a time as 2026-11-23T10:00:00Z"}
