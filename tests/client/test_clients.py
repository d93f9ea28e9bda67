"""Both clients against the running service: every call, the tree of errors, pages, and what happens when nothing answers."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.client import (
    AsyncClient,
    Client,
    CommentConflict,
    Conflict,
    DecisionConflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Retry,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from moderation.client.calls import Calls
from tests.web.conftest import SITE, Desk

QUICK = Retry(attempts=3, first=0.001, longest=2)


class InThreads:
    """The waiting client, awaited: each call runs in a thread."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: self._call(getattr(self._client, name), *args, **named)

    @staticmethod
    def _call(call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if call.__name__ in {"events", "comments"}:
            return InThreads._every(call(*args, **named))
        return asyncio.to_thread(call, *args, **named)

    @staticmethod
    async def _every(found: Iterator[Any]) -> AsyncIterator[Any]:
        end = object()
        while (one := await asyncio.to_thread(next, found, end)) is not end:
            yield one


Connect = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Makes a client of either kind; every call of it is awaited."""
    opened: list[AsyncClient] = []
    waiting: list[Client] = []

    def make(url: str, key: str, **more: Any) -> Any:
        if request.param == "sync":
            waiting.append(Client(url, SITE, key, **more))
            return InThreads(waiting[-1])
        opened.append(AsyncClient(url, SITE, key, **more))
        return opened[-1]

    yield make
    for one in waiting:
        one.close()
    for client in opened:
        await client.close()


async def test_every_call(desk: Desk, url: str, connect: Connect) -> None:
    site, ann = connect(url, desk.keys["site"]), connect(url, desk.keys["moderator"])
    found = await site.post(
        "0.5 über",
        wait=5,
        id="c/1 ü",
        author={"id": "u1"},
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert (found.id, found.status, found.scores, found.is_decided) == (
        "c/1 ü",
        "pending",
        {"spam": 0.5},
        False,
    )
    assert found.raw["created_at"] == "2026-01-02T00:00:00.000Z"
    assert (await site.get("c/1 ü")).text == "0.5 über"
    assert (await site.edit("c/1 ü", "0.6 neu")).revision == 2
    assert (await site.post("0.01 good")).status in {"queued", "approved"}

    rows = await site.post_many([{"text": "0.4 a", "id": "a"}, {"text": ""}, {"text": "0.4 b", "id": "b"}])
    assert [row.id for row in rows][::2] == ["a", "b"]
    assert isinstance(rows[1].problem, Invalid)
    assert rows[1].problem.errors[0]["pointer"] == "/text"
    await _pending(ann, {"a", "b", "c/1 ü"})

    approved = await ann.approve("c/1 ü", note="fine")
    assert (approved.status, approved.decision.by, approved.decision.note) == (
        "approved",
        "moderator",
        "fine",
    )
    assert (await ann.undo("c/1 ü")).status == "pending"
    rejected = await ann.reject("c/1 ü", "off_topic")
    assert (rejected.status, rejected.decision.reason) == ("rejected", "off_topic")
    done = await ann.decide_many([{"id": "a", "action": "approve"}, {"id": "none", "action": "approve"}])
    assert done[0].comment.status == "approved"
    assert isinstance(done[1].problem, NotFound)
    assert (await site.report("a", "u3", "abusive")).reports == 1
    assert (await ann.queues())["pending"].count == 1
    await site.erase("a")
    with pytest.raises(NotFound):
        await site.get("a")


async def _pending(ann: Any, wanted: set[str]) -> None:
    async with asyncio.timeout(20):
        while {one.id async for one in ann.comments(limit=1)} != wanted:
            await asyncio.sleep(0.01)


async def test_pages_and_events_are_followed(desk: Desk, url: str, connect: Connect) -> None:
    site, ann = connect(url, desk.keys["site"]), connect(url, desk.keys["moderator"])
    names = [f"c{number}" for number in range(7)]
    for name in names:
        await site.post("0.5 text", id=name, wait=5)
    assert [one.id async for one in ann.comments("pending", limit=3, order="oldest")] == names
    first = await ann.page("pending", limit=3)
    assert [one.id for one in (await ann.page("pending", cursor=first.next)).items] == names[3:]

    seen = [event async for event in site.events(limit=2)]
    assert {event.comment_id for event in seen} == set(names)
    assert all(event.timestamp.tzinfo is not None and event.sequence for event in seen)
    following = aiter(site.events(seen[-1].id, follow=True, wait=5))
    waiting = asyncio.ensure_future(anext(following))
    await ann.approve("c3")
    event = await asyncio.wait_for(waiting, 10)
    assert (event.type, event.comment_id, event.data["status"]) == ("comment.approved", "c3", "approved")


async def test_the_tree_of_errors(desk: Desk, url: str, connect: Connect) -> None:
    site, ann = connect(url, desk.keys["site"]), connect(url, desk.keys["moderator"])
    bob = connect(url, desk.keys["bob"])
    await site.post("0.5 text", id="c1", wait=5)
    with pytest.raises(CommentConflict):
        await site.post("0.5 other", id="c1")
    await ann.approve("c1")
    with pytest.raises(DecisionConflict) as conflict:
        await bob.reject("c1", "spam")
    assert conflict.value.decision["by"] == "moderator"
    assert (await bob.reject("c1", "spam", override=True)).status == "rejected"
    with pytest.raises(Conflict):
        await _nothing_to_undo(site, ann)
    with pytest.raises(Forbidden) as forbidden:
        await site.approve("c1")
    assert forbidden.value.request_id
    with pytest.raises(Unauthorized):
        await connect(url, "mod_site_unknown").get("c1")
    with pytest.raises(Invalid) as invalid:
        await site.post("text", colour="red")
    assert "/colour" in invalid.value.detail


async def _nothing_to_undo(site: Any, ann: Any) -> None:
    await site.post("0.5 text", id="c2", wait=5)
    await ann.undo("c2")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("mod.example.org", "k"),
        ("ftp://mod.example.org", "k"),
        ("http://h/?a=b", "k"),
        ("http://h", "k\n"),
        ("http://h", ""),
    ],
)
def test_what_cannot_be_a_url_or_a_key(url: str, key: str) -> None:
    with pytest.raises(ValueError):
        Client(url, SITE, key)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Client("http://127.0.0.1:1", SITE, "k").post("text", created_at=datetime(2026, 1, 2))


# --- a far end that fails by script -------------------------------------------------------------------

OK = b'{"queues":{}}'


def answer(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


class Script:
    """Answers each request with the next line of a script; None closes the connection without a word."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Future[None]] = set()

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/below"

    async def __aexit__(self, *args: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)  # a task of our own: the stream's callback would report its end as a fault

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
                self.requests.append(head + body)
                found = self.answers.pop(0) if self.answers else None
                if found is None:
                    break
                writer.write(found)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def test_tries_again_and_sends_the_same(connect: Connect) -> None:
    comment = (
        b'{"id":"x","site":"gazette","text":"t","status":"queued","revision":1,"received_at":null,'
        b'"a_new_field":[1]}'
    )
    script = Script(None, answer("503 Busy", b"<html>"), answer("202 Accepted", comment))
    async with script as url:
        client = connect(url, "key", retry=QUICK)
        assert (await client.post("t")).raw["a_new_field"] == [1]
    assert len(script.requests) == 3
    assert len({request.rpartition(b"\r\n\r\n")[2] for request in script.requests}) == 1
    assert script.requests[0].startswith(b"POST /below/v1/sites/gazette/comments HTTP/1.1")


async def test_the_same_decision_carries_the_same_key(connect: Connect) -> None:
    script = Script(None, None, None)
    async with script as url:
        with pytest.raises(Unreachable):
            await connect(url, "key", retry=QUICK).approve("x")
    keys = {
        line
        for request in script.requests
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"idempotency-key:")
    }
    assert len(script.requests) == 3
    assert len(keys) == 1


