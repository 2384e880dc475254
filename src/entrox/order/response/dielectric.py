r"""Dielectric tensor from the fluctuations of the polarization of a box.

.. math::
    \varepsilon_{ab} = \varepsilon^\infty_{ab}
    + \frac{V}{\varepsilon_0 k_\mathrm{B} T} ( \langle P_a P_b \rangle - \langle P_a \rangle \langle P_b \rangle )

Units: polarization C/m2, volume angstrom3, temperature K.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from entrox.core import InputError, Result, check_positive, check_shape, quantity
from entrox.core.blocking import block_average, block_errors
from entrox.core.units import METER_PER_ANGSTROM

__all__ = ["DielectricTensor", "dielectric_tensor", "switched_components"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SWITCH_SHARE = 0.6
"""Of the modulus: a component that moves by more has changed with the domain."""
POLAR_SHARE = 0.5
"""Of the largest component: those above it belong to the direction of the domain."""
STEADY_RATIO = 0.92
"""<|P|>^2 / <P^2>: 8/(3 pi) = 0.85 if P fluctuates about zero in three directions, 1 for a state of fixed size."""


@dataclass(frozen=True, kw_only=True)
class DielectricTensor(Result):
    """Ionic susceptibility of a box and, where the electronic part was given, its permittivity."""

    chi_ionic: Floats = quantity("1", "ionic susceptibility", axes=("row", "column"))
    chi_error: Floats = quantity("1", "standard error of the susceptibility", axes=("row", "column"))
    permittivity: Floats | None = quantity("1", "relative permittivity; None without eps_inf", axes=("row", "column"))
    mean_polarization_c_per_m2: Floats = quantity("C/m2", "mean polarization", axes=("component",))
    n_frames: int = quantity("1", "frames")
    converged: bool
    switched: tuple[bool, bool, bool]
    domains: str
    warnings: tuple[str, ...] = ()


def dielectric_tensor(
    p_total_c_per_m2: ArrayLike,
    volume_angstrom3: float,
    temperature_k: float,
    eps_inf: ArrayLike | None = None,
    domains: Literal["as_is", "rotated"] = "as_is",
) -> DielectricTensor:
    """Dielectric tensor of an equilibrium run at zero field.

    Parameters
    ----------
    p_total_c_per_m2
        Polarization of the box, one branch, shape ``(frame, 3)``.
    volume_angstrom3
        Mean volume of the box.
    temperature_k
        Temperature.
    eps_inf
        Electronic permittivity, a number or a 3x3 tensor. Without it only the ionic part is returned.
    domains
        ``"rotated"`` turns each frame into the domain of the first state by a signed exchange of axes, for runs that
        switched; ``"as_is"`` leaves them.

    Raises
    ------
    InputError
        If there are fewer than two frames (one frame has no fluctuation), or volume or temperature is not positive.
    """
    series = check_shape(p_total_c_per_m2, (None, 3), "p_total_c_per_m2")
    if len(series) < 2:
        raise InputError(f"a dielectric tensor needs fluctuations, so two frames or more; got {len(series)}.")
    if domains not in ("as_is", "rotated"):
        raise InputError(f'domains must be "as_is" or "rotated"; got {domains!r}.')
    check_positive(volume_angstrom3, "volume_angstrom3", "angstrom3")
    check_positive(temperature_k, "temperature_k", "K")
    switched = switched_components(series)
    if domains == "rotated":
        series = _to_one_domain(series)
    factor = volume_angstrom3 * METER_PER_ANGSTROM**3 / (constants.epsilon_0 * constants.k * temperature_k)
    deviation = series - series.mean(axis=0)
    products = deviation[:, :, None] * deviation[:, None, :]
    chi = factor * products.mean(axis=0)
    found = block_errors(products)
    if found is None:  # cannot be: there are two frames or more
        raise InputError("a dielectric tensor needs two frames or more.")
    error, plateau = found
    return DielectricTensor(
        chi_ionic=chi,
        chi_error=factor * error,
        permittivity=None if eps_inf is None else chi + _electronic(eps_inf),
        mean_polarization_c_per_m2=series.mean(axis=0),
        n_frames=len(series),
        converged=bool(plateau.all()),
        switched=(bool(switched[0]), bool(switched[1]), bool(switched[2])),
        domains=domains,
        warnings=_warnings(switched, bool(plateau.all()), domains),
    )


def switched_components(p_total_c_per_m2: ArrayLike) -> Bools:
    """Which components changed with the domain during a run, by 180 or by 90 degrees, shape ``(3,)``.

    The component, smoothed over the memory of the modulus, must move by more than 0.6 of the root-mean-square modulus,
    the outermost percents aside; a change of sign at more than half of the modulus always does. The modulus itself must
    be steady: that of a paraelectric, which changes sign all the time and does not switch, is not.
    """
    series = check_shape(p_total_c_per_m2, (None, 3), "p_total_c_per_m2")
    modulus = np.linalg.norm(series, axis=1)
    square = float((modulus**2).mean())
    if square == 0.0 or float(modulus.mean()) ** 2 < STEADY_RATIO * square:
        return np.zeros(3, dtype=bool)
    low, high = np.quantile(_smoothed(series), [0.01, 0.99], axis=0)
    return np.asarray(high - low > SWITCH_SHARE * np.sqrt(square))


def _electronic(eps_inf: ArrayLike) -> Floats:
    array = np.asarray(eps_inf, dtype=float)
    return check_shape(array * np.eye(3) if array.shape == () else array, (3, 3), "eps_inf")


def _to_one_domain(series: Floats) -> Floats:
    """Frames turned so that the components that are polarized come first, all positive.

    The state of a frame is read from a smoothed series: turning by the noise of single frames would make order.
    """
    smooth = _smoothed(series)
    large = np.abs(smooth) > POLAR_SHARE * np.abs(smooth).max(axis=1, keepdims=True)
    signs = np.where(large & (smooth < 0), -1.0, 1.0)
    order = np.argsort(~large, axis=1, kind="stable")
    return np.asarray(np.take_along_axis(series * signs, order, axis=1))


def _smoothed(series: Floats) -> Floats:
    """Running mean over twice the memory of the modulus, which does not change at a switch."""
    time = block_average(np.linalg.norm(series, axis=1)).correlation_steps or 0.5
    window = int(np.clip(2 * round(2 * time) + 1, 1, max(len(series) // 10, 1)))
    kernel = np.ones(window)
    weight = np.convolve(np.ones(len(series)), kernel, mode="same")
    return np.stack([np.convolve(column, kernel, mode="same") / weight for column in series.T], axis=1)


def _warnings(switched: Bools, plateau: bool, domains: str) -> tuple[str, ...]:
    found = []
    if switched.any() and domains == "as_is":
        names = ", ".join(name for name, flag in zip("xyz", switched, strict=True) if flag)
        found.append(
            f"the polarization switched along {names} during the run: the variance is that of domains, not of a "
            'state. Use domains="rotated", or cut the run.'
        )
    if not plateau:
        found.append("the run is too short for its correlation time: the errors are lower bounds.")
    return tuple(found)
