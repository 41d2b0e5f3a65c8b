"""Reading requests for recusal: what everybody reads, and what the supervisor, the member and who asked read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, may
from procurement.applications.models import Application
from procurement.committee.models import Member, RecusalRequest
from procurement.committee.queries import Applicant, PublicMember, applicants_of, member_of, public_members
from procurement.committee.recusing import Origin, Outcome
from procurement.committee.requests import find_request, token_digest
from procurement.committee.rules import Ground
from procurement.errors import N_, NotAllowed, NotFound
from procurement.rounds import clocks
from procurement.rounds.clocks import Clock
from procurement.rounds.queries import RoundView, course_of, find_round, rules_of, view_of


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as everybody reads it. `application`: "" when the member as a whole is meant; `clock`: of the
    decision, as it stands or stood."""

    ref: str
    member: str
    application: str
    ground: Ground
    origin: Origin
    filed_at: datetime
    clock: Clock
    stated_at: datetime | None
    outcome: Outcome | None
    decision: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestFile:
    """A request with what only the supervisor and the member concerned read. `name`: for the supervisor."""

    view: RequestView
    round: RoundView
    argument: str
    statement: str
    name: str
    decides: bool
    concerned: bool
    applicants: tuple[Applicant, ...]


@dataclass(frozen=True, slots=True)
class Docket:
    """The requests of a round, newest first, and whom one may ask about."""

    round: RoundView
    requests: tuple[RequestView, ...]
    members: tuple[PublicMember, ...]
    applicants: tuple[Applicant, ...]


def _views(session: Session, round_id: int, *, now: datetime, ref: str | None = None) -> list[RequestView]:
    wanted = (
        select(RecusalRequest, Member.code, Application.ref)
        .join(Member, Member.id == RecusalRequest.member_id)
        .outerjoin(Application, Application.id == RecusalRequest.application_id)
        .where(RecusalRequest.round_id == round_id)
        .order_by(RecusalRequest.id.desc())
    )
    if ref is not None:
        wanted = wanted.where(RecusalRequest.ref == ref)
    stops = course_of(session, round_id).stops
    return [
        RequestView(
            ref=row.ref,
            member=code,
            application=application or "",
            ground=Ground(row.ground),
            origin=Origin(row.origin),
            filed_at=row.filed_at,
            clock=clocks.running(row.counted, stops=stops, now=row.decided_at or now),
            stated_at=row.stated_at,
            outcome=Outcome(row.outcome) if row.outcome else None,
            decision=row.decision,
            decided_at=row.decided_at,
        )
        for row, code, application in session.execute(wanted)
    ]


def docket_of(session: Session, ref: str, *, now: datetime) -> Docket:
    """What everybody reads. Raises NotFound for a draft."""
    found = find_round(session, ref)
    course = course_of(session, found.id)
    if course.published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    document = rules_of(session, found.id)
    told = course.checking_closed is not None or course.scoring_began is not None
    return Docket(
        round=view_of(session, found, now=now),
        requests=tuple(_views(session, found.id, now=now)),
        members=tuple(public_members(session, found.id, document=document, course=course)),
        applicants=tuple(applicants_of(session, found.id)) if told else (),
    )


def request_file(session: Session, ref: str, *, actor: Actor, now: datetime) -> RequestFile:
    """For the supervisor and the member concerned. Raises NotFound, NotAllowed."""
    row, found = find_request(session, ref)
    decides = may(actor, Permission.DECIDE_RECUSAL, round_id=found.id)
    own = member_of(session, found.id, actor.user_id)
    concerned = own is not None and own.id == row.member_id
    if not decides and not concerned:
        raise NotAllowed(N_("Only the supervisor of this round and the member concerned read this."))
    (view,) = _views(session, found.id, now=now, ref=ref)
    return RequestFile(
        view=view,
        round=view_of(session, found, now=now),
        argument=row.argument,
        statement=row.statement,
        name=row.filer_name if decides else "",
        decides=decides,
        concerned=concerned,
        applicants=tuple(applicants_of(session, found.id)),
    )


def followed(session: Session, token: str, *, now: datetime) -> tuple[RequestView, RoundView]:
    """The request that a link belongs to. Raises NotFound."""
    row = session.scalars(
        select(RecusalRequest).where(RecusalRequest.token_sha256 == token_digest(token))
    ).one_or_none()
    if row is None:
        raise NotFound(N_("This link is not known. It is in the letter that you got when you asked."))
    _, found = find_request(session, row.ref)
    (view,) = _views(session, found.id, now=now, ref=row.ref)
    return view, view_of(session, found, now=now)
