"""The pages of the register and of the draw, as people use them without JavaScript."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from procurement.evidence.bundle import unpack
from tests.committee.stages import announced, database, drawable, drawn, named, store
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.draws import DrawWorld, members_of
from tests.worlds.people import Person

__all__ = ["announced", "database", "drawable", "drawn", "named", "store"]


class Desk:
    """A person at a browser."""

    def __init__(self, app: Flask, clock: MovableClock) -> None:
        self.app, self.clock = app, clock

    def of(self, person: Person | None) -> Visitor:
        client = self.app.test_client()
        return Visitor(client if person is None else person.enter(client, self.clock()))


@pytest.fixture
def desk(app: Flask, clock: MovableClock) -> Desk:
    return Desk(app, clock)


def test_the_register_is_kept(drawable: DrawWorld, desk: Desk) -> None:
    for keeper in (drawable.people.organiser, drawable.people.administrator):
        visit = desk.of(keeper)
        page = text_of(visit.get("/en/experts"))
        assert "11 experts" in page
        assert "Expert Nr3" in page
    person = drawable.people.members[0]
    visit.send("/en/experts/new", status=422, user_id=str(person.id), employer="")
    refused = visit.send("/en/experts/new", status=422, user_id="", employer="Kept", fields=["law"])
    assert 'value="Kept"' in refused.text
    visit.send(
        "/en/experts/new", status=303, user_id=str(person.id), employer="University", fields=["law", "pricing"]
    )
    assert "E-0012" in visit.get("/en/experts").text
    visit.send("/en/experts/E-0012", status=303, employer="Academy", fields=["law"])
    visit.send("/en/experts/E-0012/suspend", status=422, reason="")
    visit.send("/en/experts/E-0012/suspend", status=303, reason="Under inquiry.")
    assert "Under inquiry." in visit.get("/en/experts/E-0012").text
    visit.send("/en/experts/E-0012/reinstate", status=303)
    visit.send("/en/experts/E-0012/reinstate", status=422)
    visit.send("/en/experts/E-0012/end", status=303, reason="Moved abroad.")
    assert "Moved abroad." in text_of(visit.get("/en/experts"))
    visit.get("/en/experts/E-0012", status=404)
    visit.get("/en/experts/E-0001/forget", status=404)
    desk.of(drawable.people.supervisor).get("/en/experts", status=403)


def test_a_draw_is_announced_read_by_two_and_carried_out(drawable: DrawWorld, desk: Desk) -> None:
    organiser, supervisor = desk.of(drawable.people.organiser), desk.of(drawable.people.supervisor)
    base = f"/en/rounds/{drawable.ref}"
    page = text_of(organiser.get(f"{base}/draw"))
    assert "4 experts are still needed" in page
    assert "Food safety: 8 in the pool" in page
    assert "Announce the draw" not in text_of(supervisor.get(f"{base}/draw"))
    organiser.send(f"{base}/draw/leave-out/E-0003", status=422, reason="relation", detail="")
    organiser.send(f"{base}/draw/leave-out/E-0003", status=303, reason="relation", detail="A cousin applied.")
    assert "a relation to an applicant is known" in text_of(organiser.get(f"{base}/draw"))
    fields = {
        "seats-food_safety": "3",
        "reserves-food_safety": "2",
        "seats-logistics": "1",
        "reserves-logistics": "1",
    }
    lottery = {"name-1": "双色球 红球", "issue-1": "2026031", "count-1": "6", "lowest-1": "1", "highest-1": "33"}
    soon = (drawable.clock() + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")  # now, in Shanghai
    early = organiser.send(f"{base}/draw/announce", status=422, source="lottery", exists_at=soon, **fields, **lottery)
    assert "more than 10 minutes" in early.text
    assert 'value="双色球 红球"' in early.text
    later = (drawable.clock() + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    form = {"source": "lottery", "exists_at": later, **fields}
    assert (
        "at least a million"
        in organiser.send(f"{base}/draw/announce", status=422, **form, **lottery | {"count-1": "3"}).text
    )
    organiser.send(f"{base}/draw/announce", status=303, **form, **lottery)
    assert "announced" in organiser.get(f"{base}/draw").text
    organiser.send(f"{base}/draw/announce", status=422, **form, **lottery)
    assert "exists from" in text_of(organiser.get(f"{base}/draw/carry-out"))
    visitor = desk.of(None)
    public = text_of(visitor.get(f"{base}/draws"))
    assert "1 person: a relation to an applicant is known" in public
    assert "Its members are shown here by number" in text_of(visitor.get(f"{base}/committee"))
    drawable.clock.advance(hours=2)
    organiser.send(f"{base}/draw/carry-out", status=422, **{"numbers-1": "one two"})
    organiser.send(f"{base}/draw/carry-out", status=303, **{"numbers-1": "9 2 33, 17、5 28"})
    assert "One side has read" in text_of(supervisor.get(f"{base}/draw"))
    assert "33" not in text_of(supervisor.get(f"{base}/draw/carry-out")).replace("from 1 to 33", "")
    supervisor.send(f"{base}/draw/carry-out", status=303, **{"numbers-1": "2 5 9 17 28 33"})
    supervisor.get(f"{base}/draw/carry-out", status=404)
    assert len(members_of(drawable)) == 4
    public = text_of(visitor.get(f"{base}/draws"))
    assert "recomputed: holds" in public
    assert "seat: M1" in public
    zh = visitor.get(f"/zh/rounds/{drawable.ref}/draws").text
    assert "双色球" in zh
    file = visitor.get(f"/rounds/{drawable.ref}/draws.json")
    assert file.headers["Content-Type"].startswith("application/json")


def test_who_was_drawn_answers(drawn: DrawWorld, desk: Desk) -> None:
    first, second = (drawn.person(members_of(drawn)[code].user_id) for code in ("M2", "M3"))
    visit = desk.of(first)
    assert "Say until" in text_of(visit.get("/en/declarations"))
    path = f"/en/rounds/{drawn.ref}/seat"
    visit.send(path, status=422)
    visit.send(path, status=303, answer="accept")
    assert "You took the seat" in text_of(visit.get(path))
    other = desk.of(second)
    assert "Give the reason" in other.send(path, status=422, answer="refuse", reason="").text
    other.send(path, status=303, answer="refuse", reason="I am ill.")
    other.get(path, status=403)
    page = text_of(desk.of(drawn.people.organiser).get(f"/en/rounds/{drawn.ref}/members"))
    assert "did not take the seat or gave it up" in page
    assert "M6" in page


def test_the_supervisor_finds_that_somebody_cannot_serve(drawn: DrawWorld, desk: Desk) -> None:
    base = f"/en/rounds/{drawn.ref}"
    visit = desk.of(drawn.people.supervisor)
    page = visit.get(f"{base}/supervised-committee")
    assert "drawn by lot" in page.text
    visit.send(f"{base}/members/M4/unable", status=303, reason="In hospital.")
    assert "In hospital." in text_of(visit.get(f"{base}/supervised-committee"))
    visit.get(f"{base}/members/M4/unable", status=404)
    organiser = desk.of(drawn.people.organiser)
    refused = organiser.send(f"{base}/members/M3/remove", status=422, code="no_answer", reason="No answer.")
    assert "may still answer until" in refused.text


def every_public_page(visitor: Visitor, world: DrawWorld) -> dict[str, str]:
    """What a visitor can read about the round without being told an address: every link within it, followed."""
    seen: dict[str, str] = {}
    waiting = [f"/en/rounds/{world.ref}", f"/zh/rounds/{world.ref}/committee", f"/rounds/{world.ref}/draws.json"]
    while waiting:
        path = waiting.pop()
        answer = visitor.client.get(path)
        seen[path] = _words(answer)
        for link in re.findall(r'href="(/[^"#]*)"', seen[path] if answer.mimetype == "text/html" else ""):
            link = link.replace("&amp;", "&")
            if world.ref in link and link not in seen and link not in waiting and "/files/" not in link:
                waiting.append(link)
    return seen


def _words(answer: TestResponse) -> str:
    """All the text in an answer, that of a ZIP's files too."""
    if answer.mimetype != "application/zip":
        return answer.text
    return b"\n".join(unpack(answer.data).files.values()).decode(errors="replace")


