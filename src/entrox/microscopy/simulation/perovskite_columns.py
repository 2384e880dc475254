"""Columns of a perovskite seen along [001] or [110], with known displacements of B."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, check_in_range, check_integer, check_positive, check_shape
from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.fields import domain_field, random_field, uniform_field
from entrox.microscopy.simulation.simulation_settings import CrystalSettings, SimulationSettings

__all__ = ["benchmark_settings", "benchmark_truth", "build_columns", "perovskite_columns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Displacement = ArrayLike | Callable[[Ints], ArrayLike]

ZONE_AXES = ("001", "110")


def perovskite_columns(
    cells: Sequence[int] = (50, 50),
    a_angstrom: float = 4.0,
    *,
    zone_axis: str = "001",
    displacement: Displacement | None = None,
    a_sigma: float = 0.47,
    b_sigma: float = 0.42,
    a_peak: float = 2000.0,
    b_peak_ratio: float = 0.42,
    o_peak_ratio: float | None = None,
    o_sigma: float = 0.40,
    rotation_deg: float = 0.0,
    affine: ArrayLike | None = None,
    margin_angstrom: float | None = None,
    picture_angstrom: Sequence[float] | None = None,
) -> ColumnTruth:
    """Return the columns of a block of cells; every B has its whole cage.

    In [001] view a1 and a2 are cell edges, and (p - 1)(q - 1) columns of B stand between p q of A. In [110] view a1 is
    half a face diagonal, a2 is c, and p (q - 1) columns of B stand between those of A along c.

    Parameters
    ----------
    cells
        Columns of A along a1 and a2 (p, q).
    a_angstrom
        Edge of the cell.
    zone_axis
        ``"001"`` or ``"110"``.
    displacement
        Of B off its cage, along a1 and a2 [angstrom]: shape ``(p - 1, q - 1, 2)`` (in [110] view ``(p, q - 1, 2)``),
        one vector, or a function of the cells ``(n, 2)``; zero by default.
    a_sigma, b_sigma, o_sigma
        Widths [angstrom].
    a_peak
        Height of A [electrons per square angstrom].
    b_peak_ratio, o_peak_ratio
        Heights in units of it; no oxygen by default. Oxygen stands in the middle of neighboring A in [001] view, of
        neighboring B across c in [110] view.
    rotation_deg
        Turns the crystal with its displacements, counter-clockwise as displayed.
    affine
        Strain of the turned crystal, a 2 x 2 matrix in axes right and up; the displacements stay as they are.
    margin_angstrom
        From the outermost A to the edge of the picture; half a cell by default.
    picture_angstrom
        Width and height of the picture around the middle of the block; columns less than the margin from its edge are
        left out (those of B also where their cage is cut). By default the whole block is seen.

    Returns
    -------
    ColumnTruth
        A first, then B, then O.

    Raises
    ------
    InputError
        If an argument is out of range, or the displacement has another shape.

    Examples
    --------
    >>> truth = perovskite_columns((3, 3), displacement=[0.1, 0.0])
    >>> np.bincount(truth.site).tolist(), truth.extent_angstrom.tolist()
    ([9, 4], [12.0, 12.0])
    """
    p, q = (check_integer(n, f"cells[{k}]", low=2) for k, n in enumerate(cells))
    a = check_positive(a_angstrom, "a_angstrom", "angstrom")
    if zone_axis not in ZONE_AXES:
        raise InputError(f"zone_axis must be one of {', '.join(ZONE_AXES)}; got {zone_axis!r}.")
    along_axis = zone_axis == "001"
    steps = np.array([a if along_axis else a / np.sqrt(2.0), a])
    half = np.array([0.5 if along_axis else 0.0, 0.5])
    angle = np.radians(check_in_range(rotation_deg, "rotation_deg"))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    strain = np.eye(2) if affine is None else check_shape(affine, (2, 2), "affine")

    a_cells, b_cells = _cells(p, q), _cells(p - 1 if along_axis else p, q - 1)
    d = _displacements(displacement, b_cells, along_axis, (p, q)) @ turn
    lattice = (steps[:, None] * turn) @ strain.T
    places = [a_cells @ lattice, (b_cells + half) @ lattice + d]
    numbers, moved = [a_cells, b_cells], [_a_displacements(d, b_cells, (p, q), along_axis), d]
    peaks, widths = [a_peak, a_peak * check_positive(b_peak_ratio, "b_peak_ratio")], [a_sigma, b_sigma]
    if o_peak_ratio is not None:
        o_cells, o_places = _oxygen(p, q, along_axis)
        places.append(o_places @ lattice)
        numbers.append(o_cells)
        moved.append(np.zeros((len(o_cells), 2)))
        peaks.append(a_peak * check_positive(o_peak_ratio, "o_peak_ratio"))
        widths.append(o_sigma)
    margin = 0.5 * a if margin_angstrom is None else check_in_range(margin_angstrom, "margin_angstrom", low=0.0)
    kept, shift, extent = _picture(places, margin, picture_angstrom, along_axis, (p, q))
    counts = [len(n) for n in numbers]
    return ColumnTruth(
        position_angstrom=(np.concatenate(places) + shift)[kept],
        displacement_angstrom=np.concatenate(moved)[kept],
        site=np.repeat(np.arange(len(counts)), counts)[kept],
        cell=np.concatenate(numbers)[kept],
        peak=np.repeat([check_positive(v, "a_peak") for v in peaks], counts)[kept],
        sigma_angstrom=np.repeat([check_positive(v, "sigma", "angstrom") for v in widths], counts)[kept],
        extent_angstrom=extent,
    )


def _cells(p: int, q: int) -> Ints:
    return np.stack(np.meshgrid(np.arange(p), np.arange(q), indexing="ij"), axis=-1).reshape(-1, 2)


def _displacements(displacement: Displacement | None, cells: Ints, along_axis: bool, shape: tuple[int, int]) -> Floats:
    """Displacements of all B along the axes of the crystal."""
    if displacement is None:
        return np.zeros((len(cells), 2))
    values = check_finite(displacement(cells) if callable(displacement) else displacement, "displacement")
    grid = (shape[0] - 1 if along_axis else shape[0], shape[1] - 1, 2)
    if values.shape not in ((2,), grid, (len(cells), 2)):
        raise InputError(f"displacement must have shape (2,) or {grid}; got {values.shape}.")
    return np.broadcast_to(values.reshape(-1, 2), (len(cells), 2)).copy()


def _a_displacements(d: Floats, b_cells: Ints, shape: tuple[int, int], along_axis: bool) -> Floats:
    """Displacements of A off the cages of B, NaN where a cage is not whole."""
    grid = np.full((shape[0] + 1, shape[1] + 1, 2), np.nan)
    # one cell of border on the low side
    grid[b_cells[:, 0] + (1 if along_axis else 0), b_cells[:, 1] + 1] = d
    columns = (slice(0, -1), slice(1, None)) if along_axis else (slice(0, -1),)
    rows = (slice(0, -1), slice(1, None))
    cages = np.stack([grid[i, j] for i in columns for j in rows])
    return np.asarray(-cages.mean(axis=0).reshape(-1, 2))


def _oxygen(p: int, q: int, along_axis: bool) -> tuple[Ints, Floats]:
    """Cells of the columns of oxygen and their places in units of the steps."""
    if along_axis:
        right, up = _cells(p - 1, q), _cells(p, q - 1)
        places = np.concatenate([right + np.array([0.5, 0.0]), up + np.array([0.0, 0.5])])
        return np.concatenate([right, up]), places.astype(float)
    cells = _cells(p - 1, q - 1)
    return cells, (cells + 0.5).astype(float)


def _picture(
    places: list[Floats], margin: float, size: Sequence[float] | None, along_axis: bool, shape: tuple[int, int]
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which columns are seen, the shift of all to the picture, and its extent."""
    a_places, everything = places[0], np.concatenate(places)
    low, high = a_places.min(axis=0), a_places.max(axis=0)
    if size is None:
        return np.ones(len(everything), dtype=bool), margin - low, high - low + 2.0 * margin
    extent = np.array([check_positive(v, f"picture_angstrom[{k}]", "angstrom") for k, v in enumerate(size)])
    shift = 0.5 * (extent - low - high)
    inside = ((everything + shift >= margin) & (everything + shift <= extent - margin)).all(axis=1)
    n_a, n_b = len(a_places), len(places[1])
    # B is left out with its cage: what remains has known displacements
    seen = inside[:n_a].reshape(shape)
    right = (slice(0, -1), slice(1, None)) if along_axis else (slice(None),)
    whole = np.stack([seen[i, j] for i in right for j in (slice(0, -1), slice(1, None))]).all(axis=0)
    inside[n_a : n_a + n_b] &= whole.ravel()
    return inside, shift, extent


