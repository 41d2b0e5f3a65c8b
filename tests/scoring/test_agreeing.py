"""One mark for all where members should not differ, and what the stated test of abnormal marks allows."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from procurement.db import reading
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.evidence.bundle import unpack
from procurement.mail import Mail
from procurement.objections import actions as objections
from procurement.scoring import actions, agreeing, differences, queries
from procurement.scoring.entries import AgreementAnswered, AgreementProposed, MarkCorrected, Tallied
from procurement.scoring.models import Agreement, AgreementAnswer
from procurement.scoring.rules import CorrectionGround
from tests.evidence.conftest import failing, gathered, retold
from tests.scoring.test_actions import act, findings, refusal, said
from tests.visiting import Visitor, text_of
from tests.worlds.people import Person
from tests.worlds.scoring import ScoringWorld

D = Decimal
WHY = "The service line answers within two days, by its own notice."


def propose(world: ScoringWorld, by: str = "M2", **changed: Any) -> Any:
    given: dict[str, Any] = {
        "application_ref": world.refs[0],
        "criterion": "service",
        "value": D(7),
        "reason": WHY,
    }
    return act(world, world.member(by), agreeing.propose_agreement, **(given | changed))


def answer(world: ScoringWorld, by: str, agrees: bool = True, reason: str = "", number: int = 1) -> Any:
    return act(
        world,
        world.member(by),
        agreeing.answer_agreement,
        application_ref=world.refs[0],
        number=number,
        agrees=agrees,
        reason=reason,
    )


def open_ones(world: ScoringWorld) -> list[differences.Difference]:
    with reading(world.engine) as session:
        return differences.differences_of(session, world.id)


def test_the_marks_on_which_members_differ_are_found(differing: ScoringWorld) -> None:
    (found,) = open_ones(differing)
    assert (found.application, found.criterion.code) == (differing.refs[0], "service")
    assert found.marks == {"M1": 6, "M2": 7, "M3": 7, "M4": 7}  # M5 is recused
    assert found.waiting == ("M1", "M2", "M3", "M4")


def test_all_agree_and_only_that_mark_changes(differing: ScoringWorld) -> None:
    before = differing.tally().result.placed(differing.refs[0]).total
    propose(differing)
    assert open_ones(differing)[0].waiting == ("M1", "M3", "M4")
    for code in ("M3", "M4"):
        answer(differing, code)
    assert differing.tally().number == 1  # nothing changes before the last has agreed
    answer(differing, "M1")
    assert open_ones(differing) == []
    proposed, *_, last_answer, corrected, tallied = said(differing)[-7:]
    assert isinstance(proposed, AgreementProposed)
    assert isinstance(last_answer, AgreementAnswered)
    assert isinstance(corrected, MarkCorrected)
    assert (corrected.member, corrected.before, corrected.after) == ("M1", D(6), D(7))
    assert (corrected.ground, corrected.agreement) == ("objective_disagreement", 1)
    assert isinstance(tallied, Tallied)
    view = differing.tally()
    assert view.number == 2
    after = view.result.placed(differing.refs[0]).total
    assert before is not None
    assert after is not None
    assert after - before == 1  # 40 × (28 - 27) ÷ 4 ÷ 10
    with reading(differing.engine) as session:
        (made,) = differences.agreements_of(session, differing.id)
    assert (made.agreed, [a.member for a in made.answers]) == (True, ["M1", "M2", "M3", "M4"])
    assert findings(differing) == []


def test_one_who_declines_ends_the_proposal_and_another_may_follow(differing: ScoringWorld) -> None:
    propose(differing)
    answer(differing, "M3")
    declined = answer(differing, "M1", agrees=False, reason="The notice is of last year.")
    assert declined.agreed is False
    (found,) = open_ones(differing)
    assert (found.declined, found.proposal, found.waiting) == (True, None, ())
    assert differing.tally().number == 1
    assert isinstance(
        refusal(differing, differing.member("M4"), agreeing.answer_agreement, **late(differing)), RuleBroken
    )
    propose(differing, "M1", value=D(6), reason="The notice of this year says so.")
    for code in ("M2", "M3", "M4"):
        answer(differing, code, number=2)
    corrected = [entry for entry in said(differing) if isinstance(entry, MarkCorrected)]
    assert [(e.member, e.before, e.after, e.agreement) for e in corrected] == [
        (code, D(7), D(6), 2) for code in ("M2", "M3", "M4")
    ]
    assert findings(differing) == []


def late(world: ScoringWorld) -> dict[str, Any]:
    return {"application_ref": world.refs[0], "number": 1, "agrees": True}


@pytest.mark.parametrize(
    ("by", "changed", "error"),
    [
        ("M2", {"value": D("7.3")}, RuleBroken),
        ("M2", {"value": D(11)}, RuleBroken),
        ("M2", {"reason": " "}, RuleBroken),
        ("M2", {"criterion": "quality"}, RuleBroken),  # judged: members may differ
        ("M2", {"criterion": "taste"}, RuleBroken),
        ("M2", {"application_ref": 1}, RuleBroken),  # all gave the same
        ("M2", {"application_ref": "R1999-001-A001"}, NotFound),
        ("M5", {}, NotAllowed),  # recused from it
    ],
)
def test_what_cannot_be_proposed(differing: ScoringWorld, by: str, changed: dict[str, Any], error: type) -> None:
    if changed.get("application_ref") == 1:
        changed = {"application_ref": differing.refs[1]}
    given = {"application_ref": differing.refs[0], "criterion": "service", "value": D(7), "reason": WHY} | changed
    refused = refusal(differing, differing.member(by), agreeing.propose_agreement, **given)
    assert type(refused) is error


def test_who_may_propose_and_answer_and_only_once(differing: ScoringWorld) -> None:
    given = {"application_ref": differing.refs[0], "criterion": "service", "value": D(7), "reason": WHY}
    for person in (differing.organiser, differing.supervisor, differing.applied.people.merchants[0]):
        assert isinstance(refusal(differing, person, agreeing.propose_agreement, **given), NotAllowed)
    propose(differing)
    member = differing.member
    assert isinstance(refusal(differing, member("M3"), agreeing.propose_agreement, **given), RuleBroken)
    for code, changed, error in (
        ("M2", {}, RuleBroken),  # agreed by proposing
        ("M5", {}, NotAllowed),
        ("M3", {"number": 2}, NotFound),
        ("M3", {"agrees": False}, RuleBroken),  # without a reason
    ):
        refused = refusal(differing, member(code), agreeing.answer_agreement, **(late(differing) | changed))
        assert type(refused) is error, code
    with reading(differing.engine) as session:
        told = session.scalars(select(Mail).where(Mail.template == "scoring/agree")).all()
    assert {mail.address for mail in told} == {member(code).email for code in ("M1", "M3", "M4")}


def test_the_notice_waits_for_two_working_days(differing: ScoringWorld) -> None:
    with reading(differing.engine) as session:
        waiting = differences.waiting_agreement(session, differing.id, now=differing.clock())
    assert waiting is not None
    assert waiting.until is not None
    notice = {"ref": differing.ref, "tally_sha256": differing.tally().sha256}
    differing.clock.move_to(waiting.until - timedelta(microseconds=1))
    refused = refusal(differing, differing.organiser, objections.give_notice, **notice)
    assert "Members differ on an objective criterion" in str(refused)
    differing.clock.move_to(waiting.until)
    act(differing, differing.organiser, objections.give_notice, **notice)
    # Once the result is on notice only a ruling changes a mark.
    late_one = {"application_ref": differing.refs[0], "criterion": "service", "value": D(7), "reason": WHY}
    assert isinstance(refusal(differing, differing.member("M2"), agreeing.propose_agreement, **late_one), WrongPhase)


def test_the_notice_waits_no_longer_once_one_has_declined(differing: ScoringWorld) -> None:
    propose(differing)
    answer(differing, "M1", agrees=False, reason="The notice is of last year.")
    act(
        differing,
        differing.organiser,
        objections.give_notice,
        ref=differing.ref,
        tally_sha256=differing.tally().sha256,
    )


# --- abnormal marks -----------------------------------------------------------------------------------------------


def test_an_abnormal_mark_may_be_corrected_and_no_other(differing: ScoringWorld) -> None:
    with reading(differing.engine) as session:
        actor = differing.member("M3").now(session)
        looks = differences.look_again(session, actor=actor, round_ref=differing.ref, now=differing.clock())
    assert [(one.application, [c.code for c in one.abnormal], len(one.differ)) for one in looks] == [
        (differing.refs[0], [], 1),
        (differing.refs[2], ["quality"], 0),
    ]
    given: dict[str, Any] = {
        "ref": differing.ref,
        "application_ref": differing.refs[2],
        "member_code": "M3",
        "criterion": "quality",
        "value": D(8),
        "ground": CorrectionGround.ABNORMAL,
        "reason": "I read the scale upside down.",
    }
    usual = given | {"member_code": "M2", "value": D(8)}
    assert isinstance(refusal(differing, differing.member("M2"), actions.correct_mark, **usual), RuleBroken)
    act(differing, differing.member("M3"), actions.correct_mark, **given)
    corrected = said(differing)[-2]
    assert isinstance(corrected, MarkCorrected)
    assert (corrected.ground, corrected.calculation, corrected.agreement) == ("abnormal", None, None)


def test_those_concerned_are_written_to_at_opening(differing: ScoringWorld) -> None:
    with reading(differing.engine) as session:
        told = session.scalars(select(Mail).where(Mail.template == "scoring/look-again")).all()
    assert {mail.address for mail in told} == {differing.member(f"M{n}").email for n in (1, 2, 3, 4)}


# --- the database, the audit, the evidence ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        update(Agreement).values(agreed=True),
        update(Agreement).values(reason=""),
        update(AgreementAnswer).values(agrees=False),
    ],
)
def test_the_database_holds_it_too(differing: ScoringWorld, statement: Any) -> None:
    propose(differing)
    with pytest.raises(IntegrityError), differing.engine.begin() as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE mark_agreement SET value = '6.5'", "mark_agreement"),
        ("UPDATE mark_agreement SET reason = 'Another.'", "mark_agreement"),
        ("UPDATE mark_agreement_answer SET answered_at = (SELECT proposed_at FROM mark_agreement)", ""),
        ("UPDATE mark_agreement_answer SET reason = 'Another.'", "mark_agreement_answer"),
        ("DELETE FROM mark_agreement_answer", "mark_agreement_answer"),
    ],
)
def test_the_audit_names_what_was_changed(differing: ScoringWorld, statement: str, table: str) -> None:
    propose(differing)
    with differing.engine.connect() as connection:
        connection.execute(text(statement))
        connection.execute(text("COMMIT"))
    found = findings(differing)
    assert any(one.startswith(table) for one in found) if table else found == []


def test_the_evidence_holds_and_an_agreement_that_was_none_is_named(differing: ScoringWorld, tmp_path: Path) -> None:
    propose(differing)
    for code in ("M1", "M3", "M4"):
        answer(differing, code)
    sound = unpack(gathered(differing, tmp_path))
    assert failing(sound) == set()
    dropped = retold(sound, lambda bodies: [b for b in bodies if not _answered_by(b, "M4")])
    assert failing(dropped) == {"corrections"}
    unfounded = retold(sound, lambda bodies: [_on_ground(b, "abnormal") for b in bodies])
    assert "corrections" in failing(unfounded)
    other = retold(sound, lambda bodies: [_on_ground(b, "because") for b in bodies])
    assert "corrections" in failing(other)


def _answered_by(body: dict[str, Any], member: str) -> bool:
    return bool(body["kind"] == "scoring.agreement_answered" and body["data"]["member"] == member)


def _on_ground(body: dict[str, Any], ground: str) -> dict[str, Any]:
    if body["kind"] == "scoring.corrected":
        body["data"]["ground"] = ground
    return body


# --- pages --------------------------------------------------------------------------------------------------------


def visitor(app: Flask, world: ScoringWorld, person: Person) -> Visitor:
    return Visitor(person.enter(app.test_client(), world.clock()))


def test_members_agree_through_their_pages(app: Flask, differing: ScoringWorld) -> None:
    address = f"/en/my-sheets/{differing.refs[0]}/agree/service"
    first = visitor(app, differing, differing.member("M2"))
    assert "members differ on “Service”" in text_of(first.get("/en/my-sheets/"))
    page = text_of(first.get(address))
    assert "this mark alone is open again" in page
    refused = first.send(address, status=422, value="7", reason=" ")
    assert "Say which fact makes this the right mark." in text_of(refused)
    first.send(address, value="7", reason=WHY)
    assert "You have answered." in text_of(first.get(address))
    for code in ("M1", "M3"):
        visitor(app, differing, differing.member(code)).send(address, agrees="yes")
    last = visitor(app, differing, differing.member("M4"))
    refused = last.send(address, status=422, agrees="no", reason="")
    assert "Say why you do not agree." in text_of(refused)
    last.send(address, agrees="yes")
    public = text_of(Visitor(app.test_client()).get(f"/en/rounds/{differing.ref}/scores/{differing.refs[0]}"))
    assert "from 6 to 7. Ground: members disagree on an objective criterion" in public
    assert f"M2 proposed 7 for all. {WHY}" in public
    assert "M4 agreed on" in public
    last.get(address, status=404)  # there is nothing to agree on any more
    with reading(differing.engine) as session:
        assert queries.public_scores(session, differing.ref).count(",service,7") == 4
