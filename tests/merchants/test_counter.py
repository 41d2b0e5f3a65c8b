"""The counter: a clerk registers and helps, the person takes over. Each way out, and what was logged."""

import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from procurement.access import VISITOR
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.mail import Mail
from procurement.merchants import actions, counter, queries
from procurement.merchants.helping import (
    TAKE_OVER_DAYS,
    TAKE_OVER_TRIES,
    IdentityDocument,
    Visit,
    code_parts,
    new_code,
)
from procurement.merchants.models import Merchant, TakeOverCode
from procurement.merchants.rules import MerchantKind, Particulars
from procurement.publiclog.audit import audit, load_steps
from procurement.publiclog.entry import unseal
from procurement.publiclog.models import LogEntry
from procurement.uploads import Upload
from tests.conftest import MovableClock
from tests.merchants.papers import SMALL_PDF
from tests.visiting import Visitor, text_of
from tests.worlds.people import BUSINESSES, People, Person, people

TODAY = date(2026, 3, 2)
SIGNED = Upload("cd" * 32, "application/pdf", 1234, "signed.pdf", pages=1)
VISIT = Visit("青石镇便民服务中心窗口", IdentityDocument.RESIDENT_CARD, True)
FARMER = Particulars(
    kind=MerchantKind.FARMER,
    name="赵小禾",
    uscc=None,
    representative="",
    address="云岭村五组3号",
    contact="赵小禾",
    phone="13512345678",
    hotline="13512345678",
    founded=None,
    named=False,
)


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


def do(world: People, who: Person | None, act: Any, **given: Any) -> Any:
    with transaction(world.engine) as session:
        return act(session, actor=who.now(session) if who else VISITOR, **given)


def register(world: People, clock: MovableClock, particulars: Particulars = FARMER, visit: Visit = VISIT) -> str:
    ref: str = do(
        world,
        world.organiser,
        counter.register_at_counter,
        now=clock(),
        today=TODAY,
        particulars=particulars,
        visit=visit,
    )
    return ref


def issue(world: People, clock: MovableClock, ref: str) -> str:
    code: str = do(world, world.second_organiser, counter.issue_code, now=clock(), ref=ref)
    return code


def take(world: People, clock: MovableClock, code: str, who: Person | None = None) -> str | None:
    ref: str | None = do(world, who or world.merchants[0], counter.take_over, now=clock(), code=code)
    return ref


