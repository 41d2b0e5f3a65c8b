"""What happened to an objection, in the order in which it happened, and the periods that ran meanwhile. Pure.

The page of an objection tells the happenings; its picture and the table beside it show the periods.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from procurement.errors import N_
from procurement.objections.outside import Outcome
from procurement.objections.papers import PAPER_OF, PaperKind
from procurement.objections.queries import ObjectionView, StepView
from procurement.objections.rules import AWAITED, STEPS, Effect, Step
from procurement.rounds.clocks import Clock, Stopped
from procurement.rounds.phases import Stop


class Event(StrEnum):
    """Kinds of happenings, besides the steps (rules.Step)."""

    SUPPLEMENT_ASKED = "supplement_asked"
    SUPPLEMENTED = "supplemented"
    SUPPLEMENT_MISSED = "supplement_missed"
    PAUSED = "paused"
    PAUSE_ENDED = "pause_ended"
    TOLD = "told"
    STATED = "stated"
    ESCALATED = "escalated"
    SUSPENDED = "suspended"
    SUSPENSION_OVER = "suspension_over"
    AUTHORITY = "authority"
    LIMIT = "limit"


EVENTS = {
    Event.SUPPLEMENT_ASKED: N_("a supplement was asked for"),
    Event.SUPPLEMENTED: N_("supplemented"),
    Event.SUPPLEMENT_MISSED: N_("no supplement came in time"),
    Event.PAUSED: N_("the clock was stopped"),
    Event.PAUSE_ENDED: N_("the clock runs again"),
    Event.TOLD: N_("the merchant was told"),
    Event.STATED: N_("the merchant answered"),
    Event.ESCALATED: N_("taken to the outside authority"),
    Event.SUSPENDED: N_("the outside authority stopped the award"),
    Event.SUSPENSION_OVER: N_("the period for which the award may be stopped is over"),
    Event.AUTHORITY: N_("the outside authority decided"),
    Event.LIMIT: N_("the award has been frozen for as long as the rules foresee"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `title`: a source text; `code`: why it is inadmissible, or why the clock stands still;
    `text`: what was said; `about`: an application; `clock`: what it called for, `what` says what that is, `done`
    whether that has come."""

    at: datetime
    title: str
    step: Step | None = None
    event: Event | None = None
    code: str = ""
    text: str = ""
    about: str = ""
    effect: Effect | None = None
    what: str = ""
    clock: Clock | None = None
    done: bool = False
    paper: PaperKind | None = None


def story_of(view: ObjectionView, now: datetime) -> list[Happening]:
    """Everything that has happened until `now`, oldest first."""
    found = [_of_step(view, step, last=step is view.steps[-1]) for step in view.steps]
    for pause in view.pauses:
        supplement = pause.why is Stopped.SUPPLEMENT
        asked = Event.SUPPLEMENT_ASKED if supplement else Event.PAUSED
        found.append(
            Happening(
                pause.began_at,
                EVENTS[asked],
                event=asked,
                code="" if supplement else pause.why.value,
                text=pause.text,
                what=N_("Supplement due by") if supplement else N_("At most until"),
                clock=pause.clock,
                done=not pause.goes_on(now) or not view.open,
            )
        )
        if pause.ended_at is not None:
            ended = Event.SUPPLEMENTED if supplement else Event.PAUSE_ENDED
            found.append(Happening(pause.ended_at, EVENTS[ended], event=ended, text=pause.answer))
        elif pause.clock.due is not None and pause.clock.overdue(now):
            missed = Event.SUPPLEMENT_MISSED if supplement else Event.PAUSE_ENDED
            if view.open or pause.clock.due <= view.steps[-1].at:
                found.append(Happening(pause.clock.due, EVENTS[missed], event=missed))
    for party in view.parties:
        found.append(
            Happening(
                party.told_at,
                EVENTS[Event.TOLD],
                event=Event.TOLD,
                about=party.application,
                what=N_("Statement by"),
                clock=party.clock,
                done=not party.may_answer(now) or not view.open,
            )
        )
        if party.answered_at is not None:
            stated = EVENTS[Event.STATED]
            found.append(
                Happening(party.answered_at, stated, event=Event.STATED, about=party.application, text=party.text)
            )
    if view.limit is not None and view.limit.due is not None:
        settled = view.steps[-1].at if not view.open else now
        if view.limit.due <= settled:
            found.append(Happening(view.limit.due, EVENTS[Event.LIMIT], event=Event.LIMIT))
    found += _outside(view, now)
    return sorted(found, key=lambda one: one.at)


