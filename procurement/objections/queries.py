"""Reading notices and objections: what the public sees, what is to be done, what an objection may speak of."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, may, require
from procurement.accounts.models import Seat, User
from procurement.applications.models import Application, Verdict
from procurement.applications.queries import ApplicationView, applications_of
from procurement.committee.models import Member
from procurement.committee.queries import members_of, public_members
from procurement.committee.requests import open_requests
from procurement.errors import N_, NotFound, Problem
from procurement.objections.models import Notice, Objection, ObjectionFile, ObjectionStep
from procurement.objections.rules import (
    OPEN_STEPS,
    Detail,
    Effect,
    Facts,
    Filer,
    Ground,
    Line,
    Remedy,
    Step,
    Target,
    Window,
    check_notice,
    decision_window,
    may_judge,
    verdict_window,
    window_for,
)
from procurement.rounds import clocks
from procurement.rounds.models import Milestone, Round
from procurement.rounds.phases import Course, Kind, Phase
from procurement.rounds.queries import course_of, find_round, rules_of
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Criterion, Text
from procurement.scoring.differences import agreement_problems
from procurement.scoring.models import Correction, Sheet
from procurement.scoring.queries import TallyView, opened_sheets, tally_of

# --- notices ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice of the ranked proposal. `proposal`: what `document`, the hashed text, says of each application."""

    id: int
    number: int
    tally_run_id: int
    document: str
    sha256: str
    given_at: datetime
    closes_at: datetime
    counted: Mapping[str, Any]
    superseded_at: datetime | None

    @property
    def proposal(self) -> list[dict[str, Any]]:
        """One object for each application, from the best: application, product, merchant, rank, total, outcome,
        criteria, reasons."""
        proposed: list[dict[str, Any]] = json.loads(self.document)["proposal"]
        return proposed


def _notice(row: Notice) -> NoticeView:
    return NoticeView(
        row.id,
        row.number,
        row.tally_run_id,
        row.document,
        row.sha256,
        row.given_at,
        row.closes_at,
        row.counted,
        row.superseded_at,
    )


def notices_of(session: Session, round_id: int) -> list[NoticeView]:
    """Every notice of the round, the newest first; at most the first is in force."""
    wanted = select(Notice).where(Notice.round_id == round_id).order_by(Notice.number.desc())
    return [_notice(row) for row in session.scalars(wanted)]


def notice_of(session: Session, round_id: int) -> NoticeView | None:
    """The notice in force, or None."""
    wanted = select(Notice).where(Notice.round_id == round_id, Notice.superseded_at.is_(None))
    row = session.scalars(wanted).one_or_none()
    return None if row is None else _notice(row)


@dataclass(frozen=True, slots=True)
class NoticePreview:
    """What a notice given now would say. `problems`: what keeps it from being given."""

    round: "RoundForObjections"
    tally: TallyView | None
    proposal: tuple[dict[str, Any], ...]
    number: int
    closes: datetime
    counted: Mapping[str, Any]
    problems: tuple[Problem, ...]


def proposal_of(session: Session, round_id: int, tally: TallyView, *, now: datetime) -> list[dict[str, Any]]:
    """The ranked proposal: what a notice says of each application, from the best, with what it rests on."""
    views = {view.ref: view for view in applications_of(session, round_id, now=now)}
    return [
        {
            "application": line.application,
            "product": views[line.application].product_name,
            "merchant": views[line.application].merchant_name,
            "rank": line.rank,
            "total": line.total_text,
            "sheets": line.sheets,
            "outcome": line.outcome,
            "criteria": {code: {"value": r.text, "count": r.count} for code, r in line.criteria.items()},
            "no_award": [str(problem) for problem in line.no_award],
        }
        for line in tally.ranking
        if line.application in views
    ]


def notice_problems(
    session: Session, round_id: int, tally: TallyView, document: RoundDocument, *, now: datetime
) -> list[Problem]:
    """What keeps the result `tally` from going on notice."""
    eligible = {view.ref for view in applications_of(session, round_id, eligible_only=True, now=now)}
    lines = [Line(line.application, line.sheets, line.outcome) for line in tally.ranking]
    missing = sorted(eligible - {line.application for line in lines})
    problems = check_notice(lines, quorum=document.scoring.quorum, missing=missing)
    problems += [
        Problem(N_("%(ref)s, a request for recusal, is to be decided first."), {"ref": request.ref})
        for request in open_requests(session, round_id)
    ]
    return problems + agreement_problems(session, round_id, now=now)


def next_notice(session: Session, round_id: int) -> int:
    """The number of the next notice."""
    return 1 + (session.scalar(select(func.max(Notice.number)).where(Notice.round_id == round_id)) or 0)


