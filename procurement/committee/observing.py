"""What is done about those who watch: they ask for a seat, get one, withdraw; meetings are called and held."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import SEATS, Actor, Permission, Role, require
from procurement.accounts.models import Seat, User
from procurement.committee.drawing import ALGORITHM, MOST_RESERVES, Lot, Purpose, Source, check_lots, check_source
from procurement.committee.draws import (
    FORMING,
    admit_observer,
    admit_observers,
    keep_draw,
    keep_lot,
    next_number,
    source_fields,
)
from procurement.committee.entries import (
    DrawAnnounced,
    LotAnnounced,
    MeetingCalled,
    MeetingCancelled,
    MeetingHeld,
    ObserverAsked,
    ObserverWithdrew,
    SupervisorAttended,
)
from procurement.committee.expertise import check_reason
from procurement.committee.models import Attendance, Draw, DrawCandidate, Meeting, Member, Observer
from procurement.committee.watching import (
    BEFORE,
    LONGEST_REMARK,
    MEETING_IN,
    Asked,
    Asking,
    MeetingKind,
    check_asking,
    check_meeting,
    check_window,
    next_in_line,
)
from procurement.errors import N_, NotAllowed, NotFound, RuleBroken, WrongPhase, refuse_if
from procurement.mail import queue_mail
from procurement.masking import public_text_problems
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds.canonical import plain_text
from procurement.rounds.models import Round
from procurement.rounds.queries import course_of, find_round, roles_held, rules_of
from procurement.rounds.rules import ObserversChosen


def token_digest(token: str) -> str:
    """What is kept of the secret in an observer's link."""
    return hashlib.sha256(token.encode()).hexdigest()


# --- seats --------------------------------------------------------------------------------------------------------


