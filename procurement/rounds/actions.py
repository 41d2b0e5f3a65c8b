"""What is done to rounds: begun, drafted, published, amended, held, resumed, ended; and who gets which seat.

Every act locks the round's row first, so that two acts in one round never pass each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from procurement.access import ROLE_NAMES, Actor, Permission, Role, conflicting, require
from procurement.accounts.models import Seat, User, UserRole
from procurement.errors import N_, NotFound, Problem, RuleBroken, refuse_if
from procurement.jobs import enqueue
from procurement.publiclog.entry import Entry, Salted, digest_of
from procurement.publiclog.writing import append
from procurement.rounds import canonical, clocks
from procurement.rounds.entries import (
    RoundAborted,
    RoundAmended,
    RoundCreated,
    RoundHeld,
    RoundPublished,
    RoundResumed,
    SeatEnded,
    SeatGiven,
)
from procurement.rounds.lint import Level, broadcast_problem, check_publishable, lint
from procurement.rounds.models import Milestone, Round, RoundDraft, RoundNumber, RoundRules
from procurement.rounds.phases import Course, Kind, Phase
from procurement.rounds.queries import (
    NO_SUPERVISOR,
    course_of,
    find_round,
    milestones_of,
    role_in,
    roles_held,
    rules_of,
    seats_of,
)
from procurement.rounds.rules import (
    AbortReason,
    HoldLabel,
    RoundDocument,
    check_amendment,
    check_both,
)
from procurement.rounds.scoring_rule import Text

RUNNING = (
    Phase.OPEN,
    Phase.CHECKING,
    Phase.FORMING,
    Phase.SCORING,
    Phase.OPENED,
    Phase.NOTICE,
    Phase.RULING,
    Phase.DECIDING,
)
"""Phases in which a published round is on its way."""


def record(
    session: Session,
    *,
    round: Round,  # noqa: A002 (the word of the process)
    kind: Kind,
    at: datetime,
    by: Actor | None,
    subject: str = "",
    closes: datetime | None = None,
    counted: Mapping[str, Any] | None = None,
    detail: Mapping[str, str] | None = None,
) -> Milestone:
    """Note that `kind` happened in `round`: the only writer of milestones. The caller has locked the round.

    Without `subject` the second milestone of a kind is called "2", the third "3". `closes`: the deadline it sets
    (aware); `counted`: how that was counted (clocks).
    """
    if not subject:
        before = session.scalar(
            select(func.count()).select_from(Milestone).where(Milestone.round_id == round.id, Milestone.kind == kind)
        )
        subject = str(before + 1) if before else ""
    milestone = Milestone(
        round_id=round.id,
        kind=kind,
        subject=subject,
        at=at,
        closes=closes,
        counted=None if counted is None else dict(counted),
        detail=None if detail is None else dict(detail),
        by_id=None if by is None else by.user_id,
    )
    session.add(milestone)
    session.flush()
    # Whoever the act concerns is written to, and the paper that it calls for is drawn up (papers.jobs).
    enqueue(session, "papers.milestone", {"milestone": milestone.id}, at)
    return milestone


def _say(session: Session, entry: Entry, found: Round, actor: Actor, permission: Permission, now: datetime) -> None:
    append(session, entry, now=now, actor=actor, role=role_in(actor, permission, found.id), round_ref=found.ref)


# --- drafting -----------------------------------------------------------------------------------------------------


def create_round(session: Session, *, actor: Actor, now: datetime, document: RoundDocument) -> Round:
    """Begin a round with `document` as its draft. Whoever begins it becomes its organiser. Raises NotAllowed and
    RuleBroken (no title)."""
    require(actor, Permission.CREATE_ROUND)
    refuse_if(check_both(document.title, "title"))
    year = now.astimezone(ZoneInfo(document.timetable.zone)).year
    found = Round(
        ref=f"R{year}-{_next_number(session, year):03d}",
        title_en=document.title.en,
        title_zh=document.title.zh,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(found)
    session.flush()
    session.add(RoundDraft(round_id=found.id, document=document.to_json(), saved_at=now, saved_by_id=actor.user_id))
    append(session, RoundCreated(), now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    put_seat(
        session, actor=actor, acting_as=Role.ORGANISER, now=now, round=found, user_id=_id(actor), role=Role.ORGANISER
    )
    return found


def _id(actor: Actor) -> int:
    """The account of an actor who passed `require` for something that visitors may not do."""
    if actor.user_id is None:
        raise RuntimeError("a visitor passed a permission that visitors do not have")
    return actor.user_id


def _next_number(session: Session, year: int) -> int:
    """The next number of that year; the row stays locked until the transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(RoundNumber).values(year=year, last=1)
    statement = statement.on_conflict_do_update(index_elements=["year"], set_={"last": RoundNumber.last + 1})
    return session.scalars(statement.returning(RoundNumber.last)).one()


