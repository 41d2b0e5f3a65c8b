"""The decision as data: what is decided and everything it rests on. Its RFC 8785 text is what counts.

The text is hashed, logged and attached to the PDF; the PDF and the public page are drawn from it alone, so the three
cannot say different things. It holds facts and codes; the words around them belong to the templates. Every value is a
text, a whole number, a truth value, a list or an object: decimals and instants are texts, as everywhere.

Sections follow the order of a decision document: what it is (1), basis (2), the round (3), eligibility (4), the
committee (5), the rule (6), marks and ranking (7), corrections (8), notice and objections (9), what is decided (10),
reasons (11), commitments (12), money (13), responsibilities, remedies (14, 15), publication (16), signatories (17).
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from procurement.errors import Problem
from procurement.rounds import canonical
from procurement.rounds.figures import Stated
from procurement.rounds.scoring_rule import Text

FORMAT = "sunlit-decision/1"
TWIN, PROOF = "decision.json", "decision.tlog-proof"  # what the PDF carries: this text, and the log's proof of it
RECONSIDERATION_DAYS = 60  # Administrative Reconsideration Law art. 20
COURT_MONTHS = 6  # Administrative Litigation Law art. 46
CONSUMER_HOTLINE = "12315"


class Effect(StrEnum):
    """What a version does to the one before."""

    CONFIRMED = "confirmed"
    AMENDED = "amended"
    ANNULLED = "annulled"


class Outcome(StrEnum):
    """What is decided about an application."""

    SELECTED = "selected"
    RESERVE = "reserve"
    NOT_SELECTED = "not_selected"


class SignatoryRole(StrEnum):
    """In which capacity somebody signs."""

    SEAL = "seal"
    CHAIR = "chair"
    MEMBER = "member"
    ORGANISER = "organiser"
    SUPERVISOR = "supervisor"


def instant(moment: datetime) -> str:
    """`moment` as it is written in the document: UTC, whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def verification_code(reference: str, rules: str, issued: str) -> str:
    """Twelve letters and digits to find a decision by: "ABCD-EFGH-JKMN"."""
    raw = base64.b32encode(sha256(f"{reference}|{rules}|{issued}".encode()).digest()).decode()[:12]
    return "-".join(raw[i : i + 4] for i in range(0, 12, 4))


@dataclass(frozen=True, slots=True)
class Organiser:
    """Who decides, and how to reach them."""

    name: Text
    address: Text
    contact: str


@dataclass(frozen=True, slots=True)
class PromotingOfficial:
    """Who will promote the goods."""

    name: str
    office: Text
    employer: Text


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """The round as it was called."""

    reference: str
    title: Text
    purpose: Text
    official: PromotingOfficial
    slots: int
    reserves: int


@dataclass(frozen=True, slots=True)
class Event:
    """One milestone of the round: a phases.Kind, or "deadline" and "objections_closed" for what the clock did."""

    event: str
    at: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many applications there were."""

    received: int
    withdrawn: int
    lapsed: int
    eligible: int
    ineligible: int


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one application. `reason` is the code's word in English, to be translated; `helped`: a clerk of
    the office helped to write it."""

    application: str
    product: str
    merchant: str
    eligible: bool
    code: str
    reason: str
    explanation: str
    helped: bool


@dataclass(frozen=True, slots=True)
class CommitteeMember:
    """A member who scored. `kind`: committee.rules.MemberKind; `field` in words, to be translated; `drawn`: by
    lot."""

    code: str
    name: str
    employer: str
    kind: str
    field: str
    chair: bool
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Recusal:
    """A member who did not score an application. `ground`: committee.rules.Ground, without details."""

    member: str
    application: str
    ground: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The frozen rules. `scoring` is the scoring rule's JSON form, `sha256` that of the whole rules."""

    version: int
    sha256: str
    published: str
    scoring: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One member's marks for one application in the order of the criteria. `state`: "" when there are marks,
    else "recused", "missing" or "void"."""

    marks: tuple[str, ...] = ()
    state: str = ""


@dataclass(frozen=True, slots=True)
class MarksRow:
    """The sheets for one application, in the order of `Marks.members`."""

    application: str
    product: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """The whole matrix. `width` is the number of characters of the longest mark."""

    members: tuple[str, ...]
    width: int
    rows: tuple[MarksRow, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that is kept as data, to be translated where it is read (`problem_of`). `message`: the marked
    English text; `params`: plain values, or marked texts themselves."""

    message: str
    params: Mapping[str, str | int]

    @classmethod
    def of(cls, problem: Problem) -> "Said":
        """The sentence of a Problem; whatever is no number is written out."""
        return cls(problem.message, {k: v if isinstance(v, int) else str(v) for k, v in problem.params.items()})


def problem_of(said: Said | Mapping[str, Any]) -> Problem:
    """The other way, also from a document that was read back."""
    if isinstance(said, Said):
        return Problem(said.message, said.params)
    return Problem(said["message"], said["params"])


