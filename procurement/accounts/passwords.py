"""Passwords and random secrets. Hashing is slow on purpose: do it before the writing transaction."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

hasher = PasswordHasher()
"""Argon2id with the library's parameters, which follow RFC 9106 §4; they travel inside each hash."""


def hash_password(password: str) -> str:
    """The Argon2id hash of `password`."""
    return hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one hashed in `stored`. Costs the same when there is nothing stored."""
    try:
        return hasher.verify(_decoy() if stored is None else stored, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether `stored` was made with other parameters than those of today."""
    return hasher.check_needs_rehash(stored)


_decoys: dict[PasswordHasher, str] = {}


def _decoy() -> str:
    """A hash of something nobody knows, with today's parameters."""
    if hasher not in _decoys:
        _decoys[hasher] = hasher.hash(secrets.token_urlsafe(32))
    return _decoys[hasher]


def new_token() -> str:
    """256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """What is stored of a random secret: its SHA-256, in hex. Slow hashing adds nothing to that much randomness."""
    return hashlib.sha256(token.encode()).hexdigest()
