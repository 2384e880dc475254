"""Several arrangements of the same solid solution: how much a number depends on who sits where. Lengths in angstrom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from entrox.composition import Composition, parse_formula, pseudo_cubic_lattice_parameter
from entrox.core import InputError, check_integer, spawn_generators
from entrox.structure.perovskite import build_perovskite

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["build_arrangements"]


def build_arrangements(
    formula: str | Composition,
    shape: tuple[int, int, int],
    n: int,
    method: str = "random",
    *,
    rng: np.random.Generator,
    lattice_angstrom: ArrayLike | None = None,
    rounding: str = "error",
    setting: str = "cubic",
) -> tuple[Atoms, ...]:
    """Build perovskite boxes of one composition that differ in the arrangement of the species only.

    Parameters
    ----------
    formula
        Perovskite, as text without variables or as a composition.
    shape, setting
        Units of the setting along its vectors, as for :func:`build_perovskite`.
    n
        Number of boxes.
    method, rounding
        As for :func:`occupy_sites`.
    rng
        Source of randomness; each box gets a stream of its own, so that the first boxes do not depend on ``n``.
    lattice_angstrom
        Pseudo-cubic edge or edges; Vegard's rule over the end members if None.

    Raises
    ------
    InputError
        If the formula is no perovskite or the fractions do not fit the box.

    Examples
    --------
    >>> boxes = build_arrangements("Ba0.75Ca0.25TiO3", (2, 2, 2), 3, rng=np.random.default_rng(1))
    >>> [box.get_chemical_formula() for box in boxes] == ["Ba6Ca2O24Ti8"] * 3
    True
    """
    check_integer(n, "n", low=1)
    composition = formula if isinstance(formula, Composition) else parse_formula(formula).at()
    if composition.prototype != "perovskite":
        raise InputError(f"{composition.formula} was read as {composition.prototype}; arrangements need a perovskite.")
    if lattice_angstrom is None:
        lattice_angstrom = pseudo_cubic_lattice_parameter(composition).value
    on_site = {
        label: {name: float(x) for name, x in site.fractions.items()} for label, site in composition.sites.items()
    }
    return tuple(
        build_perovskite(
            on_site["A"],
            on_site["B"],
            shape,
            lattice_angstrom,
            x_site=on_site["X"],
            setting=setting,
            method=method,
            rounding=rounding,
            rng=stream,
        )
        for stream in spawn_generators(rng, n)
    )
