r"""Permittivity and loss of a film from the capacitance of round electrodes; what leads and contacts add to it.

.. math:: \epsilon_r = C t / (\epsilon_0 A)

A resistance R in series lets the apparent capacitance fall and the loss rise by :math:`\omega R C`; a dead layer adds a
constant to 1/C against thickness. Units: m, F, ohm, K, Hz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants
from scipy.special import stdtrit

from entrox.core.checks import check_all_positive, check_finite, check_positive, check_shape
from entrox.core.errors import InputError
from entrox.core.linear_fit import fit_linear
from entrox.core.result import Result, quantity

__all__ = [
    "DeadLayer",
    "SeriesResistance",
    "dead_layer",
    "disk_area",
    "disk_capacitance",
    "low_loss_window",
    "relative_permittivity",
    "series_resistance",
    "temperature_coefficient",
]

Floats = NDArray[np.float64]

FRINGE_RATIO = 0.01
"""Thickness over diameter above which the field beside the electrode is counted."""


def disk_area(diameter_m: float) -> float:
    """Area of a round electrode [m2].

    Examples
    --------
    >>> round(1e9 * disk_area(150e-6), 4)
    17.6715
    """
    return math.pi * check_positive(diameter_m, "diameter_m", "m") ** 2 / 4.0


def _fringe(thickness_m: float, diameter_m: float) -> float:
    """Capacitance of a disk over that without the field beside it, after Kirchhoff; one for thin films."""
    ratio = thickness_m / diameter_m
    if ratio <= FRINGE_RATIO:
        return 1.0
    return 1.0 + 2.0 * ratio / math.pi * (math.log(8.0 * math.pi / ratio) - 1.0)


def disk_capacitance(permittivity: float, thickness_m: float, diameter_m: float) -> float:
    """Capacitance of a film below a round electrode [F].

    Examples
    --------
    >>> round(1e12 * disk_capacitance(35.0, 400e-9, 150e-6), 4)
    13.6908
    """
    depth = check_positive(thickness_m, "thickness_m", "m")
    plate = constants.epsilon_0 * check_positive(permittivity, "permittivity") * disk_area(diameter_m) / depth
    return plate * _fringe(depth, diameter_m)


def relative_permittivity(capacitance_f: ArrayLike, thickness_m: float, diameter_m: float) -> Floats:
    """Permittivity of a film; where it is thicker than a hundredth of the electrode the fringe is taken out.

    Parameters
    ----------
    capacitance_f
        Any shape.
    thickness_m, diameter_m
        Of film and electrode; both enter the error fully, thickness once and diameter twice.
    """
    values = check_all_positive(capacitance_f, "capacitance_f", "F")
    return np.asarray(values / disk_capacitance(1.0, thickness_m, diameter_m))


@dataclass(frozen=True, kw_only=True)
class SeriesResistance(Result):
    """Resistance in series with the film, and what is left without it."""

    resistance: float = quantity("ohm", "series resistance; 0 where none is seen")
    resistance_error: float = quantity("ohm", "its standard error")
    capacitance: Floats = quantity("F", "capacitance without it", axes=("frequency",))
    loss: Floats = quantity("1", "tan d without it", axes=("frequency",))
    largest_share: float = quantity("1", "largest relative change of the capacitance")
    found: bool = False


def series_resistance(frequency_hz: ArrayLike, capacitance_f: ArrayLike, loss: ArrayLike) -> SeriesResistance:
    """Find and take out a series resistance from capacitance and loss over frequency.

    Parameters
    ----------
    frequency_hz, capacitance_f, loss
        Apparent (parallel) capacitance and tan d, shape ``(n,)``, n >= 4.

    Notes
    -----
    Re Z = R - D Im Z is a line where the loss D of the film itself is constant. The resistance is taken as seen where
    it is above zero by more than two standard errors.
    """
    frequency = check_all_positive(frequency_hz, "frequency_hz", "Hz").ravel()
    capacitance = check_shape(check_all_positive(capacitance_f, "capacitance_f", "F"), frequency.shape, "capacitance_f")
    tangent = check_shape(loss, frequency.shape, "loss")
    if len(frequency) < 4 or np.ptp(frequency) <= 0.0:
        raise InputError(f"a series resistance needs four frequencies; got {len(np.unique(frequency))}.")
    omega = 2.0 * math.pi * frequency
    impedance = 1.0 / (1j * omega * capacitance * (1.0 - 1j * tangent))
    # Re Z = R - D Im Z: a constant and a part that falls with the frequency
    columns = np.column_stack([np.ones_like(omega), -impedance.imag])
    weights = -1.0 / impedance.imag
    fit = fit_linear(columns * weights[:, None], impedance.real * weights)
    value, error = float(fit.coefficients[0]), float(fit.standard_errors[0])
    seen = value > 2.0 * error
    admittance = 1.0 / (impedance - (value if seen else 0.0))
    true = admittance.imag / omega
    return SeriesResistance(
        resistance=value if seen else 0.0, resistance_error=error, capacitance=true,
        loss=admittance.real / admittance.imag,
        largest_share=float(np.abs(true / capacitance - 1.0).max()), found=bool(seen),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DeadLayer(Result):
    """Film and a layer of fixed capacitance in series with it."""

    permittivity: float = quantity("1", "permittivity of the film without the layer")
    permittivity_interval: tuple[float, float] = quantity("1", "its interval")
    layer_thickness_over_permittivity: float = quantity("m", "thickness of the layer over its permittivity")
    layer_interval: tuple[float, float] = quantity("m", "its interval; a layer is seen where this is above zero")


def dead_layer(
    thickness_m: ArrayLike, capacitance_f: ArrayLike, diameter_m: float, confidence: float = 0.95
) -> DeadLayer:
    """Fit eps0 A / C = t / eps_film + t_layer / eps_layer to films of at least three thicknesses.

    Parameters
    ----------
    thickness_m, capacitance_f
        Shape ``(n,)``.
    diameter_m
        Of the electrodes.
    confidence
        Of Student's intervals.
    """
    depth = check_all_positive(thickness_m, "thickness_m", "m").ravel()
    values = check_shape(check_all_positive(capacitance_f, "capacitance_f", "F"), depth.shape, "capacitance_f")
    if len(np.unique(depth)) < 3:
        raise InputError(f"a dead layer needs three thicknesses; got {len(np.unique(depth))}.")
    fit = fit_linear(
        np.column_stack([np.ones_like(depth), depth]), constants.epsilon_0 * disk_area(diameter_m) / values
    )
    half = float(stdtrit(len(depth) - 2, 0.5 + 0.5 * confidence)) * fit.standard_errors
    layer, slope = (float(item) for item in fit.coefficients)
    ends = sorted((1.0 / (slope - float(half[1])), 1.0 / (slope + float(half[1]))))
    return DeadLayer(
        permittivity=1.0 / slope, permittivity_interval=(ends[0], ends[1]), layer_thickness_over_permittivity=layer,
        layer_interval=(layer - float(half[0]), layer + float(half[0])),
    )  # fmt: skip


def temperature_coefficient(temperature_k: ArrayLike, permittivity: ArrayLike) -> tuple[float, float]:
    """Relative change per kelvin over the whole range, and its standard error [1/K].

    Parameters
    ----------
    temperature_k, permittivity
        Shape ``(n,)``, at least three.
    """
    temperature = check_finite(temperature_k, "temperature_k").ravel()
    values = check_shape(permittivity, temperature.shape, "permittivity")
    mean = float(values.mean())
    fit = fit_linear(np.column_stack([np.ones_like(temperature), temperature - temperature.mean()]), values / mean)
    return float(fit.coefficients[1]), float(fit.standard_errors[1])


def low_loss_window(places: ArrayLike, loss: ArrayLike, limit: float) -> tuple[float, float] | None:
    """Widest unbroken range of temperature (or ln frequency) in which tan d stays within the limit; None without one.

    Examples
    --------
    >>> low_loss_window([200.0, 300.0, 400.0, 500.0], [0.2, 0.05, 0.04, 0.3], 0.1)
    (300.0, 400.0)
    """
    order = np.argsort(np.asarray(places, dtype=float))
    x, good = np.asarray(places, dtype=float)[order], np.asarray(loss, dtype=float)[order] <= limit
    best: tuple[float, float] | None = None
    start = 0
    for index in range(len(x) + 1):
        if index == len(x) or not good[index]:
            if index > start and (best is None or x[index - 1] - x[start] > best[1] - best[0]):
                best = (float(x[start]), float(x[index - 1]))
            start = index + 1
    return best
