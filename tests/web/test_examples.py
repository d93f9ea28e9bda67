"""The documentation's examples hold: each is what its model admits, nothing is left out, and each request is let through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from moderation.store import Role
from moderation.web.routes import ACROSS, ROUTES, Route
from tests.web.conftest import Desk

EVERY: list[Route[Any]] = [*ROUTES, *ACROSS]


def named(route: Route[Any]) -> str:
    return f"{route.method} {route.path}"


def unknown(model: type[BaseModel], value: Any) -> Any:
    """What of a value the model did not take as it is."""
    taken = model.model_validate(value).model_dump(mode="json", exclude_unset=True)
    return None if taken == value else (taken, value)


@pytest.mark.parametrize("route", EVERY, ids=named)
def test_an_example_of_every_answer_is_what_the_answer_may_be(route: Route[Any]) -> None:
    with_body = {status: model for status, model in route.answers.items() if model is not None}
    assert route.shows.keys() == with_body.keys(), "an example for each answer, and for no other"
    for status, model in with_body.items():
        assert unknown(model, json.loads(json.dumps(route.shows[status]))) is None


@pytest.mark.parametrize("route", [one for one in EVERY if one.body is not None], ids=named)
def test_an_example_of_every_body_is_what_the_call_takes(route: Route[Any]) -> None:
    assert route.example is not None
    assert route.body is not None
    kind: Any = list[route.body] if isinstance(route.example, list) else route.body  # type: ignore[name-defined]
    TypeAdapter(kind).validate_json(json.dumps(route.example))


@pytest.mark.parametrize("route", EVERY, ids=named)
async def test_every_example_request_is_let_through(desk: Desk, route: Route[Any]) -> None:
    """The documentation's own request, sent as it stands there: whatever is not there, nothing is wrong with it."""
    await desk.store.keyring.add("*", Role.MODERATOR, "ann")
    key = (await desk.store.keyring.add("*", Role.ADMIN, "owner")).key
    await desk.post("c-1842", "0.5 The casino will ruin the square.", author={"id": "u-77"})
    parts = {"site": "gazette", "id": "c-1842", "queue": "pending", "author": "u-77"}
    path = route.path.format(
        **parts,
        batch="5f0c6a0e9b1d4c7e8a2b3c4d",
        key_id="3f9c2a71b0de",
        webhook="wh_5f2c8e1d90ab34cd",
        delivery="1764064800000-0",
    )
    if route.asks:
        path += f"?{route.asks}"
    body = None if route.example is None else json.dumps(route.example).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    status, answer, _ = await desk.raw(route.method, path, body, None, **headers)
    assert status < 300 or status in {404, 409}, answer
    if (
        status in route.answers
        and (model := route.answers[status]) is not None
        and answer is not None
        and not route.lines
    ):
        assert unknown_names(answer, route.shows[status]) == set(), "the example leaves a member out"
        model.model_validate(answer)


def unknown_names(answer: Any, shown: Any) -> set[str]:
    """Members at the top of an answer that its example does not have; a policy's example is an excerpt."""
    return set() if "approve_below" in answer else set(answer) - set(shown)


def test_the_queries_that_are_shown_are_described() -> None:
    for route in EVERY:
        asked = {pair.partition("=")[0] for pair in route.asks.split("&") if pair}
        assert asked <= {one.name for one in route.query}
        assert bool(asked) == bool(route.query), f"{named(route)}: an example of a query, where there is one"


async def test_the_page_shows_a_request_and_an_answer_of_every_call(desk: Desk) -> None:
    _, page, _ = await desk.raw("GET", "/docs", None, None)
    calls = [one for one in page.split("<section ") if one.startswith('id="call-') and "/v1/" in one[:160]]
    assert len(calls) == len(EVERY)
    for section in calls:
        assert "<p>A request:</p>" in section
        assert "<p>An answer" in section or "<td>204</td>" in section
    assert "GET /v1/sites/gazette/queues/pending?order=spam&amp;limit=20" in page
