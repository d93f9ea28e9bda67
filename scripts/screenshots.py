"""`scripts/screenshots`: pictures of the console's pages for the README, with comments that nobody wrote."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.service import Running, Site, started

FOLDER: Final = Path(__file__).parent.parent / "docs" / "screenshots"
ARTICLES: Final = (
    "Council votes on the new bridge",
    "Bakery on Mill Street closes",
    "A casino for the market square?",
)
COMMENTS: Final = (
    ("Bo Lind", "The casino will ruin the square. Has anybody asked the people who live there?"),
    (
        "Win Big",
        "CASINO bonus today!!! 500 free spins https://spins.example/win and whatsapp +1 555 010 9999",
    ),
    ("Dana", "I worked at the bakery for eleven years. Thank you for telling this story."),
    ("Karim", "الجسر الجديد فكرة جيدة، لكن من سيدفع؟"),
    (
        "R. Field",
        "The second paragraph gets the date wrong: the old bridge opened in 1961, see www.archive.example/bridge",
    ),
    ("x7", "cheap p\u200bills, reply to \u202eelpmaxe.swap\u202c"),
    ("Mina", "You people are a disgrace. Every single one of you on that council."),
    ("Jonas", "Endlich! Die Brücke war seit Jahren zu schmal für zwei Busse."),
    ("Ilse", "Great post, I wrote about the same on my blog https://seo.example/blog"),
    ("Petra", "Could the paper publish the costs? A table would help."),
)


def main() -> int:
    """Makes the pictures; returns 0."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("There is no chromium: apt-get install chromium.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        process, running = started(Path(folder))
        try:
            site = _filled(running)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name, theme, size, steps in PICTURES:
                width, height = size
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=theme, locale="en-GB"
                )
                page.goto(f"{running.url}/console/")
                page.wait_for_selector("#key")
                if steps is not None:
                    page.fill("#key", site.keys["chief"])
                    page.click("form.sign-in button")
                    page.wait_for_selector("#card .thread li")
                    for kind, what in steps:
                        _step(page, kind, what)
                page.wait_for_timeout(400)
                page.screenshot(path=FOLDER / f"{name}.png")
                _lighten(FOLDER / f"{name}.png")
                page.close()
            browser.close()
        finally:
            process.terminate()
            process.wait(30)
    for path in sorted(FOLDER.glob("*.png")):
        print(f"{path.relative_to(FOLDER.parent.parent)}  {path.stat().st_size // 1024} kB")
    return 0


PICTURES: Final[tuple[tuple[str, Any, tuple[int, int], Any], ...]] = (
    ("sign-in", "light", (900, 560), None),
    ("queue", "light", (1280, 860), (("key", "j"),)),
    ("queue-dark", "dark", (1280, 860), (("key", "j"), ("key", "d"))),
    ("queue-narrow", "light", (390, 780), ()),
    ("bulk", "light", (1280, 860), (("button", "Decide all of these…"),)),
    ("overview", "light", (1280, 1180), (("link", "Overview"),)),
    ("policy", "light", (1280, 1240), (("link", "Policy"),)),
)


def _lighten(path: Path) -> None:
    """A third of the size: 160 colours are enough for a page of text."""
    with Image.open(path) as picture:
        light = picture.convert("RGB").quantize(160, dither=Image.Dither.NONE)
    light.save(path, optimize=True)


def _step(page: Page, kind: str, what: str) -> None:
    if kind == "key":
        page.keyboard.press(what)
    elif kind == "button":
        page.get_by_role("button", name=what).click()
    else:
        page.get_by_role("link", name=what).click()
        page.wait_for_selector(".plot")


def _filled(running: Running) -> Site:
    site = running.site(suspect_words=["casino", "disgrace"], max_links=1, hold_first_comments=1)
    site.add_key("chief", "admin")
    site.add_key("bob")
    rows = [
        {
            "id": f"c-{number:03}",
            "text": text if number < len(COMMENTS) else f"{text} ({number // len(COMMENTS)})",
            "author": {"id": f"u-{number % 17}", "name": name},
            "article": {"id": f"a-{number % 3}", "title": ARTICLES[number % 3]},
        }
        for number in range(120)
        for name, text in [COMMENTS[number % len(COMMENTS)]]
    ]
    ids = site.post(rows)
    for number, one in enumerate(ids[20:]):
        comment = site.comment(one)
        who = site.keys["bob" if number % 3 else "ann"]
        bad = comment["scores"].get("spam", 0) > 0.5 or number % 13 == 0
        path, body = (
            (f"/comments/{one}/reject", {"reason": "spam"}) if bad else (f"/comments/{one}/approve", {})
        )
        if number % 5:
            site.want("POST", path, body, key=who)
    site.want("POST", "/queues/pending/claim", {"ids": [ids[3]]}, key=site.keys["bob"])
    site.want("POST", f"/comments/{ids[1]}/notes", {"text": "Third time this week."}, key=site.keys["bob"])
    return site


if __name__ == "__main__":
    raise SystemExit(main())
