"""The clients speak to the same running service as the tests of the contract."""

from __future__ import annotations

import pytest

from tests.web.conftest import Desk, desk, settings

__all__ = ["desk", "settings"]


@pytest.fixture
def url(desk: Desk) -> str:
    return str(desk.client.make_url("/")).rstrip("/")
