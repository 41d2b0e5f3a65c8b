"""The stories of the demonstration's rounds. Each goes from the draft as far as its plan says."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from procurement.access import VISITOR, Role
from procurement.accounts.queries import own_attempt
from procurement.applications import actions as applications
from procurement.applications import verifying, writing
from procurement.applications.checklist import REQUIRED, RESTS_ON, Finding, Item, Method, Result
from procurement.applications.content import Certificates, Section
from procurement.applications.verdicts import Reason
from procurement.committee import actions as committee
from procurement.committee.rules import Declared, Ground, MemberKind
from procurement.db import reading, transaction
from procurement.decisions import actions as decisions
from procurement.decisions import queries as decisions_queries
from procurement.decisions.actions import Choice, Place
from procurement.decisions.document import Effect as DecisionEffect
from procurement.decisions.document import SignatoryRole
from procurement.decisions.models import Decision, DecisionSignature
from procurement.demo.cast import PASSWORD, Person
from procurement.demo.goods import Offer, sold_before
from procurement.demo.paris import tasting
from procurement.demo.stage import Stage
from procurement.objections import actions as objections
from procurement.objections import hearing, pausing
from procurement.objections.models import Objection as ObjectionRow
from procurement.objections.rules import Effect, Filing, Step
from procurement.rounds import actions as rounds
from procurement.rounds.clocks import Stopped
from procurement.rounds.phases import Phase
from procurement.rounds.queries import find_round
from procurement.rounds.rules import AbortReason, HoldLabel, RoundDocument
from procurement.rounds.scoring_rule import Criterion, Text
from procurement.scoring import actions as scoring
from procurement.scoring import agreeing
from procurement.scoring import queries as scoring_queries
from procurement.scoring.queries import TallyView
from procurement.scoring.rules import NONCE_LENGTH, Entered

ORDER = tuple(Phase)
DEFAULT_REASONS = Text(
    "Demo: the first in rank reached the highest totals under the rules that were frozen beforehand, with evidence "
    "for every criterion.",
    "演示：名次在前的产品在事先锁定的规则下总分最高，各项标准均有证明材料，故予选定。",
)


@dataclass(frozen=True)
class Plan:
    """What happens in a round. `published`: when; `products`: keys of goods.toml; `until`: the phase in which the
    story leaves it; `refused`: product → why it is not eligible; `recused`: (index of the member, product); `erring`:
    (index of the member, product, criterion) of marks that are far from those of the others."""

    document: RoundDocument
    published: datetime
    until: Phase
    products: tuple[str, ...]
    refused: Mapping[str, tuple[Reason, str, str]] = field(default_factory=dict)
    recused: tuple[tuple[int, str], ...] = ()
    erring: tuple[tuple[int, str, str], ...] = ()
    language: str = "zh"
    ending: Phase | None = None  # held or aborted, where the story leaves it
    reasons: Text = DEFAULT_REASONS
    objection: Callable[["RoundStory"], "Objection"] | None = None

    def goes_beyond(self, phase: Phase) -> bool:
        """Whether the story leaves `phase` behind."""
        return ORDER.index(self.until) > ORDER.index(phase)


@dataclass(frozen=True)
class Objection:
    """What somebody objects to, what the organiser answers, and the ruling. `effect` None: dismissed. `asked` and
    `supplement`: what is missing at first; `statement`: of the merchant who is attacked; `opinion`: what an expert is
    asked while the ruling waits."""

    filing: Filing
    answer: str
    ruling: str
    effect: Effect | None = None
    asked: str = ""
    supplement: str = ""
    statement: str = ""
    opinion: str = ""


class RoundStory:
    """One round on a stage. `tell` is the story; its parts are its chapters, in order."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self.stage = stage
        self.plan = plan
        self.ref = ""
        self.refs: dict[str, str] = {}  # product → application
        self.zone = ZoneInfo(plan.document.timetable.zone)

    def tell(self) -> Iterator[datetime]:
        """From the draft to the phase `plan.until`."""
        yield from self.draft()
        if self.plan.goes_beyond(Phase.DRAFT):
            yield from self.call()
        if self.plan.goes_beyond(Phase.OPEN):
            yield from self.check()
        if self.plan.goes_beyond(Phase.CHECKING):
            yield from self.form()
        if self.plan.goes_beyond(Phase.FORMING):
            yield from self.score()
        if self.plan.goes_beyond(Phase.OPENED):
            yield from self.propose()
        if self.plan.goes_beyond(Phase.DECIDING):
            yield from self.decide()
        if self.plan.ending is not None:
            yield from self.leave()

    def after(self, moment: datetime, *, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """Office hours, `days` weekdays after (before, when negative) the local day of `moment`."""
        day = moment.astimezone(self.zone)
        for _ in range(abs(days)):
            day += timedelta(days=1 if days > 0 else -1)
            while day.weekday() > 4:
                day += timedelta(days=1 if days > 0 else -1)
        return day.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(minutes=minute)

    @property
    def eligible(self) -> list[str]:
        """The products that passed the check."""
        return [key for key in self.plan.products if key not in self.plan.refused]

    # -- chapters -----------------------------------------------------------------------------------------------

    def draft(self) -> Iterator[datetime]:
        """The organiser writes the rules and names supervisor and official."""
        stage, cast = self.stage, self.stage.cast
        yield self.after(self.plan.published, days=-2)
        self.ref = stage.act(cast.organiser, rounds.create_round, document=self.plan.document).ref
        for person, role in (
            (cast.supervisor, Role.SUPERVISOR),
            (cast.second_supervisor, Role.SUPERVISOR),
            (cast.official, Role.OFFICIAL),
        ):
            stage.act(cast.organiser, rounds.give_seat, ref=self.ref, user_id=person.id, role=role)

    def call(self) -> Iterator[datetime]:
        """The rules are frozen; merchants apply."""
        stage = self.stage
        yield self.plan.published
        stage.act(stage.cast.organiser, rounds.publish, ref=self.ref, sha256=self.plan.document.sha256)
        for number, key in enumerate(self.plan.products):
            yield self.after(self.plan.published, days=1 + number // 2, hour=14, minute=5 * number)
            self.apply(stage.shelf.offer(key))

    def apply(self, offer: Offer) -> None:
        """A merchant fills in the form, section by section, and submits it."""
        stage, merchant = self.stage, self.stage.cast.merchants[offer.merchant]
        draft = stage.act(
            merchant,
            writing.start,
            round_ref=self.ref,
            merchant_ref=stage.merchant_refs[offer.merchant],
            product_name=offer.name,
        )
        for section, purpose, upload, public in offer.files:
            stage.act(
                merchant, writing.attach, key=draft, section=section, purpose=purpose, upload=upload, public=public
            )
        for certificate, upload in offer.papers:
            stage.act(
                merchant, writing.save_certificate, key=draft, certificate=certificate, upload=upload, public=False
            )
        stage.act(merchant, writing.save_section, key=draft, section=Section.CERTIFICATES, answers=Certificates())
        for section, written in offer.sections.items():
            day = stage.clock().astimezone(self.zone).date()
            answers = sold_before(written, day) if section is Section.PRICE else written
            stage.act(merchant, writing.save_section, key=draft, section=section, answers=answers)
        self.refs[offer.key] = stage.act(merchant, applications.submit, key=draft).ref

    def check(self) -> Iterator[datetime]:
        """After the deadline each application gets its verdict; the check is closed."""
        stage = self.stage
        closes = stage.course(self.ref).applications_close
        assert closes is not None  # noqa: S101 (the round is published)
        yield self.after(closes, days=1, hour=9, minute=30)
        gates = [gate.code for gate in self.plan.document.gates]
        for number, key in enumerate(self.plan.products):
            if number and self.plan.until is Phase.CHECKING and self.plan.ending is None:
                return  # the rest waits to be checked
            reason, gate, explanation = self.plan.refused.get(key, (Reason.ALL_GATES_PASSED, "", ""))
            self.verify(key, reason)
            stage.act(
                stage.cast.organiser,
                applications.give_verdict,
                ref=self.refs[key],
                reason_code=reason.value,
                explanation=explanation,
                gates=[code for code in gates if code != gate],
            )
        if self.plan.until is Phase.CHECKING:
            return
        yield self.after(closes, days=2, hour=16)
        stage.act(stage.cast.organiser, applications.close_checking, round_ref=self.ref)

    def verify(self, key: str, reason: Reason) -> None:
        """Every item is looked at; one that the reason rests on is not in order."""
        rests_on = [item for item in Item if item in RESTS_ON.get(reason, ())]
        wrong = rests_on[0] if rests_on else None
        self.stage.act(
            self.stage.cast.organiser,
            verifying.keep_findings,
            ref=self.refs[key],
            findings=[
                Finding(
                    item=item,
                    result=Result.NOT_MET if item is wrong else Result.MET,
                    method=Method.PAPERS,
                    evidence="演示：已查阅申报所附材料。Demo: the papers sent with the application were read.",
                    looked_on=self.stage.clock().astimezone(self.zone).date(),
                )
                for item in REQUIRED
            ],
        )

    def form(self) -> Iterator[datetime]:
        """Members are appointed and declare their interests."""
        stage = self.stage
        closed = stage.course(self.ref).checking_closed
        assert closed is not None  # noqa: S101 (just recorded)
        yield self.after(closed, days=1, hour=10)
        for person, kind, subject, chair in self.seats():
            stage.act(
                stage.cast.organiser,
                committee.appoint,
                ref=self.ref,
                user_id=person.id,
                kind=kind,
                field=subject,
                chair=chair,
            )
        for number, (person, *_) in enumerate(self.seats()):
            if number >= 4 and self.plan.until is Phase.FORMING:
                return  # three members have not declared yet
            yield self.after(closed, days=2, hour=9, minute=5 * number)
            stage.act(
                person,
                committee.declare,
                ref=self.ref,
                declarations={self.refs[key]: self.declared(number, key) for key in self.eligible},
            )
        yield self.after(closed, days=3, hour=9)
        stage.act(stage.cast.organiser, committee.begin_scoring, ref=self.ref)

    def score(self) -> Iterator[datetime]:
        """Members save, read back and seal, each at their own pace; then all sheets are opened at once."""
        stage = self.stage
        began = stage.course(self.ref).scoring_began
        assert began is not None  # noqa: S101 (just recorded)
        for number, (person, *_) in enumerate(self.seats()):
            if number >= 4 and self.plan.until is Phase.SCORING:
                return  # three members have not sealed yet
            yield self.after(began, days=number // 4, hour=14, minute=7 * number)
            for key in self.eligible:
                if (number, key) not in self.plan.recused:
                    self.seal(person, number, key)
        yield self.after(began, days=3, hour=15)
        stage.act(stage.cast.organiser, scoring.open_scores, ref=self.ref)
        yield self.after(began, days=3, hour=17)
        self.ask_for_agreement()

    def ask_for_agreement(self) -> None:
        """Where somebody erred on what is no matter of judgement, the chair proposes one mark for all."""
        chair, *_ = self.seats()[0]
        for _number, key, code in self.plan.erring:
            criterion = self.plan.document.scoring.criterion(code)
            if criterion.kind != "judged":
                self.stage.act(
                    chair,
                    agreeing.propose_agreement,
                    application_ref=self.refs[key],
                    criterion=code,
                    value=Decimal(self.mark(0, key, criterion).value),
                    reason="演示：订单导出表显示的最低成交价对应这一等级。"
                    "Demo: the lowest price in the export of orders belongs to this level.",
                )

    def propose(self) -> Iterator[datetime]:
        """The proposed result goes on public notice; somebody objects; when that changes the ranking, a new one."""
        stage, cast = self.stage, self.stage.cast
        opened = stage.course(self.ref).scores_opened
        assert opened is not None  # noqa: S101 (just recorded)
        yield self.after(opened, days=1, hour=11)
        self.give_notice()
        given = stage.clock()
        if self.plan.objection is None:
            return
        objection = self.plan.objection(self)
        yield self.after(given, days=1, hour=20, minute=12)
        with transaction(stage.engine) as session:
            token = secrets.token_urlsafe(24)
            filed = objections.file_objection(
                session,
                actor=VISITOR,
                now=stage.clock(),
                ref=self.ref,
                filing=objection.filing,
                token=token,
                language="zh",
            )
        if self.plan.until is Phase.NOTICE:
            return
        yield self.after(given, days=2, hour=9)
        stage.act(cast.supervisor, objections.admit, ref=filed.ref)
        if objection.asked:
            yield self.after(given, days=2, hour=11)
            stage.act(cast.supervisor, pausing.ask_supplement, ref=filed.ref, text=objection.asked)
            yield self.after(given, days=3, hour=9)
            with transaction(stage.engine) as session:
                pausing.supplement(
                    session,
                    actor=VISITOR,
                    now=stage.clock(),
                    ref=filed.ref,
                    text=objection.supplement,
                    token=token,
                )
        yield self.after(given, days=3, hour=16)
        stage.act(cast.organiser, objections.answer, ref=filed.ref, text=objection.answer)
        if objection.statement:
            yield self.after(given, days=3, hour=17)
            stage.act(self.applicant(filed), hearing.state, ref=filed.ref, text=objection.statement)
        if self.plan.until is Phase.RULING:
            yield self.after(given, days=4, hour=9)
            stage.act(
                cast.supervisor,
                pausing.pause,
                ref=filed.ref,
                why=Stopped.EXPERT_OPINION,
                days=10,
                text=objection.opinion,
            )
            return
        yield self.after(given, days=4, hour=10)
        stage.act(
            cast.supervisor,
            objections.rule,
            ref=filed.ref,
            outcome=Step.DISMISSED if objection.effect is None else Step.UPHELD,
            text=objection.ruling,
            effect=objection.effect,
        )
        if stage.course(self.ref).notice_given is None:
            yield self.after(given, days=5, hour=11)
            self.give_notice()

    def applicant(self, filed: ObjectionRow) -> Person:
        """Who acts for the merchant whose application the objection names."""
        key = next(key for key, ref in self.refs.items() if ref == filed.remedy_detail["application"])
        return self.stage.cast.merchants[self.stage.shelf.offer(key).merchant]

    def give_notice(self) -> None:
        """The organiser puts the result as last computed on notice."""
        sha256 = self.tally().sha256
        self.stage.act(self.stage.cast.organiser, objections.give_notice, ref=self.ref, tally_sha256=sha256)

    def tally(self) -> TallyView:
        """The result as last computed."""
        with reading(self.stage.engine) as session:
            found = scoring_queries.tally_of(session, find_round(session, self.ref).id)
        assert found is not None  # noqa: S101 (scores are opened)
        return found

    def decide(self) -> Iterator[datetime]:
        """The decision is drawn up from the record, set, sealed, signed by everybody, and published."""
        stage = self.stage
        closes = stage.course(self.ref).notice_closes
        assert closes is not None  # noqa: S101 (notice was given)
        yield self.after(closes, days=1, hour=10)
        decision = stage.act(
            stage.cast.organiser, decisions.draw_up, ref=self.ref, choice=self.choice(), place=self.place()
        )
        stage.work()
        yield self.after(closes, days=1, hour=15)
        for person in self.signatories(decision, members=True):
            self.sign(person, decision)
        stage.work()
        yield self.after(closes, days=2, hour=9)
        for person in self.signatories(decision, members=False):
            self.sign(person, decision)
        stage.work()
        yield self.after(closes, days=2, hour=11)
        stage.act(stage.cast.organiser, decisions.publish, ref=self.ref)

    def choice(self) -> Choice:
        """To confirm what the rule gives."""
        stage = self.stage
        with reading(stage.engine) as session:
            actor = stage.cast.organiser.now(session)
            drawing = decisions_queries.drawing_of(session, self.ref, actor=actor, now=stage.clock())
        return Choice(
            effect=DecisionEffect.CONFIRMED,
            language=self.plan.language,
            outcomes={line.application: line.by_rule for line in drawing.ranking},
            reasons=self.plan.reasons,
            departure=None,
            valid_until=(stage.clock() + timedelta(days=300)).date(),
        )

    def place(self) -> Place:
        """Where the decision will be found."""
        return Place(self.stage.config.base_url, demonstration=True)

    def signatories(self, decision: str, *, members: bool) -> list[Person]:
        """Whose signature the decision needs: the members', or those of the office and the supervision."""
        with reading(self.stage.engine) as session:
            wanted = session.execute(
                select(DecisionSignature.user_id, DecisionSignature.role)
                .join(Decision, Decision.id == DecisionSignature.decision_id)
                .where(Decision.ref == decision, DecisionSignature.user_id.is_not(None))
                .order_by(DecisionSignature.position)
            ).all()
        people = {person.id: person for person in self.stage.cast.everybody()}
        office = {SignatoryRole.ORGANISER, SignatoryRole.SUPERVISOR}
        return [people[user_id] for user_id, role in wanted if user_id and (role not in office) is members]

    def sign(self, person: Person, decision: str) -> None:
        """A signatory reads the decision, gives the password once more and signs."""
        with reading(self.stage.engine) as session:
            actor = person.now(session)
            seen = decisions_queries.decision_to_sign(session, decision, actor=actor, now=self.stage.clock()).sha256
            attempt = own_attempt(session, actor=actor, password=PASSWORD)
        self.stage.act(person, decisions.approve, ref=decision, document=seen, dissent="", attempt=attempt)

    def leave(self) -> Iterator[datetime]:
        """The round leaves the ordinary way: the supervisor holds it, or the organiser ends it."""
        yield self.after(self.stage.clock(), days=1, hour=11)
        if self.plan.ending is Phase.HELD:
            self.stage.act(self.stage.cast.supervisor, rounds.hold, ref=self.ref, label=HoldLabel.CLARIFICATION)
            return
        explanation = Text(
            "Demo: only one application is eligible, and the rules ask for two.",
            "演示：仅有一件申报符合条件，少于规则要求的两件。",
        )
        self.stage.act(
            self.stage.cast.organiser,
            rounds.abort,
            ref=self.ref,
            reason=AbortReason.FEW_ELIGIBLE,
            explanation=explanation,
        )

    def seal(self, person: Person, number: int, key: str) -> None:
        """A member fills in a sheet, reads it back and seals it."""
        entered = {c.code: self.mark(number, key, c) for c in self.plan.document.scoring.marked}
        self.stage.act(person, scoring.save_sheet, ref=self.refs[key], entered=entered)
        with reading(self.stage.engine) as session:
            own = scoring_queries.own_sheet(
                session, actor=person.now(session), now=self.stage.clock(), ref=self.refs[key]
            )
        nonce = secrets.token_bytes(NONCE_LENGTH)
        self.stage.act(person, scoring.seal_sheet, ref=self.refs[key], seen=own.digest, nonce=nonce)

    def mark(self, number: int, key: str, criterion: Criterion) -> Entered:
        """A mark that differs a little between members and much between products, with what its anchor says. What is
        no matter of judgement is marked alike, unless the plan has somebody err."""
        levels = [anchor for anchor in criterion.anchors if criterion.scale.problem(anchor.value) is None]
        digest = hashlib.sha256(f"{key} {criterion.code}".encode()).digest()
        own = hashlib.sha256(f"{key} {criterion.code} {number}".encode()).digest()
        middle = 1 + digest[0] % (len(levels) - 1)
        away = (own[0] % 3) - 1 if criterion.kind == "judged" else 0
        level = levels[min(len(levels) - 1, max(0, middle + away))]
        if (number, key, criterion.code) in self.plan.erring:
            level = levels[0] if middle > 1 else levels[-1]
        said = level.text
        return Entered(str(level.value), f"演示理由：{said.zh} Demo reason: {said.en}")

    def declared(self, number: int, key: str) -> Declared:
        """What a member declares about a product's applicant."""
        if (number, key) in self.plan.recused:
            return Declared(
                Ground.EMPLOYMENT, "演示：曾任该合作社顾问。Demo: adviser of the cooperative two years ago."
            )
        return Declared(Ground.NONE)

    def seats(self) -> list[tuple[Person, MemberKind, str, bool]]:
        """Who sits on the committee, for whom, with which field, and who chairs."""
        fields = ("食品 food", "农业 farming", "电商 e-commerce", "质量 quality", "物流 logistics")
        experts = [
            (person, MemberKind.EXPERT, subject, number == 0)
            for number, (person, subject) in enumerate(zip(self.stage.cast.members, fields, strict=False))
        ]
        consumer, organiser = self.stage.cast.members[5:7]
        return [
            *experts,
            (consumer, MemberKind.CONSUMER, "", False),
            (organiser, MemberKind.ORGANISER, "", False),
        ]


class PanelStory(RoundStory):
    """The tasting of 1976: the seats are the judges', the marks those that they gave, without reasons."""

    def seats(self) -> list[tuple[Person, MemberKind, str, bool]]:
        """Who had organised the tasting sits for the organiser and for the consumers: a mapping, as the call says."""
        mapped = {"Steven Spurrier": MemberKind.ORGANISER, "Patricia Gallagher": MemberKind.CONSUMER}
        seats = []
        for number, person in enumerate(self.stage.cast.judges):
            kind = mapped.get(person.name.removesuffix(" (1976)"), MemberKind.EXPERT)
            seats.append((person, kind, "wine" if kind is MemberKind.EXPERT else "", number == 0))
        return seats

    def mark(self, number: int, key: str, criterion: Criterion) -> Entered:
        """The mark of the table."""
        found = tasting()
        wine = next(wine for wine in found.wines if wine.key == key)
        return Entered(wine.marks[found.judges[number]])
