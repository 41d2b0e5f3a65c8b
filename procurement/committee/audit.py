"""How members, declarations and the beginning of scoring follow from the public log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from procurement.applications.models import Application
from procurement.committee import draw_audit  # noqa: F401 (registers the replays of the pool and the draw)
from procurement.committee.entries import (
    ChairPassed,
    InterestsDeclared,
    MemberAppointed,
    MemberRecused,
    MemberRemoved,
    RecusalDecided,
    RecusalRequested,
    RecusalStated,
    ScoringBegan,
    SeatAccepted,
)
from procurement.committee.models import Declaration, Draw, DrawCandidate, DrawLot, Member, RecusalRequest
from procurement.committee.recusing import Outcome
from procurement.publiclog.audit import Replay, Row, disclosed, person, replays, who
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.audit import milestone_by, milestones_kept
from procurement.rounds.entries import SeatGiven
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind


def members_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each member; who that is stands in the seat, which was given just before."""
    rows: dict[tuple[Any, str], dict[str, Any]] = {}
    seated: dict[Any, Any] = {}
    for logged in entries:
        round_ref, at = logged.envelope.round_ref, logged.envelope.at
        match logged.envelope.entry:
            case SeatGiven(person=given):
                seated[round_ref] = disclosed(given)
            case MemberAppointed(member=member) as entry:
                rows[round_ref, member] = {
                    "round": round_ref,
                    "member": member,
                    "person": seated[round_ref],
                    "field": entry.field,
                    "kind": entry.kind_of,
                    "chair": entry.chair,
                    "appointed_at": at,
                    "drawn": None if entry.drawn is None else (entry.drawn.draw, entry.drawn.lot, entry.drawn.place),
                    "answer_due": entry.answer_due,
                    "accepted_at": None,
                    "ended_at": None,
                    "end_code": "",
                    "end_reason": None,
                }
            case SeatAccepted(member=member):
                rows[round_ref, member]["accepted_at"] = at
            case ChairPassed(member=member):
                rows[round_ref, member]["chair"] = True
            case MemberRemoved(member=member, code=code, reason=reason):
                rows[round_ref, member] |= {"ended_at": at, "end_code": code, "end_reason": reason}
    return rows.values()


def _ended(row: Row) -> Row:
    found = dict(row)
    place = tuple(found.pop(name) for name in ("draw", "lot", "place"))
    return found | {
        "person": person(found["person"]),
        "field": digest_of(found["field"]) if found["field"] else None,
        "drawn": None if place[0] is None else place,
        "end_reason": digest_of(found["end_reason"]) if found["ended_at"] or found["end_reason"] else None,
    }


replays(
    Replay(
        table="committee_member",
        kinds=(SeatGiven, MemberAppointed, SeatAccepted, ChairPassed, MemberRemoved),
        expected=members_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Member.code.label("member"),
                Member.user_id.label("person"),
                Member.field,
                Member.kind,
                Member.chair,
                Member.appointed_at,
                Draw.number.label("draw"),
                DrawLot.position.label("lot"),
                DrawCandidate.place.label("place"),
                Member.answer_due_at.label("answer_due"),
                Member.accepted_at,
                Member.ended_at,
                Member.end_code,
                Member.end_reason,
            )
            .select_from(Member)
            .join(Round, Round.id == Member.round_id)
            .outerjoin(DrawCandidate, DrawCandidate.id == Member.candidate_id)
            .outerjoin(DrawLot, DrawLot.id == DrawCandidate.lot_id)
            .outerjoin(Draw, Draw.id == DrawLot.draw_id)
        ),
        key=("round", "member"),
        derived=_ended,
    )
)


