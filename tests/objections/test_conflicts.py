"""Requests for recusal and conflicts found late: decided with reasons, carried out, sheets void, notice again."""

from typing import Any

import pytest

from procurement.access import VISITOR
from procurement.committee import requests
from procurement.committee.entries import MemberRecused, RecusalDecided, RecusalRequested
from procurement.committee.models import RecusalRequest
from procurement.committee.recusing import ASKED_IN, Origin, Outcome, Request, check_decision, check_request
from procurement.committee.request_queries import docket_of, request_file
from procurement.committee.rules import Ground
from procurement.db import reading, transaction
from procurement.errors import NotAllowed, NotFound, RuleBroken, WrongPhase
from procurement.objections import conflicts
from procurement.objections.actions import give_notice
from procurement.publiclog import audit
from procurement.publiclog.queries import entries
from procurement.rounds.phases import Phase
from procurement.scoring.entries import SheetVoided, Tallied
from tests.objections.conftest import database, noticed, opened, sealed, store
from tests.scoring.conftest import scoring
from tests.worlds.people import Person
from tests.worlds.scoring import ScoringWorld

__all__ = ["database", "noticed", "opened", "scoring", "sealed", "store"]

WHY = "The applicant's manager is this member's brother."
REASONS = "The relation is proved by the register of households."


def ask(world: ScoringWorld, member: str = "M3", number: int | None = 0, *, by: Person | None = None) -> str:
    """Ask for a recusal; the reference of the request."""
    application = "" if number is None else world.refs[number]
    named = by is None or by.name.startswith("Merchant")
    contact = {"name": "Ines Iwan", "contact": "ines@example.org"} if named else {}
    with transaction(world.engine) as session:
        row = requests.request_recusal(
            session,
            actor=by.now(session) if by else VISITOR,
            now=world.clock(),
            ref=world.ref,
            request=Request(member, application, Ground.FAMILY, WHY, **contact),
            token=f"token {member} {number}",
            language="en",
        )
        return row.ref


def decide(world: ScoringWorld, ref: str, outcome: Outcome, number: int | None = 0, **changes: Any) -> None:
    arguments: dict[str, Any] = {
        "outcome": outcome,
        "text": REASONS,
        "application": "" if number is None else world.refs[number],
    }
    by = changes.pop("by", world.supervisor)
    with transaction(world.engine) as session:
        conflicts.decide_request(session, actor=by.now(session), now=world.clock(), ref=ref, **(arguments | changes))


def said(world: ScoringWorld, kind: type) -> list[Any]:
    with reading(world.engine) as session:
        found = [logged.envelope.entry for logged in entries(session, round_ref=world.ref, limit=500)][::-1]
    return [entry for entry in found if isinstance(entry, kind)]


def phase(world: ScoringWorld) -> Phase:
    return world.applied.round.course.phase_at(world.clock())


def findings(world: ScoringWorld) -> list[str]:
    audit.load_steps()
    with reading(world.engine) as session:
        return [str(found) for found in audit.audit(session, None).findings]


# --- rules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, []),
        ({"ground": Ground.NONE}, ["ground"]),
        ({"argument": "x" * 19}, ["argument"]),
        ({"argument": "x" * 20}, []),
        ({"argument": "x" * 5001}, ["argument"]),
        ({"name": ""}, ["name"]),
        ({"contact": "nowhere"}, ["contact"]),
    ],
)
def test_what_is_asked(change: dict[str, Any], fields: list[str]) -> None:
    given: dict[str, Any] = {
        "member": "M1", "application": "A1", "ground": Ground.FAMILY, "argument": WHY, "name": "I",
        "contact": "i@x.org",
    }  # fmt: skip
    assert [problem.field for problem in check_request(Request(**(given | change)).plain(), Origin.CITIZEN)] == fields


def test_what_is_decided() -> None:
    assert check_decision(Outcome.DISMISSED, application="", text=REASONS) == []
    assert [p.field for p in check_decision(Outcome.RECUSED, application="", text="short")] == ["application", "text"]
    assert [p.field for p in check_decision(Outcome.MOOT, application="", text=REASONS)] == ["outcome"]
    told = check_decision(Outcome.REMOVED, application="", text=REASONS + " 13812345678")
    assert [p.field for p in told] == ["text"]


# --- asking and deciding --------------------------------------------------------------------------------------------


def test_a_citizen_asks_the_member_answers_and_it_is_dismissed(scoring: ScoringWorld) -> None:
    ref = ask(scoring)
    (asked,) = said(scoring, RecusalRequested)
    assert (asked.request, asked.member, asked.origin, asked.name.value) == (ref, "M3", "citizen", None)
    assert ref in scoring.applied.round.course.open_objections, "nothing is awarded meanwhile"
    with transaction(scoring.engine) as session:
        actor = scoring.member("M3").now(session)
        requests.answer_request(session, actor=actor, now=scoring.clock(), ref=ref, text="I have no brother.")
    for person, kind in ((scoring.member("M2"), NotAllowed), (scoring.organiser, NotAllowed)):
        with reading(scoring.engine) as session, pytest.raises(kind):
            request_file(session, ref, actor=person.now(session), now=scoring.clock())
    with reading(scoring.engine) as session:
        file = request_file(session, ref, actor=scoring.supervisor.now(session), now=scoring.clock())
        public = docket_of(session, scoring.ref, now=scoring.clock())
    assert (file.argument, file.statement, file.name) == (WHY, "I have no brother.", "Ines Iwan")
    assert WHY not in repr(public)
    assert "Ines" not in repr(public)
    for person in (scoring.organiser, scoring.member("M3")):
        with pytest.raises(NotAllowed):
            decide(scoring, ref, Outcome.DISMISSED, by=person)
    decide(scoring, ref, Outcome.DISMISSED)
    assert said(scoring, MemberRecused) == []
    with pytest.raises(RuleBroken, match="settled"):
        decide(scoring, ref, Outcome.RECUSED)
    assert scoring.applied.round.course.open_objections == frozenset()
    assert findings(scoring) == []


