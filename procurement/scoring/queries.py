"""Reading scoring: a member's tasks and own sheets, who is late, and, once opened, everything.

Before it is opened a sheet is read by the member who sealed it and by nobody else: every query that tells a mark asks
`opened_at` first. Who has sealed is no secret.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, require
from procurement.applications.models import Application
from procurement.applications.queries import ApplicationView, applications_of, compared_of
from procurement.committee.models import Declaration, Member
from procurement.committee.queries import (
    Applicant,
    MemberView,
    applicants_of,
    declarations_of,
    member_of,
    members_of,
    public_members,
)
from procurement.committee.rules import GROUNDS, MEMBER_KINDS, Ground
from procurement.errors import N_, NotAllowed, NotFound
from procurement.rounds.models import Round
from procurement.rounds.phases import Course, Phase
from procurement.rounds.queries import course_of, courses_of, find_round, rules_of, rules_text
from procurement.rounds.scoring_rule import Criterion, ScoringRule, Text
from procurement.scoring.facts import Applied, Facts, figure, read_compared
from procurement.scoring.history import Decided, decided_before
from procurement.scoring.models import Correction, Sheet, SheetDraft, TallyRun, TieDraw
from procurement.scoring.outliers import Spread, spread
from procurement.scoring.results import recompute, scores_csv
from procurement.scoring.rules import (
    CorrectionGround,
    Given,
    reading_order,
    scored,
    sheet_digest,
    sheet_from_json,
)
from procurement.scoring.seals import Seal, seals_of
from procurement.scoring.steps import Step
from procurement.scoring.tally import MISSING, RECUSED, Mark, Marks, Placed, Tally

NO_SHEET = N_("There is no such sheet.")


def rule_of(session: Session, round_id: int) -> ScoringRule:
    """The scoring rule of a published round. Raises NotFound before."""
    return _rule(rules_text(session, round_id))


@lru_cache(maxsize=64)
def _rule(text: str) -> ScoringRule:
    return ScoringRule.from_json(json.loads(text)["scoring"])


# --- a member's own work ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SheetTask:
    """One application for one member. `state`: sealed, begun, open or recused; `done` of the criteria have a mark."""

    application: str
    product: str
    merchant: str
    state: str
    done: int
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberTasks:
    """A member's sheets in one round, in the order in which they are offered. `next`: the first not yet sealed."""

    round_ref: str
    title: Text
    phase: Phase
    closes: datetime | None
    criteria: int
    tasks: tuple[SheetTask, ...]
    next: str | None

    @property
    def sealed(self) -> int:
        """How many are sealed."""
        return sum(task.state == "sealed" for task in self.tasks)

    @property
    def to_seal(self) -> int:
        """How many are to be sealed in all: those without recusal."""
        return sum(task.state != "recused" for task in self.tasks)


def tasks_of(session: Session, *, actor: Actor, now: datetime) -> list[MemberTasks]:
    """The sheets of `actor` in every round where scoring has begun, those that can be filled in now first."""
    ids = [round_id for round_id, roles in actor.seats.items() if Role.MEMBER in roles]
    courses = courses_of(session, ids)
    begun = [round_id for round_id in ids if courses[round_id].scoring_began is not None]
    rounds = session.scalars(select(Round).where(Round.id.in_(begun))).all() if begun else []
    found = [_tasks(session, actor, one, courses[one.id], now) for one in rounds]
    return sorted(
        (tasks for tasks in found if tasks is not None),
        key=lambda tasks: (tasks.phase is not Phase.SCORING, tasks.round_ref),
    )


