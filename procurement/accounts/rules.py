"""What holds for accounts: passwords, the lock-out, sessions, roles, where a sign-in may lead. Pure."""

import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import combinations

from email_validator import EmailNotValidError, validate_email

from procurement.access import EXCLUSIVE, ROLE_NAMES, SEATS, Role
from procurement.errors import N_, Problem

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
"""Beyond this, hashing would serve an attacker; a passphrase of thirty words stays below it."""

FREE_FAILURES = 4
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)

HALF_SESSION = timedelta(minutes=10)
"""How long the second factor may take after the password."""

LONGEST_SESSION = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)

INVITATION_DAYS = 14
RESET_HOURS = 2

RECOVERY_CODES = 10


def pause_after(failures: int) -> timedelta:
    """How long an account refuses sign-in after `failures` wrong attempts in a row: nothing for the first four,
    then a minute, doubled with each further failure, at most an hour."""
    if failures <= FREE_FAILURES:
        return timedelta(0)
    doublings = min(failures - FREE_FAILURES - 1, 10)
    return min(FIRST_PAUSE * int(2**doublings), LONGEST_PAUSE)


def locked(locked_until: datetime | None, now: datetime) -> bool:
    """Whether sign-in is paused at `now` (half-open: at `locked_until` itself it is not)."""
    return locked_until is not None and now < locked_until


def session_end(opened: datetime, seen: datetime, hours: int) -> datetime:
    """When a session ends: `hours` after it was last used, and in any case seven days after it was opened."""
    return min(seen + timedelta(hours=hours), opened + LONGEST_SESSION)


def normal_email(text: str) -> str:
    """The form in which addresses are stored and compared."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def is_address(text: str) -> bool:
    """Whether `text` can be an e-mail address: its syntax only, nothing is looked up."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return len(text) <= 254


def normal_name(text: str) -> str:
    """A name with its spaces put in order."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def password_problems(password: str, *, email: str, name: str, field: str = "password") -> list[Problem]:
    """What is wrong with a new password. Length is the only demand, but for one's own name or address
    (NIST SP 800-63B §3.1.1: no composition rules, no expiry)."""
    if len(password) < SHORTEST_PASSWORD:
        return [Problem(N_("A password has at least %(count)s characters."), {"count": SHORTEST_PASSWORD}, field)]
    if len(password) > LONGEST_PASSWORD:
        return [Problem(N_("A password has at most %(count)s characters."), {"count": LONGEST_PASSWORD}, field)]
    plain = password.casefold().strip()
    own = {email.casefold(), email.casefold().partition("@")[0], name.casefold()} - {""}
    repeated = any(plain == part * (len(plain) // len(part)) for part in own)
    if repeated or len(set(plain)) == 1:
        return [
            Problem(N_("Choose a password that is not your name, your e-mail address or one character."), {}, field)
        ]
    return []


def role_problems(roles: Collection[Role], *, field: str = "roles") -> list[Problem]:
    """What is wrong with these roles of one account.

    Two roles that exclude each other in a round may stand in one account when both are held by seats: then each
    round keeps them apart. A role that counts in every round excludes its opposites in the account itself.
    """
    problems = []
    for one, other in combinations(sorted(roles), 2):
        if frozenset({one, other}) in EXCLUSIVE and not {one, other} <= SEATS:
            problems.append(
                Problem(
                    N_("One person cannot be %(one)s and %(other)s."),
                    {"one": ROLE_NAMES[one], "other": ROLE_NAMES[other]},
                    field,
                )
            )
    return problems


def own_path(target: str | None) -> str | None:
    """`target` when it is a path of this site, else None. A browser reads `//host` and `/\\host` as another site
    and drops tabs and line breaks, so anything unusual is refused."""
    if not target or not target.startswith("/") or target.startswith("//") or len(target) > 2000:
        return None
    if "\\" in target or any(ord(character) <= 0x20 or ord(character) == 0x7F for character in target):
        return None
    return target


_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Browser and system, coarse enough to be no fingerprint, fine enough for a person to know a device again."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)
