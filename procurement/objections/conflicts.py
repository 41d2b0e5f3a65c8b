"""Requests for recusal are decided, and conflicts found late are carried out: sheets become void, the result is
computed anew, quorum and notice are looked at again.

It is here and not with the committee because it may void sheets and take a notice back.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.committee.leaving import remove_by_ruling
from procurement.committee.models import Member, RecusalRequest
from procurement.committee.queries import applicants_of, grounds_of
from procurement.committee.recusing import DECIDED_IN, Origin, Outcome, Request, check_decision
from procurement.committee.requests import find_request, open_request, open_requests, require_open, settle_request
from procurement.committee.rules import Ground
from procurement.errors import N_, NotAllowed, RuleBroken, refuse_if
from procurement.objections.effects import go_back, how_far, order_of, recuse_from
from procurement.rounds.canonical import plain_text
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.queries import course_of, find_round


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
    member = session.get_one(Member, row.member_id)
    phase = course_of(session, found.id).phase_at(now)
    if outcome is Outcome.REMOVED and phase in (Phase.CHECKING, Phase.FORMING):
        remove_by_ruling(session, found, member, reason=text, now=now, actor=actor)
        return None
    before, grounds = order_of(session, found), grounds_of(session, found.id)
    meant = [
        applicant.ref
        for applicant in applicants_of(session, found.id)
        if (outcome is Outcome.REMOVED or applicant.ref == application)
        and grounds.get((member.id, applicant.id)) in (None, Ground.NONE)
    ]
    if not meant:
        raise RuleBroken(N_("This member is recused from this application already."), field="application")
    for ref in meant:
        recuse_from(
            session,
            found,
            (member.id, member.code),
            ref,
            Ground(row.ground),
            text,
            cause=row.ref,
            actor=actor,
            now=now,
            detail=row.argument[:1000],
        )
    kind = how_far(session, found, meant, before)
    return go_back(session, found, kind, cause=row.ref, actor=actor, now=now)
