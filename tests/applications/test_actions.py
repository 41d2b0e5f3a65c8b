"""Acts of applying and checking on both databases: every way out, and what the log says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from procurement.access import VISITOR, Actor, Role
from procurement.applications import actions, own, queries, writing
from procurement.applications.checklist import Item
from procurement.applications.content import Certificate, Purpose, Section, Submission
from procurement.applications.models import Application, ApplicationDraft, ApplicationVersion, Verdict
from procurement.applications.verdicts import Reason
from procurement.db import UnloggedChange, reading, transaction
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.mail import Mail
from procurement.merchants import debarring
from procurement.merchants.models import MerchantUser
from procurement.merchants.rules import CertificateKind, DebarmentGround
from procurement.publiclog.entry import digest_of, unseal
from procurement.publiclog.models import LogEntry
from procurement.rounds import actions as rounds
from procurement.rounds.canonical import digest
from procurement.rounds.phases import Phase
from procurement.rounds.rules import HoldLabel
from procurement.uploads import Upload
from tests.applications.examples import PRICE, PRODUCT, WHOLE, paper
from tests.conftest import MovableClock
from tests.worlds.applications import (
    PRODUCTS,
    AppliedWorld,
    applied_round,
    begin,
    checked_round,
    close_applications,
    drafted_round,
    fill,
    judge,
    sell,
    send,
    verify,
    whole,
)
from tests.worlds.people import people
from tests.worlds.rounds import RoundWorld, published_round

SAID = "The licence ended in May 2025 and does not cover the broadcast."
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def open_round(engine: Engine, clock: MovableClock) -> RoundWorld:
    return published_round(people(engine, clock()), clock)


@pytest.fixture
def drafted(open_round: RoundWorld) -> AppliedWorld:
    return drafted_round(open_round)


@pytest.fixture
def applied(open_round: RoundWorld) -> AppliedWorld:
    return applied_round(open_round)


def write(world: AppliedWorld | RoundWorld, act: Callable[[Session], Any]) -> Any:
    with transaction(world.engine) as session:
        return act(session)


def entries(world: AppliedWorld | RoundWorld, prefix: str = "application.") -> list[Any]:
    with reading(world.engine) as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.idx)).all()
    found = [unseal(body) for body in bodies]
    return [envelope for envelope in found if envelope.entry.kind.startswith(prefix)]


def letters(world: AppliedWorld) -> list[tuple[str, str]]:
    with reading(world.engine) as session:
        rows = session.execute(select(Mail.template, Mail.address).order_by(Mail.id))
        return [(template, address) for template, address in rows if template.startswith("applications/")]


def count(world: AppliedWorld | RoundWorld, table: type[Any]) -> int:
    with reading(world.engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def closing(world: AppliedWorld | RoundWorld) -> Any:
    course = world.course if isinstance(world, RoundWorld) else world.round.course
    assert course.applications_close is not None
    return course.applications_close


# ---- starting ----------------------------------------------------------------------------------------------------


def start(world: RoundWorld, actor: Actor, *, business: str | None = None, name: str = "晒场红枣") -> str:
    key: str = write(
        world,
        lambda s: writing.start(
            s,
            actor=actor,
            now=world.clock(),
            round_ref=world.ref,
            merchant_ref=business or world.people.businesses[0],
            product_name=name,
        ),
    )
    return key


def test_a_draft_leaves_no_trace_in_public(open_round: RoundWorld) -> None:
    before = count(open_round, LogEntry)
    key = start(open_round, open_round.people.merchants[0].actor)
    assert count(open_round, LogEntry) == before
    assert count(open_round, Application) == 0
    with reading(open_round.engine) as session:
        draft = own.draft_for(session, key, actor=open_round.people.merchants[0].actor, now=open_round.clock())
    assert draft.product_name == "晒场红枣"
    assert draft.content.product.name == "晒场红枣"


def test_who_is_no_merchant_or_acts_for_another_business_does_not_start(open_round: RoundWorld) -> None:
    for nobody in (open_round.people.supervisor.actor, open_round.people.members[0].actor, VISITOR):
        with pytest.raises(NotAllowed):
            start(open_round, nobody)
    for who in (open_round.people.organiser, open_round.people.merchants[1]):
        with pytest.raises(NotFound):
            start(open_round, who.actor)
    assert count(open_round, ApplicationDraft) == 0


def test_one_application_for_a_product(open_round: RoundWorld) -> None:
    merchant = open_round.people.merchants[0].actor
    start(open_round, merchant, name="石磨小米")
    with pytest.raises(RuleBroken) as refused:
        start(open_round, merchant, name=" 石磨 小米")
    assert refused.value.problems[0].field == "product_name"
    start(open_round, merchant, name="石磨小米粥")
    start(open_round, open_round.people.merchants[1].actor, business=open_round.people.businesses[1], name="石磨小米")
    assert count(open_round, ApplicationDraft) == 3


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_product_has_a_name(open_round: RoundWorld, name: str) -> None:
    with pytest.raises(RuleBroken):
        start(open_round, open_round.people.merchants[0].actor, name=name)


def test_nobody_starts_from_the_closing_instant_on(open_round: RoundWorld) -> None:
    merchant = open_round.people.merchants[0].actor
    open_round.clock.move_to(closing(open_round) - MICROSECOND)
    start(open_round, merchant)
    open_round.clock.move_to(closing(open_round))
    with pytest.raises(WrongPhase):
        start(open_round, merchant, name="另一产品")


def test_a_business_of_somebody_who_takes_part_cannot_apply(open_round: RoundWorld) -> None:
    """A member of staff is added to a business: nobody applies for it, also not the other person."""
    merchant, supervisor = open_round.people.merchants[0], open_round.people.supervisor
    key = start(open_round, merchant.actor)
    fill(open_round, merchant, key, whole("晒场红枣"))
    with Session(open_round.engine) as session:  # as if it had been so before the seat was given
        session.add(MerchantUser(merchant_id=1, user_id=supervisor.id, since=open_round.clock()))
        session.commit()
    with pytest.raises(NotAllowed, match="supervisor"):
        start(open_round, merchant.actor, name="另一产品")
    with pytest.raises(NotAllowed, match="supervisor"):
        send(open_round, merchant, key)
    assert count(open_round, Application) == 0


def test_a_debarred_business_cannot_apply(open_round: RoundWorld) -> None:
    today = open_round.clock().date()
    write(
        open_round,
        lambda s: debarring.debar(
            s,
            actor=open_round.people.second_supervisor.now(s),
            now=open_round.clock(),
            today=today,
            merchant=open_round.people.businesses[0],
            ground=next(iter(DebarmentGround)),
            reason="材料中的检验报告经核实系伪造，出具机构书面确认未出具该报告。",
            remedy="可自收到通知之日起六十日内申请行政复议。",
            evidence=Upload("ab" * 32, "application/pdf", 1234, "evidence.pdf", pages=1),
            starts=today,
            ends=today.replace(year=today.year + 1),
        ),
    )
    with pytest.raises(NotAllowed, match="debarment"):
        start(open_round, open_round.people.merchants[0].actor)
    start(open_round, open_round.people.merchants[1].actor, business=open_round.people.businesses[1])


# ---- writing -----------------------------------------------------------------------------------------------------


def save(world: AppliedWorld, section: Section, answers: Any, *, by: int = 0, key: int = 0) -> Any:
    return write(
        world,
        lambda s: writing.save_section(
            s,
            actor=world.merchants[by].now(s),
            now=world.clock(),
            key=world.keys[key],
            section=section,
            answers=answers,
        ),
    )


def draft_of(world: AppliedWorld, number: int = 0) -> own.DraftView:
    with reading(world.engine) as session:
        return own.draft_for(session, world.keys[number], actor=world.merchants[number].actor, now=world.clock())


def test_a_section_is_kept_unfinished_and_says_what_is_missing(drafted: AppliedWorld) -> None:
    problems = save(drafted, Section.PRICE, replace(PRICE, livestream=Decimal("99")))
    assert {problem.field for problem in problems} == {"livestream"}
    view = draft_of(drafted)
    assert view.content.price.livestream == Decimal("99")
    assert not view.complete
    assert view.done == 7
    assert save(drafted, Section.PRICE, PRICE) == []
    assert draft_of(drafted).complete


def test_nobody_else_reads_or_writes_a_draft(drafted: AppliedWorld) -> None:
    with pytest.raises(NotFound):
        save(drafted, Section.PRICE, PRICE, by=1)
    with reading(drafted.engine) as session:
        for person in drafted.people.everybody():
            if person is drafted.merchants[0]:
                continue
            with pytest.raises(NotFound):
                own.draft_for(session, drafted.keys[0], actor=person.now(session), now=drafted.clock())
        with pytest.raises(NotFound):
            own.draft_for(session, drafted.keys[0], actor=VISITOR, now=drafted.clock())


def test_a_product_is_renamed_but_not_to_another_of_ones_products(drafted: AppliedWorld) -> None:
    begin(drafted.round, drafted.merchants[0], drafted.businesses[0], "第二产品")
    save(drafted, Section.PRODUCT, replace(PRODUCT, name="新小米"))
    assert draft_of(drafted).product_name == "新小米"
    with pytest.raises(RuleBroken) as refused:
        save(drafted, Section.PRODUCT, replace(PRODUCT, name="第二 产品"))
    assert refused.value.problems[0].field == "name"
    assert draft_of(drafted).product_name == "新小米"


def test_papers_are_kept_changed_and_removed_with_their_copies(drafted: AppliedWorld) -> None:
    world = drafted
    other = Upload("e" * 64, "application/pdf", 900, "organic.pdf", pages=1)

    def save_paper(certificate: Certificate, upload: Upload | None, number: int | None = None) -> Any:
        return write(
            world,
            lambda s: writing.save_certificate(
                s,
                actor=world.merchants[0].now(s),
                now=world.clock(),
                key=world.keys[0],
                certificate=certificate,
                upload=upload,
                public=False,
                number=number,
            ),
        )

    number, problems = save_paper(paper(CertificateKind.ORGANIC, number=""), other)
    assert number == 4
    assert [problem.field for problem in problems] == ["number"]
    assert [p.field for p in draft_of(world).problems(Section.CERTIFICATES)] == ["items-4.number"]
    assert save_paper(paper(CertificateKind.ORGANIC), None, number=4) == (4, [])
    assert draft_of(world).content.certificates.items[3].file == "e" * 64
    write(
        world,
        lambda s: writing.remove_certificate(
            s, actor=world.merchants[0].now(s), now=world.clock(), key=world.keys[0], number=4
        ),
    )
    view = draft_of(world)
    assert len(view.content.certificates.items) == 3
    assert "e" * 64 not in {file.digest for file in view.files}
    assert view.complete
    with pytest.raises(NotFound):
        save_paper(paper(CertificateKind.ORGANIC), None, number=4)


def test_the_exemption_is_kept_beside_the_papers(drafted: AppliedWorld) -> None:
    save(drafted, Section.CERTIFICATES, replace(WHOLE.certificates, items=(), exemption="已备案"))
    certificates = draft_of(drafted).content.certificates
    assert len(certificates.items) == 3
    assert certificates.exemption == "已备案"


def test_files_are_attached_and_removed(drafted: AppliedWorld) -> None:
    upload = Upload("f" * 64, "image/jpeg", 500, "photo.jpg", width=10, height=10)

    def attach(session: Session) -> int:
        return writing.attach(
            session,
            actor=drafted.merchants[0].now(session),
            now=drafted.clock(),
            key=drafted.keys[0],
            section=Section.PRODUCT,
            purpose=Purpose.PHOTO,
            upload=upload,
            public=True,
        )

    def remove(session: Session, by: int = 0) -> None:
        writing.remove_file(
            session,
            actor=drafted.merchants[by].now(session),
            now=drafted.clock(),
            key=drafted.keys[0],
            file_id=file_id,
        )

    file_id = write(drafted, attach)
    assert "f" * 64 in {file.digest for file in draft_of(drafted).files}
    with pytest.raises(NotFound):
        write(drafted, lambda s: remove(s, by=1))
    write(drafted, remove)
    assert "f" * 64 not in {file.digest for file in draft_of(drafted).files}
    with pytest.raises(NotFound):
        write(drafted, remove)
    for _ in range(60 - len(draft_of(drafted).files)):
        write(drafted, attach)
    with pytest.raises(RuleBroken):
        write(drafted, attach)


def test_a_draft_is_thrown_away_and_can_be_begun_anew(drafted: AppliedWorld) -> None:
    before = count(drafted, LogEntry)
    write(
        drafted,
        lambda s: writing.discard(s, actor=drafted.merchants[0].now(s), now=drafted.clock(), key=drafted.keys[0]),
    )
    assert count(drafted, LogEntry) == before
    with pytest.raises(WrongPhase):
        save(drafted, Section.PRICE, PRICE)
    with pytest.raises(WrongPhase):
        send(drafted.round, drafted.merchants[0], drafted.keys[0])
    begin(drafted.round, drafted.merchants[0], drafted.businesses[0], PRODUCTS[0])
    with reading(drafted.engine) as session:
        rows = own.own_rows(session, actor=drafted.merchants[0].actor, now=drafted.clock())
    assert len(rows) == 1


def test_a_change_of_applications_without_an_entry_is_refused_at_commit(applied: AppliedWorld) -> None:
    with pytest.raises(UnloggedChange), transaction(applied.engine) as session:
        queries.find_application(session, applied.refs[0]).product_name = "changed behind the back"


# ---- submitting --------------------------------------------------------------------------------------------------


def test_submitting_freezes_hashes_and_logs_without_telling_who_or_what(drafted: AppliedWorld) -> None:
    receipt = send(drafted.round, drafted.merchants[0], drafted.keys[0])
    assert receipt.ref == f"{drafted.ref}-A001"
    assert receipt.version == 1
    with reading(drafted.engine) as session:
        row = session.scalars(select(ApplicationVersion)).one()
    assert digest(row.document) == row.sha256 == receipt.sha256
    submission = Submission.from_text(row.document)
    assert submission.content == draft_of(drafted).content
    assert (submission.application, submission.applicant) == (receipt.ref, drafted.businesses[0])
    (envelope,) = entries(drafted)
    assert envelope.entry.kind == "application.submitted"
    assert envelope.entry.document == receipt.sha256
    assert envelope.entry.again is False
    assert envelope.round_ref == drafted.ref
    assert letters(drafted) == [("applications/submitted", "merchant1@example.org")]
    with reading(drafted.engine) as session:
        body = session.scalars(select(LogEntry.body).order_by(LogEntry.idx.desc()).limit(1)).one()
    for secret in (receipt.ref, drafted.businesses[0], PRODUCTS[0], "merchant1"):
        assert secret.encode() not in body


def test_two_equal_applications_have_different_hashes(drafted: AppliedWorld) -> None:
    first = send(drafted.round, drafted.merchants[0], drafted.keys[0])
    again = send(drafted.round, drafted.merchants[0], drafted.keys[0])
    assert first.sha256 != again.sha256


def test_a_further_submission_is_a_new_version_and_keeps_the_old_one(applied: AppliedWorld) -> None:
    save(applied, Section.PRICE, replace(PRICE, livestream=Decimal("38.00")))
    assert draft_of(applied).changed
    receipt = send(applied.round, applied.merchants[0], applied.keys[0])
    assert (receipt.ref, receipt.version) == (applied.refs[0], 2)
    assert not draft_of(applied).changed
    with reading(applied.engine) as session:
        detail = queries.application_detail(
            session, receipt.ref, actor=applied.merchants[0].actor, now=applied.clock(), version=1
        )
    assert detail.content.price.livestream == PRICE.livestream
    assert [version.version for version in detail.versions] == [1, 2]
    assert entries(applied)[-1].entry.again is True


def test_an_incomplete_application_is_refused_with_every_fault(drafted: AppliedWorld) -> None:
    save(drafted, Section.PRICE, replace(PRICE, livestream=None))
    save(drafted, Section.INTERESTS, replace(WHOLE.interests, penalties_none=False))
    with pytest.raises(RuleBroken) as refused:
        send(drafted.round, drafted.merchants[0], drafted.keys[0])
    assert {problem.field for problem in refused.value.problems} == {"price.livestream", "interests.penalties"}
    assert count(drafted, Application) == 0
    assert entries(drafted) == []
    assert letters(drafted) == []


def test_only_the_applicant_submits(drafted: AppliedWorld) -> None:
    for other in (drafted.merchants[1], drafted.people.organiser):
        with pytest.raises(NotFound):
            send(drafted.round, other, drafted.keys[0])
    with pytest.raises(NotAllowed):
        send(drafted.round, drafted.people.supervisor, drafted.keys[0])
    assert entries(drafted) == []


def test_the_deadline_is_strict_to_the_microsecond(drafted: AppliedWorld) -> None:
    closes = closing(drafted)
    drafted.clock.move_to(closes - MICROSECOND)
    sell(drafted.round, drafted.merchants[0], drafted.keys[0])
    assert send(drafted.round, drafted.merchants[0], drafted.keys[0]).version == 1
    drafted.clock.move_to(closes)
    for number in (0, 1):
        with pytest.raises(WrongPhase, match="closed on"):
            send(drafted.round, drafted.merchants[number], drafted.keys[number])
    with pytest.raises(WrongPhase):
        save(drafted, Section.PRICE, PRICE)
    with pytest.raises(WrongPhase):
        write(
            drafted,
            lambda s: actions.withdraw(
                s, actor=drafted.merchants[0].now(s), now=drafted.clock(), ref=f"{drafted.ref}-A001"
            ),
        )
    assert [envelope.entry.kind for envelope in entries(drafted)] == ["application.submitted"]


def test_while_the_round_is_held_nothing_is_submitted(drafted: AppliedWorld) -> None:
    write(
        drafted,
        lambda s: rounds.hold(
            s, actor=drafted.people.supervisor.now(s), now=drafted.clock(), ref=drafted.ref, label=HoldLabel.REVIEW
        ),
    )
    assert drafted.round.course.phase_at(drafted.clock()) is Phase.HELD
    with pytest.raises(WrongPhase):
        send(drafted.round, drafted.merchants[0], drafted.keys[0])


def test_numbers_follow_the_order_of_submission_without_gaps(drafted: AppliedWorld) -> None:
    refs = [send(drafted.round, drafted.merchants[n], drafted.keys[n]).ref for n in (2, 0, 1)]
    assert refs == [f"{drafted.ref}-A001", f"{drafted.ref}-A002", f"{drafted.ref}-A003"]


def test_the_database_holds_one_application_for_a_product(applied: AppliedWorld) -> None:
    with Session(applied.engine) as session:
        first = queries.find_application(session, applied.refs[0])
        second = queries.find_application(session, applied.refs[1])
        second.merchant_id, second.product_key = first.merchant_id, first.product_key
        with pytest.raises(IntegrityError):
            session.flush()


# ---- withdrawing -------------------------------------------------------------------------------------------------


def withdraw(world: AppliedWorld, number: int = 0, *, by: int = 0) -> None:
    write(
        world,
        lambda s: actions.withdraw(s, actor=world.merchants[by].now(s), now=world.clock(), ref=world.refs[number]),
    )


def test_withdrawing_is_logged_and_final_and_leaves_room_for_another(applied: AppliedWorld) -> None:
    applied.clock.move_to(closing(applied) - MICROSECOND)
    withdraw(applied)
    entry = entries(applied)[-1].entry
    assert entry.kind == "application.withdrawn"
    assert letters(applied)[-1] == ("applications/withdrawn", "merchant1@example.org")
    with pytest.raises(WrongPhase):
        withdraw(applied)
    with pytest.raises(WrongPhase):
        send(applied.round, applied.merchants[0], applied.keys[0])
    key = begin(applied.round, applied.merchants[0], applied.businesses[0], PRODUCTS[0])
    fill(applied.round, applied.merchants[0], key, whole(PRODUCTS[0]))
    assert send(applied.round, applied.merchants[0], key).ref == f"{applied.ref}-A004"
    close_applications(applied)
    with reading(applied.engine) as session:
        views = queries.applications_of(session, applied.id, now=applied.clock())
        assert [view.number for view in views] == [2, 3, 4]
        assert queries.counts_of(session, applied.id, now=applied.clock()) == queries.Counts(
            standing=3, withdrawn=1, waiting=3
        )


def test_another_merchant_does_not_withdraw(applied: AppliedWorld) -> None:
    with pytest.raises(NotFound):
        withdraw(applied, by=1)
    with pytest.raises(NotAllowed):
        write(
            applied,
            lambda s: actions.withdraw(
                s, actor=applied.people.supervisor.now(s), now=applied.clock(), ref=applied.refs[0]
            ),
        )
    assert entries(applied)[-1].entry.kind == "application.submitted"


# ---- unread until the deadline -----------------------------------------------------------------------------------


def test_no_query_tells_anything_before_the_deadline_and_every_one_does_at_it(applied: AppliedWorld) -> None:
    closes = closing(applied)
    before = closes - MICROSECOND
    readers = [VISITOR, *(p.actor for p in applied.people.everybody() if p is not applied.merchants[0])]
    with reading(applied.engine) as session:
        application_id = queries.find_application(session, applied.refs[0]).id
        assert queries.applications_of(session, applied.id, now=before) == []
        assert queries.applications_of(session, applied.id) == []
        assert queries.applications_by_ref(session, applied.refs, now=before) == {}
        assert queries.contents_of(session, applied.id, now=before) == {}
        assert queries.compared_of(session, applied.id, now=before) == {}
        assert queries.counts_of(session, applied.id, now=before) == queries.Counts()
        for reader in readers:
            with pytest.raises(NotFound):
                queries.content_of(session, application_id, actor=reader, now=before)
            with pytest.raises(NotFound):
                queries.application_detail(session, applied.refs[0], actor=reader, now=before)
            with pytest.raises(NotFound):
                queries.document_of(session, applied.refs[0], actor=reader, now=before)
            with pytest.raises(NotFound):
                queries.file_of(session, applied.refs[0], "1" * 64, actor=reader, now=before)
        me = applied.merchants[0].actor
        assert queries.content_of(session, application_id, actor=me, now=before).product.name == PRODUCTS[0]

        assert len(queries.applications_of(session, applied.id, now=closes)) == 3
        assert set(queries.applications_by_ref(session, applied.refs, now=closes)) == set(applied.refs)
        assert len(queries.contents_of(session, applied.id, now=closes)) == 3
        assert set(queries.compared_of(session, applied.id, now=closes)) == set(applied.refs)
        public = queries.application_detail(session, applied.refs[0], actor=VISITOR, now=closes)
        assert public.content.undertakings.signed_by == ""
        assert not public.whole
        organiser = queries.application_detail(
            session, applied.refs[0], actor=applied.people.organiser.actor, now=closes
        )
        assert organiser.content == queries.content_of(session, application_id, now=closes)


def test_private_files_are_for_those_who_check(applied: AppliedWorld) -> None:
    close_applications(applied)
    ref, now = applied.refs[0], applied.clock()
    public, private = "1" * 64, "5" * 64
    people = applied.people
    with reading(applied.engine) as session:
        for reader in (VISITOR, people.members[0].actor, applied.merchants[1].actor, people.second_organiser.actor):
            assert queries.file_of(session, ref, public, actor=reader, now=now).public
            with pytest.raises(NotFound):
                queries.file_of(session, ref, private, actor=reader, now=now)
            with pytest.raises(NotFound):
                queries.document_of(session, ref, actor=reader, now=now)
        for reader in (people.organiser.actor, people.supervisor.actor, applied.merchants[0].actor):
            assert not queries.file_of(session, ref, private, actor=reader, now=now).public
            assert queries.document_of(session, ref, actor=reader, now=now)[0] == 1
        with pytest.raises(NotFound):
            queries.file_of(session, ref, "9" * 64, actor=people.organiser.actor, now=now)


def test_a_withdrawn_application_is_read_by_its_applicant_only(applied: AppliedWorld) -> None:
    withdraw(applied)
    close_applications(applied)
    with reading(applied.engine) as session:
        for reader in (VISITOR, applied.people.organiser.actor, applied.people.supervisor.actor):
            with pytest.raises(NotFound):
                queries.application_detail(session, applied.refs[0], actor=reader, now=applied.clock())
        mine = queries.application_detail(
            session, applied.refs[0], actor=applied.merchants[0].actor, now=applied.clock()
        )
    assert mine.view.withdrawn_at is not None


# ---- verdicts ----------------------------------------------------------------------------------------------------


def give(world: AppliedWorld, actor: Actor, *, number: int = 0, **changed: Any) -> None:
    asked: dict[str, Any] = {
        "ref": world.refs[number],
        "reason_code": Reason.ALL_GATES_PASSED,
        "explanation": "",
        "gates": ["documents", "stock"],
        **changed,
    }
    write(world, lambda s: actions.give_verdict(s, actor=actor, now=world.clock(), **asked))


def test_a_verdict_names_the_application_and_the_hash_of_what_was_checked(applied: AppliedWorld) -> None:
    close_applications(applied)
    verify(applied, 0, Item.LICENCES, items=[Item.LICENCES])
    give(
        applied,
        applied.people.organiser.actor,
        reason_code="documents_invalid",
        explanation=SAID,
        gates=["stock"],
    )
    submitted, entry = entries(applied)[0].entry, entries(applied)[-1].entry
    assert entry.kind == "application.verdict"
    assert entry.application == applied.refs[0]
    assert entry.document == submitted.document
    assert (entry.eligible, entry.reason, entry.replaces) == (False, "documents_invalid", False)
    assert entry.explanation == digest_of(SAID)
    with reading(applied.engine) as session:
        view = queries.applications_of(session, applied.id, now=applied.clock())[0]
    assert view.verdict is not None
    assert view.verdict.gates == {"documents": False, "stock": True}
    assert not view.eligible


def test_a_later_verdict_supersedes_and_both_stay(applied: AppliedWorld) -> None:
    close_applications(applied)
    judge(applied, 0, Reason.DOCUMENTS_INVALID, SAID)
    judge(applied, 0)
    assert entries(applied)[-1].entry.replaces is True
    with reading(applied.engine) as session:
        detail = queries.application_detail(session, applied.refs[0], actor=VISITOR, now=applied.clock())
    assert [verdict.eligible for verdict in detail.verdicts] == [False, True]
    assert [verdict.superseded_at is None for verdict in detail.verdicts] == [False, True]
    assert detail.view.eligible


def test_who_may_give_a_verdict_and_when(applied: AppliedWorld) -> None:
    organiser = applied.people.organiser.actor
    with pytest.raises(WrongPhase):
        give(applied, organiser)
    close_applications(applied)
    others = (
        applied.people.supervisor,
        applied.people.second_organiser,
        applied.merchants[0],
        applied.people.official,
    )
    for person in others:
        with pytest.raises(NotAllowed):
            give(applied, person.actor)
    with pytest.raises(NotAllowed):
        give(applied, VISITOR)
    assert count(applied, Verdict) == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason_code": ""}, "reason_code"),
        ({"reason_code": "no_such_reason"}, "reason_code"),
        ({"reason_code": "readmitted"}, "reason_code"),
        ({"gates": ["stock"]}, "reason_code"),
        ({"reason_code": "documents_invalid", "explanation": SAID}, "gates"),
        ({"reason_code": "documents_invalid", "gates": ["stock"]}, "explanation"),
    ],
)
def test_a_verdict_with_a_fault(applied: AppliedWorld, changed: dict[str, Any], field: str) -> None:
    close_applications(applied)
    with pytest.raises(RuleBroken) as refused:
        give(applied, applied.people.organiser.actor, **changed)
    assert field in {problem.field for problem in refused.value.problems}
    assert count(applied, Verdict) == 0


def test_a_withdrawn_application_gets_no_verdict(applied: AppliedWorld) -> None:
    withdraw(applied)
    close_applications(applied)
    with pytest.raises(WrongPhase):
        give(applied, applied.people.organiser.actor)


def test_the_database_holds_one_verdict_in_force(applied: AppliedWorld) -> None:
    close_applications(applied)
    judge(applied, 0)
    with Session(applied.engine) as session:
        given = session.scalars(select(Verdict)).one()
        session.add(
            Verdict(
                application_id=given.application_id,
                eligible=False,
                reason_code="debarred",
                explanation="",
                gates={},
                given_at=applied.clock(),
                given_by_id=given.given_by_id,
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()


# ---- closing the check -------------------------------------------------------------------------------------------


def close(world: AppliedWorld, actor: Actor) -> None:
    write(world, lambda s: actions.close_checking(s, actor=actor, now=world.clock(), round_ref=world.ref))


def test_closing_lists_everybody_and_tells_them(applied: AppliedWorld) -> None:
    checked_round(applied)
    entry = entries(applied)[-1].entry
    assert entry.kind == "application.checking_closed"
    assert entry.eligible == applied.refs
    assert entry.ineligible == ()
    assert applied.round.course.phase_at(applied.clock()) is Phase.FORMING
    told = [address for template, address in letters(applied) if template == "applications/verdict"]
    assert told == ["merchant1@example.org", "merchant2@example.org", "merchant3@example.org"]
    with pytest.raises(WrongPhase):
        judge(applied, 0, Reason.DOCUMENTS_INVALID, SAID)
    with pytest.raises(WrongPhase):
        close(applied, applied.people.organiser.actor)
    with reading(applied.engine) as session:
        assert len(queries.applications_of(session, applied.id, eligible_only=True)) == 3


def test_closing_is_refused_while_a_verdict_is_missing(applied: AppliedWorld) -> None:
    close_applications(applied)
    judge(applied, 1)
    with pytest.raises(RuleBroken) as refused:
        close(applied, applied.people.organiser.actor)
    assert [problem.params["ref"] for problem in refused.value.problems] == [applied.refs[0], applied.refs[2]]
    assert applied.round.course.checking_closed is None


def test_with_too_few_eligible_ending_the_round_is_the_lawful_way(applied: AppliedWorld) -> None:
    close_applications(applied)
    judge(applied, 0)
    judge(applied, 1)
    judge(applied, 2, Reason.DOCUMENTS_INVALID, SAID)
    with pytest.raises(RuleBroken, match="end the round"):
        close(applied, applied.people.organiser.actor)
    assert entries(applied)[-1].entry.kind == "application.verdict"


def test_who_may_close_and_when(applied: AppliedWorld) -> None:
    with pytest.raises(WrongPhase):
        close(applied, applied.people.organiser.actor)
    close_applications(applied)
    for person in (applied.people.supervisor, applied.people.second_organiser, applied.merchants[0]):
        with pytest.raises(NotAllowed):
            close(applied, person.actor)


# ---- rulings -----------------------------------------------------------------------------------------------------


def replace_verdict(world: AppliedWorld, actor: Actor, **changed: Any) -> None:
    asked: dict[str, Any] = {
        "application": world.refs[0],
        "eligible": False,
        "reason_code": "false_statement",
        "explanation": SAID,
        "objection_ref": f"{world.ref}-O001",
        **changed,
    }
    write(world, lambda s: actions.replace_verdict(s, actor=actor, now=world.clock(), **asked))


def test_a_ruling_replaces_a_verdict_after_checking_closed(applied: AppliedWorld) -> None:
    checked_round(applied)
    replace_verdict(applied, applied.people.supervisor.actor)
    entry = entries(applied)[-1].entry
    assert entry.objection == f"{applied.ref}-O001"
    assert entry.replaces is True
    with reading(applied.engine) as session:
        eligible = queries.applications_of(session, applied.id, eligible_only=True)
    assert [view.ref for view in eligible] == list(applied.refs[1:])
    replace_verdict(applied, applied.people.supervisor.actor, eligible=True, reason_code="readmitted")
    with reading(applied.engine) as session:
        assert len(queries.applications_of(session, applied.id, eligible_only=True)) == 3


def test_only_a_supervisor_of_the_round_rules(applied: AppliedWorld) -> None:
    checked_round(applied)
    for person in (applied.people.organiser, applied.people.second_supervisor, applied.merchants[0]):
        with pytest.raises(NotAllowed):
            replace_verdict(applied, person.actor)
    with pytest.raises(RuleBroken):
        replace_verdict(applied, applied.people.supervisor.actor, eligible=True)
    assert entries(applied)[-1].entry.kind == "application.checking_closed"


def test_no_ruling_before_the_deadline(applied: AppliedWorld) -> None:
    with pytest.raises(WrongPhase):
        replace_verdict(applied, applied.people.supervisor.actor)


# ---- the dashboard -----------------------------------------------------------------------------------------------


def test_drafts_come_first_and_only_ones_own(applied: AppliedWorld) -> None:
    begin(applied.round, applied.merchants[0], applied.businesses[0], "第二产品")
    with reading(applied.engine) as session:
        rows = own.own_rows(session, actor=applied.merchants[0].actor, now=applied.clock())
        assert [row.product_name for row in rows] == ["第二产品", PRODUCTS[0]]
        assert own.own_rows(session, actor=VISITOR, now=applied.clock()) == []
        others = own.own_rows(session, actor=applied.merchants[1].actor, now=applied.clock())
        assert [row.product_name for row in others] == [PRODUCTS[1]]


def test_a_natural_person_is_masked_for_everybody_else(applied: AppliedWorld) -> None:
    close_applications(applied)
    with reading(applied.engine) as session:
        views = queries.applications_of(session, applied.id, now=applied.clock())
    assert views[2].merchant_name == "张**"
    assert Role.MERCHANT in applied.merchants[2].actor.roles
