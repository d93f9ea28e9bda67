"""Filters, many at once, the overview and the policy page, languages, and what the page weighs."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opened, idle, settled, sign_in
from tests.browser.service import Running, Site

HEAVY = 150_000  # bytes over the wire at the first load


def spam_and_ham(site: Site) -> None:
    """Twelve comments: six with a word, by two authors on two articles."""
    site.post(
        {
            "id": f"c-{number:02}",
            "text": f"The {'casino' if number % 2 else 'council'} once more, says number {number}.",
            "author": {"id": f"u-{number % 4}", "name": f"Reader {number % 4}"},
            "article": {"id": f"a-{number // 6}", "title": f"Article {number // 6}"},
        }
        for number in range(12)
    )


def rows(page: Page) -> list[str]:
    settled(page)
    names: list[str] = page.locator(".rows li").evaluate_all("(all) => all.map((one) => one.dataset.name)")
    return [one.partition("/")[2] for one in names]


def test_a_filter_is_an_address(service: Running, opened: Opened) -> None:
    site = service.site(suspect_words=["casino"])
    spam_and_ham(site)
    page = opened(site)
    assert len(rows(page)) == 12
    page.click(".filters summary")
    page.fill("#filter-reason", "suspect_word")
    page.fill("#filter-article", "a-1")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".rows li")).to_have_count(3)
    assert rows(page) == ["c-07", "c-09", "c-11"]
    assert "reason=suspect_word" in page.url
    other = opened(site, "ann", page.url.partition("/console/")[2])
    assert rows(other) == ["c-07", "c-09", "c-11"], "a colleague sees the same"
    page.get_by_role("button", name="Remove the filter Article (id) a-1").click()
    expect(page.locator(".rows li")).to_have_count(6)
    page.go_back()
    expect(page.locator(".rows li")).to_have_count(3)
    page.get_by_role("button", name="only this author").first.click()
    expect(page.locator(".rows li")).to_have_count(2)
    assert "author=u-3" in page.url
    for query, number in (("?score_min=0&score_max=1", 12), ("?q=council", 6), ("?newer=1h", 12), ("?older=1h", 0), ("?order=newest", 12), ("?queue=approved", 0)):  # fmt: skip
        page.goto(f"{service.url}/console/{query}")
        page.wait_for_selector(".queue")
        assert len(rows(page)) == number, query


def test_many_by_filter_are_counted_decided_and_taken_back(service: Running, opened: Opened) -> None:
    site = service.site(suspect_words=["casino"])
    spam_and_ham(site)
    page = opened(site, "ann", "?reason=suspect_word")
    page.get_by_role("button", name="Decide all of these…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("6 comments")
    dialog.locator("#bulk-action").select_option("reject")
    dialog.locator("#bulk-reason").select_option("advertising")
    dialog.get_by_role("button", name="Decide them").click()
    expect(page.locator(".failures")).to_contain_text("6 comments decided.")
    counts = site.counts()
    assert (counts["pending"], counts["rejected"]) == (6, 6)
    assert site.comment("c-01")["decision"]["reason"] == "advertising"
    page.get_by_role("button", name="Undo the whole").click()
    expect(page.locator(".rows li")).to_have_count(6)
    assert site.counts()["pending"] == 12


def test_many_by_hand(site: Site, opened: Opened) -> None:
    spam_and_ham(site)
    page = opened(site)
    settled(page)
    for _ in range(3):
        page.keyboard.press("x")
        page.keyboard.press("j")
    page.get_by_role("button", name="Decide 3 selected…").click()
    page.get_by_role("dialog").get_by_role("button", name="Decide them").click()
    expect(page.locator(".failures")).to_contain_text("3 comments decided.")
    assert [site.status(f"c-{number:02}") for number in range(4)] == ["approved"] * 3 + ["pending"]
    page.locator("#card").focus()
    page.keyboard.press("z")
    expect(page.locator(".rows li")).to_have_count(12)
    assert site.counts()["pending"] == 12


def test_one_queue_over_all_sites(service: Running, opened: Opened) -> None:
    first, second = service.site(), service.site()
    body = {"role": "moderator", "name": "both", "sites": [second.name]}
    first.keys["both"] = first.want("POST", "/keys", body, key=service.admin)["key"]
    first.texts(["From the first."])
    second.texts(["From the second."])
    page = opened(first, "both")
    expect(page.locator(".rows li")).to_have_count(2)
    page.keyboard.press("f")
    page.keyboard.press("s")
    idle(page)
    assert first.status("c-0000") == "approved"
    assert second.status("c-0000") == "rejected"
    page.locator("#site").select_option(second.name)
    expect(page.locator(".tabs")).to_contain_text("Rejected 1")
    assert f"site={second.name}" in page.url


def test_the_overview_says_what_the_statistics_say(site: Site, opened: Opened) -> None:
    spam_and_ham(site)
    for number in range(5):
        site.want("POST", f"/comments/c-{number:02}/approve", {})
    page = opened(site)
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".panel").first).to_contain_text("7 comments are pending")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_focused()
    assert page.locator("svg[role=img]").count() == 3
    for plot in page.locator("svg[role=img]").all():
        named = (plot.get_attribute("aria-labelledby") or "").split()
        assert all(page.locator(f"#{one}").text_content() for one in named)
    page.locator("details summary", has_text="As a table").first.click()
    last = page.locator(".panel table").first.locator("tbody tr").last
    assert last.locator("td").all_inner_texts() == ["12", "5", "0", "12"]
    expect(page.locator(".panel", has_text="Decisions per hour worked").last).to_contain_text("ann")
    page.locator("#hours").select_option("168")
    expect(page.locator(".panel").first).to_contain_text("7 comments are pending")
    assert "hours=168" in page.url


def test_a_policy_is_tried_before_it_is_saved(service: Running, opened: Opened) -> None:
    site = service.site(suspect_words=["bingo"])
    spam_and_ham(site)
    site.add_key("chief", "admin")
    page = opened(site, "chief", "")
    page.get_by_role("link", name="Policy").click()
    cost = page.locator("section.panel", has_text="What these thresholds would have cost")
    expect(cost).to_contain_text("on 12 comments")
    before = cost.inner_text()
    page.locator("#reject_above").focus()
    for _ in range(9):
        page.keyboard.press("PageDown")
    assert float(page.locator("#reject_above").input_value()) < 0.3
    page.locator("#approve_below").focus()
    page.keyboard.press("Home")
    assert cost.inner_text() != before, "the cost follows the slider"
    page.fill("#suspect_words", "bingo\ncasino")
    page.fill("#test-text", "To the casino!")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator(".test")).to_contain_text("holds: It contains “casino”")
    assert site.want("GET", "/policy")["suspect_words"] == ["bingo"], "nothing is saved by trying"
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    page.get_by_role("button", name="Check on past comments").click()
    expect(page.get_by_role("table", name="Check on past comments")).to_contain_text("Cards a day")
    save.click()
    expect(page.get_by_text("Saved. Comments judged from now on follow it.").last).to_be_visible()
    policy = site.want("GET", "/policy")
    assert policy["suspect_words"] == ["bingo", "casino"]
    assert policy["approve_below"] == 0
    page.fill("#banned_words", "/(/")
    page.get_by_role("button", name="Check on past comments").click()
    expect(page.locator(".fault")).to_contain_text("/policy/banned_words/0")
    expect(save).to_be_disabled()


def test_every_language_says_everything(site: Site, opened: Opened) -> None:
    site.texts(["Ein Kommentar."])
    page = opened(site, None, locale="de-AT")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    sign_in(page, site.keys["ann"])
    expect(page.get_by_role("button", name="Freigeben")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"
    found: dict[str, Any] = page.evaluate(
        """async () => {
          const shapes = (words) => Object.fromEntries(Object.entries(words).map(([name, said]) =>
            [name, [...JSON.stringify(said).matchAll(/\\{(\\w+)\\}/g)].map((one) => one[1]).filter((one, at, all) => all.indexOf(one) === at).sort().join()]));
          const [en, de] = await Promise.all(['en', 'de'].map((one) => import(`/console/static/strings/${one}.js`)));
          return {en: shapes(en.default), de: shapes(de.default)};
        }"""
    )
    assert found["en"] == found["de"], "the same sentences, with the same things to fill in"
    page.click(".me summary")
    page.get_by_label("Sprache").select_option("en")
    expect(page.get_by_role("button", name="Approve")).to_be_visible()


def test_every_sentence_that_is_asked_for_is_there(site: Site, opened: Opened) -> None:
    page = opened(site)
    missing = page.evaluate(
        """async () => {
          const words = (await import('/console/static/strings/en.js')).default;
          const missing = [];
          for (const file of ['main', 'queue', 'card', 'filters', 'dialogs', 'overview', 'policy', 'plot', 'text']) {
            const text = await (await fetch(`/console/static/${file}.js`)).text();
            for (const [, name] of text.matchAll(/\\bt\\("([a-z_.]+)"/g)) if (!(name in words)) missing.push(name);
          }
          return missing;
        }"""
    )
    assert missing == []


def test_the_first_load_is_light_and_comes_from_here(site: Site, opened: Opened, service: Running) -> None:
    site.texts(["One."])
    page = opened(site, None)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[float] = []
    devtools.on("Network.loadingFinished", lambda one: weights.append(one["encodedDataLength"]))
    urls: list[str] = []
    page.on("request", lambda one: urls.append(one.url))
    sign_in(page, site.keys["ann"])
    page.reload()
    settled(page)
    page.wait_for_load_state("load")
    assert len(urls) > 10
    assert all(re.match(re.escape(service.url), one) for one in urls), "no third party"
    assert 10_000 < sum(weights) <= HEAVY, sum(weights)
