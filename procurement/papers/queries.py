"""Reading papers: those of a round, one of them, its files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.errors import N_, NotFound
from procurement.papers.models import Paper
from procurement.papers.rules import PaperKind
from procurement.rounds.models import Round
from procurement.rounds.queries import course_of, find_round
from procurement.rounds.scoring_rule import Text


@dataclass(frozen=True, slots=True)
class FileOf:
    """One file of a paper: its SHA-256 and size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper as everybody may read it. `files`: language → PDF; `content`: its document as data."""

    ref: str
    kind: PaperKind
    about: str
    round_ref: str
    title: Text
    issued_at: datetime
    made_at: datetime
    sha256: str
    text: str
    files: Mapping[str, FileOf]

    @property
    def content(self) -> dict[str, Any]:
        """What it says."""
        read: dict[str, Any] = json.loads(self.text)
        return read


@dataclass(frozen=True, slots=True)
class RoundPapers:
    """A published round with its papers."""

    ref: str
    title: Text
    papers: tuple[PaperView, ...]


def round_with_papers(session: Session, ref: str) -> RoundPapers:
    """The published round `ref` and its papers. Raises NotFound for a draft too."""
    found = find_round(session, ref)
    if course_of(session, found.id).published is None:
        raise NotFound(N_("There is no round “%(ref)s”."), ref=ref[:40])
    return RoundPapers(found.ref, Text(found.title_en, found.title_zh), tuple(papers_of(session, found.id)))


def papers_of(session: Session, round_id: int) -> list[PaperView]:
    """The papers of a round, in the order in which they were drawn up."""
    wanted = (
        select(Paper, Round)
        .join(Round, Round.id == Paper.round_id)
        .where(Paper.round_id == round_id)
        .order_by(Paper.id)
    )
    return [_view(paper, found) for paper, found in session.execute(wanted)]


def find_paper(session: Session, ref: str) -> PaperView:
    """The paper called `ref`. Raises NotFound."""
    row = session.execute(
        select(Paper, Round).join(Round, Round.id == Paper.round_id).where(Paper.ref == ref)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("There is no paper “%(ref)s”."), ref=ref[:40])
    return _view(*row)


def _view(paper: Paper, found: Round) -> PaperView:
    return PaperView(
        ref=paper.ref,
        kind=PaperKind(paper.kind),
        about=paper.about,
        round_ref=found.ref,
        title=Text(found.title_en, found.title_zh),
        issued_at=paper.issued_at,
        made_at=paper.made_at,
        sha256=paper.sha256,
        text=paper.document,
        files={
            "en": FileOf(paper.en_digest, paper.en_size),
            "zh": FileOf(paper.zh_digest, paper.zh_size),
        },
    )
