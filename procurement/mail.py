"""Letters by e-mail: queued inside the business transaction, sent afterwards by the worker.

A letter is a pair of templates, `templates/mail/<name>.en.txt` and `.zh.txt`, whose first line is the subject. What
fills them is kept as a document and rendered when the letter is sent, because only the worker knows the public
address and the time zone. Once sent, the document is erased: it may hold names and one-time links.

Without SUNLIT_SMTP_URL letters stay in the outbox, where a developer reads them.
"""

import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from babel.dates import format_datetime as babel_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from sqlalchemy import CheckConstraint, Engine, Index, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from procurement.clock import Clock
from procurement.db import Base, Document, UTCDateTime, reading, transaction

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "mail"
LANGUAGES = {"en": "en_GB", "zh": "zh_Hans_CN"}
ATTEMPTS = 8
FIRST_RETRY = timedelta(minutes=1)  # doubled each time: the last attempt is about two hours after the first


class Mail(Base):
    """One letter to one address."""

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state_known"),
        CheckConstraint("language IN ('en', 'zh')", name="language_known"),
        Index(
            "ix_mail_waiting",
            "run_after",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        {"info": {"unlogged": "a letter tells of an act, the act is logged"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    template: Mapped[str] = mapped_column(String(60))
    context: Mapped[dict[str, Any]] = mapped_column(Document)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    run_after: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(String(100), default="")


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered letter."""

    address: str
    subject: str
    body: str
    created_at: datetime


def queue_mail(
    session: Session, *, to: str, language: str, template: str, context: Mapping[str, Any], now: datetime
) -> None:
    """Queue a letter in the caller's transaction.

    `context` is a JSON document: instants as ISO 8601 texts (filter `instant` shows them in local time), addresses of
    pages as paths (filter `address` makes them absolute). Raises LookupError for an unknown template.
    """
    language = language if language in LANGUAGES else "zh"
    if not (TEMPLATES / f"{template}.{language}.txt").is_file():
        raise LookupError(f"no letter {template} in {language}")
    session.add(
        Mail(
            address=to,
            language=language,
            template=template,
            context=dict(context),
            created_at=now,
            run_after=now,
        )
    )


def outbox(session: Session, config: Any, *, limit: int = 100) -> Sequence[Letter]:
    """The newest letters that were not sent, newest first, as they would be."""
    rows = session.scalars(select(Mail).where(Mail.state != "sent").order_by(Mail.id.desc()).limit(limit))
    return [_letter(row, config) for row in rows]


def send_due(engine: Engine, config: Any, clock: Clock) -> int:
    """Send what is due and return how many letters went out. A letter that fails is tried again later."""
    if not config.smtp_url:
        return 0
    now = clock()
    with reading(engine) as session:
        due = select(Mail.id).where(Mail.state == "queued", Mail.run_after <= now).order_by(Mail.id).limit(50)
        ids = session.scalars(due).all()
    return sum(_send_one(engine, config, clock, mail_id) for mail_id in ids)


def _send_one(engine: Engine, config: Any, clock: Clock, mail_id: int) -> bool:
    now = clock()
    with transaction(engine) as session:
        row = session.get(Mail, mail_id, with_for_update={"skip_locked": True})
        if row is None or row.state != "queued" or row.run_after > now:
            return False
        # Claimed before it is sent: another worker does not send it too, and a crash costs an attempt.
        row.attempts += 1
        row.run_after = now + FIRST_RETRY * 2 ** (row.attempts - 1)
        letter, attempts, created_at = _letter(row, config), row.attempts, row.created_at
    try:
        _deliver(config, letter, message_id=f"<{mail_id}.{created_at:%Y%m%d%H%M%S}@{_host(config)}>")
    except (OSError, smtplib.SMTPException) as error:
        with transaction(engine) as session:
            session.execute(
                update(Mail)
                .where(Mail.id == mail_id)
                .values(error=type(error).__name__, state="failed" if attempts >= ATTEMPTS else "queued")
            )
        return False
    with transaction(engine) as session:
        session.execute(
            update(Mail).where(Mail.id == mail_id).values(state="sent", sent_at=clock(), context={}, error="")
        )
    return True


def _host(config: Any) -> str:
    return urlsplit(config.base_url).hostname or "localhost"


def _deliver(config: Any, letter: Letter, *, message_id: str) -> None:
    message = EmailMessage()
    message["From"], message["To"] = config.mail_from, letter.address
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    server = urlsplit(config.smtp_url)
    host = server.hostname or "localhost"
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, server.port or 465, timeout=30)
    else:
        connection = smtplib.SMTP(host, server.port or 587, timeout=30)
    with connection:
        connection.ehlo()
        if server.scheme == "smtp" and (connection.has_extn("starttls") or server.username):
            # A password never goes over an open line: without STARTTLS this raises and the letter waits.
            connection.starttls()
            connection.ehlo()
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)


def _letter(row: Mail, config: Any) -> Letter:
    rendered = (
        _templates()
        .get_template(f"{row.template}.{row.language}.txt")
        .render(
            **row.context,
            language=row.language,
            base_url=config.base_url,
            zone=config.zone,
            office=config.office_name_zh if row.language == "zh" else config.office_name_en,
        )
    )
    subject, _, body = rendered.partition("\n")
    return Letter(row.address, subject.strip(), body.strip() + "\n", row.created_at)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (plain text, no markup)
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["instant"] = _instant
    environment.filters["address"] = _address
    return environment


@pass_context
def _instant(context: Context, value: str) -> str:
    local = datetime.fromisoformat(value).astimezone(context["zone"])
    chinese = context["language"] == "zh"
    pattern = "y年M月d日EEE HH:mm (zzz)" if chinese else "EEE d MMMM y, HH:mm (zzz)"
    return babel_datetime(local, pattern, tzinfo=context["zone"], locale=LANGUAGES[context["language"]])


@pass_context
def _address(context: Context, path: str) -> str:
    return f"{context['base_url']}{path}"
