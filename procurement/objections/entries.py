"""What the public log says about notices and objections."""

from datetime import datetime
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
        "target_ref": N_("Application or member"),
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
        "due": N_("Admissibility to be decided by"),
    },
):
    """`target`, `ground`, `remedy`, `filer`: codes of objections.rules."""

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
    due: datetime


class ObjectionAdmitted(
    Entry,
    kind="objection.admitted",
    title=N_("An objection was admitted; the award is frozen until it is settled"),
    labels={"objection": N_("Objection"), "due": N_("Answer due by")},
):
    """`due`: until when the organiser answers."""

    objection: Ref
    due: datetime


class ObjectionInadmissible(
    Entry,
    kind="objection.inadmissible",
    title=N_("An objection was found inadmissible"),
    labels={
        "objection": N_("Objection"),
        "reason": N_("Reason"),
        "text": N_("SHA-256 of the explanation"),
    },
):
    """`reason`: rules.Inadmissible."""

    objection: Ref
    reason: Code
    text: Digest


class ObjectionAnswered(
    Entry,
    kind="objection.answered",
    title=N_("The organiser answered an objection"),
    labels={
        "objection": N_("Objection"),
        "text": N_("SHA-256 of the answer"),
        "due": N_("Ruling due by"),
    },
):
    """`due`: until when a supervisor rules."""

    objection: Ref
    text: Digest
    due: datetime


class ObjectionRuled(
    Entry,
    kind="objection.ruled",
    title=N_("An objection was ruled on"),
    labels={
        "objection": N_("Objection"),
        "outcome": N_("Outcome"),
        "text": N_("SHA-256 of the reasons"),
        "effect": N_("Effect"),
        "application": N_("Application"),
        "member": N_("Member"),
        "criterion": N_("Criterion"),
        "value": N_("Mark"),
        "reopened": N_("The round goes back to"),
    },
):
    """`outcome`: rules.Step; `effect`: rules.Remedy; `reopened`: the milestone (phases.Kind) that the effect set."""

    objection: Ref
    outcome: Code
    text: Digest
    effect: Code | None
    application: Ref | None
    member: Ref | None
    criterion: Ref | None
    value: Decimal | None
    reopened: Code | None


class ObjectionWithdrawn(
    Entry,
    kind="objection.withdrawn",
    title=N_("An objection was withdrawn"),
    labels={"objection": N_("Objection")},
):
    """By whoever filed it."""

    objection: Ref
