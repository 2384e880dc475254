r"""Rings of a crystal powder under electrons: where they lie, and how strong they are to first order.

.. math:: I_\mathrm{ring} = \sum_{hkl} |F_{hkl}|^2, \qquad F = \sum_j f_j(s)\, e^{2 \pi i\, (hkl) \cdot x_j}

Kinematic: multiple scattering changes strengths, not places. Standards are given by their lattice parameter at room
temperature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.composition.electron_factors import electron_form_factors
from entrox.core import InputError, Result, check_positive, nearest_names, quantity

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["RING_STANDARDS", "RingSet", "build_standard", "ring_set"]

Floats = NDArray[np.float64]

RING_STANDARDS = {
    "Au": ("fcc", 4.0782), "Ag": ("fcc", 4.0853), "Al": ("fcc", 4.0495), "Pt": ("fcc", 3.9242), "Cu": ("fcc", 3.6149),
    "Ni": ("fcc", 3.5238), "Si": ("diamond", 5.4310), "MgO": ("rocksalt", 4.2112), "TlCl": ("cesiumchloride", 3.8340),
    "CeO2": ("fluorite", 5.4113),
}  # fmt: skip
"""Structure and lattice parameter [angstrom] of substances that serve to calibrate a camera length."""
SAME_RING = 1e-6
WEAKEST = 1e-6


@dataclass(frozen=True, kw_only=True)
class RingSet(Result):
    """Rings in the order of s; ``label`` names one of the planes of each, ``intensity`` is that of the whole ring."""

    s_per_angstrom: Floats = quantity("1/angstrom", "radius of the ring", axes=("ring",))
    intensity: Floats = quantity("1", "intensity over that of the strongest", axes=("ring",))
    multiplicity: NDArray[np.int64] = quantity("1", "planes on the ring", axes=("ring",))
    label: tuple[str, ...] = ()
    name: str = ""


def build_standard(name: str) -> Atoms:
    """Unit cell of a substance that serves to calibrate.

    Parameters
    ----------
    name
        Key of :data:`RING_STANDARDS`.

    Raises
    ------
    InputError
        If there is no such standard.
    """
    from ase.build import bulk

    if name not in RING_STANDARDS:
        raise InputError(
            f"there is no standard {name!r}; {nearest_names(name, RING_STANDARDS)}. A CIF file of any other crystal "
            "serves as well."
        )
    structure, edge = RING_STANDARDS[name]
    return bulk(name, structure, a=edge, cubic=structure != "cesiumchloride")


def ring_set(crystal: Atoms, s_max_per_angstrom: float, *, name: str = "") -> RingSet:
    """Rings of the powder of a crystal.

    Parameters
    ----------
    crystal
        Unit cell.
    s_max_per_angstrom
        Radius of the last ring [1/angstrom].
    name
        What the result is called; the formula if not given.

    Raises
    ------
    InputError
        If the crystal has no ring up to there.

    Examples
    --------
    >>> ring_set(build_standard("Au"), 0.82).label
    ('111', '200', '220', '311')
    """
    end = check_positive(s_max_per_angstrom, "s_max_per_angstrom", "1/angstrom")
    reciprocal = crystal.cell.reciprocal()[:]
    # the planes h = const lie 1/|a| apart
    most = np.ceil(end * crystal.cell.lengths()).astype(int)
    axes = [np.arange(-n, n + 1) for n in most]
    planes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    radius = np.linalg.norm(planes @ reciprocal, axis=1)
    inside = (radius > 1e-9) & (radius <= end)
    planes, radius = planes[inside], radius[inside]
    power = _power(crystal, planes, radius)
    seen = power > WEAKEST * power.max(initial=0.0)
    if not seen.any():
        raise InputError(f"{crystal.get_chemical_formula()} has no ring up to s = {end:g} per angstrom.")
    planes, radius, power = planes[seen], radius[seen], power[seen]
    by_radius = np.argsort(radius, kind="stable")
    planes, radius, power = planes[by_radius], radius[by_radius], power[by_radius]
    starts = np.flatnonzero(np.diff(radius, prepend=-1.0) > SAME_RING)
    total = np.add.reduceat(power, starts)
    ends = np.append(starts[1:], len(radius))
    return RingSet(
        s_per_angstrom=radius[starts],
        intensity=total / total.max(),
        multiplicity=(ends - starts).astype(np.int64),
        label=tuple(_label(planes[a:b]) for a, b in zip(starts, ends, strict=True)),
        name=name or crystal.get_chemical_formula(empirical=True),
    )


def _power(crystal: Atoms, planes: NDArray[np.int64], radius: Floats) -> Floats:
    symbols = crystal.get_chemical_symbols()
    names = sorted(set(symbols))
    at = crystal.get_scaled_positions()
    amplitude = np.zeros(len(planes), dtype=complex)
    for name, factor in zip(names, electron_form_factors(names, radius), strict=True):
        own = at[[symbol == name for symbol in symbols]]
        amplitude += factor * np.exp(2j * np.pi * (planes @ own.T)).sum(axis=1)
    return np.abs(amplitude) ** 2


def _label(planes: NDArray[np.int64]) -> str:
    """Name the plane with the fewest minus signs and the largest indices first."""
    h, k, m = max((tuple(int(i) for i in plane) for plane in planes), key=lambda p: (sum(i >= 0 for i in p), p))
    joined = f"{h}{k}{m}"
    return joined if len(joined) == 3 else f"{h} {k} {m}"