def ask(
    session: Session, *, actor: Actor, now: datetime, ref: str, asking: Asking, token: str, language: str
) -> Observer:
    """Ask for an observer's seat. Anyone may who has no part in the round; `token`: a fresh secret for their link.

    Where who asks first gets a seat, they have it at once while one is free. Raises NotFound, NotAllowed, WrongPhase,
    RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.WATCH, round_id=found.id)
    course, rule = course_of(session, found.id), rules_of(session, found.id).committee
    if course.published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    closed = check_window(rule, course.phase_at(now), settled=_settled(session, found))
    if closed is not None:
        raise WrongPhase(closed)
    if actor.user_id is not None:
        part = roles_held(session, round_id=found.id, user_id=actor.user_id, published=course.published)
        if part & (SEATS | {Role.MERCHANT}):
            raise NotAllowed(N_("Whoever has a part in this round does not watch it as an observer."))
    asking = asking.plain()
    refuse_if(check_asking(asking))
    known = select(Observer.id).where(
        Observer.round_id == found.id, Observer.contact == asking.contact, Observer.withdrawn_at.is_(None)
    )
    if session.scalar(known) is not None:
        raise RuleBroken(N_("Somebody asked with this address already."), field="contact")
    number = session.scalar(select(func.count()).select_from(Observer).where(Observer.round_id == found.id)) or 0
    observer = Observer(
        round_id=found.id,
        code=f"O{number + 1}",
        kind=asking.kind,
        name=asking.name,
        contact=asking.contact,
        outlet=asking.outlet,
        listed=asking.listed,
        language=language,
        token_sha256=token_digest(token),
        asked_at=now,
    )
    session.add(observer)
    session.flush()
    whose = f"observer:{found.ref}:{observer.code}"
    entry = ObserverAsked(
        observer=observer.code,
        kind_of=asking.kind,
        name=Salted(asking.name, whose=whose),
        contact=Salted(asking.contact, whose=whose),
        outlet=Salted(asking.outlet, whose=whose),
        listed=asking.listed,
    )
    append(session, entry, now=now, actor=actor, role=Role.VISITOR, round_ref=found.ref)
    queue_mail(
        session,
        to=observer.contact,
        language=language,
        template="committee/observer-asked",
        context={"code": observer.code, "ref": found.ref, "round_en": found.title_en, "round_zh": found.title_zh},
        secret={"path": f"/{language}/observers/follow/{token}"},
        about=found.ref,
        now=now,
    )
    if rule.observers_chosen is ObserversChosen.FIRST_COME:
        admit_next(session, found, now=now)
    return observer


def _settled(session: Session, found: Round) -> bool:
    """Whether who watches was settled by an announced draw, or by seats for all who had asked."""
    announced = select(Draw.id).where(Draw.round_id == found.id, Draw.purpose == Purpose.OBSERVERS)
    admitted = select(Observer.id).where(Observer.round_id == found.id, Observer.admitted_at.is_not(None)).limit(1)
    return session.scalar(announced) is not None or session.scalar(admitted) is not None


def _everybody(session: Session, found: Round) -> list[Observer]:
    wanted = select(Observer).where(Observer.round_id == found.id).order_by(Observer.id).with_for_update()
    return list(session.scalars(wanted))


def admit_next(session: Session, found: Round, *, now: datetime) -> None:
    """Give free seats to those who wait, in the order of asking. The caller has locked the round."""
    everybody = _everybody(session, found)
    line = [Asked(o.code, o.admitted_at is not None, o.withdrawn_at is not None) for o in everybody]
    for code in next_in_line(line, rules_of(session, found.id).committee.observers):
        admit_observer(session, found, next(one for one in everybody if one.code == code), now=now)
    session.flush()


def withdraw(session: Session, *, actor: Actor, now: datetime, token: str) -> None:
    """An observer withdraws; a seat that becomes free goes to the next. Raises NotFound, RuleBroken."""
    observer, found = find_observer(session, token, lock=True)
    require(actor, Permission.WATCH, round_id=found.id)
    if observer.withdrawn_at is not None:
        raise RuleBroken(N_("You have withdrawn already."))
    observer.withdrawn_at = now
    session.flush()
    entry = ObserverWithdrew(observer=observer.code)
    append(session, entry, now=now, actor=None, role=Role.VISITOR, round_ref=found.ref)
    if observer.admitted_at is None:
        return
    if rules_of(session, found.id).committee.observers_chosen is ObserversChosen.FIRST_COME:
        admit_next(session, found, now=now)
    else:
        admit_observers(session, found, now=now)


def find_observer(session: Session, token: str, *, lock: bool = False) -> tuple[Observer, Round]:
    """The observer of a link, and the round, which is locked first as in every act. Raises NotFound."""
    wanted = select(Observer).where(Observer.token_sha256 == token_digest(token))
    observer = session.scalars(wanted).one_or_none()
    if observer is None:
        raise NotFound(N_("This link is not known. It is in the letter that you got when you asked."))
    ref = session.get_one(Round, observer.round_id).ref
    found = find_round(session, ref, lock=lock)
    if lock:
        session.refresh(observer, with_for_update=True)
    return observer, found


def settle(
    session: Session, *, actor: Actor, now: datetime, ref: str, source: Source | None, seed: bytes
) -> Draw | None:
    """Close the asking where seats are drawn: with `source` announce a draw among those who asked; without it give
    everybody a seat, which needs enough of them. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course_of(session, found.id).require(now, *FORMING)
    rule = rules_of(session, found.id).committee
    if rule.observers_chosen is not ObserversChosen.DRAWN or rule.observers == 0:
        raise RuleBroken(N_("By the rules of this round observers' seats are not drawn."))
    if _settled(session, found):
        raise RuleBroken(N_("The observers' seats of this round have been settled."))
    waiting = [one for one in _everybody(session, found) if one.withdrawn_at is None]
    if not waiting:
        raise RuleBroken(N_("Nobody has asked for an observer's seat."))
    if source is None:
        if len(waiting) > rule.observers:
            raise RuleBroken(N_("More people asked than there are seats: they must be drawn."))
        for observer in waiting:
            admit_observer(session, found, observer, now=now)
        return None
    if len(waiting) <= rule.observers:
        raise RuleBroken(N_("There are seats for all who asked; no draw is needed."))
    reserves = min(len(waiting) - rule.observers, MOST_RESERVES)
    lot = Lot("", rule.observers, reserves, len(waiting))
    refuse_if(check_lots([lot]) + check_source(source, now=now))
    number = next_number(session, found, Purpose.OBSERVERS)
    draw = keep_draw(session, found, Purpose.OBSERVERS, number, source, now)
    row = keep_lot(session, found, draw, 1, lot)
    mixed = sorted(waiting, key=lambda one: sha256(seed + one.code.encode()).digest())
    for n, observer in enumerate(mixed, 1):
        session.add(DrawCandidate(round_id=found.id, lot_id=row.id, number=n, observer_id=observer.id))
    session.flush()
    entry = DrawAnnounced(
        purpose=Purpose.OBSERVERS,
        number=number,
        algorithm=ALGORITHM,
        **source_fields(source),
        lots=(
            LotAnnounced(
                field=None,
                seats=lot.seats,
                reserves=lot.reserves,
                pool=tuple(
                    Salted(f"{one.code} · {one.name}", whose=f"observer:{found.ref}:{one.code}") for one in mixed
                ),
            ),
        ),
        left_out=(),
    )
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    return draw


