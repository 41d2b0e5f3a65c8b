"""How rules, seats and the milestones of a round follow from the public log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import func, select

from procurement.accounts.models import Seat
from procurement.publiclog.audit import Replay, Row, disclosed, replays
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.canonical import canonical_text
from procurement.rounds.entries import (
    RoundAborted,
    RoundAmended,
    RoundHeld,
    RoundPublished,
    RoundResumed,
    SeatEnded,
    SeatGiven,
)
from procurement.rounds.models import Milestone, Round, RoundRules
from procurement.rounds.phases import Kind

_KINDS = (Kind.PUBLISHED, Kind.AMENDED, Kind.HELD, Kind.RESUMED, Kind.ABORTED)


def rules_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each version of each round's rules."""
    for logged in entries:
        row = {"round": logged.envelope.round_ref, "published_at": logged.envelope.at, "reason": None}
        match logged.envelope.entry:
            case RoundPublished(version=version, rules=rules):
                yield row | {"version": version, "sha256": rules}
            case RoundAmended(version=version, rules=rules, reason=reason):
                yield row | {"version": version, "sha256": rules, "reason": reason}


def _hashed(row: Row) -> Row:
    found = dict(row)
    reason = found["reason"]
    return found | {
        "sha256": digest_of(found.pop("document").encode()),
        "reason": None if reason is None else digest_of(canonical_text(reason)),
    }


replays(
    Replay(
        table="round_rules",
        kinds=(RoundPublished, RoundAmended),
        expected=rules_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            RoundRules.version,
            RoundRules.document,
            RoundRules.published_at,
            RoundRules.reason,
        ).join(Round, Round.id == RoundRules.round_id),
        key=("round", "version"),
        derived=_hashed,
    )
)


def seats_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each seat; `number` tells apart those given at one instant."""
    rows: list[dict[str, Any]] = []
    given: Counter[tuple[Any, ...]] = Counter()
    for logged in entries:
        at, round_ref = logged.envelope.at, logged.envelope.round_ref
        match logged.envelope.entry:
            case SeatGiven(role=role, person=person):
                given[round_ref, role, at] += 1
                rows.append(
                    {
                        "round": round_ref,
                        "role": role,
                        "given_at": at,
                        "number": given[round_ref, role, at],
                        "person": disclosed(person),
                        "ended_at": None,
                    }
                )
            case SeatEnded(role=role, person=person):
                held = (r for r in rows if r["round"] == round_ref and r["role"] == role and r["ended_at"] is None)
                ended = next((row for row in held if row["person"] == disclosed(person)), None)
                if ended is not None:
                    ended["ended_at"] = at
    return rows


def _person(row: Row) -> Row:
    found = dict(row)
    return found | {"person": f"user:{found['person']}"}


replays(
    Replay(
        table="seat",
        kinds=(SeatGiven, SeatEnded),
        expected=seats_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            Seat.role,
            Seat.given_at,
            func.row_number()
            .over(partition_by=(Seat.round_id, Seat.role, Seat.given_at), order_by=Seat.id)
            .label("number"),
            Seat.user_id.label("person"),
            Seat.ended_at,
        ).join(Round, Round.id == Seat.round_id),
        key=("round", "role", "given_at", "number"),
        derived=_person,
    )
)


def milestones_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each milestone that this step records."""
    times: Counter[tuple[Any, ...]] = Counter()

    def again(round_ref: str | None, kind: Kind) -> str:
        times[round_ref, kind] += 1
        return str(times[round_ref, kind]) if times[round_ref, kind] > 1 else ""

    for logged in entries:
        round_ref = logged.envelope.round_ref
        row: dict[str, Any] = {"round": round_ref, "at": logged.envelope.at, "closes": None}
        match logged.envelope.entry:
            case RoundPublished(applications_close=closes):
                yield row | {"kind": Kind.PUBLISHED, "subject": "", "closes": closes}
            case RoundAmended(version=version, applications_close=closes):
                yield row | {"kind": Kind.AMENDED, "subject": str(version), "closes": closes}
            case RoundHeld():
                yield row | {"kind": Kind.HELD, "subject": again(round_ref, Kind.HELD)}
            case RoundResumed(closes=closes):
                yield row | {"kind": Kind.RESUMED, "subject": again(round_ref, Kind.RESUMED), "closes": closes}
            case RoundAborted():
                yield row | {"kind": Kind.ABORTED, "subject": ""}


replays(
    Replay(
        table="milestone of the round",
        kinds=(RoundPublished, RoundAmended, RoundHeld, RoundResumed, RoundAborted),
        expected=milestones_from_log,
        actual=lambda: (
            select(Round.ref.label("round"), Milestone.kind, Milestone.subject, Milestone.at, Milestone.closes)
            .join(Round, Round.id == Milestone.round_id)
            .where(Milestone.kind.in_(_KINDS))
        ),
        key=("round", "kind", "subject"),
    )
)
