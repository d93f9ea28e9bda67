"""Akismet's protocol as its clients read it: bodies and headers byte for byte, every row of the tables of quirks."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from moderation.domain.policy import Mode, Policy
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.store import Role
from moderation.store.pipe import ConnectionLost
from moderation.web.dialects.akismet import THANKS
from moderation.web.dialects.forms import read_form
from moderation.worker.loop import Worker
from tests.web.conftest import SITE, Desk, desk
from tests.worker.test_worker import until

__all__ = ["desk"]

FORM = "application/x-www-form-urlencoded"
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
FAULTS = ("X-akismet-debug-help", "X-akismet-error", "X-akismet-alert-code", "X-akismet-alert-msg")
BLOG = {"blog": "https://news.example/", "user_ip": "203.0.113.7"}
HAM, SPAM, DOUBTFUL, BLATANT = "0.01 fine", "0.99 spam", "0.5 perhaps", "0.9995 pills"


@pytest.fixture
def settings() -> Settings:
    return Settings(body_timeout=0.5, verdict_seconds=10, auth_failures_per_minute=0)


@pytest.fixture
async def key(desk: Desk) -> str:
    return await desk.store.keyring.add_akismet(SITE)


class Answer:
    """A status, a body to the byte, and headers."""

    def __init__(self, status: int, body: bytes, headers: Any) -> None:
        self.status, self.body, self.headers = status, body, headers

    @property
    def guid(self) -> str:
        return str(self.headers["X-akismet-guid"])

    def succeeded(self, body: bytes) -> None:
        """A success as every client takes it for one."""
        assert (self.status, self.body) == (200, body), (self.status, self.body, self.headers)
        assert self.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert not [name for name in FAULTS if name in self.headers], self.headers

    def held(self) -> None:
        """A fault on which every client keeps the comment for a human."""
        assert self.body not in {b"true", b"false", b"valid", b""}
        assert self.headers["X-akismet-debug-help"].isascii()


async def ask(
    desk: Desk, call: str, fields: Any = None, *, version: str = "1.1", method: str = "POST",
    data: bytes | None = None, query: str = "", **headers: str,
) -> Answer:  # fmt: skip
    headers.setdefault("Content-Type", FORM)
    if data is None:
        data = urlencode(fields or {}).encode()
    if method == "GET":
        query, data = urlencode(fields or {}), b""
    path = f"/{version}/{call}" + (f"?{query}" if query else "")
    async with desk.client.request(method, path, data=data, headers=headers) as answer:
        return Answer(answer.status, await answer.read(), answer.headers)


async def check(desk: Desk, key: str, content: str, **fields: str) -> Answer:
    return await ask(desk, "comment-check", {"api_key": key, **BLOG, "comment_content": content, **fields})


async def policy(desk: Desk, **fields: Any) -> None:
    await desk.store.sites.set_policy(SITE, Policy(**fields), "ann")


async def stored(desk: Desk) -> int:
    """How many comments there are."""
    counts = await desk.store.queues.counts(SITE)
    return sum(counts[name].count for name in ("pending", "approved", "rejected"))


# --- what a check is answered ----------------------------------------------------------------------


async def test_ham_spam_and_what_a_human_has_to_decide(desk: Desk, key: str) -> None:
    ham, spam = await check(desk, key, HAM), await check(desk, key, SPAM)
    doubtful, blatant = await check(desk, key, DOUBTFUL), await check(desk, key, BLATANT)
    ham.succeeded(b"false")
    spam.succeeded(b"true")
    doubtful.succeeded(b"false")
    blatant.succeeded(b"true")
    for answer in (ham, spam, doubtful, blatant):
        assert GUID.fullmatch(answer.guid)
    assert [("X-akismet-pro-tip" in one.headers) for one in (ham, spam, doubtful, blatant)] == [0, 0, 0, 1]
    assert [("X-akismet-recheck-after" in one.headers) for one in (ham, spam, doubtful, blatant)] == [
        0,
        0,
        1,
        0,
    ]
    assert blatant.headers["X-akismet-pro-tip"] == "discard"
    assert doubtful.headers["X-akismet-recheck-after"] == "7200"
    statuses = [(await desk.store.comments.get(SITE, one.guid)).status for one in (ham, spam, doubtful)]
    assert statuses == ["approved", "rejected", "pending"]


async def test_a_check_is_a_comment_with_its_author_and_article(desk: Desk, key: str) -> None:
    answer = await check(
        desk, key, DOUBTFUL, comment_author="Ann", comment_author_email="Ann@Example.com ",
        comment_author_url="https://ann.example", user_agent="Mozilla", permalink="https://news.example/a#comments",
        comment_post_ID="12", comment_parent="7", comment_date_gmt="2026-11-25T10:00:00Z", blog_lang="de_at",
        comment_type="comment",
    )  # fmt: skip
    draft = (await desk.store.comments.get(SITE, answer.guid)).draft
    private = desk.store.private
    assert (draft.text, draft.via, draft.author.name) == (DOUBTFUL, "akismet", "Ann")
    assert draft.author.email_hash == private.email("ann@example.com")
    assert draft.author.ip_hash == private.ip("203.0.113.7")
    assert (draft.author.url, draft.author.user_agent) == ("https://ann.example", "Mozilla")
    assert (draft.article.id, draft.article.url) == ("12", "https://news.example/a#comments")
    assert (draft.parent_id, draft.created_at, draft.lang) == ("7", 1_795_600_800_000, "de_at")
    status, page = await desk.call("GET", "/queues/pending", role="moderator")
    assert status == 200
    assert [one["id"] for one in page["items"]] == [answer.guid]
    assert "Ann@Example" not in json.dumps(page)


async def test_what_cannot_be_read_is_left_out_and_never_refused(desk: Desk, key: str) -> None:
    answer = await check(
        desk, key, DOUBTFUL, user_ip="unknown", comment_date_gmt="yesterday", blog_lang="en, fr_ca",
        permalink="x" * 5_000, comment_author="\0A" * 3_000, comment_parent="0", comment_post_ID="9" * 500,
        callback="javascript:alert(1)",
    )  # fmt: skip
    answer.succeeded(b"false")
    draft = (await desk.store.comments.get(SITE, answer.guid)).draft
    assert (draft.created_at, draft.lang, draft.parent_id, draft.author.ip_hash) == (None, None, None, None)
    assert draft.article.id is None
    assert await desk.store.akismet.callback(SITE, answer.guid) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "0.0.0.0", "", "fe80::1"])  # noqa: S104
async def test_an_address_that_is_the_proxys_is_nobodys(desk: Desk, key: str, address: str) -> None:
    answer = await check(desk, key, DOUBTFUL, user_ip=address)
    answer.succeeded(b"false")
    assert (await desk.store.comments.get(SITE, answer.guid)).draft.author.ref is None


async def test_discard_is_what_the_policy_says(desk: Desk, key: str) -> None:
    await policy(desk, discard_above=None)
    assert "X-akismet-pro-tip" not in (await check(desk, key, BLATANT)).headers
    await policy(desk, discard_above=0.98)
    assert (await check(desk, key, SPAM)).headers["X-akismet-pro-tip"] == "discard"
    await policy(desk, banned_words=("casino",))
    banned = await check(desk, key, "0.2 casino")
    banned.succeeded(b"true")
    assert "X-akismet-pro-tip" not in banned.headers, "a word is no proof that nobody need look"


async def test_the_wait_for_a_human_is_what_the_policy_says(desk: Desk, key: str) -> None:
    await policy(desk, mode=Mode.PRE, akismet_recheck_seconds=600)
    answer = await check(desk, key, HAM)
    answer.succeeded(b"false")
    assert answer.headers["X-akismet-recheck-after"] == "600"


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_site_that_wants_verdicts_only_has_nothing_in_its_queue(
    desk: Desk, key: str, mode: Mode
) -> None:
    await policy(desk, mode=mode, akismet_hold=False, akismet_spam_from=0.4, suspect_words=("perhaps",))
    for content, body in ((HAM, b"false"), ("0.39 x", b"false"), (DOUBTFUL, b"true"), (SPAM, b"true")):
        answer = await check(desk, key, content)
        answer.succeeded(body)
        assert "X-akismet-recheck-after" not in answer.headers
    assert (await desk.store.queues.counts(SITE))["pending"].count == 0
    assert await stored(desk) == 4
    ours = await desk.post("own", DOUBTFUL)
    assert ours["status"] == "pending" if mode is not Mode.POST else ours["status"] in {"approved", "pending"}


# --- without a worker ------------------------------------------------------------------------------


class TestWithoutAWorker:
    """No verdict in time: the worker takes no entry."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(verdict_seconds=0.05, auth_failures_per_minute=0)

    @pytest.fixture(autouse=True)
    def _idle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def run(self: Worker, *, alone: bool = False) -> None:
            del self, alone

        monkeypatch.setattr(Worker, "run", run)

    async def test_it_is_held_for_a_human(self, desk: Desk, key: str) -> None:
        answer = await check(desk, key, SPAM)
        answer.succeeded(b"false")
        assert answer.headers["X-akismet-recheck-after"] == "7200"
        assert (await desk.store.comments.get(SITE, answer.guid)).status == "queued"

    async def test_a_verdict_that_is_wanted_at_once_is_the_models(self, desk: Desk, key: str) -> None:
        await policy(desk, akismet_hold=False)
        (await check(desk, key, SPAM)).succeeded(b"true")
        (await check(desk, key, HAM)).succeeded(b"false")
        broken = await check(desk, key, "boom")
        assert broken.status == 503
        broken.held()


