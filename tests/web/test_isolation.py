"""Who may what: every call of the table, by every kind of key, on one's own site, another's, and one that is not there.

The rows are written by hand, apart from the table of routes, so that a slip there is seen here. A route without a row
fails: say in ROWS who may make the call.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

import pytest

from moderation.store import CoralSite, Role
from moderation.web.routes import ACROSS, ROUTES, SESSION, Route
from moderation.web.sessions import COOKIE
from tests.web.conftest import SITE, Desk

ADMIN = {"admin"}
POSTS = {"site", "admin"}
DECIDES = {"moderator", "admin"}
READS = {"reader", "moderator", "admin"}
ALL = {"site", "reader", "moderator", "admin"}

ON_SITE = "/v1/sites/{site}"
ROWS: dict[str, set[str]] = {
    f"POST {ON_SITE}/comments": POSTS,
    f"POST {ON_SITE}/comments/batch": POSTS,
    f"GET {ON_SITE}/comments/{{id}}": ALL,
    f"PATCH {ON_SITE}/comments/{{id}}": POSTS,
    f"DELETE {ON_SITE}/comments/{{id}}": POSTS,
    f"POST {ON_SITE}/comments/{{id}}/report": POSTS,
    f"POST {ON_SITE}/comments/{{id}}/approve": DECIDES,
    f"POST {ON_SITE}/comments/{{id}}/reject": DECIDES,
    f"POST {ON_SITE}/comments/{{id}}/undo": DECIDES,
    f"POST {ON_SITE}/decisions": DECIDES,
    f"GET {ON_SITE}/comments/{{id}}/thread": READS,
    f"POST {ON_SITE}/comments/{{id}}/escalate": DECIDES,
    f"POST {ON_SITE}/comments/{{id}}/deescalate": DECIDES,
    f"POST {ON_SITE}/comments/{{id}}/assign": DECIDES,
    f"POST {ON_SITE}/comments/{{id}}/notes": DECIDES,
    f"PUT {ON_SITE}/comments/{{id}}/tags": DECIDES,
    f"GET {ON_SITE}/batches/{{batch}}": READS,
    f"POST {ON_SITE}/batches/{{batch}}/undo": DECIDES,
    f"GET {ON_SITE}/queues/{{queue}}/reasons": READS,
    f"POST {ON_SITE}/queues/{{queue}}/claim": DECIDES,
    f"GET {ON_SITE}/claims": READS,
    f"POST {ON_SITE}/claims/renew": DECIDES,
    f"POST {ON_SITE}/claims/release": DECIDES,
    f"GET {ON_SITE}/authors/{{author}}": READS,
    f"GET {ON_SITE}/authors/{{author}}/comments": READS,
    f"PUT {ON_SITE}/authors/{{author}}/standing": DECIDES,
    f"POST {ON_SITE}/authors/{{author}}/notes": DECIDES,
    f"GET {ON_SITE}/authors/{{author}}/export": ADMIN,
    f"DELETE {ON_SITE}/authors/{{author}}": POSTS,
    f"GET {ON_SITE}/audit": READS,
    f"POST {ON_SITE}/policy/preview": DECIDES,
    f"POST {ON_SITE}/policy/test": DECIDES,
    f"GET {ON_SITE}/statistics": READS,
    f"GET {ON_SITE}/queues": READS,
    f"GET {ON_SITE}/queues/{{queue}}": READS,
    f"GET {ON_SITE}/events": ALL,
    f"GET {ON_SITE}/policy": READS,
    f"PUT {ON_SITE}/policy": ADMIN,
    f"GET {ON_SITE}/coral": ADMIN,
    f"PUT {ON_SITE}/coral": ADMIN,
    f"DELETE {ON_SITE}/coral": ADMIN,
    f"GET {ON_SITE}/keys": ADMIN,
    f"POST {ON_SITE}/keys": ADMIN,
    f"DELETE {ON_SITE}/keys/{{key_id}}": ADMIN,
    f"GET {ON_SITE}/webhooks": ADMIN,
    f"POST {ON_SITE}/webhooks": ADMIN,
    f"GET {ON_SITE}/webhooks/{{webhook}}": ADMIN,
    f"PATCH {ON_SITE}/webhooks/{{webhook}}": ADMIN,
    f"DELETE {ON_SITE}/webhooks/{{webhook}}": ADMIN,
    f"POST {ON_SITE}/webhooks/{{webhook}}/rotate": ADMIN,
    f"POST {ON_SITE}/webhooks/{{webhook}}/test": ADMIN,
    f"GET {ON_SITE}/webhooks/{{webhook}}/deliveries": ADMIN,
    f"POST {ON_SITE}/webhooks/{{webhook}}/deliveries/{{delivery}}/replay": ADMIN,
    f"POST {ON_SITE}/webhooks/{{webhook}}/replay": ADMIN,
    "GET /v1/me": ALL,
    "GET /v1/sites": READS,
    "POST /v1/sites": {"admin of all"},
    "GET /v1/queues": READS,
    "GET /v1/queues/{queue}": READS,
    "POST /v1/queues/{queue}/claim": DECIDES,
}

# who calls -> role and sites; those without a role have no good key
CALLERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "no key": ("", ()),
    "malformed": ("", ()),
    "unknown": ("", ()),
    "revoked": ("", ()),
    "another site's moderator": ("moderator", ("other",)),
    "another site's admin": ("admin", ("other",)),
    "site": ("site", (SITE,)),
    "reader": ("reader", (SITE,)),
    "moderator": ("moderator", (SITE,)),
    "admin": ("admin", (SITE,)),
    "several sites": ("moderator", ("third", SITE)),
    "admin of several": ("admin", ("third", SITE)),
    "reader of all": ("reader", ("*",)),
    "moderator of all": ("moderator", ("*",)),
    "admin of all": ("admin", ("*",)),
}
SIGNED_IN = "signed in: "
CALLERS |= {
    SIGNED_IN + caller: CALLERS[caller]
    for caller in ("reader", "moderator", "admin", "another site's admin", "several sites", "admin of all")
}
CALLERS |= {"signed out": ("", ()), "revoked while signed in": ("", ()), "a session never begun": ("", ())}
SESSION_ROWS = {"POST /console/session", "GET /console/session", "DELETE /console/session"}
EVERY_ROUTE: list[Route[Any]] = [*ROUTES, *ACROSS]
SITES = {"own": SITE, "another": "other", "absent": "nowhere"}


async def headers_of(desk: Desk) -> dict[str, dict[str, str]]:
    """What each caller sends."""
    found: dict[str, dict[str, str]] = {}
    keyring = desk.store.keyring
    await keyring.add("*", Role.MODERATOR, "ann")  # to whom the example assigns a comment
    for caller, (role, sites) in CALLERS.items():
        made = await keyring.add(sites or (SITE,), Role(role or "admin"), "somebody")
        if caller.startswith(SIGNED_IN) or caller in {"signed out", "revoked while signed in"}:
            found[caller] = await _session_of(desk, made.key)
            if caller == "revoked while signed in":
                await keyring.revoke(made.id)
            continue
        if caller == "revoked":
            await keyring.revoke(made.id)
        token = made.key[:-1] + ("0" if made.key[-1] != "0" else "1") if caller == "unknown" else made.key
        found[caller] = {"Authorization": f"Basic {token}" if caller == "malformed" else f"Bearer {token}"}
    found["no key"] = {}
    token = found["signed out"]["Cookie"].partition("=")[2]
    key = await desk.store.sessions.find(token)
    assert key is not None
    await desk.store.sessions.end(token, key)
    found["a session never begun"] = {**found["signed out"], "Cookie": f"{COOKIE}={'x' * 43}"}
    return found


async def _session_of(desk: Desk, token: str) -> dict[str, str]:
    """What the console's page sends once somebody signed in with a key."""
    key = await desk.store.keyring.find(token)
    assert key is not None
    session = await desk.store.sessions.begin(key)
    assert session is not None
    word = desk.store.sessions.csrf(session)
    return {"Cookie": f"{COOKIE}={session}", "X-CSRF-Token": word, "Sec-Fetch-Site": "same-origin"}


