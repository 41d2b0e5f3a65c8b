"""Reading rounds: where they stand, the rules in force, who holds which seat."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import column, or_, select, table
from sqlalchemy.orm import Session, aliased

from procurement.access import GRANTS, Actor, Permission, Role, conflicting, may, require
from procurement.accounts.models import Seat, User, UserRole
from procurement.errors import N_, NotFound
from procurement.merchants.models import MerchantUser
from procurement.rounds.changes import Change, changes
from procurement.rounds.lint import Finding, lint
from procurement.rounds.lint import Level as LintLevel
from procurement.rounds.models import Milestone, Round, RoundDraft, RoundRules
from procurement.rounds.phases import Course, Kind, Phase
from procurement.rounds.projection import Stage, last_day, planned
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text

# Applying is a later step than this one, and earlier steps do not import later ones. But a seat must be refused to
# an applicant whatever happens to be imported, so the one fact needed is asked of the database by name.
_application = table("application", column("id"), column("round_id"), column("merchant_id"))
_helper = table("application_helper", column("application_id"), column("user_id"))


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as pages show it."""

    id: int
    ref: str
    title: Text
    course: Course
    phase: Phase
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MilestoneView:
    """One act in the course of a round; see models.Milestone."""

    kind: Kind
    subject: str
    at: datetime
    closes: datetime | None
    counted: Mapping[str, Any] | None
    detail: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """One frozen version of the rules. `reason`: of the amendment; None for the first version."""

    version: int
    sha256: str
    published_at: datetime
    reason: Text | None


@dataclass(frozen=True, slots=True)
class SeatView:
    """Who holds a role in a round. `in_use`: whether the account still is."""

    user_id: int
    name: str
    employer: str
    role: Role
    given_at: datetime
    in_use: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be given a seat."""

    user_id: int
    name: str
    employer: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft and when it was last saved."""

    document: RoundDocument
    saved_at: datetime
    saved_by: str


def find_round(session: Session, ref: str, *, lock: bool = False, actor: Actor | None = None) -> Round:
    """The round called `ref`. Raises NotFound.

    With `actor` a draft is found only by whoever works on it. `lock`: the row is held until the transaction ends;
    every act in a round takes this lock first.
    """
    wanted = select(Round).where(Round.ref == ref)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None or (actor is not None and not _seen_by(session, found, actor)):
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    return found


def _seen_by(session: Session, found: Round, actor: Actor) -> bool:
    if may(actor, Permission.READ_ROUND_FILES, round_id=found.id) or Role.OFFICIAL in actor.roles_in(found.id):
        return True
    return course_of(session, found.id).published is not None


def course_of(session: Session, round_id: int) -> Course:
    """Where the round stands, whatever the time."""
    return courses_of(session, [round_id])[round_id]


def courses_of(session: Session, round_ids: Collection[int]) -> dict[int, Course]:
    """As `course_of`, for many rounds in one query."""
    found: dict[int, list[Milestone]] = {round_id: [] for round_id in round_ids}
    if found:
        wanted = select(Milestone).where(Milestone.round_id.in_(round_ids)).order_by(Milestone.id)
        for milestone in session.scalars(wanted):
            found[milestone.round_id].append(milestone)
    return {round_id: Course.of(milestones) for round_id, milestones in found.items()}


def milestones_of(session: Session, round_id: int) -> list[MilestoneView]:
    """What happened in the round, oldest first."""
    wanted = select(Milestone).where(Milestone.round_id == round_id).order_by(Milestone.id)
    return [
        MilestoneView(Kind(m.kind), m.subject, m.at, m.closes, m.counted, m.detail) for m in session.scalars(wanted)
    ]


def _rules_row(session: Session, round_id: int) -> RoundRules:
    wanted = select(RoundRules).where(RoundRules.round_id == round_id).order_by(RoundRules.version.desc()).limit(1)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound(N_("The rules of this round are not published yet."))
    return found


