"""Reading notices and objections: what the public sees, what is to be done, what an objection may speak of."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, may, require
from procurement.accounts.models import Seat, User
from procurement.applications.models import Application, Verdict
from procurement.applications.queries import ApplicationView, applications_of
from procurement.committee.models import Member
from procurement.committee.queries import members_of, public_members
from procurement.committee.requests import open_requests
from procurement.db import Base
from procurement.errors import N_, NotFound, Problem
from procurement.objections.models import (
    Notice,
    Objection,
    ObjectionAttacked,
    ObjectionEscalation,
    ObjectionFile,
    ObjectionParty,
    ObjectionPause,
    ObjectionStep,
)
from procurement.objections.outside import Escalation, Outcome, Way, way_out
from procurement.objections.papers import PAPER_OF, PaperKind
from procurement.objections.pauses import Pause, current
from procurement.objections.rules import (
    OPEN_STEPS,
    RULINGS,
    Detail,
    Effect,
    Facts,
    Filer,
    Ground,
    Line,
    Remedy,
    Standing,
    Step,
    Target,
    Window,
    check_notice,
    check_step,
    decision_window,
    may_judge,
    months_before,
    verdict_window,
    window_for,
)
from procurement.rounds import clocks
from procurement.rounds.clocks import Clock, Stopped
from procurement.rounds.models import Milestone, Round
from procurement.rounds.phases import Course, Kind, Phase
from procurement.rounds.queries import Person, course_of, courses_of, find_round, people_for, rules_of, seats_of
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Criterion, Text
from procurement.scoring.differences import agreement_problems
from procurement.scoring.models import Correction, Sheet
from procurement.scoring.queries import TallyView, opened_sheets, tally_of

M = TypeVar("M", bound=Base)

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


def notice_clock(notice: NoticeView, course: Course, now: datetime) -> Clock:
    """How long a notice runs, after the holds of its round."""
    return clocks.running(dict(notice.counted), stops=course.stops, now=now)


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
    """What happened to an objection: see models.ObjectionStep. `clock`: of what it called for, as it stood when that
    was done, or as it stands now; `sha256`: of the paper that it made (papers.py)."""

    kind: Step
    code: str
    text: str
    effect: Effect | None
    at: datetime
    clock: Clock | None
    sha256: str | None
    by_id: int | None


@dataclass(frozen=True, slots=True)
class PartyView:
    """A merchant whose application is attacked: told, and free to answer while `clock` runs. `text` is public."""

    application: str
    application_id: int
    merchant_id: int
    told_at: datetime
    clock: Clock
    answered_at: datetime | None
    text: str

    def may_answer(self, now: datetime) -> bool:
        """Whether a statement may still come."""
        return self.answered_at is None and not self.clock.overdue(now)


@dataclass(frozen=True, slots=True)
class FileView:
    """An evidence file; its content is for who deals with the objection. `later`: it came with a supplement."""

    name: str
    digest: str
    media_type: str
    size: int
    later: bool = False


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection as everybody may read it, as of an instant. `public_name` is "" when withheld. `clock`: of what is
    awaited now; `limit`: for how long it may freeze the award, once it is admitted; `order`: of what only the
    organiser can carry out, until that is done."""

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
    pauses: tuple[Pause, ...]
    parties: tuple[PartyView, ...]
    escalation: Escalation | None
    clock: Clock | None
    limit: Clock | None
    order: Clock | None

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
        """Until when the next step is due; None when none is, or while the clock stands still."""
        return None if self.clock is None else self.clock.due

    def overdue(self, now: datetime) -> bool:
        """Whether the next step is late, or what a ruling ordered."""
        return any(clock is not None and clock.overdue(now) for clock in (self.clock, self.order))

    def limit_reached(self, now: datetime) -> bool:
        """Whether it has frozen the award for as long as the rules foresee, without a ruling."""
        return self.open and self.limit is not None and self.limit.overdue(now)

    def pause(self, now: datetime) -> Pause | None:
        """The pause that stops its clock."""
        return current(self.pauses, now)

    @property
    def ruled(self) -> StepView | None:
        """The step by which a supervisor settled it."""
        last = self.steps[-1]
        return last if last.kind in (*RULINGS, Step.INADMISSIBLE) else None

    @property
    def reasons(self) -> str:
        """Why it came out as it did: of the ruling or finding, or of the outside authority; "" while it is open."""
        if self.state is Step.OUTSIDE and self.escalation is not None:
            return self.escalation.text
        return "" if self.open else self.steps[-1].text

    def unheard(self, now: datetime) -> tuple[str, ...]:
        """References of the applications whose merchants may still answer."""
        return tuple(party.application for party in self.parties if party.may_answer(now))


