"""Coral from its side: a far end that sends the bytes that Coral sends, and answers its GraphQL."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from moderation.domain.policy import Policy
from moderation.metrics import Metrics
from moderation.settings import Settings
from moderation.web.dialects.coral import plain
from moderation.webhooks.coral import Verdicts
from moderation.webhooks.dispatcher import Dispatcher
from moderation.webhooks.egress import Egress, Gate
from tests.web.conftest import SITE, Desk, desk

__all__ = ["desk"]

SECRET = "ssec_2f9b0c7d61f14d8f9a3b5c"
NEXT = "ssec_rotated_8d7c6b5a4f3e2d1c"
TOKEN = "eyJhbGciOi.coral.token"


@dataclass
class FakeCoral:
    """A Coral with comments, its external phase, its webhooks and its GraphQL."""

    desk: Desk
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, Any, str | None]] = field(default_factory=list)
    down: bool = False
    refuses: str | None = None
    messages: int = 0

    async def phase(
        self, text: str, *, author: str = "u1", story: str = "s1", action: str = "NEW", site: str = SITE,
        secrets: tuple[str, ...] = (SECRET,), tamper: bytes = b"",
    ) -> tuple[int, str]:  # fmt: skip
        """Runs the phase as `external.ts` does: JSON with two spaces, a signature for each active secret."""
        request = {
            "action": action,
            "comment": {"body": text, "parentID": None},
            "author": {"id": author, "role": "COMMENTER"},
            "story": {"id": story, "url": "https://news.example/s1"},
            "site": {"id": "site-1"},
            "tenantID": "t-1",
            "tenantDomain": "coral.example",
        }
        body = json.dumps(request, indent=2, ensure_ascii=False).encode()
        return await self._send(f"/coral/moderation/{site}", body, secrets, tamper)

    async def tell(self, type: str, data: dict[str, Any], message: str | None = None) -> tuple[int, str]:
        """Sends a webhook."""
        self.messages += 1
        envelope = {
            "id": message or f"m-{self.messages}",
            "type": type,
            "data": data,
            "createdAt": "2026-11-25T10:00:00.000Z",
            "tenantID": "t-1",
            "tenantDomain": "coral.example",
        }
        return await self._send(f"/coral/events/{SITE}", json.dumps(envelope).encode(), (SECRET,), b"")

    async def _send(self, path: str, body: bytes, secrets: tuple[str, ...], tamper: bytes) -> tuple[int, str]:
        signature = ",".join(
            "sha256=" + hmac.new(one.encode(), body, hashlib.sha256).hexdigest() for one in secrets
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Coral Moderation/9.4.0",
            "X-Coral-Signature": signature,
        }
        async with self.desk.client.post(
            path, data=body + tamper, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text()

    async def graphql(self, request: web.Request) -> web.Response:
        """The far end of our calls."""
        if self.down:
            return web.Response(status=503)
        body = await request.json()
        self.asked.append(
            (body["query"].split("(")[0], body["variables"], request.headers.get("Authorization"))
        )
        if body["query"].startswith("query"):
            return web.json_response({"data": {"comment": self.comments.get(body["variables"]["id"])}})
        if self.refuses is not None:
            return web.Response(text=self.refuses, content_type="application/json")
        name = "approveComment" if "approveComment(" in body["query"] else "rejectComment"
        return web.json_response(
            {"data": {name: {"clientMutationId": body["variables"]["input"]["clientMutationId"]}}}
        )

    def holds(self, coral_id: str, text: str, author: str = "u1") -> None:
        """A comment that stands in a queue of Coral's."""
        self.comments[coral_id] = {
            "body": f"<div>{text}</div>",
            "status": "SYSTEM_WITHHELD",
            "revision": {"id": f"r-{coral_id}"},
            "author": {"id": author, "username": "Ann"},
            "story": {"id": "s1", "url": "https://news.example/s1"},
            "parent": None,
        }

    @property
    def mutations(self) -> list[tuple[str, Any]]:
        return [
            (name, variables["input"]) for name, variables, _ in self.asked if name.startswith("mutation")
        ]


@pytest.fixture
def settings() -> Settings:
    """Coral is on this machine."""
    return Settings(webhook_allow_networks=("127.0.0.0/8",), webhook_allow_http=True)


