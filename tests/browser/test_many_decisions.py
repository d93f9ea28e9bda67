"""An hour's work in a minute: 500 decisions by key, with a reload in the middle, each as the key said."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opened, idle, settled
from tests.browser.service import Site
from tests.support.texts import held_back

DECISIONS = 500
REASONS = {"a": "advertising", "b": "abusive", "o": "off_topic", "x": "other"}


@pytest.mark.timeout(240)
def test_five_hundred_decisions_by_key_and_none_is_wrong(site: Site, opened: Opened) -> None:
    ids = site.texts(f"{number}: {text}" for number, text in enumerate(held_back(DECISIONS + 20)))
    page = opened(site)
    chance = random.Random(1)
    wanted: dict[str, tuple[str, str | None]] = {}
    for number in range(DECISIONS):
        if number == DECISIONS // 2:
            page.reload()  # with decisions under way
            settled(page)
        if page.locator("#card").is_hidden():
            settled(page)
        comment_id = open_id(page)
        assert comment_id not in wanted, "what was decided is not shown again"
        match chance.randrange(8):
            case 0 | 1 | 2:
                page.keyboard.press("f")
                wanted[comment_id] = ("approved", None)
            case 3 | 4:
                page.keyboard.press("s")
                wanted[comment_id] = ("rejected", "spam")
            case 5 | 6:
                letter = chance.choice(list(REASONS))
                page.keyboard.press("d")
                page.keyboard.press(letter)
                wanted[comment_id] = ("rejected", REASONS[letter])
            case _:
                page.keyboard.press("s")
                page.keyboard.press("z")
                assert open_id(page) == comment_id, "taken back, it is open again"
                page.keyboard.press("f")
                wanted[comment_id] = ("approved", None)
    idle(page)
    assert len(wanted) == DECISIONS
    wrong = {}
    for comment_id in ids:
        found = site.comment(comment_id)
        reason = found["decision"]["reason"]
        if (found["status"], reason) != wanted.get(comment_id, ("pending", None)):
            wrong[comment_id] = (found["status"], reason, wanted.get(comment_id))
    assert wrong == {}
    assert page.locator(".failures").is_hidden()


def open_id(page: Page) -> str:
    """The id of the open comment, as the list says; the card shows the same one's text."""
    name, row, card = page.evaluate(
        """() => {
          const open = document.querySelector('.row[aria-current]');
          return [open.parentElement.dataset.name, open.querySelector('.row-text').textContent,
                  document.getElementById('card-text').textContent];
        }"""
    )
    assert row.split(":")[0] == card.split(":")[0]
    return str(name).partition("/")[2]
