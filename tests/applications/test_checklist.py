"""What a finding must say, what a verdict may rest on, what is hinted at, what may be asked and answered. Pure."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from procurement.applications.checklist import (
    ITEMS,
    REQUIRED,
    RESTS_ON,
    Finding,
    Item,
    Method,
    Result,
    check_against_verdict,
    check_finding,
    missing,
)
from procurement.applications.content import Interests, Party, Relation, RelationKind
from procurement.applications.grounds import PROVISIONS
from procurement.applications.hints import Known, hints
from procurement.applications.rules import delivery_ends
from procurement.applications.supplements import Answer, SentFile, check_answer, check_request
from procurement.applications.verdicts import ELIGIBLE_REASONS, OFFERED, Reason, check_too_few
from procurement.merchants.disclosures import Shared
from procurement.merchants.rules import CheckOutcome, MerchantKind, SearchSource
from procurement.rounds.rules import Basis
from tests.applications.examples import BROADCAST, NEEDS, PRICE, SUPPLY, TODAY, WHOLE

SOUND = Finding(Item.STOCK, Result.MET, Method.VISITED, "Four thousand bags stand in the store.", TODAY)
ALL_MET = dict.fromkeys(REQUIRED, Result.MET)


def fields(finding: Finding) -> list[str | None]:
    return [problem.field for problem in check_finding(finding, today=TODAY)]


def test_a_finding_says_what_how_and_when() -> None:
    assert fields(SOUND) == []
    assert fields(replace(SOUND, result=None)) == ["stock_result"]
    assert fields(replace(SOUND, method=None)) == ["stock_method"]
    assert fields(replace(SOUND, evidence="Seen")) == ["stock_evidence"]
    assert fields(replace(SOUND, evidence="x" * 1001)) == ["stock_evidence"]
    assert fields(replace(SOUND, evidence="Rang 13812345678 on Monday.")) == ["stock_evidence"]
    assert fields(replace(SOUND, looked_on=None)) == ["stock_looked_on"]
    assert fields(replace(SOUND, looked_on=date(2026, 3, 3))) == ["stock_looked_on"]
    assert fields(replace(SOUND, result=Result.NOT_APPLICABLE)) == ["stock_result"]
    assert fields(Finding(Item.LABEL, Result.NOT_APPLICABLE, None, "Handicraft has none.", TODAY)) == []


def test_the_visit_alone_may_be_left_out() -> None:
    assert missing(REQUIRED) == ()
    assert missing([Item.IDENTITY]) == REQUIRED[1:]
    assert set(ITEMS) - set(REQUIRED) == {Item.ON_SITE}


def test_an_eligible_product_was_verified_in_full_and_is_in_order() -> None:
    def faults(results: dict[Item, Result]) -> int:
        return len(check_against_verdict(results, eligible=True, reason=Reason.ALL_GATES_PASSED))

    assert faults(ALL_MET) == 0
    assert faults(ALL_MET | {Item.LABEL: Result.NOT_APPLICABLE}) == 0
    assert faults({}) == len(REQUIRED)
    assert faults(ALL_MET | {Item.COST: Result.NOT_MET, Item.ON_SITE: Result.NOT_MET}) == 2


@pytest.mark.parametrize("reason", [reason for reason in OFFERED if reason not in ELIGIBLE_REASONS])
def test_a_refusal_rests_on_something_not_in_order(reason: Reason) -> None:
    def faults(results: dict[Item, Result]) -> int:
        return len(check_against_verdict(results, eligible=False, reason=reason))

    items = RESTS_ON.get(reason, frozenset())
    assert faults({}) == bool(items)
    assert faults(dict.fromkeys(items, Result.MET)) == bool(items)
    for item in items:
        assert faults({item: Result.NOT_MET}) == 0
    for other in set(Item) - items:
        assert faults({other: Result.NOT_MET}) == bool(items)


def test_every_reason_has_its_provisions_and_only_law_is_called_law() -> None:
    assert set(PROVISIONS) == set(Reason)
    assert all(PROVISIONS.values())
    for provision in {one for found in PROVISIONS.values() for one in found}:
        assert (" art. " in provision.place) == (provision.basis is Basis.LAW)


def test_what_is_known_stands_beside_each_item() -> None:
    known = Known(
        kind=MerchantKind.COMPANY,
        uscc="91430102MA4L00001F",
        checked={"c" * 64: (CheckOutcome.NOT_IN_ORDER, TODAY)},
        searches=[(SearchSource.CREDIT_CHINA, TODAY, True)],
        shares=[("R2026-001-A002", {Shared.PHONE: ("139****5678",)})],
    )
    found = hints(WHOLE, NEEDS, known)
    assert set(found) == set(Item)
    assert [hint.fits for hint in found[Item.LICENCES]] == [False, False, False]
    assert [hint.fits for hint in found[Item.COVERAGE]] == [True, True, True]
    assert [hint.fits for hint in found[Item.PRICE]] == [True, *[None] * 5]  # three lows, and the sale of each
    assert found[Item.RECORD][-1].fits is False
    assert found[Item.RELATIONS][-1].say.params["facts"] == ("the same telephone",)

    dearer = replace(WHOLE, price=replace(PRICE, livestream=Decimal("42.01"), honoured_days=2000))
    related = Interests(relations=(Relation(Party.OFFICIAL, RelationKind.KINSHIP, "cousin"),))
    worse = hints(replace(dearer, interests=related), NEEDS, replace(known, searches=(), shares=()))
    assert [hint.fits for hint in worse[Item.PRICE]] == [False, *[None] * 5]
    assert worse[Item.RELATIONS][0].fits is False
    assert worse[Item.RECORD][-1].fits is False  # nobody has looked yet


def test_delivery_ends_when_the_last_order_is_sent() -> None:
    assert delivery_ends(WHOLE, NEEDS) == date(2026, 4, 29)  # the broadcast, seven days, and 48 hours
    assert delivery_ends(replace(WHOLE, supply=replace(SUPPLY, dispatch_hours=49)), NEEDS) == date(2026, 4, 30)
    assert delivery_ends(WHOLE, replace(NEEDS, valid_on=None)) is None
    assert (
        delivery_ends(
            replace(WHOLE, price=replace(PRICE, honoured_days=None), supply=replace(SUPPLY, dispatch_hours=None)),
            NEEDS,
        )
        == BROADCAST
    )


def test_what_may_be_asked_and_answered() -> None:
    asked = "Please send the licence again."
    assert check_request(asked, [Item.LICENCES], running=False) == []
    assert len(check_request("Licence?", [], running=True)) == 3
    assert len(check_request("Call 13812345678 about the licence.", [Item.LICENCES], running=False)) == 1
    file = SentFile("licence.pdf", "a" * 64, "application/pdf", 1000, False)
    assert check_answer("Here is the licence.", [file]) == []
    assert [p.field for p in check_answer("Here", [file] * 21)] == ["text", "upload"]
    answer = Answer("R2026-001-A001-S1", "Here is the licence.", (file,))
    assert Answer.from_text(answer.document) == answer
    with pytest.raises(ValueError, match="format"):
        Answer.from_text('{"format":2}')


@pytest.mark.parametrize(("eligible", "accepted"), [(2, True), (3, False), (4, False)])
def test_a_round_ends_for_want_only_when_there_is_want(eligible: int, accepted: bool) -> None:
    assert (check_too_few(without_verdict=[], eligible=eligible, minimum=3) == []) is accepted
    assert check_too_few(without_verdict=["A1"], eligible=0, minimum=3) != []
