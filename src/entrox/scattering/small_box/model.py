r"""The pair distribution of a small box: peaks of all pairs, damped, cut at Qmax, scaled.

.. math:: \frac{D(r)}{\langle b\rangle^2} = s \left[\sum_{i \ne j} \frac{b_i b_j}{\langle b\rangle^2 N r_{ij}}
    \, \mathrm{Gauss}(r - r_{ij}, \sigma_{ij}) - 4\pi r \rho_0\right] e^{-(r Q_\mathrm{damp})^2 / 2}

with :math:`\sigma_{ij}^2 = \hat n (U_i + U_j) \hat n \, (1 - \delta_1/r - \delta_2/r^2 + Q_\mathrm{broad}^2 r^2)`.
The distances enter as they are, never grouped: their derivative in the lattice is what the fit lives on.
Units: angstrom, 1/angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from entrox.core import InputError
from entrox.scattering.small_box._kernels import LEAST_VARIANCE, add_peaks
from entrox.scattering.small_box.cell import PairList, SmallBoxCell
from entrox.scattering.small_box.parameters import Parameter
from entrox.scattering.small_box.termination import GridTermination

__all__ = ["PEAK_SHAPES", "SmallBoxModel", "moved_cell"]

Floats = NDArray[np.float64]

PEAK_SHAPES = ("D", "R")
THERMAL_GROUPS = ("u", "u_site", "u_aniso")
GRID_STEP_ANGSTROM = 0.01


class SmallBoxModel:
    """G_pdf of a cell as a function of its parameters.

    Parameters
    ----------
    cell, parameters, pairs
        Cell, its numbers, and its pairs, to beyond the end of the grid.
    top_angstrom
        End of the grid of distances; past the end of the fit, as what is cut at Qmax looks further.
    qmax_per_angstrom, window
        Termination.
    peak_in
        Where peaks are Gaussians: ``"D"``, exact for isotropic motion, or ``"R"``, as in programs of the PDFgui kind.

    Raises
    ------
    InputError
        If the shape of peaks is unknown or the mean scattering length zero.
    """

    def __init__(
        self,
        cell: SmallBoxCell,
        parameters: Sequence[Parameter],
        pairs: PairList,
        *,
        top_angstrom: float,
        qmax_per_angstrom: float | None,
        window: str,
        peak_in: str,
    ) -> None:
        if peak_in not in PEAK_SHAPES:
            raise InputError(f"peak_in must be one of {PEAK_SHAPES}; got {peak_in!r}.")
        self.cell, self.parameters, self._pairs = cell, tuple(parameters), pairs
        self._in_r = peak_in == "R"
        count = int(np.ceil(top_angstrom / GRID_STEP_ANGSTROM))
        self.grid = GRID_STEP_ANGSTROM * np.arange(1, count + 1)
        self._terminate = GridTermination(GRID_STEP_ANGSTROM, count, qmax_per_angstrom, window)
        mean = cell.mean_scattering
        if abs(mean) < 1e-6 * np.abs(cell.scattering).max():
            raise InputError("the mean scattering length is zero: the data cannot be divided by its square.")
        first, second = pairs.pairs.T
        self._amplitudes = pairs.counts * cell.scattering[first] * cell.scattering[second] / (mean**2 * cell.n_atoms)

    def __call__(self, values: Floats, r: Floats) -> Floats:
        """G_pdf at the labels r [1/angstrom^2], shape ``(n,)``, for values of all parameters."""
        named = self._named(values)
        curve = named["scale"] * self.on_grid(values)
        grid = np.concatenate([[0.0], self.grid])
        return np.asarray(CubicSpline(grid, np.concatenate([[0.0], curve]))(r + named["r_offset"]))

    def on_grid(self, values: Floats) -> Floats:
        """G_pdf of scale one on the grid."""
        named, lattice = self._named(values), self.lattice(values)
        peaks = np.zeros(len(self.grid))
        sharpening = np.array([named["delta1"], named["delta2"], named["qbroad"]])
        self._add(peaks, lattice, self.positions(values), self.tensors(values), sharpening)
        if self._in_r:
            peaks /= self.grid
        density = self.cell.n_atoms / abs(float(np.linalg.det(lattice)))
        sharp = (peaks - 4.0 * np.pi * density * self.grid) * np.exp(-0.5 * (self.grid * named["qdamp"]) ** 2)
        return self._terminate(sharp)

    def narrowed(self, values: Floats) -> bool:
        """Whether a peak came out narrower than can be drawn: delta1, delta2 or U are not physical."""
        named = self._named(values)
        sharpening = np.array([named["delta1"], named["delta2"], named["qbroad"]])
        peaks = np.zeros(len(self.grid))
        least = self._add(peaks, self.lattice(values), self.positions(values), self.tensors(values), sharpening)
        return least < LEAST_VARIANCE

    def shortest(self, values: Floats) -> float:
        """Shortest distance [angstrom]."""
        lattice, positions = moved_cell(self.cell, self.parameters, values)
        first, second = self._pairs.pairs.T
        vectors = (positions[second] - positions[first] + self._pairs.shifts) @ lattice
        return float(np.linalg.norm(vectors, axis=1).min())

    def lattice(self, values: Floats) -> Floats:
        """Cell vectors [angstrom], shape ``(3, 3)``."""
        return moved_cell(self.cell, self.parameters, values)[0]

    def positions(self, values: Floats) -> Floats:
        """Fractional coordinates, shape ``(n_sites, 3)``."""
        return moved_cell(self.cell, self.parameters, values)[1]

    def tensors(self, values: Floats) -> Floats:
        """Thermal motion U [angstrom^2], shape ``(n_sites, 3, 3)``."""
        tensors = np.zeros((len(self.cell.positions), 3, 3))
        for one, value in zip(self.parameters, values, strict=True):
            if one.group in THERMAL_GROUPS and one.mode is not None:
                tensors += (value - one.reference) * one.mode
        return tensors

    def _add(self, peaks: Floats, lattice: Floats, positions: Floats, tensors: Floats, sharpening: Floats) -> float:
        return float(
            add_peaks(
                self._pairs.pairs, self._pairs.shifts, self._amplitudes, positions, lattice, tensors, sharpening,
                GRID_STEP_ANGSTROM, self._in_r, peaks,
            )
        )  # fmt: skip

    def _named(self, values: Floats) -> Mapping[str, float]:
        return {one.name: float(value) for one, value in zip(self.parameters, values, strict=True)}


def moved_cell(cell: SmallBoxCell, parameters: Sequence[Parameter], values: Floats) -> tuple[Floats, Floats]:
    """Lattice and fractional coordinates of a cell for values of all parameters."""
    lattice, positions = cell.lattice.copy(), cell.positions.copy()
    for one, value in zip(parameters, values, strict=True):
        if one.mode is None:
            continue
        if one.group == "lattice":
            lattice += (value - one.reference) * one.mode
        elif one.group == "positions":
            positions += (value - one.reference) * one.mode
        elif one.group == "tilt":
            positions += 0.5 * np.tan(np.radians(value)) * one.mode
    return lattice, positions
