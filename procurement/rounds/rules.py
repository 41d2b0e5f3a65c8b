"""The rules of a round: one frozen document that is printed, hashed and logged before applications open.

While a round is drafted the document may be incomplete (`lint.lint` says what is missing); its shape is always
right. Publishing freezes its RFC 8785 text. Everything that later decides anything, periods and their calendar and
time zone included, is in it, so that a stranger can recompute every result and every deadline from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from procurement.errors import N_, Problem
from procurement.masking import public_text_problems
from procurement.rounds import canonical
from procurement.rounds.scoring_rule import Criterion, ScoringRule, Text

VERSION = 1


class EmployerKind(StrEnum):
    """What body the promoting official works for. Food Safety Law art. 73(2) names some of them."""

    GOVERNMENT = "government"
    MARKET_REGULATION = "market_regulation"
    FOOD_INSPECTION = "food_inspection"
    FOOD_ASSOCIATION = "food_association"
    CONSUMER_ORGANISATION = "consumer_organisation"
    AGRICULTURE = "agriculture"
    HEALTH = "health"
    COMMERCE = "commerce"
    OTHER_DEPARTMENT = "other_department"
    OTHER_BODY = "other_body"


EMPLOYER_KINDS: Mapping[EmployerKind, str] = MappingProxyType(
    {
        EmployerKind.GOVERNMENT: N_("county, city or township government"),
        EmployerKind.MARKET_REGULATION: N_("market regulation or food-safety supervision department"),
        EmployerKind.FOOD_INSPECTION: N_("food inspection body"),
        EmployerKind.FOOD_ASSOCIATION: N_("food industry association"),
        EmployerKind.CONSUMER_ORGANISATION: N_("consumer organisation"),
        EmployerKind.AGRICULTURE: N_("agriculture and rural affairs department"),
        EmployerKind.HEALTH: N_("health department"),
        EmployerKind.COMMERCE: N_("commerce department"),
        EmployerKind.OTHER_DEPARTMENT: N_("another department of government"),
        EmployerKind.OTHER_BODY: N_("another public body"),
    }
)


class FoodRule(StrEnum):
    """May somebody of that employer recommend food to consumers (Food Safety Law art. 73(2))?"""

    NEVER = "never"
    OPINION = "opinion"
    NOT_FOR_GAIN = "not_for_gain"
    FREE = "free"


RECOMMENDING_FOOD: Mapping[EmployerKind, FoodRule] = MappingProxyType(
    {
        # Named by the law: supervision of food safety, inspection bodies, associations of the trade.
        EmployerKind.MARKET_REGULATION: FoodRule.NEVER,
        EmployerKind.FOOD_INSPECTION: FoodRule.NEVER,
        EmployerKind.FOOD_ASSOCIATION: FoodRule.NEVER,
        # "And other relevant departments": open wording, so closed until a recorded opinion opens it.
        EmployerKind.AGRICULTURE: FoodRule.OPINION,
        EmployerKind.HEALTH: FoodRule.OPINION,
        EmployerKind.COMMERCE: FoodRule.OPINION,
        EmployerKind.OTHER_DEPARTMENT: FoodRule.OPINION,
        EmployerKind.CONSUMER_ORGANISATION: FoodRule.NOT_FOR_GAIN,
        # A government is no department of itself, and is not named.
        EmployerKind.GOVERNMENT: FoodRule.FREE,
        EmployerKind.OTHER_BODY: FoodRule.FREE,
    }
)

STATE_ORGANS = frozenset(EmployerKind) - {
    EmployerKind.FOOD_INSPECTION,
    EmployerKind.FOOD_ASSOCIATION,
    EmployerKind.CONSUMER_ORGANISATION,
    EmployerKind.OTHER_BODY,
}
"""Employers whose name and image advertising must not use (Advertising Law art. 9(2))."""


class Nature(StrEnum):
    """What kind of broadcast it is."""

    SALE = "sale"
    PROMOTION = "promotion"
    AFFAIRS = "affairs"


NATURES: Mapping[Nature, str] = MappingProxyType(
    {
        Nature.SALE: N_("goods are sold during the broadcast"),
        Nature.PROMOTION: N_("goods and their region are presented, and sold elsewhere"),
        Nature.AFFAIRS: N_("public affairs are explained, and goods are shown by the way"),
    }
)


class Category(StrEnum):
    """Kinds of goods, as far as different law applies to them."""

    FRESH = "fresh"
    PRIMARY = "primary"
    PROCESSED = "processed"
    HANDICRAFT = "handicraft"


CATEGORIES: Mapping[Category, str] = MappingProxyType(
    {
        Category.FRESH: N_("fresh farm produce"),
        Category.PRIMARY: N_("farm produce after primary processing"),
        Category.PROCESSED: N_("processed food"),
        Category.HANDICRAFT: N_("handicraft and other goods"),
    }
)

FOOD = frozenset({Category.FRESH, Category.PRIMARY, Category.PROCESSED})


class Party(StrEnum):
    """Between whom money moves."""

    PUBLIC = "public"
    OFFICIAL = "official"
    MERCHANT = "merchant"
    PLATFORM = "platform"
    AGENCY = "agency"
    OTHER = "other"


PARTIES: Mapping[Party, str] = MappingProxyType(
    {
        Party.PUBLIC: N_("public side (organiser, its office and budget)"),
        Party.OFFICIAL: N_("promoting official"),
        Party.MERCHANT: N_("merchant"),
        Party.PLATFORM: N_("platform"),
        Party.AGENCY: N_("livestream agency (MCN)"),
        Party.OTHER: N_("somebody else"),
    }
)

PUBLIC_SIDE = frozenset({Party.PUBLIC, Party.OFFICIAL})


class NamesPublished(StrEnum):
    """When the committee members' names become public."""

    FORMED = "formed"
    DECIDED = "decided"


