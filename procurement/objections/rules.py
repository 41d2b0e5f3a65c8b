"""Who may object to what, on which ground, until when; what becomes of an objection; who may rule. Pure.

An objection names one act, one coded ground and one remedy. It goes from filed to admitted or inadmissible, is
answered by the organiser and ruled on by a supervisor who did not do what is objected to. Each step has a period in
working days; what is overdue shows, and hurts nobody's right: without an answer in time, the ruling goes on without.

On the way the supervisor may ask for a supplement or have something tested, and the clock stands still meanwhile; a
merchant whose result is attacked is told and may answer. Who is not content with the outcome, or has waited longer
than the periods, may turn to the outside authority, whose outcome is recorded and carried out like a ruling.
"""

import re
from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from procurement.applications.verdicts import ELIGIBLE_REASONS, OFFERED
from procurement.committee.rules import Ground as RecusalGround
from procurement.errors import N_, Problem
from procurement.masking import Field, public_text_problems, shown
from procurement.rounds import clocks
from procurement.rounds.canonical import plain_text
from procurement.rounds.clocks import STOPS, Stopped
from procurement.rounds.phases import PHASE_NAMES, Kind, Phase, Stop
from procurement.rounds.rules import RoundDocument, Timetable
from procurement.rounds.scoring_rule import ScoringRule, plain_decimal, show_decimal

# --- what is objected to ------------------------------------------------------------------------------------------


class Target(StrEnum):
    """The act that is objected to. That a member be recused is asked for by a request (committee/requests)."""

    CALL = "call"
    VERDICT = "verdict"
    TALLY = "tally"
    RESULT = "result"
    DECISION = "decision"


TARGETS: Mapping[Target, str] = MappingProxyType(
    {
        Target.CALL: N_("the call and its rules"),
        Target.VERDICT: N_("whether an application is eligible"),
        Target.TALLY: N_("scores and how they were added up"),
        Target.RESULT: N_("the proposed result"),
        Target.DECISION: N_("the decision"),
    }
)


class Ground(StrEnum):
    """Why the act is wrong."""

    RESTRICTIVE_CONDITION = "restrictive_condition"
    UNCLEAR_RULES = "unclear_rules"
    TOO_SHORT = "too_short"
    FACTS_WRONG = "facts_wrong"
    DOCUMENT_OVERLOOKED = "document_overlooked"
    RULE_MISAPPLIED = "rule_misapplied"
    UNEQUAL_TREATMENT = "unequal_treatment"
    ARITHMETIC = "arithmetic"
    OUT_OF_RANGE = "out_of_range"
    NOT_AS_EVIDENCED = "not_as_evidenced"
    ABNORMAL_MARK = "abnormal_mark"
    FALSE_STATEMENT = "false_statement"
    NOT_ELIGIBLE = "not_eligible"
    UNDISCLOSED_RELATION = "undisclosed_relation"
    PROCEDURE_BROKEN = "procedure_broken"
    NEW_FACTS = "new_facts"


GROUNDS: Mapping[Ground, str] = MappingProxyType(
    {
        Ground.RESTRICTIVE_CONDITION: N_("a condition shuts out businesses without good reason"),
        Ground.UNCLEAR_RULES: N_("the rules are unclear or contradict each other"),
        Ground.TOO_SHORT: N_("a period is shorter than it must be"),
        Ground.FACTS_WRONG: N_("the facts are wrong"),
        Ground.DOCUMENT_OVERLOOKED: N_("a document that was sent was overlooked"),
        Ground.RULE_MISAPPLIED: N_("a published rule was applied wrongly"),
        Ground.UNEQUAL_TREATMENT: N_("like cases were treated differently"),
        Ground.ARITHMETIC: N_("the arithmetic is wrong"),
        Ground.OUT_OF_RANGE: N_("a mark is outside its range"),
        Ground.NOT_AS_EVIDENCED: N_("a mark does not fit the evidence that was sent"),
        Ground.ABNORMAL_MARK: N_("a mark is far too high or too low, without a reason that holds"),
        Ground.FALSE_STATEMENT: N_("an applicant stated something false"),
        Ground.NOT_ELIGIBLE: N_("an applicant does not meet a condition"),
        Ground.UNDISCLOSED_RELATION: N_("a relation to an applicant was not disclosed"),
        Ground.PROCEDURE_BROKEN: N_("a step of the procedure was left out or broken"),
        Ground.NEW_FACTS: N_("facts came to light that were not known"),
    }
)

