"""Reading for the public pages. A page costs the same number of statements whatever the number of rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import ColumnElement

from procurement.access import VISITOR
from procurement.applications import queries as applications
from procurement.applications import supplementing, verifying
from procurement.applications.content import AttachedFile
from procurement.applications.models import Application, Verdict
from procurement.applications.queries import Detail, LapsedView
from procurement.applications.supplementing import SupplementView
from procurement.applications.verdicts import Reason
from procurement.applications.verifying import FindingView
from procurement.applications.wording import REASONS
from procurement.committee import queries as committee
from procurement.committee.draw_queries import draws_of
from procurement.committee.queries import PublicMember
from procurement.committee.retracing import Retraced
from procurement.committee.rules import GROUNDS
from procurement.decisions.document import Effect, Outcome
from procurement.decisions.models import Decision
from procurement.decisions.queries import given_up_in, standing_of
from procurement.errors import N_, NotFound
from procurement.merchants import queries as merchants
from procurement.merchants.models import Merchant
from procurement.merchants.queries import DebarmentView, VisitView
from procurement.merchants.rules import KIND_NAMES, PublicFace
from procurement.portal.timeline import Step, running_phase, steps_of
from procurement.rounds import queries as rounds
from procurement.rounds.models import Milestone, Round, RoundRules
from procurement.rounds.phases import Course, Kind, Phase
from procurement.rounds.queries import Amendment, MilestoneView, RoundView, RulesVersion
from procurement.rounds.rules import CATEGORIES, Category, RoundDocument
from procurement.rounds.scoring_rule import Text
from procurement.scoring import queries as scoring
from procurement.scoring.queries import Matrix
from procurement.signing import Standing

PAGE = 20
"""Rows of a list on one page."""
MOST_RUNNING = 100
"""Rounds under way that are listed at once; more than an office runs."""

_OVER = (Kind.DECISION_PUBLISHED, Kind.CLOSED, Kind.ABORTED)


@dataclass(frozen=True, slots=True)
class RoundsPage:
    """`running`: rounds under way, those one may act on first; `over`: decided and ended ones, newest first.
    `after` is the ref behind which the next page of `over` begins, None at the end."""

    running: Sequence[RoundView]
    over: Sequence[RoundView]
    after: str | None


def rounds_page(session: Session, *, now: datetime, after: str | None = None, size: int = PAGE) -> RoundsPage:
    """Every published round. Rounds under way stand on the first page only."""
    wanted = select(Round).where(_milestone(Kind.PUBLISHED), _milestone(*_OVER)).order_by(Round.id.desc())
    if after is not None:
        wanted = wanted.where(Round.id < select(Round.id).where(Round.ref == after).scalar_subquery())
    over = list(session.scalars(wanted.limit(size + 1)))
    running = [] if after is not None else list(session.scalars(_running()))
    views = _views(session, [*running, *over[:size]], now)
    return RoundsPage(
        running=sorted(views[: len(running)], key=_urgency),
        over=views[len(running) :],
        after=over[size - 1].ref if len(over) > size else None,
    )


def _running() -> Select[Round]:
    return (
        select(Round)
        .where(_milestone(Kind.PUBLISHED), ~_milestone(*_OVER))
        .order_by(Round.id.desc())
        .limit(MOST_RUNNING)
    )


def _milestone(*kinds: Kind) -> ColumnElement[bool]:
    return exists().where(Milestone.round_id == Round.id, Milestone.kind.in_(kinds))


def _views(session: Session, found: Sequence[Round], now: datetime) -> list[RoundView]:
    courses = rounds.courses_of(session, [one.id for one in found])
    return [_view(one, courses[one.id], now) for one in found]


def _view(found: Round, course: Course, now: datetime) -> RoundView:
    title = Text(found.title_en, found.title_zh)
    return RoundView(found.id, found.ref, title, course, course.phase_at(now), found.created_at)


def _urgency(view: RoundView) -> tuple[int, float, str]:
    """Rounds to apply to or to object in come first, the one that closes first in front."""
    course = view.course
    closes = {Phase.OPEN: course.applications_close, Phase.NOTICE: course.notice_closes}.get(view.phase)
    return (0 if closes else 1, closes.timestamp() if closes else 0.0, view.ref)


@dataclass(frozen=True, slots=True)
class PublicRound:
    """What every page of a round begins with. `reached`: the phase, of a held or aborted round the one it was in.
    `milestones`: what happened so far, oldest first."""

    id: int
    ref: str
    title: Text
    course: Course
    phase: Phase
    reached: Phase
    rules: RoundDocument
    version: int
    sha256: str
    frozen_at: datetime
    milestones: Sequence[MilestoneView]
    steps: Sequence[Step]

    def last(self, kind: Kind) -> MilestoneView | None:
        """The latest milestone of that kind."""
        return next((m for m in reversed(self.milestones) if m.kind is kind), None)

    def counted(self, kind: Kind) -> Mapping[str, object] | None:
        """How the deadline set by the latest milestone of that kind was counted."""
        found = self.last(kind)
        return found.counted if found is not None else None


def public_round(session: Session, ref: str, *, now: datetime) -> PublicRound:
    """The published round called `ref`, in three statements. Raises NotFound, for a draft too."""
    row = session.execute(
        select(Round, RoundRules)
        .join(RoundRules, RoundRules.round_id == Round.id)
        .where(Round.ref == ref)
        .order_by(RoundRules.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    found, frozen = row
    milestones = rounds.milestones_of(session, found.id)
    course = Course.of(milestones)
    rules = RoundDocument.from_json(json.loads(frozen.document))
    return PublicRound(
        id=found.id,
        ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        course=course,
        phase=course.phase_at(now),
        reached=running_phase(course, now),
        rules=rules,
        version=frozen.version,
        sha256=frozen.sha256,
        frozen_at=frozen.published_at,
        milestones=milestones,
        steps=steps_of(course, rules.timetable, now),
    )


def rules_versions(session: Session, round_id: int) -> list[RulesVersion]:
    """Every version of the frozen rules, newest first."""
    return rounds.rules_versions(session, round_id)[::-1]


def amendments_of(session: Session, found: PublicRound) -> list[Amendment]:
    """What each amendment changed and why, oldest first; no statement where there was none."""
    return rounds.amendments_of(session, found.id) if found.version > 1 else []


def lapsed_of(session: Session, found: PublicRound, *, now: datetime) -> list[LapsedView]:
    """Applications that were not confirmed after an amendment; no statement where there was none."""
    return applications.lapsed_of(session, found.id, now=now) if found.version > 1 else []


def frozen_text(session: Session, ref: str) -> str:
    """The text that was frozen and hashed, of the version in force. Raises NotFound."""
    wanted = (
        select(RoundRules.document)
        .join(Round, Round.id == RoundRules.round_id)
        .where(Round.ref == ref)
        .order_by(RoundRules.version.desc())
        .limit(1)
    )
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    return found


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One application in the ranking, in short. `outcome` is one of scoring.tally's words."""

    ref: str
    name: str
    rank: int | None
    total: str | None
    outcome: str


