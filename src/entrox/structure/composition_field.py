r"""Composition that varies in space: correlated Gaussian fields, and the species drawn from them.

A field is white noise smoothed by a Gaussian kernel of standard deviation xi on a periodic grid, so that its
correlation is :math:`C(d) = \exp(-d^2 / 4 \xi^2)`. The fraction of species i at x is
:math:`p_i(x) \propto p_i \exp(a g_i(x))` with one independent field per species.

Units: nm; fractions dimensionless.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, check_in_range, check_integer, check_positive, check_shape
from entrox.core import check_site_fractions as check_fractions

__all__ = [
    "CompositionField",
    "correlated_labels",
    "draw_labels",
    "gaussian_fields",
    "grid_spacing_nm",
    "leading_excess_information",
    "local_fractions",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COARSEST_SPACING_NM = 0.25
STEPS_PER_LENGTH = 3.0
"""Grid steps per correlation length; the linear interpolation then loses 3 % of the variance between the nodes."""
LARGEST_GRID = 400_000_000
"""Nodes of all fields together: 1.6 GB."""
CHUNK = 1 << 18


@dataclass(frozen=True, eq=False)
class CompositionField:
    """Gaussian fields of zero mean and unit variance on the nodes of a periodic box.

    Parameters
    ----------
    values
        Values at the nodes, shape ``(n_fields, nx, ny, nz)``, float32.
    box_nm
        Edges of the box [nm], shape ``(3,)``; the fields repeat with them.
    correlation_length_nm
        Standard deviation xi of the smoothing kernel [nm].
    """

    values: NDArray[np.float32]
    box_nm: Floats
    correlation_length_nm: float

    @property
    def n_fields(self) -> int:
        """Number of independent fields."""
        return int(self.values.shape[0])

    def at(self, positions_nm: ArrayLike) -> NDArray[np.float32]:
        """Return the fields at positions, trilinear between the nodes.

        Parameters
        ----------
        positions_nm
            Positions [nm], shape ``(n, 3)``; outside the box the fields repeat.

        Returns
        -------
        ndarray
            Shape ``(n, n_fields)``, float32.
        """
        positions = np.asarray(positions_nm)
        out = np.empty((len(positions), self.n_fields), dtype=np.float32)
        # The fields of one node side by side: one access to memory then serves them all.
        nodes = np.ascontiguousarray(np.moveaxis(self.values, 0, -1)).reshape(-1, self.n_fields)
        for part in _chunks(len(positions)):
            out[part] = self._interpolate(nodes, positions[part])
        return out

    def _interpolate(self, values: NDArray[np.float32], positions: NDArray[np.floating]) -> NDArray[np.float32]:
        shape = np.array(self.values.shape[1:])
        place = np.asarray(positions, dtype=np.float64) / self.box_nm * shape
        low = np.floor(place).astype(np.int64)
        share = (place - low).astype(np.float32)
        nodes = [(low % shape, 1.0 - share), ((low + 1) % shape, share)]
        total = np.zeros((len(positions), self.n_fields), dtype=np.float32)
        for ix, wx in ((node[:, 0], weight[:, 0]) for node, weight in nodes):
            for iy, wy in ((node[:, 1], weight[:, 1]) for node, weight in nodes):
                for iz, wz in ((node[:, 2], weight[:, 2]) for node, weight in nodes):
                    total += (wx * wy * wz)[:, None] * values[(ix * shape[1] + iy) * shape[2] + iz]
        return total


def _chunks(n: int) -> Iterator[slice]:
    for start in range(0, n, CHUNK):
        yield slice(start, min(start + CHUNK, n))


def grid_spacing_nm(correlation_length_nm: float) -> float:
    """Return the coarsest grid spacing that resolves a correlation length [nm]."""
    return min(COARSEST_SPACING_NM, correlation_length_nm / STEPS_PER_LENGTH)


def gaussian_fields(
    n_fields: int,
    box_nm: ArrayLike,
    correlation_length_nm: float,
    rng: np.random.Generator,
    *,
    spacing_nm: float | None = None,
) -> CompositionField:
    r"""Draw independent correlated Gaussian fields in a periodic box.

    .. math:: \langle g(x) g(x + d) \rangle = \exp(-d^2 / 4 \xi^2)

    Parameters
    ----------
    n_fields
        Number of fields, one per species.
    box_nm
        Edges [nm], one number or shape ``(3,)``.
    correlation_length_nm
        Standard deviation xi of the smoothing kernel [nm].
    rng
        Source of randomness.
    spacing_nm
        Largest grid spacing [nm]; by default the smaller of 0.25 nm and xi / 3.

    Returns
    -------
    CompositionField
        Each field has mean 0 and variance 1 over the nodes of this box, so that a box of few correlation lengths still
        has the composition and the contrast asked for.

    Raises
    ------
    InputError
        If a length is not positive, the box holds less than two correlation lengths, or the grid would be too large.
    """
    check_integer(n_fields, "n_fields", low=1)
    length = check_positive(correlation_length_nm, "correlation_length_nm", "nm")
    box = check_shape(np.broadcast_to(np.asarray(box_nm, dtype=float), (3,)), (3,), "box_nm")
    spacing = grid_spacing_nm(length) if spacing_nm is None else check_positive(spacing_nm, "spacing_nm", "nm")
    if (box <= 0).any() or box.min() < 2.0 * length:
        raise InputError(
            f"box_nm must be at least two correlation lengths ({2.0 * length:g} nm) along every edge; got {box}."
        )
    shape = _grid_shape(box, spacing)
    if n_fields * math.prod(shape) > LARGEST_GRID:
        raise InputError(
            f"{n_fields} fields on a grid of {shape} nodes need more than {LARGEST_GRID:.0e} values; "
            "take a smaller box_nm or a longer correlation_length_nm."
        )
    values = np.moveaxis(np.empty((*shape, n_fields), dtype=np.float32), -1, 0)
    kernel = _smoothing_kernel(shape, box, length)
    for field in values:
        field[...] = _smooth_noise(shape, kernel, rng)
    return CompositionField(values=values, box_nm=box.copy(), correlation_length_nm=length)


def _grid_shape(box: Floats, spacing: float) -> tuple[int, int, int]:
    # scipy.fft is loaded where it is used, so that importing the room stays light.
    from scipy.fft import next_fast_len

    nx, ny, nz = (max(4, int(next_fast_len(math.ceil(edge / spacing - 1e-9), real=True))) for edge in box)
    return nx, ny, nz


def _smoothing_kernel(shape: tuple[int, int, int], box: Floats, length: float) -> NDArray[np.float32]:
    """Fourier transform of the Gaussian kernel, without its mean."""
    waves = [
        2.0 * np.pi * (np.fft.rfftfreq if axis == 2 else np.fft.fftfreq)(count, edge / count)
        for axis, (count, edge) in enumerate(zip(shape, box, strict=True))
    ]
    factors = [np.exp(-0.5 * (wave * length) ** 2).astype(np.float32) for wave in waves]
    kernel = factors[0][:, None, None] * factors[1][None, :, None] * factors[2][None, None, :]
    kernel[0, 0, 0] = 0.0
    return kernel


def _smooth_noise(
    shape: tuple[int, int, int], kernel: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    from scipy.fft import irfftn, rfftn

    noise = rng.standard_normal(shape, dtype=np.float32)
    spectrum = rfftn(noise, overwrite_x=True)
    spectrum *= kernel
    field = irfftn(spectrum, s=shape, overwrite_x=True)
    return np.asarray(field / np.sqrt(np.mean(np.square(field, dtype=np.float64))), dtype=np.float32)


def local_fractions(fractions: ArrayLike, amplitude: float, values: ArrayLike) -> NDArray[np.floating]:
    r"""Fractions at places where the fields are known.

    .. math:: p_i(x) = p_i e^{a g_i(x)} / \sum_j p_j e^{a g_j(x)}

    Parameters
    ----------
    fractions
        Fractions :math:`p_i` without fields, shape ``(n_species,)``.
    amplitude
        a >= 0.
    values
        Fields :math:`g_i(x)`, shape ``(n, n_species)``.

    Returns
    -------
    ndarray
        Fractions, shape ``(n, n_species)``, in the precision of ``values``.

    Raises
    ------
    InputError
        If the shapes disagree, or the fractions do not sum to one.

    Examples
    --------
    >>> local_fractions([0.5, 0.5], 1.0, [[0.0, 0.0], [1.0, 0.0]]).round(3).tolist()
    [[0.5, 0.5], [0.731, 0.269]]
    """
    (known,) = check_fractions([fractions], "fractions")
    check_in_range(amplitude, "amplitude", low=0.0)
    fields = np.asarray(values)
    if fields.ndim != 2 or fields.shape[1] != len(known):
        raise InputError(f"values must have shape (n, {len(known)}), one field per species; got {fields.shape}.")
    weights = np.exp(amplitude * fields) * known.astype(fields.dtype if fields.dtype.kind == "f" else np.float64)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def draw_labels(fractions: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.int16]:
    """Draw one species per point.

    Parameters
    ----------
    fractions
        Fractions at each point, shape ``(n, n_species)``, rows summing to one.
    rng
        Source of randomness; one number is drawn per point.

    Returns
    -------
    ndarray
        Index of the species, shape ``(n,)``, int16.
    """
    check_finite(fractions, "fractions")
    threshold = rng.random(len(fractions))
    labels = np.zeros(len(fractions), dtype=np.int16)
    below = np.zeros(len(fractions))
    for species in range(fractions.shape[1] - 1):
        below += fractions[:, species]
        labels += threshold >= below
    return labels


def correlated_labels(
    positions_nm: ArrayLike,
    fractions: Sequence[float] | Floats,
    amplitude: float,
    fields: CompositionField,
    rng: np.random.Generator,
) -> NDArray[np.int16]:
    """Draw the species of points from correlated fields; given the fields, the points are independent.

    Parameters
    ----------
    positions_nm
        Positions [nm], shape ``(n, 3)``.
    fractions
        Fractions without fields, shape ``(n_species,)``; the mean over a box differs from them by terms of the second
        order in the amplitude.
    amplitude
        a >= 0; 0 is the random alloy.
    fields
        One field per species, from :func:`gaussian_fields`.
    rng
        Source of randomness.

    Returns
    -------
    ndarray
        Index of the species, shape ``(n,)``, int16.

    Raises
    ------
    InputError
        If the number of fields is not that of the species, or the fractions do not sum to one.
    """
    positions = np.asarray(positions_nm)
    if len(fractions) != fields.n_fields:
        raise InputError(f"{len(fractions)} species need as many fields; got {fields.n_fields}.")
    labels = np.empty(len(positions), dtype=np.int16)
    for part in _chunks(len(positions)):
        labels[part] = draw_labels(local_fractions(fractions, amplitude, fields.at(positions[part])), rng)
    return labels


def leading_excess_information(
    fractions: ArrayLike, amplitude: float, correlation_length_nm: float, sizes_nm: ArrayLike
) -> Floats:
    r"""Excess information of cubes to the second order in the amplitude; an upper bound by 5-15 % at a = 0.5.

    .. math:: \Delta I(L) \approx \frac{a^2}{2} \Bigl(1 - \sum_i p_i^2\Bigr) F^3, \quad
              F = 2 \int_0^1 (1 - u) e^{-u^2 L^2 / 4 \xi^2} \, du

    Parameters
    ----------
    fractions
        Fractions without fields, shape ``(n_species,)``.
    amplitude
        a >= 0.
    correlation_length_nm
        xi [nm].
    sizes_nm
        Edges L of the cubes [nm].

    Returns
    -------
    ndarray
        Excess information [R per mole], shape of ``sizes_nm``.
    """
    from scipy.special import erf

    (known,) = check_fractions([fractions], "fractions")
    b = np.asarray(sizes_nm, dtype=float) / (2.0 * check_positive(correlation_length_nm, "correlation_length_nm", "nm"))
    mean = np.sqrt(np.pi) * erf(b) / b + np.expm1(-(b**2)) / b**2
    return np.asarray(0.5 * amplitude**2 * (1.0 - np.sum(known**2)) * mean**3)
