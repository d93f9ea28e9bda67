"""Who calls, and may they: a bearer key or a session, the role on the route, and no site but the key's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from moderation.domain.ids import is_site
from moderation.errors import Forbidden, NotFound, Unauthorized
from moderation.store import Key, Role
from moderation.web.desk import NOTHING_HERE, Call, Desk, DeskCall, DeskHandler, Handler
from moderation.web.sessions import admit_session, token_of

CHALLENGE = {"WWW-Authenticate": "Bearer"}


async def admit(request: web.Request, desk: Desk) -> Key:
    """The caller's key; raises Unauthorized, or TooManyAttempts after too many wrong ones from this address.

    Without a key a session's cookie will do; then it raises CrossSite for what another page could have sent.
    """
    header = request.headers.get("Authorization")
    if header is None and (session := token_of(request)) is not None:
        return await admit_session(request, desk, session)
    kind, _, token = (header or "").partition(" ")
    token = token.strip()
    key = None
    if kind.lower() == "bearer" and token and token.isascii():
        key = await desk.store.keyring.find(token)
    if key is not None:
        return key
    if header is not None:  # who sends none does not guess
        desk.attempts.failed(request.remote)
    if kind.lower() != "bearer" or not token:
        raise Unauthorized("Send a key: `Authorization: Bearer KEY`.", headers=CHALLENGE)
    raise Unauthorized("This key is not known, or it was revoked.", headers=CHALLENGE)


def guarded(
    handler: Handler, allowed: frozenset[Role], desk: Desk
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler behind the door: known key, own site, role."""

    async def enter(request: web.Request) -> web.StreamResponse:
        key = await admit(request, desk)
        site = request.match_info["site"]
        if not await _reaches(key, site, desk):
            raise NotFound(NOTHING_HERE)  # as if there were none: nothing tells whether the other site exists
        _require(key, allowed)
        return await handler(Call(request, desk, site, key))

    return enter


def guarded_desk(
    handler: DeskHandler, allowed: frozenset[Role], desk: Desk
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of a call that names no site behind the door: known key, role."""

    async def enter(request: web.Request) -> web.StreamResponse:
        key = await admit(request, desk)
        _require(key, allowed)
        return await handler(DeskCall(request, desk, key))

    return enter


async def _reaches(key: Key, site: str, desk: Desk) -> bool:
    if site in key.sites:  # it was there when the key was made
        return is_site(site)
    return key.everywhere and is_site(site) and await desk.store.sites.exists(site)


def _require(key: Key, allowed: frozenset[Role]) -> None:
    if key.role not in allowed:
        names = " or ".join(sorted(role.value for role in allowed - {Role.ADMIN})) or Role.ADMIN.value
        raise Forbidden(f"This call needs a key with the role {names}.")
