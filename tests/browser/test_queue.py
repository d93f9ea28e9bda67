"""A moderator's hands on the queue: keys, claims, undo, what a bad network and colleagues do meanwhile."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opened, idle, settled, sign_in
from tests.browser.service import Running, Site

TEXTS = [f"This is comment number {number} on the new bridge." for number in range(8)]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def shown(page: Page) -> str:
    """The text of the open comment."""
    return page.locator("#card-text").inner_text()


def said(page: Page, words: str) -> None:
    expect(page.locator("#said")).to_contain_text(words)


def test_signing_in_and_out(site: Site, opened: Opened, service: Running) -> None:
    site.texts(TEXTS[:1])
    page = opened(site, None)
    page.fill("#key", "not a key")
    page.click("form.sign-in button")
    expect(page.locator("#key-fault")).not_to_be_empty()
    sign_in(page, site.keys["ann"])
    assert site.keys["ann"] not in page.content()
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert site.keys["ann"] not in stored
    assert "session" not in page.evaluate("document.cookie"), "no script sees the cookie"
    page.reload()
    settled(page)
    page.click(".me summary")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator("#key")).to_be_visible()
    page.reload()
    expect(page.locator("#key")).to_be_visible()


def test_each_key_does_what_coral_taught(site: Site, opened: Opened) -> None:
    site.texts(TEXTS)
    page = opened(site)
    assert shown(page) == TEXTS[0]
    press(page, "j")
    assert shown(page) == TEXTS[1]
    press(page, "k")
    press(page, "f")
    assert shown(page) == TEXTS[1], "the next comment is there at once"
    press(page, "s", "d")
    expect(page.get_by_role("group", name="Reject for which reason?")).to_be_visible()
    press(page, "h")
    press(page, "e")
    page.keyboard.type("A lawyer should read this.")
    press(page, "Enter")
    idle(page)
    found = [site.comment(f"c-{number:04}") for number in range(5)]
    assert [one["status"] for one in found] == ["approved", "rejected", "rejected", "pending", "pending"]
    assert [one["decision"]["reason"] for one in found[:3]] == [None, "spam", "harassment"]
    assert found[3]["escalation"]["reason"] == "A lawyer should read this."
    press(page, "z")
    assert shown(page) == TEXTS[3]
    press(page, "z", "z")
    assert shown(page) == TEXTS[1]
    idle(page)
    assert [site.status(f"c-{number:04}") for number in range(3)] == ["approved", "pending", "pending"]
    assert site.comment("c-0003")["queue"] == "pending"
    press(page, "x", "j", "x")
    expect(page.get_by_role("button", name="Decide 2 selected…")).to_be_visible()
    press(page, "/")
    expect(page.locator("#filter-q")).to_be_focused()
    press(page, "f")  # a letter of a word now, no decision
    press(page, "Escape", "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(page, "f", "Escape")
    idle(page)
    assert site.counts()["pending"] == 7


def test_a_word_may_begin_with_d_and_nothing_happens(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:2])
    page = opened(site)
    press(page, "d", "q", "Escape")
    expect(page.locator(".chooser")).to_be_hidden()
    press(page, "Control+f", "Alt+s")
    page.locator("#card").evaluate(
        "(card) => card.dispatchEvent(new KeyboardEvent('keydown', {key: 'f', repeat: true, bubbles: true}))"
    )
    assert shown(page) == TEXTS[0], "neither shortcuts of the browser nor a key held down decide"
    press(page, "?")
    page.get_by_label("Switch single keys off").check()
    press(page, "Escape", "f")
    assert shown(page) == TEXTS[0], "keys are off"
    page.get_by_role("button", name="Approve").click()
    idle(page)
    assert site.status("c-0000") == "approved"


def test_marks_stand_where_the_reasons_say(service: Running, opened: Opened) -> None:
    site = service.site(suspect_words=["casino"], max_links=0)
    site.texts(["😀😀 The casino 𝔘 again: https://evil.example/x and casino.", "مرحبا casino بالعالم"])
    page = opened(site)
    marks = page.locator("#card-text mark").all_inner_texts()
    assert marks == ["casino", "https://evil.example/x", "casino"], "a pair of surrogates is one character"
    expect(page.locator(".why")).to_contain_text("on the site's list of suspect words")
    assert page.locator("#card-text a").count() == 0, "no link is a link"
    press(page, "j")
    direction = "getComputedStyle(document.getElementById('card-text')).direction"
    assert page.evaluate(direction) == "rtl"
    assert page.locator("#card-text mark").all_inner_texts() == ["casino"]


def test_a_link_takes_a_step(site: Site, opened: Opened) -> None:
    site.texts(["See https://one.example/a?b=c and javascript:alert(1) or www.two.example."])
    page = opened(site)
    page.click(".links summary")
    assert page.locator(".links .address").all_inner_texts() == [
        "https://one.example/a?b=c",
        "www.two.example",
    ]
    page.locator(".links button").first.click()
    link = page.get_by_role("dialog").get_by_role("link")
    assert link.get_attribute("href") == "https://one.example/a?b=c"
    assert link.get_attribute("rel") == "noopener noreferrer nofollow ugc"
    expect(page.get_by_role("dialog").locator("strong")).to_have_text("one.example")


def test_colleagues_never_have_the_same_comment(site: Site, opened: Opened) -> None:
    site.add_key("bob")
    site.texts(TEXTS)
    page = opened(site)
    expect(page.locator("#card-text")).to_have_text(TEXTS[0])
    site.until(lambda: len(site.want("GET", "/claims")["items"]) == 8)
    found = site.want("POST", "/queues/pending/claim", {"limit": 5}, key=site.keys["bob"])
    assert found["items"] == [], "all are in ann's hands"
    for _ in range(8):
        press(page, "s")
    idle(page)
    assert site.want("GET", "/claims")["items"] == []


def test_what_a_colleague_holds_is_said_and_passed_over(site: Site, opened: Opened) -> None:
    site.add_key("bob")
    site.texts(TEXTS)
    site.want("POST", "/queues/pending/claim", {"ids": ["c-0001"]}, key=site.keys["bob"])
    page = opened(site)
    expect(page.locator("[data-name$='c-0001'] .row-state")).to_have_text("bob has this in hand")
    press(page, "f")
    assert shown(page) == TEXTS[2]
    press(page, "k")
    expect(page.locator(".notice")).to_have_text("bob has this in hand")
    press(page, "f")
    idle(page)
    assert site.status("c-0001") == "pending", "what bob has in hand, ann does not decide"


def test_what_a_colleague_decided_first_comes_back_visibly(site: Site, opened: Opened) -> None:
    site.add_key("bob")
    site.texts(TEXTS[:3])
    page = opened(site)
    page.route("**/c-0000/approve", lambda route: _after(route, site))
    press(page, "f")
    assert shown(page) == TEXTS[1]
    expect(page.locator(".failures")).to_contain_text("bob: rejected")
    expect(page.locator(".failures")).to_contain_text(TEXTS[0][:40])
    assert site.status("c-0000") == "rejected"
    page.unroute("**/c-0000/approve")
    page.get_by_role("button", name="Decide otherwise").click()
    idle(page)
    assert site.status("c-0000") == "approved"
    expect(page.locator(".failures")).to_be_hidden()


def _after(route: Route, site: Site) -> None:
    site.want("POST", "/comments/c-0000/reject", {"reason": "spam"}, key=site.keys["bob"])
    route.continue_()


def test_nothing_is_lost_while_the_network_is_gone(site: Site, opened: Opened) -> None:
    ids = site.texts(TEXTS)
    page = opened(site)
    keys: list[str | None] = []
    page.on("request", lambda one: keys.append(one.headers.get("idempotency-key")) if "/comments/c-" in one.url and one.method == "POST" else None)  # fmt: skip
    page.context.set_offline(True)
    press(page, "f", "s", "f", "s")
    expect(page.locator(".state-line")).to_contain_text("4 decisions wait for the network")
    assert shown(page) == TEXTS[4]
    press(page, "z")
    assert shown(page) == TEXTS[3]
    page.context.set_offline(False)
    idle(page)
    assert [site.status(one) for one in ids[:5]] == ["approved", "rejected", "approved", "pending", "pending"]
    assert len(keys) > len(set(keys)), "sent again under the key of the first time"
    history = [one["what"] for one in site.comment(ids[0])["history"]]
    assert history.count("decided") == 2, "the policy's and ann's: once, however often it was sent"


def test_an_answer_that_is_lost_counts_once(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:2])
    page = opened(site)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/c-0000/reject", lose)
    press(page, "s")
    idle(page)
    assert lost == [200]
    assert [one["what"] for one in site.comment("c-0000")["history"]].count("decided") == 2
    press(page, "z")
    idle(page)
    assert site.status("c-0000") == "pending"


def test_a_reload_goes_on_with_what_was_under_way(site: Site, opened: Opened) -> None:
    ids = site.texts(TEXTS)
    page = opened(site)
    page.route("**/comments/c-*/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())  # fmt: skip
    press(page, "f", "s", "f")
    page.unroute_all()
    page.reload()
    settled(page)
    idle(page)
    assert [site.status(one) for one in ids[:4]] == ["approved", "rejected", "approved", "pending"]
    assert shown(page) == TEXTS[3], "what is under way is not shown again"
    press(page, "z")
    idle(page)
    assert site.status(ids[2]) == "pending", "and can still be taken back"
    expect(page.locator("#card-text")).to_have_text(TEXTS[2])


def test_a_session_that_ends_loses_nothing(site: Site, opened: Opened) -> None:
    ids = site.texts(TEXTS)
    page = opened(site)
    cookies = page.context.cookies()
    # Whatever is asked waits until both keys were pressed: the first refusal opens the dialog, which takes what is typed.
    under_way: list[Route] = []
    holding = True

    def hold(route: Route) -> None:
        under_way.append(route) if holding else route.continue_()

    page.route("**/v1/**", hold)
    page.context.clear_cookies()
    press(page, "f", "s")
    holding = False
    for route in under_way:
        route.continue_()
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog).to_be_visible()
    assert cookies
    dialog.locator("#key").fill(site.keys["ann"])
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_be_hidden()
    idle(page)
    assert [site.status(one) for one in ids[:3]] == ["approved", "rejected", "pending"]


def test_newcomers_do_not_move_what_is_under_the_hands(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:3])
    page = opened(site, query="?order=newest")
    before = page.locator(".row-text").all_inner_texts()
    page.locator(".tabs").get_by_text("3").wait_for()
    site.post([{"id": "late-1", "text": "I came late."}, {"id": "late-2", "text": "So did I."}])
    expect(page.get_by_role("button", name="2 new comments")).to_be_visible()
    expect(page.locator(".tabs [aria-current] .count")).to_have_text("5")
    assert page.locator(".row-text").all_inner_texts() == before
    page.get_by_role("button", name="2 new comments").click()
    expect(page.locator(".row-text")).to_have_count(5)
    assert page.locator(".row-text").all_inner_texts()[:3] == before


def test_an_empty_queue_fills_by_itself_and_no_early_key_decides(site: Site, opened: Opened) -> None:
    page = opened(site)
    expect(page.locator(".empty")).to_have_text("Nothing waits here.")
    page.evaluate("""() => new MutationObserver((_, observer) => {
        if (document.getElementById('card').hidden) return;
        observer.disconnect();
        document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'f', bubbles: true}));
    }).observe(document.getElementById('card'), {attributes: true})""")
    site.texts(TEXTS[:1])
    expect(page.locator("#card-text")).to_have_text(TEXTS[0])
    idle(page)
    assert site.status("c-0000") == "pending", "the key went down before the comment was there"


def test_a_lost_connection_says_so_and_heals(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:2])
    page = opened(site)
    page.route("**/events?*", lambda route: route.abort())
    page.evaluate("window.dispatchEvent(new Event('online'))")  # the stream begins anew, in vain
    expect(page.locator(".state-line")).to_contain_text("live connection is lost")
    site.post([{"id": "meanwhile", "text": "Posted while nobody listened."}])
    page.unroute("**/events?*")
    expect(page.locator(".state-line")).not_to_contain_text("lost")
    expect(page.locator(".tabs [aria-current] .count")).to_have_text("3")


def test_an_edit_under_the_eyes_is_said(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:2])
    page = opened(site)
    site.want("PATCH", "/comments/c-0000", {"text": "Buy pills instead."}, key=site.site_key)
    expect(page.locator("#card-text")).to_have_text("Buy pills instead.")
    expect(page.locator(".notice")).to_contain_text("changed the text")


def test_a_ban_rejects_what_waits_and_is_taken_back(site: Site, opened: Opened) -> None:
    author: dict[str, Any] = {"id": "u-spam", "name": "Spammer"}
    site.post([{"id": f"s-{n}", "text": f"Pills number {n}", "author": author} for n in range(3)] + [{"id": "ok", "text": "Fair."}])  # fmt: skip
    page = opened(site)
    press(page, "b")
    page.get_by_role("dialog").get_by_role("button", name="Ban author").click()
    expect(page.locator("#card-text")).to_have_text("Fair.")
    assert site.want("GET", "/authors/u-spam")["standing"] == "banned"
    assert site.counts()["rejected"] == 3
    press(page, "z")
    expect(page.locator(".tabs [aria-current] .count")).to_have_text("4")
    assert site.want("GET", "/authors/u-spam")["standing"] != "banned"


def test_a_reader_reads(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:2])
    site.add_key("eve", "reader")
    page = opened(site, "eve")
    press(page, "f", "s")
    expect(page.locator("#warned")).to_have_text("Your key may read, not decide.")
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    assert site.counts()["pending"] == 2
    assert site.want("GET", "/claims")["items"] == []
    page.get_by_role("link", name="Policy").click()
    expect(page.locator("main")).to_contain_text("takes a moderator's key")


def test_a_note_reaches_colleagues(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:1])
    page = opened(site)
    page.get_by_role("button", name="Note").click()
    page.keyboard.type("Called the author.")
    press(page, "Enter")
    expect(page.locator(".kept .notes")).to_contain_text("Called the author.")
    said(page, "Noted.")
    assert site.comment("c-0000")["notes"][0]["by"] == "ann"


def test_what_was_in_hand_goes_back_with_the_page(site: Site, opened: Opened) -> None:
    site.texts(TEXTS)
    page = opened(site)
    site.until(lambda: len(site.want("GET", "/claims")["items"]) == 8)
    page.close()
    site.until(lambda: site.want("GET", "/claims")["items"] == [])


def test_what_is_taken_back_is_taken_in_hand_again(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:2])
    page = opened(site)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    slow = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    devtools.send("Network.emulateNetworkConditions", slow)
    for _ in range(3):
        press(page, "s", "z")
    idle(page)
    assert site.status("c-0000") == "pending"
    site.until(
        lambda: {one["comment_id"] for one in site.want("GET", "/claims")["items"]} == {"c-0000", "c-0001"}
    )
    expect(page.locator(".row-state").first).to_be_empty()
    press(page, "f")
    idle(page)
    assert site.status("c-0000") == "approved"


def test_reported_and_escalated_are_worked_like_the_rest(service: Running, opened: Opened) -> None:
    site = service.site(mode="post", reject_above=1)
    site.texts(TEXTS[:3])
    for one in ("c-0000", "c-0001"):
        site.want(
            "POST", f"/comments/{one}/report", {"reporter": "u-9", "reason": "abusive"}, key=site.site_key
        )
    site.want("POST", "/comments/c-0002/escalate", {"reason": "Is this so?"})
    page = opened(site, query="?queue=reported")
    expect(page.locator(".facts")).to_contain_text("1 report")
    press(page, "f", "s")
    expect(page.locator(".empty")).to_be_visible()
    idle(page)
    assert site.counts()["reported"] == 0
    assert [site.status("c-0000"), site.status("c-0001")] == ["approved", "rejected"]
    page.get_by_role("link", name="Escalated").click()
    expect(page.locator(".notice")).to_contain_text("ann escalated this: Is this so?")
    press(page, "e")
    idle(page)
    assert site.comment("c-0002")["queue"] is None, "given back: it was published"


def test_a_colleague_who_takes_back_frees_the_comment(site: Site, opened: Opened) -> None:
    site.add_key("bob")
    site.texts(TEXTS[:3])
    page = opened(site)
    site.want("POST", "/comments/c-0001/approve", {}, key=site.keys["bob"])
    row = page.locator("[data-name$='c-0001'] .row-state")
    expect(row).to_have_text("bob: approved")
    site.want("POST", "/comments/c-0001/undo", {}, key=site.keys["bob"])
    expect(row).to_have_text("")
    press(page, "f")
    assert shown(page) == TEXTS[1]


def test_a_text_that_changed_before_the_key_is_not_waved_through(site: Site, opened: Opened) -> None:
    site.texts(TEXTS[:2])
    page = opened(site)
    page.route("**/events?*", lambda route: route.abort())  # the page does not hear of it
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator(".state-line")).to_contain_text("live connection is lost")
    site.want("PATCH", "/comments/c-0000", {"text": "Buy pills instead."}, key=site.site_key)
    press(page, "f")
    expect(page.locator(".failures")).to_contain_text("changed the text")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("#card-text")).to_have_text("Buy pills instead.")
    assert site.status("c-0000") == "pending"
    press(page, "s")
    idle(page)
    assert site.status("c-0000") == "rejected"
