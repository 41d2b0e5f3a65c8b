"""What is recorded of papers. Nobody draws one up by hand: each follows from an act in the round."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.papers.entries import PaperMade
from procurement.papers.models import Paper
from procurement.papers.rules import PaperKind, paper_ref
from procurement.publiclog.entry import digest_of
from procurement.publiclog.writing import append
from procurement.rounds.models import Milestone, Round

File = tuple[str, int]
"""(SHA-256, size in bytes) of a stored blob."""


class Outdated(Exception):
    """Another paper of the round took the number meanwhile: make it again."""


def next_number(session: Session, round_id: int) -> int:
    """The number of the round's next paper."""
    return 1 + (session.scalar(select(func.max(Paper.number)).where(Paper.round_id == round_id)) or 0)


def is_made(session: Session, round_id: int, kind: PaperKind, about: str) -> bool:
    """Whether that paper is drawn up already."""
    wanted = select(Paper.id).where(Paper.round_id == round_id, Paper.kind == kind, Paper.about == about)
    return session.scalar(wanted) is not None


def record_paper(
    session: Session,
    *,
    now: datetime,
    milestone_id: int,
    kind: PaperKind,
    about: str,
    number: int,
    text: str,
    en: File,
    zh: File,
) -> None:
    """Record a paper whose files are stored. Does nothing when it is recorded already; raises Outdated when `number`
    is taken."""
    milestone = session.get_one(Milestone, milestone_id)
    found = session.get_one(Round, milestone.round_id, with_for_update=True, populate_existing=True)
    if is_made(session, found.id, kind, about):
        return
    if next_number(session, found.id) != number:
        raise Outdated(found.ref)
    paper = Paper(
        ref=paper_ref(found.ref, number),
        round_id=found.id,
        number=number,
        kind=kind,
        about=about,
        document=text,
        sha256=digest_of(text.encode()),
        issued_at=milestone.at,
        made_at=now,
        en_digest=en[0],
        en_size=en[1],
        zh_digest=zh[0],
        zh_size=zh[1],
    )
    session.add(paper)
    append(
        session,
        PaperMade(
            paper=paper.ref,
            type=kind,
            about=about or None,
            document=paper.sha256,
            en=paper.en_digest,
            zh=paper.zh_digest,
        ),
        now=now,
        actor=None,
        role=None,
        round_ref=found.ref,
    )
