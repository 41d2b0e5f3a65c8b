"""A draw retraced from the public log alone: was it announced in time, and do order and seats follow? Pure.

The public page, `sunlit draw` and the check of an evidence file all use this; none of them asks a table.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from procurement.committee import beacon
from procurement.committee.draw import Step, steps
from procurement.committee.drawing import (
    ALGORITHM,
    MARGIN,
    Lot,
    Lottery,
    Numbers,
    Purpose,
    SourceKind,
    Turn,
    check_numbers,
    check_turns,
    key_of_numbers,
    lot_key,
)
from procurement.committee.entries import (
    DrawAnnounced,
    DrawCarriedOut,
    DrawSpent,
    LotteryRead,
    MemberAppointed,
    MemberRemoved,
    ObserverAdmitted,
    PassedOver,
    ReadingsDiffered,
)
from procurement.errors import N_, Problem, RuleBroken
from procurement.publiclog.entry import Envelope


@dataclass(frozen=True, slots=True)
class TurnTold:
    """What became of one place: `seated` is the code of the member or observer, "" for who was `passed` over."""

    place: int
    number: int
    seated: str
    passed: str
    at: datetime


@dataclass(slots=True)
class RetracedLot:
    """One lot: what was announced of it, its order as logged, each step of the draw, and whose turn came."""

    lot: Lot
    commitments: tuple[str, ...]
    key: str = ""
    order: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()
    turns: list[TurnTold] = field(default_factory=list)

    @property
    def waiting(self) -> tuple[tuple[int, int], ...]:
        """(place, number) of those in the order whose turn has not come: the reserves."""
        return tuple(enumerate(self.order, 1))[len(self.turns) :]


@dataclass(slots=True)
class Retraced:
    """One draw as the log tells it. `problems` is empty when everything follows."""

    purpose: Purpose
    number: int
    announced_at: datetime
    announced: DrawAnnounced
    lots: list[RetracedLot]
    drawn_at: datetime | None = None
    carried_out: DrawCarriedOut | None = None
    spent_at: datetime | None = None
    readers: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def numbers(self) -> Numbers | None:
        """What the lotteries brought, as the key says it."""
        if self.carried_out is None or self.announced.source != SourceKind.LOTTERY:
            return None
        return numbers_of(self.carried_out.key)

    @property
    def lotteries(self) -> tuple[Lottery, ...]:
        """The lotteries that were named."""
        named = self.announced.lotteries
        return tuple(Lottery(one.name, one.issue, one.count, one.lowest, one.highest) for one in named)

    @property
    def left_out(self) -> dict[str, int]:
        """Reason → how many were left out of the pool for it."""
        found: dict[str, int] = {}
        for one in self.announced.left_out:
            found[one.reason] = found.get(one.reason, 0) + 1
        return found


def numbers_of(key: str) -> Numbers:
    """The numbers that a key in the form of RFC 3797 §4.3 is made of. Raises ValueError."""
    return tuple(
        tuple(int(number) for number in source.split(".")[:-1]) for source in key.removesuffix("/").split("/")
    )


_Name = tuple[str, int]

KINDS = (
    DrawAnnounced,
    LotteryRead,
    ReadingsDiffered,
    DrawCarriedOut,
    PassedOver,
    DrawSpent,
    MemberAppointed,
    MemberRemoved,
    ObserverAdmitted,
)
"""The kinds of entries that a draw is retraced from."""


def retrace(
    envelopes: Iterable[Envelope],
    *,
    verify: bool = True,
    chains: Mapping[str, beacon.Chain] | None = None,
) -> list[Retraced]:
    """Every draw that the entries of one round tell of, in the order of announcement.

    `verify`: whether a beacon's signature is verified (a second of work). `chains`: the beacons that are known.
    """
    known = {beacon.QUICKNET.name: beacon.QUICKNET} if chains is None else chains
    told = _Telling(known, verify)
    for envelope in envelopes:
        told.hear(envelope)
    for draw in told.draws.values():
        _check_turns(draw)
    return list(told.draws.values())


class _Telling:
    """The entries of a round, heard one after the other."""

    def __init__(self, chains: Mapping[str, beacon.Chain], verify: bool) -> None:
        self.chains, self.verify = chains, verify
        self.draws: dict[_Name, Retraced] = {}
        self.seated: dict[str, str] = {}  # member in force → field of the lot that gave the seat

    def hear(self, envelope: Envelope) -> None:  # noqa: C901 (one case for each kind of entry)
        at = envelope.at
        match envelope.entry:
            case DrawAnnounced() as entry:
                self._announced(entry, at)
            case LotteryRead(purpose=purpose, number=number):
                if draw := self.draws.get((purpose, number)):
                    draw.readers.append(envelope.by.role)
            case ReadingsDiffered(purpose=purpose, number=number):
                if draw := self.draws.get((purpose, number)):
                    draw.readers.clear()
            case DrawCarriedOut() as entry:
                self._carried_out(entry, at)
            case PassedOver(purpose=purpose, number=number, lot=lot, place=place, reason=reason):
                self._turn(purpose, number, lot, place, "", reason, at)
            case MemberAppointed(member=member, kind_of=kind, drawn=drawn) if drawn is not None:
                found = self._turn(Purpose.EXPERTS, drawn.draw, drawn.lot, drawn.place, member, "", at)
                if found and kind != "expert":
                    found.problems.append(Problem(N_("%(member)s was drawn and is no expert."), {"member": member}))
                if found:
                    self._take(found, member, drawn.lot)
            case MemberRemoved(member=member):
                self.seated.pop(member, None)
            case ObserverAdmitted(observer=observer, drawn=drawn) if drawn is not None:
                self._turn(Purpose.OBSERVERS, drawn.draw, drawn.lot, drawn.place, observer, "", at)
            case DrawSpent(purpose=purpose, number=number):
                if draw := self.draws.get((purpose, number)):
                    draw.spent_at = at

    def _announced(self, entry: DrawAnnounced, at: datetime) -> None:
        draw = Retraced(
            purpose=Purpose(entry.purpose),
            number=entry.number,
            announced_at=at,
            announced=entry,
            lots=[
                RetracedLot(
                    Lot(lot.field or "", lot.seats, lot.reserves, len(lot.pool)),
                    tuple(str(person.digest) for person in lot.pool),
                )
                for lot in entry.lots
            ],
        )
        draw.problems += self._check_announcement(draw, at)
        self.draws[entry.purpose, entry.number] = draw

    def _check_announcement(self, draw: Retraced, at: datetime) -> Iterator[Problem]:
        entry = draw.announced
        before = [one for one in self.draws.values() if one.purpose == draw.purpose]
        if entry.algorithm != ALGORITHM:
            yield Problem(N_("The algorithm %(name)s is not known here."), {"name": entry.algorithm})
        if entry.number != len(before) + 1 or any(one.spent_at is None for one in before):
            yield Problem(N_("The draw was announced although another one was in force."))
        if entry.exists_at <= at + MARGIN:
            yield Problem(N_("The draw's randomness existed, or nearly so, when it was announced."))
        if entry.source == SourceKind.BEACON:
            chain = self.chains.get(entry.beacon or "")
            if chain is None:
                yield Problem(N_("The beacon “%(name)s” is not known here."), {"name": entry.beacon or ""})
            elif chain.published_at(entry.beacon_round or 0) != entry.exists_at:
                yield Problem(
                    N_("Round %(n)s of the beacon is not published when the announcement says."),
                    {"n": entry.beacon_round or 0},
                )

    def _carried_out(self, entry: DrawCarriedOut, at: datetime) -> None:
        draw = self.draws.get((entry.purpose, entry.number))
        if draw is None:
            return
        if draw.carried_out is not None:
            draw.problems.append(Problem(N_("The draw was carried out twice.")))
            return
        draw.carried_out, draw.drawn_at = entry, at
        if at < draw.announced.exists_at:
            draw.problems.append(Problem(N_("The draw was carried out before its randomness existed.")))
        draw.problems += self._check_key(draw, entry)
        if len(entry.lots) != len(draw.lots):
            draw.problems.append(Problem(N_("The draw does not have an order for each lot.")))
        for position, (lot, told) in enumerate(zip(draw.lots, entry.lots, strict=False), 1):
            lot.key, lot.order = lot_key(entry.key, position), told.order
            draw.problems += _check_order(lot)

    def _check_key(self, draw: Retraced, entry: DrawCarriedOut) -> Iterator[Problem]:
        if draw.announced.source == SourceKind.LOTTERY:
            yield from _check_lottery_key(draw, entry.key)
            return
        chain = self.chains.get(draw.announced.beacon or "")
        if chain is None or not self.verify:
            return
        try:
            right = beacon.randomness(draw.announced.beacon_round or 0, entry.signature or "", chain=chain)
        except RuleBroken as refused:
            yield from refused.problems
            return
        if right != entry.key:
            yield Problem(N_("The key of the draw is not what the beacon published."))

    def _turn(
        self, purpose: str, number: int, lot: int, place: int, seated: str, passed: str, at: datetime
    ) -> Retraced | None:
        draw = self.draws.get((purpose, number))
        if draw is None or not 1 <= lot <= len(draw.lots):
            return None
        order = draw.lots[lot - 1].order
        told = TurnTold(place, order[place - 1] if 1 <= place <= len(order) else 0, seated, passed, at)
        draw.lots[lot - 1].turns.append(told)
        return draw

    def _take(self, draw: Retraced, member: str, lot: int) -> None:
        """Note who sits, and that no field has more seats than the first draw announced for it."""
        name = draw.lots[lot - 1].lot.field
        self.seated[member] = name
        first = self.draws.get((Purpose.EXPERTS, 1))
        seats = next((one.lot.seats for one in first.lots if one.lot.field == name), 0) if first else 0
        if sum(field_ == name for field_ in self.seated.values()) > seats:
            draw.problems.append(Problem(N_("%(member)s got a seat that was not vacant."), {"member": member}))


def _check_lottery_key(draw: Retraced, key: str) -> Iterator[Problem]:
    try:
        numbers = numbers_of(key)
        canonical = key_of_numbers(numbers)
    except (ValueError, RuleBroken):
        numbers, canonical = (), ""
    if canonical != key or len(numbers) != len(draw.lotteries):
        yield Problem(N_("The key of the draw is not made of the lotteries' numbers as RFC 3797 has it."))
        return
    yield from check_numbers(draw.lotteries, numbers)
    if sorted(draw.readers) != ["organiser", "supervisor"]:
        yield Problem(N_("The lotteries' numbers were not read by an organiser and by a supervisor."))


def _check_order(lot: RetracedLot) -> Iterator[Problem]:
    announced = lot.lot
    if not min(announced.pool, announced.seats + announced.reserves) <= len(lot.order) <= announced.pool:
        yield Problem(N_("The order in “%(field)s” has another length than announced."), {"field": announced.field})
        return
    lot.steps = tuple(steps(announced.pool, len(lot.order), lot.key))
    if tuple(step.number for step in lot.steps) != lot.order:
        yield Problem(N_("The order in “%(field)s”, drawn again, is another one."), {"field": announced.field})


def _check_turns(draw: Retraced) -> None:
    for lot in draw.lots:
        turns = [Turn(turn.place, turn.number, bool(turn.seated)) for turn in lot.turns]
        if [turn.place for turn in turns] != sorted(turn.place for turn in turns):
            draw.problems.append(Problem(N_("Somebody's turn came before another's who was drawn earlier.")))
        draw.problems += check_turns(lot.lot, lot.order, turns)