def logged(world: People) -> list[Any]:
    """(kind, role) of each entry since the world was built, and the entry."""
    with reading(world.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all()
    envelopes = [unseal(body) for body in bodies]
    others = [one for one in envelopes if not one.entry.kind.startswith("account.")][len(BUSINESSES) :]
    return [(one.entry.kind, str(one.by.role), one.entry) for one in others]


def acting(world: People, ref: str) -> list[tuple[int, bool]]:
    with reading(world.engine) as session:
        found = queries.dossier(session, actor=world.organiser.actor, ref=ref, today=TODAY)
    return [(person.user_id, person.clerk) for person in found.business.people]


# --- the code on paper --------------------------------------------------------------------------------------------


def test_a_code_is_known_again_however_it_is_typed() -> None:
    code = new_code()
    assert [len(group) for group in code.split("-")] == [5, 5, 5]
    assert not set(code) & set("01IO")
    number, digest = code_parts(code)
    assert number == code[:5]
    assert code_parts(f" {code.lower().replace('-', ' ')} ") == (number, digest)
    assert code_parts(code[:-1])[1] != digest
    assert code_parts("") != (number, digest)


# --- registering --------------------------------------------------------------------------------------------------


def test_a_clerk_registers_a_farmer(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    assert ref == "M-000004"
    assert acting(world, ref) == [(world.organiser.id, True)]
    with reading(world.engine) as session:
        merchant = queries.find_merchant(session, ref)
        assert queries.public_face(merchant).assisted
        assert queries.public_face(merchant).name == "赵**"
        visit = queries.visit_of(session, merchant.id)
        assert visit is not None
        assert (visit.capacity, visit.document, visit.by, visit.paper) == (
            "青石镇便民服务中心窗口",
            IdentityDocument.RESIDENT_CARD,
            "Olga Organiser",
            False,
        )
        with pytest.raises(NotFound):
            queries.visit_paper(session, actor=world.organiser.actor, ref=ref)
    assert [(kind, role) for kind, role, _ in logged(world)] == [
        ("merchant.registered", "organiser"),
        ("merchant.at_counter", "organiser"),
    ]
    load_steps()
    with reading(world.engine) as session:
        assert audit(session, None).findings == []


def test_separate_consents_need_the_signed_paper(world: People, clock: MovableClock) -> None:
    agreeing = replace(FARMER, named=True, ringable=True)
    with pytest.raises(RuleBroken) as refused:
        register(world, clock, agreeing)
    assert [problem.field for problem in refused.value.problems] == ["paper"]
    assert logged(world) == []
    ref = register(world, clock, agreeing, replace(VISIT, paper=SIGNED))
    with reading(world.engine) as session:
        assert queries.public_face(queries.find_merchant(session, ref)).name == "赵小禾"
        assert queries.visit_paper(session, actor=world.supervisor.actor, ref=ref)[0] == SIGNED.digest
        with pytest.raises(NotFound):
            queries.visit_paper(session, actor=world.merchants[1].actor, ref=ref)
    assert [kind for kind, _, _ in logged(world)] == [
        "merchant.registered",
        "merchant.consented",
        "merchant.consented",
        "merchant.at_counter",
    ]
    assert logged(world)[-1][2].paper == SIGNED.digest


@pytest.mark.parametrize(
    ("particulars", "visit", "fields"),
    [
        (FARMER, replace(VISIT, agreed=False), ["agreed"]),
        (FARMER, replace(VISIT, capacity=" 窗 "), ["capacity"]),
        (FARMER, replace(VISIT, capacity="窗口 13812345678"), ["capacity"]),
        (replace(FARMER, phone="12"), VISIT, ["phone"]),
        (BUSINESSES[0], VISIT, ["uscc"]),
        (BUSINESSES[2], VISIT, ["name"]),
    ],
)
def test_what_is_refused(
    world: People, clock: MovableClock, particulars: Particulars, visit: Visit, fields: list[str]
) -> None:
    with pytest.raises(RuleBroken) as refused:
        register(world, clock, particulars, visit)
    assert [problem.field for problem in refused.value.problems] == fields
    assert logged(world) == []


def test_only_clerks_of_the_office_register_at_the_counter(world: People, clock: MovableClock) -> None:
    for who in (None, world.merchants[0], world.supervisor, world.administrator, world.members[0]):
        with pytest.raises(NotAllowed):
            do(
                world,
                who,
                counter.register_at_counter,
                now=clock(),
                today=TODAY,
                particulars=FARMER,
                visit=VISIT,
            )
    with pytest.raises(NotAllowed):
        do(world, world.organiser, actions.register, now=clock(), today=TODAY, particulars=FARMER)
    assert logged(world) == []


def test_a_clerk_adds_and_removes_nobody(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    with pytest.raises(NotAllowed):
        do(
            world,
            world.organiser,
            actions.invite_person,
            now=clock(),
            ref=ref,
            email="friend@example.org",
            language="en",
        )
    with pytest.raises(NotAllowed):
        do(world, world.organiser, actions.remove_person, now=clock(), ref=ref, user_id=world.organiser.id)
    # What the person tells, the clerk keeps right.
    with transaction(world.engine) as session:
        actions.change(
            session,
            actor=world.organiser.now(session),
            now=clock(),
            today=TODAY,
            ref=ref,
            particulars=replace(FARMER, phone="13612345678"),
        )
    assert logged(world)[-1][:2] == ("merchant.changed", "organiser")


# --- taking over --------------------------------------------------------------------------------------------------


def test_the_person_takes_over_and_the_clerk_is_out(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    code = issue(world, clock, ref)
    with reading(world.engine) as session:
        (row,) = session.scalars(select(TakeOverCode)).all()
        assert code.replace("-", "") not in f"{row.sha256}{row.number}"
    assert take(world, clock, code.lower()) == ref
    assert acting(world, ref) == [(world.merchants[0].id, False)]
    assert [(kind, role) for kind, role, _ in logged(world)[2:]] == [
        ("merchant.take_over_issued", "organiser"),
        ("merchant.person_removed", "merchant"),
        ("merchant.taken_over", "merchant"),
        ("merchant.person_added", "merchant"),
    ]
    with pytest.raises(NotFound), reading(world.engine) as session:
        queries.own_merchant(session, actor=world.organiser.actor, ref=ref)
    with pytest.raises(WrongPhase):
        issue(world, clock, ref)
    before = len(logged(world))
    assert take(world, clock, code, world.merchants[1]) is None
    assert len(logged(world)) == before
    load_steps()
    with reading(world.engine) as session:
        assert audit(session, None).findings == []


def test_a_code_ends_by_time_and_by_the_next_one(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    first = issue(world, clock, ref)
    second = issue(world, clock, ref)
    clock.move_to(clock() + timedelta(microseconds=1))
    other = register(world, clock, replace(FARMER, name="钱小穗"))
    later = issue(world, clock, other)
    assert take(world, clock, first) is None
    clock.move_to(clock() + timedelta(days=TAKE_OVER_DAYS, microseconds=-1))
    assert take(world, clock, second) is None
    assert take(world, clock, later) == other


def test_wrong_tries_are_counted_and_end_the_code(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    code = issue(world, clock, ref)
    wrong = f"{code[:5]}-22222-22222"
    assert take(world, clock, "nonsense") is None
    for _ in range(TAKE_OVER_TRIES):
        assert take(world, clock, wrong) is None
    with reading(world.engine) as session:
        assert session.scalars(select(TakeOverCode.tries)).all() == [TAKE_OVER_TRIES]
        assert queries.helped(session, actor=world.organiser.actor, now=clock())[0].code_until is None
    assert take(world, clock, code) is None
    tried = [entry.tries for kind, _, entry in logged(world) if kind == "merchant.take_over_failed"]
    assert tried == [1, 2, 3, 4, 5]
    assert take(world, clock, issue(world, clock, ref)) == ref
    load_steps()
    with reading(world.engine) as session:
        assert audit(session, None).findings == []


def test_the_last_try_but_one_still_counts(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    code = issue(world, clock, ref)
    for _ in range(TAKE_OVER_TRIES - 1):
        assert take(world, clock, f"{code[:5]}-22222-22222") is None
    assert take(world, clock, code) == ref


def test_a_code_is_for_businesses_of_the_counter(world: People, clock: MovableClock) -> None:
    with pytest.raises(NotFound):
        issue(world, clock, world.businesses[0])
    with pytest.raises(NotFound):
        issue(world, clock, "M-999999")
    ref = register(world, clock)
    with pytest.raises(NotAllowed):
        do(world, world.supervisor, counter.issue_code, now=clock(), ref=ref)
    code = issue(world, clock, ref)
    with pytest.raises(NotAllowed):
        take(world, clock, code, world.organiser)


# --- helping with a paper -----------------------------------------------------------------------------------------


def test_helping_with_a_signed_paper(world: People, clock: MovableClock) -> None:
    ref = world.businesses[0]
    given: dict[str, Any] = {"now": clock(), "ref": ref, "capacity": "青石镇窗口", "authority": SIGNED}
    with pytest.raises(RuleBroken):
        do(world, world.organiser, counter.help_with_paper, **{**given, "capacity": ""})
    with pytest.raises(NotAllowed):
        do(world, world.merchants[1], counter.help_with_paper, **given)
    do(world, world.organiser, counter.help_with_paper, **given)
    assert acting(world, ref) == [(world.merchants[0].id, False), (world.organiser.id, True)]
    ((kind, role, entry),) = logged(world)
    assert (kind, role, entry.helper, entry.authority) == ("merchant.person_added", "organiser", True, SIGNED.digest)
    with reading(world.engine) as session:
        (letter,) = session.scalars(select(Mail).where(Mail.template == "merchants/helped")).all()
        assert letter.address == world.merchants[0].email
    with pytest.raises(RuleBroken):
        do(world, world.organiser, counter.help_with_paper, **given)
    # The business has somebody of its own, who stays when the clerk goes, and cannot leave it to the clerk.
    with pytest.raises(RuleBroken):
        do(world, world.merchants[0], actions.remove_person, now=clock(), ref=ref, user_id=world.merchants[0].id)
    do(world, world.merchants[0], actions.remove_person, now=clock(), ref=ref, user_id=world.organiser.id)
    assert acting(world, ref) == [(world.merchants[0].id, False)]
    do(world, world.organiser, counter.help_with_paper, **given)
    do(world, world.organiser, counter.end_help, now=clock(), ref=ref)
    assert acting(world, ref) == [(world.merchants[0].id, False)]
    with pytest.raises(NotFound):
        do(world, world.organiser, counter.end_help, now=clock(), ref=ref)
    load_steps()
    with reading(world.engine) as session:
        assert audit(session, None).findings == []


def test_the_only_clerk_stays_until_the_person_comes(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    with pytest.raises(RuleBroken):
        do(world, world.organiser, counter.end_help, now=clock(), ref=ref)
    assert acting(world, ref) == [(world.organiser.id, True)]


def test_the_database_holds_what_a_clerk_is(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    code = issue(world, clock, ref)
    for statement in (
        "UPDATE merchant_user SET helper_as = '' WHERE clerk",
        "UPDATE merchant_user SET helper_as = 'friend' WHERE NOT clerk",
        "UPDATE take_over_code SET tries = 6",
        "UPDATE take_over_code SET used_by_id = issued_by_id",
        "UPDATE take_over_code SET used_by_id = issued_by_id, used_at = expires_at",
    ):
        with pytest.raises(IntegrityError), transaction(world.engine) as session:
            session.execute(text(statement))
    assert take(world, clock, code) == ref


# --- in a browser -------------------------------------------------------------------------------------------------

FORM = {
    "capacity": "青石镇便民服务中心窗口",
    "document": "resident_card",
    "kind": "farmer",
    "name": "赵小禾",
    "address": "云岭村五组3号",
    "contact": "赵小禾",
    "phone": "135 1234 5678",
    "agreed": "y",
}


def visitor(app: Flask, clock: MovableClock, who: Person | None = None) -> Visitor:
    client = app.test_client()
    return Visitor(who.enter(client, clock()) if who else client)


def test_from_the_counter_to_the_own_account(app: Flask, world: People, clock: MovableClock) -> None:
    clerk = visitor(app, clock, world.organiser)
    assert "Help at the counter" in clerk.get("/en/counter").text
    refused = clerk.send("/en/counter/new", **{**FORM, "agreed": "", "document": ""}, status=422)
    assert "Say which document you looked at." in refused.text
    assert 'value="赵小禾"' in refused.text
    done = clerk.send("/en/counter/new", **FORM)
    assert done.location == "/en/counter/M-000004/code"
    paper = clerk.send("/en/counter/M-000004/code", status=200)
    code = text_of(paper).partition("Your code ")[2][:17]
    assert "works until" in clerk.get("/en/counter").text
    assert "赵小禾" in text_of(clerk.get("/en/merchant/M-000004"))
    assert clerk.send(
        "/en/counter/new", **{**FORM, "name": "另一人", "named": "y", "paper": (io.BytesIO(SMALL_PDF), "signed.pdf")}
    ).location.endswith("/M-000005/code")
    assert clerk.client.get("/counter/M-000005/signed").status_code == 200
    assert "Registered at the counter" in clerk.get("/en/businesses/M-000005").text

    owner = visitor(app, clock, world.merchants[0])
    assert "not valid" in owner.send("/en/merchant/take-over", code="ABCDE-FGHJK-LMNPQ", status=422).text
    assert owner.send("/en/merchant/take-over", code=code).location == "/en/merchant/M-000004"
    assert clerk.client.get("/en/merchant/M-000004").status_code == 404
    assert "M-000004" not in clerk.get("/en/counter").text


def test_what_others_may_not_open(app: Flask, world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    merchant = visitor(app, clock, world.merchants[1])
    for path in ("/en/counter", "/en/counter/new", f"/en/counter/{ref}/code", f"/en/counter/{ref}/help"):
        merchant.get(path, status=403)
        assert visitor(app, clock).client.get(path).status_code == 303
    merchant.get(f"/en/merchant/{ref}", status=404)
    other = visitor(app, clock, world.second_organiser)
    other.get(f"/en/merchant/{ref}", status=404)
    other.get("/en/merchant/take-over", status=403)
    visitor(app, clock, world.supervisor).get("/en/counter", status=403)


def test_helping_in_a_browser(app: Flask, world: People, clock: MovableClock) -> None:
    clerk, ref = visitor(app, clock, world.organiser), world.businesses[1]
    assert f"/counter/{ref}/help" in clerk.get(f"/en/businesses/{ref}").text
    clerk.send(f"/en/counter/{ref}/help", capacity="青石镇窗口", status=422)
    clerk.send(f"/en/counter/{ref}/help", capacity="青石镇窗口", authority=(io.BytesIO(SMALL_PDF), "authority.pdf"))
    assert f"/counter/{ref}/help" not in clerk.get(f"/en/businesses/{ref}").text
    assert "clerk of the office" in clerk.get(f"/en/businesses/{ref}").text
    clerk.get(f"/en/merchant/{ref}")
    assert clerk.send(f"/en/counter/{ref}/end", form_on="/en/counter").location == "/en/counter"
    clerk.get(f"/en/merchant/{ref}", status=404)


def test_the_public_reads_who_helped_but_not_the_name(world: People, clock: MovableClock) -> None:
    ref = register(world, clock)
    with reading(world.engine) as session:
        merchant = session.scalars(select(Merchant).where(Merchant.ref == ref)).one()
        visit = queries.visit_of(session, merchant.id)
    assert visit is not None
    assert visit.at == clock()
