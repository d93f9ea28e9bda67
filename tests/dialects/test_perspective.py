"""Perspective's AnalyzeComment as its clients speak it: every documented answer and error, and the quirks of Coral's client."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from model.classifier import Document, Verdict
from moderation.domain.comment import Draft, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Policy
from moderation.metrics import Metrics
from moderation.scoring import Scoring
from moderation.settings import Settings
from moderation.store import EVERY_SITE, Role, Store
from moderation.web import routes
from moderation.web.dialects import likelihood as likelihood_cache
from moderation.web.dialects.perspective import MAX_BODY_BYTES, MAX_TEXT_BYTES, sentences
from moderation.worker.judge import Judge
from moderation.worker.loop import Worker, contexts_of
from tests.support.invariants import picture, problems
from tests.support.proxy import CuttingProxy
from tests.support.service import Service, command
from tests.worker.test_worker import Always, Scripted, until

SITE = "gazette"
ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
DISCOVERY = "/$discovery/rest"
SPAM: dict[str, Any] = {"SPAM": {}}


class Both(Scripted):
    """A model with both heads: ``0.3 hello`` scores 0.3 for spam and 0.7 for toxicity; what begins otherwise 0.5."""

    attributes = ("spam", "toxicity")  # type: ignore[assignment]

    def score(self, documents: Sequence[Document], *, reasons: bool = True) -> list[Verdict]:
        del reasons
        self.batches.append(len(documents))
        found = [_number(document.text) for document in documents]
        return [Verdict({"spam": score, "toxicity": 1 - score}, ()) for score in found]


def _number(text: str) -> float:
    try:
        return float(text.split()[0])
    except ValueError:
        return 0.5


@dataclass
class Perspective:
    """A running service as a client of Perspective sees it."""

    store: Store
    client: TestClient[web.Request, web.Application]
    key: str
    model: Always

    async def raw(
        self, method: str, path: str, data: Any = None, **headers: str
    ) -> tuple[int, Any, dict[str, str]]:
        """A call as it is: status, JSON, headers."""
        async with self.client.request(method, path, data=data, headers=headers) as answer:
            text = await answer.text()
            found = json.loads(text) if "json" in answer.content_type and text else text
            return answer.status, found, dict(answer.headers)

    async def call(self, body: Any, path: str = ANALYZE) -> tuple[int, Any]:
        """A call with the site's key in the query, as all clients send it."""
        headers = {"Content-Type": "application/json"}
        status, found, _ = await self.raw(
            "POST", f"{path}?key={self.key}", json.dumps(body).encode(), **headers
        )
        return status, found

    async def analyze(self, text: str, asked: Any = None, **more: Any) -> Any:
        """The answer to a text that is scored."""
        status, found = await self.call(
            {"comment": {"text": text}, "requestedAttributes": asked or SPAM, **more}
        )
        assert status == 200, found
        return found

    async def fault(self, body: Any, path: str = ANALYZE) -> tuple[int, str, str, str | None]:
        """Code, message, status and errorType of the error that a body meets."""
        status, found = await self.call(body, path)
        error = found["error"]
        assert status == error["code"]
        details = error.get("details", [{}])
        assert len(details) == 1
        return status, error["message"], error["status"], details[0].get("errorType")

    async def suggest(self, text: str, value: float, name: str = "TOXICITY", **more: Any) -> Any:
        """The answer to a suggested score."""
        scores = {name: {"summaryScore": {"value": value}}}
        status, found = await self.call(
            {"comment": {"text": text}, "attributeScores": scores, **more}, SUGGEST
        )
        assert status == 200, found
        return found

    async def files(self) -> None:
        """The site files what it has scored."""
        await self.store.sites.set_policy(SITE, Policy(perspective_files=True), "ed")

    async def comments(self) -> list[Any]:
        """All comments of the site, once all are judged."""

        async def judged() -> bool:
            return await self.store.inboxes("x")[0].waiting() == 0

        await until(judged)
        found = await self.store.link.call("KEYS", f"*:s:{SITE}:c:*")
        ids = sorted(key.decode().partition(":c:")[2] for key in found)
        return [await self.store.comments.get(SITE, one) for one in ids]


async def built(store: Store, model: Always, **settings: Any) -> tuple[web.Application, Scoring]:
    """The application with a scoring of its own."""
    scoring = Scoring(model)
    scoring.start()
    chosen = Settings(body_timeout=0.5, **settings)
    return routes.build(store, chosen, Metrics(), lambda: model.current is not None, scoring), scoring


Servers = Callable[..., Awaitable[TestServer]]
Clients = Callable[..., Awaitable[TestClient[web.Request, web.Application]]]


