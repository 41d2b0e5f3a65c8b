"""A person's data is erased: nothing of it is left, every proof holds, and everybody reads that it was done."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from procurement import storage, uploads, worker
from procurement.access import Role
from procurement.accounts import actions as accounts
from procurement.accounts.models import User
from procurement.committee import observing, requests
from procurement.committee.entries import ObserverAsked
from procurement.committee.models import Expert, Observer
from procurement.committee.recusing import Request
from procurement.committee.rules import Ground as RecusalGround
from procurement.committee.watching import Asking, ObserverKind
from procurement.db import Base, reading, transaction
from procurement.errors import NotAllowed, NotFound, Refused, RuleBroken, WrongPhase
from procurement.evidence.checking import verify_file
from procurement.jobs import load_handlers
from procurement.mail import Mail, letter_by_key, outbox, queue_mail
from procurement.masking import ERASED
from procurement.merchants import actions as merchants
from procurement.merchants.models import Merchant
from procurement.objections.models import Objection
from procurement.papers.subscribing import subscribe
from procurement.portal import search
from procurement.privacy import actions
from procurement.privacy.actions import Plan
from procurement.privacy.models import Erasure
from procurement.privacy.rules import Subject
from procurement.publiclog import audit, queries
from procurement.publiclog.entries import DataErased, Ground
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.models import LogDisclosure, LogErased
from procurement.publiclog.writing import append
from tests.conftest import MovableClock
from tests.decisions.conftest import installation
from tests.evidence.conftest import gathered
from tests.merchants.test_actions import LICENCE
from tests.privacy.conftest import Settled
from tests.visiting import Visitor
from tests.worlds.applications import begin, fill, whole
from tests.worlds.draws import announced_round, drawable_round, drawn_round
from tests.worlds.people import BUSINESSES, OFFICE, Person, people
from tests.worlds.rounds import published_round
from tests.worlds.tampering import act

REASON = "Asked in writing on 2 March; identity card seen at the counter."
FARMER = ("13712345678", "云岭村三组17号")
OBJECTOR = ("Li Xiaoming", "li@example.org", "L***")


def erase(
    engine: Engine, clock: MovableClock, subject: Subject, name: str, *, by: Person | None = None, **changes: Any
) -> Plan:
    with transaction(engine) as session:
        given = {"ground": Ground.CONSENT_WITHDRAWN, "reason": REASON} | changes
        actor = None if by is None else by.now(session)
        return actions.erase(session, actor=actor, now=clock(), zone=OFFICE, subject=subject, name=name, **given)


def refused(engine: Engine, clock: MovableClock, subject: Subject, name: str, **changes: Any) -> Refused:
    """The refusal; nothing was changed."""
    before = everything(engine)
    with pytest.raises(Refused) as told:
        erase(engine, clock, subject, name, **changes)
    assert everything(engine) == before
    return told.value


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    with reading(engine) as session:
        found = {}
        for table in Base.metadata.sorted_tables:
            rows = session.execute(text(f"SELECT * FROM {table.name}"))  # noqa: S608
            found[table.name] = sorted(" | ".join(map(as_text, row)) for row in rows)
        return found


def as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


def places(engine: Engine, *strings: str) -> list[tuple[str, str]]:
    """(table, string) of everything that is left of `strings` anywhere in the database, the search made anew."""
    with transaction(engine) as session:
        search.catch_up(session)
    kept = everything(engine)
    return [(table, word) for table, rows in kept.items() for word in strings if any(word in row for row in rows)]


def findings(engine: Engine) -> list[str]:
    audit.load_steps()
    with reading(engine) as session:
        return [str(found) for found in audit.audit(session, None).findings if "no key" not in str(found)]


def holds(world: Settled, folder: Path) -> None:
    """The round's evidence, made now, holds: `sunlit verify` exits with 0."""
    content = gathered(world.scored, folder, storage.store(installation(world.scored)))
    report = verify_file(content, None, now=world.scored.clock())
    assert [fact for fact in report.facts if fact.outcome.value == "does not hold"] == []
    assert report.fine


