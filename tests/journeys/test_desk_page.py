"""docs/desk.md: every line of it runs as it stands, one after the other."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from moderation.store import Role
from tests.journeys.asking import policy, want
from tests.web.conftest import SITE, Desk

PAGE = Path(__file__).parents[2] / "docs" / "desk.md"


@pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq")), reason="the page's lines need curl and jq"
)
async def test_a_moderators_day_runs_as_the_page_has_it(desk: Desk, tmp_path: Path) -> None:
    await policy(desk, suspect_words=["casino"])
    for number in range(1, 6):
        author, word = ("u-77", "casino") if number != 3 else ("u-78", "harbour")
        await desk.post(
            f"c-{number}", f"0.3 the {word}, {number}", author={"id": author}, article={"id": "a-9"}
        )
    ann = (await desk.store.keyring.add(SITE, Role.MODERATOR, "ann")).key
    page = await asyncio.to_thread(PAGE.read_text, "utf-8")
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
    (tmp_path / ".curlrc").write_text("fail-with-body\n")  # a refusal ends the script
    server = desk.client.make_url("/").origin()
    running = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", lines.replace("http://127.0.0.1:8080", str(server))),
        env={"PATH": os.environ["PATH"], "CURL_HOME": str(tmp_path), "MODERATOR_KEY": ann},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(running.communicate(), 60)
    assert running.returncode == 0, said.decode()[-2_000:]
    acts = [(one["act"], one["subject"]) for one in (await want(desk, "GET", "/audit?limit=500"))["items"]]
    assert [one for one in acts if one[1] == "c-2"][:3] == [
        ("rejected", "c-2"),
        ("undone", "c-2"),
        ("escalated", "c-2"),
    ]
    statuses = {
        f"c-{number}": (await want(desk, "GET", f"/comments/c-{number}"))["status"] for number in range(1, 6)
    }
    assert statuses == {
        "c-1": "approved",
        "c-2": "pending",
        "c-3": "pending",
        "c-4": "pending",
        "c-5": "pending",
    }
    assert (await want(desk, "GET", "/authors/u-77"))["standing"] == "known"
    assert (await want(desk, "GET", "/claims"))["items"] == [], (
        "every lease ended with a decision or a release"
    )