def rules_of(session: Session, round_id: int) -> RoundDocument:
    """The rules in force. Raises NotFound before publication."""
    return parse_rules(_rules_row(session, round_id).document)


def parse_rules(text: str) -> RoundDocument:
    """The document that a frozen text writes."""
    return RoundDocument.from_json(json.loads(text))


def rules_text(session: Session, round_id: int, version: int | None = None) -> str:
    """The RFC 8785 text of a version of the rules, by default the one in force: exactly what was hashed."""
    if version is None:
        return _rules_row(session, round_id).document
    wanted = select(RoundRules.document).where(RoundRules.round_id == round_id, RoundRules.version == version)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such version of the rules."))
    return found


def rules_record(session: Session, round_id: int) -> tuple[int, str, datetime]:
    """(version, SHA-256, published at) of the rules in force. Raises NotFound before publication."""
    found = _rules_row(session, round_id)
    return found.version, found.sha256, found.published_at


def rules_versions(session: Session, round_id: int) -> list[RulesVersion]:
    """Every version, oldest first."""
    wanted = select(RoundRules).where(RoundRules.round_id == round_id).order_by(RoundRules.version)
    return [
        RulesVersion(
            row.version,
            row.sha256,
            row.published_at,
            Text(row.reason["en"], row.reason["zh"]) if row.reason else None,
        )
        for row in session.scalars(wanted)
    ]


@dataclass(frozen=True, slots=True)
class Amendment:
    """A later version of the rules: why, and what it changed. `version` is that of the rules from then on."""

    version: int
    at: datetime
    reason: Text
    changes: tuple[Change, ...]


def amendments_of(session: Session, round_id: int, *, after: int = 1) -> list[Amendment]:
    """The amendments that made a version above `after`, oldest first."""
    wanted = select(RoundRules).where(RoundRules.round_id == round_id, RoundRules.version >= after)
    rows = session.scalars(wanted.order_by(RoundRules.version)).all()
    return [
        Amendment(
            row.version,
            row.published_at,
            Text(row.reason["en"], row.reason["zh"]) if row.reason else Text(),
            changes(parse_rules(before.document), parse_rules(row.document)),
        )
        for before, row in pairwise(rows)
    ]


def draft_of(session: Session, round_id: int) -> DraftView:
    """The draft of a round."""
    draft, name = session.execute(
        select(RoundDraft, User.name)
        .join(User, User.id == RoundDraft.saved_by_id)
        .where(RoundDraft.round_id == round_id)
    ).one()
    return DraftView(RoundDocument.from_json(draft.document), draft.saved_at, name)


def view_of(session: Session, found: Round, *, now: datetime) -> RoundView:
    """`found` as pages show it."""
    course = course_of(session, found.id)
    return _view(found, course, now)


def _view(found: Round, course: Course, now: datetime) -> RoundView:
    title = Text(found.title_en, found.title_zh)
    return RoundView(found.id, found.ref, title, course, course.phase_at(now), found.created_at)


def public_rounds(session: Session, *, now: datetime) -> list[RoundView]:
    """Every published round, newest first."""
    published = select(Milestone.round_id).where(Milestone.kind == Kind.PUBLISHED)
    rounds = session.scalars(select(Round).where(Round.id.in_(published)).order_by(Round.id.desc())).all()
    courses = courses_of(session, [found.id for found in rounds])
    return [_view(found, courses[found.id], now) for found in rounds]


def rounds_of(session: Session, *, actor: Actor, now: datetime) -> list[RoundView]:
    """The rounds whose files `actor` may read by a seat, newest first, drafts included."""
    ids = [round_id for round_id in actor.seats if may(actor, Permission.READ_ROUND_FILES, round_id=round_id)]
    rounds = session.scalars(select(Round).where(Round.id.in_(ids)).order_by(Round.id.desc())).all() if ids else []
    courses = courses_of(session, ids)
    wanted = select(RoundDraft.round_id, RoundDraft.document).where(RoundDraft.round_id.in_(ids))
    drafts = {round_id: document for round_id, document in session.execute(wanted)}  # noqa: C416 (rows are not pairs)
    views = [_view(found, courses[found.id], now) for found in rounds]
    return [
        replace(view, title=Text(**drafts[view.id]["title"])) if view.phase is Phase.DRAFT else view for view in views
    ]


