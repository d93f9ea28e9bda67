"""The service as its operator runs it, for a browser: one process, and a site of its own for each test. Calls block."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.service import MODERATION, ROOT, free_port

PATIENCE = 60.0  # seconds for anything that is waited for


@dataclass(frozen=True)
class Running:
    """The process and an admin's key for every site."""

    url: str
    admin: str
    _numbers: list[int] = field(default_factory=lambda: [0])

    def call(self, method: str, path: str, body: Any = None, *, key: str, **headers: str) -> tuple[int, Any]:
        """Status and JSON of a call."""
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {key}", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def site(self, **policy: Any) -> Site:
        """A new site with a moderator, ann; its policy lets humans decide everything unless it says otherwise."""
        self._numbers[0] += 1
        name = f"paper-{self._numbers[0]}"
        status, made = self.call("POST", "/v1/sites", {"site": name}, key=self.admin)
        assert status == 201, made
        site = Site(self, name, made["site_key"])
        site.put_policy(**{"mode": "pre", **policy})
        site.add_key("ann")
        return site


@dataclass
class Site:
    """One site and its keys by the name of who has them."""

    service: Running
    name: str
    site_key: str
    keys: dict[str, str] = field(default_factory=dict)

    def put_policy(self, **policy: Any) -> None:
        """Replaces the policy."""
        self.want("PUT", "/policy", policy, key=self.service.admin)

    def add_key(self, name: str, role: str = "moderator") -> str:
        """A key for a person."""
        made = self.want("POST", "/keys", {"role": role, "name": name}, key=self.service.admin)
        self.keys[name] = made["key"]
        return self.keys[name]

    def want(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """What a call on the site answers; it must succeed. As ann if no key is given."""
        status, found = self.service.call(
            method, f"/v1/sites/{self.name}{path}", body, key=key or self.keys["ann"]
        )
        assert status < 300, found
        return found

    def post(self, comments: Iterable[Mapping[str, Any]]) -> list[str]:
        """Posts comments and waits until they stand in a queue; returns their ids."""
        rows = [
            {"author": {"id": f"u-{number}", "name": f"Reader {number}"}, "article": {"id": "a-1"}, **one}
            for number, one in enumerate(comments)
        ]
        for begin in range(0, len(rows), 500):
            found = self.want("POST", "/comments/batch", rows[begin : begin + 500], key=self.site_key)
            assert all(one["status_code"] in {200, 202} for one in found["items"]), found
        ids = [str(row["id"]) for row in rows]
        self.until(lambda: self.status(ids[-1]) != "queued")
        self.until(lambda: sum(self.counts().values()) >= len(ids))
        return ids

    def texts(self, texts: Iterable[str]) -> list[str]:
        """The same from texts alone; ids are c-0000, c-0001, …"""
        return self.post({"id": f"c-{number:04}", "text": text} for number, text in enumerate(texts))

    def comment(self, comment_id: str) -> dict[str, Any]:
        """A comment as moderators see it."""
        return dict(self.want("GET", f"/comments/{urllib.parse.quote(comment_id, safe='')}"))

    def status(self, comment_id: str) -> str:
        """Its status."""
        return str(self.comment(comment_id)["status"])

    def counts(self) -> dict[str, int]:
        """Each queue's count."""
        return {name: one["count"] for name, one in self.want("GET", "/queues")["queues"].items()}

    @staticmethod
    def until(true: Any) -> None:
        """Waits until something is so."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, "it did not come to be"
            time.sleep(0.05)


def started(folder: Path) -> tuple[subprocess.Popen[str], Running]:
    """A service on a free port with its data in a folder."""
    where = ("--data-dir", str(folder))
    made = subprocess.run(
        [*MODERATION, "key", "add", "--site", "*", "--role", "admin", "--name", "root", *where],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    command = [*MODERATION, "serve", "--port", str(free_port()), "--log-level", "ERROR", *where]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready "), line
    return process, Running(line.split()[1], json.loads(made.stdout)["key"])