GROUNDS_FOR: Mapping[Target, tuple[Ground, ...]] = MappingProxyType(
    {
        Target.CALL: (Ground.RESTRICTIVE_CONDITION, Ground.UNCLEAR_RULES, Ground.TOO_SHORT, Ground.UNEQUAL_TREATMENT),
        Target.VERDICT: (
            Ground.FACTS_WRONG,
            Ground.DOCUMENT_OVERLOOKED,
            Ground.RULE_MISAPPLIED,
            Ground.UNEQUAL_TREATMENT,
        ),
        Target.TALLY: (
            Ground.ARITHMETIC,
            Ground.OUT_OF_RANGE,
            Ground.NOT_AS_EVIDENCED,
            Ground.ABNORMAL_MARK,
            Ground.UNDISCLOSED_RELATION,
            Ground.RULE_MISAPPLIED,
        ),
        Target.RESULT: (
            Ground.FALSE_STATEMENT,
            Ground.NOT_ELIGIBLE,
            Ground.UNDISCLOSED_RELATION,
            Ground.RULE_MISAPPLIED,
            Ground.UNEQUAL_TREATMENT,
            Ground.PROCEDURE_BROKEN,
        ),
        Target.DECISION: (Ground.RULE_MISAPPLIED, Ground.PROCEDURE_BROKEN, Ground.NEW_FACTS),
    }
)


class Remedy(StrEnum):
    """What is asked for; and, when an objection is upheld, its effect."""

    CORRECT_SCORE = "correct_score"
    VOID_SHEET = "void_sheet"
    EXCLUDE = "exclude"
    READMIT = "readmit"
    RECUSE = "recuse"
    RECHECK = "recheck"
    RERUN = "rerun"
    AMEND = "amend"
    END = "end"
    ANNUL = "annul"


REMEDIES: Mapping[Remedy, str] = MappingProxyType(
    {
        Remedy.CORRECT_SCORE: N_("correct a mark"),
        Remedy.VOID_SHEET: N_("declare a member's sheet void"),
        Remedy.EXCLUDE: N_("exclude an application"),
        Remedy.READMIT: N_("admit an application that was refused"),
        Remedy.RECUSE: N_("recuse a member from an application"),
        Remedy.RECHECK: N_("check an application once more"),
        Remedy.RERUN: N_("add up the scores again"),
        Remedy.AMEND: N_("amend the call"),
        Remedy.END: N_("end the round, so that it can be called anew"),
        Remedy.ANNUL: N_("annul the decision"),
    }
)

REMEDIES_FOR: Mapping[Target, tuple[Remedy, ...]] = MappingProxyType(
    {
        Target.CALL: (Remedy.AMEND, Remedy.END),
        Target.VERDICT: (Remedy.READMIT, Remedy.EXCLUDE, Remedy.RECHECK),
        Target.TALLY: (Remedy.CORRECT_SCORE, Remedy.VOID_SHEET, Remedy.RERUN),
        Target.RESULT: (
            Remedy.EXCLUDE,
            Remedy.RECHECK,
            Remedy.CORRECT_SCORE,
            Remedy.VOID_SHEET,
            Remedy.RECUSE,
            Remedy.RERUN,
            Remedy.END,
        ),
        Target.DECISION: (Remedy.ANNUL,),
    }
)

NEEDS: Mapping[Remedy, frozenset[str]] = MappingProxyType(
    {
        Remedy.CORRECT_SCORE: frozenset({"application", "member", "criterion", "value"}),
        Remedy.VOID_SHEET: frozenset({"application", "member"}),
        Remedy.EXCLUDE: frozenset({"application"}),
        Remedy.READMIT: frozenset({"application"}),
        Remedy.RECUSE: frozenset({"application", "member"}),
        Remedy.RECHECK: frozenset({"application"}),
        Remedy.RERUN: frozenset(),
        Remedy.AMEND: frozenset(),
        Remedy.END: frozenset(),
        Remedy.ANNUL: frozenset(),
    }
)
"""Which particulars a remedy is about."""

