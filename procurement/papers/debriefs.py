"""What an applicant is told of the result: own marks with their reasons, rank, thresholds, how the selected ones were
better by what is public, and how to object until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, may
from procurement.applications import queries as applications
from procurement.applications.models import Application
from procurement.applications.queries import ApplicationView, VerdictView
from procurement.decisions import queries as decisions
from procurement.decisions.document import CONSUMER_HOTLINE, COURT_MONTHS, RECONSIDERATION_DAYS
from procurement.decisions.queries import DecisionView
from procurement.errors import N_, NotFound, Problem
from procurement.objections import queries as objections
from procurement.objections.queries import RoundForObjections
from procurement.objections.rules import Target, Window
from procurement.papers.rules import Comparison, Stage, compare
from procurement.rounds.models import Round
from procurement.rounds.queries import course_of, rules_of
from procurement.rounds.rules import Office
from procurement.rounds.scoring_rule import Criterion, Text
from procurement.scoring import queries as scoring
from procurement.scoring.queries import Matrix
from procurement.scoring.tally import Placed


@dataclass(frozen=True, slots=True)
class MarkGiven:
    """What one member gave for one criterion. `member`: the name once it is public, else the code; `seat`: a source
    text; `absent`: why there is no mark, a source text, "" when there is one."""

    member: str
    seat: str
    value: Decimal | None
    reason: str
    absent: str


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion: one's own value as printed, every mark (none where it follows from the prices), and the selected
    ones beside it."""

    criterion: Criterion
    own: str | None
    marks: tuple[MarkGiven, ...]
    others: tuple[Comparison, ...]

    @property
    def title(self) -> Text:
        """Its title; the code where the rule has none."""
        given = self.criterion.title
        return given if given.en or given.zh else Text(self.criterion.code, self.criterion.code)


@dataclass(frozen=True, slots=True)
class Other:
    """An application that is selected, proposed or in reserve. `outcome` as in the result."""

    application: str
    product: str
    merchant: str
    rank: int | None
    total: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Debrief:
    """See the module. `line`: one's own line of the result, None for an ineligible application; `outcome`: of the
    decision once there is one, else of the result; `of`: how many were ranked; `window`: for objecting now, against
    `target`."""

    stage: Stage
    view: ApplicationView
    round_ref: str
    title: Text
    verdict: VerdictView | None
    line: Placed | None
    outcome: str
    of: int
    quorum: int
    threshold: Decimal | None
    lowest_wins: bool
    lines: tuple[CriterionLine, ...]
    selected: tuple[Other, ...]
    target: Target
    window: Window
    office: Office
    authority: Office
    escalation_days: int
    decision: DecisionView | None
    reconsideration_days: int = RECONSIDERATION_DAYS
    court_months: int = COURT_MONTHS
    hotline: str = CONSUMER_HOTLINE

    @property
    def no_award(self) -> tuple[Problem, ...]:
        """Why nothing can be awarded to it, whatever its rank."""
        return () if self.line is None else self.line.no_award

    @property
    def behind(self) -> Mapping[str, tuple[Text, ...]]:
        """Selected application → the criteria on which it is better than one's own."""
        return {
            other.application: tuple(
                line.title
                for line in self.lines
                if any(one.application == other.application and one.lead > 0 for one in line.others)
            )
            for other in self.selected
            if other.application != self.view.ref
        }


def debrief_for(session: Session, ref: str, *, actor: Actor, now: datetime) -> Debrief:
    """The debrief of the application `ref`, for whoever acts for its business and whoever reads the round's files.

    Raises NotFound for anybody else, and before there is a result to tell of.
    """
    unknown = NotFound(N_("There is no result to tell of “%(ref)s” yet, or it is not yours."), ref=ref[:40])
    try:
        found = applications.find_application(session, ref)
    except NotFound:
        raise unknown from None
    reads = may(actor, Permission.READ_ROUND_FILES, round_id=found.round_id)
    if not reads and not applications.is_own(session, actor, found.merchant_id):
        raise unknown
    made = debrief_of(session, found, now=now)
    if made is None:
        raise unknown
    return made