def _of_step(view: ObjectionView, step: StepView, *, last: bool) -> Happening:
    return Happening(
        step.at,
        STEPS[step.kind],
        step=step.kind,
        code=step.code,
        text=step.text,
        effect=step.effect,
        what=AWAITED.get(step.kind, ""),
        clock=step.clock,
        done=not last or not (view.open or view.order is not None),
        paper=PAPER_OF.get(step.kind),
    )


def _outside(view: ObjectionView, now: datetime) -> list[Happening]:
    found: list[Happening] = []
    escalation = view.escalation
    if escalation is None:
        return found
    found.append(
        Happening(
            escalation.told_at,
            EVENTS[Event.ESCALATED],
            event=Event.ESCALATED,
            about=escalation.reference,
            what=N_("Its period ends"),
            clock=escalation.clock,
            done=escalation.recorded_at is not None,
        )
    )
    if escalation.suspended_at is not None and escalation.suspended_until is not None:
        found.append(
            Happening(
                escalation.suspended_at,
                EVENTS[Event.SUSPENDED],
                event=Event.SUSPENDED,
                text=escalation.suspension,
                what=N_("At most until"),
                clock=Clock(escalation.suspended_until, dict(escalation.suspended_counted or {})),
                done=True,
            )
        )
        if escalation.suspended_until <= (escalation.recorded_at or now):
            over = EVENTS[Event.SUSPENSION_OVER]
            found.append(Happening(escalation.suspended_until, over, event=Event.SUSPENSION_OVER))
    if escalation.recorded_at is not None and escalation.outcome is not None:
        found.append(
            Happening(
                escalation.recorded_at,
                EVENTS[Event.AUTHORITY],
                event=Event.AUTHORITY,
                code=Outcome(escalation.outcome).value,
                text=escalation.text,
                effect=escalation.effect,
                what=N_("The organiser carries it out by"),
                clock=view.order if escalation.effect is not None else None,
                done=view.order is None,
                paper=PaperKind.AUTHORITY,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Period:
    """A time within which something was to be done. `ends`: when it was done, None while it is not; `due`: until when
    it was to be (None: its clock stands still); `stops`: when it stood still; `late`: at the instant that asked."""

    title: str
    begins: datetime
    ends: datetime | None
    due: datetime | None
    stops: tuple[Stop, ...]
    left: int
    late: bool


PERIODS = {
    Step.FILED: N_("Whether it is dealt with"),
    Step.ADMITTED: N_("Answer"),
    Step.ANSWERED: N_("Ruling"),
}


def periods_of(view: ObjectionView, now: datetime) -> list[Period]:
    """The periods of an objection: of each step, of the freeze, and of the outside authority."""
    found = []
    for step, following in zip(view.steps, [*view.steps[1:], None], strict=True):
        if step.kind in PERIODS and step.clock is not None:
            ends = None if following is None else following.at
            found.append(_period(PERIODS[step.kind], step.at, ends, step.clock, now))
    admitted = next((step for step in view.steps if step.kind is Step.ADMITTED), None)
    if admitted is not None and view.limit is not None:
        ends = None if view.open else view.steps[-1].at
        found.append(_period(N_("The award is frozen"), admitted.at, ends, view.limit, now))
    if view.order is not None:
        ordered = view.steps[-1].at
        if view.escalation is not None and view.escalation.recorded_at is not None:
            ordered = max(ordered, view.escalation.recorded_at)
        found.append(_period(N_("What was ordered is carried out"), ordered, None, view.order, now))
    if view.escalation is not None:
        title, told = N_("Outside authority"), view.escalation.told_at
        found.append(_period(title, told, view.escalation.recorded_at, view.escalation.clock, now))
    return found


def _period(title: str, begins: datetime, ends: datetime | None, clock: Clock, now: datetime) -> Period:
    late = clock.overdue(ends or now)
    return Period(title, begins, ends, clock.due, clock.stops, clock.left, late)
