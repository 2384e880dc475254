"""Compiled kernels of the avalanche: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def bond_energy(bond, local_sites, form_index, forms, seeds, growth, square):
    """Electric energy of one bond at the squared field ``square`` [eV]."""
    sites, form = local_sites[bond], forms[form_index[bond]]
    total = 0.0
    n = sites.shape[0]
    density = np.empty(n)
    for i in range(n):
        site = sites[i]
        density[i] = seeds[site] * np.exp(growth[site] * square) if site >= 0 else 0.0
    for i in range(n):
        if density[i] != 0.0:
            row = 0.0
            for j in range(n):
                row += form[i, j] * density[j]
            total += density[i] * row
    return total


@njit(cache=True)
def all_bond_energies(local_sites, form_index, forms, seeds, growth, square):
    """Electric energies of all bonds [eV]."""
    energies = np.empty(local_sites.shape[0])
    for bond in range(local_sites.shape[0]):
        energies[bond] = bond_energy(bond, local_sites, form_index, forms, seeds, growth, square)
    return energies


@njit(cache=True)
def crossing_square(bond, local_sites, form_index, forms, seeds, growth, threshold, largest):
    """Squared field at which one bond reaches its threshold; infinity beyond ``largest``.

    ln W is close to linear in the squared field: regula falsi with the Illinois weight settles in a few steps.
    """
    target = np.log(threshold)
    low, high = 0.0, largest
    f_low = np.log(bond_energy(bond, local_sites, form_index, forms, seeds, growth, low)) - target
    f_high = np.log(bond_energy(bond, local_sites, form_index, forms, seeds, growth, high)) - target
    if f_low >= 0.0:
        return 0.0
    if f_high < 0.0:
        return np.inf
    side = 0
    for _ in range(200):
        guess = (low * f_high - high * f_low) / (f_high - f_low)
        f_guess = np.log(bond_energy(bond, local_sites, form_index, forms, seeds, growth, guess)) - target
        if abs(f_guess) < 1e-13 or high - low < 1e-15 * largest:
            break
        if f_guess < 0.0:
            low, f_low = guess, f_guess
            if side == -1:
                f_high *= 0.5
            side = -1
        else:
            high, f_high = guess, f_guess
            if side == 1:
                f_low *= 0.5
            side = 1
    return guess


@njit(cache=True)
def onset_square(local_sites, form_index, forms, seeds, growth, thresholds, largest):
    """Smallest squared field at which any bond reaches its threshold; infinity beyond ``largest``."""
    best = np.inf
    for bond in range(local_sites.shape[0]):
        probe = min(best, largest)
        # One evaluation dismisses a bond that is still below its threshold when the weakest so far has crossed.
        if bond_energy(bond, local_sites, form_index, forms, seeds, growth, probe) > thresholds[bond]:
            crossing = crossing_square(
                bond, local_sites, form_index, forms, seeds, growth, thresholds[bond], probe * (1.0 + 1e-12)
            )
            best = min(best, crossing)
    return best


@njit(cache=True)
def _break_bond(
    bond,
    count,
    square,
    bonds,
    bond_start,
    bond_list,
    in_cluster,
    seeds,
    growth,
    released,
    order,
):
    """Make one bond conducting: enter its ends into the cluster, hand its electrons to the neighbors."""
    order[count] = bond
    in_cluster[bonds[bond, 0]] = True
    in_cluster[bonds[bond, 1]] = True
    neighbors = 0
    for side in range(2):
        site = bonds[bond, side]
        for k in range(bond_start[site], bond_start[site + 1]):
            other = bonds[bond_list[k], 0] + bonds[bond_list[k], 1] - site
            if not in_cluster[other]:
                neighbors += 1
    for side in range(2):
        site = bonds[bond, side]
        for k in range(bond_start[site], bond_start[site + 1]):
            other = bonds[bond_list[k], 0] + bonds[bond_list[k], 1] - site
            if not in_cluster[other]:
                # Electrons that join now multiply from now on: discount by the growth that they missed.
                seeds[other] += released[other] / neighbors * np.exp(-growth[other] * square)


@njit(cache=True)
def _front_candidates(
    count,
    square,
    bonds,
    bond_start,
    bond_list,
    in_cluster,
    local_sites,
    form_index,
    forms,
    seeds,
    growth,
    thresholds,
    order,
    candidates,
    ratios,
):
    """Collect the bonds to which the front can move: around the newest broken bond that has any above threshold."""
    for back in range(count - 1, -1, -1):
        found = 0
        for side in range(2):
            site = bonds[order[back], side]
            for k in range(bond_start[site], bond_start[site + 1]):
                bond = bond_list[k]
                other = bonds[bond, 0] + bonds[bond, 1] - site
                # Between two conducting ions there is no voltage: such a bond does not break.
                if in_cluster[other]:
                    continue
                ratio = bond_energy(bond, local_sites, form_index, forms, seeds, growth, square) / thresholds[bond]
                if ratio > 1.0:
                    candidates[found] = bond
                    ratios[found] = ratio
                    found += 1
        if found > 0:
            return found
    return 0


@njit(cache=True)
def _age_damage(damage, quadratic, linear, chosen):
    """Integrate d(eta)/d(tau) = A eta^2 - B eta + p over one attempt, p = 1 for the chosen bond, 0 for the others."""
    substeps = 32
    step = 1.0 / substeps
    for bond in range(damage.shape[0]):
        drive = 1.0 if bond == chosen else 0.0
        eta = damage[bond]
        if eta == 0.0 and drive == 0.0:
            continue
        for _ in range(substeps):
            k1 = quadratic * eta * eta - linear * eta + drive
            half = eta + 0.5 * step * k1
            k2 = quadratic * half * half - linear * half + drive
            eta = max(eta + step * k2, 0.0)
            if eta >= 1.0:
                break
        damage[bond] = eta


@njit(cache=True)
def advance_front(
    n_attempts,
    count,
    field,
    field_step,
    largest_field,
    bonds,
    bond_start,
    bond_list,
    in_cluster,
    local_sites,
    form_index,
    forms,
    seeds,
    growth,
    thresholds,
    released,
    bottom,
    top,
    damage,
    order,
    break_field,
    exponent,
    quadratic,
    linear,
    rng,
):
    """Advance the front by up to ``n_attempts`` attempts.

    Returns (number of broken bonds, field, spans): stops when the cluster spans or the field passes its limit.
    """
    candidates = np.empty(2 * np.diff(bond_start).max(), dtype=np.int64)
    ratios = np.empty(candidates.shape[0])
    touches_bottom, touches_top = False, False
    for k in range(count):
        for side in range(2):
            touches_bottom |= bottom[bonds[order[k], side]]
            touches_top |= top[bonds[order[k], side]]
    plain = quadratic == 0.0 and linear == 0.0
    for _ in range(n_attempts):
        if touches_bottom and touches_top:
            break
        if field + field_step > largest_field:
            return count, largest_field, False
        field += field_step
        square = field * field
        found = _front_candidates(
            count, square, bonds, bond_start, bond_list, in_cluster, local_sites, form_index, forms, seeds, growth,
            thresholds, order, candidates, ratios,
        )  # fmt: skip
        chosen = -1
        if found > 0:
            total = 0.0
            for k in range(found):
                ratios[k] = ratios[k] ** exponent
                total += ratios[k]
            draw = rng.random() * total
            pick = 0
            while pick < found - 1 and draw >= ratios[pick]:
                draw -= ratios[pick]
                pick += 1
            chosen = candidates[pick]
        if plain:
            if chosen < 0:
                continue
            damage[chosen] = 1.0
        else:
            _age_damage(damage, quadratic, linear, chosen)
            # Autocatalytic damage can carry a bond over the line without being chosen again.
            if chosen < 0 or damage[chosen] < 1.0:
                continue
        _break_bond(
            chosen, count, square, bonds, bond_start, bond_list, in_cluster, seeds, growth, released, order
        )  # fmt: skip
        break_field[count] = field
        count += 1
        for side in range(2):
            touches_bottom |= bottom[bonds[chosen, side]]
            touches_top |= top[bonds[chosen, side]]
    return count, field, touches_bottom and touches_top


@njit(cache=True)
def start_front(bond, square, bonds, bond_start, bond_list, in_cluster, seeds, growth, released, order):
    """Break the first bond."""
    _break_bond(bond, 0, square, bonds, bond_start, bond_list, in_cluster, seeds, growth, released, order)
