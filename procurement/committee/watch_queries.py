"""Reading observers and meetings: what everybody reads, what an observer reads, what the office works with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.committee.draw_queries import draws_of
from procurement.committee.drawing import Purpose
from procurement.committee.models import Attendance, Draw, Meeting, Member, Observer
from procurement.committee.observing import find_observer
from procurement.committee.queries import MemberView, members_of
from procurement.committee.retracing import Retraced
from procurement.committee.watching import MeetingKind, ObserverKind, check_window
from procurement.errors import N_, NotFound, Problem
from procurement.rounds.phases import Phase
from procurement.rounds.queries import RoundView, course_of, find_round, rules_of, running_for, view_of
from procurement.rounds.rules import ObserversChosen, RoundDocument


@dataclass(frozen=True, slots=True)
class ObserverView:
    """Somebody who asked. `name` and `outlet` are empty for the public where they did not agree to be named."""

    code: str
    kind: ObserverKind
    name: str
    outlet: str
    asked_at: datetime
    admitted_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def seated(self) -> bool:
        """Whether they hold a seat now."""
        return self.admitted_at is not None and self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting. `place` is empty for who is not invited; `members` and `observers`: codes of those present;
    `remarks`: of each supervisor who was present, "" without one."""

    number: int
    kind: MeetingKind
    starts_at: datetime
    place: str
    cancelled_at: datetime | None
    cancel_reason: str
    held_at: datetime | None
    members: tuple[str, ...]
    observers: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def supervised(self) -> bool:
        """Whether a supervisor was present."""
        return bool(self.remarks)


def _observers(session: Session, round_id: int, *, public: bool) -> list[ObserverView]:
    rows = session.scalars(select(Observer).where(Observer.round_id == round_id).order_by(Observer.id))
    return [
        ObserverView(
            row.code,
            ObserverKind(row.kind),
            row.name if row.listed or not public else "",
            row.outlet if row.listed or not public else "",
            row.asked_at,
            row.admitted_at,
            row.withdrawn_at,
        )
        for row in rows
    ]


def _meetings(session: Session, round_id: int, *, places: bool) -> list[MeetingView]:
    """The meetings of a round in two statements."""
    meetings = session.scalars(select(Meeting).where(Meeting.round_id == round_id).order_by(Meeting.number)).all()
    there = session.execute(
        select(Attendance.meeting_id, Member.code, Observer.code, Attendance.supervisor_id, Attendance.remark)
        .outerjoin(Member, Member.id == Attendance.member_id)
        .outerjoin(Observer, Observer.id == Attendance.observer_id)
        .where(Attendance.round_id == round_id)
        .order_by(Attendance.id)
    ).all()
    return [
        MeetingView(
            number=one.number,
            kind=MeetingKind(one.kind),
            starts_at=one.starts_at,
            place=one.place if places else "",
            cancelled_at=one.cancelled_at,
            cancel_reason=one.cancel_reason,
            held_at=one.held_at,
            members=tuple(member for meeting, member, *_ in there if meeting == one.id and member),
            observers=tuple(observer for meeting, _, observer, *_ in there if meeting == one.id and observer),
            remarks=tuple(remark for meeting, _, _, who, remark in there if meeting == one.id and who),
        )
        for one in meetings
    ]


@dataclass(frozen=True, slots=True)
class Watching:
    """Observers and meetings of a round. `closed`: why nobody can ask for a seat now; `settled`: who watches was
    settled, where seats are drawn."""

    round: RoundView
    document: RoundDocument
    observers: tuple[ObserverView, ...]
    meetings: tuple[MeetingView, ...]
    closed: Problem | None
    settled: bool

    @property
    def taken(self) -> int:
        """Seats that are held."""
        return sum(observer.seated for observer in self.observers)

    @property
    def waiting(self) -> int:
        """How many ask and have none."""
        return sum(observer.admitted_at is None and observer.withdrawn_at is None for observer in self.observers)


def watching_of(session: Session, ref: str, *, now: datetime) -> Watching:
    """What everybody reads. Raises NotFound for a draft."""
    found = find_round(session, ref)
    course = course_of(session, found.id)
    if course.published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    return _watching(session, view_of(session, found, now=now), rules_of(session, found.id), now, public=True)


def _watching(session: Session, view: RoundView, document: RoundDocument, now: datetime, *, public: bool) -> Watching:
    announced = select(Draw.id).where(Draw.round_id == view.id, Draw.purpose == Purpose.OBSERVERS)
    observers = _observers(session, view.id, public=public)
    settled = session.scalar(announced) is not None or any(one.admitted_at is not None for one in observers)
    settled = settled and document.committee.observers_chosen is ObserversChosen.DRAWN
    return Watching(
        round=view,
        document=document,
        observers=tuple(observers),
        meetings=tuple(_meetings(session, view.id, places=not public)),
        closed=check_window(document.committee, view.course.phase_at(now), settled=settled),
        settled=settled,
    )


@dataclass(frozen=True, slots=True)
class Following:
    """What an observer reads by their link. `line`: how many who wait stand before them, where who asks first gets a
    seat; places of meetings only with a seat."""

    round: RoundView
    document: RoundDocument
    observer: ObserverView
    line: int
    meetings: tuple[MeetingView, ...]


def following(session: Session, token: str, *, now: datetime) -> Following:
    """Raises NotFound."""
    row, found = find_observer(session, token)
    everybody = _observers(session, found.id, public=False)
    own = next(one for one in everybody if one.code == row.code)
    before = everybody[: everybody.index(own)]
    return Following(
        round=view_of(session, found, now=now),
        document=rules_of(session, found.id),
        observer=own,
        line=sum(one.admitted_at is None and one.withdrawn_at is None for one in before),
        meetings=tuple(_meetings(session, found.id, places=own.seated)),
    )


@dataclass(frozen=True, slots=True)
class Managing:
    """Observers and meetings for the office. `draws`: of observers."""

    watching: Watching
    members: tuple[MemberView, ...]
    draws: tuple[Retraced, ...]
    organises: bool
    supervises: bool

    @property
    def waiting(self) -> Retraced | None:
        """The announced draw that is not carried out."""
        return next((draw for draw in self.draws if draw.carried_out is None), None)

    def meeting(self, number: int) -> MeetingView:
        """The meeting with that number. Raises NotFound."""
        found = next((one for one in self.watching.meetings if one.number == number), None)
        if found is None:
            raise NotFound(N_("There is no such meeting."))
        return found


def managing(
    session: Session,
    ref: str,
    *,
    actor: Actor,
    now: datetime,
    permission: Permission = Permission.READ_ROUND_FILES,
    phases: tuple[Phase, ...] = (),
) -> Managing:
    """Raises NotFound, NotAllowed, WrongPhase."""
    running = running_for(session, ref, actor=actor, now=now, permission=permission, phases=phases)
    require(actor, permission, round_id=running.round.id)
    roles = actor.roles_in(running.round.id)
    return Managing(
        watching=_watching(session, running.round, running.document, now, public=False),
        members=tuple(members_of(session, running.round.id)),
        draws=tuple(draw for draw in draws_of(session, ref) if draw.purpose is Purpose.OBSERVERS),
        organises=Role.ORGANISER in roles,
        supervises=Role.SUPERVISOR in roles,
    )
