"""How notices, objections, their steps and their milestones follow from the public log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from procurement.committee.entries import RecusalDecided, RecusalRequested
from procurement.objections.entries import (
    NoticeGiven,
    ObjectionAdmitted,
    ObjectionAnswered,
    ObjectionFiled,
    ObjectionInadmissible,
    ObjectionRuled,
    ObjectionWithdrawn,
)
from procurement.objections.models import Notice, Objection, ObjectionFile, ObjectionStep
from procurement.objections.rules import Detail, Effect, Step
from procurement.publiclog.audit import Replay, Row, replays
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.models import Milestone, Round
from procurement.rounds.phases import Kind

_STEPS = (
    ObjectionFiled,
    ObjectionAdmitted,
    ObjectionInadmissible,
    ObjectionAnswered,
    ObjectionRuled,
    ObjectionWithdrawn,
)
_KINDS = (
    Kind.NOTICE_GIVEN,
    Kind.OBJECTION_FILED,
    Kind.OBJECTION_SETTLED,
    Kind.REOPENED_TALLY,
    Kind.REOPENED_FORMING,
)


# --- notices ------------------------------------------------------------------------------------------------------


def notices_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each notice; a ruling that sends the round back supersedes the one in force."""
    rows: list[dict[str, Any]] = []
    for logged in entries:
        round_ref, at = logged.envelope.round_ref, logged.envelope.at
        match logged.envelope.entry:
            case NoticeGiven() as entry:
                rows.append(
                    {
                        "round": round_ref,
                        "number": entry.number,
                        "sha256": entry.document,
                        "given_at": at,
                        "closes_at": entry.closes,
                        "superseded_at": None,
                    }
                )
            case ObjectionRuled(reopened=reopened) | RecusalDecided(reopened=reopened) if reopened is not None:
                for row in rows:
                    if row["round"] == round_ref and row["superseded_at"] is None:
                        row["superseded_at"] = at
    return rows


def _hashed(row: Row) -> Row:
    """The hash of the text, worked out anew, in place of the text."""
    found = dict(row)
    return found | {"sha256": digest_of(found.pop("document").encode())}


replays(
    Replay(
        table="notice",
        kinds=(NoticeGiven, ObjectionRuled, RecusalDecided),
        expected=notices_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            Notice.number,
            Notice.document,
            Notice.given_at,
            Notice.closes_at,
            Notice.superseded_at,
        ).join(Round, Round.id == Notice.round_id),
        key=("round", "number"),
        derived=_hashed,
    )
)


# --- objections ---------------------------------------------------------------------------------------------------


def objections_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each objection, without what is personal."""
    for logged in entries:
        match logged.envelope.entry:
            case ObjectionFiled() as entry:
                yield {
                    "objection": entry.objection,
                    "round": logged.envelope.round_ref,
                    "target": entry.target,
                    "target_ref": entry.target_ref or "",
                    "ground": entry.ground,
                    "argument": entry.argument,
                    "remedy": entry.remedy,
                    "detail": _detail(entry),
                    "filer": entry.filer,
                    "filed_at": logged.envelope.at,
                }


def _detail(entry: ObjectionFiled | ObjectionRuled) -> dict[str, str]:
    return Detail(entry.application or "", entry.member or "", entry.criterion or "", entry.value).to_json()


def _argued(row: Row) -> Row:
    found = dict(row)
    return found | {"argument": digest_of(found["argument"])}


replays(
    Replay(
        table="objection",
        kinds=(ObjectionFiled,),
        expected=objections_from_log,
        actual=lambda: select(
            Objection.ref.label("objection"),
            Round.ref.label("round"),
            Objection.target,
            Objection.target_ref,
            Objection.ground,
            Objection.argument,
            Objection.remedy,
            Objection.remedy_detail.label("detail"),
            Objection.filer_kind.label("filer"),
            Objection.filed_at,
        ).join(Round, Round.id == Objection.round_id),
        key=("objection",),
        derived=_argued,
    )
)


def files_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each evidence file."""
    for logged in entries:
        match logged.envelope.entry:
            case ObjectionFiled(objection=objection, files=files):
                for digest in files:
                    yield {"objection": objection, "digest": digest, "added_at": logged.envelope.at}


