"""Headers that tell a browser what it may do with an answer: what a page may load and who may frame it, what is kept."""

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
NOT_KEPT: Final = MappingProxyType({"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