ORDERED: Mapping[Remedy, Kind] = MappingProxyType(
    {Remedy.AMEND: Kind.AMENDMENT_ORDERED, Remedy.ANNUL: Kind.ANNULMENT_ORDERED}
)
"""Effects that the ruling orders and the organiser carries out by an act of their own; nothing is awarded before."""

_SINCE_CHECKING = (
    Phase.CHECKING,
    Phase.FORMING,
    Phase.SCORING,
    Phase.OPENED,
    Phase.NOTICE,
    Phase.RULING,
    Phase.DECIDING,
)
_SINCE_OPENING = (Phase.OPENED, Phase.NOTICE, Phase.RULING, Phase.DECIDING)

POSSIBLE_IN: Mapping[Remedy, tuple[Phase, ...]] = MappingProxyType(
    {
        Remedy.CORRECT_SCORE: _SINCE_OPENING,
        Remedy.VOID_SHEET: (Phase.FORMING, Phase.SCORING, *_SINCE_OPENING),
        Remedy.EXCLUDE: _SINCE_CHECKING,
        Remedy.READMIT: _SINCE_CHECKING,
        Remedy.RECUSE: _SINCE_CHECKING,
        Remedy.RECHECK: _SINCE_CHECKING,
        Remedy.RERUN: _SINCE_OPENING,
        Remedy.AMEND: (Phase.OPEN,),
        Remedy.END: (Phase.OPEN, *_SINCE_CHECKING),
        Remedy.ANNUL: (Phase.DECIDED, Phase.CLOSED),
    }
)
"""In which phases an effect can still be brought about; of a round on hold, the phase in which it is held."""


def check_possible(remedy: Remedy, phase: Phase) -> list[Problem]:
    """Whether `remedy` can be brought about in `phase`."""
    if phase in POSSIBLE_IN[remedy]:
        return []
    return [
        Problem(
            N_("“%(remedy)s” is not possible any more, or not yet: the round is at “%(phase)s”."),
            {"remedy": REMEDIES[remedy], "phase": PHASE_NAMES[phase]},
            "remedy",
        )
    ]


