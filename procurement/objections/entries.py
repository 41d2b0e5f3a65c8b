"""What the public log says about notices and objections."""

from datetime import date, datetime
from decimal import Decimal

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Ref, Salted


class NoticeGiven(
    Entry,
    kind="notice.given",
    title=N_("The proposed result went on public notice"),
    labels={
        "number": N_("Notice"),
        "document": N_("SHA-256 of the ranked proposal"),
        "tally": N_("SHA-256 of the computation"),
        "closes": N_("Objections until"),
        "provisional": N_("The deadline is provisional"),
    },
):
    """`document`: of the RFC 8785 text of the notice; `tally`: of the computation it rests on."""

    number: int
    document: Digest
    tally: Digest
    closes: datetime
    provisional: bool


class ObjectionFiled(
    Entry,
    kind="objection.filed",
    title=N_("Somebody objected"),
    labels={
        "objection": N_("Objection"),
        "target": N_("Against"),
        "target_ref": N_("Application objected to"),
        "ground": N_("Ground"),
        "argument": N_("SHA-256 of the argument"),
        "remedy": N_("Asked for"),
        "application": N_("Application"),
        "member": N_("Member"),
        "criterion": N_("Criterion"),
        "value": N_("Mark"),
        "files": N_("SHA-256 of the evidence"),
        "filer": N_("Filed as"),
        "name": N_("Name"),
        "contact": N_("Contact details"),
        "attacked": N_("Whose act it is against"),
        "due": N_("Admissibility to be decided by"),
    },
):
    """`target`, `ground`, `remedy`, `filer`: codes of objections.rules. `attacked`: the accounts whose act it is."""

    objection: Ref
    target: Code
    target_ref: Ref | None
    ground: Code
    argument: Digest
    remedy: Code
    application: Ref | None
    member: Ref | None
    criterion: Ref | None
    value: Decimal | None
    files: tuple[Digest, ...]
    filer: Code
    name: Salted
    contact: Salted
    attacked: tuple[Salted, ...]
    due: datetime


class ObjectionAdmitted(
    Entry,
    kind="objection.admitted",
    title=N_("An objection was admitted; the award is frozen until it is settled"),
    labels={
        "objection": N_("Objection"),
        "due": N_("Answer due by"),
        "limit": N_("The award is to be frozen at most until"),
    },
):
    """`due`: until when the organiser answers; `limit`: how long the rules let an objection freeze the award."""

    objection: Ref
    due: datetime
    limit: datetime


class ObjectionInadmissible(
    Entry,
    kind="objection.inadmissible",
    title=N_("An objection was found inadmissible"),
    labels={
        "objection": N_("Objection"),
        "reason": N_("Reason"),
        "text": N_("SHA-256 of the explanation"),
        "document": N_("SHA-256 of the paper"),
    },
):
    """`reason`: rules.Inadmissible; `document`: of the RFC 8785 text of the paper (papers.py)."""

    objection: Ref
    reason: Code
    text: Digest
    document: Digest


class ObjectionAnswered(
    Entry,
    kind="objection.answered",
    title=N_("The organiser answered an objection"),
    labels={
        "objection": N_("Objection"),
        "text": N_("SHA-256 of the answer"),
        "document": N_("SHA-256 of the paper"),
        "due": N_("Ruling due by"),
    },
):
    """`due`: until when a supervisor rules."""

    objection: Ref
    text: Digest
    document: Digest
    due: datetime


class ObjectionRuled(
    Entry,
    kind="objection.ruled",
    title=N_("An objection was ruled on"),
    labels={
        "objection": N_("Objection"),
        "outcome": N_("Outcome"),
        "text": N_("SHA-256 of the reasons"),
        "document": N_("SHA-256 of the paper"),
        "effect": N_("Effect"),
        "application": N_("Application"),
        "member": N_("Member"),
        "criterion": N_("Criterion"),
        "value": N_("Mark"),
        "reopened": N_("The round goes back to"),
        "due": N_("To be carried out by"),
    },
):
    """`outcome`: rules.Step; `effect`: rules.Remedy; `reopened`: the milestone (phases.Kind) that the effect set;
    `due`: until when the organiser carries out what only the organiser can."""

    objection: Ref
    outcome: Code
    text: Digest
    document: Digest
    effect: Code | None
    application: Ref | None
    member: Ref | None
    criterion: Ref | None
    value: Decimal | None
    reopened: Code | None
    due: datetime | None


class ObjectionWithdrawn(
    Entry,
    kind="objection.withdrawn",
    title=N_("An objection was withdrawn"),
    labels={"objection": N_("Objection")},
):
    """By whoever filed it."""

    objection: Ref


# --- clocks that stand still --------------------------------------------------------------------------------------


class SupplementAsked(
    Entry,
    kind="objection.supplement_asked",
    title=N_("The supervisor asked for a supplement to an objection; its clock stands still"),
    labels={
        "objection": N_("Objection"),
        "text": N_("SHA-256 of what is asked for"),
        "due": N_("Supplement due by"),
    },
):
    """Asked for once. `due`: from then on the clock runs again, with or without it."""

    objection: Ref
    text: Digest
    due: datetime


