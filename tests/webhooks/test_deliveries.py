"""Deliveries on the real store to a real receiver: schedule, ends, leases, replays, and answers of scripts that are cut."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook as Reference

from moderation.domain.webhook import ATTEMPTS, PAUSES_MS, is_pattern, next_attempt
from moderation.errors import Conflict, NotFound
from moderation.store import Attempt, Store, Webhook
from moderation.store.webhooks import MOST_HOOKS
from moderation.webhooks import signing
from moderation.webhooks.dispatcher import LEASE_MS
from moderation.webhooks.kinds import MOST_BYTES, body_of
from tests.support.proxy import CuttingProxy
from tests.support.receiver import Came
from tests.webhooks.conftest import SITE, START, Clock, Post

HOUR = 3_600_000


def answering(status: int, **headers: str) -> Any:
    return lambda _: web.Response(
        status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, text="x"
    )


def verified(store: Store, webhook: Webhook, came: Came) -> dict[str, Any]:
    """The body, if its signature holds; the reference library's clock is today's, so ours checks the time."""
    secret = signing.secret_text(store.webhooks.secrets_of(webhook)[0])
    signing.verify(secret, came.headers, came.body, int(came.headers["webhook-timestamp"]))
    body: dict[str, Any] = json.loads(came.body)
    return body


async def only(post: Post, webhook: Webhook) -> Any:
    found, _ = await post.store.webhooks.deliveries(SITE, webhook.id, None, None, 10)
    assert len(found) == 1
    return found[0]


# --- the pure part -----------------------------------------------------------------------------------


def test_the_schedule_is_the_specifications() -> None:
    assert [pause // 1000 for pause in PAUSES_MS] == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert sum(PAUSES_MS) == (75 * 60 + 35) * 60_000 + 5_000
    assert ATTEMPTS == 10


@pytest.mark.parametrize("attempts", range(1, ATTEMPTS))
def test_jitter_is_a_tenth(attempts: int) -> None:
    pause = PAUSES_MS[attempts - 1]
    found = [next_attempt(attempts, 0, chance) for chance in (0.0, 0.5, 1.0)]
    assert found == [round(pause * 0.9), pause, round(pause * 1.1)]


def test_a_wish_is_heeded_within_bounds_and_never_hurries() -> None:
    assert next_attempt(1, 0, 0.5, 60_000) == 60_000
    assert next_attempt(2, 0, 0.5, 1_000) == 300_000
    assert next_attempt(1, 0, 0.5, 10**12) == 24 * HOUR
    assert next_attempt(ATTEMPTS, 0, 0.5, 1_000) is None


@pytest.mark.parametrize("text", ["*", "comment.*", "comment.approved", "webhook.disabled", "a_b.c"])
def test_patterns(text: str) -> None:
    assert is_pattern(text)


@pytest.mark.parametrize(
    "text", ["", ".*", "**", "*.a", "comment.", "comment..a", "Comment", "a*", "a.*.b", "x" * 65]
)
def test_what_is_no_pattern(text: str) -> None:
    assert not is_pattern(text)


# --- to a receiver -----------------------------------------------------------------------------------


async def test_an_event_is_told_signed_and_once(post: Post) -> None:
    await post.happen()  # before there was a webhook: not told
    webhook = await post.add()
    await post.happen()
    assert await post.step(webhook) == 1
    assert await post.step(webhook) == 0
    (came,) = post.receiver.came
    body = verified(post.store, webhook, came)
    (_, event) = await post.store.events.page(SITE, None, 10)
    assert came.headers["webhook-id"] == f"evt_{SITE}_{event.id}"
    assert came.headers["webhook-timestamp"] == str(START // 1000)
    assert came.headers["content-type"] == "application/json"
    told = event.document()
    assert body == {
        "type": "comment.approved",
        "timestamp": told["timestamp"],
        "data": {**told["data"], "event_id": event.id, "sequence": 1},
    }
    delivery = await only(post, webhook)
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 1, 204)


async def test_the_reference_library_verifies_a_delivery(post: Post) -> None:
    import time

    post.clock.now = int(time.time() * 1000)
    webhook = await post.add()
    old = signing.secret_text(post.store.webhooks.secrets_of(webhook)[0])
    rotated = await post.store.webhooks.rotate(SITE, webhook.id, "ann")
    new = signing.secret_text(post.store.webhooks.secrets_of(rotated)[0])
    assert old != new
    await post.happen()
    await post.step(webhook)
    (came,) = post.receiver.came
    for secret in (old, new):
        Reference(secret).verify(came.body, came.headers)


async def test_the_old_secret_signs_for_a_day(post: Post) -> None:
    webhook = await post.add()
    (old,) = post.store.webhooks.secrets_of(webhook)
    rotated = await post.store.webhooks.rotate(SITE, webhook.id, "ann")
    assert post.store.webhooks.secrets_of(rotated)[1] == old
    post.clock.pass_(hours=24, ms=-1)
    assert len(post.store.webhooks.secrets_of(rotated)) == 2
    post.clock.pass_(ms=1)
    assert old not in post.store.webhooks.secrets_of(rotated)
    for _ in range(5):
        rotated = await post.store.webhooks.rotate(SITE, webhook.id, "ann")
    assert len(post.store.webhooks.secrets_of(rotated)) == 3, "bounded"


async def test_subscription_by_type_and_prefix(post: Post) -> None:
    hooks = {
        name: await post.add(*events)
        for name, events in {
            "none": ("comment.rejected",),
            "this": ("comment.approved",),
            "prefix": ("comment.*",),
            "dotless": ("comment",),
            "several": ("webhook.*", "comment.approved"),
        }.items()
    }
    await post.happen()
    sent = {name: await post.step(webhook) for name, webhook in hooks.items()}
    assert sent == {"none": 0, "this": 1, "prefix": 1, "dotless": 0, "several": 1}
    assert len(set(post.receiver.ids)) == 1, "the same event has the same id at every webhook"


async def test_the_schedule_is_followed_to_the_end(post: Post) -> None:
    post.receiver.answer = answering(500)
    webhook = await post.add()
    await post.happen()
    for attempt, pause in enumerate(PAUSES_MS, 1):
        assert await post.step(webhook) == 1
        delivery = await only(post, webhook)
        assert (delivery.state, delivery.attempts, delivery.status) == ("open", attempt, 500)
        assert delivery.next_at == post.clock.now + pause
        post.clock.pass_(ms=pause - 1)
        assert await post.step(webhook) == 0, "not a moment earlier"
        post.clock.pass_(ms=1)
    assert await post.step(webhook) == 1
    delivery = await only(post, webhook)
    assert (delivery.state, delivery.attempts, delivery.next_at) == ("dead", ATTEMPTS, None)
    post.clock.pass_(hours=48)
    assert await post.step(webhook) == 0
    assert len(set(post.receiver.ids)) == 1
    assert len(post.receiver.came) == ATTEMPTS
    dead, _ = await post.store.webhooks.deliveries(SITE, webhook.id, "dead", None, 10)
    assert [one.id for one in dead] == [delivery.id]


@pytest.mark.parametrize("status", [199 + 101, 301, 302, 304, 307, 400, 401, 404, 500, 502, 504])
async def test_2xx_alone_is_success(post: Post, status: int) -> None:
    post.receiver.answer = answering(status, Location=post.receiver.url, Retry_After="999")
    webhook = await post.add()
    await post.happen()
    await post.step(webhook)
    delivery = await only(post, webhook)
    assert (delivery.state, delivery.status) == ("open", status)
    assert delivery.next_at == post.clock.now + 5_000, "a wish counts with 429 and 503 alone"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
async def test_every_2xx_is_success(post: Post, status: int) -> None:
    post.receiver.answer = answering(status)
    webhook = await post.add()
    await post.happen()
    await post.step(webhook)
    assert (await only(post, webhook)).state == "delivered"


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_heeded(post: Post, status: int) -> None:
    post.receiver.answer = answering(status, Retry_After="600")
    webhook = await post.add()
    await post.happen()
    await post.step(webhook)
    assert (await only(post, webhook)).next_at == post.clock.now + 600_000


async def test_410_disables_at_once_and_says_so(post: Post) -> None:
    post.receiver.answer = answering(410)
    webhook, other = await post.add(), await post.add("webhook.disabled")
    await post.happen(2)
    await post.step(webhook)
    found = await post.store.webhooks.get(SITE, webhook.id)
    assert (found.off, found.off_at) == ("gone", post.clock.now)
    assert (SITE, webhook.id) not in await post.store.webhooks.roster()
    event = (await post.store.events.page(SITE, None, 100))[-1]
    assert event.document()["data"] == {"site": SITE, "webhook_id": webhook.id, "reason": "gone"}
    assert (event.type, event.sequence) == ("webhook.disabled", 0)
    acts = await post.store.audit.page(SITE, None, 100)
    assert [act.act for act in acts][-1] == "webhook_disabled"
    assert await post.step(webhook) == 0
    post.receiver.answer = answering(200)
    assert await post.step(other) == 1, "another webhook is told of it"
    assert json.loads(post.receiver.came[-1].body)["type"] == "webhook.disabled"


async def test_enabled_again_it_is_told_what_it_missed(post: Post) -> None:
    webhook = await post.add("comment.*")
    await post.store.webhooks.change(SITE, webhook.id, "ann", {"enabled": False})
    await post.happen(3)
    assert await post.step(webhook) == 0
    await post.store.webhooks.change(SITE, webhook.id, "ann", {"enabled": True})
    assert await post.step(webhook) == 3


async def test_five_days_of_nothing_but_failure_disable(post: Post) -> None:
    post.receiver.answer = answering(500)
    webhook = await post.add("comment.*")
    await post.happen()
    await post.step(webhook)
    for _ in range(4):
        post.clock.pass_(hours=24)
        await post.happen()
        await post.step(webhook)
        assert (await post.store.webhooks.get(SITE, webhook.id)).off is None
    post.clock.pass_(hours=24)
    await post.happen()
    await post.step(webhook)
    assert (await post.store.webhooks.get(SITE, webhook.id)).off == "failing"
    assert [e.type for e in await post.store.events.page(SITE, None, 100)].count("webhook.disabled") == 1


async def test_one_success_in_between_and_it_is_not_disabled(post: Post) -> None:
    post.receiver.answer = answering(500)
    webhook = await post.add("comment.*")
    await post.happen()
    await post.step(webhook)
    post.clock.pass_(days=4)
    post.receiver.answer = answering(200)
    await post.step(webhook)
    post.receiver.answer = answering(500)
    post.clock.pass_(days=4)
    await post.happen()
    await post.step(webhook)
    found = await post.store.webhooks.get(SITE, webhook.id)
    assert (found.off, found.failing_since) == (None, post.clock.now)


async def test_the_comment_comes_along_as_it_is_now(post: Post) -> None:
    webhook = await post.add(include=("comment",))
    first, second = await post.happen(2)
    await post.store.comments.erase(SITE, second)
    await post.step(webhook)
    bodies = [json.loads(came.body) for came in post.receiver.came]
    cards = {(body["data"]["comment_id"], body["type"]): body["data"].get("comment") for body in bodies}
    assert cards[first, "comment.approved"]["text"] == "text c1"
    assert cards[second, "comment.approved"] is None, "what was erased is told no more"
    assert b"text c2" not in b"".join(came.body for came in post.receiver.came)


async def test_a_body_is_cut_to_size_and_says_so(post: Post) -> None:
    await post.happen()
    (event,) = await post.store.events.page(SITE, None, 10)
    whole = json.loads(body_of(event, {"id": "c1", "text": "short"}))
    assert "cut" not in whole["data"]
    card = {"id": "c1", "text": "€" * 20_000}
    cut = body_of(event, card)
    assert len(cut) <= MOST_BYTES
    assert json.loads(cut)["data"]["comment"] == {"id": "c1"}
    assert json.loads(cut)["data"]["cut"] == ["comment.text"]
    assert card["text"], "the card itself stays whole"
    smaller = body_of(event, {"id": "c1", "text": "", "metadata": {"x": "y" * 30_000}})
    assert "comment" not in json.loads(smaller)["data"]
    assert json.loads(smaller)["data"]["cut"] == ["comment.text", "comment"]


async def test_an_event_that_left_the_log_is_a_dead_letter(post: Post) -> None:
    post.receiver.answer = answering(500)
    webhook = await post.add()
    await post.happen()
    await post.step(webhook)
    await post.store.link.call("XTRIM", post.store.link.keys.events(SITE), "MAXLEN", 0)
    post.clock.pass_(s=6)
    assert await post.step(webhook) == 0
    delivery = await only(post, webhook)
    assert delivery.state == "dead"
    assert delivery.error == "The event left the log before it could be delivered."
    with pytest.raises(Conflict):
        await post.store.webhooks.replay(SITE, webhook.id, delivery.id)


async def test_replay_of_one(post: Post) -> None:
    webhook = await post.add()
    await post.happen()
    await post.step(webhook)
    delivery = await only(post, webhook)
    await post.store.webhooks.replay(SITE, webhook.id, delivery.id)
    assert await post.step(webhook) == 1
    assert len(set(post.receiver.ids)) == 1
    with pytest.raises(NotFound):
        await post.store.webhooks.replay(SITE, webhook.id, "1-1")
    with pytest.raises(NotFound):
        await post.store.webhooks.replay("other", webhook.id, delivery.id)


async def test_replay_of_a_span(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.store.webhooks.REPLAY_STEP", 2)
    await post.happen(3)  # before the webhook
    webhook = await post.add("comment.approved")
    await post.happen(4)
    await post.step(webhook)
    assert len(post.receiver.came) == 4
    events = await post.store.events.page(SITE, None, 100)
    count, stopped = await post.store.webhooks.replay_span(SITE, webhook.id, 0, events[-1].at + 1)
    assert (count, stopped) == (7, None)
    assert await post.step(webhook) == 7
    assert sorted(set(post.receiver.ids)) == sorted(f"evt_{SITE}_{event.id}" for event in events)
    assert await post.store.webhooks.replay_span(SITE, webhook.id, 0, events[0].at) == (0, None)


async def test_records_of_deliveries_live_seven_days(post: Post) -> None:
    webhook = await post.add()
    await post.happen(3)
    await post.step(webhook)
    post.clock.pass_(days=7, ms=-1)
    await post.step(webhook)
    assert len((await post.store.webhooks.deliveries(SITE, webhook.id, None, None, 10))[0]) == 3
    post.clock.pass_(ms=1)
    await post.step(webhook)
    hook = post.store.link.keys.hook(SITE, webhook.id)
    for part in ("d", "all", "open", "delivered", "dead", "due", "over"):
        assert await post.store.link.call("EXISTS", f"{hook}:{part}") == 0, part


async def test_records_of_ended_deliveries_are_bounded(post: Post) -> None:
    webhook = await post.add()
    await post.happen(3)
    await post.step(webhook)
    hook = post.store.link.keys.hook(SITE, webhook.id)
    for start in range(0, 20_000, 1000):  # later ones than the three
        pairs = [word for n in range(start, start + 1000) for word in (100 + n, f"x{n}")]
        await post.store.link.call("ZADD", f"{hook}:delivered", *pairs)
    await post.step(webhook)
    assert await post.store.link.call("ZCARD", f"{hook}:delivered") == 20_000
    assert await post.store.link.call("HLEN", f"{hook}:d") == 0, "the oldest went"


async def test_pages_of_deliveries(post: Post) -> None:
    webhook = await post.add()
    await post.happen(5)
    await post.step(webhook)
    seen: list[str] = []
    place: int | None = None
    while True:
        rows, place = await post.store.webhooks.deliveries(SITE, webhook.id, "delivered", place, 2)
        seen += [row.id for row in rows]
        if place is None:
            break
    assert seen == [event.id for event in reversed(await post.store.events.page(SITE, None, 10))]
    assert await post.store.webhooks.deliveries(SITE, webhook.id, "open", None, 2) == ([], None)


async def test_open_deliveries_are_bounded(post: Post) -> None:
    webhook = await post.add()
    hook = post.store.link.keys.hook(SITE, webhook.id)
    await post.happen(3)
    for start in range(0, 9_998, 1000):
        pairs = [word for n in range(start, min(start + 1000, 9_998)) for word in (n, f"x{n}")]
        await post.store.link.call("ZADD", f"{hook}:open", *pairs)
    assert await post.store.webhooks.read(SITE, webhook.id) == (2, START)
    assert await post.store.webhooks.read(SITE, webhook.id) == (0, START), "it reads no further"
    found = await post.store.webhooks.replay_span(SITE, webhook.id, 0, 10**13)
    assert found[1] is not None, "a replay stops too and says where"
    await post.store.link.call("ZREM", f"{hook}:open", "x1", "x2")
    assert await post.store.webhooks.read(SITE, webhook.id) == (1, START), "and goes on where it was"


# --- leases ------------------------------------------------------------------------------------------


async def test_two_dispatchers_never_have_one_delivery(post: Post) -> None:
    webhook = await post.add()
    await post.happen(20)
    hooks = post.store.webhooks
    await hooks.read(SITE, webhook.id)
    taken = await asyncio.gather(*(hooks.take(SITE, webhook.id, 3, LEASE_MS) for _ in range(8)))
    ids = [leased.delivery.id for row in taken for leased in row]
    assert len(ids) == len(set(ids)) == 20


async def test_a_dead_dispatchers_deliveries_come_back_with_the_end_of_the_lease(post: Post) -> None:
    webhook = await post.add()
    await post.happen()
    hooks = post.store.webhooks
    await hooks.read(SITE, webhook.id)
    (lost,) = await hooks.take(SITE, webhook.id, 3, LEASE_MS)
    assert await post.step(webhook) == 0
    post.clock.pass_(ms=LEASE_MS)
    assert await post.step(webhook) == 1
    late = Attempt("failed", post.clock.now + 1, 500, None, 1)
    assert await hooks.settle(lost, late) is False
    assert (await only(post, webhook)).state == "delivered", "who lost the lease changes nothing"


async def test_a_success_counts_though_the_lease_was_over(post: Post) -> None:
    webhook = await post.add()
    await post.happen()
    hooks = post.store.webhooks
    await hooks.read(SITE, webhook.id)
    (slow,) = await hooks.take(SITE, webhook.id, 3, LEASE_MS)
    post.clock.pass_(ms=LEASE_MS)
    await hooks.take(SITE, webhook.id, 3, LEASE_MS)
    await hooks.settle(slow, Attempt("delivered", None, 204, None, 1))
    assert (await only(post, webhook)).state == "delivered"


async def test_every_script_is_safe_to_repeat(cut_store: tuple[Store, CuttingProxy]) -> None:
    """Each answer is cut once: the script runs twice, and all stands as if it had run once."""
    store, proxy = cut_store
    store.webhooks.clock = Clock()
    hooks, post = store.webhooks, Post(store, *([None] * 4))  # type: ignore[arg-type]  # only `happen` is used
    proxy.cut()
    webhook = await hooks.add(SITE, "ann", "https://example.com/", ["comment.*"])
    proxy.cut()
    webhook = await hooks.change(SITE, webhook.id, "ann", {"description": "the desk"})
    proxy.cut()
    webhook = await hooks.rotate(SITE, webhook.id, "ann")
    assert len(webhook.salts) == 2
    await post.happen(3)
    proxy.cut()
    assert await hooks.read(SITE, webhook.id) in {(3, START), (0, START)}
    proxy.cut()
    taken = await hooks.take(SITE, webhook.id, 10, LEASE_MS)
    assert len(taken) == 3, "the second run returns what the first leased"
    proxy.cut()
    await hooks.settle(taken[0], Attempt("delivered", None, 200, None, 1))
    proxy.cut()
    await hooks.settle(taken[1], Attempt("failed", START + 5_000, 500, None, 1))
    proxy.cut()
    await hooks.settle(taken[2], Attempt("gone", None, 410, None, 1))
    rows, _ = await hooks.deliveries(SITE, webhook.id, None, None, 10)
    assert [(row.state, row.attempts) for row in reversed(rows)] == [
        ("delivered", 1),
        ("open", 1),
        ("dead", 1),
    ]
    assert [e.type for e in await store.events.page(SITE, None, 100)].count("webhook.disabled") == 1
    await hooks.change(SITE, webhook.id, "ann", {"enabled": True})
    proxy.cut()
    await hooks.replay(SITE, webhook.id, taken[0].delivery.id)
    proxy.cut()
    assert await hooks.replay_span(SITE, webhook.id, 0, 10**13) == (3, None)
    rows, _ = await hooks.deliveries(SITE, webhook.id, None, None, 10)
    assert [(row.state, row.attempts) for row in rows] == [("open", 0)] * 3
    proxy.cut()
    with pytest.raises(NotFound):  # the first run took it away: gone it is
        await hooks.remove(SITE, webhook.id, "ann")
    assert await hooks.list(SITE) == []
    assert proxy.cuts_done == 11
    acts = [act.act for act in await store.audit.page(SITE, None, 100) if act.kind == "webhook"]
    assert acts == [
        *(
            "webhook_added",
            "webhook_changed",
            "webhook_secret_rotated",
            "webhook_disabled",
            "webhook_changed",
        ),
        "webhook_removed",
    ]


async def test_nothing_of_a_removed_webhook_stays(post: Post) -> None:
    webhook = await post.add()
    await post.happen(3)
    await post.step(webhook)
    await post.store.webhooks.remove(SITE, webhook.id, "ann")
    names = await post.store.link.call("KEYS", "*")
    assert not [name for name in names if webhook.id.encode() in name]


async def test_a_site_has_so_many_and_no_more(post: Post) -> None:
    for _ in range(MOST_HOOKS):
        await post.add()
    with pytest.raises(Conflict):
        await post.add()


async def test_no_secret_and_no_path_is_kept_or_told(post: Post) -> None:
    """Secrets are derived: nothing in the store leads to one; the audit and the metrics know no address."""
    webhook = await post.add()
    await post.happen()
    await post.step(webhook)
    (secret,) = post.store.webhooks.secrets_of(webhook)
    for name in await post.store.link.call("KEYS", "*"):
        dump = await post.store.link.call("DUMP", name)
        for shape in (secret, secret.hex().encode(), signing.secret_text(secret)[6:].encode()):
            assert shape not in dump
    acts = json.dumps([act.after for act in await post.store.audit.page(SITE, None, 10)])
    assert "/hook" not in acts
    text = post.metrics.text().decode()
    assert 'moderation_webhook_attempts_total{end="delivered",kind="webhook"} 1.0' in text
    for canary in ("127.0.0.1", webhook.id, signing.secret_text(secret)):
        assert canary not in text


# --- many at a time ----------------------------------------------------------------------------------


async def running(post: Post) -> asyncio.Task[None]:
    await post.store.feed.start()
    return asyncio.create_task(post.dispatcher.run())


async def test_a_hanging_receiver_is_in_nobodys_way(post: Post) -> None:
    """One receiver never answers; the other has all its deliveries while the first still hangs."""
    from tests.support.receiver import Receiver

    async with Receiver(hang=asyncio.Event()) as hanging:
        await post.store.webhooks.add(SITE, "ann", hanging.url, ["*"])
        await post.add()
        task = await running(post)
        await post.happen(100)
        async with asyncio.timeout(20):
            while len(post.receiver.came) < 100:
                await asyncio.sleep(0.01)
        assert len(set(post.receiver.ids)) == 100
        post.dispatcher.stop()
        await task
    await post.store.feed.close()
    assert 0 < len(hanging.came) < 100, "it was tried, a few at a time"


async def test_a_webhook_that_is_made_while_it_runs(post: Post) -> None:
    task = await running(post)
    webhook = await post.add("comment.*")
    await post.happen()
    async with asyncio.timeout(10):
        while not post.receiver.came:
            await asyncio.sleep(0.01)
        post.receiver.answer = answering(410)
        await post.happen()
        while (await post.store.webhooks.get(SITE, webhook.id)).off is None:
            await asyncio.sleep(0.01)
        post.receiver.answer = answering(200)
        before = len(post.receiver.came)
        await post.happen()
        await post.store.webhooks.change(SITE, webhook.id, "ann", {"enabled": True})
        while len(post.receiver.came) == before:
            await asyncio.sleep(0.01)
    post.dispatcher.stop()
    await task
    await post.store.feed.close()


@pytest.mark.parametrize(
    ("webhooks", "hands"), [(0, 8), (1, 8), (64, 8), (65, 7), (256, 2), (512, 1), (5_000, 1)]
)
async def test_sockets_are_shared_out(post: Post, webhooks: int, hands: int) -> None:
    done: asyncio.Task[None] = asyncio.create_task(asyncio.sleep(0))
    await done
    post.dispatcher._couriers = dict.fromkeys([(SITE, f"wh_{n}") for n in range(webhooks)], done)
    assert post.dispatcher._hands() == hands
