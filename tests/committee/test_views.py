"""The pages of the committee, as people use them without JavaScript."""

import re

import pytest
from flask import Flask
from sqlalchemy import event

from procurement.committee import queries
from procurement.committee.rules import Ground
from procurement.db import reading
from procurement.rounds.phases import Phase
from tests.committee.test_actions import COUSIN, declare, said
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.applications import AppliedWorld
from tests.worlds.committee import CommitteeWorld
from tests.worlds.people import Person


def ticked(page: str) -> int:
    """How many boxes and buttons of a page are chosen."""
    return len(re.findall(r"<input[^>]*\schecked\b", page))


class Desk:
    """A person at a browser."""

    def __init__(self, app: Flask, clock: MovableClock) -> None:
        self.app, self.clock = app, clock

    def of(self, person: Person) -> Visitor:
        return Visitor(person.enter(self.app.test_client(), self.clock()))


@pytest.fixture
def desk(app: Flask, clock: MovableClock) -> Desk:
    return Desk(app, clock)


def test_the_organiser_forms_the_committee_and_begins(checked: AppliedWorld, desk: Desk) -> None:
    visit = desk.of(checked.people.organiser)
    path = f"/en/rounds/{checked.ref}/members"
    assert "Nobody is appointed yet" in visit.get(path).text
    for number, person in enumerate(checked.people.members[:5]):
        kind = "consumer" if number == 4 else "expert"
        fields = {"user_id": str(person.id), "kind": kind, "field": "food"} | ({"chair": "y"} if number == 0 else {})
        visit.send(path, status=303, **fields)
    page = visit.get(path)
    assert "Appoint a member" not in page.text
    assert "The committee is complete" in page.text
    blocked = text_of(visit.get(f"/en/rounds/{checked.ref}/begin-scoring"))
    assert "M1 has 3 declarations left to make." in blocked
    assert "From then on nobody joins" not in blocked
    for person in checked.people.members[:5]:
        member = desk.of(person)
        declarations = f"/en/rounds/{checked.ref}/declarations"
        member.send(declarations, status=303, **{f"ground-{ref}": "none" for ref in checked.refs})
    assert "From then on nobody joins" in text_of(visit.get(f"/en/rounds/{checked.ref}/begin-scoring"))
    begun = visit.send(f"/en/rounds/{checked.ref}/begin-scoring", status=303)
    assert begun.location == f"/en/rounds/{checked.ref}/board"
    assert checked.round.course.phase_at(checked.clock()) is Phase.SCORING
    visit.get(f"/en/rounds/{checked.ref}/begin-scoring", status=409)
    assert "Appoint" not in text_of(visit.get(path)).replace("appointed", "")


def test_a_refused_appointment_keeps_what_was_chosen(checked: AppliedWorld, desk: Desk) -> None:
    visit = desk.of(checked.people.organiser)
    path = f"/en/rounds/{checked.ref}/members"
    person = checked.people.members[2]
    answer = visit.send(path, status=422, user_id=str(person.id), kind="organiser", field="kept", chair="y")
    assert "may not chair" in answer.text
    assert 'value="kept"' in answer.text
    assert f'value="{person.id}" selected' in answer.text
    visit.send(path, status=422, user_id="", kind="", field="")
    visit.send(path, status=422, user_id=str(checked.people.organiser.id), kind="expert", field="food")


def test_a_member_leaves(appointed: CommitteeWorld, desk: Desk) -> None:
    visit = desk.of(appointed.people.organiser)
    path = f"/en/rounds/{appointed.ref}/members/M3/remove"
    visit.send(path, status=422, reason="")
    visit.send(path, status=303, reason="Moved away.")
    page = text_of(visit.get(f"/en/rounds/{appointed.ref}/members"))
    assert "Moved away." in page
    assert "The committee has 4 of 5 members." in page
    visit.get(path, status=404)
    desk.of(appointed.members[2]).get(f"/en/rounds/{appointed.ref}/declarations", status=403)


