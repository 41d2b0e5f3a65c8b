"""Every objection of a round followed through its entries: periods counted anew, acts held against the rules. Pure.

The clocks are those of the application (rounds.clocks), started by what the log says and stopped by what it says: the
holds of the round, a supplement that is awaited, something that is tested. Three things are found:

    PERIOD  a deadline that was entered is another than the one that the rules give
    ACT     something was done that could not be done then: an objection came late, a ruling did not wait
    DELAY   something was done after its time, or is still to be done. The rules foresee that: nobody loses a right
            by it, and what a late act says is as good as what a punctual one says. So it is told, and fails nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import Enum
from types import MappingProxyType
from typing import Any

from procurement.applications.entries import VerdictGiven, VerdictTakenBack
from procurement.committee.rules import Ground as RecusalGround
from procurement.decisions.entries import DecisionPublished
from procurement.errors import N_, Problem
from procurement.evidence.facts import Record
from procurement.objections.entries import (
    AuthorityDecided,
    AwardSuspended,
    LimitReached,
    ObjectionAdmitted,
    ObjectionAnswered,
    ObjectionEscalated,
    ObjectionFiled,
    ObjectionInadmissible,
    ObjectionPaused,
    ObjectionPauseEnded,
    ObjectionRuled,
    ObjectionSupplemented,
    ObjectionWithdrawn,
    SupplementAsked,
    ThirdPartyAnswered,
    ThirdPartyTold,
)
from procurement.objections.outside import SETTLING, Outcome, check_complaint, check_outcome, way_out
from procurement.objections.pauses import REASONS, Pause, check_pause, check_supplement, current
from procurement.objections.rules import (
    EXCLUSIONS,
    GROUNDS_FOR,
    OPEN_STEPS,
    ORDERED,
    REMEDIES_FOR,
    Detail,
    Effect,
    Ground,
    Remedy,
    Standing,
    Step,
    Target,
    Window,
    check_ruling,
    check_step,
    days_for,
    decision_window,
    verdict_window,
    window_for,
)
from procurement.publiclog.entry import Entry
from procurement.rounds import clocks
from procurement.rounds.clocks import Clock, Counted, Stopped
from procurement.rounds.entries import RoundAmended
from procurement.rounds.phases import Course
from procurement.rounds.rules import RoundDocument


class About(Enum):
    """What a finding is about (see above)."""

    PERIOD = "period"
    ACT = "act"
    DELAY = "delay"


Finding = tuple[About, Problem]

STEP_OF: Mapping[type[Entry], Step] = MappingProxyType(
    {
        ObjectionAdmitted: Step.ADMITTED,
        ObjectionInadmissible: Step.INADMISSIBLE,
        ObjectionAnswered: Step.ANSWERED,
        ObjectionWithdrawn: Step.WITHDRAWN,
    }
)
"""Entries that are always the same step."""


@dataclass(slots=True)
class _Stopping:
    """A time in which the objection's clock stands still, as pauses.Pause, whose clock depends on when one looks."""

    number: int
    why: Stopped
    began_at: datetime
    counted: Counted
    ended_at: datetime | None = None

    def seen(self, course: Course, now: datetime) -> Pause:
        clock = clocks.running(self.counted, stops=course.stops, now=self.ended_at or now)
        return Pause(self.number, self.why, "", self.began_at, clock, self.ended_at, "")


