"""The documentation as one page: made from the OpenAPI document, without a script, readable offline and by ear."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from moderation import errors
from moderation.web import openapi
from moderation.web.desk import Desk
from moderation.web.headers import NOT_KEPT, SAFE_HEADERS

STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .92em; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid #8888; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #8884; }
section { margin-top: 2.5rem; } nav ul { columns: 18rem; padding-left: 1rem; }
"""


async def serve(request: web.Request, desk: Desk) -> web.Response:
    """The page."""
    del request, desk
    return web.Response(text=page(), content_type="text/html", headers={**SAFE_HEADERS, **NOT_KEPT})


async def style(request: web.Request, desk: Desk) -> web.Response:
    """The page's style, a file of its own: no page here has anything inline."""
    del request, desk
    return web.Response(
        text=STYLE, content_type="text/css", headers={**SAFE_HEADERS, "Cache-Control": "no-cache"}
    )


@cache
def page() -> str:
    """The whole page."""
    document = openapi.document()
    calls = [
        (method.upper(), path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(document['info']['title'])}</title>",
            '<link rel="stylesheet" href="/docs/style.css"></head><body>',
            f"<header><h1>{escape(document['info']['title'])}</h1>",
            f"<p>Version {escape(document['info']['version'])}. {escape(document['info']['description'])}",
            'The same for machines: <a href="/openapi.json">/openapi.json</a>.</p>',
            "<p>Send your key as <code>Authorization: Bearer KEY</code>. A key reaches its own sites alone. "
            'People work at <a href="/console/">/console/</a>.</p></header>',
            '<nav aria-label="Calls"><h2>Calls</h2><ul>',
            *(f'<li><a href="#{_anchor(one)}"><code>{m} {escape(p)}</code></a></li>' for m, p, one in calls),
            '<li><a href="#problems">Problems</a></li><li><a href="#schemas">Types</a></li></ul></nav><main>',
            *(_call(method, path, operation) for method, path, operation in calls),
            _problems(),
            '<section id="schemas"><h2>Types</h2>',
            *(_schema(name, schema) for name, schema in document["components"]["schemas"].items()),
            "</section></main></body></html>",
        )
    )


def _anchor(operation: dict[str, Any]) -> str:
    return "call-" + escape(operation["operationId"])


def _call(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        f'<section id="{_anchor(operation)}"><h3><code>{method} {escape(path)}</code></h3>',
        f"<p>{escape(operation.get('description') or operation['summary'])}</p>",
    ]
    if operation.get("parameters"):
        rows = [
            (one["name"], one["in"], one.get("description") or json.dumps(one["schema"]))
            for one in operation["parameters"]
        ]
        parts.append(_table("Parameters", ("name", "in", "meaning"), rows))
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body, <code>{escape(kind)}</code>: {_type(content['schema'])}</p>")
    parts.append(f"<p>A request:</p><pre>{escape(_request(method, path, operation))}</pre>")
    answers = [
        (
            status,
            answer["description"],
            ", ".join(_type_name(one["schema"]) for one in answer.get("content", {}).values()),
        )
        for status, answer in operation["responses"].items()
    ]
    parts.append(_table("Answers", ("status", "meaning", "type"), answers))
    parts += [
        f"<p>An answer, {status}:</p><pre>{escape(_json(content['example']))}</pre>"
        for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values()
        if "example" in content
    ]
    return "".join(parts) + "</section>"


def _request(method: str, path: str, operation: dict[str, Any]) -> str:
    """An example request: its first line, and its body."""
    asked = {}
    for one in operation.get("parameters", ()):
        if one["in"] == "path":
            schema = one["schema"]
            path = path.replace(f"{{{one['name']}}}", schema.get("example") or schema["enum"][0])
        elif one["in"] == "query" and "example" in one:
            asked[one["name"]] = one["example"]
    line = f"{method} {path}" + (f"?{urlencode(asked)}" if asked else "")
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    return "\n\n".join((line, *(_json(one["example"]) for one in bodies if "example" in one)))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _type_name(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type_name(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return "array of " + _type_name(schema.get("items", {}))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return str(schema.get("type", "anything"))


def _type(schema: dict[str, Any]) -> str:
    return f"<code>{escape(_type_name(schema))}</code>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = [
        (
            field + (" (required)" if field in schema.get("required", ()) else ""),
            _type_name(one),
            one.get("description", ""),
        )
        for field, one in schema.get("properties", {}).items()
    ]
    heading = f'<h3 id="type-{escape(name)}"><code>{escape(name)}</code></h3><p>{escape(schema.get("description", ""))}</p>'
    return heading + (_table("Fields", ("field", "type", "meaning"), rows) if rows else "")


def _problems() -> str:
    kinds = sorted(_all(errors.ModerationError), key=lambda kind: (kind.status, kind.slug))
    rows = "".join(
        f'<tr id="problem-{kind.slug}"><td>{kind.status}</td><td><code>{kind.slug}</code></td>'
        f"<td>{escape((kind.__doc__ or '').splitlines()[0])}</td></tr>"
        for kind in kinds
    )
    head = '<th scope="col">status</th><th scope="col">type</th><th scope="col">meaning</th>'
    return (
        '<section id="problems"><h2>Problems</h2><p>Every error is a problem document (RFC 9457) whose '
        "<code>detail</code> says what to mend.</p><table><caption>Types of problems</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _all(kind: type[errors.ModerationError]) -> list[type[errors.ModerationError]]:
    return [kind, *(found for one in kind.__subclasses__() for found in _all(one))]
