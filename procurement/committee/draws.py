"""The draw of experts: announced before its randomness exists, carried out, and reserves called in their order.

Nobody chooses anybody here. The announcement fixes everything but the randomness; the randomness fixes the order; and
who gets a seat follows from the order and from what the record says about those in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, Role, conflicting, require
from procurement.accounts.models import User, UserRole
from procurement.committee import beacon
from procurement.committee.candidates import Candidate, in_field, pool_of, vacancies_of
from procurement.committee.drawing import (
    ALGORITHM,
    Lot,
    Lottery,
    Numbers,
    PassedOver,
    Purpose,
    Source,
    SourceKind,
    check_lots,
    check_numbers,
    check_seats,
    check_source,
    key_of_numbers,
    order_of,
    sorted_numbers,
)
from procurement.committee.entries import (
    DrawAnnounced,
    DrawCarriedOut,
    DrawnPlace,
    DrawSpent,
    LeftOutOfPool,
    LotAnnounced,
    LotOrder,
    LotteryNamed,
    LotteryRead,
    ObserverAdmitted,
    ReadingsDiffered,
)
from procurement.committee.entries import PassedOver as PassedOverEntry
from procurement.committee.expertise import Expertise
from procurement.committee.models import (
    Draw,
    DrawCandidate,
    DrawLeftOut,
    DrawLot,
    DrawReading,
    Expert,
    Member,
    Observer,
)
from procurement.committee.queries import members_of
from procurement.committee.rules import MemberKind, experts_of
from procurement.committee.seats import pass_chair, seat, write_to
from procurement.errors import N_, RuleBroken, WrongPhase, refuse_if
from procurement.mail import queue_mail
from procurement.publiclog.entry import Salted
from procurement.publiclog.writing import append
from procurement.rounds import clocks
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase
from procurement.rounds.queries import course_of, find_round, roles_held, rules_of
from procurement.rounds.rules import ExpertsChosen, RoundDocument

FORMING = (Phase.CHECKING, Phase.FORMING)
"""A draw is announced and carried out once applications have closed: only then is it known who must be left out."""

CHAINS: Mapping[str, beacon.Chain] = MappingProxyType({beacon.QUICKNET.name: beacon.QUICKNET})
"""The beacons that are known here, by name."""

MOST_PEOPLE = 1000
"""So many fit into the entry that announces a draw."""


def beacon_source(at: datetime, chain: beacon.Chain = beacon.QUICKNET) -> Source:
    """The first round of a beacon that is published at or after `at`."""
    number = chain.round_at(at)
    if number < 1 or chain.published_at(number) < at:
        number += 1
    return Source(SourceKind.BEACON, chain.published_at(number), chain.name, number)


# --- announcing ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many seats and reserves are to be drawn in a field."""

    field: Expertise
    seats: int
    reserves: int