# --- meetings -----------------------------------------------------------------------------------------------------


def call_meeting(
    session: Session, *, actor: Actor, now: datetime, ref: str, kind: MeetingKind, starts_at: datetime, place: str
) -> Meeting:
    """Call a meeting: members, supervisors and observers with a seat are told when and where. Raises NotFound,
    NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course_of(session, found.id).require(now, *MEETING_IN)
    place = plain_text(place)
    refuse_if(check_meeting(place, starts_at, now=now))
    number = 1 + (session.scalar(select(func.max(Meeting.number)).where(Meeting.round_id == found.id)) or 0)
    meeting = Meeting(round_id=found.id, number=number, kind=kind, starts_at=starts_at, place=place, called_at=now)
    session.add(meeting)
    session.flush()
    entry = MeetingCalled(number=number, kind_of=kind, starts_at=starts_at, place=digest_of(place))
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    _tell_all(session, found, "committee/meeting-called", now, starts=starts_at.isoformat(), place=place)
    return meeting


def cancel_meeting(session: Session, *, actor: Actor, now: datetime, ref: str, number: int, reason: str) -> None:
    """A meeting is not held. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course_of(session, found.id).require(now, *MEETING_IN)
    meeting, reason = _open_meeting(session, found, number), plain_text(reason)
    refuse_if(check_reason(reason) + public_text_problems(reason, "reason"))
    meeting.cancelled_at, meeting.cancel_reason = now, reason
    session.flush()
    entry = MeetingCancelled(number=number, reason=digest_of(reason))
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    starts = meeting.starts_at.isoformat()
    _tell_all(session, found, "committee/meeting-cancelled", now, starts=starts, reason=reason)


def _open_meeting(session: Session, found: Round, number: int) -> Meeting:
    """The meeting, neither held nor cancelled. Raises NotFound, RuleBroken."""
    meeting = _meeting(session, found, number)
    if meeting.cancelled_at is not None or meeting.held_at is not None:
        raise RuleBroken(N_("This meeting is over or was cancelled."))
    return meeting


def _meeting(session: Session, found: Round, number: int) -> Meeting:
    meeting = session.scalars(
        select(Meeting).where(Meeting.round_id == found.id, Meeting.number == number).with_for_update()
    ).one_or_none()
    if meeting is None:
        raise NotFound(N_("There is no such meeting."))
    return meeting


