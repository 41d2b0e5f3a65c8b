"""The layers of applications: three submitted in an open round; then, after the deadline, all checked.

world = applied_round(published_round(people(engine, clock()), clock))
world.refs, world.keys, world.round
world = checked_round(world)
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from procurement.applications import actions, confirming, own, verifying, writing
from procurement.applications.checklist import REQUIRED, RESTS_ON, Finding, Item, Method, Result
from procurement.applications.content import Content, Price, Purpose, Section
from procurement.applications.verdicts import Reason
from procurement.db import transaction
from procurement.rounds import actions as round_actions
from procurement.rounds import queries as rounds
from procurement.rounds.scoring_rule import Text
from procurement.uploads import Upload
from tests.applications.examples import FILES, WHOLE
from tests.conftest import MovableClock
from tests.worlds.people import People, Person
from tests.worlds.rounds import RoundWorld

PRODUCTS = ("石磨小米", "晒场红枣", "土窑陶杯")
"""What the three apply with; distinct words, so that a leak of any is noticed."""


@dataclass(frozen=True)
class AppliedWorld:
    """A round with three applications. `merchants`: who submitted each; `keys`: their drafts; `refs`: theirs."""

    round: RoundWorld
    merchants: tuple[Person, ...]
    businesses: tuple[str, ...]
    keys: tuple[str, ...]
    refs: tuple[str, ...] = field(default=())

    @property
    def engine(self) -> Engine:
        return self.round.engine

    @property
    def clock(self) -> MovableClock:
        return self.round.clock

    @property
    def people(self) -> People:
        return self.round.people

    @property
    def ref(self) -> str:
        return self.round.ref

    @property
    def id(self) -> int:
        return self.round.id


def whole(name: str, *, price: Decimal | None = None) -> Content:
    """An application without a fault, with another product's name and livestream price."""
    changed = replace(WHOLE, product=replace(WHOLE.product, name=name))
    if price is not None:
        changed = replace(changed, price=replace(changed.price, livestream=price))
    return changed


def sold(price: Price, day: date) -> Price:
    """`price` with its low prices paid within their times before `day`."""
    sales = {
        name: replace(getattr(price, name), on=day - timedelta(days=ago))
        for name, ago in (("sale_7", 1), ("sale_30", 20), ("sale_90", 70))
    }
    return replace(price, **sales)


def sell(world: RoundWorld, person: Person, key: str) -> None:
    """Bring the low prices of a draft up to today: those of the first day are too old by the deadline."""
    with transaction(world.engine) as session:
        actor, now = person.now(session), world.clock()
        held = own.draft_for(session, key, actor=actor, now=now).content.price
        writing.save_section(
            session, actor=actor, now=now, key=key, section=Section.PRICE, answers=sold(held, now.date())
        )


def fill(world: RoundWorld, person: Person, key: str, content: Content) -> None:
    """Write `content` into a draft through the acts of its pages, files as if they had been accepted."""
    with transaction(world.engine) as session:
        actor = person.now(session)
        now = world.clock()
        content = replace(content, price=sold(content.price, now.date()))
        for section in Section:
            if section is not Section.CERTIFICATES:
                writing.save_section(
                    session, actor=actor, now=now, key=key, section=section, answers=content.section(section)
                )
        for paper in content.certificates.items:
            writing.save_certificate(
                session,
                actor=actor,
                now=now,
                key=key,
                certificate=paper,
                upload=_upload(f"{paper.type}.pdf", paper.file),
                public=True,
            )
        for file in FILES:
            if file.purpose is not Purpose.CERTIFICATE:
                writing.attach(
                    session,
                    actor=actor,
                    now=now,
                    key=key,
                    section=file.section,
                    purpose=file.purpose,
                    upload=_upload(file.name, file.digest),
                    public=file.public,
                )


def _upload(name: str, digest: str) -> Upload:
    return Upload(digest=digest, media_type="application/pdf", size=1000, name=name, pages=1)


def begin(world: RoundWorld, person: Person, business: str, product: str) -> str:
    """Begin an application; returns the key of its draft."""
    with transaction(world.engine) as session:
        return writing.start(
            session,
            actor=person.now(session),
            now=world.clock(),
            round_ref=world.ref,
            merchant_ref=business,
            product_name=product,
        )