def save_draft(session: Session, *, actor: Actor, now: datetime, ref: str, draft: RoundDocument) -> None:
    """Replace the whole draft. Raises NotFound, NotAllowed, WrongPhase, RuleBroken (its shape is not right)."""
    edit_draft(session, actor=actor, now=now, ref=ref, change=lambda _: draft)


def edit_draft(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    change: Callable[[RoundDocument], RoundDocument],
) -> RoundDocument:
    """Apply `change` to the draft as it stands now, so that two people on two pages do not undo each other; return
    what came of it.

    A draft may be incomplete but not misshapen. Raises as `save_draft`.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.EDIT_ROUND, round_id=found.id)
    course_of(session, found.id).require(now, Phase.DRAFT)
    draft = session.get_one(RoundDraft, found.id)
    document = RoundDocument.from_json(change(RoundDocument.from_json(draft.document)).to_json())
    refuse_if(check_both(document.title, "title"))
    draft.document, draft.saved_at, draft.saved_by_id = document.to_json(), now, _id(actor)
    return document


# --- seats --------------------------------------------------------------------------------------------------------


def put_seat(
    session: Session,
    *,
    actor: Actor | None,
    acting_as: Role | None,
    now: datetime,
    round: Round,  # noqa: A002 (the word of the process)
    user_id: int,
    role: Role,
) -> Seat:
    """Give a seat, for acts that have asked their own who and when: eligibility by account and the table of roles
    that exclude each other hold for all of them. `actor` None: a draw gave it. The caller has locked the round.
    Raises RuleBroken."""
    user = session.get(User, user_id)
    if user is None or user.disabled_at is not None:
        raise RuleBroken(N_("Choose a person with an account in use."), field="user_id")
    if session.get(UserRole, (user_id, role)) is None:
        raise RuleBroken(
            N_("%(name)s's account does not have the role “%(role)s”."),
            field="user_id",
            name=user.name,
            role=ROLE_NAMES[role],
        )
    held = roles_held(session, round_id=round.id, user_id=user_id, published=course_of(session, round.id).published)
    if role in held and _seat_in_force(session, round.id, user_id, role):
        raise RuleBroken(
            N_("%(name)s is %(role)s of this round already."), field="user_id", name=user.name, role=ROLE_NAMES[role]
        )
    if excluded := conflicting(held, role):
        other = ROLE_NAMES[min(excluded)]
        raise RuleBroken(
            N_("%(name)s is or was %(other)s in this round and so cannot be %(role)s."),
            field="user_id",
            name=user.name,
            other=other,
            role=ROLE_NAMES[role],
        )
    seat = Seat(round_id=round.id, user_id=user_id, role=role, given_at=now)
    session.add(seat)
    session.flush()
    whose = f"user:{user_id}"
    entry = SeatGiven(role=role, person=Salted(whose, whose=whose), name=Salted(user.name, whose=whose))
    append(session, entry, now=now, actor=actor, role=acting_as, round_ref=round.ref)
    return seat


def _seat_in_force(session: Session, round_id: int, user_id: int, role: Role) -> Seat | None:
    return session.scalars(
        select(Seat)
        .where(Seat.round_id == round_id, Seat.user_id == user_id, Seat.role == role, Seat.ended_at.is_(None))
        .with_for_update()
    ).one_or_none()


def take_seat(
    session: Session,
    *,
    actor: Actor,
    acting_as: Role,
    now: datetime,
    round: Round,  # noqa: A002 (the word of the process)
    user_id: int,
    role: Role,
) -> None:
    """End a seat, for acts that have asked their own who and when. Raises NotFound."""
    seat = _seat_in_force(session, round.id, user_id, role)
    if seat is None:
        raise NotFound(N_("This person does not hold that role in this round."))
    seat.ended_at = now
    session.flush()
    entry = SeatEnded(role=role, person=Salted(f"user:{user_id}", whose=f"user:{user_id}"))
    append(session, entry, now=now, actor=actor, role=acting_as, round_ref=round.ref)


def give_seat(session: Session, *, actor: Actor, now: datetime, ref: str, user_id: int, role: Role) -> None:
    """The organiser gives a seat to a person whose account has that role.

    Once the round is published, a supervisor or official can only be named while there is none: nobody picks a
    second one who might judge otherwise. A seat whose account is closed is free. Members are appointed by the
    committee's own act. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.EDIT_ROUND, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, Phase.DRAFT, *RUNNING)
    if role not in (Role.ORGANISER, Role.SUPERVISOR, Role.OFFICIAL):
        raise RuleBroken(N_("This role is not given here."), field="role")
    single = role is Role.OFFICIAL or (role is Role.SUPERVISOR and course.published is not None)
    if single and any(seat.role is role and seat.in_use for seat in seats_of(session, found.id)):
        raise RuleBroken(
            N_("This round has its %(role)s already. Another is named only when that seat is free."),
            field="role",
            role=ROLE_NAMES[role],
        )
    put_seat(session, actor=actor, acting_as=Role.ORGANISER, now=now, round=found, user_id=user_id, role=role)


