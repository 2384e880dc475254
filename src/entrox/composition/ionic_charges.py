"""Ionic charges: the table, and the choice for elements that have several.

Pure functions; charges in e, whole numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from entrox.composition.tables import VACANCY, missing_value, read_table
from entrox.core.errors import InputError

__all__ = ["ANIONS", "ChargeOptions", "charge_options", "choose_charges", "is_anion", "usual_charges"]

ANIONS = frozenset({"O", "F", "N", "Cl", "Br", "I", "S"})
MOST_COMBINATIONS = 4096


@dataclass(frozen=True)
class ChargeOptions:
    """Charges an element takes in oxides, the default first.

    ``only_if_balanced`` marks elements whose other charges are rare: those are taken only where they balance exactly.
    """

    default: int
    others: tuple[int, ...]
    only_if_balanced: bool


@cache
def _table() -> dict[str, ChargeOptions]:
    return {
        row["element"]: ChargeOptions(
            int(row["default_charge"]),
            tuple(int(text) for text in row["other_charges"].split()),
            row["others_only_if_balanced"] == "yes",
        )
        for row in read_table("ionic_charges")
    }


def charge_options(symbol: str) -> ChargeOptions:
    """Return the charges an element may take, or raise with what is known."""
    if symbol == VACANCY:
        return ChargeOptions(0, (), False)
    if symbol not in _table():
        raise missing_value("ionic charge", symbol, _table(), f"charges={{{symbol!r}: 4}} (--charge {symbol}=+4)")
    return _table()[symbol]


def usual_charges(symbol: str) -> tuple[int, ...]:
    """Charges [e] that an element commonly takes in oxides, the default first; none if the table lacks it."""
    known = _table().get(symbol)
    if known is None:
        return ()
    return (known.default,) if known.only_if_balanced else (known.default, *known.others)


def is_anion(symbol: str, charges: Mapping[str, int] | None = None) -> bool:
    """Whether a species sits on the anion site: by the charge given, else because it is a usual anion of oxides."""
    if charges and symbol in charges:
        return charges[symbol] < 0
    return symbol in ANIONS


def choose_charges(
    amounts: Mapping[str, Fraction], given: Mapping[str, int] | None = None
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Charge of every species, and in words what was assumed.

    Parameters
    ----------
    amounts
        Amount of every species.
    given
        The user's charges; they are never changed.

    Returns
    -------
    charges, warnings
        The default charge where an element has one. Where it has several, the combination nearest to balance; of
        equally near ones the default if it is among them, else the one with the fewest rare charges (Ti3+, Pb4+, taken
        only where they balance exactly), then the one that moves the least charge from the defaults, then the one with
        the smallest spread of cation charges; if that leaves several, the default. Choices are stated in the warnings.

    Raises
    ------
    InputError
        If a charge given is no whole number or belongs to no species, or an element has no tabulated charge.
    """
    own = _checked(given, amounts)
    options: dict[str, tuple[int, ...]] = {}
    for symbol in amounts:
        if symbol in own:
            options[symbol] = (own[symbol],)
        else:
            known = charge_options(symbol)
            options[symbol] = (known.default, *known.others)
    free = [symbol for symbol in amounts if len(options[symbol]) > 1]
    charges = {symbol: options[symbol][0] for symbol in amounts}
    if not free:
        return charges, ()
    if math.prod(len(options[symbol]) for symbol in free) <= MOST_COMBINATIONS:
        charges.update(_nearest_to_balance(amounts, options, free))
    return charges, _statement(amounts, options, free, charges)


def _checked(given: Mapping[str, int] | None, amounts: Mapping[str, Fraction]) -> dict[str, int]:
    own = dict(given or {})
    for symbol, charge in own.items():
        if symbol not in amounts:
            raise InputError(
                f"charges (--charge) names {symbol!r}, which is not in the formula ({', '.join(amounts)})."
            )
        if isinstance(charge, bool) or not isinstance(charge, (int, float, Fraction)) or charge != int(charge):
            raise InputError(f"charges[{symbol!r}] (--charge {symbol}) must be a whole number of e; got {charge!r}.")
        if symbol == VACANCY and charge != 0:
            raise InputError(f"charges[{symbol!r}] must be 0: a vacancy carries no ionic charge; got {charge!r}.")
        own[symbol] = int(charge)
    return own


def _nearest_to_balance(
    amounts: Mapping[str, Fraction], options: Mapping[str, tuple[int, ...]], free: list[str]
) -> dict[str, int]:
    """Return the charges of the free elements; exact, in whole numbers over the common denominator."""
    common = math.lcm(*(value.denominator for value in amounts.values()))
    whole = {symbol: int(value * common) for symbol, value in amounts.items()}
    fixed = sum(whole[symbol] * options[symbol][0] for symbol in amounts if symbol not in free)
    cations = [symbol for symbol in amounts if options[symbol][0] > 0]
    ranked = []
    for chosen in itertools.product(*(options[symbol] for symbol in free)):
        imbalance = fixed + sum(whole[symbol] * charge for symbol, charge in zip(free, chosen, strict=True))
        moved, rare = 0, 0
        for symbol, charge in zip(free, chosen, strict=True):
            departs = charge != options[symbol][0]
            moved += whole[symbol] * abs(charge - options[symbol][0])
            rare += departs and charge_options(symbol).only_if_balanced
        if rare and imbalance:
            continue
        charges = {symbol: options[symbol][0] for symbol in cations} | dict(zip(free, chosen, strict=True))
        ranked.append(((abs(imbalance), rare, moved, _spread(charges, whole)), chosen))
    ranked.sort(key=lambda item: item[0])
    tied = len(ranked) > 1 and ranked[0][0] == ranked[1][0]
    best = tuple(options[symbol][0] for symbol in free) if tied else ranked[0][1]
    return dict(zip(free, best, strict=True))


def _spread(charges: Mapping[str, int], whole: Mapping[str, int]) -> int:
    """Return the variance of the cation charges times the squared number of cations, exact."""
    count = sum(whole[symbol] for symbol in charges)
    first = sum(whole[symbol] * charge for symbol, charge in charges.items())
    second = sum(whole[symbol] * charge**2 for symbol, charge in charges.items())
    return count * second - first**2


def _statement(
    amounts: Mapping[str, Fraction],
    options: Mapping[str, tuple[int, ...]],
    free: list[str],
    charges: Mapping[str, int],
) -> tuple[str, ...]:
    """Return in words which charges were chosen; rare alternatives that were not taken are passed over."""
    stated = [s for s in free if charges[s] != options[s][0] or not charge_options(s).only_if_balanced]
    if not stated:
        return ()
    imbalance = sum((value * charges[symbol] for symbol, value in amounts.items()), Fraction(0))
    listed = ", ".join(
        f"{s} {charges[s]:+d} (also {', '.join(f'{c:+d}' for c in options[s] if c != charges[s])})" for s in stated
    )
    reason = "the formula balances with it" if imbalance == 0 else "no choice balances the formula, this is the nearest"
    first = stated[0]
    others = [charge for charge in options[first] if charge != charges[first]]
    other = next((charge for charge in others if (charge - charges[first]) * imbalance < 0), others[0])
    advice = f"pass charges={{{first!r}: {other}}} (--charge {first}={other:+d}) to change it"
    return (f"charge chosen: {listed}; {reason}; {advice}",)
