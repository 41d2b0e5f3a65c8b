"""What of objections and requests for recusal the office did not do in its time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.committee.models import RecusalRequest
from procurement.errors import N_
from procurement.objections.models import Objection, ObjectionEscalation
from procurement.objections.queries import ObjectionView, views_of
from procurement.objections.rules import ORDERED, Effect, Remedy, Step
from procurement.rounds.overdue import Late, Watched, finds_late, late
from procurement.rounds.phases import Kind

NEXT: Mapping[Step, tuple[str, str, Role]] = MappingProxyType(
    {
        Step.FILED: ("admission", N_("Decision whether an objection is dealt with"), Role.SUPERVISOR),
        Step.ADMITTED: ("answer", N_("Answer to an objection"), Role.ORGANISER),
        Step.ANSWERED: ("ruling", N_("Ruling on an objection"), Role.SUPERVISOR),
    }
)
"""State of an objection → (code, what comes next, whose act that is)."""

_CARRIED_OUT = MappingProxyType({Remedy.AMEND: Kind.AMENDED, Remedy.ANNUL: Kind.DECISION_PUBLISHED})


@finds_late
def late_steps(session: Session, watched: Mapping[int, Watched], now: datetime) -> Iterator[Late]:
    """Steps of objections: admission, answer, ruling, and what was ordered. The end of a round ends none of them, but
    for what could only be carried out in it."""
    outside: dict[int, list[tuple[Effect, Any, datetime]]] = defaultdict(list)
    for row in session.scalars(select(ObjectionEscalation).where(ObjectionEscalation.order_counted.is_not(None))):
        if row.effect is not None and row.recorded_at is not None:
            outside[row.objection_id].append((Effect.from_json(row.effect), row.order_counted, row.recorded_at))
    for view in views_of(session, session.scalars(select(Objection).order_by(Objection.id)).all(), now=now):
        found = watched[view.round_id]
        yield from _steps(found, view, now)
        ordered = [(step.effect, step.clock.counted, step.at) for step in view.steps if step.effect and step.clock]
        for effect, counted, at in [*ordered, *outside[view.id]]:
            if effect.remedy in ORDERED:
                yield from late(
                    found,
                    counted,
                    code="order",
                    what=N_("Carrying out what a ruling ordered"),
                    done_at=found.first(_CARRIED_OUT[effect.remedy], at),
                    role=Role.ORGANISER,
                    now=now,
                    **_page(view),
                )


def _page(view: ObjectionView) -> dict[str, Any]:
    return {"about": view.ref, "endpoint": "objections.objection", "values": {"ref": view.ref}}


def _steps(found: Watched, view: ObjectionView, now: datetime) -> Iterator[Late]:
    """Each step that was awaited. Its own pauses stopped the clock."""
    own = [pause.stop for pause in view.pauses]
    for step, following in zip(view.steps, [*view.steps[1:], None], strict=True):
        if step.kind not in NEXT or step.clock is None:
            continue
        code, what, role = NEXT[step.kind]
        yield from late(
            found,
            step.clock.counted,
            code=code,
            what=what,
            role=role,
            done_at=None if following is None else following.at,
            now=now,
            stops=own,
            outlives=True,
            **_page(view),
        )
    if view.limit is not None:
        yield from late(
            found,
            view.limit.counted,
            code="limit",
            what=N_("End of the longest time for which an objection may keep an award frozen"),
            role=Role.SUPERVISOR,
            done_at=None if view.open else view.steps[-1].at,
            now=now,
            outlives=True,
            **_page(view),
        )


@finds_late
def late_recusals(session: Session, watched: Mapping[int, Watched], now: datetime) -> Iterator[Late]:
    """Requests for recusal that were decided late, or are not."""
    for row in session.scalars(select(RecusalRequest).order_by(RecusalRequest.id)):
        found = watched[row.round_id]
        yield from late(
            found,
            row.counted,
            code="recusal",
            what=N_("Decision on a request for recusal"),
            about=row.ref,
            role=Role.SUPERVISOR,
            endpoint="recusals.docket",
            values={"ref": found.ref},
            done_at=row.decided_at,
            now=now,
        )