@dataclass(frozen=True, slots=True)
class Ranked:
    """One application in the result. `values` are the aggregates in the order of the criteria; `by_rule` is what the
    rule alone gives, `outcome` what is decided; `failed` says why it cannot be awarded, `passed_over` why others
    below it come first; `given_up`: when its merchant gave the place up, "" otherwise."""

    application: str
    product: str
    merchant: str
    rank: int | None
    total: str | None
    values: tuple[str | None, ...]
    sheets: int
    by_rule: Outcome
    outcome: Outcome
    failed: tuple[Said, ...] = ()
    passed_over: Said | None = None
    given_up: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """What one link of the chain did to equals. `by` as in the scoring rule; `groups`, best first."""

    by: Mapping[str, str]
    tied: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The tally that the notice proposed. `sha256` is that of its text."""

    number: int
    sha256: str
    ranking: tuple[Ranked, ...]
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A mark that was changed after the sheets were opened. `ground` in words, to be translated."""

    application: str
    member: str
    criterion: str
    before: str
    after: str
    ground: str
    reason: str
    objection: str | None


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """The public notice in force. `counted`: how its end was counted."""

    number: int
    given: str
    closed: str
    counted: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ObjectionFacts:
    """An objection and what became of it. `target`, `ground`, `outcome` in words, to be translated; who objected is
    `by`, as far as it is public."""

    reference: str
    by: str
    target: str
    target_ref: str
    ground: str
    outcome: str
    ruling: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a selected merchant promised in the application; figures as they were submitted."""

    application: str
    product: str
    merchant: str
    price: str
    list_price: str
    honoured_days: int | None
    stock: str
    dispatch_hours: int | None
    seven_day_return: bool | None
    damage: str
    first_response_hours: int | None
    refund_days: int | None
    complaints: str


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """Who pays whom for what, from the frozen rules. `payer`, `payee`: rounds.rules.Party."""

    payer: str
    payee: str
    purpose: Text
    amount: str
    percent: str


@dataclass(frozen=True, slots=True)
class MoneyFacts:
    """What the activity costs the public budget, in yuan, and who pays whom."""

    budget: str
    source: Text
    payments: tuple[PaymentFacts, ...]
    public_side_receives: str = "0"


@dataclass(frozen=True, slots=True)
class Remedies:
    """What can be done against the decision."""

    contact: str
    hotline: str = CONSUMER_HOTLINE
    reconsideration_days: int = RECONSIDERATION_DAYS
    court_months: int = COURT_MONTHS


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who has to sign, in which field of the PDF."""

    field: str
    name: str
    role: SignatoryRole
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The public log when the decision was drawn up."""

    entries: int
    root: str


RESPONSIBILITIES: tuple[tuple[str, str], ...] = (
    ("quality", "merchant"),
    ("procedure", "organiser"),
    ("marks", "members"),
    ("words", "official"),
    ("supervision", "supervisor"),
)
"""(matter, who is responsible), codes whose words are in `wording`."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A ruling that this decision carries out. `authority`: the outside authority's, not the supervisor's;
    `ruling`: SHA-256 of the paper in which it stands."""

    objection: str
    authority: bool
    ruling: str


@dataclass(frozen=True, slots=True)
class DecisionDocument:
    """See the module."""

    reference: str
    code: str
    address: str
    language: str
    zone: str
    issued: str
    effect: Effect
    supersedes: str | None
    demonstration: bool
    organiser: Organiser
    basis: Text
    pack: Text
    figures: tuple[Stated, ...]
    round: RoundFacts
    events: tuple[Event, ...]
    numbers: Numbers
    eligibility: tuple[Checked, ...]
    committee: tuple[CommitteeMember, ...]
    recusals: tuple[Recusal, ...]
    rules: Rules
    marks: Marks
    result: Result
    corrections: tuple[Corrected, ...]
    notice: NoticeFacts
    objections: tuple[ObjectionFacts, ...]
    valid_until: date
    reasons: Text
    departure: Text | None
    commitments: tuple[Commitment, ...]
    money: MoneyFacts
    remedies: Remedies
    signatories: tuple[Signatory, ...]
    record: Record | None
    ordered_by: tuple[Ordered, ...] = ()
    responsibilities: tuple[tuple[str, str], ...] = RESPONSIBILITIES
    format: str = field(default=FORMAT)

    @property
    def text(self) -> str:
        """The RFC 8785 text."""
        return canonical.canonical_text(_plain(canonical.write(self)))

    @property
    def sha256(self) -> str:
        """SHA-256 of `text`, in hex."""
        return canonical.digest(self.text)


def _plain(value: Any) -> Any:
    """Mappings and tuples inside what `canonical.write` leaves as it is."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, str | int | bool) or value is None:
        return value
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in a decision")