@dataclass(slots=True)
class _Case:
    """An objection as far as the entries have told of it. `awaited`: of the step that is due; `unheard`: of each
    merchant who was told and has not answered; `order`: of what a ruling ordered."""

    ref: str
    target: Target
    remedy: Remedy
    filed_at: datetime
    state: Step = Step.FILED
    awaited: Counted | None = None
    limit: Counted | None = None
    ruled_at: datetime | None = None
    order: tuple[Remedy, Counted] | None = None
    pauses: list[_Stopping] = field(default_factory=list)
    unheard: dict[str, Counted] = field(default_factory=dict)
    complained_on: date | None = None
    suspended: bool = False
    decided_outside: bool = False

    def stopped(self, course: Course, now: datetime) -> list[Pause]:
        return [one.seen(course, now) for one in self.pauses]

    def clock(self, course: Course, now: datetime) -> Clock | None:
        """Of the step that is due."""
        if self.awaited is None or self.state not in OPEN_STEPS:
            return None
        own = (pause.stop for pause in self.stopped(course, now))
        return clocks.running(self.awaited, stops=(*course.stops, *own), now=now)

    def limit_clock(self, course: Course, now: datetime) -> Clock | None:
        """Of the time for which it may freeze the award."""
        return None if self.limit is None else clocks.running(self.limit, stops=course.stops, now=now)

    def late(self, course: Course, now: datetime) -> datetime | None:
        """When the period of the step that is due was over, if it is."""
        clock = self.clock(course, now)
        return clock.due if clock is not None and clock.overdue(now) else None

    def standing(self, course: Course, now: datetime) -> Standing:
        clock, pause = self.clock(course, now), current(self.stopped(course, now), now)
        return Standing(
            state=self.state,
            target=self.target,
            phase=course.under_hold(now),
            due=None if clock is None else clock.due,
            paused=None if pause is None else pause.why,
            unheard=tuple(
                application
                for application, counted in self.unheard.items()
                if not clocks.running(counted, stops=course.stops, now=now).overdue(now)
            ),
        )


@dataclass(frozen=True, slots=True)
class _Moment:
    """An entry's place in the record: the course before it, when, and the rules in force."""

    record: Record
    position: int
    at: datetime

    @property
    def course(self) -> Course:
        """As it was before the act. A round that the act itself has just ended had not ended yet."""
        course = self.record.courses[self.position]
        return replace(course, aborted=None) if course.aborted == self.at else course

    @property
    def rules(self) -> RoundDocument:
        return self.record.rules_at(self.position)

    def days(self, working_days: int) -> tuple[datetime, Counted]:
        return clocks.working_deadline(self.rules, start=self.at, working_days=working_days)

    @property
    def today(self) -> date:
        return self.at.astimezone(clocks.zone_of(self.rules)).date()


def findings(record: Record) -> Iterator[Finding]:
    """Everything that is found about the objections of the round, in the order in which it happened."""
    cases: dict[str, _Case] = {}
    verdicts: dict[str, datetime] = {}
    for position, envelope in enumerate(record.envelopes):
        entry, moment = envelope.entry, _Moment(record, position, envelope.at)
        match entry:
            case VerdictGiven(application=ref):
                verdicts[ref] = moment.at
            case VerdictTakenBack(application=ref):
                verdicts.pop(ref, None)
            case ObjectionFiled():
                yield from _filed(moment, entry, cases, verdicts)
            case RoundAmended():
                yield from _carried_out(moment, Remedy.AMEND, cases.values())
            case DecisionPublished():
                yield from _carried_out(moment, Remedy.ANNUL, cases.values())
        case = cases.get(getattr(entry, "objection", None) or "")
        if case is None or isinstance(entry, ObjectionFiled):
            continue  # that a step follows from none before is told where steps are
        try:
            yield from _happened(moment, case, entry)
        except ValueError:
            yield _act(N_("%(ref)s: entry %(index)s says something that the rules do not know."), case.ref,
                       index=record.entries[position][0].index)  # fmt: skip
    yield from _unfinished(record, cases.values())


def _act(message: str, ref: str, **params: Any) -> Finding:
    return About.ACT, Problem(message, {"ref": ref, **params})


def _wrong(ref: str, problems: Iterable[Problem]) -> Iterator[Finding]:
    """What the rules of the application would have said to the act."""
    for problem in problems:
        yield _act(N_("%(ref)s: %(why)s"), ref, why=problem)


def _period(ref: str, stated: datetime | None, expected: datetime | None) -> Iterator[Finding]:
    if stated != expected:
        yield (
            About.PERIOD,
            Problem(
                N_("%(ref)s: a period ends %(stated)s; counted anew, %(expected)s."),
                {"ref": ref, "stated": stated or "–", "expected": expected or "–"},
            ),
        )


def _delay(message: str, ref: str, due: datetime, **params: Any) -> Finding:
    return About.DELAY, Problem(message, {"ref": ref, "due": due, **params})


# --- filing -------------------------------------------------------------------------------------------------------


