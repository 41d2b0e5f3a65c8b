"""How erasures follow from the public log."""

from collections.abc import Iterable, Iterator

from sqlalchemy import func, select

from procurement.privacy.models import Erasure
from procurement.publiclog.audit import Replay, Row, disclosed, person, replays, who
from procurement.publiclog.entries import DataErased
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged


def erasures_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each erasure."""
    for number, logged in enumerate(entries, 1):
        match logged.envelope.entry:
            case DataErased() as entry:
                yield {
                    "number": number,
                    "subject": entry.subject,
                    "person": disclosed(entry.person),
                    "ground": entry.ground,
                    "reason": entry.reason,
                    "parts": list(entry.parts),
                    "kept": list(entry.kept),
                    "files": entry.files,
                    "disclosures": entry.disclosures,
                    "digests": entry.digests,
                    "at": logged.envelope.at,
                    "by": who(logged),
                }


def _told(row: Row) -> Row:
    return dict(row) | {"reason": digest_of(row["reason"]), "by": person(row["by"])}


replays(
    Replay(
        table="erasure",
        kinds=(DataErased,),
        expected=erasures_from_log,
        actual=lambda: select(
            func.row_number().over(order_by=Erasure.id).label("number"),
            Erasure.subject,
            Erasure.person,
            Erasure.ground,
            Erasure.reason,
            Erasure.parts,
            Erasure.kept,
            Erasure.files,
            Erasure.disclosures,
            Erasure.digests,
            Erasure.at,
            Erasure.by_id.label("by"),
        ),
        key=("number",),
        derived=_told,
    )
)