@pytest.fixture
async def coral(desk: Desk, aiohttp_server: Callable[..., Awaitable[TestServer]]) -> AsyncIterator[FakeCoral]:
    """A site whose Coral is set up over the API, and couriers that bring decisions back."""
    fake = FakeCoral(desk)
    app = web.Application()
    app.router.add_post("/api/graphql", fake.graphql)
    server = await aiohttp_server(app)
    body = {
        "signing_secrets": [SECRET, NEXT],
        "graphql_url": f"http://127.0.0.1:{server.port}/api/graphql",
        "token": TOKEN,
    }
    status, found = await desk.call("PUT", "/coral", body, role="admin")
    assert (status, found["signing_secrets"]) == (200, 2)
    async with Egress(Gate(["127.0.0.0/8"], http=True), total_seconds=2) as egress:
        dispatcher = Dispatcher(
            desk.store, {"coral": Verdicts(desk.store.coral)}, egress, Metrics().webhooks, roster_seconds=0.02
        )
        running = asyncio.create_task(dispatcher.run())
        yield fake
        dispatcher.stop()
        await running


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.01)


async def phase_judged(coral: FakeCoral, text: str, **more: Any) -> tuple[int, str]:
    """The phase's opinion once the comment is judged: a busy machine may need longer than 150 ms the first time."""
    await coral.phase(text, **more)
    await until(lambda: _judged(coral.desk))
    return await coral.phase(text, **more)


async def _judged(desk: Desk) -> bool:
    return await desk.store.waiting() == 0


async def test_the_phase_answers_in_corals_words(coral: FakeCoral) -> None:
    assert await phase_judged(coral, "0.01 fine") == (204, "")
    flag = '{"actions":[{"actionType":"FLAG","reason":"COMMENT_DETECTED_SPAM"}]}'
    assert await phase_judged(coral, "0.5 doubtful") == (200, flag)
    assert await phase_judged(coral, "0.99 spam") == (200, '{"status":"REJECTED",' + flag[1:])


async def test_a_doubtful_comment_is_withheld_if_the_site_wants_it(coral: FakeCoral) -> None:
    body = {"signing_secrets": [SECRET], "hold": True}
    assert (await coral.desk.call("PUT", "/coral", body, role="admin"))[0] == 200
    _, text = await phase_judged(coral, "0.5 doubtful")
    assert json.loads(text)["status"] == "SYSTEM_WITHHELD"


async def test_in_shadow_mode_there_is_no_opinion(coral: FakeCoral) -> None:
    assert (await coral.desk.call("PUT", "/policy", {"mode": "shadow"}, role="admin"))[0] == 200
    for text in ("0.01 fine", "0.5 doubtful", "0.99 spam"):
        assert await phase_judged(coral, text) == (204, "")
    _, queues = await coral.desk.call("GET", "/queues", role="moderator")
    assert queues["queues"]["pending"]["count"] == 3


async def test_a_nudged_comment_is_one_comment(coral: FakeCoral) -> None:
    for text in ("0.5 <b>same</b>", "0.5  same", "<div>0.5 same</div>"):
        await phase_judged(coral, text)
    await phase_judged(coral, "0.5 same", author="u2")
    await phase_judged(coral, "0.5 same", story="s2")
    _, queues = await coral.desk.call("GET", "/queues", role="moderator")
    assert queues["queues"]["pending"]["count"] == 3


async def test_of_an_empty_comment_there_is_no_opinion(coral: FakeCoral) -> None:
    assert (await coral.phase(""))[0] == 204
    assert (await coral.phase("<div><br></div>"))[0] == 204


@pytest.mark.parametrize("secrets", [(NEXT,), ("ssec_unknown_secret", SECRET), (SECRET, NEXT)])
async def test_any_active_secret_fits(coral: FakeCoral, secrets: tuple[str, ...]) -> None:
    assert (await coral.phase("0.01 fine", secrets=secrets))[0] == 204


async def test_what_is_not_signed_is_not_heard(coral: FakeCoral) -> None:
    refused = [
        await coral.phase("0.5 x", secrets=("ssec_unknown_secret",)),
        await coral.phase("0.5 x", secrets=()),
        await coral.phase("0.5 x", tamper=b" "),
        await coral.phase("0.5 x", site="other"),
        await coral.phase("0.5 x", site="nowhere"),
        await coral.phase("0.5 x", site="No%20slug"),
    ]
    assert {status for status, _ in refused} == {401}
    assert len({json.loads(text)["detail"] for _, text in refused}) == 1
    assert await coral.desk.store.waiting() == 0
    _, queues = await coral.desk.call("GET", "/queues", role="moderator")
    assert queues["queues"]["pending"]["count"] == 0


async def _held(coral: FakeCoral, coral_id: str, text: str) -> dict[str, Any]:
    coral.holds(coral_id, text)
    data = {
        "queue": "PENDING",
        "commentID": coral_id,
        "status": "SYSTEM_WITHHELD",
        "storyID": "s1",
        "siteID": "x",
    }
    assert await coral.tell("COMMENT_ENTERED_MODERATION_QUEUE", data) == (204, "")
    card: dict[str, Any] = {}

    async def there() -> bool:
        for queue in ("pending", "reported"):
            _, page = await coral.desk.call("GET", f"/queues/{queue}", role="moderator")
            # Filed for good only once it is no longer to be fetched.
            if page["items"] and not await coral.desk.store.coral.waiting(SITE, 1):
                assert len(page["items"]) == 1
                card.update(page["items"][0] | {"in": queue})
        return bool(card)

    await until(there)
    return card


