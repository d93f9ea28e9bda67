"""Reads bodies: bounded in size and time, validated from their bytes, and refused with a sentence for each fault."""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from moderation.errors import BadRequest, Invalid, RequestTimeout, TooLarge, UnsupportedMedia
from moderation.web.desk import Call, DeskCall

B = TypeVar("B", bound=BaseModel)

JSON_TYPES: Final = frozenset(
    {"application/json", "application/octet-stream"}
)  # the latter: no type was given
LINES_TYPES: Final = frozenset({"application/x-ndjson", "application/jsonl", "application/ndjson"})
MAX_ERRORS: Final = 20  # faults named in one answer

_SENTENCES: Final = {
    "missing": "This field is required.",
    "string_type": "Send a string.",
    "string_too_short": "This must not be empty.",
    "bool_type": "Send true or false.",
    "int_type": "Send a whole number.",
    "float_type": "Send a number.",
    "dict_type": "Send an object.",
    "list_type": "Send an array.",
    "model_type": "Send an object.",
    "finite_number": "Send a finite number.",
    "timezone_aware": "Send a time with its zone, as 2026-11-23T10:00:00Z.",
    "string_pattern_mismatch": "This is not of the form that the documentation gives.",
}


async def read(request: web.Request, limit: int, seconds: float) -> bytes:
    """The whole body. Raises UnsupportedMedia for an encoded one, TooLarge, RequestTimeout."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("Send the body without a Content-Encoding.")
    if (request.content_length or 0) > limit:
        raise TooLarge(f"Send at most {limit} bytes.")
    content = request.content
    if content.is_eof():  # it came with the head, as small bodies do: nothing to wait for
        data = content.read_nowait()
        if content.at_eof():
            if len(data) > limit:
                raise TooLarge(f"Send at most {limit} bytes.")
            return data
    else:
        data = b""
    try:
        async with asyncio.timeout(seconds):
            return await _rest(request, data, limit)
    except TimeoutError:
        raise RequestTimeout(
            f"Send the whole body within {seconds:g} seconds.", headers={"Connection": "close"}
        ) from None
    except ConnectionError:  # the caller left; nobody will read this
        raise BadRequest("The connection was lost before the body came.") from None
    except web.RequestPayloadError:
        raise BadRequest("The body's transfer encoding is broken.", headers={"Connection": "close"}) from None


async def _rest(request: web.Request, data: bytes, limit: int) -> bytes:
    parts, size = [data], len(data)
    while part := await request.content.readany():
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLarge(f"Send at most {limit} bytes.", headers={"Connection": "close"})
    return b"".join(parts)


async def asked(call: Call | DeskCall, model: type[B], *, empty_is_object: bool = False) -> B:
    """The body of a call, read and validated; ``empty_is_object``: no body stands for an empty one."""
    settings = call.desk.settings
    data = await read(call.request, settings.max_body_bytes, settings.body_timeout)
    if data or not empty_is_object:
        require_type(call.request)
    return parse(model, data, empty_is_object=empty_is_object)


def require_type(request: web.Request, allowed: frozenset[str] = JSON_TYPES) -> str:
    """The body's content type; raises UnsupportedMedia if it is none of the allowed, or not in UTF-8."""
    kind = request.content_type.lower()
    if kind not in allowed:
        names = ", ".join(sorted(allowed - {"application/octet-stream"}))
        raise UnsupportedMedia(f"Send the body as {names}.")
    charset = request.charset
    if charset is not None and charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMedia("Send the body in UTF-8.")
    return kind


def parse(model: type[B], data: bytes, *, empty_is_object: bool = False) -> B:
    """The validated body. Raises BadRequest for what is no JSON, Invalid for what is wrong in it."""
    if empty_is_object and not data.strip():
        data = b"{}"
    try:
        return model.model_validate_json(data)
    except ValidationError as failure:
        raise refusal(model, failure) from None


def refusal(model: type[BaseModel], failure: ValidationError) -> BadRequest | Invalid:
    """What is wrong with a body, field by field, without repeating what was sent."""
    faults = failure.errors(include_url=False, include_input=False)
    if faults[0]["type"] == "json_invalid":
        return BadRequest("The body is not valid JSON in UTF-8: " + _json_fault(faults[0]))
    errors = [
        {"pointer": _pointer((*fault["loc"], *_place_in_list(fault))), "detail": _sentence(model, fault)}
        for fault in faults[:MAX_ERRORS]
    ]
    first = errors[0]
    return Invalid(f"{first['pointer'] or 'The body'}: {first['detail']}", extra={"errors": errors})


def _place_in_list(fault: Any) -> tuple[int, ...]:
    # Validators of whole lists say which entry they mean.
    index = fault.get("ctx", {}).get("index")
    return () if index is None else (index,)


def _json_fault(fault: Any) -> str:
    # pydantic names the fault and the place, never the content.
    return str(fault.get("ctx", {}).get("error", "it cannot be read")) + "."


def _pointer(place: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)[:300]


def _sentence(model: type[BaseModel], fault: Any) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields_at(model, fault["loc"][:-1])
        return (
            f"This field is not known; known are {', '.join(known)}." if known else "This field is not known."
        )
    if "sentence" in context:
        return str(context["sentence"])
    if kind == "string_too_long":
        return f"Send at most {context['max_length']} characters."
    if kind == "too_long":
        return f"Send at most {context['max_length']} entries."
    if kind == "too_short":
        least = context["min_length"]
        return f"Send at least {least} {'entry' if least == 1 else 'entries'}."
    if kind in {"enum", "literal_error"}:
        return f"Send one of {context['expected']}."
    return _SENTENCES.get(kind) or f"{fault['msg']}."


def _fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The known fields of the object at a place, as far as models tell."""
    here: Any = model
    for part in place:
        if isinstance(part, int):
            continue
        field = here.model_fields.get(part)
        nested = _models_in(field.annotation) if field else []
        if not nested:
            return []
        here = nested[0]
    return list(here.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]
