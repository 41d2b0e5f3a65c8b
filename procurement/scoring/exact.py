"""Exact numbers, how they are rounded and how they are written."""

from decimal import Decimal
from fractions import Fraction

from procurement.errors import N_, RuleBroken
from procurement.rounds.scoring_rule import Mode, Rounding

SHOWN_PLACES = 12


def rounded(number: Fraction, rounding: Rounding | None) -> Fraction:
    """`number` rounded as declared, or as it is. A half goes away from zero (half_up) or to the even digit."""
    if rounding is None:
        return number
    return Fraction(_scaled(number, rounding.places, rounding.mode), 10**rounding.places)


def show(number: Fraction, rounding: Rounding | None = None) -> str:
    """`number` in decimals: with the places of the `rounding` that it has been through; otherwise exactly when it is
    finite, and to 12 places, half to even, when it is not (the exact fraction stands in the steps)."""
    places = _finite_places(number.denominator) if rounding is None else rounding.places
    if places is None:
        places = SHOWN_PLACES
    whole = _scaled(number, places, "half_even")
    digits = str(abs(whole)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return "-" + text if whole < 0 else text


def precise(number: Fraction, rounding: Rounding | None = None) -> str:
    """As `show`, but a decimal that never ends is written as a fraction in lowest terms: "311/22"."""
    if rounding is None and _finite_places(number.denominator) is None:
        return str(number)
    return show(number, rounding)


def _scaled(number: Fraction, places: int, mode: Mode) -> int:
    """`number` × 10^`places`, as the nearest integer."""
    factor: int = 10**places
    whole, rest = divmod(abs(number.numerator) * factor, number.denominator)
    double = 2 * rest
    if double > number.denominator or (double == number.denominator and (mode == "half_up" or whole % 2 == 1)):
        whole += 1
    return whole if number.numerator >= 0 else -whole


def _finite_places(denominator: int) -> int | None:
    """The number of decimals that write a fraction with this `denominator` exactly, or None when they never end."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 else None


def price_score(lowest: Decimal | Fraction, price: Decimal | Fraction, points: Decimal) -> Fraction:
    """Low-price-first formula of Order 87 (MOF, 2017): lowest valid price ÷ price × points, exact. Prices are above
    zero and `price` is not below `lowest`; RuleBroken otherwise."""
    if not 0 < lowest <= price:
        raise RuleBroken(N_("A price is above zero and not below the lowest valid price."))
    return Fraction(lowest) / Fraction(price) * Fraction(points)
