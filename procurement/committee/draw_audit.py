"""How the register of experts, the draws, the observers and meetings follow from the public log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import func, select

from procurement.accounts.models import User
from procurement.committee.drawing import key_of_numbers
from procurement.committee.entries import (
    DrawAnnounced,
    DrawCarriedOut,
    DrawSpent,
    ExpertChanged,
    ExpertEnded,
    ExpertEntered,
    ExpertReinstated,
    ExpertSetAside,
    ExpertSuspended,
    LotteryRead,
    MeetingCalled,
    MeetingCancelled,
    MeetingHeld,
    MemberAppointed,
    ObserverAdmitted,
    ObserverAsked,
    ObserverWithdrew,
    PassedOver,
    ReadingsDiffered,
    SupervisorAttended,
)
from procurement.committee.models import (
    Attendance,
    Draw,
    DrawCandidate,
    DrawLeftOut,
    DrawLot,
    DrawReading,
    Expert,
    Meeting,
    Member,
    Observer,
    SetAside,
)
from procurement.publiclog.audit import UNTOLD, Replay, Row, disclosed, person, replays, who
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.models import Round


def _words(text: str, since: object) -> str | None:
    """The hash of words that belong to an act; there are none where there was no act."""
    return digest_of(text) if since or text else None


# --- the register -------------------------------------------------------------------------------------------------


def experts_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each entry of the register."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case ExpertEntered(expert=ref) as entry:
                rows[ref] = {
                    "expert": ref,
                    "person": disclosed(entry.person),
                    "employer": disclosed(entry.employer),
                    "fields": list(entry.fields),
                    "entered_at": at,
                    "suspended_at": None,
                    "suspend_reason": None,
                    "ended_at": None,
                    "end_reason": None,
                }
            case ExpertChanged(expert=ref) as entry:
                rows[ref] |= {"employer": disclosed(entry.employer), "fields": list(entry.fields)}
            case ExpertSuspended(expert=ref, reason=reason):
                rows[ref] |= {"suspended_at": at, "suspend_reason": reason}
            case ExpertReinstated(expert=ref):
                rows[ref] |= {"suspended_at": None, "suspend_reason": None}
            case ExpertEnded(expert=ref, reason=reason):
                rows[ref] |= {"ended_at": at, "end_reason": reason}
    return rows.values()


def _expert(row: Row) -> Row:
    found = dict(row)
    return found | {
        "person": f"user:{found['person']}",
        "suspend_reason": _words(found["suspend_reason"], found["suspended_at"]),
        "end_reason": _words(found["end_reason"], found["ended_at"]),
    }


replays(
    Replay(
        table="expert",
        kinds=(ExpertEntered, ExpertChanged, ExpertSuspended, ExpertReinstated, ExpertEnded),
        expected=experts_from_log,
        actual=lambda: select(
            Expert.ref.label("expert"),
            Expert.user_id.label("person"),
            Expert.employer,
            Expert.fields,
            Expert.entered_at,
            Expert.suspended_at,
            Expert.suspend_reason,
            Expert.ended_at,
            Expert.end_reason,
        ),
        key=("expert",),
        derived=_expert,
    )
)


def set_aside_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each expert left out beforehand, numbered within its round."""
    numbers: dict[str | None, int] = {}
    for logged in entries:
        match logged.envelope.entry:
            case ExpertSetAside() as entry:
                ref = logged.envelope.round_ref
                numbers[ref] = numbers.get(ref, 0) + 1
                yield {
                    "round": ref,
                    "number": numbers[ref],
                    "person": disclosed(entry.person),
                    "reason": entry.reason,
                    "detail": entry.detail,
                    "at": logged.envelope.at,
                }


def _set_aside(row: Row) -> Row:
    return {**row, "person": f"user:{row['person']}", "detail": digest_of(row["detail"])}