def _tasks(session: Session, actor: Actor, found: Round, course: Course, now: datetime) -> MemberTasks | None:
    member = member_of(session, found.id, actor.user_id)
    if member is None:
        return None
    rule = rule_of(session, found.id)
    applicants = {applicant.ref: applicant for applicant in applicants_of(session, found.id)}
    recused = set(
        session.scalars(
            select(Declaration.application_id).where(
                Declaration.member_id == member.id,
                Declaration.replaced_at.is_(None),
                Declaration.ground != Ground.NONE,
            )
        )
    )
    own = {
        application_id: at
        for (_, application_id), at in _sealed_at(session, found.id, Sheet.member_id == member.id).items()
    }
    drafts = {
        application_id: scored(rule, sheet_from_json(marks))
        for application_id, marks in session.execute(
            select(SheetDraft.application_id, SheetDraft.marks).where(SheetDraft.member_id == member.id)
        )
    }
    counts = _sheet_counts(session, found.id)
    order = reading_order(member.code, {ref: counts.get(a.id, 0) for ref, a in applicants.items()})
    tasks = tuple(_task(applicants[ref], applicants[ref].id in recused, own, drafts, rule) for ref in order)
    phase = course.phase_at(now)
    can_seal = phase is Phase.SCORING and course.scoring_closes is not None and now < course.scoring_closes
    left = [task.application for task in tasks if task.state in {"open", "begun"}]
    return MemberTasks(
        round_ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        phase=phase,
        closes=course.scoring_closes,
        criteria=len(rule.marked),
        tasks=tasks,
        next=left[0] if left and can_seal else None,
    )


def _task(
    applicant: Applicant,
    recused: bool,
    own: Mapping[int, datetime],
    drafts: Mapping[int, int],
    rule: ScoringRule,
) -> SheetTask:
    sealed_at = own.get(applicant.id)
    done = len(rule.marked) if sealed_at else drafts.get(applicant.id, 0)
    state = "sealed" if sealed_at else "recused" if recused else "begun" if applicant.id in drafts else "open"
    return SheetTask(applicant.ref, applicant.product, applicant.merchant, state, done, sealed_at)


def _recused(session: Session, round_id: int) -> set[tuple[int, int]]:
    return {pair for pair, declared in declarations_of(session, round_id).items() if declared.recused}


def _sealed_at(session: Session, round_id: int, *which: ColumnElement[bool]) -> dict[tuple[int, int], datetime]:
    """(member id, application id) → when the sheet in force was sealed."""
    wanted = select(Sheet.member_id, Sheet.application_id, Sheet.sealed_at).where(
        Sheet.round_id == round_id, Sheet.voided_at.is_(None), *which
    )
    return {(row[0], row[1]): row[2] for row in session.execute(wanted)}


def _sheet_counts(session: Session, round_id: int) -> dict[int, int]:
    wanted = (
        select(Sheet.application_id, func.count())
        .where(Sheet.round_id == round_id, Sheet.voided_at.is_(None))
        .group_by(Sheet.application_id)
    )
    return {row[0]: row[1] for row in session.execute(wanted)}


@dataclass(frozen=True, slots=True)
class OwnSheet:
    """A member's own sheet, being filled in or sealed. `digest` names what is filled in; `nonce`, `commitment` and
    `ballot` are there once sealed."""

    round_ref: str
    round_title: Text
    application_id: int
    application: str
    product: str
    merchant: str
    member: str
    rule: ScoringRule
    marks: Mapping[str, Given]
    saved_at: datetime | None
    sealed_at: datetime | None
    commitment: str | None
    nonce: str | None
    ballot: str | None
    opened: bool
    phase: Phase
    closes: datetime | None
    next: str | None
    sealed: int
    to_seal: int

    @property
    def digest(self) -> str:
        """SHA-256 of the marks as they are now."""
        return sheet_digest(self.marks)

    @property
    def done(self) -> int:
        """How many criteria have a mark."""
        return scored(self.rule, self.marks)


