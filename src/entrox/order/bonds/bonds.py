"""Splitting of the bonds of one element to its anions, with its noise floor, and the effect of the neighbors.

Sorting splits bonds that differ only by noise; positions averaged over time are therefore sorted, not those of each
frame, and the splitting that the remaining noise gives is told. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, quantity
from entrox.core.blocking import block_average
from entrox.order.bonds.bond_groups import Scheme, group_means
from entrox.order.bonds.environment import EnvironmentFit, environment_counts, fit_environment
from entrox.order.displacement.block_sums import BlockSums
from entrox.order.displacement.cages import Cage, Site, cage_of, cage_vectors
from entrox.order.displacement.frame_chunks import CHUNK_FRAMES, FrameChunk, failed_remark, frame_chunks
from entrox.order.lattice import LatticeMap

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["BondSeries", "BondSplitting", "bond_splitting"]

Floats = NDArray[np.float64]
Average = Literal["time", "frame"]


@dataclass(frozen=True, kw_only=True)
class BondSplitting(Result):
    """Short, middle and long bonds of one element, and fits of its mean bond and displacement to its neighbors.

    None stands for a group without bonds, and for errors of a single frame. ``excess`` over the noise floor is the
    splitting to trust; ``projected`` has no floor in closed form.
    """

    element: str
    site: Site
    scheme: Scheme
    average: Average
    count: int = quantity("1", "cations with groups")
    short_angstrom: float | None = quantity("angstrom", "mean of the short bonds")
    middle_angstrom: float | None = quantity("angstrom", "mean of the middle bonds")
    long_angstrom: float | None = quantity("angstrom", "mean of the long bonds")
    mean_angstrom: float = quantity("angstrom", "mean of all bonds")
    splitting_angstrom: float | None = quantity("angstrom", "long minus short")
    errors_angstrom: Floats | None = quantity(
        "angstrom", "standard errors of short, middle, long, mean and splitting", axes=("entry",)
    )
    scatter_angstrom: float | None = quantity("angstrom", "scatter in time of the lengths that were sorted")
    noise_floor_angstrom: float | None = quantity("angstrom", "splitting that this scatter alone would give")
    n_frames: int = quantity("1", "frames used")
    environment: tuple[EnvironmentFit, ...] = ()
    warnings: tuple[str, ...] = ()


class BondSeries:
    """Bonds of one element collected from chunks of frames; the arguments are those of :func:`bond_splitting`."""

    def __init__(
        self,
        lattice_map: LatticeMap,
        element: str,
        scheme: Scheme = "sorted",
        by: Sequence[str] = (),
        *,
        labels: ArrayLike | None = None,
        average: Average = "time",
    ) -> None:
        if average not in ("time", "frame"):
            raise InputError(f"average must be 'time' or 'frame'; got {average!r}.")
        self.lattice_map, self.element, self.scheme, self.average = lattice_map, element, scheme, average
        self.site = _site_of(lattice_map, element)
        cage = cage_of(lattice_map, self.site)
        symbols = np.array(lattice_map.a_symbols if self.site == "A" else lattice_map.b_symbols)
        mine = symbols == element
        self._rows = np.flatnonzero(mine & (cage.n_found == cage.members.shape[1]))
        self._incomplete = int(mine.sum()) - len(self._rows)
        if not len(self._rows):
            raise InputError(
                f"no {element} has a complete cage of anions; {int(mine.sum())} are on the {self.site} site."
            )
        self._labels = _checked_labels(labels, scheme, len(lattice_map), self._rows)
        self._terms, self._counts = environment_counts(lattice_map, self.site, by)
        self._cage = cage
        self._sums = BlockSums((len(self._rows), cage.members.shape[1], 3))
        self._series: list[Floats] = []
        self._moments = np.zeros((2, len(self._rows), cage.members.shape[1]))
        self._failed = 0

    def add(self, chunk: FrameChunk) -> None:
        """Take in the frames of a chunk."""
        self._failed += chunk.failed
        if not len(chunk.scaled):
            return
        cage: Cage = cage_of(chunk.lattice_map, self.site) if chunk.refitted else self._cage
        vectors = cage_vectors(chunk, cage, self._rows)
        self._sums.add(vectors)
        lengths = np.linalg.norm(vectors, axis=-1)
        self._moments += np.stack([lengths.sum(axis=0), (lengths**2).sum(axis=0)])
        if self.average == "frame":
            means = group_means(vectors, self.scheme, self._labels)[0]
            self._series.append(np.column_stack([_over_cages(means), np.nanmean(lengths, axis=(1, 2))]))

    def result(self) -> BondSplitting:
        """Return what has been collected; cages that lost a member on the way are left out.

        Raises
        ------
        InputError
            If no cage was complete in all frames.
        """
        vectors = self._sums.mean()
        whole = np.asarray(np.isfinite(vectors).all(axis=(1, 2)))
        if not whole.any():
            raise InputError(f"no {self.element} kept a complete cage of anions through all frames.")
        vectors, blocks = vectors[whole], None if self._sums.n_frames < 2 else self._sums.block_means()[:, whole]
        labels = None if self._labels is None else self._labels[whole]
        means, split = group_means(vectors, self.scheme, labels)
        in_groups = int(np.isfinite(means).any(axis=1).sum())
        values, errors = self._per_frame() if self.average == "frame" else self._of_mean(vectors, whole, labels)
        scatter = self._scatter(blocks, whole)
        floor = np.nanmean(split) * scatter if scatter is not None and np.isfinite(split).any() else None
        optional = [float(v) if np.isfinite(v) else None for v in values]
        return BondSplitting(
            element=self.element, site=self.site, scheme=self.scheme, average=self.average, count=in_groups,
            short_angstrom=optional[0], middle_angstrom=optional[1], long_angstrom=optional[2],
            mean_angstrom=float(values[3]), splitting_angstrom=optional[4], errors_angstrom=errors,
            scatter_angstrom=scatter, noise_floor_angstrom=None if floor is None else float(floor),
            n_frames=self._sums.n_frames, environment=self._environment(vectors, blocks, whole),
            warnings=self._remarks(int(whole.sum()) - in_groups, int((~whole).sum())),
        )  # fmt: skip

    def _of_mean(
        self, vectors: Floats, whole: NDArray[np.bool_], labels: NDArray[np.str_] | None
    ) -> tuple[Floats, Floats | None]:
        """Values of the time-averaged positions, errors by leaving out one block at a time."""
        values = self._values(vectors, labels)
        if self._sums.n_frames < 2:
            return values, None
        without = np.stack([self._values(v[whole], labels) for v in self._sums.leave_one_out()])
        count = len(without)
        errors: Floats = np.sqrt((count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
        return values, errors

    def _values(self, vectors: Floats, labels: NDArray[np.str_] | None) -> Floats:
        groups = _over_cages(group_means(vectors, self.scheme, labels)[0][None])[0]
        mean = np.linalg.norm(vectors, axis=-1).mean()
        return np.array([*groups, mean, groups[2] - groups[0]])

    def _per_frame(self) -> tuple[Floats, Floats | None]:
        """Values of each frame, averaged; errors by blocking."""
        series = np.concatenate(self._series)
        series = np.column_stack([series, series[:, 2] - series[:, 0]])
        values: Floats = series.mean(axis=0)
        if len(series) < 2:
            return values, None
        blocks = [block_average(s).error if np.isfinite(s).all() else np.nan for s in series.T]
        return values, np.array(blocks, dtype=float)

    def _scatter(self, blocks: Floats | None, whole: NDArray[np.bool_]) -> float | None:
        """Scatter of the lengths that are sorted: of single frames, or of their mean by the scatter of block means."""
        n_frames = self._sums.n_frames
        if blocks is None:
            return None
        if self.average == "frame":
            mean, square = self._moments[:, whole] / n_frames
            return float(np.sqrt(max(float((square - mean**2).mean()), 0.0) * n_frames / (n_frames - 1)))
        lengths = np.linalg.norm(blocks, axis=-1)
        return float(np.sqrt((lengths.var(axis=0, ddof=1) / len(lengths)).mean()))

    def _environment(
        self, vectors: Floats, blocks: Floats | None, whole: NDArray[np.bool_]
    ) -> tuple[EnvironmentFit, ...]:
        counts = self._counts[self._rows][whole]
        if not counts.shape[1]:
            return ()
        fits = []
        for subject, of in (("mean bond length", _mean_length), ("displacement", _displacement_length)):
            own = None if blocks is None else of(blocks).var(axis=0, ddof=1) / len(blocks)
            fits.append(fit_environment(subject, of(vectors), own, self._terms, counts))
        return tuple(fit for fit in fits if fit is not None)

    def _remarks(self, without_groups: int, broken: int) -> tuple[str, ...]:
        remarks = []
        if self._failed:
            remarks.append(failed_remark(self._failed))
        if self._incomplete:
            remarks.append(f"incomplete_cages: {self._incomplete} {self.element} are left out")
        if broken:
            remarks.append(f"broken_cages: {broken} {self.element} lost an anion on the way and are left out")
        if without_groups:
            remarks.append(f"no_groups: {without_groups} {self.element} have no phase, or no displacement, to group by")
        if self.average == "frame" and self.scheme != "projected":
            remarks.append("sorted_frames: thermal noise splits the bonds of single frames; see noise_floor_angstrom")
        return tuple(remarks)


def _mean_length(vectors: Floats) -> Floats:
    return np.asarray(np.linalg.norm(vectors, axis=-1).mean(axis=-1))


def _displacement_length(vectors: Floats) -> Floats:
    return np.asarray(np.linalg.norm(vectors.mean(axis=-2), axis=-1))


def _over_cages(means: Floats) -> Floats:
    """Mean over the cages that have the group, shape ``(n_frames, 3)``; NaN where none has."""
    there = np.isfinite(means)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, means, 0.0).sum(axis=1) / there.sum(axis=1))


def _site_of(lattice_map: LatticeMap, element: str) -> Site:
    on_a, on_b = lattice_map.a_symbols.count(element), lattice_map.b_symbols.count(element)
    if on_a == on_b == 0:
        present = ", ".join(sorted({*lattice_map.a_symbols, *lattice_map.b_symbols} - {""}))
        raise InputError(f"{element}: not on a cation site of this structure; it has {present}.")
    return "A" if on_a > on_b else "B"


def _checked_labels(
    labels: ArrayLike | None, scheme: Scheme, n_cells: int, rows: NDArray[np.int64]
) -> NDArray[np.str_] | None:
    if scheme != "by_phase":
        return None
    given = np.asarray(labels if labels is not None else [])
    if given.shape != (n_cells,):
        raise InputError(
            f"scheme 'by_phase' needs labels, the phase (T, O, R, C or M) of each of the {n_cells} cells, for example "
            f"those of classify() on displacements averaged over the whole run; got shape {given.shape}."
        )
    return np.asarray(given[rows], dtype=np.str_)


def bond_splitting(
    frames: Iterable[Atoms] | Atoms,
    lattice_map: LatticeMap,
    element: str,
    scheme: Scheme = "sorted",
    by: Sequence[str] = (),
    *,
    labels: ArrayLike | None = None,
    average: Average = "time",
    chunk_frames: int = CHUNK_FRAMES,
) -> BondSplitting:
    """Short, middle and long bonds of one element to its cage, and their dependence on the neighbors.

    Parameters
    ----------
    frames
        Trajectory, read once.
    lattice_map
        Its map.
    element
        Cation; on the site where most of it is.
    scheme
        ``"sorted"``: 1 + 4 + 1 bonds of B, 4 + 4 + 4 of A; ``"by_phase"``: the numbers of T, O and R cells;
        ``"projected"``: by the side of the displacement, anions within 30 degrees of its normal plane being middle.
    by
        Elements whose numbers among the neighbors are tested, for example ``("Sn", "Ca")``: see
        :mod:`entrox.order.bonds.environment`.
    labels
        Phase of each cell, shape ``(N,)``, for ``by_phase``.
    average
        ``"time"``: lengths of time-averaged positions; ``"frame"``: groups of every frame, then averaged.
    chunk_frames
        Frames held in memory at a time.

    Returns
    -------
    BondSplitting
        With the noise floor; errors None for a single frame.

    Raises
    ------
    InputError
        If the element is not in the structure, has no complete cage, or a phase is wanted and not given.
    """
    series = BondSeries(lattice_map, element, scheme, by, labels=labels, average=average)
    for chunk in frame_chunks(frames, lattice_map, chunk_frames):
        series.add(chunk)
    return series.result()
