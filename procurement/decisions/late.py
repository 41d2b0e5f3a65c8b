"""What of this step the office did not do in its time: decide, sign and publish."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import takewhile

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from procurement.access import Role
from procurement.decisions.document import SignatoryRole
from procurement.decisions.models import Decision, DecisionSignature
from procurement.errors import N_
from procurement.rounds import clocks
from procurement.rounds.overdue import Late, Watched, finds_late, late
from procurement.rounds.phases import Course, Kind


@finds_late
def late_decisions(session: Session, watched: Mapping[int, Watched], now: datetime) -> Iterator[Late]:
    """Rounds that were not decided in the days that the rules foresee after the notice was over and nothing was open.
    While only the countersignature is missing, it is the supervisor who is late."""
    countersigning = set(session.scalars(_only_the_supervisor()))
    for found in watched.values():
        before = Course.of(takewhile(lambda one: one.kind != Kind.DECISION_PUBLISHED, found.milestones))
        done_at = found.first(Kind.DECISION_PUBLISHED)
        closes, at = before.notice_closes, done_at or now
        if closes is None or at < closes or before.frozen(at) or before.standing == "notice_closes":
            continue
        suspended = [until for _, until in before.suspended]
        start = max(one for one in (closes, before.settled, *suspended) if one is not None)
        days = found.document.timetable.decision_working_days
        yield from late(
            found,
            clocks.working_deadline(found.document, start=start, working_days=days)[1],
            code="decision",
            what=N_("Decision, signed and published"),
            about=found.ref,
            role=Role.SUPERVISOR if found.id in countersigning else Role.ORGANISER,
            endpoint="portal.round_page",
            values={"ref": found.ref},
            done_at=done_at,
            now=now,
        )


def _only_the_supervisor() -> Select[int]:
    """Rounds whose decision the organiser has approved and the supervisor has not."""
    own = DecisionSignature
    organiser = select(own.decision_id).where(own.role == SignatoryRole.ORGANISER, own.approved_at.is_not(None))
    return (
        select(Decision.round_id)
        .join(own, own.decision_id == Decision.id)
        .where(
            Decision.published_at.is_(None),
            Decision.discarded_at.is_(None),
            own.role == SignatoryRole.SUPERVISOR,
            own.approved_at.is_(None),
            Decision.id.in_(organiser),
        )
    )
