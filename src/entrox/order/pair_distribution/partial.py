r"""Partial pair distribution functions of periodic boxes.

.. math:: g_{ab}(r_k) = \frac{n_{ab}(k) \, V}{N_a N_b \, v_k}, \qquad v_k = \tfrac43 \pi (r_{k+1}^3 - r_k^3)

with n the ordered pairs a-b in the shell; one for random points. Pairs are counted with as many images of the box as
the longest distance needs, those of an atom with its own images included. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_finite, check_positive, quantity
from entrox.core.blocking import block_errors
from entrox.order.displacement.block_sums import BlockSums
from entrox.order.pair_distribution._kernels import count_pairs
from entrox.order.pair_search.search_box import cell_widths, search_box

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PartialRdf", "RdfSeries", "partial_rdf"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELLS_PER_RADIUS = 3
"""Cells of the search across the largest distance."""


@dataclass(frozen=True, kw_only=True)
class PartialRdf(Result):
    """Partial g(r) and running coordination numbers, means over the frames.

    Errors are None for a single frame. ``beyond_half_box``: the largest distance exceeds half the width of the box, and
    the same pair is counted at several images.
    """

    pairs: tuple[tuple[str, str], ...]
    edges_angstrom: Floats = quantity("angstrom", "edges of the bins", axes=("edge",))
    r_angstrom: Floats = quantity("angstrom", "middle of the bin", axes=("bin",))
    g: Floats = quantity("1", "partial pair distribution", axes=("pair", "bin"))
    g_errors: Floats | None = quantity("1", "standard errors over time", axes=("pair", "bin"))
    coordination: Floats = quantity(
        "1", "atoms of the second kind around one of the first, up to the upper edge", axes=("pair", "bin")
    )
    coordination_errors: Floats | None = quantity("1", "standard errors over time", axes=("pair", "bin"))
    density_per_angstrom3: float = quantity("1/angstrom3", "mean number density of all atoms")
    beyond_half_box: bool
    n_frames: int = quantity("1", "frames used")
    failed_frames: int = quantity("1", "frames left out")
    warnings: tuple[str, ...] = ()


class RdfSeries:
    """Pairs counted frame by frame: several measures can share one pass over a trajectory.

    The arguments are those of :func:`partial_rdf`; pairs not given are those of the first frame.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[str, str]] | None = None,
        r_max_angstrom: float = 10.0,
        bin_angstrom: float = 0.02,
        *,
        bin_edges: ArrayLike | None = None,
    ) -> None:
        self.edges = _edges(r_max_angstrom, bin_angstrom, bin_edges)
        self._grid = _grid(self.edges)
        self._volumes = 4.0 / 3.0 * np.pi * np.diff(self.edges**3)
        self._pairs = None if pairs is None else _checked_pairs(pairs)
        self._sums: BlockSums | None = None
        self._density = 0.0
        self._failed = 0
        self._beyond = False

    def add(self, atoms: Atoms) -> None:
        """Take in one frame; one with NaN or without volume is counted as failed.

        Raises
        ------
        InputError
            If the frame is not periodic, or an element of a pair is not there.
        """
        box, positions = np.asarray(atoms.cell, dtype=float), atoms.positions
        if not all(atoms.pbc):
            raise InputError(
                f"g(r) needs a density: the box must be periodic in three directions; got pbc {atoms.pbc.tolist()}. "
                "If it is, set atoms.pbc = True and give its cell."
            )
        if not (np.isfinite(positions).all() and np.isfinite(box).all()) or abs(np.linalg.det(box)) < 1e-6:
            self._failed += 1
            return
        symbols = np.array(atoms.get_chemical_symbols())
        if self._pairs is None:
            present = sorted(set(symbols.tolist()))
            self._pairs = tuple((a, b) for i, a in enumerate(present) for b in present[i:])
        values = self._frame(symbols, positions, box, self._pairs)
        if self._sums is None:
            self._sums = BlockSums(values.shape)
        self._sums.add(values[None])
        self._density += len(symbols) / abs(np.linalg.det(box))

    def _frame(self, symbols: NDArray[np.str_], positions: Floats, box: Floats, pairs: _Pairs) -> Floats:
        """Partial g and coordination of one frame, shape ``(2, pair, bin)``."""
        wanted = sorted({name for pair in pairs for name in pair})
        missing = [name for name in wanted if name not in symbols]
        if missing:
            raise InputError(f"pairs name {missing}; the frame holds {sorted(set(symbols.tolist()))}.")
        kept = np.isin(symbols, wanted)
        kinds = np.searchsorted(wanted, symbols[kept]).astype(np.int64)
        volume = abs(float(np.linalg.det(box)))
        self._beyond |= bool(self.edges[-1] > 0.5 * cell_widths(box).min() * (1.0 + 1e-9))
        counts = self._counts(positions[kept], kinds, len(wanted), box)
        amounts = np.bincount(kinds, minlength=len(wanted))
        first, second = np.array([[wanted.index(name) for name in pair] for pair in pairs]).T
        found = counts[first, second].astype(float)
        partial = found * volume / (amounts[first] * amounts[second])[:, None] / self._volumes
        return np.stack([partial, np.cumsum(found, axis=1) / amounts[first][:, None]])

    def _counts(self, positions: Floats, kinds: Ints, n_kinds: int, box: Floats) -> Ints:
        """Ordered pairs of one frame by kinds and bins, shape ``(n_kinds, n_kinds, bins)``."""
        longest = float(self.edges[-1])
        search = search_box(positions, box, (True, True, True), longest, CELLS_PER_RADIUS)
        grid = self._grid
        half = np.zeros((n_kinds, n_kinds * grid.n_bins), dtype=np.int64)
        count_pairs(
            search.scaled, kinds, search.box, search.shape, search.half_steps(longest), longest, grid.step,
            grid.edges, grid.table, half,
        )  # fmt: skip
        half = half.reshape(n_kinds, n_kinds, grid.n_bins)[:, :, grid.n_bins - len(self.edges) + 1 :]
        return np.asarray(half + half.transpose(1, 0, 2))

    def result(self) -> PartialRdf:
        """Return the means over the frames.

        Raises
        ------
        InputError
            If no frame could be used.
        """
        if self._sums is None or self._pairs is None:
            raise InputError(f"no frame could be used; {self._failed} failed (NaN positions or no cell).")
        g, coordination = self._sums.mean()
        errors = block_errors(self._sums.block_means())
        remarks = []
        if self._beyond:
            remarks.append(
                "beyond_half_box: distances above half the box repeat pairs that are counted at shorter ones already"
            )
        if self._failed:
            remarks.append(f"failed_frames: {self._failed} left out (NaN positions or no cell)")
        return PartialRdf(
            pairs=self._pairs,
            edges_angstrom=self.edges,
            r_angstrom=0.5 * (self.edges[:-1] + self.edges[1:]),
            g=g,
            g_errors=None if errors is None else errors[0][0],
            coordination=coordination,
            coordination_errors=None if errors is None else errors[0][1],
            density_per_angstrom3=self._density / self._sums.n_frames,
            beyond_half_box=self._beyond,
            n_frames=self._sums.n_frames,
            failed_frames=self._failed,
            warnings=tuple(remarks),
        )