@pytest.fixture
async def api(store: Store, aiohttp_server: Servers, aiohttp_client: Clients) -> AsyncIterator[Perspective]:
    """The real application on the real store, with a worker; the model reads the score from the text."""
    metrics = Metrics()
    await store.feed.start()
    judge = Judge(Always(Scripted()), functools.partial(contexts_of, store), metrics.worker)
    worker = Worker(store.inboxes("w")[0], judge, metrics.worker, batch_size=100, lease_seconds=10)
    task = asyncio.create_task(worker.run())
    model = Always(Both())
    app, scoring = await built(store, model)
    server = await aiohttp_server(app, auto_decompress=False)
    key = (await store.keyring.add(SITE, Role.SITE, "site")).key
    yield Perspective(store, await aiohttp_client(server), key, model)
    worker.stop()
    await task
    judge.close()
    await scoring.close()
    await store.feed.close()


# --- analyze: what is answered -----------------------------------------------------------------------


async def test_the_answer_as_documented(api: Perspective) -> None:
    body = {
        "comment": {"text": "0.25 hello", "type": "PLAIN_TEXT"},
        "context": {"entries": [{"text": "before", "type": "PLAIN_TEXT"}]},
        "requestedAttributes": {"SPAM": {"scoreType": "PROBABILITY", "scoreThreshold": 0.0}, "TOXICITY": {}},
        "spanAnnotations": False,
        "languages": ["en"],
        "doNotStore": True,
        "clientToken": "x",
        "sessionId": "y",
        "communityId": "z",
    }
    headers = {"Content-Type": "application/json"}
    status, found, sent = await api.raw(
        "POST", f"{ANALYZE}?key={api.key}", json.dumps(body).encode(), **headers
    )
    assert (status, sent["Content-Type"]) == (200, "application/json; charset=UTF-8")

    def whole(value: float) -> dict[str, Any]:
        score = {"value": value, "type": "PROBABILITY"}
        return {"spanScores": [{"begin": 0, "end": 10, "score": score}], "summaryScore": score}

    assert found == {
        "attributeScores": {"SPAM": whole(0.25), "TOXICITY": whole(0.75)},
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "x",
    }


async def test_both_spellings_of_a_field_are_taken(api: Perspective) -> None:
    body = {
        "comment": {"text": "0.25"},
        "requested_attributes": {"SPAM": {"score_threshold": 0.5}, "TOXICITY": {"score_type": "PROBABILITY"}},
        "do_not_store": True,
        "client_token": "t",
    }
    status, found = await api.call(body)
    assert (status, list(found["attributeScores"]), found["clientToken"]) == (200, ["TOXICITY"], "t")


async def test_names_are_echoed_as_they_were_asked(api: Perspective) -> None:
    found = await api.analyze("0.25", {"SPAM@6": {}, "SPAM": {}, "TOXICITY@12": {}})
    scores = {name: one["summaryScore"]["value"] for name, one in found["attributeScores"].items()}
    assert scores == {"SPAM@6": 0.25, "SPAM": 0.25, "TOXICITY@12": 0.75}


@pytest.mark.parametrize(
    ("threshold", "there"), [(0.24, True), (0.25, True), (0.26, False), (0, True), (1, False)]
)
async def test_an_attribute_below_its_threshold_is_left_out(
    api: Perspective, threshold: float, there: bool
) -> None:
    found = await api.analyze("0.25", {"SPAM": {"scoreThreshold": threshold}})
    assert ("SPAM" in found["attributeScores"]) is there


async def test_a_span_for_each_sentence_together_the_whole_text(api: Perspective) -> None:
    text = '0.1 One 😀𝒳 here. 0.9 "Two?" 0.3 three 3.5 times!!\n\n0.4 four。0.6 five'
    found = await api.analyze(text, {"SPAM": {}, "TOXICITY": {}}, spanAnnotations=True)
    spans = found["attributeScores"]["SPAM"]["spanScores"]
    parts = [text[one["begin"] : one["end"]] for one in spans]
    assert parts == [
        "0.1 One 😀𝒳 here. ",
        '0.9 "Two?" ',
        "0.3 three 3.5 times!!\n\n",
        "0.4 four。",
        "0.6 five",
    ]
    assert [one["score"]["value"] for one in spans] == [0.1, 0.9, 0.3, 0.4, 0.6]
    assert found["attributeScores"]["SPAM"]["summaryScore"]["value"] == 0.1
    assert [one["end"] for one in found["attributeScores"]["TOXICITY"]["spanScores"]] == [
        one["end"] for one in spans
    ]


