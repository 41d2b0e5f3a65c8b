"""Letters: queued with the act, sent once it is committed, erased once sent."""

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from config import Config
from procurement import mail
from procurement.db import reading, transaction
from procurement.mail import Mail, outbox, queue_mail, send_due
from tests.conftest import MovableClock

LETTERS = {
    "greeting.en.txt": "Welcome, {{ name }}\n\nUntil {{ until|instant }}: {{ path|address }}\n{{ office }}\n",
    "greeting.zh.txt": "您好，{{ name }}\n\n截止{{ until|instant }}：{{ path|address }}\n{{ office }}\n",
}
CONTEXT = {"name": "Ö & 王", "until": "2026-03-02T01:00:00+00:00", "path": "/en/rounds/R1"}


@pytest.fixture(autouse=True)
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, text in LETTERS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(mail, "TEMPLATES", tmp_path)
    mail._templates.cache_clear()
    yield
    mail._templates.cache_clear()


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


def test_a_letter_is_sent_once_and_then_forgotten(
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
    body = letter.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "http://127.0.0.1:8000/en/rounds/R1" in body
    assert "2 March 2026" in body
    assert "09:00" in body, "local time"
    row = only_row(engine)
    assert (row.state, row.context, row.sent_at) == ("sent", {}, clock())


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
