"""Reading how far members are apart: where they differ on an objective criterion and what became of it, which marks
are abnormal by the stated test, and Kendall's W. Everything here is read from opened sheets."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor
from procurement.applications.models import Application
from procurement.committee.models import Member
from procurement.committee.queries import member_of
from procurement.errors import N_, NotFound, Problem
from procurement.rounds import clocks
from procurement.rounds.phases import Phase
from procurement.rounds.queries import course_of, find_round, rules_of
from procurement.rounds.scoring_rule import Criterion
from procurement.scoring.models import Agreement, AgreementAnswer
from procurement.scoring.outliers import Agreement as Concordance
from procurement.scoring.outliers import Spread, concordance, spread
from procurement.scoring.panel import given_marks
from procurement.scoring.queries import PublicResult, TallyView, tally_of
from procurement.scoring.results import recompute
from procurement.scoring.rules import AGREEING_WORKING_DAYS


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What a member said to a proposal."""

    member: str
    agrees: bool
    reason: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class AgreementView:
    """A mark proposed for all. `agreed` is None while answers are waited for."""

    number: int
    application: str
    criterion: str
    value: Decimal
    reason: str
    member: str
    proposed_at: datetime
    settled_at: datetime | None
    agreed: bool | None
    answers: tuple[AnswerView, ...]

    def answered(self, member: str) -> bool:
        """Whether that member has answered."""
        return any(answer.member == member for answer in self.answers)


