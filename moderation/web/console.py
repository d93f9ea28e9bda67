"""The console's files, as they ship in the package: read once, then served from memory, packed if the browser can unpack."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from aiohttp import web

from moderation.errors import NotFound
from moderation.web.desk import Desk
from moderation.web.headers import NOT_KEPT, SAFE_HEADERS

HOME: Final = "/console/"
KINDS: Final = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "mjs": "text/javascript; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webp": "image/webp",
    "woff2": "font/woff2",
}  # a file of another kind is not served
_UNPACKS: Final = re.compile(
    r"(?:^|,)\s*(?:gzip|\*)\s*(?!;\s*q=0(?:\.0*)?\s*(?:,|$))(?:;|,|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent; ``packed`` is None if packing makes it no smaller."""

    kind: str
    plain: bytes
    packed: bytes | None
    tag: str


async def page(request: web.Request, desk: Desk) -> web.Response:
    """The page. Who is not signed in gets it too: it asks for the key."""
    del desk
    return _sent(request, files()["index.html"], NOT_KEPT)


async def home(request: web.Request, desk: Desk) -> web.Response:
    """Where the page is."""
    del request, desk
    return web.Response(status=308, headers={"Location": HOME, **SAFE_HEADERS})


async def static(request: web.Request, desk: Desk) -> web.Response:
    """A script, a style, a picture; asked for each time, and sent only if it has changed."""
    del desk
    # The path is looked up among the files that there are; it never names anything on the disk.
    file = files().get("static/" + request.match_info["path"])
    if file is None:
        raise NotFound("There is no such file of the console.")
    return _sent(request, file, {"Cache-Control": "no-cache"})


@cache
def files() -> Mapping[str, File]:
    """All files by their path below the console's folder."""
    return dict(_below(resources.files("moderation") / "console", ""))


def _below(folder: Traversable, path: str) -> list[tuple[str, File]]:
    found = []
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            found += _below(one, f"{path}{one.name}/")
        elif (kind := KINDS.get(one.name.rpartition(".")[2])) is not None:
            found.append((path + one.name, _read(one.read_bytes(), kind)))
    return found


def _read(plain: bytes, kind: str) -> File:
    packed = gzip.compress(plain, 9, mtime=0)
    tag = hashlib.sha256(plain).hexdigest()[:32]
    return File(kind, plain, packed if len(packed) < len(plain) else None, tag)


def _sent(request: web.Request, file: File, caching: Mapping[str, str]) -> web.Response:
    packed = file.packed if _UNPACKS.search(request.headers.get("Accept-Encoding", "")) else None
    tag = f'"{file.tag}{"-gzip" if packed is not None else ""}"'
    headers = {**SAFE_HEADERS, **caching, "ETag": tag, "Vary": "Accept-Encoding"}
    if any(one.value in {"*", tag.strip('"')} for one in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = file.kind
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=file.plain if packed is None else packed, headers=headers)