def named(route: Route[Any]) -> str:
    return f"{route.method} {route.path}"


def wanted(caller: str, site: str | None, row: set[str]) -> int:
    """The status that a caller must get; 200 stands for being let in."""
    role, sites = CALLERS[caller]
    if not role:
        return 401
    if site == "nowhere" or (site is not None and site not in sites and "*" not in sites):
        return 404
    return 200 if role in row or caller.removeprefix(SIGNED_IN) in row else 403


async def path_of(desk: Desk, route: Route[Any], site: str) -> str:
    """The route's path to something that is there, if there is the site."""
    key_id = "none"
    if "{key_id}" in route.path and site != "nowhere":
        key_id = (await desk.store.keyring.add(site, Role.SITE, "for the test")).id
    webhook, delivery = "none", "none"
    if "{webhook}" in route.path and site != "nowhere":
        for one in await desk.store.webhooks.list(
            site
        ):  # a site has few of them, and a test has many callers
            await desk.store.webhooks.remove(site, one.id, "somebody")
        # An address that the door out refuses: the test of it goes nowhere.
        hook = await desk.store.webhooks.add(site, "somebody", "https://192.0.2.1/", ["*"])
        await desk.store.webhooks.replay_span(site, hook.id, 0, 10**13)
        (found, *_), _ = await desk.store.webhooks.deliveries(site, hook.id, None, None, 1)
        webhook, delivery = hook.id, found.id
    made = await desk.store.batches.begin(site, secrets.token_hex(8), "somebody", ["c1"])
    return route.path.format(
        site=site,
        id="c1",
        queue="pending",
        key_id=key_id,
        author="u1",
        batch=made.id,
        webhook=webhook,
        delivery=delivery,
    )


