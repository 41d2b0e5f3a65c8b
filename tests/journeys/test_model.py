"""Random lawful and unlawful acts, in any order, by anybody, at any time, against a small model of the process.

The model is written from docs/process.md and shares no code with what it judges: it says for each act whether it must
succeed, or which of the three questions (who, when, what) must refuse it. An act that succeeds adds to the public
log; one that is refused leaves everything as it was. At the end the audit finds nothing.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as HypothesisPhase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from procurement.applications import actions as applications
from procurement.applications import verifying
from procurement.committee import actions as committee
from procurement.committee.rules import MemberKind
from procurement.db import make_engine, reading, transaction
from procurement.errors import NotAllowed, NotFound, Refused, RuleBroken, WrongPhase
from procurement.objections import actions as objections
from procurement.objections.rules import Step
from procurement.publiclog import audit
from procurement.publiclog.models import LogHead
from procurement.rounds import actions as rounds
from procurement.rounds.phases import Phase
from procurement.rounds.rules import AbortReason, HoldLabel
from procurement.rounds.scoring_rule import Text
from procurement.scoring import actions as scoring
from procurement.workdays import calendar
from tests.conftest import MovableClock
from tests.worlds import applications as applied
from tests.worlds import objections as objecting
from tests.worlds import scoring as sheets
from tests.worlds.people import People, Person, people
from tests.worlds.rounds import RoundWorld, draft_round

MICRO = timedelta(microseconds=1)
DAY = timedelta(days=1)
OFFICE = ZoneInfo("Asia/Shanghai")
SIZE = 5  # of the committee
ENOUGH = 3  # eligible applications, without which nothing is selected
Why = type[Refused]


def local(moment: datetime) -> date:
    """The day that it is in the office."""
    return moment.astimezone(OFFICE).date()


def days(first: date, last: date) -> list[date]:
    """Every day from the one to the other."""
    return [first + n * DAY for n in range((last - first).days + 1)]


def works(day: date) -> bool:
    """Whether people work on that day."""
    return calendar("cn").day_off(day) is None


@dataclass
class Model:
    """What has happened, as somebody who reads the newspaper would keep it."""

    published: bool = False
    applications_close: datetime | None = None
    sold_on: dict[int, date] = field(default_factory=dict)  # by application, the day of its newest low price
    standing: set[int] = field(default_factory=set)
    withdrawn: set[int] = field(default_factory=set)
    found: dict[int, date] = field(default_factory=dict)  # by application, the day of what was verified last
    judged: set[int] = field(default_factory=set)
    checked: bool = False
    appointed: int = 0
    declared: set[int] = field(default_factory=set)
    began: bool = False
    scoring_closes: datetime | None = None
    sealed: set[tuple[int, int]] = field(default_factory=set)
    opened: bool = False
    notice_closes: datetime | None = None
    objections: dict[str, str] = field(default_factory=dict)
    held: datetime | None = None
    lost: set[date] = field(default_factory=set)
    begun: dict[str, date] = field(default_factory=dict)  # by deadline, the day of what its period follows
    call_ends: date | None = None
    aborted: bool = False

    def phase(self, now: datetime) -> Phase:
        """Where the round stands: the latest thing that happened decides, unless it is stopped."""
        if not self.published:
            return Phase.DRAFT
        if self.aborted:
            return Phase.ABORTED
        if self.held is not None:
            return Phase.HELD
        if self.notice_closes is not None:
            if now < self.notice_closes:
                return Phase.NOTICE
            return Phase.RULING if self.open_objections else Phase.DECIDING
        for happened, phase in (
            (self.opened, Phase.OPENED),
            (self.began, Phase.SCORING),
            (self.checked, Phase.FORMING),
        ):
            if happened:
                return phase
        assert self.applications_close is not None
        return Phase.OPEN if now < self.applications_close else Phase.CHECKING

    def give_back(self, held: datetime, resumed: datetime) -> None:
        """What a hold cost: the days that were left of the running period, begun with the day on which it was held,
        follow the day on which it ended. Days lost in an earlier hold were not left any more, and the day of what the
        period follows never counted."""
        first, last = local(held), local(max(resumed - MICRO, held))
        running = {Phase.OPEN: "applications_close", Phase.SCORING: "scoring_closes", Phase.NOTICE: "notice_closes"}
        name = running.get(self.phase(held))
        closes = getattr(self, name) if name else None
        if name and closes is not None and held < closes:
            every = name == "applications_close"  # calendar days, of which the last one rolls over
            ends = self.call_ends if every and self.call_ends else local(closes - MICRO)
            counting = max(first, self.begun[name] + DAY)
            left = [day for day in days(counting, ends) if day not in self.lost and (every or works(day))]
            day = last
            for _ in left:
                day = next(one for one in days(day + DAY, day + 40 * DAY) if every or works(one))
            if every:
                self.call_ends = day
                day = next(one for one in days(day, day + 40 * DAY) if works(one))
            setattr(self, name, datetime.combine(day + DAY, time(), OFFICE))
        self.lost |= set(days(first, last))

    @property
    def open_objections(self) -> set[str]:
        return {ref for ref, state in self.objections.items() if state != "settled"}

    @property
    def running_deadlines(self) -> list[datetime]:
        return [d for d in (self.applications_close, self.scoring_closes, self.notice_closes) if d is not None]


class Selection(RuleBasedStateMachine):
    """The acts, each by somebody who may and by somebody who may not."""

    folder: Path
    template: Path
    count = 0
    reached: ClassVar[set[Phase]] = set()

    def __init__(self) -> None:
        super().__init__()
        Selection.count += 1
        path = self.folder / f"model-{Selection.count}.db"
        shutil.copyfile(self.template, path)
        self.engine = make_engine(f"sqlite:///{path}")
        self.clock = MovableClock()
        self.model = Model()

    @initialize()
    def a_draft(self) -> None:
        self.people: People = people(self.engine, self.clock())
        self.round: RoundWorld = draft_round(self.people, self.clock)
        self.refs: dict[int, str] = {}
        self.keys: list[str] = []

    def teardown(self) -> None:
        with reading(self.engine) as session:
            audit.load_steps()
            found = [str(finding) for finding in audit.audit(session, None).findings]
        self.engine.dispose()
        assert found == []

    # --- the frame of every act

    def entries(self) -> int:
        with reading(self.engine) as session:
            return session.get_one(LogHead, 1).size

    @contextmanager
    def expecting(self, why: Why | None) -> Iterator[None]:
        """The act inside succeeds and is logged, or is refused by that question and nothing changes."""
        before = self.entries()
        Selection.reached.add(self.model.phase(self.clock()))
        if why is None:
            yield
            assert self.entries() > before
            return
        with pytest.raises(Refused) as refused:
            yield
        assert refused.type is why, f"{refused.type.__name__} instead of {why.__name__}: {refused.value}"
        assert self.entries() == before

    def attempt(self, person: Person, act: Callable[..., Any], why: Why | None, **values: Any) -> Any:
        with self.expecting(why), transaction(self.engine) as session:
            return act(session, actor=person.now(session), now=self.clock(), **values)
        return None

    def may(self, *, who: bool, phases: set[Phase], content: bool = True) -> Why | None:
        """Who, when, what: the first question that is answered with no decides."""
        if not who:
            return NotAllowed
        if self.model.phase(self.clock()) not in phases:
            return WrongPhase
        return None if content else RuleBroken

    @property
    def view(self) -> applied.AppliedWorld:
        refs = tuple(self.refs.get(n, "") for n in range(3))
        return applied.AppliedWorld(self.round, self.people.merchants, self.people.businesses, tuple(self.keys), refs)

    @property
    def committee(self) -> sheets.ScoringWorld:
        return sheets.ScoringWorld(self.view, self.people.members[: self.model.appointed], frozenset())

    def somebody(self, right: Person, wrong: bool) -> Person:
        """Whoever may, or a supervisor or organiser without a seat in this round."""
        if not wrong:
            return right
        outside = self.people.second_organiser
        return outside if right is not outside else self.people.second_supervisor

    # --- time

    @rule(hours=st.integers(0, 200))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @rule(offset=st.sampled_from([-MICRO, timedelta(0), MICRO]), which=st.integers(0, 2))
    def time_comes_to_a_deadline(self, offset: timedelta, which: int) -> None:
        deadlines = self.model.running_deadlines
        if deadlines:
            self.clock.move_to(max(self.clock(), deadlines[which % len(deadlines)] + offset))

    # --- the way

    @rule(wrong=st.booleans())
    def publish(self, wrong: bool) -> None:
        why = self.may(who=not wrong, phases={Phase.DRAFT})
        milestone = self.attempt(
            self.somebody(self.people.organiser, wrong),
            rounds.publish,
            why,
            ref=self.round.ref,
            sha256=self.round.document.sha256,
        )
        if why is None:
            self.model.published, self.model.applications_close = True, milestone.closes
            self.model.begun["applications_close"] = local(self.clock())
            self.model.call_ends = local(self.clock()) + self.round.document.timetable.call_days * DAY
            self.keys = list(applied.drafted_round(self.round).keys)
            self.model.sold_on = dict.fromkeys(range(3), self.clock().date() - DAY)

    @precondition(lambda self: self.keys)
    @rule(number=st.integers(0, 2), stale=st.booleans())
    def submit(self, number: int, stale: bool) -> None:
        if not stale and self.model.phase(self.clock()) is Phase.OPEN and number not in self.model.withdrawn:
            applied.sell(self.round, self.people.merchants[number], self.keys[number])
            self.model.sold_on[number] = self.clock().date() - DAY
        fresh = self.model.sold_on[number] >= local(self.clock()) - 7 * DAY
        why = self.may(who=True, phases={Phase.OPEN}, content=fresh)
        if number in self.model.withdrawn:
            why = WrongPhase
        receipt = self.attempt(self.people.merchants[number], applications.submit, why, key=self.keys[number])
        if why is None:
            self.refs[number] = receipt.ref
            self.model.standing.add(number)

    @precondition(lambda self: self.refs)
    @rule(number=st.sampled_from([0, 1, 2]), wrong=st.booleans())
    def withdraw(self, number: int, wrong: bool) -> None:
        if number not in self.model.standing:
            return
        why = self.may(who=True, phases={Phase.OPEN})
        person = self.people.merchants[(number + wrong) % 3]
        if wrong:
            why = NotFound  # nobody else is told that there is such an application
        self.attempt(person, applications.withdraw, why, ref=self.refs[number])
        if why is None:
            self.model.standing.remove(number)
            self.model.withdrawn.add(number)

    @precondition(lambda self: self.model.standing and self.model.phase(self.clock()) is not Phase.OPEN)
    @rule(number=st.integers(0, 2), wrong=st.booleans())
    def judge(self, number: int, wrong: bool) -> None:
        if number not in self.model.standing or self.model.held is not None or self.model.aborted:
            return
        person = self.people.second_organiser if wrong else self.people.organiser
        why = self.may(who=not wrong, phases={Phase.CHECKING})
        gates = [gate.code for gate in self.round.document.gates]
        today = self.clock().date()
        if why is not None or self.model.found.get(number) != today:  # the same findings again are no act
            self.attempt(
                person, verifying.keep_findings, why, ref=self.refs[number], findings=applied.found(day=today)
            )
        self.attempt(
            person,
            applications.give_verdict,
            why,
            ref=self.refs[number],
            reason_code=applied.Reason.ALL_GATES_PASSED,
            explanation="",
            gates=gates,
        )
        if why is None:
            self.model.found[number] = today
            self.model.judged.add(number)

    @precondition(lambda self: self.model.published)
    @rule(wrong=st.booleans())
    def close_checking(self, wrong: bool) -> None:
        enough = len(self.model.standing) >= ENOUGH and self.model.standing <= self.model.judged
        why = self.may(who=not wrong, phases={Phase.CHECKING}, content=enough)
        person = self.somebody(self.people.organiser, wrong)
        self.attempt(person, applications.close_checking, why, round_ref=self.round.ref)
        if why is None:
            self.model.checked = True

    @precondition(lambda self: self.model.published)
    @rule(wrong=st.booleans())
    def appoint(self, wrong: bool) -> None:
        number = self.model.appointed
        if number >= SIZE:
            return
        kind = MemberKind.EXPERT if number < SIZE - 1 else MemberKind.CONSUMER
        why = self.may(who=not wrong, phases={Phase.CHECKING, Phase.FORMING})
        self.attempt(
            self.somebody(self.people.organiser, wrong),
            committee.appoint,
            why,
            ref=self.round.ref,
            user_id=self.people.members[number].id,
            kind=kind,
            field="food" if kind is MemberKind.EXPERT else "",
            chair=number == 0,
        )
        if why is None:
            self.model.appointed += 1

    @precondition(lambda self: self.model.appointed)
    @rule(number=st.integers(0, SIZE - 1))
    def declare(self, number: int) -> None:
        seated = number < self.model.appointed
        if number in self.model.declared:
            return
        why = self.may(who=seated, phases={Phase.FORMING})
        given = {self.refs[n]: sheets.NONE for n in self.model.standing}
        person = self.people.members[number]
        self.attempt(person, committee.declare, why, ref=self.round.ref, declarations=given)
        if why is None:
            self.model.declared.add(number)

    @precondition(lambda self: self.model.published)
    @rule(wrong=st.booleans())
    def begin_scoring(self, wrong: bool) -> None:
        complete = self.model.declared == set(range(SIZE))
        why = self.may(who=not wrong, phases={Phase.FORMING}, content=complete)
        person = self.somebody(self.people.organiser, wrong)
        milestone = self.attempt(person, committee.begin_scoring, why, ref=self.round.ref)
        if why is None:
            self.model.began, self.model.scoring_closes = True, milestone.closes
            self.model.begun["scoring_closes"] = local(self.clock())

    @precondition(lambda self: self.model.began)
    @rule(number=st.integers(0, SIZE - 1))
    def seal_all_of_a_member(self, number: int) -> None:
        left = {(number, n) for n in self.model.standing} - self.model.sealed
        closes = self.model.scoring_closes
        assert closes is not None
        open_ = self.model.phase(self.clock()) is Phase.SCORING and self.clock() < closes
        for pair in sorted(left):
            if open_:
                with self.expecting(None):
                    sheets.seal(self.committee, f"M{number + 1}", pair[1])
                self.model.sealed.add(pair)
            else:
                with self.expecting(WrongPhase):
                    sheets.save(self.committee, f"M{number + 1}", pair[1])

    @precondition(lambda self: self.model.began)
    @rule(wrong=st.booleans())
    def open_scores(self, wrong: bool) -> None:
        closes = self.model.scoring_closes
        assert closes is not None
        everybody = {(m, n) for m in range(SIZE) for n in self.model.standing}
        ready = self.model.sealed == everybody or self.clock() >= closes
        why = self.may(who=not wrong, phases={Phase.SCORING}, content=ready)
        self.attempt(self.somebody(self.people.organiser, wrong), scoring.open_scores, why, ref=self.round.ref)
        if why is None:
            self.model.opened = True

    @precondition(lambda self: self.model.opened)
    @rule(wrong=st.booleans())
    def give_notice(self, wrong: bool) -> None:
        sealed = {n: sum((m, n) in self.model.sealed for m in range(SIZE)) for n in self.model.standing}
        quorum = all(count >= 3 for count in sealed.values())
        why = self.may(who=not wrong, phases={Phase.OPENED}, content=quorum)
        self.attempt(
            self.somebody(self.people.organiser, wrong),
            objections.give_notice,
            why,
            ref=self.round.ref,
            tally_sha256=self.committee.tally().sha256,
        )
        if why is None:
            self.model.notice_closes = self.round.course.notice_closes
            self.model.begun["notice_closes"] = local(self.clock())

    def go_on(self) -> None:  # noqa: C901 (one case for each phase, nothing nested)
        """The next lawful thing of the main way, so that the later phases are reached as well."""
        model, now = self.model, self.clock()
        match model.phase(now):
            case Phase.DRAFT:
                self.publish(wrong=False)
            case Phase.OPEN if len(model.standing | model.withdrawn) < 3:
                self.submit(min(set(range(3)) - model.standing - model.withdrawn), stale=False)
            case Phase.OPEN:
                self.time_comes_to_a_deadline(timedelta(0), 0)
            case Phase.CHECKING if model.standing - model.judged:
                self.judge(min(model.standing - model.judged), wrong=False)
            case Phase.CHECKING:
                self.close_checking(wrong=False)
            case Phase.FORMING if model.appointed < SIZE:
                self.appoint(wrong=False)
            case Phase.FORMING if len(model.declared) < SIZE:
                self.declare(min(set(range(SIZE)) - model.declared))
            case Phase.FORMING:
                self.begin_scoring(wrong=False)
            case Phase.SCORING if {m for m, _n in model.sealed} < set(range(SIZE)):
                self.seal_all_of_a_member(min(set(range(SIZE)) - {m for m, _n in model.sealed}))
            case Phase.SCORING:
                self.open_scores(wrong=False)
            case Phase.OPENED:
                self.give_notice(wrong=False)
            case Phase.NOTICE if not model.objections:
                self.object_to_a_mark()
            case Phase.NOTICE:
                self.time_comes_to_a_deadline(timedelta(0), len(model.running_deadlines) - 1)
            case Phase.RULING:
                state = model.objections[min(model.open_objections)]
                self.handle_an_objection({"filed": "admit", "admitted": "answer"}.get(state, "dismiss"), wrong=False)
            case Phase.HELD:
                self.resume(wrong=False)

    @rule(steps=st.integers(1, 20))
    def the_process_goes_on(self, steps: int) -> None:
        for _step in range(steps):
            self.go_on()

    # --- objections

    @precondition(lambda self: self.model.opened and len(self.model.objections) < 3)
    @rule()
    def object_to_a_mark(self) -> None:
        number = min(n for _m, n in self.model.sealed) if self.model.sealed else 0
        member = min((m for m, n in self.model.sealed if n == number), default=0)
        filing = objecting.correcting(self.committee, number, f"M{member + 1}", "quality", "5")
        phase = self.model.phase(self.clock())
        why = None if phase is Phase.NOTICE else WrongPhase
        if not self.model.sealed:
            return
        with self.expecting(why):
            ref = objecting.objected(self.committee, filing)
            self.model.objections[ref] = "filed"

    @precondition(lambda self: self.model.open_objections)
    @rule(act=st.sampled_from(["admit", "answer", "dismiss"]), wrong=st.booleans())
    def handle_an_objection(self, act: str, wrong: bool) -> None:
        ref = min(self.model.open_objections)
        state = self.model.objections[ref]
        handled = {Phase(p) for p in ("notice", "ruling")}
        if self.model.phase(self.clock()) not in handled:
            return
        right = {"admit": "filed", "answer": "admitted", "dismiss": "answered"}[act]
        person = self.people.organiser if act == "answer" else self.people.supervisor
        why = self.may(who=not wrong, phases=handled, content=state == right)
        if wrong:
            person = self.people.supervisor if act == "answer" else self.people.organiser
        if act == "admit":
            self.attempt(person, objections.admit, why, ref=ref)
        elif act == "answer":
            self.attempt(person, objections.answer, why, ref=ref, text=objecting.REASONS)
        else:
            self.attempt(
                person,
                objections.rule,
                why,
                ref=ref,
                outcome=Step.DISMISSED,
                text=objecting.REASONS,
                effect=None,
            )
        if why is None:
            self.model.objections[ref] = {"admit": "admitted", "answer": "answered", "dismiss": "settled"}[act]

    # --- side exits

    @precondition(lambda self: self.model.published)
    @rule(wrong=st.booleans())
    def hold(self, wrong: bool) -> None:
        why = self.may(who=not wrong, phases=set(Phase) - {Phase.DRAFT, Phase.HELD, Phase.ABORTED, Phase.DECIDED})
        person = self.people.organiser if wrong else self.people.supervisor
        self.attempt(person, rounds.hold, why, ref=self.round.ref, label=next(iter(HoldLabel)))
        if why is None:
            self.model.held = self.clock()

    @precondition(lambda self: self.model.held is not None)
    @rule(wrong=st.booleans())
    def resume(self, wrong: bool) -> None:
        why = self.may(who=not wrong, phases={Phase.HELD})
        person = self.people.organiser if wrong else self.people.supervisor
        self.attempt(person, rounds.resume, why, ref=self.round.ref)
        if why is None:
            held, self.model.held = self.model.held, None
            assert held is not None
            self.model.give_back(held, self.clock())

    @precondition(lambda self: self.model.began)
    @rule(wrong=st.booleans())
    def abort(self, wrong: bool) -> None:
        running = set(Phase) - {Phase.DRAFT, Phase.HELD, Phase.ABORTED, Phase.DECIDED, Phase.CLOSED}
        why = self.may(who=not wrong, phases=running)
        text = Text("The activity was cancelled.", "活动取消。")
        person = self.people.supervisor if wrong else self.people.organiser
        self.attempt(person, rounds.abort, why, ref=self.round.ref, reason=AbortReason.CHANGED, explanation=text)
        if why is None:
            self.model.aborted = True

    # --- what always holds

    @invariant()
    def the_phase_is_the_same(self) -> None:
        if hasattr(self, "round"):
            assert self.round.course.phase_at(self.clock()) is self.model.phase(self.clock())

    @invariant()
    def every_deadline_is_the_same(self) -> None:
        if hasattr(self, "round") and self.model.held is None:
            course = self.round.course
            assert course.applications_close == self.model.applications_close
            assert course.scoring_closes == self.model.scoring_closes
            assert course.notice_closes == self.model.notice_closes


def test_whatever_is_tried_the_process_is_kept(migrated_sqlite: Path, tmp_path: Path) -> None:
    Selection.folder, Selection.template = tmp_path, migrated_sqlite
    run_state_machine_as_test(
        Selection,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            derandomize=True,
            phases=[HypothesisPhase.generate],  # taking a failing walk apart takes longer than reading it
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    wanted = {Phase.SCORING, Phase.OPENED, Phase.NOTICE, Phase.RULING, Phase.HELD, Phase.ABORTED}
    assert wanted <= Selection.reached, "walks that do not get far prove little"