@dataclass(frozen=True, slots=True)
class Detail:
    """What a remedy is about: an application's reference, a member's code, a criterion's code, the mark asked for."""

    application: str = ""
    member: str = ""
    criterion: str = ""
    value: Decimal | None = None

    def to_json(self) -> dict[str, str]:
        """Only what is there, the mark as a text."""
        texts = {"application": self.application, "member": self.member, "criterion": self.criterion}
        found = {name: text for name, text in texts.items() if text}
        return found if self.value is None else found | {"value": show_decimal(self.value)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Detail":
        """What `to_json` wrote."""
        mark = value.get("value")
        return cls(
            application=value.get("application", ""),
            member=value.get("member", ""),
            criterion=value.get("criterion", ""),
            value=None if mark is None else Decimal(mark),
        )

    def only(self, names: Collection[str]) -> "Detail":
        """The same without what `names` does not name."""
        return Detail.from_json({name: text for name, text in self.to_json().items() if name in names})


@dataclass(frozen=True, slots=True)
class Facts:
    """What an objection in this round may speak of. `applications`: ref → eligible; `members`: codes; `sheets`:
    (application ref, member code) of opened sheets that count."""

    applications: Mapping[str, bool] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    sheets: frozenset[tuple[str, str]] = frozenset()
    rule: ScoringRule | None = None


def check_remedy(target: Target, remedy: Remedy, detail: Detail, facts: Facts) -> list[Problem]:
    """Faults of a remedy asked for or ordered: it must fit the target and name what exists."""
    if remedy not in REMEDIES_FOR[target]:
        return [Problem(N_("This remedy does not fit what is objected to."), {}, "remedy")]
    return check_particulars(remedy, detail, facts)


def check_particulars(remedy: Remedy, detail: Detail, facts: Facts) -> list[Problem]:
    """Faults of what a remedy is about: it must name what exists."""
    needs, problems = NEEDS[remedy], []
    if "application" in needs:
        problems += _check_application(remedy, detail, facts)
    if "member" in needs and detail.member not in facts.members:
        problems.append(Problem(N_("Choose the member."), {}, "member"))
    of_a_sheet = remedy in (Remedy.CORRECT_SCORE, Remedy.VOID_SHEET)
    if of_a_sheet and not problems and (detail.application, detail.member) not in facts.sheets:
        problems.append(Problem(N_("This member has no sheet for this application."), {}, "member"))
    if "criterion" in needs:
        problems += _check_mark(detail, facts)
    return problems


def _check_application(remedy: Remedy, detail: Detail, facts: Facts) -> list[Problem]:
    eligible = facts.applications.get(detail.application)
    if eligible is None:
        return [Problem(N_("Choose the application."), {}, "application")]
    if remedy is Remedy.READMIT and eligible:
        return [Problem(N_("This application was not refused."), {}, "application")]
    if remedy not in (Remedy.READMIT, Remedy.RECHECK) and not eligible:
        return [Problem(N_("This application is not in the selection."), {}, "application")]
    return []


def _check_mark(detail: Detail, facts: Facts) -> list[Problem]:
    criterion = next((c for c in facts.rule.marked if c.code == detail.criterion), None) if facts.rule else None
    if criterion is None:
        return [Problem(N_("Choose the criterion."), {}, "criterion")]
    if detail.value is None:
        return [Problem(N_("Say which mark would be right."), {}, "value")]
    wrong = criterion.scale.problem(detail.value)
    return [] if wrong is None else [Problem(wrong.message, wrong.params, "value")]


def read_value(text: str) -> tuple[Decimal | None, list[Problem]]:
    """The mark that was typed (None: nothing), and what is wrong with it."""
    if not text.strip():
        return None, []
    value = plain_decimal(text.strip())
    return value, [] if value is not None else [Problem(N_("Write the mark as a number, like 8.5."), {}, "value")]


# --- filing -------------------------------------------------------------------------------------------------------


class Filer(StrEnum):
    """Who objects."""

    PERSON = "person"
    ORGANISATION = "organisation"


FILERS: Mapping[Filer, str] = MappingProxyType(
    {Filer.PERSON: N_("as a person"), Filer.ORGANISATION: N_("for a business or another organisation")}
)

ARGUMENT = (20, 10_000)
"""Shortest and longest argument, in characters."""
MOST_FILES = 5

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s()-]{7,20}")


@dataclass(frozen=True, slots=True)
class Attached:
    """An evidence file that was checked and stored."""

    name: str
    digest: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Filing:
    """An objection as somebody wants to file it. `target_ref`: the application whose verdict is objected to.
    `withhold_name`: a person's name is not shown at all, instead of masked."""

    target: Target
    target_ref: str
    ground: Ground
    argument: str
    remedy: Remedy
    detail: Detail
    filer: Filer
    name: str
    contact: str
    withhold_name: bool = False
    files: tuple[Attached, ...] = ()

    def plain(self) -> "Filing":
        """The same with texts as they are kept, and with just the particulars that the remedy needs: an objection to
        a verdict is about its application."""
        detail = self.detail
        if self.target is Target.VERDICT:
            detail = replace(detail, application=self.target_ref)
        return Filing(
            target=self.target,
            target_ref=self.target_ref,
            ground=self.ground,
            argument=plain_text(self.argument),
            remedy=self.remedy,
            detail=detail.only(NEEDS[self.remedy]),
            filer=self.filer,
            name=" ".join(plain_text(self.name).split()),
            contact=" ".join(plain_text(self.contact).split()),
            withhold_name=self.withhold_name and self.filer is Filer.PERSON,
            files=self.files,
        )


