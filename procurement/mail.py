"""Letters: queued inside the business transaction, sent afterwards by the worker, kept for their recipients.

A letter is a pair of templates, `templates/mail/<name>.en.txt` and `.zh.txt`, whose first line is the subject. What
fills them is kept as a document and rendered when the letter is sent or read, because only the edge knows the public
address and the time zone. The plain text is the letter; its HTML is made from it (`blocks`).

Every letter has a permanent address on the site, `/<language>/letters/<key>`. One that goes to an account's address
belongs to that account and is read there by nobody else; of any other the key is the secret of whoever received it.
What must not be kept (`secret`: one-time links) is erased once the letter is sent.

    SECURE   holds a one-time link: at once, forgotten when sent, not kept for reading
    LEGAL    tells of a right, a duty or a decision: at once, whatever the recipient prefers
    WORK     something waits for the recipient: at once, in the daily digest or on the site only, as they choose
    NEWS     something happened: likewise
    BUNDLE   a digest: forgotten when sent, since the letters in it are kept

Without SUNLIT_SMTP_URL letters stay in the outbox, where a developer reads them.
"""

import re
import secrets
import smtplib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from enum import StrEnum
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from sqlalchemy import (
    CheckConstraint,
    Engine,
    ForeignKey,
    Index,
    String,
    column,
    select,
    table,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from procurement.clock import Clock
from procurement.db import Base, Document, UTCDateTime, partial_index, reading, transaction

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "mail"
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
LANGUAGES = {"en": "en_GB", "zh": "zh_Hans_CN"}
ATTEMPTS = 8
FIRST_RETRY = timedelta(minutes=1)  # doubled each time: the last attempt is about two hours after the first
ZONE_NAMES = {("Asia/Shanghai", "en"): "Beijing time", ("Asia/Shanghai", "zh"): "北京时间"}
"""Names that people use; every other zone is named by its offset."""
DIGEST_HOUR = 8  # local: the daily digest holds what was written before this hour


class LetterKind(StrEnum):
    """How a letter is treated; see the module."""

    SECURE = "secure"
    LEGAL = "legal"
    WORK = "work"
    NEWS = "news"
    BUNDLE = "bundle"


class Delivery(StrEnum):
    """When a letter goes out."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    SITE = "site"


CHOSEN = frozenset({LetterKind.WORK, LetterKind.NEWS})
"""Letters whose delivery the recipient chooses."""
FORGOTTEN = frozenset({LetterKind.SECURE, LetterKind.BUNDLE})
"""Letters of which nothing is kept once they are sent."""

KINDS: Mapping[str, LetterKind] = {
    "applications/supplement-received": LetterKind.WORK,
    "accounts/invitation": LetterKind.SECURE,
    "accounts/register": LetterKind.SECURE,
    "accounts/registered-already": LetterKind.SECURE,
    "accounts/reset": LetterKind.SECURE,
    "merchants/invitation": LetterKind.SECURE,
    "merchants/certificate-ends": LetterKind.WORK,
    "committee/scoring-began": LetterKind.WORK,
    "scoring/agree": LetterKind.WORK,
    "scoring/look-again": LetterKind.WORK,
    "objections/waiting": LetterKind.WORK,
    "letters/digest": LetterKind.BUNDLE,
    "papers/subscribe": LetterKind.SECURE,
    "papers/news": LetterKind.BUNDLE,
}
"""Template → how it is treated. A letter that is not named here is a legal notice: that errs on the right side."""


class Mail(Base):
    """One letter to one address. `key` stands in its permanent address; `about` is the reference of what it concerns;
    `bundle_id` the digest in which it went out. What fills the template is in `context`, and in `secret` what must be
    gone once it is sent."""

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sent', 'failed', 'held', 'kept')", name="state_known"),
        CheckConstraint("language IN ('en', 'zh')", name="language_known"),
        CheckConstraint("kind IN ('secure', 'legal', 'work', 'news', 'bundle')", name="kind_known"),
        # A legal notice never waits for a digest and is never left on the site alone.
        CheckConstraint("state NOT IN ('held', 'kept') OR kind IN ('work', 'news')", name="notices_go_out"),
        partial_index("ix_mail_waiting", "run_after", where="state = 'queued'"),
        partial_index("ix_mail_held", "user_id", where="state = 'held'"),
        Index("ix_mail_user_id_id", "user_id", "id"),
        {"info": {"unlogged": "a letter tells of an act, the act is logged"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(24), unique=True, default=lambda: secrets.token_urlsafe(16))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    template: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10), default=LetterKind.LEGAL)
    about: Mapped[str] = mapped_column(String(60), default="", index=True)
    context: Mapped[dict[str, Any]] = mapped_column(Document)
    secret: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    bundle_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    run_after: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(String(100), default="")


class MailPreference(Base):
    """How somebody wants the letters that need not go out at once. No row: the daily digest. `key` stands in the link
    that stops them with one press, without signing in."""

    __tablename__ = "mail_preference"
    __table_args__ = (
        CheckConstraint("delivery IN ('at_once', 'digest', 'site')", name="delivery_known"),
        {"info": {"unlogged": "a preference is personal data and no act of a round"}},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, autoincrement=False)
    delivery: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(24), unique=True, default=lambda: secrets.token_urlsafe(16))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


_ACCOUNTS = table("user_account", column("id"), column("email"))


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered letter. `path`: where it can be read on the site, "" when it is not kept."""

    address: str
    subject: str
    body: str
    created_at: datetime
    language: str
    kind: LetterKind
    path: str
    stop: str = ""


def queue_mail(
    session: Session,
    *,
    to: str,
    language: str,
    template: str,
    context: Mapping[str, Any],
    now: datetime,
    about: str = "",
    secret: Mapping[str, Any] | None = None,
    kind: LetterKind | None = None,
) -> None:
    """Queue a letter in the caller's transaction.

    `context` is a JSON document: instants as ISO 8601 texts (filter `instant` shows them in local time), addresses of
    pages as paths (filter `address` makes them absolute); `secret` the part of it that is erased once the letter is
    sent, such as one-time links. `about`: the reference of what it concerns. `kind`: only where one template serves
    letters of two kinds. Raises LookupError for an unknown template.
    """
    language = language if language in LANGUAGES else "zh"
    if not (TEMPLATES / f"{template}.{language}.txt").is_file():
        raise LookupError(f"no letter {template} in {language}")
    kind = kind or KINDS.get(template, LetterKind.LEGAL)
    user_id = session.scalar(select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.email == to.strip().lower()))
    delivery = Delivery.AT_ONCE if user_id is None or kind not in CHOSEN else delivery_of(session, user_id)
    session.add(
        Mail(
            user_id=user_id,
            address=to,
            language=language,
            template=template,
            kind=kind,
            about=about,
            context=dict(context),
            secret=dict(secret or {}),
            state={Delivery.AT_ONCE: "queued", Delivery.DIGEST: "held", Delivery.SITE: "kept"}[delivery],
            created_at=now,
            run_after=now,
        )
    )