def views_of(session: Session, rows: Sequence[Objection], *, now: datetime) -> list[ObjectionView]:
    """`rows` as everybody may read them: six more queries, whatever their number."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    courses = courses_of(session, {row.round_id for row in rows})

    def kept(table: type[M], column: Any, order: Any) -> dict[int, list[M]]:
        found: dict[int, list[M]] = defaultdict(list)
        for row in session.scalars(select(table).where(column.in_(ids)).order_by(order)):
            found[row.objection_id].append(row)  # type: ignore[attr-defined]
        return found

    steps = kept(ObjectionStep, ObjectionStep.objection_id, ObjectionStep.id)
    files = kept(ObjectionFile, ObjectionFile.objection_id, ObjectionFile.id)
    pauses = kept(ObjectionPause, ObjectionPause.objection_id, ObjectionPause.id)
    escalations = kept(ObjectionEscalation, ObjectionEscalation.objection_id, ObjectionEscalation.objection_id)
    parties: dict[int, list[tuple[ObjectionParty, str, int]]] = defaultdict(list)
    wanted = (
        select(ObjectionParty, Application.ref, Application.merchant_id)
        .join(Application, Application.id == ObjectionParty.application_id)
        .where(ObjectionParty.objection_id.in_(ids))
        .order_by(ObjectionParty.id)
    )
    for party, ref, merchant_id in session.execute(wanted):
        parties[party.objection_id].append((party, ref, merchant_id))
    return [
        _view(
            row,
            courses[row.round_id],
            steps=steps[row.id],
            files=files[row.id],
            pauses=pauses[row.id],
            parties=parties[row.id],
            escalation=next(iter(escalations[row.id]), None),
            now=now,
        )
        for row in rows
    ]


def _view(
    row: Objection,
    course: Course,
    *,
    steps: Sequence[ObjectionStep],
    files: Sequence[ObjectionFile],
    pauses: Sequence[ObjectionPause],
    parties: Sequence[tuple[ObjectionParty, str, int]],
    escalation: ObjectionEscalation | None,
    now: datetime,
) -> ObjectionView:
    paused = tuple(_pause(one, course, now) for one in pauses)
    stops = (*course.stops, *(one.stop for one in paused))
    shown: list[StepView] = []
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        at = now if following is None else following.at
        clock = None if step.counted is None else clocks.running(step.counted, stops=stops, now=at)
        effect = None if step.effect is None else Effect.from_json(step.effect)
        kind = Step(step.kind)
        shown.append(StepView(kind, step.code, step.text, effect, step.at, clock, step.sha256, step.by_id))
    last, limits = shown[-1], [step.limit_counted for step in steps if step.limit_counted is not None]
    outside = None if escalation is None else _escalation(escalation)
    how = steps[-1].counted
    if escalation is not None and escalation.order_counted is not None:
        how = escalation.order_counted
    ordered = how is not None and row.ref in course.ordered_amendments | course.ordered_annulments
    return ObjectionView(
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
        steps=tuple(shown),
        files=tuple(
            FileView(one.name, one.digest, one.media_type, one.size, one.pause_id is not None) for one in files
        ),
        pauses=paused,
        parties=tuple(
            PartyView(
                application=ref,
                application_id=one.application_id,
                merchant_id=merchant_id,
                told_at=one.told_at,
                clock=clocks.running(one.counted, stops=course.stops, now=one.answered_at or now),
                answered_at=one.answered_at,
                text=one.text,
            )
            for one, ref, merchant_id in parties
        ),
        escalation=outside,
        clock=last.clock if last.kind in OPEN_STEPS else None,
        limit=clocks.running(limits[0], stops=course.stops, now=now) if limits else None,
        order=clocks.running(how, stops=course.stops, now=now) if ordered and how is not None else None,
    )


def _pause(row: ObjectionPause, course: Course, now: datetime) -> Pause:
    clock = clocks.running(row.counted, stops=course.stops, now=row.ended_at or now)
    return Pause(row.number, Stopped(row.why), row.text, row.began_at, clock, row.ended_at, row.answer)


def _escalation(row: ObjectionEscalation) -> Escalation:
    """The period of the authority is its own: a hold of the round does not stop it."""
    return Escalation(
        complained_on=row.complained_on,
        reference=row.reference,
        told_at=row.told_at,
        clock=Clock(row.due_at, row.counted),
        suspended_at=row.suspended_at,
        suspended_until=row.suspended_until,
        suspended_counted=row.suspended_counted,
        suspension=row.suspension,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        decided_on=row.decided_on,
        text=row.text,
        effect=None if row.effect is None else Effect.from_json(row.effect),
        recorded_at=row.recorded_at,
        sha256=row.sha256,
    )


def objections_of(session: Session, round_id: int, *, now: datetime) -> list[ObjectionView]:
    """The objections of a round as everybody may read them, oldest first."""
    wanted = select(Objection).where(Objection.round_id == round_id).order_by(Objection.number)
    return views_of(session, session.scalars(wanted).all(), now=now)


def open_objections(session: Session, round_id: int, *, now: datetime) -> list[ObjectionView]:
    """Those that freeze the award."""
    return [view for view in objections_of(session, round_id, now=now) if view.open]


def _unknown(ref: str) -> NotFound:
    return NotFound(N_("There is no objection “%(ref)s”."), ref=ref[:40])


def find_objection(session: Session, ref: str) -> Objection:
    """The row of an objection. Raises NotFound."""
    found = session.scalars(select(Objection).where(Objection.ref == ref)).one_or_none()
    if found is None:
        raise _unknown(ref)
    return found


def objection_of(session: Session, ref: str, *, now: datetime) -> ObjectionView:
    """One objection as everybody may read it. Raises NotFound."""
    return views_of(session, [find_objection(session, ref)], now=now)[0]


def round_ref_of(session: Session, round_id: int) -> str:
    """The reference of a round."""
    return session.get_one(Round, round_id).ref


def objection_by_token(session: Session, token_sha256: str, *, now: datetime) -> ObjectionView:
    """The objection whose secret link has this digest. Raises NotFound."""
    found = session.scalars(select(Objection).where(Objection.token_sha256 == token_sha256)).one_or_none()
    if found is None:
        raise NotFound(N_("This link leads to no objection."))
    return views_of(session, [found], now=now)[0]


def own_objection(session: Session, ref: str, *, actor: Actor, now: datetime) -> ObjectionView:
    """An objection for the account that filed it. Raises NotFound, also for everybody else."""
    row = find_objection(session, ref)
    if actor.user_id is None or actor.user_id != row.filer_user_id:
        raise _unknown(ref)
    return views_of(session, [row], now=now)[0]


def filed_by(session: Session, user_id: int, *, now: datetime) -> list[ObjectionView]:
    """The objections that an account filed, newest first."""
    wanted = select(Objection).where(Objection.filer_user_id == user_id).order_by(Objection.id.desc())
    return views_of(session, session.scalars(wanted).all(), now=now)


@dataclass(frozen=True, slots=True)
class PaperView:
    """An answer, a finding or a ruling as a paper (papers.py). `text` is what was hashed; `facts` is the same, read:
    what a page or a PDF is made from."""

    objection: str
    round_ref: str
    kind: PaperKind
    text: str
    sha256: str

    @property
    def facts(self) -> dict[str, Any]:
        """The paper's content by name (papers.paper_text)."""
        found: dict[str, Any] = json.loads(self.text)
        return found


