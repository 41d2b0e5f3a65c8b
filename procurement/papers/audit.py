"""How the papers of rounds follow from the public log."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, select

from procurement.papers.entries import PaperMade
from procurement.papers.models import Paper
from procurement.publiclog.audit import Replay, Row, replays
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.models import Round


def papers_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """Every paper that was drawn up."""
    for logged in entries:
        match logged.envelope.entry:
            case PaperMade() as made:
                yield {
                    "ref": made.paper,
                    "number": int(made.paper.rpartition("-P")[2]),
                    "round": logged.envelope.round_ref,
                    "kind": made.type,
                    "about": made.about or "",
                    "document": made.document,
                    "sha256": made.document,
                    "made_at": logged.envelope.at,
                    "en_digest": made.en,
                    "zh_digest": made.zh,
                }


def _papers() -> Select[*tuple[Any, ...]]:
    return select(
        Paper.ref,
        Paper.number,
        Round.ref.label("round"),
        Paper.kind,
        Paper.about,
        Paper.document,
        Paper.sha256,
        Paper.made_at,
        Paper.en_digest,
        Paper.zh_digest,
    ).join(Round, Round.id == Paper.round_id)


replays(
    Replay(
        table="paper",
        kinds=(PaperMade,),
        expected=papers_from_log,
        actual=_papers,
        key=("ref",),
        derived=lambda row: {**row, "document": digest_of(str(row["document"]).encode())},
    )
)
