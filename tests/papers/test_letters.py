"""Letters on the site: each at its permanent address, for its recipient alone."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from procurement import mail
from procurement.db import reading, transaction
from procurement.mail import Mail, queue_mail
from tests.conftest import MONDAY_MORNING, MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.people import People, people


@pytest.fixture
def world(engine: Engine, clock: MovableClock) -> People:
    return people(engine, clock())


def write(world: People, clock: MovableClock, to: str, template: str = "objections/waiting", about: str = "") -> str:
    """Write a letter; returns the path of its page in English."""
    with transaction(world.engine) as session:
        queue_mail(
            session,
            to=to,
            language="en",
            template=template,
            context={
                "objection": about or "R2026-001-O01",
                "news": "answered",
                "due": None,
                "page": "/en/objections/R2026-001-O01/handle",
            },
            about=about,
            now=clock(),
        )
    with reading(world.engine) as session:
        return f"/en/letters/{session.scalars(select(Mail.key).order_by(Mail.id.desc())).first()}"


def test_a_letter_is_read_by_its_recipient_alone(app: Flask, world: People, clock: MovableClock) -> None:
    path = write(world, clock, world.supervisor.email)
    own = Visitor(world.supervisor.enter(app.test_client(), clock()))
    page = own.get(path)
    assert "Objection R2026-001-O01 waits for a ruling" in page.text
    assert 'href="http://127.0.0.1:8000/en/objections/R2026-001-O01/handle"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "2026" in text_of(own.get(path.replace("/en/", "/zh/")))
    for other in (world.organiser, world.administrator):
        Visitor(other.enter(app.test_client(), clock())).get(path, status=404)
    # A stranger is not told whether there is such a letter.
    for asked in (path, "/en/letters/AAAAAAAAAAAAAAAAAAAAAA"):
        answer = app.test_client().get(asked)
        assert (answer.status_code, answer.location) == (303, f"/en/sign-in?next={asked}")


def test_a_letter_to_somebody_without_an_account_is_read_by_its_address(
    app: Flask, world: People, clock: MovableClock
) -> None:
    page = Visitor(app.test_client()).get(write(world, clock, "citizen@example.net"))
    assert "Whoever has the address of this page can read this letter." in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_ones_own_letters_are_listed_newest_first(app: Flask, world: People, clock: MovableClock) -> None:
    visit = Visitor(world.supervisor.enter(app.test_client(), clock()))
    assert "Every letter that is sent to you appears here" in visit.get("/en/letters/").text
    for number in range(23):
        write(world, clock, world.supervisor.email, about=f"R2026-001-O{number:02d}")
    write(world, clock, world.organiser.email, about="R2026-001-O77")
    first = visit.get("/en/letters/")
    assert first.text.index("O22") < first.text.index("O21")
    assert "O03" in first.text
    assert "O02" not in first.text
    assert "O77" not in first.text
    before = re.search(r"before=(\d+)", first.text)
    assert before
    following = visit.get(f"/en/letters/?before={before[1]}")
    assert all(f"O{number:02d}" in following.text for number in range(3))
    about = text_of(visit.get("/en/letters/?about=R2026-001-O05"))
    assert "O05 waits for a ruling" in about
    assert "O06" not in about


def test_choosing_how_letters_come(app: Flask, world: People, clock: MovableClock) -> None:
    visit = Visitor(world.supervisor.enter(app.test_client(), clock()))
    assert 'value="digest" checked' in visit.get("/en/letters/preferences").text.replace("\n", "").replace("  ", "")
    visit.send("/en/letters/preferences", delivery="hourly", status=422)
    assert visit.send("/zh/letters/preferences", delivery="at_once").location == "/zh/letters/"
    assert "Every letter comes to you at once." in visit.get("/en/letters/").text


def test_one_press_in_a_mail_program_stops_the_digest(
    app: Flask, world: People, clock: MovableClock, engine: Engine
) -> None:
    write(world, clock, world.supervisor.email)
    clock.advance(days=1)
    config = app.extensions["sunlit"].config
    assert mail.bundle_due(engine, config, clock) == 1
    with reading(engine) as session:
        digest = session.scalars(select(Mail).order_by(Mail.id.desc())).first()
        assert digest is not None
        path = str(digest.context["stop"])
    visit = Visitor(app.test_client())
    assert "Stop the daily letter" in visit.get(path).text
    with reading(engine) as session:
        assert mail.delivery_of(session, world.supervisor.id) == "digest", "a look changes nothing"
    # RFC 8058: sent by the mail program itself, with nothing but this.
    answer = visit.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    with reading(engine) as session:
        assert mail.delivery_of(session, world.supervisor.id) == "site"
    assert visit.client.post("/en/letters/stop/unknown", data={}).status_code == 404


def test_what_lies_in_the_outbox_goes_out_as_html_too(app: Flask, world: People, clock: MovableClock) -> None:
    path = write(world, clock, world.supervisor.email)
    config = app.extensions["sunlit"].config
    with reading(world.engine) as session:
        kept = mail.letter_by_key(session, config, path.rpartition("/")[2])
    assert kept is not None
    message = mail.message_of(config, kept.letter, message_id="<1@example.org>")
    html = message.get_body(("html",))
    assert html is not None
    text = html.get_content()
    assert '<html lang="en">' in text
    assert f'href="http://127.0.0.1:8000{path}"' in text


def test_the_address_that_stops_a_digest_stays_on_one_line(app: Flask) -> None:
    long = replace(
        app.extensions["sunlit"].config, base_url="https://selection.a-county-with-a-long-name.gov.example"
    )
    letter = mail.Letter(
        address="w@example.org",
        subject="选品" * 60,
        body="您好\n",
        created_at=MONDAY_MORNING,
        language="zh",
        kind=mail.LetterKind.BUNDLE,
        path="",
        stop="/zh/letters/stop/AAAAAAAAAAAAAAAAAAAAAA",
    )
    lines = mail.message_of(long, letter, message_id="<1@example.org>").as_bytes().decode("ascii").splitlines()
    assert f"List-Unsubscribe: <{long.base_url}{letter.stop}>" in lines
    assert all(len(line) < 80 for line in lines if line.startswith((" =?", "Subject")))


def test_the_table_of_what_may_be_read_of_whom_is_public(app: Flask) -> None:
    visit = Visitor(app.test_client())
    said = {language: text_of(visit.get(f"/{language}/personal-data")) for language in ("en", "zh")}
    assert "Name of a farmer, family farm or sole trader masked; in full with their separate consent" in said["en"]
    assert "居民身份证号码" in said["zh"]
