r"""How far each cation sits off the center of its cage.

.. math:: d_i = x_i - \frac{1}{n} \sum_{j \in \mathrm{cage}(i)} x_j

positive along +x if the cation moved to +x; n = 12 for A and 6 for B against oxygen, 8 against the other cations.
In an ordered crystal the cation reference gives d(B) - d(A) for B and minus that for A: the arrows of the two sites
point oppositely, so a result always says which reference it used. Lengths in angstrom, vectors in the frame of the box.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_in_range, check_positive, quantity
from entrox.order.displacement.cages import Reference, Site, cage_of, chunk_displacements
from entrox.order.displacement.frame_chunks import CHUNK_FRAMES, FrameChunk, failed_remark, frame_chunks
from entrox.order.lattice import LatticeMap

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["DisplacementSeries", "Displacements", "displacements"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Displacements(Result):
    """Displacements of the A or the B cations, per row of time and per cell of the map.

    A row is one frame, or the mean over a window. Cells whose cage is incomplete, and empty ones, hold NaN.
    """

    vectors_angstrom: Floats = quantity(
        "angstrom", "displacement off the center of the cage", axes=("frame", "cell", "component")
    )
    elements: tuple[str, ...]
    site: Site
    reference: Reference
    n_found: Ints = quantity("1", "members of the cage that are there", axes=("cell",))
    axes: Floats = quantity("1", "pseudo-cubic axes, rows", axes=("axis", "component"))
    time_step_ps: float | None = quantity("ps", "time between two frames; None if unknown")
    window_ps: float = quantity("ps", "length of the averaging window; 0 for single frames")
    window_frames: int = quantity("1", "frames averaged into a row")
    n_frames: int = quantity("1", "frames used")
    failed_frames: int = quantity("1", "frames left out")
    refitted_frames: int = quantity("1", "frames in which atoms hopped or changed their order")
    warnings: tuple[str, ...] = ()

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Cells that have a displacement in every row, shape ``(cell,)``."""
        return np.asarray(np.isfinite(self.vectors_angstrom).all(axis=(0, 2)))


class DisplacementSeries:
    """Displacements collected from chunks of frames: several measures can share one pass over a trajectory.

    Parameters
    ----------
    lattice_map
        Map of the trajectory.
    site, reference, window_ps, time_step_ps
        As in :func:`displacements`.
    """

    def __init__(
        self,
        lattice_map: LatticeMap,
        site: Site = "B",
        reference: Reference = "oxygen",
        window_ps: float = 0.0,
        time_step_ps: float | None = None,
    ) -> None:
        self.lattice_map, self.site, self.reference = lattice_map, site, reference
        self.window_ps = check_in_range(window_ps, "window_ps", low=0.0, unit="ps")
        self.time_step_ps = None if time_step_ps is None else check_positive(time_step_ps, "time_step_ps", "ps")
        self.window_frames = _window_frames(self.window_ps, self.time_step_ps)
        self._cage = cage_of(lattice_map, site, reference)
        self._rows: list[Floats] = []
        self._sum = np.zeros((len(lattice_map), 3))
        self._in_window = self._n_frames = self._failed = self._refitted = 0

    def add(self, chunk: FrameChunk) -> None:
        """Take in the frames of a chunk."""
        self._failed += chunk.failed
        self._refitted += len(chunk.scaled) if chunk.refitted else 0
        self._n_frames += len(chunk.scaled)
        cage = cage_of(chunk.lattice_map, self.site, self.reference) if chunk.refitted else self._cage
        vectors = chunk_displacements(chunk, cage)
        if self.window_frames == 1:
            self._rows.append(vectors)
            return
        # frame by frame, so that the size of the chunks does not change the sums
        for frame in vectors:
            self._sum += frame
            self._in_window += 1
            if self._in_window == self.window_frames:
                self._rows.append(self._sum[None] / self.window_frames)
                self._sum = np.zeros_like(self._sum)
                self._in_window = 0

    def result(self) -> Displacements:
        """Return what has been collected.

        Raises
        ------
        InputError
            If the frames do not fill one window.
        """
        if not sum(len(rows) for rows in self._rows):
            raise InputError(
                f"window_ps = {self.window_ps:g} ps takes {self.window_frames} frames of {self.time_step_ps} ps; the "
                f"trajectory has {self._n_frames}. Shorten the window, or set it to 0 for single frames."
            )
        lattice_map = self.lattice_map
        return Displacements(
            vectors_angstrom=np.concatenate(self._rows),
            elements=lattice_map.a_symbols if self.site == "A" else lattice_map.b_symbols,
            site=self.site,
            reference=self.reference,
            n_found=self._cage.n_found,
            axes=lattice_map.axes,
            time_step_ps=self.time_step_ps,
            window_ps=self.window_ps if self.window_frames > 1 else 0.0,
            window_frames=self.window_frames,
            n_frames=self._n_frames,
            failed_frames=self._failed,
            refitted_frames=self._refitted,
            warnings=self._remarks(),
        )

    def _remarks(self) -> tuple[str, ...]:
        remarks = []
        if self._failed:
            remarks.append(failed_remark(self._failed))
        if self._refitted:
            remarks.append(
                f"hops: atoms left their sites or changed their order in {self._refitted} frames; map refitted"
            )
        if self.window_ps > 0.0 and self.window_frames == 1:
            remarks.append(f"instantaneous: {self.time_step_ps:g} ps between frames leave one in a window")
        if self._in_window:
            remarks.append(f"window: the last {self._in_window} frames do not fill a window and are left out")
        lacking = int((self._cage.n_found < self._cage.members.shape[1]).sum())
        if lacking:
            what = "use what is there" if self.lattice_map.vacancies_allowed else "are masked"
            remarks.append(f"incomplete_cages: {lacking} of {len(self._cage.centers)} {self.site} cages {what}")
        return tuple(remarks)


def _window_frames(window_ps: float, time_step_ps: float | None) -> int:
    if window_ps == 0.0:
        return 1
    if time_step_ps is None:
        raise InputError(
            f"window_ps = {window_ps:g} ps needs the time between frames: give time_step_ps (option --timestep-ps), or "
            "window_ps = 0 for single frames."
        )
    return max(1, round(window_ps / time_step_ps))


def displacements(
    frames: Iterable[Atoms] | Atoms,
    lattice_map: LatticeMap,
    site: Site = "B",
    reference: Reference = "oxygen",
    window_ps: float = 0.0,
    time_step_ps: float | None = None,
    *,
    chunk_frames: int = CHUNK_FRAMES,
) -> Displacements:
    """Displacements of the A or B cations off the centers of their cages.

    Parameters
    ----------
    frames
        Trajectory, read once and in chunks; only the displacements are kept.
    lattice_map
        Its map, from :func:`entrox.order.fit_lattice`.
    site
        ``"A"`` or ``"B"``.
    reference
        ``"oxygen"``: the cage of 12 or 6 anions; ``"cation"``: the eight nearest cations of the other site.
    window_ps
        Rows are means over windows of this length, one after the other [ps]; 0 for single frames.
    time_step_ps
        Time between two frames [ps]; needed for a window.
    chunk_frames
        Frames held in memory at a time.

    Returns
    -------
    Displacements
        Shape ``(row, cell, 3)`` [angstrom].

    Raises
    ------
    InputError
        If no frame can be used, the window needs a time step or is longer than the trajectory, or there are no anions.
    """
    series = DisplacementSeries(lattice_map, site, reference, window_ps, time_step_ps)
    for chunk in frame_chunks(frames, lattice_map, chunk_frames):
        series.add(chunk)
    return series.result()
