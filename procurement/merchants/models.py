"""Tables of businesses."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, UTCDateTime


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
    phone: Mapped[str] = mapped_column(String(40))
    hotline: Mapped[str] = mapped_column(String(40), default="")
    founded: Mapped[int | None]  # year
    name_consent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When a natural person separately agreed to being named in full (PIPL art. 25)."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class MerchantUser(Base):
    """Who acts for a business."""

    __tablename__ = "merchant_user"
    __table_args__ = (UniqueConstraint("merchant_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchant.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