def build_columns(settings: CrystalSettings, rng: np.random.Generator) -> ColumnTruth:
    """Return the columns of a recipe.

    Parameters
    ----------
    settings
        Table ``[crystal]`` of a recipe.
    rng
        Draws the field of displacements.
    """
    s = settings
    shape = (s.cells[0] - (1 if s.zone_axis == "001" else 0), s.cells[1] - 1)
    length = s.magnitude_pm / PICOMETER_PER_ANGSTROM
    if s.field == "domains":
        field = domain_field(shape, length, s.domain_cells, rng)
    elif s.field == "random":
        field = random_field(shape, length, rng)
    else:
        field = uniform_field(shape, 0.0 if s.field == "none" else length, s.direction_deg)
    return perovskite_columns(
        s.cells, s.a_angstrom, zone_axis=s.zone_axis, displacement=field, a_sigma=s.a_sigma_angstrom,
        b_sigma=s.b_sigma_angstrom, a_peak=s.a_peak_per_square_angstrom, b_peak_ratio=s.b_peak_ratio,
        o_peak_ratio=s.o_peak_ratio, rotation_deg=s.rotation_deg, affine=s.affine, margin_angstrom=s.margin_angstrom,
    )  # fmt: skip


def benchmark_truth(rng: np.random.Generator, cells: Sequence[int] = (50, 50)) -> ColumnTruth:
    """Return the columns of the benchmark image: B displaced by 15 pm in random directions, 4,901 columns."""
    p, q = cells
    return build_columns(CrystalSettings(cells=(p, q)), rng)


def benchmark_settings() -> SimulationSettings:
    """Return the microscope of the benchmark image: 10 pm per px, background 0.1 of A, Poisson noise only."""
    return SimulationSettings()
