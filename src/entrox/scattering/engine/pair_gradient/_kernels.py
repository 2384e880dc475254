"""Compiled kernels of the gradient: forces of a pair potential on bins, and of the bond valence term."""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def pair_forces(box, runs, species, total, lengths, channel, spline, step):
    """Gradient of the sum of a splined pair potential over all pairs."""
    gradient = np.zeros((len(species), 3))
    slots = box.shape[6]
    reach = spline.shape[1] * step
    for atom in range(len(species)):
        home = box.home[atom]
        base = (home // slots) * slots
        kind = box.kind[atom]
        own = species[atom]
        for run in range(runs.number[kind]):
            first = base + runs.start[kind, run]
            for place in range(first, first + runs.length[kind, run]):
                if box.atom[place] < 0 or place == home:
                    continue
                dx, dy, dz = box.x[home] - box.x[place], box.y[home] - box.y[place], box.z[home] - box.z[place]
                distance = np.sqrt(dx * dx + dy * dy + dz * dz)
                if distance >= reach or distance == 0.0:
                    continue
                interval = int(distance / step)
                t = distance - interval * step
                c = spline[channel[own, box.species[place]], interval]
                slope = c[1] + t * (2.0 * c[2] + 3.0 * t * c[3])
                if total:
                    slope *= 2.0 * lengths[own] * lengths[box.species[place]]
                gradient[atom, 0] += slope * dx / distance
                gradient[atom, 1] += slope * dy / distance
                gradient[atom, 2] += slope * dz / distance
    return gradient


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def pair_energy(box, runs, species, total, lengths, channel, spline, step):
    """Sum of a splined pair potential over all pairs."""
    energy = 0.0
    slots = box.shape[6]
    reach = spline.shape[1] * step
    for atom in range(len(species)):
        home = box.home[atom]
        base = (home // slots) * slots
        kind = box.kind[atom]
        own = species[atom]
        for run in range(runs.number[kind]):
            first = base + runs.start[kind, run]
            for place in range(first, first + runs.length[kind, run]):
                if box.atom[place] < 0 or place == home:
                    continue
                dx, dy, dz = box.x[home] - box.x[place], box.y[home] - box.y[place], box.z[home] - box.z[place]
                distance = np.sqrt(dx * dx + dy * dy + dz * dz)
                if distance >= reach:
                    continue
                interval = int(distance / step)
                t = distance - interval * step
                c = spline[channel[own, box.species[place]], interval]
                value = c[0] + t * (c[1] + t * (c[2] + t * c[3]))
                if total:
                    value *= 2.0 * lengths[own] * lengths[box.species[place]]
                energy += 0.5 * value
    return energy


@njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _bond_force(bonds, species, valence, atom, other, dx, dy, dz, gradient):
    """Add the force of one bond, from the other atom to this one, on this one."""
    one, two = species[atom], species[other]
    if (one == bonds.anion) == (two == bonds.anion):
        return
    cation = two if one == bonds.anion else one
    square = dx * dx + dy * dy + dz * dz
    if not bonds.fixed and square > bonds.cutoff_squared[cation]:
        return
    distance = np.sqrt(square)
    strength = np.exp((bonds.r0[cation] - distance) / bonds.b[cation])
    off = valence[atom] - bonds.charge[one] + valence[other] - bonds.charge[two]
    slope = -2.0 * off * bonds.inverse_variance * strength / bonds.b[cation] / distance
    gradient[atom, 0] += slope * dx
    gradient[atom, 1] += slope * dy
    gradient[atom, 2] += slope * dz


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def valence_forces(box, runs, bonds, positions, species, valence):
    """Gradient of the bond valence term."""
    gradient = np.zeros((len(species), 3))
    slots = box.shape[6]
    for atom in range(len(species)):
        if bonds.fixed:
            for entry in range(bonds.first[atom], bonds.first[atom + 1]):
                other = bonds.other[entry]
                dx = positions[atom, 0] - positions[other, 0] - bonds.shift[entry, 0]
                dy = positions[atom, 1] - positions[other, 1] - bonds.shift[entry, 1]
                dz = positions[atom, 2] - positions[other, 2] - bonds.shift[entry, 2]
                _bond_force(bonds, species, valence, atom, other, dx, dy, dz, gradient)
            continue
        home = box.home[atom]
        base = (home // slots) * slots
        kind = box.kind[atom]
        for run in range(runs.number[kind]):
            first = base + runs.start[kind, run]
            for place in range(first, first + runs.length[kind, run]):
                if box.atom[place] >= 0 and box.atom[place] != atom:
                    dx, dy, dz = box.x[home] - box.x[place], box.y[home] - box.y[place], box.z[home] - box.z[place]
                    _bond_force(bonds, species, valence, atom, np.int64(box.atom[place]), dx, dy, dz, gradient)
    return gradient