def seats_of(session: Session, round_id: int) -> list[SeatView]:
    """Seats in force, in the order in which they were given."""
    wanted = (
        select(Seat, User.name, User.employer, User.disabled_at.is_(None))
        .join(User, User.id == Seat.user_id)
        .where(Seat.round_id == round_id, Seat.ended_at.is_(None))
        .order_by(Seat.id)
    )
    return [
        SeatView(seat.user_id, name, employer, Role(seat.role), seat.given_at, bool(in_use))
        for seat, name, employer, in_use in session.execute(wanted)
    ]


def people_for(session: Session, role: Role) -> list[Person]:
    """Accounts in use that hold `role` and so may be given a seat, by name."""
    wanted = (
        select(User.id, User.name, User.employer)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == role, User.disabled_at.is_(None))
        .order_by(User.name, User.id)
    )
    return [Person(*row) for row in session.execute(wanted)]


def roles_held(session: Session, *, round_id: int, user_id: int, published: datetime | None) -> frozenset[Role]:
    """The roles of a person that count for exclusion in a round.

    Seats in force; seats that ended after `published`, because what was done under them stays; having begun an
    application, withdrawn or not; account roles that need no seat; and for a clerk of the office who helped with an
    application, that of the office.
    """
    seat = aliased(Seat)
    in_force = seat.ended_at.is_(None)
    counts = in_force if published is None else or_(in_force, seat.ended_at >= published)
    roles = {
        Role(role)
        for role in session.scalars(
            select(seat.role).where(seat.round_id == round_id, seat.user_id == user_id, counts)
        )
    }
    unseated = [role for role in (Role.ADMINISTRATOR, Role.HANDLER) if role not in roles]
    roles |= {
        Role(role)
        for role in session.scalars(
            select(UserRole.role).where(UserRole.user_id == user_id, UserRole.role.in_(unseated))
        )
    }
    applied = session.scalar(
        select(MerchantUser.id)
        .join(_application, _application.c.merchant_id == MerchantUser.merchant_id)
        .where(MerchantUser.user_id == user_id, MerchantUser.clerk.is_(False), _application.c.round_id == round_id)
        .limit(1)
    )
    helped = session.scalar(
        select(_helper.c.user_id)
        .join(_application, _application.c.id == _helper.c.application_id)
        .join(UserRole, (UserRole.user_id == _helper.c.user_id) & (UserRole.role == Role.ORGANISER))
        .where(_helper.c.user_id == user_id, _application.c.round_id == round_id)
        .limit(1)
    )
    found = {Role.MERCHANT: applied, Role.ORGANISER: helped}
    return frozenset(roles | {role for role, what in found.items() if what is not None})


def role_in(actor: Actor, permission: Permission, round_id: int) -> Role:
    """The role by which `actor` has `permission` in the round: what the log says about who acted."""
    return min(GRANTS[permission] & actor.roles_in(round_id))


NO_SUPERVISOR = Finding(LintLevel.ERROR, N_("The round has no supervisor yet."), {}, "people")


@dataclass(frozen=True, slots=True)
class Editing:
    """A draft with everything its pages need. `findings`: of the linter, for publishing now; `seats`: in force;
    `stages`: its days if it were published now, and `days` their last days (none while the periods make no sense)."""

    round: RoundView
    draft: DraftView
    findings: tuple[Finding, ...]
    seats: tuple[SeatView, ...]
    stages: tuple[Stage, ...]
    days: tuple[date, ...]

    @property
    def closes(self) -> datetime | None:
        """When applications would close."""
        return self.stages[0].closes if self.stages else None

    @property
    def counted(self) -> Mapping[str, Any] | None:
        """How that is counted."""
        return self.stages[0].counted if self.stages else None

    @property
    def document(self) -> RoundDocument:
        """The rules as drafted."""
        return self.draft.document

    @property
    def errors(self) -> list[Finding]:
        """What keeps the round from being published."""
        return [finding for finding in self.findings if finding.level is LintLevel.ERROR]


