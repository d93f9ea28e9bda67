"""Signing in, acting as the key, and every way in which a session ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic_core import from_json, to_json

from moderation.store import Role
from moderation.store.keys import KEYS, session_key, sessions_key
from moderation.web.sessions import COOKIE
from tests.web.conftest import SITE, Desk

PATH = "/console/session"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Content-Type": "application/json"}
QUEUES = f"/v1/sites/{SITE}/queues"


async def attempt(desk: Desk, key: str, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """A try to sign in with a key."""
    body = json.dumps({"key": key}).encode()
    return await desk.raw("POST", PATH, body, None, **{**OWN_PAGE, **JSON, **headers})


async def signed_in(desk: Desk, key: str, **headers: str) -> dict[str, str]:
    """What a browser sends with each call once somebody signed in; ``X-CSRF-Token`` the page adds."""
    status, answer, sent = await attempt(desk, key, **headers)
    assert status == 200, answer
    cookie = sent["Set-Cookie"].partition(";")[0]
    return {"Cookie": cookie, "X-CSRF-Token": answer["csrf"], **OWN_PAGE}


def token_of(headers: dict[str, str]) -> str:
    return headers["Cookie"].partition("=")[2]


async def status_of(desk: Desk, headers: dict[str, str], method: str = "GET", path: str = QUEUES) -> int:
    return (await desk.raw(method, path, None, None, **headers))[0]


async def test_signing_in_sets_a_cookie_that_no_script_reads(desk: Desk) -> None:
    status, answer, sent = await attempt(desk, desk.keys["moderator"])
    assert (status, answer["name"], answer["role"], answer["sites"]) == (
        200,
        "moderator",
        "moderator",
        [SITE],
    )
    cookie, *attributes = sent["Set-Cookie"].split("; ")
    name, _, token = cookie.partition("=")
    assert name == COOKIE == "__Host-session"
    assert len(token) == 43, "256 bits in base64"
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]
    assert sent["Cache-Control"] == "no-store"
    assert token not in json.dumps(answer)
    assert desk.keys["moderator"] not in json.dumps([answer, sent])


async def test_a_session_acts_as_its_key(desk: Desk) -> None:
    await desk.post("c1", "0.5")
    headers = await signed_in(desk, desk.keys["moderator"])
    status, answer, sent = await desk.raw("GET", PATH, None, None, **headers)
    assert (status, answer["csrf"], answer["name"]) == (200, headers["X-CSRF-Token"], "moderator")
    assert sent["Cache-Control"] == "no-store"
    status, found, sent = await desk.raw(
        "POST", f"/v1/sites/{SITE}/comments/c1/reject", b'{"reason":"spam"}', None, **headers, **JSON
    )
    assert (status, found["decision"]["by"]) == (200, "moderator")
    assert sent["Cache-Control"] == "no-store"
    status, _, sent = await desk.raw("GET", "/v1/sites/other/queues", None, None, **headers)
    assert (status, sent["Cache-Control"]) == (404, "no-store"), "faults are not kept either"
    assert await status_of(desk, headers, "DELETE", f"/v1/sites/{SITE}/comments/c1") == 403, (
        "no more than the key"
    )


async def test_a_key_goes_before_the_cookie(desk: Desk) -> None:
    headers = await signed_in(desk, desk.keys["moderator"])
    status, me, _ = await desk.raw("GET", "/v1/me", None, "reader", **headers)
    assert (status, me["name"]) == (200, "reader")
    assert await status_of(desk, {**headers, "Authorization": "Bearer wrong"}) == 401


@pytest.mark.parametrize("role", ["reader", "moderator", "admin"])
async def test_who_may_sign_in(desk: Desk, role: str) -> None:
    assert (await attempt(desk, desk.keys[role]))[1]["role"] == role


async def test_who_may_not(desk: Desk) -> None:
    status, problem, sent = await attempt(desk, desk.keys["site"])
    assert (status, "Set-Cookie" in sent) == (403, False)
    assert "moderator" in problem["detail"]
    akismet = await desk.store.keyring.add_akismet(SITE)
    wrong = desk.keys["moderator"][:-1] + ("0" if desk.keys["moderator"][-1] != "0" else "1")
    for key in (akismet, wrong, "clé", "\u202e", "x" * 512):
        status, problem, sent = await attempt(desk, key)
        assert (status, problem["type"], "Set-Cookie" in sent) == (401, "/docs#problem-unauthorized", False)
    for bad in (
        b"{}",
        b'{"key":""}',
        b'{"key":7}',
        b'{"key":"a","b":1}',
        b"[]",
        b'{"key":"' + b"x" * 513 + b'"}',
    ):
        status, problem, _ = await desk.raw("POST", PATH, bad, None, **OWN_PAGE, **JSON)
        assert status == 422
        assert problem["detail"].endswith(".")
    assert (await desk.raw("POST", PATH, b"key=x", None, **OWN_PAGE))[0] in {400, 415}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await desk.raw("POST", PATH, b"key=x", None, **OWN_PAGE, **form))[0] == 415
    assert (await desk.raw("POST", PATH + "?key=x", b"", None, **OWN_PAGE, **JSON))[0] == 400


async def test_wrong_keys_are_counted_here_too(desk: Desk) -> None:
    for _ in range(60):
        await attempt(desk, "wrong")
    status, _, sent = await attempt(desk, "wrong")
    assert status == 429
    assert int(sent["Retry-After"]) >= 1
    assert (await attempt(desk, desk.keys["moderator"]))[0] == 200, "a good key is never refused for them"


async def test_without_a_session_nobody_is_signed_in(desk: Desk) -> None:
    for cookie in (
        "",
        f"{COOKIE}=",
        f"{COOKIE}=wrong",
        f"{COOKIE}={'x' * 43}",
        f"{COOKIE}={'x' * 5000}",
        "session=x",
    ):
        headers = {**OWN_PAGE, "X-CSRF-Token": "x", **({"Cookie": cookie} if cookie else {})}
        for method in ("GET", "DELETE"):
            assert await status_of(desk, headers, method, PATH) == 401, cookie
        assert await status_of(desk, headers) == 401
    assert await status_of(desk, {"Authorization": f"Bearer {desk.keys['moderator']}"}, path=PATH) == 401


async def test_the_token_is_kept_as_a_hash_alone(desk: Desk) -> None:
    headers = await signed_in(desk, desk.keys["moderator"])
    names = await desk.store.link.call("KEYS", "*")
    assert any(name.startswith(session_key("").encode()) for name in names)
    for name in names:
        dump = await desk.store.link.call("DUMP", name)
        for secret in (token_of(headers), headers["X-CSRF-Token"], desk.keys["moderator"]):
            assert secret.encode() not in name
            assert secret.encode() not in dump


async def test_a_planted_cookie_gains_nothing(desk: Desk) -> None:
    """Fixation: whoever plants a token that was never made, or their own session, does not get the one signed in."""
    planted = "p" * 43
    headers = await signed_in(desk, desk.keys["moderator"], Cookie=f"{COOKIE}={planted}")
    assert token_of(headers) != planted
    assert await status_of(desk, {**OWN_PAGE, "Cookie": f"{COOKIE}={planted}"}) == 401
    theirs = await signed_in(desk, desk.keys["reader"])
    mine = await signed_in(desk, desk.keys["moderator"], Cookie=theirs["Cookie"])
    assert token_of(mine) != token_of(theirs)
    assert await status_of(desk, theirs) == 401, "signing in rotates: the session before it ends"
    assert await status_of(desk, mine) == 200
    again = await signed_in(desk, desk.keys["moderator"], Cookie=mine["Cookie"])
    assert (token_of(again) != token_of(mine), await status_of(desk, mine)) == (True, 401)


async def test_a_failed_sign_in_leaves_the_session(desk: Desk) -> None:
    headers = await signed_in(desk, desk.keys["moderator"])
    assert (await attempt(desk, "wrong", Cookie=headers["Cookie"]))[0] == 401
    assert await status_of(desk, headers) == 200


async def test_signing_out(desk: Desk) -> None:
    one, two = [await signed_in(desk, desk.keys["moderator"]) for _ in range(2)]
    assert await status_of(desk, {**one, "X-CSRF-Token": two["X-CSRF-Token"]}, "DELETE", PATH) == 403
    status, _, sent = await desk.raw("DELETE", PATH, None, None, **one)
    assert (status, sent["Set-Cookie"]) == (
        204, f"{COOKIE}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict",
    )  # fmt: skip
    assert [await status_of(desk, headers) for headers in (one, two)] == [401, 200]
    assert await status_of(desk, one, "DELETE", PATH) == 401
    assert await status_of(desk, two, "DELETE", PATH + "?everywhere=perhaps") == 400


async def test_signing_out_everywhere(desk: Desk) -> None:
    mine = [await signed_in(desk, desk.keys["moderator"]) for _ in range(3)]
    bobs = await signed_in(desk, desk.keys["bob"])
    assert await status_of(desk, mine[0], "DELETE", PATH + "?everywhere=true") == 204
    assert [await status_of(desk, one) for one in (*mine, bobs)] == [401, 401, 401, 200]
    left = await desk.store.link.call("KEYS", session_key("*"))
    assert len(left) == 1, "what has ended is gone"
    assert await status_of(desk, await signed_in(desk, desk.keys["moderator"])) == 200


async def test_a_revoked_key_ends_its_sessions_at_once(desk: Desk) -> None:
    headers = await signed_in(desk, desk.keys["bob"])
    bob = next(info for info in await desk.store.keyring.list(SITE) if info.name == "bob")
    await desk.store.link.call("HDEL", KEYS, bob.id)  # as another process would
    assert await status_of(desk, headers) == 401
    assert not await desk.store.link.call("KEYS", session_key("*"))
    status, _, sent = await attempt(desk, desk.keys["bob"])  # this process still believes the key
    assert (status, "Set-Cookie" in sent) == (401, False)


@pytest.mark.parametrize(
    "change", [{"role": "admin"}, {"role": "reader"}, {"role": "sage"}, {"mac": "0" * 64}]
)
async def test_a_key_of_another_role_ends_its_sessions_at_once(desk: Desk, change: dict[str, str]) -> None:
    headers = await signed_in(desk, desk.keys["bob"])
    bob = next(info for info in await desk.store.keyring.list(SITE) if info.name == "bob")
    record = from_json(await desk.store.link.call("HGET", KEYS, bob.id))
    await desk.store.link.call("HSET", KEYS, bob.id, to_json({**record, **change}))
    assert await status_of(desk, headers) == 401
    await desk.store.link.call("HSET", KEYS, bob.id, to_json(record))
    assert await status_of(desk, headers) == 401, "and does not come back"


async def test_a_key_that_loses_a_site_loses_it_in_its_sessions(desk: Desk) -> None:
    made = await desk.store.keyring.add((SITE, "other"), Role.MODERATOR, "ann")
    headers = await signed_in(desk, made.key)
    assert await status_of(desk, headers, path="/v1/sites/other/queues") == 200
    record = from_json(await desk.store.link.call("HGET", KEYS, made.id))
    await desk.store.link.call("HSET", KEYS, made.id, to_json({**record, "sites": [SITE]}))
    assert await status_of(desk, headers, path="/v1/sites/other/queues") == 404


async def life(desk: Desk, headers: dict[str, str]) -> int:
    """Milliseconds that a session lives if nothing is done in it."""
    place = desk.store.private.session(token_of(headers))
    return int(await desk.store.link.call("PTTL", session_key(place)))


async def shorten(desk: Desk, headers: dict[str, str]) -> None:
    """Half an hour goes by in which nothing is done."""
    place = desk.store.private.session(token_of(headers))
    await desk.store.link.call("PEXPIRE", session_key(place), 1_800_000)


async def test_idle_for_an_hour_is_the_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = await signed_in(desk, desk.keys["moderator"])
    assert 3_500_000 < await life(desk, headers) <= 3_600_000
    await shorten(desk, headers)
    assert await status_of(desk, headers) == 200
    assert await life(desk, headers) > 3_500_000, "whoever works stays signed in"
    for method, path in (
        ("GET", f"/v1/sites/{SITE}/events?wait=0"),
        ("POST", f"/v1/sites/{SITE}/claims/renew"),
    ):
        await shorten(desk, headers)
        await desk.raw(method, path, b'{"ids":["c1"]}' if method == "POST" else None, None, **headers, **JSON)
        assert await life(desk, headers) <= 1_800_000, "an open page is nobody at work"
    monkeypatch.setattr("moderation.store.sessions.IDLE_SECONDS", 0.05)
    idle = await signed_in(desk, desk.keys["moderator"])
    async with asyncio.timeout(5):
        while await desk.store.sessions.find(token_of(idle), active=False) is not None:
            await asyncio.sleep(0.01)
    assert await status_of(desk, idle) == 401


async def test_after_twelve_hours_it_is_over_whatever_is_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await signed_in(desk, desk.keys["moderator"])
    place = session_key(desk.store.private.session(token_of(headers)))
    ends = int(await desk.store.link.call("HGET", place, "ends"))
    seconds, _ = await desk.store.link.call("TIME")
    assert abs(ends / 1000 - int(seconds) - 12 * 3600) < 60
    await desk.store.link.call("HSET", place, "ends", ends - 11 * 3_600_000 - 1_800_000)
    assert await status_of(desk, headers) == 200
    assert await life(desk, headers) <= 1_800_000, "what is done moves the end no further"
    await desk.store.link.call("HSET", place, "ends", ends - 12 * 3_600_000 - 60_000)
    assert await status_of(desk, headers) == 401


async def test_sessions_of_one_key_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.store.sessions.MAX_OF_KEY", 2)
    made = await desk.store.keyring.add(SITE, Role.MODERATOR, "ann")
    mine = []
    for _ in range(3):
        mine.append(await signed_in(desk, made.key))
        async with asyncio.timeout(5):  # the server's clock goes on: which is the oldest is told by it
            began = await desk.store.link.call("TIME")
            while (await desk.store.link.call("TIME"))[1][:-3] == began[1][:-3]:
                pass
    assert [await status_of(desk, one) for one in mine] == [401, 200, 200]
    assert await desk.store.link.call("ZCARD", sessions_key(made.id)) == 2
    assert 0 < await desk.store.link.call("PTTL", sessions_key(made.id)) <= 12 * 3_600_000


async def test_a_stream_works_with_a_session_and_ends_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.web.events.HEARTBEAT", 0.05)
    headers = await signed_in(desk, desk.keys["moderator"])
    async with desk.client.get(
        f"/v1/sites/{SITE}/events", headers={**headers, "Accept": "text/event-stream"}
    ) as stream:
        assert stream.status == 200
        await desk.post("c1", "0.5")
        async with asyncio.timeout(5):
            while not (await stream.content.readline()).startswith(b"event: comment."):
                pass
            assert await status_of(desk, headers, "DELETE", PATH) == 204
            rest = await stream.content.read()
    assert b"event:" not in rest.partition(b"\n\n")[2]


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        ("http://10.0.0.5:8080", 403), ("http://desk.local", 403), ("http://localhost.evil.example", 403),
        ("http://notlocalhost", 403), ("https://desk.example", 200), ("http://localhost:8080", 200),
        ("http://127.0.0.1:8080", 200), ("http://[::1]:8080", 200), ("http://desk.localhost", 200), ("null", 200),
    ],
)  # fmt: skip
async def test_where_a_browser_would_drop_the_cookie_the_answer_says_so(
    desk: Desk, origin: str, wanted: int
) -> None:
    status, problem, sent = await attempt(desk, desk.keys["moderator"], Origin=origin)
    assert status == wanted, problem
    assert ("Set-Cookie" in sent) == (wanted == 200)
    if wanted == 403:
        assert problem["type"] == "/docs#problem-https-needed"
        assert "https" in problem["detail"]


async def test_with_the_store_down_nobody_is_let_in(desk: Desk) -> None:
    headers = await signed_in(desk, desk.keys["moderator"])
    await desk.store.link.close()
    assert await status_of(desk, headers) == 503
    await desk.store.link.start()
    assert await status_of(desk, headers) == 200
