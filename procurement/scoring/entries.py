"""What the public log says about scoring. Members appear by code; marks and reasons only as digests."""

from datetime import datetime
from decimal import Decimal

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Part, Ref


class SheetSealed(
    Entry,
    kind="scoring.sealed",
    title=N_("A member sealed a sheet"),
    labels={"member": N_("Member"), "application": N_("Application"), "commitment": N_("Commitment")},
):
    """`commitment`: rules.commitment; the ballot and its nonce are disclosed when all sheets are opened."""

    member: Ref
    application: Ref
    commitment: Digest


class ScoresClosed(
    Entry,
    kind="scoring.closed",
    title=N_("Sealing ended; the sheets that count were listed"),
    labels={
        "sealed": N_("Sealed sheets"),
        "missing": N_("Sheets that are missing"),
        "commitments": N_("SHA-256 of the sorted commitments"),
    },
):
    """Says which sheets are about to be opened, before any of them is: none can be added, dropped or changed."""

    sealed: int
    missing: int
    commitments: Digest


class OpenedSheet(Part):
    """`ballot`: SHA-256 of its text; `nonce`: 32 bytes in hex."""

    member: Ref
    application: Ref
    commitment: Digest
    ballot: Digest
    nonce: Digest


class SheetsOpened(
    Entry, kind="scoring.opened", title=N_("Sheets were opened"), labels={"sheets": N_("Opened sheets")}
):
    """Some of the opened sheets; together such entries hold all of them."""

    sheets: tuple[OpenedSheet, ...]


class Tallied(
    Entry,
    kind="scoring.tallied",
    title=N_("The result was computed"),
    labels={
        "number": N_("Computation"),
        "cause": N_("Because of"),
        "sheets": N_("Sheets counted"),
        "tally": N_("SHA-256 of the result"),
    },
):
    """`tally`: SHA-256 of the RFC 8785 text of rule, marks and result."""

    number: int
    cause: Code
    sheets: int
    tally: Digest


class MarkCorrected(
    Entry,
    kind="scoring.corrected",
    title=N_("An opened mark was corrected"),
    labels={
        "member": N_("Member"),
        "application": N_("Application"),
        "criterion": N_("Criterion"),
        "before": N_("Mark before"),
        "after": N_("Mark after"),
        "ground": N_("Ground"),
        "reason": N_("SHA-256 of the reason"),
        "calculation": N_("Calculation"),
        "agreement": N_("Agreement"),
        "objection": N_("Objection"),
    },
):
    """`ground`: rules.CorrectionGround; `calculation`: digits and signs, on the ground of arithmetic; `agreement`:
    the number of the proposal on which all members agreed; `objection`: reference, where a ruling caused it."""

    member: Ref
    application: Ref
    criterion: Ref
    before: Decimal
    after: Decimal
    ground: Code
    reason: Digest
    calculation: str | None
    agreement: int | None
    objection: Ref | None


class AgreementProposed(
    Entry,
    kind="scoring.agreement_proposed",
    title=N_("A member proposed a mark for all on an objective criterion"),
    labels={
        "number": N_("Number"),
        "application": N_("Application"),
        "criterion": N_("Criterion"),
        "value": N_("Proposed mark"),
        "member": N_("Member"),
        "reason": N_("SHA-256 of the reason"),
    },
):
    """Sealed sheets differ on a criterion that is no matter of judgement; that mark alone is open again."""

    number: int
    application: Ref
    criterion: Ref
    value: Decimal
    member: Ref
    reason: Digest


class AgreementAnswered(
    Entry,
    kind="scoring.agreement_answered",
    title=N_("A member answered the proposal of a mark for all"),
    labels={
        "number": N_("Number"),
        "member": N_("Member"),
        "agrees": N_("Agrees"),
        "reason": N_("SHA-256 of the reason"),
    },
):
    """`reason`: of who does not agree. Who declines ends the proposal; with the last who agrees the marks change."""

    number: int
    member: Ref
    agrees: bool
    reason: Digest | None


class InterferenceReported(
    Entry,
    kind="scoring.interference",
    title=N_("A member sent the supervisor a message on interference"),
    labels={"number": N_("Number"), "message": N_("SHA-256 of the message, with a secret nonce")},
):
    """That there is one, and a commitment to it: neither who sent it nor what it says."""

    number: int
    message: Digest


class InterferenceAnswered(
    Entry,
    kind="scoring.interference_answered",
    title=N_("The supervisor answered a message on interference"),
    labels={"number": N_("Number"), "answer": N_("SHA-256 of the answer, with a secret nonce")},
):
    """As InterferenceReported."""

    number: int
    answer: Digest


class SheetVoided(
    Entry,
    kind="scoring.voided",
    title=N_("A sealed sheet was declared void"),
    labels={
        "member": N_("Member"),
        "application": N_("Application"),
        "commitment": N_("Commitment"),
        "reason": N_("SHA-256 of the reason"),
        "objection": N_("Objection"),
    },
):
    """A void sheet stays readable and no longer counts."""

    member: Ref
    application: Ref
    commitment: Digest
    reason: Digest
    objection: Ref


class TieDrawAnnounced(
    Entry,
    kind="scoring.tie_draw_announced",
    title=N_("It was announced how the tie will be drawn"),
    labels={"beacon": N_("Public beacon"), "beacon_round": N_("Round of the beacon"), "at": N_("Published at")},
):
    """Names a round of a public source of randomness that does not exist yet."""

    beacon: str
    beacon_round: int
    at: datetime


class TieDrawn(
    Entry,
    kind="scoring.tie_drawn",
    title=N_("The tie was drawn"),
    labels={
        "beacon_round": N_("Round of the beacon"),
        "signature": N_("Signature of the beacon's round"),
        "key": N_("Key of the draw"),
    },
):
    """`signature`: what the beacon published in the announced round, in hex; `key`: its randomness, that signature's
    SHA-256. The draw is RFC 3797's with SHA-256."""

    beacon_round: int
    signature: str
    key: Digest