# --- preferences --------------------------------------------------------------------------------------------------


def delivery_of(session: Session, user_id: int) -> Delivery:
    """How the account wants the letters that need not go out at once."""
    chosen = session.scalar(select(MailPreference.delivery).where(MailPreference.user_id == user_id))
    return Delivery(chosen) if chosen else Delivery.DIGEST


def prefer(session: Session, *, user_id: int, delivery: Delivery, now: datetime) -> None:
    """Choose; what waits for a digest follows the new choice."""
    row = _preference(session, user_id, now)
    row.delivery, row.changed_at = delivery, now
    if delivery is not Delivery.DIGEST:
        state = "queued" if delivery is Delivery.AT_ONCE else "kept"
        session.execute(
            update(Mail).where(Mail.user_id == user_id, Mail.state == "held").values(state=state, run_after=now)
        )


def prefer_by_key(session: Session, *, key: str, now: datetime) -> bool:
    """Stop the letters that may be stopped, by the link in a digest; False for an unknown link."""
    user_id = session.scalar(select(MailPreference.user_id).where(MailPreference.key == key))
    if user_id is not None:
        prefer(session, user_id=user_id, delivery=Delivery.SITE, now=now)
    return user_id is not None


def _preference(session: Session, user_id: int, now: datetime) -> MailPreference:
    row = session.get(MailPreference, user_id, with_for_update=True)
    if row is None:
        row = MailPreference(user_id=user_id, delivery=Delivery.DIGEST, changed_at=now)
        session.add(row)
        session.flush()
    return row


# --- reading ------------------------------------------------------------------------------------------------------


