"""The plain continuum solver: slow, and the oracle of the fast one.

Everything is done on a grid of the whole sample: charge assembled ion by ion, one Poisson solve per accepted time step,
electron densities integrated in time, energies summed over the grid squares that lie nearest to each bond. It shares
the physics of the fast solver (patterns, growth law, rule of the front) and the sine transform, not its method: no unit
responses, no quadratic forms, no closed growth law.
Units: V/m and angstrom, eV, e; time in s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from entrox.breakdown.field import ChargePattern, solve_poisson
from entrox.breakdown.ionization import IONIZATION_ATTEMPT_RATE, ionization_coefficient
from entrox.breakdown.lattice import Sample
from entrox.breakdown.settings import AvalancheSettings, SampleProperties
from entrox.core import InputError, Result, check_positive, quantity
from entrox.core.units import VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM as EPSILON_0

__all__ = ["ContinuumGrid", "ReferenceResult", "build_grid", "continuum_bond_energies", "run_reference"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class ContinuumGrid:
    """Grid of a sample with a rim of bulk crystal around it.

    ``shares`` gives the part of each square between nodes that belongs to each bond, shape ``(n_bonds, n_squares)``.
    """

    step: float
    shape: tuple[int, int]
    ions: Floats
    basis_site: Ints
    site: Ints
    shares: csr_array


@dataclass(frozen=True, kw_only=True)
class ReferenceResult(Result):
    """One ramp of the plain solver."""

    onset_field: float | None = quantity("V/m", "field at the first broken bond; None if none broke")
    breakdown_field: float | None = quantity("V/m", "field at which the channel spans; None if it never did")
    channel: Ints = quantity("1", "broken bonds in their order", axes=("event",))
    poisson_solves: int = quantity("1", "number of field solutions")


def build_grid(sample: Sample, grid_step: float = 0.1, rim: int = 3) -> ContinuumGrid:
    """Return the grid of a sample, with ``rim`` cells of bulk crystal and as many empty ones on every side.

    The empty margin keeps every charge pattern whole: one cut by the grid's border would no longer be neutral, and
    its field would fill the sample.

    Raises
    ------
    InputError
        If the plane's cell is not rectangular.
    """
    plane = sample.lattice
    check_positive(grid_step, "grid_step", "angstrom")
    if abs(plane.cell[0, 1]) > 1e-9 or abs(plane.cell[1, 0]) > 1e-9:
        raise InputError(f"the reference solver needs a rectangular plane cell; got {plane.cell.tolist()}.")
    across, along = sample.cells
    lengths = np.diag(plane.cell)
    # An even number of nodes per cell puts the ions on nodes and cell halves between them.
    step = lengths[0] / (2 * round(lengths[0] / (2 * grid_step)))
    cells = np.stack(
        np.meshgrid(np.arange(-rim, across + rim), np.arange(-rim, along + rim), indexing="ij"), axis=-1
    ).reshape(-1, 2)
    origin = -2 * rim * lengths
    positions = (cells @ plane.cell)[:, None, :] + plane.positions[None] - origin
    n_basis = len(plane.species)
    basis = np.tile(np.arange(n_basis), len(cells))
    # Across the field the rim repeats the sample; beyond the electrodes it is bulk.
    site = sample.site_index(basis, np.repeat(cells, n_basis, axis=0))
    size = lengths * (np.array([across, along]) + 4 * rim)
    shape = (round(size[0] / step) - 1, round(size[1] / step) - 1)
    return ContinuumGrid(
        step=float(step),
        shape=shape,
        ions=positions.reshape(-1, 2),
        basis_site=basis,
        site=site,
        shares=_shares(sample, origin, float(step), shape),
    )


def _shares(sample: Sample, origin: Floats, step: float, shape: tuple[int, int]) -> csr_array:
    """Share of each square between nodes that belongs to each bond, shape ``(n_bonds, n_squares)``.

    A square belongs to the bond nearest to its middle, in equal parts if there are several; squares nearest to a cut
    bond or to one of the rim belong to none.
    """
    plane = sample.lattice
    counts = (shape[0] + 1, shape[1] + 1)
    x, y = (step * (np.arange(count) + 0.5) for count in counts)
    known = {
        (int(basis), int(cell[0]), int(cell[1])): bond
        for bond, (basis, cell) in enumerate(zip(sample.basis_bond, sample.bond_cell, strict=True))
    }
    reach = float(np.linalg.norm(plane.cell, axis=1).max())
    numbers = np.arange(counts[0] * counts[1]).reshape(counts)
    best = np.full(counts, np.inf)
    near: list[tuple[int, Ints, Floats]] = []
    for basis, vector in enumerate(plane.bond_vectors):
        for cell in np.ndindex(sample.cells[0] + 2, sample.cells[1] + 2):
            shift = np.array(cell) - 1
            start = plane.positions[plane.bonds[basis, 0]] + shift @ plane.cell - origin
            i, j = (
                slice(*np.searchsorted(axis, [middle - reach, middle + reach]))
                for axis, middle in zip((x, y), start + vector / 2, strict=True)
            )
            relative = np.stack(np.meshgrid(x[i], y[j], indexing="ij"), axis=-1) - start
            along = np.clip(relative @ vector / (vector @ vector), 0.0, 1.0)
            distance = np.linalg.norm(relative - along[..., None] * vector, axis=-1)
            best[i, j] = np.minimum(best[i, j], distance)
            near.append((known.get((basis, int(shift[0]), int(shift[1])), -1), numbers[i, j].ravel(), distance.ravel()))
    rows, columns = [], []
    for bond, squares, distances in near:
        mine = squares[distances <= best.ravel()[squares] + 1e-9]
        rows.append(np.full(len(mine), bond))
        columns.append(mine)
    row, column = np.concatenate(rows), np.concatenate(columns)
    share = 1.0 / np.bincount(column, minlength=numbers.size)[column]
    kept = row >= 0
    size = (len(sample.bonds), numbers.size)
    return coo_array((share[kept], (row[kept], column[kept])), shape=size).tocsr()


def continuum_bond_energies(
    sample: Sample, grid: ContinuumGrid, densities: Floats, bulk_densities: Floats,
    patterns: Mapping[str, ChargePattern], permittivity: float,
) -> Floats:  # fmt: skip
    """Electric energy of every bond from one Poisson solve on the whole grid.

    Parameters
    ----------
    sample, grid
        The sample and its grid.
    densities
        Peak electron density of each ion, shape ``(n_sites,)`` [e/angstrom^2].
    bulk_densities
        The same of the ions of the rim, by site of the plane, shape ``(n_basis,)``.
    patterns
        Charge patterns ``"cation"`` and ``"anion"``.
    permittivity
        Uniform relative permittivity.

    Returns
    -------
    array
        Shape ``(n_bonds,)`` [eV].
    """
    plane = sample.lattice
    values = np.where(grid.site >= 0, densities[grid.site], bulk_densities[grid.basis_site])
    charge = np.zeros(grid.shape)
    for ion, value, basis in zip(grid.ions, values, grid.basis_site, strict=True):
        pattern = patterns[plane.kinds[basis]]
        _add_gaussian(charge, grid.step, ion, pattern.cloud_width, -value)
        _add_gaussian(
            charge, grid.step, ion, pattern.hole_width, value * (pattern.cloud_width / pattern.hole_width) ** 2
        )
    potential = np.pad(solve_poisson(charge / plane.spacing, grid.step, permittivity), 1)
    # The field lives on the edges of the squares; a square takes the mean square of its two edges each way.
    square_x = (np.diff(potential, axis=0) / grid.step) ** 2
    square_y = (np.diff(potential, axis=1) / grid.step) ** 2
    density = 0.5 * (square_x[:, :-1] + square_x[:, 1:] + square_y[:-1, :] + square_y[1:, :])
    factor = 0.5 * EPSILON_0 * permittivity * plane.spacing * grid.step**2
    return np.asarray(factor * (grid.shares @ density.ravel()))


def _add_gaussian(charge: Floats, step: float, center: Floats, width: float, height: float) -> None:
    """Add a Gaussian of peak ``height`` to the interior nodes, cut where it is below 1e-8 of its peak."""
    reach = 6.1 * width
    low = np.maximum(np.ceil((center - reach) / step).astype(int) - 1, 0)
    high = np.minimum(np.floor((center + reach) / step).astype(int), charge.shape)
    if (high <= low).any():
        return
    x = step * (np.arange(low[0], high[0]) + 1) - center[0]
    y = step * (np.arange(low[1], high[1]) + 1) - center[1]
    charge[low[0] : high[0], low[1] : high[1]] += height * np.outer(
        np.exp(-(x**2) / (2 * width**2)), np.exp(-(y**2) / (2 * width**2))
    )


def run_reference(
    sample: Sample,
    properties: SampleProperties,
    patterns: Mapping[str, ChargePattern],
    settings: AvalancheSettings,
    rng: np.random.Generator,
    *,
    permittivity: float,
    grid_step: float = 0.1,
    growth_per_step: float = 0.05,
) -> ReferenceResult:
    """Ramp the field in time until a channel spans, with one Poisson solve per step.

    Parameters
    ----------
    sample, properties, patterns, settings, rng
        As for ``run_avalanche``; with the same generator both draw the same nucleus and path, as far as their energies
        agree. The damage law must be the default one (A = B = 0).
    permittivity
        Uniform relative permittivity.
    grid_step
        Node distance [angstrom].
    growth_per_step
        Largest growth exponent per accepted time step: sets the adaptive step.

    Raises
    ------
    InputError
        If the damage law is not the default one.
    """
    if settings.damage_quadratic or settings.damage_linear:
        raise InputError("the reference solver knows the default damage law only: A = B = 0.")
    ramp = _Ramp(sample, properties, patterns, settings, build_grid(sample, grid_step), permittivity)
    if not ramp.to_onset(growth_per_step):
        none = np.zeros(0, dtype=np.int64)
        return ReferenceResult(onset_field=None, breakdown_field=None, channel=none, poisson_solves=ramp.solves)
    onset = ramp.field
    ratios = ramp.ratios()
    # The grid breaks the symmetry of equal bonds by its rounding: they count as equal within a thousandth.
    broken = [int(rng.choice(np.flatnonzero(ratios >= ratios.max() * (1.0 - 1e-3))))]
    ramp.release(broken[-1])
    while not ramp.spans() and ramp.field + settings.field_step <= settings.maximum_field:
        ramp.advance(1.0 / settings.attempt_rate)
        candidates = ramp.candidates(broken)
        if len(candidates) == 0:
            continue
        weights = ramp.last[candidates] ** settings.exponent
        draw = rng.random() * weights.sum()
        broken.append(int(candidates[min(np.searchsorted(np.cumsum(weights), draw, "right"), len(candidates) - 1)]))
        ramp.release(broken[-1])
    return ReferenceResult(
        onset_field=onset,
        breakdown_field=ramp.field if ramp.spans() else None,
        channel=np.array(broken),
        poisson_solves=ramp.solves,
    )


class _Ramp:
    """Field, densities and cluster of one ramp of the plain solver."""

    def __init__(
        self, sample: Sample, properties: SampleProperties, patterns: Mapping[str, ChargePattern],
        settings: AvalancheSettings, grid: ContinuumGrid, permittivity: float,
    ) -> None:  # fmt: skip
        self.sample, self.properties, self.patterns = sample, properties, patterns
        self.settings, self.grid, self.permittivity = settings, grid, permittivity
        kinds = sample.lattice.kinds
        initial = np.array([patterns[kind].density for kind in kinds])
        n_basis = len(kinds)
        bulk = [np.flatnonzero(sample.basis_site == basis)[0] for basis in range(n_basis)]
        self.path = np.concatenate([properties.mean_free_path, properties.mean_free_path[bulk]])
        self.ionization = np.concatenate([properties.ionization_energy, properties.ionization_energy[bulk]])
        self.density = np.concatenate([initial[sample.basis_site], initial])
        self.cloud = np.array([patterns[kind].cloud_width for kind in kinds])
        self.field, self.solves = 0.0, 0
        self.conducting = np.zeros(len(sample.positions), dtype=bool)
        self.last = np.zeros(len(sample.bonds))

    def ratios(self) -> Floats:
        """Electric over bond energy of every bond, by one Poisson solve."""
        n_sites = len(self.sample.positions)
        energies = continuum_bond_energies(
            self.sample, self.grid, self.density[:n_sites], self.density[n_sites:], self.patterns, self.permittivity
        )
        self.solves += 1
        self.last = energies / self.properties.bond_energy
        return self.last

    def advance(self, duration: float) -> None:
        """Integrate dN/dt = nu0 alpha N over ``duration`` by the classical fourth-order Runge-Kutta rule."""
        substeps = 4
        step = duration / substeps
        for _ in range(substeps):
            rate = [
                IONIZATION_ATTEMPT_RATE * ionization_coefficient(field, self.path, self.ionization)
                for field in (
                    self.field,
                    self.field + 0.5 * self.settings.ramp_rate * step,
                    self.field + self.settings.ramp_rate * step,
                )
            ]
            k1 = rate[0] * self.density
            k2 = rate[1] * (self.density + 0.5 * step * k1)
            k3 = rate[1] * (self.density + 0.5 * step * k2)
            k4 = rate[2] * (self.density + step * k3)
            self.density = self.density + step / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
            self.field += self.settings.ramp_rate * step

    def to_onset(self, growth_per_step: float) -> bool:
        """Step until a bond crosses its threshold, then halve the last step until it is met to 1e-5; False if none."""
        rate = self.settings.ramp_rate
        step = np.sqrt(2 * growth_per_step / (IONIZATION_ATTEMPT_RATE * self._fastest() * rate))
        while self.field <= self.settings.maximum_field:
            before = (self.field, self.density)
            self.advance(step)
            if self.ratios().max() < 1.0:
                fastest = IONIZATION_ATTEMPT_RATE * self._fastest() * self.field
                step = growth_per_step / fastest
                continue
            if step * rate <= 1e-5 * self.field:
                return True
            self.field, self.density = before
            step *= 0.5
        return False

    def _fastest(self) -> float:
        return float(ionization_coefficient(1.0, self.path, self.ionization).max())

    def release(self, bond: int) -> None:
        """Make a bond conducting and hand its electrons to the neighbors outside the cluster."""
        ends = self.sample.bonds[bond]
        self.conducting[ends] = True
        targets = [other for site in ends for other in self._neighbors(int(site)) if not self.conducting[other]]
        for site in targets:
            area = 2 * np.pi * self.cloud[self.sample.basis_site[site]] ** 2
            self.density[site] += self.settings.released_electrons / (area * len(targets))

    def _neighbors(self, site: int) -> Ints:
        start, end = self.sample.bonds.T
        return np.concatenate([end[start == site], start[end == site]])

    def candidates(self, broken: list[int]) -> Ints:
        """Bonds to which the front can move now."""
        ratios = self.ratios()
        start, end = self.sample.bonds.T
        for front in reversed(broken):
            found: list[int] = []
            for site in self.sample.bonds[front]:
                touching = np.flatnonzero((start == site) | (end == site))
                others = start[touching] + end[touching] - site
                found.extend(touching[~self.conducting[others] & (ratios[touching] > 1.0)])
            if found:
                return np.array(found)
        return np.zeros(0, dtype=np.int64)

    def spans(self) -> bool:
        """Whether the cluster touches both electrodes."""
        return bool(
            (self.conducting & self.sample.touches_bottom).any() and (self.conducting & self.sample.touches_top).any()
        )
