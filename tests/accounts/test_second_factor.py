"""Codes of the app against RFC 6238's own vectors, and recovery codes."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from procurement.accounts import second_factor

SECRET = base64.b32encode(b"12345678901234567890").decode()
"""The secret of RFC 6238, appendix B."""


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_codes_of_the_rfc(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert second_factor.accepted_step(SECRET, code, now=at, last_step=None) == seconds // 30


@pytest.mark.parametrize(
    ("shift", "accepted"), [(-60, False), (-31, False), (-30, True), (0, True), (30, True), (59, True), (60, False)]
)
def test_a_phone_may_be_one_step_off(shift: int, accepted: bool) -> None:
    # The code of the step that begins at 1111111110, compared `shift` seconds after that beginning.
    at = datetime.fromtimestamp(1111111110 + shift, UTC)
    assert (second_factor.accepted_step(SECRET, "050471", now=at, last_step=None) is not None) is accepted


def test_a_step_is_accepted_once() -> None:
    at = datetime.fromtimestamp(59, UTC)
    assert second_factor.accepted_step(SECRET, "287 082", now=at, last_step=0) == 1
    assert second_factor.accepted_step(SECRET, "287082", now=at, last_step=1) is None
    assert second_factor.accepted_step(SECRET, "287082", now=at + timedelta(seconds=20), last_step=1) is None


@pytest.mark.parametrize("code", ["", "28708", "2870821", "28708x", "２８７０８２９", "密码"])
def test_what_is_no_code(code: str) -> None:
    assert second_factor.accepted_step(SECRET, code, now=datetime.fromtimestamp(59, UTC), last_step=None) is None


def test_recovery_codes_are_known_however_they_are_typed() -> None:
    codes = second_factor.new_recovery_codes(10)
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    typed = codes[0].upper().replace("-", " ")
    assert second_factor.recovery_digest(typed) == second_factor.recovery_digest(codes[0])
    assert second_factor.recovery_digest(codes[1]) != second_factor.recovery_digest(codes[0])


def test_the_picture_holds_the_key() -> None:
    uri = second_factor.enrolment_uri(SECRET, account="a@example.org", issuer="选品工作办公室")
    assert uri.startswith("otpauth://totp/")
    assert SECRET in uri
    assert second_factor.enrolment_picture(uri).startswith("data:image/svg+xml")
