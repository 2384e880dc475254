"""The box a refinement starts from: a cubic perovskite, a repeated unit cell, or a box from a file.

Species on shared sites are drawn to the exact composition, or the nearest that whole atoms allow. Without swaps this
random occupation *is* the chemistry of the result. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from entrox.composition.formula import parse_formula
from entrox.composition.tables import VACANCY
from entrox.core import InputError
from entrox.order.lattice.site_roles import site_elements
from entrox.scattering.setup.given_box import start_box_of_atoms
from entrox.scattering.setup.rmc_settings import RmcSettings, SampleTable
from entrox.scattering.setup.site_box import SUBLATTICES, StartBox, rounding_notes
from entrox.scattering.setup.unit_cell_box import read_unit_cell, repeated_cell
from entrox.structure.frames import read_frames
from entrox.structure.perovskite import build_perovskite

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["build_start_box", "formula_amounts"]

COMPOSITION_TOLERANCE = 0.002
DENSITY_TOLERANCE = 0.005


def build_start_box(settings: RmcSettings, rng: np.random.Generator) -> StartBox:
    """Make the start box of some settings.

    Parameters
    ----------
    settings
        What the box is made of: the table ``[sample]``.
    rng
        Draws the occupation of shared sites.

    Raises
    ------
    InputError
        If a file is missing, the box does not have the composition of the formula or the density that was given, or an
        element has no site.
    """
    sample = settings.sample
    if sample.box is not None:
        start = start_box_of_atoms(_only_frame(settings.path(sample.box)))
    elif sample.structure is not None:
        start = repeated_cell(read_unit_cell(settings.path(sample.structure)), sample, rng)
    else:
        start = _cubic_perovskite(sample, rng)
    _check_composition(start, sample.formula)
    _check_density(start, sample.number_density_per_angstrom3)
    return start


def formula_amounts(formula: str) -> dict[str, float]:
    """Amounts of the elements of a formula, vacancies included.

    Raises
    ------
    InputError
        If it has variables.
    """
    parsed = parse_formula(formula)
    if parsed.variables:
        raise InputError(f"{formula!r} has the variables {', '.join(parsed.variables)}; give numbers.")
    return {name: float(amount.constant) for name, amount in parsed.amounts.items()}


def _only_frame(path: Path) -> Atoms:
    if not path.is_file():
        raise InputError(f"{path} does not exist.")
    frames = list(read_frames(path))
    if len(frames) != 1:
        raise InputError(f"{path} must hold one box; it holds {len(frames)}.")
    return frames[0]


def _cubic_perovskite(sample: SampleTable, rng: np.random.Generator) -> StartBox:
    """Pm-3m with the species of the formula on their sites."""
    assert sample.formula is not None
    assert sample.lattice_a_angstrom is not None
    assert sample.cells is not None
    amounts = formula_amounts(sample.formula)
    on_a, on_b, anions = site_elements([name for name in amounts if name != VACANCY], None, None, ("O",))
    shared = sorted(set(on_a) & set(on_b))
    if shared:
        raise InputError(
            f"{', '.join(shared)} may sit on A or on B sites: give sample.structure and sample.occupation instead."
        )
    if VACANCY in amounts:
        raise InputError("vacancies have no place in a formula without sites: give sample.structure and occupation.")
    sites = [_fractions(amounts, group, sample.formula) for group in (on_a, on_b, anions)]
    units = [sum(amounts[name] for name in group) for group in (on_a, on_b, anions)]
    if not np.allclose(np.array(units) / units[1], [1.0, 1.0, 3.0], atol=5e-3):
        raise InputError(
            f"{sample.formula} has {units[0]:g} A, {units[1]:g} B and {units[2]:g} anions per formula unit, not 1:1:3; "
            "a cubic perovskite cannot be built. Give sample.structure and sample.occupation."
        )
    atoms = build_perovskite(
        sites[0], sites[1], sample.cells, sample.lattice_a_angstrom, x_site=sites[2],
        rounding="largest-remainder", rng=rng,
    )  # fmt: skip
    return StartBox(
        atoms=atoms,
        sites_angstrom=atoms.get_positions(),
        grid=sample.cells,
        site_kind=np.asarray(atoms.get_array("site_number"), dtype=np.int64) - 1,
        sublattice=SUBLATTICES,
        perovskite=True,
        warnings=rounding_notes(atoms),
    )


def _fractions(amounts: Mapping[str, float], group: tuple[str, ...], formula: str) -> dict[str, float]:
    """Shares of the elements of one site, in the order of the formula."""
    named = [name for name in amounts if name in group]
    if not named:
        raise InputError(f"{formula} leaves a site of the perovskite without an element.")
    total = sum(amounts[name] for name in named)
    return {name: amounts[name] / total for name in named}


def _check_composition(start: StartBox, formula: str | None) -> None:
    if formula is None:
        return
    amounts = {name: x for name, x in formula_amounts(formula).items() if name != VACANCY and x > 0.0}
    wanted = {name: x / sum(amounts.values()) for name, x in amounts.items()}
    counts, n_atoms = start.counts, len(start.atoms)
    names = sorted({*wanted, *counts})
    # rounding to whole atoms is no difference
    allowed = max(COMPOSITION_TOLERANCE, 1.0 / n_atoms)
    apart = [n for n in names if abs(counts.get(n, 0) / n_atoms - wanted.get(n, 0.0)) > allowed]
    if apart or set(counts) != set(wanted):
        text = ", ".join(f"{n} {counts.get(n, 0) / n_atoms:.4f} against {wanted.get(n, 0.0):.4f}" for n in names)
        raise InputError(
            f"the box has another composition than the formula {formula} (atomic fractions, box against formula: "
            f"{text}). Correct formula, box or occupation."
        )


def _check_density(start: StartBox, given: float | None) -> None:
    if given is not None and abs(given / start.number_density - 1.0) > DENSITY_TOLERANCE:
        raise InputError(
            f"number_density_per_angstrom3 {given:g} differs from atoms over volume of the box, "
            f"{start.number_density:.6g}, by more than {100 * DENSITY_TOLERANCE:g} %. Correct lattice or density."
        )
