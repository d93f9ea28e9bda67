"""`scripts/run`: the service with a demo site, and three lines to paste. A guest of the house: it uses commands and HTTP only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from typing import Final

from moderation.cli.parser import parser, settings_of
from moderation.settings import Settings

MODERATION: Final = (sys.executable, "-m", "moderation")
KEYS: Final = "demo-keys.json"
SITE: Final = "demo"
TEXT: Final = "Nice article! I wrote about the same on my blog, have a look."


def main() -> int:
    """Makes the demo site if there is none, serves, and prints what to do next; returns the service's exit status."""
    words = sys.argv[1:]
    settings = settings_of(parser().parse_args(["serve", *words]))
    keys = _keys(settings)
    if keys is None:
        return 2
    with subprocess.Popen([*MODERATION, "serve", *words], stdout=subprocess.PIPE, text=True) as service:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: service.terminate())
        assert service.stdout is not None
        line = service.stdout.readline()
        if line.startswith("ready "):
            url = line.split()[1]
            _let_a_human_decide(url, keys["admin_key"])
            print(_advice(url, keys), flush=True)  # this module speaks to a person at a terminal
        return service.wait()


def _keys(settings: Settings) -> dict[str, str] | None:
    """The demo site's keys, made at the first run and kept beside the data, readable by their owner only."""
    path = settings.data_dir / KEYS
    if path.exists():
        found: dict[str, str] = json.loads(path.read_text("utf-8"))
        return found
    where = ("--data-dir", str(settings.data_dir))
    made = subprocess.run([*MODERATION, "site", "add", SITE, *where], stdout=subprocess.PIPE, check=False)
    if made.returncode:
        return None
    admin = subprocess.run(
        [*MODERATION, "key", "add", "--site", SITE, "--role", "admin", "--name", "you", *where],
        stdout=subprocess.PIPE,
        check=True,
    )
    keys = {**json.loads(made.stdout), "admin_key": json.loads(admin.stdout)["key"]}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(keys, file)
    return keys


def _let_a_human_decide(url: str, admin_key: str) -> None:
    """The demo site starts in mode `pre`, so that the posted comment waits in the queue whatever its score."""
    headers = {"Authorization": f"Bearer {admin_key}", "Content-Type": "application/json"}
    policy = f"{url}/v1/sites/{SITE}/policy"
    asked = urllib.request.Request(policy, headers=headers)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        if json.load(answer) != _default_policy():
            return  # it was changed: it is no longer ours
    body = json.dumps({"mode": "pre"}).encode()
    changed = urllib.request.Request(policy, body, headers, method="PUT")
    urllib.request.urlopen(changed, timeout=10).close()


def _default_policy() -> dict[str, object]:
    from moderation.web.wire import PolicyBody

    defaults: dict[str, object] = PolicyBody.model_validate({}).model_dump(mode="json")
    return defaults


def _advice(url: str, keys: dict[str, str]) -> str:
    site, moderator = (f'-H "Authorization: Bearer {keys[name]}"' for name in ("site_key", "moderator_key"))
    base = f"{url}/v1/sites/{SITE}"
    body = json.dumps({"id": "c-1", "text": TEXT, "author": {"id": "u-1", "name": "Robin"}})
    return f"""
The comment desk runs at {url}  (documentation: {url}/docs, stop: Ctrl-C)

The demo site's keys, kept in {KEYS} in the data directory:
  site key       {keys["site_key"]}
  moderator key  {keys["moderator_key"]}
  admin key      {keys["admin_key"]}

Post a comment and wait for its verdict (the demo site lets a human decide everything):
curl -sS {site} -H 'Content-Type: application/json' -H 'Prefer: wait=5' {base}/comments -d '{body}'

Look at the queue:
curl -sS {moderator} {base}/queues/pending

Decide:
curl -sS {moderator} -X POST {base}/comments/c-1/approve
"""


if __name__ == "__main__":
    sys.exit(main())
