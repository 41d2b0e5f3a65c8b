"""How rules, seats and the milestones of a round follow from the public log."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, func, select

from procurement.accounts.models import Seat
from procurement.publiclog.audit import REPLAYS, Replay, Row, disclosed, person, replays, who
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.canonical import canonical_text
from procurement.rounds.entries import (
    RoundAborted,
    RoundAmended,
    RoundCreated,
    RoundHeld,
    RoundPublished,
    RoundResumed,
    SeatEnded,
    SeatGiven,
)
from procurement.rounds.models import Milestone, Round, RoundRules
from procurement.rounds.phases import Kind

_KINDS = (Kind.PUBLISHED, Kind.AMENDED, Kind.HELD, Kind.RESUMED, Kind.ABORTED)


def rounds_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each round that was begun."""
    for logged in entries:
        if isinstance(logged.envelope.entry, RoundCreated):
            yield {
                "round": logged.envelope.round_ref,
                "created_at": logged.envelope.at,
                "by": who(logged),
                "copied": "",
            }


def _titled(row: Row) -> Row:
    """What of the titles was copied wrongly out of the rules in force; a draft's are nobody's business."""
    found = dict(row)
    document, shown = found.pop("document"), {name: found.pop(name) for name in ("en", "zh")}
    meant = shown if document is None else json.loads(document)["title"]
    wrong = [shown[language] for language in ("en", "zh") if shown[language] != meant[language]]
    return found | {"copied": " ".join(wrong), "by": person(found["by"])}


def _rounds() -> Select[*tuple[Any, ...]]:
    in_force = (
        select(RoundRules.document)
        .where(RoundRules.round_id == Round.id)
        .order_by(RoundRules.version.desc())
        .limit(1)
        .correlate(Round)
        .scalar_subquery()
    )
    return select(
        Round.ref.label("round"),
        Round.created_at,
        Round.created_by_id.label("by"),
        Round.title_en.label("en"),
        Round.title_zh.label("zh"),
        in_force.label("document"),
    )


replays(
    Replay(
        table="round",
        kinds=(RoundCreated,),
        expected=rounds_from_log,
        actual=_rounds,
        key=("round",),
        derived=_titled,
    )
)


def rules_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each version of each round's rules."""
    for logged in entries:
        row = {"round": logged.envelope.round_ref, "published_at": logged.envelope.at, "reason": None}
        match logged.envelope.entry:
            case RoundPublished(version=version, rules=rules):
                yield row | {"version": version, "document": rules, "sha256": rules}
            case RoundAmended(version=version, rules=rules, reason=reason):
                yield row | {"version": version, "document": rules, "sha256": rules, "reason": reason}


def _hashed(row: Row) -> Row:
    found = dict(row)
    reason = found["reason"]
    return found | {
        "document": digest_of(found["document"].encode()),
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
            RoundRules.sha256,
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
    return dict(row) | {"person": person(row["person"])}


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
        row: dict[str, Any] = {
            "round": round_ref,
            "at": logged.envelope.at,
            "closes": None,
            "by": who(logged),
            "told": None,
        }
        match logged.envelope.entry:
            case RoundPublished(applications_close=closes):
                yield row | {"kind": Kind.PUBLISHED, "subject": "", "closes": closes}
            case RoundAmended(version=version, applications_close=closes):
                yield row | {"kind": Kind.AMENDED, "subject": str(version), "closes": closes}
            case RoundHeld(label=label):
                yield row | {"kind": Kind.HELD, "subject": again(round_ref, Kind.HELD), "told": (label, None)}
            case RoundResumed(closes=closes):
                yield row | {"kind": Kind.RESUMED, "subject": again(round_ref, Kind.RESUMED), "closes": closes}
            case RoundAborted(reason=reason, explanation=explanation):
                yield row | {"kind": Kind.ABORTED, "subject": "", "told": (reason, explanation)}


_claimed: set[Kind] = set()


def milestones_kept(kinds: Iterable[Kind]) -> Select[*tuple[Any, ...]]:
    """The milestones of some kinds, for the replay of the step that sets them; `milestone_by` goes with it."""
    _claimed.update(kinds)
    return (
        select(
            Round.ref.label("round"),
            Milestone.kind,
            Milestone.subject,
            Milestone.at,
            Milestone.closes,
            Milestone.by_id.label("by"),
        )
        .join(Round, Round.id == Milestone.round_id)
        .where(Milestone.kind.in_(list(kinds)))
    )


def milestone_by(row: Row) -> Row:
    """Who set a milestone, as the log names people."""
    return dict(row) | {"by": person(row["by"])}


def _told(row: Row) -> Row:
    """What the public is told about a hold or an end: its code, and the hash of its explanation."""
    detail = row["told"]
    if detail is None:
        return milestone_by(row)
    words = {language: detail[language] for language in ("en", "zh") if language in detail}
    told = (detail["code"], digest_of(canonical_text(words)) if words else None)
    return dict(milestone_by(row)) | {"told": told}


replays(
    Replay(
        table="milestone of the round",
        kinds=(RoundPublished, RoundAmended, RoundHeld, RoundResumed, RoundAborted),
        expected=milestones_from_log,
        actual=lambda: milestones_kept(_KINDS).add_columns(Milestone.detail.label("told")),
        key=("round", "kind", "subject"),
        derived=_told,
    )
)


def _unclaimed() -> Select[*tuple[Any, ...]]:
    """Milestones that no step sets: there are none, unless somebody put them there."""
    for replay in REPLAYS.values():
        if replay.table.startswith("milestone of") and replay.actual is not _unclaimed:
            replay.actual()
    return (
        select(Round.ref.label("round"), Milestone.kind, Milestone.subject)
        .join(Round, Round.id == Milestone.round_id)
        .where(Milestone.kind.not_in(list(_claimed)))
    )


replays(
    Replay(
        table="milestone of nobody",
        kinds=(),
        expected=lambda _: (),
        actual=_unclaimed,
        key=("round", "kind", "subject"),
    )
)