def draft_for(
    session: Session, ref: str, *, actor: Actor, now: datetime, permission: Permission = Permission.EDIT_ROUND
) -> Editing:
    """The draft called `ref` for somebody who works on it. Raises NotFound, NotAllowed, WrongPhase (published)."""
    found = find_round(session, ref, actor=actor)
    require(actor, permission, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, Phase.DRAFT)
    draft = draft_of(session, found.id)
    seats = tuple(seats_of(session, found.id))
    view = replace(_view(found, course, now), title=draft.document.title)
    return looked_at(Editing(view, draft, (), seats, (), ()), draft.document, now=now)


def looked_at(editing: Editing, document: RoundDocument, *, now: datetime) -> Editing:
    """`editing` with `document` instead of what is saved, and what is found in it at `now`."""
    findings = lint(document, now=now)
    if not any(seat.role is Role.SUPERVISOR and seat.in_use for seat in editing.seats):
        findings.insert(0, NO_SUPERVISOR)
    stages: tuple[Stage, ...] = ()
    if not any(f.level is LintLevel.ERROR and (f.field or "").startswith("timetable") for f in findings):
        stages = planned(document, published=now)
    return replace(
        editing,
        draft=replace(editing.draft, document=document),
        findings=tuple(findings),
        stages=stages,
        days=tuple(last_day(document, stage.closes) for stage in stages),
    )


@dataclass(frozen=True, slots=True)
class Running:
    """A published round for its own people."""

    round: RoundView
    document: RoundDocument
    milestones: tuple[MilestoneView, ...]
    seats: tuple[SeatView, ...]

    def last(self, kind: Kind) -> MilestoneView | None:
        """The latest milestone of that kind."""
        return next((m for m in reversed(self.milestones) if m.kind is kind), None)


def running_for(
    session: Session,
    ref: str,
    *,
    actor: Actor,
    now: datetime,
    permission: Permission = Permission.READ_ROUND_FILES,
    phases: Collection[Phase] = (),
) -> Running:
    """The published round called `ref` for those who run or supervise it, in one of `phases` (default: any).

    Raises NotFound, NotAllowed, WrongPhase.
    """
    found = find_round(session, ref, actor=actor)
    require(actor, permission, round_id=found.id)
    milestones = tuple(milestones_of(session, found.id))
    course = Course.of(milestones)
    course.require(now, *(phases or [phase for phase in Phase if phase is not Phase.DRAFT]))
    return Running(
        _view(found, course, now), rules_of(session, found.id), milestones, tuple(seats_of(session, found.id))
    )


@dataclass(frozen=True, slots=True)
class Seating:
    """The people of a round, and who may be given which seat."""

    round: RoundView
    seats: tuple[SeatView, ...]
    candidates: Mapping[Role, tuple[Person, ...]]
    draft: bool


def seating_for(session: Session, ref: str, *, actor: Actor, now: datetime, roles: Collection[Role]) -> Seating:
    """Raises NotFound, NotAllowed."""
    found = find_round(session, ref, actor=actor)
    require(actor, Permission.READ_ROUND_FILES, round_id=found.id)
    course = course_of(session, found.id)
    view = _view(found, course, now)
    if course.published is None:
        view = replace(view, title=draft_of(session, found.id).document.title)
    seats = tuple(seats_of(session, found.id))
    candidates: dict[Role, tuple[Person, ...]] = {}
    for role in roles:
        taken = {s.user_id for s in seats if s.role is role or conflicting(frozenset({s.role}), role)}
        candidates[role] = tuple(person for person in people_for(session, role) if person.user_id not in taken)
    return Seating(view, seats, candidates, course.published is None)