def end_seat(session: Session, *, actor: Actor, now: datetime, ref: str, user_id: int, role: Role) -> None:
    """End a seat: one's own, or as organiser another's.

    Once the round is published the organiser cannot remove its supervisor or its official, and never the last
    organiser. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    own = actor.user_id == user_id and role in actor.roles_in(found.id)
    if not own:
        require(actor, Permission.EDIT_ROUND, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, Phase.DRAFT, *RUNNING)
    if role not in (Role.ORGANISER, Role.SUPERVISOR, Role.OFFICIAL):
        raise RuleBroken(N_("This role is not ended here."), field="role")
    if not own and course.published is not None and role is not Role.ORGANISER:
        raise RuleBroken(
            N_("The %(role)s of a published round can only leave by their own act."), role=ROLE_NAMES[role]
        )
    others = [s for s in seats_of(session, found.id) if s.role is role and s.in_use and s.user_id != user_id]
    if role is Role.ORGANISER and not others:
        raise RuleBroken(N_("Somebody must run the round: its last organiser cannot leave."))
    acting_as = role if own else Role.ORGANISER
    take_seat(session, actor=actor, acting_as=acting_as, now=now, round=found, user_id=user_id, role=role)


# --- publishing ---------------------------------------------------------------------------------------------------


def check_ready(session: Session, found: Round, document: RoundDocument, *, now: datetime) -> list[Problem]:
    """What keeps the round from being published at `now`: its draft, its dates, its people."""
    problems = [finding.problem for finding in lint(document, now=now) if finding.level is Level.ERROR]
    if not any(seat.role is Role.SUPERVISOR and seat.in_use for seat in seats_of(session, found.id)):
        problems.append(NO_SUPERVISOR.problem)
    return problems


def publish(session: Session, *, actor: Actor, now: datetime, ref: str, sha256: str) -> Milestone:
    """Freeze the draft as version 1 of the rules and open the round for applications.

    `sha256`: the digest of the draft that was read back and confirmed; a draft saved since is not published.
    Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.EDIT_ROUND, round_id=found.id)
    course_of(session, found.id).require(now, Phase.DRAFT)
    document = RoundDocument.from_json(session.get_one(RoundDraft, found.id).document)
    if document.sha256 != sha256:
        raise RuleBroken(N_("The draft was saved again after you read it. Read it once more, then publish it."))
    refuse_if(check_ready(session, found, document, now=now))
    closes, counted = clocks.call_deadline(document, published=now)
    _freeze(session, found, document, version=1, now=now, reason=None)
    milestone = record(session, round=found, kind=Kind.PUBLISHED, at=now, by=actor, closes=closes, counted=counted)
    entry = RoundPublished(
        version=1,
        rules=document.sha256,
        applications_close=closes,
        slots=document.slots,
        provisional=counted["provisional"],
    )
    _say(session, entry, found, actor, Permission.EDIT_ROUND, now)
    return milestone


