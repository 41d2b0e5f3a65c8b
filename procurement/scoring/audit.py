"""How the tables of scoring follow from the public log: who sealed what when, what was opened, corrected, voided,
computed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from procurement.applications.models import Application
from procurement.committee.models import Member
from procurement.publiclog.audit import Replay, Row, person, replays, who
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.audit import milestone_by, milestones_kept
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind
from procurement.scoring.entries import (
    AgreementAnswered,
    AgreementProposed,
    InterferenceAnswered,
    InterferenceReported,
    MarkCorrected,
    ScoresClosed,
    SheetSealed,
    SheetsOpened,
    SheetVoided,
    Tallied,
    TieDrawAnnounced,
    TieDrawn,
)
from procurement.scoring.models import Agreement, AgreementAnswer, Correction, Interference, Sheet, TallyRun, TieDraw
from procurement.scoring.rules import commitment, message_commitment


def sheets_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each commitment: sealed, then opened, then perhaps void."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case SheetSealed(member=member, application=application, commitment=commitment):
                rows[commitment] = {
                    "round": logged.envelope.round_ref,
                    "member": member,
                    "application": application,
                    "commitment": commitment,
                    "sealed_at": at,
                    "opened_at": None,
                    "voided_at": None,
                    "void_reason": None,
                    "void_objection": None,
                }
            case SheetsOpened(sheets=sheets):
                for sheet in sheets:
                    rows[sheet.commitment]["opened_at"] = at
            case SheetVoided(commitment=commitment, reason=reason, objection=objection):
                rows[commitment] |= {"voided_at": at, "void_reason": reason, "void_objection": objection}
    return rows.values()


def _committed(row: Row) -> Row:
    """The commitment is computed anew from ballot and nonce: a changed mark would not fit it."""
    found = dict(row)
    computed = commitment(found.pop("nonce"), found.pop("ballot"))
    kept, reason = found.pop("kept"), found["void_reason"]
    found["void_reason"] = digest_of(reason) if reason else None
    return found | {"commitment": computed if computed == kept else f"{kept}, but the ballot gives {computed}"}


replays(
    Replay(
        table="sheet",
        kinds=(SheetSealed, SheetsOpened, SheetVoided),
        expected=sheets_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Member.code.label("member"),
                Application.ref.label("application"),
                Sheet.ballot,
                Sheet.nonce,
                Sheet.commitment.label("kept"),
                Sheet.sealed_at,
                Sheet.opened_at,
                Sheet.voided_at,
                Sheet.void_reason,
                Sheet.void_objection,
            )
            .select_from(Sheet)
            .join(Round, Round.id == Sheet.round_id)
            .join(Member, Member.id == Sheet.member_id)
            .join(Application, Application.id == Sheet.application_id)
        ),
        key=("member", "application", "sealed_at"),
        derived=_committed,
    )
)


def _with_reason(row: Row) -> Row:
    """The reason's hash, computed anew."""
    found = dict(row)
    return found | {"reason": digest_of(found["reason"])}