def notice_preview(session: Session, ref: str, *, actor: Actor, now: datetime) -> NoticePreview:
    """The notice that the organiser could give now. Raises NotFound, NotAllowed, WrongPhase."""
    found = round_for(session, ref, actor=actor, now=now)
    require(actor, Permission.GIVE_NOTICE, round_id=found.id)
    found.course.require(now, Phase.OPENED)
    tally = tally_of(session, found.id)
    closes, counted = clocks.notice_deadline(found.document, start=now)
    return NoticePreview(
        round=found,
        tally=tally,
        proposal=() if tally is None else tuple(proposal_of(session, found.id, tally, now=now)),
        number=next_notice(session, found.id),
        closes=closes,
        counted=counted,
        problems=() if tally is None else tuple(notice_problems(session, found.id, tally, found.document, now=now)),
    )


# --- objections ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepView:
    """What happened to an objection: see models.ObjectionStep."""

    kind: Step
    code: str
    text: str
    effect: Effect | None
    at: datetime
    due_at: datetime | None
    counted: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class FileView:
    """An evidence file; its content is for who deals with the objection."""

    name: str
    digest: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection as everybody may read it. `public_name` is "" when withheld."""

    id: int
    ref: str
    round_id: int
    number: int
    target: Target
    target_ref: str
    ground: Ground
    argument: str
    remedy: Remedy
    detail: Detail
    filer: Filer
    public_name: str
    filed_at: datetime
    steps: tuple[StepView, ...]
    files: tuple[FileView, ...]

    @property
    def state(self) -> Step:
        """What happened last."""
        return self.steps[-1].kind

    @property
    def open(self) -> bool:
        """Whether it freezes the award."""
        return self.state in OPEN_STEPS

    @property
    def due(self) -> datetime | None:
        """Until when the next step is due; None when none is."""
        return self.steps[-1].due_at if self.open else None

    def overdue(self, now: datetime) -> bool:
        """Whether the next step is late."""
        return self.due is not None and now >= self.due


def _views(session: Session, rows: Collection[Objection]) -> list[ObjectionView]:
    """Two more queries, whatever the number of objections."""
    ids = [row.id for row in rows]
    steps: dict[int, list[StepView]] = defaultdict(list)
    files: dict[int, list[FileView]] = defaultdict(list)
    if ids:
        for step in session.scalars(
            select(ObjectionStep).where(ObjectionStep.objection_id.in_(ids)).order_by(ObjectionStep.id)
        ):
            effect = None if step.effect is None else Effect.from_json(step.effect)
            steps[step.objection_id].append(
                StepView(Step(step.kind), step.code, step.text, effect, step.at, step.due_at, step.counted)
            )
        for file in session.scalars(
            select(ObjectionFile).where(ObjectionFile.objection_id.in_(ids)).order_by(ObjectionFile.id)
        ):
            files[file.objection_id].append(FileView(file.name, file.digest, file.media_type, file.size))
    return [
        ObjectionView(
            id=row.id,
            ref=row.ref,
            round_id=row.round_id,
            number=row.number,
            target=Target(row.target),
            target_ref=row.target_ref,
            ground=Ground(row.ground),
            argument=row.argument,
            remedy=Remedy(row.remedy),
            detail=Detail.from_json(row.remedy_detail),
            filer=Filer(row.filer_kind),
            public_name=row.public_name,
            filed_at=row.filed_at,
            steps=tuple(steps[row.id]),
            files=tuple(files[row.id]),
        )
        for row in rows
    ]


def objections_of(session: Session, round_id: int) -> list[ObjectionView]:
    """The objections of a round as everybody may read them, oldest first."""
    wanted = select(Objection).where(Objection.round_id == round_id).order_by(Objection.number)
    return _views(session, session.scalars(wanted).all())


def open_objections(session: Session, round_id: int) -> list[ObjectionView]:
    """Those that freeze the award."""
    return [view for view in objections_of(session, round_id) if view.open]


def _unknown(ref: str) -> NotFound:
    return NotFound(N_("There is no objection “%(ref)s”."), ref=ref[:40])


def find_objection(session: Session, ref: str) -> Objection:
    """The row of an objection. Raises NotFound."""
    found = session.scalars(select(Objection).where(Objection.ref == ref)).one_or_none()
    if found is None:
        raise _unknown(ref)
    return found


def objection_of(session: Session, ref: str) -> ObjectionView:
    """One objection as everybody may read it. Raises NotFound."""
    return _views(session, [find_objection(session, ref)])[0]


def round_ref_of(session: Session, round_id: int) -> str:
    """The reference of a round."""
    return session.get_one(Round, round_id).ref


def objection_by_token(session: Session, token_sha256: str) -> ObjectionView:
    """The objection whose secret link has this digest. Raises NotFound."""
    found = session.scalars(select(Objection).where(Objection.token_sha256 == token_sha256)).one_or_none()
    if found is None:
        raise NotFound(N_("This link leads to no objection."))
    return _views(session, [found])[0]


def filed_by(session: Session, user_id: int) -> list[ObjectionView]:
    """The objections that an account filed, newest first."""
    wanted = select(Objection).where(Objection.filer_user_id == user_id).order_by(Objection.id.desc())
    return _views(session, session.scalars(wanted).all())


# --- where a round stands for objections --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoundForObjections:
    """The round of some objections."""

    id: int
    ref: str
    title: Text
    phase: Phase
    course: Course
    document: RoundDocument


def round_for(session: Session, ref: str, *, actor: Actor, now: datetime) -> RoundForObjections:
    """The round `ref` once it is published. Raises NotFound."""
    found = find_round(session, ref, actor=actor)
    course = course_of(session, found.id)
    if course.published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    return RoundForObjections(
        id=found.id,
        ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        phase=course.phase_at(now),
        course=course,
        document=rules_of(session, found.id),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that an objection may name: a reference or code, and what it is called."""

    ref: str
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What an objection in a round may name, by the place where it is named."""

    applications: tuple[ApplicationView, ...]
    members: tuple[Choice, ...]
    criteria: tuple[Criterion, ...]


def facts_of(session: Session, round_id: int, *, now: datetime) -> Facts:
    """What an objection in the round may speak of, as of now."""
    views = applications_of(session, round_id, now=now)
    return Facts(
        applications={view.ref: view.eligible for view in views},
        members=frozenset(member.code for member in members_of(session, round_id)),
        sheets=frozenset((sheet.application, sheet.member) for sheet in opened_sheets(session, round_id, void=False)),
        rule=rules_of(session, round_id).scoring,
    )


def choices_of(session: Session, found: RoundForObjections, *, now: datetime) -> Choices:
    """As `facts_of`, for a form. Members have their names once these are published."""
    members = public_members(session, found.id, document=found.document, course=found.course)
    return Choices(
        applications=tuple(applications_of(session, found.id, now=now)),
        members=tuple(Choice(m.code, f"{m.code} {m.name}" if m.name else m.code) for m in members),
        criteria=found.document.scoring.marked,
    )


def verdict_given(session: Session, round_id: int, application_ref: str) -> tuple[datetime, int] | None:
    """(when the verdict in force on an application was given, by which account), None while there is none."""
    wanted = (
        select(Verdict.given_at, Verdict.given_by_id)
        .join(Application, Application.id == Verdict.application_id)
        .where(
            Application.ref == application_ref,
            Application.round_id == round_id,
            Verdict.superseded_at.is_(None),
        )
    )
    row = session.execute(wanted).one_or_none()
    return None if row is None else (row.given_at, row.given_by_id)


def window_of(session: Session, found: RoundForObjections, target: Target, *, ref: str = "", now: datetime) -> Window:
    """Whether `target` (of a verdict: on the application `ref`) can be objected to at `now`, and until when."""
    course = found.course
    if target is Target.DECISION:
        return decision_window(found.document, phase=found.phase, decided=course.decided, now=now)
    if target is Target.VERDICT:
        given = verdict_given(session, found.id, ref) if ref else None
        return verdict_window(
            found.document,
            phase=found.phase,
            given_at=given[0] if given else (course.checking_closed or now),
            checking_closed=course.checking_closed,
            now=now,
        )
    closes = {
        Target.CALL: course.applications_close,
        Target.MEMBER: course.scoring_closes,
        Target.TALLY: course.notice_closes,
        Target.RESULT: course.notice_closes,
    }[target]
    return window_for(target, phase=found.phase, closes=closes)


def windows_of(session: Session, found: RoundForObjections, *, now: datetime) -> dict[Target, Window]:
    """Every target and whether it can be objected to now."""
    return {target: window_of(session, found, target, now=now) for target in Target}


# --- dealing with them --------------------------------------------------------------------------------------------


def attacked_by(session: Session, objection: Objection) -> frozenset[int]:
    """The accounts whose act is objected to: they do not decide on the objection."""
    accounts: set[int | None] = set()
    target = Target(objection.target)
    if target is Target.CALL:
        accounts |= set(session.scalars(_by(objection.round_id, Kind.PUBLISHED, Kind.AMENDED)))
    if target is Target.VERDICT:
        given = verdict_given(session, objection.round_id, objection.target_ref)
        accounts.add(given[1] if given else None)
    if target is Target.MEMBER:
        wanted = select(Member.user_id).where(
            Member.round_id == objection.round_id, Member.code == objection.target_ref
        )
        accounts |= set(session.scalars(wanted))
    if target in (Target.TALLY, Target.RESULT):
        accounts |= set(session.scalars(_by(objection.round_id, Kind.SCORES_OPENED, Kind.NOTICE_GIVEN)))
        detail = Detail.from_json(objection.remedy_detail)
        accounts |= _changed_by(session, objection.round_id, detail)
    if target is Target.DECISION:
        accounts |= set(session.scalars(_by(objection.round_id, Kind.DECISION_PUBLISHED)))
    return frozenset(account for account in accounts if account is not None)


def _by(round_id: int, *kinds: Kind) -> Any:
    return select(Milestone.by_id).where(Milestone.round_id == round_id, Milestone.kind.in_(kinds))


def _changed_by(session: Session, round_id: int, detail: Detail) -> set[int | None]:
    """Who changed, by an earlier ruling, the very thing that an objection to the result is about."""
    from_verdict = verdict_given(session, round_id, detail.application) if detail.application else None
    corrected = (
        select(Correction.made_by_id)
        .join(Sheet, Sheet.id == Correction.sheet_id)
        .join(Member, Member.id == Sheet.member_id)
        .join(Application, Application.id == Sheet.application_id)
        .where(
            Correction.round_id == round_id,
            Correction.objection_ref.is_not(None),
            Application.ref == detail.application,
            Member.code == detail.member,
        )
    )
    found: set[int | None] = set(session.scalars(corrected))
    return found | {from_verdict[1] if from_verdict else None}


@dataclass(frozen=True, slots=True)
class Handling:
    """An objection for who deals with it. `to_do`: "admit", "answer", "rule" or None; `barred`: what keeps this
    person, who holds the seat for it, from doing it."""

    view: ObjectionView
    round: RoundForObjections
    filer_name: str
    contact: str
    to_do: str | None
    barred: str | None


_NEXT = {Step.FILED: "admit", Step.ADMITTED: "answer", Step.ANSWERED: "rule"}


def handling_of(session: Session, ref: str, *, actor: Actor, now: datetime) -> Handling:
    """One objection with what only they see who deal with it, and what this person may do now. Raises NotFound,
    NotAllowed."""
    row = find_objection(session, ref)
    require(actor, Permission.READ_ROUND_FILES, round_id=row.round_id)
    view = _views(session, [row])[0]
    found = round_for(session, session.get_one(Round, row.round_id).ref, actor=actor, now=now)
    to_do = _NEXT.get(view.state)
    if view.state is Step.ADMITTED and view.overdue(now) and may(actor, Permission.RULE_OBJECTION, round_id=found.id):
        to_do = "rule"
    needed = Permission.ANSWER_OBJECTION if to_do == "answer" else Permission.RULE_OBJECTION
    barred = None
    if to_do is not None and not may(actor, needed, round_id=found.id):
        to_do = None
    elif to_do in ("admit", "rule") and actor.user_id is not None:
        problem = may_judge(actor.user_id, attacked=attacked_by(session, row), filer=row.filer_user_id)
        barred = None if problem is None else problem.message
    return Handling(view, found, row.filer_name, row.contact, to_do, barred)


def file_of(session: Session, ref: str, digest: str, *, actor: Actor) -> FileView:
    """An evidence file, for who deals with the objection. Raises NotFound, NotAllowed."""
    row = find_objection(session, ref)
    require(actor, Permission.READ_ROUND_FILES, round_id=row.round_id)
    found = next((file for file in _views(session, [row])[0].files if file.digest == digest), None)
    if found is None:
        raise NotFound(N_("There is no such file."))
    return found


def addresses_of(session: Session, round_id: int, role: Role) -> list[tuple[str, str]]:
    """(e-mail address, language) of who holds `role` in the round."""
    wanted = (
        select(User.email, User.language)
        .join(Seat, Seat.user_id == User.id)
        .where(Seat.round_id == round_id, Seat.role == role, Seat.ended_at.is_(None), User.disabled_at.is_(None))
        .order_by(User.id)
    )
    return [(row.email, row.language) for row in session.execute(wanted)]


# --- cards on the boards of organiser and supervisor --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Workload:
    """What waits in a round: counts, and the earliest deadline of each kind of step."""

    to_admit: int
    to_answer: int
    to_rule: int
    overdue: int
    next_due: datetime | None


def workload_of(session: Session, round_id: int, *, now: datetime) -> Workload:
    """How many objections wait for whom."""
    waiting = open_objections(session, round_id)
    states = [view.state for view in waiting]
    return Workload(
        to_admit=states.count(Step.FILED),
        to_answer=states.count(Step.ADMITTED),
        to_rule=states.count(Step.ANSWERED),
        overdue=sum(view.overdue(now) for view in waiting),
        next_due=min((view.due for view in waiting if view.due is not None), default=None),
    )