async def test_approved_with_us_is_approved_in_coral(coral: FakeCoral) -> None:
    await phase_judged(coral, "0.5 held")
    card = await _held(coral, "cc-1", "0.5 held")
    assert (card["in"], card["author"]["name"], card["text"]) == ("pending", None, "0.5 held")
    assert coral.asked[0] == ("query comment", {"id": "cc-1"}, f"Bearer {TOKEN}")
    await coral.desk.call("POST", f"/comments/{card['id']}/approve", role="moderator")
    await until(_told(coral, 1))
    name, sent = coral.mutations[0]
    assert name == "mutation approve"
    assert {**sent, "clientMutationId": ""} == {
        "commentID": "cc-1", "commentRevisionID": "r-cc-1", "clientMutationId": ""
    }  # fmt: skip


def _told(coral: FakeCoral, number: int) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        return len(coral.mutations) == number

    return told


@pytest.mark.parametrize(
    ("reason", "code"), [("advertising", "AD"), ("off_topic", "IRRELEVANT_CONTENT"), ("other", "OTHER")]
)
async def test_rejected_with_us_is_rejected_in_coral_for_its_reason(
    coral: FakeCoral, reason: str, code: str
) -> None:
    card = await _held(coral, "cc-1", "0.5 held")
    await coral.desk.call("POST", f"/comments/{card['id']}/reject", {"reason": reason}, role="moderator")
    await until(_told(coral, 1))
    assert coral.mutations[0][0] == "mutation reject"
    assert coral.mutations[0][1]["reason"] == {"code": code}


async def test_what_coral_holds_is_seen_even_if_our_policy_would_publish_it(coral: FakeCoral) -> None:
    card = await _held(coral, "cc-1", "0.01 fine")
    assert (card["in"], card["status"]) == ("reported", "approved")
    await coral.desk.call("POST", f"/comments/{card['id']}/approve", role="moderator")
    await until(_told(coral, 1))


@pytest.mark.parametrize(
    "answer", ['{"errors":[{"message":"no"}],"data":null}', '{"data":null}', "<html>", "[]"]
)
async def test_a_refusal_with_200_is_tried_again_later(coral: FakeCoral, answer: str) -> None:
    coral.refuses = answer
    card = await _held(coral, "cc-1", "0.5 held")
    await coral.desk.call("POST", f"/comments/{card['id']}/approve", role="moderator")
    hook = coral.desk.store.link.keys.hook(SITE, "coral")

    async def noted() -> bool:
        rows = await coral.desk.store.link.call("HVALS", f"{hook}:d")
        return any(json.loads(row).get("error") for row in rows)

    await until(noted)
    assert len(coral.mutations) == 1
    assert await coral.desk.store.link.call("ZCARD", f"{hook}:open") == 1
    assert await coral.desk.store.link.call("ZCARD", f"{hook}:delivered") == 0


async def test_decided_in_coral_is_decided_here_and_not_told_back(coral: FakeCoral) -> None:
    card = await _held(coral, "cc-1", "0.5 held")
    left = {"queue": "PENDING", "commentID": "cc-1", "status": "REJECTED", "storyID": "s1", "siteID": "x"}
    assert (await coral.tell("COMMENT_LEFT_MODERATION_QUEUE", left))[0] == 204
    _, found = await coral.desk.call("GET", f"/comments/{card['id']}")
    assert (found["status"], found["decision"]["by"]) == ("rejected", "coral")
    other = await _held_more(coral)
    await coral.desk.call("POST", f"/comments/{other}/approve", role="moderator")
    await until(_told(coral, 1))
    assert coral.mutations[0][1]["commentID"] == "cc-2"


async def _held_more(coral: FakeCoral) -> str:
    return str((await _held(coral, "cc-2", "0.6 another"))["id"])


async def test_our_own_decision_that_comes_back_changes_nothing(coral: FakeCoral) -> None:
    card = await _held(coral, "cc-1", "0.5 held")
    await coral.desk.call("POST", f"/comments/{card['id']}/approve", role="moderator")
    left = {"queue": "PENDING", "commentID": "cc-1", "status": "APPROVED", "storyID": "s1", "siteID": "x"}
    await coral.tell("COMMENT_LEFT_MODERATION_QUEUE", left)
    _, found = await coral.desk.call("GET", f"/comments/{card['id']}")
    assert found["decision"]["by"] == "moderator"