class ObjectionSupplemented(
    Entry,
    kind="objection.supplemented",
    title=N_("An objection was supplemented; its clock runs again"),
    labels={
        "objection": N_("Objection"),
        "text": N_("SHA-256 of the supplement"),
        "files": N_("SHA-256 of the evidence"),
    },
):
    """By whoever filed it."""

    objection: Ref
    text: Digest
    files: tuple[Digest, ...]


class ObjectionPaused(
    Entry,
    kind="objection.paused",
    title=N_("The clock of an objection stands still"),
    labels={
        "objection": N_("Objection"),
        "number": N_("Number"),
        "why": N_("Reason"),
        "text": N_("SHA-256 of the explanation"),
        "days": N_("Working days"),
        "due": N_("At most until"),
    },
):
    """`why`: clocks.Stopped, but no supplement. `due`: from then on the clock runs again by itself."""

    objection: Ref
    number: int
    why: Code
    text: Digest
    days: int
    due: datetime


class ObjectionPauseEnded(
    Entry,
    kind="objection.pause_ended",
    title=N_("The clock of an objection runs again"),
    labels={"objection": N_("Objection"), "number": N_("Number")},
):
    """Before the pause was over by itself."""

    objection: Ref
    number: int


class LimitReached(
    Entry,
    kind="objection.limit_reached",
    title=N_("An objection has frozen the award for as long as the rules foresee, and nobody has ruled"),
    labels={"objection": N_("Objection"), "since": N_("Since")},
):
    """Noted by the clock. The award stays frozen; another supervisor can be named, and the filer can turn to the
    outside authority."""

    objection: Ref
    since: datetime


class SubstituteNamed(
    Entry,
    kind="objection.substitute_named",
    title=N_("Another supervisor was named, since none was left who may decide on an objection in time"),
    labels={"objection": N_("Objection")},
):
    """The seat has an entry of its own."""

    objection: Ref


# --- those whose result is attacked -------------------------------------------------------------------------------


class ThirdPartyTold(
    Entry,
    kind="objection.third_party_told",
    title=N_("A merchant whose application an objection attacks was told of it"),
    labels={"objection": N_("Objection"), "application": N_("Application"), "due": N_("Statement by")},
):
    """`due`: until when the merchant may answer; nothing is taken from them before."""

    objection: Ref
    application: Ref
    due: datetime


class ThirdPartyAnswered(
    Entry,
    kind="objection.third_party_answered",
    title=N_("A merchant whose application an objection attacks answered it"),
    labels={
        "objection": N_("Objection"),
        "application": N_("Application"),
        "text": N_("SHA-256 of the statement"),
    },
):
    """In public."""

    objection: Ref
    application: Ref
    text: Digest


# --- the outside authority ----------------------------------------------------------------------------------------


class ObjectionEscalated(
    Entry,
    kind="objection.escalated",
    title=N_("An objection was taken to the outside authority"),
    labels={
        "objection": N_("Objection"),
        "complained_on": N_("Day of the complaint"),
        "reference": N_("Reference of the authority"),
        "due": N_("Its period ends"),
    },
):
    """`due`: the authority's own period, which this office only counts."""

    objection: Ref
    complained_on: date
    reference: str
    due: datetime


class AwardSuspended(
    Entry,
    kind="objection.award_suspended",
    title=N_("The outside authority stopped the award"),
    labels={
        "objection": N_("Objection"),
        "until": N_("At most until"),
        "text": N_("SHA-256 of what it wrote"),
    },
):
    """`until`: then the award is free again, by the clock alone."""

    objection: Ref
    until: datetime
    text: Digest


class AuthorityDecided(
    Entry,
    kind="objection.authority_decided",
    title=N_("The outside authority decided on an objection"),
    labels={
        "objection": N_("Objection"),
        "outcome": N_("Outcome"),
        "decided_on": N_("Day of the decision"),
        "text": N_("SHA-256 of the reasons"),
        "document": N_("SHA-256 of the paper"),
        "settles": N_("It settles the objection"),
        "effect": N_("Effect"),
        "application": N_("Application"),
        "member": N_("Member"),
        "criterion": N_("Criterion"),
        "value": N_("Mark"),
        "reopened": N_("The round goes back to"),
        "due": N_("To be carried out by"),
    },
):
    """As recorded and carried out by a supervisor who did not rule on it. `outcome`: outside.Outcome; `settles`:
    the office had not ruled yet; the rest as in ObjectionRuled."""

    objection: Ref
    outcome: Code
    decided_on: date
    text: Digest
    document: Digest
    settles: bool
    effect: Code | None
    application: Ref | None
    member: Ref | None
    criterion: Ref | None
    value: Decimal | None
    reopened: Code | None
    due: datetime | None
