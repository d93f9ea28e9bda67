"""Akismet's clients as their registries have them, unmodified, against the service: every call that they offer."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import akismet
import httpx
import pytest

from moderation.domain.policy import Policy
from moderation.settings import Settings
from moderation.store.pipe import ConnectionLost
from tests.web.conftest import SITE, Desk, desk

__all__ = ["desk"]

UNREACHABLE = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "ERR_SOCKET_TIMEOUT",
)
NODE = Path(__file__).parent / "node"
BLOG = "https://news.example/"
TEXTS = {"ham": "0.01 fine", "spam": "0.99 spam", "doubtful": "0.5 perhaps", "blatant": "0.9995 pills"}


@pytest.fixture
def settings() -> Settings:
    return Settings(verdict_seconds=10)


@pytest.fixture
async def key(desk: Desk) -> str:
    return await desk.store.keyring.add_akismet(SITE)


# --- Python ----------------------------------------------------------------------------------------


def rewriting(transport: Any, desk: Desk) -> Any:
    """A transport that leads to us: the client has no setting for its host, but takes an HTTP client."""
    base = type(transport)

    class Rewriting(base):  # type: ignore[valid-type, misc]
        def _aim(self, request: httpx.Request) -> httpx.Request:
            assert request.url.host == "rest.akismet.com"
            url = request.url.copy_with(scheme="http", host="127.0.0.1", port=desk.client.port)
            return httpx.Request(request.method, url, headers=request.headers, stream=request.stream)

        def handle_request(self, request: httpx.Request) -> Any:
            return super().handle_request(self._aim(request))

        async def handle_async_request(self, request: httpx.Request) -> Any:
            return await super().handle_async_request(self._aim(request))

    return Rewriting()


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest, desk: Desk) -> Callable[..., Any]:
    """Makes a call with either client."""

    async def call(key: str, method: str, *args: Any, **fields: Any) -> Any:
        config = akismet.Config(key=key, url=BLOG)
        if request.param == "async":
            async with httpx.AsyncClient(
                transport=rewriting(httpx.AsyncHTTPTransport(), desk), timeout=30
            ) as aio:
                client = akismet.AsyncClient(config=config, http_client=aio)
                return await getattr(client, method)(*args, **fields)

        def run() -> Any:
            with httpx.Client(transport=rewriting(httpx.HTTPTransport(), desk), timeout=30) as http:
                return getattr(akismet.SyncClient(config=config, http_client=http), method)(*args, **fields)

        return await asyncio.to_thread(run)

    return call


async def test_python_every_call(caller: Callable[..., Any], desk: Desk, key: str) -> None:
    found = {
        name: await caller(key, "comment_check", "203.0.113.7", comment_content=text, comment_author="Ann")
        for name, text in TEXTS.items()
    }
    ham, spam, discard = akismet.CheckResponse.HAM, akismet.CheckResponse.SPAM, akismet.CheckResponse.DISCARD
    assert found == {"ham": ham, "spam": spam, "doubtful": ham, "blatant": discard}
    assert await caller(key, "verify_key") is True
    assert await caller(key, "verify_key", "wrongwrong00", BLOG) is False
    sent = {"user_ip": "203.0.113.7", "comment_author": "Ann"}
    assert await caller(key, "submit_spam", comment_content=TEXTS["ham"], **sent) is True
    assert await caller(key, "submit_ham", comment_content=TEXTS["spam"], **sent) is True
    counts = await desk.store.queues.counts(SITE)
    assert {name: counts[name].count for name in ("approved", "rejected", "pending")} == {
        "approved": 1, "rejected": 2, "pending": 1,
    }  # fmt: skip
    usage = await caller(key, "usage_limit")
    assert (usage["limit"], usage["usage"], usage["percentage"], usage["throttled"]) == (
        "none",
        6,
        "0.00",
        False,
    )
    # What its own end-to-end tests send.
    spam_test = {"comment_author": "akismet-guaranteed-spam", "is_test": True}
    assert await caller(key, "comment_check", "127.0.0.1", **spam_test) == spam
    assert await caller(key, "comment_check", "127.0.0.1", user_role="administrator", is_test=True) == ham


async def test_python_hears_of_a_bad_key(caller: Callable[..., Any]) -> None:
    for method in ("comment_check", "submit_spam", "submit_ham"):
        with pytest.raises(akismet.APIKeyError):
            await caller("wrongwrong00", method, "203.0.113.7", comment_content="0.01 fine")
    with pytest.raises(akismet.APIKeyError):
        await caller("wrongwrong00", "usage_limit")


async def test_python_key_sites(caller: Callable[..., Any], key: str) -> None:
    try:
        found = await caller(key, "key_sites")
    except akismet.APIKeyError:
        return  # releases that send no key: `invalid` is what they understand
    assert SITE in json.dumps(found)


async def test_python_holds_what_we_cannot_answer(
    caller: Callable[..., Any], desk: Desk, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_store(desk, monkeypatch)
    with pytest.raises(akismet.RequestError):
        await caller(key, "comment_check", "203.0.113.7", comment_content="0.01 fine")


def lose_the_store(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*command: object) -> None:
        raise ConnectionLost("gone")

    monkeypatch.setattr(desk.store.link._pipe, "call", lost)
    monkeypatch.setattr(desk.store.link._pipe, "call_all", lost)


# --- Node ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the clients are installed, as the lock says."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node is not installed: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "clients.mjs"):
        shutil.copy(NODE / name, folder)
    return folder


async def node(folder: Path, desk: Desk, key: str) -> dict[str, Any]:
    """What the clients made of every call."""
    if not (folder / "node_modules").exists():
        await _run(folder, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    out = await _run(folder, "node", "clients.mjs", str(desk.client.port), key)
    found: dict[str, Any] = json.loads(out)
    return found


async def _run(folder: Path, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TEXTS": json.dumps(TEXTS), "NODE_NO_WARNINGS": "1"},
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 100)
    if words[0] == "npm" and process.returncode and any(code in err.decode() for code in UNREACHABLE):
        pytest.skip("The npm registry does not answer: the clients cannot be installed.")
    assert process.returncode == 0, err.decode()[-2_000:]
    return out.decode()


def of(found: dict[str, Any], client: str) -> dict[str, Any]:
    return {
        name.removeprefix(client + " "): value
        for name, value in found.items()
        if name.startswith(client + " ")
    }


async def test_node_every_call(node_modules: Path, desk: Desk, key: str) -> None:
    found = await node(node_modules, desk, key)
    thanks = "Thanks for making the web a better place."
    assert of(found, "akismet-api") == {
        "good verify": True, "good ham": thanks, "good spam": thanks, "good doubtful": False, "good blatant": True,
        "bad verify": False, "bad ham": "invalid", "bad spam": "invalid", "bad doubtful": "threw", "bad blatant": "threw",
        "role": False,
    }  # fmt: skip
    assert of(found, "cedx") == {
        "good verify": True, "good ham": None, "good spam": None, "good doubtful": 0, "good blatant": 2,
        "bad verify": False, "bad ham": "threw", "bad spam": "threw", "bad doubtful": "threw", "bad blatant": "threw",
    }  # fmt: skip
    assert of(found, "akismet") == {
        "good verify": True, "good ham": False, "good spam": None, "good doubtful": False, "good blatant": True,
        "bad verify": False, "bad ham": False, "bad spam": None, "bad doubtful": False, "bad blatant": False,
    }  # fmt: skip
    counts = await desk.store.queues.counts(SITE)
    assert counts["pending"].count == 3, "the three clients' doubtful ones"


async def test_node_holds_what_we_cannot_answer(
    node_modules: Path, desk: Desk, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.store.sites.set_policy(SITE, Policy(), "ann")
    lose_the_store(desk, monkeypatch)
    found = await node(node_modules, desk, key)
    for client in ("akismet-api", "cedx"):
        checks = {
            name: value for name, value in of(found, client).items() if name.endswith(("doubtful", "blatant"))
        }
        assert set(checks.values()) == {"threw"}, checks
    # This one takes every answer but `true` for ham, whatever its status: docs/akismet.md warns of it.
    assert of(found, "akismet")["good blatant"] is False
