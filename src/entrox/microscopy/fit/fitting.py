"""Fit of all columns of an image, with a covariance that can be believed.

Every column is a Gaussian with free place, height and width on a linear background that it shares with its cage. The
background is what correlates the columns of a cage, and most of what makes errors larger than those of a lone column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.column_problem import ColumnProblem, column_problem
from entrox.microscopy.fit.fit_record import Course, fit_record, noise_of
from entrox.microscopy.fit.joint_fit import refit_jointly
from entrox.microscopy.fit.neighbor_lists import neighbor_lists
from entrox.microscopy.fit.noise import NoiseModel, estimate_noise
from entrox.microscopy.fit.residual_patches import ResidualPatches, residual_patches
from entrox.microscopy.fit.sweeps import (
    LIKELIHOODS,
    PatchBackgrounds,
    residual_image,
    start_columns,
    sweep,
    weighted_backgrounds,
    width_limits,
)
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["MODES", "fit_columns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MODES = ("sweep", "joint", "single")
NOISE_COLUMNS = 1000
"""Columns whose residuals are enough to know the noise to some parts in a thousand."""
FIRST_NOISE_COLUMNS = 100
"""Columns for the noise that only sets the weights."""
TOLERANCES_PX = (0.1, 3e-2, 1e-2)
"""Last movement inside a sweep: of the start, of a rough one, and of the others; a step leaves about its square."""
ALONE_PX = 1e-3
ROUGH_SWEEPS, SWEEPS = 1, 2
"""Sweeps after the start; the rough ones learn widths and noise before they begin."""
SETTLED_ROUGH_SWEEPS, MOST_SWEEPS = 5, 40
SETTLED_PX = 1e-2
"""Largest movement of 99 % of the columns from one sweep to the next."""


def fit_columns(
    micrograph: Micrograph,
    sublattices: Sublattices,
    *,
    mode: str = "sweep",
    shape: str = "circular",
    radius: float | None = None,
    noise: NoiseModel | None = None,
    likelihood: str = "gauss",
    until_settled: bool = False,
    threads: int | None = None,
) -> ColumnFit:
    """Fit all columns of an image.

    Parameters
    ----------
    micrograph
        The image. Pixels without a value are left out.
    sublattices
        Where the columns are, to a few tenths of a pixel, and their cages. ``dark`` columns are fitted in the negative.
    mode
        ``"sweep"``: all columns in turn, the model of all others subtracted, the background shared with the cage.
        ``"joint"``: each cation with its cage in one fit, farther columns subtracted; slow, to check the sweep.
        ``"single"``: each column alone as if there were no others; biased, to show why.
    shape
        ``"circular"`` or ``"elliptical"``. On small patches an ellipse trades its shape for its position.
    radius
        Radius of the patches [px]; 0.35 of the shorter period, but no more than half the way to the nearest column. The
        center may move by half of it.
    noise
        Gain and read noise, if they are known; else both are estimated from the residual, and the covariance is scaled
        by the reduced chi^2 of each cage.
    likelihood
        ``"gauss"``: least squares weighted with 1 / (g I_model + r^2). ``"poisson"``: likelihood of counts.
        ``"unweighted"``: plain least squares, covariance by the sandwich formula.
    until_settled
        Sweep until nothing moves any more, as columns need that overlap: where they stand a third of a period apart,
        as oxygen and cations do, the tails of the first guesses pull their neighbors, and three sweeps leave some
        hundredths of a pixel of it. Patches then reach to 0.35 of the period even beyond half the way to the nearest
        column; a pixel belongs to the nearer one. A warning tells if they did not come to rest.
    threads
        Threads; None takes all that this process may use. The numbers do not depend on it.

    Returns
    -------
    ColumnFit
        Columns in the order of the sublattices.

    Raises
    ------
    InputError
        For unknown words, an image without noise, patches below 2 px, or fewer than two columns.

    Notes
    -----
    Covariances hold for independent pixels times the area over which noise is correlated, which is measured. Row jitter
    is not noise of pixels and not included.
    """
    _check_words(mode, likelihood)
    problem = column_problem(
        micrograph, sublattices, shape=shape, radius=radius, threads=threads, overlapping=until_settled
    )
    site = np.asarray(sublattices.site)
    course = _started(problem)
    left = _fit_all(problem, course, site, noise, likelihood, until_settled=until_settled)
    if mode != "sweep":
        _refit(problem, course, site, mode, likelihood)
    patches = _learn_noise(problem, course, site, noise, course.every)
    return fit_record(
        problem, course, patches, sublattices, pixel_size=micrograph.pixel_size_angstrom, noise_known=noise is not None,
        mode=mode, shape=shape, likelihood=likelihood, unsettled_px=left if left > SETTLED_PX else None,
    )  # fmt: skip


def _check_words(mode: str, likelihood: str) -> None:
    """Refuse unknown words."""
    for name, value, allowed in (("mode", mode, MODES), ("likelihood", likelihood, tuple(LIKELIHOODS))):
        if value not in allowed:
            raise InputError(f"{name} must be one of {', '.join(allowed)}; got {value!r}.")


def _started(problem: ColumnProblem) -> Course:
    """First guesses, nothing fitted yet."""
    columns = start_columns(problem)
    return Course(
        columns=columns,
        near=neighbor_lists(problem, columns),
        residual=_without_values(problem),
        health=np.zeros((len(problem.starts), 3), dtype=np.int64),
        noise=None,
        used=0.0,
        every=-(-len(problem.starts) // NOISE_COLUMNS),
    )


def _without_values(problem: ColumnProblem) -> Floats:
    """An image in which no pixel is known; new memory takes long to be handed out, so that the threads share it."""
    residual = np.empty(problem.image.shape)
    problem.for_pieces(len(residual), lambda a, b: residual[a:b].fill(np.nan))
    return residual


def _fit_all(
    problem: ColumnProblem, course: Course, site: Ints, noise: NoiseModel | None, likelihood: str, *,
    until_settled: bool,
) -> float:  # fmt: skip
    """All sweeps: from the start with equal weights and level backgrounds, then as asked.

    Returns the last movement [px], zero where it was not looked at.
    """
    course.noise = None
    limits = width_limits(course.columns, np.zeros_like(site))
    backgrounds = _swept(problem, course, limits, noise_of(problem, course), "unweighted", None, TOLERANCES_PX[0])
    rough, most = (SETTLED_ROUGH_SWEEPS, MOST_SWEEPS) if until_settled else (ROUGH_SWEEPS, SWEEPS)
    left = 0.0
    for number in range(most):
        if number < rough:
            limits = width_limits(course.columns, site)
            if noise is None:
                _learn_noise(problem, course, site, noise, -(-len(site) // FIRST_NOISE_COLUMNS))
            else:
                course.noise = noise
            kernel = noise_of(problem, course)
        if number == 0 and likelihood != "unweighted":
            backgrounds = weighted_backgrounds(problem, backgrounds, course.columns, kernel)
        before = course.columns
        tolerance = TOLERANCES_PX[1 if number < rough else 2]
        backgrounds = _swept(problem, course, limits, kernel, likelihood, backgrounds, tolerance)
        if until_settled and number >= rough:
            steps = np.linalg.norm(course.columns[:, :2] - before[:, :2], axis=1)
            left = float(np.quantile(steps, 0.99))
            if left <= SETTLED_PX:
                break
    return left


def _swept(
    problem: ColumnProblem, course: Course, limits: Floats, kernel: Floats, likelihood: str,
    backgrounds: PatchBackgrounds | None, tolerance: float,
) -> PatchBackgrounds:  # fmt: skip
    """One sweep; the course goes on, and what each patch knows of its background is returned."""
    course.columns, backgrounds = sweep(
        problem, course.columns, course.near, limits, course.health, noise=kernel, likelihood=likelihood,
        backgrounds=backgrounds, tolerance=tolerance,
    )  # fmt: skip
    course.near = neighbor_lists(problem, course.columns, course.near)
    return backgrounds


def _refit(problem: ColumnProblem, course: Course, site: Ints, mode: str, likelihood: str) -> None:
    """The slow and the simple mode, from where the sweeps have ended."""
    limits, kernel = width_limits(course.columns, site), noise_of(problem, course)
    if mode == "joint":
        weights = min(LIKELIHOODS[likelihood], 1)
        course.columns = refit_jointly(problem, course.columns, course.near, limits, kernel, weights, course.health)
    else:
        course.columns, _ = sweep(
            problem, course.columns, course.near, limits, course.health, noise=kernel, likelihood=likelihood,
            backgrounds=None, tolerance=ALONE_PX, alone=True,
        )  # fmt: skip
    course.near = neighbor_lists(problem, course.columns, course.near)


def _learn_noise(
    problem: ColumnProblem, course: Course, site: Ints, noise: NoiseModel | None, every: int
) -> ResidualPatches:
    """Noise of the residual of every so many columns, unless it is given; returns their residual."""
    residual_image(problem, course.columns, course.near, course.residual, every)
    used = len(course.columns) * (3.0 + problem.shape + 3.0 / (1.0 + problem.partners.shape[1]))
    course.used = used / max(int((problem.spans[..., 1] - problem.spans[..., 0]).sum()), 1)
    patches = residual_patches(
        problem.image, course.residual, problem.references[::every], site[::every], problem.half,
        threads=problem.threads,
    )  # fmt: skip
    course.noise = estimate_noise(patches, course.columns[::every], problem.shape) if noise is None else noise
    return patches
