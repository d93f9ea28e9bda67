"""A real Chromium (Debian's) on the real service. Without one these tests are skipped, and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, sync_playwright

from tests.browser.service import Running, Site, started

CHROMIUM = os.environ.get("MODERATION_CHROMIUM") or shutil.which("chromium")

Opened = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser. Its loop ends with this folder's tests, so that other tests may have theirs."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium: `apt-get install chromium`, or name one in MODERATION_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def service(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service, one for all of these tests; without a browser there is no need of it."""
    del browser
    process, running = started(tmp_path_factory.mktemp("data"))
    yield running
    process.terminate()
    process.wait(30)
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture
def site(service: Running) -> Site:
    """A site of the test's own, on which humans decide everything."""
    return service.site()


@pytest.fixture
def faults() -> list[str]:
    """What no page may have when a test ends: errors of scripts, refusals of the CSP, dialogs."""
    return []


@pytest.fixture
def opened(browser: Browser, service: Running, faults: list[str]) -> Iterator[Opened]:
    """Opens the console, signed in as somebody: `opened(site, "ann", "?queue=reported")`."""
    contexts: list[BrowserContext] = []

    def open_(site: Site, who: str | None = "ann", query: str = "", **options: Any) -> Page:
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options}
        context = browser.new_context(**options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("dialog", lambda dialog: _refuse(dialog, faults))
        page.on("console", lambda said: _listen(said, faults))
        page.goto(f"{service.url}/console/{query}")
        if who is not None:
            sign_in(page, site.keys[who])
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def _refuse(dialog: Dialog, faults: list[str]) -> None:
    if dialog.type == "beforeunload":  # decisions are on their way, and the browser asks
        dialog.accept()
        return
    faults.append(f"dialog: {dialog.message}")
    dialog.dismiss()


def _listen(said: ConsoleMessage, faults: list[str]) -> None:
    if "Content Security Policy" in said.text:
        faults.append(f"csp: {said.text}")


# Each refusal of the CSP is told to the console of the page, which the fixture listens to.
WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("Content Security Policy: " + event.violatedDirective + " " + event.blockedURI));
"""


def sign_in(page: Page, key: str) -> None:
    """Signs in with a key, and waits for the page."""
    page.fill("#key", key)
    page.click("form.sign-in button")
    page.wait_for_selector(".queue, .panel")
    if page.locator(".queue").count():
        settled(page)


def settled(page: Page) -> None:
    """Waits until the list has been read: a card is open, or it is said that there is none."""
    page.wait_for_function(
        """() => document.querySelector('#card:not([hidden])')
          || /Nothing waits|Hier wartet/.test(document.querySelector('.empty:not([hidden])')?.textContent ?? '')"""
    )


def idle(page: Page) -> None:
    """Waits until nothing is on its way to the service."""
    page.wait_for_function("() => (sessionStorage.getItem('moderation-outbox') ?? '[]') === '[]'")
