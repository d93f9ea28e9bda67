"""The OpenAPI 3.1 document, made from the table of routes and from the types that validate."""

from __future__ import annotations

import json
import re
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from moderation.web import answers, sessions, wire
from moderation.web.desk import Desk

if TYPE_CHECKING:
    from moderation.web.routes import Route

VERSION: Final = version("moderation")  # read once, before anything is served

_PARTS = {
    "site": {"type": "string", "pattern": "^[a-z0-9-]{1,64}$", "example": "gazette"},
    "id": {"type": "string", "minLength": 1, "maxLength": 128, "example": "c-1842"},
    "key_id": {"type": "string", "example": "3f9c2a71b0de"},
    "queue": {"type": "string", "enum": ["pending", "reported", "escalated", "approved", "rejected"]},
    "author": {"type": "string", "minLength": 1, "maxLength": 128, "example": "u-77"},
    "batch": {"type": "string", "example": "5f0c6a0e9b1d4c7e8a2b3c4d"},
    "webhook": {"type": "string", "example": "wh_5f2c8e1d90ab34cd"},
    "delivery": {"type": "string", "example": "1800000000000-0"},
}


async def serve(request: web.Request, desk: Desk) -> web.Response:
    """The document."""
    del request, desk
    return web.Response(body=_bytes(), content_type="application/json")


@cache
def _bytes() -> bytes:
    return json.dumps(document()).encode()


@cache
def document() -> dict[str, Any]:
    """The whole document as JSON values."""
    from moderation.web.routes import ACROSS, OPEN, ROUTES, SESSION  # the table names this module's handler

    paths: dict[str, dict[str, Any]] = {}
    routes: tuple[Route[Any], ...] = (*ROUTES, *ACROSS, *SESSION)
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    for path, _, summary in OPEN:
        paths[path] = {"get": _open_operation(path, summary)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Moderation: the comment desk",
            "version": VERSION,
            "description": "Reader comments in, decisions out. Errors are RFC 9457 problem documents. "
            "Perspective's calls (`/v1alpha1/comments:analyze`, `:suggestscore`) are answered too, in its own words: "
            "`/$discovery/rest?version=v1alpha1` describes them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"session": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of a site, of several, or of all.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": sessions.COOKIE,
                    "description": "Signed in by `POST /console/session`; for calls without `Authorization`. Calls but GET need "
                    "the session's `csrf` as `X-CSRF-Token`, and come from the console's own page.",
                },
            },
            "schemas": _schemas(),
        },
    }


def _schemas() -> dict[str, Any]:
    models = [
        one
        for module in (wire, answers)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, BaseModel) and one is not BaseModel
    ]
    _, found = models_json_schema(
        [(model, "validation") for model in models if model is not wire.Body],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _operation(route: Route[Any]) -> dict[str, Any]:
    name = getattr(route.handler, "__name__", "call")
    module = getattr(route.handler, "__module__", "").rpartition(".")[2]
    operation: dict[str, Any] = {
        "operationId": f"{module}_{name}",
        "tags": [module],
        "summary": route.summary.partition(".")[0],
        "description": f"{route.summary} Role: {', '.join(sorted(route.allowed))}.",
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.path == "/console/session":
        operation["security"] = [] if route.method == "POST" else [{"session": []}]
    if route.body is not None:
        operation["requestBody"] = _request_body(route, route.body)
    return operation


def _parameters(route: Route[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": part, "in": "path", "required": True, "schema": _PARTS[part]}
        for part in re.findall(r"{(\w+)}", route.path)
    ]
    asked = dict(parse_qsl(route.asks))
    for one in route.query:
        parameter = {"name": one.name, "in": "query", "description": one.description, "schema": one.schema}
        if one.name in asked:
            parameter["example"] = asked[one.name]
        found.append(parameter)
    if route.path.endswith("/comments") and route.method == "POST":
        prefer = "`wait=N`: answer with the verdict if it comes within N seconds (up to 10)."
        found.append({"name": "Prefer", "in": "header", "description": prefer, "schema": {"type": "string"}})
    elif (
        route.method in {"POST", "PATCH"}
        and "/webhooks" not in route.path
        and not route.path.endswith(("/batch", "/sites", "/keys", "/session"))
    ):
        idempotency = "The same key again is the same operation: it changes nothing more."
        schema = {"type": "string", "maxLength": 255}
        found.append(
            {"name": "Idempotency-Key", "in": "header", "description": idempotency, "schema": schema}
        )
    return found


def _request_body(route: Route[Any], model: type[BaseModel]) -> dict[str, Any]:
    if route.path.endswith("/batch"):
        rows = {"type": "array", "maxItems": wire.MAX_ROWS, "items": _ref(model)}
        return {
            "required": True,
            "content": {
                "application/json": {"schema": rows, "example": route.example},
                "application/x-ndjson": {"schema": {"type": "string", "description": "A comment a line."}},
            },
        }
    return {
        "required": route.body_required,
        "content": {"application/json": {"schema": _ref(model), "example": route.example}},
    }


def _responses(route: Route[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, model in route.answers.items():
        answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if model is not None:
            kind = "application/x-ndjson" if route.lines else "application/json"
            answer["content"] = {kind: {"schema": _ref(model)}}
            if (shown := route.shows.get(status)) is not None:
                answer["content"][kind]["example"] = shown
        if route.path.endswith("/audit"):
            answer["content"]["application/x-ndjson"] = {
                "schema": {"type": "string", "description": "An act a line."}
            }
        if route.path.endswith("/events"):
            answer["content"]["text/event-stream"] = {"schema": {"type": "string"}}
        found[str(status)] = answer
    for status in sorted({401, 403, 404, 429, 500, *route.faults}):
        found[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": _ref(answers.ProblemAnswer)}},
        }
    return found


def _open_operation(path: str, summary: str) -> dict[str, Any]:
    kinds = {
        "/metrics": "text/plain",
        "/docs": "text/html",
        "/docs/style.css": "text/css",
        "/console/": "text/html",
    }
    kind = kinds.get(path, "application/json")
    schema = {"type": "object"} if kind == "application/json" else {"type": "string"}
    answers: dict[str, Any] = {"200": {"description": "OK", "content": {kind: {"schema": schema}}}}
    if path == "/readyz":
        answers["503"] = {"description": "Not ready", "content": {kind: {"schema": schema}}}
    return {
        "operationId": "system_" + re.sub(r"\W", "_", path.strip("/")),
        "tags": ["system"],
        "summary": summary,
        "security": [],
        "responses": answers,
    }