def send(world: RoundWorld, person: Person, key: str) -> actions.Receipt:
    """Submit a draft now."""
    with transaction(world.engine) as session:
        return actions.submit(session, actor=person.now(session), now=world.clock(), key=key)


def drafted_round(world: RoundWorld, prices: Sequence[Decimal | None] = (None, None, None)) -> AppliedWorld:
    """Three complete drafts by three businesses, not submitted. `prices`: their livestream prices."""
    merchants = world.people.merchants
    businesses = world.people.businesses
    keys = []
    for person, business, product, price in zip(merchants, businesses, PRODUCTS, prices, strict=True):
        keys.append(begin(world, person, business, product))
        fill(world, person, keys[-1], whole(product, price=price))
    return AppliedWorld(world, merchants, businesses, tuple(keys))


def applied_round(world: RoundWorld, prices: Sequence[Decimal | None] = (None, None, None)) -> AppliedWorld:
    """Three applications, submitted one hour after one another; the round is still open. See `drafted_round`."""
    drafted = drafted_round(world, prices)
    refs = []
    for person, key in zip(drafted.merchants, drafted.keys, strict=True):
        world.clock.advance(hours=1)
        refs.append(send(world, person, key).ref)
    return replace(drafted, refs=tuple(refs))


def amend_call(world: AppliedWorld, **changed: Any) -> None:
    """Amend the call now, with another purpose unless other fields of the rules are named."""
    changed = changed or {"purpose": Text("To find one good product.", "选出一款好产品。")}
    with transaction(world.engine) as session:
        round_actions.amend(
            session,
            actor=world.people.organiser.now(session),
            now=world.clock(),
            ref=world.ref,
            document=replace(rounds.rules_of(session, world.id), **changed),
            reason=Text("The purpose was unclear.", "征集目的表述不清。"),
        )


def confirm(world: AppliedWorld, number: int, *, rules_version: int = 2) -> None:
    """Confirm the application with this number (from 0) after an amendment."""
    with transaction(world.engine) as session:
        confirming.confirm(
            session,
            actor=world.merchants[number].now(session),
            now=world.clock(),
            key=world.keys[number],
            rules_version=rules_version,
        )


def close_applications(world: AppliedWorld) -> AppliedWorld:
    """Let the deadline pass, by a minute."""
    closes = world.round.course.applications_close
    assert closes is not None
    world.clock.move_to(closes + timedelta(minutes=1))
    return world


def found(*wrong: Item, day: date, items: Collection[Item] = REQUIRED) -> list[Finding]:
    """Findings about `items`, all in order but for `wrong`."""
    return [
        Finding(
            item=item,
            result=Result.NOT_MET if item in wrong else Result.MET,
            method=Method.PAPERS,
            evidence=f"The papers about {item.value} were read.",
            looked_on=day,
        )
        for item in items
    ]


def verify(world: AppliedWorld, number: int, *wrong: Item, items: Collection[Item] = REQUIRED) -> None:
    """Keep findings about the application with this number (from 0), all in order but for `wrong`."""
    with transaction(world.engine) as session:
        verifying.keep_findings(
            session,
            actor=world.people.organiser.now(session),
            now=world.clock(),
            ref=world.refs[number],
            findings=found(*wrong, day=world.clock().date(), items=items),
        )


def judge(world: AppliedWorld, number: int, reason: Reason = Reason.ALL_GATES_PASSED, explanation: str = "") -> None:
    """Verify the application with this number (from 0) as the reason asks, and give the verdict."""
    rests_on = [item for item in Item if item in RESTS_ON.get(reason, ())][:1]
    verify(world, number, *rests_on)
    gates = [gate.code for gate in world.round.document.gates]
    with transaction(world.engine) as session:
        actions.give_verdict(
            session,
            actor=world.people.organiser.now(session),
            now=world.clock(),
            ref=world.refs[number],
            reason_code=reason,
            explanation=explanation,
            gates=gates if reason is Reason.ALL_GATES_PASSED else gates[1:],
        )


def checked_round(world: AppliedWorld) -> AppliedWorld:
    """After the deadline all three are eligible and checking is closed: the committee may be formed."""
    close_applications(world)
    for number in range(len(world.refs)):
        judge(world, number)
    with transaction(world.engine) as session:
        actions.close_checking(
            session, actor=world.people.organiser.now(session), now=world.clock(), round_ref=world.ref
        )
    return world
