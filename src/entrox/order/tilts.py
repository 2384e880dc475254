r"""Tilts of the octahedra: rotation vectors, their staggered sums, and Glazer's symbol.

The three X-X axes of an octahedron as unit columns, brought to the nearest rotation (singular value decomposition,
determinant +1), give its rotation vector :math:`\omega` in the pseudo-cubic frame. The staggered mean

.. math:: \omega(q) = \frac1N \sum_n (-1)^{q \cdot n} \omega_n

at R = (1,1,1) counts antiphase tilts, at the M point (1,1,0) in-phase ones about z, and so on. Its sign is that of
the octahedron of cell 0. Angles in degrees. A. M. Glazer, Acta Cryst. B 28, 3384 (1972).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import Result, check_positive, check_shape, quantity
from entrox.core.blocking import block_errors
from entrox.order.displacement.cages import cage_of, cage_vectors
from entrox.order.displacement.frame_chunks import CHUNK_FRAMES, FrameChunk, failed_remark, frame_chunks
from entrox.order.lattice import LatticeMap

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["WAVE_VECTORS", "OctahedralTilts", "TiltSeries", "glazer_symbol", "octahedral_tilts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WAVE_VECTORS: dict[str, tuple[int, int, int]] = {
    "Gamma": (0, 0, 0),
    "R": (1, 1, 1),
    "Mx": (0, 1, 1),
    "My": (1, 0, 1),
    "Mz": (1, 1, 0),
    "Xx": (1, 0, 0),
    "Xy": (0, 1, 0),
    "Xz": (0, 0, 1),
}
"""Wave vectors in half reciprocal lattice vectors; the letter after M is the axis that does not alternate."""
IN_PHASE = ("Mx", "My", "Mz")
SMALLEST_TILT_DEG = 0.5
SIGNIFICANT = 3.0
"""Tilts below so many of their errors over time are none."""


@dataclass(frozen=True, kw_only=True)
class OctahedralTilts(Result):
    """Tilts of every octahedron; NaN where one lacks an X.

    A staggered mean is NaN where its wave does not fit the supercell. Errors are those of time, None for one frame.
    ``plain_angles_deg`` is another quantity: the angle between the X-X axis k and the lattice axis k; a tilt about z
    shows in those of x and y.
    """

    rotations_deg: Floats = quantity("deg", "rotation vector, pseudo-cubic", axes=("frame", "cell", "component"))
    plain_angles_deg: Floats = quantity("deg", "X-X axis against lattice axis", axes=("frame", "cell", "axis"))
    wave_vectors: tuple[str, ...]
    staggered_deg: Floats = quantity("deg", "staggered mean of the rotation vector", axes=("wave", "component"))
    staggered_errors_deg: Floats | None = quantity("deg", "standard errors over time", axes=("wave", "component"))
    in_phase_deg: Floats = quantity("deg", "tilt about each axis that repeats along it (M)", axes=("component",))
    antiphase_deg: Floats = quantity("deg", "tilt about each axis that alternates along it (R)", axes=("component",))
    glazer: str
    n_frames: int = quantity("1", "frames used")
    failed_frames: int = quantity("1", "frames left out")
    warnings: tuple[str, ...] = ()


class TiltSeries:
    """Tilts collected from chunks of frames: several measures can share one pass over a trajectory."""

    def __init__(self, lattice_map: LatticeMap) -> None:
        self.lattice_map = lattice_map
        self._cage = cage_of(lattice_map, "B", "oxygen")
        self._rotations: list[Floats] = []
        self._angles: list[Floats] = []
        self._failed = self._refitted = 0

    def add(self, chunk: FrameChunk) -> None:
        """Take in the frames of a chunk."""
        self._failed += chunk.failed
        self._refitted += len(chunk.scaled) if chunk.refitted else 0
        cage = cage_of(chunk.lattice_map, "B", "oxygen") if chunk.refitted else self._cage
        bonds = cage_vectors(chunk, cage)
        axes = bonds[:, :, 0::2] - bonds[:, :, 1::2]
        with np.errstate(invalid="ignore"):
            axes /= np.linalg.norm(axes, axis=-1, keepdims=True)
        lattice = chunk.lattice_map.matrix_inverse @ chunk.cells
        lattice /= np.linalg.norm(lattice, axis=-1, keepdims=True)
        across = np.cross(axes, lattice[:, None])
        along = np.einsum("fnkc,fkc->fnk", axes, lattice)
        self._angles.append(np.degrees(np.arctan2(np.linalg.norm(across, axis=-1), along)))
        self._rotations.append(_rotation_vectors(np.swapaxes(axes @ chunk.lattice_map.axes.T, -1, -2)))

    def result(self, minimum_deg: float = SMALLEST_TILT_DEG) -> OctahedralTilts:
        """Return what has been collected."""
        rotations = np.concatenate(self._rotations)
        series = _staggered(rotations, self.lattice_map)
        means, found = series.mean(axis=0), block_errors(np.nan_to_num(series))
        errors = None if found is None else np.where(np.isfinite(means), found[0], np.nan)
        tilts = _by_kind(means)
        noise = np.zeros_like(tilts) if errors is None else np.nan_to_num(_by_kind(errors))
        counted = np.where(np.abs(tilts) > SIGNIFICANT * noise, tilts, 0.0)
        mixed = np.asarray((np.abs(counted) > minimum_deg).all(axis=0))
        return OctahedralTilts(
            rotations_deg=rotations,
            plain_angles_deg=np.concatenate(self._angles),
            wave_vectors=tuple(WAVE_VECTORS),
            staggered_deg=means,
            staggered_errors_deg=errors,
            in_phase_deg=tilts[0],
            antiphase_deg=tilts[1],
            glazer=glazer_symbol(counted[0], counted[1], minimum_deg),
            n_frames=len(rotations),
            failed_frames=self._failed,
            warnings=self._remarks(means, mixed),
        )

    def _remarks(self, means: Floats, mixed: NDArray[np.bool_]) -> tuple[str, ...]:
        remarks = []
        unfit = [name for name, wave in zip(WAVE_VECTORS, means, strict=True) if not np.isfinite(wave).all()]
        if unfit:
            remarks.append(f"waves: {', '.join(unfit)} do not fit the supercell and count as absent in the symbol")
        if self._refitted:
            remarks.append(f"hops: atoms left their sites or changed their order in {self._refitted} frames")
        if self._failed:
            remarks.append(failed_remark(self._failed))
        if mixed.any():
            remarks.append(
                f"mixed: both kinds of tilt about axes {np.flatnonzero(mixed).tolist()}; the larger is named"
            )
        return tuple(remarks)


def octahedral_tilts(
    frames: Iterable[Atoms] | Atoms,
    lattice_map: LatticeMap,
    minimum_deg: float = SMALLEST_TILT_DEG,
    *,
    chunk_frames: int = CHUNK_FRAMES,
) -> OctahedralTilts:
    """Tilts of all octahedra of a trajectory.

    Parameters
    ----------
    frames
        Trajectory, read once.
    lattice_map
        Its map; any supercell.
    minimum_deg
        Smaller staggered means are 0 in the symbol, and so are those below three of their errors over time.
    chunk_frames
        Frames held in memory at a time.

    Raises
    ------
    InputError
        If no frame can be used, or the map has no anions.
    """
    check_positive(minimum_deg, "minimum_deg", "deg")
    series = TiltSeries(lattice_map)
    for chunk in frame_chunks(frames, lattice_map, chunk_frames):
        series.add(chunk)
    return series.result(minimum_deg)


def glazer_symbol(
    in_phase_deg: ArrayLike,
    antiphase_deg: ArrayLike,
    minimum_deg: float = SMALLEST_TILT_DEG,
    equal_deg: float = SMALLEST_TILT_DEG,
) -> str:
    """Glazer's symbol of the tilts about the three pseudo-cubic axes.

    Parameters
    ----------
    in_phase_deg, antiphase_deg
        Staggered means about x, y, z; only their sizes count.
    minimum_deg
        Smaller ones are no tilt.
    equal_deg
        Tilts closer than this carry the same letter.

    Returns
    -------
    str
        About each axis the larger tilt, + in phase, - antiphase.

    Raises
    ------
    InputError
        If a value is not finite or a limit not positive.

    Examples
    --------
    >>> glazer_symbol([0.0, 0.0, 0.0], [-0.04, -0.01, 4.73])
    'a0a0c-'
    >>> glazer_symbol([0.0, 0.0, 9.1], [8.0, -8.2, 0.0])
    'a-a-c+'
    """
    plus = np.abs(check_shape(in_phase_deg, (3,), "in_phase_deg"))
    minus = np.abs(check_shape(antiphase_deg, (3,), "antiphase_deg"))
    check_positive(minimum_deg, "minimum_deg", "deg")
    check_positive(equal_deg, "equal_deg", "deg")
    size = np.maximum(plus, minus)
    size = np.where(size < minimum_deg, 0.0, size)
    letters: list[str] = []
    for k, tilt in enumerate(size):
        same = [j for j in range(k) if abs(size[j] - tilt) < equal_deg and (size[j] == 0.0) == (tilt == 0.0)]
        letters.append(letters[same[0]] if same else "abc"[k])
    signs = ["0" if s == 0.0 else "+" if p > m else "-" for s, p, m in zip(size, plus, minus, strict=True)]
    return "".join(letter + sign for letter, sign in zip(letters, signs, strict=True))


def _rotation_vectors(columns: Floats) -> Floats:
    """Rotation vectors [deg] of the rotations nearest to matrices, shapes ``(..., 3)`` and ``(..., 3, 3)``."""
    known = np.asarray(np.isfinite(columns).all(axis=(-2, -1)))
    left, _, right = np.linalg.svd(np.where(known[..., None, None], columns, np.eye(3)))
    # a reflection is turned into the nearest proper rotation through its least certain direction
    left[..., :, 2] *= np.linalg.det(left @ right)[..., None]
    turn = left @ right
    axis = 0.5 * np.stack([turn[..., 2, 1] - turn[..., 1, 2], turn[..., 0, 2] - turn[..., 2, 0],
                           turn[..., 1, 0] - turn[..., 0, 1]], axis=-1)  # fmt: skip
    sine = np.linalg.norm(axis, axis=-1)
    angle = np.arctan2(sine, 0.5 * (np.trace(turn, axis1=-2, axis2=-1) - 1.0))
    vectors = axis * np.where(sine > 0.0, angle / np.where(sine > 0.0, sine, 1.0), 1.0)[..., None]
    return np.asarray(np.where(known[..., None], np.degrees(vectors), np.nan))


def _staggered(rotations: Floats, lattice_map: LatticeMap) -> Floats:
    """Staggered means in each frame, shape ``(frame, wave, 3)``; NaN where the wave does not fit the supercell."""
    full = np.asarray(np.isfinite(rotations))
    filled, counts = np.where(full, rotations, 0.0), full.sum(axis=1)
    rows = []
    # along the open direction of a film nothing has to close
    closed = lattice_map.matrix
    if lattice_map.opened is not None:
        closed = np.delete(closed, lattice_map.opened.axis, axis=0)
    for wave in WAVE_VECTORS.values():
        q = np.array(wave)
        if (closed @ q % 2).any():
            rows.append(np.full((len(rotations), 3), np.nan))
            continue
        signs = (-1.0) ** (lattice_map.cells @ q)
        with np.errstate(invalid="ignore"):
            rows.append(np.einsum("n,fnc->fc", signs, filled) / counts)
    return np.stack(rows, axis=1)


def _by_kind(waves: Floats) -> Floats:
    """In-phase and antiphase components about each axis out of those of all waves, shape ``(2, 3)``."""
    names = list(WAVE_VECTORS)
    return np.stack([[waves[names.index(name), k] for k, name in enumerate(IN_PHASE)], waves[names.index("R")]])