@pytest.mark.parametrize(
    "text", ["." * 20_000, ".'" * 10_000, "\n" * 19_999 + "x", "a. " * 6_800, "。" * 6_000]
)
async def test_spans_are_bounded_and_leave_nothing_out(api: Perspective, text: str) -> None:
    found = await api.analyze(f"0.25 {text}", spanAnnotations=True)
    spans = found["attributeScores"]["SPAM"]["spanScores"]
    assert len(spans) <= 501
    assert (spans[0]["begin"], spans[-1]["end"]) == (0, len(text) + 5)
    assert all(one["end"] == other["begin"] for one, other in zip(spans, spans[1:], strict=False))


@pytest.mark.parametrize("piece", [".", "!?", ".'", ".))", "\n", " \n", "a.", "。"])
def test_no_text_makes_the_search_for_sentences_slow(piece: str) -> None:
    # What grew with the square of the length would take hours here, and end by the time limit of every test.
    text = piece * 500_000 + "x"
    assert sentences(text)[-1][1] == len(text)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (None, ["und"]),
        ([], ["und"]),
        (["und"], ["und"]),
        (["pt", "en"], ["pt", "en"]),
        (["zh-Hant"], ["zh-Hant"]),
    ],
)
async def test_no_language_makes_a_request_fail(api: Perspective, sent: Any, told: list[str]) -> None:
    found = await api.analyze("0.25 ok", languages=sent)
    assert (found["languages"], found["detectedLanguages"]) == (told, told)


async def test_texts_at_the_limit(api: Perspective) -> None:
    text = "0.25 " + "é" * ((MAX_TEXT_BYTES - 5) // 2) + "x"
    assert len(text.encode()) == MAX_TEXT_BYTES
    assert (await api.analyze(text))["attributeScores"]["SPAM"]["summaryScore"]["value"] == 0.25
    fault = await api.fault({"comment": {"text": text + "x"}, "requestedAttributes": SPAM})
    assert fault == (400, "Comment text too long.", "INVALID_ARGUMENT", "COMMENT_TOO_LONG")


async def test_many_at_once_are_scored_together_and_each_gets_its_own(api: Perspective) -> None:
    texts = [f"0.{number} text" for number in range(100, 300)]
    found = await asyncio.gather(*(api.analyze(text) for text in texts))
    values = [one["attributeScores"]["SPAM"]["summaryScore"]["value"] for one in found]
    assert values == [float(text.split()[0]) for text in texts]
    batches = api.model.current.batches
    assert sum(batches) == 200
    assert len(batches) < 200, "nothing was scored together"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=x"]
)
async def test_the_content_type_does_not_matter(api: Perspective, kind: str) -> None:
    body = json.dumps({"comment": {"text": "0.25"}, "requestedAttributes": SPAM}).encode()
    status, _, _ = await api.raw("POST", f"{ANALYZE}?key={api.key}", body, **{"Content-Type": kind})
    assert status == 200


# --- analyze: what is refused ------------------------------------------------------------------------