def check_filing(filing: Filing, facts: Facts) -> list[Problem]:
    """Everything that keeps `filing` (as `plain` gives it) from being filed, but for the time."""
    problems = []
    if filing.target is Target.VERDICT and filing.target_ref not in facts.applications:
        problems.append(Problem(N_("Choose the application."), {}, "target_ref"))
    if filing.ground not in GROUNDS_FOR[filing.target]:
        problems.append(Problem(N_("Choose the ground of the objection."), {}, "ground"))
    shortest, longest = ARGUMENT
    if len(filing.argument) < shortest:
        problems.append(Problem(N_("Say what is wrong and why, so that it can be answered."), {}, "argument"))
    elif len(filing.argument) > longest:
        problems.append(
            Problem(N_("The argument has more than %(limit)s characters."), {"limit": longest}, "argument")
        )
    problems += public_text_problems(filing.argument, "argument")
    problems += check_remedy(filing.target, filing.remedy, filing.detail, facts)
    problems += _check_filer(filing)
    if len(filing.files) > MOST_FILES:
        problems.append(Problem(N_("At most %(limit)s files can be sent."), {"limit": MOST_FILES}, "files"))
    return problems


def _check_filer(filing: Filing) -> list[Problem]:
    problems = []
    if not filing.name:
        problems.append(Problem(N_("Say who you are. A person's name is not published in full."), {}, "name"))
    elif len(filing.name) > 200:
        problems.append(Problem(N_("The name has more than %(limit)s characters."), {"limit": 200}, "name"))
    reachable = _ADDRESS.fullmatch(filing.contact) or _PHONE.fullmatch(filing.contact)
    if not reachable or len(filing.contact) > 254:
        problems.append(
            Problem(N_("Give an e-mail address or a telephone number. It is not published."), {}, "contact")
        )
    return problems


def is_address(contact: str) -> bool:
    """Whether letters can be sent to `contact`."""
    return _ADDRESS.fullmatch(contact) is not None


def public_name(filer: Filer, name: str, *, withhold: bool) -> str:
    """What everybody reads of who objects: an organisation's name, a person's masked, "" when withheld.

    "李小明" becomes "李**", "Li Xiaoming" becomes "L***".
    """
    if filer is Filer.ORGANISATION:
        return shown(Field.ORGANISATION, name)
    return "" if withhold else shown(Field.OBJECTOR, name)