def _filed(
    moment: _Moment, entry: ObjectionFiled, cases: dict[str, _Case], verdicts: dict[str, datetime]
) -> Iterator[Finding]:
    ref = entry.objection
    try:
        target, remedy, ground = Target(entry.target), Remedy(entry.remedy), Ground(entry.ground)
    except ValueError:
        yield _act(N_("%(ref)s is on grounds that the rules do not know."), ref)
        return
    if ground not in GROUNDS_FOR[target] or remedy not in REMEDIES_FOR[target]:
        yield _act(N_("%(ref)s is on grounds that the rules do not know."), ref)
    window = _window(moment, target, verdicts.get(entry.target_ref or ""))
    if not window.open:
        yield _act(N_("%(ref)s came when its object could not be objected to: %(why)s"), ref, why=window.why)
    expected, counted = moment.days(moment.rules.timetable.admissibility_working_days)
    yield from _period(ref, entry.due, expected)
    cases[ref] = _Case(ref, target, remedy, moment.at, awaited=counted)


def _window(moment: _Moment, target: Target, given_at: datetime | None) -> Window:
    course, at = moment.course, moment.at
    phase = course.phase_at(at)
    if target is Target.DECISION:
        return decision_window(moment.rules, phase=phase, decided=course.decided, now=at)
    if target is Target.VERDICT:
        return verdict_window(
            moment.rules,
            phase=phase,
            given_at=given_at or course.checking_closed or at,
            checking_closed=course.checking_closed,
            stops=course.stops,
            now=at,
        )
    return window_for(target, phase=phase)


# --- what becomes of one ------------------------------------------------------------------------------------------


def _happened(moment: _Moment, case: _Case, entry: object) -> Iterator[Finding]:
    match entry:
        case ObjectionAdmitted() | ObjectionInadmissible() | ObjectionAnswered() | ObjectionWithdrawn():
            yield from _step(moment, case, entry)
        case ObjectionRuled():
            yield from _ruled(moment, case, entry)
        case SupplementAsked() | ObjectionPaused():
            yield from _stopped(moment, case, entry)
        case ObjectionSupplemented() | ObjectionPauseEnded():
            yield from _runs_again(moment, case, entry)
        case LimitReached(since=since):
            limit = case.limit_clock(moment.course, moment.at)
            if case.state not in OPEN_STEPS or limit is None or not limit.overdue(moment.at):
                yield _act(N_("%(ref)s had not reached its limit."), case.ref)
            yield from _period(case.ref, since, None if limit is None else limit.due)
        case ThirdPartyTold() | ThirdPartyAnswered():
            yield from _heard(moment, case, entry)
        case ObjectionEscalated():
            yield from _escalated(moment, case, entry)
        case AwardSuspended(until=until):
            if case.complained_on is None or case.suspended or case.decided_outside:
                yield _act(N_("%(ref)s: the award was stopped by no authority that it was before."), case.ref)
            case.suspended = True
            days = moment.rules.timetable.suspension_days
            yield from _period(case.ref, until, clocks.calendar_deadline(moment.rules, start=moment.at, days=days)[0])
        case AuthorityDecided():
            yield from _decided(moment, case, entry)


def _advance(moment: _Moment, case: _Case, to: Step, remedy: Remedy | None = None) -> tuple[datetime | None, ...]:
    """The case takes the step `to`; returns the deadlines that it sets: of what follows, and of the freeze."""
    days = days_for(to, moment.rules.timetable, None if remedy is None else Effect(remedy))
    due, counted = (None, None) if days is None else moment.days(days)
    case.state, case.awaited = to, counted if to in OPEN_STEPS else None
    if remedy is not None and remedy in ORDERED and counted is not None:
        case.order = remedy, counted
    if to is not Step.ADMITTED:
        return due, None
    until, case.limit = clocks.calendar_deadline(
        moment.rules, start=moment.at, days=moment.rules.timetable.suspension_days
    )
    return due, until


