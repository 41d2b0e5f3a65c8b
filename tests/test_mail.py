"""Letters: queued with the act, sent once it is committed or in the daily digest, kept for their recipients."""

import re
import shutil
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from config import Config
from procurement import mail
from procurement.access import Role
from procurement.accounts.actions import create_account
from procurement.accounts.passwords import hash_password
from procurement.db import reading, transaction
from procurement.mail import Delivery, LetterKind, Mail, blocks, letter_by_key, outbox, queue_mail, send_due
from tests.conftest import MovableClock
from tests.worlds.people import PASSWORD

LETTERS = {
    "task.en.txt": "Task {{ number }}\n\nDo it.\n",
    "task.zh.txt": "事项{{ number }}\n\n请办理。\n",
    "filed.en.txt": "Filed\n\nYour link: {{ secret.path|address }}\n",
    "filed.zh.txt": "已提交\n\n您的链接：{{ secret.path|address }}\n",
    "reset.en.txt": "Reset\n\n{{ path|address }}\n",
    "reset.zh.txt": "重设\n\n{{ path|address }}\n",
    "greeting.en.txt": "Welcome, {{ name }}\n\nUntil {{ until|instant }}: {{ path|address }}\n{{ office }}\n",
    "greeting.zh.txt": "您好，{{ name }}\n\n截止{{ until|instant }}：{{ path|address }}\n{{ office }}\n",
}
CONTEXT = {"name": "Ö & 王", "until": "2026-03-02T01:00:00+00:00", "path": "/en/rounds/R1"}


@pytest.fixture(autouse=True)
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shutil.copytree(mail.TEMPLATES / "letters", tmp_path / "letters")
    for name, text in LETTERS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(mail, "TEMPLATES", tmp_path)
    mail._templates.cache_clear()
    mail._pages.cache_clear()
    yield
    mail._templates.cache_clear()
    mail._pages.cache_clear()


class _Conversation(socketserver.StreamRequestHandler):
    """Enough of SMTP (RFC 5321) to take a letter; a recipient at refused.example.org is refused."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            command = line.strip().upper()
            if command.startswith(b"RCPT") and b"REFUSED" in command:
                self.wfile.write(b"550 no such person\r\n")
            elif command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.received.append(message_from_bytes(body, policy=default))  # type: ignore[attr-defined]
                self.wfile.write(b"250 taken\r\n")
            elif command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 fine\r\n")


@pytest.fixture
def post_office(config: Config) -> Iterator[tuple[Config, list[Message]]]:
    """A configuration with a mail server that runs, and what it received."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
        server.daemon_threads = True
        received: list[Message] = []
        server.received = received  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield replace(config, smtp_url=f"smtp://127.0.0.1:{server.server_address[1]}"), received
        server.shutdown()


def queue(engine: Engine, clock: MovableClock, to: str = "w@example.org", language: str = "en") -> None:
    with transaction(engine) as session:
        queue_mail(session, to=to, language=language, template="greeting", context=CONTEXT, now=clock())


def only_row(engine: Engine) -> Mail:
    with reading(engine) as session:
        return session.scalars(select(Mail)).one()


def words(letter: Message, kind: str = "plain") -> str:
    """The plain text of a letter, or its HTML."""
    part = letter.get_body((kind,))  # type: ignore[attr-defined]
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_letter_is_sent_once_and_stays_readable(
    engine: Engine, clock: MovableClock, post_office: tuple[Config, list[Message]]
) -> None:
    config, received = post_office
    queue(engine, clock)
    assert send_due(engine, config, clock) == 1
    assert send_due(engine, config, clock) == 0
    [letter] = received
    assert letter["Subject"] == "Welcome, Ö & 王"
    assert letter["To"] == "w@example.org"
    assert letter["From"] == config.mail_from
    assert letter["List-Unsubscribe"] is None, "a notice is nothing that can be stopped"
    row = only_row(engine)
    body = words(letter)
    assert "http://127.0.0.1:8000/en/rounds/R1" in body
    assert "2 March 2026" in body
    assert "09:00" in body, "local time"
    assert f"http://127.0.0.1:8000/en/letters/{row.key}" in body
    html = words(letter, "html")
    assert '<a href="http://127.0.0.1:8000/en/rounds/R1"' in html
    assert "Welcome, Ö &amp; 王" in html
    assert (row.state, row.context, row.sent_at) == ("sent", CONTEXT, clock())
    with reading(engine) as session:
        kept = letter_by_key(session, config, row.key)
    assert kept is not None
    assert kept.letter.body in body
    assert kept.user_id is None


