"""Compiled kernels of the avalanche: arrays and scalars only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from entrox.breakdown.cluster_potential._kernels import join_cluster, update_potential


class Medium(NamedTuple):
    """Densities and energy forms of a sample; ions beyond the electrodes come after those of the sample.

    The density of a site is seeds * exp(growth * E^2 + surplus), or seeds * exp(table at E) where it is tabulated.
    """

    local_sites: np.ndarray
    form_index: np.ndarray
    forms: np.ndarray
    thresholds: np.ndarray
    seeds: np.ndarray
    growth: np.ndarray
    surplus: np.ndarray
    tabulated: np.ndarray
    table: np.ndarray
    table_step: float


class Network(NamedTuple):
    """Bonds of a sample, the bonds of each site in compressed rows, and the sites at the electrodes."""

    bonds: np.ndarray
    bond_start: np.ndarray
    bond_list: np.ndarray
    bottom: np.ndarray
    top: np.ndarray


class Front(NamedTuple):
    """What has broken: changes while the front advances. ``n_broken`` has one entry."""

    conducting: np.ndarray
    damage: np.ndarray
    order: np.ndarray
    break_field: np.ndarray
    n_broken: np.ndarray
    released: np.ndarray


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def site_density(site, medium, square):
    """Excited-electron density of one site at the squared field."""
    if medium.tabulated[site]:
        place = np.sqrt(square) / medium.table_step
        low = min(int(place), medium.table.shape[0] - 2)
        share = place - low
        return medium.seeds[site] * np.exp(
            min((1.0 - share) * medium.table[low] + share * medium.table[low + 1], 300.0)
        )
    # Beyond e^300 the bond has broken long ago; the bound keeps the square of the density a finite number.
    return medium.seeds[site] * np.exp(min(medium.growth[site] * square + medium.surplus[site], 300.0))


@njit(cache=True)
def all_densities(medium, square):
    """Excited-electron density of every site, those beyond the electrodes last."""
    density = np.empty(medium.seeds.shape[0])
    for site in range(density.shape[0]):
        density[site] = site_density(site, medium, square)
    return density


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def bond_energy(bond, medium, square):
    """Electric energy of one bond at the squared field [eV]."""
    sites, form = medium.local_sites[bond], medium.forms[medium.form_index[bond]]
    n = sites.shape[0]
    density = np.empty(n)
    for i in range(n):
        density[i] = site_density(sites[i], medium, square) if sites[i] >= 0 else 0.0
    total = 0.0
    for i in range(n):
        if density[i] != 0.0:
            row = 0.0
            for j in range(n):
                row += form[i, j] * density[j]
            total += density[i] * row
    return total


@njit(cache=True)
def all_bond_energies(medium, square):
    """Electric energies of all bonds [eV]."""
    n_bonds, n_local = medium.local_sites.shape
    density = all_densities(medium, square)
    energies = np.empty(n_bonds)
    local = np.empty(n_local)
    for bond in range(n_bonds):
        form = medium.forms[medium.form_index[bond]]
        for i in range(n_local):
            site = medium.local_sites[bond, i]
            local[i] = density[site] if site >= 0 else 0.0
        total = 0.0
        for i in range(n_local):
            if local[i] != 0.0:
                row = 0.0
                for j in range(n_local):
                    row += form[i, j] * local[j]
                total += local[i] * row
        energies[bond] = total
    return energies


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def crossing_square(bond, medium, largest):
    """Squared field at which one bond reaches its threshold; infinity beyond ``largest``.

    ln W is close to linear in the squared field: regula falsi with the Illinois weight settles in a few steps.
    """
    target = np.log(medium.thresholds[bond])
    low, high = 0.0, largest
    f_low = np.log(bond_energy(bond, medium, low)) - target
    f_high = np.log(bond_energy(bond, medium, high)) - target
    if f_low >= 0.0:
        return 0.0
    if f_high < 0.0:
        return np.inf
    side = 0
    for _ in range(300):
        guess = (low * f_high - high * f_low) / (f_high - f_low)
        f_guess = np.log(bond_energy(bond, medium, guess)) - target
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
def onset_square(medium, largest):
    """Smallest squared field at which any bond reaches its threshold; infinity beyond ``largest``."""
    best = np.inf
    for bond in range(medium.local_sites.shape[0]):
        probe = min(best, largest)
        # One evaluation dismisses a bond that is still below its threshold when the weakest so far has crossed.
        if bond_energy(bond, medium, probe) > medium.thresholds[bond]:
            best = min(best, crossing_square(bond, medium, probe * (1.0 + 1e-12)))
    return best


@njit(cache=True)
def break_bond(bond, square, medium, network, front):
    """Make one bond conducting: enter its ends into the cluster, hand its electrons to the neighbors."""
    front.order[front.n_broken[0]] = bond
    front.n_broken[0] += 1
    front.damage[bond] = 1.0
    front.break_field[front.n_broken[0] - 1] = np.sqrt(square)
    for side in range(2):
        front.conducting[network.bonds[bond, side]] = True
    neighbors = 0
    for give in range(2):
        # First count the neighbors outside the cluster, then give.
        for side in range(2):
            site = network.bonds[bond, side]
            for k in range(network.bond_start[site], network.bond_start[site + 1]):
                pair = network.bonds[network.bond_list[k]]
                other = pair[0] + pair[1] - site
                if front.conducting[other]:
                    continue
                if give == 0:
                    neighbors += 1
                else:
                    # Electrons that join now multiply from now on: discount by the growth that they missed.
                    missed = medium.growth[other] * square + medium.surplus[other]
                    medium.seeds[other] += front.released[other] / neighbors * np.exp(-missed)


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _leaving_bonds(site, network, front, found, bonds):
    """Append the bonds that lead from ``site`` out of the cluster."""
    for k in range(network.bond_start[site], network.bond_start[site + 1]):
        bond = network.bond_list[k]
        # Between two conducting ions there is no voltage: such a bond does not break.
        if not front.conducting[network.bonds[bond, 0] + network.bonds[bond, 1] - site]:
            bonds[found] = bond
            found += 1
    return found


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _newest_candidates(square, medium, network, front, candidates, weights):
    """Collect the bonds to which the front can move: around the newest broken bond that has any above threshold."""
    for back in range(front.n_broken[0] - 1, -1, -1):
        around = 0
        for side in range(2):
            around = _leaving_bonds(network.bonds[front.order[back], side], network, front, around, candidates)
        found = 0
        for k in range(around):
            ratio = bond_energy(candidates[k], medium, square) / medium.thresholds[candidates[k]]
            if ratio > 1.0:
                candidates[found] = candidates[k]
                weights[found] = ratio
                found += 1
        if found > 0:
            return found
    return 0


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _choose(found, candidates, weights, exponent, rng):
    """Draw one candidate with a probability proportional to its weight to the power ``exponent``."""
    total = 0.0
    for k in range(found):
        weights[k] = weights[k] ** exponent
        total += weights[k]
    draw = rng.random() * total
    pick = 0
    while pick < found - 1 and draw >= weights[pick]:
        draw -= weights[pick]
        pick += 1
    return candidates[pick]


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _inside(bond, network, front):
    """Whether both ends of a bond are in the conducting cluster."""
    return front.conducting[network.bonds[bond, 0]] and front.conducting[network.bonds[bond, 1]]


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _age_damage(damage, quadratic, linear, chosen, network, front):
    """Integrate d(eta)/d(tau) = A eta^2 - B eta + p over one attempt, p = 1 for the chosen bond, 0 for the others."""
    substeps = 32
    step = 1.0 / substeps
    for bond in range(damage.shape[0]):
        if _inside(bond, network, front):
            continue
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


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def spans(network, front):
    """Whether the broken bonds touch both electrodes."""
    bottom, top = False, False
    for k in range(front.n_broken[0]):
        for side in range(2):
            site = network.bonds[front.order[k], side]
            bottom |= network.bottom[site]
            top |= network.top[site]
    return bottom and top


@njit(cache=True)
def advance_front(
    n_attempts, field, field_step, largest_field, exponent, quadratic, linear, medium, network, front, rng
):
    """Advance the front by up to ``n_attempts`` attempts; returns the field and whether the channel spans."""
    most = 0
    for site in range(network.bond_start.shape[0] - 1):
        most = max(most, network.bond_start[site + 1] - network.bond_start[site])
    candidates = np.empty(2 * most, dtype=np.int64)
    weights = np.empty(candidates.shape[0])
    done = spans(network, front)
    plain = quadratic == 0.0 and linear == 0.0
    for _ in range(n_attempts):
        if done:
            break
        if field + field_step > largest_field:
            return largest_field, False
        field += field_step
        square = field * field
        found = _newest_candidates(square, medium, network, front, candidates, weights)
        chosen = _choose(found, candidates, weights, exponent, rng) if found > 0 else -1
        if plain:
            if chosen >= 0:
                break_bond(chosen, square, medium, network, front)
        else:
            _age_damage(front.damage, quadratic, linear, chosen, network, front)
            # Damage that feeds itself can carry a bond over the line without being chosen again.
            for bond in range(front.damage.shape[0]):
                if front.damage[bond] >= 1.0 and not _inside(bond, network, front):
                    break_bond(bond, square, medium, network, front)
        done = spans(network, front)
    return field, done


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _all_candidates(square, medium, network, front, candidates, ratios, known, refresh):
    """List the bonds that leave the cluster with their energy ratios; all anew, or only those not yet known."""
    found = 0
    for k in range(known):
        bond = candidates[k]
        if not _inside(bond, network, front):
            candidates[found], ratios[found] = bond, ratios[k]
            found += 1
    if refresh:
        for k in range(found):
            ratios[k] = bond_energy(candidates[k], medium, square) / medium.thresholds[candidates[k]]
    newest = front.order[front.n_broken[0] - 1]
    for side in range(2):
        site = network.bonds[newest, side]
        start = found
        found = _leaving_bonds(site, network, front, found, candidates)
        kept = start
        for k in range(start, found):
            repeated = False
            for j in range(start):
                repeated |= candidates[j] == candidates[k]
            if not repeated:
                candidates[kept] = candidates[k]
                ratios[kept] = bond_energy(candidates[kept], medium, square) / medium.thresholds[candidates[kept]]
                kept += 1
        found = kept
    return found


@njit(cache=True)
def advance_enhanced_front(
    n_attempts, field, field_step, largest_field, exponent, refresh_every, medium, network, front, laplace, rng
):
    """Advance the front in the field that its own cluster distorts.

    Every bond that leaves the cluster is a candidate, weighted by its energy ratio times the voltage across it over
    that in the undisturbed field. Energy ratios of old candidates are refreshed every ``refresh_every`` attempts.
    """
    candidates, ratios, counters = laplace.candidates, laplace.ratios, laplace.counters
    weights, chosen_from = np.empty(candidates.shape[0]), np.empty(candidates.shape[0], dtype=np.int64)
    done = spans(network, front)
    for _ in range(n_attempts):
        if done:
            break
        if field + field_step > largest_field:
            return largest_field, False
        gain = (field + field_step) ** 2 - field * field
        field += field_step
        square = field * field
        for site in range(laplace.factor.shape[0]):
            medium.surplus[site] += medium.growth[site] * gain * (laplace.factor[site] - 1.0)
        counters[1] = (counters[1] + 1) % refresh_every
        known = _all_candidates(square, medium, network, front, candidates, ratios, counters[0], counters[1] == 0)
        counters[0] = known
        found = 0
        for k in range(known):
            if ratios[k] > 1.0:
                bond = candidates[k]
                drop = abs(laplace.potential[network.bonds[bond, 0]] - laplace.potential[network.bonds[bond, 1]])
                weights[found] = ratios[k] * drop / laplace.lengths[bond]
                chosen_from[found] = bond
                found += 1
        if found == 0:
            continue
        chosen = _choose(found, chosen_from, weights, exponent, rng)
        first, second = network.bonds[chosen]
        new = second if front.conducting[first] else first
        break_bond(chosen, square, medium, network, front)
        done = spans(network, front)
        # A channel that spans is a short circuit: the potential stays that of the moment before.
        if not done:
            join_cluster(new, laplace)
            update_potential(laplace, network)
    return field, done