def announce_draw(
    session: Session, *, actor: Actor, now: datetime, ref: str, wanted: Sequence[Wanted], source: Source, seed: bytes
) -> Draw:
    """Announce the draw of the experts. `seed`: 32 fresh random bytes that put each list in an order which tells
    nothing about who is who. A second draw can only be announced when the first has nobody left, and for exactly the
    seats that are vacant. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.FORM_COMMITTEE, round_id=found.id)
    course = course_of(session, found.id)
    course.require(now, *FORMING)
    document = rules_of(session, found.id)
    if document.committee.experts_chosen is not ExpertsChosen.DRAWN:
        raise RuleBroken(N_("By the rules of this round experts are appointed, not drawn."))
    number = next_number(session, found, Purpose.EXPERTS)
    assert course.published is not None  # noqa: S101 (a round that is being formed is published)
    pool = pool_of(session, found.id, document=document, published=course.published)
    lists = [[one for one in in_field(pool, lot.field) if one.reason is None] for lot in wanted]
    lots = [Lot(lot.field, lot.seats, lot.reserves, len(people)) for lot, people in zip(wanted, lists, strict=True)]
    left_out = [one for one in pool if one.reason and any(lot.field in one.expert.fields for lot in wanted)]
    refuse_if(
        check_lots(lots)
        + check_source(source, now=now)
        + _check_room(session, found, document, lots, number)
        + _check_size(lots, left_out)
    )
    draw = keep_draw(session, found, Purpose.EXPERTS, number, source, now)
    for position, (lot, people) in enumerate(zip(lots, lists, strict=True), 1):
        row = keep_lot(session, found, draw, position, lot)
        for n, one in enumerate(_mixed(people, seed, position), 1):
            session.add(DrawCandidate(round_id=found.id, lot_id=row.id, number=n, expert_id=one.expert.id))
    for n, one in enumerate(_mixed(left_out, seed, 0), 1):
        session.add(
            DrawLeftOut(round_id=found.id, draw_id=draw.id, number=n, expert_id=one.expert.id, reason=one.reason)
        )
    session.flush()
    entry = DrawAnnounced(
        purpose=Purpose.EXPERTS,
        number=number,
        algorithm=ALGORITHM,
        **source_fields(source),
        lots=tuple(
            LotAnnounced(
                field=lot.field,
                seats=lot.seats,
                reserves=lot.reserves,
                pool=tuple(_salted(one) for one in _mixed(people, seed, position)),
            )
            for position, (lot, people) in enumerate(zip(lots, lists, strict=True), 1)
        ),
        left_out=tuple(
            LeftOutOfPool(person=_salted(one), reason=one.reason or "") for one in _mixed(left_out, seed, 0)
        ),
    )
    append(session, entry, now=now, actor=actor, role=Role.ORGANISER, round_ref=found.ref)
    return draw


def _mixed(people: Sequence[Candidate], seed: bytes, position: int) -> list[Candidate]:
    return sorted(people, key=lambda one: sha256(seed + f"{position}.{one.expert.id}".encode()).digest())


def _salted(one: Candidate) -> Salted:
    """What the announcement commits to: who it is, as it will be told of those seated when names are published. It
    begins with the account's random reference, which stays when a name changes."""
    text = f"{one.expert.user_ref} · {one.expert.name} · {one.expert.employer}"
    return Salted(text, whose=f"user:{one.expert.user_id}")


def next_number(session: Session, found: Round, purpose: Purpose) -> int:
    """The number of the next draw. Raises RuleBroken while one is in force."""
    last = session.scalars(
        select(Draw).where(Draw.round_id == found.id, Draw.purpose == purpose).order_by(Draw.number.desc()).limit(1)
    ).one_or_none()
    if last is not None and last.spent_at is None:
        raise RuleBroken(N_("A draw has been announced already; it is not announced again for another result."))
    return 1 if last is None else last.number + 1


def _check_room(
    session: Session, found: Round, document: RoundDocument, lots: Sequence[Lot], number: int
) -> list[Any]:
    rule = document.committee
    if number > 1:
        vacant = {field: seats for field, seats in vacancies_of(session, found.id).items() if seats > 0}
        if {lot.field: lot.seats for lot in lots} != vacant:
            raise RuleBroken(N_("A further draw is for exactly the seats that are vacant."))
        return []
    members = members_of(session, found.id)
    return check_seats(
        drawn=sum(lot.seats for lot in lots),
        experts=sum(member.kind is MemberKind.EXPERT for member in members),
        members=len(members),
        needed=experts_of(rule),
        size=rule.size,
        consumer=any(member.kind is MemberKind.CONSUMER for member in members),
    )


def _check_size(lots: Sequence[Lot], left_out: Sequence[Candidate]) -> list[Any]:
    if sum(lot.pool for lot in lots) + len(left_out) > MOST_PEOPLE:
        raise RuleBroken(N_("At most %(most)s people fit into one draw; draw in fewer fields."), most=MOST_PEOPLE)
    return []


def keep_draw(session: Session, found: Round, purpose: Purpose, number: int, source: Source, now: datetime) -> Draw:
    """Write down what is announced of a draw."""
    draw = Draw(
        round_id=found.id,
        purpose=purpose,
        number=number,
        source=source.kind,
        beacon=source.beacon,
        beacon_round=source.beacon_round,
        lotteries=[asdict(lottery) for lottery in source.lotteries] if source.kind is SourceKind.LOTTERY else None,
        exists_at=source.exists_at,
        announced_at=now,
    )
    session.add(draw)
    session.flush()
    return draw


def keep_lot(session: Session, found: Round, draw: Draw, position: int, lot: Lot) -> DrawLot:
    """Write down one of its lots."""
    row = DrawLot(
        round_id=found.id,
        draw_id=draw.id,
        position=position,
        field=lot.field,
        seats=lot.seats,
        reserves=lot.reserves,
        pool=lot.pool,
    )
    session.add(row)
    session.flush()
    return row