def _freeze(
    session: Session, found: Round, document: RoundDocument, *, version: int, now: datetime, reason: Text | None
) -> None:
    text = document.text
    session.add(
        RoundRules(
            round_id=found.id,
            version=version,
            document=text,
            sha256=canonical.digest(text),
            published_at=now,
            reason=None if reason is None else {"en": reason.en, "zh": reason.zh},
        )
    )
    found.title_en, found.title_zh = document.title.en, document.title.zh
    session.flush()


def amend(
    session: Session, *, actor: Actor, now: datetime, ref: str, document: RoundDocument, reason: Text
) -> Milestone:
    """Amend the call before applications close, with a reason. A late amendment extends the deadline.

    What was frozen for everybody's reliance cannot change (rules.check_amendment). Raises NotFound, NotAllowed,
    WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.EDIT_ROUND, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, Phase.OPEN)
    document = RoundDocument.from_json(document.to_json())
    problems = check_both(reason, "reason") + check_amendment(rules_of(session, found.id), document)
    refuse_if(problems or check_publishable(document, amending=True))
    published, before = _opened(course)
    closes, counted = clocks.amended_deadline(
        document, published=published, closes=before, now=now, stops=course.stops
    )
    if problem := broadcast_problem(document, applications_close=closes):
        raise RuleBroken(problem)
    version = 1 + (session.scalar(select(func.max(RoundRules.version)).where(RoundRules.round_id == found.id)) or 0)
    _freeze(session, found, document, version=version, now=now, reason=reason)
    milestone = record(
        session,
        round=found,
        kind=Kind.AMENDED,
        at=now,
        by=actor,
        subject=str(version),
        closes=closes,
        counted=counted,
    )
    entry = RoundAmended(
        version=version,
        rules=document.sha256,
        reason=_digest(reason),
        applications_close=closes,
    )
    _say(session, entry, found, actor, Permission.EDIT_ROUND, now)
    # Applying is a later step; its worker tells every applicant what has changed and asks for confirmation.
    enqueue(session, "applications.amended", {"round": found.ref, "version": version}, now)
    return milestone


def _opened(course: Course) -> tuple[datetime, datetime]:
    """(published, applications close) of a round that is open."""
    if course.published is None or course.applications_close is None:
        raise RuntimeError("an open round has a deadline")
    return course.published, course.applications_close


def _digest(text: Text) -> str:
    return digest_of(canonical.canonical_text({"en": text.en, "zh": text.zh}))


# --- side exits ---------------------------------------------------------------------------------------------------


def hold(session: Session, *, actor: Actor, now: datetime, ref: str, label: HoldLabel) -> Milestone:
    """The supervisor stops everything in the round; every running deadline stands still. The public reads `label`.

    Raises NotFound, NotAllowed, WrongPhase.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.HOLD_ROUND, round_id=found.id)
    course_of(session, found.id).require(now, *RUNNING)
    milestone = record(session, round=found, kind=Kind.HELD, at=now, by=actor, detail={"code": label.value})
    _say(session, RoundHeld(label=label), found, actor, Permission.HOLD_ROUND, now)
    return milestone