def own_sheet(session: Session, *, actor: Actor, now: datetime, ref: str) -> OwnSheet:
    """The sheet of `actor` for the application `ref`. Raises NotFound, and NotAllowed for anybody who may not score
    it: not a member of the round, or recused."""
    application = session.scalars(select(Application).where(Application.ref == ref)).one_or_none()
    found = None if application is None else session.get(Round, application.round_id)
    if application is None or found is None:
        raise NotFound(NO_SHEET)
    require(actor, Permission.SCORE, round_id=found.id)
    course = course_of(session, found.id)
    member = member_of(session, found.id, actor.user_id)
    if member is None or course.scoring_began is None:
        raise NotFound(NO_SHEET)
    tasks = _tasks(session, actor, found, course, now)
    task = next((t for t in tasks.tasks if t.application == ref), None) if tasks else None
    if tasks is None or task is None:
        raise NotFound(NO_SHEET)
    if task.state == "recused":
        raise NotAllowed(N_("You declared a relation to this applicant and are recused."))
    sheet = session.scalars(_own_row(member.id, application.id)).one_or_none()
    draft = session.get(SheetDraft, (member.id, application.id)) if sheet is None else None
    marks = _ballot_marks(sheet) if sheet else sheet_from_json(draft.marks) if draft else {}
    return OwnSheet(
        round_ref=found.ref,
        round_title=tasks.title,
        application_id=application.id,
        application=ref,
        product=task.product,
        merchant=task.merchant,
        member=member.code,
        rule=rule_of(session, found.id),
        marks=marks,
        saved_at=draft.saved_at if draft else None,
        sealed_at=sheet.sealed_at if sheet else None,
        commitment=sheet.commitment if sheet else None,
        nonce=sheet.nonce.hex() if sheet else None,
        ballot=sheet.ballot if sheet else None,
        opened=sheet is not None and sheet.opened_at is not None,
        phase=tasks.phase,
        closes=tasks.closes,
        next=_after(ref, tasks),
        sealed=tasks.sealed,
        to_seal=tasks.to_seal,
    )


def own_opened_sheet(session: Session, *, actor: Actor, now: datetime, ref: str) -> OwnSheet:
    """As `own_sheet`, once opened and with corrections applied. Raises NotFound before."""
    own = own_sheet(session, actor=actor, now=now, ref=ref)
    round_id = find_round(session, own.round_ref).id
    sheets = opened_sheets(session, round_id, application_id=own.application_id, void=False)
    mine = next((sheet for sheet in sheets if sheet.member == own.member), None)
    if mine is None:
        raise NotFound(NO_SHEET)
    return replace(own, marks=mine.marks)


def _own_row(member_id: int, application_id: int):  # type: ignore[no-untyped-def]
    return select(Sheet).where(
        Sheet.member_id == member_id, Sheet.application_id == application_id, Sheet.voided_at.is_(None)
    )


def _after(ref: str, tasks: MemberTasks) -> str | None:
    """The next application to score after `ref`, going round."""
    refs = [task.application for task in tasks.tasks]
    turn = refs.index(ref) + 1
    left = {task.application for task in tasks.tasks if task.state in {"open", "begun"}} - {ref}
    return next((other for other in refs[turn:] + refs[:turn] if other in left), None)


def _ballot_marks(sheet: Sheet) -> dict[str, Given]:
    return sheet_from_json(json.loads(sheet.ballot)["marks"])


