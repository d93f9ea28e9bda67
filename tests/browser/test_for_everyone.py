"""WCAG by axe-core on every page in both themes; without a mouse; from 360 pixels to 4K."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opened, idle
from tests.browser.service import Running, Site

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def sound(page: Page, where: str) -> None:
    """axe finds nothing."""
    found = Axe().run(page, options=RULES).response
    assert len(found["passes"]) > 10, "axe has looked"
    said = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found["violations"]]
    assert said == [], where


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(service: Running, opened: Opened, theme: str) -> None:
    site = service.site(suspect_words=["casino"], max_links=0)
    site.add_key("bob")
    site.add_key("chief", "admin")
    texts = [f"The casino {n}: https://x.example/{n} \u202eabc\u202c" for n in range(12)]
    ids = site.texts(texts)
    site.want("POST", "/queues/pending/claim", {"ids": [ids[1]]}, key=site.keys["bob"])
    site.want("POST", f"/comments/{ids[0]}/notes", {"text": "A note."})
    site.want("PUT", f"/comments/{ids[0]}/tags", {"tags": ["election"]})
    for one in ids[6:]:
        site.want("POST", f"/comments/{one}/reject", {"reason": "spam"})
    page = opened(site, None, color_scheme=theme)
    sound(page, "sign-in")
    page.fill("#key", site.keys["chief"])
    page.click("form.sign-in button")
    page.wait_for_selector("#card .thread li")
    for summary in page.locator("details:not(.me) > summary").all():
        summary.click()
    sound(page, "queue")
    page.locator("#card").focus()
    page.keyboard.press("j")
    page.keyboard.press("x")
    sound(page, "a card that a colleague holds, one selected")
    page.keyboard.press("j")
    page.keyboard.press("d")
    sound(page, "reasons")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    sound(page, "escalation")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.wait_for_selector("dialog")
    sound(page, "ban")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog")
    sound(page, "keys")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Decide all of these…").click()
    page.wait_for_selector("dialog")
    sound(page, "many at once")
    page.keyboard.press("Escape")
    page.click(".me summary")
    sound(page, "the menu")
    for view in ("Overview", "Policy"):
        page.get_by_role("link", name=view).click()
        page.wait_for_selector(".plot")
        for summary in page.locator("main details > summary").all():
            summary.click()
        sound(page, view)
    page.get_by_role("link", name="Queue").click()
    page.get_by_role("link", name="Escalated").click()
    expect(page.locator(".empty")).to_be_visible()
    sound(page, "an empty queue")


def test_a_failure_is_sound_too(site: Site, opened: Opened) -> None:
    site.add_key("bob")
    site.texts(["One.", "Two."])
    page = opened(site)
    page.route("**/c-0000/approve", lambda route: route.fulfill(status=404, json={"detail": "It is gone."}))
    page.keyboard.press("f")
    expect(page.locator(".failures")).to_contain_text("It is gone.")
    expect(page.locator("#warned")).to_contain_text("It is gone.")
    sound(page, "a failure")


def test_without_a_mouse_and_without_single_keys(site: Site, opened: Opened) -> None:
    site.texts(["One.", "Two.", "Three."])
    page = opened(site)
    page.evaluate("localStorage.setItem('moderation-keys-off', '1')")
    page.reload()
    page.wait_for_selector("#card:not([hidden])")

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            at = page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
            )
            if str(at).startswith(name) and page.evaluate("document.activeElement.tagName") == "BUTTON":
                box = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert box != "none", "where one is, is seen"
                return
        raise AssertionError(f"no way by Tab to {name}")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    tab_to("Approve")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Approved. Open: Reader 1. Two.")
    page.keyboard.press("Enter")  # still on the button
    expect(page.locator("#card-text")).to_have_text("Three.")
    tab_to("Reject")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent").startswith("Spam")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Nothing waits here.")
    idle(page)
    assert [site.status(f"c-{n:04}") for n in range(3)] == ["approved", "approved", "rejected"]
    assert site.comment("c-0002")["decision"]["reason"] == "advertising"


@pytest.mark.parametrize("width", [360, 768, 1280, 1920, 3840])
def test_nothing_needs_scrolling_sideways(site: Site, opened: Opened, width: int) -> None:
    site.texts(["A word " + "x" * 300 + " and https://x.example/" + "y" * 300, "مرحبا بالعالم"])
    page = opened(site, viewport={"width": width, "height": max(640, width // 2)})
    for view in ("Queue", "Overview", "Policy"):
        page.get_by_role("link", name=view, exact=True).click()
        page.wait_for_selector("#card:not([hidden])" if view == "Queue" else ".panel")
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], view
    page.get_by_role("link", name="Queue", exact=True).click()
    expect(page.get_by_role("button", name="Approve")).to_be_in_viewport()


def test_a_screen_reader_hears_what_is_open(site: Site, opened: Opened) -> None:
    site.texts(["One.", "Two."])
    page = opened(site)
    page.keyboard.press("j")
    card = page.locator("#card")
    expect(card).to_be_focused()
    expect(card).to_have_accessible_name("Reader 1")
    expect(card).to_have_accessible_description("Two.")
    expect(page.locator("#said")).to_have_text("Open: Reader 1. Two.")
    for role in ("banner", "main", "navigation"):
        assert page.get_by_role(role).count() >= 1