replays(
    Replay(
        table="set_aside",
        kinds=(ExpertSetAside,),
        expected=set_aside_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                func.row_number().over(partition_by=SetAside.round_id, order_by=SetAside.id).label("number"),
                Expert.user_id.label("person"),
                SetAside.reason,
                SetAside.detail,
                SetAside.at,
            )
            .select_from(SetAside)
            .join(Round, Round.id == SetAside.round_id)
            .join(Expert, Expert.id == SetAside.expert_id)
        ),
        key=("round", "number"),
        derived=_set_aside,
    )
)


# --- draws --------------------------------------------------------------------------------------------------------

_Name = tuple[Any, ...]


def draws_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each announced draw."""
    rows: dict[_Name, dict[str, Any]] = {}
    for logged in entries:
        ref, at = logged.envelope.round_ref, logged.envelope.at
        match logged.envelope.entry:
            case DrawAnnounced(purpose=purpose, number=number) as entry:
                rows[ref, purpose, number] = {
                    "round": ref,
                    "purpose": purpose,
                    "number": number,
                    "source": entry.source,
                    "beacon": entry.beacon,
                    "beacon_round": entry.beacon_round,
                    "lotteries": [
                        [one.name, one.issue, one.count, one.lowest, one.highest] for one in entry.lotteries
                    ],
                    "exists_at": entry.exists_at,
                    "announced_at": at,
                    "key": None,
                    "signature": None,
                    "numbers": None,
                    "drawn_at": None,
                    "spent_at": None,
                }
            case DrawCarriedOut(purpose=purpose, number=number) as entry:
                rows[ref, purpose, number] |= {"key": entry.key, "signature": entry.signature, "drawn_at": at}
                if rows[ref, purpose, number]["source"] == "lottery":
                    rows[ref, purpose, number]["numbers"] = entry.key
            case DrawSpent(purpose=purpose, number=number):
                rows[ref, purpose, number]["spent_at"] = at
    return rows.values()


def _draw(row: Row) -> Row:
    lotteries = row["lotteries"] or []
    told = [[one[name] for name in ("name", "issue", "count", "lowest", "highest")] for one in lotteries]
    numbers = row["numbers"]
    key = None if numbers is None else key_of_numbers(tuple(map(tuple, numbers)))
    return {**row, "lotteries": told, "numbers": key}


replays(
    Replay(
        table="committee_draw",
        kinds=(DrawAnnounced, DrawCarriedOut, DrawSpent),
        expected=draws_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            Draw.purpose,
            Draw.number,
            Draw.source,
            Draw.beacon,
            Draw.beacon_round,
            Draw.lotteries,
            Draw.exists_at,
            Draw.announced_at,
            Draw.key,
            Draw.signature,
            Draw.numbers,
            Draw.drawn_at,
            Draw.spent_at,
        ).join(Round, Round.id == Draw.round_id),
        key=("round", "purpose", "number"),
        derived=_draw,
    )
)


def lots_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each lot."""
    for logged in entries:
        match logged.envelope.entry:
            case DrawAnnounced(purpose=purpose, number=number, lots=lots):
                for position, lot in enumerate(lots, 1):
                    yield {
                        "round": logged.envelope.round_ref,
                        "purpose": purpose,
                        "draw": number,
                        "lot": position,
                        "field": lot.field or "",
                        "seats": lot.seats,
                        "reserves": lot.reserves,
                        "pool": len(lot.pool),
                    }


replays(
    Replay(
        table="draw_lot",
        kinds=(DrawAnnounced,),
        expected=lots_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Draw.purpose,
                Draw.number.label("draw"),
                DrawLot.position.label("lot"),
                DrawLot.field,
                DrawLot.seats,
                DrawLot.reserves,
                DrawLot.pool,
            )
            .select_from(DrawLot)
            .join(Draw, Draw.id == DrawLot.draw_id)
            .join(Round, Round.id == DrawLot.round_id)
        ),
        key=("round", "purpose", "draw", "lot"),
    )
)


