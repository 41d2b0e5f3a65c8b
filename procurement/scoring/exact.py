"""Exact numbers, how they are rounded and how they are written."""

import re
import unicodedata
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


_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,12})?")
_TOKEN = re.compile(rf"\s*(?:({_NUMBER.pattern})|([-+*/()]))")
_SIGNS = str.maketrans("−–×·÷", "--**/")
LONGEST_CALCULATION = 200


def numbers_in(text: str) -> set[Decimal]:
    """The numbers that stand in `text`, however they are joined."""
    return {Decimal(found) for found in _NUMBER.findall(_plain(text))}


def _plain(text: str) -> str:
    """Digits and signs as a keyboard has them, whatever they were typed with."""
    return unicodedata.normalize("NFKC", text).translate(_SIGNS)


def calculate(text: str) -> Fraction:
    """What a sum in plain digits comes to, exactly: numbers, + - × ÷ and brackets, with at least one sign between two
    numbers. RuleBroken for anything else."""
    written = _plain(text).strip()
    tokens: list[str] = []
    at = 0
    while at < len(written) and len(written) <= LONGEST_CALCULATION:
        found = _TOKEN.match(written, at)
        if found is None:
            break
        tokens.append(found[1] or found[2])
        at = found.end()
    if at < len(written) or sum(token[0].isdigit() for token in tokens) < 2:
        raise RuleBroken(N_("Write the calculation in plain signs, for example 3 + 2.5 + 2."))
    reader = _Calculation(tokens)
    value = reader.added()
    if reader.tokens:
        raise RuleBroken(N_("Write the calculation in plain signs, for example 3 + 2.5 + 2."))
    return value


class _Calculation:
    """Reads tokens from the front: sums of products of numbers, brackets and signs."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def added(self) -> Fraction:
        value = self.multiplied()
        while self.tokens and self.tokens[0] in "+-":
            sign, other = self.tokens.pop(0), self.multiplied()
            value = value + other if sign == "+" else value - other
        return value

    def multiplied(self) -> Fraction:
        value = self.number()
        while self.tokens and self.tokens[0] in "*/":
            sign, other = self.tokens.pop(0), self.number()
            if sign == "/" and other == 0:
                raise RuleBroken(N_("Nothing can be divided by 0."))
            value = value * other if sign == "*" else value / other
        return value

    def number(self) -> Fraction:
        sign = self.tokens.pop(0) if self.tokens else ""
        if sign == "-":
            return -self.number()
        if sign == "(":
            value = self.added()
            if self.tokens[:1] == [")"]:
                self.tokens.pop(0)
                return value
        elif sign[:1].isdigit():
            return Fraction(sign)
        raise RuleBroken(N_("Write the calculation in plain signs, for example 3 + 2.5 + 2."))