async def test_retry_after_longer_than_patience_is_raised_at_once(connect: Connect) -> None:
    script = Script(answer("429 Slow", b"{}", "Retry-After: 60"), answer("200 OK", OK))
    async with script as url:
        with pytest.raises(Unavailable) as raised:
            await connect(url, "key", retry=QUICK).queues()
    assert raised.value.retry_after == 60
    assert len(script.requests) == 1


async def test_what_is_wrong_is_not_sent_again(connect: Connect) -> None:
    script = Script(
        answer("422 Invalid", b'{"type":"/docs#problem-invalid","detail":"/text: no"}'), answer("200 OK", OK)
    )
    async with script as url:
        with pytest.raises(Invalid, match="/text: no"):
            await connect(url, "key", retry=QUICK).post("t")
    assert len(script.requests) == 1


async def test_a_redirect_is_not_followed(connect: Connect) -> None:
    canary = Script(answer("200 OK", OK))
    async with canary as elsewhere:
        script = Script(answer("307 Moved", b"", f"Location: {elsewhere}"))
        async with script as url:
            with pytest.raises(Problem) as raised:
                await connect(url, "key", retry=QUICK).queues()
    assert raised.value.status == 307
    assert canary.requests == []


async def test_a_connection_that_idled_costs_no_attempt() -> None:
    script = Script(answer("200 OK", OK, "Connection: keep-alive"), None, answer("200 OK", OK))
    async with script as url:
        client = Client(url, SITE, "key", retry=Retry(attempts=1))
        await asyncio.to_thread(lambda: (client.queues(), client.queues()))
        client.close()
    assert len(script.requests) == 3


def test_pauses_grow_and_are_bounded() -> None:
    retry = Retry(attempts=10, first=1, longest=5)
    for attempt, most in ((1, 1), (2, 2), (3, 4), (4, 5), (9, 5)):
        pause = retry.pause(attempt, None)
        assert pause is not None and most / 2 <= pause <= most
    assert retry.pause(1, 4.5) == 4.5
    assert retry.pause(1, 5.5) is None
    assert retry.pause(10, None) is None


def test_an_id_is_given_before_it_is_sent() -> None:
    sent = Calls("https://mod.example.org", SITE, "k").post("text", {"lang": None}, 0)
    assert sent.body is not None
    body = json.loads(sent.body)
    assert uuid.UUID(body["id"]).version == 4
    assert set(body) == {"id", "text"}


async def test_threads_share_a_client(desk: Desk, url: str) -> None:
    client = Client(url, SITE, desk.keys["site"])
    names: list[str] = []

    def post() -> None:
        names.append(client.post("0.5 text").id)

    threads = [threading.Thread(target=post) for _ in range(8)]

    def run() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    await asyncio.to_thread(run)
    client.close()
    assert len(set(names)) == 8
