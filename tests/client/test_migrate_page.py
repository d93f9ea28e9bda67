"""The command of docs/migrate.md that counts what the old service said, run on a real export as it stands there."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

from tests.web.conftest import SITE, Desk

PAGE = Path(__file__).parents[2] / "docs/migrate.md"


async def test_the_old_service_is_counted(desk: Desk) -> None:
    for number, (said, action) in enumerate(
        [(True, "reject"), (True, "approve"), (False, "approve"), (True, "reject")]
    ):
        await desk.post(f"c{number}", f"0.5 text {number}", metadata={"akismet": said})
        body = {"reason": "spam"} if action == "reject" else {}
        assert (await desk.call("POST", f"/comments/c{number}/{action}", body, role="moderator"))[0] == 200
    await desk.post("c9", "0.5 undecided", metadata={"akismet": True})
    lines = [json.dumps(row) async for row in desk.store.archive.export(SITE)]
    found = re.search(r"python -c '\n(.*?)'\n", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    code = re.sub(r"^   ", "", found[1], flags=re.MULTILINE)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate("\n".join(lines).encode())
    assert [" ".join(line.split()) for line in out.decode().splitlines()] == [
        "akismet said spam: False moderators: approved 1",
        "akismet said spam: True moderators: approved 1",
        "akismet said spam: True moderators: rejected 2",
    ]
