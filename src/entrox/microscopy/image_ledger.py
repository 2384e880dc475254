"""Reference numbers of atomic-resolution images: gains of masks, errors of columns, noise, periods of real films."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import measured_file
from entrox.core.random import generator

if TYPE_CHECKING:
    from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["IMAGE_LEDGER"]

Likelihood = Literal["gauss", "poisson", "unweighted"]

MASK = "transfer of displacement waves by Gaussian masks of the lattice"
BENCHMARK = "Cramer-Rao bound of the benchmark image, 10 pm per px, 2000 electrons per A2, everything free"
NOISE = "distribution of a two-dimensional Gaussian"
GAINS = {0.4: (0.625, 0.938), 0.2: (0.245, 0.826), 0.1: (0.0628, 0.633), 0.05: (0.0157, 0.350)}
"""Radius of the mask [reciprocal lattice]: gain of independent cells, and of domains of 6 x 6."""
BOUNDS: dict[Likelihood, tuple[float, float, float]] = {"poisson": (2.13, 1.17, 2.21), "unweighted": (2.27, 1.32, 2.37)}
"""Likelihood: errors of B, A and the vector [pm]."""
CROP = (20, 20)
FILM = "stem/NSMO_110_cryo_HAADF_registered_898x963_f32.tif"
SIDE = "stem/perovskite_110_ADF_cropped_400x380.hspy"
FILM_SOURCE, SIDE_SOURCE = "image of Nd0.5Sr0.5MnO3 along [001]", "image of a perovskite along [110]"


def _gain(radius: float, cells: int) -> float:
    from entrox.microscopy.controls.mask_gain import mask_gain

    return float(np.asarray(mask_gain(radius, cells)))


def _jitter() -> float:
    from entrox.microscopy.scan.jitter_covariance import column_jitter_variance

    return float(np.sqrt(column_jitter_variance(0.3, 4.5)))


def _noise_mean() -> float:
    from entrox.microscopy.vectors.modulus_curves import noise_mean

    return noise_mean(np.eye(2)[None])


def _strong_share() -> float:
    """Share of vectors of noise alone that do not count as weak."""
    from entrox.order.phases.projected_classes import projected_classes

    found = projected_classes(generator(1).standard_normal((1_000_000, 2)), np.eye(2))
    return 1.0 - float(found.fractions[found.classes.index("weak")])


@cache
def _errors(likelihood: Likelihood) -> tuple[float, float, float]:
    """Median predicted errors of B, A and the vector per component in a crop of the benchmark image [pm]."""
    from entrox.microscopy.fit.fitting import fit_columns
    from entrox.microscopy.fit.noise import NoiseModel
    from entrox.microscopy.simulation.perovskite_columns import benchmark_settings, benchmark_truth
    from entrox.microscopy.simulation.simulate import simulate_micrograph

    settings = benchmark_settings()
    image = simulate_micrograph(benchmark_truth(generator(5), CROP), settings, generator(3))
    found = _sublattices(image, "001")
    fit = fit_columns(image, found, noise=NoiseModel(gain=1.0), likelihood=likelihood)
    weights = np.array([1.0, *[-0.25] * 4])
    errors = []
    for site in (1, 0):
        rows = np.flatnonzero((found.site == site) & (found.cage >= 0).all(axis=1))
        errors.append(np.sqrt(np.median(fit.covariance_px2[rows][:, [0, 1], [0, 1]])))
        if site == 1:
            vector = np.einsum("k,nklab,l->nab", weights, fit.cage_covariance_px2[rows], weights)
            errors.append(np.sqrt(np.median(vector[:, [0, 1], [0, 1]])))
    b, d, a = (float(value) * settings.pixel_size_pm for value in errors)
    return b, a, d


def _error(likelihood: Likelihood, index: int) -> float:
    return _errors(likelihood)[index]


def _sublattices(image: object, zone_axis: str) -> Sublattices:
    from entrox.microscopy.lattice.assign_sublattices import assign_sublattices
    from entrox.microscopy.lattice.column_lattice import index_lattice
    from entrox.microscopy.lattice.columns import find_columns

    columns = find_columns(image)  # type: ignore[arg-type]
    return assign_sublattices(columns, index_lattice(columns), zone_axis=zone_axis)


@cache
def _film(name: str, zone_axis: str) -> Sublattices:
    from entrox.microscopy.images.micrograph_files import read_micrograph

    return _sublattices(read_micrograph(measured_file(name)), zone_axis)


def _period(name: str, zone_axis: str, index: int) -> float:
    """Length of a step of the lattice, the shorter first [px]."""
    return float(np.sort(np.linalg.norm(_film(name, zone_axis).basis_px, axis=1))[index])


def _angle() -> float:
    """Obtuse angle between the steps of the film [degree]."""
    a, b = _film(FILM, "001").basis_px
    angle = float(np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))))
    return max(angle, 180.0 - angle)


def _cage_distance() -> float:
    """Mean distance of B from its four A [px]."""
    found = _film(FILM, "001")
    whole = (found.cage >= 0).all(axis=1) & (found.site == 1)
    steps = found.position_px[found.cage[whole]] - found.position_px[whole, None]
    return float(np.linalg.norm(steps, axis=2).mean())


def _side_columns() -> float:
    """A columns that the view from the side would hold were none cut by its border."""
    from entrox.microscopy.images.micrograph_files import read_micrograph

    pixels = read_micrograph(measured_file(SIDE)).intensity.size
    return float(pixels / abs(np.linalg.det(_film(SIDE, "110").basis_px)))


def _wavelength(kilovolt: float) -> float:
    from entrox.microscopy.simulation.multislice import electron_wavelength

    return 100.0 * electron_wavelength(kilovolt)


def _largest_angle() -> float:
    from entrox.microscopy.simulation.multislice import largest_angle_mrad

    return largest_angle_mrad(300.0, 0.06)


IMAGE_LEDGER: tuple[LedgerRow, ...] = (
    *(
        ledger_row(f"microscopy.mask_{round(100 * radius):02d}_{cells}", f"gain of a mask of {radius:g} for "
                   f"{'independent cells' if cells == 1 else 'domains of 6 x 6 cells'}", "1", value, 1e-3, MASK,
                   partial(_gain, radius, cells))
        for radius, values in GAINS.items()
        for cells, value in zip((1, 6), values, strict=True)
    ),
    *(
        ledger_row(f"microscopy.error_{likelihood}_{name}", f"error of {words} per component, {likelihood}", "pm",
                   value, 0.03, BENCHMARK, partial(_error, likelihood, index), relative=True)
        for likelihood, values in BOUNDS.items()
        for index, (name, words, value) in enumerate(
            zip("bad", ("a B column", "an A column", "a vector"), values, strict=True))
    ),
    ledger_row("microscopy.row_jitter", "shift of a column of sigma 4.5 px by row jitter of 0.3 px, unweighted fit",
               "px", 0.089, 5e-4, "mean of independent rows", _jitter),
    ledger_row("microscopy.noise_mean", "mean length of vectors of noise over their error", "1", 1.2533, 1e-4, NOISE,
               _noise_mean),
    ledger_row("microscopy.noise_strong", "share of vectors of noise above three errors", "1", 0.0111, 4e-4, NOISE,
               _strong_share),
    *(
        ledger_row(f"microscopy.wavelength_{kilovolt}", f"wavelength of electrons of {kilovolt} kV", "pm", value, 1e-5,
                   "relativistic de Broglie wave", partial(_wavelength, kilovolt), relative=True)
        for kilovolt, value in ((200, 2.50793), (300, 1.96875))
    ),
    ledger_row("microscopy.largest_angle", "largest angle on a grid of 0.06 angstrom, 300 kV", "mrad", 164.0, 0.5,
               "half the wavelength over the sampling", _largest_angle),
    *(
        ledger_row(f"microscopy.film_period_{index + 1}", f"period {index + 1} of the film", "px", value, 0.1,
                   FILM_SOURCE, partial(_period, FILM, "001", index), files=(FILM,))
        for index, value in enumerate((21.1, 21.3))
    ),
    ledger_row("microscopy.film_angle", "angle of the film's lattice", "degree", 91.0, 0.5, FILM_SOURCE, _angle,
               files=(FILM,)),
    ledger_row("microscopy.film_distance", "distance of B from A in the film", "px", 15.1, 0.1, FILM_SOURCE,
               _cage_distance, files=(FILM,)),
    *(
        ledger_row(f"microscopy.side_period_{index + 1}", f"period {index + 1} of the side view", "px", value, 0.5,
                   SIDE_SOURCE, partial(_period, SIDE, "110", index), files=(SIDE,))
        for index, value in enumerate((29.0, 42.0))
    ),
    ledger_row("microscopy.side_columns", "cells of the side view", "1", 125.0, 3.0, SIDE_SOURCE, _side_columns,
               files=(SIDE,)),
)  # fmt: skip
