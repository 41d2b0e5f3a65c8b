"""Every sheet that the public log says was sealed, held against what was opened.

The commitments come from the log and are computed again from the opened sheets, so that neither a sheet that was
exchanged nor one that is held back looks like the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.applications.models import Application
from procurement.committee.models import Member
from procurement.errors import N_
from procurement.publiclog import queries as log
from procurement.scoring.entries import SheetSealed, SheetVoided
from procurement.scoring.models import Sheet
from procurement.scoring.rules import NONCE_LENGTH, commitment


class SealState(StrEnum):
    """What became of a sealed sheet."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNSEALED = "never sealed"
    VOID = "void before opening"
    WITHHELD = "withheld"


SEAL_STATES = {
    SealState.HOLDS: N_("holds"),
    SealState.FAILS: N_("does not hold"),
    SealState.UNSEALED: N_("opened without having been sealed"),
    SealState.VOID: N_("void before it was opened"),
    SealState.WITHHELD: N_("sealed and withheld"),
}


@dataclass(frozen=True, slots=True)
class Seal:
    """One sheet. `entry`: index of the log entry that seals it, None when there is none; `commitment`: as logged (or,
    without an entry, as stored); `recomputed`: from what was opened, None when nothing was."""

    member: str
    application: str
    entry: int | None
    sealed_at: datetime | None
    commitment: str
    recomputed: str | None
    state: SealState

    @property
    def fine(self) -> bool:
        """Whether nothing speaks against it."""
        return self.state in (SealState.HOLDS, SealState.VOID)


@dataclass(frozen=True, slots=True)
class _Opened:
    member: str
    application: str
    commitment: str
    recomputed: str


def seals_of(session: Session, round_id: int, round_ref: str, *, application: str | None = None) -> tuple[Seal, ...]:
    """Every sealed or opened sheet of a round, or of one application, in the order of sealing. Two queries."""
    opened = {sheet.commitment: sheet for sheet in _opened(session, round_id)}
    told = log.told(session, round_ref, (SheetSealed, SheetVoided))
    void = {one.envelope.entry.commitment for one in told if isinstance(one.envelope.entry, SheetVoided)}
    seals: list[Seal] = []
    for one in told:
        entry = one.envelope.entry
        if not isinstance(entry, SheetSealed):
            continue
        sheet = opened.pop(entry.commitment, None)
        same = sheet is not None and (sheet.member, sheet.application) == (entry.member, entry.application)
        if sheet is None:
            state = SealState.VOID if entry.commitment in void else SealState.WITHHELD
        else:
            state = SealState.HOLDS if same and sheet.recomputed == entry.commitment else SealState.FAILS
        seals.append(
            Seal(
                entry.member,
                entry.application,
                one.index,
                one.envelope.at,
                entry.commitment,
                sheet.recomputed if sheet else None,
                state,
            )
        )
    seals += [
        Seal(s.member, s.application, None, None, s.commitment, s.recomputed, SealState.UNSEALED)
        for s in opened.values()
    ]
    return tuple(seal for seal in seals if application in (None, seal.application))


def _opened(session: Session, round_id: int) -> Iterable[_Opened]:
    wanted = (
        select(Member.code, Application.ref, Sheet.commitment, Sheet.nonce, Sheet.ballot)
        .join(Member, Member.id == Sheet.member_id)
        .join(Application, Application.id == Sheet.application_id)
        .where(Sheet.round_id == round_id, Sheet.opened_at.is_not(None))
        .order_by(Sheet.id)
    )
    for member, ref, kept, nonce, ballot in session.execute(wanted):
        again = commitment(nonce, ballot) if len(nonce) == NONCE_LENGTH else ""
        yield _Opened(member, ref, kept, again)