def _who(person: Salted) -> Any:
    """The account's reference, with which what was committed to begins; nobody can say it once it is erased."""
    return UNTOLD if person.value is None else person.value.partition(" · ")[0]


def candidates_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for everybody in a list: where the draw put them, and whether they got the seat."""
    rows: dict[_Name, dict[str, Any]] = {}
    places: dict[_Name, dict[str, Any]] = {}
    for logged in entries:
        ref, at = logged.envelope.round_ref, logged.envelope.at
        match logged.envelope.entry:
            case DrawAnnounced(purpose=purpose, number=draw, lots=lots):
                for position, lot in enumerate(lots, 1):
                    for number, person in enumerate(lot.pool, 1):
                        rows[ref, purpose, draw, position, number] = {
                            "round": ref,
                            "purpose": purpose,
                            "draw": draw,
                            "lot": position,
                            "number": number,
                            "person": _who(person),
                            "place": None,
                            "turn_at": None,
                            "passed": "",
                        }
            case DrawCarriedOut(purpose=purpose, number=draw, lots=orders):
                for position, one in enumerate(orders, 1):
                    for place, number in enumerate(one.order, 1):
                        row = rows[ref, purpose, draw, position, number]
                        row["place"] = place
                        places[ref, purpose, draw, position, place] = row
            case PassedOver(purpose=purpose, number=draw, lot=lot, place=place, reason=reason):
                places[ref, purpose, draw, lot, place] |= {"turn_at": at, "passed": reason}
            case MemberAppointed(drawn=drawn) if drawn is not None:
                places[ref, "experts", drawn.draw, drawn.lot, drawn.place]["turn_at"] = at
            case ObserverAdmitted(drawn=drawn) if drawn is not None:
                places[ref, "observers", drawn.draw, drawn.lot, drawn.place]["turn_at"] = at
    return rows.values()


def _candidate(row: Row) -> Row:
    found = dict(row)
    observer = found.pop("observer")
    return found | {"person": found["person"] if observer is None else observer}


replays(
    Replay(
        table="draw_candidate",
        kinds=(DrawAnnounced, DrawCarriedOut, PassedOver, MemberAppointed, ObserverAdmitted),
        expected=candidates_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Draw.purpose,
                Draw.number.label("draw"),
                DrawLot.position.label("lot"),
                DrawCandidate.number,
                User.ref.label("person"),
                Observer.code.label("observer"),
                DrawCandidate.place,
                DrawCandidate.turn_at,
                DrawCandidate.passed,
            )
            .select_from(DrawCandidate)
            .join(DrawLot, DrawLot.id == DrawCandidate.lot_id)
            .join(Draw, Draw.id == DrawLot.draw_id)
            .join(Round, Round.id == DrawCandidate.round_id)
            .outerjoin(Expert, Expert.id == DrawCandidate.expert_id)
            .outerjoin(User, User.id == Expert.user_id)
            .outerjoin(Observer, Observer.id == DrawCandidate.observer_id)
        ),
        key=("round", "purpose", "draw", "lot", "number"),
        derived=_candidate,
    )
)


def left_out_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for everybody who was left out of an announced pool."""
    for logged in entries:
        match logged.envelope.entry:
            case DrawAnnounced(purpose=purpose, number=draw, left_out=left_out):
                for number, one in enumerate(left_out, 1):
                    yield {
                        "round": logged.envelope.round_ref,
                        "purpose": purpose,
                        "draw": draw,
                        "number": number,
                        "person": _who(one.person),
                        "reason": one.reason,
                    }


replays(
    Replay(
        table="draw_left_out",
        kinds=(DrawAnnounced,),
        expected=left_out_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Draw.purpose,
                Draw.number.label("draw"),
                DrawLeftOut.number,
                User.ref.label("person"),
                DrawLeftOut.reason,
            )
            .select_from(DrawLeftOut)
            .join(Draw, Draw.id == DrawLeftOut.draw_id)
            .join(Round, Round.id == DrawLeftOut.round_id)
            .join(Expert, Expert.id == DrawLeftOut.expert_id)
            .join(User, User.id == Expert.user_id)
        ),
        key=("round", "purpose", "draw", "number"),
    )
)