def record_meeting(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    number: int,
    members: Collection[str],
    observers: Collection[str],
) -> None:
    """Write down that a meeting was held and who was there, by code. Raises NotFound, NotAllowed, WrongPhase,
    RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course_of(session, found.id).require(now, *MEETING_IN)
    meeting = _open_meeting(session, found, number)
    if now < meeting.starts_at:
        raise WrongPhase(
            N_("The meeting begins at %(at)s; who was there is written down afterwards."), at=meeting.starts_at
        )
    sat = session.scalars(select(Member).where(Member.round_id == found.id, Member.code.in_(list(members)))).all()
    watched = session.scalars(
        select(Observer).where(
            Observer.round_id == found.id, Observer.code.in_(list(observers)), Observer.admitted_at.is_not(None)
        )
    ).all()
    if len(sat) != len(set(members)) or len(watched) != len(set(observers)):
        raise RuleBroken(N_("Choose those who have a seat in this round."))
    meeting.held_at = now
    rows = [Attendance(round_id=found.id, meeting_id=meeting.id, member_id=one.id, at=now) for one in sat]
    rows += [Attendance(round_id=found.id, meeting_id=meeting.id, observer_id=one.id, at=now) for one in watched]
    session.add_all(rows)
    session.flush()
    entry = MeetingHeld(
        number=number,
        members=tuple(sorted(one.code for one in sat)),
        observers=tuple(sorted(one.code for one in watched)),
    )
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)


def attend(session: Session, *, actor: Actor, now: datetime, ref: str, number: int, remark: str) -> None:
    """A supervisor says that they are at a meeting, without a vote, and what they remark; both are public. Raises
    NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.HOLD_ROUND, round_id=found.id)
    course_of(session, found.id).require(now, *MEETING_IN)
    meeting, remark = _meeting(session, found, number), plain_text(remark)
    if meeting.cancelled_at is not None:
        raise RuleBroken(N_("This meeting is over or was cancelled."))
    if now < meeting.starts_at - BEFORE:
        raise WrongPhase(N_("The meeting begins at %(at)s."), at=meeting.starts_at)
    if len(remark) > LONGEST_REMARK:
        raise RuleBroken(N_("Use at most %(most)s characters."), field="remark", most=LONGEST_REMARK)
    refuse_if(public_text_problems(remark, "remark"))
    there = select(Attendance.id).where(
        Attendance.meeting_id == meeting.id, Attendance.supervisor_id == actor.user_id
    )
    if session.scalar(there) is not None:
        raise RuleBroken(N_("Your presence is written down already."))
    session.add(
        Attendance(round_id=found.id, meeting_id=meeting.id, supervisor_id=actor.user_id, remark=remark, at=now)
    )
    session.flush()
    entry = SupervisorAttended(number=number, remark=digest_of(remark) if remark else None)
    append(session, entry, now=now, actor=actor, role=Role.SUPERVISOR, round_ref=found.ref)


def _tell_all(session: Session, found: Round, template: str, now: datetime, **context: str) -> None:
    """A letter to members, supervisors and observers with a seat. None of them reads who the others are."""
    about = {"ref": found.ref, "round_en": found.title_en, "round_zh": found.title_zh, **context}
    people = session.scalars(
        select(User)
        .join(Seat, Seat.user_id == User.id)
        .where(
            Seat.round_id == found.id,
            Seat.ended_at.is_(None),
            Seat.role.in_([Role.MEMBER, Role.SUPERVISOR]),
            User.disabled_at.is_(None),
        )
        .order_by(User.id)
    )
    to = [(user.email, user.language) for user in people]
    seated = select(Observer).where(
        Observer.round_id == found.id, Observer.admitted_at.is_not(None), Observer.withdrawn_at.is_(None)
    )
    to += [(observer.contact, observer.language) for observer in session.scalars(seated)]
    for address, language in to:
        queue_mail(session, to=address, language=language, template=template, context=about, about=found.ref, now=now)