def result_of(session: Session, found: PublicRound) -> list[ResultRow]:
    """The ranking as last computed, in two statements; empty before the scores are opened."""
    if found.course.scores_opened is None:
        return []
    view = scoring.tally_of(session, found.id)
    if view is None:
        return []
    names = {applicant.ref: applicant.product for applicant in committee.applicants_of(session, found.id)}
    return [
        ResultRow(line.application, names.get(line.application, ""), line.rank, line.total_text, line.outcome)
        for line in view.ranking
    ]


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """An application in the list of its round. `name` and `explanation` are in people's own words; `reason` is a
    marked text, None while there is no verdict."""

    ref: str
    number: int
    name: str
    category: str
    merchant: str
    eligible: bool
    reason: str | None
    explanation: str


def applications_page(
    session: Session, found: PublicRound, *, now: datetime, after: int | None = None, size: int = 50
) -> tuple[list[ApplicationRow], int | None]:
    """Standing applications by number, and the number behind which the next page begins (None: no more).

    Empty before the deadline: until then nobody but the applicant knows of an application.
    """
    if not found.course.applications_visible(now):
        return [], None
    wanted = (
        select(Application, Merchant, Verdict)
        .join(Merchant, Merchant.id == Application.merchant_id)
        .outerjoin(Verdict, and_(Verdict.application_id == Application.id, Verdict.superseded_at.is_(None)))
        .where(Application.round_id == found.id, *applications.standing())
        .order_by(Application.number)
        .limit(size + 1)
    )
    if after is not None:
        wanted = wanted.where(Application.number > after)
    rows = [
        ApplicationRow(
            application.ref,
            application.number,
            application.product_name,
            CATEGORIES[Category(application.category)],
            merchants.public_name(merchant),
            verdict is not None and verdict.eligible,
            REASONS[Reason(verdict.reason_code)] if verdict is not None else None,
            verdict.explanation if verdict is not None else "",
        )
        for application, merchant, verdict in session.execute(wanted)
    ]
    return rows[:size], rows[size - 1].number if len(rows) > size else None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One application as everybody may read it. `matrix`: its marks, None before the scores are opened or when it was
    not scored. `findings`, `supplements`: what its verdict rests on, empty before there is one. `given_up`: when and
    why its merchant gave the place up."""

    detail: Detail
    photos: Sequence[AttachedFile]
    files: Sequence[AttachedFile]
    matrix: Matrix | None
    findings: Sequence[FindingView]
    supplements: Sequence[SupplementView]
    given_up: tuple[datetime, str] | None


def product_page(session: Session, ref: str, *, now: datetime) -> ProductPage:
    """The application called `ref`, its public part only, whoever asks. Raises NotFound before the deadline."""
    detail = applications.application_detail(session, ref, actor=VISITOR, now=now)
    matrices = scoring.matrices_of(session, detail.view.round_id, application=ref)
    photos = [one for one in detail.content.files if one.media_type.startswith("image/")]
    files = [one for one in detail.content.files if one not in photos]
    gone = {one: (at, why) for one, at, why in given_up_in(session, detail.view.round_id)}
    judged = bool(detail.verdicts)
    return ProductPage(
        detail=detail,
        photos=photos,
        files=files,
        matrix=matrices[0] if matrices else None,
        findings=list(verifying.findings_of(session, detail.view.id).values()) if judged else [],
        supplements=supplementing.supplements_for(session, detail.view.id, detail.view.round_id, now=now)
        if judged
        else [],
        given_up=gone.get(ref),
    )


@dataclass(frozen=True, slots=True)
class Scored:
    """An application and who scores it. `recused`: (member code, ground as a marked text)."""

    ref: str
    product: str
    sheets: int
    recused: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PublicCommittee:
    """The committee as the public sees it. `applications` is empty before scoring begins; `draws`: as the log tells
    them, of experts and of observers."""

    members: Sequence[PublicMember]
    applications: Sequence[Scored]
    draws: Sequence[Retraced]
    named: bool


def committee_of(session: Session, found: PublicRound) -> PublicCommittee:
    """Members, draws, and for each eligible application how many sheets it can have, in four statements."""
    members = committee.public_members(session, found.id, document=found.rules, course=found.course)
    draws = draws_of(session, found.ref)
    if not members or found.course.scoring_began is None:
        return PublicCommittee(members, (), draws, named=False)
    declared = committee.declarations_of(session, found.id)
    scored = []
    for application in committee.applicants_of(session, found.id):
        grounds = [(member.code, declared.get((member.id, application.id))) for member in members]
        recused = [(code, GROUNDS[view.ground]) for code, view in grounds if view is not None and view.recused]
        sheets = sum(view is not None and not view.recused for _, view in grounds)
        scored.append(Scored(application.ref, application.product, sheets, recused))
    return PublicCommittee(members, scored, draws, named=members[0].name is not None)


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A published decision in the register. `standing`: whether it counts; `by`: the later one that amended, annulled
    or superseded it, None while it is in force."""

    ref: str
    round_ref: str
    title: Text
    published_at: datetime
    effect: Effect
    standing: Standing
    by: str | None


