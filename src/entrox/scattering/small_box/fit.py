"""Fit of a small box: a cell of a crystal against its pair distribution, up to some 20 angstrom.

A box of thousands of atoms needs from it the lattice, the scale, an offset of the labels of r, and the resolution.
Units: angstrom, 1/angstrom, deg.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from entrox.core import InputError
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.sample import Sample, sample_of
from entrox.scattering.small_box.points import Points, fitted_points, resolution_of
from entrox.scattering.small_box.result import SmallBoxFit
from entrox.scattering.small_box.search import fitted_box
from entrox.scattering.small_box.setup import box_cell
from entrox.scattering.small_box.structure import mean_composition, site_contents
from entrox.scattering.small_box.tilt import tilt_modes

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["fit_small_box"]

FRACTION_TOLERANCE = 0.005
DENSITY_TOLERANCE = 0.005


def fit_small_box(
    data: CorrelationData,
    structure: Atoms,
    sample: Sample | None = None,
    *,
    form: str | None = None,
    free: Sequence[str] = ("scale", "lattice", "u"),
    start: Mapping[str, float] | None = None,
    tilt: str | None = None,
    lattice_ties: str | None = None,
    shared: Mapping[str, Mapping[str, float]] | None = None,
    r_min_angstrom: float = 1.5,
    r_max_angstrom: float = 20.0,
    excluded_angstrom: Sequence[tuple[float, float]] = (),
    qmax_per_angstrom: float | None = None,
    window: str = "none",
    qdamp_per_angstrom: float | None = None,
    qbroad_per_angstrom: float | None = None,
    peak_in: str = "D",
    weights: str = "uniform",
    symmetry_tolerance_angstrom: float = 1e-3,
) -> SmallBoxFit:
    """Fit a cell to a measured pair distribution.

    Parameters
    ----------
    data
        A function of r, in any form.
    structure
        Cell to start from. Its symmetry is kept: lattice, coordinates and tensors change only as that allows.
    sample
        Probe, lengths and the density that the data were reduced with; neutrons and those of the structure by default.
        X-ray weights are the form factors at Q = 0.
    form
        Form of the data; that of the data by default. The fit is one of G_pdf = D/<b>^2.
    free
        What is fitted: groups (``scale``, ``lattice``, ``u`` per element, ``u_site`` per site, ``u_aniso`` tensors per
        site, ``r_offset``, ``delta1``, ``delta2``, ``qdamp``, ``qbroad``, ``positions``, ``tilt``) or single names
        (``a``, ``u_O``, ``O2.x``).
    start
        First or, if not free, fixed value by name; U is 0.005 angstrom^2 by default.
    tilt
        Glazer's symbol of the tilts of a cubic perovskite (then the box is 2 x 2 x 2 cells); ``a0a0c-`` if ``tilt``
        is free and none is given.
    lattice_ties
        Edges that are equal instead of what symmetry says, for example ``"a=b"``; ``"none"`` for three edges.
        Angles stay.
    shared
        Elements on the sites of an element of the structure, ``{"Ba": {"Ba": 0.9, "Ca": 0.1}}``.
    r_min_angstrom, r_max_angstrom
        Range of the fit, clamped to the data.
    excluded_angstrom
        Ranges inside it that are left out.
    qmax_per_angstrom, qdamp_per_angstrom, qbroad_per_angstrom
        Resolution; those of the file's header by default, else none.
    window
        ``"none"`` or ``"lorch"``, as in the reduction of the data.
    peak_in
        ``"D"``: peaks of D are Gaussians, exact for isotropic relative motion; ``"R"``: as in PDFgui.
    weights
        ``"uniform"``, or ``"errors"``: one over the squared error of each point.
    symmetry_tolerance_angstrom
        How far atoms may be from their symmetric places.

    Returns
    -------
    SmallBoxFit
        Values with errors, fitted curve, cell.

    Raises
    ------
    InputError
        If the data are no function of r or hold fewer independent numbers than are fitted, a name is unknown, the
        sample does not match the structure, or a range is empty.

    Notes
    -----
    With a free lattice the fit begins with the shells nearby and goes outward: far shells are off by more than their
    width when the lattice is 1 % wrong. T. Proffen and S. J. L. Billinge, J. Appl. Cryst. 32, 572 (1999).
    """
    contents = site_contents(structure, shared)
    known = sample_of(mean_composition(contents), _density(structure, contents)) if sample is None else sample
    _check_composition(contents, known)
    resolution = resolution_of(data, qmax_per_angstrom, qdamp_per_angstrom, qbroad_per_angstrom, window)
    points = fitted_points(data, form, known, r_min_angstrom, r_max_angstrom, excluded_angstrom, weights=weights)
    cell = box_cell(structure, contents, known, lattice_ties, symmetry_tolerance_angstrom)
    symbol = _tilt_symbol(tilt, free, start or {})
    tilts = () if symbol is None else tilt_modes(cell, symbol)
    first = {**resolution.fixed, **(start or {})}
    fit = fitted_box(
        cell if symbol is None else cell.repeated(2), tilts, points, resolution, tuple(free), first, peak_in
    )
    shares = dict(zip(cell.labels, contents, strict=True))
    notes = (*points.warnings, *fit.warnings, *_density_note(fit, known, points))
    return replace(fit, form=points.form, shares=shares, warnings=notes)


def _tilt_symbol(tilt: str | None, free: Sequence[str], start: Mapping[str, float]) -> str | None:
    asked = any(name.startswith("tilt") for name in (*free, *start))
    if tilt is not None and not asked:
        raise InputError(f"tilt {tilt} is given without an angle: set it free, or fix it with start, tilt_c for c.")
    return (tilt or "a0a0c-") if asked else None


def _density(structure: Atoms, contents: Sequence[Mapping[str, float]]) -> float:
    volume = abs(float(np.linalg.det(np.asarray(structure.cell, dtype=float))))
    if volume <= 0.0:
        raise InputError("the structure has no cell.")
    return sum(mean_composition([dict(one) for one in contents]).values()) / volume


def _check_composition(contents: Sequence[Mapping[str, float]], sample: Sample) -> None:
    amounts = mean_composition([dict(one) for one in contents])
    total = sum(amounts.values())
    shares = {name: amount / total for name, amount in amounts.items() if amount > 0.0}
    for name in {*shares, *sample.fractions}:
        if abs(shares.get(name, 0.0) - sample.fractions.get(name, 0.0)) > FRACTION_TOLERANCE:
            raise InputError(
                f"the structure has the fractions {_listed(shares)}, the sample {_listed(sample.fractions)}. Say with "
                "shared which elements stand on one site, or correct the formula."
            )


def _listed(fractions: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.4g}" for name, share in sorted(fractions.items()))


def _density_note(fit: SmallBoxFit, sample: Sample, points: Points) -> tuple[str, ...]:
    """Forms other than D and G_pdf were read with the density of the sample."""
    off = fit.number_density / sample.number_density - 1.0
    if points.form in ("D", "G_pdf") or abs(off) <= DENSITY_TOLERANCE:
        return ()
    return (
        f"the fitted cell has {fit.number_density:.5g} atoms per cubic angstrom, {100 * off:+.2g} % from the "
        f"{sample.number_density:.5g} with which {points.form} was read; the scale suffers as much: give this density",
    )
