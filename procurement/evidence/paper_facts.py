"""Minutes. Each check yields what is wrong. Pure."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from procurement.errors import N_, Problem
from procurement.evidence.facts import Record, Unknown, checks
from procurement.objections.entries import NoticeGiven
from procurement.papers.entries import PaperMade
from procurement.papers.rules import PaperKind
from procurement.scoring.entries import ScoresClosed, Tallied


@checks("papers", N_("Minutes are those that were drawn up, and say what the record says"))
def _papers(record: Record) -> Iterator[Problem]:
    made = record.of(PaperMade)
    if not made:
        raise Unknown(N_("No minutes have been drawn up yet."))
    for n, _, entry in made:
        for ending, digest in ((".json", entry.document), (".en.pdf", entry.en), (".zh.pdf", entry.zh)):
            content = record.bundle.files.get(f"papers/{entry.paper}{ending}")
            if content is None or sha256(content).hexdigest() != digest:
                yield Problem(
                    N_("%(path)s is not the file that was drawn up."), {"path": f"papers/{entry.paper}{ending}"}
                )
            elif ending == ".json":
                yield from _says_the_same(record, n, entry, content)


def _says_the_same(record: Record, position: int, entry: PaperMade, content: bytes) -> Iterator[Problem]:
    """The result in the minutes is one that was computed, and of the committee's the one on notice; the sheets are
    those that were listed before they were opened."""
    try:
        said: dict[str, Any] = json.loads(content)
        tally, commitments = said["result"]["sha256"], said["sealing"]["commitments"]
        sealed, number = said["sealing"]["sealed"], said["notice"] and said["notice"]["number"]
    except (ValueError, KeyError, TypeError):
        yield Problem(N_("The minutes %(ref)s cannot be read."), {"ref": entry.paper})
        return
    before = [one.tally for n, _, one in record.of(Tallied) if n < position]
    on_notice = {one.number: one.tally for n, _, one in record.of(NoticeGiven) if n < position}
    if tally not in before or (entry.type == PaperKind.COMMITTEE and on_notice.get(number) != tally):
        yield Problem(N_("The minutes %(ref)s tell of another result than the record."), {"ref": entry.paper})
    closed = [(one.sealed, one.commitments) for n, _, one in record.of(ScoresClosed) if n < position]
    if (sealed, commitments) not in closed:
        yield Problem(N_("The minutes %(ref)s tell of other sheets than the record."), {"ref": entry.paper})