# --- progress, without values -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemberProgress:
    """How far one member is: counts, never marks."""

    code: str
    name: str
    sealed: int
    to_seal: int
    last_sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the committee is. `missing`: (member code, application ref) of sheets not sealed yet."""

    round_ref: str
    title: Text
    phase: Phase
    closes: datetime | None
    members: tuple[MemberProgress, ...]
    missing: tuple[tuple[str, str], ...]
    may_open: bool

    @property
    def sealed(self) -> int:
        """Sheets sealed so far."""
        return sum(member.sealed for member in self.members)

    @property
    def to_seal(self) -> int:
        """Sheets to be sealed in all."""
        return sum(member.to_seal for member in self.members)


def progress_of(session: Session, *, actor: Actor, now: datetime, ref: str) -> Progress:
    """Who has sealed how many sheets. Raises NotAllowed for all but those who work on the round."""
    found = find_round(session, ref)
    require(actor, Permission.READ_ROUND_FILES, round_id=found.id)
    course = course_of(session, found.id)
    members, applicants = members_of(session, found.id), applicants_of(session, found.id)
    required = required_pairs(session, found.id, members, applicants)
    sealed = _sealed_at(session, found.id)
    missing = [(m.code, a.ref) for m in members for a in applicants if (m.id, a.id) in required - sealed.keys()]
    phase = course.phase_at(now)
    return Progress(
        round_ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        phase=phase,
        closes=course.scoring_closes,
        members=tuple(_progress(member, required, sealed) for member in members),
        missing=tuple(missing),
        may_open=phase is Phase.SCORING
        and (not missing or (course.scoring_closes is not None and now >= course.scoring_closes)),
    )


def committee_progress(session: Session, round_id: int) -> list[MemberProgress]:
    """How far every member in force is: counts, never marks."""
    members, applicants = members_of(session, round_id), applicants_of(session, round_id)
    required = required_pairs(session, round_id, members, applicants)
    sealed = _sealed_at(session, round_id)
    return [_progress(member, required, sealed) for member in members]


def _progress(
    member: MemberView, required: set[tuple[int, int]], sealed: Mapping[tuple[int, int], datetime]
) -> MemberProgress:
    mine = [at for pair, at in sealed.items() if pair[0] == member.id and pair in required]
    to_seal = sum(pair[0] == member.id for pair in required)
    return MemberProgress(member.code, member.name, len(mine), to_seal, max(mine, default=None))


def required_pairs(
    session: Session, round_id: int, members: Iterable[MemberView], applicants: Iterable[Applicant]
) -> set[tuple[int, int]]:
    """(member id, application id) of every sheet that is to be sealed."""
    declared = declarations_of(session, round_id)
    return {
        (m.id, a.id)
        for m in members
        for a in applicants
        if (found := declared.get((m.id, a.id))) is not None and not found.recused
    }


# --- opened sheets ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """One correction of an opened mark."""

    criterion: str
    before: Decimal
    after: Decimal
    ground: CorrectionGround
    reason: str
    calculation: str | None
    objection_ref: str | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedSheet:
    """A sheet that everybody may read. `marks` are those that count now, corrections included."""

    id: int
    member_id: int
    member: str
    application_id: int
    application: str
    marks: Mapping[str, Given]
    corrections: tuple[CorrectionView, ...]
    sealed_at: datetime
    opened_at: datetime
    commitment: str
    nonce: str
    ballot: str
    voided_at: datetime | None
    void_reason: str
    void_objection: str | None


def opened_sheets(
    session: Session, round_id: int, *, application_id: int | None = None, void: bool = True
) -> list[OpenedSheet]:
    """Every opened sheet, by application and member; with `void=False` only those that count."""
    wanted = (
        select(Sheet, Member.code, Application.ref)
        .join(Member, Member.id == Sheet.member_id)
        .join(Application, Application.id == Sheet.application_id)
        .where(Sheet.round_id == round_id, Sheet.opened_at.is_not(None))
        .order_by(Application.number, Member.id, Sheet.id)
    )
    if application_id is not None:
        wanted = wanted.where(Sheet.application_id == application_id)
    if not void:
        wanted = wanted.where(Sheet.voided_at.is_(None))
    corrections = corrections_of(session, round_id)
    return [_opened(sheet, code, ref, corrections.get(sheet.id, ())) for sheet, code, ref in session.execute(wanted)]


def _opened(sheet: Sheet, code: str, ref: str, corrections: Iterable[CorrectionView]) -> OpenedSheet:
    marks = _ballot_marks(sheet)
    for correction in corrections:
        marks[correction.criterion] = Given(correction.after, marks[correction.criterion].reason)
    if sheet.opened_at is None:
        raise RuntimeError("a sealed sheet was about to be shown")
    return OpenedSheet(
        id=sheet.id,
        member_id=sheet.member_id,
        member=code,
        application_id=sheet.application_id,
        application=ref,
        marks=marks,
        corrections=tuple(corrections),
        sealed_at=sheet.sealed_at,
        opened_at=sheet.opened_at,
        commitment=sheet.commitment,
        nonce=sheet.nonce.hex(),
        ballot=sheet.ballot,
        voided_at=sheet.voided_at,
        void_reason=sheet.void_reason,
        void_objection=sheet.void_objection,
    )


def corrections_of(session: Session, round_id: int) -> dict[int, tuple[CorrectionView, ...]]:
    """Sheet id → its corrections, oldest first."""
    found: dict[int, list[CorrectionView]] = {}
    for row in session.scalars(select(Correction).where(Correction.round_id == round_id).order_by(Correction.id)):
        view = CorrectionView(
            row.criterion,
            row.before,
            row.after,
            CorrectionGround(row.ground),
            row.reason,
            row.calculation,
            row.objection_ref,
            row.made_at,
        )
        found.setdefault(row.sheet_id, []).append(view)
    return {sheet_id: tuple(views) for sheet_id, views in found.items()}


def has_sealed(session: Session, round_id: int, *, application_ref: str, member_id: int) -> bool:
    """Whether the member has sealed a sheet for the application that is not void, whatever is in it."""
    wanted = (
        select(Sheet.id)
        .join(Application, Application.id == Sheet.application_id)
        .where(
            Sheet.round_id == round_id,
            Application.ref == application_ref,
            Sheet.member_id == member_id,
            Sheet.voided_at.is_(None),
        )
    )
    return session.scalar(wanted) is not None


def marks_of(session: Session, round_id: int) -> dict[str, dict[str, dict[str, Mark]]]:
    """What a tally counts: for every eligible application every member's marks, recusals and gaps, as
    application ref → member code → criterion → mark. Only opened sheets that are not void."""
    codes = [c.code for c in rule_of(session, round_id).marked]
    applicants = {applicant.id: applicant.ref for applicant in applicants_of(session, round_id)}
    members = {member.id: member.code for member in members_of(session, round_id)}
    recused = _recused(session, round_id)
    marks: dict[str, dict[str, dict[str, Mark]]] = {
        ref: {
            code: dict.fromkeys(codes, RECUSED if (member_id, application_id) in recused else MISSING)
            for member_id, code in members.items()
        }
        for application_id, ref in applicants.items()
    }
    for sheet in opened_sheets(session, round_id, void=False):
        if sheet.application_id in applicants:
            marks[sheet.application][sheet.member] = {
                code: MISSING if given.value is None else given.value for code, given in sheet.marks.items()
            }
    return marks


def facts_of(session: Session, round_id: int) -> Facts | None:
    """What the round's rule asks about its eligible applications besides marks; None when it asks nothing."""
    rule = rule_of(session, round_id)
    if not rule.asks_facts:
        return None
    texts = compared_of(session, round_id)
    history: list[Decided] = []
    if rule.asks_history:
        closes = course_of(session, round_id).applications_close
        history = decided_before(session, closes) if closes is not None else []
    found = {}
    for applicant in applicants_of(session, round_id):
        merchant, category, prices = read_compared(texts[applicant.ref])
        figures = {c.code: figure(c.formula, prices) for c in rule.criteria if c.formula is not None}
        found[applicant.ref] = Applied(
            merchant,
            category,
            {code: value for code, value in figures.items() if value is not None},
            tuple(decided.round_ref for decided in history if merchant in decided.merchants),
        )
    return Facts(found, tuple(decided.round_ref for decided in history))


