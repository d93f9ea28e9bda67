"""What another page can make a signed-in browser send: nothing changes, whatever it is and wherever it comes from.

Each request is as the browser would send it if the cookie went along everywhere: SameSite is the first wall, these are
the ones behind it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from moderation.store import Role
from moderation.web.routes import ACROSS, ROUTES, Route
from moderation.web.sessions import COOKIE
from tests.web.conftest import SITE, Desk
from tests.web.test_isolation import named, path_of, two_sites

__all__ = ["two_sites"]  # a fixture

FROM = ("same-origin", "same-site", "cross-site", "none")
REJECT = f"/v1/sites/{SITE}/comments/c1/reject"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain")
EVERY_ROUTE: list[Route[Any]] = [*ROUTES, *ACROSS]


async def session(desk: Desk) -> tuple[dict[str, str], str]:
    """The cookie of an admin of all sites who is signed in, and the session's word."""
    await desk.store.keyring.add("*", Role.MODERATOR, "ann")  # to whom the example assigns a comment
    made = await desk.store.keyring.add("*", Role.ADMIN, "owner")
    key = await desk.store.keyring.find(made.key)
    assert key is not None
    token = await desk.store.sessions.begin(key)
    assert token is not None
    return {"Cookie": f"{COOKIE}={token}"}, desk.store.sessions.csrf(token)


async def state(desk: Desk) -> dict[bytes, bytes]:
    """All that is stored, but the streams of work, in which the worker leaves a trace each time it looks."""
    link = desk.store.link
    names = [name for name in await link.call("KEYS", "*") if not name.endswith(b":in")]
    return dict(zip(names, await link.call_all([("DUMP", name) for name in names]), strict=True))


@pytest.mark.parametrize("where", FROM)
@pytest.mark.parametrize("kind", [*FORM_TYPES, "fetch", "fetch with the word", "image", "get"])
async def test_only_the_own_page_with_its_word_changes_anything(
    two_sites: Desk, where: str, kind: str
) -> None:
    desk = two_sites
    cookie, word = await session(desk)
    headers = {**cookie, "Sec-Fetch-Site": where}
    method, data = "POST", b'{"reason":"spam"}'
    if kind in FORM_TYPES:
        headers |= {"Content-Type": kind, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    elif kind.startswith("fetch"):
        headers |= {"Content-Type": "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        if kind == "fetch with the word":
            headers["X-CSRF-Token"] = word
    else:
        method, data = "GET", b""
        headers["Sec-Fetch-Dest"] = "image" if kind == "image" else "document"
    before = await state(desk)
    status, answer, _ = await desk.raw(method, REJECT, data, None, **headers)
    if (where, kind) == ("same-origin", "fetch with the word"):
        assert (status, answer["status"]) == (200, "rejected")
        assert await state(desk) != before
        return
    assert status == (405 if method == "GET" else 403), answer
    assert answer["detail"].endswith(".")
    assert await state(desk) == before


@pytest.mark.parametrize("route", [one for one in EVERY_ROUTE if one.method != "GET"], ids=named)
async def test_no_change_from_elsewhere_by_any_call(two_sites: Desk, route: Route[Any]) -> None:
    desk = two_sites
    cookie, word = await session(desk)
    path = await path_of(desk, route, SITE)
    body = None if route.example is None else json.dumps(route.example).encode()
    sent = {**cookie, "Content-Type": "application/json"}
    before = await state(desk)
    host = f"{desk.client.host}:{desk.client.port}"
    for more in (
        {"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": word},
        {"Sec-Fetch-Site": "same-site", "X-CSRF-Token": word},
        {"Sec-Fetch-Site": "none", "X-CSRF-Token": word},
        {"Sec-Fetch-Site": "Same-Origin", "X-CSRF-Token": word},
        {"Sec-Fetch-Site": "", "Origin": f"http://{host}", "X-CSRF-Token": word},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": ""},
        {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": word[:-1] + ("0" if word[-1] != "0" else "1")},
        {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": "é"},
        {"X-CSRF-Token": word},
        {"Origin": "null", "X-CSRF-Token": word},
        {"Origin": f"https://{host}.evil.example", "X-CSRF-Token": word},
        {"Origin": host, "X-CSRF-Token": word},
        {"Origin": f"http://{host}"},
    ):
        status, answer, _ = await desk.raw(route.method, path, body, None, **sent, **more)
        assert (status, answer["type"]) == (403, "/docs#problem-cross-site"), more
    assert await state(desk) == before
    status, answer, _ = await desk.raw(
        route.method, path, body, None, **sent, **{"Origin": f"http://{host}", "X-CSRF-Token": word}
    )
    assert status < 300 or status == 409, "a browser that says no more than Origin is let in"


@pytest.mark.parametrize("route", [one for one in EVERY_ROUTE if one.method == "GET"], ids=named)
async def test_get_changes_nothing_and_answers_no_other_page(two_sites: Desk, route: Route[Any]) -> None:
    desk = two_sites
    cookie, _ = await session(desk)
    path = await path_of(desk, route, SITE)
    before = await state(desk)
    for where, wanted in (("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)):
        status, answer, sent = await desk.raw("GET", path, None, None, **cookie, **{"Sec-Fetch-Site": where})
        assert status == wanted, answer
        assert (sent["Cache-Control"], sent["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert not {name for name in sent if name.lower().startswith("access-control-")}
    assert (await desk.raw("GET", path, None, None, **cookie))[0] == 200
    assert await state(desk) == before


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("events", "text/event-stream"),
        ("audit", "application/x-ndjson"),
        ("authors/u1/export", "application/x-ndjson"),
    ],
)
async def test_what_comes_bit_by_bit_is_not_kept_either(two_sites: Desk, path: str, kind: str) -> None:
    cookie, _ = await session(two_sites)
    headers = {**cookie, "Accept": kind}
    async with two_sites.client.get(f"/v1/sites/{SITE}/{path}", headers=headers) as answer:
        assert answer.headers["Content-Type"].startswith(kind)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()


@pytest.mark.parametrize("where", [one for one in FROM if one != "same-origin"])
async def test_nobody_is_signed_in_or_out_from_elsewhere(desk: Desk, where: str) -> None:
    cookie, word = await session(desk)
    body = json.dumps({"key": desk.keys["moderator"]}).encode()
    headers = {**cookie, "X-CSRF-Token": word, "Sec-Fetch-Site": where, "Content-Type": "application/json"}
    before = await state(desk)
    for method, path in (("POST", ""), ("DELETE", ""), ("DELETE", "?everywhere=true")):
        status, answer, sent = await desk.raw(
            method, "/console/session" + path, body if method == "POST" else None, None, **headers
        )
        assert (status, answer["type"], "Set-Cookie" in sent) == (403, "/docs#problem-cross-site", False)
    assert await state(desk) == before