def papers_of(session: Session, ref: str) -> list[PaperView]:
    """Every paper about an objection, in the order in which they were made. Raises NotFound."""
    row = find_objection(session, ref)
    round_ref = round_ref_of(session, row.round_id)
    steps = session.scalars(
        select(ObjectionStep)
        .where(ObjectionStep.objection_id == row.id, ObjectionStep.document.is_not(None))
        .order_by(ObjectionStep.id)
    )
    found = [
        PaperView(ref, round_ref, PAPER_OF[Step(step.kind)], str(step.document), str(step.sha256)) for step in steps
    ]
    outside = session.get(ObjectionEscalation, row.id)
    if outside is not None and outside.document is not None:
        found.append(PaperView(ref, round_ref, PaperKind.AUTHORITY, outside.document, str(outside.sha256)))
    return found


def paper_of(session: Session, ref: str, kind: PaperKind) -> PaperView:
    """One paper about an objection. Raises NotFound."""
    found = next((paper for paper in papers_of(session, ref) if paper.kind is kind), None)
    if found is None:
        raise NotFound(N_("There is no such paper about this objection."))
    return found


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
            stops=course.stops,
            now=now,
        )
    closes = {
        Target.CALL: course.applications_close,
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


def barred_from(session: Session, objection: Objection, user_id: int) -> Problem | None:
    """What keeps an account from deciding on an objection: it attacks their act, or they filed it; once it is before
    the outside authority, they have ruled on it."""
    attacked = attacked_by(session, objection)
    kept = select(ObjectionAttacked.user_id).where(ObjectionAttacked.objection_id == objection.id)
    problem = may_judge(user_id, attacked=attacked | set(session.scalars(kept)), filer=objection.filer_user_id)
    if problem is not None or session.get(ObjectionEscalation, objection.id) is None:
        return problem
    ruled = select(ObjectionStep.by_id).where(
        ObjectionStep.objection_id == objection.id, ObjectionStep.kind.in_([*RULINGS, Step.INADMISSIBLE])
    )
    if user_id in set(session.scalars(ruled)):
        return Problem(
            N_("You ruled on this objection. Another supervisor records what the outside authority says of it.")
        )
    return None


def judges_of(session: Session, objection: Objection) -> tuple[list[int], list[int]]:
    """(supervisors of the round, those of them who may decide on the objection), by account."""
    seated = [
        seat.user_id for seat in seats_of(session, objection.round_id) if seat.role is Role.SUPERVISOR and seat.in_use
    ]
    return seated, [user_id for user_id in seated if barred_from(session, objection, user_id) is None]


def standing_of(view: ObjectionView, course: Course, *, now: datetime) -> Standing:
    """Where an objection stands, for the rules."""
    pause = view.pause(now)
    return Standing(
        state=view.state,
        target=view.target,
        phase=course.under_hold(now),
        due=view.due,
        paused=None if pause is None else pause.why,
        unheard=view.unheard(now),
    )


def way_of(view: ObjectionView, document: RoundDocument, *, now: datetime) -> Way:
    """Whether the objection can be taken to the outside authority now. The period is not stopped by a hold: it is not
    ours."""
    if view.escalation is not None:
        return Way(False, why=Problem(N_("It is before the outside authority already.")))
    window = None
    if view.ruled is not None:
        days = document.timetable.escalation_working_days
        due, counted = clocks.working_deadline(document, start=view.ruled.at, working_days=days)
        window = Clock(due, counted)
    return way_out(view.state, overdue=view.overdue(now) or view.limit_reached(now), window=window, now=now)


@dataclass(frozen=True, slots=True)
class Unfounded:
    """Objections of the same filer that were dismissed of late. It keeps nobody from objecting: it is shown to the
    supervisor, and to nobody else. `repeated`: as many as the rules name."""

    refs: tuple[str, ...]
    months: int
    repeated: bool


def unfounded_of(session: Session, objection: Objection, document: RoundDocument, *, now: datetime) -> Unfounded:
    """Earlier objections of whoever filed this one, by account, contact or organisation, that were dismissed within
    the months that the rules name."""
    timetable = document.timetable
    local = now.astimezone(clocks.zone_of(document))
    since = months_before(local, timetable.unfounded_months)
    same = [Objection.contact == objection.contact]
    if objection.filer_user_id is not None:
        same.append(Objection.filer_user_id == objection.filer_user_id)
    if objection.filer_kind == Filer.ORGANISATION:
        same.append(and_(Objection.filer_kind == Filer.ORGANISATION, Objection.filer_name == objection.filer_name))
    wanted = (
        select(Objection.ref)
        .join(ObjectionStep, ObjectionStep.objection_id == Objection.id)
        .where(
            or_(*same),
            Objection.id != objection.id,
            ObjectionStep.kind == Step.DISMISSED,
            ObjectionStep.at >= since,
            ObjectionStep.at <= now,
        )
        .order_by(ObjectionStep.at)
    )
    refs = tuple(session.scalars(wanted))
    return Unfounded(refs, timetable.unfounded_months, len(refs) >= timetable.unfounded_objections)


@dataclass(frozen=True, slots=True)
class Handling:
    """An objection for who deals with it. `to_do`: "admit", "answer", "rule" or None; `barred`: what keeps this
    person, who holds the seat for it, from doing it; `waits`: what must come before; `may_pause`, `may_ask`,
    `may_end_pause`: of its clock; `unfounded`: for supervisors only; `substitutes`: who can be named as another
    supervisor, when that is needed (organiser); `way`: to the outside authority."""

    view: ObjectionView
    round: "RoundForObjections"
    filer_name: str
    contact: str
    to_do: str | None
    barred: str | None
    waits: Problem | None
    supervises: bool
    judges: bool
    unfounded: Unfounded | None
    needs_substitute: bool
    substitutes: tuple[Person, ...]
    way: Way


_NEXT = {Step.FILED: "admit", Step.ADMITTED: "answer", Step.ANSWERED: "rule"}


def handling_of(session: Session, ref: str, *, actor: Actor, now: datetime) -> Handling:
    """One objection with what only they see who deal with it, and what this person may do now. Raises NotFound,
    NotAllowed."""
    row = find_objection(session, ref)
    require(actor, Permission.READ_ROUND_FILES, round_id=row.round_id)
    view = views_of(session, [row], now=now)[0]
    found = round_for(session, session.get_one(Round, row.round_id).ref, actor=actor, now=now)
    supervises = may(actor, Permission.RULE_OBJECTION, round_id=found.id)
    barred = barred_from(session, row, actor.user_id) if supervises and actor.user_id is not None else None
    to_do = _NEXT.get(view.state)
    if view.state is Step.ADMITTED and view.overdue(now) and supervises:
        to_do = "rule"
    needed = Permission.ANSWER_OBJECTION if to_do == "answer" else Permission.RULE_OBJECTION
    waits = None
    if to_do is not None and not may(actor, needed, round_id=found.id):
        to_do = None
    elif to_do is not None:
        step = {"admit": Step.ADMITTED, "answer": Step.ANSWERED, "rule": Step.DISMISSED}[to_do]
        waits = next(iter(check_step(standing_of(view, found.course, now=now), step)), None)
    seated, able = judges_of(session, row)
    needs = view.open and (not able or view.limit_reached(now))
    needs = needs or (view.escalation is not None and view.escalation.recorded_at is None and not able)
    substitutes: tuple[Person, ...] = ()
    if needs and may(actor, Permission.EDIT_ROUND, round_id=found.id):
        substitutes = tuple(p for p in people_for(session, Role.SUPERVISOR) if p.user_id not in seated)
    return Handling(
        view=view,
        round=found,
        filer_name=row.filer_name,
        contact=row.contact,
        to_do=to_do,
        barred=None if barred is None else barred.message,
        waits=waits,
        supervises=supervises,
        judges=supervises and barred is None,
        unfounded=unfounded_of(session, row, found.document, now=now) if supervises else None,
        needs_substitute=needs,
        substitutes=substitutes,
        way=way_of(view, found.document, now=now),
    )


def file_of(session: Session, ref: str, digest: str, *, actor: Actor) -> FileView:
    """An evidence file, for who deals with the objection. Raises NotFound, NotAllowed."""
    row = find_objection(session, ref)
    require(actor, Permission.READ_ROUND_FILES, round_id=row.round_id)
    wanted = select(ObjectionFile).where(ObjectionFile.objection_id == row.id, ObjectionFile.digest == digest)
    found = session.scalars(wanted.limit(1)).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such file."))
    return FileView(found.name, found.digest, found.media_type, found.size, found.pause_id is not None)


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
    """What waits in a round: counts, and the earliest deadline of each kind of step. `ordered`: rulings that the
    organiser has still to carry out; `paused`: objections whose clock stands still by an act of its own."""

    to_admit: int
    to_answer: int
    to_rule: int
    overdue: int
    paused: int
    ordered: int
    limits: int
    next_due: datetime | None


def workload_of(views: Sequence[ObjectionView], *, now: datetime) -> Workload:
    """How many objections wait for whom, of those of a round."""
    waiting = [view for view in views if view.open]
    states = [view.state for view in waiting]
    clocks_running = [view.order or view.clock for view in views]
    dues = [clock.due for clock in clocks_running if clock is not None and clock.due is not None]
    return Workload(
        to_admit=states.count(Step.FILED),
        to_answer=states.count(Step.ADMITTED),
        to_rule=states.count(Step.ANSWERED),
        overdue=sum(view.overdue(now) for view in views),
        paused=sum(view.pause(now) is not None for view in waiting),
        ordered=sum(view.order is not None for view in views),
        limits=sum(view.limit_reached(now) for view in views),
        next_due=min(dues, default=None),
    )
