"""Compiled kernels of bond valence sums: over fixed bonds of crystals, or over all pairs within a cut-off."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit


class BondRules(NamedTuple):
    """Parameters of the bonds; element numbers index ``r0``, ``b``, ``charge`` and ``cutoff_squared``.

    ``active`` is False without the term. With ``fixed`` the bonds of atom i are the entries ``first[i]`` to
    ``first[i + 1]`` of ``other`` and ``shift``; else all cations and anions nearer than the cut-off of the cation.
    """

    active: bool
    fixed: bool
    anion: int
    r0: np.ndarray
    b: np.ndarray
    charge: np.ndarray
    cutoff_squared: np.ndarray
    inverse_variance: float
    first: np.ndarray
    other: np.ndarray
    shift: np.ndarray


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def bond(bonds, one, two, square):
    """Valence of a bond of two elements at a squared distance; zero unless one is the anion."""
    if (one == bonds.anion) == (two == bonds.anion):
        return 0.0
    cation = two if one == bonds.anion else one
    if not bonds.fixed and square > bonds.cutoff_squared[cation]:
        return 0.0
    return np.exp((bonds.r0[cation] - np.sqrt(square)) / bonds.b[cation])


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _note(atoms, values, count, atom, change):
    """Add a change to the list of those of sums; atom may be in it already."""
    for entry in range(count):
        if atoms[entry] == atom:
            values[entry] += change
            return count
    atoms[count] = atom
    values[count] = change
    return count + 1


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _term(bonds, species, valence):
    off = valence - bonds.charge[species]
    return off * off * bonds.inverse_variance


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
def valence_changes(box, runs, bonds, positions, species, atom, new_species, place, atoms, values):
    """Changes of sums as an atom becomes ``new_species`` at ``place`` (unwrapped).

    They are listed in ``atoms`` and ``values``, that of the atom first; no other sum enters. Returns how many they are.
    """
    old_species = species[atom]
    count = 1
    atoms[0] = atom
    values[0] = 0.0
    x, y, z = positions[atom, 0], positions[atom, 1], positions[atom, 2]
    nx, ny, nz = place
    if bonds.fixed:
        for entry in range(bonds.first[atom], bonds.first[atom + 1]):
            j = bonds.other[entry]
            px = positions[j, 0] + bonds.shift[entry, 0]
            py = positions[j, 1] + bonds.shift[entry, 1]
            pz = positions[j, 2] + bonds.shift[entry, 2]
            before = bond(bonds, old_species, species[j], (px - x) ** 2 + (py - y) ** 2 + (pz - z) ** 2)
            after = bond(bonds, new_species, species[j], (px - nx) ** 2 + (py - ny) ** 2 + (pz - nz) ** 2)
            values[0] += after - before
            count = _note(atoms, values, count, j, after - before)
        return count
    return _search_changes(box, runs, bonds, atom, (old_species, new_species), (nx - x, ny - y, nz - z), atoms, values)


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def change_of_cost(bonds, species, valence, new_species, atoms, values, count):
    """Change of cost by changes of sums; the first atom becomes ``new_species``."""
    first = atoms[0]
    change = _term(bonds, new_species, valence[first] + values[0]) - _term(bonds, species[first], valence[first])
    for entry in range(1, count):
        j = atoms[entry]
        change += _term(bonds, species[j], valence[j] + values[entry]) - _term(bonds, species[j], valence[j])
    return change


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _search_changes(box, runs, bonds, atom, kinds, step, atoms, values):
    """List changes of the sums of an atom and its neighbors within the cut-off."""
    slots = box.shape[6]
    base = (box.home[atom] // slots) * slots
    row = box.kind[atom]
    hx, hy, hz = box.x[box.home[atom]], box.y[box.home[atom]], box.z[box.home[atom]]
    count = 1
    widest = 0.0
    for square in bonds.cutoff_squared:
        widest = max(widest, square)
    for run in range(runs.number[row]):
        first = base + runs.start[row, run]
        for place in range(first, first + runs.length[row, run]):
            j = np.int64(box.atom[place])
            dx, dy, dz = box.x[place] - hx, box.y[place] - hy, box.z[place] - hz
            old_square = dx * dx + dy * dy + dz * dz
            new_square = (dx - step[0]) ** 2 + (dy - step[1]) ** 2 + (dz - step[2]) ** 2
            if j < 0 or j == atom or (old_square > widest and new_square > widest):
                continue
            change = bond(bonds, kinds[1], np.int64(box.species[place]), new_square)
            change -= bond(bonds, kinds[0], np.int64(box.species[place]), old_square)
            if change != 0.0:
                values[0] += change
                count = _note(atoms, values, count, j, change)
    return count


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def all_valences(box, runs, bonds, positions, species):
    """Bond valence sums of all atoms."""
    valence = np.zeros(len(positions))
    for atom in range(len(positions)):
        if bonds.fixed:
            for entry in range(bonds.first[atom], bonds.first[atom + 1]):
                square = 0.0
                for axis in range(3):
                    apart = positions[bonds.other[entry], axis] + bonds.shift[entry, axis] - positions[atom, axis]
                    square += apart * apart
                valence[atom] += bond(bonds, species[atom], species[bonds.other[entry]], square)
            continue
        slots = box.shape[6]
        base = (box.home[atom] // slots) * slots
        row = box.kind[atom]
        home = box.home[atom]
        for run in range(runs.number[row]):
            first = base + runs.start[row, run]
            for place in range(first, first + runs.length[row, run]):
                if box.atom[place] >= 0 and box.atom[place] != atom:
                    square = (box.x[place] - box.x[home]) ** 2 + (box.y[place] - box.y[home]) ** 2
                    square += (box.z[place] - box.z[home]) ** 2
                    valence[atom] += bond(bonds, species[atom], np.int64(box.species[place]), square)
    return valence


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def valence_cost(bonds, species, valence):
    """Cost of all sums."""
    cost = 0.0
    for atom in range(len(valence)):
        cost += _term(bonds, species[atom], valence[atom])
    return cost
