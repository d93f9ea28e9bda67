"""Who calls, and may they: a bearer key, the role on the route, and no site but the key's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from moderation.errors import Forbidden, NotFound, Unauthorized
from moderation.store import Key, Role
from moderation.web.desk import NOTHING_HERE, Call, Desk, Handler

CHALLENGE = {"WWW-Authenticate": "Bearer"}


async def admit(request: web.Request, desk: Desk) -> Key:
    """The caller's key; raises Unauthorized."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthorized("Send a key: `Authorization: Bearer KEY`.", headers=CHALLENGE)
    key = await desk.store.keyring.find(token.strip()) if token.isascii() else None
    if key is None:
        raise Unauthorized("This key is not known, or it was revoked.", headers=CHALLENGE)
    return key


def guarded(
    handler: Handler, roles: frozenset[Role], desk: Desk
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler behind the door: known key, own site, role."""
    allowed = roles | {Role.ADMIN}

    async def enter(request: web.Request) -> web.StreamResponse:
        key = await admit(request, desk)
        site = request.match_info["site"]
        if site != key.site:  # as if there were none: nothing tells whether the other site exists
            raise NotFound(NOTHING_HERE)
        if key.role not in allowed:
            names = " or ".join(sorted(role.value for role in roles))
            raise Forbidden(f"This call needs a key with the role {names}.")
        return await handler(Call(request, desk, site, key))

    return enter
