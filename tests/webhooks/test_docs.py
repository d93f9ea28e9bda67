"""The receivers of docs/webhooks.md, run as they stand there on a signed delivery and on altered ones."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moderation.webhooks import signing

ROOT = Path(__file__).parent.parent.parent
DOCS = (ROOT / "docs" / "webhooks.md").read_text()
SECRET = signing.secret_text(b"s" * 32)
BODY = '{"type": "comment.approved", "data": {"comment_id": "Käse"}}'.encode()

# For each language: its program, and how a receiver asks the function of the page.
ASKS = {
    "python": (
        [sys.executable, "-c"],
        "import json, sys\nq = json.loads(sys.argv[1])\n"
        "print(verified(q['secret'], q['headers'], base64.b64decode(q['body'])))",
    ),
    "php": (
        ["php", "-r"],
        "$q = json_decode($argv[1], true);"
        "echo verified($q['secret'], $q['headers'], base64_decode($q['body'])) ? 'True' : 'False';",
    ),
    "js": (
        ["node", "-e"],
        "const q = JSON.parse(process.argv[1]);"
        "console.log(verified(q.secret, q.headers, Buffer.from(q.body, 'base64')) ? 'True' : 'False');",
    ),
}


def asked(language: str, headers: dict[str, str], body: bytes, secret: str = SECRET) -> bool:
    program, question = ASKS[language]
    block = re.search(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    assert block, language
    given = {"secret": secret, "headers": headers, "body": base64.b64encode(body).decode()}
    done = subprocess.run(
        [*program, block[1] + "\n" + question, json.dumps(given)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return {"True": True, "False": False}[done.stdout.strip()]


@pytest.mark.parametrize("language", ASKS)
def test_the_receiver_of_the_page(language: str) -> None:
    if shutil.which(ASKS[language][0][0]) is None:
        pytest.skip(f"{language} is not installed here")
    now = int(time.time())
    good = signing.headers("evt_1", now, BODY, [b"n" * 32, b"s" * 32])
    assert asked(language, good, BODY)
    assert not asked(language, good, BODY + b" ")
    assert not asked(language, {**good, "webhook-id": "evt_2"}, BODY)
    assert not asked(language, {**good, "webhook-signature": "v1,"}, BODY)
    assert not asked(language, good, BODY, signing.secret_text(b"x" * 32))
    assert not asked(language, signing.headers("evt_1", now - 301, BODY, [b"s" * 32]), BODY)


def test_every_event_that_is_told_stands_in_the_table() -> None:
    told = set()
    for script in (ROOT / "moderation" / "store" / "scripts").glob("*.lua"):
        told |= set(re.findall(r"'((?:comment|webhook)\.[a-z]+)'", script.read_text()))
    told |= {f"comment.{status}" for status in ("approved", "rejected", "pending")}
    told |= {f"comment.{act}" for act in ("noted", "tagged", "assigned", "escalated", "returned")}
    table = set(re.findall(r"`((?:comment|webhook)\.[a-z]+)`", DOCS[DOCS.index("## Events") :]))
    assert told | {"webhook.test"} <= table
