"""Bond valence: the sum of exp((R0 - r)/B) over the bonds of an atom, beside its charge.

Pure functions. Units: angstrom; valences in e.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_positive, nearest_names
from entrox.scattering.engine.lone_box import atoms_in_cells
from entrox.scattering.engine.neighbor_table import cell_numbers
from entrox.scattering.engine.padded_box import quantized
from entrox.scattering.terms.bond_valence_sets import BOND_VALENCE_SETS, FORMAL_CHARGES
from entrox.scattering.terms.constraint_terms import BondValenceTerm
from entrox.scattering.terms.valence._kernels import BondRules, all_valences

__all__ = ["bond_rules", "bond_valence_sums", "bond_valence_term", "instability_index", "perovskite_bonds"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ANIONS_OF_KIND = (12, 6)
FIRST_LOOK_ANGSTROM = 5.0


def bond_valence_term(
    elements: Sequence[str],
    *,
    parameters: str = "classic",
    r0_angstrom: Mapping[str, float] | None = None,
    b_angstrom: Mapping[str, float] | None = None,
    charges_e: Mapping[str, float] | None = None,
    sigma: float = 0.1,
    anion: str = "O",
) -> BondValenceTerm:
    """Bond valence term of some elements from a named set, or from own values.

    Parameters
    ----------
    elements
        Elements of the box, with the anion.
    parameters
        Name of a set of :data:`entrox.scattering.terms.bond_valence_sets.BOND_VALENCE_SETS`.
    r0_angstrom, b_angstrom, charges_e
        Values that replace or complete those of the set.
    sigma
        Weight [e].
    anion
        Element at the other end of the bonds.

    Raises
    ------
    InputError
        If the set is unknown, or an element has no R0, B or charge.
    """
    if parameters not in BOND_VALENCE_SETS:
        raise InputError(
            f"parameters must be one of {sorted(BOND_VALENCE_SETS)}; got {parameters!r}. "
            f"Nearest: {nearest_names(parameters, BOND_VALENCE_SETS)}"
        )
    check_positive(sigma, "sigma")
    table = BOND_VALENCE_SETS[parameters]
    r0 = {name: pair[0] for name, pair in table.items()} | dict(r0_angstrom or {})
    b = {name: pair[1] for name, pair in table.items()} | dict(b_angstrom or {})
    charges = FORMAL_CHARGES | dict(charges_e or {})
    for name in elements:
        for key, values in (("r0_angstrom", r0), ("b_angstrom", b), ("charges_e", charges)):
            if name not in values and not (name == anion and key != "charges_e"):
                raise InputError(
                    f"bond valence set {parameters!r} has no {key} for {name}. Give {key} for {name}, or leave the "
                    "bond valence constraint out."
                )
    cations = [name for name in elements if name != anion]
    return BondValenceTerm(
        r0_angstrom={name: float(r0[name]) for name in cations},
        b_angstrom={name: float(b[name]) for name in cations},
        charges_e={name: float(charges[name]) for name in elements},
        sigma=sigma,
        anion=anion,
    )


def perovskite_bonds(
    sites: Floats, cell: Floats, grid: tuple[int, int, int], kind: Ints
) -> tuple[Ints, Ints, Floats] | None:
    """Bonds of the topological shells: 12 anions around A (kind 0), 6 around B (kind 1).

    Returns
    -------
    tuple or None
        First entry of each site, the partners, and the box vectors to add to a partner [angstrom]; None unless the
        cells hold the five kinds of a perovskite.
    """
    if int(kind.max()) != 4:
        return None
    numbers, basis = cell_numbers(sites, cell, grid, kind)
    cells = np.asarray(grid, dtype=np.int64)
    wrapped = numbers % cells
    site_at = np.empty((*grid, 5), dtype=np.int64)
    site_at[wrapped[:, 0], wrapped[:, 1], wrapped[:, 2], kind] = np.arange(len(kind))
    steps = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    pairs = []
    for own, count in enumerate(ANIONS_OF_KIND):
        apart = (steps[:, None, :] + basis[None, 2:, :] - basis[own]) / cells @ cell
        nearest = np.argsort((apart**2).sum(axis=2).ravel(), kind="stable")[:count]
        centers = np.flatnonzero(kind == own)
        for step, anion in zip(steps[nearest // 3], nearest % 3 + 2, strict=True):
            there = wrapped[centers] + step
            partner = site_at[*(there % cells).T, anion]
            turns = there // cells + (numbers[centers] - wrapped[centers]) // cells
            turns -= (numbers[partner] - wrapped[partner]) // cells
            pairs.append((centers, partner, turns))
    center, partner, turns = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    start, other, turn = (
        np.concatenate([center, partner]),
        np.concatenate([partner, center]),
        np.concatenate([turns, -turns]),
    )
    order = np.argsort(start, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=len(kind)))])
    return first, other[order], np.ascontiguousarray(turn[order] @ cell)


def _cutoffs(
    positions: Floats, species: Ints, cell: Floats, elements: Sequence[str], term: BondValenceTerm, rules: BondRules
) -> Floats:
    """Cut-off of each cation: its factor times the valence-weighted mean bond of a box."""
    wide = rules._replace(fixed=False, cutoff_squared=np.full(len(elements), FIRST_LOOK_ANGSTROM**2))
    box, near = atoms_in_cells(positions, species, cell, FIRST_LOOK_ANGSTROM)
    valence = all_valences(box, near, wide, positions, species)
    # The derivative of ln sum exp((R0 - r)/B) in 1/B is R0 minus the weighted mean bond.
    step = 1.0e-6
    shifted = all_valences(box, near, wide._replace(b=1.0 / (1.0 / wide.b + step)), positions, species)
    result = np.zeros(len(elements))
    for number, name in enumerate(elements):
        members = (species == number) & (valence > 0.0)
        if name == term.anion or not members.any():
            continue
        bond = rules.r0[number] - np.log(shifted[members] / valence[members]) / step
        result[number] = min(term.cutoff_factor * float(bond.mean()), FIRST_LOOK_ANGSTROM)
    return result


def bond_rules(
    positions: Floats,
    species: Ints,
    cell: Floats,
    elements: Sequence[str],
    term: BondValenceTerm | None,
    bonds: tuple[Ints, Ints, Floats] | None,
) -> BondRules:
    """Bond valence term in the form of the kernels; fixed bonds, or a cut-off from the positions given."""
    n_elements = len(elements)
    none = (np.zeros(len(positions) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, 3)))
    first, other, shift = none if bonds is None else bonds
    if term is None or term.anion not in elements:
        if term is not None:
            raise InputError(f"anion {term.anion!r} of the bond valence term is not among the elements {elements}")
        zeros = np.zeros(n_elements)
        return BondRules(False, True, -1, zeros, zeros + 1.0, zeros, zeros, 0.0, *none)
    anion = list(elements).index(term.anion)
    for name in elements:
        if name not in term.charges_e or (name != term.anion and name not in term.r0_angstrom):
            raise InputError(
                f"bond valence term has no R0 or charge for {name}. Give r0_angstrom and charges_e for it."
            )
    rules = BondRules(
        True,
        bonds is not None,
        anion,
        np.array([term.r0_angstrom.get(name, 0.0) for name in elements]),
        np.array([term.b_angstrom.get(name, 1.0) for name in elements]),
        np.array([abs(term.charges_e[name]) for name in elements]),
        np.zeros(n_elements),
        1.0 / term.sigma**2,
        first,
        other,
        shift,
    )
    if bonds is not None:
        return rules
    cutoffs = _cutoffs(positions, species, cell, elements, term, rules)
    return rules._replace(cutoff_squared=cutoffs**2)


def bond_valence_sums(
    positions: ArrayLike,
    species: ArrayLike,
    cell: ArrayLike,
    elements: Sequence[str],
    term: BondValenceTerm,
    *,
    sites: ArrayLike | None = None,
    grid: tuple[int, int, int] | None = None,
    site_kind: ArrayLike | None = None,
) -> Floats:
    r"""Bond valence sum of every atom, :math:`V_i = \sum_j \exp((R_0 - r_{ij})/B)`.

    Parameters
    ----------
    positions
        Positions [angstrom], shape ``(n, 3)``.
    species
        Number of the element of each atom, shape ``(n,)``.
    cell
        Box vectors in rows [angstrom].
    elements
        Symbols.
    term
        Parameters.
    sites, grid, site_kind
        Sites, cells and kinds of a perovskite box: then the bonds are the topological shells; else all pairs within
        the cut-off.

    Returns
    -------
    numpy.ndarray
        Sums [e], shape ``(n,)``.
    """
    places = quantized(np.asarray(positions, dtype=float))
    numbers = np.asarray(species, dtype=np.int64)
    vectors = quantized(np.asarray(cell, dtype=float))
    bonds = None
    if grid is not None and site_kind is not None:
        bonds = perovskite_bonds(
            places if sites is None else np.asarray(sites, dtype=float), vectors, grid, np.asarray(site_kind)
        )
    rules = bond_rules(places, numbers, vectors, elements, term, bonds)
    reach = float(np.sqrt(rules.cutoff_squared.max())) + 0.1
    box, near = atoms_in_cells(places, numbers, vectors, reach)
    return np.asarray(all_valences(box, near, rules, places, numbers))


def instability_index(sums: ArrayLike, charges: ArrayLike) -> float:
    r"""Global instability index :math:`\sqrt{\langle (V - |z|)^2 \rangle}` [e]; structures above 0.2 are strained.

    Examples
    --------
    >>> instability_index([2.1, 3.9], [2.0, -4.0])
    0.10000000000000009
    """
    off = np.asarray(sums, dtype=float) - np.abs(np.asarray(charges, dtype=float))
    return float(np.sqrt(np.mean(off**2)))