STANDINGS: Mapping[Standing, str] = MappingProxyType(
    {
        Standing.IN_FORCE: N_("in force"),
        Standing.AMENDED: N_("amended"),
        Standing.ANNULLED: N_("annulled"),
        Standing.SUPERSEDED: N_("superseded"),
    }
)

_LATER = aliased(Decision)


def decisions_of(session: Session, round_id: int) -> list[DecisionRow]:
    """Published decisions of one round, newest first."""
    wanted = _decisions().where(Decision.round_id == round_id)
    return [_decision_row(row) for row in session.execute(wanted)]


def _decisions() -> Any:
    return (
        select(Decision, _LATER.ref, _LATER.effect, Round.ref, Round.title_en, Round.title_zh)
        .join(Round, Round.id == Decision.round_id)
        .outerjoin(_LATER, (_LATER.supersedes_id == Decision.id) & _LATER.published_at.is_not(None))
        .where(Decision.published_at.is_not(None))
        .order_by(Decision.published_at.desc(), Decision.id.desc())
    )


def _decision_row(row: Any) -> DecisionRow:
    decision, by, successor, round_ref, en, zh = row
    standing = standing_of(decision, successor)
    return DecisionRow(
        decision.ref, round_ref, Text(en, zh), decision.published_at, Effect(decision.effect), standing, by
    )


