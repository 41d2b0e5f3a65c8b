"""How the consents of businesses and the register of debarments follow from the public log."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, literal, select, union_all

from procurement.merchants.entries import (
    ConsentGiven,
    ConsentWithdrawn,
    DebarmentAppealed,
    DebarmentEntered,
    DebarmentLifted,
)
from procurement.merchants.models import Debarment, Merchant
from procurement.merchants.rules import ConsentPurpose
from procurement.publiclog.audit import Replay, Row, replays
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged


def consents_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """The consents that were given and not taken back."""
    held: dict[tuple[str, str], Row] = {}
    for logged in entries:
        match logged.envelope.entry:
            case ConsentGiven(merchant=ref, purpose=purpose):
                held[ref, purpose] = {"merchant": ref, "purpose": purpose, "given_at": logged.envelope.at}
            case ConsentWithdrawn(merchant=ref, purpose=purpose):
                held.pop((ref, purpose), None)
    yield from held.values()


def _consents() -> Select[*tuple[Any, ...]]:
    rows = [
        select(
            Merchant.ref.label("merchant"), literal(purpose.value).label("purpose"), column.label("given_at")
        ).where(column.is_not(None))
        for purpose, column in (
            (ConsentPurpose.NAME, Merchant.name_consent_at),
            (ConsentPurpose.HOTLINE, Merchant.hotline_consent_at),
        )
    ]
    found = union_all(*rows).subquery()
    return select(found.c.merchant, found.c.purpose, found.c.given_at)


replays(
    Replay(
        table="consent",
        kinds=(ConsentGiven, ConsentWithdrawn),
        expected=consents_from_log,
        actual=_consents,
        key=("merchant", "purpose"),
    )
)


def debarments_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each debarment, as its entering, appeals and lifting left it."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case DebarmentEntered() as entered:
                rows[entered.debarment] = {
                    "debarment": entered.debarment,
                    "merchant": entered.merchant,
                    "ground": entered.ground,
                    "reason": entered.reason,
                    "evidence": entered.evidence,
                    "starts": entered.starts,
                    "ends": entered.ends,
                    "entered_at": at,
                    "appeal": None,
                    "appealed_at": None,
                    "lifted_on": None,
                    "lifted_why": None,
                }
            case DebarmentAppealed(debarment=ref, state=state) if ref in rows:
                rows[ref] |= {"appeal": state, "appealed_at": rows[ref]["appealed_at"] or at}
            case DebarmentLifted(debarment=ref, on=day, reason=reason) if ref in rows:
                rows[ref] |= {"lifted_on": day, "lifted_why": reason}
    return rows.values()


def _hashed(row: Row) -> Row:
    """What the log holds of a text is its hash; an empty one was never said."""
    texts = {name: digest_of(row[name]) if row[name] else None for name in ("reason", "appeal", "lifted_why")}
    return {**row, **texts}


replays(
    Replay(
        table="debarment",
        kinds=(DebarmentEntered, DebarmentAppealed, DebarmentLifted),
        expected=debarments_from_log,
        actual=lambda: select(
            Debarment.ref.label("debarment"),
            Merchant.ref.label("merchant"),
            Debarment.ground,
            Debarment.reason,
            Debarment.evidence_digest.label("evidence"),
            Debarment.starts_on.label("starts"),
            Debarment.ends_on.label("ends"),
            Debarment.entered_at,
            Debarment.appeal,
            Debarment.appealed_at,
            Debarment.lifted_on,
            Debarment.lifted_why,
        ).join(Merchant, Merchant.id == Debarment.merchant_id),
        key=("debarment",),
        derived=_hashed,
    )
)