# --- until when ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """Whether something can be objected to now. `closes`: from then on it cannot (None: no instant is known);
    `counted`: how that was counted; `why`: what keeps it closed."""

    open: bool
    closes: datetime | None = None
    counted: Mapping[str, Any] | None = None
    why: Problem | None = None


_LATER = N_("This cannot be objected to yet.")
_HELD = N_("The round is on hold. Objections can be filed once it goes on; the time left does not run meanwhile.")
_OVER = N_("The time to object to this is over.")


def window_for(target: Target, *, phase: Phase, closes: datetime | None = None) -> Window:
    """The window for everything but verdicts and decisions: it follows from the phase alone.

    `closes`: the deadline of that phase, when it has one. A round on hold takes no objections: its clocks stand.
    """
    during = {
        Target.CALL: (Phase.OPEN,),
        Target.TALLY: (Phase.NOTICE,),
        Target.RESULT: (Phase.NOTICE,),
    }[target]
    if phase in during:
        return Window(True, closes)
    if phase is Phase.HELD:
        return Window(False, why=Problem(_HELD))
    order = list(Phase)
    return Window(False, why=Problem(_LATER if order.index(phase) < order.index(during[0]) else _OVER))


def verdict_window(
    document: RoundDocument,
    *,
    phase: Phase,
    given_at: datetime,
    checking_closed: datetime | None,
    stops: Iterable[Stop] = (),
    now: datetime,
) -> Window:
    """A verdict may be objected to from when it is given until the period of the timetable after checking is closed
    (or after it was given, when a ruling gave it later)."""
    if phase in (Phase.DRAFT, Phase.OPEN):
        return Window(False, why=Problem(_LATER))
    if phase in (Phase.DECIDED, Phase.CLOSED, Phase.HELD, Phase.ABORTED):
        return Window(False, why=Problem(_HELD if phase is Phase.HELD else _OVER))
    if checking_closed is None:
        return Window(True)
    days = document.timetable.verdict_objection_working_days
    start = max(given_at, checking_closed)
    return _counted_window(clocks.working_deadline(document, start=start, working_days=days)[1], stops, now)


def decision_window(document: RoundDocument, *, phase: Phase, decided: datetime | None, now: datetime) -> Window:
    """A decision may be objected to for as long as the proposed result could be, from its publication on."""
    if decided is None:
        return Window(False, why=Problem(_LATER))
    if phase is not Phase.DECIDED:
        return Window(False, why=Problem(_OVER))
    return _counted_window(clocks.notice_deadline(document, start=decided)[1], (), now)


def _counted_window(counted: clocks.Counted, stops: Iterable[Stop], now: datetime) -> Window:
    clock = clocks.running(counted, stops=stops, now=now)
    if clock.due is None:
        return Window(False, why=Problem(_HELD))
    if now < clock.due:
        return Window(True, clock.due, clock.counted)
    return Window(False, clock.due, clock.counted, Problem(_OVER))


# --- what becomes of it -------------------------------------------------------------------------------------------


class Step(StrEnum):
    """What happened to an objection last; that is its state."""

    FILED = "filed"
    INADMISSIBLE = "inadmissible"
    ADMITTED = "admitted"
    ANSWERED = "answered"
    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"
    OUTSIDE = "decided_outside"


STEPS: Mapping[Step, str] = MappingProxyType(
    {
        Step.FILED: N_("filed"),
        Step.INADMISSIBLE: N_("inadmissible"),
        Step.ADMITTED: N_("admitted"),
        Step.ANSWERED: N_("answered"),
        Step.UPHELD: N_("upheld"),
        Step.PARTLY_UPHELD: N_("partly upheld"),
        Step.DISMISSED: N_("dismissed"),
        Step.WITHDRAWN: N_("withdrawn"),
        Step.OUTSIDE: N_("decided by the outside authority"),
    }
)

TRANSITIONS: Mapping[Step, frozenset[Step]] = MappingProxyType(
    {
        Step.FILED: frozenset({Step.ADMITTED, Step.INADMISSIBLE, Step.WITHDRAWN, Step.OUTSIDE}),
        Step.ADMITTED: frozenset(
            # Without an answer only once it is overdue (check_ruling).
            {Step.ANSWERED, Step.UPHELD, Step.PARTLY_UPHELD, Step.DISMISSED, Step.WITHDRAWN, Step.OUTSIDE}
        ),
        Step.ANSWERED: frozenset({Step.UPHELD, Step.PARTLY_UPHELD, Step.DISMISSED, Step.WITHDRAWN, Step.OUTSIDE}),
        Step.INADMISSIBLE: frozenset(),
        Step.UPHELD: frozenset(),
        Step.PARTLY_UPHELD: frozenset(),
        Step.DISMISSED: frozenset(),
        Step.WITHDRAWN: frozenset(),
        Step.OUTSIDE: frozenset(),
    }
)
"""From what state to which."""

OPEN_STEPS = frozenset(step for step, following in TRANSITIONS.items() if following)
"""States in which an objection freezes the award."""
RULINGS = (Step.UPHELD, Step.PARTLY_UPHELD, Step.DISMISSED)

JUDGED_IN = tuple(phase for phase in Phase if phase is not Phase.DRAFT)
"""Phases in which a supervisor deals with an objection and whoever filed it may withdraw it: every one. A hold is the
supervisor's own, and the end of a round does not end the duty to say whether it was fair; there is only nothing left
to carry out then."""
HANDLED_IN = tuple(phase for phase in JUDGED_IN if phase is not Phase.HELD)
"""Phases in which the others act: not during a hold, while their clocks stand still."""
OVER = (Phase.ABORTED, Phase.CLOSED)


class Inadmissible(StrEnum):
    """Why an objection is not dealt with."""

    OUT_OF_TIME = "out_of_time"
    NOT_THIS_ROUND = "not_this_round"
    NO_ARGUMENT = "no_argument"
    ALREADY_DECIDED = "already_decided"
    REPEATED = "repeated"
    NOT_AN_OBJECTION = "not_an_objection"
    NOT_SUPPLEMENTED = "not_supplemented"


INADMISSIBLE: Mapping[Inadmissible, str] = MappingProxyType(
    {
        Inadmissible.OUT_OF_TIME: N_("it came too late"),
        Inadmissible.NOT_THIS_ROUND: N_("it does not concern this round"),
        Inadmissible.NO_ARGUMENT: N_("it gives no argument that could be answered"),
        Inadmissible.ALREADY_DECIDED: N_("the same was ruled on already"),
        Inadmissible.REPEATED: N_("it repeats an objection that is being dealt with"),
        Inadmissible.NOT_AN_OBJECTION: N_("it is not an objection but another kind of request"),
        Inadmissible.NOT_SUPPLEMENTED: N_("what was missing was asked for and did not come in time"),
    }
)


def days_for(step: Step, timetable: Timetable, effect: "Effect | None" = None) -> int | None:
    """Working days for what must follow after `step`, which may order an act; None when nothing must."""
    if effect is not None and effect.remedy in ORDERED:
        return timetable.decision_working_days
    return {
        Step.FILED: timetable.admissibility_working_days,
        Step.ADMITTED: timetable.answer_working_days,
        Step.ANSWERED: timetable.ruling_working_days,
    }.get(step)


AWAITED: Mapping[Step, str] = MappingProxyType(
    {
        Step.FILED: N_("Whether it is dealt with is decided by"),
        Step.ADMITTED: N_("The organiser answers by"),
        Step.ANSWERED: N_("The supervisor rules by"),
        Step.UPHELD: N_("The organiser carries it out by"),
        Step.PARTLY_UPHELD: N_("The organiser carries it out by"),
        Step.OUTSIDE: N_("The organiser carries it out by"),
    }
)


EXCLUSIONS = tuple(reason for reason in OFFERED if reason not in ELIGIBLE_REASONS)
"""Reasons for which an application can be excluded."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an upheld objection brings about. `ground`: on which a member is recused; `reason`: for which an
    application is excluded (verdicts.Reason)."""

    remedy: Remedy
    detail: Detail = Detail()
    ground: RecusalGround | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """For the table of steps and for pages."""
        found: dict[str, Any] = {"remedy": self.remedy.value, **self.detail.to_json()}
        if self.ground is not None:
            found["ground"] = self.ground.value
        return found | {"reason": self.reason} if self.reason else found

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Effect":
        """What `to_json` wrote."""
        ground = value.get("ground")
        return cls(
            Remedy(value["remedy"]),
            Detail.from_json(value),
            None if ground is None else RecusalGround(ground),
            value.get("reason", ""),
        )


def check_transition(state: Step, to: Step) -> list[Problem]:
    """Whether an objection may go from `state` to `to`."""
    if to in TRANSITIONS[state]:
        return []
    return [Problem(N_("This objection is %(state)s; this cannot happen to it any more."), {"state": STEPS[state]})]


def check_text(text: str, field_name: str = "text") -> list[Problem]:
    """A reason that is published: long enough to be one."""
    shortest, longest = ARGUMENT
    if len(text) < shortest:
        return [Problem(N_("Give the reasons, so that everybody can follow them."), {}, field_name)]
    if len(text) > longest:
        return [Problem(N_("This has more than %(limit)s characters."), {"limit": longest}, field_name)]
    return public_text_problems(text, field_name)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an objection stands when somebody wants to do something about it.

    `due`: when the step that is awaited is over (None: its clock stands still); `paused`: why the clock stands still
    by an act of its own; `unheard`: merchants who may still answer, each as an application's reference.
    """

    state: Step
    target: Target
    phase: Phase
    due: datetime | None = None
    paused: str | None = None
    unheard: tuple[str, ...] = ()

    def heard(self) -> "Standing":
        """The same for an authority, which hears people itself."""
        return replace(self, unheard=())


