"""How the consents of businesses follow from the public log."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, literal, select, union_all

from procurement.merchants.entries import ConsentGiven, ConsentWithdrawn
from procurement.merchants.models import Merchant
from procurement.merchants.rules import ConsentPurpose
from procurement.publiclog.audit import Replay, Row, replays
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
