"""The examples of docs/examples as they stand there, against the running service; what is not on a machine is skipped by name."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from moderation.webhooks import signing
from tests.web.conftest import SITE, Desk

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"
RUN = {"py": sys.executable, "sh": "sh", "php": "php", "mjs": "node"}
SECRET = base64.b64encode(bytes(range(32))).decode()
ENDING = pytest.mark.parametrize("ending", RUN)


def there(ending: str) -> str:
    """The program for an example; skips if the machine has none."""
    program = shutil.which(RUN[ending])
    if program is None or (ending == "sh" and shutil.which("curl") is None):
        pytest.skip(f"{RUN[ending]} is not on this machine: apt-get install -y php-cli nodejs curl")
    return program


async def run(ending: str, url: str, key: str, text: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        there(ending),
        str(EXAMPLES / f"post.{ending}"),
        text,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "MODERATION_URL": url,
            "MODERATION_SITE": SITE,
            "MODERATION_KEY": key,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode().strip(), err.decode()


@ENDING
async def test_post(desk: Desk, url: str, ending: str) -> None:
    for text, status in (
        ('0.5 “held” "quoted" \\ ü', "pending"),
        ("0.01 fine", "approved"),
        ("0.99 spam", "rejected"),
    ):
        assert (await run(ending, url, desk.keys["site"], text))[:2] == (0, status)
    _, page = await desk.call("GET", "/queues/pending", role="moderator")
    assert [item["text"] for item in page["items"]] == ['0.5 “held” "quoted" \\ ü']
    assert page["items"][0]["author"]["id"] == "u-77"


@ENDING
async def test_a_refusal_is_an_exit_status_and_a_sentence(desk: Desk, url: str, ending: str) -> None:
    status, out, err = await run(ending, url, "mod_site_unknown", "0.5 text")
    assert status != 0
    assert "not known" in out + err


@pytest.fixture
async def receiver(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A receiving example, running; its URL."""
    ending: str = request.param
    program = there(ending)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    words = [str(EXAMPLES / f"webhook.{ending}")]
    if ending == "php":
        words = ["-S", f"127.0.0.1:{port}", *words]
    process = await asyncio.create_subprocess_exec(
        program,
        *words,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PORT": str(port),
            "MODERATION_WEBHOOK_SECRET": "whsec_" + SECRET,
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                break
    yield f"http://127.0.0.1:{port}/"
    process.terminate()
    await process.wait()


@pytest.mark.parametrize("receiver", ["py", "php", "mjs"], indirect=True)
async def test_webhook(receiver: str) -> None:
    body = '{"type":"comment.approved","timestamp":"2026-11-25T10:00:00.000Z","data":{"comment_id":"ü"}}'.encode()
    now, key, other = int(time.time()), base64.b64decode(SECRET), bytes(32)
    good = signing.headers("evt_1", now, body, [key])
    cases = [
        (good, body, 204),
        (signing.headers("evt_1", now, body, [other, key]), body, 204),
        (signing.headers("evt_1", now, body, [other]), body, 400),
        (signing.headers("evt_1", now - 400, body, [key]), body, 400),
        (good, body + b" ", 400),
        ({**good, "webhook-id": "evt_2"}, body, 400),
        ({**good, "webhook-signature": "v1,"}, body, 400),
        ({name: value for name, value in good.items() if name != "webhook-signature"}, body, 400),
        ({}, body, 400),
    ]
    async with aiohttp.ClientSession() as session:
        for headers, sent, status in cases:
            async with session.post(receiver, data=sent, headers=headers) as answer:
                assert answer.status == status, headers