def check_step(standing: Standing, to: Step) -> list[Problem]:
    """Whether the step `to` may follow: it fits the state, and nothing is being waited for that it needs."""
    problems = check_transition(standing.state, to)
    if problems or standing.paused is None or to is Step.WITHDRAWN:
        return problems
    waits = standing.paused == Stopped.SUPPLEMENT or to in RULINGS
    if waits:
        return [
            Problem(N_("The clock stands still: %(why)s. This comes after that."), {"why": STOPS[standing.paused]})
        ]
    return []


def check_ruling(standing: Standing, outcome: Step, effect: Effect | None, *, now: datetime) -> list[Problem]:
    """Whether `outcome` with `effect` may follow now: an answer is awaited first, an upheld objection has an effect,
    a dismissed one has none, and nobody loses what they were proposed for without having been heard.

    When the round is over there is nothing left to bring about, and an upheld objection has no effect either.
    """
    if outcome not in RULINGS:
        return [Problem(N_("Choose the outcome."), {}, "outcome")]
    problems = check_step(standing, outcome)
    if problems:
        return problems
    if standing.state is Step.ADMITTED and standing.due is None:
        return [Problem(N_("The organiser may still answer: their time stands still while the round is on hold."))]
    if standing.state is Step.ADMITTED and standing.due is not None and now < standing.due:
        return [Problem(N_("The organiser may still answer until %(due)s."), {"due": standing.due})]
    over = standing.phase in OVER
    if outcome is Step.UPHELD and effect is None and not over:
        problems.append(Problem(N_("Say what an upheld objection brings about."), {}, "remedy"))
    if outcome is Step.DISMISSED and effect is not None:
        problems.append(Problem(N_("A dismissed objection brings nothing about."), {}, "remedy"))
    if effect is not None and effect.remedy not in REMEDIES_FOR[standing.target]:
        problems.append(Problem(N_("This remedy does not fit what is objected to."), {}, "remedy"))
    elif effect is not None:
        problems += check_effect(standing, effect)
    return problems


