"""What an upheld objection brings about, by the acts that it calls for: part of the ruling's own transaction.

What only the organiser can do (amend the call, draw up another decision) is ordered instead, and nothing is awarded
until it is done.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor
from procurement.applications.actions import replace_verdict, take_back_verdict
from procurement.applications.verdicts import Reason
from procurement.committee.actions import recuse
from procurement.committee.queries import applicants_of, grounds_of, members_of
from procurement.committee.rules import Ground as RecusalGround
from procurement.committee.rules import sheets_for
from procurement.errors import N_, NotFound
from procurement.objections.models import Notice, Objection
from procurement.objections.rules import ORDERED, Detail, Effect, Remedy
from procurement.rounds.actions import end_by_ruling, record
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind
from procurement.rounds.queries import course_of, rules_of
from procurement.rounds.scoring_rule import Text
from procurement.scoring.actions import Cause, correct_mark, retally, void_sheet
from procurement.scoring.queries import has_sealed, tally_of
from procurement.scoring.rules import CorrectionGround

Order = list[tuple[str, int | None, str]]
"""Who is proposed in which order: (application, rank, outcome)."""

Told = Callable[[Session, Round, str, Actor, datetime], None]
"""Is called with the round, the reference of what was carried out, who did it and when."""
_TOLD: list[Told] = []


def when_carried_out(told: Told) -> Told:
    """Let a later step look after what it made of the result that was changed (decisions/withdrawing.py)."""
    if told not in _TOLD:
        _TOLD.append(told)
    return told


def carry_out(
    session: Session, found: Round, objection: Objection, effect: Effect, text: str, *, actor: Actor, now: datetime
) -> Kind | None:
    """Do what the ruling orders. Returns the milestone by which the round goes back, or None when it goes on."""
    before = order_of(session, found)
    common: dict[str, Any] = {"actor": actor, "now": now, "objection_ref": objection.ref}
    detail = effect.detail
    match effect.remedy:
        case Remedy.CORRECT_SCORE if detail.value is not None:
            correct_mark(
                session,
                **common,
                ref=found.ref,
                application_ref=detail.application,
                member_code=detail.member,
                criterion=detail.criterion,
                value=detail.value,
                ground=CorrectionGround.RULING,
                reason=text,
            )
        case Remedy.VOID_SHEET:
            _void(session, found, detail, text, common)
        case Remedy.EXCLUDE | Remedy.READMIT:
            _replace_verdict(session, found, effect, text, common, before)
        case Remedy.RECHECK:
            take_back_verdict(session, **common, application=detail.application)
        case Remedy.RECUSE if effect.ground is not None:
            _recuse(session, found, detail, effect.ground, text, common)
        case Remedy.RERUN:
            retally(session, round=found, cause=Cause.CORRECTION, now=now, by=actor)
        case Remedy.END:
            end_by_ruling(session, actor=actor, now=now, round=found, explanation=_why_ended(objection.ref))
            return None
        case Remedy.AMEND | Remedy.ANNUL:
            record(session, round=found, kind=ORDERED[effect.remedy], at=now, by=actor, subject=objection.ref)
    kind = _how_far(session, found, effect, before)
    return go_back(session, found, kind, cause=objection.ref, actor=actor, now=now)


def _why_ended(ref: str) -> Text:
    """What the public reads of the end of a round that a ruling ended."""
    return Text(
        f"By the ruling on objection {ref}, whose reasons are published with it.",
        f"依据对异议{ref}的处理决定终止，理由见该决定。",
    )


def _void(session: Session, found: Round, detail: Detail, text: str, common: dict[str, Any]) -> None:
    void_sheet(
        session, **common, ref=found.ref, application_ref=detail.application, member_code=detail.member, reason=text
    )


def _replace_verdict(
    session: Session, found: Round, effect: Effect, text: str, common: dict[str, Any], before: Order | None
) -> None:
    readmitted = effect.remedy is Remedy.READMIT
    replace_verdict(
        session,
        **common,
        application=effect.detail.application,
        eligible=readmitted,
        reason_code=Reason.READMITTED if readmitted else effect.reason,
        explanation=text,
    )
    # A readmitted application has no sheets yet: its result comes when they are opened.
    if before is not None and not readmitted:
        retally(session, round=found, cause=Cause.VERDICT, now=common["now"], by=common["actor"])


def _recuse(
    session: Session, found: Round, detail: Detail, ground: RecusalGround, text: str, common: dict[str, Any]
) -> None:
    member = next((one for one in members_of(session, found.id) if one.code == detail.member), None)
    if member is None:
        raise NotFound(N_("There is no such member in this round."))
    recuse_from(
        session,
        found,
        (member.id, member.code),
        detail.application,
        ground,
        text,
        cause=common["objection_ref"],
        actor=common["actor"],
        now=common["now"],
    )


# --- what every change of the result is followed by ---------------------------------------------------------------


def recuse_from(
    session: Session,
    found: Round,
    member: tuple[int, str],
    application: str,
    ground: RecusalGround,
    text: str,
    *,
    cause: str,
    actor: Actor,
    now: datetime,
    detail: str = "",
) -> None:
    """Recuse a member (id, code) from one application; a sheet that is there becomes void, and the result is computed
    anew. `text`: why, for everybody; `detail`: what the office alone keeps; `cause`: the reference of what is carried
    out."""
    recuse(
        session,
        actor=actor,
        now=now,
        ref=found.ref,
        member_id=member[0],
        application_ref=application,
        ground=ground,
        cause=cause,
        detail=detail,
    )
    if has_sealed(session, found.id, application_ref=application, member_id=member[0]):
        void_sheet(
            session,
            actor=actor,
            now=now,
            ref=found.ref,
            application_ref=application,
            member_code=member[1],
            reason=text,
            objection_ref=cause,
        )
    elif course_of(session, found.id).scores_opened is not None:
        retally(session, round=found, cause=Cause.RECUSAL, now=now, by=actor)


def order_of(session: Session, found: Round) -> Order | None:
    """Who is proposed in which order; None while scores are sealed."""
    if course_of(session, found.id).scores_opened is None:
        return None
    tally = tally_of(session, found.id)
    return None if tally is None else [(line.application, line.rank, line.outcome) for line in tally.ranking]


def go_back(
    session: Session, found: Round, kind: Kind | None, *, cause: str, actor: Actor, now: datetime
) -> Kind | None:
    """Send the round back by the milestone `kind` (None: it goes on), and take a notice back that says something else
    now; then tell later steps. Returns `kind`."""
    if kind is not None:
        if course_of(session, found.id).notice_given is not None:
            notice = session.scalars(
                select(Notice).where(Notice.round_id == found.id, Notice.superseded_at.is_(None)).with_for_update()
            ).one()
            notice.superseded_at = now
            session.flush()
        record(session, round=found, kind=kind, at=now, by=actor)
    for told in _TOLD:
        told(session, found, cause, actor, now)
    return kind


def _how_far(session: Session, found: Round, effect: Effect, before: Order | None) -> Kind | None:
    """An application without a verdict must be checked; one that was admitted after scoring began must be declared
    for and scored."""
    course = course_of(session, found.id)
    if effect.remedy is Remedy.RECHECK:
        return None if course.checking_closed is None else Kind.REOPENED_CHECKING
    if effect.remedy is Remedy.READMIT and course.scoring_began is not None:
        return Kind.REOPENED_FORMING
    fewer = effect.remedy in (Remedy.VOID_SHEET, Remedy.RECUSE)
    return how_far(session, found, {effect.detail.application} if fewer else (), before)


def how_far(session: Session, found: Round, fewer: Collection[str], before: Order | None) -> Kind | None:
    """How far a change of the result sends the round back. `fewer`: applications that have a sheet less; `before`:
    the order before the change.

    An application with too few sheets left must be scored by somebody else: back to forming. A changed order must be
    on notice for its full period: back to the opened scores.
    """
    course = course_of(session, found.id)
    if fewer and course.scoring_began is not None and _too_few(session, found, fewer, before):
        return Kind.REOPENED_FORMING
    changed = course.notice_given is not None and order_of(session, found) != before
    return Kind.REOPENED_TALLY if changed else None


def _too_few(session: Session, found: Round, fewer: Collection[str], before: Order | None) -> bool:
    quorum = rules_of(session, found.id).scoring.quorum
    if before is not None:
        tally = tally_of(session, found.id)
        return tally is not None and any(line.sheets < quorum for line in tally.ranking if line.application in fewer)
    ids, grounds = [member.id for member in members_of(session, found.id)], grounds_of(session, found.id)
    meant = [applicant for applicant in applicants_of(session, found.id) if applicant.ref in fewer]
    return any(sheets_for(applicant.id, ids, grounds).expected < quorum for applicant in meant)