def source_fields(source: Source) -> dict[str, Any]:
    """The source as an entry says it."""
    return {
        "source": source.kind,
        "beacon": source.beacon,
        "beacon_round": source.beacon_round,
        "lotteries": tuple(LotteryNamed(**asdict(lottery)) for lottery in source.lotteries),
        "exists_at": source.exists_at,
    }


# --- carrying out -------------------------------------------------------------------------------------------------


def _announced(session: Session, found: Round, purpose: Purpose) -> Draw:
    draw = session.scalars(
        select(Draw)
        .where(Draw.round_id == found.id, Draw.purpose == purpose, Draw.drawn_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if draw is None:
        raise RuleBroken(N_("No draw is announced that has not been carried out."))
    return draw


def _exists(draw: Draw, now: datetime) -> None:
    if now < draw.exists_at:
        raise WrongPhase(N_("The randomness of this draw exists from %(at)s on, not earlier."), at=draw.exists_at)


def draw_by_beacon(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    signature: str,
    purpose: Purpose = Purpose.EXPERTS,
    chains: Mapping[str, beacon.Chain] = CHAINS,
) -> Draw:
    """Carry out the announced draw with what the beacon published: `signature` (hex), verified here against the
    beacon's key, so that it does not matter who brings it. Raises NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.CARRY_OUT_DRAW, round_id=found.id)
    course_of(session, found.id).require(now, *FORMING)
    draw = _announced(session, found, purpose)
    if draw.source != SourceKind.BEACON or draw.beacon is None or draw.beacon_round is None:
        raise RuleBroken(N_("This draw takes its numbers from lotteries."))
    _exists(draw, now)
    key = beacon.randomness(draw.beacon_round, signature, chain=chains[draw.beacon])
    draw.signature = signature.strip().lower()
    return _carry_out(session, found, draw, key, now=now, actor=actor)


def read_lotteries(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    numbers: Numbers,
    purpose: Purpose = Purpose.EXPERTS,
) -> Draw:
    """Say what the announced lotteries brought. An organiser and a supervisor do so, each without seeing what the
    other wrote; when both say the same the draw is carried out, otherwise both readings are set aside. Raises
    NotFound, NotAllowed, WrongPhase, RuleBroken."""
    found = find_round(session, ref, lock=True)
    require(actor, Permission.CARRY_OUT_DRAW, round_id=found.id)
    course_of(session, found.id).require(now, *FORMING)
    draw = _announced(session, found, purpose)
    if draw.lotteries is None:
        raise RuleBroken(N_("This draw takes its key from a public beacon."))
    _exists(draw, now)
    lotteries = [Lottery(**lottery) for lottery in draw.lotteries]
    if len(numbers) != len(lotteries):
        raise RuleBroken(N_("Write the numbers of every lottery."))
    refuse_if(check_numbers(lotteries, numbers))
    role = Role.SUPERVISOR if Role.SUPERVISOR in actor.roles_in(found.id) else Role.ORGANISER
    waiting = session.scalars(
        select(DrawReading).where(DrawReading.draw_id == draw.id, DrawReading.discarded_at.is_(None))
    ).all()
    if any(reading.role == role for reading in waiting):
        raise RuleBroken(N_("The numbers were written down from this side already; the other side reads them too."))
    reading = DrawReading(
        round_id=found.id,
        draw_id=draw.id,
        role=role,
        user_id=actor.user_id,
        numbers=[list(drawn) for drawn in sorted_numbers(numbers)],
        read_at=now,
    )
    session.add(reading)
    session.flush()
    read = LotteryRead(purpose=purpose, number=draw.number)
    append(session, read, now=now, actor=actor, role=role, round_ref=found.ref)
    if not waiting:
        return draw
    if waiting[0].numbers != reading.numbers:
        for one in (*waiting, reading):
            one.discarded_at = now
        differed = ReadingsDiffered(purpose=purpose, number=draw.number)
        append(session, differed, now=now, actor=None, role=None, round_ref=found.ref)
        return draw
    draw.numbers = reading.numbers
    return _carry_out(session, found, draw, key_of_numbers(sorted_numbers(numbers)), now=now, actor=actor)


def _carry_out(session: Session, found: Round, draw: Draw, key: str, *, now: datetime, actor: Actor) -> Draw:
    """Work out the order of every lot, say it, and let the first take their seats."""
    draw.key, draw.drawn_at = key, now
    rows = session.scalars(select(DrawLot).where(DrawLot.draw_id == draw.id).order_by(DrawLot.position)).all()
    lots = [Lot(row.field, row.seats, row.reserves, row.pool) for row in rows]
    orders: list[list[int]] = []
    seated: set[int] = set()  # whoever gets a seat in an earlier lot does not use up a place in a later one
    for row in rows:
        people = {
            one.number: one for one in session.scalars(select(DrawCandidate).where(DrawCandidate.lot_id == row.id))
        }
        order: list[int] = []
        free = 0
        for number in order_of(lots, key, row.position):
            if free == row.seats + row.reserves:
                break
            order.append(number)
            who = people[number].expert_id or people[number].observer_id or 0
            if who not in seated:
                free += 1
                if free <= row.seats:
                    seated.add(who)
        for place, number in enumerate(order, 1):
            people[number].place = place
        orders.append(order)
    session.flush()
    role = Role.SUPERVISOR if Role.SUPERVISOR in actor.roles_in(found.id) else Role.ORGANISER
    entry = DrawCarriedOut(
        purpose=draw.purpose,
        number=draw.number,
        key=key,
        signature=draw.signature,
        lots=tuple(LotOrder(order=tuple(order)) for order in orders),
    )
    append(session, entry, now=now, actor=actor, role=role, round_ref=found.ref)
    if draw.purpose == Purpose.EXPERTS:
        fill_seats(session, found, now=now)
    else:
        admit_observers(session, found, now=now)
    return draw


# --- seats in the order drawn -------------------------------------------------------------------------------------


def fill_seats(session: Session, found: Round, *, now: datetime) -> None:
    """Give every vacant expert's seat to the next in its field's order: nobody picks. Who cannot take it is passed
    over, and the log says why; when nobody is left the draw is spent. The caller has locked the round."""
    pass_chair(session, found, now=now)
    for field, vacant in vacancies_of(session, found.id).items():
        while vacant > 0:
            candidate = _next_in(session, found, field)
            if candidate is None:
                break
            vacant -= _take_turn(session, found, candidate, now=now)
        if vacant > 0:
            _spend(session, found, now=now)


_Turn = tuple[DrawCandidate, DrawLot, Draw, Expert, User]


def _next_in(session: Session, found: Round, field: str) -> _Turn | None:
    """The first place in the orders of `field` whose turn has not come, over all draws of experts in the round."""
    row = session.execute(
        select(DrawCandidate, DrawLot, Draw, Expert, User)
        .join(DrawLot, DrawLot.id == DrawCandidate.lot_id)
        .join(Draw, Draw.id == DrawLot.draw_id)
        .join(Expert, Expert.id == DrawCandidate.expert_id)
        .join(User, User.id == Expert.user_id)
        .where(
            Draw.round_id == found.id,
            Draw.purpose == Purpose.EXPERTS,
            DrawLot.field == field,
            DrawCandidate.place.is_not(None),
            DrawCandidate.turn_at.is_(None),
        )
        .order_by(Draw.number, DrawCandidate.place)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3], row[4])


def _take_turn(session: Session, found: Round, turn: _Turn, *, now: datetime) -> bool:
    """Seat whose turn it is, or pass them over; whether they are seated."""
    candidate, lot, draw, expert, user = turn
    why = _cannot_sit(session, found, expert, user)
    candidate.turn_at = now
    if why is not None:
        candidate.passed = why
        session.flush()
        entry = PassedOverEntry(
            purpose=draw.purpose, number=draw.number, lot=lot.position, place=candidate.place or 0, reason=why
        )
        append(session, entry, now=now, actor=None, role=None, round_ref=found.ref)
        return False
    session.flush()
    document = rules_of(session, found.id)
    due, _ = clocks.working_deadline(document, start=now, working_days=document.committee.seat_working_days)
    chair = not any(member.chair for member in members_of(session, found.id))
    member = seat(
        session,
        found,
        user=user,
        kind=MemberKind.EXPERT,
        field=lot.field,
        chair=chair,
        now=now,
        actor=None,
        candidate_id=candidate.id,
        drawn=DrawnPlace(draw=draw.number, lot=lot.position, place=candidate.place or 0),
        answer_due=due,
    )
    write_to(session, [user], "committee/drawn", found, now, code=member.code, due=due.isoformat())
    return True


def _cannot_sit(session: Session, found: Round, expert: Expert, user: User) -> PassedOver | None:
    """What keeps somebody drawn from the seat now, from the record alone."""
    sits = select(Member.id).where(Member.round_id == found.id, Member.user_id == user.id, Member.ended_at.is_(None))
    if session.scalar(sits) is not None:
        return PassedOver.SEATED
    if user.disabled_at is not None or session.get(UserRole, (user.id, Role.MEMBER)) is None:
        return PassedOver.NO_ACCOUNT
    if expert.ended_at is not None or expert.suspended_at is not None:
        return PassedOver.SUSPENDED
    published = course_of(session, found.id).published
    left = select(Member.id).where(Member.round_id == found.id, Member.user_id == user.id)
    held = roles_held(session, round_id=found.id, user_id=user.id, published=published)
    if conflicting(held, Role.MEMBER):
        return PassedOver.OTHER_ROLE
    return PassedOver.WITHDRAWN if session.scalar(left) is not None else None


def _spend(session: Session, found: Round, *, now: datetime) -> None:
    """The newest draw that was carried out has nobody left for a vacant seat."""
    draw = session.scalars(
        select(Draw)
        .where(Draw.round_id == found.id, Draw.purpose == Purpose.EXPERTS)
        .order_by(Draw.number.desc())
        .limit(1)
    ).one()
    if draw.drawn_at is None or draw.spent_at is not None:
        return
    draw.spent_at = now
    session.flush()
    entry = DrawSpent(purpose=draw.purpose, number=draw.number)
    append(session, entry, now=now, actor=None, role=None, round_ref=found.ref)


# --- observers ----------------------------------------------------------------------------------------------------


def admit_observers(session: Session, found: Round, *, now: datetime) -> None:
    """Give the observers' seats that are free to the next in the order drawn who still want one. The caller has
    locked the round."""
    taken = session.scalar(
        select(func.count())
        .select_from(Observer)
        .where(Observer.round_id == found.id, Observer.admitted_at.is_not(None), Observer.withdrawn_at.is_(None))
    )
    free = rules_of(session, found.id).committee.observers - (taken or 0)
    waiting = session.execute(
        select(DrawCandidate, DrawLot, Draw, Observer)
        .join(DrawLot, DrawLot.id == DrawCandidate.lot_id)
        .join(Draw, Draw.id == DrawLot.draw_id)
        .join(Observer, Observer.id == DrawCandidate.observer_id)
        .where(
            Draw.round_id == found.id,
            Draw.purpose == Purpose.OBSERVERS,
            DrawCandidate.place.is_not(None),
            DrawCandidate.turn_at.is_(None),
        )
        .order_by(DrawCandidate.place)
    ).all()
    for candidate, lot, draw, observer in waiting:
        if free <= 0:
            break
        place = DrawnPlace(draw=draw.number, lot=lot.position, place=candidate.place or 0)
        candidate.turn_at = now
        if observer.withdrawn_at is None:
            admit_observer(session, found, observer, now=now, drawn=place)
            free -= 1
            continue
        candidate.passed = PassedOver.WITHDRAWN
        passed = PassedOverEntry(
            purpose=draw.purpose, number=place.draw, lot=place.lot, place=place.place, reason=PassedOver.WITHDRAWN
        )
        append(session, passed, now=now, actor=None, role=None, round_ref=found.ref)
    session.flush()


def admit_observer(
    session: Session, found: Round, observer: Observer, *, now: datetime, drawn: DrawnPlace | None = None
) -> None:
    """Give somebody who asked an observer's seat, and tell them."""
    observer.admitted_at = now
    entry = ObserverAdmitted(observer=observer.code, drawn=drawn)
    append(session, entry, now=now, actor=None, role=None, round_ref=found.ref)
    about = {"code": observer.code, "ref": found.ref, "round_en": found.title_en, "round_zh": found.title_zh}
    queue_mail(
        session,
        to=observer.contact,
        language=observer.language,
        template="committee/observer-admitted",
        context=about,
        about=found.ref,
        now=now,
    )