def test_a_one_time_link_is_forgotten_once_it_is_sent(
    engine: Engine,
    clock: MovableClock,
    post_office: tuple[Config, list[Message]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "KINDS", {"reset": LetterKind.SECURE})
    config, received = post_office
    with transaction(engine) as session:
        link: dict[str, Any] = {"path": "/en/reset/T0KEN"}
        for template, given in (("filed", {"context": {}, "secret": link}), ("reset", {"context": link})):
            queue_mail(session, to="w@example.org", language="en", template=template, now=clock(), **given)
    assert send_due(engine, config, clock) == 2
    assert all("/en/reset/T0KEN" in words(letter) for letter in received)
    with reading(engine) as session:
        assert session.scalars(select(Mail.context)).all() == [{}, {}]
        assert session.scalars(select(Mail.secret)).all() == [{}, {}]
        filed, reset = session.scalars(select(Mail.key).order_by(Mail.id))
        kept = letter_by_key(session, config, filed)
        assert kept is not None
        assert kept.letter.body == "Your link: (this link was in the e-mail only)\n"
        assert letter_by_key(session, config, reset) is None, "nothing of it is kept"


# --- digests ------------------------------------------------------------------------------------------------------


@pytest.fixture
def account(engine: Engine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch) -> int:
    """Somebody with an account, for whom work letters are written."""
    monkeypatch.setattr(mail, "KINDS", {"task": LetterKind.WORK, "letters/digest": LetterKind.BUNDLE})
    with transaction(engine) as session:
        return create_account(
            session,
            email="w@example.org",
            name="W",
            employer="",
            roles=[Role.MEMBER],
            password=PASSWORD,
            new_hash=hash_password(PASSWORD),
            language="en",
            now=clock(),
        )


def task(engine: Engine, clock: MovableClock, number: int, language: str = "en") -> None:
    with transaction(engine) as session:
        context = {"number": number}
        queue_mail(session, to="W@example.org", language=language, template="task", context=context, now=clock())


def passed(engine: Engine, config: Config, clock: MovableClock) -> int:
    """What the worker does about letters at this moment; returns how many went out."""
    mail.bundle_due(engine, config, clock)
    return send_due(engine, config, clock)


def test_letters_wait_for_the_daily_digest(
    engine: Engine, clock: MovableClock, post_office: tuple[Config, list[Message]], account: int
) -> None:
    config, received = post_office
    task(engine, clock, 1)  # Monday, nine in the morning: an hour after the digest of that day
    clock.advance(hours=22, minutes=59, seconds=59)
    task(engine, clock, 2)
    assert passed(engine, config, clock) == 0
    clock.advance(seconds=1)  # Tuesday, eight o'clock
    task(engine, clock, 3)
    assert passed(engine, config, clock) == 1
    assert passed(engine, config, clock) == 0
    [digest] = received
    assert digest["Subject"] == "2 letters for you"
    for words_ in (words(digest), words(digest, "html")):
        assert "Task 1" in words_
        assert "Task 2" in words_
        assert "Task 3" not in words_, "what is written at eight o'clock is for the next day"
    assert re.fullmatch(r"<http://127.0.0.1:8000/en/letters/stop/[\w-]{22}>", digest["List-Unsubscribe"])
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with reading(engine) as session:
        read = mail.letters_of(session, config, user_id=account)
    assert [one.letter.subject for one in read] == ["Task 3", "Task 2", "Task 1"], "each is read by itself"
    assert all(f"/en/letters/{one.key}" in words(digest) for one in read[1:])
    clock.advance(days=1)
    assert passed(engine, config, clock) == 1
    assert received[1]["Subject"] == "Task 3"
    clock.advance(days=1)
    assert passed(engine, config, clock) == 0, "nothing new, no letter"


def test_a_person_chooses_how_letters_come(
    engine: Engine, clock: MovableClock, post_office: tuple[Config, list[Message]], account: int
) -> None:
    config, received = post_office
    task(engine, clock, 1)
    with transaction(engine) as session:
        mail.prefer(session, user_id=account, delivery=Delivery.AT_ONCE, now=clock())
    task(engine, clock, 2)
    assert passed(engine, config, clock) == 2, "what was held is released"
    with transaction(engine) as session:
        mail.prefer(session, user_id=account, delivery=Delivery.SITE, now=clock())
    task(engine, clock, 3)
    queue(engine, clock)
    clock.advance(days=2)
    assert passed(engine, config, clock) == 1
    assert received[-1]["Subject"] == "Welcome, Ö & 王", "a notice goes out whatever was chosen"
    with reading(engine) as session:
        subjects = [one.letter.subject for one in mail.letters_of(session, config, user_id=account)]
    assert subjects == ["Welcome, Ö & 王", "Task 3", "Task 2", "Task 1"]


def test_the_link_in_a_digest_stops_it(
    engine: Engine, clock: MovableClock, post_office: tuple[Config, list[Message]], account: int
) -> None:
    config, received = post_office
    task(engine, clock, 1)
    clock.advance(days=1)
    passed(engine, config, clock)
    key = received[0]["List-Unsubscribe"].rpartition("/")[2].rstrip(">")
    task(engine, clock, 2)
    with transaction(engine) as session:
        assert mail.prefer_by_key(session, key=key, now=clock())
        assert not mail.prefer_by_key(session, key="another", now=clock())
    clock.advance(days=1)
    assert passed(engine, config, clock) == 0
    with reading(engine) as session:
        assert mail.delivery_of(session, account) is Delivery.SITE


def test_the_database_keeps_notices_from_waiting(engine: Engine, clock: MovableClock) -> None:
    queue(engine, clock)
    for state in ("held", "kept"):
        with pytest.raises(IntegrityError), transaction(engine) as session:
            session.execute(update(Mail).values(state=state))


# --- the words of a letter ----------------------------------------------------------------------------------------


def test_a_letter_is_cut_into_its_parts() -> None:
    body = (
        "Dear you,\nhello.\n\nScores\n------\n- one: https://x.example/a.\n- two\nend\n\n\nhttps://y.example/（注）"
    )
    found = [(block.kind, ["".join(words for words, _ in line) for line in block.lines]) for block in blocks(body)]
    assert found == [
        ("text", ["Dear you,", "hello."]),
        ("heading", ["Scores"]),
        ("list", ["one: https://x.example/a.", "two"]),
        ("text", ["end"]),
        ("text", ["https://y.example/（注）"]),
    ]
    addresses = [words for block in blocks(body) for line in block.lines for words, address in line if address]
    assert addresses == ["https://x.example/a", "https://y.example/"]


def test_every_letter_is_there_in_both_languages_and_every_kind_is_of_one() -> None:
    folder = Path(mail.__file__).parents[1] / "templates" / "mail"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.txt")}
    pairs = {name.removesuffix(".en.txt") for name in names if name.endswith(".en.txt")}
    assert pairs == {name.removesuffix(".zh.txt") for name in names if name.endswith(".zh.txt")}
    assert mail.KINDS.keys() <= pairs


def test_no_letter_leaves_before_the_commit(
    engine: Engine, clock: MovableClock, post_office: tuple[Config, list[Message]]
) -> None:
    config, received = post_office
    with transaction(engine) as session:
        queue_mail(session, to="w@example.org", language="zh", template="greeting", context=CONTEXT, now=clock())
        session.rollback()
    assert send_due(engine, config, clock) == 0
    assert received == []


def test_a_letter_that_is_refused_waits_and_is_given_up_in_the_end(
    engine: Engine, clock: MovableClock, post_office: tuple[Config, list[Message]]
) -> None:
    config, received = post_office
    queue(engine, clock, to="someone@refused.example.org")
    for attempt in range(1, mail.ATTEMPTS + 1):
        assert send_due(engine, config, clock) == 0
        row = only_row(engine)
        assert row.attempts == attempt
        assert row.run_after > clock()
        clock.move_to(row.run_after)
    assert only_row(engine).state == "failed"
    assert only_row(engine).error == "SMTPRecipientsRefused"
    assert received == []


def test_without_a_mail_server_letters_stay_in_the_outbox(
    engine: Engine, clock: MovableClock, config: Config
) -> None:
    queue(engine, clock, language="zh")
    assert send_due(engine, config, clock) == 0
    with reading(engine) as session:
        [letter] = outbox(session, config)
    assert letter.subject == "您好，Ö & 王"
    assert config.office_name_zh in letter.body
    assert "2026年3月2日" in letter.body


def test_an_unreachable_server_costs_an_attempt(engine: Engine, clock: MovableClock, config: Config) -> None:
    queue(engine, clock)
    assert send_due(engine, replace(config, smtp_url="smtp://127.0.0.1:9"), clock) == 0
    assert only_row(engine).error == "ConnectionRefusedError"


def test_a_letter_that_does_not_exist_is_an_error_of_the_act(engine: Engine, clock: MovableClock) -> None:
    with transaction(engine) as session, pytest.raises(LookupError):
        queue_mail(session, to="w@example.org", language="en", template="none", context={}, now=clock())