def _step(
    moment: _Moment,
    case: _Case,
    entry: ObjectionAdmitted | ObjectionInadmissible | ObjectionAnswered | ObjectionWithdrawn,
) -> Iterator[Finding]:
    course, at = moment.course, moment.at
    to = STEP_OF[type(entry)]
    yield from _wrong(case.ref, check_step(case.standing(course, at), to))
    late = case.late(course, at)
    if late is not None and to is Step.ANSWERED:
        yield _delay(N_("%(ref)s was answered %(at)s; the answer was due by %(due)s."), case.ref, late, at=at)
    elif late is not None and to is not Step.WITHDRAWN:
        yield _delay(
            N_("Whether %(ref)s is admissible was decided %(at)s; that was due by %(due)s."), case.ref, late, at=at
        )
    due, limit = _advance(moment, case, to)
    if isinstance(entry, ObjectionAdmitted | ObjectionAnswered):
        yield from _period(case.ref, entry.due, due)
    if isinstance(entry, ObjectionAdmitted):
        yield from _period(case.ref, entry.limit, limit)
    if to is Step.INADMISSIBLE:
        case.ruled_at = at


def _ruled(moment: _Moment, case: _Case, entry: ObjectionRuled) -> Iterator[Finding]:
    course, at = moment.course, moment.at
    effect = _effect(entry)
    yield from _wrong(case.ref, check_ruling(case.standing(course, at), Step(entry.outcome), effect, now=at))
    late = case.late(course, at)
    if late is not None and case.state is Step.ADMITTED:
        yield _delay(N_("%(ref)s was ruled on without an answer, which was due by %(due)s."), case.ref, late)
    elif late is not None:
        yield _delay(N_("%(ref)s was ruled on %(at)s; the ruling was due by %(due)s."), case.ref, late, at=at)
    due, _ = _advance(moment, case, Step(entry.outcome), None if effect is None else effect.remedy)
    yield from _period(case.ref, entry.due, due)
    case.ruled_at = at


def _effect(entry: ObjectionRuled | AuthorityDecided) -> Effect | None:
    """What was ordered. On which ground a member is recused and for which reason an application is excluded is said
    by the entries of these acts; here it is enough that there is one."""
    if entry.effect is None:
        return None
    detail = Detail(entry.application or "", entry.member or "", entry.criterion or "", entry.value)
    return Effect(Remedy(entry.effect), detail, RecusalGround.OTHER, EXCLUSIONS[0])


def _carried_out(moment: _Moment, remedy: Remedy, cases: Iterable[_Case]) -> Iterator[Finding]:
    """An act of the organiser carries out every order of its kind."""
    for case in cases:
        if case.order is not None and case.order[0] is remedy:
            clock = clocks.running(case.order[1], stops=moment.course.stops, now=moment.at)
            if clock.due is not None and clock.overdue(moment.at):
                yield _delay(
                    N_("What was ordered on %(ref)s was carried out %(at)s; that was due by %(due)s."),
                    case.ref,
                    clock.due,
                    at=moment.at,
                )
            case.order = None


# --- clocks that stand still --------------------------------------------------------------------------------------


def _stopped(moment: _Moment, case: _Case, entry: SupplementAsked | ObjectionPaused) -> Iterator[Finding]:
    course, at = moment.course, moment.at
    number, why, days = len(case.pauses) + 1, Stopped.SUPPLEMENT, None
    if isinstance(entry, ObjectionPaused):
        why, days = Stopped(entry.why), entry.days
        if entry.number != number or why not in REASONS:
            yield _act(N_("%(ref)s: its clock was stopped out of turn."), case.ref)
    yield from _wrong(case.ref, check_pause(case.state, case.stopped(course, at), why, days, now=at))
    expected, counted = moment.days(days or moment.rules.timetable.objection_supplement_working_days)
    yield from _period(case.ref, entry.due, expected)
    case.pauses.append(_Stopping(number, why, at, counted))


def _runs_again(
    moment: _Moment, case: _Case, entry: ObjectionSupplemented | ObjectionPauseEnded
) -> Iterator[Finding]:
    course, at = moment.course, moment.at
    pauses = case.stopped(course, at)
    if isinstance(entry, ObjectionSupplemented):
        yield from _wrong(case.ref, check_supplement(case.state, pauses, now=at))
        ended = next((one for one in case.pauses if one.why is Stopped.SUPPLEMENT), None)
    else:
        standing = current(pauses, at)
        if standing is None or standing.number != entry.number or standing.why is Stopped.SUPPLEMENT:
            yield _act(N_("%(ref)s: its clock ran already when it was let run again."), case.ref)
        ended = next((one for one in case.pauses if one.number == entry.number), None)
    if ended is not None and ended.ended_at is None:
        ended.ended_at = at