def names_in(pages: dict[str, str], world: DrawWorld) -> dict[str, str]:
    """Page → the first name, employer or address of a member or drawn expert that stands on it."""
    told = {}
    people = [(person.name, person.email) for person in (*world.experts, world.consumer)]
    for path, content in pages.items():
        for n, (name, email) in enumerate(people, 1):
            if any(
                re.search(rf"{re.escape(word)}\b", content) for word in (name, email, f"Institute {n}", "School 5")
            ):
                told[path] = name
    return told


def test_nobody_reads_a_name_before_the_rules_say_so(drawn: DrawWorld, desk: Desk) -> None:
    visitor = desk.of(None)
    pages = every_public_page(visitor, drawn)
    assert f"/en/rounds/{drawn.ref}/draws" in pages
    assert any("/log/" in path or "log" in path for path in pages)
    assert names_in(pages, drawn) == {}
    committee = text_of(visitor.get(f"/en/rounds/{drawn.ref}/committee"))
    assert "M2" in committee
    assert "expert (chair)" in committee
    assert "5 of 5 seats are taken" in committee


def test_names_are_told_when_the_rules_say_so(named: DrawWorld, desk: Desk) -> None:
    pages = every_public_page(desk.of(None), named)
    told = names_in(pages, named)
    assert f"/en/rounds/{named.ref}/committee" in told, "there was something that could have leaked"
    seated = {member.name for member in members_of(named).values()}
    for path, name in told.items():
        assert name in seated, path
