"""A draw of seats: what is announced before the randomness exists, and what follows from it. Pure.

Announced are the lots (one for each field, in order), for each how many seats and reserves and a numbered list of
whom it is drawn from, and the source: a round of a public beacon that does not exist yet, or lotteries that are not
held yet. Once the source has spoken there is one key, and from it follows for every lot one order of its whole list
(RFC 3797 with SHA-256, key ‖ number of the lot ‖ "./"). The first in order get the seats; whoever cannot take one is
passed over for a published reason; the next ones, as many as there are reserves, step in later, in that order.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from procurement.committee.draw import MAX_POOL, canonical_key, draw
from procurement.errors import N_, Problem

MARGIN = timedelta(minutes=10)
"""So long before its randomness exists a draw is in the log: time for a checkpoint and its witnesses."""
LONGEST_WAIT = timedelta(days=14)
MOST_LOTTERIES = 5
MOST_NUMBERS = 20
HIGHEST = 10**12
MOST_RESERVES = 20

ALGORITHM = "rfc3797-sha256"


class Purpose(StrEnum):
    """What is drawn."""

    EXPERTS = "experts"
    OBSERVERS = "observers"


PURPOSES: Mapping[Purpose, str] = MappingProxyType(
    {Purpose.EXPERTS: N_("experts of the committee"), Purpose.OBSERVERS: N_("observers' seats")}
)


class SourceKind(StrEnum):
    """Where the randomness comes from."""

    BEACON = "beacon"
    LOTTERY = "lottery"


class PassedOver(StrEnum):
    """Why somebody in the order does not get the seat whose turn it is."""

    SEATED = "seated"
    NO_ACCOUNT = "no_account"
    SUSPENDED = "suspended"
    OTHER_ROLE = "other_role"
    WITHDRAWN = "withdrawn"


PASSED_OVER: Mapping[PassedOver, str] = MappingProxyType(
    {
        PassedOver.SEATED: N_("has a seat already, drawn in another field"),
        PassedOver.NO_ACCOUNT: N_("has no account in use any more"),
        PassedOver.SUSPENDED: N_("was suspended from the pool since"),
        PassedOver.OTHER_ROLE: N_("has taken another role in this round since"),
        PassedOver.WITHDRAWN: N_("has withdrawn since"),
    }
)


@dataclass(frozen=True, slots=True)
class Lottery:
    """One list of numbers of a named lottery: so many different numbers from `lowest` to `highest`. The red and the
    blue balls of one drawing are two of them. `issue`: which drawing."""

    name: str
    issue: str
    count: int
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Source:
    """Whence the key will come, and from when on everybody can know it (aware UTC)."""

    kind: SourceKind
    exists_at: datetime
    beacon: str | None = None
    beacon_round: int | None = None
    lotteries: tuple[Lottery, ...] = ()


@dataclass(frozen=True, slots=True)
class Lot:
    """What is drawn from one list of `pool` people. `field`: an Expertise, "" for observers."""

    field: str
    seats: int
    reserves: int
    pool: int


Numbers = tuple[tuple[int, ...], ...]
"""What the lotteries of a source brought, one tuple for each, in their order."""


# --- before -------------------------------------------------------------------------------------------------------


def check_lots(lots: Sequence[Lot]) -> list[Problem]:
    """What keeps `lots` from being announced. Places: `seats-<field>`, `reserves-<field>`."""
    problems: list[Problem] = []
    if not lots or not any(lot.seats for lot in lots):
        problems.append(Problem(N_("Say how many seats are drawn.")))
    if len({lot.field for lot in lots}) != len(lots):
        problems.append(Problem(N_("Each field is drawn from once.")))
    for lot in lots:
        if lot.seats < 1:
            problems.append(Problem(N_("At least one seat is drawn in each field."), {}, f"seats-{lot.field}"))
        elif not 1 <= lot.reserves <= MOST_RESERVES:
            problems.append(
                Problem(N_("Name 1 to %(most)s reserves."), {"most": MOST_RESERVES}, f"reserves-{lot.field}")
            )
        elif lot.pool < lot.seats + lot.reserves:
            problems.append(
                Problem(
                    N_("%(seats)s seats and %(reserves)s reserves cannot be drawn from %(pool)s people."),
                    {"seats": lot.seats, "reserves": lot.reserves, "pool": lot.pool},
                    f"seats-{lot.field}",
                )
            )
        elif lot.pool > MAX_POOL:
            problems.append(Problem(N_("The pool is too large."), {}, f"seats-{lot.field}"))
    return problems


def check_seats(*, drawn: int, experts: int, members: int, needed: int, size: int, consumer: bool) -> list[Problem]:
    """Whether so many `drawn` experts fit: with the `experts` among the `members` in force at least `needed`, and a
    seat left for a consumer representative where there is none (`consumer`: there is one)."""
    least, most = max(0, needed - experts), size - members - (0 if consumer else 1)
    if drawn < least:
        return [Problem(N_("At least %(least)s experts are still needed."), {"least": least})]
    if drawn > most:
        return [Problem(N_("At most %(most)s experts can still be drawn."), {"most": max(0, most)})]
    return []


def check_source(source: Source, *, now: datetime) -> list[Problem]:
    """What keeps `source` from being announced at `now`: that its randomness exists, or may exist soon."""
    problems: list[Problem] = []
    place = "exists_at"
    if source.exists_at <= now + MARGIN:
        problems.append(
            Problem(
                N_("The randomness must come into being more than %(minutes)s minutes from now."),
                {"minutes": int(MARGIN.total_seconds() // 60)},
                place,
            )
        )
    elif source.exists_at > now + LONGEST_WAIT:
        problems.append(
            Problem(N_("Choose a time within the next %(days)s days."), {"days": LONGEST_WAIT.days}, place)
        )
    if source.kind is SourceKind.LOTTERY:
        problems += _check_lotteries(source.lotteries)
    return problems


def _check_lotteries(lotteries: Sequence[Lottery]) -> Iterator[Problem]:
    if not 1 <= len(lotteries) <= MOST_LOTTERIES:
        yield Problem(N_("Name 1 to %(most)s lotteries."), {"most": MOST_LOTTERIES}, "name-1")
    outcomes = 1
    for number, lottery in enumerate(lotteries, 1):
        if not lottery.name or not lottery.issue or max(len(lottery.name), len(lottery.issue)) > 80:
            yield Problem(N_("Name the lottery and which drawing of it."), {}, f"name-{number}")
        span = lottery.highest - lottery.lowest + 1
        if not (0 <= lottery.lowest < lottery.highest <= HIGHEST and 1 <= lottery.count <= min(MOST_NUMBERS, span)):
            yield Problem(
                N_("Say how many different numbers are drawn, and from which to which."), {}, f"count-{number}"
            )
            return
        for k in range(lottery.count):
            outcomes = outcomes * (span - k) // (k + 1)
    if lotteries and outcomes < 1_000_000:
        yield Problem(
            N_("These lotteries have %(outcomes)s possible results together; at least a million are needed."),
            {"outcomes": outcomes},
            "name-1",
        )


# --- after --------------------------------------------------------------------------------------------------------


def check_numbers(lotteries: Sequence[Lottery], numbers: Numbers) -> list[Problem]:
    """Whether `numbers` can be what these lotteries brought. Places: `numbers-1` …"""
    problems = []
    for n, (lottery, drawn) in enumerate(zip(lotteries, numbers, strict=True), 1):
        if len(drawn) != lottery.count or len(set(drawn)) != lottery.count:
            problems.append(
                Problem(
                    N_("%(lottery)s: write %(count)s different numbers."),
                    {"lottery": f"{lottery.name} {lottery.issue}", "count": lottery.count},
                    f"numbers-{n}",
                )
            )
        elif not all(lottery.lowest <= number <= lottery.highest for number in drawn):
            problems.append(
                Problem(
                    N_("%(lottery)s: its numbers go from %(lowest)s to %(highest)s."),
                    {
                        "lottery": f"{lottery.name} {lottery.issue}",
                        "lowest": lottery.lowest,
                        "highest": lottery.highest,
                    },
                    f"numbers-{n}",
                )
            )
    return problems


def key_of_numbers(numbers: Numbers) -> str:
    """The key that lotteries give: RFC 3797 §4.3."""
    return canonical_key(numbers)


def sorted_numbers(numbers: Numbers) -> Numbers:
    """`numbers` as the key has them: in which order balls fell does not count."""
    return tuple(tuple(sorted(drawn)) for drawn in numbers)


def lot_key(key: str, position: int) -> str:
    """The key for the lot at `position`, from 1: otherwise lists of the same length would be drawn alike."""
    return f"{key}{position}./"


def order_of(lots: Sequence[Lot], key: str, position: int) -> list[int]:
    """The whole order of the lot at `position` (from 1): everybody's number in their list."""
    pool = lots[position - 1].pool
    return draw(pool, pool, lot_key(key, position))


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of one place in the order of a lot."""

    place: int
    number: int
    seated: bool


def check_turns(lot: Lot, order: Sequence[int], turns: Collection[Turn]) -> list[Problem]:
    """Whether people got seats, or were passed over, exactly in the order drawn, without a gap and not beyond the
    list of `order`."""
    problems = []
    for expected, turn in enumerate(sorted(turns, key=lambda turn: turn.place), 1):
        if turn.place != expected:
            problems.append(Problem(N_("Place %(place)s was left out."), {"place": expected}))
            break
        if expected > len(order) or order[expected - 1] != turn.number:
            problems.append(
                Problem(
                    N_("Place %(place)s belongs to another number than %(number)s."),
                    {"place": turn.place, "number": turn.number},
                )
            )
    return problems
