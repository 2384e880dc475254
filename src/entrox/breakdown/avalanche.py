r"""Stochastic avalanche: from the first broken bond to a conducting channel.

The applied field rises linearly. When the electric energy of a bond passes its bond energy it may break: the first to
do so is the nucleus (drawn at random among equals). From a broken bond the front moves, once per attempt
:math:`1/\nu_b`, to a neighboring bond b' that leads out of the conducting cluster and is above its threshold, with

.. math:: p(b \to b') = (W_{el,b'} / W_{b'})^\xi \Big/ \sum (W_{el} / W)^\xi ;

where it finds none it goes back to the newest broken bond that has one. The damage of a bond follows
:math:`d\eta/d\tau = A \eta^2 - B \eta + p` with p sampled (1 for the chosen bond), and the bond breaks at
:math:`\eta = 1`. A broken bond becomes conducting and hands its electrons to its neighbors. Breakdown is complete when
the broken bonds connect the electrodes.

With ``enhancement`` the cluster distorts the applied field: excitation at every ion follows its local field, every bond
that leaves the cluster is a candidate, and its weight is multiplied by the voltage across it over the undisturbed one.
Units: V/m, angstrom, eV; ramp rates in V/(m s), attempt rates in 1/s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown import _kernels
from entrox.breakdown.bonds import BondForms
from entrox.breakdown.conduction import network_conductivity
from entrox.breakdown.field import ChargePattern
from entrox.breakdown.lattice import Sample
from entrox.breakdown.settings import AvalancheSettings, SampleProperties
from entrox.breakdown.state import AvalancheState, initial_state
from entrox.core import Result, quantity

__all__ = ["BreakdownResult", "advance", "advance_to_end", "run_avalanche"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class BreakdownResult(Result):
    """One simulated voltage ramp."""

    onset_field: float | None = quantity("V/m", "field at the first broken bond")
    breakdown_field: float | None = quantity("V/m", "field at which the channel spans; None if it never did")
    channel: Ints = quantity("1", "broken bonds in their order", axes=("event",))
    channel_field: Floats = quantity("V/m", "field at which each bond broke", axes=("event",))
    channel_time: Floats = quantity("s", "time after the start of the ramp at which each bond broke", axes=("event",))
    electron_density: Floats = quantity("e/angstrom^d", "excited-electron density at the end", axes=("site",))
    local_field: Floats = quantity("V/m", "applied field at each ion at the end", axes=("site",))
    applied_field: Floats = quantity("V/m", "applied field", axes=("state",))
    conductivity: Floats = quantity("1", "conductivity over that of the fully broken sample", axes=("state",))
    max_bond_energy: Floats = quantity("eV", "largest electric energy of a bond", axes=("state",))
    settings: AvalancheSettings
    reason: str = ""


def advance(state: AvalancheState, settings: AvalancheSettings, n_attempts: int = 1) -> AvalancheState:
    """Advance the front by up to ``n_attempts`` attempts; it stops when the channel spans or the ramp ends."""
    if state.n_broken == 0 or state.spans:
        return state
    ramp = n_attempts, state.applied_field, settings.field_step, settings.maximum_field, settings.exponent
    arrays = state.medium, state.network, state.front
    if state.laplace is None:
        state.applied_field, state.spans = _kernels.advance_front(
            *ramp, settings.damage_quadratic, settings.damage_linear, *arrays, state.rng
        )
    else:
        state.applied_field, state.spans = _kernels.advance_enhanced_front(
            *ramp, settings.refresh_attempts, *arrays, state.laplace, state.rng
        )
    return state


def advance_to_end(state: AvalancheState, settings: AvalancheSettings) -> AvalancheState:
    """Advance the front until the channel spans or the ramp ends."""
    left = int(np.ceil((settings.maximum_field - state.applied_field) / settings.field_step)) + 1
    return advance(state, settings, max(left, 0))


def run_avalanche(
    sample: Sample,
    forms: BondForms,
    properties: SampleProperties,
    patterns: Mapping[str, ChargePattern],
    settings: AvalancheSettings,
    rng: np.random.Generator,
) -> BreakdownResult:
    """Ramp the field until a channel spans the sample or the ramp ends.

    Parameters
    ----------
    sample, forms, properties, patterns, settings, rng
        As in :func:`initial_state`.

    Returns
    -------
    BreakdownResult
        ``breakdown_field`` is None where no channel formed; ``reason`` says why.
    """
    state = initial_state(sample, forms, properties, patterns, settings, rng)
    snapshots = _run_to_the_end(state, settings)
    reason = ""
    if state.n_broken == 0:
        reason = f"no bond reached its threshold up to the maximum field, {settings.maximum_field / 1e6:g} MV/m"
    elif not state.spans:
        reason = f"the channel did not span the sample up to the maximum field, {settings.maximum_field / 1e6:g} MV/m"
    fields = state.front.break_field[: state.n_broken]
    return BreakdownResult(
        onset_field=state.onset_field if state.n_broken else None,
        breakdown_field=state.applied_field if state.spans else None,
        channel=state.order,
        channel_field=fields,
        channel_time=fields / settings.ramp_rate,
        electron_density=state.densities(),
        local_field=state.local_fields(),
        settings=settings,
        reason=reason,
        **_history(state, snapshots, settings),
    )


@dataclass(frozen=True)
class _Snapshot:
    """Densities and broken bonds at one field of the growth."""

    field: float
    n_broken: int
    seeds: Floats
    surplus: Floats


def _run_to_the_end(state: AvalancheState, settings: AvalancheSettings) -> list[_Snapshot]:
    """Advance until the channel spans or the ramp ends; keep snapshots if the conductivity is asked for."""
    if settings.conductivity_states == 0:
        advance_to_end(state, settings)
        return []
    snapshots = [_snapshot(state)]
    while not state.spans and state.n_broken > 0 and state.applied_field < settings.maximum_field:
        advance(state, settings, 4)
        snapshots.append(_snapshot(state))
    return snapshots


def _snapshot(state: AvalancheState) -> _Snapshot:
    medium = state.medium
    return _Snapshot(state.applied_field, state.n_broken, medium.seeds.copy(), medium.surplus.copy())


def _history(state: AvalancheState, snapshots: list[_Snapshot], settings: AvalancheSettings) -> dict[str, Any]:
    """Conductivity and largest bond energy along the ramp: half the states before the onset, half of the growth."""
    if not snapshots:
        return {name: np.zeros(0) for name in ("applied_field", "conductivity", "max_bond_energy")}
    quiet = np.zeros_like(state.medium.surplus)
    before = max(settings.conductivity_states // 2, 1)
    start = min(state.onset_field, state.applied_field)
    states = [
        _Snapshot(float(field), 0, state.initial_seeds, quiet)
        for field in np.linspace(0, start, before, endpoint=False)
    ]
    kept = np.unique(np.linspace(0, len(snapshots) - 1, max(settings.conductivity_states - before, 1)).round())
    states += [snapshots[int(index)] for index in kept]
    conductivity, largest = np.zeros(len(states)), np.zeros(len(states))
    for index, past in enumerate(states):
        medium = state.medium._replace(seeds=past.seeds, surplus=past.surplus)
        densities = _kernels.all_densities(medium, past.field**2)[: len(state.sample.positions)]
        conductivity[index] = network_conductivity(state.sample, state.order[: past.n_broken], densities)
        largest[index] = _kernels.all_bond_energies(medium, past.field**2).max()
    fields = np.array([past.field for past in states])
    return {"applied_field": fields, "conductivity": conductivity, "max_bond_energy": largest}