class TestWithoutAStore:
    """The store does not answer."""

    @pytest.mark.parametrize(
        "call", ["verify-key", "comment-check", "submit-spam", "submit-ham", "usage-limit"]
    )
    async def test_every_call_is_held(
        self, desk: Desk, key: str, call: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lost(*command: object) -> None:
            raise ConnectionLost("gone")

        monkeypatch.setattr(desk.store.link._pipe, "call", lost)
        monkeypatch.setattr(desk.store.link._pipe, "call_all", lost)
        answer = await ask(desk, call, {"api_key": key, **BLOG, "comment_content": HAM})
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        answer.held()


# --- the same again --------------------------------------------------------------------------------


async def test_the_same_check_again_is_the_same_comment(desk: Desk, key: str) -> None:
    first, second = await check(desk, key, DOUBTFUL), await check(desk, key, DOUBTFUL)
    assert first.guid == second.guid
    assert (first.body, dict(second.headers)["X-akismet-recheck-after"]) == (b"false", "7200")
    both = await asyncio.gather(*(check(desk, key, "0.4 at once") for _ in range(20)))
    assert len({one.guid for one in both}) == 1
    assert await stored(desk) == 2
    other = await check(desk, key, DOUBTFUL, user_ip="198.51.100.9")
    assert other.guid != first.guid, "another reader said the same"


async def test_asked_again_by_a_person_is_the_same_comment_without_a_new_wait(desk: Desk, key: str) -> None:
    first = await check(desk, key, DOUBTFUL, comment_author="Ann")
    for reason in ("recheck_queue", "recheck"):
        again = await check(
            desk, key, DOUBTFUL, comment_author="Ann", recheck_reason=reason, user_agent="WordPress cron"
        )
        again.succeeded(b"false")
        assert again.guid == first.guid
        assert "X-akismet-recheck-after" not in again.headers
    retried = await check(desk, key, DOUBTFUL, comment_author="Ann", recheck_reason="retry")
    assert retried.headers["X-akismet-recheck-after"] == "7200"
    await desk.call("POST", f"/comments/{first.guid}/reject", {"reason": "spam"}, role="moderator")
    (await check(desk, key, DOUBTFUL, comment_author="Ann", recheck_reason="recheck")).succeeded(b"true")
    assert await stored(desk) == 1


async def test_an_edit_is_judged_again(desk: Desk, key: str) -> None:
    first = await check(desk, key, HAM)
    edited = await check(desk, key, SPAM, recheck_reason="edit", guid=first.guid)
    edited.succeeded(b"true")
    assert edited.guid == first.guid
    found = await desk.store.comments.get(SITE, first.guid)
    assert (found.draft.text, found.revision) == (SPAM, 2)


# --- corrections -----------------------------------------------------------------------------------


async def test_a_correction_finds_its_comment_by_guid_or_content(desk: Desk, key: str) -> None:
    by_guid, by_content = (
        await check(desk, key, HAM),
        await check(desk, key, SPAM, comment_author="Ann", permalink="https://n.example/1"),
    )
    fields = {"api_key": key, **BLOG}
    (await ask(desk, "submit-spam", {**fields, "guid": by_guid.guid})).succeeded(THANKS.encode())
    content = {
        "comment_content": SPAM,
        "comment_author": "Ann",
        "permalink": "https://n.example/1",
        "user_agent": "other",
    }
    for _ in range(2):
        (await ask(desk, "submit-ham", {**fields, **content})).succeeded(THANKS.encode())
    spam, ham = [await desk.store.comments.get(SITE, one.guid) for one in (by_guid, by_content)]
    assert spam.decision is not None
    assert ham.decision is not None
    assert (spam.status, spam.decision["by"], spam.decision["reason"]) == ("rejected", "akismet", "spam")
    assert (ham.status, ham.decision["by"]) == ("approved", "akismet")
    assert len([one for one in ham.history if one.get("by") == "akismet"]) == 1, "sent twice is said once"
    assert await stored(desk) == 2


async def test_line_ends_and_space_hide_no_comment_from_a_correction(desk: Desk, key: str) -> None:
    answers = [await check(desk, key, "0.5 one" + end + "two ") for end in ("\r\n", "\n")]
    for answer in answers:
        answer.succeeded(b"false")
    assert answers[0].guid != answers[1].guid, "not the same to the byte: filed as it is"
    await ask(desk, "submit-spam", {"api_key": key, **BLOG, "comment_content": "0.5 one  two"})
    assert (await desk.store.comments.get(SITE, answers[1].guid)).status == "rejected", (
        "the last one is meant"
    )


async def test_a_correction_overrides_a_moderator_and_is_on_record(desk: Desk, key: str) -> None:
    answer = await check(desk, key, DOUBTFUL)
    await desk.call("POST", f"/comments/{answer.guid}/approve", {}, role="moderator")
    await ask(desk, "submit-spam", {"api_key": key, **BLOG, "guid": answer.guid})
    status, card = await desk.call("GET", f"/comments/{answer.guid}", role="moderator")
    assert (status, card["status"], card["decision"]["by"]) == (200, "rejected", "akismet")
    status, back = await desk.call("POST", f"/comments/{answer.guid}/undo", {}, role="moderator")
    assert (status, back["status"], back["decision"]["by"]) == (200, "approved", "moderator")


async def test_who_agrees_with_a_moderator_of_ours_leaves_the_decision_to_them(desk: Desk, key: str) -> None:
    answer = await check(desk, key, DOUBTFUL)
    await desk.call("POST", f"/comments/{answer.guid}/approve", {}, role="moderator")
    (await ask(desk, "submit-ham", {"api_key": key, **BLOG, "guid": answer.guid})).succeeded(THANKS.encode())
    _, card = await desk.call("GET", f"/comments/{answer.guid}", role="moderator")
    assert (card["status"], card["decision"]["by"]) == ("approved", "moderator")


async def test_the_key_reaches_no_comment_that_came_another_way(desk: Desk, key: str) -> None:
    before = await desk.post("c1", HAM)
    fields = {"api_key": key, **BLOG, "guid": "c1"}
    await ask(desk, "submit-spam", {**fields, "comment_content": HAM})
    await ask(desk, "comment-check", {**fields, "comment_content": SPAM, "recheck_reason": "edit"})
    _, after = await desk.call("GET", "/comments/c1")
    assert after == before


async def test_in_shadow_mode_nothing_is_held_on_the_site(desk: Desk, key: str) -> None:
    await policy(desk, mode=Mode.SHADOW)
    for content in (HAM, DOUBTFUL, SPAM):
        answer = await check(desk, key, content)
        answer.succeeded(b"false")
        assert "X-akismet-recheck-after" not in answer.headers
    assert (await desk.store.queues.counts(SITE))["pending"].count == 3


async def test_a_correction_of_what_is_not_known_is_filed(desk: Desk, key: str) -> None:
    fields = {
        "api_key": key,
        "comment_content": HAM,
        "guid": "no-such",
    }  # Coral sends neither blog nor address
    (await ask(desk, "submit-spam", fields)).succeeded(THANKS.encode())
    status, page = await desk.call("GET", "/queues/rejected", role="moderator")
    assert status == 200
    assert [(one["text"], one["decision"]["by"]) for one in page["items"]] == [(HAM, "akismet")]
    await desk.store.comments.erase(SITE, page["items"][0]["id"])
    (await ask(desk, "submit-spam", fields)).succeeded(THANKS.encode())


async def test_a_test_teaches_nothing_and_is_not_kept(desk: Desk, key: str) -> None:
    for value in ("1", "true", "True"):
        (await check(desk, key, SPAM, is_test=value)).succeeded(b"true")
        (await check(desk, key, HAM, is_test=value)).succeeded(b"false")
        await ask(desk, "submit-spam", {"api_key": key, **BLOG, "comment_content": HAM, "is_test": value})
    assert await stored(desk) == 0
    for value in ("false", "0", ""):  # Coral sends `false`
        (await check(desk, key, f"0.01 {value}", is_test=value)).succeeded(b"false")
    assert await stored(desk) == 3


async def test_another_sites_key_finds_nothing_here(desk: Desk, key: str) -> None:
    answer = await check(desk, key, DOUBTFUL)
    theirs = await desk.store.keyring.add_akismet("other")
    await ask(
        desk, "submit-spam", {"api_key": theirs, **BLOG, "guid": answer.guid, "comment_content": DOUBTFUL}
    )
    assert (await desk.store.comments.get(SITE, answer.guid)).status == "pending"
    with pytest.raises(NotFound):
        await desk.store.comments.get("other", answer.guid)


# --- test values, rule 7 ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"comment_author": "viagra-test-123"}, b"true"),
        ({"comment_author": "akismet-guaranteed-spam"}, b"true"),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com"}, b"true"),
        ({"user_role": "administrator"}, b"false"),
        ({"user_role": "editor,administrator"}, b"false"),
        ({"user_role": "super_admin"}, b"false"),
        ({"user_role": "administrator", "comment_author": "viagra-test-123"}, b"false"),
    ],
)
async def test_what_is_always_answered_so(desk: Desk, key: str, fields: dict[str, str], body: bytes) -> None:
    answer = await check(desk, key, SPAM if body == b"false" else HAM, **fields)
    answer.succeeded(body)
    assert GUID.fullmatch(answer.guid)
    assert await stored(desk) == 0