def readings_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each reading; what was read follows from the key, once both agree."""
    rows: list[dict[str, Any]] = []
    counts: Counter[_Name] = Counter()
    for logged in entries:
        ref, at = logged.envelope.round_ref, logged.envelope.at
        match logged.envelope.entry:
            case LotteryRead(purpose=purpose, number=number):
                counts[ref, purpose, number] += 1
                rows.append(
                    {
                        "round": ref,
                        "purpose": purpose,
                        "draw": number,
                        "number": counts[ref, purpose, number],
                        "role": logged.envelope.by.role,
                        "by": who(logged),
                        "read_at": at,
                        "discarded_at": None,
                        "key": None,
                    }
                )
            case ReadingsDiffered(purpose=purpose, number=number):
                for row in _standing(rows, ref, purpose, number):
                    row["discarded_at"] = at
            case DrawCarriedOut(purpose=purpose, number=number, key=key):
                for row in _standing(rows, ref, purpose, number):
                    row["key"] = key
    return rows


def _standing(rows: list[dict[str, Any]], ref: str | None, purpose: str, number: int) -> Iterator[dict[str, Any]]:
    for row in rows:
        if (row["round"], row["purpose"], row["draw"], row["discarded_at"]) == (ref, purpose, number, None):
            yield row


def _reading(row: Row) -> Row:
    """The numbers as the key has them, where they became the key."""
    found = dict(row)
    numbers, drawn_at = found.pop("numbers"), found.pop("drawn_at")
    counts = found["discarded_at"] is None and drawn_at is not None
    return found | {
        "key": key_of_numbers(tuple(map(tuple, numbers))) if counts else None,
        "by": person(found["by"]),
    }


replays(
    Replay(
        table="draw_reading",
        kinds=(LotteryRead, ReadingsDiffered, DrawCarriedOut),
        expected=readings_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Draw.purpose,
                Draw.number.label("draw"),
                func.row_number().over(partition_by=DrawReading.draw_id, order_by=DrawReading.id).label("number"),
                DrawReading.role,
                DrawReading.user_id.label("by"),
                DrawReading.read_at,
                DrawReading.discarded_at,
                DrawReading.numbers,
                Draw.drawn_at,
            )
            .select_from(DrawReading)
            .join(Draw, Draw.id == DrawReading.draw_id)
            .join(Round, Round.id == DrawReading.round_id)
        ),
        key=("round", "purpose", "draw", "number"),
        derived=_reading,
    )
)


# --- observers ----------------------------------------------------------------------------------------------------


def observers_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each observer."""
    rows: dict[_Name, dict[str, Any]] = {}
    for logged in entries:
        ref, at = logged.envelope.round_ref, logged.envelope.at
        match logged.envelope.entry:
            case ObserverAsked(observer=code) as entry:
                rows[ref, code] = {
                    "round": ref,
                    "observer": code,
                    "kind": entry.kind_of,
                    "name": disclosed(entry.name),
                    "contact": disclosed(entry.contact),
                    "outlet": disclosed(entry.outlet),
                    "listed": entry.listed,
                    "asked_at": at,
                    "admitted_at": None,
                    "withdrawn_at": None,
                }
            case ObserverAdmitted(observer=code):
                rows[ref, code]["admitted_at"] = at
            case ObserverWithdrew(observer=code):
                rows[ref, code]["withdrawn_at"] = at
    return rows.values()


replays(
    Replay(
        table="observer",
        kinds=(ObserverAsked, ObserverAdmitted, ObserverWithdrew),
        expected=observers_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            Observer.code.label("observer"),
            Observer.kind,
            Observer.name,
            Observer.contact,
            Observer.outlet,
            Observer.listed,
            Observer.asked_at,
            Observer.admitted_at,
            Observer.withdrawn_at,
        ).join(Round, Round.id == Observer.round_id),
        key=("round", "observer"),
    )
)