# --- declaring ------------------------------------------------------------------------------------------------------


def test_nothing_is_ticked_beforehand(appointed: CommitteeWorld, desk: Desk) -> None:
    page = desk.of(appointed.members[0]).get(f"/en/rounds/{appointed.ref}/declarations").text
    assert page.count('type="radio"') == 3 * 6
    assert ticked(page) == 0
    assert "0 of 3 declared" in page


def test_members_declare_some_now_and_some_later(appointed: CommitteeWorld, desk: Desk) -> None:
    visit = desk.of(appointed.members[0])
    path = f"/en/rounds/{appointed.ref}/declarations"
    first, second, third = appointed.refs
    assert "3 declarations left to make" in text_of(visit.get("/en/declarations"))
    visit.send(path, status=422)
    visit.send(
        path,
        status=303,
        **{f"ground-{first}": "none", f"ground-{second}": "family", f"detail-{second}": "My cousin."},
    )
    page = visit.get(path).text
    assert "2 of 3 declared" in page
    assert "You do not score this application" in page
    assert "My cousin." not in page
    assert f'name="ground-{second}"' not in page, "a recusal is locked"
    assert page.count(f'name="ground-{first}"') == 5, "only a relation can be added to “none”"
    visit.send(path, status=303, **{f"ground-{third}": "none"})
    assert "You have declared for every application" in visit.get(path).text
    assert "Nothing is left to declare" in text_of(visit.get("/en/declarations"))
    visit.send(path, status=303, **{f"ground-{first}": "office", f"detail-{first}": "On its board until May."})
    with reading(appointed.engine) as session:
        grounds = sorted(queries.grounds_of(session, appointed.id).values())
    assert grounds == [Ground.FAMILY, Ground.NONE, Ground.OFFICE]


def test_every_fault_is_told_at_its_row_and_nothing_is_lost(appointed: CommitteeWorld, desk: Desk) -> None:
    visit = desk.of(appointed.members[0])
    path = f"/en/rounds/{appointed.ref}/declarations"
    first, second, third = appointed.refs
    answer = visit.send(
        path,
        status=422,
        **{f"ground-{first}": "ownership", f"ground-{second}": "none", f"detail-{second}": "Written and kept"},
    )
    words = text_of(answer)
    assert "only the supervisor reads this" in words
    assert "You described a relation but chose none" in words
    assert "Written and kept" in words
    assert ticked(answer.text) == 2
    answer = visit.send(path, status=422, **{f"detail-{third}": "Without a ground"})
    assert "Without a ground" in text_of(answer)
    visit.send(path, status=422, **{f"ground-{first}": "friendship"})
    with reading(appointed.engine) as session:
        assert queries.grounds_of(session, appointed.id) == {}


def test_after_scoring_began_the_page_is_read_only(formed: CommitteeWorld, desk: Desk) -> None:
    desk.of(formed.people.organiser).send(f"/en/rounds/{formed.ref}/begin-scoring", status=303)
    page = desk.of(formed.members[0]).get(f"/en/rounds/{formed.ref}/declarations").text
    assert 'type="radio"' not in page
    assert "tell the supervisor at once" in page


# --- who may see what -----------------------------------------------------------------------------------------------


def test_pages_are_for_those_they_concern(formed: CommitteeWorld, desk: Desk, app: Flask) -> None:
    here = f"/en/rounds/{formed.ref}"
    organisers = ("members", "members/M1/remove", "begin-scoring")
    for person in (formed.people.supervisor, formed.members[0], formed.applied.merchants[0]):
        for path in organisers:
            desk.of(person).get(f"{here}/{path}", status=403)
    for path in organisers:
        desk.of(formed.people.second_organiser).get(f"{here}/{path}", status=403)
    desk.of(formed.people.members[6]).get(f"{here}/declarations", status=403)
    desk.of(formed.people.organiser).get(f"{here}/declarations", status=403)
    for path in (*organisers, "declarations", "relations"):
        assert app.test_client().get(f"{here}/{path}").status_code == 303