def last_entry(engine: Engine) -> DataErased:
    with reading(engine) as session:
        entry = queries.entries(session, limit=1)[0].envelope.entry
        assert isinstance(entry, DataErased)
        return entry


# --- nothing is left ----------------------------------------------------------------------------------------------


def test_an_objector(settled: Settled, tmp_path: Path) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    before = gathered(settled.scored, tmp_path, storage.store(installation(settled.scored)))
    with transaction(engine) as session:
        subscribe(session, now=clock(), address=OBJECTOR[1], what=settled.scored.ref, language="en")
    told = {table for table, _ in places(engine, *OBJECTOR[:2])}
    assert told >= {"objection", "mail", "log_disclosure", "subscription"}
    done = erase(engine, clock, Subject.OBJECTION, settled.objection)
    assert places(engine, *OBJECTOR[:2]) == []
    assert {table for table, _ in places(engine, OBJECTOR[2])} <= {"objection_step", "paper", "decision"}, (
        "masked, in what was published"
    )
    assert len(done.disclosures) == 2
    assert findings(engine) == []
    holds(settled, tmp_path)
    assert verify_file(before, None, now=clock()).fine, "a file from before holds too"
    with reading(engine) as session:
        row = session.scalars(select(Objection)).one()
        assert (row.filer_name, row.public_name, row.contact) == (ERASED, ERASED, ERASED)
        assert row.argument


def test_what_is_logged(settled: Settled) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    administrator = settled.scored.applied.round.people.administrator
    erase(engine, clock, Subject.OBJECTION, settled.objection, by=administrator)
    entry = last_entry(engine)
    assert (entry.subject, entry.ground, entry.reason) == ("objection", "pipl-47-3", digest_of(REASON))
    assert (entry.parts, entry.kept, entry.disclosures) == (("contact", "letters", "name"), (), 2)
    with reading(engine) as session:
        logged = queries.entries(session, limit=1)[0]
        assert logged.envelope.by.role == Role.ADMINISTRATOR
        assert settled.objection.encode() not in logged.body, "never whose"
        row = session.scalars(select(Erasure)).one()
        assert (row.person, row.by_id) == (f"objection:{settled.objection}", administrator.id)
        assert {noted.erasure for noted in session.scalars(select(LogErased))} == {entry.digests}


def test_a_farmer_who_took_part_keeps_the_name_for_fifteen_years(settled: Settled, tmp_path: Path) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    ref = settled.scored.applied.businesses[2]
    assert places(engine, *FARMER) != []
    first = erase(engine, clock, Subject.MERCHANT, ref)
    assert [line.part.code for line in first.kept] == ["name"]
    assert places(engine, *FARMER) == []
    assert findings(engine) == []
    holds(settled, tmp_path)
    with reading(engine) as session:
        assert session.scalars(select(Merchant.name).where(Merchant.ref == ref)).one() == "张三丰"
    clock.advance(days=15 * 365)
    assert "already" in str(refused(engine, clock, Subject.MERCHANT, ref))
    clock.advance(days=10)
    second = erase(engine, clock, Subject.MERCHANT, ref)
    assert second.kept == []
    assert {table for table, _ in places(engine, "张三丰")} <= {"log_disclosure"}, (
        "what is left is said of the account of somebody else"
    )
    assert findings(engine) == []


def test_a_company_is_no_person(settled: Settled) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    ref, company = settled.scored.applied.businesses[0], BUSINESSES[0]
    done = erase(engine, clock, Subject.MERCHANT, ref)
    assert {line.part.code for line in done.kept} == {"place", "name"}
    assert places(engine, company.contact, company.phone) == []
    assert places(engine, company.name) != []
    assert findings(engine) == []


