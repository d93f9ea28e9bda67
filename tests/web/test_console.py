"""The console's files as they are served, and the headers of every page."""

from __future__ import annotations

import asyncio
import gzip
import posixpath
import re
from pathlib import Path

import pytest

from moderation.web import console
from moderation.web.routes import OPEN
from tests.web.conftest import Desk

FOLDER = Path(console.__file__).parent.parent / "console"
POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'", "form-action 'self'",
    "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'",
}  # fmt: skip
PAGES = ["/console/", "/docs"]


@pytest.fixture
def some_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files to ask for, whatever the console is made of."""
    made = {
        "index.html": console._read(b"<!doctype html><p>" + b"page " * 100, console.KINDS["html"]),
        "static/main.js": console._read(b"export const a = 1;\n" * 50, console.KINDS["js"]),
        "static/words/en.json": console._read(b"{}", console.KINDS["json"]),
        "static/dot.png": console._read(bytes(range(256)), console.KINDS["png"]),
    }
    monkeypatch.setattr(console, "files", lambda: made)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_loads_its_own_files_alone_and_is_not_kept(desk: Desk, path: str) -> None:
    status, page, headers = await desk.raw("GET", path, None, None)
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    for inline in (r"<style", r"\sstyle=", r"<script(?![^>]*\ssrc=)", r"\son[a-z]+=", r"javascript:"):
        assert not re.search(inline, page, re.IGNORECASE), inline
    for link in re.findall(r"(?:src|href)=\"([^\"#]+)", page):
        assert link.startswith("/") or not re.match(r"\w+:|//", link), f"{link} is not ours"


async def test_no_page_is_forgotten(desk: Desk) -> None:
    kinds = {path: (await desk.raw("GET", path, None, None))[2]["Content-Type"] for path, _, _ in OPEN}
    assert sorted(path for path, kind in kinds.items() if kind.startswith("text/html")) == PAGES


async def test_the_style_of_the_docs_is_a_file(desk: Desk) -> None:
    status, style, headers = await desk.raw("GET", "/docs/style.css", None, None)
    assert (status, headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "table {" in style


async def test_the_page_without_its_slash_is_found(desk: Desk) -> None:
    async with desk.client.get("/console", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (308, "/console/")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert (await desk.raw("POST", "/console/", b"", None))[0] == 405


@pytest.mark.usefixtures("some_files")
async def test_a_file_is_sent_packed_and_only_if_it_changed(desk: Desk) -> None:
    for accepts, packed in (("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("deflate, GZIP", True),
                            ("identity", False), ("gzip;q=0", False), ("br, gzip; q=0.0", False), ("xgzip", False)):  # fmt: skip
        async with desk.client.get(
            "/console/static/main.js", headers={"Accept-Encoding": accepts}, skip_auto_headers=["Accept"]
        ) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
            assert (answer.headers.get("Content-Encoding") == "gzip") is packed, accepts
            assert (int(answer.headers["Content-Length"]) < 1000) is packed
            assert await answer.read() == b"export const a = 1;\n" * 50
            assert answer.headers["Cache-Control"] == "no-cache"
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            tag = answer.headers["ETag"]
        for known, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200), ("rubbish", 200)):
            async with desk.client.get(
                "/console/static/main.js", headers={"Accept-Encoding": accepts, "If-None-Match": known}
            ) as again:
                assert (again.status, again.headers["ETag"]) == (status, tag), known


@pytest.mark.usefixtures("some_files")
async def test_each_kind_of_file_says_what_it_is(desk: Desk) -> None:
    for path, kind in (("main.js", "text/javascript; charset=utf-8"), ("words/en.json", "application/json"),
                       ("dot.png", "image/png")):  # fmt: skip
        async with desk.client.get(f"/console/static/{path}") as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
    async with desk.client.head("/console/static/main.js") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


@pytest.mark.usefixtures("some_files")
@pytest.mark.parametrize(
    "path",
    [
        "..", "../index.html", "../../settings.py", "..%2f..%2fsettings.py", "%2e%2e/%2e%2e/settings.py", "/etc/passwd",
        "%2fetc%2fpasswd", "..\\..\\settings.py", "main.js/", "main.js%00", "./main.js/../../../app.py", "words", "words/", "none.js",
        "%ff", "//main.js", "main.js%2f..%2fmain.js",
    ],
)  # fmt: skip
async def test_no_path_leads_out_of_the_folder(desk: Desk, path: str) -> None:
    reader, writer = await asyncio.open_connection(desk.client.host, desk.client.port)
    writer.write(f"GET /console/static/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert re.match(rb"HTTP/1.1 40[04]", answer), answer
    assert b"problem+json" in answer or answer.startswith(b"HTTP/1.1 400")
    assert b"import" not in answer


def test_every_file_of_the_folder_is_served_as_it_is() -> None:
    on_disk = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in FOLDER.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    served = console.files()
    assert {path: file.plain for path, file in served.items()} == on_disk, (
        "a kind is missing in console.KINDS"
    )
    assert all(file.packed is None or gzip.decompress(file.packed) == file.plain for file in served.values())


def test_the_first_load_is_small() -> None:
    """The page and all that it names, and what that imports in turn, is at most 150 kB over the wire."""
    served, todo, seen = console.files(), ["index.html"], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        text = served[path].plain.decode("utf-8", "replace")
        links = re.findall(r"(?:src|href)=\"([^\"#?]+)", text) if path.endswith(".html") else []
        links += (
            re.findall(r"(?:\bfrom|\bimport)\s*[\"'](\.[^\"']+)[\"']", text) if path.endswith("js") else []
        )
        links += re.findall(r"url\([\"']?([^\"')]+)", text) if path.endswith(".css") else []
        for link in links:
            whole = (
                link.removeprefix("/console/")
                if link.startswith("/")
                else posixpath.join(posixpath.dirname(path), link)
            )
            if (name := posixpath.normpath(whole)) in served:
                todo.append(name)
    assert sum(len(served[path].packed or served[path].plain) for path in seen) <= 150_000
