"""The layers of rounds: a draft that could be published, and a published round.

world = published_round(people(engine, clock()), clock)
world.ref, world.id, world.document, world.people.organiser
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import Engine

from procurement.access import Role
from procurement.db import reading, transaction
from procurement.rounds import actions, queries
from procurement.rounds.defaults import default_document
from procurement.rounds.packs import packs
from procurement.rounds.phases import Course
from procurement.rounds.rules import (
    Activity,
    CommitteeRule,
    ExpertsChosen,
    Gate,
    Office,
    Official,
    Opinion,
    RoundDocument,
)
from procurement.rounds.scoring_rule import (
    Abnormal,
    Aggregation,
    Anchor,
    Caps,
    Criterion,
    Formula,
    Rounding,
    Scale,
    ScoringRule,
    Text,
    TieBreak,
)
from tests.conftest import MovableClock
from tests.worlds.people import People

ZONE = "Asia/Shanghai"


def small_scoring() -> ScoringRule:
    """Two criteria of 60 and 40 points on a scale of 0 to 10 in halves, plain means, one slot, three sheets."""

    def criterion(code: str, weight: int, en: str, zh: str) -> Criterion:
        return Criterion(
            code=code,
            weight=Decimal(weight),
            scale=Scale(Decimal(0), Decimal(10), Decimal("0.5")),
            title=Text(en, zh),
            evidence=Text("What was sent with the application.", "随申报提交的材料。"),
            anchors=(Anchor(Decimal(0), Text("Nothing", "无")), Anchor(Decimal(10), Text("All of it", "全部"))),
        )

    return ScoringRule(
        criteria=(criterion("quality", 60, "Quality", "质量"), criterion("service", 40, "Service", "服务")),
        combine="share_of_weight",
        aggregation=Aggregation(method="mean", level="criterion"),
        rounding=(Rounding("total", 2, "half_up"),),
        missing="exclude",
        quorum=3,
        ties=(TieBreak("criterion", code="quality"), TieBreak("draw")),
        slots=1,
        reserves=1,
    )


def objective_document() -> RoundDocument:
    """As `small_document`; service is no matter of judgement, and a test of abnormal marks is stated."""
    document = small_document()
    quality, service = document.scoring.criteria
    scoring = replace(
        document.scoring,
        criteria=(quality, replace(service, kind="objective")),
        abnormal=Abnormal(Decimal(40), 4),
    )
    return replace(document, scoring=scoring)


def priced_document() -> RoundDocument:
    """As `small_document`, with a third criterion that is computed, at most one of a kind of goods, two slots."""
    document = small_document()
    price = Criterion(
        code="price",
        weight=Decimal(20),
        scale=Scale(Decimal(0), Decimal(10)),
        kind="price",
        title=Text("Price", "价格"),
        formula=Formula("livestream_price"),
    )
    quality, service = document.scoring.criteria
    scoring = replace(
        document.scoring,
        criteria=(replace(quality, weight=Decimal(40)), service, price),
        caps=Caps(category=1),
        ties=(TieBreak("preference", code="first_time"), TieBreak("draw")),
        slots=2,
    )
    return replace(document, scoring=scoring)


def small_document() -> RoundDocument:
    """A complete, small set of rules that can be published as it is: five members, two criteria, one slot."""
    opinion = Opinion(
        by=Text("Legal office", "法制机构"),
        number="2026-7",
        given_on=date(2026, 2, 20),
        conclusion=Text("No objection.", "无异议。"),
    )
    document = default_document(
        title=Text("Oranges in spring", "春季脐橙"),
        office=Office(
            name=Text("Selection office", "选品工作办公室"),
            address=Text("1 River Road", "滨江路1号"),
            contact="office@example.org",
        ),
        zone=ZONE,
        pack=packs()["minimal_open"],
    )
    return replace(
        document,
        least_eligible=3,
        scoring=small_scoring(),
        purpose=Text("To find one product.", "选出一款产品。"),
        public_interest=Text("Unsold oranges.", "脐橙滞销。"),
        authority=Office(
            name=Text("Supervision department", "监督部门"),
            address=Text("2 River Road", "滨江路2号"),
            contact="supervision@example.org",
        ),
        official=Official(
            name="Olaf Official",
            office=Text("Deputy head of the county", "副县长"),
            employer=Text("County government", "县人民政府"),
        ),
        activity=Activity(
            planned_on=date(2027, 1, 15),
            nature_opinion=opinion,
            fair_competition=opinion,
        ),
        gates=(Gate("documents", Text("Valid documents", "证照有效")), Gate("stock", Text("Stock", "库存"))),
        committee=CommitteeRule(size=5, experts=4, experts_chosen=ExpertsChosen.APPOINTED),
    )


@dataclass(frozen=True)
class RoundWorld:
    """One round and its people."""

    people: People
    clock: MovableClock = field(repr=False)
    id: int
    ref: str
    document: RoundDocument = field(repr=False)

    @property
    def engine(self) -> Engine:
        return self.people.engine

    @property
    def course(self) -> Course:
        """Where the round stands."""
        with reading(self.engine) as session:
            return queries.course_of(session, self.id)


def draft_round(people: People, clock: MovableClock, document: RoundDocument | None = None) -> RoundWorld:
    """A draft of the organiser's with a supervisor and an official; nothing keeps it from being published."""
    document = document or small_document()
    with transaction(people.engine) as session:
        created = actions.create_round(session, actor=people.organiser.now(session), now=clock(), document=document)
        for person, role in ((people.supervisor, Role.SUPERVISOR), (people.official, Role.OFFICIAL)):
            actions.give_seat(
                session,
                actor=people.organiser.now(session),
                now=clock(),
                ref=created.ref,
                user_id=person.id,
                role=role,
            )
        return RoundWorld(people, clock, created.id, created.ref, document)


def published_round(people: People, clock: MovableClock, document: RoundDocument | None = None) -> RoundWorld:
    """As `draft_round`, published now: open for applications for 15 days."""
    world = draft_round(people, clock, document)
    with transaction(people.engine) as session:
        actions.publish(
            session,
            actor=people.organiser.now(session),
            now=clock(),
            ref=world.ref,
            sha256=world.document.sha256,
        )
    return world
