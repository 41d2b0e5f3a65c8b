"""Worlds in which every kind of row stands that the audit compares, for editing them behind the application's back.

The demonstration has most of them. Here is the rest, each made by the real acts:

    called(engine, clock)     merchants' papers, checks, searches, a debarment; a question; an amendment confirmed
    watched(engine, clock)    a draw with somebody set aside, observers, a meeting, a request for recusal
    differed(engine, clock)   marks agreed on and corrected, interference, a place given up, an objection with a file
    tied(engine, clock)       a tie drawn with a beacon
    renewed(engine, clock)    a published file with new time-stamps; signatories' own certificates
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from procurement.access import VISITOR
from procurement.applications import actions as applications
from procurement.applications import asking, supplementing
from procurement.applications.checklist import Item
from procurement.certificates import Bundle
from procurement.committee import observing, register, requests
from procurement.committee.expertise import LeftOut
from procurement.committee.models import Expert
from procurement.committee.recusing import Request
from procurement.committee.rules import Ground
from procurement.committee.watching import Asking, MeetingKind, ObserverKind
from procurement.db import reading, transaction
from procurement.decisions import actions as decisions
from procurement.decisions import own_keys
from procurement.decisions.models import Decision, DecisionSignature, SignatoryCertificate
from procurement.keys import DevelopmentKeys
from procurement.merchants import actions as merchants
from procurement.merchants import checking, counter, debarring
from procurement.merchants.disclosures import Disclosure, Owner
from procurement.merchants.helping import IdentityDocument, Visit
from procurement.merchants.rules import CertificateFacts, CertificateKind, CheckOutcome, DebarmentGround, SearchSource
from procurement.objections import pausing
from procurement.objections.limits import note_limit, unnoted
from procurement.objections.outside import Outcome
from procurement.objections.rules import Attached, Detail, Remedy
from procurement.papers import actions as papers
from procurement.papers.rules import PaperKind
from procurement.privacy import actions as erasing
from procurement.privacy.rules import Subject
from procurement.publiclog.entries import Ground as Ground47
from procurement.rounds.models import Milestone
from procurement.rounds.phases import Kind
from procurement.scoring import actions as scoring
from procurement.scoring import agreeing, interference
from procurement.scoring.rules import CorrectionGround
from procurement.uploads import Upload
from tests.conftest import MovableClock
from tests.foreign import holder
from tests.scoring.conftest import DIFFERING, Beacon
from tests.worlds.applications import (
    amend_call,
    applied_round,
    begin,
    checked_round,
    close_applications,
    confirm,
    fill,
    whole,
)
from tests.worlds.decisions import approve, deciding_round, drawn_up, published
from tests.worlds.draws import announced_round, begun_round, drawable_round, drawn_round
from tests.worlds.objections import (
    admitted,
    against_result,
    asked,
    correcting,
    decided_outside,
    escalated,
    heard,
    noticed_round,
    objected,
    paused,
    supplemented,
    suspended,
)
from tests.worlds.people import BUSINESSES, OFFICE, Person, people
from tests.worlds.rounds import objective_document, published_round
from tests.worlds.scoring import MARKS, ScoringWorld, opened_round, scored_round, scoring_round

D = Decimal
FILE = Upload("ab" * 32, "application/pdf", 1234, "licence.pdf", pages=1)
REASON = "检测报告与备案样品不符，经核实系伪造，商家当场承认。处罚决定书已经送达。"


def act(engine: Engine, who: Person | None, what: Callable[..., Any], **arguments: Any) -> Any:
    """`who` (None: a visitor) does something, in a transaction of its own."""
    with transaction(engine) as session:
        return what(session, actor=VISITOR if who is None else who.now(session), **arguments)


def called(engine: Engine, clock: MovableClock) -> None:
    everybody = people(engine, clock())
    today, ref, now = date(2026, 3, 2), everybody.businesses[0], clock()
    merchant, organiser, supervisor = everybody.merchants[0], everybody.organiser, everybody.supervisor
    facts = CertificateFacts(
        CertificateKind.FOOD_PRODUCTION, "SC10143010200001", "县市场监管局", "茶叶", today, today + timedelta(days=60)
    )
    own = {"now": now, "today": today, "ref": ref}
    paper = act(engine, merchant, merchants.add_certificate, **own, facts=facts, file=FILE)
    gone = act(engine, merchant, merchants.add_certificate, **own, facts=replace(facts, number="SC2"), file=FILE)
    act(engine, merchant, merchants.remove_certificate, now=now, ref=ref, certificate_id=gone)
    owned = Disclosure((Owner("王青", D(60)),), (), True, (), True, "", True)
    act(engine, merchant, merchants.disclose, **own, disclosure=owned)
    act(engine, organiser, checking.check_certificate, now=now, ref=ref, certificate_id=paper,
        outcome=CheckOutcome.IN_ORDER, how="国家市场监督管理总局网站")  # fmt: skip
    act(engine, organiser, checking.record_search, **own, source=SearchSource.CREDIT_CHINA, searched_on=today,
        found=True, result="一条行政处罚。", picture=FILE)  # fmt: skip
    barred = act(engine, supervisor, debarring.debar, now=now, today=today, merchant=everybody.businesses[2],
        ground=DebarmentGround.FALSE_MATERIAL, reason=REASON, remedy="六十日内可向县人民政府申请复议。",
        starts=today + timedelta(days=300), ends=today + timedelta(days=400), evidence=FILE)  # fmt: skip
    act(engine, supervisor, debarring.note_appeal, now=now, ref=barred, state="已于三月十二日申请行政复议。")
    act(engine, supervisor, debarring.lift, now=now, today=today + timedelta(days=1), ref=barred,
        reason="复议机关撤销了认定。")  # fmt: skip
    farmer = replace(BUSINESSES[2], name="赵小禾", phone="13512345678")
    visit = Visit("青石镇便民服务中心窗口", IdentityDocument.RESIDENT_CARD, True, FILE)
    visited = act(engine, organiser, counter.register_at_counter, now=now, today=today, particulars=farmer,
        visit=visit)  # fmt: skip
    act(engine, organiser, counter.issue_code, now=now, ref=visited)
    code = act(engine, organiser, counter.issue_code, now=now, ref=visited)
    act(engine, merchant, counter.take_over, now=now, code=f"{code[:5]}22222")
    act(engine, merchant, counter.take_over, now=now, code=code)
    act(engine, organiser, counter.help_with_paper, now=now, ref=visited, capacity="青石镇窗口", authority=FILE)
    world = applied_round(published_round(everybody, clock))
    key = begin(world.round, organiser, visited, "窗口甜橙")
    fill(world.round, organiser, key, whole("窗口甜橙"))
    act(engine, organiser, applications.submit, now=clock(), key=key, signed=FILE)
    act(engine, None, asking.ask, now=clock(), round_ref=world.ref, text="May two businesses apply together?")
    act(
        engine,
        organiser,
        asking.answer,
        now=clock(),
        round_ref=world.ref,
        number=1,
        text="No: as they registered.",
    )
    amend_call(world)
    confirm(world, 0)
    close_applications(world)
    act(
        engine,
        organiser,
        supplementing.request,
        now=clock(),
        ref=world.refs[0],
        items=[Item.LICENCES],
        text="Send the licence whole: its second page is missing.",
    )
    key = world.keys[0]
    act(
        engine,
        world.merchants[0],
        supplementing.answer,
        now=clock(),
        key=key,
        number=1,
        text="The second page is sent by post as well.",
    )


def watched(engine: Engine, clock: MovableClock) -> None:
    world = drawable_round(people(engine, clock()), clock)
    organiser, supervisor, ref = world.people.organiser, world.people.supervisor, world.ref
    with reading(engine) as session:
        expert = register_refs(session)[-1]
    act(engine, organiser, register.set_aside, now=clock(), ref=ref, expert_ref=expert, reason=LeftOut.RELATION,
        detail="Employed by an applicant until last year.")  # fmt: skip
    for n in (1, 2):
        asked = Asking(ObserverKind.CITIZEN, f"Watcher {n}", f"w{n}@example.org", pledge=True)
        act(engine, None, observing.ask, now=clock(), ref=ref, asking=asked, token=f"token {n}", language="en")
    act(engine, None, observing.withdraw, now=clock(), token="token 2")
    world = drawn_round(announced_round(world))
    meeting = act(engine, organiser, observing.call_meeting, now=clock(), ref=ref, kind=MeetingKind.TASTING,
        starts_at=clock() + timedelta(hours=5), place="Room 3")  # fmt: skip
    clock.move_to(meeting.starts_at)
    act(engine, supervisor, observing.attend, now=clock(), ref=ref, number=1, remark="Two samples were unlabelled.")
    act(engine, organiser, observing.record_meeting, now=clock(), ref=ref, number=1, members=["M1"], observers=["O1"])
    asked_for = Request(
        "M1", world.refs[0], Ground.FAMILY, "The member's sister works for the applicant.", "Li", "li@example.org"
    )
    act(engine, None, requests.request_recusal, now=clock(), ref=ref, request=asked_for, token="asked", language="en")
    act(engine, None, requests.withdraw_request, now=clock(), token="asked")
    act(engine, world.people.administrator, erasing.erase, now=clock(), zone=OFFICE, subject=Subject.RECUSAL,
        name=f"{ref}-RC01", ground=Ground47.CONSENT_WITHDRAWN, reason="Asked in writing.")  # fmt: skip
    begun_round(world)


def register_refs(session: Session) -> list[str]:
    """The references of the experts in the register."""
    return list(session.scalars(select(Expert.ref).order_by(Expert.id)))


def differed(engine: Engine, clock: MovableClock) -> None:
    applied = applied_round(published_round(people(engine, clock()), clock, objective_document()))
    world = opened_round(scored_round(scoring_round(checked_round(applied), ("M5", 0)), DIFFERING))
    act(engine, world.member("M2"), interference.report_interference, now=clock(), ref=world.ref, nonce=bytes(32),
        text="The deputy head of the office asked me to mark the first product up.")  # fmt: skip
    act(engine, world.supervisor, interference.answer_interference, now=clock(), ref=world.ref, number=1,
        nonce=bytes(range(32)), text="Thank you. I take this to the authority.")  # fmt: skip
    act(engine, world.member("M2"), agreeing.propose_agreement, now=clock(), application_ref=world.refs[0],
        criterion="service", value=D(7), reason="The service line answers within two days.")  # fmt: skip
    for code in ("M3", "M4", "M1"):
        act(engine, world.member(code), agreeing.answer_agreement, now=clock(), application_ref=world.refs[0],
            number=1, agrees=True, reason="")  # fmt: skip
    act(engine, world.member("M1"), scoring.correct_mark, now=clock(), ref=world.ref, application_ref=world.refs[2],
        member_code="M1", criterion="service", value=D("9"), ground=CorrectionGround.ARITHMETIC,
        reason="Two figures were swapped.", calculation="4 + 5")  # fmt: skip
    act(
        engine,
        world.applied.merchants[1],
        decisions.give_up,
        now=clock(),
        application_ref=world.refs[1],
        reason="We cannot deliver as many as we offered.",
    )
    clock.advance(days=19)
    noticed_round(world)
    with transaction(engine) as session:
        opened = select(Milestone.id).where(Milestone.kind == Kind.SCORES_OPENED)
        papers.record_paper(
            session,
            now=clock(),
            milestone_id=session.scalars(opened).one(),
            kind=PaperKind.OPENING,
            about="",
            number=1,
            text="{}",
            en=("ab" * 32, 9),
            zh=("cd" * 32, 9),
        )
    file = Attached("x.pdf", "ab" * 32, "application/pdf", 9)
    objected(world, replace(correcting(world, 0, "M1", "quality", "5"), files=(file,)))


def contested(engine: Engine, clock: MovableClock) -> None:
    """An objection that is heard, stands still, is taken outside and keeps the award frozen for its longest time."""
    checked = checked_round(applied_round(published_round(people(engine, clock()), clock)))
    world = noticed_round(opened_round(scored_round(scoring_round(checked))))
    first = heard(world, admitted(world, objected(world, against_result(Remedy.EXCLUDE, Detail(world.refs[0])))))
    resumed_ref = paused(world, first)
    act(engine, world.supervisor, pausing.end_pause, now=clock(), ref=resumed_ref)
    who = world.applied.merchants[2]
    filed = admitted(world, objected(world, correcting(world, 1, "M1", "quality", "5"), by=who))
    second = supplemented(world, asked(world, filed), by=who)
    clock.advance(days=60)
    with transaction(engine) as session:
        for ref in unnoted(session, now=clock()):
            note_limit(session, now=clock(), ref=ref)
    escalated(world, second)
    suspended(world, second, world.supervisor)
    decided_outside(world, second, world.supervisor, Outcome.DISMISSED)


def tied(engine: Engine, clock: MovableClock) -> None:
    equal = {code: [("8", "7"), ("8", "7"), ("9", "4")] for code in MARKS}
    checked = checked_round(applied_round(published_round(people(engine, clock()), clock)))
    world: ScoringWorld = opened_round(scored_round(scoring_round(checked), equal))
    beacon = Beacon(clock() - timedelta(days=1))
    own = {"ref": world.ref, "chain": beacon.chain}
    draw = act(engine, world.organiser, scoring.announce_tie_draw, now=clock(), **own)
    clock.move_to(draw.published_at)
    act(engine, world.organiser, scoring.draw_tie, now=clock(), **own, signature=beacon.sign(draw.beacon_round))


def renewed(engine: Engine, clock: MovableClock) -> None:
    """A decision that organiser and supervisor signed, whose published file got a new time-stamp; certificates."""
    checked = checked_round(applied_round(published_round(people(engine, clock()), clock)))
    world = deciding_round(noticed_round(opened_round(scored_round(scoring_round(checked)))))
    ref = drawn_up(world)
    with transaction(engine) as session:
        decision = session.scalars(select(Decision.id)).one()
        decisions.record_sealed(session, now=clock(), decision_id=decision, base=("a" * 64, 1), file=("0" * 64, 2),
            certificate="c" * 64)  # fmt: skip
    clock.advance(days=30)
    for number, who in enumerate((world.organiser, world.supervisor)):
        approve(world, ref, who)
        with transaction(engine) as session:
            own = session.scalars(select(DecisionSignature.id).where(DecisionSignature.user_id == who.id)).one()
            decisions.record_signed(session, now=clock(), signature_id=own, before=f"{number}" * 64,
                file=(f"{number + 1}" * 64, number + 3), certificate="d" * 64)  # fmt: skip
    published(world)
    for number in (2, 3):
        with transaction(engine) as session:
            decisions.record_renewed(session, now=clock(), decision_id=decision, before=f"{number}" * 64,
                file=(f"{number + 1}" * 64, number + 3))  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        keys, chair = DevelopmentKeys(Path(folder), office="Office"), world.member("M1")
        for _ in range(3):
            own_key = holder(keys, chair.name)
            brought = Bundle(own_key.certificate, own_key.chain)
            act(engine, chair, own_keys.register, now=clock(), bundle=brought)
            with reading(engine) as session:
                newest = max(session.scalars(select(SignatoryCertificate.id)))
            act(engine, world.supervisor, own_keys.confirm, now=clock(), certificate=newest)
        act(engine, chair, own_keys.end, now=clock(), certificate=newest)


WORLDS = (called, watched, differed, contested, tied, renewed)