# --- merchants who are attacked, and the outside authority --------------------------------------------------------


def _heard(moment: _Moment, case: _Case, entry: ThirdPartyTold | ThirdPartyAnswered) -> Iterator[Finding]:
    if isinstance(entry, ThirdPartyTold):
        due, counted = moment.days(moment.rules.timetable.third_party_working_days)
        yield from _period(case.ref, entry.due, due)
        case.unheard[entry.application] = counted
    else:
        if case.state not in OPEN_STEPS or entry.application not in case.standing(moment.course, moment.at).unheard:
            yield _act(
                N_("%(ref)s: the applicant of %(application)s was heard when their time was over."),
                case.ref,
                application=entry.application,
            )
        case.unheard.pop(entry.application, None)


def _escalated(moment: _Moment, case: _Case, entry: ObjectionEscalated) -> Iterator[Finding]:
    course, at, rules = moment.course, moment.at, moment.rules
    clock, limit = case.clock(course, at), case.limit_clock(course, at)
    window = None
    if case.ruled_at is not None:
        days = rules.timetable.escalation_working_days
        window = Clock(*clocks.working_deadline(rules, start=case.ruled_at, working_days=days))
    ends = [one.due for one in (clock, limit) if one is not None and one.due is not None]
    overdue = any(due <= at for due in ends)
    way = way_out(case.state, overdue=overdue, window=window, now=at)
    if not way.open and way.closes is None and way.why is not None:  # a supervisor notes a late complaint as well
        yield from _wrong(case.ref, [way.why])
    since = (case.ruled_at or min(ends, default=case.filed_at)).astimezone(clocks.zone_of(rules)).date()
    yield from _wrong(
        case.ref, check_complaint(entry.complained_on, entry.reference, since=since, today=moment.today)
    )
    noon = datetime.combine(entry.complained_on, time(12), tzinfo=clocks.zone_of(rules))
    days = rules.timetable.authority_working_days
    yield from _period(case.ref, entry.due, clocks.working_deadline(rules, start=noon, working_days=days)[0])
    case.complained_on = entry.complained_on


def _decided(moment: _Moment, case: _Case, entry: AuthorityDecided) -> Iterator[Finding]:
    course, at = moment.course, moment.at
    outcome, effect = Outcome(entry.outcome), _effect(entry)
    if case.complained_on is None or case.decided_outside:
        yield _act(N_("%(ref)s was decided by no authority that it was before."), case.ref)
        return
    yield from _wrong(
        case.ref,
        check_outcome(
            case.standing(course, at).heard(),
            outcome,
            effect,
            decided_on=entry.decided_on,
            complained_on=case.complained_on,
            today=moment.today,
        ),
    )
    if entry.settles is not (case.state in OPEN_STEPS and outcome in SETTLING):
        yield _act(N_("%(ref)s: whether the authority's decision settles it is told wrongly."), case.ref)
    case.decided_outside, due = True, None
    if effect is not None and effect.remedy in ORDERED:
        due, counted = moment.days(moment.rules.timetable.decision_working_days)
        case.order = effect.remedy, counted
    yield from _period(case.ref, entry.due, due)
    if entry.settles:
        case.state, case.awaited = Step.OUTSIDE, None


# --- what is still to be done -------------------------------------------------------------------------------------


def _unfinished(record: Record, cases: Iterable[_Case]) -> Iterator[Finding]:
    """What was overdue at the last entry: what has happened since nobody can tell from the file."""
    if not record.envelopes:
        return
    now, course = record.envelopes[-1].at, record.course
    for case in cases:
        if (late := case.late(course, now)) is not None:
            yield _delay(N_("%(ref)s still waits for a step that was due by %(due)s."), case.ref, late)
        if case.order is not None:
            clock = clocks.running(case.order[1], stops=course.stops, now=now)
            if clock.due is not None and clock.overdue(now):
                yield _delay(
                    N_("What was ordered on %(ref)s is not carried out; it was due by %(due)s."), case.ref, clock.due
                )