# --- the result ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TallyView:
    """A computation of the result, the last one unless asked for another."""

    number: int
    cause: str
    computed_at: datetime
    sha256: str
    text: str
    rule: ScoringRule
    result: Tally
    draw_key: str | None
    facts: Facts | None
    marks: Marks

    @property
    def ranking(self) -> tuple[Placed, ...]:
        """From the best to those without an award."""
        return self.result.ranking

    @property
    def titles(self) -> dict[str, Text]:
        """Criterion code → its title; the code itself where a rule has none."""
        return {c.code: c.title if c.title.en or c.title.zh else Text(c.code, c.code) for c in self.rule.criteria}

    @property
    def undecided(self) -> tuple[str, ...]:
        """Applications whose selection waits for a tie to be broken."""
        return tuple(line.application for line in self.ranking if line.outcome == "undecided")

    def steps(self, application: str) -> tuple[Step, ...]:
        """Every step of that application's arithmetic."""
        return self.result.steps(application)


def tally_of(session: Session, round_id: int, *, number: int | None = None) -> TallyView | None:
    """The result as last computed (or the computation `number`), None before scores are opened."""
    wanted = select(TallyRun).where(TallyRun.round_id == round_id).order_by(TallyRun.number.desc()).limit(1)
    if number is not None:
        wanted = wanted.where(TallyRun.number == number)
    run = session.scalars(wanted).one_or_none()
    if run is None:
        return None
    computation, result = recompute(run.document)
    return TallyView(
        run.number,
        run.cause,
        run.computed_at,
        run.sha256,
        run.document,
        computation.rule,
        result,
        computation.draw_key,
        computation.facts,
        computation.marks,
    )


@dataclass(frozen=True, slots=True)
class RunView:
    """That a result was computed, and why."""

    number: int
    cause: str
    computed_at: datetime
    sha256: str