def test_granted_before_opening_the_sheet_is_never_opened(sealed: ScoringWorld) -> None:
    ref = ask(sealed, by=sealed.applied.merchants[1])
    assert said(sealed, RecusalRequested)[0].origin == "applicant"
    decide(sealed, ref, Outcome.RECUSED)
    (recused,) = said(sealed, MemberRecused)
    assert (recused.member, recused.application, recused.cause) == ("M3", sealed.refs[0], ref)
    assert [entry.objection for entry in said(sealed, SheetVoided)] == [ref]
    assert said(sealed, Tallied) == []
    assert phase(sealed) is Phase.SCORING
    assert findings(sealed) == []


def test_too_few_left_sends_the_round_back_to_form_the_committee(sealed: ScoringWorld) -> None:
    """The quorum is three of five; M2 is recused from the second application already."""
    decide(sealed, ask(sealed, "M3", 1), Outcome.RECUSED, 1)
    assert phase(sealed) is Phase.SCORING
    decide(sealed, ask(sealed, "M4", 1), Outcome.RECUSED, 1)
    assert phase(sealed) is Phase.FORMING
    assert said(sealed, RecusalDecided)[-1].reopened == "reopened_forming"
    assert findings(sealed) == []


def test_a_member_altogether(opened: ScoringWorld) -> None:
    other = ask(opened, "M3", 2)
    ref = ask(opened, "M3", None)
    decide(opened, ref, Outcome.REMOVED, None)
    assert {entry.application for entry in said(opened, MemberRecused)} == set(opened.refs)
    outcomes = {entry.request: entry.outcome for entry in said(opened, RecusalDecided)}
    assert outcomes == {ref: "removed", other: "moot"}
    with pytest.raises(RuleBroken, match="recused from this application already"):
        ask(opened, "M3", 0)
    assert findings(opened) == []


def test_a_request_can_be_withdrawn(opened: ScoringWorld) -> None:
    ask(opened)
    for token, kind in (("nobody's", NotFound), ("token M3 0", None)):
        with transaction(opened.engine) as session:
            if kind is None:
                requests.withdraw_request(session, actor=VISITOR, now=opened.clock(), token=token)
            else:
                with pytest.raises(kind):
                    requests.withdraw_request(session, actor=VISITOR, now=opened.clock(), token=token)
    assert said(opened, RecusalDecided)[0].outcome == "withdrawn"
    assert findings(opened) == []


def test_the_result_does_not_go_on_notice_while_a_request_is_open(opened: ScoringWorld) -> None:
    ref = ask(opened)
    give = {"tally_sha256": opened.tally().sha256}
    with pytest.raises(RuleBroken, match=f"{ref}, a request"), transaction(opened.engine) as session:
        give_notice(session, actor=opened.organiser.now(session), now=opened.clock(), ref=opened.ref, **give)


def find(world: ScoringWorld, member: str, number: int, by: Person | None = None) -> RecusalRequest:
    with transaction(world.engine) as session:
        return conflicts.find_conflict(
            session,
            actor=(by or world.supervisor).now(session),
            now=world.clock(),
            ref=world.ref,
            request=Request(member, world.refs[number], Ground.OWNERSHIP, WHY),
            text=REASONS,
            token=f"found {member}",
        )


def test_a_conflict_found_on_notice_voids_the_sheet_and_the_notice_begins_again(noticed: ScoringWorld) -> None:
    with pytest.raises(WrongPhase):
        ask(noticed)
    with pytest.raises(NotAllowed):
        find(noticed, "M1", 0, by=noticed.organiser)
    before = [(line.application, line.total_text) for line in noticed.tally().ranking]
    find(noticed, "M4", 2)
    after = noticed.tally()
    assert [(line.application, line.total_text) for line in after.ranking] != before, "recomputed, for all to see"
    assert after.cause == "void"
    if [line.application for line in after.ranking] == [ref for ref, _ in before]:
        assert phase(noticed) is Phase.NOTICE
    find(noticed, "M1", 2)
    find(noticed, "M5", 2)
    decided = said(noticed, RecusalDecided)
    assert decided[-1].reopened == "reopened_forming", "two sheets of five are under the quorum"
    assert phase(noticed) is Phase.FORMING
    assert findings(noticed) == []


def test_a_member_tells_of_their_own_relation(opened: ScoringWorld) -> None:
    ref = ask(opened, "M1", 0, by=opened.member("M1"))
    assert said(opened, RecusalRequested)[0].origin == "member"
    decide(opened, ref, Outcome.RECUSED)
    with pytest.raises(NotAllowed):
        ask(opened, "M2", 0, by=opened.supervisor)
    assert findings(opened) == []


def test_who_may_ask_when() -> None:
    assert Phase.NOTICE not in ASKED_IN[Origin.CITIZEN]
    assert Phase.NOTICE in ASKED_IN[Origin.MEMBER]
    assert all(Phase.DECIDED not in phases for phases in ASKED_IN.values())
