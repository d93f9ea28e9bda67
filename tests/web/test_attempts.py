"""Guessing keys: slowed by address, never at the cost of a good key."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from moderation.errors import TooManyAttempts
from moderation.web.attempts import MAX_ADDRESSES, Attempts
from tests.web.conftest import SITE, Desk

PATH = f"/v1/sites/{SITE}/queues"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the counter sees; a test moves it."""
    now = [time.monotonic()]
    # A clock for this module alone: the event loop keeps its own.
    monkeypatch.setattr("moderation.web.attempts.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def refused(attempts: Attempts, address: str | None) -> int:
    """Seconds to wait, or 0 if one more wrong key is answered as any other."""
    try:
        attempts.failed(address)
    except TooManyAttempts as error:
        return int(error.headers["Retry-After"])
    return 0


def test_so_many_a_minute_and_then_again_evenly(clock: list[float]) -> None:
    attempts = Attempts(10)
    assert [refused(attempts, "192.0.2.1") for _ in range(12)] == [0] * 10 + [6, 6]
    assert refused(attempts, "192.0.2.2") == 0, "another address is not concerned"
    clock[0] += 6.1
    assert [bool(refused(attempts, "192.0.2.1")) for _ in range(2)] == [False, True]
    clock[0] += 600
    assert [bool(refused(attempts, "192.0.2.1")) for _ in range(11)] == [False] * 10 + [True]


def test_a_network_of_one_customer_is_one_address(clock: list[float]) -> None:
    attempts = Attempts(1)
    assert refused(attempts, "2001:db8:0:1::1") == 0
    assert refused(attempts, "2001:db8:0:1:ffff::2") > 0
    assert refused(attempts, "2001:db8:0:2::1") == 0
    assert refused(attempts, "192.0.2.1") == 0
    assert refused(attempts, "::ffff:192.0.2.1") > 0
    assert refused(attempts, None) == 0
    assert refused(attempts, None) > 0


def test_zero_counts_nothing() -> None:
    attempts = Attempts(0)
    assert not any(refused(attempts, "192.0.2.1") for _ in range(1_000))
    assert len(attempts) == 0


def test_memory_is_bounded(clock: list[float]) -> None:
    attempts = Attempts(10)
    for number in range(MAX_ADDRESSES + 500):
        attempts.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(attempts) == MAX_ADDRESSES


async def test_wrong_keys_are_answered_429_and_a_good_one_is_let_in(clock: list[float], desk: Desk) -> None:
    statuses = []
    for number in range(62):
        status, answer, headers = await desk.raw(
            "GET", PATH, None, None, Authorization=f"Bearer mod_site_{number}_x"
        )
        statuses.append(status)
    assert statuses == [401] * 60 + [429] * 2
    assert headers["Retry-After"] == "1"
    assert answer["type"] == "/docs#problem-too-many-attempts"
    assert (await desk.raw("GET", PATH, None, "moderator"))[0] == 200
    # Who asks without a key does not guess: the answer still says what to send.
    assert (await desk.raw("GET", PATH, None, None))[0] == 401


async def test_headers_that_name_another_address_are_not_believed(clock: list[float], desk: Desk) -> None:
    statuses = []
    for number in range(61):
        told = f"198.51.100.{number}"
        headers = {"X-Forwarded-For": told, "Forwarded": f"for={told}", "X-Real-IP": told}
        status, _, _ = await desk.raw("GET", PATH, None, None, Authorization="Bearer wrong", **headers)
        statuses.append(status)
    assert statuses == [401] * 60 + [429]
