r"""Permittivity tensor of a periodic mosaic of voxels, by conjugate gradients with fast Fourier transforms.

The field is E0 plus a gradient; the projection on gradients in Fourier space, with the rotated finite differences of
Willot (C. R. Mecanique 343, 232 (2015)), turns div(eps E) = 0 into a symmetric system. Layers come out exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from entrox.core.checks import check_all_positive, check_in_range, check_integer
from entrox.core.errors import ConvergenceError, InputError
from entrox.core.result import Result, quantity

__all__ = ["MosaicPermittivity", "homogenize", "read_voxels"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MosaicPermittivity(Result):
    """Effective tensor of a mosaic."""

    tensor: Floats = quantity("1", "relative permittivity", axes=("axis", "axis"))
    iterations: int = quantity("1", "iterations of all directions")
    residual: float = quantity("1", "largest relative residual")


def homogenize(permittivity: ArrayLike, *, tolerance: float = 1e-6, max_iterations: int = 2000) -> MosaicPermittivity:
    """Effective permittivity of voxels.

    Parameters
    ----------
    permittivity
        Of each voxel, shape ``(n_x, n_y)`` or ``(n_x, n_y, n_z)``, all > 0; periodic.
    tolerance
        Of the residual over its first value.
    max_iterations
        For each direction.

    Raises
    ------
    ConvergenceError
        If the tolerance is not reached.

    Examples
    --------
    >>> layers = np.ones((4, 3)) * np.array([30.0, 120.0, 30.0, 120.0])[:, None]
    >>> homogenize(layers).tensor.round(6).tolist()
    [[48.0, 0.0], [0.0, 75.0]]
    """
    voxels = check_all_positive(permittivity, "permittivity")
    if voxels.ndim not in (2, 3):
        raise InputError(f"permittivity must be a grid of 2 or 3 axes; got shape {voxels.shape}.")
    check_in_range(tolerance, "tolerance", low=0.0, high=0.1, low_open=True)
    check_integer(max_iterations, "max_iterations", low=1)
    directions = _directions(voxels.shape)
    tensor = np.empty((voxels.ndim, voxels.ndim))
    count, worst = 0, 0.0
    for axis in range(voxels.ndim):
        mean, steps, residual = _solve(voxels, directions, axis, tolerance, max_iterations)
        tensor[axis], count, worst = mean, count + steps, max(worst, residual)
    return MosaicPermittivity(tensor=0.5 * (tensor + tensor.T), iterations=count, residual=worst)


def _directions(shape: tuple[int, ...]) -> list[Floats]:
    """Unit vectors of the discrete gradient in Fourier space, each of the shape of the half transform."""
    halves = [np.pi * fft.fftfreq(n) for n in shape[:-1]] + [np.pi * fft.rfftfreq(shape[-1])]
    grids = np.meshgrid(*halves, indexing="ij", sparse=True)
    vectors = []
    for axis in range(len(shape)):
        value = np.sin(grids[axis])
        for other in range(len(shape)):
            value = value * (np.cos(grids[other]) if other != axis else 1.0)
        vectors.append(np.where(np.abs(value) > 1e-14, value, 0.0))
    size = np.sqrt(sum(item**2 for item in vectors))
    return [np.divide(item, size, out=np.zeros_like(item), where=size > 1e-12) for item in vectors]


def _project(field: list[Floats], directions: list[Floats]) -> list[Floats]:
    shape = field[0].shape
    along = sum(direction * fft.rfftn(part) for direction, part in zip(directions, field, strict=True))
    return [np.asarray(fft.irfftn(direction * along, s=shape)) for direction in directions]


def _dot(first: list[Floats], second: list[Floats]) -> float:
    return float(sum(np.vdot(a, b) for a, b in zip(first, second, strict=True)))


def _solve(
    voxels: Floats, directions: list[Floats], axis: int, tolerance: float, max_iterations: int
) -> tuple[Floats, int, float]:
    """Mean displacement for a unit mean field along ``axis``, steps, and residual."""
    field = [np.full(voxels.shape, float(index == axis)) for index in range(voxels.ndim)]
    rest = [-part for part in _project([voxels * part for part in field], directions)]
    start = size = _dot(rest, rest)
    search, steps = [part.copy() for part in rest], 0
    while size > tolerance**2 * start and size > 1e-24 * voxels.size:
        if steps == max_iterations:
            raise ConvergenceError(
                f"the mosaic did not converge in {max_iterations} iterations; residual {np.sqrt(size / start):.2g}. "
                "Raise the tolerance or the number of iterations."
            )
        image = _project([voxels * part for part in search], directions)
        length = size / _dot(search, image)
        for part, step, remainder, change in zip(field, search, rest, image, strict=True):
            part += length * step
            remainder -= length * change
        before, size = size, _dot(rest, rest)
        for step, remainder in zip(search, rest, strict=True):
            step *= size / before
            step += remainder
        steps += 1
    mean = np.array([float((voxels * part).mean()) for part in field])
    return mean, steps, float(np.sqrt(size / start)) if start > 0.0 else 0.0


def read_voxels(path: str, matrix: float, inclusion: float) -> Floats:
    """Read a mosaic of zeros (matrix) and ones (inclusion) from a NumPy file and give each voxel its permittivity.

    Raises
    ------
    InputError
        If the file cannot be read, or holds something else than 0 and 1.
    """
    try:
        phases = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the voxels {path}: {error}. Write them with numpy.save.") from error
    if not isinstance(phases, np.ndarray) or phases.ndim not in (2, 3) or not np.isin(phases, (0, 1)).all():
        raise InputError(f"{path} must be one array of 2 or 3 axes of 0 (matrix) and 1 (inclusion).")
    return np.where(phases == 1, inclusion, matrix).astype(float)
