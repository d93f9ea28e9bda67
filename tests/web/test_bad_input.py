"""Whatever is sent: 4xx with a sentence, never a 5xx, and the next request works."""

from __future__ import annotations

import asyncio
import gzip
import io

import pytest

from tests.web.conftest import SITE, Desk

PATH = f"/v1/sites/{SITE}/comments"
JSON = {"Content-Type": "application/json"}

BODIES: dict[str, tuple[bytes, set[int]]] = {
    "empty": (b"", {400}),
    "no json": (b"hello", {400}),
    "half": (b'{"text": "x', {400}),
    "deep": (b'{"text":"x","metadata":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}", {400, 422}),
    "only deep": (b"[" * 100_000, {400}),
    "surrogate": (b'{"text":"\\ud800"}', {400, 422}),
    "surrogate in a key": (b'{"text":"x","metadata":{"\\ud800":1}}', {400, 422}),
    "nul": (b'{"text":"a\\u0000b"}', {422}),
    "nul in an id": (b'{"text":"a","id":"a\\u0000b"}', {422}),
    "bad utf-8": (b'{"text":"\xff\xfe"}', {400, 422}),
    "utf-16": ('{"text":"x"}'.encode("utf-16"), {400}),
    "bom": (b'\xef\xbb\xbf{"text":"x"}', {400, 202}),
    "array": (b"[1]", {422}),
    "null": (b"null", {422}),
    "number": (b'{"text":7}', {422}),
    "nothing": (b"{}", {422}),
    "no text": (b'{"text":""}', {422}),
    "long text": (b'{"text":"' + b"x" * 65_537 + b'"}', {422}),
    "long text in bytes": (('{"text":"' + "é" * 40_000 + '"}').encode(), {422}),
    "unknown field": (b'{"text":"x","colour":"red"}', {422}),
    "unknown field inside": (b'{"text":"x","author":{"colour":"red"}}', {422}),
    "long id": (b'{"text":"x","id":"' + b"i" * 129 + b'"}', {422}),
    "unprintable id": (b'{"text":"x","id":"a\\nb"}', {422}),
    "bad ip": (b'{"text":"x","author":{"ip":"1.2.3"}}', {422}),
    "bad time": (b'{"text":"x","created_at":"yesterday"}', {422}),
    "time without zone": (b'{"text":"x","created_at":"2026-01-01T00:00:00"}', {422}),
    "year 1": (b'{"text":"x","created_at":"0001-01-01T00:00:00+14:00"}', {422}),
    "year 9999": (b'{"text":"x","created_at":"9999-12-31T23:59:59-14:00"}', {422}),
    "huge number": (b'{"text":"x","metadata":{"n":' + b"9" * 5000 + b"}}", {400, 422}),
    "infinite": (b'{"text":"x","metadata":{"n":1e999}}', {400, 422}),
    "nan": (b'{"text":"x","metadata":{"n":NaN}}', {400, 422}),
    "much metadata": (b'{"text":"x","metadata":{"n":"' + b"x" * 9000 + b'"}}', {422}),
    "ten megabytes": (b'{"text":"' + b"x" * 10_000_000 + b'"}', {413}),
    "gzip that is none": (b'{"text":"x"}', {415}),
    "gzip": (gzip.compress(b'{"text":"x"}'), {415}),
}


@pytest.mark.parametrize("name", BODIES)
async def test_bad_bodies(desk: Desk, name: str) -> None:
    body, wanted = BODIES[name]
    headers = {**JSON, "Content-Encoding": "gzip"} if name.startswith("gzip") else JSON
    status, answer, sent = await desk.raw("POST", PATH, io.BytesIO(body), **headers)
    assert status in wanted, answer
    if status >= 400:
        assert sent["Content-Type"].startswith("application/problem+json")
        assert answer["detail"].rstrip().endswith(".")
        assert answer["type"].startswith("/docs#problem-")
        assert answer["status"] == status
    if status == 422:
        assert answer["errors"][0].keys() == {"pointer", "detail"}
    assert (await desk.raw("POST", PATH, b'{"id":"ok","text":"0.5"}', **JSON))[0] in {200, 202}


async def test_a_fault_names_the_field_and_not_the_value(desk: Desk) -> None:
    status, answer, _ = await desk.raw(
        "POST", PATH, b'{"text":"x","author":{"email":7,"secret_canary":"v"}}', **JSON
    )
    assert status == 422
    assert {error["pointer"] for error in answer["errors"]} == {"/author/email", "/author/secret_canary"}
    unknown = next(error for error in answer["errors"] if error["pointer"].endswith("canary"))
    assert "email" in unknown["detail"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/json; charset=latin-1", "multipart/form-data"]
)
async def test_other_types_are_refused(desk: Desk, kind: str) -> None:
    assert (await desk.raw("POST", PATH, b'{"text":"x"}', **{"Content-Type": kind}))[0] == 415


@pytest.mark.parametrize(
    "token", ["", "x", "Basic abc", "Bearer", "Bearer  ", "Bearer mod_site_x_y", "Bearer " + "a" * 5000]
)
async def test_bad_keys(desk: Desk, token: str) -> None:
    status, answer, headers = await desk.raw(
        "GET", f"/v1/sites/{SITE}/queues", None, None, Authorization=token
    )
    assert status == 401
    assert headers["WWW-Authenticate"] == "Bearer"
    assert answer["type"] == "/docs#problem-unauthorized"


async def test_unknown_paths_and_methods(desk: Desk) -> None:
    for path in (
        "/",
        "/v1",
        "/v1/site",
        "/nothing",
        "/v1/sites/gazette/comments/x/y/z",
        "/%00",
        "/../etc/passwd",
    ):
        status, answer, _ = await desk.raw("GET", path)
        assert status == 404, path
        assert answer["type"] == "/docs#problem-not-found"
    status, answer, headers = await desk.raw("PUT", PATH)
    assert (status, headers["Allow"]) == (405, "POST")
    assert (await desk.raw("GET", f"{PATH}/%00"))[0] == 404


async def raw_socket(desk: Desk, *parts: bytes, pause: float = 0.0) -> bytes:
    """Bytes on a socket of our own; what comes back until the server closes or falls silent."""
    reader, writer = await asyncio.open_connection(desk.client.host, desk.client.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        try:
            return await asyncio.wait_for(reader.read(4096), 5)
        except ConnectionError:
            return b""
    finally:
        writer.close()


def head(desk: Desk, *more: str) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {desk.keys['site']}", *more]
    return ("\r\n".join([*lines, "Content-Type: application/json"]) + "\r\n\r\n").encode()


async def test_a_body_that_never_comes(desk: Desk) -> None:
    answer = await raw_socket(desk, head(desk, "Content-Length: 100"))
    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_body_that_drips(desk: Desk) -> None:
    answer = await raw_socket(desk, head(desk, "Content-Length: 100"), b"{", b'"', pause=0.1)
    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_body_that_never_ends(desk: Desk) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answer = await raw_socket(desk, head(desk, "Transfer-Encoding: chunked"), *[chunk] * 12)
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\nhello",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"POST "
        + PATH.encode()
        + b" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xe9\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_broken_requests(desk: Desk, request_bytes: bytes) -> None:
    answer = await raw_socket(desk, request_bytes)
    assert answer.startswith(b"HTTP/1.") or not answer
    assert b" 5" not in answer[:14]
    assert (await desk.raw("GET", "/healthz", None, None))[0] == 200


HOSTILE = (
    "\u202eevil", "a\u0300" * 20_000, "\ufdfa" * 10_000, "𝐀𝐄𝐑𝐎𝟖𝟖", "\u200b" * 100, "👩‍👩‍👧‍👦" * 200, "\U000e0041\U000e0042",
    "{{7*7}}<script>alert(1)</script>", "'; DROP TABLE comments; --", "\ud7ff\ue000\uffff", "z̸̧͔̻a̷l̵g̶o̴" * 500,
    "ﷺ", "שלום עולם", "ＦＵＬＬ", "\r\n\t", " ", "İstanbul ı ß ﬁ", "\U0010ffff",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_goes_the_whole_way(desk: Desk, text: str) -> None:
    """Byte for byte what was posted, through store, score, queue and erasure."""
    found = await desk.post("c1", "0.5 " + text, author={"name": text[:50]})
    assert found["text"] == "0.5 " + text
    _, page = await desk.call("GET", "/queues/pending", None, "moderator")
    assert page["items"][0]["text"] == "0.5 " + text
    assert (await desk.call("DELETE", "/comments/c1"))[0] == 204
