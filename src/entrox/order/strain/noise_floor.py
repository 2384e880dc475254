r"""What independent displacements of the atoms alone put into a map of atomic strain.

With displacements of standard deviation sigma per component, the fitted gradient scatters by

.. math:: \langle \delta J_{ab} \, \delta J_{cd} \rangle = \sigma^2 C_{ac} \delta_{bd}, \qquad
    C = V^{-1} + V^{-1} S S^\mathsf{T} V^{-1}, \quad V = \sum_j d_0 d_0^\mathsf{T}, \quad S = \sum_j d_0

where the second term is the motion of the atom in the center. To first order

.. math:: \langle \eta_\mathrm{Mises}^2 \rangle = \tfrac56 \sigma^2 \operatorname{tr} C, \qquad
    \langle \eta_\mathrm{vol}^2 \rangle = \tfrac19 \sigma^2 \operatorname{tr} C, \qquad
    \langle D^2_\mathrm{min} \rangle = 3 \sigma^2 (2 N - 3 - S^\mathsf{T} V^{-1} S)

For N neighbors spread evenly over a sphere of radius R, tr C = 15/(N R^2) without the center.
Units: angstrom; strains are pure numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtr, chdtri

from entrox.core import InputError, Result, check_all_positive, check_positive, quantity

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["NoiseFloor", "closed_form_noise", "noise_density", "noise_of_frames", "sigma_of_residuals", "strain_noise"]

Floats = NDArray[np.float64]

SHEAR_COMPONENTS = 5
"""The square of the von Mises strain is a sum of the squares of five independent equal Gaussians."""
HIGH = 0.95


@dataclass(frozen=True, kw_only=True)
class NoiseFloor(Result):
    """Noise of a map of atomic strain.

    ``source`` says where sigma comes from: ``"given"``, ``"two frames"``, or ``"this map"``; the last counts every
    inhomogeneous motion as noise and is thus an upper bound. ``quantile_factor`` is the 95 % quantile of the shear of
    an atom over its root mean square.
    """

    source: str
    displacement_sigma_angstrom: float = quantity("angstrom", "scatter of an atom per component, frame against frame")
    shear_rms: float = quantity("1", "root mean square von Mises strain of noise")
    shear_median: float = quantity("1", "median von Mises strain of noise")
    shear_p95: float = quantity("1", "95 % quantile of the von Mises strain of noise")
    volumetric_std: float = quantity("1", "standard deviation of the volumetric strain of noise")
    quantile_factor: float = quantity("1", "95 % quantile of an atom over its root mean square")


def strain_noise(
    displacement_sigma_angstrom: float, n_neighbors: ArrayLike, cutoff_angstrom: float
) -> tuple[Floats, Floats]:
    """Root mean square von Mises strain and standard deviation of the volumetric strain of an even surrounding.

    Parameters
    ----------
    displacement_sigma_angstrom
        Scatter of every atom per component.
    n_neighbors
        Neighbors within the cutoff, any shape.
    cutoff_angstrom
        Radius of the surrounding.

    Returns
    -------
    shear_rms, volumetric_std
        Shape of ``n_neighbors``. The motion of the atom in the center is left out: it cancels where the neighbors
        balance.

    Examples
    --------
    >>> shear, volumetric = strain_noise(0.05, 38.3, 5.0)
    >>> round(float(shear), 4), round(float(volumetric), 4)
    (0.0057, 0.0021)
    """
    sigma = check_positive(displacement_sigma_angstrom, "displacement_sigma_angstrom", "angstrom")
    radius = check_positive(cutoff_angstrom, "cutoff_angstrom", "angstrom")
    number = check_all_positive(n_neighbors, "n_neighbors")
    return sigma * np.sqrt(12.5 / number) / radius, sigma * np.sqrt(5.0 / (3.0 * number)) / radius


def closed_form_noise(sigma_angstrom: float, noise_traces: Floats, source: str) -> NoiseFloor:
    """Noise of atoms whose matrices C have given traces.

    Parameters
    ----------
    sigma_angstrom
        Scatter of every atom per component.
    noise_traces
        tr C of every atom [1/angstrom^2], NaN where there is none, shape ``(n,)``.
    source
        Where sigma comes from.
    """
    traces = noise_traces[np.isfinite(noise_traces)]
    mean_square = sigma_angstrom**2 * float(traces.mean()) if len(traces) else float("nan")
    median, high = _quantiles(sigma_angstrom, traces)
    return NoiseFloor(
        source=source,
        displacement_sigma_angstrom=sigma_angstrom,
        shear_rms=float(np.sqrt(5.0 / 6.0 * mean_square)),
        shear_median=median,
        shear_p95=high,
        volumetric_std=float(np.sqrt(mean_square / 9.0)),
        quantile_factor=float(np.sqrt(chdtri(SHEAR_COMPONENTS, 1.0 - HIGH) / SHEAR_COMPONENTS)),
    )


def _scales(sigma: float, traces: Floats) -> Floats:
    """Standard deviations of one component of the shear; a hundred quantiles stand for all atoms."""
    return np.asarray(sigma * np.sqrt(np.quantile(traces, (np.arange(100) + 0.5) / 100.0) / 6.0))


def _quantiles(sigma: float, traces: Floats) -> tuple[float, float]:
    """Median and high quantile of the shear over all atoms, whose surroundings differ."""
    if not len(traces) or not sigma > 0.0:
        return (0.0, 0.0) if len(traces) and sigma == 0.0 else (float("nan"), float("nan"))
    scales = _scales(sigma, traces)
    at = np.geomspace(1e-2 * scales.min(), 20.0 * scales.max(), 2000)
    below = chdtr(SHEAR_COMPONENTS, (at / scales[:, None]) ** 2).mean(axis=0)
    median, high = np.interp([0.5, HIGH], below, at)
    return float(median), float(high)


def sigma_of_residuals(residuals: Floats, neighbors: ArrayLike, center_terms: Floats, *, robust: bool) -> float:
    """Scatter of the atoms per component [angstrom] from the least squares residuals of their surroundings.

    Parameters
    ----------
    residuals
        D^2_min [angstrom^2], shape ``(n,)``, NaN where undetermined.
    neighbors, center_terms
        N and S V^-1 S of every atom, shape ``(n,)``.
    robust
        Take the median over atoms, which few strained places do not move, instead of the ratio of sums.
    """
    number = np.asarray(neighbors, dtype=float)
    # many components move the neighbors, three the center: their square is far from its median
    center = float(chdtri(3, 0.5)) if robust else 3.0
    expected = 3.0 * (number - 3.0) + center * (number - center_terms)
    good = np.isfinite(residuals) & (expected > 0.0)
    if not good.any():
        return float("nan")
    if robust:
        return float(np.sqrt(np.median(residuals[good] / expected[good])))
    return float(np.sqrt(residuals[good].sum() / expected[good].sum()))


def noise_of_frames(first: Atoms, second: Atoms, cutoff_angstrom: float = 5.0, *, match: str = "order") -> NoiseFloor:
    """Noise measured between two undeformed frames of one run.

    Parameters
    ----------
    first, second
        Thermalized frames, far enough apart in time to be independent.
    cutoff_angstrom
        That of the map to judge.
    match
        As in :func:`~entrox.order.strain.atomic_strain.atomic_strain`.

    Returns
    -------
    NoiseFloor
        Quantiles as found; sigma from the residuals, exact for independent displacements.

    Raises
    ------
    InputError
        If the frames do not match, no atom has four neighbors, or nothing moved.
    """
    from entrox.order.strain.atomic_strain import atomic_strain

    found = atomic_strain(first, second, cutoff_angstrom, match=match)
    shear = found.shear[np.isfinite(found.shear)]
    if not len(shear):
        raise InputError(f"no atom has four neighbors within {cutoff_angstrom:g} angstrom; take a larger cutoff.")
    sigma = sigma_of_residuals(found.d2min_angstrom2, found.neighbors, found.center_term, robust=False)
    if sigma < 1e-9:
        raise InputError("the two frames of the noise are the same but for a homogeneous strain; take two of a run.")
    rms = float(np.sqrt((shear**2).mean()))
    expected = sigma * np.sqrt(5.0 / 6.0 * found.noise_trace_per_angstrom2)
    return NoiseFloor(
        source="two frames",
        displacement_sigma_angstrom=sigma,
        shear_rms=rms,
        shear_median=float(np.median(shear)),
        shear_p95=float(np.quantile(shear, HIGH)),
        volumetric_std=float(np.nanstd(found.volumetric)),
        # of the scatter as it is, so that 95 % of the noise lies below the floor of its own atom
        quantile_factor=float(np.nanquantile(found.shear / expected, HIGH)),
    )


def noise_density(shear: ArrayLike, displacement_sigma_angstrom: float, noise_traces: ArrayLike) -> Floats:
    """Probability density of the von Mises strain of noise over all atoms of a map.

    Parameters
    ----------
    shear
        Where, shape ``(n,)``.
    displacement_sigma_angstrom
        Scatter of every atom per component.
    noise_traces
        tr C of every atom [1/angstrom^2]; NaN are left out.

    Returns
    -------
    numpy.ndarray
        Per unit of strain, shape ``(n,)``: the mean of one chi distribution of five components for each atom.
    """
    x = np.atleast_1d(np.asarray(shear, dtype=float))
    traces = np.asarray(noise_traces, dtype=float)
    traces = traces[np.isfinite(traces)]
    if not len(traces) or not displacement_sigma_angstrom > 0.0:
        return np.zeros(len(x))
    scale = _scales(displacement_sigma_angstrom, traces)[:, None]
    return np.asarray((np.sqrt(2.0 / np.pi) / 3.0 * x**4 / scale**5 * np.exp(-0.5 * (x / scale) ** 2)).mean(axis=0))