def test_who_acts_for_a_business(settled: Settled, tmp_path: Path) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    who = settled.scored.applied.merchants[1]
    with transaction(engine) as session:  # a letter to somebody else that names them
        queue_mail(session, to="other@example.org", language="en", template="accounts/second-factor-removed",
                   context={"name": who.name, "when": clock().isoformat(), "path": "/"}, now=clock())  # fmt: skip
    erase(engine, clock, Subject.ACCOUNT, who.email)
    assert places(engine, who.email, who.name) == []
    assert findings(engine) == []
    holds(settled, tmp_path)
    with reading(engine) as session:
        user = session.get_one(User, who.id)
        assert (user.name, user.disabled_at) == (ERASED, clock())
        assert ERASED in outbox(session, installation(settled.scored), limit=1)[0].body


def test_a_member_stays_in_the_file_by_name_alone(settled: Settled, tmp_path: Path) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    member = settled.scored.member("M1")
    done = erase(engine, clock, Subject.ACCOUNT, member.email)
    assert [(line.part.code, line.stays is not None) for line in done.kept] == [("name", True)]
    assert places(engine, member.email) == []
    assert places(engine, member.name) != []
    assert findings(engine) == []
    holds(settled, tmp_path)
    clock.advance(days=15 * 365 + 5)
    erase(engine, clock, Subject.ACCOUNT, account(engine, member.id))
    assert {table for table, _ in places(engine, member.name)} <= {"decision", "decision_signature", "paper"}
    assert findings(engine) == []


def account(engine: Engine, user_id: int) -> str:
    with reading(engine) as session:
        return session.get_one(User, user_id).ref


def test_a_farmer_who_never_applied_and_somebody_invited(engine: Engine, clock: MovableClock) -> None:
    world = people(engine, clock())
    act(engine, world.administrator, accounts.invite, now=clock(), email="wu@example.org", name="Wu Nova",
        employer="Attic", roles=[Role.MEMBER], language="en")  # fmt: skip
    erase(engine, clock, Subject.MERCHANT, world.businesses[2])
    assert places(engine, *FARMER, "张三丰") == []
    erase(engine, clock, Subject.INVITATION, "Wu@example.org")
    assert places(engine, "wu@example.org", "Wu Nova", "Attic") == []
    assert findings(engine) == []
    with reading(engine) as session:
        assert [row.person for row in session.scalars(select(Erasure))] == [f"merchant:{world.businesses[2]}", ""]
    assert isinstance(refused(engine, clock, Subject.INVITATION, "wu@example.org"), NotFound)


def test_an_observer_and_who_asked_for_a_recusal(settled: Settled) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    found = settled.scored
    with transaction(engine) as session:  # in a round that is over nobody can ask any more: as if they had before
        watcher = Observer(
            round_id=found.id, code="O1", kind="press", name="Nell Watch", contact="nell@example.org", outlet="Daily",
            listed=True, language="en", token_sha256="ab" * 32, asked_at=clock(),
        )  # fmt: skip
        session.add(watcher)
        whose = f"observer:{found.ref}:O1"
        said = {"name": watcher.name, "contact": watcher.contact, "outlet": watcher.outlet}
        entry = ObserverAsked(
            observer="O1", kind_of="press", listed=True, **{k: Salted(v, whose=whose) for k, v in said.items()}
        )
        append(session, entry, now=clock(), actor=None, role=Role.VISITOR, round_ref=found.ref)
    erase(engine, clock, Subject.OBSERVER, f"{found.ref}:O1")
    assert places(engine, *said.values()) == []
    assert findings(engine) == []


# --- what everybody reads -----------------------------------------------------------------------------------------


