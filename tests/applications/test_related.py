"""Applicants that belong together: the office is shown what agrees, and finds on it; nothing refuses by itself."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from procurement.applications import queries, verifying
from procurement.applications.checklist import Finding as Found
from procurement.applications.checklist import Item, Method, Result
from procurement.applications.models import Finding
from procurement.applications.verdicts import Reason
from procurement.db import reading, transaction
from procurement.merchants import actions as merchants
from procurement.merchants.disclosures import Disclosure, Owner, Related, Relation, Shared, compared
from procurement.merchants.queries import find_merchant
from procurement.publiclog.audit import audit, load_steps
from procurement.publiclog.entry import unseal
from procurement.publiclog.models import LogEntry
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.applications import AppliedWorld, applied_round, close_applications, judge, verify
from tests.worlds.people import BUSINESSES, Person, people
from tests.worlds.rounds import published_round

TODAY = date(2026, 3, 2)
EVIDENCE = "The two farms are run by one family from one house; both said so."


@pytest.fixture
def related(engine: Engine, clock: MovableClock) -> AppliedWorld:
    """After the deadline: the first two applicants share telephone, address and owner, the third nothing."""
    everybody = people(engine, clock())
    who, ref = everybody.merchants[1], everybody.businesses[1]
    same = replace(BUSINESSES[1], phone=BUSINESSES[0].phone, address="青石镇 建设路１号")
    stated = Disclosure(
        owners=(Owner("王 青", None),),
        related=(Related("青石镇茶叶有限公司", None, Relation.SAME_OWNER),),
        no_related=False,
        penalties=(),
        no_penalties=True,
        promoted="",
        no_promotions=True,
    )
    with transaction(engine) as session:
        given: dict[str, Any] = {"actor": who.now(session), "now": clock(), "today": TODAY, "ref": ref}
        merchants.change(session, **given, particulars=same)
        merchants.disclose(session, **given, disclosure=stated)
    return close_applications(applied_round(published_round(everybody, clock)))


def common(world: AppliedWorld, number: int) -> tuple[verifying.Compared, ...]:
    with reading(world.engine) as session:
        merchant = find_merchant(session, world.businesses[number])
        return verifying.compared_with(session, world.id, merchant.id, now=world.clock())


def find(world: AppliedWorld, number: int, result: Result) -> None:
    with transaction(world.engine) as session:
        verifying.keep_findings(
            session,
            actor=world.people.organiser.now(session),
            now=world.clock(),
            ref=world.refs[number],
            findings=[Found(Item.RELATIONS, result, Method.PAPERS, EVIDENCE, world.clock().date())],
        )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("甲（湖南）公司", "甲(湖南) 公司", True),
        ("青石镇建设路１号", "青石镇，建设路1号", True),
        ("ABC Ltd.", "abc ltd", True),
        ("青石镇建设路1号", "青石镇建设路11号", False),
    ],
)
def test_how_names_and_addresses_are_compared(one: str, other: str, same: bool) -> None:
    assert (compared(one) == compared(other)) is same


def test_both_are_shown_what_agrees_and_the_third_is_not(related: AppliedWorld) -> None:
    shared = {
        Shared.PHONE: ("138****5678",),
        Shared.ADDRESS: ("青石镇建***",),
        Shared.OWNER: ("王*",),
        Shared.DECLARED: (),
    }
    assert [(one.application, one.shared) for one in common(related, 0)] == [(related.refs[1], shared)]
    assert [(one.application, one.shared) for one in common(related, 1)] == [(related.refs[0], shared)]
    assert common(related, 2) == ()


def test_what_agreed_is_kept_with_the_finding_and_told_to_nobody(related: AppliedWorld) -> None:
    find(related, 0, Result.NOT_MET)
    find(related, 2, Result.MET)
    facts = {"application": related.refs[1], "shared": ["address", "declared", "owner", "phone"]}
    with reading(related.engine) as session:
        assert list(session.scalars(select(Finding.compared).order_by(Finding.id))) == [[facts], []]
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.idx.desc()).limit(2)).all()
    entries: list[Any] = [unseal(body).entry for body in bodies]
    assert [entry.kind for entry in entries] == ["application.checklist"] * 2
    assert [entry.findings[0].compared.value for entry in entries] == [None, None]
    everything = b"".join(bodies).decode()
    assert "declared" not in everything
    assert related.refs[1] not in everything
    load_steps()
    with reading(related.engine) as session:
        assert audit(session, None).findings == []


def test_other_items_keep_no_comparison(related: AppliedWorld) -> None:
    verify(related, 0, items=[Item.LICENCES])
    with reading(related.engine) as session:
        assert list(session.scalars(select(Finding.compared))) == [None]


def test_nothing_is_refused_by_itself(related: AppliedWorld) -> None:
    judge(related, 0)
    judge(related, 1, Reason.RELATED_APPLICANTS, EVIDENCE)
    with reading(related.engine) as session:
        views = queries.applications_of(session, related.id, now=related.clock())
    assert [view.eligible for view in views] == [True, False, False]
    assert views[2].verdict is None


def test_in_a_browser(app: Flask, related: AppliedWorld, clock: MovableClock) -> None:
    def visitor(who: Person | None) -> Visitor:
        client = app.test_client()
        return Visitor(client if who is None else who.enter(client, clock(), hours=24))

    office, path = visitor(related.people.organiser), f"/en/rounds/{related.ref}/checking"
    for number, other in ((0, 1), (1, 0)):
        for end in ("", "/checklist"):
            page = text_of(office.get(f"{path}/{related.refs[number]}{end}"))
            assert "138****5678" in page
            assert "青石镇建***" in page
            assert related.refs[other] in page
    assert "No other applicant of the round" in text_of(office.get(f"{path}/{related.refs[2]}"))
    judge(related, 0)
    for reader in (None, related.merchants[2], related.merchants[1]):
        page = text_of(visitor(reader).get(f"/en/applications/{related.refs[0]}"))
        assert "Compared with all other applicants of the round." in page
        assert "138****5678" not in page
        assert related.refs[1] not in page