class ExpertsChosen(StrEnum):
    """How the experts of a committee are found (Implementing Regulation art. 39: at random from a pool)."""

    DRAWN = "drawn"
    APPOINTED = "appointed"


class ObserversChosen(StrEnum):
    """Who gets an observer's seat when more people ask than there are seats."""

    FIRST_COME = "first_come"
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True)
class Official:
    """Who will promote the goods."""

    name: str = ""
    office: Text = field(default_factory=Text)
    employer: Text = field(default_factory=Text)
    employer_kind: EmployerKind = EmployerKind.GOVERNMENT


@dataclass(frozen=True, slots=True)
class Office:
    """The organiser as the public may reach it."""

    name: Text = field(default_factory=Text)
    address: Text = field(default_factory=Text)
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A written opinion that was given on this round before it was published."""

    by: Text = field(default_factory=Text)
    number: str = ""
    given_on: date | None = None
    conclusion: Text = field(default_factory=Text)

    @property
    def given(self) -> bool:
        """Whether it is all there: who, when and what, in both languages."""
        texts = (self.by.en, self.by.zh, self.conclusion.en, self.conclusion.zh)
        return self.given_on is not None and all(texts)

    @property
    def empty(self) -> bool:
        """Whether nothing was written at all."""
        return self == Opinion()


@dataclass(frozen=True, slots=True)
class Activity:
    """What the broadcast is in law, and the opinions on that. `food` is needed when the official's department has
    to do with food (Food Safety Law art. 73(2), "other relevant departments"). `subject`: the crop or craft of a
    place that the activity is about, when it is about one; `subject_basis`: what shows that it needs help. Origin may
    be what an activity is about; it is never scored."""

    nature: Nature = Nature.PROMOTION
    platform: Text = field(default_factory=Text)
    planned_on: date | None = None
    nature_opinion: Opinion = field(default_factory=Opinion)
    fair_competition: Opinion = field(default_factory=Opinion)
    food: Opinion = field(default_factory=Opinion)
    subject: Text = field(default_factory=Text)
    subject_basis: Text = field(default_factory=Text)

    @property
    def subject_stated(self) -> bool:
        """Whether the activity is about goods of one place, with the basis for that, in both languages."""
        texts = (self.subject, self.subject_basis)
        return all(text.en.strip() and text.zh.strip() for text in texts)


class DayUnit(StrEnum):
    """In what a period is counted (workdays.Unit)."""

    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Timetable:
    """Periods. Those called `…_working_days` are working days of `calendar`, those called `…_days` calendar days,
    and the notice is counted in its own unit; all are counted in `zone`: the first day is not counted, the last
    rolls over (workdays.deadline). Ask `clocks` for the deadlines.

    `question_…`: for the answer to a public question. `verdict_objection_…`: after checking is closed, for objecting
    to a verdict. `objection_supplement_…`: for completing an objection. `suspension_days`: how long an objection may
    keep an award frozen, at most. `third_party_…`: for the statement of a merchant whose award an objection attacks.
    `escalation_…`: after a ruling, for turning to the outside authority; `authority_…`: for its decision. Who has had
    `unfounded_objections` dismissed within `unfounded_months` is shown to the supervisor, and nothing else.
    `standstill_days`: after the decision is published, before anything is done on it; 0: none. `retention_years`: how
    long the file is kept after the round is closed, `broadcast_retention_years` what belongs to the broadcast.
    """

    call_days: int = 15
    min_call_days: int = 15
    amendment_days: int = 5
    question_working_days: int = 3
    checking_working_days: int = 3
    supplement_working_days: int = 3
    verdict_objection_working_days: int = 2
    scoring_working_days: int = 5
    notice_days: int = 5
    notice_unit: DayUnit = DayUnit.WORKING
    admissibility_working_days: int = 3
    objection_supplement_working_days: int = 5
    answer_working_days: int = 7
    third_party_working_days: int = 3
    ruling_working_days: int = 10
    suspension_days: int = 30
    escalation_working_days: int = 15
    authority_working_days: int = 30
    unfounded_objections: int = 3
    unfounded_months: int = 12
    decision_working_days: int = 5
    standstill_days: int = 0
    retention_years: int = 15
    broadcast_retention_years: int = 3
    calendar: str = "cn"
    zone: str = "Asia/Shanghai"


class Basis(StrEnum):
    """How a figure of a rule pack is known. Only the first is printed as law."""

    LAW = "law"
    SECONDARY = "secondary"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a rule pack: the place in the document that it stands for ("timetable.call_days"), its value there
    as text, and where it comes from. `by_analogy`: what is named as its source does not bind this activity."""

    place: str
    value: str
    basis: Basis
    source: Text
    by_analogy: bool = False