async def test_an_editor_is_judged(desk: Desk, key: str) -> None:
    (await check(desk, key, SPAM, user_role="editor,author")).succeeded(b"true")


# --- keys, rules 2, 4, 5, 8 ------------------------------------------------------------------------


async def test_the_key_is_found_wherever_clients_put_it(desk: Desk, key: str) -> None:
    for fields in ({"key": key}, {"api_key": key}, {"key": key, "api_key": key}, {"key": key.upper()}):
        (await ask(desk, "verify-key", {**fields, "blog": BLOG["blog"]})).succeeded(b"valid")
    rest = {**BLOG, "comment_content": HAM}
    (await ask(desk, "comment-check", rest, query=f"api_key={key}")).succeeded(b"false")
    (await ask(desk, "comment-check", rest, Host=f"{key}.rest.akismet.com")).succeeded(b"false")
    (await ask(desk, "comment-check", rest, Host=f"{key.upper()}.mod.example:8080")).succeeded(b"false")
    (await ask(desk, "comment-check", {**rest, "api_key": key}, Host="wrongwrong00.example")).succeeded(
        b"false"
    )
    wrong = await ask(desk, "comment-check", {**rest, "api_key": "wrongwrong00"}, Host=f"{key}.example")
    assert wrong.body == b"invalid", "what is in the body counts first"
    new = await ask(desk, "verify-key", {"key": "wrongwrong00", "api_key": key})
    assert new.body == b"invalid", "WordPress adds the key that it has to the one that it asks about"


