"""News by mail without an account: asked for, confirmed, one letter a day, stopped by one press."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from config import Config
from procurement import mail
from procurement.db import reading, transaction
from procurement.errors import NotFound, RuleBroken
from procurement.mail import Mail
from procurement.papers import subscribing
from procurement.papers.models import Subscription
from procurement.papers.subscribing import AGAIN, WAIT, confirm, followed, stop, subscribe, write_due
from procurement.publiclog.models import LogHead
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.people import People, people
from tests.worlds.rounds import RoundWorld, draft_round, published_round

ADDRESS = "reader@example.net"


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


def ask(engine: Engine, clock: MovableClock, what: str = "rounds", address: str = ADDRESS) -> str:
    """Ask, and give the key of the link."""
    with transaction(engine) as session:
        subscribe(session, now=clock(), address=address, what=what, language="en")
    with reading(engine) as session:
        return session.scalars(select(Subscription.key).where(Subscription.what == what)).one()


def follow(engine: Engine, clock: MovableClock, what: str = "rounds") -> str:
    key = ask(engine, clock, what)
    with transaction(engine) as session:
        confirm(session, now=clock(), key=key)
    return key


def letters(engine: Engine, config: Config, template: str) -> list[mail.Letter]:
    with reading(engine) as session:
        rows = session.scalars(select(Mail).where(Mail.template == template).order_by(Mail.id)).all()
        return [mail._letter(row, config) for row in rows]


def at_eight(clock: MovableClock) -> None:
    """To the next eight in the morning, local time (UTC+8)."""
    clock.move_to((clock() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0))


def test_from_the_page_to_the_first_letter_and_its_end(
    app: Flask, world: People, engine: Engine, config: Config, clock: MovableClock
) -> None:
    visit = Visitor(app.test_client())
    page = visit.get("/en/rounds/")
    assert 'href="/en/follow?list=rounds"' in page.text
    asked = visit.send("/en/follow?list=rounds", what="rounds", address=" Reader@Example.NET ")
    assert (asked.status_code, asked.location) == (303, "/en/follow/asked")
    assert "Open it and press the button" in text_of(visit.get("/en/follow/asked"))
    (first,) = letters(engine, config, "papers/subscribe")
    assert first.address == ADDRESS
    path = re.findall(r"http://[^/]+(/en/follow/\S+)", first.body)[0]
    # Opening the link, as programs do, begins nothing.
    assert "Yes, send me news" in visit.get(path).text
    published_round(world, clock)
    at_eight(clock)
    assert write_due(engine, config, clock) == 0
    assert visit.send(path).status_code == 303
    assert "You follow this by e-mail" in visit.get(path).text
    # What was before is not told; what comes after is, at eight.
    at_eight(clock)
    assert write_due(engine, config, clock) == 0
    later = published_round(world, clock)
    assert write_due(engine, config, clock) == 0
    at_eight(clock)
    assert write_due(engine, config, clock) == 1
    assert write_due(engine, config, clock) == 0
    (news,) = letters(engine, config, "papers/news")
    assert later.ref in news.body
    assert "The round was published and its rules frozen" in news.body
    assert news.body.count("/en/log/") == 1
    message = mail.message_of(config, news, message_id="<1@localhost>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip("<>")
    stop_path = address.removeprefix(config.base_url)
    # A mail program posts without ever having seen a page.
    stopped = app.test_client().post(stop_path, data={"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Subscription)) == 0
    assert app.test_client().post(stop_path).status_code == 200
    visit.get(path, status=404)


def test_a_round_can_be_followed_in_chinese(
    app: Flask, world: People, engine: Engine, config: Config, clock: MovableClock
) -> None:
    found = published_round(world, clock)
    visit = Visitor(app.test_client())
    assert f'href="/zh/follow?round={found.ref}"' in visit.get(f"/zh/rounds/{found.ref}").text
    visit.send(f"/zh/follow?round={found.ref}", what=found.ref, address=ADDRESS)
    (first,) = letters(engine, config, "papers/subscribe")
    assert f"轮次{found.ref}的全部消息" in first.body
    assert "/zh/follow/" in first.body


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.org", "x" * 250 + "@example.org"])
def test_what_is_no_address_is_refused(engine: Engine, world: People, clock: MovableClock, address: str) -> None:
    with pytest.raises(RuleBroken, match="e-mail address"), transaction(engine) as session:
        subscribe(session, now=clock(), address=address, what="rounds", language="en")
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Mail)) == 0


def test_what_is_not_public_cannot_be_followed(engine: Engine, world: People, clock: MovableClock) -> None:
    draft: RoundWorld = draft_round(world, clock)
    for what in (draft.ref, "R2026-999", "everything", ""):
        with pytest.raises(NotFound), transaction(engine) as session:
            subscribe(session, now=clock(), address=ADDRESS, what=what, language="en")
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Subscription)) == 0


def test_nobody_is_written_to_over_and_over(
    engine: Engine, config: Config, world: People, clock: MovableClock
) -> None:
    ask(engine, clock)
    clock.move_to(clock() + AGAIN - timedelta(microseconds=1))
    ask(engine, clock)
    assert len(letters(engine, config, "papers/subscribe")) == 1
    clock.advance(microseconds=1)
    key = ask(engine, clock)
    assert len(letters(engine, config, "papers/subscribe")) == 2
    with transaction(engine) as session:
        confirm(session, now=clock(), key=key)
    clock.advance(days=2)
    ask(engine, clock)  # follows already: nothing is sent, and nothing tells so
    assert len(letters(engine, config, "papers/subscribe")) == 2


@pytest.mark.parametrize(("late", "valid"), [(-1, True), (0, False), (1, False)])
def test_a_link_ends_after_seven_days(
    engine: Engine, config: Config, world: People, clock: MovableClock, late: int, valid: bool
) -> None:
    key = ask(engine, clock)
    clock.move_to(clock() + WAIT + timedelta(microseconds=late))
    if valid:
        with transaction(engine) as session:
            confirm(session, now=clock(), key=key)
        with reading(engine) as session:
            assert followed(session, now=clock(), key=key).confirmed
    else:
        with pytest.raises(NotFound), transaction(engine) as session:
            confirm(session, now=clock(), key=key)
    write_due(engine, config, clock)
    with reading(engine) as session:
        kept = session.scalar(select(func.count()).select_from(Subscription))
    assert kept == valid, "an address that was never confirmed is forgotten"


def test_following_is_no_act(engine: Engine, config: Config, world: People, clock: MovableClock) -> None:
    def size() -> int:
        with reading(engine) as session:
            return session.scalars(select(LogHead.size)).one()

    before = size()
    key = follow(engine, clock)
    with transaction(engine) as session:
        stop(session, key=key)
    assert size() == before


def test_a_letter_tells_the_newest_and_how_many_more(
    engine: Engine, config: Config, world: People, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribing, "MOST", 2)
    follow(engine, clock)
    found = [published_round(world, clock) for _ in range(3)]
    at_eight(clock)
    assert write_due(engine, config, clock) == 1
    (news,) = letters(engine, config, "papers/news")
    assert "Earlier entries that are not listed here: 1" in news.body
    assert found[0].ref not in news.body
    assert found[2].ref in news.body
