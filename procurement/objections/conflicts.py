"""Requests for recusal are decided, and conflicts found late are carried out: sheets become void, the result is
computed anew, quorum and notice are looked at again.

It is here and not with the committee because it may void sheets and take a notice back.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.committee.actions import recuse
from procurement.committee.leaving import remove_by_ruling
from procurement.committee.models import Member, RecusalRequest
from procurement.committee.queries import Applicant, applicants_of, grounds_of, members_of
from procurement.committee.recusing import DECIDED_IN, Origin, Outcome, Request, check_decision
from procurement.committee.requests import find_request, open_request, open_requests, require_open, settle_request
from procurement.committee.rules import Ground, sheets_for
from procurement.errors import N_, NotAllowed, RuleBroken, refuse_if
from procurement.objections.models import Notice
from procurement.rounds.actions import record
from procurement.rounds.canonical import plain_text
from procurement.rounds.models import Round
from procurement.rounds.phases import Course, Kind, Phase
from procurement.rounds.queries import course_of, find_round, rules_of
from procurement.scoring.actions import Cause, retally, void_sheet
from procurement.scoring.queries import has_sealed, tally_of

Order = list[tuple[str, int | None, str]]
"""Who is proposed in which order: (application, rank, outcome)."""


def decide_request(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    outcome: Outcome,
    text: str,
    application: str = "",
) -> None:
    """The supervisor decides on a request, with reasons that everybody reads; what is granted is carried out at once.
    `application`: from which one the member is recused. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    row, found = find_request(session, ref, lock=True)
    require(actor, Permission.DECIDE_RECUSAL, round_id=found.id)
    if actor.user_id == row.filer_user_id:
        raise NotAllowed(N_("You asked for it yourself. Another supervisor of this round must decide."))
    course_of(session, found.id).require(now, *DECIDED_IN)
    require_open(row)
    _decide(session, found, row, outcome, plain_text(text), application, actor=actor, now=now)