def test_relations_are_read_by_the_rounds_supervisor(formed: CommitteeWorld, desk: Desk) -> None:
    declare(formed, formed.members[1], {formed.refs[0]: COUSIN})
    path = f"/en/rounds/{formed.ref}/relations"
    assert "Their manager is my cousin." in text_of(desk.of(formed.people.supervisor).get(path))
    for person in (formed.people.organiser, formed.people.second_supervisor, formed.members[1]):
        desk.of(person).get(path, status=403)
    board = f"/en/rounds/{formed.ref}/board"
    assert path in desk.of(formed.people.supervisor).get(board).text
    assert path not in desk.of(formed.people.organiser).get(board).text


def test_the_board_says_what_blocks(appointed: CommitteeWorld, desk: Desk) -> None:
    board = text_of(desk.of(appointed.people.organiser).get(f"/en/rounds/{appointed.ref}/board"))
    assert "What blocks the next step" in board
    assert "M5 has 3 declarations left to make." in board
    assert "5 of 5 members are appointed." in board


def test_pages_cost_the_same_with_more_declarations(appointed: CommitteeWorld, desk: Desk, app: Flask) -> None:
    organiser, member = desk.of(appointed.people.organiser), desk.of(appointed.members[4])
    paths = (
        (organiser, f"/en/rounds/{appointed.ref}/members"),
        (organiser, f"/en/rounds/{appointed.ref}/begin-scoring"),
        (organiser, f"/en/rounds/{appointed.ref}/board"),
        (member, f"/en/rounds/{appointed.ref}/declarations"),
        (member, "/en/declarations"),
    )
    engine = app.extensions["sunlit"].engine

    def cost() -> list[int]:
        found = []
        for visit, path in paths:
            sent: list[str] = []

            def note(_c: object, _cur: object, statement: str, *_: object, sent: list[str] = sent) -> None:
                sent.append(statement)

            event.listen(engine, "before_cursor_execute", note)
            visit.get(path)
            event.remove(engine, "before_cursor_execute", note)
            found.append(len(sent))
        return found

    cost()
    before = cost()
    for person in appointed.members:
        declare(appointed, person, {appointed.refs[0]: COUSIN})
    assert cost() == before


def test_both_languages(appointed: CommitteeWorld, desk: Desk) -> None:
    assert "三代以内旁系血亲" in desk.of(appointed.members[0]).get(f"/zh/rounds/{appointed.ref}/declarations").text
    assert "评审委员会成员" in desk.of(appointed.people.organiser).get(f"/zh/rounds/{appointed.ref}/members").text


def test_what_is_chosen_is_kept_and_declares_nothing(appointed: CommitteeWorld, desk: Desk) -> None:
    visit, other = desk.of(appointed.members[0]), desk.of(appointed.members[1])
    path = f"/en/rounds/{appointed.ref}/declarations"
    first, second, third = appointed.refs
    before = said(appointed)
    kept = {f"ground-{first}": "family", f"detail-{first}": "A cousin, I think.", f"ground-{second}": "none"}
    visit.send(path, status=303, then="save", **kept)
    page = visit.get(path).text
    assert ticked(page) == 2
    assert "A cousin, I think." in page
    assert "0 of 3 declared" in page
    assert ticked(other.get(path).text) == 0
    assert said(appointed) == before, "nothing is logged, nothing is declared"
    visit.send(path, status=303, then="save", **{f"ground-{third}": "other"})
    assert ticked(visit.get(path).text) == 1, "what is kept is what was sent last"
    visit.send(path, status=303, **{f"ground-{third}": "none"})
    page = visit.get(path).text
    assert "1 of 3 declared" in page
    assert ticked(page) == 0
    desk.of(appointed.people.supervisor).get(path, status=403)
