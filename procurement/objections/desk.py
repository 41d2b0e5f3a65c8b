"""The supervisor's docket: every open objection and request for recusal of all rounds, what is due first in front."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, may, require
from procurement.committee.models import RecusalRequest
from procurement.errors import N_
from procurement.objections.late import NEXT
from procurement.objections.models import Objection
from procurement.objections.queries import views_of
from procurement.rounds import clocks
from procurement.rounds.clocks import Clock
from procurement.rounds.models import Milestone, Round
from procurement.rounds.phases import Kind
from procurement.rounds.queries import courses_of
from procurement.rounds.scoring_rule import Text

ORDER = "order"
RECUSAL = "recusal"
STATES = {code: what for code, what, _ in NEXT.values()} | {
    ORDER: N_("Carrying out what a ruling ordered"),
    RECUSAL: N_("Decision on a request for recusal"),
}
"""What something waits for, by its code."""

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits. `state`: for what (STATES); `role`: for whom; `seated`: whether the reader supervises the
    round."""

    ref: str
    round_ref: str
    title: Text
    state: str
    role: Role
    clock: Clock
    seated: bool


def docket_of(session: Session, *, actor: Actor, now: datetime) -> Sequence[Waiting]:
    """Everything that is open, by its deadline; a clock that stands still comes last. Raises NotAllowed."""
    require(actor, Permission.RULE_OBJECTION)
    settled = select(Milestone.subject).where(Milestone.kind == Kind.OBJECTION_SETTLED)
    ordered = select(Milestone.subject).where(Milestone.kind.in_([Kind.AMENDMENT_ORDERED, Kind.ANNULMENT_ORDERED]))
    rows = session.scalars(select(Objection).where(Objection.ref.not_in(settled) | Objection.ref.in_(ordered))).all()
    views = views_of(session, rows, now=now)
    requests = session.scalars(select(RecusalRequest).where(RecusalRequest.decided_at.is_(None))).all()
    ids = {view.round_id for view in views} | {one.round_id for one in requests}
    rounds = {row.id: row for row in session.scalars(select(Round).where(Round.id.in_(ids)))}
    courses = courses_of(session, ids)

    def waiting(round_id: int, ref: str, state: str, role: Role, clock: Clock) -> Waiting:
        row = rounds[round_id]
        seated = may(actor, Permission.RULE_OBJECTION, round_id=round_id)
        return Waiting(ref, row.ref, Text(row.title_en, row.title_zh), state, role, clock, seated)

    found = []
    for view in views:
        if view.order is not None:
            found.append(waiting(view.round_id, view.ref, ORDER, Role.ORGANISER, view.order))
        elif view.clock is not None:
            code, _, role = NEXT[view.state]
            found.append(waiting(view.round_id, view.ref, code, role, view.clock))
    for one in requests:
        clock = clocks.running(one.counted, stops=courses[one.round_id].stops, now=now)
        found.append(waiting(one.round_id, one.ref, RECUSAL, Role.SUPERVISOR, clock))
    return sorted(found, key=lambda one: (one.clock.due or _LAST, one.ref))