def resume(session: Session, *, actor: Actor, now: datetime, ref: str) -> Milestone:
    """The supervisor lets the round go on; the deadline that was running is counted anew without the days of the
    hold, as every other clock of the round is from now on (clocks.running).

    Raises NotFound, NotAllowed, WrongPhase.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.HOLD_ROUND, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, Phase.HELD)
    if course.held is None:
        raise RuntimeError("a round on hold knows since when")
    closes, counted = _extended(session, found, course, now)
    milestone = record(session, round=found, kind=Kind.RESUMED, at=now, by=actor, closes=closes, counted=counted)
    _say(session, RoundResumed(held_at=course.held, closes=closes), found, actor, Permission.HOLD_ROUND, now)
    return milestone


def _extended(
    session: Session, found: Round, course: Course, now: datetime
) -> tuple[datetime | None, clocks.Counted | None]:
    """When the deadline closes that was running when the round was held, and how it is counted now."""
    if course.standing is None:
        return None, None
    before = getattr(course, course.standing)
    setting = next(
        m for m in reversed(milestones_of(session, found.id)) if m.closes == before and m.counted is not None
    )
    stops = tuple(replace(stop, ended=stop.ended or now) for stop in course.stops)
    clock = clocks.running(dict(setting.counted or {}), stops=stops, now=now)
    return clock.due, clock.counted


Enough = Callable[[Session, Round, datetime], list[Problem]]
_ENOUGH: list[Enough] = []


def before_ending_for_few(enough: Enough) -> Enough:
    """Let a later step say what keeps a round from being ended because too few applications are eligible."""
    if enough not in _ENOUGH:
        _ENOUGH.append(enough)
    return enough


def abort(
    session: Session, *, actor: Actor, now: datetime, ref: str, reason: AbortReason, explanation: Text
) -> Milestone:
    """The organiser ends the round without a selection; reason and explanation are published to all.

    Not while it is held: then the supervisor decides first. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    found = find_round(session, ref, lock=True)
    require(actor, Permission.EDIT_ROUND, round_id=found.id)
    phase = course_of(session, found.id).require(now, *RUNNING)
    problems = check_both(explanation, "explanation")
    if reason is AbortReason.FEW_ELIGIBLE and phase is Phase.OPEN:
        problems.append(
            Problem(N_("How many are eligible is only known after applications have closed."), {}, "reason")
        )
    elif reason is AbortReason.FEW_ELIGIBLE:
        problems += [problem for enough in _ENOUGH for problem in enough(session, found, now)]
    refuse_if(problems)
    return _end(session, found, reason, explanation, actor, Permission.EDIT_ROUND, now)


def end_by_ruling(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    round: Round,  # noqa: A002 (the word of the process)
    explanation: Text,
) -> Milestone:
    """A ruling on an objection ends the round: an irregularity made it unfair. The caller has locked the round and
    asked whether it may end. Raises NotAllowed, WrongPhase."""
    require(actor, Permission.RULE_OBJECTION, round_id=round.id)
    course_of(session, round.id).require(now, *RUNNING, under_hold=True)
    return _end(session, round, AbortReason.UNFAIR, explanation, actor, Permission.RULE_OBJECTION, now)


def _end(
    session: Session,
    found: Round,
    reason: AbortReason,
    explanation: Text,
    actor: Actor,
    permission: Permission,
    now: datetime,
) -> Milestone:
    detail = {"code": reason.value, "en": explanation.en, "zh": explanation.zh}
    milestone = record(session, round=found, kind=Kind.ABORTED, at=now, by=actor, detail=detail)
    entry = RoundAborted(reason=reason, explanation=_digest(explanation))
    _say(session, entry, found, actor, permission, now)
    enqueue(session, "applications.ended", {"round": found.ref}, now)
    return milestone