# --- meetings -----------------------------------------------------------------------------------------------------


def meetings_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each meeting."""
    rows: dict[_Name, dict[str, Any]] = {}
    for logged in entries:
        ref, at = logged.envelope.round_ref, logged.envelope.at
        match logged.envelope.entry:
            case MeetingCalled(number=number) as entry:
                rows[ref, number] = {
                    "round": ref,
                    "number": number,
                    "kind": entry.kind_of,
                    "starts_at": entry.starts_at,
                    "place": entry.place,
                    "called_at": at,
                    "cancelled_at": None,
                    "cancel_reason": None,
                    "held_at": None,
                }
            case MeetingCancelled(number=number, reason=reason):
                rows[ref, number] |= {"cancelled_at": at, "cancel_reason": reason}
            case MeetingHeld(number=number):
                rows[ref, number]["held_at"] = at
    return rows.values()


def _meeting(row: Row) -> Row:
    reason = _words(row["cancel_reason"], row["cancelled_at"])
    return {**row, "place": digest_of(row["place"]), "cancel_reason": reason}


replays(
    Replay(
        table="committee_meeting",
        kinds=(MeetingCalled, MeetingCancelled, MeetingHeld),
        expected=meetings_from_log,
        actual=lambda: select(
            Round.ref.label("round"),
            Meeting.number,
            Meeting.kind,
            Meeting.starts_at,
            Meeting.place,
            Meeting.called_at,
            Meeting.cancelled_at,
            Meeting.cancel_reason,
            Meeting.held_at,
        ).join(Round, Round.id == Meeting.round_id),
        key=("round", "number"),
        derived=_meeting,
    )
)


def attendance_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for everybody who was at a meeting; supervisors are counted, not named."""
    supervisors: dict[_Name, int] = {}
    for logged in entries:
        ref, at = logged.envelope.round_ref, logged.envelope.at
        match logged.envelope.entry:
            case MeetingHeld(number=number, members=members, observers=observers):
                for code in (*members, *observers):
                    yield {"round": ref, "number": number, "who": code, "person": None, "remark": None, "at": at}
            case SupervisorAttended(number=number, remark=remark):
                supervisors[ref, number] = supervisors.get((ref, number), 0) + 1
                place = f"supervisor {supervisors[ref, number]}"
                own = {"person": who(logged), "remark": remark, "at": at}
                yield {"round": ref, "number": number, "who": place} | own


def _attendance(row: Row) -> Row:
    found = dict(row)
    member, observer, place = found.pop("member"), found.pop("observer"), found.pop("place")
    remark = digest_of(found["remark"]) if found["remark"] else None
    return found | {
        "who": member or observer or f"supervisor {place}",
        "person": person(found["person"]),
        "remark": remark,
    }


replays(
    Replay(
        table="attendance",
        kinds=(MeetingHeld, SupervisorAttended),
        expected=attendance_from_log,
        actual=lambda: (
            select(
                Round.ref.label("round"),
                Meeting.number,
                Member.code.label("member"),
                Observer.code.label("observer"),
                func.row_number()
                .over(
                    partition_by=(Attendance.meeting_id, Attendance.supervisor_id.is_(None)), order_by=Attendance.id
                )
                .label("place"),
                Attendance.supervisor_id.label("person"),
                Attendance.remark,
                Attendance.at,
            )
            .select_from(Attendance)
            .join(Meeting, Meeting.id == Attendance.meeting_id)
            .join(Round, Round.id == Attendance.round_id)
            .outerjoin(Member, Member.id == Attendance.member_id)
            .outerjoin(Observer, Observer.id == Attendance.observer_id)
        ),
        key=("round", "number", "who"),
        derived=_attendance,
    )
)
