r"""Entropy that is frozen into a glass, from the enthalpy of the liquid above that of the crystal.

At the melting point the two phases have one free energy, so the entropies differ by :math:`\Delta H / T_m`. On cooling
the difference falls until the liquid freezes at :math:`T_g`:

.. math:: \Delta S(T_g) = \frac{\Delta H(T_m)}{T_m} - \int_{T_g}^{T_m} \frac{1}{T} \frac{d \Delta H}{dT} dT

What vibrations differ by stands in their own term and is taken off here; left in, it would be counted twice.
Units: K, eV and k_B per atom.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from entrox.core import InputError, check_all_positive, check_finite, check_in_range, check_shape
from entrox.core.units import BOLTZMANN_EV_PER_K

__all__ = ["residual_entropy"]

CHECK_POINTS = 4


def residual_entropy(
    temperature_k: ArrayLike,
    enthalpy_difference_ev_per_atom: ArrayLike,
    *,
    vibrational_kb_per_atom: float = 0.0,
) -> tuple[float, float]:
    """Residual entropy of a glass by integration through its liquid.

    Parameters
    ----------
    temperature_k
        From the freezing of the glass, the lowest, to the melting point, the highest; shape ``(n,)``, n >= 4, any
        order.
    enthalpy_difference_ev_per_atom
        Liquid minus crystal at these temperatures, shape ``(n,)``.
    vibrational_kb_per_atom
        Vibrational entropy of the glass minus that of the crystal at the freezing temperature.

    Returns
    -------
    tuple
        Entropy [k_B per atom], and the error of the integral: its change when every second temperature is left out.

    Raises
    ------
    InputError
        If there are too few temperatures, two are equal, or the result is below zero, which no entropy is.

    Examples
    --------
    A difference that falls in proportion to T leaves an entropy that falls by the logarithm:

    >>> t = np.linspace(800.0, 1600.0, 81)
    >>> value, error = residual_entropy(t, 1e-4 * t)
    >>> round(value, 3), error < 1e-4
    (0.356, True)
    """
    places = check_all_positive(check_shape(temperature_k, (None,), "temperature_k"), "temperature_k", "K")
    enthalpy = check_shape(enthalpy_difference_ev_per_atom, (len(places),), "enthalpy_difference_ev_per_atom")
    vibrational = check_in_range(vibrational_kb_per_atom, "vibrational_kb_per_atom", unit="k_B")
    order = np.argsort(places)
    places, enthalpy = places[order], check_finite(enthalpy, "enthalpy")[order]
    if len(places) < CHECK_POINTS or (np.diff(places) == 0.0).any():
        raise InputError(f"the integral needs at least {CHECK_POINTS} different temperatures; got {len(places)}.")
    whole = _integral(places, enthalpy)
    # both ends stay, or the range would change too
    coarse = np.unique(np.concatenate([np.arange(0, len(places), 2), [len(places) - 1]]))
    error = abs(whole - _integral(places[coarse], enthalpy[coarse])) / BOLTZMANN_EV_PER_K
    value = (enthalpy[-1] / places[-1] - whole) / BOLTZMANN_EV_PER_K - vibrational
    if value < -max(3.0 * error, 1e-9):
        raise InputError(
            f"the residual entropy comes out as {value:.3g} k_B per atom: the liquid would have less entropy than the "
            "crystal. Is the highest temperature the melting point, and the vibrational part right?"
        )
    return float(value), float(error)


def _integral(places: np.ndarray, enthalpy: np.ndarray) -> float:
    """Integral of dH / T; between two temperatures H is taken as linear, so that it is exact there."""
    slope = np.diff(enthalpy) / np.diff(places)
    return float((slope * np.diff(np.log(places))).sum())
