"""The same refinement with data of other weight: what of a box the data hold, and what entropy or constraints.

Every arrangement of a box is drawn with the probability exp(-chi^2 / 2), and there are the more of them the wider the
atoms spread: their logarithm, the entropy, grows like the number of atoms, chi^2 does not. So a large box at the stated
errors is wider than the data allow, although chi^2 per point is near one. What does not change with the weight is held
by the data; what without data (weight zero) is the same was put in by the constraints. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.scattering.run.analyze import RmcAnalysis, analyze_rmc
from entrox.scattering.run.rmc_result import RmcResult
from entrox.scattering.setup.rmc_settings import BinsTable, RmcSettings

__all__ = ["WeightComparison", "compare_data_weights", "with_data_weight"]

Floats = NDArray[np.float64]

NOTABLE_CHANGE = 0.1
SIGNIFICANT_SPREADS = 3.0
PRIOR_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class WeightComparison(Result):
    """Runs of one seed at several weights of the data, the smallest first; zero is without data."""

    bond_valence_on: bool
    elements: tuple[str, ...]
    set_names: tuple[str, ...]
    weights: Floats = quantity("1", "weights of the data in the acceptance", axes=("weight",))
    mean_modulus_angstrom: Floats = quantity(
        "angstrom", "mean length of the displacements; NaN where atoms left their sites", axes=("weight", "element")
    )
    mean_modulus_error_angstrom: Floats = quantity(
        "angstrom", "standard error over the cations of one box", axes=("weight", "element")
    )
    chi2_per_point: Floats = quantity(
        "1", "chi^2 per point at the stated errors; NaN without data", axes=("weight", "set")
    )
    converged: tuple[bool, ...]
    warnings: tuple[str, ...] = ()


def with_data_weight(settings: RmcSettings, weight: float) -> RmcSettings:
    """Settings of a run at another weight; at zero without the data, and without what belongs to them."""
    if weight > 0.0:
        return settings.replaced(run={"data_weight": weight, "compare_weights": ()})
    plain = settings.replaced(run={"compare_weights": ()})
    bins = BinsTable(step_angstrom=settings.bins.step_angstrom)
    # not checked anew: hard limits alone are nothing to refine against, but all that is asked for here
    return plain.model_copy(update={"data": (), "bins": bins})


def compare_data_weights(results: Sequence[RmcResult], set_names: Sequence[str]) -> WeightComparison:
    """Put runs of several weights side by side.

    Parameters
    ----------
    results
        Runs of one mode of the bond valence constraint; weights that occur repeatedly are averaged.
    set_names
        Names of the data sets.

    Raises
    ------
    InputError
        If there are fewer than two weights, or no box is a perovskite.
    """
    found: dict[float, list[RmcResult]] = {}
    for item in results:
        found.setdefault(item.data_weight if item.sets else 0.0, []).append(item)
    if len(found) < 2:
        raise InputError(f"at least two weights are needed to compare; got {sorted(found)}.")
    weights = sorted(found)
    analyses = [_analysis(found[weight]) for weight in weights]
    elements = next(item.elements for item in analyses if item is not None)
    length, error = (np.full((len(weights), len(elements)), np.nan) for _ in range(2))
    for row, analysis in enumerate(analyses):
        if analysis is not None:
            length[row] = analysis.mean_modulus_angstrom
            error[row] = np.sqrt(np.mean([box.mean_modulus_error_angstrom**2 for box in analysis.boxes], axis=0))
    return WeightComparison(
        bond_valence_on=results[0].bond_valence_on,
        elements=elements,
        set_names=tuple(set_names),
        weights=np.array(weights),
        mean_modulus_angstrom=length,
        mean_modulus_error_angstrom=error,
        chi2_per_point=np.array([_chi2(found[weight], set_names) for weight in weights]),
        converged=tuple(all(item.converged for item in found[weight]) for weight in weights),
        warnings=_remarks(np.array(weights), elements, length, error),
    )


def _analysis(results: Sequence[RmcResult]) -> RmcAnalysis | None:
    """Local order; None where atoms that nothing holds have left their sites."""
    try:
        return analyze_rmc(results)
    except InputError:
        return None


def _chi2(results: Sequence[RmcResult], set_names: Sequence[str]) -> list[float]:
    if not results[0].sets:
        return [float("nan")] * len(set_names)
    return [float(np.mean([item.fit_of(name).chi2_per_point for item in results])) for name in set_names]


def _remarks(weights: Floats, elements: Sequence[str], length: Floats, error: Floats) -> tuple[str, ...]:
    """What depends on the weight, and what is the same without data."""
    lost = ", ".join(f"{weight:g}" for weight in weights[np.isnan(length[:, 0])])
    notes = [f"at data weight {lost} nothing holds the atoms near their sites"] if lost else []
    with_data = np.flatnonzero((weights > 0.0) & np.isfinite(length[:, 0]))
    if not len(with_data):
        return tuple(notes)
    for k, name in enumerate(elements):
        low, high = length[with_data, k].min(), length[with_data, k].max()
        noise = SIGNIFICANT_SPREADS * np.sqrt(2.0) * error[with_data, k].max()
        if len(with_data) > 1 and high - low > max(NOTABLE_CHANGE * high, noise):
            values = ", ".join(f"{length[m, k]:.3f} at {weights[m]:g}" for m in with_data)
            notes.append(
                f"mean |d| of {name} depends on the weight of the data ({values}): they hold it no better than that"
            )
        if weights[0] == 0.0 and abs(length[with_data[-1], k] / length[0, k] - 1.0) < PRIOR_SHARE:
            notes.append(
                f"mean |d| of {name} is that of the constraints alone, {length[0, k]:.3f}: no result of the data"
            )
    return tuple(notes)