def corrections_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each correction."""
    for logged in entries:
        match logged.envelope.entry:
            case MarkCorrected() as entry:
                yield {
                    "round": logged.envelope.round_ref,
                    "member": entry.member,
                    "application": entry.application,
                    "criterion": entry.criterion,
                    "before": entry.before,
                    "after": entry.after,
                    "ground": entry.ground,
                    "reason": entry.reason,
                    "calculation": entry.calculation,
                    "agreement": entry.agreement,
                    "objection": entry.objection,
                    "made_at": logged.envelope.at,
                    "by": who(logged),
                }


replays(
    Replay(
        table="correction",
        kinds=(MarkCorrected,),
        expected=corrections_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Member.code.label("member"),
                Application.ref.label("application"),
                Correction.criterion,
                Correction.before,
                Correction.after,
                Correction.ground,
                Correction.reason,
                Correction.calculation,
                Agreement.number.label("agreement"),
                Correction.objection_ref.label("objection"),
                Correction.made_at,
                Correction.made_by_id.label("by"),
            )
            .select_from(Correction)
            .join(Round, Round.id == Correction.round_id)
            .join(Sheet, Sheet.id == Correction.sheet_id)
            .outerjoin(Agreement, Agreement.id == Correction.agreement_id)
            .join(Member, Member.id == Sheet.member_id)
            .join(Application, Application.id == Sheet.application_id)
        ),
        key=("round", "member", "application", "criterion", "made_at", "before", "after"),
        derived=lambda row: dict(_with_reason(row)) | {"by": person(row["by"])},
    )
)


def agreements_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each proposal: it is settled by the first who declines, or with the marks that it changes."""
    rows: dict[tuple[str | None, int], dict[str, Any]] = {}
    for logged in entries:
        at, round_ref = logged.envelope.at, logged.envelope.round_ref
        match logged.envelope.entry:
            case AgreementProposed() as entry:
                rows[round_ref, entry.number] = {
                    "round": round_ref,
                    "number": entry.number,
                    "application": entry.application,
                    "criterion": entry.criterion,
                    "value": entry.value,
                    "reason": entry.reason,
                    "member": entry.member,
                    "proposed_at": at,
                    "settled_at": None,
                    "agreed": None,
                }
            case AgreementAnswered(number=number, agrees=False):
                rows[round_ref, number] |= {"settled_at": at, "agreed": False}
            case MarkCorrected(agreement=int() as number):
                rows[round_ref, number] |= {"settled_at": at, "agreed": True}
    return rows.values()


replays(
    Replay(
        table="mark_agreement",
        kinds=(AgreementProposed, AgreementAnswered, MarkCorrected),
        expected=agreements_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Agreement.number,
                Application.ref.label("application"),
                Agreement.criterion,
                Agreement.value,
                Agreement.reason,
                Member.code.label("member"),
                Agreement.proposed_at,
                Agreement.settled_at,
                Agreement.agreed,
            )
            .select_from(Agreement)
            .join(Round, Round.id == Agreement.round_id)
            .join(Member, Member.id == Agreement.proposed_by_id)
            .join(Application, Application.id == Agreement.application_id)
        ),
        key=("round", "number"),
        derived=_with_reason,
    )
)


def answers_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each answer to a proposal."""
    for logged in entries:
        match logged.envelope.entry:
            case AgreementAnswered() as entry:
                yield {
                    "round": logged.envelope.round_ref,
                    "number": entry.number,
                    "member": entry.member,
                    "agrees": entry.agrees,
                    "reason": entry.reason,
                    "answered_at": logged.envelope.at,
                }


def _with_reason_if_any(row: Row) -> Row:
    found = dict(row)
    return found | {"reason": digest_of(found["reason"]) if found["reason"] else None}


replays(
    Replay(
        table="mark_agreement_answer",
        kinds=(AgreementAnswered,),
        expected=answers_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Agreement.number,
                Member.code.label("member"),
                AgreementAnswer.agrees,
                AgreementAnswer.reason,
                AgreementAnswer.answered_at,
            )
            .select_from(AgreementAnswer)
            .join(Agreement, Agreement.id == AgreementAnswer.agreement_id)
            .join(Round, Round.id == Agreement.round_id)
            .join(Member, Member.id == AgreementAnswer.member_id)
        ),
        key=("round", "number", "member"),
        derived=_with_reason_if_any,
    )
)


def messages_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each message on interference: commitments only, for nobody may read what they are to."""
    rows: dict[tuple[str | None, int], dict[str, Any]] = {}
    for logged in entries:
        at, round_ref = logged.envelope.at, logged.envelope.round_ref
        match logged.envelope.entry:
            case InterferenceReported(number=number, message=message):
                rows[round_ref, number] = {
                    "round": round_ref,
                    "number": number,
                    "message": message,
                    "sent_at": at,
                    "answer": None,
                    "answered_at": None,
                    "by": None,
                }
            case InterferenceAnswered(number=number, answer=answer):
                rows[round_ref, number] |= {"answer": answer, "answered_at": at, "by": who(logged)}
    return rows.values()