def test_pages_and_letters_say_that_it_was_erased_and_why(settled: Settled, client: FlaskClient) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    with reading(engine) as session:
        index = session.scalars(select(LogDisclosure.idx).where(LogDisclosure.field == "contact")).first()
        key = session.scalars(select(Mail.key).where(Mail.address == OBJECTOR[1]).order_by(Mail.id)).first()
    assert index is not None
    assert key is not None
    assert "erased" not in client.get(f"/en/log/{index}").text
    erase(engine, clock, Subject.OBJECTION, settled.objection)
    said = client.get(f"/en/log/{index}").text
    assert said.count("personal data, erased on") == 2
    assert "the person withdrew consent (PIPL art. 47 no. 3)" in said
    assert "个人撤回同意" in client.get(f"/zh/log/{index}").text
    assert ERASED in client.get(f"/en/objections/{settled.objection}").text
    letter = client.get(f"/en/letters/{key}")
    assert letter.status_code == 200
    assert "was erased on" in letter.text
    with reading(engine) as session:
        kept = letter_by_key(session, installation(settled.scored), key)
        assert kept is not None
        assert kept.letter.subject == "A letter that was erased"


def test_whose_account_is_erased_does_not_sign_in(settled: Settled) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    who = settled.scored.applied.merchants[0]
    erase(engine, clock, Subject.ACCOUNT, who.email)
    with reading(engine) as session:
        assert session.get_one(User, who.id).password_hash == ERASED
    assert isinstance(refused(engine, clock, Subject.ACCOUNT, who.email), NotFound)
    with reading(engine) as session:
        ref = session.get_one(User, who.id).ref
    assert isinstance(refused(engine, clock, Subject.ACCOUNT, ref), RuleBroken)


# --- ways out -----------------------------------------------------------------------------------------------------


def test_what_is_not_over_comes_first(contested: Settled) -> None:
    engine, clock = contested.scored.engine, contested.scored.clock
    world = contested.scored

    def told(subject: Subject, name: str) -> list[str]:
        problem = refused(engine, clock, subject, name)
        assert isinstance(problem, WrongPhase)
        return [str(one) for one in problem.problems]

    assert told(Subject.OBJECTION, contested.objection) == [f"Objection {contested.objection} is open."]
    mine = world.applied.businesses[2]
    under_way = f"Application {world.refs[2]} is under way: its round is not over."
    assert told(Subject.MERCHANT, mine) == [under_way]
    assert told(Subject.ACCOUNT, world.applied.merchants[2].email) == [under_way]
    seat = f"They hold a seat in round {world.ref}, which is not over."
    assert told(Subject.ACCOUNT, world.member("M1").email) == [seat]
    assert told(Subject.ACCOUNT, world.organiser.email) == [seat]
    administrator = world.applied.round.people.administrator
    assert told(Subject.ACCOUNT, administrator.email) == ["This is the only administrator: make another one first."]


def test_experts_observers_and_requests_that_are_not_over(engine: Engine, clock: MovableClock) -> None:
    world = drawable_round(people(engine, clock()), clock)
    ref = world.ref
    with reading(engine) as session:
        entered, expert = session.execute(select(Expert.ref, User.ref).join(User)).all()[-1]
    asked = Asking(ObserverKind.CITIZEN, "Nell Watch", "nell@example.org", pledge=True)
    act(engine, None, observing.ask, now=clock(), ref=ref, asking=asked, token="watch", language="en")
    recusal = Request(
        "M1", None, RecusalGround.FAMILY, "The member's sister works for them.", "Mo Ask", "mo@example.org"
    )
    drawn_round(announced_round(world))
    act(engine, None, requests.request_recusal, now=clock(), ref=ref, request=recusal, token="asked", language="en")
    waiting = {
        (Subject.OBSERVER, f"{ref}:O1"): f"They watch round {ref}, which is not over.",
        (Subject.RECUSAL, f"{ref}-RC01"): f"The request for recusal {ref}-RC01 is not decided.",
    }
    for (subject, name), message in waiting.items():
        assert [str(one) for one in refused(engine, clock, subject, name).problems] == [message]
    said = [str(one) for one in refused(engine, clock, Subject.ACCOUNT, expert).problems]
    assert f"They are in the register of experts ({entered}): end that entry first." in said
    act(engine, None, observing.withdraw, now=clock(), token="watch")
    act(engine, None, requests.withdraw_request, now=clock(), token="asked")
    for subject, name in waiting:
        erase(engine, clock, subject, name)
    assert places(engine, "Nell Watch", "nell@example.org", "Mo Ask", "mo@example.org") == []
    assert findings(engine) == []


