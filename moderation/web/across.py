"""One queue over all sites of a key, over HTTP: counts, and a merged listing."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import BadRequest, NotFound
from moderation.store import MAX_SITES, Order
from moderation.web import answers, body, cursors, wire
from moderation.web.desk import NOTHING_HERE, DeskCall, query_of
from moderation.web.queues import asked_of, queue_of

_PLACE: Final = struct.Struct(
    ">6sq"
)  # a site's tag and its place: 200 sites make a cursor of 3,750 characters


async def counts(call: DeskCall) -> web.Response:
    """Each site's queues, counted, and the totals."""
    query_of(call.request, "sites")
    sites = await _sites(call)
    found = await call.desk.store.across.counts(sites)
    return web.Response(
        body=to_json(answers.all_queues_answer(sites, found)), content_type="application/json"
    )


async def listing(call: DeskCall) -> web.Response:
    """A page of a queue over all sites."""
    asked, store = asked_of(call.request, "sites"), call.desk.store
    sites = await _sites(call)
    # Without `sites` a cursor goes on when a site is added; with it, it is good for these sites alone.
    name = "\n".join(("*", asked.name, *(sites if "sites" in call.request.query else ())))
    after = {}
    if asked.cursor is not None:
        data = cursors.open_bytes(store.secret, name, asked.cursor)
        after = _places(store.secret, sites, data)
    page = await store.across.page(sites, asked.queue, asked.order, asked.limit, after, asked.filters)
    answer = {
        "items": [answers.card_answer(comment) for comment in page.items],
        "next": cursors.seal_bytes(store.secret, name, _packed(store.secret, page.places))
        if page.more
        else None,
    }
    return web.Response(body=to_json(answer), content_type="application/json")


async def claim(call: DeskCall) -> web.Response:
    """Leases comments that no colleague holds, of all sites."""
    queue = queue_of(call.request)
    query_of(call.request, "sites")
    asked = await body.asked(call, wire.ClaimBody, empty_is_object=True)
    if asked.ids is not None:
        raise BadRequest("An id is a comment of one site: claim by `ids` under /v1/sites/{site}.")
    found = await call.desk.store.across.claim(
        await _sites(call),
        queue,
        Order(asked.order),
        call.key.name,
        limit=asked.limit,
        lease_seconds=asked.lease_seconds,
        filters=asked.filters(),
    )
    return web.Response(body=to_json(answers.claim_answer(found)), content_type="application/json")


async def _sites(call: DeskCall) -> Sequence[str]:
    """The sites asked for, else all of the key's. Raises NotFound for one that is not, BadRequest if they are too many."""
    reached = await call.desk.store.sites.reached_by(call.key)
    wanted = call.request.query.get("sites")
    if wanted is not None:
        named = set(wanted.split(","))
        if not named.issubset(reached):
            raise NotFound(NOTHING_HERE)
        reached = tuple(sorted(named))
    if len(reached) > MAX_SITES:
        raise BadRequest(
            f"This key reaches {len(reached)} sites, and {MAX_SITES} can be listed together: name some of them, "
            "as `sites=gazette,courier`."
        )
    return reached


def _packed(secret: bytes, places: Mapping[str, int]) -> bytes:
    return b"".join(_PLACE.pack(_tag(secret, site), place) for site, place in sorted(places.items()))


def _places(secret: bytes, sites: Sequence[str], data: bytes) -> dict[str, int]:
    """The places of a cursor; of sites that are not listed any more nothing is kept."""
    places = dict(_PLACE.iter_unpack(data))
    return {site: places[tag] for site in sites if (tag := _tag(secret, site)) in places}


def _tag(secret: bytes, site: str) -> bytes:
    """A site's name in a cursor: short, and it does not tell the slug."""
    return blake2b(site.encode(), digest_size=6, key=secret[:64], person=b"across").digest()
