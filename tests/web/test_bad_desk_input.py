"""Whatever is sent to the desk's calls: a sentence that names field and remedy, never a 5xx."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from moderation.store import Role
from moderation.web.routes import ACROSS, ROUTES, Route
from tests.web.conftest import Desk

EVERY: list[Route[Any]] = [*ROUTES, *ACROSS]
PARTS = {"site": "gazette", "id": "c1", "queue": "pending", "author": "u1", "batch": "5f0c6a0e9b1d4c7e8a2b3c4d", "key_id": "3f9c2a71b0de", "webhook": "wh_5f2c8e1d90ab34cd", "delivery": "1764064800000-0"}  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 7, 1.5, 10**30, -(10**400), "", "x", " ", "\0", "a\nb", "\u202eevil", "\uffff", "𝐀👩‍👩‍👧‍👦", "é" * 70_000,
    [], [[]], [None], ["x"], ["x", "x"], [7], ["\0"], ["é" * 500], ["x"] * 1_001, {}, {"x": 1}, {"": {}}, "2026-01-01",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e999", "email:" + "0" * 32, "*", "-", "__proto__",
]  # fmt: skip
RAW = [
    b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff", b'{"\\ud800":1}', b'{"reason":"\\ud800"}', b'{"a":1e999}', b'{"a":NaN}',
    b'{"colour":"red"}', b"[" * 50_000, b"{}" * 2,
]  # fmt: skip
TEXTS = [
    "", "x", "-1", "0", "1.5", "1e9", "9" * 400, "nan", "inf", "\0", "a\nb", "\u202eevil", "👩‍👩‍👧‍👦", "é" * 1_000, "2026-01-01",
    "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "True", "١", "*", ",,,", "' OR 1=1 --",
]  # fmt: skip


def named(route: Route[Any]) -> str:
    return f"{route.method} {route.path}"


@pytest.fixture
async def owner(desk: Desk) -> str:
    """An admin's key for all sites, and a comment to work on."""
    await desk.post("c1", "0.5 a remark", author={"id": "u1"}, article={"id": "a1"})
    return (await desk.store.keyring.add("*", Role.ADMIN, "owner")).key


async def send(desk: Desk, owner: str, route: Route[Any], body: bytes | None, path: str) -> tuple[int, Any]:
    """Sends, and holds the answer against the rules for problems."""
    headers = {"Authorization": f"Bearer {owner}", "Content-Type": "application/json"}
    status, answer, sent = await desk.raw(route.method, path, body, None, **headers)
    shown = body if body is None else body[:200]
    assert status < 500, (path, shown, answer)
    if status >= 400:
        assert sent["Content-Type"].startswith("application/problem+json")
        assert answer["detail"][0].isupper() or answer["detail"][0] in '/"`', (path, shown, answer)
        assert answer["detail"].rstrip().endswith("."), (path, shown, answer)
        assert status in {*route.faults, 400, 403, 404}, (
            path,
            shown,
            "a status that the documentation does not name",
        )
    if status == 422:
        for one in answer["errors"]:
            assert one["detail"].endswith("."), (path, shown, one)
            assert "pydantic" not in one["detail"]
    return status, answer


@pytest.mark.parametrize("route", [one for one in EVERY if one.body is not None], ids=named)
async def test_every_field_of_every_body_takes_what_it_takes_and_names_what_it_does_not(
    desk: Desk, owner: str, route: Route[Any]
) -> None:
    assert route.body is not None
    path = route.path.format(**PARTS)
    many = isinstance(route.example, list)
    example: Any = route.example[0] if isinstance(route.example, list) else route.example
    for field in route.body.model_fields:
        for value in VALUES:
            changed = {**example, field: value}
            status, answer = await send(
                desk, owner, route, json.dumps([changed] if many else changed).encode(), path
            )
            if status == 422:
                pointers = {one["pointer"] for one in answer["errors"]}
                assert any(one in {"", f"/{field}"} or one.startswith(f"/{field}/") for one in pointers), (
                    field,
                    value,
                    answer,
                )
    for body in RAW:
        await send(desk, owner, route, body, path)
    await send(desk, owner, route, json.dumps({**example, "colour": "red"}).encode(), path)