_Pairs = tuple[tuple[str, str], ...]


def partial_rdf(
    frames: Iterable[Atoms] | Atoms,
    pairs: Sequence[tuple[str, str]] | None = None,
    r_max_angstrom: float = 10.0,
    bin_angstrom: float = 0.02,
    *,
    bin_edges: ArrayLike | None = None,
) -> PartialRdf:
    """Partial pair distribution functions of a trajectory.

    Parameters
    ----------
    frames
        One or many periodic frames, read once.
    pairs
        Pairs of elements; by default all of the first frame. The coordination number of (a, b) counts b around a.
    r_max_angstrom
        Largest distance; it may exceed half the box, and is then flagged.
    bin_angstrom
        Width of the bins, from 0 up; as many as come nearest to the largest distance.
    bin_edges
        Edges of the bins instead, rising, the first not below zero; a distance on an edge belongs to the bin above.

    Raises
    ------
    InputError
        If an option is out of range, a frame is not periodic, an element is absent, or no frame can be used.

    Examples
    --------
    >>> from ase import Atoms
    >>> found = partial_rdf(Atoms("Po", cell=[3.0] * 3, pbc=True), r_max_angstrom=3.5, bin_angstrom=0.5)
    >>> found.coordination[0, -1], found.beyond_half_box
    (np.float64(6.0), True)
    """
    series = RdfSeries(pairs, r_max_angstrom, bin_angstrom, bin_edges=bin_edges)
    # an Atoms object is iterable, but over its atoms
    for atoms in [frames] if hasattr(frames, "positions") else frames:
        series.add(atoms)  # type: ignore[arg-type]
    return series.result()


def _edges(r_max: float, width: float, given: ArrayLike | None) -> Floats:
    if given is None:
        top = check_positive(r_max, "r_max_angstrom", "angstrom")
        step = check_positive(width, "bin_angstrom", "angstrom")
        return np.asarray(step * np.arange(max(1, round(top / step)) + 1), dtype=np.float64)
    edges = check_finite(given, "bin_edges")
    if edges.ndim != 1 or len(edges) < 2 or edges[0] < 0.0 or (np.diff(edges) <= 0.0).any():
        raise InputError("bin_edges must rise, the first not below zero, at least two of them.")
    return edges


def _checked_pairs(pairs: Sequence[tuple[str, str]]) -> _Pairs:
    checked = tuple((str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2)
    if not checked or len(checked) != len(pairs):
        raise InputError(f"pairs must be pairs of elements such as [('Ti', 'O')]; got {pairs!r}.")
    return checked


@dataclass(frozen=True)
class _Grid:
    """Even grid of distances from zero, and for bins that are not those of the grid their edges and a table.

    ``n_bins`` are counted; those of the result come last.
    """

    step: float
    edges: Floats
    table: Ints
    n_bins: int


def _grid(edges: Floats) -> _Grid:
    count, step = len(edges) - 1, float(edges[1] - edges[0])
    if np.array_equal(edges, step * np.arange(count + 1)):
        return _Grid(step, np.empty(0), np.empty(0, dtype=np.int64), count)
    count = int(np.clip(np.ceil(float(edges[-1]) / np.diff(edges).min()), 1, 100_000))
    step = float(edges[-1]) / count
    # one more bin takes up what lies below the first edge
    outer = np.concatenate([[-1.0], edges])
    # a little lower, so that rounding puts no distance below its bin; one more step for what rounds up to the end
    starts = step * np.arange(count + 1) - 1e-9 * step
    table = np.minimum(np.searchsorted(edges, starts, side="right"), len(edges) - 1).astype(np.int64)
    return _Grid(step, outer, table, len(edges))