def test_only_an_administrator_with_a_reason_about_somebody_known(settled: Settled) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    name = settled.objection
    assert isinstance(refused(engine, clock, Subject.OBJECTION, name, by=settled.scored.organiser), NotAllowed)
    assert isinstance(refused(engine, clock, Subject.OBJECTION, name, reason="  "), RuleBroken)
    for subject in Subject:
        assert isinstance(refused(engine, clock, subject, "nobody"), NotFound)
    erase(engine, clock, Subject.OBJECTION, name)
    assert isinstance(refused(engine, clock, Subject.OBJECTION, name), RuleBroken)


def test_a_dry_run_tells_the_same_and_changes_nothing(settled: Settled) -> None:
    engine, clock = settled.scored.engine, settled.scored.clock
    before = everything(engine)
    asked = {"actor": None, "now": clock(), "zone": OFFICE, "subject": Subject.OBJECTION, "name": settled.objection}
    with reading(engine) as session:
        planned = actions.plan(session, **asked)
    assert everything(engine) == before
    done = erase(engine, clock, Subject.OBJECTION, settled.objection)
    assert [(line.part, line.rows, line.digests) for line in planned.lines] == [
        (line.part, line.rows, line.digests) for line in done.lines
    ]


def test_files_that_nobody_else_needs_leave_the_store(engine: Engine, clock: MovableClock, app: Flask) -> None:
    """A farmer's certificate goes; one that a company keeps too stays, and all stays until the erasure is certain."""
    config = app.extensions["sunlit"].config
    world, kept = people(engine, clock()), storage.store(config)
    farmer, company = world.merchants[2], world.merchants[0]
    own, shared = (uploads.Upload(kept.put(data), "application/pdf", 3, "x.pdf") for data in (b"own", b"shared"))
    for person, ref, file in ((farmer, 2, own), (farmer, 2, shared), (company, 0, shared)):
        act(engine, person, merchants.add_certificate, now=clock(), today=clock().date(), ref=world.businesses[ref],
            facts=LICENCE, file=file)  # fmt: skip
    with Session(engine) as session:
        actions.erase(session, actor=None, now=clock(), zone=OFFICE, subject=Subject.MERCHANT,
            name=world.businesses[2], ground=Ground.CONSENT_WITHDRAWN, reason=REASON)  # fmt: skip
        session.rollback()
    load_handlers()
    worker.run_pending(engine, config, clock)
    assert own.digest in kept
    done = erase(engine, clock, Subject.MERCHANT, world.businesses[2])
    assert done.files == (own.digest,)
    assert last_entry(engine).files == 1
    worker.run_pending(engine, config, clock)
    assert own.digest not in kept
    assert shared.digest in kept
    assert findings(engine) == []
    reader = Visitor(world.organiser.enter(app.test_client(), clock()))
    assert "此文件已删除" in reader.get(f"/merchant/{world.businesses[2]}/certificates/1", status=404).text
    assert reader.get(f"/merchant/{world.businesses[0]}/certificates/3").data == b"shared"


def test_an_application_that_was_never_submitted_goes_whole(engine: Engine, clock: MovableClock) -> None:
    world = published_round(people(engine, clock()), clock)
    farmer, business = world.people.merchants[2], world.people.businesses[2]
    fill(world, farmer, begin(world, farmer, business, "石磨小米"), whole("石磨小米"))
    assert {table for table, _ in places(engine, "石磨小米")} == {"application_draft"}
    erase(engine, clock, Subject.MERCHANT, business)
    left = everything(engine)
    assert (left["application_draft"], left["application_file"]) == ([], [])
    assert findings(engine) == []