@pytest.mark.parametrize("bad", ["", "wrongwrong00", "short", "x" * 13, "clé-clé-clé-", "x" * 5_000])
@pytest.mark.parametrize(
    "call",
    ["verify-key", "comment-check", "submit-spam", "submit-ham", "key-sites", "usage-limit", "get-stats"],
)
async def test_a_bad_key_is_invalid_with_200_and_help(desk: Desk, call: str, bad: str) -> None:
    answer = await ask(desk, call, {"api_key": bad, **BLOG, "comment_content": SPAM})
    assert (answer.status, answer.body) == (200, b"invalid")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    answer.held()


async def test_other_keys_are_no_keys_here_and_ours_none_elsewhere(desk: Desk, key: str) -> None:
    for role in Role:
        assert (await ask(desk, "verify-key", {"key": desk.keys[role.value]})).body == b"invalid"
    status, _, _ = await desk.raw("GET", f"/v1/sites/{SITE}/events", role=None, Authorization=f"Bearer {key}")
    assert status == 401
    (info,) = [one for one in await desk.store.keyring.list(SITE) if one.role == "akismet"]
    assert (await ask(desk, "verify-key", {"key": key})).body == b"valid"
    await desk.store.keyring.revoke(info.id)
    assert (await ask(desk, "verify-key", {"key": key})).body == b"invalid"


