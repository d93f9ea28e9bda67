"""Logs: JSON lines on stderr, each with its request's id, none with a text, a name, an address or a key."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import Final

from pythonjsonlogger.json import JsonFormatter

request_id: Final[ContextVar[str]] = ContextVar("request_id", default="")


class _RequestId(logging.Filter):
    """Puts the request's id on every record made while it is answered."""

    def filter(self, record: logging.LogRecord) -> bool:
        if current := request_id.get():
            record.request_id = current
        return True


def configure(level: str) -> None:
    """Sends all logs of the process to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_RequestId())
    names = {"asctime": "time", "levelname": "level", "name": "logger"}
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=names))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("aiohttp").setLevel(logging.ERROR)  # what it says of broken requests may quote them
