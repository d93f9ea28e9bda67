"""Journeys go through HTTP on the same running service as the tests of the contract."""

from __future__ import annotations

from tests.web.conftest import desk, settings

__all__ = ["desk", "settings"]
