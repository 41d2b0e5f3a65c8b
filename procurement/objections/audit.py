"""How notices, objections, everything that happens to them and their milestones follow from the public log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import func, select

from procurement.applications.models import Application
from procurement.committee.entries import RecusalDecided, RecusalRequested
from procurement.objections.entries import (
    AuthorityDecided,
    AwardSuspended,
    LimitReached,
    NoticeGiven,
    ObjectionAdmitted,
    ObjectionAnswered,
    ObjectionEscalated,
    ObjectionFiled,
    ObjectionInadmissible,
    ObjectionPaused,
    ObjectionPauseEnded,
    ObjectionRuled,
    ObjectionSupplemented,
    ObjectionWithdrawn,
    SupplementAsked,
    ThirdPartyAnswered,
    ThirdPartyTold,
)
from procurement.objections.models import (
    Notice,
    Objection,
    ObjectionAttacked,
    ObjectionEscalation,
    ObjectionFile,
    ObjectionLimit,
    ObjectionParty,
    ObjectionPause,
    ObjectionStep,
)
from procurement.objections.rules import ORDERED, Detail, Effect, Filer, Remedy, Step, public_name
from procurement.publiclog.audit import Replay, Row, disclosed, person, replays, who
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.audit import milestone_by, milestones_kept
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind
from procurement.scoring.models import TallyRun

_STEPS = (
    ObjectionFiled,
    ObjectionAdmitted,
    ObjectionInadmissible,
    ObjectionAnswered,
    ObjectionRuled,
    ObjectionWithdrawn,
    AuthorityDecided,
)
_KINDS = (
    Kind.NOTICE_GIVEN,
    Kind.OBJECTION_FILED,
    Kind.OBJECTION_SETTLED,
    Kind.AMENDMENT_ORDERED,
    Kind.ANNULMENT_ORDERED,
    Kind.SUSPENDED,
    Kind.SUSPENSION_ENDED,
    Kind.REOPENED_TALLY,
    Kind.REOPENED_FORMING,
    Kind.REOPENED_CHECKING,
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
                        "document": entry.document,
                        "sha256": entry.document,
                        "tally": entry.tally,
                        "given_at": at,
                        "by": who(logged),
                        "closes_at": entry.closes,
                        "superseded_at": None,
                    }
                )
            case (
                ObjectionRuled(reopened=reopened)
                | AuthorityDecided(reopened=reopened)
                | RecusalDecided(reopened=reopened)
            ) if reopened is not None:
                for row in rows:
                    if row["round"] == round_ref and row["superseded_at"] is None:
                        row["superseded_at"] = at
    return rows


def _hashed(row: Row) -> Row:
    """The hash of the text, worked out anew, in place of the text."""
    return dict(row) | {"document": digest_of(row["document"].encode()), "by": person(row["by"])}


replays(
    Replay(
        table="notice",
        kinds=(NoticeGiven, ObjectionRuled, AuthorityDecided, RecusalDecided),
        expected=notices_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Notice.number,
                Notice.document,
                Notice.sha256,
                TallyRun.sha256.label("tally"),
                Notice.given_at,
                Notice.given_by_id.label("by"),
                Notice.closes_at,
                Notice.superseded_at,
            )
            .join(Round, Round.id == Notice.round_id)
            .join(TallyRun, TallyRun.id == Notice.tally_run_id)
        ),
        key=("round", "number"),
        derived=_hashed,
    )
)


# --- objections ---------------------------------------------------------------------------------------------------


def objections_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each objection. What is personal is compared for as long as it is kept."""
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
                    "number": int(entry.objection.rpartition("-O")[2]),
                    "name": disclosed(entry.name),
                    "contact": disclosed(entry.contact),
                    "masked": "",
                    "by": who(logged),
                    "filed_at": logged.envelope.at,
                }


def _detail(entry: ObjectionFiled | ObjectionRuled | AuthorityDecided) -> dict[str, str]:
    return Detail(entry.application or "", entry.member or "", entry.criterion or "", entry.value).to_json()


def _argued(row: Row) -> Row:
    found = dict(row)
    shown, name, filer = found.pop("masked"), found["name"], Filer(found["filer"])
    lawful = {public_name(filer, name, withhold=withheld) for withheld in (False, True)}
    return found | {
        "argument": digest_of(found["argument"]),
        "masked": "" if shown in lawful else shown,
        "by": person(found["by"]),
    }


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
            Objection.number,
            Objection.filer_name.label("name"),
            Objection.contact,
            Objection.public_name.label("masked"),
            Objection.filer_user_id.label("by"),
            Objection.filed_at,
        ).join(Round, Round.id == Objection.round_id),
        key=("objection",),
        derived=_argued,
    )
)


