"""The headers that every page carries: only what this service itself serves is loaded, and nobody frames it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

SAFE_HEADERS: Final = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }
)
NOT_KEPT: Final = {"Cache-Control": "no-store"}
