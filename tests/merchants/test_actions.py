"""Acts on businesses, on both databases: each way out, and what was logged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Actor
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, RuleBroken
from procurement.mail import Mail
from procurement.merchants import actions, checking, consents, debarring, queries
from procurement.merchants.disclosures import Disclosure, Owner, Related, Relation, Shared
from procurement.merchants.models import Certificate, Debarment
from procurement.merchants.rules import (
    CertificateFacts,
    CertificateKind,
    CheckOutcome,
    ConsentPurpose,
    DebarmentGround,
    MerchantKind,
    Particulars,
    SearchSource,
)
from procurement.publiclog.audit import audit, load_steps
from procurement.publiclog.entry import Salted, unseal
from procurement.publiclog.models import LogEntry
from procurement.uploads import Upload
from tests.conftest import MovableClock
from tests.worlds.people import BUSINESSES, People, people

TODAY = date(2026, 3, 2)
FILE = Upload("ab" * 32, "application/pdf", 1234, "licence.pdf", pages=1)
REASON = "材料中的检验报告经核实系伪造，出具机构书面确认未出具该报告。"
REMEDY = "可自收到通知之日起六十日内申请行政复议。"


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


def write(world: People, act: Callable[[Session], Any]) -> Any:
    with transaction(world.engine) as session:
        return act(session)


def logged(world: People, prefix: str = "") -> list[Any]:
    """Entries since the world was built, whose kind begins with `prefix`."""
    with reading(world.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all()
    entries = [entry for entry in (unseal(body).entry for body in bodies) if not entry.kind.startswith("account.")]
    return [entry for entry in entries[len(BUSINESSES) :] if entry.kind.startswith(prefix)]


def letters(world: People) -> list[Mail]:
    with reading(world.engine) as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def other_company(**changes: Any) -> Particulars:
    return replace(BUSINESSES[0], uscc="91430102MA4L000098", name="另一家茶叶有限公司", **changes)


def register(world: People, actor: Actor, particulars: Particulars, clock: MovableClock) -> str:
    ref: str = write(
        world,
        lambda s: actions.register(s, actor=actor, now=clock(), today=TODAY, particulars=particulars),
    )
    return ref


def change(world: People, actor: Actor, ref: str, particulars: Particulars, clock: MovableClock) -> None:
    write(
        world,
        lambda s: actions.change(s, actor=actor, now=clock(), today=TODAY, ref=ref, particulars=particulars),
    )


def view(world: People, ref: str) -> queries.MerchantView:
    with reading(world.engine) as session:
        return queries.merchant_view(queries.find_merchant(session, ref))


# --- businesses ---------------------------------------------------------------------------------------------------


def test_registering_a_business(world: People, clock: MovableClock) -> None:
    who = world.merchants[0]
    ref = register(world, who.actor, other_company(), clock)
    assert ref == "M-000004"
    assert view(world, ref).phone == "+8613812345678"
    with reading(world.engine) as session:
        assert [m.ref for m in queries.merchants_of(session, who.id)] == ["M-000004", "M-000001"]
        assert queries.acts_for(session, who.id, view(world, ref).id)
        assert not queries.acts_for(session, world.merchants[1].id, view(world, ref).id)
    (entry,) = logged(world)
    assert (entry.kind, entry.merchant, entry.business) == ("merchant.registered", ref, "company")
    assert entry.particulars.value is None


def test_no_personal_data_stands_in_the_log_in_the_clear(world: People) -> None:
    with reading(world.engine) as session:
        everything = b"".join(session.scalars(select(LogEntry.body))).decode()
    for text in ("张三丰", "13712345678", "云岭村三组17号", "Merchant Cia", "merchant3@example.org"):
        assert text not in everything


def test_a_code_is_registered_once(world: People, clock: MovableClock) -> None:
    again = replace(BUSINESSES[0], uscc=" 91430102-ma4l00001f")
    with pytest.raises(RuleBroken) as refused:
        register(world, world.merchants[1].actor, again, clock)
    assert refused.value.problems[0].field == "uscc"
    assert "registered already" in str(refused.value)
    assert logged(world) == []


def test_farmers_without_a_code_do_not_exclude_each_other(world: People, clock: MovableClock) -> None:
    assert register(world, world.merchants[0].actor, BUSINESSES[2], clock) == "M-000004"


def test_a_business_that_is_not_right_is_not_registered(world: People, clock: MovableClock) -> None:
    with pytest.raises(RuleBroken) as refused:
        register(world, world.merchants[0].actor, other_company(phone="1", address=""), clock)
    assert [problem.field for problem in refused.value.problems] == ["address", "phone"]
    assert logged(world) == []


def test_only_merchants_register(world: People, clock: MovableClock) -> None:
    for actor in (VISITOR, world.organiser.actor, world.administrator.actor, world.official.actor):
        with pytest.raises(NotAllowed):
            register(world, actor, other_company(), clock)


def test_changing_particulars_says_which(world: People, clock: MovableClock) -> None:
    who, ref = world.merchants[0].actor, world.businesses[0]
    clock.advance(days=1)
    change(world, who, ref, replace(BUSINESSES[0], contact="赵四", phone="0731-82210001"), clock)
    assert (view(world, ref).contact, view(world, ref).updated_at) == ("赵四", clock())
    (entry,) = logged(world)
    assert (entry.kind, entry.fields) == ("merchant.changed", ("contact", "phone"))


def test_changing_nothing_logs_nothing(world: People, clock: MovableClock) -> None:
    change(world, world.merchants[0].actor, world.businesses[0], BUSINESSES[0], clock)
    assert logged(world) == []


def test_a_code_may_be_added_but_not_changed(world: People, clock: MovableClock) -> None:
    who, farmer = world.merchants[2].actor, world.businesses[2]
    registered = replace(
        BUSINESSES[2], kind=MerchantKind.SOLE_TRADER, uscc="92430102MA4L00003J", representative="张三丰"
    )
    change(world, who, farmer, registered, clock)
    assert view(world, farmer).uscc == "92430102MA4L00003J"
    for code in ("92430102MA4L00004H", None):
        with pytest.raises(RuleBroken):
            change(world, who, farmer, replace(registered, uscc=code), clock)
    with pytest.raises(RuleBroken) as refused:
        change(world, world.merchants[0].actor, world.businesses[0], other_company(), clock)
    assert [problem.field for problem in refused.value.problems] == ["uscc"]
    assert len(logged(world)) == 1


def test_an_added_code_must_be_free(world: People, clock: MovableClock) -> None:
    taken = replace(
        BUSINESSES[2], kind=MerchantKind.VILLAGE_COLLECTIVE, uscc=BUSINESSES[1].uscc, representative="张三丰"
    )
    with pytest.raises(RuleBroken) as refused:
        change(world, world.merchants[2].actor, world.businesses[2], taken, clock)
    assert "registered already" in str(refused.value)


def consented(
    world: People, clock: MovableClock, number: int, purpose: ConsentPurpose, *, back: bool = False
) -> None:
    act = consents.take_back if back else consents.consent
    with transaction(world.engine) as session:
        act(
            session,
            actor=world.merchants[number].now(session),
            now=clock(),
            ref=world.businesses[number],
            purpose=purpose,
        )


def audited(world: People) -> list[str]:
    load_steps()
    with reading(world.engine) as session:
        return [str(finding) for finding in audit(session, None).findings if finding.where.startswith("consent")]


def test_consent_to_being_named_is_given_and_taken_back(world: People, clock: MovableClock) -> None:
    ref = world.businesses[2]
    assert queries.public_name(view(world, ref)) == "张**"
    consented(world, clock, 2, ConsentPurpose.NAME)
    given = view(world, ref).name_consent_at
    assert given == clock()
    assert queries.public_name(view(world, ref)) == "张三丰"
    clock.advance(days=1)
    with pytest.raises(RuleBroken):
        consented(world, clock, 2, ConsentPurpose.NAME)
    # Another change leaves it as it is, whatever the form says of it.
    change(world, world.merchants[2].actor, ref, replace(BUSINESSES[2], contact="别人"), clock)
    assert view(world, ref).name_consent_at == given
    assert audited(world) == []
    consented(world, clock, 2, ConsentPurpose.NAME, back=True)
    assert queries.public_name(view(world, ref)) == "张**"
    with pytest.raises(RuleBroken):
        consented(world, clock, 2, ConsentPurpose.NAME, back=True)
    assert audited(world) == []


def test_a_number_for_buyers_is_whole_with_consent_only(world: People, clock: MovableClock) -> None:
    ref, who = world.businesses[2], world.merchants[2]
    change(world, who.actor, ref, replace(BUSINESSES[2], hotline="13712345678"), clock)
    assert queries.public_face(view(world, ref)).hotline == "137****5678"
    consented(world, clock, 2, ConsentPurpose.HOTLINE)
    assert queries.public_face(view(world, ref)).hotline == "137 1234 5678"
    assert queries.public_name(view(world, ref)) == "张**", "one consent is not the other"
    assert queries.public_face(view(world, world.businesses[0])).hotline == "0731 8221 0000"


def test_a_company_needs_no_consent_and_a_farm_that_becomes_one_keeps_none(
    world: People, clock: MovableClock
) -> None:
    with pytest.raises(RuleBroken):
        consented(world, clock, 0, ConsentPurpose.NAME)
    with pytest.raises(NotFound), transaction(world.engine) as session:
        consents.consent(
            session,
            actor=world.merchants[0].now(session),
            now=clock(),
            ref=world.businesses[2],
            purpose=ConsentPurpose.NAME,
        )
    consented(world, clock, 2, ConsentPurpose.NAME)
    consented(world, clock, 2, ConsentPurpose.HOTLINE)
    grown = replace(
        BUSINESSES[2], kind=MerchantKind.COMPANY, uscc="91430102MA4L000098", representative="张三丰", founded=2020
    )
    change(world, world.merchants[2].actor, world.businesses[2], grown, clock)
    assert view(world, world.businesses[2]).name_consent_at is None
    assert view(world, world.businesses[2]).hotline_consent_at is None
    assert audited(world) == []


def test_a_consent_that_was_slipped_in_is_found(world: People, clock: MovableClock) -> None:
    with transaction(world.engine) as session:
        connection = session.connection()
        connection.exec_driver_sql(
            "UPDATE merchant SET name_consent_at = '2026-03-02 01:00:00' WHERE kind = 'farmer'"
        )
    assert audited(world) == [f"consent {world.businesses[2]} name: the table has it, the log does not tell of it"]


def test_nobody_else_changes_a_business(world: People, clock: MovableClock) -> None:
    for actor, error in (
        (world.merchants[1].actor, NotFound),
        (world.organiser.actor, NotFound),
        (world.supervisor.actor, NotAllowed),
        (VISITOR, NotAllowed),
    ):
        with pytest.raises(error):
            change(world, actor, world.businesses[0], replace(BUSINESSES[0], contact="赵四"), clock)
    with pytest.raises(NotFound):
        change(world, world.merchants[0].actor, "M-999999", BUSINESSES[0], clock)
    assert view(world, world.businesses[0]).contact == "李红"


def test_what_the_public_reads_of_each_kind(world: People) -> None:
    company, cooperative, farmer = (queries.public_face(view(world, ref)) for ref in world.businesses)
    assert (company.name, company.representative, company.address) == (
        "青石镇茶叶有限公司",
        "王青",
        "青石镇建设路1号",
    )
    assert company.hotline == "0731 8221 0000"
    assert cooperative.masked is False
    assert (farmer.name, farmer.representative, farmer.address, farmer.masked) == ("张**", "张**", "", True)


# --- who acts for a business --------------------------------------------------------------------------------------


def offer(world: People, clock: MovableClock, email: str = "merchant2@example.org") -> str:
    write(
        world,
        lambda s: actions.invite_person(
            s, actor=world.merchants[0].actor, now=clock(), ref=world.businesses[0], email=email, language="en"
        ),
    )
    return str(letters(world)[-1].context["path"]).rpartition("/")[2]


def join(world: People, actor: Actor, token: str, clock: MovableClock) -> None:
    write(world, lambda s: actions.join(s, actor=actor, now=clock(), token=token))


def remove(world: People, actor: Actor, user_id: int, clock: MovableClock) -> None:
    write(
        world,
        lambda s: actions.remove_person(s, actor=actor, now=clock(), ref=world.businesses[0], user_id=user_id),
    )


def test_several_people_act_for_one_business(world: People, clock: MovableClock) -> None:
    first, second = world.merchants[0], world.merchants[1]
    token = offer(world, clock)
    join(world, second.actor, token, clock)
    with reading(world.engine) as session:
        found = queries.business(session, actor=second.actor, ref=world.businesses[0], today=TODAY)
    assert [person.user_id for person in found.people] == [first.id, second.id]
    remove(world, second.actor, first.id, clock)
    with reading(world.engine) as session, pytest.raises(NotFound):
        queries.business(session, actor=first.actor, ref=world.businesses[0], today=TODAY)
    assert [entry.kind for entry in logged(world)] == ["merchant.person_added", "merchant.person_removed"]
    assert all(isinstance(entry.person, Salted) and entry.person.value is None for entry in logged(world))


def test_an_offer_is_taken_once_and_in_time(world: People, clock: MovableClock) -> None:
    token = offer(world, clock)
    with pytest.raises(RuleBroken):
        join(world, world.merchants[0].actor, token, clock)
    with pytest.raises(NotAllowed):
        join(world, world.organiser.actor, token, clock)
    newer = offer(world, clock)
    with pytest.raises(NotFound):
        join(world, world.merchants[1].actor, token, clock)
    join(world, world.merchants[1].actor, newer, clock)
    with pytest.raises(NotFound):
        join(world, world.merchants[2].actor, newer, clock)
    late = offer(world, clock, "merchant3@example.org")
    clock.advance(days=14)
    with pytest.raises(NotFound):
        join(world, world.merchants[2].actor, late, clock)


def test_somebody_remains(world: People, clock: MovableClock) -> None:
    first, second = world.merchants[0], world.merchants[1]
    with pytest.raises(RuleBroken):
        remove(world, first.actor, first.id, clock)
    with pytest.raises(NotFound):
        remove(world, first.actor, second.id, clock)
    with pytest.raises(NotFound):
        remove(world, second.actor, first.id, clock)
    assert logged(world) == []


# --- certificates -------------------------------------------------------------------------------------------------

LICENCE = CertificateFacts(
    CertificateKind.FOOD_PRODUCTION, "SC10143010200001", "县市场监管局", "茶叶", TODAY, TODAY + timedelta(days=60)
)


def add(world: People, actor: Actor, clock: MovableClock, facts: CertificateFacts = LICENCE) -> int:
    made: int = write(
        world,
        lambda s: actions.add_certificate(
            s, actor=actor, now=clock(), today=TODAY, ref=world.businesses[0], facts=facts, file=FILE
        ),
    )
    return made


def test_a_certificate_is_added_and_removed_but_not_forgotten(world: People, clock: MovableClock) -> None:
    who = world.merchants[0].actor
    number = add(world, who, clock)
    with reading(world.engine) as session:
        (paper,) = queries.certificates_of(session, view(world, world.businesses[0]).id, today=TODAY)
        assert (paper.number, paper.days_left, paper.soon, paper.expired) == ("SC10143010200001", 60, True, False)
        assert queries.certificate_file(session, actor=who, ref=world.businesses[0], certificate_id=number) == (
            FILE.digest,
            FILE.media_type,
            FILE.name,
        )
    write(
        world,
        lambda s: actions.remove_certificate(
            s, actor=who, now=clock(), ref=world.businesses[0], certificate_id=number
        ),
    )
    with reading(world.engine) as session:
        assert queries.certificates_of(session, view(world, world.businesses[0]).id, today=TODAY) == []
        assert session.get_one(Certificate, number).removed_at == clock()
    added, removed = logged(world)
    assert (added.kind, added.file, added.expires) == ("certificate.added", FILE.digest, LICENCE.expires)
    assert (removed.kind, removed.certificate) == ("certificate.removed", number)
    with pytest.raises(NotFound), transaction(world.engine) as session:
        actions.remove_certificate(session, actor=who, now=clock(), ref=world.businesses[0], certificate_id=number)


def test_a_certificate_that_is_over_is_refused(world: People, clock: MovableClock) -> None:
    gone = replace(LICENCE, issued=TODAY - timedelta(days=9), expires=TODAY - timedelta(days=1))
    with pytest.raises(RuleBroken):
        add(world, world.merchants[0].actor, clock, gone)
    assert logged(world) == []


def test_certificates_are_the_businesss_own(world: People, clock: MovableClock) -> None:
    with pytest.raises(NotFound):
        add(world, world.merchants[1].actor, clock)
    number = add(world, world.merchants[0].actor, clock)
    with pytest.raises(NotFound), transaction(world.engine) as session:
        actions.remove_certificate(
            session, actor=world.merchants[1].actor, now=clock(), ref=world.businesses[1], certificate_id=number
        )
    with reading(world.engine) as session, pytest.raises(NotFound):
        queries.certificate_file(
            session, actor=world.merchants[1].actor, ref=world.businesses[1], certificate_id=number
        )


# --- debarments ---------------------------------------------------------------------------------------------------


def debar(world: People, actor: Actor, clock: MovableClock, **changes: Any) -> str:
    given: dict[str, Any] = {
        "merchant": world.businesses[0],
        "ground": DebarmentGround.FALSE_MATERIAL,
        "reason": REASON,
        "remedy": REMEDY,
        "starts": TODAY,
        "ends": TODAY + timedelta(days=365),
        "evidence": FILE,
        **changes,
    }
    ref: str = write(world, lambda s: debarring.debar(s, actor=actor, now=clock(), today=TODAY, **given))
    return ref


def barred(world: People, day: date) -> str | None:
    with reading(world.engine) as session:
        found = queries.debarred_on(session, view(world, world.businesses[0]).id, day)
    return found.ref if found else None


@pytest.mark.parametrize("named", ["M-000001", "m-000001", "91430102ma4l00001f"])
def test_a_debarment_begins_and_ends_by_the_calendar(world: People, clock: MovableClock, named: str) -> None:
    ref = debar(world, world.supervisor.actor, clock, merchant=named)
    assert ref == "D-000001"
    assert barred(world, TODAY - timedelta(days=1)) is None
    assert barred(world, TODAY) == ref
    assert barred(world, TODAY + timedelta(days=364)) == ref
    assert barred(world, TODAY + timedelta(days=365)) is None
    (entry,) = logged(world)
    assert (entry.kind, entry.debarment, entry.merchant, entry.ground) == (
        "debarment.entered",
        ref,
        "M-000001",
        "false_material",
    )
    assert [(letter.template, letter.address) for letter in letters(world)] == [
        ("merchants/debarred", "merchant1@example.org")
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"merchant": "M-999999"}, "merchant"),
        ({"reason": "短"}, "reason"),
        ({"remedy": " "}, "remedy"),
        ({"ends": TODAY}, "ends"),
        ({"starts": TODAY - timedelta(days=1)}, "starts"),
        ({"ends": date(2029, 3, 3)}, "ends"),
    ],
)
def test_a_debarment_that_is_not_right(
    world: People, clock: MovableClock, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        debar(world, world.supervisor.actor, clock, **changes)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert logged(world) == []
    assert letters(world) == []


def test_only_the_supervisor_debars(world: People, clock: MovableClock) -> None:
    for person in world.everybody():
        if person not in (world.supervisor, world.second_supervisor):
            with pytest.raises(NotAllowed):
                debar(world, person.actor, clock)
    with pytest.raises(NotAllowed):
        debar(world, VISITOR, clock)
    assert barred(world, TODAY) is None


def test_an_appeal_is_noted_and_a_debarment_lifted(world: People, clock: MovableClock) -> None:
    who = world.second_supervisor.actor
    ref = debar(world, world.supervisor.actor, clock)
    clock.advance(days=10)
    write(
        world,
        lambda s: debarring.note_appeal(s, actor=who, now=clock(), ref=ref, state="已于三月十二日申请行政复议。"),
    )
    day = TODAY + timedelta(days=20)
    write(
        world,
        lambda s: debarring.lift(s, actor=who, now=clock(), today=day, ref=ref, reason="复议机关撤销了认定。"),
    )
    assert barred(world, day - timedelta(days=1)) == ref
    assert barred(world, day) is None
    with reading(world.engine) as session:
        found = queries.debarment(session, ref=ref, today=day)
    assert (found.lifted_on, found.lifted_why, found.in_force) == (day, "复议机关撤销了认定。", False)
    assert found.appealed_at == clock()
    assert [entry.kind for entry in logged(world)] == [
        "debarment.entered",
        "debarment.appealed",
        "debarment.lifted",
    ]
    assert letters(world)[-1].template == "merchants/lifted"
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        debarring.lift(session, actor=who, now=clock(), today=day, ref=ref, reason="复议机关撤销了认定。")


def test_what_is_over_is_not_lifted(world: People, clock: MovableClock) -> None:
    who = world.supervisor.actor
    ref = debar(world, who, clock, ends=TODAY + timedelta(days=10))
    for day, reason in ((TODAY + timedelta(days=10), "复议机关撤销了认定。"), (TODAY, "短")):
        with pytest.raises(RuleBroken), transaction(world.engine) as session:
            debarring.lift(session, actor=who, now=clock(), today=day, ref=ref, reason=reason)
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        debarring.note_appeal(session, actor=who, now=clock(), ref=ref, state="短")
    for act in (debarring.note_appeal, debarring.lift):
        more = {"state": REASON} if act is debarring.note_appeal else {"today": TODAY, "reason": REASON}
        with pytest.raises(NotAllowed), transaction(world.engine) as session:
            act(session, actor=world.organiser.actor, now=clock(), ref=ref, **more)  # type: ignore[operator]
        with pytest.raises(NotFound), transaction(world.engine) as session:
            act(session, actor=who, now=clock(), ref="D-999999", **more)  # type: ignore[operator]
    assert len(logged(world)) == 1


def test_the_register_is_public_and_comes_in_pages(world: People, clock: MovableClock) -> None:
    refs = [debar(world, world.supervisor.actor, clock, merchant=world.businesses[n % 3]) for n in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        with reading(world.engine) as session:
            rows, after = queries.debarments(session, today=TODAY, after=after, size=2)
        seen += [row.ref for row in rows]
        if not after:
            break
    assert seen == refs[::-1]
    with reading(world.engine) as session:
        farmer = queries.debarment(session, ref=refs[2], today=TODAY)
    assert farmer.merchant_name == "张**"


def test_evidence_is_for_the_supervisor_and_the_business(world: People, clock: MovableClock) -> None:
    ref = debar(world, world.supervisor.actor, clock)
    with reading(world.engine) as session:
        for actor in (world.supervisor.actor, world.merchants[0].actor):
            assert queries.debarment_evidence(session, actor=actor, ref=ref)[0] == FILE.digest
        for actor in (VISITOR, world.merchants[1].actor, world.organiser.actor):
            with pytest.raises(NotFound):
                queries.debarment_evidence(session, actor=actor, ref=ref)


# --- who stands behind a business ---------------------------------------------------------------------------------

STATED = Disclosure(
    owners=(Owner("王青", Decimal("60.50")),),
    related=(Related("云岭村柑橘专业合作社", None, Relation.SAME_OWNER),),
    no_related=False,
    penalties=(),
    no_penalties=True,
    promoted="",
    no_promotions=True,
)


def disclose(world: People, actor: Actor, clock: MovableClock, stated: Disclosure = STATED) -> int:
    version: int = write(
        world,
        lambda s: actions.disclose(
            s, actor=actor, now=clock(), today=TODAY, ref=world.businesses[0], disclosure=stated
        ),
    )
    return version


def test_a_statement_is_kept_in_versions(world: People, clock: MovableClock) -> None:
    who = world.merchants[0].actor
    assert [disclose(world, who, clock), disclose(world, who, clock)] == [1, 1]
    assert disclose(world, who, clock, replace(STATED, promoted="2024年一次", no_promotions=False)) == 2
    with reading(world.engine) as session:
        merchant_id = view(world, world.businesses[0]).id
        found = queries.disclosure_of(session, merchant_id)
        assert queries.disclosure_of(session, view(world, world.businesses[1]).id) is None
    assert found is not None
    assert (found.version, found.stated.promoted, found.stated.owners) == (2, "2024年一次", STATED.owners)
    assert [(entry.kind, entry.version) for entry in logged(world)] == [
        ("merchant.disclosed", 1),
        ("merchant.disclosed", 2),
    ]
    with reading(world.engine) as session:
        assert "王青" not in b"".join(session.scalars(select(LogEntry.body))).decode()


def test_a_statement_that_is_not_right_is_not_kept(world: People, clock: MovableClock) -> None:
    with pytest.raises(RuleBroken):
        disclose(world, world.merchants[0].actor, clock, replace(STATED, owners=()))
    with pytest.raises(NotFound):
        disclose(world, world.merchants[1].actor, clock)
    assert logged(world) == []


def test_what_applicants_share_is_shown_to_who_checks(world: People, clock: MovableClock) -> None:
    ids = [view(world, ref).id for ref in world.businesses]
    with reading(world.engine) as session:
        assert queries.shared_facts(session, ids) == {}
    disclose(world, world.merchants[0].actor, clock)
    change(world, world.merchants[2].actor, world.businesses[2], replace(BUSINESSES[2], phone="13912345678"), clock)
    with reading(world.engine) as session:
        assert queries.shared_facts(session, ids) == {
            ("M-000001", "M-000002"): {Shared.DECLARED: ()},
            ("M-000002", "M-000003"): {Shared.PHONE: ("139****5678",)},
        }


def test_who_helps_is_marked(world: People, clock: MovableClock) -> None:
    clerk = world.merchants[0]
    ref = write(
        world,
        lambda s: actions.register(
            s,
            actor=clerk.actor,
            now=clock(),
            today=TODAY,
            particulars=BUSINESSES[2],
            help=actions.Help(" 云岭村 文书 ", FILE),
        ),
    )
    made = view(world, ref)
    assert made.assisted
    assert queries.public_face(made).assisted
    with reading(world.engine) as session:
        assert queries.helps(session, clerk.id, made.id) == "云岭村 文书"
        assert queries.helps(session, clerk.id, view(world, world.businesses[0]).id) == ""
        assert queries.authority_file(session, actor=world.organiser.actor, ref=ref, user_id=clerk.id) == (
            FILE.digest,
            FILE.media_type,
            FILE.name,
        )
        assert queries.shared_facts(session, [made.id, view(world, world.businesses[0]).id]) == {}
    with pytest.raises(NotAllowed), transaction(world.engine) as session:
        consents.consent(session, actor=clerk.now(session), now=clock(), ref=ref, purpose=ConsentPurpose.NAME)
    with pytest.raises(RuleBroken), transaction(world.engine) as session:
        actions.register(
            session,
            actor=clerk.now(session),
            now=clock(),
            today=TODAY,
            particulars=replace(BUSINESSES[2], named=True, ringable=True),
            help=actions.Help("云岭村 文书", FILE),
        )
    (entry,) = logged(world)
    assert (entry.kind, entry.assisted) == ("merchant.registered", True)
    with pytest.raises(RuleBroken) as refused, transaction(world.engine) as session:
        actions.register(
            session,
            actor=clerk.actor,
            now=clock(),
            today=TODAY,
            particulars=BUSINESSES[2],
            help=actions.Help(" ", FILE),
        )
    assert [problem.field for problem in refused.value.problems] == ["capacity"]


# --- the office ---------------------------------------------------------------------------------------------------


def look_up(world: People, actor: Actor, clock: MovableClock, **changes: Any) -> None:
    given: dict[str, Any] = {
        "ref": world.businesses[0],
        "source": SearchSource.CREDIT_CHINA,
        "searched_on": TODAY,
        "found": False,
        "result": "",
        "picture": FILE,
        **changes,
    }
    write(world, lambda s: checking.record_search(s, actor=actor, now=clock(), today=TODAY, **given))


def test_a_search_is_kept_with_its_picture(world: People, clock: MovableClock) -> None:
    organiser = world.organiser.actor
    look_up(world, organiser, clock)
    look_up(world, organiser, clock, found=True, result="2025年警告一次")
    with reading(world.engine) as session:
        found = queries.dossier(session, actor=world.supervisor.actor, ref=world.businesses[0], today=TODAY)
    assert [(one.found, one.result, one.by) for one in found.searches] == [
        (True, "2025年警告一次", "Olga Organiser"),
        (False, "", "Olga Organiser"),
    ]
    assert [(e.kind, e.found, e.picture) for e in logged(world)] == [
        ("merchant.searched", False, FILE.digest),
        ("merchant.searched", True, FILE.digest),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"searched_on": TODAY + timedelta(days=1)}, "searched_on"), ({"found": True}, "result")],
)
def test_a_search_that_is_not_right(world: People, clock: MovableClock, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        look_up(world, world.organiser.actor, clock, **changes)
    assert [problem.field for problem in refused.value.problems] == [field]
    with pytest.raises(NotFound):
        look_up(world, world.organiser.actor, clock, ref="M-999999")
    assert logged(world) == []


def test_a_certificate_is_checked(world: People, clock: MovableClock) -> None:
    number = add(world, world.merchants[0].actor, clock)

    def check(actor: Actor, **changes: Any) -> None:
        given: dict[str, Any] = {
            "ref": world.businesses[0],
            "certificate_id": number,
            "outcome": CheckOutcome.NOT_FOUND,
            "how": "食品许可查询平台",
            **changes,
        }
        write(world, lambda s: checking.check_certificate(s, actor=actor, now=clock(), **given))

    check(world.organiser.actor)
    check(world.second_organiser.actor, outcome=CheckOutcome.IN_ORDER)
    with reading(world.engine) as session:
        (paper,) = queries.certificates_of(session, view(world, world.businesses[0]).id, today=TODAY)
    assert paper.check is not None
    assert (paper.check.outcome, paper.check.by) == (CheckOutcome.IN_ORDER, "Otto Organiser")
    for changes, error in (
        ({"how": "短"}, RuleBroken),
        ({"ref": world.businesses[1]}, NotFound),
        ({"certificate_id": number + 1}, NotFound),
    ):
        with pytest.raises(error):
            check(world.organiser.actor, **changes)
    assert [e.outcome for e in logged(world, "certificate.checked")] == ["not_found", "in_order"]


def test_only_organisers_check_and_only_the_office_reads(world: People, clock: MovableClock) -> None:
    office = (world.organiser, world.second_organiser)
    readers = (*office, world.supervisor, world.second_supervisor)
    for person in world.everybody():
        if person not in office:
            with pytest.raises(NotAllowed):
                look_up(world, person.actor, clock)
        if person not in readers:
            with reading(world.engine) as session, pytest.raises(NotAllowed):
                queries.dossier(session, actor=person.actor, ref=world.businesses[0], today=TODAY)
            with reading(world.engine) as session, pytest.raises(NotAllowed):
                queries.every_merchant(session, actor=person.actor)
    assert logged(world) == []


def test_the_list_of_businesses_comes_in_pages(world: People) -> None:
    seen: list[str] = []
    after = ""
    while True:
        with reading(world.engine) as session:
            rows, after = queries.every_merchant(session, actor=world.organiser.actor, after=after, size=2)
        seen += [row.ref for row in rows]
        if not after:
            break
    assert seen == list(world.businesses[::-1])


def register_findings(world: People) -> list[str]:
    """What the audit says of the register of debarments."""
    load_steps()
    with reading(world.engine) as session:
        return [str(f) for f in audit(session, None).findings if f.where.startswith("debarment")]


@pytest.mark.parametrize(
    "change",
    [
        {"ends_on": TODAY + timedelta(days=30)},
        {"reason": "别的理由，比原来的长一些，以便看起来像真的一样。"},
        {"lifted_on": TODAY, "lifted_why": "无人作出的解除决定。"},
        {"appeal": "从未有过的复议。"},
        {"merchant_id": 2},
        {"ground": "slander"},
    ],
)
def test_a_debarment_that_was_edited_is_named(world: People, clock: MovableClock, change: dict[str, Any]) -> None:
    who = world.supervisor.actor
    first, second = debar(world, who, clock), debar(world, who, clock, merchant="M-000003")
    write(
        world,
        lambda s: debarring.note_appeal(s, actor=who, now=clock(), ref=second, state="已于三月十二日申请行政复议。"),
    )
    write(
        world,
        lambda s: debarring.lift(s, actor=who, now=clock(), today=TODAY, ref=second, reason="复议机关撤销了认定。"),
    )
    assert register_findings(world) == []
    with world.engine.begin() as connection:
        connection.execute(update(Debarment).where(Debarment.ref == first).values(change))
    found = register_findings(world)
    assert found
    assert all(first in finding for finding in found)


def test_a_debarment_that_was_taken_away_is_named(world: People, clock: MovableClock) -> None:
    ref = debar(world, world.supervisor.actor, clock)
    with world.engine.begin() as connection:
        connection.execute(delete(Debarment))
    assert [ref in finding for finding in register_findings(world)] == [True]
