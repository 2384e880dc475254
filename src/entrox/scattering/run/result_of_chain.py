"""From a finished chain to its result.

Pure functions of the state. Lengths in angstrom.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, generator
from entrox.order.pair_distribution import PartialRdf, partial_rdf
from entrox.scattering.engine.cost import calculated_sets
from entrox.scattering.engine.element_sensitivity import element_sensitivity
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import MOVE_KINDS
from entrox.scattering.operators.set_operator import SetOperator
from entrox.scattering.run.chain import RmcChain
from entrox.scattering.run.convergence import ChainHealth, chain_health
from entrox.scattering.run.rmc_result import MoveCount, RmcHistory, RmcResult, SetFit
from entrox.scattering.run.wander import wander_reasons
from entrox.scattering.setup.problem_of_settings import RmcSetup
from entrox.scattering.setup.site_box import StartBox, with_positions
from entrox.scattering.terms.bond_valence import bond_valence_sums, bond_valence_term, instability_index

__all__ = ["result_of_chain"]

Floats = NDArray[np.float64]

LARGEST_DRIFT = 1e-6
NOISE_CHI2 = 0.5
PARTIAL_RADIUS_ANGSTROM = 10.0
SENSITIVITY = 2
"""Stream of random numbers beside those of occupation and moves."""


def result_of_chain(setup: RmcSetup, chain: RmcChain, *, seed: int, stopped_by: str) -> RmcResult:
    """Result of a chain.

    Parameters
    ----------
    setup
        Refinement.
    chain
        Where it stands.
    seed
        Its seed.
    stopped_by
        ``moves``, ``time`` or ``interrupt``.
    """
    problem, state = setup.problem, chain.state
    names = np.array(problem.elements)
    species = tuple(str(name) for name in names[state.species])
    calculated = calculated_sets(state, problem)
    weight = setup.settings.run.data_weight
    sets = tuple(
        _set_fit(item, calculated[item.name], float(scale), float(offset), weight)
        for item, scale, offset in zip(problem.operators, state.scales, state.offsets, strict=True)
    )
    health = _health(chain, problem, wanders=setup.start.perovskite)
    valence, means, gii, notes = _valences(setup, chain)
    sampled = state.counters - (chain.burned if chain.rounds >= chain.sampling_start else 0)
    start = setup.start
    return RmcResult(
        positions_angstrom=state.positions,
        species=species,
        cell_angstrom=np.asarray(start.atoms.cell),
        sites_angstrom=start.sites_angstrom,
        site_kind=start.site_kind,
        cell_index=np.asarray(start.atoms.get_array("cell_index")) if start.atoms.has("cell_index") else None,
        grid=start.grid,
        sublattice=start.sublattice,
        perovskite=start.perovskite,
        sets=sets,
        history=_history(chain, problem.elements, len(sets), weight),
        moves=tuple(
            MoveCount(kind=kind, generated=int(row[0]), tested=int(row[1]), accepted=int(row[2]))
            for kind, row in zip(MOVE_KINDS, state.counters.sum(axis=1), strict=True)
        ),
        acceptance_by_species={
            str(name): float(row[2] / max(int(row[0]), 1)) for name, row in zip(names, sampled.sum(axis=0), strict=True)
        },
        largest_step_by_species={
            str(name): float(radius) for name, radius in zip(names, state.radius_angstrom, strict=True)
        },
        health=health,
        converged=health.converged,
        stopped_by=stopped_by,
        seed=seed,
        data_weight=weight,
        bond_valence_on=problem.bond_valence is not None,
        partials=_partials(setup, chain),
        valence_e=valence,
        mean_valence_e=means,
        gii_e=gii,
        sensitivity=element_sensitivity(state, problem, generator(seed, SENSITIVITY)),
        lengths_table=setup.sample.table,
        lengths=setup.lengths,
        faber_ziman_percent=setup.weights.by_pair,
        unseen_pairs=setup.weights.unseen,
        n_independent_data=setup.n_independent,
        r_table_angstrom=problem.bins.radius_angstrom,
        histogram_drift=chain.drift,
        refused_beyond_margin=state.refused_beyond_margin,
        moves_per_s=chain.timed_moves / chain.timed_s if chain.timed_s > 0.0 else 0.0,
        wall_s=chain.wall_s,
        warnings=tuple(dict.fromkeys([*setup.warnings, *notes, *_remarks(setup, chain, sets, health)])),
    )


def _set_fit(item: SetOperator, calculated: Floats, scale: float, offset: float, weight: float) -> SetFit:
    """Fit of one set, with the standard errors as they were given: the weight only sharpened the acceptance."""
    fitted, held = ~item.held_out, item.held_out
    sigma = item.sigma * np.sqrt(weight)
    squares = ((calculated - item.observed) / sigma) ** 2
    n_points, n_held = int(fitted.sum()), int(held.sum())
    chi2 = float(squares[fitted].sum())
    return SetFit(
        name=item.name,
        form=item.form,
        measurement=item.measurement,
        x=item.x,
        observed=item.observed,
        calculated=calculated,
        sigma=sigma,
        held_out=held,
        scale=scale,
        offset=offset,
        n_points=n_points,
        chi2=chi2,
        chi2_per_point=chi2 / n_points,
        rw=float(np.sqrt(chi2 / max(float(((item.observed / sigma)[fitted] ** 2).sum()), 1e-300))),
        n_held_out=n_held,
        hold_out_chi2_per_point=float(squares[held].sum() / n_held) if n_held else None,
    )


def _history(chain: RmcChain, elements: tuple[str, ...], n_sets: int, weight: float) -> RmcHistory:
    """Course of the chain; chi^2 of the data is without their weight, as in the fits."""
    rows = len(chain.costs)
    cost = np.array(chain.costs, dtype=float).reshape(rows, len(chain.terms))
    data = cost[:, :n_sets].sum(axis=1)
    cost[:, :n_sets] /= weight
    cost[:, -1] += cost[:, :n_sets].sum(axis=1) - data
    return RmcHistory(
        terms=chain.terms,
        cost=cost,
        moves_per_atom=np.arange(1.0, rows + 1.0),
        temperature=np.array(chain.temperatures),
        acceptance=np.array(chain.acceptances),
        sampling_start=chain.sampling_start,
        elements=elements,
        site_variance_angstrom2=np.array(chain.variances).reshape(rows, len(elements)),
    )


def _health(chain: RmcChain, problem: RmcProblem, *, wanders: bool) -> ChainHealth:
    """Judge chi^2 of the data, or the whole cost where there are none, and how far the atoms are from their sites."""
    costs, n_sets = np.array(chain.costs).reshape(-1, len(chain.terms)), len(problem.operators)
    values = costs[:, :n_sets].sum(axis=1) if n_sets else costs[:, -1]
    found = chain_health(values, np.array(chain.acceptances) * len(problem.species), chain.sampling_start)
    # atoms of other boxes have no sites: that they leave where they began is no fault
    more = wander_reasons(chain.variances, problem.elements, chain.sampling_start) if wanders and n_sets else ()
    if not more:
        return found
    return replace(found, converged=False, reason="; ".join([found.reason, *more] if found.reason else more))


def _partials(setup: RmcSetup, chain: RmcChain) -> PartialRdf | None:
    """Partial pair distributions with the bins of the refinement; without data, bins of the settings to 10 angstrom."""
    bins, start = setup.problem.bins, _moved(setup.start, chain)
    edges = bins.edges_angstrom
    if not setup.problem.operators:
        edges = edges[edges <= PARTIAL_RADIUS_ANGSTROM]
    return partial_rdf(start.atoms, bin_edges=edges)


def _moved(start: StartBox, chain: RmcChain) -> StartBox:
    """The start box with the atoms and species of the chain."""
    box = with_positions(start, np.array(chain.state.positions))
    box.atoms.set_chemical_symbols([start.elements[k] for k in chain.state.species])
    return box


def _valences(
    setup: RmcSetup, chain: RmcChain
) -> tuple[Floats | None, dict[str, float], float | None, tuple[str, ...]]:
    """Bond valence sums, their means by element, and the instability index; also where the constraint is off."""
    problem, state = setup.problem, chain.state
    table = setup.settings.constraints.bond_valence
    try:
        term = problem.bond_valence or bond_valence_term(problem.elements, **table.model_dump(exclude={"mode"}))
    except InputError as error:
        return None, {}, None, (f"no bond valence sums: {error}",)
    if term.anion not in problem.elements:
        return None, {}, None, (f"no bond valence sums: the box holds no {term.anion}",)
    perovskite = setup.start.perovskite and problem.grid is not None
    sums = bond_valence_sums(
        state.positions, state.species, problem.cell, problem.elements, term,
        sites=problem.sites_angstrom if perovskite else None,
        grid=problem.grid if perovskite else None,
        site_kind=problem.site_kind if perovskite else None,
    )  # fmt: skip
    charges = np.array([abs(term.charges_e[name]) for name in problem.elements])[state.species]
    means = {name: float(sums[state.species == number].mean()) for number, name in enumerate(problem.elements)}
    return sums, means, instability_index(sums, charges), ()


def _remarks(setup: RmcSetup, chain: RmcChain, sets: tuple[SetFit, ...], health: ChainHealth) -> list[str]:
    notes = []
    if not health.converged:
        notes.append(f"not converged: {health.reason}")
    if chain.drift > LARGEST_DRIFT:
        notes.append(f"the running histogram drifted by {chain.drift:.1e} between two recounts")
    for item in sets:
        if item.chi2_per_point < NOISE_CHI2:
            notes.append(
                f"{item.name}: chi^2 per point {item.chi2_per_point:.2g} is far below one: sigma is too large, or "
                "noise is fitted"
            )
        if item.scale <= _bound(setup, item.name)[0] or item.scale >= _bound(setup, item.name)[1]:
            notes.append(f"{item.name}: the scale {item.scale:g} lies at its bound")
    if chain.state.refused_beyond_margin:
        notes.append(f"{chain.state.refused_beyond_margin} moves were refused: they lead too far from the sites")
    if setup.settings.gradient.method == "descent" and setup.settings.gradient.sweeps:
        notes.append("the run began with gradient descent: an optimizer, not sampling")
    shared = len(set(setup.start.sublattice)) and setup.start.atoms.info.get("occupation")
    if shared and not any(setup.settings.moves.swap_share.values()):
        notes.append("no swaps: the random occupation of the start box is the chemistry of the result")
    return notes


def _bound(setup: RmcSetup, name: str) -> tuple[float, float]:
    """Bounds of a fitted scale; none where it is fixed."""
    item = next(operator for operator in setup.problem.operators if operator.name == name)
    return (item.scale_low, item.scale_high) if item.fit_scale else (-np.inf, np.inf)