def runs_of(session: Session, round_id: int) -> list[RunView]:
    """Every computation, oldest first."""
    wanted = (
        select(TallyRun.number, TallyRun.cause, TallyRun.computed_at, TallyRun.sha256)
        .where(TallyRun.round_id == round_id)
        .order_by(TallyRun.number)
    )
    return [RunView(*row) for row in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class TieDrawView:
    """How the last ties are drawn. `key` is None until the beacon's round was brought."""

    beacon_round: int
    published_at: datetime
    announced_at: datetime
    signature: str | None
    key: str | None


def tie_draw_of(session: Session, round_id: int) -> TieDrawView | None:
    """The draw that was announced, or None."""
    row = session.get(TieDraw, round_id)
    if row is None:
        return None
    return TieDrawView(row.beacon_round, row.published_at, row.announced_at, row.signature, row.key)


# --- for pages ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeatInMatrix:
    """A row of the score matrix. `name` is the code while names are not published; `recused`: the ground in words
    (a source text); `did_not_score`: no sheet although one was due."""

    key: str
    code: str
    name: str | None
    role: str
    recused: str | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Everything about one application's scores: who gave what and why, what became of it, step by step."""

    application: str
    product: str
    merchant: str
    rule: ScoringRule
    seats: tuple[SeatInMatrix, ...]
    criteria: tuple[Criterion, ...]
    sheets: Mapping[str, OpenedSheet]
    void: tuple[OpenedSheet, ...]
    spreads: tuple[Spread, ...]
    placed: Placed | None
    steps: tuple[Step, ...]


def matrices_of(session: Session, round_id: int, *, application: str | None = None) -> list[Matrix]:
    """The score matrix of every eligible application in the order of the ranking (or of one), empty before scores
    are opened. The number of queries does not depend on how many there are."""
    view = tally_of(session, round_id)
    if view is None:
        return []
    applications = {found.ref: found for found in applications_of(session, round_id, eligible_only=True)}
    seats = _seats(session, round_id)
    grounds = _grounds(session, round_id)
    only = applications[application].id if application in applications else None
    sheets: dict[str, list[OpenedSheet]] = {}
    for sheet in opened_sheets(session, round_id, application_id=only):
        sheets.setdefault(sheet.application, []).append(sheet)
    lines = [line for line in view.ranking if line.application in applications]
    return [
        _matrix(applications[line.application], line, view, seats, grounds, sheets.get(line.application, []))
        for line in lines
        if application in (None, line.application)
    ]


def _seats(session: Session, round_id: int) -> list[tuple[int, SeatInMatrix]]:
    document, course = rules_of(session, round_id), course_of(session, round_id)
    return [
        (m.id, SeatInMatrix(m.code, m.code, m.name, MEMBER_KINDS[m.kind], None))
        for m in public_members(session, round_id, document=document, course=course)
    ]


def _grounds(session: Session, round_id: int) -> dict[tuple[int, int], str]:
    """(member id, application id) → the ground of recusal, in words."""
    wanted = select(Declaration).where(
        Declaration.round_id == round_id, Declaration.replaced_at.is_(None), Declaration.ground != Ground.NONE
    )
    return {(d.member_id, d.application_id): GROUNDS[Ground(d.ground)] for d in session.scalars(wanted)}


def _matrix(
    application: ApplicationView,
    line: Placed,
    view: TallyView,
    seats: Iterable[tuple[int, SeatInMatrix]],
    grounds: Mapping[tuple[int, int], str],
    sheets: Iterable[OpenedSheet],
) -> Matrix:
    counted = {sheet.member: sheet for sheet in sheets if sheet.voided_at is None}
    return Matrix(
        application=application.ref,
        product=application.product_name,
        merchant=application.merchant_name,
        rule=view.rule,
        seats=tuple(
            SeatInMatrix(seat.key, seat.code, seat.name, seat.role, grounds.get((member_id, application.id)))
            for member_id, seat in seats
        ),
        criteria=view.rule.marked,
        sheets=counted,
        void=tuple(sheet for sheet in sheets if sheet.voided_at is not None),
        spreads=tuple(_spreads(view.rule, counted.values())),
        placed=line,
        steps=view.steps(line.application),
    )


def _spreads(rule: ScoringRule, sheets: Iterable[OpenedSheet]) -> Iterable[Spread]:
    """Of each criterion that somebody marked."""
    for criterion in rule.marked:
        marks = {
            sheet.member: given.value
            for sheet in sheets
            if (given := sheet.marks.get(criterion.code)) is not None and given.value is not None
        }
        if found := spread(rule, criterion, marks):
            yield found


@dataclass(frozen=True, slots=True)
class PublicResult:
    """A round's result as everybody reads it. `products`: application ref → product name; `matrices` is filled for
    one application only; `seals`: of the sheets for it, or of all."""

    round_id: int
    round_ref: str
    title: Text
    tally: TallyView
    runs: tuple[RunView, ...]
    draw: TieDrawView | None
    products: Mapping[str, str]
    merchants: Mapping[str, str]
    matrices: tuple[Matrix, ...]
    seals: tuple[Seal, ...]


@dataclass(frozen=True, slots=True)
class SealedRound:
    """A published round whose scores are not open."""

    ref: str
    title: Text
    phase: Phase
    closes: datetime | None


def sealed_round(session: Session, *, ref: str, now: datetime) -> SealedRound | None:
    """The round while its scores are not open, None once there is a result. Raises NotFound for a draft."""
    found = find_round(session, ref)
    course = course_of(session, found.id)
    if course.published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    if session.scalar(select(TallyRun.id).where(TallyRun.round_id == found.id).limit(1)) is not None:
        return None
    title = Text(found.title_en, found.title_zh)
    return SealedRound(found.ref, title, course.phase_at(now), course.scoring_closes)


def public_result(session: Session, *, ref: str, application: str | None = None) -> PublicResult:
    """The result of a round, with the matrix of `application`. Raises NotFound before scores are opened."""
    found = find_round(session, ref)
    view = tally_of(session, found.id)
    if view is None:
        raise NotFound(N_("The scores of this round are not open yet."))
    applications = applications_of(session, found.id, eligible_only=True)
    return PublicResult(
        round_id=found.id,
        round_ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        tally=view,
        runs=tuple(runs_of(session, found.id)),
        draw=tie_draw_of(session, found.id),
        products={a.ref: a.product_name for a in applications},
        merchants={a.ref: a.merchant_name for a in applications},
        matrices=tuple(matrices_of(session, found.id, application=application)) if application else (),
        seals=seals_of(session, found.id, found.ref, application=application),
    )


@dataclass(frozen=True, slots=True)
class Ties:
    """Ties that are left, and the draw that will break them."""

    round_ref: str
    title: Text
    groups: tuple[tuple[str, ...], ...]
    draw: TieDrawView | None


def ties_of(session: Session, *, actor: Actor, ref: str) -> Ties:
    """For the organiser's page of the draw. Raises NotFound before scores are opened."""
    found = find_round(session, ref)
    require(actor, Permission.OPEN_SCORES, round_id=found.id)
    view = tally_of(session, found.id)
    if view is None:
        raise NotFound(N_("The scores of this round are not open yet."))
    title = Text(found.title_en, found.title_zh)
    return Ties(found.ref, title, view.result.unbroken_ties, tie_draw_of(session, found.id))


def public_scores(session: Session, ref: str) -> str:
    """The opened marks of a round as CSV, as last tallied. Raises NotFound before scores are opened."""
    computation, _ = recompute(public_tally_text(session, ref))
    return scores_csv(computation.marks, [c.code for c in computation.rule.marked])


def public_facts(session: Session, ref: str) -> Facts:
    """What was asked about the applications besides marks, as last tallied. Raises NotFound before scores are opened,
    and where the rule asks nothing."""
    computation, _ = recompute(public_tally_text(session, ref))
    if computation.facts is None:
        raise NotFound(N_("The rule of this round asks nothing but marks."))
    return computation.facts


def public_tally_text(session: Session, ref: str) -> str:
    """The RFC 8785 text of the last computation. Raises NotFound before scores are opened."""
    view = tally_of(session, find_round(session, ref).id)
    if view is None:
        raise NotFound(N_("The scores of this round are not open yet."))
    return view.text


def public_rule(session: Session, ref: str) -> ScoringRule:
    """The scoring rule of a published round. Raises NotFound before."""
    return rule_of(session, find_round(session, ref).id)
