"""Draws of driving force and interface energy, and what they make of radius and barrier. Units: J/m3, J/m2, nm, eV."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from entrox.core import InputError, check_integer
from entrox.core.bootstrap import percentile_interval
from entrox.core.units import METER_PER_NANOMETER
from entrox.thermo.nucleation import barrier, barriers_ev, critical_radius

__all__ = ["BarrierDraws", "Ends", "draw_barriers"]

Floats = NDArray[np.float64]
Ends = tuple[float | None, float | None]

CONFIDENCE = 0.90
"""Between the 5 % and the 95 % quantile."""
NEGLIGIBLE_SHARE = 1e-12


@dataclass(frozen=True)
class BarrierDraws:
    """Share of draws without a barrier; 5 % and 95 % quantiles of the others."""

    p_no_barrier: float
    radius_nm: Ends
    barrier_ev: Ends


def draw_barriers(
    force: float,
    force_error: float,
    gamma: float,
    gamma_error: float,
    wetting: float,
    rng: np.random.Generator | None,
    draws: int,
) -> BarrierDraws:
    """Quantiles by Monte Carlo, normal in the driving force, normal and above zero in the interface energy.

    Parameters
    ----------
    force, force_error
        Driving force and its standard error [J/m3].
    gamma, gamma_error
        Interface energy and its standard error [J/m2].
    wetting
        Heterogeneous factor of the barrier.
    rng
        Needed where an error is not zero.
    draws
        Number of draws.

    Raises
    ------
    InputError
        If errors come without a generator, or the draws are too few for quantiles.
    """
    if force_error == 0.0 and gamma_error == 0.0:
        radius, height = critical_radius(force, gamma), barrier(force, gamma, wetting)
        return BarrierDraws(float(force >= 0.0), (radius, radius), (height, height))
    if rng is None:
        raise InputError("errors of the driving force or the interface energy need rng, a random generator.")
    check_integer(draws, "draws", low=100)
    forces = force + force_error * rng.standard_normal(draws)
    gammas = _positive_normal(gamma, gamma_error, rng, draws)
    good = forces < 0.0
    share = 1.0 - float(good.mean())
    if not good.any():
        return BarrierDraws(share, (None, None), (None, None))
    forces, gammas = forces[good], gammas[good]
    radii = percentile_interval(2.0 * gammas / -forces / METER_PER_NANOMETER, CONFIDENCE)
    heights = percentile_interval(wetting * barriers_ev(forces, gammas), CONFIDENCE)
    return BarrierDraws(share, (float(radii[0]), float(radii[1])), (float(heights[0]), float(heights[1])))


def _positive_normal(mean: float, error: float, rng: np.random.Generator, draws: int) -> Floats:
    """Draws of a normal distribution without its part below zero."""
    if error == 0.0:
        return np.full(draws, mean)
    below = float(ndtr(-mean / error))
    if below < NEGLIGIBLE_SHARE:  # nothing to cut away
        return np.asarray(np.abs(mean + error * rng.standard_normal(draws)))
    return np.asarray(mean + error * ndtri(below + (1.0 - below) * (1.0 - rng.random(draws))))