@pytest.mark.parametrize("route", [one for one in EVERY if one.query], ids=named)
async def test_every_query_parameter_takes_what_it_takes(desk: Desk, owner: str, route: Route[Any]) -> None:
    path = route.path.format(**PARTS)
    for query in route.query:
        if query.name == "wait":
            continue
        for text in TEXTS:
            status, answer = await send(desk, owner, route, None, f"{path}?{query.name}={quote(text)}")
            if status == 400 and query.name not in {"cursor", "after"}:
                assert query.name in answer["detail"], (text, answer)
        await send(desk, owner, route, None, f"{path}?{query.name}=%ff%fe")
        status, _ = await send(desk, owner, route, None, f"{path}?{query.name}=1&{query.name}=1")
        assert status == 400


@pytest.mark.parametrize("route", EVERY, ids=named)
async def test_every_part_of_every_path_may_be_nonsense(desk: Desk, owner: str, route: Route[Any]) -> None:
    body = None if route.example is None else json.dumps(route.example).encode()
    for part in PARTS:
        if f"{{{part}}}" not in route.path:
            continue
        for text in (
            "%00",
            "%ff%fe",
            "%0a",
            "%F0%9F%98%80",
            "x" * 129,
            "x" * 2_000,
            "%E2%80%AE",
            "..%2f..",
            "%20",
            "*",
            "%c0%80",
        ):
            path = route.path.format(**{**PARTS, part: text})
            await send(desk, owner, route, body, path)


@pytest.mark.parametrize(
    ("path", "body", "pointer", "words"),
    [
        ("/decisions", {}, "", "either `decisions` or `filter`"),
        ("/decisions", {"decisions": []}, "/decisions", "at least 1 entry"),
        ("/decisions", {"filter": {"colour": "red"}, "dry_run": True}, "/filter/colour", "known are queue, article"),
        ("/decisions", {"filter": {}}, "", "Give an `action`"),
        ("/decisions", {"filter": {}, "action": "reject"}, "", "Give a `reason`"),
        ("/decisions", {"filter": {"score_min": "0.5"}, "dry_run": True}, "/filter/score_min", "number"),
        ("/decisions", {"filter": {"score_min": True}, "dry_run": True}, "/filter/score_min", "number"),
        ("/decisions", {"filter": {"score_max": 1.5}, "dry_run": True}, "/filter/score_max", "less than or equal to 1"),
        ("/decisions", {"filter": {"received_after": "2026-01-01T00:00:00"}, "dry_run": True}, "/filter/received_after", "zone"),
        ("/queues/pending/claim", {"limit": 101}, "/limit", "less than or equal to 100"),
        ("/queues/pending/claim", {"lease_seconds": 5}, "/lease_seconds", "greater than or equal to 10"),
        ("/queues/pending/claim", {"order": "best"}, "/order", "'oldest'"),
        ("/queues/pending/claim", {"ids": ["c1"], "order": "spam"}, "", "nothing else but `lease_seconds`"),
        ("/claims/renew", {"ids": []}, "/ids", "at least 1 entry"),
        ("/claims/release", {"ids": ["x"] * 1_001}, "/ids", "at most 1000 entries"),
        ("/comments/c1/escalate", {"reason": ""}, "/reason", "must not be empty"),
        ("/comments/c1/escalate", {"reason": "x" * 501}, "/reason", "at most 500 characters"),
        ("/comments/c1/notes", {"text": "x" * 2_001}, "/text", "at most 2000 characters"),
        ("/comments/c1/assign", {}, "/moderator", "required"),
        ("/comments/c1/undo", {"note": "x"}, "/note", "not known"),
    ],
)  # fmt: skip
async def test_the_sentence_says_what_to_mend(
    desk: Desk, owner: str, path: str, body: dict[str, Any], pointer: str, words: str
) -> None:
    status, answer = await desk.call("POST", path, body, "moderator")
    assert status == 422, answer
    assert answer["errors"][0]["pointer"] == pointer
    assert words in answer["errors"][0]["detail"]


async def test_a_call_without_query_parameters_says_so(desk: Desk) -> None:
    status, answer = await desk.call("GET", "/queues?limit=5", None, "moderator")
    assert (status, answer["detail"]) == (400, "This call takes no query parameters.")


@pytest.mark.parametrize("key", ["é", "x" * 256, " "])
async def test_an_idempotency_key_is_plain_and_short(desk: Desk, owner: str, key: str) -> None:
    status, answer = await desk.call(
        "POST", "/comments/c1/approve", {}, "moderator", **{"Idempotency-Key": key}
    )
    assert status in {200, 400}
    assert status == 200 or "Idempotency-Key" in answer["detail"]