def decisions_page(
    session: Session, *, after: str | None = None, size: int = PAGE
) -> tuple[list[DecisionRow], str | None]:
    """Published decisions, newest first, and the ref behind which the next page begins (None: no more)."""
    wanted = _decisions().limit(size + 1)
    if after is not None:
        last = select(Decision.published_at, Decision.id).where(Decision.ref == after).subquery()
        wanted = wanted.join(
            last,
            or_(
                Decision.published_at < last.c.published_at,
                and_(Decision.published_at == last.c.published_at, Decision.id < last.c.id),
            ),
        )
    rows = [_decision_row(row) for row in session.execute(wanted)]
    return rows[:size], rows[size - 1].ref if len(rows) > size else None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """An eligible product of a round whose checking is closed, since `told_at`.
    `name` is in the applicant's own words."""

    ref: str
    name: str
    category: str
    merchant: str
    round_ref: str
    round_title: Text
    told_at: datetime


def products_page(
    session: Session, *, after: str | None = None, size: int = PAGE
) -> tuple[list[ProductRow], str | None]:
    """Eligible products of all rounds, newest first, and the ref behind which the next page begins (None: no more).

    Before checking is closed a verdict may still change, and before the deadline nobody may know of an application.
    """
    before: ColumnElement[bool] = true()
    if after is not None:
        before = Application.id < select(Application.id).where(Application.ref == after).scalar_subquery()
    rows = _products(session, before, size=size + 1)
    return rows[:size], rows[size - 1].ref if len(rows) > size else None


def _products(session: Session, condition: ColumnElement[bool], *, size: int) -> list[ProductRow]:
    told = (
        select(func.max(Milestone.at))
        .where(Milestone.round_id == Application.round_id, Milestone.kind == Kind.CHECKING_CLOSED)
        .scalar_subquery()
    )
    wanted = (
        select(Application, Merchant, Round.ref, Round.title_en, Round.title_zh, told)
        .join(Verdict, and_(Verdict.application_id == Application.id, Verdict.superseded_at.is_(None)))
        .join(Merchant, Merchant.id == Application.merchant_id)
        .join(Round, Round.id == Application.round_id)
        .where(Verdict.eligible, Application.withdrawn_at.is_(None), _told(), condition)
        .order_by(Application.id.desc())
        .limit(size)
    )
    return [
        ProductRow(
            application.ref,
            application.product_name,
            application.category,
            merchants.public_name(merchant),
            round_ref,
            Text(en, zh),
            at,
        )
        for application, merchant, round_ref, en, zh, at in session.execute(wanted)
    ]


@dataclass(frozen=True, slots=True)
class BusinessRow:
    """A business in the public register, with the number of its eligible products."""

    ref: str
    name: str
    kind: str
    masked: bool
    products: int


def _shown() -> Select[int, int]:
    """(merchant id, number of eligible products) of everybody who has an eligible product in a checked round."""
    return (
        select(Application.merchant_id.label("merchant_id"), func.count().label("products"))
        .join(Verdict, and_(Verdict.application_id == Application.id, Verdict.superseded_at.is_(None)))
        .where(Verdict.eligible, Application.withdrawn_at.is_(None), _told())
        .group_by(Application.merchant_id)
    )


