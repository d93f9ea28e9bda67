"""Signatures: the specification's vector, what a verifier refuses, and the reference library beside ours."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook as Reference
from standardwebhooks import WebhookVerificationError

from moderation.webhooks import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNED = {
    "webhook-id": ID,
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_the_vector_of_the_specification() -> None:
    assert signing.headers(ID, AT, BODY, [signing.secret_bytes(SECRET)]) == SIGNED
    signing.verify(SECRET, SIGNED, BODY, AT)


@pytest.mark.parametrize("late", [-300, 300])
def test_five_minutes_are_tolerated(late: int) -> None:
    signing.verify(SECRET, SIGNED, BODY, AT + late)
    with pytest.raises(signing.BadSignature):
        signing.verify(SECRET, SIGNED, BODY, AT + late + (1 if late > 0 else -1))


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"webhook-id": ID + "x"}, BODY),
        ({"webhook-timestamp": str(AT + 1)}, BODY),
        ({"webhook-timestamp": "now"}, BODY),
        ({"webhook-timestamp": "²"}, BODY),
        ({"webhook-signature": ""}, BODY),
        ({"webhook-signature": "v1,"}, BODY),
        ({"webhook-signature": "v1,é"}, BODY),
        ({"webhook-signature": SIGNED["webhook-signature"].replace("v1,", "v1a,")}, BODY),
        ({"webhook-signature": SIGNED["webhook-signature"].replace("v1,", "v2,")}, BODY),
        ({}, BODY + b" "),
        ({}, b'{"test":2432232314}'),
        ({}, b""),
    ],
)
def test_what_was_altered_is_refused(changed: dict[str, str], body: bytes) -> None:
    with pytest.raises(signing.BadSignature):
        signing.verify(SECRET, {**SIGNED, **changed}, body, AT)


@pytest.mark.parametrize("missing", SIGNED)
def test_a_missing_header_is_refused(missing: str) -> None:
    with pytest.raises(signing.BadSignature):
        signing.verify(SECRET, {name: value for name, value in SIGNED.items() if name != missing}, BODY, AT)


@pytest.mark.parametrize("size", [0, 8, 23, 65])
def test_a_secret_of_another_size_is_none(size: int) -> None:
    with pytest.raises(ValueError, match="24 to 64"):
        signing.secret_bytes("whsec_" + base64.b64encode(b"s" * size).decode())


def test_nothing_is_sent_unsigned() -> None:
    with pytest.raises(ValueError, match="unsigned"):
        signing.headers(ID, AT, BODY, [])


def test_while_a_rotation_lasts_both_secrets_verify_and_no_third() -> None:
    old, new, other = (byte * 32 for byte in (b"o", b"n", b"x"))
    now = datetime.now(UTC)
    headers = signing.headers("evt_1", int(now.timestamp()), BODY, [new, old])
    for secret in (old, new):
        signing.verify(signing.secret_text(secret), headers, BODY, now.timestamp())
        Reference(signing.secret_text(secret)).verify(BODY, headers)
    with pytest.raises(signing.BadSignature):
        signing.verify(signing.secret_text(other), headers, BODY, now.timestamp())
    with pytest.raises(WebhookVerificationError):
        Reference(signing.secret_text(other)).verify(BODY, headers)


def test_we_verify_what_the_reference_signs() -> None:
    now = datetime.now(UTC) - timedelta(seconds=100)
    secret = signing.secret_text(b"r" * 24)
    signature = Reference(secret).sign("msg_1", now, BODY.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    signing.verify(secret, headers, BODY, now.timestamp() + 100)
