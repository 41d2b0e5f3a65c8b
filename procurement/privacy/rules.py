"""What is erased of whom, and what stays: one table. Pure.

Whose data it is, is named by a stable reference: `account:3f2a…` (or the account's e-mail address),
`merchant:M-000012`, `objection:R2026-001-O02`, `recusal:R2026-001-RC01`, `observer:R2026-001:O3` for those who have
no account, and `invitation:name@example.org` for who was invited and never came.

The least stays (Personal Information Protection Law arts. 19, 47). What stays is what a law wants kept: the files of
a procurement for fifteen years after it ended (Government Procurement Law art. 42), and in them who took part and
who judged, not how they are reached; the register of debarments while one is in force; what is said of organisations,
which are not persons. Acts stay in the log under the account's number, which names nobody once the account is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from procurement.errors import N_, Problem, RuleBroken

FILE_YEARS = 15
"""Years for which the files of a procurement are kept after it ended (Government Procurement Law art. 42)."""


class Subject(StrEnum):
    """Kinds of people whose data is erased."""

    ACCOUNT = "account"
    MERCHANT = "merchant"
    OBJECTION = "objection"
    RECUSAL = "recusal"
    OBSERVER = "observer"
    INVITATION = "invitation"


class Keep(StrEnum):
    """Why something may have to stay."""

    FILE = "file"
    REGISTER = "register"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the table.

    `columns` are emptied, `rows` (tables) deleted, of the log the disclosures of the fields `said`, and of the store
    the files that the columns `files` name and nothing else does. `keep`: what makes the whole line stay while it
    applies. `what` is a source text.
    """

    code: str
    what: str
    columns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    keep: tuple[Keep, ...] = ()
    files: tuple[str, ...] = ()


_LETTERS = Part(
    "letters",
    N_("Letters: to which address, and what they said; news that were asked for"),
    ("mail.address", "mail.context"),
    ("subscription",),
)

TABLE: Mapping[Subject, tuple[Part, ...]] = MappingProxyType(
    {
        Subject.ACCOUNT: (
            Part(
                "address",
                N_("E-mail address, also in invitations"),
                ("user_account.email",),
                ("invitation", "merchant_invitation"),
                ("address", "invited"),
            ),
            Part(
                "name",
                N_("Name and employer"),
                ("user_account.name", "user_account.employer", "expert.employer"),
                (),
                ("name", "employer", "pool", "person"),
                (Keep.FILE,),
            ),
            Part(
                "access",
                N_("Password, second factor, sessions, how letters are wanted"),
                ("user_account.password_hash", "user_account.totp_secret", "user_account.totp_confirmed_at"),
                ("sign_in", "recovery_code", "password_reset", "mail_preference"),
            ),
            Part(
                "help",
                N_("In which capacity they helped a business, and the paper that let them"),
                ("merchant_user.helper_as", "merchant_user.authority_name"),
                files=("merchant_user.authority_digest",),
            ),
            _LETTERS,
        ),
        Subject.MERCHANT: (
            Part(
                "contact",
                N_("Contact person and telephone"),
                ("merchant.contact", "merchant.phone"),
                (),
                ("particulars",),
            ),
            Part(
                "place",
                N_("Address and the telephone number that buyers ring"),
                ("merchant.address", "merchant.hotline"),
                keep=(Keep.ORGANISATION,),
            ),
            Part(
                "name",
                N_("Name, code, responsible person, year of foundation"),
                ("merchant.name", "merchant.uscc", "merchant.representative", "merchant.founded"),
                keep=(Keep.ORGANISATION, Keep.FILE, Keep.REGISTER),
            ),
            Part(
                "papers",
                N_("Certificates: number, issuer, scope and file; what was signed at the counter"),
                (
                    "certificate.number",
                    "certificate.issuer",
                    "certificate.scope",
                    "certificate.file_name",
                    "counter_visit.paper_name",
                ),
                (),
                ("facts",),
                (Keep.ORGANISATION, Keep.FILE),
                ("certificate.digest", "counter_visit.paper_digest"),
            ),
            Part(
                "owners",
                N_("Owners, related businesses and penalties that were stated"),
                ("merchant_disclosure.document",),
                (),
                ("disclosure",),
                (Keep.FILE,),
            ),
            Part(
                "drafts",
                N_("Applications that were begun and never submitted"),
                (),
                ("application_file", "application_draft"),
                files=("application_file.digest",),
            ),
            Part("links", N_("Invitations to act for the business"), (), ("merchant_invitation",)),
        ),
        Subject.OBJECTION: (
            Part(
                "name",
                N_("Name of who objected, also masked"),
                ("objection.filer_name", "objection.public_name"),
                (),
                ("name",),
                (Keep.ORGANISATION,),
            ),
            Part("contact", N_("How they are reached"), ("objection.contact",), (), ("contact",)),
            _LETTERS,
        ),
        Subject.RECUSAL: (
            Part("name", N_("Name of who asked"), ("recusal_request.filer_name",), (), ("name",)),
            Part("contact", N_("How they are reached"), ("recusal_request.contact",), (), ("contact",)),
            _LETTERS,
        ),
        Subject.OBSERVER: (
            Part(
                "name",
                N_("Name and outlet of who watched"),
                ("observer.name", "observer.outlet"),
                (),
                ("name", "outlet", "pool"),
            ),
            Part("contact", N_("How they are reached"), ("observer.contact",), (), ("contact",)),
            _LETTERS,
        ),
        Subject.INVITATION: (
            Part(
                "address",
                N_("E-mail address, name and employer in an invitation"),
                (),
                ("invitation", "merchant_invitation"),
                ("person",),
            ),
            _LETTERS,
        ),
    }
)
"""Subject → what is erased. What stands in no line stays: it is nobody's data, or part of the public record."""


