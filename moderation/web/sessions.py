"""Signing in to the console: a key becomes a session's cookie, and a call with that cookie acts as the key.

A browser sends cookies by itself, so a call that changes something shows besides that the console's own page sent it:
by a word that only this page knows, and by what the browser says of where the call comes from.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import BadRequest, CrossSite, Forbidden, HttpsNeeded, Unauthorized
from moderation.store import Key, Role
from moderation.web import answers, body, wire
from moderation.web.desk import BY_SESSION, Desk, query_of

COOKIE: Final = (
    "__Host-session"  # the prefix: the browser takes it over https, from this very host, for all paths
)
_ATTRIBUTES: Final = "; Path=/; Secure; HttpOnly; SameSite=Strict"
_READING: Final = frozenset({"GET", "HEAD"})
# Calls that the page makes by itself: an open page is nobody at work.
_BY_ITSELF: Final = frozenset({"/v1/sites/{site}/events", "/v1/sites/{site}/claims/renew"})
_LOCAL: Final = re.compile(r"(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?")
_NO_SESSION: Final = "Nobody is signed in here, or the session is over: sign in."


def token_of(request: web.Request) -> str | None:
    """The session's token, if the caller sent one."""
    return request.cookies.get(COOKIE)


async def admit_session(request: web.Request, desk: Desk, token: str) -> Key:
    """The key as which a session acts; raises Unauthorized, or CrossSite if another page could have sent the call."""
    request[BY_SESSION] = True
    resource = request.match_info.route.resource
    active = resource is None or resource.canonical not in _BY_ITSELF
    key = await desk.store.sessions.find(token, active=active)
    if key is None:
        raise Unauthorized(_NO_SESSION)
    if request.method in _READING:
        _require_no_foreign_reader(request)
    else:
        require_own_page(request)
        given = request.headers.get("X-CSRF-Token", "")
        if not hmac.compare_digest(
            given.encode("utf-8", "surrogateescape"), desk.store.sessions.csrf(token).encode()
        ):
            raise CrossSite("Send the session's `csrf` as `X-CSRF-Token`; `GET /console/session` has it.")
    return key


def require_own_page(request: web.Request) -> None:
    """Raises CrossSite unless the browser says that a page of this service sent the call."""
    where = request.headers.get("Sec-Fetch-Site")
    if where is not None:
        if where == "same-origin":
            return
        raise CrossSite("Another page sent this call: make it from the console.")
    _, _, host = request.headers.get("Origin", "").partition("://")
    if not host or host.lower() != request.headers.get("Host", "").lower():
        raise CrossSite(
            "Nothing shows that the console's own page sent this call: neither `Sec-Fetch-Site: same-origin` nor an `Origin` "
            "that is the `Host`. A program sends its key as `Authorization: Bearer KEY` instead; a proxy has to pass `Host` on."
        )


def _require_no_foreign_reader(request: web.Request) -> None:
    # A page of the same site on another host gets the cookie sent along, and could tell something from sizes and times.
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise CrossSite("Another page sent this call: open the console instead.")


async def sign_in(request: web.Request, desk: Desk) -> web.Response:
    """A session for a key; the one that the browser had before ends."""
    request[BY_SESSION] = True
    query_of(request)
    require_own_page(request)
    _require_kept_cookie(request)
    body.require_type(request)
    data = await body.read(request, desk.settings.max_body_bytes, desk.settings.body_timeout)
    asked = body.parse(wire.SignInBody, data)
    key = await desk.store.keyring.find(asked.key) if asked.key.isascii() else None
    if key is not None and key.role is Role.SITE:
        raise Forbidden(
            "This key posts comments for a site: sign in with a moderator's, reader's or admin's key."
        )
    token = None if key is None else await desk.store.sessions.begin(key)
    if key is None or token is None:
        desk.attempts.failed(request.remote)
        raise Unauthorized("This key is not known, or it was revoked.")
    before = token_of(request)
    if before is not None and (whose := await desk.store.sessions.find(before, active=False)) is not None:
        await desk.store.sessions.end(before, whose)
    return _answer(desk, key, token, {"Set-Cookie": f"{COOKIE}={token}{_ATTRIBUTES}"})


async def who(request: web.Request, desk: Desk) -> web.Response:
    """Who is signed in, and the word that the page sends with changes."""
    query_of(request)
    key, token = await _signed_in(request, desk)
    return _answer(desk, key, token, {})


async def sign_out(request: web.Request, desk: Desk) -> web.Response:
    """Ends the session, or all of its key's."""
    everywhere = query_of(request, "everywhere").get("everywhere", "false")
    if everywhere not in {"true", "false"}:
        raise BadRequest("The query parameter everywhere takes true or false.")
    key, token = await _signed_in(request, desk)
    await desk.store.sessions.end(token, key, everywhere=everywhere == "true")
    return web.Response(status=204, headers={"Set-Cookie": f"{COOKIE}=; Max-Age=0{_ATTRIBUTES}"})


async def _signed_in(request: web.Request, desk: Desk) -> tuple[Key, str]:
    token = token_of(request)
    if token is None:
        request[BY_SESSION] = True  # this answer, too, is of the moment
        raise Unauthorized(_NO_SESSION)
    return await admit_session(request, desk, token), token


def _answer(desk: Desk, key: Key, token: str, headers: dict[str, str]) -> web.Response:
    answer = answers.session_answer(key, desk.store.sessions.csrf(token))
    return web.Response(body=to_json(answer), content_type="application/json", headers=headers)


def _require_kept_cookie(request: web.Request) -> None:
    """Raises HttpsNeeded where a browser would drop the cookie without a word: on plain http, but for localhost."""
    scheme, _, host = request.headers.get("Origin", "").partition("://")
    if scheme == "http" and not _LOCAL.fullmatch(host.lower()):
        raise HttpsNeeded(
            "This page came over plain http, where a browser keeps no session: open the console over https, or on localhost."
        )