async def test_a_message_that_is_replayed_is_heard_once(coral: FakeCoral) -> None:
    card = await _held(coral, "cc-1", "0.5 held")
    left = {"queue": "PENDING", "commentID": "cc-1", "status": "REJECTED", "storyID": "s1", "siteID": "x"}
    await coral.tell("COMMENT_LEFT_MODERATION_QUEUE", left, "m-left")
    await coral.desk.call("POST", f"/comments/{card['id']}/approve", {"override": True}, role="moderator")
    await coral.tell("COMMENT_LEFT_MODERATION_QUEUE", left, "m-left")
    _, found = await coral.desk.call("GET", f"/comments/{card['id']}")
    assert found["status"] == "approved"


async def test_what_could_not_be_fetched_is_fetched_beside_the_next(coral: FakeCoral) -> None:
    coral.down = True
    coral.holds("cc-1", "0.5 first")
    data = {"queue": "PENDING", "commentID": "cc-1", "status": "PREMOD"}
    assert await coral.tell("COMMENT_ENTERED_MODERATION_QUEUE", data) == (204, "")
    coral.down = False
    coral.holds("cc-2", "0.6 second")
    await coral.tell("COMMENT_ENTERED_MODERATION_QUEUE", {**data, "commentID": "cc-2"})

    async def fetched() -> bool:
        return await coral.desk.store.coral.waiting(SITE, 5) == []

    await until(fetched)
    _, page = await coral.desk.call("GET", "/queues/pending", role="moderator")
    assert {item["text"] for item in page["items"]} == {"0.5 first", "0.6 second"}


async def test_what_was_decided_in_coral_meanwhile_is_not_filed(coral: FakeCoral) -> None:
    coral.holds("cc-1", "0.5 first")
    coral.comments["cc-1"]["status"] = "APPROVED"
    data = {"queue": "PENDING", "commentID": "cc-1", "status": "PREMOD"}
    await coral.tell("COMMENT_ENTERED_MODERATION_QUEUE", data)

    async def fetched() -> bool:
        return await coral.desk.store.coral.waiting(SITE, 5) == []

    await until(fetched)
    assert [name for name, _, _ in coral.asked] == ["query comment"]
    assert await coral.desk.store.coral.ours(SITE, "cc-1") is None


async def test_other_messages_and_other_fields_are_passed_over(coral: FakeCoral) -> None:
    assert await coral.tell("STORY_CREATED", {"storyID": "s9", "storyURL": "x"}) == (204, "")
    assert await coral.tell(
        "COMMENT_LEFT_MODERATION_QUEUE", {"commentID": "unknown", "status": "APPROVED"}
    ) == (204, "")


async def test_secrets_never_come_back(coral: FakeCoral) -> None:
    shown = json.dumps(await coral.desk.call("GET", "/coral", role="admin"))
    audit = json.dumps(await coral.desk.call("GET", "/audit", role="moderator"))
    export = json.dumps([one async for one in coral.desk.store.archive.export(SITE)])
    for secret in (SECRET, NEXT, TOKEN):
        assert secret not in shown + audit + export
    assert "coral_set" in audit
    status, _ = await coral.desk.call("DELETE", "/coral", role="admin")
    assert status == 204
    assert (await coral.phase("0.5 x"))[0] == 401
    assert (await coral.desk.call("GET", "/coral", role="admin"))[0] == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"signing_secrets": []}, 422),
        ({"signing_secrets": ["short"]}, 422),
        ({"signing_secrets": [SECRET], "token": "t"}, 400),
        (
            {"signing_secrets": [SECRET], "token": "t", "graphql_url": "http://169.254.169.254/api/graphql"},
            400,
        ),
        (
            {"signing_secrets": [SECRET], "token": "a b", "graphql_url": "https://coral.example/api/graphql"},
            422,
        ),
    ],
)
async def test_what_cannot_be_set_up(desk: Desk, body: dict[str, Any], status: int) -> None:
    assert (await desk.call("PUT", "/coral", body, role="admin"))[0] == status


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>Hello &amp; <b>you</b><br>there</div>", "Hello & you\nthere"),
        (
            'see <a href="http://a.b/">http://a.b/</a> <a href="http://s.pam">here</a>',
            "see http://a.b/ here (http://s.pam)",
        ),
        ("a < b and c > d", "a < b and c > d"),
        ("nul\0byte", "nulbyte"),
        ("<div> <br></div>", ""),
    ],
)
def test_html_as_text(html: str, text: str) -> None:
    assert plain(html) == text


def test_the_default_policy_holds_what_the_tests_hold() -> None:
    policy = Policy()
    assert policy.approve_below < 0.5 < policy.reject_above < 0.99