@dataclass(frozen=True, slots=True)
class RulePack:
    """The set of figures that a round was begun from (packs.py). It stands in the document in full, so that a
    stranger sees which figure was adjusted, without this program. `code` "": none was chosen. `version`: the day of
    its file."""

    code: str = ""
    title: Text = field(default_factory=Text)
    about: Text = field(default_factory=Text)
    version: str = ""
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class CommitteeRule:
    """How the committee is composed.

    `rotation`: after so many consecutive rounds a person pauses (0: no limit). `seat_working_days`: within them
    somebody who was drawn says whether they take the seat; `recusal_working_days`: within them the supervisor decides
    on a request for recusal. `observers`: seats for citizens and press.
    """

    size: int = 7
    experts: int = 5
    names_published: NamesPublished = NamesPublished.DECIDED
    experts_chosen: ExpertsChosen = ExpertsChosen.DRAWN
    rotation: int = 2
    seat_working_days: int = 2
    recusal_working_days: int = 3
    observers: int = 3
    observers_chosen: ObserversChosen = ObserversChosen.FIRST_COME


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that an application meets or not; it is never scored."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Payment:
    """Who pays whom for what. `amount` in yuan, `percent` of sales; both zero says that nothing is paid."""

    payer: Party
    payee: Party
    purpose: Text
    amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Money:
    """What the activity costs and where every yuan goes. `budget` in yuan."""

    budget: Decimal = Decimal(0)
    source: Text = field(default_factory=Text)
    payments: tuple[Payment, ...] = ()


