"""A check that is answered before there is a verdict: the model's is told to the site as a moderator's is."""

from __future__ import annotations

import asyncio

import pytest

from moderation.settings import Settings
from tests.dialects.test_akismet import HAM, SPAM
from tests.dialects.test_akismet_push import WordPress, held, key, wordpress
from tests.web.conftest import SITE, Desk, desk

__all__ = ["desk", "key", "wordpress"]


@pytest.fixture
def settings() -> Settings:
    return Settings(verdict_seconds=0.000_001, auth_failures_per_minute=0)


async def test_who_is_not_judged_in_time_is_told_the_models_verdict(
    desk: Desk, key: str, wordpress: WordPress
) -> None:
    late = []
    for number in range(30):
        guid = await held(desk, key, wordpress, f"{SPAM if number % 2 else HAM} {number}")
        callback = await desk.store.akismet.callback(SITE, guid)
        assert callback is not None
        if callback.late:
            late.append((guid, "true" if number % 2 else "false"))
    assert late, "none of them was answered before its verdict"
    while await desk.store.waiting():
        await asyncio.sleep(0.01)
    while await wordpress.step():
        pass
    told = [(one["guid"], one["result"]) for body in wordpress.came for one in body["comments"]]
    assert sorted(told) == sorted(late), "each once, and nobody whose answer was the verdict"
