"""Minutes as data: what happened and everything it rests on. The RFC 8785 text is what counts.

As with decisions, the text is hashed, logged and attached to the PDFs, which are drawn from it alone; it holds facts
and codes, the words around them belong to the templates. So one text serves both languages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from procurement.decisions.document import (
    CommitteeMember,
    Corrected,
    Marks,
    NoticeFacts,
    Organiser,
    Record,
    Recusal,
    Result,
    Rules,
)
from procurement.papers.rules import PaperKind
from procurement.rounds import canonical
from procurement.rounds.scoring_rule import Text

FORMAT = "sunlit-paper/1"


@dataclass(frozen=True, slots=True)
class Head:
    """What every paper begins with. `issued`: the act that it records (UTC); `address`: its permanent page."""

    kind: PaperKind
    reference: str
    about: str
    address: str
    zone: str
    issued: str
    demonstration: bool
    organiser: Organiser
    round: str
    title: Text


@dataclass(frozen=True, slots=True)
class Missing:
    """A sheet that was due and was not sealed."""

    member: str
    application: str


@dataclass(frozen=True, slots=True)
class Sealing:
    """The sheets at the opening: how many were sealed, which were missing, and the digest of all commitments."""

    sealed: int
    missing: tuple[Missing, ...]
    commitments: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """Minutes of the opening, or of the committee when its result goes on notice. `named`: names are published;
    otherwise members stand by their codes. `notice` is None at the opening."""

    head: Head
    began: str
    committee: tuple[CommitteeMember, ...]
    named: bool
    recusals: tuple[Recusal, ...]
    sealing: Sealing
    rules: Rules
    marks: Marks
    result: Result
    quorum: int
    corrections: tuple[Corrected, ...]
    notice: NoticeFacts | None
    record: Record | None
    format: str = field(default=FORMAT)

    @property
    def text(self) -> str:
        """The RFC 8785 text."""
        return _text(self)


def _text(document: Any) -> str:
    return canonical.canonical_text(_plain(canonical.write(document)))


def _plain(value: Any) -> Any:
    """Mappings and tuples inside what `canonical.write` leaves as it is."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, str | int | bool) or value is None:
        return value
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in a paper")
