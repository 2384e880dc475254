"""Ionic and atomic composition of a tip, and charge-state ratios, with errors by detection event.

A molecular ion is one event however many atoms it carries: errors are those of counting events. Fractions are of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.isotopes import charge_label
from entrox.atomprobe.range_counts import RangeCounts
from entrox.core import InputError, Result, quantity

__all__ = [
    "AtomicComposition",
    "ChargeStateRatios",
    "IonicComposition",
    "atomic_composition",
    "charge_state_ratios",
    "ionic_composition",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class IonicComposition(Result):
    """Share of each ion among the ranged events."""

    ions: tuple[str, ...]
    amount: Floats = quantity("1", "events", axes=("ion",))
    amount_sd: Floats = quantity("1", "standard error of the events", axes=("ion",))
    fraction: Floats = quantity("1", "share of the ranged events", axes=("ion",))
    fraction_sd: Floats = quantity("1", "standard error of the share", axes=("ion",))
    corrected: bool


@dataclass(frozen=True, kw_only=True)
class AtomicComposition(Result):
    """Share of each element among the atoms that the ranged events carry."""

    elements: tuple[str, ...]
    amount: Floats = quantity("1", "atoms", axes=("element",))
    amount_sd: Floats = quantity("1", "standard error of the atoms", axes=("element",))
    fraction: Floats = quantity("1", "atomic fraction", axes=("element",))
    fraction_sd: Floats = quantity("1", "standard error of the atomic fraction", axes=("element",))
    corrected: bool

    @property
    def at_percent(self) -> dict[str, float]:
        """Atomic percent of each element."""
        return {name: 100.0 * float(value) for name, value in zip(self.elements, self.fraction, strict=True)}


@dataclass(frozen=True, kw_only=True)
class ChargeStateRatios(Result):
    """Events of one-atom ions of an element in a charge state over those in the next lower one that was ranged."""

    elements: tuple[str, ...]
    numerators: tuple[str, ...]
    denominators: tuple[str, ...]
    upper_charge: NDArray[np.int64] = quantity("1", "charge of the numerator", axes=("pair",))
    lower_charge: NDArray[np.int64] = quantity("1", "charge of the denominator", axes=("pair",))
    ratio: Floats = quantity("1", "ratio of events; NaN where the denominator is not positive", axes=("pair",))
    ratio_sd: Floats = quantity("1", "standard error of the ratio", axes=("pair",))
    corrected: bool


def ionic_composition(
    counts: RangeCounts, *, corrected: bool = True, shares: Mapping[str, Floats] | None = None
) -> IonicComposition:
    """Share of each ion among the ranged events.

    Parameters
    ----------
    counts
        Events of the ranges.
    corrected
        Whether background is taken off.
    shares
        Share of each range's events that belong to each ion, arrays of shape ``(n_ranges,)``, as in
        ``OverlapSolution.shares``; by default every range belongs to its own ion.

    Raises
    ------
    InputError
        If the sum of the events is not positive.
    """
    ions, matrix = _ion_matrix(counts, shares)
    amount, amount_sd, fraction, fraction_sd = _fractions(counts, matrix, corrected)
    return IonicComposition(
        ions=ions,
        amount=amount,
        amount_sd=amount_sd,
        fraction=fraction,
        fraction_sd=fraction_sd,
        corrected=corrected,
    )


def atomic_composition(
    counts: RangeCounts,
    *,
    corrected: bool = True,
    shares: Mapping[str, Floats] | None = None,
    compositions: Mapping[str, Mapping[str, int]] | None = None,
) -> AtomicComposition:
    r"""Atomic fractions: events times the atoms that each carries.

    Parameters
    ----------
    counts
        Events of the ranges.
    corrected
        Whether background is taken off.
    shares
        As in :func:`ionic_composition`.
    compositions
        Atoms of ions that only ``shares`` names, as in ``OverlapSolution.compositions``.

    Raises
    ------
    InputError
        If an ion is a label without composition, or the sum of the atoms is not positive.

    Notes
    -----
    With :math:`a_{er}` atoms of element e and :math:`A_r` atoms in all per event of range r,
    :math:`\mathrm{d}x_e/\mathrm{d}n_r=(a_{er}-x_e A_r)/\sum_r A_r n_r`; the error follows from the covariance of the
    events. For one-atom ions without background it is the binomial :math:`\sqrt{x(1-x)/N}`.
    """
    ions, matrix = _ion_matrix(counts, shares)
    known = {item.ion: item.composition for item in counts.ranges} | dict(compositions or {})
    labels = [ion for ion in ions if known.get(ion) is None]
    if labels:
        raise InputError(
            f"{', '.join(labels)} are labels without composition, so the atoms that they carry are unknown: the atomic "
            "composition is not defined. The ionic composition is; or give these ions a formula in the range file."
        )
    atoms = [dict(known[ion] or {}) for ion in ions]
    elements = tuple(dict.fromkeys(symbol for held in atoms for symbol in held))
    per_ion = np.array([[held.get(symbol, 0) for held in atoms] for symbol in elements], dtype=float)
    amount, amount_sd, fraction, fraction_sd = _fractions(counts, per_ion @ matrix, corrected)
    return AtomicComposition(
        elements=elements,
        amount=amount,
        amount_sd=amount_sd,
        fraction=fraction,
        fraction_sd=fraction_sd,
        corrected=corrected,
    )


def charge_state_ratios(counts: RangeCounts, *, corrected: bool = True) -> ChargeStateRatios:
    """Ratios of the charge states of each element, from its one-atom ions.

    The charge of a range is the one whose isotopes fall into it. Ranges may hold some isotopes of one charge state and
    others of the next: the ratio is one of ranged events and is not completed by abundances.

    Parameters
    ----------
    counts
        Events of the ranges.
    corrected
        Whether background is taken off.
    """
    values, covariance = _values(counts, corrected)
    states: dict[tuple[str, int], list[int]] = {}
    for row, (item, charge) in enumerate(zip(counts.ranges, counts.charges.tolist(), strict=True)):
        if charge and item.composition is not None and sum(item.composition.values()) == 1:
            states.setdefault((next(iter(item.composition)), charge), []).append(row)
    pairs = [
        (symbol, upper, max(q for s, q in states if s == symbol and q < upper))
        for symbol, upper in sorted(states)
        if any(s == symbol and q < upper for s, q in states)
    ]
    ratios, errors = [], []
    for symbol, upper, lower in pairs:
        ratio, error = _ratio(values, covariance, states[symbol, upper], states[symbol, lower])
        ratios.append(ratio)
        errors.append(error)
    return ChargeStateRatios(
        elements=tuple(symbol for symbol, _, _ in pairs),
        numerators=tuple(charge_label(symbol, upper) for symbol, upper, _ in pairs),
        denominators=tuple(charge_label(symbol, lower) for symbol, _, lower in pairs),
        upper_charge=np.array([upper for _, upper, _ in pairs], dtype=np.int64),
        lower_charge=np.array([lower for _, _, lower in pairs], dtype=np.int64),
        ratio=np.array(ratios, dtype=float),
        ratio_sd=np.array(errors, dtype=float),
        corrected=corrected,
    )


def _values(counts: RangeCounts, corrected: bool) -> tuple[Floats, Floats]:
    return (counts.corrected, counts.covariance) if corrected else (counts.counts, np.diag(counts.counts))


def _ion_matrix(counts: RangeCounts, shares: Mapping[str, Floats] | None) -> tuple[tuple[str, ...], Floats]:
    """Names of the ions, and the share of each range that is each of them, shape ``(n_ions, n_ranges)``."""
    if shares is None:
        ions = tuple(dict.fromkeys(counts.ions))
        return ions, np.array([[float(name == ion) for name in counts.ions] for ion in ions])
    matrix = np.array([np.asarray(share, dtype=float) for share in shares.values()])
    if matrix.shape != (len(shares), len(counts.ions)):
        raise InputError(f"shares must hold one value per range, {len(counts.ions)}; got shape {matrix.shape}.")
    return tuple(shares), matrix


def _fractions(counts: RangeCounts, matrix: Floats, corrected: bool) -> tuple[Floats, Floats, Floats, Floats]:
    """Amounts of the rows of ``matrix`` and their shares, each with its standard error."""
    values, covariance = _values(counts, corrected)
    amount = matrix @ values
    whole = float(amount.sum())
    if whole <= 0.0:
        raise InputError(f"the sum over all ranges must be > 0 for a composition; got {whole:g} after the correction.")
    fraction = amount / whole
    gradient = (matrix - fraction[:, None] * matrix.sum(axis=0)) / whole
    return amount, _errors(matrix, covariance), fraction, _errors(gradient, covariance)


def _errors(gradient: Floats, covariance: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(np.einsum("er,rs,es->e", gradient, covariance, gradient), 0.0)))


def _ratio(values: Floats, covariance: Floats, above: Sequence[int], below: Sequence[int]) -> tuple[float, float]:
    top, bottom = float(values[list(above)].sum()), float(values[list(below)].sum())
    if bottom <= 0.0:
        return float("nan"), float("nan")
    gradient = np.zeros((1, len(values)))
    gradient[0, list(above)] = 1.0 / bottom
    gradient[0, list(below)] = -top / bottom**2
    return top / bottom, float(_errors(gradient, covariance)[0])
