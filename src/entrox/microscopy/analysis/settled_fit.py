"""Fit of columns that overlap, as those of oxygen and cations do: swept until nothing moves any more.

Where columns stand a third of a period apart, the tails of the first guesses pull their neighbors, and three sweeps
leave several tenths of a pixel of it. Each further sweep takes a share of what is left.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.column_problem import ColumnProblem, column_problem
from entrox.microscopy.fit.fit_record import Course, fit_record, noise_of
from entrox.microscopy.fit.noise import NoiseModel, estimate_noise, noise_residual
from entrox.microscopy.fit.sweeps import (
    drawn,
    kernel_noise,
    residual_image,
    start_columns,
    sweep,
    weighted_backgrounds,
    width_limits,
)
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["settled_fit"]

Floats = NDArray[np.float64]

RADIUS_OF_PERIOD = 0.35
"""Pixels between two columns belong to the nearer one, so that patches may reach beyond half the way."""
ROUGH_SWEEPS, MOST_SWEEPS = 4, 40
TOLERANCES_PX = (0.3, 3e-2, 1e-2)
"""Last movement inside a sweep: of the start, of the rough ones, and of the others."""
SETTLED_PX = 1e-2
"""Largest movement of 99 % of the columns from one sweep to the next."""
NOISE_COLUMNS = 1000


def settled_fit(
    micrograph: Micrograph,
    sublattices: Sublattices,
    *,
    shape: str = "circular",
    radius: float | None = None,
    noise: NoiseModel | None = None,
    likelihood: str = "gauss",
    threads: int | None = None,
) -> ColumnFit:
    """Fit all columns of an image with as many sweeps as they need.

    Parameters
    ----------
    micrograph, sublattices, shape, noise, likelihood, threads
        As for :func:`entrox.microscopy.fit.fitting.fit_columns`.
    radius
        Radius of the patches [px]; 0.35 of the shorter period by default.

    Returns
    -------
    ColumnFit
        Columns in the order of the sublattices; with a warning if they had not come to rest.

    Raises
    ------
    InputError
        As for ``fit_columns``.
    """
    period = float(np.linalg.norm(sublattices.basis_px, axis=1).min())
    radius = RADIUS_OF_PERIOD * period if radius is None else radius
    problem = column_problem(micrograph, sublattices, shape=shape, radius=radius, threads=threads)
    pixels = micrograph.intensity.shape
    course = Course(
        columns=start_columns(problem), others=np.zeros(pixels), residual=np.full(pixels, np.nan),
        health=np.zeros((len(problem.starts), 3), dtype=np.int64), noise=noise, used=0.0,
        every=max(1, len(problem.starts) // NOISE_COLUMNS),
    )  # fmt: skip
    left = _sweep_until_settled(problem, course, sublattices, likelihood, known=noise is not None)
    cleaned = _cleaned(problem, course, sublattices, known=noise is not None)
    found = fit_record(
        problem, course, cleaned, sublattices, pixel_size=micrograph.pixel_size_angstrom, noise_known=noise is not None,
        mode="sweep", shape=shape, likelihood=likelihood,
    )  # fmt: skip
    return found if left <= SETTLED_PX else _with_warning(found, left)


def _with_warning(fit: ColumnFit, left: float) -> ColumnFit:
    text = f"unsettled_fit: columns still moved by {left:.2f} px in the last of {MOST_SWEEPS} sweeps"
    return replace(fit, warnings=(*fit.warnings, text))


def _sweep_until_settled(
    problem: ColumnProblem, course: Course, sublattices: Sublattices, likelihood: str, *, known: bool
) -> float:
    """All sweeps, the columns of ``course`` being worked on in place; returns the last movement [px]."""
    site = np.asarray(sublattices.site)
    limits = width_limits(course.columns, np.zeros_like(site))
    drawn(problem, course.columns, course.others)
    course.columns, backgrounds = sweep(
        problem, course.columns, course.others, limits, course.health,
        noise=kernel_noise(None, problem, course.others, course.columns), likelihood="unweighted", backgrounds=None,
        tolerance=TOLERANCES_PX[0],
    )  # fmt: skip
    left = np.inf
    for number in range(MOST_SWEEPS):
        drawn(problem, course.columns, course.others)
        if number <= ROUGH_SWEEPS:
            # widths and noise of the first guesses are far off
            limits = width_limits(course.columns, site)
            _cleaned(problem, course, sublattices, known=known)
            kernel = noise_of(problem, course)
        if number == 0 and likelihood != "unweighted":
            backgrounds = weighted_backgrounds(problem, backgrounds, course.columns, kernel)
        before = course.columns[:, :2].copy()
        course.columns, backgrounds = sweep(
            problem, course.columns, course.others, limits, course.health, noise=kernel, likelihood=likelihood,
            backgrounds=backgrounds, tolerance=TOLERANCES_PX[1 if number < ROUGH_SWEEPS else 2],
        )  # fmt: skip
        left = float(np.quantile(np.linalg.norm(course.columns[:, :2] - before, axis=1), 0.99))
        if number > ROUGH_SWEEPS and left <= SETTLED_PX:
            break
    drawn(problem, course.columns, course.others)
    return left


def _cleaned(problem: ColumnProblem, course: Course, sublattices: Sublattices, *, known: bool) -> Floats:
    """Residual of a sample of columns at the present model; learns the noise from it unless it is known."""
    residual_image(problem, course.columns, course.others, course.residual)
    used = len(course.columns) * (3.0 + problem.shape + 3.0 / (1.0 + problem.partners.shape[1]))
    course.used = used / max(int((problem.spans[..., 1] - problem.spans[..., 0]).sum()), 1)
    columns, references = course.columns[:: course.every], problem.references[:: course.every]
    site = np.asarray(sublattices.site)[:: course.every]
    cleaned = noise_residual(course.residual, references, site, problem.half)
    if not known:
        course.noise = estimate_noise(
            problem.image, course.residual, cleaned, columns, references, problem.half, problem.shape
        )
    return cleaned