def attacked_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each account whose act an objection attacks; `number` stands for whoever is erased."""
    for logged in entries:
        match logged.envelope.entry:
            case ObjectionFiled(objection=objection, attacked=attacked):
                for number, account in enumerate(attacked, 1):
                    yield {"objection": objection, "number": number, "account": disclosed(account)}


def _account(row: Row) -> Row:
    found = dict(row)
    return found | {"account": f"user:{found['account']}"}


replays(
    Replay(
        table="objection_attacked",
        kinds=(ObjectionFiled,),
        expected=attacked_from_log,
        actual=lambda: select(
            Objection.ref.label("objection"),
            func.row_number()
            .over(partition_by=ObjectionAttacked.objection_id, order_by=ObjectionAttacked.user_id)
            .label("number"),
            ObjectionAttacked.user_id.label("account"),
        ).join(Objection, Objection.id == ObjectionAttacked.objection_id),
        key=("objection", "number"),
        derived=_account,
    )
)


def files_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each evidence file, sent with the objection or with its supplement."""
    for logged in entries:
        match logged.envelope.entry:
            case ObjectionFiled(objection=objection, files=files):
                later = False
            case ObjectionSupplemented(objection=objection, files=files):
                later = True
            case _:
                continue
        for digest in files:
            yield {"objection": objection, "digest": digest, "later": later, "added_at": logged.envelope.at}


replays(
    Replay(
        table="objection_file",
        kinds=(ObjectionFiled, ObjectionSupplemented),
        expected=files_from_log,
        actual=lambda: select(
            Objection.ref.label("objection"),
            ObjectionFile.digest,
            ObjectionFile.pause_id.is_not(None).label("later"),
            ObjectionFile.added_at,
        ).join(Objection, Objection.id == ObjectionFile.objection_id),
        key=("objection", "digest", "later"),
    )
)


# --- steps --------------------------------------------------------------------------------------------------------


def steps_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each step of each objection."""
    for logged in entries:
        row: dict[str, Any] = {
            "code": "",
            "text": None,
            "effect": None,
            "due_at": None,
            "limit_at": None,
            "document": None,
            "sha256": None,
            "at": logged.envelope.at,
            "by": who(logged),
        }
        said: dict[str, Any]
        match logged.envelope.entry:
            case ObjectionFiled(objection=ref, due=due):
                yield row | {"objection": ref, "kind": Step.FILED, "due_at": due}
            case ObjectionAdmitted(objection=ref, due=due, limit=limit):
                yield row | {"objection": ref, "kind": Step.ADMITTED, "due_at": due, "limit_at": limit}
            case ObjectionInadmissible(objection=ref, reason=reason, text=text, document=document):
                said = {"code": reason, "text": text, "document": document, "sha256": document}
                yield row | {"objection": ref, "kind": Step.INADMISSIBLE, **said}
            case ObjectionAnswered(objection=ref, text=text, document=document, due=due):
                said = {"text": text, "document": document, "sha256": document, "due_at": due}
                yield row | {"objection": ref, "kind": Step.ANSWERED, **said}
            case ObjectionRuled(objection=ref, outcome=outcome, text=text, document=document, due=due) as entry:
                told = {"text": text, "document": document, "sha256": document}
                said = told | {"effect": _effect(entry), "due_at": due}
                yield row | {"objection": ref, "kind": outcome, **said}
            case ObjectionWithdrawn(objection=ref):
                yield row | {"objection": ref, "kind": Step.WITHDRAWN}
            case AuthorityDecided(objection=ref, settles=True):
                yield row | {"objection": ref, "kind": Step.OUTSIDE}


def _effect(entry: ObjectionRuled | AuthorityDecided) -> dict[str, str] | None:
    return None if entry.effect is None else {"remedy": entry.effect, **_detail(entry)}


def _told(row: Row) -> Row:
    return _words(row) | {"by": person(row["by"])}


def _words(row: Row) -> dict[str, Any]:
    """The text's hash in place of the text; of an effect what the entry tells too."""
    found = dict(row)
    effect = None if found["effect"] is None else Effect.from_json(found["effect"])
    return found | {
        "text": digest_of(found["text"]) if found["text"] else None,
        "document": digest_of(found["document"].encode()) if found["document"] else None,
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
            ObjectionStep.by_id.label("by"),
            ObjectionStep.due_at,
            ObjectionStep.limit_at,
            ObjectionStep.document,
            ObjectionStep.sha256,
        ).join(Objection, Objection.id == ObjectionStep.objection_id),
        key=("objection", "kind"),
        derived=_told,
    )
)