def check_effect(standing: Standing, effect: Effect) -> list[Problem]:
    """Faults of what is to be brought about, whoever orders it."""
    problems = check_possible(effect.remedy, standing.phase)
    if effect.remedy is Remedy.RECUSE and effect.ground in (None, RecusalGround.NONE):
        problems.append(Problem(N_("A recusal needs a ground."), {}, "ground"))
    if effect.remedy is Remedy.EXCLUDE and effect.reason not in EXCLUSIONS:
        problems.append(Problem(N_("Say for which reason the application is excluded."), {}, "reason"))
    problems += [
        Problem(N_("The applicant of %(ref)s has been told of the objection and may still answer."), {"ref": ref})
        for ref in standing.unheard
    ]
    return problems


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time `months` earlier, or the last day of that month where it has no such day."""
    years, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    last = monthrange(years, month + 1)[1]
    return moment.replace(year=years, month=month + 1, day=min(moment.day, last))


def may_judge(judge: int, *, attacked: Collection[int], filer: int | None) -> Problem | None:
    """What keeps the account `judge` from deciding on an objection: their own act, or their own objection."""
    if judge in attacked:
        return Problem(
            N_("The objection is against an act of yours. Another supervisor of this round must decide on it.")
        )
    if judge == filer:
        return Problem(N_("You filed this objection. Another supervisor of this round must decide on it."))
    return None


# --- notice -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One application in the ranked proposal, as far as the notice asks."""

    application: str
    sheets: int
    outcome: str


def check_notice(lines: Collection[Line], *, quorum: int, missing: Collection[str]) -> list[Problem]:
    """What keeps the result from going on notice. `missing`: eligible applications that the result does not have."""
    problems = [Problem(N_("The result does not have %(ref)s; compute it again."), {"ref": ref}) for ref in missing]
    for line in lines:
        if line.sheets < quorum:
            problems.append(
                Problem(
                    N_("%(ref)s has %(sheets)s sheets that count; the rules ask for %(quorum)s."),
                    {"ref": line.application, "sheets": line.sheets, "quorum": quorum},
                )
            )
        if line.outcome == "undecided":
            problems.append(
                Problem(N_("%(ref)s is tied for a place; the tie must be broken first."), {"ref": line.application})
            )
    return problems
