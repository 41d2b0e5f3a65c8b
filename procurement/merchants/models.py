"""Tables of businesses."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, Document, UTCDateTime


class Merchant(Base):
    """A business, cooperative, village collective or farmer. `uscc` is None for those whom the law gives none."""

    __tablename__ = "merchant"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # M-000123, public
    kind: Mapped[str] = mapped_column(String(30))  # merchants.rules.MerchantKind
    name: Mapped[str] = mapped_column(String(200))
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    representative: Mapped[str] = mapped_column(String(120))  # legal representative or the farmer
    address: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(40))  # E.164, extension as ;ext=
    hotline: Mapped[str] = mapped_column(String(40), default="")
    founded: Mapped[int | None]  # year
    name_consent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When a natural person separately agreed to being named in full (PIPL art. 25)."""
    hotline_consent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When a natural person separately agreed that the number to be rung stands in public in full."""
    assisted: Mapped[bool] = mapped_column(default=False)
    """Registered by somebody who helps, such as a village clerk; public wherever the business is named."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class MerchantUser(Base):
    """Who acts for a business. The row goes when the person no longer does; the log keeps that they did.

    `helper_as` says in which capacity somebody acts who does not belong to the business ("" for who does);
    `authority_digest` names the blob of the signed paper by which the business lets them. `clerk`: a clerk of the
    office, who at the counter may do without a paper, since the person stands there.
    """

    __tablename__ = "merchant_user"
    __table_args__ = (
        UniqueConstraint("merchant_id", "user_id"),
        CheckConstraint("clerk OR (helper_as = '') = (authority_digest IS NULL)", name="helper_with_authority"),
        CheckConstraint("NOT clerk OR helper_as <> ''", name="clerk_helps"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    helper_as: Mapped[str] = mapped_column(String(120), default="")
    clerk: Mapped[bool] = mapped_column(default=False)
    authority_digest: Mapped[str | None] = mapped_column(String(64))
    authority_type: Mapped[str] = mapped_column(String(40), default="")
    authority_name: Mapped[str] = mapped_column(String(200), default="")


class CounterVisit(Base):
    """That a clerk of the office registered a business for a person who stood at the counter. Of the document that
    was looked at only its kind is kept, never its number. `paper_digest` names the blob of what the person signed."""

    __tablename__ = "counter_visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), unique=True)
    capacity: Mapped[str] = mapped_column(String(120))  # public: as what the clerk helped
    document: Mapped[str] = mapped_column(String(30))  # merchants.helping.IdentityDocument
    paper_digest: Mapped[str | None] = mapped_column(String(64))
    paper_type: Mapped[str] = mapped_column(String(40), default="")
    paper_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class TakeOverCode(Base):
    """A code on paper with which the person takes over a business that a clerk registered. `number` finds it and is
    no secret to who holds the paper; the whole is stored as SHA-256, used once, and dead after a few wrong tries.
    A newer code ends an earlier one."""

    __tablename__ = "take_over_code"
    __table_args__ = (
        CheckConstraint("(used_at IS NULL) = (used_by_id IS NULL)", name="used_by_somebody"),
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries_limited"),
        CheckConstraint("used_at IS NULL OR used_at < expires_at", name="used_in_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    number: Mapped[str] = mapped_column(String(5), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class MerchantInvitation(Base):
    """A link by mail that lets its reader act for a business; its token is stored as SHA-256 and used once."""

    __tablename__ = "merchant_invitation"
    __table_args__ = ({"info": {"unlogged": "nobody acts for a business before the link is used, which is logged"}},)

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Certificate(Base):
    """A paper in a business's wallet. It is removed from the wallet, never from the record: applications that used
    it keep it. `digest` names the file's blob."""

    __tablename__ = "certificate"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))  # merchants.rules.CertificateKind
    number: Mapped[str] = mapped_column(String(80))
    issuer: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(500), default="")
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]
    digest: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    file_name: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Debarment(Base):
    """A time in which a business may not apply. `ends_on` is the first day on which it may again, by the calendar
    alone; `lifted_on` an earlier such day, with the reason."""

    __tablename__ = "debarment"
    __table_args__ = (
        CheckConstraint("starts_on < ends_on", name="ends_after_start"),
        CheckConstraint("(lifted_on IS NULL) = (lifted_why = '')", name="lifted_with_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # D-000012, public
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    ground: Mapped[str] = mapped_column(String(40))  # merchants.rules.DebarmentGround
    reason: Mapped[str] = mapped_column(Text)  # public
    remedy: Mapped[str] = mapped_column(Text)  # public: how and until when the business may appeal
    evidence_digest: Mapped[str] = mapped_column(String(64))  # names the file's blob; the file is not public
    evidence_type: Mapped[str] = mapped_column(String(40))
    evidence_name: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    appeal: Mapped[str] = mapped_column(Text, default="")  # public: what became of an appeal, so far
    appealed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_on: Mapped[date | None]
    lifted_why: Mapped[str] = mapped_column(Text, default="")
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class CertificateCheck(Base):
    """That somebody of the office held a certificate against the register of its issuer. Insert-only."""

    __tablename__ = "certificate_check"
    __table_args__ = (CheckConstraint("outcome IN ('in_order', 'not_in_order', 'not_found')", name="outcome_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    how: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class DisclosureVersion(Base):
    """What a business said of its owners, related businesses, penalties and promotions. Insert-only; the last
    version counts."""

    __tablename__ = "merchant_disclosure"
    __table_args__ = (UniqueConstraint("merchant_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(Document)  # disclosures.Disclosure
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class RecordSearch(Base):
    """That somebody of the office looked a business up in a public register, what was found, and a picture of it.
    Insert-only."""

    __tablename__ = "record_search"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    source: Mapped[str] = mapped_column(String(40))  # rules.SearchSource
    searched_on: Mapped[date]
    found: Mapped[bool]
    result: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class Reminded(Base):
    """That a letter for which the clock calls was written, so that it is written once. `what` tells which letter,
    `subject` about what."""

    __tablename__ = "reminded"
    __table_args__ = (
        UniqueConstraint("what", "subject"),
        {"info": {"unlogged": "a reminder changes nothing; the dates it tells of follow from what is logged"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