def limits_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each limit that was noted."""
    for logged in entries:
        match logged.envelope.entry:
            case LimitReached(objection=ref, since=since):
                yield {"objection": ref, "reached_at": since, "noted_at": logged.envelope.at}


replays(
    Replay(
        table="objection_limit",
        kinds=(LimitReached,),
        expected=limits_from_log,
        actual=lambda: select(
            Objection.ref.label("objection"), ObjectionLimit.reached_at, ObjectionLimit.noted_at
        ).join(Objection, Objection.id == ObjectionLimit.objection_id),
        key=("objection",),
    )
)


# --- pauses, statements, the outside authority --------------------------------------------------------------------


def pauses_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each time in which the clock of an objection stood still."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    counts: Counter[str] = Counter()
    supplements: dict[str, int] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case SupplementAsked(objection=ref, text=text, due=due):
                counts[ref] += 1
                supplements[ref] = counts[ref]
                why = "supplement"
            case ObjectionPaused(objection=ref, why=why, text=text, due=due):
                counts[ref] += 1
            case ObjectionSupplemented(objection=ref, text=answer):
                rows[ref, supplements[ref]] |= {"ended_at": at, "answer": answer, "ended_by": who(logged)}
                continue
            case ObjectionPauseEnded(objection=ref, number=number):
                rows[ref, number] |= {"ended_at": at, "ended_by": who(logged)}
                continue
            case _:
                continue
        rows[ref, counts[ref]] = {
            "objection": ref,
            "number": counts[ref],
            "why": why,
            "text": text,
            "began_at": at,
            "began_by": who(logged),
            "due_at": due,
            "ended_at": None,
            "ended_by": None,
            "answer": None,
        }
    return rows.values()


def _paused(row: Row) -> Row:
    answer = row["answer"]
    return dict(row) | {
        "text": digest_of(row["text"]),
        "answer": digest_of(answer) if answer else None,
        "began_by": person(row["began_by"]),
        "ended_by": person(row["ended_by"]),
    }


replays(
    Replay(
        table="objection_pause",
        kinds=(SupplementAsked, ObjectionPaused, ObjectionSupplemented, ObjectionPauseEnded),
        expected=pauses_from_log,
        actual=lambda: select(
            Objection.ref.label("objection"),
            ObjectionPause.number,
            ObjectionPause.why,
            ObjectionPause.text,
            ObjectionPause.began_at,
            ObjectionPause.due_at,
            ObjectionPause.ended_at,
            ObjectionPause.began_by_id.label("began_by"),
            ObjectionPause.ended_by_id.label("ended_by"),
            ObjectionPause.answer,
        ).join(Objection, Objection.id == ObjectionPause.objection_id),
        key=("objection", "number"),
        derived=_paused,
    )
)


def parties_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each merchant who was told, by the application that is attacked."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case ThirdPartyTold(objection=ref, application=application, due=due):
                rows[ref, application] = {
                    "objection": ref,
                    "application": application,
                    "told_at": at,
                    "due_at": due,
                    "answered_at": None,
                    "by": None,
                    "text": None,
                }
            case ThirdPartyAnswered(objection=ref, application=application, text=text):
                rows[ref, application] |= {"answered_at": at, "text": text, "by": who(logged)}
    return rows.values()


def _stated(row: Row) -> Row:
    return dict(row) | {"text": digest_of(row["text"]) if row["text"] else None, "by": person(row["by"])}


replays(
    Replay(
        table="objection_party",
        kinds=(ThirdPartyTold, ThirdPartyAnswered),
        expected=parties_from_log,
        actual=lambda: (
            select(
                Objection.ref.label("objection"),
                Application.ref.label("application"),
                ObjectionParty.told_at,
                ObjectionParty.due_at,
                ObjectionParty.answered_at,
                ObjectionParty.answered_by_id.label("by"),
                ObjectionParty.text,
            )
            .join(Objection, Objection.id == ObjectionParty.objection_id)
            .join(Application, Application.id == ObjectionParty.application_id)
        ),
        key=("objection", "application"),
        derived=_stated,
    )
)


def escalations_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each objection that was taken to the outside authority."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case ObjectionEscalated(objection=ref, complained_on=day, reference=reference, due=due):
                rows[ref] = {
                    "objection": ref,
                    "complained_on": day,
                    "reference": reference,
                    "told_at": at,
                    "told_by": who(logged),
                    "due_at": due,
                    "suspended_at": None,
                    "suspended_until": None,
                    "suspension": None,
                    "outcome": None,
                    "decided_on": None,
                    "text": None,
                    "effect": None,
                    "order_due_at": None,
                    "recorded_at": None,
                    "recorded_by": None,
                    "document": None,
                    "sha256": None,
                }
            case AwardSuspended(objection=ref, until=until, text=text):
                rows[ref] |= {"suspended_at": at, "suspended_until": until, "suspension": text}
            case AuthorityDecided(objection=ref) as entry:
                rows[ref] |= {
                    "outcome": entry.outcome,
                    "decided_on": entry.decided_on,
                    "text": entry.text,
                    "effect": _effect(entry),
                    "order_due_at": entry.due,
                    "recorded_at": at,
                    "recorded_by": who(logged),
                    "document": entry.document,
                    "sha256": entry.document,
                }
    return rows.values()


def _outside(row: Row) -> Row:
    return _words(row) | {
        "suspension": digest_of(row["suspension"]) if row["suspension"] else None,
        "told_by": person(row["told_by"]),
        "recorded_by": person(row["recorded_by"]),
    }


replays(
    Replay(
        table="objection_escalation",
        kinds=(ObjectionEscalated, AwardSuspended, AuthorityDecided),
        expected=escalations_from_log,
        actual=lambda: select(
            Objection.ref.label("objection"),
            ObjectionEscalation.complained_on,
            ObjectionEscalation.reference,
            ObjectionEscalation.told_at,
            ObjectionEscalation.told_by_id.label("told_by"),
            ObjectionEscalation.recorded_by_id.label("recorded_by"),
            ObjectionEscalation.sha256,
            ObjectionEscalation.due_at,
            ObjectionEscalation.suspended_at,
            ObjectionEscalation.suspended_until,
            ObjectionEscalation.suspension,
            ObjectionEscalation.outcome,
            ObjectionEscalation.decided_on,
            ObjectionEscalation.text,
            ObjectionEscalation.effect,
            ObjectionEscalation.order_due_at,
            ObjectionEscalation.recorded_at,
            ObjectionEscalation.document,
        ).join(Objection, Objection.id == ObjectionEscalation.objection_id),
        key=("objection",),
        derived=_outside,
    )
)


# --- milestones ---------------------------------------------------------------------------------------------------


def _reopening(row: dict[str, Any], reopened: str | None, times: Counter[tuple[str | None, str]]) -> Iterator[Row]:
    if reopened is not None:
        before = times[row["round"], reopened]
        times[row["round"], reopened] += 1
        yield row | {"kind": reopened, "subject": str(before + 1) if before else ""}


def _of_effect(
    row: dict[str, Any], entry: ObjectionRuled | AuthorityDecided, times: Counter[tuple[str | None, str]]
) -> Iterator[Row]:
    """How far a ruling sends the round back, and what it orders."""
    yield from _reopening(row, entry.reopened, times)
    if entry.effect is not None and Remedy(entry.effect) in ORDERED:
        yield row | {"kind": ORDERED[Remedy(entry.effect)], "subject": entry.objection}


def milestones_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each milestone that this step records."""
    times: Counter[tuple[str | None, str]] = Counter()
    suspended: set[str] = set()
    for logged in entries:
        row: dict[str, Any] = {
            "round": logged.envelope.round_ref,
            "at": logged.envelope.at,
            "closes": None,
            "by": who(logged),
        }
        match logged.envelope.entry:
            case NoticeGiven(number=number, closes=closes):
                yield row | {"kind": Kind.NOTICE_GIVEN, "subject": str(number), "closes": closes}
            case ObjectionFiled(objection=ref):
                yield row | {"kind": Kind.OBJECTION_FILED, "subject": ref}
            case ObjectionInadmissible(objection=ref) | ObjectionWithdrawn(objection=ref):
                yield row | {"kind": Kind.OBJECTION_SETTLED, "subject": ref}
            case RecusalRequested(request=ref):
                yield row | {"kind": Kind.OBJECTION_FILED, "subject": ref}
            case RecusalDecided(request=ref, reopened=reopened):
                yield from _reopening(row, reopened, times)
                yield row | {"kind": Kind.OBJECTION_SETTLED, "subject": ref}
            case ObjectionRuled(objection=ref) as entry:
                yield from _of_effect(row, entry, times)
                yield row | {"kind": Kind.OBJECTION_SETTLED, "subject": ref}
            case AwardSuspended(objection=ref, until=until):
                suspended.add(ref)
                yield row | {"kind": Kind.SUSPENDED, "subject": ref, "closes": until}
            case AuthorityDecided(objection=ref, settles=settles) as entry:
                yield from _of_effect(row, entry, times)
                if ref in suspended:
                    yield row | {"kind": Kind.SUSPENSION_ENDED, "subject": ref}
                if settles:
                    yield row | {"kind": Kind.OBJECTION_SETTLED, "subject": ref}


replays(
    Replay(
        table="milestone of notice and objections",
        kinds=(NoticeGiven, *_STEPS, AwardSuspended, RecusalRequested, RecusalDecided),
        expected=milestones_from_log,
        actual=lambda: milestones_kept(_KINDS),
        key=("round", "kind", "subject"),
        derived=milestone_by,
    )
)
