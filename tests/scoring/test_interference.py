"""Messages on interference: the supervisor and the writer read them, nobody else, in no way."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from procurement.db import reading
from procurement.errors import NotAllowed, NotFound, Refused, RuleBroken
from procurement.mail import Mail
from procurement.publiclog.models import LogDisclosure, LogEntry
from procurement.scoring import interference
from procurement.scoring.entries import InterferenceAnswered, InterferenceReported
from procurement.scoring.models import Interference
from procurement.scoring.rules import message_commitment
from tests.scoring.test_actions import act, findings, refusal, said
from tests.visiting import Visitor, text_of
from tests.worlds.people import Person
from tests.worlds.scoring import ScoringWorld

WORDS = "The deputy head of the office asked me yesterday evening to mark the first product up."
ANSWER = "Thank you. I hold the round and take this to the authority."
NONCE, OTHER = bytes(range(32)), bytes(range(32, 64))


def send(world: ScoringWorld, by: str = "M2", words: str = WORDS) -> Interference:
    return act(world, world.member(by), interference.report_interference, ref=world.ref, text=words, nonce=NONCE)


def reply(world: ScoringWorld) -> Interference:
    return act(
        world,
        world.supervisor,
        interference.answer_interference,
        ref=world.ref,
        number=1,
        text=ANSWER,
        nonce=OTHER,
    )


def test_the_log_says_that_there_was_one_and_neither_from_whom_nor_what(scoring: ScoringWorld) -> None:
    send(scoring)
    assert said(scoring)[-1] == InterferenceReported(number=1, message=message_commitment(NONCE, WORDS))
    with reading(scoring.engine) as session:
        bodies = [bytes(body).decode() for body in session.scalars(select(LogEntry.body))]
        kept = [str(value) for value in session.scalars(select(LogDisclosure.value))]
        last = session.scalar(select(LogEntry.idx).order_by(LogEntry.idx.desc()).limit(1))
        told = session.scalars(select(LogDisclosure).where(LogDisclosure.idx == last)).all()
    assert not [each for each in bodies + kept if "deputy head" in each]
    assert told == []  # nothing is kept from which somebody could tell who it was
    assert '"by":{"person":null,"role":"member"}' in bodies[-1]


def test_the_supervisor_reads_and_answers_and_the_member_reads_that(scoring: ScoringWorld) -> None:
    send(scoring)
    with reading(scoring.engine) as session:
        (message,) = interference.messages_to(session, actor=scoring.supervisor.now(session))
    assert (message.message, message.member, message.answer) == (WORDS, f"{scoring.member('M2').name} (M2)", None)
    reply(scoring)
    assert said(scoring)[-1] == InterferenceAnswered(number=1, answer=message_commitment(OTHER, ANSWER))
    with reading(scoring.engine) as session:
        own = interference.own_messages(session, actor=scoring.member("M2").now(session), ref=scoring.ref)
        others = interference.own_messages(session, actor=scoring.member("M1").now(session), ref=scoring.ref)
    assert [(one.message, one.answer) for one in own.messages] == [(WORDS, ANSWER)]
    assert others.messages == ()
    with reading(scoring.engine) as session:
        letters = session.scalars(select(Mail).where(Mail.template.startswith("scoring/interference"))).all()
    assert [(letter.template, letter.address) for letter in letters] == [
        ("scoring/interference", scoring.supervisor.email),
        ("scoring/interference-answered", scoring.member("M2").email),
    ]
    assert not [letter for letter in letters if "deputy" in str(letter.context) or "authority" in str(letter.context)]
    assert findings(scoring) == []


@pytest.mark.parametrize("who", ["organiser", "administrator", "official", "handler"])
def test_nobody_else_reads_or_writes(scoring: ScoringWorld, who: str) -> None:
    send(scoring)
    person: Person = getattr(scoring.applied.people, who)
    with reading(scoring.engine) as session:
        actor = person.now(session)
        for read, given in (
            (interference.messages_to, {}),
            (interference.message_to, {"ref": scoring.ref, "number": 1}),
            (interference.own_messages, {"ref": scoring.ref}),
        ):
            with pytest.raises(NotAllowed):
                read(session, actor=actor, **given)
    for what, given in (
        (interference.report_interference, {"text": WORDS, "nonce": NONCE}),
        (interference.answer_interference, {"number": 1, "text": ANSWER, "nonce": OTHER}),
    ):
        assert isinstance(refusal(scoring, person, what, ref=scoring.ref, **given), NotAllowed)


def test_members_do_not_read_what_the_supervisor_got(scoring: ScoringWorld) -> None:
    send(scoring)
    with reading(scoring.engine) as session, pytest.raises(NotAllowed):
        interference.message_to(session, actor=scoring.member("M2").now(session), ref=scoring.ref, number=1)


def test_a_supervisor_of_another_round_reads_nothing(scoring: ScoringWorld) -> None:
    send(scoring)
    with reading(scoring.engine) as session:
        actor = scoring.supervisor.now(session)
        elsewhere = type(actor)(actor.user_id, actor.name, actor.roles, {})
        assert interference.messages_to(session, actor=elsewhere) == []
        with pytest.raises(NotAllowed):
            interference.message_to(session, actor=elsewhere, ref=scoring.ref, number=1)


@pytest.mark.parametrize(
    ("what", "given", "error"),
    [
        (interference.report_interference, {"text": "Too short.", "nonce": NONCE}, RuleBroken),
        (interference.report_interference, {"text": "x" * 4001, "nonce": NONCE}, RuleBroken),
        (interference.answer_interference, {"number": 2, "text": ANSWER, "nonce": OTHER}, NotFound),
        (interference.answer_interference, {"number": 1, "text": " ", "nonce": OTHER}, RuleBroken),
    ],
)
def test_what_is_refused(scoring: ScoringWorld, what: Any, given: dict[str, Any], error: type[Refused]) -> None:
    send(scoring)
    person = scoring.member("M1") if what is interference.report_interference else scoring.supervisor
    assert type(refusal(scoring, person, what, ref=scoring.ref, **given)) is error


def test_a_message_is_answered_once(scoring: ScoringWorld) -> None:
    send(scoring)
    reply(scoring)
    again = {"ref": scoring.ref, "number": 1, "text": ANSWER, "nonce": OTHER}
    refused = refusal(scoring, scoring.supervisor, interference.answer_interference, **again)
    assert isinstance(refused, RuleBroken)


@pytest.mark.parametrize("values", [{"message": ""}, {"answer": "Something."}])
def test_the_database_holds_it_too(scoring: ScoringWorld, values: dict[str, str]) -> None:
    send(scoring)
    with pytest.raises(IntegrityError), scoring.engine.begin() as connection:
        connection.execute(update(Interference).values(**values))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE interference SET message = 'Nothing happened at all.'", "DELETE FROM interference"],
)
def test_the_audit_names_what_was_changed(scoring: ScoringWorld, statement: str) -> None:
    send(scoring)
    with scoring.engine.connect() as connection:
        connection.execute(text(statement))
        connection.execute(text("COMMIT"))
    found = findings(scoring)
    assert any(one.startswith("interference") for one in found)
    assert not [one for one in found if "deputy head" in one or "Nothing happened" in one]


def test_through_the_pages(app: Flask, scoring: ScoringWorld) -> None:
    def visitor(person: Person) -> Visitor:
        return Visitor(person.enter(app.test_client(), scoring.clock()))

    member, supervisor = visitor(scoring.member("M2")), visitor(scoring.supervisor)
    address = f"/en/rounds/{scoring.ref}/interference"
    refused = member.send(address, status=422, message="Short.")
    assert "Write at least 20 characters." in text_of(refused)
    member.send(address, message=WORDS)
    page = text_of(member.get(address))
    assert WORDS in page
    assert "Not answered yet." in page
    assert "Message 1 in" in text_of(supervisor.get("/en/from-members"))
    letter = f"/en/rounds/{scoring.ref}/from-members/1"
    assert WORDS in text_of(supervisor.get(letter))
    supervisor.send(letter, answer=ANSWER)
    assert ANSWER in text_of(member.get(address))
    organiser = visitor(scoring.organiser)
    for forbidden in (address, letter, "/en/from-members"):
        organiser.get(forbidden, status=403)
    log = text_of(Visitor(app.test_client()).get("/en/log/"))
    assert "A member sent the supervisor a message on interference" in log
    assert "deputy head" not in log
