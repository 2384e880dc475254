"""One weighted least-squares step from the truth: a fit of a simulated image that is exact to first order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.simulate import expected_electrons
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from stem_fits import fit_at
from stem_truth import sublattices_of_truth, truth_in_pixels


def linear_fit(
    micrograph: Micrograph, truth: ColumnTruth, settings: SimulationSettings, *, weighted: bool = True
) -> tuple[ColumnFit, Sublattices]:
    """Fit position, height and background of every column in its patch; ``weighted`` by the Poisson noise."""
    pixel = settings.pixel_size_angstrom
    image = np.asarray(micrograph.intensity)
    model = expected_electrons(truth, settings, np.zeros(len(image)))
    place = truth_in_pixels(truth, pixel)
    width, peak = np.asarray(truth.sigma_angstrom) / pixel, np.asarray(truth.peak) * pixel**2
    radius = 1.4 / pixel
    reach = int(np.ceil(radius))
    step = np.arange(-reach, reach + 1)
    left = image - model
    fitted = model.copy()
    moved = place.copy()
    for k, (x, y) in enumerate(place):
        columns, rows = np.meshgrid(round(x) + step, round(y) + step)
        inside = ((columns - x) ** 2 + (rows - y) ** 2 <= radius**2) & (columns >= 0) & (rows >= 0)
        inside &= (columns < image.shape[1]) & (rows < image.shape[0])
        at = rows[inside], columns[inside]
        dx, dy = at[1] - x, at[0] - y
        shape = np.exp(-0.5 * (dx**2 + dy**2) / width[k] ** 2)
        slopes = np.stack([peak[k] * shape * dx / width[k] ** 2, peak[k] * shape * dy / width[k] ** 2, shape,
                           np.ones_like(shape)])  # fmt: skip
        weight = 1.0 / model[at] if weighted else np.ones(len(dx))
        found = np.linalg.solve((slopes * weight) @ slopes.T, (slopes * weight) @ left[at])
        moved[k] += found[:2]
        fitted[at] += found @ slopes
    sublattices = sublattices_of_truth(truth, pixel)
    fit = fit_at(moved, truth, sublattices, pixel, (0.117, 0.213, 0.3), None)
    return replace(fit, residual=image - fitted), sublattices