MENTIONED = frozenset(
    {
        "user_account.email",
        "user_account.name",
        "merchant.name",
        "merchant.representative",
        "merchant.contact",
        "merchant.phone",
        "merchant.address",
        "objection.filer_name",
        "objection.contact",
        "recusal_request.filer_name",
        "recusal_request.contact",
        "observer.name",
        "observer.contact",
    }
)
"""What names a person wherever it stands: it is taken out of the letters of others too."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides whether something stays. `file_until`: first day on which no file of a procurement in which they
    took part has to be kept any more, date.max while one is not over; `debarred_until`: likewise of a debarment."""

    organisation: bool = False
    file_until: date | None = None
    debarred_until: date | None = None


def stays(part: Part, about: Circumstances, today: date) -> Problem | None:
    """Why `part` stays on the day `today`; None when it goes."""
    if Keep.ORGANISATION in part.keep and about.organisation:
        return Problem(N_("it is of an organisation, not of a person"))
    if Keep.FILE in part.keep and about.file_until == date.max:
        return Problem(N_("part of the file of a procurement that is not over"))
    if Keep.FILE in part.keep and about.file_until is not None and today < about.file_until:
        return Problem(
            N_("part of the file of a procurement, to be kept until %(date)s (Government Procurement Law art. 42)"),
            {"date": about.file_until.isoformat()},
        )
    if Keep.REGISTER in part.keep and about.debarred_until is not None and today < about.debarred_until:
        return Problem(
            N_("part of the public register of debarments until %(date)s"), {"date": about.debarred_until.isoformat()}
        )
    return None


def years_later(day: date, years: int = FILE_YEARS) -> date:
    """The day `years` after `day`; of 29 February the first of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def parse_reference(text: str) -> tuple[Subject, str]:
    """Kind and name of who is meant by `text`. Raises RuleBroken."""
    kind, colon, name = text.strip().partition(":")
    if not (colon and name) or kind not in set(Subject):
        raise RuleBroken(
            N_(
                "Name whose data it is: account:, merchant:, objection:, recusal:, observer: or invitation:, with "
                "the reference behind it."
            )
        )
    return Subject(kind), name


def check_reason(reason: str) -> list[Problem]:
    """What is wrong with the note that says why."""
    if not reason.strip():
        return [Problem(N_("Say why, for the file: who asked, when, how you made sure who it is."), {}, "reason")]
    return []