BAD: dict[str, tuple[Any, Any, str, str]] = {
    "empty": ({"text": ""}, SPAM, "Comment must be non-empty.", "COMMENT_EMPTY"),
    "blank": ({"text": " \n"}, SPAM, "Comment must be non-empty.", "COMMENT_EMPTY"),
    "no text": ({}, SPAM, "Comment must be non-empty.", "COMMENT_EMPTY"),
    "no comment": (None, SPAM, "Comment must be non-empty.", "COMMENT_EMPTY"),
    "too long": ({"text": "x" * 20_481}, SPAM, "Comment text too long.", "COMMENT_TOO_LONG"),
    "html": ({"text": "x", "type": "HTML"}, SPAM, "Currently, only 'PLAIN_TEXT' comments are supported", "INVALID_REQUEST"),
    "nothing asked": ({"text": "x"}, None, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES"),
    "none asked": ({"text": "x"}, {}, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES"),
    "unknown": ({"text": "x"}, {"SPAM": {}, "INSULT": {}}, "Unknown requested attribute: INSULT", "INVALID_REQUEST"),
    "unknown version": ({"text": "x"}, {"SPAM@": {}}, "Unknown requested attribute: SPAM@", "INVALID_REQUEST"),
    "case": ({"text": "x"}, {"spam": {}}, "Unknown requested attribute: spam", "INVALID_REQUEST"),
    "score type": (
        {"text": "x"}, {"SPAM@6": {"scoreType": "RAW"}},
        "Requested score type RAW is not supported by attribute SPAM", "INVALID_REQUEST",
    ),
    "unknown field": (
        {"text": "x", "lang": "en"}, SPAM,
        'Invalid JSON payload received. Unknown name "comment.lang": Cannot find field.', "INVALID_REQUEST",
    ),
    "wrong type": ({"text": 5}, SPAM, 'Invalid value at "comment.text": Input should be a valid string.', "INVALID_REQUEST"),
    "nul": ({"text": "a\0b"}, SPAM, 'Invalid value at "comment.text": remove the NUL character.', "INVALID_REQUEST"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
async def test_documented_errors(api: Perspective, name: str) -> None:
    comment, asked, message, kind = BAD[name]
    found = await api.fault({"comment": comment, "requestedAttributes": asked})
    assert found == (400, message, "INVALID_ARGUMENT", kind)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b'{comment: {text: "x"}}', b"\xff", b"[]", b'"x"', b"null", b"[" * 100_000,
        b'{"comment":{"text":"\\ud800"},"requestedAttributes":{"SPAM":{}}}',
        b'{"comment":{"text":"x"},"requestedAttributes":{"SPAM":{"scoreThreshold":NaN}}}',
        b'{"comment":{"text":"x"},"requestedAttributes":{"SPAM":[]}}',
        b'{"comment":{"text":"x"},"requestedAttributes":{"SPAM":{}},"languages":["not a language"]}',
        b'{"comment":{"text":"x"},"requestedAttributes":{"SPAM":{}},"doNotStore":"false"}',
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_a_bad_request_in_googles_form(api: Perspective, data: bytes) -> None:
    for path in (ANALYZE, SUGGEST):
        status, found, sent = await api.raw("POST", f"{path}?key={api.key}", data)
        assert (status, found["error"]["status"]) == (400, "INVALID_ARGUMENT"), (data, found)
        assert sent["Content-Type"] == "application/json; charset=UTF-8"


async def test_a_huge_body_is_refused_as_too_long(api: Perspective) -> None:
    body = {"comment": {"text": "x" * MAX_BODY_BYTES}, "requestedAttributes": SPAM}
    status, message, _, kind = await api.fault(body)
    assert (status, kind) == (400, "COMMENT_TOO_LONG")
    assert str(MAX_BODY_BYTES) in message


async def test_an_encoded_body_and_one_that_does_not_come(api: Perspective) -> None:
    body = json.dumps({"comment": {"text": "0.25"}, "requestedAttributes": SPAM}).encode()
    status, found, _ = await api.raw("POST", f"{ANALYZE}?key={api.key}", body, **{"Content-Encoding": "br"})
    assert (status, found["error"]["status"]) == (415, "INVALID_ARGUMENT")

    async def dripping() -> AsyncIterator[bytes]:
        yield body[:10]
        await asyncio.sleep(30)

    status, found, _ = await api.raw("POST", f"{ANALYZE}?key={api.key}", dripping())
    assert (status, found["error"]["status"]) == (408, "DEADLINE_EXCEEDED")


async def test_other_methods(api: Perspective) -> None:
    for path in (ANALYZE, SUGGEST):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            status, _, sent = await api.raw(method, f"{path}?key={api.key}")
            assert (status, sent["Allow"]) == (405, "POST")


async def test_without_a_model_nothing_is_scored(api: Perspective) -> None:
    api.model.current = None
    body = {"comment": {"text": "0.25"}, "requestedAttributes": SPAM}
    status, found, sent = await api.raw("POST", f"{ANALYZE}?key={api.key}", json.dumps(body).encode())
    assert (status, found["error"]["status"]) == (503, "UNAVAILABLE")
    assert int(sent["Retry-After"]) > 0


async def test_a_head_that_the_model_lacks_is_unknown(api: Perspective) -> None:
    api.model.current = Scripted()
    assert (await api.analyze("0.25"))["attributeScores"]["SPAM"]
    body = {"comment": {"text": "0.25"}, "requestedAttributes": {"TOXICITY": {}}}
    assert (await api.fault(body))[1] == "Unknown requested attribute: TOXICITY"


async def test_a_store_that_is_down_is_told_in_googles_form(
    cut_store: tuple[Store, CuttingProxy], aiohttp_client: Clients
) -> None:
    store, proxy = cut_store
    key = (await store.keyring.add(SITE, Role.SITE, "site")).key
    app, scoring = await built(store, Always(Both()))
    api = Perspective(store, await aiohttp_client(app), key, Always(None))
    await proxy.__aexit__()
    proxy.path.unlink(missing_ok=True)
    body = json.dumps({"comment": {"text": "0.25"}, "requestedAttributes": SPAM}).encode()
    status, found, sent = await api.raw("POST", f"{ANALYZE}?key={key}", body)
    assert (status, found["error"]["status"]) == (503, "UNAVAILABLE")
    assert int(sent["Retry-After"]) > 0
    await scoring.close()


# --- keys --------------------------------------------------------------------------------------------


async def test_where_the_key_may_stand(api: Perspective) -> None:
    body = json.dumps({"comment": {"text": "0.25"}, "requestedAttributes": SPAM}).encode()
    ways: list[tuple[str, dict[str, str]]] = [
        (f"?key={api.key}", {}),
        (f"?key=%20{api.key}%20", {}),
        ("", {"X-Goog-Api-Key": api.key}),
        ("", {"Authorization": f"Bearer {api.key}"}),
        (f"?alt=json&prettyPrint=false&key={api.key}&quotaUser=u", {}),
    ]
    for query, headers in ways:
        status, found, _ = await api.raw("POST", ANALYZE + query, body, **headers)
        assert status == 200, (query, headers, found)


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
async def test_who_may_call(api: Perspective, path: str) -> None:
    ring = api.store.keyring
    await api.store.sites.add("other")
    revoked = await ring.add(SITE, Role.SITE, "gone")
    await ring.revoke(revoked.id)
    cells: dict[str, tuple[str, int, str]] = {
        "site": (api.key, 200, ""),
        "akismet": (await ring.add_akismet(SITE), 200, ""),
        "akismet unknown": ("0123456789ab", 400, "INVALID_ARGUMENT"),
        "admin": ((await ring.add(SITE, Role.ADMIN, "a")).key, 200, ""),
        "reader": ((await ring.add(SITE, Role.READER, "r")).key, 403, "PERMISSION_DENIED"),
        "moderator": ((await ring.add(SITE, Role.MODERATOR, "m")).key, 403, "PERMISSION_DENIED"),
        "admin of two": ((await ring.add((SITE, "other"), Role.ADMIN, "a")).key, 403, "PERMISSION_DENIED"),
        "admin of all": ((await ring.add(EVERY_SITE, Role.ADMIN, "a")).key, 403, "PERMISSION_DENIED"),
        "none": ("", 403, "PERMISSION_DENIED"),
        "unknown": (api.key[:-1] + ("0" if api.key[-1] != "0" else "1"), 400, "INVALID_ARGUMENT"),
        "revoked": (revoked.key, 400, "INVALID_ARGUMENT"),
        "no ascii": ("clé", 400, "INVALID_ARGUMENT"),
        "long": ("x" * 4_000, 400, "INVALID_ARGUMENT"),
    }
    scores = {"SPAM": {"summaryScore": {"value": 1}}}
    body = {"comment": {"text": "0.25"}} | (
        {"requestedAttributes": SPAM} if path == ANALYZE else {"attributeScores": scores}
    )
    for who, (key, wanted, told) in cells.items():
        status, found = await replace(api, key=key).call(body, path)
        assert status == wanted, (who, found)
        assert not told or found["error"]["status"] == told, who
        if wanted == 400:
            assert found["error"]["message"] == "API key not valid. Please pass a valid API key."


async def test_each_key_speaks_for_its_own_site(api: Perspective) -> None:
    await api.store.sites.add("other")
    other = replace(api, key=(await api.store.keyring.add("other", Role.SITE, "site")).key)
    await api.suggest("0.5 a text that both sites have", 1)
    await api.comments()  # it is scored after it was decided
    before = await picture(api.store, SITE)
    await other.suggest("0.5 a text that both sites have", 0)
    assert await picture(api.store, SITE) == before


async def test_wrong_keys_are_slowed_and_a_good_one_is_let_in(api: Perspective) -> None:
    body = {"comment": {"text": "0.25"}, "requestedAttributes": SPAM}
    found = [await replace(api, key=f"wrong-{number}").call(body) for number in range(62)]
    assert [status for status, _ in found] == [400] * 60 + [429] * 2
    assert found[-1][1]["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert (await api.call(body))[0] == 200


# --- what is kept ------------------------------------------------------------------------------------


async def everything(store: Store) -> tuple[Any, ...]:
    """The site as it stands, and how many keys there are."""
    return await picture(store, SITE), await store.link.call("DBSIZE")


async def test_scored_only_is_the_default_and_keeps_nothing(api: Perspective) -> None:
    await api.analyze("0.25 warm up")
    before = await everything(api.store)
    await api.analyze("0.25 hello", clientToken="t", communityId="c")
    assert await everything(api.store) == before


async def test_do_not_store_is_honoured_though_the_site_files(
    api: Perspective, caplog: pytest.LogCaptureFixture
) -> None:
    await api.files()
    await api.analyze("0.25 warm up", doNotStore=True)
    before = await everything(api.store)
    caplog.set_level(logging.DEBUG)
    marks = ("xyzzyplugh", "tokenmark", "communitymark", "sessionmark", "contextmark")
    await api.analyze(
        f"0.25 {marks[0]}",
        doNotStore=True,
        clientToken=marks[1],
        communityId=marks[2],
        sessionId=marks[3],
        context={"entries": [{"text": marks[4]}]},
        spanAnnotations=True,
    )
    await api.fault(
        {"comment": {"text": marks[0]}, "requestedAttributes": {"INSULT": {}}, "doNotStore": True}
    )
    assert await everything(api.store) == before
    shown = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    async with api.client.get("/metrics") as answer:
        shown += await answer.text()
    assert not [mark for mark in (*marks, api.key) if mark in shown]


async def test_the_same_text_twice_is_one_comment(api: Perspective) -> None:
    # Coral sends a text that was over the threshold again when its writer insists.
    await api.files()
    coral = {"doNotStore": False, "languages": ["en"]}
    first = await api.analyze("0.5 you would say so", {"TOXICITY": {}}, **coral)
    assert await api.analyze("0.5 you would say so", {"TOXICITY": {}}, **coral) == first
    (comment,) = await api.comments()
    assert (comment.draft.text, comment.status, comment.draft.lang) == (
        "0.5 you would say so",
        Status.PENDING,
        "en",
    )
    assert await problems(api.store, SITE) == []


async def test_another_token_is_another_comment(api: Perspective) -> None:
    await api.files()
    for token in ("comment:1", "comment:2", "comment:2"):
        await api.analyze("0.5 agreed", clientToken=token)
    found = await api.comments()
    assert sorted(one.draft.metadata["client_token"] for one in found) == ["comment:1", "comment:2"]


async def test_a_comment_that_was_changed_since_is_scored_all_the_same(api: Perspective) -> None:
    await api.files()
    await api.analyze("0.5 first")
    (comment,) = await api.comments()
    await api.store.comments.edit(SITE, comment.id, "0.4 second", "op")
    await api.store.comments.edit(SITE, comment.id, "0.4 third", "op2")
    await api.analyze("0.5 first")
    assert [one.draft.text for one in await api.comments()] == ["0.4 third"]


# --- suggestscore ------------------------------------------------------------------------------------


async def posted(api: Perspective, comment_id: str, text: str) -> None:
    await api.store.comments.accept(SITE, Draft(comment_id, text))
    await api.comments()


async def decision_of(api: Perspective, comment_id: str) -> tuple[str, str, str | None]:
    found = await api.store.comments.get(SITE, comment_id)
    assert found.decision is not None
    return found.status.value, found.decision["by"], found.decision.get("reason")


async def test_corals_feedback_decides_the_comment_that_its_token_names(api: Perspective) -> None:
    await posted(api, "6c0e", "0.5 you there")
    context = {
        "entries": [{"text": json.dumps({"url": "https://news.example/a", "Coral_comment_id": "6c0e"})}]
    }
    coral: dict[str, Any] = {
        "context": context,
        "languages": ["en"],
        "communityId": "Coral:https://news.example",
    }
    found = await api.suggest("0.5 you there", 1, clientToken="comment:6c0e", **coral)
    assert found["clientToken"] == "comment:6c0e"
    assert await decision_of(api, "6c0e") == ("rejected", "perspective", "abusive")
    await api.suggest("0.5 you there", 0, clientToken="comment:6c0e", **coral)
    assert await decision_of(api, "6c0e") == ("approved", "perspective", None)
    assert len(await api.comments()) == 1
    assert await problems(api.store, SITE) == []


async def test_a_suggestion_finds_what_coral_filed_without_token_and_community(api: Perspective) -> None:
    await api.files()
    await api.analyze("0.5 ok", {"TOXICITY": {}})  # too short to be remembered by its fingerprint
    await api.suggest("0.5 ok", 1, clientToken="comment:9", communityId="Coral:https://news.example")
    (comment,) = await api.comments()
    assert comment.status == Status.REJECTED


async def test_a_suggestion_finds_a_comment_of_the_site_by_its_text(api: Perspective) -> None:
    await posted(api, "native", "0.5 a longer text that is remembered")
    await api.suggest("0.5 a longer text, that is remembered!", 1, "SPAM", clientToken="comment:unknown")
    assert await decision_of(api, "native") == ("rejected", "perspective", "spam")
    assert len(await api.comments()) == 1


async def test_a_token_that_names_another_text_decides_nothing_of_it(api: Perspective) -> None:
    await posted(api, "1", "0.5 the weather was never better than on that day in June")
    await api.suggest("0.5 buy cheap watches", 1, "SPAM", clientToken="1")
    one, other = sorted(await api.comments(), key=lambda comment: len(comment.id))
    assert (one.id, one.status) == ("1", Status.PENDING)
    assert (other.draft.text, other.status) == ("0.5 buy cheap watches", Status.REJECTED)


async def test_an_unknown_text_is_filed_and_decided_once(api: Perspective) -> None:
    for _ in range(2):
        await api.suggest("0.5 never seen", 1, "THREAT", clientToken="t")
    (comment,) = await api.comments()
    assert await decision_of(api, comment.id) == ("rejected", "perspective", "harassment")
    decided = [one for one in comment.history if one.get("by") == "perspective"]
    assert len(decided) == 1, comment.history


async def test_a_colleagues_decision_is_overruled_on_the_record(api: Perspective) -> None:
    await posted(api, "c", "0.5 text")
    ann = Decision(Status.APPROVED, By.MODERATOR, name="ann")
    await api.store.comments.decide(SITE, "c", ann, override=False, op="o")
    await api.suggest("0.5 text", 1, "SPAM@6", clientToken="c")
    assert await decision_of(api, "c") == ("rejected", "perspective", "spam")
    assert "ann" in json.dumps((await api.store.comments.get(SITE, "c")).history)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (None, "Missing attribute_scores"),
        ({}, "Missing attribute_scores"),
        ({"SPAM": {}}, "Missing attribute_scores"),
        ({"SPAM": {"summaryScore": {}}}, "Missing attribute_scores"),
        ({"SPAM": {"summaryScore": {"value": 1.5}}}, "less than or equal to 1"),
        ({"SPAM": {"summaryScore": {"value": -1}}}, "greater than or equal to 0"),
    ],
)
async def test_suggestions_that_say_nothing(api: Perspective, scores: Any, message: str) -> None:
    body = {"comment": {"text": "0.5"}, "attributeScores": scores}
    found = await api.fault(body, SUGGEST)
    assert message in found[1]
    assert found[2:] == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert await api.comments() == []


# --- LIKELY_TO_REJECT --------------------------------------------------------------------------------


async def decided(api: Perspective, number: int) -> None:
    """So many comments with scores over the whole range, of which moderators rejected the upper half, and one low one in ten."""
    drafts = [Draft(f"d{index}", f"{(index % 20) / 20 + 0.01:.3f} text {index}") for index in range(number)]
    await api.store.comments.accept_many(SITE, drafts)
    await api.comments()
    rows = []
    for index, draft in enumerate(drafts):
        bad = index % 20 >= 10 or index % 200 < 1
        status = Status.REJECTED if bad else Status.APPROVED
        rows.append((draft.id, Decision(status, By.MODERATOR, name="ann"), True))
    await api.store.comments.decide_many(SITE, rows, "op")


async def test_likely_to_reject_rests_on_the_sites_own_decisions(
    api: Perspective, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(likelihood_cache, "SECONDS", 0.0)
    asked: dict[str, Any] = {"LIKELY_TO_REJECT@2": {}, "SPAM": {}}
    await decided(api, 199)
    _, message, status, kind = await api.fault({"comment": {"text": "0.5"}, "requestedAttributes": asked})
    assert message.startswith("Unknown requested attribute: LIKELY_TO_REJECT")
    assert (status, kind) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    await decided(api, 400)
    values = []
    for step in range(21):
        found = await api.analyze(f"{step / 20:.2f}", asked)
        values.append(found["attributeScores"]["LIKELY_TO_REJECT@2"]["summaryScore"]["value"])
    assert values == sorted(values), "a higher score is never less likely rejected"
    assert 0.0 < values[0] < 0.3
    assert 0.7 < values[-1] < 1.0


async def test_what_the_decisions_say_is_looked_up_once_a_minute(
    api: Perspective, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    monkeypatch.setattr(likelihood_cache, "time", SimpleNamespace(monotonic=lambda: now[0]))
    body = {"comment": {"text": "0.5"}, "requestedAttributes": {"LIKELY_TO_REJECT": {}}}
    assert (await api.call(body))[0] == 400
    await decided(api, 200)
    assert (await api.call(body))[0] == 400
    now[0] += likelihood_cache.SECONDS
    answers = await asyncio.gather(*(api.call(body) for _ in range(20)))
    assert {status for status, _ in answers} == {200}


# --- real clients ------------------------------------------------------------------------------------


async def test_the_discovery_document_names_where_it_was_asked(api: Perspective) -> None:
    status, found, _ = await api.raw("GET", f"{DISCOVERY}?version=v1alpha1", Host="mod.example.org")
    assert (status, found["rootUrl"]) == (200, "http://mod.example.org/")
    headers = {"Host": "mod.example.org", "X-Forwarded-Proto": "https"}
    _, found, _ = await api.raw("GET", f"{DISCOVERY}?version=v1alpha1", **headers)
    assert found["rootUrl"] == "https://mod.example.org/"
    _, found, _ = await api.raw("GET", DISCOVERY, **{"X-Forwarded-Proto": "javascript"})
    assert found["rootUrl"].startswith("http://127.0.0.1")
    assert (await api.raw("HEAD", DISCOVERY))[0] == 200
    status, found, _ = await api.raw("GET", f"{DISCOVERY}?version=v1")
    assert (status, found["error"]["status"]) == (404, "NOT_FOUND")


async def test_every_reference_of_the_discovery_document_is_there(api: Perspective) -> None:
    _, found, _ = await api.raw("GET", DISCOVERY)
    named: set[str] = set()

    def walk(value: Any) -> None:
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            if name == "$ref":
                named.add(one)
            elif isinstance(one, dict | list):
                walk(one)

    walk(found)
    assert named <= found["schemas"].keys()
    assert {"AnalyzeCommentRequest", "SuggestCommentScoreResponse", "ArticleAndParentComment"} <= named


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[tuple[Service, dict[str, str]]]:
    """`moderation serve` as it is run, with the shipped model, and the keys of its site."""
    one = Service("serve", "--data-dir", str(tmp_path), "--port", "0")
    await one.start()
    try:
        status, out, err = await command("site", "add", SITE, "--data-dir", str(tmp_path))
        assert status == 0, err
        yield one, json.loads(out)
    finally:
        await one.stop()


async def test_googles_own_client_from_our_discovery_document(
    service: tuple[Service, dict[str, str]],
) -> None:
    one, keys = service
    found = await asyncio.to_thread(_with_googles_client, one.url, keys["site_key"])
    scores, refused, suggested, unknown_key = found
    assert 0.9 < scores["attributeScores"]["SPAM"]["summaryScore"]["value"] <= 1
    assert 0 <= scores["attributeScores"]["TOXICITY"]["summaryScore"]["value"] <= 1
    assert [one["begin"] for one in scores["attributeScores"]["SPAM"]["spanScores"]] == [0, 31]
    assert scores["clientToken"] == "t-1"
    assert refused == (400, "Unknown requested attribute: INSULT")
    assert suggested["clientToken"] == "comment:1"
    assert unknown_key == (400, "API key not valid. Please pass a valid API key.")
    headers = {"Authorization": f"Bearer {keys['moderator_key']}"}
    async with aiohttp.ClientSession(one.url, headers=headers) as session:
        async with session.get(f"/v1/sites/{SITE}/queues/rejected") as answer:
            (item,) = (await answer.json())["items"]
    assert item["decision"]["by"] == "perspective"


def _with_googles_client(url: str, key: str) -> tuple[Any, ...]:
    from googleapiclient import discovery
    from googleapiclient.errors import HttpError

    def client(developer_key: str) -> Any:
        # As Perspective's documentation has it, with another URL.
        return discovery.build(
            "commentanalyzer",
            "v1alpha1",
            developerKey=developer_key,
            discoveryServiceUrl=f"{url}/$discovery/rest?version=v1alpha1",
            static_discovery=False,
        )

    def refusal(request: Any) -> tuple[int, str]:
        with pytest.raises(HttpError) as refused:
            request.execute()
        return refused.value.status_code, refused.value.reason

    text = "Buy cheap viagra pills online!\nClick http://pills.example/buy now, casino bonus 100% free money"
    asked = {"comment": {"text": text}, "requestedAttributes": {"SPAM": {}, "TOXICITY": {}}}
    unknown = {"comment": {"text": text}, "requestedAttributes": {"INSULT": {}}}
    suggestion = {"comment": {"text": text}, "attributeScores": {"SPAM": {"summaryScore": {"value": 1}}}}
    with client(key) as ours, client("wrong") as stranger:
        comments = ours.comments()
        return (
            comments.analyze(body={**asked, "spanAnnotations": True, "clientToken": "t-1"}).execute(),
            refusal(comments.analyze(body=unknown)),
            comments.suggestscore(body={**suggestion, "clientToken": "comment:1"}).execute(),
            refusal(stranger.comments().analyze(body=asked)),
        )


async def test_corals_client_as_it_calls(service: tuple[Service, dict[str, str]]) -> None:
    """Coral's requests as its source makes them: a trimmed key in the query, its headers, 800 ms, no redirects."""
    one, keys = service
    agent = {"Content-Type": "application/json", "User-Agent": "Coral Perspective/9.0.0"}
    timeout = aiohttp.ClientTimeout(
        total=20
    )  # a slow machine is no defect; bench.verdict_perspective holds the 800 ms
    async with aiohttp.ClientSession(one.url, headers=agent, timeout=timeout) as session:
        body = {
            "comment": {"text": "You are a stupid idiot and everybody hates you"},
            "doNotStore": True,
            "requestedAttributes": {"TOXICITY": {}},
            "languages": ["en"],
        }
        answers = []
        for _ in range(2):
            url = f"{ANALYZE}?key={keys['site_key']}"
            async with session.post(url, json=body, allow_redirects=False) as answer:
                assert answer.status == 200
                answers.append(await answer.json())
        assert answers[0] == answers[1]
        assert answers[0]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.8
        async with session.post(f"{ANALYZE}?key=wrong", json=body, allow_redirects=False) as answer:
            assert not 200 <= answer.status < 300, "Coral takes every 2xx for a score"
