"""What the record says when a decision is drawn up, gathered from every earlier step; and the document made of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Role
from procurement.applications import queries as applications
from procurement.applications.content import Content
from procurement.applications.models import Application
from procurement.applications.rules import public_part
from procurement.committee import queries as committee
from procurement.committee.expertise import field_name
from procurement.committee.queries import MemberView
from procurement.decisions.document import (
    Cell,
    Checked,
    Commitment,
    CommitteeMember,
    Corrected,
    DecisionDocument,
    Effect,
    Event,
    Marks,
    MarksRow,
    MoneyFacts,
    NoticeFacts,
    Numbers,
    ObjectionFacts,
    Ordered,
    Organiser,
    Outcome,
    PaymentFacts,
    PromotingOfficial,
    Ranked,
    Record,
    Recusal,
    Remedies,
    Result,
    RoundFacts,
    Rules,
    Said,
    Signatory,
    SignatoryRole,
    Tie,
    instant,
    verification_code,
)
from procurement.decisions.models import GivenUp
from procurement.decisions.rules import Order, moved_up
from procurement.errors import N_, WrongPhase
from procurement.merchants import queries as merchants
from procurement.objections import queries as objections
from procurement.objections.queries import ObjectionView
from procurement.objections.rules import GROUNDS, STEPS, TARGETS, Remedy
from procurement.publiclog import queries as publiclog
from procurement.rounds import clocks
from procurement.rounds import queries as rounds
from procurement.rounds.figures import Stated, stated
from procurement.rounds.models import Round
from procurement.rounds.phases import Course, Kind
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text, show_decimal
from procurement.scoring import queries as scoring
from procurement.scoring.results import recompute
from procurement.scoring.rules import CORRECTION_GROUNDS
from procurement.scoring.tally import RECUSED, Absent, Mark, Placed

TOLD = frozenset(Kind) - {Kind.OBJECTION_FILED, Kind.OBJECTION_SETTLED, Kind.CLOSED, Kind.ABORTED}
"""What a decision tells of the course of its round; each has its words in `wording.EVENTS`."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has to sign."""

    user_id: int
    name: str
    role: SignatoryRole
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision rests on; what is still to be decided is not in it. `commitments`: application → what
    its merchant promised."""

    zone: str
    today: date
    planned_on: date | None
    organiser: Organiser
    basis: Text
    pack: Text
    figures: tuple[Stated, ...]
    round: RoundFacts
    events: tuple[Event, ...]
    numbers: Numbers
    eligibility: tuple[Checked, ...]
    committee: tuple[CommitteeMember, ...]
    recusals: tuple[Recusal, ...]
    rules: Rules
    marks: Marks
    result: Result
    corrections: tuple[Corrected, ...]
    notice: NoticeFacts
    noticed: Order
    computed: Order
    objections: tuple[ObjectionFacts, ...]
    ordered_by: tuple[Ordered, ...]
    commitments: Mapping[str, Commitment]
    money: MoneyFacts
    people: tuple[Person, ...]
    record: Record | None


def gather(session: Session, found: Round, *, now: datetime, organiser: Actor) -> Facts:
    """The facts of round `found`, whose notice is over. `organiser` is who will sign for the organiser. The number of
    queries does not depend on how much there is. Raises WrongPhase when there is no result or notice."""
    document = rounds.rules_of(session, found.id)
    version, rules_digest, published = rounds.rules_record(session, found.id)
    course = rounds.course_of(session, found.id)
    notice = objections.notice_of(session, found.id)
    tally = scoring.tally_of(session, found.id)
    if notice is None or tally is None:
        raise WrongPhase(N_("There is no result on notice that could be decided."))
    members = committee.members_of(session, found.id)
    views = applications.applications_of(session, found.id, now=now)
    by_ref = {view.ref: view for view in views}
    counted, _ = recompute(tally.text)
    contents = applications.contents_of(session, found.id, now=now)
    ringable = merchants.ringable_among(session, {view.merchant_id for view in views})
    head = publiclog.head(session)
    counts = applications.counts_of(session, found.id, now=now)
    views_of_objections = objections.objections_of(session, found.id, now=now)
    return Facts(
        zone=document.timetable.zone,
        today=now.astimezone(clocks.zone_of(document)).date(),
        planned_on=document.activity.planned_on,
        organiser=Organiser(document.office.name, document.office.address, document.office.contact),
        basis=document.legal_basis,
        pack=document.pack.title,
        figures=stated(document),
        round=RoundFacts(
            found.ref,
            document.title,
            document.purpose,
            PromotingOfficial(document.official.name, document.official.office, document.official.employer),
            document.slots,
            document.reserves,
        ),
        events=tuple(_events(session, found.id, course)),
        numbers=Numbers(
            received=counts.standing + counts.withdrawn + counts.lapsed,
            withdrawn=counts.withdrawn,
            lapsed=counts.lapsed,
            eligible=sum(v.eligible for v in views),
            ineligible=sum(not v.eligible for v in views),
        ),
        eligibility=tuple(_checked(view) for view in views),
        committee=tuple(
            CommitteeMember(m.code, m.name, m.employer, m.kind.value, field_name(m.field), m.chair, m.drawn)
            for m in members
        ),
        recusals=tuple(_recusals(session, found.id, members, {view.id: view.ref for view in views})),
        rules=Rules(version, rules_digest, instant(published), document.scoring.to_json()),
        marks=matrix(counted.marks, members, by_ref, [c.code for c in document.scoring.marked]),
        result=Result(
            tally.number,
            tally.sha256,
            moved_up(
                [ranked(line, by_ref, [c.code for c in document.scoring.criteria]) for line in tally.ranking],
                _given_up(session, found.id),
                slots=document.slots,
            ),
            tuple(tie(told.to_json()) for told in tally.result.ties),
        ),
        corrections=tuple(corrections(session, found.id)),
        notice=NoticeFacts(notice.number, instant(notice.given_at), instant(notice.closes_at), notice.counted),
        noticed=[(line["application"], line["rank"], line["outcome"]) for line in notice.proposal],
        computed=[(line.application, line.rank, line.outcome) for line in tally.ranking],
        objections=tuple(_objections(views_of_objections)),
        ordered_by=tuple(_ordered(views_of_objections, course)),
        commitments={
            view.ref: _commitment(view, contents[view.id], ringable=view.merchant_id in ringable)
            for view in views
            if view.eligible and view.id in contents
        },
        money=_money(document),
        people=tuple(_people(session, found.id, members, organiser)),
        record=Record(head.size, head.root().hex()) if head.size else None,
    )


def compose(
    facts: Facts,
    *,
    reference: str,
    issued: str,
    language: str,
    effect: Effect,
    supersedes: str | None,
    base_url: str,
    demonstration: bool,
    outcomes: Mapping[str, Outcome],
    reasons: Text,
    departure: Text | None,
    valid_until: date,
) -> DecisionDocument:
    """The decision that `facts` and what is decided make together."""
    ranking = tuple(replace(line, outcome=outcomes[line.application]) for line in facts.result.ranking)
    selected = [line.application for line in ranking if line.outcome is Outcome.SELECTED]
    return DecisionDocument(
        reference=reference,
        code=verification_code(reference, facts.rules.sha256, issued),
        address=f"{base_url}/decisions/{reference}",
        language=language,
        zone=facts.zone,
        issued=issued,
        effect=effect,
        supersedes=supersedes,
        demonstration=demonstration,
        organiser=facts.organiser,
        basis=facts.basis,
        pack=facts.pack,
        figures=facts.figures,
        round=facts.round,
        events=facts.events,
        numbers=facts.numbers,
        eligibility=facts.eligibility,
        committee=facts.committee,
        recusals=facts.recusals,
        rules=facts.rules,
        marks=facts.marks,
        result=replace(facts.result, ranking=ranking),
        corrections=facts.corrections,
        notice=facts.notice,
        objections=facts.objections,
        ordered_by=facts.ordered_by if effect is Effect.ANNULLED else (),
        valid_until=valid_until,
        reasons=reasons,
        departure=departure,
        commitments=tuple(facts.commitments[ref] for ref in selected if ref in facts.commitments),
        money=facts.money,
        remedies=Remedies(facts.organiser.contact),
        signatories=tuple(
            Signatory(f"signatory-{position}", person.name, person.role, person.member)
            for position, person in enumerate(facts.people, start=1)
        ),
        record=facts.record,
    )


def _events(session: Session, round_id: int, course: Course) -> Iterator[Event]:
    """What people did, and the two deadlines that the clock kept, in their order."""
    told = [(m.at, m.kind.value) for m in rounds.milestones_of(session, round_id) if m.kind in TOLD]
    if course.applications_close is not None:
        told.append((course.applications_close, "deadline"))
    if course.notice_closes is not None:
        told.append((course.notice_closes, "objections_closed"))
    for at, event in sorted(told, key=lambda one: one[0]):
        yield Event(event, instant(at))


def _checked(view: applications.ApplicationView) -> Checked:
    verdict = view.verdict
    return Checked(
        application=view.ref,
        product=view.product_name,
        merchant=view.merchant_name,
        eligible=view.eligible,
        code=verdict.reason_code if verdict else "",
        reason=verdict.reason if verdict else "",
        explanation=verdict.explanation if verdict else "",
        helped=view.helped,
    )


def _recusals(
    session: Session, round_id: int, members: list[MemberView], refs: Mapping[int, str]
) -> Iterator[Recusal]:
    codes = {member.id: member.code for member in members}
    for (member_id, application_id), declared in committee.declarations_of(session, round_id).items():
        if declared.recused and application_id in refs:
            yield Recusal(codes[member_id], refs[application_id], declared.ground.value)


def matrix(
    marks: Mapping[str, Mapping[str, Mapping[str, Mark]]],
    members: list[MemberView],
    views: Mapping[str, applications.ApplicationView],
    criteria: list[str],
) -> Marks:
    """The matrix, applications and members in their order."""
    codes = [member.code for member in members]
    rows = tuple(
        MarksRow(ref, view.product_name, tuple(_cell(marks[ref].get(code, {}), criteria) for code in codes))
        for ref, view in views.items()
        if ref in marks
    )
    width = max((len(mark) for row in rows for cell in row.cells for mark in cell.marks), default=1)
    return Marks(tuple(codes), width, rows)


def _cell(sheet: Mapping[str, Mark], criteria: list[str]) -> Cell:
    given = [sheet.get(code) for code in criteria]
    if not any(isinstance(mark, Decimal) for mark in given):
        return Cell(state="recused" if RECUSED in given else "missing")
    return Cell(tuple("–" if mark is None or isinstance(mark, Absent) else show_decimal(mark) for mark in given))


def ranked(line: Placed, views: Mapping[str, applications.ApplicationView], criteria: list[str]) -> Ranked:
    """One line of a computation, with what the rule alone gives."""
    view = views.get(line.application)
    by_rule = {"selected": Outcome.SELECTED, "reserve": Outcome.RESERVE}.get(line.outcome, Outcome.NOT_SELECTED)
    return Ranked(
        application=line.application,
        product=view.product_name if view else "",
        merchant=view.merchant_name if view else "",
        rank=line.rank,
        total=line.total_text,
        values=tuple(line.criteria[code].text if code in line.criteria else None for code in criteria),
        sheets=line.sheets,
        by_rule=by_rule,
        outcome=by_rule,
        failed=tuple(Said.of(problem) for problem in line.no_award),
        passed_over=None if line.passed_over is None else Said.of(line.passed_over),
    )


def _given_up(session: Session, round_id: int) -> dict[str, str]:
    """Application → when its merchant gave the place up."""
    wanted = select(Application.ref, GivenUp.at).join(GivenUp, GivenUp.application_id == Application.id)
    return {ref: instant(at) for ref, at in session.execute(wanted.where(GivenUp.round_id == round_id))}


def tie(told: Mapping[str, object]) -> Tie:
    """What a link of the chain did, from its JSON form."""
    by, tied, groups = told["by"], told["tied"], told["groups"]
    assert isinstance(by, Mapping)  # noqa: S101 (the form TieTold writes)
    assert isinstance(tied, list)  # noqa: S101
    assert isinstance(groups, list)  # noqa: S101
    return Tie(by, tuple(tied), tuple(tuple(group) for group in groups))


def corrections(session: Session, round_id: int, *, until: datetime | None = None) -> Iterator[Corrected]:
    """Every correction of an opened mark, or those up to an instant."""
    for sheet in scoring.opened_sheets(session, round_id):
        for correction in sheet.corrections:
            if until is not None and correction.made_at > until:
                continue
            yield Corrected(
                application=sheet.application,
                member=sheet.member,
                criterion=correction.criterion,
                before=show_decimal(correction.before),
                after=show_decimal(correction.after),
                ground=CORRECTION_GROUNDS[correction.ground],
                reason=correction.reason,
                objection=correction.objection_ref,
            )


def _commitment(view: applications.ApplicationView, content: Content, *, ringable: bool) -> Commitment:
    content = public_part(content, ringable=ringable)
    price, supply, after = content.price, content.supply, content.after_sales

    def number(value: Decimal | None) -> str:
        return "" if value is None else show_decimal(value)

    return Commitment(
        application=view.ref,
        product=view.product_name,
        merchant=view.merchant_name,
        price=number(price.livestream),
        list_price=number(price.list_price),
        honoured_days=price.honoured_days,
        stock=number(supply.stock),
        dispatch_hours=supply.dispatch_hours,
        seven_day_return=after.seven_day_return,
        damage=after.damage_rule,
        first_response_hours=after.first_response_hours,
        refund_days=after.refund_days,
        complaints=after.complaint_contact,
    )


def _money(document: RoundDocument) -> MoneyFacts:
    money = document.money
    return MoneyFacts(
        show_decimal(money.budget),
        money.source,
        tuple(
            PaymentFacts(p.payer.value, p.payee.value, p.purpose, show_decimal(p.amount), show_decimal(p.percent))
            for p in money.payments
        ),
    )


def _people(session: Session, round_id: int, members: list[MemberView], organiser: Actor) -> Iterator[Person]:
    """Who signs: the members, the chair first; who drew up for the organiser; the first supervisor in office."""
    for member in sorted(members, key=lambda m: (not m.chair, m.id)):
        role = SignatoryRole.CHAIR if member.chair else SignatoryRole.MEMBER
        yield Person(member.user_id, member.name, role, member.code)
    if organiser.user_id is not None:
        yield Person(organiser.user_id, organiser.name, SignatoryRole.ORGANISER)
    seats = rounds.seats_of(session, round_id)
    supervisors = [seat for seat in seats if seat.role is Role.SUPERVISOR and seat.in_use]
    for seat in supervisors[:1]:
        yield Person(seat.user_id, seat.name, SignatoryRole.SUPERVISOR)


def _ordered(views: Sequence[ObjectionView], course: Course) -> Iterator[Ordered]:
    """The rulings that order the decision in force annulled and are still to be carried out."""
    for view in views:
        if view.ref in course.ordered_annulments:
            outside = view.escalation
            authority = outside is not None and outside.effect is not None and outside.effect.remedy is Remedy.ANNUL
            paper = outside.sha256 if authority and outside is not None else view.steps[-1].sha256
            yield Ordered(view.ref, authority, str(paper))


def _objections(views: Sequence[ObjectionView]) -> Iterator[ObjectionFacts]:
    for objection in views:
        yield ObjectionFacts(
            reference=objection.ref,
            by=objection.public_name,
            target=TARGETS[objection.target],
            target_ref=objection.target_ref,
            ground=GROUNDS[objection.ground],
            outcome=STEPS[objection.state],
            ruling=objection.reasons,
        )