@dataclass(frozen=True, slots=True)
class RoundDocument:
    """See the module. Its JSON form, RFC 8785 text and SHA-256 are exact: `from_json(d.to_json()) == d`. A field that
    a document of an earlier day lacks has its default.

    `authority`: the outside authority to which one may turn against a ruling. `least_eligible`: with fewer eligible
    applications nothing is selected. `pack`: what the figures come from."""

    scoring: ScoringRule
    title: Text = field(default_factory=Text)
    purpose: Text = field(default_factory=Text)
    public_interest: Text = field(default_factory=Text)
    office: Office = field(default_factory=Office)
    authority: Office = field(default_factory=Office)
    official: Official = field(default_factory=Official)
    activity: Activity = field(default_factory=Activity)
    categories: tuple[Category, ...] = tuple(Category)
    gates: tuple[Gate, ...] = ()
    least_eligible: int = 3
    pack: RulePack = field(default_factory=RulePack)
    timetable: Timetable = field(default_factory=Timetable)
    committee: CommitteeRule = field(default_factory=CommitteeRule)
    money: Money = field(default_factory=Money)
    legal_basis: Text = field(default_factory=Text)
    version: int = VERSION

    def with_criteria(self, criteria: tuple[Criterion, ...]) -> "RoundDocument":
        """This document with other criteria."""
        return replace(self, scoring=replace(self.scoring, criteria=criteria))

    @property
    def slots(self) -> int:
        """How many products are selected at most."""
        return self.scoring.slots

    @property
    def reserves(self) -> int:
        """How many follow, in order, when a selected one drops out."""
        return self.scoring.reserves

    def to_json(self) -> dict[str, Any]:
        """The JSON form: strings, whole numbers, lists and objects; no floats."""
        return {name: canonical.write(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, value: Any) -> "RoundDocument":
        """Read `to_json`'s form; raises RuleBroken with every fault and its place."""
        document: RoundDocument = canonical.read_whole(cls, value)
        return document

    @property
    def text(self) -> str:
        """The RFC 8785 text that is frozen and hashed."""
        return canonical.canonical_text(self.to_json())

    @property
    def sha256(self) -> str:
        """SHA-256 of `text`, in hex."""
        return canonical.digest(self.text)


AMENDABLE = ("purpose", "public_interest", "office", "legal_basis")
"""What an amendment may say anew, besides platform and day of the broadcast and a longer call. Titles, the official,
goods, conditions, criteria, the scoring rule, the committee, money, opinions and everybody's periods stay as
published: whoever applied relied on them (Implementing Regulation art. 34: a standard that is not in the documents
cannot be used). When one of these must change, the round is ended and called anew."""


def check_amendment(published: RoundDocument, amended: RoundDocument) -> list[Problem]:
    """What in `amended` an amendment cannot change: all but AMENDABLE, platform and day, and a longer call."""
    before, after = published.activity, amended.activity
    frozen = replace(
        amended,
        **{name: getattr(published, name) for name in AMENDABLE},
        timetable=published.timetable,
        activity=replace(after, platform=before.platform, planned_on=before.planned_on),
    )
    problems = [
        Problem(N_("This was frozen when the round was published and cannot be amended."), {}, name)
        for name in RoundDocument.__dataclass_fields__
        if getattr(published, name) != getattr(frozen, name)
    ]
    periods = replace(amended.timetable, call_days=published.timetable.call_days)
    if periods != published.timetable:
        problems.append(
            Problem(N_("Only the call may be given more days; all other periods stay as published."), {}, "timetable")
        )
    if amended.timetable.call_days < published.timetable.call_days:
        problems.append(Problem(N_("A call may be made longer, never shorter."), {}, "timetable.call_days"))
    if not problems and published == amended:
        problems.append(Problem(N_("Nothing is changed by this amendment.")))
    return problems


class HoldLabel(StrEnum):
    """What the public is told about a hold; neutral, since nothing is established yet."""

    CLARIFICATION = "clarification"
    REVIEW = "review"
    TECHNICAL = "technical"


HOLD_LABELS: Mapping[HoldLabel, str] = MappingProxyType(
    {
        HoldLabel.CLARIFICATION: N_("A matter is being clarified."),
        HoldLabel.REVIEW: N_("The supervisor is reviewing the procedure."),
        HoldLabel.TECHNICAL: N_("A technical fault is being repaired."),
    }
)


class AbortReason(StrEnum):
    """Why a round ends without a selection (after Procurement Law art. 36)."""

    FEW_ELIGIBLE = "few_eligible"
    UNFAIR = "unfair_irregularity"
    CHANGED = "cancelled_by_change"


ABORT_REASONS: Mapping[AbortReason, str] = MappingProxyType(
    {
        AbortReason.FEW_ELIGIBLE: N_("Too few eligible applications"),
        AbortReason.UNFAIR: N_("An irregularity made the round unfair"),
        AbortReason.CHANGED: N_("Circumstances changed so that the activity is cancelled"),
    }
)


def check_both(text: Text, place: str) -> list[Problem]:
    """A sentence is needed in both languages."""
    missing = [
        (f"{place}.en", N_("Write this in English too.")) if not text.en.strip() else None,
        (f"{place}.zh", N_("Write this in Chinese too.")) if not text.zh.strip() else None,
    ]
    problems = [Problem(item[1], {}, item[0]) for item in missing if item]
    for language, said in (("en", text.en), ("zh", text.zh)):
        problems += public_text_problems(said, f"{place}.{language}")
    return problems
