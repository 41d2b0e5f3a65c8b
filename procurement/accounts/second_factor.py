"""Codes of an authenticator app (TOTP, RFC 6238: SHA-1, six figures, thirty seconds) and recovery codes."""

import base64
import hmac
import secrets
from datetime import datetime

import pyotp

from procurement.accounts.passwords import token_digest

PERIOD = 30  # seconds
DRIFT = 1  # steps that a phone's clock may be off, either way


def new_secret() -> str:
    """160 random bits in base32, as RFC 4226 §4 asks for."""
    return pyotp.random_base32(32)


def enrolment_uri(secret: str, *, account: str, issuer: str) -> str:
    """The otpauth:// address that an app reads."""
    return pyotp.TOTP(secret, interval=PERIOD).provisioning_uri(name=account, issuer_name=issuer)


def enrolment_picture(uri: str) -> str:
    """`uri` as a QR code: an SVG image in a data address."""
    import segno  # when first needed: few pages show one

    return str(segno.make(uri, error="m").svg_data_uri(scale=4, border=4))


def accepted_step(secret: str, code: str, *, now: datetime, last_step: int | None) -> int | None:
    """The time step for which `code` is right, or None.

    A step at or before `last_step` was used already and is refused (RFC 6238 §5.2).
    """
    digits = "".join(code.split())
    current = int(now.timestamp()) // PERIOD
    totp = pyotp.TOTP(secret, interval=PERIOD)
    for step in range(current - DRIFT, current + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode()):
            return step if last_step is None or step > last_step else None
    return None


def new_recovery_codes(count: int) -> list[str]:
    """`count` codes of eighty random bits, in base32, in four groups for the eye."""
    return [_grouped(base64.b32encode(secrets.token_bytes(10)).decode()) for _ in range(count)]


def recovery_digest(code: str) -> str:
    """What is stored of a recovery code, however it was typed."""
    return token_digest("".join(character for character in code.upper() if character.isalnum()))


def _grouped(text: str) -> str:
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4)).lower()
