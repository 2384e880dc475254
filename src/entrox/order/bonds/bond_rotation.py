r"""How bonds give way to a strain: by getting longer or by turning towards the axis.

With n the axis, l and l0 the lengths and c and c0 the cosines of a bond to it, exactly

.. math:: d \cdot n - d_0 \cdot n = (l - l_0) \frac{c + c_0}{2} + (c - c_0) \frac{l + l_0}{2}

the first part is stretch, the second rotation. Summed with the sign of c0 over a fixed list of bonds and divided by
sum |d0 . n| they give the elongation of that set of bonds. An affine strain also turns bonds: the same sums for bonds
that follow the cell are the baseline, and only what goes beyond it is a mechanism. For M-O-M the vector M-M is taken
apart in the same way, and the angle at O is followed. Lengths in angstrom.

Thermal motion that only the current frame has lengthens bonds on the mean, by about the variance of the relative motion
across the bond over the length, and so passes for stretch: compare frames of one temperature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_shape, quantity
from entrox.core.bootstrap import percentile_interval, resampling_counts
from entrox.order.bonds.bond_angles import angles_between
from entrox.order.bonds.bridges import bridge_groups
from entrox.order.pair_search import PairList, pair_list
from entrox.order.strain.paired_frames import PairedFrames, paired_frames

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["AXES", "BondRotation", "axis_vector", "stretch_rotation"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
BLOCKS_ACROSS = 8
"""A box of many atoms is divided into so many blocks along each direction, which are resampled as a whole."""
NO_ELONGATION = 1e-6
"""Elongations below this have no shares."""


@dataclass(frozen=True, kw_only=True)
class BondRotation(Result):
    """Stretch and rotation of bonds (``Si-O``) and of bridged pairs (``Si-O-Si``) along an axis.

    Shares are parts of the elongation and sum to one; NaN where there is none. Intervals hold 95 % of bootstrap samples
    over the atoms in the center (blocks of them in a large box). ``angle_change_deg`` is NaN for bonds.
    """

    kinds: tuple[str, ...]
    axis: Floats = quantity("1", "unit vector of the axis", axes=("component",))
    n_bonds: Ints = quantity("1", "bonds or bridged pairs", axes=("kind",))
    elongation: Floats = quantity("1", "strain of the set along the axis", axes=("kind",))
    stretch: Floats = quantity("1", "part of the elongation by stretch", axes=("kind",))
    rotation: Floats = quantity("1", "part of the elongation by rotation", axes=("kind",))
    stretch_share: Floats = quantity("1", "share of stretch", axes=("kind",))
    rotation_share: Floats = quantity("1", "share of rotation", axes=("kind",))
    rotation_share_interval: Floats = quantity("1", "95 % interval of the share of rotation", axes=("kind", "end"))
    baseline_elongation: Floats = quantity("1", "strain of the set if it followed the cell", axes=("kind",))
    baseline_rotation_share: Floats = quantity("1", "share of rotation of bonds that follow the cell", axes=("kind",))
    excess_rotation: Floats = quantity("1", "share of rotation beyond the affine one", axes=("kind",))
    excess_interval: Floats = quantity("1", "95 % interval of the excess", axes=("kind", "end"))
    length_before_angstrom: Floats = quantity("angstrom", "mean length in the reference", axes=("kind",))
    length_after_angstrom: Floats = quantity("angstrom", "mean length in the current frame", axes=("kind",))
    angle_before_deg: Floats = quantity("deg", "mean angle at the bridging atom before", axes=("kind",))
    angle_change_deg: Floats = quantity("deg", "mean change of that angle", axes=("kind",))
    angle_change_interval_deg: Floats = quantity("deg", "95 % interval of the change", axes=("kind", "end"))
    gradient: Floats = quantity("1", "gradient of the baseline", axes=("row", "column"))
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Vectors:
    """Vectors of one kind before, after, and as the cell would take them, with the atom in the center of each."""

    kind: str
    before: Floats
    after: Floats
    affine: Floats
    owner: Ints
    angles: Floats | None = None


def axis_vector(axis: str | Sequence[float]) -> Floats:
    """Unit vector of an axis fixed in space, from its letter or its components.

    Raises
    ------
    InputError
        If the letter is not x, y or z, or the vector is zero.

    Examples
    --------
    >>> axis_vector([0.0, 3.0, 4.0]).tolist()
    [0.0, 0.6, 0.8]
    """
    if isinstance(axis, str):
        if axis not in AXES:
            raise InputError(f"axis must be x, y, z or three components; got {axis!r}.")
        return np.array(AXES[axis])
    vector = check_shape(axis, (3,), "axis")
    length = float(np.linalg.norm(vector))
    if length == 0.0:
        raise InputError("axis must not be the zero vector.")
    return np.asarray(vector / length)


def stretch_rotation(
    reference: Atoms,
    current: Atoms,
    bonds_angstrom: Mapping[tuple[str, str], float],
    axis: str | Sequence[float] = "x",
    *,
    bridges: bool = True,
    match: str = "order",
    rng: np.random.Generator | None = None,
    draws: int = 1000,
) -> BondRotation:
    """Stretch and rotation of the bonds of a reference in a later frame.

    Parameters
    ----------
    reference, current
        The same atoms before and after.
    bonds_angstrom
        Longest bond in the reference by elements, center first: ``{("Si", "O"): 2.2}``.
    axis
        ``"x"``, ``"y"``, ``"z"`` or a vector, fixed in space.
    bridges
        Also pairs of centers that share an atom of the second element.
    match
        ``"order"`` or ``"id"``.
    rng
        Source of the bootstrap; a generator of seed 0 by default.
    draws
        Bootstrap samples.

    Raises
    ------
    InputError
        If the frames do not match, no bonds are given, or a pair has none.

    Examples
    --------
    >>> from ase.build import bulk
    >>> atoms = bulk("NaCl", "rocksalt", a=5.6, cubic=True).repeat(2)
    >>> later = atoms.copy()
    >>> later.set_cell(atoms.cell[:] * [1.02, 1.0, 1.0], scale_atoms=True)
    >>> found = stretch_rotation(atoms, later, {("Na", "Cl"): 3.0}, bridges=False)
    >>> found.elongation.round(6).tolist(), found.stretch_share.round(6).tolist()
    ([0.02], [1.0])
    """
    unit = axis_vector(axis)
    frames = paired_frames(reference, current, match)
    pairs = pair_list(reference, bonds_angstrom)
    symbols = np.array(reference.get_chemical_symbols())
    sets = _bond_vectors(frames, pairs, symbols, bonds_angstrom)
    gradient = _gradient(frames, sets)
    sets = [_Vectors(s.kind, s.before, s.after, s.before @ gradient, s.owner) for s in sets]
    if bridges:
        sets += _bridge_vectors(sets, symbols, bonds_angstrom)
    generator = np.random.default_rng(0) if rng is None else rng
    blocks = _blocks(frames)
    rows = [_row(item, unit, blocks, generator, draws) for item in sets]
    still = [row["kinds"] for row in rows if np.isnan(row["rotation_share"])]
    remarks = [f"no_elongation: {kind} gets no longer along the axis" for kind in still]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0] if name != "kinds"}
    return BondRotation(
        kinds=tuple(item.kind for item in sets), axis=unit, gradient=gradient,
        warnings=(*frames.remarks, *remarks), **columns,
    )  # fmt: skip


def _bond_vectors(
    frames: PairedFrames, pairs: PairList, symbols: NDArray[np.str_], bonds: Mapping[tuple[str, str], float]
) -> list[_Vectors]:
    """Vectors from each center to its neighbors, by kind; those between like atoms once."""
    before = pairs.vectors(frames.positions, frames.cell)
    after = before @ frames.gradient + frames.moved(pairs.first, pairs.second)
    one, two = symbols[pairs.first], symbols[pairs.second]
    found = []
    for center, neighbor in bonds:
        straight = (one == center) & (two == neighbor)
        turned = (one == neighbor) & (two == center) & (center != neighbor)
        if not (straight.any() or turned.any()):
            raise InputError(
                f"the reference has no bond {center}-{neighbor} up to {bonds[center, neighbor]:g} angstrom; "
                "take a longer one."
            )
        found.append(
            _Vectors(
                f"{center}-{neighbor}",
                np.concatenate([before[straight], -before[turned]]),
                np.concatenate([after[straight], -after[turned]]),
                np.empty((0, 3)),
                # center and, in the second column, the other end
                np.concatenate(
                    [np.column_stack([pairs.first[straight], pairs.second[straight]]),
                     np.column_stack([pairs.second[turned], pairs.first[turned]])]
                ).astype(np.int64),
            )
        )  # fmt: skip
    return found


def _gradient(frames: PairedFrames, sets: Sequence[_Vectors]) -> Floats:
    """Gradient of the cell; that of all bonds by least squares where a direction is open."""
    if frames.periodic.all():
        return frames.gradient
    before, after = np.concatenate([s.before for s in sets]), np.concatenate([s.after for s in sets])
    return np.asarray(np.linalg.lstsq(before, after, rcond=None)[0])


def _bridge_vectors(
    sets: Sequence[_Vectors], symbols: NDArray[np.str_], bonds: Mapping[tuple[str, str], float]
) -> list[_Vectors]:
    """Vectors between two centers bound to the same atom, by kind, with the angles there."""
    found: list[_Vectors] = []
    for vertex in sorted({neighbor for center, neighbor in bonds if center != neighbor}):
        members = [s for s in sets if s.kind.split("-")[1] == vertex and s.kind.split("-")[0] != vertex]
        owner = np.concatenate([s.owner for s in members])
        arms = [np.concatenate([getattr(s, name) for s in members]) for name in ("before", "after", "affine")]
        for kind, one, two in bridge_groups(owner[:, 1], symbols[owner[:, 0]], vertex):
            angles = np.stack([angles_between(arm[one], arm[two]) for arm in arms[:2]])
            # an arm points from the center to the vertex
            before, after, affine = (arm[one] - arm[two] for arm in arms)
            found.append(_Vectors(kind, before, after, affine, owner[one][:, [1, 0]], angles))
    return found


def _blocks(frames: PairedFrames) -> Ints:
    """Group of every atom in the bootstrap: itself, or in a large box the block that holds it."""
    count = len(frames.positions)
    if count <= BLOCKS_ACROSS**3:
        return np.arange(count)
    scaled = frames.positions @ np.linalg.inv(frames.cell)
    closed = frames.periodic
    scaled[:, closed] -= np.floor(scaled[:, closed])
    spans = np.maximum(np.ptp(scaled, axis=0), 1e-12)
    scaled[:, ~closed] = ((scaled - scaled.min(axis=0)) / spans)[:, ~closed]
    place = np.minimum((scaled * BLOCKS_ACROSS).astype(np.int64), BLOCKS_ACROSS - 1)
    return np.asarray(place @ np.array([BLOCKS_ACROSS**2, BLOCKS_ACROSS, 1]))


def _parts(before: Floats, after: Floats, axis: Floats) -> tuple[Floats, Floats, Floats]:
    """Stretch and rotation of every vector along the axis, and its length along it before, all [angstrom]."""
    short, long = np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1)
    c0, c = (before @ axis) / short, (after @ axis) / long
    sign = np.sign(c0)
    return sign * (long - short) * (c + c0) / 2.0, sign * (c - c0) * (long + short) / 2.0, np.abs(c0) * short


def _row(item: _Vectors, axis: Floats, blocks: Ints, rng: np.random.Generator, draws: int) -> dict[str, Any]:
    """Numbers of one kind of bond; NaN along an axis to which all of them are normal."""
    stretch, rotation, along = _parts(item.before, item.after, axis)
    affine_stretch, affine_rotation, _ = _parts(item.before, item.affine, axis)
    turned = np.zeros(len(along)) if item.angles is None else item.angles[1] - item.angles[0]
    columns = np.stack([stretch, rotation, affine_stretch, affine_rotation, turned, np.ones(len(along)), along])
    groups, place = np.unique(blocks[item.owner[:, 0]], return_inverse=True)
    sums = np.stack([np.bincount(place, column, minlength=len(groups)) for column in columns])
    drawn = sums @ resampling_counts(rng, len(groups), draws).T
    total = sums.sum(axis=1)
    length_along = total[6] if total[6] > 0.0 else np.nan
    share, baseline = _shares(total)
    drawn_share, drawn_baseline = _shares(drawn)
    angles = item.angles is not None
    return {
        "kinds": item.kind,
        "n_bonds": len(along),
        "elongation": (total[0] + total[1]) / length_along,
        "stretch": total[0] / length_along,
        "rotation": total[1] / length_along,
        "stretch_share": 1.0 - share,
        "rotation_share": share,
        "rotation_share_interval": percentile_interval(drawn_share),
        "baseline_elongation": (total[2] + total[3]) / length_along,
        "baseline_rotation_share": baseline,
        "excess_rotation": share - baseline,
        "excess_interval": percentile_interval(drawn_share - drawn_baseline),
        "length_before_angstrom": float(np.linalg.norm(item.before, axis=1).mean()),
        "length_after_angstrom": float(np.linalg.norm(item.after, axis=1).mean()),
        "angle_before_deg": float(item.angles[0].mean()) if item.angles is not None else np.nan,
        "angle_change_deg": total[4] / total[5] if angles else np.nan,
        "angle_change_interval_deg": percentile_interval(drawn[4] / drawn[5]) if angles else np.full(2, np.nan),
    }


def _shares(sums: Floats) -> tuple[Floats, Floats]:
    """Shares of rotation, found and affine; NaN where there is no elongation."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(np.abs(sums[0] + sums[1]) > NO_ELONGATION * sums[6], sums[1] / (sums[0] + sums[1]), np.nan)
        affine = np.where(np.abs(sums[2] + sums[3]) > NO_ELONGATION * sums[6], sums[3] / (sums[2] + sums[3]), np.nan)
    return found, affine