def agreements_of(session: Session, round_id: int, *, application: str | None = None) -> list[AgreementView]:
    """Every proposal of a round, or of one application, oldest first, in two statements."""
    codes: dict[int, str] = {
        row[0]: row[1] for row in session.execute(select(Member.id, Member.code).where(Member.round_id == round_id))
    }
    wanted = (
        select(Agreement, Application.ref)
        .join(Application, Application.id == Agreement.application_id)
        .where(Agreement.round_id == round_id)
        .order_by(Agreement.number)
    )
    if application is not None:
        wanted = wanted.where(Application.ref == application)
    found = [(row[0], row[1]) for row in session.execute(wanted)]
    answers: dict[int, list[AnswerView]] = {}
    if found:
        given = select(AgreementAnswer).where(AgreementAnswer.agreement_id.in_([one.id for one, _ in found]))
        for row in session.scalars(given.order_by(AgreementAnswer.answered_at, AgreementAnswer.member_id)):
            view = AnswerView(codes[row.member_id], row.agrees, row.reason, row.answered_at)
            answers.setdefault(row.agreement_id, []).append(view)
    return [
        AgreementView(
            number=one.number,
            application=ref,
            criterion=one.criterion,
            value=one.value,
            reason=one.reason,
            member=codes[one.proposed_by_id],
            proposed_at=one.proposed_at,
            settled_at=one.settled_at,
            agreed=one.agreed,
            answers=tuple(answers.get(one.id, ())),
        )
        for one, ref in found
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """An objective criterion on which the members' marks for an application differ. `marks`: member → mark as it is
    now; `proposal`: the one that is answered now; `declined`: the last one was not agreed on."""

    application: str
    criterion: Criterion
    marks: Mapping[str, Decimal]
    proposal: AgreementView | None
    declined: bool

    @property
    def waiting(self) -> tuple[str, ...]:
        """Members whose act is waited for: to answer, or, with nothing proposed, to propose."""
        if self.declined:
            return ()
        return tuple(m for m in self.marks if self.proposal is None or not self.proposal.answered(m))


def differences_of(session: Session, round_id: int) -> list[Difference]:
    """Where members differ now on what is no matter of judgement; empty before scores are opened."""
    view = tally_of(session, round_id)
    apart = [] if view is None else _apart(view)
    if not apart:
        return []
    proposals = agreements_of(session, round_id)
    return [_difference(one, proposals) for one in apart]


_Apart = tuple[str, Criterion, dict[str, Decimal]]


def _apart(view: TallyView) -> list[_Apart]:
    """(application, criterion, member → mark) wherever marks differ that should not."""
    return [
        (ref, criterion, marks)
        for ref in sorted(view.marks)
        for criterion in view.rule.marked
        if criterion.kind != "judged"
        and len(set((marks := given_marks(view.marks, ref, criterion.code)).values())) > 1
    ]


def _difference(apart: _Apart, proposals: list[AgreementView]) -> Difference:
    """With the last proposal that concerns it; they come oldest first."""
    ref, criterion, marks = apart
    mine = [one for one in proposals if (one.application, one.criterion) == (ref, criterion.code)]
    last = mine[-1] if mine else None
    proposal = last if last is not None and last.agreed is None else None
    return Difference(ref, criterion, marks, proposal, last is not None and last.agreed is False)


@dataclass(frozen=True, slots=True)
class PublicDifferences:
    """What everybody reads of one application: where members differ now, and every proposal so far."""

    differences: tuple[Difference, ...]
    agreements: tuple[AgreementView, ...]


def public_differences(session: Session, result: PublicResult, *, application: str) -> PublicDifferences:
    """See PublicDifferences, in two statements at most."""
    proposals = agreements_of(session, result.round_id, application=application)
    apart = [one for one in _apart(result.tally) if one[0] == application]
    return PublicDifferences(tuple(_difference(one, proposals) for one in apart), tuple(proposals))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Disagreement for which a notice waits. `until`: then it waits no longer (None while the round is held)."""

    differences: tuple[Difference, ...]
    until: datetime | None
    counted: Mapping[str, object]


def waiting_agreement(session: Session, round_id: int, *, now: datetime) -> Waiting | None:
    """What a notice has to wait for: differences on objective criteria that were neither agreed nor declined, for
    AGREEING_WORKING_DAYS after the scores were opened."""
    course = course_of(session, round_id)
    if course.scores_opened is None or course.phase_at(now) is not Phase.OPENED:
        return None
    open_ones = tuple(one for one in differences_of(session, round_id) if one.waiting)
    if not open_ones:
        return None
    _, counted = clocks.working_deadline(
        rules_of(session, round_id), start=course.scores_opened, working_days=AGREEING_WORKING_DAYS
    )
    clock = clocks.running(counted, stops=course.stops, now=now)
    return None if clock.overdue(now) else Waiting(open_ones, clock.due, clock.counted)


def agreement_problems(session: Session, round_id: int, *, now: datetime) -> list[Problem]:
    """What keeps a notice waiting, as a refusal says it."""
    waiting = waiting_agreement(session, round_id, now=now)
    if waiting is None:
        return []
    return [
        Problem(
            N_(
                "Members differ on an objective criterion of %(applications)s. Notice can be given when they have "
                "agreed or said that they cannot, or after %(until)s."
            ),
            {
                "applications": ", ".join(sorted({one.application for one in waiting.differences})),
                "until": waiting.until or "–",
            },
        )
    ]


@dataclass(frozen=True, slots=True)
class LookAgain:
    """What a member is asked to look at after opening, for one application: criteria on which all must agree, and own
    marks that are abnormal by the stated test."""

    application: str
    differ: tuple[Difference, ...]
    abnormal: tuple[Criterion, ...]


def look_again(session: Session, *, actor: Actor, round_ref: str, now: datetime) -> list[LookAgain]:
    """What `actor` is asked to look at in a round whose scores are open and not yet on notice."""
    round_id = find_round(session, round_ref).id
    member = member_of(session, round_id, actor.user_id)
    view = tally_of(session, round_id)
    if member is None or view is None or course_of(session, round_id).phase_at(now) is not Phase.OPENED:
        return []
    differ: dict[str, list[Difference]] = {}
    for one in differences_of(session, round_id):
        if member.code in one.marks:
            differ.setdefault(one.application, []).append(one)
    outlying: dict[str, list[Criterion]] = {}
    for ref in view.marks:
        for apart in spreads(view, ref):
            if member.code in apart.outliers:
                outlying.setdefault(ref, []).append(view.rule.criterion(apart.criterion))
    return [
        LookAgain(ref, tuple(differ.get(ref, ())), tuple(outlying.get(ref, ())))
        for ref in sorted(differ.keys() | outlying.keys())
    ]


def difference_of(session: Session, *, actor: Actor, application: str, criterion: str) -> Difference:
    """The difference on one criterion, for a member who scored the application. Raises NotFound."""
    found = session.scalars(select(Application).where(Application.ref == application)).one_or_none()
    member = None if found is None else member_of(session, found.round_id, actor.user_id)
    if found is not None and member is not None:
        for one in differences_of(session, found.round_id):
            if (one.application, one.criterion.code) == (application, criterion) and member.code in one.marks:
                return one
    raise NotFound(N_("There is nothing to agree on: all members gave the same mark."))


def own_outliers(session: Session, *, actor: Actor, application: str) -> list[str]:
    """Codes of the criteria on which the actor's mark for an application is abnormal by the stated test."""
    found = session.scalars(select(Application).where(Application.ref == application)).one_or_none()
    member = None if found is None else member_of(session, found.round_id, actor.user_id)
    view = None if found is None else tally_of(session, found.round_id)
    if member is None or view is None:
        return []
    return [one.criterion for one in spreads(view, application) if member.code in one.outliers]


def spreads(view: TallyView, application: str) -> list[Spread]:
    """How far members are apart on each criterion that they mark, for one application."""
    found = (
        spread(view.rule, criterion, given_marks(view.marks, application, criterion.code))
        for criterion in view.rule.marked
    )
    return [one for one in found if one is not None]


@dataclass(frozen=True, slots=True)
class Outlier:
    """A mark that is abnormal by the stated test; `spread` has the others."""

    application: str
    member: str
    spread: Spread


@dataclass(frozen=True, slots=True)
class CriterionApart:
    """One criterion over the whole round. `counts`: mark → how often it was given; `widest`: the applications on
    which members are furthest apart, the widest first."""

    criterion: Criterion
    counts: Mapping[Decimal, int]
    agreement: Concordance
    widest: tuple[tuple[str, Spread], ...]


@dataclass(frozen=True, slots=True)
class RoundApart:
    """How far the members of a round are apart. `totals`: Kendall's W of their own totals."""

    criteria: tuple[CriterionApart, ...]
    totals: Concordance
    outliers: tuple[Outlier, ...]


WIDEST = 3


def round_apart(result: PublicResult) -> RoundApart:
    """See RoundApart, of a round as last tallied."""
    return _round_apart(result.tally.text)


@lru_cache(maxsize=16)
def _round_apart(text: str) -> RoundApart:
    """Of the document of a computation, which never changes."""
    computation, tally = recompute(text)
    rule, marks = computation.rule, computation.marks
    criteria, outliers = [], []
    for criterion in rule.marked:
        counts: Counter[Decimal] = Counter()
        scored: dict[str, dict[str, Decimal | Fraction]] = {}
        spreads: list[tuple[str, Spread]] = []
        for ref in sorted(marks):
            given = given_marks(marks, ref, criterion.code)
            counts.update(given.values())
            for member, mark in given.items():
                scored.setdefault(member, {})[ref] = mark
            if one := spread(rule, criterion, given):
                spreads.append((ref, one))
                outliers += [Outlier(ref, member, one) for member in one.outliers]
        spreads.sort(key=lambda pair: pair[1].lowest - pair[1].highest)
        widest = tuple(pair for pair in spreads[:WIDEST] if pair[1].highest > pair[1].lowest)
        criteria.append(CriterionApart(criterion, counts, concordance(scored), widest))
    return RoundApart(tuple(criteria), concordance(tally.own_totals()), tuple(outliers))