def outbox(session: Session, config: Any, *, limit: int = 100) -> Sequence[Letter]:
    """The newest letters that were not sent, newest first, as they would be."""
    rows = session.scalars(select(Mail).where(Mail.state != "sent").order_by(Mail.id.desc()).limit(limit))
    return [_letter(row, config) for row in rows]


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter as its recipient reads it on the site. `user_id` None: it went to an address without an account."""

    id: int
    key: str
    user_id: int | None
    about: str
    letter: Letter


def letters_of(
    session: Session, config: Any, *, user_id: int, about: str = "", before: int | None = None, limit: int = 20
) -> list[Kept]:
    """The letters to an account that are kept, newest first, those with a smaller id than `before`."""
    wanted = select(Mail).where(Mail.user_id == user_id, Mail.kind.not_in(FORGOTTEN)).order_by(Mail.id.desc())
    if about:
        wanted = wanted.where(Mail.about == about)
    if before is not None:
        wanted = wanted.where(Mail.id < before)
    return [_kept(row, config) for row in session.scalars(wanted.limit(limit))]


def letter_by_key(session: Session, config: Any, key: str) -> Kept | None:
    """The kept letter with that key, whoever asks: the caller asks whose it is."""
    row = session.scalars(select(Mail).where(Mail.key == key, Mail.kind.not_in(FORGOTTEN))).one_or_none()
    return None if row is None else _kept(row, config)


def _kept(row: Mail, config: Any) -> Kept:
    return Kept(row.id, row.key, row.user_id, row.about, _letter(row, config))


# --- digests ------------------------------------------------------------------------------------------------------


def digest_cut(config: Any, now: datetime) -> datetime:
    """The last instant at or before `now` at which a digest was made up: what was written before it is due."""
    local = now.astimezone(config.zone)
    day = local.date() if local.hour >= DIGEST_HOUR else local.date() - timedelta(days=1)
    return datetime.combine(day, time(DIGEST_HOUR), tzinfo=config.zone)


def bundle_due(engine: Engine, config: Any, clock: Clock) -> int:
    """Put the letters that were held until the daily digest into one for each person; returns how many digests."""
    now = clock()
    cut = digest_cut(config, now)
    due = (Mail.state == "held", Mail.created_at < cut)
    with reading(engine) as session:
        people = session.scalars(select(Mail.user_id).where(*due).distinct().order_by(Mail.user_id)).all()
    return sum(_bundle(engine, config, now, user_id, due) for user_id in people if user_id is not None)


def _bundle(engine: Engine, config: Any, now: datetime, user_id: int, due: tuple[Any, ...]) -> bool:
    with transaction(engine) as session:
        # The preference is the lock of a person's digest: two workers do not make up the same one.
        preference = _preference(session, user_id, now)
        rows = session.scalars(select(Mail).where(Mail.user_id == user_id, *due).order_by(Mail.id)).all()
        if not rows:
            return False
        letters = [_letter(row, config) for row in rows]
        bundle = Mail(
            user_id=user_id,
            address=rows[-1].address,
            language=rows[-1].language,
            template="letters/digest",
            kind=LetterKind.BUNDLE,
            context={
                "letters": [
                    {"subject": one.subject, "path": one.path, "at": one.created_at.isoformat()} for one in letters
                ],
                "stop": f"/{rows[-1].language}/letters/stop/{preference.key}",
            },
            secret={},
            created_at=now,
            run_after=now,
        )
        session.add(bundle)
        session.flush()
        for row in rows:
            row.state, row.sent_at, row.bundle_id = "sent", now, bundle.id
            row.secret = {}
    return True


# --- sending ------------------------------------------------------------------------------------------------------


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
        forget = row.kind in FORGOTTEN
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
    erased: dict[str, Any] = {"secret": {}, **({"context": {}} if forget else {})}
    with transaction(engine) as session:
        session.execute(
            update(Mail).where(Mail.id == mail_id).values(state="sent", sent_at=clock(), error="", **erased)
        )
    return True


def _host(config: Any) -> str:
    return urlsplit(config.base_url).hostname or "localhost"


class _Headers(EmailPolicy):
    """The standard headers, but an address to press on stays on one line: folded or encoded, programs miss it."""

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}" if name == "List-Unsubscribe" else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


def message_of(config: Any, letter: Letter, *, message_id: str) -> EmailMessage:
    """The letter as an e-mail: plain text with its HTML beside it."""
    message = EmailMessage(policy=_Headers())
    message["From"], message["To"] = config.mail_from, letter.address
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "zh-Hans" if letter.language == "zh" else "en"
    if letter.stop:
        # RFC 8058: one press in the mail program, without opening a page.
        message["List-Unsubscribe"] = f"<{config.base_url}{letter.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    about = {"letter": letter, "base_url": config.base_url, "language": letter.language}
    footer = _templates().get_template(f"letters/footer.{letter.language}.txt").render(about)
    message.set_content(letter.body + footer)
    html = (
        _pages()
        .get_template("letters/letter.html")
        .render(
            about,
            blocks=list(blocks(letter.body)),
            office=config.office_name_zh if letter.language == "zh" else config.office_name_en,
        )
    )
    message.add_alternative(html, subtype="html")
    return message


def _deliver(config: Any, letter: Letter, *, message_id: str) -> None:
    message = message_of(config, letter, message_id=message_id)
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


# --- rendering ----------------------------------------------------------------------------------------------------


class _Gone(dict[str, str]):
    """Stands for what was erased once the letter was sent."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def __missing__(self, _: str) -> str:
        return "（该链接仅见于邮件）" if self.language == "zh" else "(this link was in the e-mail only)"