replays(
    Replay(
        table="objection_file",
        kinds=(ObjectionFiled,),
        expected=files_from_log,
        actual=lambda: select(Objection.ref.label("objection"), ObjectionFile.digest, ObjectionFile.added_at).join(
            Objection, Objection.id == ObjectionFile.objection_id
        ),
        key=("objection", "digest"),
    )
)


# --- steps --------------------------------------------------------------------------------------------------------


def steps_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each step of each objection."""
    for logged in entries:
        row: dict[str, Any] = {"code": "", "text": None, "effect": None, "due_at": None, "at": logged.envelope.at}
        match logged.envelope.entry:
            case ObjectionFiled(objection=ref, due=due):
                yield row | {"objection": ref, "kind": Step.FILED, "due_at": due}
            case ObjectionAdmitted(objection=ref, due=due):
                yield row | {"objection": ref, "kind": Step.ADMITTED, "due_at": due}
            case ObjectionInadmissible(objection=ref, reason=reason, text=text):
                yield row | {"objection": ref, "kind": Step.INADMISSIBLE, "code": reason, "text": text}
            case ObjectionAnswered(objection=ref, text=text, due=due):
                yield row | {"objection": ref, "kind": Step.ANSWERED, "text": text, "due_at": due}
            case ObjectionRuled(objection=ref, outcome=outcome, text=text) as entry:
                effect = None if entry.effect is None else {"remedy": entry.effect, **_detail(entry)}
                yield row | {"objection": ref, "kind": outcome, "text": text, "effect": effect}
            case ObjectionWithdrawn(objection=ref):
                yield row | {"objection": ref, "kind": Step.WITHDRAWN}


def _told(row: Row) -> Row:
    """The text's hash in place of the text; of an effect what the entry tells too."""
    found = dict(row)
    effect = None if found["effect"] is None else Effect.from_json(found["effect"])
    return found | {
        "text": digest_of(found["text"]) if found["text"] else None,
        "effect": None if effect is None else {"remedy": effect.remedy.value, **effect.detail.to_json()},
    }


replays(
    Replay(
        table="objection_step",
        kinds=_STEPS,
        expected=steps_from_log,
        actual=lambda: select(
            Objection.ref.label("objection"),
            ObjectionStep.kind,
            ObjectionStep.code,
            ObjectionStep.text,
            ObjectionStep.effect,
            ObjectionStep.at,
            ObjectionStep.due_at,
        ).join(Objection, Objection.id == ObjectionStep.objection_id),
        key=("objection", "kind"),
        derived=_told,
    )
)


# --- milestones ---------------------------------------------------------------------------------------------------


def milestones_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each milestone that this step records."""
    times: Counter[tuple[str | None, str]] = Counter()
    for logged in entries:
        row: dict[str, Any] = {"round": logged.envelope.round_ref, "at": logged.envelope.at, "closes": None}
        match logged.envelope.entry:
            case NoticeGiven(number=number, closes=closes):
                yield row | {"kind": Kind.NOTICE_GIVEN, "subject": str(number), "closes": closes}
            case ObjectionFiled(objection=ref):
                yield row | {"kind": Kind.OBJECTION_FILED, "subject": ref}
            case ObjectionInadmissible(objection=ref) | ObjectionWithdrawn(objection=ref):
                yield row | {"kind": Kind.OBJECTION_SETTLED, "subject": ref}
            case RecusalRequested(request=ref):
                yield row | {"kind": Kind.OBJECTION_FILED, "subject": ref}
            case ObjectionRuled(objection=ref, reopened=reopened) | RecusalDecided(request=ref, reopened=reopened):
                if reopened is not None:
                    before = times[logged.envelope.round_ref, reopened]
                    times[logged.envelope.round_ref, reopened] += 1
                    yield row | {"kind": reopened, "subject": str(before + 1) if before else ""}
                yield row | {"kind": Kind.OBJECTION_SETTLED, "subject": ref}


replays(
    Replay(
        table="milestone of notice and objections",
        kinds=(NoticeGiven, *_STEPS, RecusalRequested, RecusalDecided),
        expected=milestones_from_log,
        actual=lambda: (
            select(Round.ref.label("round"), Milestone.kind, Milestone.subject, Milestone.at, Milestone.closes)
            .join(Round, Round.id == Milestone.round_id)
            .where(Milestone.kind.in_(_KINDS))
        ),
        key=("round", "kind", "subject"),
    )
)
