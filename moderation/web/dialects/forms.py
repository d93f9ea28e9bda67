"""Reads what other products' clients post: a form in any of three content types, as one flat table of texts."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from email.message import Message
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from moderation.errors import BadRequest

MOST_FIELDS: Final = (
    10_000  # WordPress adds a field for each header and form field of its visitor: some hundreds
)
_BRACKETS: Final = re.compile(r"\[[^\]]*\]")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_UTF_8: Final = "utf-8"
# By the codecs' own names; others could be slow (punycode) or no text at all (hex).
_CHARSETS: Final = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|cp932|koi8-[ru]|gbk|gb2312|gb18030|big5|shift_jis|euc_(?:jp|kr)|utf-16(?:-[bl]e)?"
)


class Form:
    """The fields of a form. A name with brackets (``a[0]``, ``a[]``) stands for its plain name with several values."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            plain = _BRACKETS.sub("", name) if "[" in name else name
            self._values.setdefault(plain, []).append(_clean(value))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, *names: str) -> str:
        """The last value of the first of these names that has one; empty if none has."""
        for name in names:
            for value in reversed(self._values.get(name, ())):
                if value:
                    return value
        return ""

    def all(self, name: str) -> list[str]:
        """All values of a name, in order."""
        return self._values.get(name, [])

    def is_set(self, name: str) -> bool:
        """Whether a switch is on: clients write a switch that is off as ``false`` or ``0``, or leave it out."""
        return self.get(name).strip().casefold() not in {
            "",
            "0",
            "false",
            "no",
            "off",
            "null",
            "undefined",
            "none",
        }


def read_form(data: bytes, content_type: str) -> Form:
    """The form of a body; whatever is neither JSON nor multipart is read as a plain form. Raises BadRequest."""
    kind, parameters = _type_of(content_type)
    charset = _charset(parameters.get("charset"))
    if kind == "application/json":
        return Form(_json(data))
    if kind == "multipart/form-data":
        return Form(_multipart(data, parameters.get("boundary", ""), charset))
    if not data.isascii():  # bytes that were sent as they are count like those that were written as %XX
        data = _HIGH.sub(lambda byte: b"%%%02X" % byte[0][0], data)
    try:
        pairs = parse_qsl(
            data.decode("ascii"),
            keep_blank_values=True,
            encoding=charset,
            errors="replace",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise BadRequest(f"Send at most {MOST_FIELDS} fields.") from None
    return Form(pairs)


@lru_cache(maxsize=256)  # a client sends the same one with every call
def _type_of(header: str) -> tuple[str, Mapping[str, str]]:
    """A content type and its parameters."""
    head = Message()
    head["Content-Type"] = header[:1_000].replace("\n", " ").replace("\r", " ")
    parameters = {name: str(value) for name, value in head.get_params(failobj=[])}
    return head.get_content_type(), parameters


@lru_cache(maxsize=64)
def _charset(named: str | None) -> str:
    try:
        known = codecs.lookup(named).name if named else _UTF_8
    except LookupError:
        return _UTF_8
    return known if _CHARSETS.fullmatch(known) else _UTF_8


def _json(data: bytes) -> list[tuple[str, str]]:
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise BadRequest("Send a JSON object.")
    return [
        (name, text)
        for name, value in found.items()
        for one in (value if isinstance(value, list) else [value])
        if (text := _plain(one)) is not None
    ]


def _plain(value: Any) -> str | None:
    """A member's value as a form would hold it; None for what no form holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}" if value.bit_length() < 128 else None
    return value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else None


def _multipart(data: bytes, boundary: str, charset: str) -> list[tuple[str, str]]:
    if not boundary or not boundary.isascii():
        raise BadRequest("The multipart body names no boundary.")
    parts = (b"\r\n" + data).split(b"\r\n--" + boundary.encode())
    if len(parts) > MOST_FIELDS:
        raise BadRequest(f"Send at most {MOST_FIELDS} fields.")
    found = []
    for part in parts[1:]:
        if part.startswith(b"--"):
            break
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(
            rb'content-disposition:[^\r\n]*?;\s*name="?([^"\r\n;]*)"?', head[:4_096], re.IGNORECASE
        )
        if name is not None:
            found.append((name[1].decode(charset, "replace"), value.decode(charset, "replace")))
    return found


def _clean(text: str) -> str:
    """What the store can hold: no NUL, no half of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()
