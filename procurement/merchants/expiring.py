"""Letters before a certificate of a wallet ends: thirty days, a week, and on its last day, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.mail import queue_mail
from procurement.merchants.models import Certificate, Merchant
from procurement.merchants.queries import addressees
from procurement.merchants.reminders import note, reminded
from procurement.merchants.rules import CERTIFICATE_NAMES, CertificateKind

STAGES = (0, 7, 30)
"""Days left on which a letter is due; the smallest that holds is the one that is written."""

ENDS = "certificate ends"


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate about which a letter is due."""

    certificate_id: int
    merchant_id: int
    subject: str
    days_left: int


def due(session: Session, *, now: datetime, zone: ZoneInfo) -> list[Ending]:
    """The letters that are due on the day of `now` in `zone` and were not written yet."""
    today = now.astimezone(zone).date()
    wanted = (
        select(Certificate)
        .where(Certificate.removed_at.is_(None), Certificate.expires_on.between(today, today + timedelta(STAGES[-1])))
        .order_by(Certificate.id)
    )
    rows = session.scalars(wanted).all()
    renewed = _renewed(session, rows)
    found = []
    for row in rows:
        assert row.expires_on is not None  # noqa: S101 (the query asks for it)
        left = (row.expires_on - today).days
        stage = next(days for days in STAGES if left <= days)
        # Who adds a paper after the day of the letter has just read when it ends.
        if row.id not in renewed and row.added_at.astimezone(zone).date() <= row.expires_on - timedelta(stage):
            found.append(Ending(row.id, row.merchant_id, f"{row.id}:{stage}", left))
    written = reminded(session, ENDS, [one.subject for one in found])
    return [one for one in found if one.subject not in written]


def write(session: Session, ending: Ending, *, now: datetime) -> None:
    """Write one of them, to everybody who acts for the business."""
    note(session, ENDS, ending.subject, now)
    row = session.get_one(Certificate, ending.certificate_id)
    merchant = session.get_one(Merchant, ending.merchant_id)
    for address, language in addressees(session, merchant.id):
        queue_mail(
            session,
            to=address,
            language=language,
            template="merchants/certificate-ends",
            context={
                "business": merchant.name,
                "kind": CERTIFICATE_NAMES[CertificateKind(row.kind)],
                "number": row.number,
                "expires": row.expires_on.isoformat() if row.expires_on else "",
                "left": ending.days_left,
                "path": f"/merchant/{merchant.ref}",
            },
            about=merchant.ref,
            now=now,
        )


def _renewed(session: Session, rows: Sequence[Certificate]) -> set[int]:
    """Those of `rows` beside which the wallet holds a paper of the same kind and scope that ends later or never."""
    others: dict[tuple[int, str, str], list[date]] = {}
    wanted = select(Certificate).where(
        Certificate.merchant_id.in_({row.merchant_id for row in rows}), Certificate.removed_at.is_(None)
    )
    for other in session.scalars(wanted):
        ends = others.setdefault((other.merchant_id, other.kind, other.scope), [])
        ends.append(other.expires_on or date.max)
    return {row.id for row in rows if row.expires_on != max(others[row.merchant_id, row.kind, row.scope])}