def _without_words(row: Row) -> Row:
    """The commitments, computed anew."""
    found = dict(row)
    nonce, answer_nonce, answer = found.pop("nonce"), found.pop("answer_nonce"), found["answer"]
    return found | {
        "message": message_commitment(nonce, found["message"]),
        "answer": None if answer is None else message_commitment(answer_nonce, answer),
        "by": person(found["by"]),
    }


replays(
    Replay(
        table="interference",
        kinds=(InterferenceReported, InterferenceAnswered),
        expected=messages_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            Interference.number,
            Interference.message,
            Interference.nonce,
            Interference.sent_at,
            Interference.answer,
            Interference.answer_nonce,
            Interference.answered_at,
            Interference.answered_by_id.label("by"),
        ).join(Round, Round.id == Interference.round_id),
        key=("round", "number"),
        derived=_without_words,
    )
)


def tallies_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each computation."""
    for logged in entries:
        match logged.envelope.entry:
            case Tallied() as entry:
                yield {
                    "round": logged.envelope.round_ref,
                    "number": entry.number,
                    "cause": entry.cause,
                    "document": entry.tally,
                    "sha256": entry.tally,
                    "computed_at": logged.envelope.at,
                }


def _hashed(row: Row) -> Row:
    """The document's hash, computed anew."""
    return dict(row) | {"document": digest_of(row["document"].encode())}


replays(
    Replay(
        table="tally_run",
        kinds=(Tallied,),
        expected=tallies_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            TallyRun.number,
            TallyRun.cause,
            TallyRun.document,
            TallyRun.sha256,
            TallyRun.computed_at,
        ).join(Round, Round.id == TallyRun.round_id),
        key=("round", "number"),
        derived=_hashed,
    )
)


def milestones_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each time that scores were opened."""
    times: Counter[str | None] = Counter()
    for logged in entries:
        if isinstance(logged.envelope.entry, ScoresClosed):
            round_ref = logged.envelope.round_ref
            times[round_ref] += 1
            yield {
                "round": round_ref,
                "kind": Kind.SCORES_OPENED,
                "subject": str(times[round_ref]) if times[round_ref] > 1 else "",
                "at": logged.envelope.at,
                "closes": None,
                "by": who(logged),
            }


replays(
    Replay(
        table="milestone of scoring",
        kinds=(ScoresClosed,),
        expected=milestones_from_log,
        actual=lambda: milestones_kept([Kind.SCORES_OPENED]),
        key=("round", "kind", "subject"),
        derived=milestone_by,
    )
)


def draws_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each draw that was announced, with its key once it was drawn."""
    rows: dict[str | None, dict[str, Any]] = {}
    for logged in entries:
        at, round_ref = logged.envelope.at, logged.envelope.round_ref
        match logged.envelope.entry:
            case TieDrawAnnounced(beacon_round=number, at=published):
                rows[round_ref] = {
                    "round": round_ref,
                    "beacon_round": number,
                    "published_at": published,
                    "announced_at": at,
                    "key": None,
                    "signature": None,
                    "drawn_at": None,
                }
            case TieDrawn(key=key, signature=signature):
                rows[round_ref] |= {"key": key, "signature": signature, "drawn_at": at}
    return rows.values()


replays(
    Replay(
        table="tie_draw",
        kinds=(TieDrawAnnounced, TieDrawn),
        expected=draws_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            TieDraw.beacon_round,
            TieDraw.published_at,
            TieDraw.announced_at,
            TieDraw.key,
            TieDraw.signature,
            TieDraw.drawn_at,
        ).join(Round, Round.id == TieDraw.round_id),
        key=("round",),
    )
)