async def test_key_sites_without_a_key_is_invalid(desk: Desk) -> None:
    answer = await ask(desk, "key-sites", version="1.2", method="GET")  # PyPI akismet 1.3
    assert (answer.status, answer.body) == (200, b"invalid")


async def test_a_key_has_twelve_characters_in_lower_case(key: str) -> None:
    assert re.fullmatch(r"[a-z0-9]{12}", key)


class TestGuessing:
    """Many wrong keys."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(verdict_seconds=10, auth_failures_per_minute=3)

    async def test_many_wrong_keys_are_slowed_and_the_right_one_is_let_in(self, desk: Desk, key: str) -> None:
        answers = [await ask(desk, "verify-key", {"key": f"wrongwrong{number:02}"}) for number in range(5)]
        assert [one.status for one in answers] == [200, 200, 200, 429, 429]
        assert {one.body for one in answers} == {b"invalid"}
        assert int(answers[-1].headers["Retry-After"]) > 0
        answers[-1].held()
        assert (await ask(desk, "verify-key", {"key": key})).body == b"valid"


# --- what is missing, rule 9 -----------------------------------------------------------------------


async def test_a_missing_field_is_named(desk: Desk, key: str) -> None:
    for missing in ("user_ip", "blog"):
        fields = {name: value for name, value in BLOG.items() if name != missing}
        answer = await ask(desk, "comment-check", {"api_key": key, **fields, "comment_content": HAM})
        assert (answer.status, answer.body) == (200, f"Missing required field: {missing}.".encode())
        assert answer.headers["X-akismet-debug-help"] == f'Empty "{missing}" value'
    assert (await ask(desk, "submit-spam", {"api_key": key})).body == b"Missing required field: user_ip."
    assert await stored(desk) == 0


async def test_nothing_to_read_is_held_and_no_fault(desk: Desk, key: str) -> None:
    answer = await ask(
        desk, "comment-check", {"api_key": key, **BLOG, "comment_type": "signup", "comment_author": "x"}
    )
    answer.succeeded(b"false")
    assert answer.headers["X-akismet-recheck-after"] == "7200"


# --- bodies, rule 10 -------------------------------------------------------------------------------


async def test_a_form_in_every_shape(desk: Desk, key: str) -> None:
    fields = {"api_key": key, **BLOG, "comment_content": "0.5 Zürich 🙂"}
    plain = urlencode(fields).encode()
    raw = plain.replace(quote("Zürich").encode(), "Zürich".encode())
    latin = urlencode(fields | {"comment_content": "0.5 Zürich"}, encoding="latin-1").encode()
    crlf = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    sent = {
        "plain": (plain, FORM), "upper": (plain, f"{FORM}; charset=UTF-8"), "raw": (raw, FORM),
        "latin": (latin, f"{FORM}; charset=ISO-8859-1"), "unknown": (plain, f"{FORM}; charset=nonsense"),
        "odd": (plain, "charset=utf-8"), "json": (json.dumps(fields | {"is_test": False}).encode(), "application/json"),
        "multipart": ((crlf + "--b--\r\n").encode(), 'multipart/form-data; boundary="b"'),
    }  # fmt: skip
    for number, (name, (data, kind)) in enumerate(sent.items()):
        data = data.replace(b"203.0.113.7", f"203.0.113.{number + 1}".encode())
        answer = await ask(desk, "comment-check", data=data, **{"Content-Type": kind})
        answer.succeeded(b"false")
        text = (await desk.store.comments.get(SITE, answer.guid)).draft.text
        assert text == ("0.5 Zürich" if name == "latin" else "0.5 Zürich 🙂"), name


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"comment_context[0]=a&comment_context[1]=b", ["a", "b"]),
        (b"comment_context%5B%5D=a&comment_context%5B%5D=b", ["a", "b"]),
        (b"comment_context=a&comment_context=b", ["a", "b"]),
        (b"comment_context=a", ["a"]),
    ],
)
def test_lists_as_clients_write_them(data: bytes, values: list[str]) -> None:
    assert read_form(data, FORM).all("comment_context") == values


async def test_bodies_that_cannot_be_read_are_held(desk: Desk, key: str) -> None:
    for data, kind in (
        (b"{", "application/json"), (b"[]", "application/json"), (b"x", "multipart/form-data"),
        (b"a=1&" * 20_000, FORM), (b"[" * 100_000, "application/json"),
    ):  # fmt: skip
        answer = await ask(desk, "comment-check", data=data, query=f"api_key={key}", **{"Content-Type": kind})
        assert answer.status == 400
        answer.held()
    answer = await ask(desk, "comment-check", data=b"x" * 600_000, query=f"api_key={key}")
    assert answer.status == 413
    answer.held()


async def test_long_comments_and_the_many_fields_of_wordpress(desk: Desk, key: str) -> None:
    fields = {f"HTTP_X_{number}": "v" * 200 for number in range(300)} | {"POST_comment": "x" * 30_000}
    content = "0.5 " + "ä" * 70_000  # more than is kept
    answer = await check(desk, key, content, **fields)
    answer.succeeded(b"false")
    kept = (await desk.store.comments.get(SITE, answer.guid)).draft.text
    assert len(kept.encode()) in {65_535, 65_536}
    assert content.startswith(kept)
    (await check(desk, key, "0.01 " + "x" * 32_000)).succeeded(b"false")


async def test_discourse_names_the_type_otherwise(desk: Desk, key: str) -> None:
    answer = await check(desk, key, DOUBTFUL, content_type="forum-post")
    draft = (await desk.store.comments.get(SITE, answer.guid)).draft
    assert draft.metadata["comment_type"] == "forum-post"


async def test_a_filled_honeypot_is_noted(desk: Desk, key: str) -> None:
    answer = await check(desk, key, DOUBTFUL, honeypot_field_name="nickname", nickname="bot")
    assert (await desk.store.comments.get(SITE, answer.guid)).draft.metadata["honeypot_filled"] is True


async def test_a_client_of_http_1_0(desk: Desk, key: str) -> None:
    data = urlencode({"api_key": key, **BLOG, "comment_content": HAM}).encode()
    reader, writer = await asyncio.open_connection(desk.client.host, desk.client.port)
    head = f"POST /1.1/comment-check HTTP/1.0\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    answer = await asyncio.wait_for(reader.read(), 10)  # to the end: the server closes
    writer.close()
    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.0 200")
    assert b"chunked" not in top.lower()
    assert body == b"false"


# --- the account -----------------------------------------------------------------------------------


async def test_accounts_are_what_the_plugin_reads(desk: Desk, key: str) -> None:
    await check(desk, key, HAM)
    spam = await check(desk, key, SPAM)
    await ask(desk, "submit-ham", {"api_key": key, **BLOG, "guid": spam.guid})
    fields = {"api_key": key, "blog": BLOG["blog"]}
    for method in ("GET", "POST"):
        usage = json.loads((await ask(desk, "usage-limit", fields, version="1.2", method=method)).body)
        assert usage == {"limit": "none", "usage": 3, "percentage": "0.00", "throttled": False}
        sites = json.loads((await ask(desk, "key-sites", fields, version="1.2", method=method)).body)
        month = desk.store.akismet.month()
        assert sites == {
            month: [{
                "site": SITE, "api_calls": "3", "spam": "1", "ham": "1", "missed_spam": "0", "false_positives": "1",
                "is_revoked": False,
            }],
            "limit": 500, "offset": 0, "total": 1,
        }  # fmt: skip
    table = await ask(desk, "key-sites", {**fields, "format": "csv"}, version="1.2")
    assert (
        table.body == b"site,api_calls,spam,ham,missed_spam,false_positives,is_revoked\ngazette,3,1,1,0,1,0\n"
    )
    past = json.loads(
        (
            await ask(
                desk, "key-sites", {**fields, "month": "2020-01", "limit": "10", "offset": "1"}, version="1.2"
            )
        ).body
    )
    assert past == {"2020-01": [], "limit": 10, "offset": 1, "total": 1}
    subscription = json.loads((await ask(desk, "get-subscription", {"key": key})).body)
    assert subscription.pop("account_id") >= 0
    assert subscription == {
        "account_type": "pro", "account_name": SITE, "status": "active", "next_billing_date": False, "limit_reached": False,
    }  # fmt: skip
    stats = json.loads((await ask(desk, "get-stats", {"key": key, "from": "all"})).body)
    assert (stats["spam"], stats["ham"], stats["false_positives"], stats["accuracy"]) == (1, 1, 1, "50.00")
    assert len(stats["breakdown"]) == 13
    (await ask(desk, "deactivate", {"key": key})).succeeded(b"deactivated")
    assert re.fullmatch(rb"[0-9a-f]{32}", (await ask(desk, "token", {"key": key})).body)


# --- nothing leaks ---------------------------------------------------------------------------------


async def test_nothing_of_a_comment_stays_when_it_is_erased(desk: Desk, key: str) -> None:
    answer = await check(
        desk, key, "0.5 a-secret-text", comment_author="A-secret-name", comment_author_email="secret@example.com",
        callback="https://news.example/wp-json/akismet/v1/webhook", permalink="https://news.example/secret-page",
    )  # fmt: skip
    assert (await desk.store.akismet.callback(SITE, answer.guid)) is not None
    everything = await _everything(desk)
    assert key.encode() not in everything, "the key is sealed"
    assert b"secret@example.com" not in everything
    await desk.store.comments.erase(SITE, answer.guid)
    left = await _everything(desk)
    for word in (b"a-secret-text", b"A-secret-name", b"secret-page"):
        assert word in everything
        assert word not in left
    assert await desk.store.akismet.callback(SITE, answer.guid) is None


async def _everything(desk: Desk) -> bytes:
    link, found = desk.store.link, []
    for name in await link.call("KEYS", "*"):
        found += [name, repr(await link.call("DUMP", name)).encode()]
        kind = await link.call("TYPE", name)
        reads: dict[bytes, tuple[Any, ...]] = {
            b"string": ("GET", name), b"hash": ("HGETALL", name), b"set": ("SMEMBERS", name),
            b"zset": ("ZRANGE", name, 0, -1), b"stream": ("XRANGE", name, "-", "+"),
        }  # fmt: skip
        found.append(
            repr(await link.call(*reads[kind if isinstance(kind, bytes) else kind.encode()])).encode()
        )
    return b"\n".join(found)


async def test_counts_of_the_month_and_events_know_no_words(desk: Desk, key: str) -> None:
    answer = await check(desk, key, "0.01 secret-words")

    async def told() -> bool:
        return bool(await desk.store.events.page(SITE, None, 10))

    await until(told)
    events = await desk.store.events.page(SITE, None, 10)
    assert [one.comment_id for one in events] == [answer.guid]
    assert "secret-words" not in repr(events)