def declarations_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each declaration; a later one on the same pair replaces it."""
    rows: list[dict[str, Any]] = []

    def declare(logged: Logged, member: str, application: str, ground: str) -> None:
        for row in rows:
            if (row["member"], row["application"], row["replaced_at"]) == (member, application, None):
                row["replaced_at"] = logged.envelope.at
        rows.append(
            {
                "member": member,
                "application": application,
                "ground": ground,
                "declared_at": logged.envelope.at,
                "replaced_at": None,
            }
        )

    for logged in entries:
        match logged.envelope.entry:
            case InterestsDeclared(member=member, declarations=declarations):
                for declared in declarations:
                    declare(logged, member, declared.application, declared.ground)
            case MemberRecused(member=member, application=application, ground=ground):
                declare(logged, member, application, ground)
    return rows


replays(
    Replay(
        table="declaration",
        kinds=(InterestsDeclared, MemberRecused),
        expected=declarations_from_log,
        actual=lambda: (
            select(
                Member.code.label("member"),
                Application.ref.label("application"),
                Declaration.ground,
                Declaration.declared_at,
                Declaration.replaced_at,
            )
            .select_from(Declaration)
            .join(Member, Member.id == Declaration.member_id)
            .join(Application, Application.id == Declaration.application_id)
        ),
        # One member declares on one application at most once at one instant, and a ground never turns back into none.
        key=("member", "application", "declared_at", "ground"),
    )
)


def requests_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each request for recusal."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case RecusalRequested(request=ref) as entry:
                rows[ref] = {
                    "round": logged.envelope.round_ref,
                    "request": ref,
                    "number": int(ref.rpartition("-RC")[2]),
                    "asked_by": who(logged),
                    "member": entry.member,
                    "application": entry.application,
                    "ground": entry.ground,
                    "origin": entry.origin,
                    "argument": entry.argument,
                    "name": disclosed(entry.name),
                    "contact": disclosed(entry.contact),
                    "filed_at": at,
                    "due_at": entry.due,
                    "statement": None,
                    "stated_at": None,
                    "outcome": "",
                    "decision": None,
                    "decided_at": None,
                    "decided_by": None,
                }
            case RecusalStated(request=ref, text=text):
                rows[ref] |= {"statement": text, "stated_at": at}
            case RecusalDecided(request=ref, outcome=outcome, text=text):
                decided = outcome not in (Outcome.WITHDRAWN, Outcome.MOOT)
                rows[ref] |= {"outcome": outcome, "decision": text, "decided_at": at}
                rows[ref]["decided_by"] = who(logged) if decided else None
    return rows.values()


def _request(row: Row) -> Row:
    texts = {name: digest_of(row[name]) if row[name] else None for name in ("argument", "statement", "decision")}
    people = {name: person(row[name]) for name in ("asked_by", "decided_by")}
    return {**row, **texts, **people}


replays(
    Replay(
        table="recusal_request",
        kinds=(RecusalRequested, RecusalStated, RecusalDecided),
        expected=requests_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                RecusalRequest.ref.label("request"),
                Member.code.label("member"),
                Application.ref.label("application"),
                RecusalRequest.ground,
                RecusalRequest.origin,
                RecusalRequest.argument,
                RecusalRequest.filer_name.label("name"),
                RecusalRequest.contact,
                RecusalRequest.filed_at,
                RecusalRequest.due_at,
                RecusalRequest.statement,
                RecusalRequest.stated_at,
                RecusalRequest.outcome,
                RecusalRequest.decision,
                RecusalRequest.decided_at,
                RecusalRequest.number,
                RecusalRequest.filer_user_id.label("asked_by"),
                RecusalRequest.decided_by_id.label("decided_by"),
            )
            .select_from(RecusalRequest)
            .join(Round, Round.id == RecusalRequest.round_id)
            .join(Member, Member.id == RecusalRequest.member_id)
            .outerjoin(Application, Application.id == RecusalRequest.application_id)
        ),
        key=("request",),
        derived=_request,
    )
)


def milestones_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each time that scoring began."""
    times: Counter[str | None] = Counter()
    for logged in entries:
        match logged.envelope.entry:
            case ScoringBegan(closes=closes):
                round_ref = logged.envelope.round_ref
                times[round_ref] += 1
                yield {
                    "round": round_ref,
                    "kind": Kind.SCORING_BEGAN,
                    "subject": str(times[round_ref]) if times[round_ref] > 1 else "",
                    "at": logged.envelope.at,
                    "closes": closes,
                    "by": who(logged),
                }


replays(
    Replay(
        table="milestone of the committee",
        kinds=(ScoringBegan,),
        expected=milestones_from_log,
        actual=lambda: milestones_kept([Kind.SCORING_BEGAN]),
        key=("round", "kind", "subject"),
        derived=milestone_by,
    )
)