def debrief_of(session: Session, found: Application, *, now: datetime) -> Debrief | None:
    """The debrief of a standing application, whoever asks; None before the scores are open (or, of an ineligible one,
    before checking is closed)."""
    own = session.get_one(Round, found.round_id)
    course, document = course_of(session, own.id), rules_of(session, own.id)
    view = next((v for v in applications.applications_of(session, own.id, now=now) if v.id == found.id), None)
    tally = scoring.tally_of(session, own.id) if course.scores_opened is not None else None
    if view is None or course.checking_closed is None or (view.eligible and tally is None):
        return None
    decision = decisions.decision_of(session, own.id, now=now)
    stage = Stage.DECIDED if decision else Stage.NOTICE if course.notice_given is not None else Stage.OPENED
    line = next((line for line in tally.ranking if line.application == view.ref), None) if tally else None
    outcomes = _outcomes(tally, decision)
    place = RoundForObjections(own.id, own.ref, _title(own), course.phase_at(now), course, document)
    target = _target(stage, eligible=view.eligible)
    matrices = scoring.matrices_of(session, own.id, application=view.ref) if line is not None else []
    selected = _selected(session, own.id, tally, outcomes, now=now)
    return Debrief(
        stage=stage,
        view=view,
        round_ref=own.ref,
        title=_title(own),
        verdict=view.verdict,
        line=line,
        outcome=outcomes.get(view.ref, ""),
        of=sum(one.rank is not None for one in tally.ranking) if tally else 0,
        quorum=document.scoring.quorum,
        threshold=document.scoring.threshold,
        lowest_wins=document.scoring.lowest_wins,
        lines=tuple(_lines(tally, line, matrices[0], selected)) if tally and line and matrices else (),
        selected=selected,
        target=target,
        window=objections.window_of(session, place, target, ref="" if view.eligible else view.ref, now=now),
        office=document.office,
        authority=document.authority,
        escalation_days=document.timetable.escalation_working_days,
        decision=decision,
    )


def _title(found: Round) -> Text:
    return Text(found.title_en, found.title_zh)


def _target(stage: Stage, *, eligible: bool) -> Target:
    if stage is Stage.DECIDED:
        return Target.DECISION
    return Target.RESULT if eligible else Target.VERDICT


def _outcomes(tally: scoring.TallyView | None, decision: DecisionView | None) -> dict[str, str]:
    """Application → what becomes of it: as decided, or as the result says so far."""
    if decision is not None:
        return {line["application"]: line["outcome"] for line in decision.document["result"]["ranking"]}
    return {line.application: line.outcome for line in tally.ranking} if tally else {}


def _selected(
    session: Session, round_id: int, tally: scoring.TallyView | None, outcomes: Mapping[str, str], *, now: datetime
) -> tuple[Other, ...]:
    if tally is None:
        return ()
    views = {view.ref: view for view in applications.applications_of(session, round_id, now=now)}
    return tuple(
        Other(
            line.application,
            views[line.application].product_name,
            views[line.application].merchant_name,
            line.rank,
            line.total_text,
            outcomes[line.application],
        )
        for line in tally.ranking
        if outcomes.get(line.application) in ("selected", "reserve") and line.application in views
    )


def _lines(tally: scoring.TallyView, own: Placed, matrix: Matrix, selected: tuple[Other, ...]) -> list[CriterionLine]:
    placed = {line.application: line for line in tally.ranking}
    lines = []
    for criterion in tally.rule.criteria:
        others: dict[str, tuple[Fraction | None, str]] = {
            other.application: (result.value, result.text or "")
            for other in selected
            if other.application != own.application
            and (result := placed[other.application].criteria[criterion.code]) is not None
        }
        mine = own.criteria[criterion.code]
        lines.append(
            CriterionLine(
                criterion=criterion,
                own=mine.text,
                marks=() if criterion.formula else tuple(_marks(matrix, criterion.code)),
                others=compare(mine.value, others, lowest_wins=tally.rule.lowest_wins),
            )
        )
    return lines


def _marks(matrix: Matrix, code: str) -> list[MarkGiven]:
    found = []
    for seat in matrix.seats:
        sheet = matrix.sheets.get(seat.key)
        given = sheet.marks.get(code) if sheet else None
        absent = "" if given and given.value is not None else seat.recused or N_("did not score")
        found.append(
            MarkGiven(
                member=seat.name or seat.code,
                seat=seat.role,
                value=given.value if given else None,
                reason=given.reason if given else "",
                absent=absent,
            )
        )
    return found