@pytest.fixture
async def two_sites(desk: Desk) -> Desk:
    """The same comment on both sites, and a third site."""
    await desk.store.sites.add("third")
    for site in (SITE, "other"):
        await desk.store.coral.put(site, CoralSite(("a secret of its Coral",)), "ed")
    poster = (await desk.store.keyring.add("other", Role.SITE, "poster")).key
    await desk.post("c1", "0.5", author={"id": "u1"})
    body = b'{"id":"c1","text":"0.5","author":{"id":"u1"}}'
    headers = {"Authorization": f"Bearer {poster}", "Content-Type": "application/json", "Prefer": "wait=10"}
    status, _, _ = await desk.raw("POST", "/v1/sites/other/comments", body, None, **headers)
    assert status == 200
    return desk


@pytest.mark.parametrize("route", EVERY_ROUTE, ids=named)
async def test_every_call_by_every_key_on_every_site(two_sites: Desk, route: Route[Any]) -> None:
    desk, row = two_sites, ROWS[named(route)]
    body = None if route.example is None else json.dumps(route.example).encode()
    callers = await headers_of(desk)
    for which, site in SITES.items() if "{site}" in route.path else [("none", "")]:
        for caller, headers in callers.items():
            path = await path_of(desk, route, site)
            status, answer, _ = await desk.raw(
                route.method, path, body, None, **headers, **{"Content-Type": "application/json"}
            )
            cell = f"{caller} on the site {which}: {status} {answer}"
            expected = wanted(caller, site or None, row)
            if expected == 200:
                assert status < 300 or status == 409, cell
            else:
                assert status == expected, cell


def test_every_row_is_a_route() -> None:
    assert ROWS.keys() == {named(route) for route in EVERY_ROUTE}
    assert {f"{one.method} {one.path}" for one in SESSION} == SESSION_ROWS


async def test_a_session_is_its_own_callers_alone(desk: Desk) -> None:
    callers = await headers_of(desk)
    for method, good in (("GET", 200), ("DELETE", 204)):  # in this order: the latter ends it
        for caller, headers in callers.items():
            status, answer, _ = await desk.raw(method, "/console/session", None, None, **headers)
            assert status == (good if caller.startswith(SIGNED_IN) else 401), f"{caller}: {status} {answer}"
    for caller, headers in callers.items():
        kind, _, token = headers.get("Authorization", "").partition(" ")
        if kind == "Bearer":
            role = CALLERS[caller][0]
            body = json.dumps({"key": token}).encode()
            own = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
            status, answer, _ = await desk.raw("POST", "/console/session", body, None, **own)
            assert status == (403 if role == "site" else 200 if role else 401), f"{caller}: {status} {answer}"


@pytest.mark.parametrize(
    "route", [one for one in ROUTES if one.path.startswith("/v1/sites/{site}")], ids=named
)
@pytest.mark.parametrize("caller", ["admin", "admin of several"])
async def test_another_site_answers_in_the_words_of_one_that_is_not_there(
    two_sites: Desk, route: Route[Any], caller: str
) -> None:
    headers = (await headers_of(two_sites))[caller]
    body = None if route.example is None else json.dumps(route.example).encode()
    answers = []
    for site in ("other", "nowhere"):
        path = await path_of(two_sites, route, site)
        status, answer, sent = await two_sites.raw(
            route.method, path, body, None, **headers, **{"Content-Type": "application/json"}
        )
        answer.pop("request_id")
        sent = {name: sent[name] for name in sent.keys() - {"X-Request-ID", "Date", "Content-Length"}}
        answers.append((status, answer, sent))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


async def test_a_key_of_another_site_is_as_missing_as_none(two_sites: Desk) -> None:
    theirs = await two_sites.store.keyring.add("other", Role.SITE, "theirs")
    answers = []
    for key_id in (theirs.id, "0" * 12):
        status, answer, _ = await two_sites.raw("DELETE", f"/v1/sites/{SITE}/keys/{key_id}", None, "admin")
        answers.append((status, {name: value for name, value in answer.items() if name != "request_id"}))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    for odd in ("%ff", "%00", "%ED%A0%80", "a" * 3000, "%2A", "*", "é"):
        status, _, _ = await two_sites.raw("DELETE", f"/v1/sites/{SITE}/keys/{odd}", None, "admin")
        assert status == 404, odd


async def test_a_key_that_is_no_ascii_is_refused_like_any_other(desk: Desk) -> None:
    for token in ("clé", "\u202e", "mod_site_é_x", "𝐤"):
        status, answer, _ = await desk.raw(
            "GET", f"/v1/sites/{SITE}/queues", None, None, Authorization=f"Bearer {token}"
        )
        assert (status, answer["type"]) == (401, "/docs#problem-unauthorized")
    reader, writer = await asyncio.open_connection(desk.client.host, desk.client.port)
    writer.write(
        f"GET /v1/sites/{SITE}/queues HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ".encode()
        + b"\xe9\r\n\r\n"
    )
    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 401")
    writer.close()
