"""One selection from its first draft on: everybody fills in their own forms, and the clock moves.

Nothing here calls an action. The first-placed application is thrown out by an objection that is upheld, the result is
computed anew and lies open for its full time once more.

In what the forms are filled in is told by `Journey.enter`: a browser without scripts that is part of the test
(tests/filling.py), or Chromium (tests/browser/walking.py).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from flask import Flask
from sqlalchemy import Engine

from config import Config
from procurement.applications.checklist import REQUIRED
from procurement.db import reading
from procurement.demo.pictures import paper, photograph
from procurement.jobs import load_handlers
from procurement.publiclog import audit, keys
from procurement.rounds.phases import Course, Phase
from procurement.rounds.queries import course_of, find_round
from procurement.worker import run_pending
from tests.conftest import MovableClock
from tests.filling import file
from tests.worlds.people import PASSWORD, People, Person

PRODUCTS = ("Basket of willow", "Bowl of ash", "Scarf of wool", "Soap of olive")
CRITERIA = ("quality", "price", "supply", "after_sales", "growers", "character", "sustainability")
MARKS = {"Basket of willow": "4", "Bowl of ash": "3", "Scarf of wool": "2", "Soap of olive": "1"}
SEATS = ("expert", "expert", "expert", "expert", "consumer")


class Page(Protocol):
    """What an address answered."""

    @property
    def text(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def json(self) -> Any: ...


class Browser(Protocol):
    """Somebody who opens pages and fills in forms, as `tests.filling.User` says."""

    def get(self, path: str, status: int = 200) -> Page: ...

    def send(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        to: str | None = None,
        preview: bool = False,
        **more: Any,
    ) -> str: ...

    def signed_in(self) -> bool: ...


@dataclass
class Journey:
    """One round on its way. `enter` gives a new browser; `refs`: product → application, once known."""

    app: Flask
    engine: Engine
    clock: MovableClock
    people: People
    enter: Callable[[], Browser]
    products: Sequence[str] = PRODUCTS
    ref: str = ""
    refs: dict[str, str] = field(default_factory=dict)
    browsers: dict[int, Browser] = field(default_factory=dict)

    def user(self, person: Person) -> Browser:
        """The person in a browser; signs in with the password when the session is over."""
        if person.id not in self.browsers:
            self.browsers[person.id] = self.enter()
        user = self.browsers[person.id]
        if not user.signed_in():
            user.send("/en/sign-in", email=person.email, password=PASSWORD)
        return user

    def visitor(self) -> Browser:
        """Somebody without an account."""
        return self.enter()

    @property
    def config(self) -> Config:
        found: Config = self.app.extensions["sunlit"].config
        return found

    def work(self) -> None:
        """The worker does what waits, in a thread of its own: beside a driven browser nothing can be signed."""
        load_handlers()
        with ThreadPoolExecutor(1) as thread:
            thread.submit(run_pending, self.engine, self.config, self.clock).result()

    @property
    def organiser(self) -> Browser:
        return self.user(self.people.organiser)

    @property
    def supervisor(self) -> Browser:
        return self.user(self.people.supervisor)

    @property
    def base(self) -> str:
        """The address of the round."""
        return f"/en/rounds/{self.ref}"

    @property
    def course(self) -> Course:
        with reading(self.engine) as session:
            return course_of(session, find_round(session, self.ref).id)

    @property
    def phase(self) -> Phase:
        return self.course.phase_at(self.clock())


def draft_and_publish(journey: Journey) -> None:
    organiser = journey.organiser
    at = organiser.send("/en/my-rounds/new", title_en="Gifts", title_zh="伴手礼", pack="minimal_open")
    journey.ref = re.findall(r"R\d+-\d+", at)[0]
    draft = f"{journey.base}/draft"
    organiser.send(
        f"{draft}/basics",
        purpose_en="To find one gift.",
        purpose_zh="选出一款伴手礼。",
        public_interest_en="Workshops without buyers.",
        public_interest_zh="手工作坊缺少销路。",
        office_address_en="1 River Road",
        office_address_zh="滨江路1号",
        office_contact="office@example.org",
    )
    organiser.send(
        f"{draft}/activity",
        official_name="Olaf Official",
        official_office_en="Deputy head",
        official_office_zh="副县长",
        official_employer_en="County government",
        official_employer_zh="县人民政府",
        activity_platform_en="A platform",
        activity_platform_zh="某平台",
        activity_planned_on="2026-12-01",
    )
    opinion = {
        "by_en": "Legal office",
        "by_zh": "法制机构",
        "number": "2026-1",
        "given_on": "2026-02-01",
        "conclusion_en": "No objection.",
        "conclusion_zh": "无异议。",
    }
    given = {
        f"{which}_{name}": text for which in ("nature_opinion", "fair_competition") for name, text in opinion.items()
    }
    organiser.send(f"{draft}/opinions", given)
    organiser.send(
        f"{draft}/committee", committee_size="5", committee_experts="4", committee_experts_chosen="appointed"
    )
    organiser.send(
        f"{draft}/scoring", slots="1", reserves="1", quorum="3", threshold="", leave_at_least="3", method="mean"
    )
    organiser.send(f"{journey.base}/people", {"supervisor-user_id": str(journey.people.supervisor.id)})
    journey.user(journey.people.merchants[0]).get(journey.base, status=404)  # a draft is private
    organiser.send(f"{journey.base}/publish")
    assert journey.phase is Phase.OPEN


def apply(journey: Journey, person: Person, product: str, price: str) -> None:
    merchant = journey.user(person)
    at = merchant.send(f"{journey.base}/apply", product_name=product)
    key = at.split("/my/applications/")[1].split("/")[0]
    form = f"/en/my/applications/{key}"
    photo, proof = photograph(product, "#886644"), paper("Proof", (product,))
    merchant.send(f"{form}/product", then="attach", purpose="photo", upload=file(photo, "photo.jpg"))
    merchant.send(f"{form}/product", then="attach", purpose="origin_proof", upload=file(proof, "origin.pdf"))
    merchant.send(
        f"{form}/product",
        then="continue",
        category="handicraft",
        specification="One piece",
        net_content="1",
        unit="piece",
        origin_province="Province",
        origin_county="County",
        origin_township="Township",
        packaging="Paper",
        description="Made by hand.",
    )
    merchant.send(
        f"{form}/certificates/add",
        type="business_licence",
        number="1",
        issuer="Registry",
        issued="2025-01-01",
        covers="yes",
        upload=file(paper("Licence", ("1",)), "licence.pdf"),
    )
    merchant.send(f"{form}/price", then="attach", upload=file(proof, "orders.pdf"))
    merchant.send(
        f"{form}/price",
        then="continue",
        livestream=price,
        list_price="200",
        low_7="150",
        low_30="150",
        low_90="150",
        sale_7_on=journey.clock().date().isoformat(),
        sale_7_platform="A platform",
        freight="included",
        honoured_days="7",
        discount_paid_by="the merchant",
        not_below_cost="yes",
    )
    merchant.send(
        f"{form}/supply",
        then="continue",
        stock="100",
        daily_dispatch="10",
        maximum_orders="100",
        bottleneck="hands",
        presale="no",
        dispatch_hours="48",
        carrier="A carrier",
        cold_chain="no",
        excluded_regions="none",
        benefit="Work for ten people.",
    )
    merchant.send(
        f"{form}/after_sales",
        then="continue",
        seven_day_return="yes",
        damage_rule="Refunded.",
        first_response_hours="2",
        refund_days="3",
        complaint_contact="sales@example.org",
    )
    nothing = {f"{fee}_amount": "0" for fee in ("commission", "slot_fee", "service_fee", "traffic_fee")}
    merchant.send(f"{form}/money", nothing, then="continue", to_public_side="0", subsidies_none="y")
    none = {f"{question}_none": "y" for question in ("relations", "penalties", "related", "promotions")}
    merchant.send(f"{form}/interests", none, then="continue")
    promises = ["truth", "no_official_image", "no_fake_orders", "price_honoured", "recall", "update"]
    promises += ["publication", "debarment"]
    merchant.send(f"{form}/undertakings", then="continue", accepted=promises, signed_by=person.name, position="Owner")
    merchant.send(f"{form}/check")
    receipt = merchant.get(f"{form}/receipt").text
    journey.refs[product] = re.findall(r"R\d+-\d+-A\d+", receipt)[0]


def verified(day: date) -> dict[str, str]:
    """What is typed into the checklist when everything is in order."""
    said = {"result": "met", "method": "papers", "evidence": "The papers were read.", "looked_on": day.isoformat()}
    return {f"{item}_{part}": typed for item in REQUIRED for part, typed in said.items()}


def check(journey: Journey) -> None:
    visitor = journey.visitor()
    closes = journey.course.applications_close
    assert closes is not None
    journey.clock.move_to(closes - timedelta(seconds=1))
    assert journey.products[0] not in visitor.get(f"{journey.base}/applications").text
    journey.clock.move_to(closes)
    assert journey.products[0] in visitor.get(f"{journey.base}/applications").text
    journey.clock.advance(hours=9)
    gates = ["identity", "documents", "record", "relation", "no_payment", "stock", "price", "permitted"]
    for ref in journey.refs.values():
        journey.organiser.send(f"{journey.base}/checking/{ref}/checklist", verified(closes.date()))
        journey.organiser.send(
            f"{journey.base}/checking/{ref}", gates=gates, reason_code="all_gates_passed", explanation=""
        )
    journey.organiser.send(f"{journey.base}/checking/close")
    assert journey.phase is Phase.FORMING


def form_committee(journey: Journey) -> list[Person]:
    members = list(journey.people.members[: len(SEATS)])
    for number, (person, kind) in enumerate(zip(members, SEATS, strict=True)):
        expertise = {"field": "crafts"} if kind == "expert" else {}
        chair = {"chair": "y"} if number == 0 else {}
        journey.organiser.send(
            f"{journey.base}/members", {"user_id": str(person.id), "kind": kind, **expertise, **chair}
        )
    for person in members:
        journey.user(person).send(
            f"{journey.base}/declarations", {f"ground-{ref}": "none" for ref in journey.refs.values()}
        )
    journey.organiser.send(f"{journey.base}/begin-scoring")
    assert journey.phase is Phase.SCORING
    return members


def score(journey: Journey, members: list[Person]) -> None:
    for person in members:
        for product, ref in journey.refs.items():
            member = journey.user(person)
            marks = {f"value-{code}": MARKS[product] for code in CRITERIA}
            reasons = {f"reason-{code}": f"Seen and weighed: {product}." for code in CRITERIA}
            member.send(f"/en/my-sheets/{ref}", {**marks, **reasons})
            member.send(f"/en/my-sheets/{ref}/seal")
    assert "Seen and weighed" not in journey.visitor().get(f"{journey.base}/scores").text
    journey.organiser.send(f"{journey.base}/open-scores")
    assert journey.phase is Phase.OPENED
    page = journey.visitor().get(f"{journey.base}/scores").text
    assert page.index(journey.products[0]) < page.index(journey.products[-1])


def object_and_rule(journey: Journey) -> None:
    """A visitor shows that the first-placed application lied; it is excluded and the notice begins anew."""
    journey.organiser.send(f"{journey.base}/notice")
    first_notice = journey.course.notice_closes
    journey.clock.advance(days=1)
    visitor, first = journey.visitor(), journey.refs[journey.products[0]]
    visitor.send(
        f"{journey.base}/objections/new/result",
        preview=True,
        ground="false_statement",
        argument="The basket was not made where the application says that it was.",
        remedy="exclude",
        application=first,
        filer="person",
        name="Li Xiaoming",
        contact="li@example.org",
    )
    docket = visitor.get(f"{journey.base}/objections/").text
    assert "Xiaoming" not in docket, "a person's name is not shown in full"
    objection = re.findall(rf"{journey.ref}-O\d+", docket)[0]
    handle = f"/en/objections/{objection}/handle"
    journey.supervisor.send(handle, to="/admit")
    journey.organiser.send(handle, to="/answer", text="The register was asked, and it says the same.")
    merchant = journey.user(journey.people.merchants[0])
    merchant.send(f"/en/objections/{objection}/statement", text="The basket was woven where we said that it was.")
    journey.supervisor.send(
        handle,
        to="/rule",
        outcome="upheld",
        text="The register shows that the statement was false.",
        remedy="exclude",
        application=first,
        reason="false_statement",
    )
    assert "The register shows" in visitor.get(f"/en/objections/{objection}/papers/ruling").text
    assert journey.phase is Phase.OPENED
    journey.organiser.send(f"{journey.base}/notice")
    again = journey.course.notice_closes
    assert first_notice is not None
    assert again is not None
    assert again > first_notice
    assert journey.phase is Phase.NOTICE
    journey.clock.move_to(again)
    assert journey.phase is Phase.DECIDING


def decide(journey: Journey, members: list[Person]) -> None:
    journey.organiser.send(
        f"{journey.base}/decision/draw-up",
        language="en",
        valid_until="2026-12-31",
        reasons_en="The first in rank had the highest totals.",
        reasons_zh="按锁定的规则计算，名次第一的产品总分最高，材料齐全，予以选定。",
    )
    journey.work()
    decision = f"{journey.ref}-D1"
    for person in members:
        journey.user(person).send(f"/en/my-signatures/{decision}", password=PASSWORD)
    journey.work()
    for person in (journey.people.organiser, journey.people.supervisor):
        journey.user(person).send(f"/en/my-signatures/{decision}", password=PASSWORD)
    visitor = journey.visitor()
    visitor.get(f"/decisions/{decision}.pdf", status=404)
    journey.work()
    journey.organiser.send(f"{journey.base}/decision/publish")
    assert journey.phase is Phase.DECIDED
    assert visitor.get(f"/decisions/{decision}.pdf").data.startswith(b"%PDF-")
    told = visitor.get(f"/decisions/{decision}.json").json
    assert told is not None
    page = visitor.get(f"/en/decisions/{decision}").text
    assert journey.products[1] in page
    assert "Seen and weighed" in visitor.get(f"{journey.base}/scores/{journey.refs[journey.products[1]]}").text


def the_record_holds(journey: Journey) -> None:
    audit.load_steps()
    with reading(journey.engine) as session:
        report = audit.audit(session, keys.key_of(journey.config).verifier, None)
    assert not report.findings


def travel(journey: Journey) -> None:
    """The whole way."""
    draft_and_publish(journey)
    merchants = journey.people.merchants
    for number, product in enumerate(journey.products):
        journey.clock.advance(hours=5)
        apply(journey, merchants[number % len(merchants)], product, str(120 + number))
    check(journey)
    members = form_committee(journey)
    score(journey, members)
    object_and_rule(journey)
    decide(journey, members)
    the_record_holds(journey)