def find_conflict(
    session: Session, *, actor: Actor, now: datetime, ref: str, request: Request, text: str, token: str
) -> RecusalRequest:
    """The supervisor has found a conflict of interest that nobody declared or asked about: it is written down and
    carried out in one act. `request.argument` is kept for the file, `text` is what everybody reads. Raises NotFound,
    NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.DECIDE_RECUSAL, round_id=found.id)
    row = open_request(
        session,
        found,
        request,
        origin=Origin.SUPERVISOR,
        token=token,
        language=actor.language,
        actor=actor,
        now=now,
    )
    outcome = Outcome.RECUSED if request.application else Outcome.REMOVED
    _decide(session, found, row, outcome, plain_text(text), request.application, actor=actor, now=now)
    return row


def _decide(
    session: Session,
    found: Round,
    row: RecusalRequest,
    outcome: Outcome,
    text: str,
    application: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    refuse_if(check_decision(outcome, application=application, text=text))
    reopened = None
    if outcome is not Outcome.DISMISSED:
        reopened = _carry_out(session, found, row, outcome, text, application, actor=actor, now=now)
    settle_request(
        session, found, row, outcome, now=now, by=actor, acting_as=Role.SUPERVISOR, text=text, reopened=reopened
    )
    if outcome is not Outcome.DISMISSED:
        _settle_others(session, found, row, now)


def _settle_others(session: Session, found: Round, row: RecusalRequest, now: datetime) -> None:
    """What others asked about the same member and what is decided now is moot."""
    grounds = grounds_of(session, found.id)
    gone = session.get_one(Member, row.member_id).ended_at is not None
    for other in open_requests(session, found.id, member_id=row.member_id):
        recused = grounds.get((other.member_id, other.application_id or 0)) not in (None, Ground.NONE)
        if gone or recused or (other.application_id is None and row.application_id is None):
            settle_request(session, found, other, Outcome.MOOT, now=now, by=None, acting_as=None)


def _carry_out(
    session: Session,
    found: Round,
    row: RecusalRequest,
    outcome: Outcome,
    text: str,
    application: str,
    *,
    actor: Actor,
    now: datetime,
) -> Kind | None:
    """Recuse or remove the member; returns the milestone by which the round goes back, None when it goes on."""
    course = course_of(session, found.id)
    member = session.get_one(Member, row.member_id)
    if outcome is Outcome.REMOVED and course.phase_at(now) in (Phase.CHECKING, Phase.FORMING):
        remove_by_ruling(session, found, member, reason=text, now=now, actor=actor)
        return None
    before = _order(session, found, course)
    grounds = grounds_of(session, found.id)
    meant = [
        applicant
        for applicant in applicants_of(session, found.id)
        if (outcome is Outcome.REMOVED or applicant.ref == application)
        and grounds.get((member.id, applicant.id)) in (None, Ground.NONE)
    ]
    if not meant:
        raise RuleBroken(N_("This member is recused from this application already."), field="application")
    for applicant in meant:
        _recuse(session, found, row, member, applicant, text, course, actor=actor, now=now)
    return _go_back(session, found, meant, before, course, actor=actor, now=now)


def _recuse(
    session: Session,
    found: Round,
    row: RecusalRequest,
    member: Member,
    applicant: Applicant,
    text: str,
    course: Course,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Recuse the member from one application; a sheet that is there becomes void, and the result is computed anew."""
    recuse(
        session,
        actor=actor,
        now=now,
        ref=found.ref,
        member_id=member.id,
        application_ref=applicant.ref,
        ground=Ground(row.ground),
        cause=row.ref,
        detail=row.argument[:1000],
    )
    if has_sealed(session, found.id, application_ref=applicant.ref, member_id=member.id):
        void_sheet(
            session,
            actor=actor,
            now=now,
            ref=found.ref,
            application_ref=applicant.ref,
            member_code=member.code,
            reason=text,
            objection_ref=row.ref,
        )
    elif course.scores_opened is not None:
        retally(session, round=found, cause=Cause.RECUSAL, now=now, by=actor)


def _order(session: Session, found: Round, course: Course) -> Order | None:
    """Who is proposed in which order; None while scores are sealed."""
    if course.scores_opened is None:
        return None
    tally = tally_of(session, found.id)
    return None if tally is None else [(line.application, line.rank, line.outcome) for line in tally.ranking]


def _go_back(
    session: Session,
    found: Round,
    meant: Sequence[Applicant],
    before: Order | None,
    course: Course,
    *,
    actor: Actor,
    now: datetime,
) -> Kind | None:
    """An application with too few sheets left must be scored by somebody else: back to forming. A changed order must
    be on notice for its full period: back to the opened scores."""
    kind: Kind | None = None
    if course.scoring_began is not None and _too_few(session, found, meant, before):
        kind = Kind.REOPENED_FORMING
    elif course.notice_given is not None and _order(session, found, course) != before:
        kind = Kind.REOPENED_TALLY
    if kind is None:
        return None
    if course.notice_given is not None:
        notice = session.scalars(
            select(Notice).where(Notice.round_id == found.id, Notice.superseded_at.is_(None)).with_for_update()
        ).one()
        notice.superseded_at = now
        session.flush()
    record(session, round=found, kind=kind, at=now, by=actor)
    return kind


def _too_few(session: Session, found: Round, meant: Sequence[Applicant], before: Order | None) -> bool:
    quorum = rules_of(session, found.id).scoring.quorum
    if before is not None:
        tally = tally_of(session, found.id)
        touched = {applicant.ref for applicant in meant}
        return tally is not None and any(
            line.sheets < quorum for line in tally.ranking if line.application in touched
        )
    ids, grounds = [member.id for member in members_of(session, found.id)], grounds_of(session, found.id)
    return any(sheets_for(applicant.id, ids, grounds).expected < quorum for applicant in meant)
