"""A known box and the data it would give: the truth of a round trip, where every answer can be checked.

Lengths in angstrom, data as their form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite, check_in_range, check_positive
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.sample import Sample, sample_of
from entrox.scattering.data.weights import pair_names
from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.build import build_operator
from entrox.scattering.operators.histogram import pair_histogram, weighted_histogram

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["displaced_box", "virtual_data"]

Floats = NDArray[np.float64]
SIDES = np.vstack([np.eye(3), -np.eye(3)])
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / np.sqrt(3.0)


def displaced_box(
    atoms: Atoms,
    off_centers_angstrom: Mapping[str, float],
    variance_angstrom2: float,
    rng: np.random.Generator,
    *,
    directions: str = "111",
) -> Atoms:
    """Box whose atoms sit off their sites by element, and move thermally about there.

    Parameters
    ----------
    atoms
        Box with its atoms on their sites.
    off_centers_angstrom
        How far the atoms of an element sit off their sites; others stay on them.
    variance_angstrom2
        Variance of the thermal motion per axis, of all atoms.
    rng
        Draws directions and motion.
    directions
        ``"111"``: one of the eight corners for each atom; ``"100"``: one of six; ``"any"``: any direction.

    Returns
    -------
    Atoms
        New box.
    """
    kinds = {"111": CORNERS, "100": SIDES, "any": None}
    if directions not in kinds:
        raise InputError(f"directions must be one of {', '.join(kinds)}; got {directions!r}.")
    check_in_range(variance_angstrom2, "variance_angstrom2", low=0.0)
    unknown = sorted(set(off_centers_angstrom) - set(atoms.get_chemical_symbols()))
    if unknown:
        raise InputError(f"off_centers_angstrom names {unknown}, which the box does not hold.")
    axes = kinds[directions]
    if axes is None:
        unit = rng.normal(size=(len(atoms), 3))
        unit /= np.linalg.norm(unit, axis=1)[:, None]
    else:
        unit = axes[rng.integers(len(axes), size=len(atoms))]
    length = np.array([off_centers_angstrom.get(name, 0.0) for name in atoms.get_chemical_symbols()])
    moved: Atoms = atoms.copy()
    thermal = rng.normal(0.0, np.sqrt(variance_angstrom2), (len(atoms), 3))
    moved.set_positions(atoms.get_positions() + length[:, None] * unit + thermal)
    return moved


def virtual_data(
    atoms: Atoms,
    x: ArrayLike,
    form: str,
    *,
    radius_angstrom: float,
    sigma: float,
    rng: np.random.Generator,
    qmax: float | None = None,
    window: str = "none",
    step_angstrom: float = 0.02,
    sample: Sample | None = None,
) -> CorrelationData:
    """Data that a box would give in an experiment, with noise.

    Parameters
    ----------
    atoms
        Box.
    x
        Points [angstrom or 1/angstrom], shape ``(n,)``.
    form
        Form.
    radius_angstrom
        Distances counted: data of Q are those of the box cut there, already convolved with the transform of the cut.
    sigma
        Standard error of the points.
    rng
        Draws the noise.
    qmax, window
        End of the transform behind data of r, and its window.
    step_angstrom
        Step of the histogram.
    sample
        Lengths or probe; neutrons with the default table if None.

    Raises
    ------
    InputError
        If the form is unknown, or the radius exceeds half the box.
    """
    points = check_finite(x, "x")
    check_positive(sigma, "sigma")
    counts = dict(sorted(Counter(atoms.get_chemical_symbols()).items()))
    volume = float(atoms.get_volume())
    known = sample_of(dict(counts), len(atoms) / volume) if sample is None else sample
    bins = Bins(step_angstrom, int(radius_angstrom / step_angstrom - 0.5 + 1e-9))
    blank = CorrelationData(x=points, y=np.zeros(len(points)), form=form)
    operator = build_operator(
        blank, bins, known, counts=counts, volume_angstrom3=volume, cell=np.asarray(atoms.cell), name="virtual",
        sigma=sigma, form=form, qmax=qmax, window=window, convolve=False, x_min=float(points[0]),
        x_max=float(points[-1]),
    )  # fmt: skip
    elements = list(counts)
    species = np.array([elements.index(name) for name in atoms.get_chemical_symbols()])
    if operator.channels == ("total",):
        lengths = [known.lengths_fm[name] for name in elements]
        histogram = weighted_histogram(atoms.get_positions(), species, atoms.cell, bins, lengths)
    else:
        pairs, found = pair_histogram(atoms.get_positions(), species, atoms.cell, bins)
        by_name = {f"{elements[i]}-{elements[j]}": row for (i, j), row in zip(pairs, found, strict=True)}
        histogram = np.concatenate([by_name[name] for name in pair_names(known)])
    exact = operator.matrix @ histogram + operator.constant
    return CorrelationData(
        x=operator.x,
        y=exact + rng.normal(0.0, sigma, len(exact)),
        error=np.full(len(exact), sigma),
        form=form,
        title="virtual data of a known box",
    )