def _told() -> ColumnElement[bool]:
    """Before checking is closed a verdict may still change, and before the deadline nobody may know of an
    application."""
    return exists().where(Milestone.round_id == Application.round_id, Milestone.kind == Kind.CHECKING_CLOSED)


def businesses_page(
    session: Session, *, after: str | None = None, size: int = PAGE
) -> tuple[list[BusinessRow], str | None]:
    """Businesses with an eligible product in a checked round, newest first, and the ref behind which the next page
    begins (None: no more)."""
    shown = _shown().subquery()
    wanted = (
        select(Merchant, shown.c.products)
        .join(shown, shown.c.merchant_id == Merchant.id)
        .order_by(Merchant.id.desc())
        .limit(size + 1)
    )
    if after is not None:
        wanted = wanted.where(Merchant.id < select(Merchant.id).where(Merchant.ref == after).scalar_subquery())
    rows = []
    for merchant, products in session.execute(wanted):
        face = merchants.public_face(merchant)
        rows.append(BusinessRow(face.ref, face.name, KIND_NAMES[face.kind], face.masked, products))
    return rows[:size], rows[size - 1].ref if len(rows) > size else None


@dataclass(frozen=True, slots=True)
class BusinessPage:
    """A business as everybody may read it: its public face, its eligible products, whether and why it is debarred."""

    face: PublicFace
    kind: str
    products: Sequence[ProductRow]
    debarment: DebarmentView | None
    visit: VisitView | None
    """How a clerk registered it, if one did."""


def business_page(session: Session, ref: str, *, today: date, size: int = 100) -> BusinessPage:
    """The business called `ref`. Raises NotFound for one without an eligible product in a checked round: until then
    nobody need know that it exists."""
    merchant = session.scalars(select(Merchant).where(Merchant.ref == ref)).one_or_none()
    rows = [] if merchant is None else _products(session, Application.merchant_id == merchant.id, size=size)
    if merchant is None or not rows:
        raise NotFound(N_("There is no business “%(ref)s” in the register."), ref=ref[:40])
    face = merchants.public_face(merchant)
    debarred = merchants.debarred_on(session, merchant.id, today)
    return BusinessPage(face, KIND_NAMES[face.kind], rows, debarred, merchants.visit_of(session, merchant.id))


@dataclass(frozen=True, slots=True)
class Selected:
    """A business and the rounds in whose decision in force a product of it is selected, or a reserve."""

    ref: str
    name: str
    selected: frozenset[str]
    reserve: frozenset[str]

    @property
    def times(self) -> int:
        """In how many rounds it was selected."""
        return len(self.selected)


LAST_ROUNDS = 12
"""Rounds that the page of rotation looks back on; a year of them."""


def rotation(session: Session, *, size: int = LAST_ROUNDS) -> tuple[list[str], list[Selected]]:
    """The latest decided rounds, oldest first, and who was selected in them, most often first; two statements."""
    wanted = (
        select(Round.ref, Decision.document)
        .join(Round, Round.id == Decision.round_id)
        .where(Decision.published_at.is_not(None), Decision.superseded_at.is_(None))
        .order_by(Decision.published_at.desc(), Decision.id.desc())
        .limit(size)
    )
    refs: list[str] = []
    outcomes: dict[str, tuple[str, str]] = {}
    for ref, text in session.execute(wanted):
        refs.insert(0, ref)
        for line in json.loads(text)["result"]["ranking"]:
            outcomes[line["application"]] = (ref, line["outcome"])
    named = [ref for ref, (_, outcome) in outcomes.items() if outcome in (Outcome.SELECTED, Outcome.RESERVE)]
    found: dict[str, tuple[str, set[str], set[str]]] = {}
    owners = select(Application.ref, Merchant).join(Merchant, Merchant.id == Application.merchant_id)
    for ref, merchant in session.execute(owners.where(Application.ref.in_(named)).order_by(Merchant.id)):
        _name, selected, reserve = found.setdefault(merchant.ref, (merchants.public_name(merchant), set(), set()))
        (selected if outcomes[ref][1] == Outcome.SELECTED else reserve).add(outcomes[ref][0])
    rows = [Selected(ref, name, frozenset(sel), frozenset(res - sel)) for ref, (name, sel, res) in found.items()]
    return refs, sorted(rows, key=lambda one: (-one.times, -len(one.reserve), one.ref))