def _letter(row: Mail, config: Any) -> Letter:
    rendered = (
        _templates()
        .get_template(f"{row.template}.{row.language}.txt")
        .render(
            **row.context,
            secret=row.secret or _Gone(row.language),
            language=row.language,
            base_url=config.base_url,
            zone=config.zone,
            office=config.office_name_zh if row.language == "zh" else config.office_name_en,
        )
    )
    subject, _, body = rendered.partition("\n")
    kind = LetterKind(row.kind)
    return Letter(
        address=row.address,
        subject=subject.strip(),
        body=re.sub(r"\n{3,}", "\n\n", body.strip()) + "\n",
        created_at=row.created_at,
        language=row.language,
        kind=kind,
        path="" if kind in FORGOTTEN else f"/{row.language}/letters/{row.key}",
        stop=row.context.get("stop", "") if kind is LetterKind.BUNDLE else "",
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a letter: "heading", "text" or "list", with its lines. A line is cut into pieces, (what it says,
    whether it is an address)."""

    kind: str
    lines: tuple[tuple[tuple[str, bool], ...], ...]


_URL = re.compile(r"https?://[^\s<>“”，。；、（）()]+[^\s<>“”，。；、（）().,;:!?]")


def blocks(body: str) -> Iterator[Block]:
    """The parts of a letter's plain text: paragraphs between empty lines, lists of lines that begin with "- ", and
    headings, which are lines with hyphens under them."""
    for part in re.split(r"\n\s*\n", body.strip()):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if len(lines) >= 2 and re.fullmatch(r"-{3,}", lines[1]):
            yield Block("heading", (_pieces(lines[0]),))
            lines = lines[2:]
        for listed, group in _runs(lines):
            yield Block(
                "list" if listed else "text",
                tuple(_pieces(line.removeprefix("- ") if listed else line) for line in group),
            )


def _runs(lines: Sequence[str]) -> Iterator[tuple[bool, list[str]]]:
    group: list[str] = []
    for line in lines:
        if group and group[-1].startswith("- ") != line.startswith("- "):
            yield group[-1].startswith("- "), group
            group = []
        group.append(line)
    if group:
        yield group[-1].startswith("- "), group


def _pieces(line: str) -> tuple[tuple[str, bool], ...]:
    pieces, last = [], 0
    for match in _URL.finditer(line):
        pieces += [(line[last : match.start()], False), (match.group(), True)]
        last = match.end()
    return tuple(piece for piece in [*pieces, (line[last:], False)] if piece[0])


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
    environment.filters["day"] = _day
    environment.filters["address"] = _address
    environment.filters["say"] = _say
    return environment


@cache
def _pages() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True)


@lru_cache(maxsize=8)
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(TRANSLATIONS, [language])


@pass_context
def _say(context: Context, source: str | Mapping[str, Any]) -> str:
    """A marked text in the letter's language; with parameters where it is {"message", "params"}."""
    catalogue = _catalogue(context["language"])
    if isinstance(source, str):
        return catalogue.gettext(source) if source else ""
    message, given = source["message"], source["params"]
    params = {k: catalogue.gettext(v) if isinstance(v, str) and v else v for k, v in given.items()}
    said = catalogue.gettext(message)
    return said % params if params else said


@pass_context
def _instant(context: Context, value: str) -> str:
    local = datetime.fromisoformat(value).astimezone(context["zone"])
    language, zone = context["language"], context["zone"]
    pattern = "y年M月d日（EEE）HH:mm" if language == "zh" else "EEE d MMMM y, HH:mm"
    shown = babel_datetime(local, pattern, tzinfo=zone, locale=LANGUAGES[language])
    named = ZONE_NAMES.get((zone.key, language)) or babel_datetime(
        local, "OOOO", tzinfo=zone, locale=LANGUAGES[language]
    )
    return f"{shown}（{named}）" if language == "zh" else f"{shown} ({named})"


@pass_context
def _day(context: Context, value: str) -> str:
    chinese = context["language"] == "zh"
    pattern = "y年M月d日（EEE）" if chinese else "EEE d MMMM y"
    return babel_date(date.fromisoformat(value), pattern, locale=LANGUAGES[context["language"]])


@pass_context
def _address(context: Context, path: str) -> str:
    return f"{context['base_url']}{path}" if path.startswith("/") else path
