"""Webhook verification: the specification's own vector, the reference library's signatures, and everything that must not pass."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from moderation.client import BadSignature, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = 1614265330
BODY = b'{"test": 2432232314}'
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "Webhook-Timestamp": str(AT),
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
OTHER = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"


def test_the_vector_of_the_specification() -> None:
    assert verify(SECRET, HEADERS, BODY, now=AT).id == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_what_the_reference_library_signs() -> None:
    now = datetime.now(UTC)
    body = '{"type":"comment.approved","timestamp":"2026-11-25T10:00:00.000Z","data":{"comment_id":"ü"}}'
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(OTHER).sign("m", now, body),
    }
    found = verify([SECRET, OTHER], headers, body.encode())
    assert (found.type, found.data) == ("comment.approved", {"comment_id": "ü"})
    assert found.timestamp == datetime(2026, 11, 25, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "signature",
    [
        "v1a,AAAA g0",
        "v2,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,!! v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ],
)
def test_one_of_several_signatures(signature: str) -> None:
    headers = {**HEADERS, "Webhook-Signature": signature}
    if "g0hM9" in signature:
        verify(SECRET, headers, BODY, now=AT)
    else:
        with pytest.raises(BadSignature):
            verify(SECRET, headers, BODY, now=AT)


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("value", [None, "", "1614265331", "v1,", "-1", "١٦١٤٢٦٥٣٣٠", "9" * 30])
def test_a_header_that_is_not_as_it_was(name: str, value: str | None) -> None:
    headers = {key: text for key, text in HEADERS.items() if key != name}
    if value is not None:
        headers[name] = value
    with pytest.raises(BadSignature):
        verify(SECRET, headers, BODY, now=AT)


@pytest.mark.parametrize("late", [-301, 301])
def test_too_old_and_from_the_future(late: int) -> None:
    with pytest.raises(BadSignature, match="clocks"):
        verify(SECRET, HEADERS, BODY, now=AT + late)


def test_another_body_and_another_secret() -> None:
    with pytest.raises(BadSignature):
        verify(SECRET, HEADERS, BODY + b" ", now=AT)
    with pytest.raises(BadSignature):
        verify(OTHER, HEADERS, BODY, now=AT)
    with pytest.raises(BadSignature):
        verify([], HEADERS, BODY, now=AT)
    with pytest.raises(ValueError, match="whsec_"):
        verify("whsec_not base64", HEADERS, BODY, now=AT)
