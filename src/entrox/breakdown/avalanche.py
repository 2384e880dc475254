r"""Stochastic avalanche: from the first broken bond to a conducting channel.

The applied field rises linearly. When the electric energy of a bond passes its bond energy it may break: the first to
do so is the nucleus (drawn at random among equals). From a broken bond the front moves, once per attempt
:math:`1/\nu_b`, to a neighboring bond b' that leads out of the conducting cluster and is above its threshold, with

.. math:: p(b \to b') = (W_{el,b'} / W_{b'})^\xi \Big/ \sum (W_{el} / W)^\xi ;

where it finds none it goes back to the newest broken bond that has one. The damage of a bond follows
:math:`d\eta/d\tau = A \eta^2 - B \eta + p` with p sampled (1 for the chosen bond), and the bond breaks at
:math:`\eta = 1`. A broken bond becomes conducting and hands its electrons to its neighbors. Breakdown is complete when
the broken bonds connect the electrodes.
Units: V/m, angstrom, eV; ramp rates in V/(m s), attempt rates in 1/s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown import _kernels
from entrox.breakdown.bonds import BondForms
from entrox.breakdown.conduction import network_conductivity
from entrox.breakdown.field import ChargePattern
from entrox.breakdown.ionization import growth_coefficient
from entrox.breakdown.plane import Sample
from entrox.core import InputError, Result, check_in_range, check_integer, check_positive, check_shape, quantity
from entrox.core.units import SECOND_PER_PICOSECOND, VOLT_PER_METER_PER_MEGAVOLT_PER_METER

__all__ = [
    "AvalancheSettings",
    "AvalancheState",
    "BreakdownResult",
    "SampleProperties",
    "advance",
    "initial_state",
    "run_avalanche",
    "uniform_properties",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class AvalancheSettings:
    """Settings of the ramp and of the front.

    Parameters
    ----------
    ramp_rate
        k = dE/dt [V/(m s)].
    attempt_rate
        nu_b, attempts of the front per second.
    exponent
        xi, weight of the energy ratio in the choice of the next bond.
    damage_quadratic, damage_linear
        A and B of the damage law [1].
    released_electrons
        Electrons that a broken bond hands to its neighbors.
    maximum_field
        The ramp ends here [V/m].
    conductivity_states
        Number of states at which the network's conductivity is solved; 0 for none.
    """

    ramp_rate: float
    attempt_rate: float = 100.0 / SECOND_PER_PICOSECOND
    exponent: float = 1.0
    damage_quadratic: float = 0.0
    damage_linear: float = 0.0
    released_electrons: float = 2.0
    maximum_field: float = 20_000.0 * VOLT_PER_METER_PER_MEGAVOLT_PER_METER
    conductivity_states: int = 0

    def __post_init__(self) -> None:
        check_positive(self.ramp_rate, "ramp_rate", "V/(m s)")
        check_positive(self.attempt_rate, "attempt_rate", "1/s")
        check_positive(self.maximum_field, "maximum_field", "V/m")
        for name in ("exponent", "damage_quadratic", "damage_linear", "released_electrons"):
            check_in_range(getattr(self, name), name, low=0.0)
        check_integer(self.conductivity_states, "conductivity_states", low=0)

    @property
    def field_step(self) -> float:
        """Rise of the applied field from one attempt to the next [V/m]."""
        return self.ramp_rate / self.attempt_rate


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleProperties:
    """What each ion and each bond of a sample is made of.

    Parameters
    ----------
    ionization_energy, mean_free_path
        Shape ``(n_sites,)`` [eV], [angstrom].
    bond_energy
        Shape ``(n_bonds,)`` [eV].
    """

    ionization_energy: Floats
    mean_free_path: Floats
    bond_energy: Floats


def uniform_properties(
    sample: Sample,
    *,
    ionization_energy: float,
    anion_ionization_energy: float,
    mean_free_path: float,
    bond_energy: float,
) -> SampleProperties:
    """Return the same properties for all cations, anions and bonds: a perfect crystal, or an alloy of mean parameters.

    Raises
    ------
    InputError
        If a value is not positive.
    """
    check_positive(ionization_energy, "ionization_energy", "eV")
    check_positive(anion_ionization_energy, "anion_ionization_energy", "eV")
    check_positive(mean_free_path, "mean_free_path", "angstrom")
    check_positive(bond_energy, "bond_energy", "eV")
    anion = sample.plane.is_anion[sample.basis_site]
    return SampleProperties(
        ionization_energy=np.where(anion, anion_ionization_energy, ionization_energy),
        mean_free_path=np.full(len(anion), mean_free_path),
        bond_energy=np.full(len(sample.bonds), bond_energy),
    )


@dataclass(kw_only=True, eq=False)
class AvalancheState:
    """State of one ramp; ``advance`` changes it.

    Parameters
    ----------
    sample
        The sample.
    applied_field
        Present field [V/m].
    onset_field
        Field at which the first bond broke [V/m]; infinite if none does below the maximum field.
    seeds
        Density of each ion with its growth divided out [e/angstrom^2], bulk ions beyond the electrodes last.
    growth
        Coefficient of the growth exponent of each ion [(m/V)^2].
    conducting
        Ions in the conducting cluster, shape ``(n_sites,)``.
    damage
        eta of each bond, shape ``(n_bonds,)``.
    order, break_field
        Broken bonds in order and their fields, valid up to ``n_broken``.
    spans
        Whether the cluster connects the electrodes.
    rng
        Source of the random choices.
    """

    sample: Sample
    applied_field: float
    onset_field: float
    seeds: Floats
    growth: Floats
    conducting: NDArray[np.bool_]
    damage: Floats
    order: Ints
    break_field: Floats
    n_broken: int
    spans: bool
    rng: np.random.Generator
    thresholds: Floats
    released: Floats
    local_sites: Ints
    forms: BondForms
    bond_start: Ints
    bond_list: Ints
    initial_seeds: Floats = field(default_factory=lambda: np.zeros(0))

    def bond_energies(self) -> Floats:
        """Electric energy of every bond at the present field, shape ``(n_bonds,)`` [eV]."""
        return np.asarray(
            _kernels.all_bond_energies(
                self.local_sites,
                self.sample.basis_bond,
                self.forms.matrices,
                self.seeds,
                self.growth,
                self.applied_field**2,
            )
        )

    def densities(self) -> Floats:
        """Excited-electron density of every ion at the present field, shape ``(n_sites,)`` [e/angstrom^2]."""
        n_sites = len(self.conducting)
        return np.asarray(self.seeds[:n_sites] * np.exp(self.growth[:n_sites] * self.applied_field**2))


@dataclass(frozen=True, kw_only=True)
class BreakdownResult(Result):
    """One simulated voltage ramp."""

    onset_field: float | None = quantity("V/m", "field at the first broken bond")
    breakdown_field: float | None = quantity("V/m", "field at which the channel spans; None if it never did")
    channel: Ints = quantity("1", "broken bonds in their order", axes=("event",))
    channel_field: Floats = quantity("V/m", "field at which each bond broke", axes=("event",))
    channel_time: Floats = quantity("s", "time after the start of the ramp at which each bond broke", axes=("event",))
    electron_density: Floats = quantity("e/angstrom^2", "excited-electron density at the end", axes=("site",))
    applied_field: Floats = quantity("V/m", "applied field", axes=("state",))
    conductivity: Floats = quantity("1", "conductivity over that of the fully broken sample", axes=("state",))
    max_bond_energy: Floats = quantity("eV", "largest electric energy of a bond", axes=("state",))
    settings: AvalancheSettings
    reason: str = ""


def initial_state(
    sample: Sample,
    forms: BondForms,
    properties: SampleProperties,
    patterns: Mapping[str, ChargePattern],
    settings: AvalancheSettings,
    rng: np.random.Generator,
) -> AvalancheState:
    """Ramp the field to the onset and break the first bond.

    Parameters
    ----------
    sample, forms
        The sample and the bond forms of its plane.
    properties
        Ionization energy, mean free path and bond energy of each site and bond.
    patterns
        Charge patterns ``"cation"`` and ``"anion"``.
    settings
        Ramp and front.
    rng
        Draws the nucleus among equal bonds, and later the path.
    """
    n_sites, n_bonds = len(sample.positions), len(sample.bonds)
    energies = check_shape(properties.bond_energy, (n_bonds,), "bond_energy")
    kinds = np.where(sample.plane.is_anion, "anion", "cation")
    densities = np.array([patterns[kind].density for kind in kinds])
    # Electrons handed over join the cloud of their new ion: charge over the area of that Gaussian is peak density.
    released = np.array([settings.released_electrons / (2 * np.pi * patterns[k].cloud_width ** 2) for k in kinds])
    growth = growth_coefficient(
        check_shape(properties.mean_free_path, (n_sites,), "mean_free_path"),
        check_shape(properties.ionization_energy, (n_sites,), "ionization_energy"),
        settings.ramp_rate,
    )
    # Ions beyond the electrodes behave as the bulk ion of their kind, so that border bonds are not special.
    bulk = np.array([growth[sample.basis_site == basis].mean() for basis in range(len(kinds))])
    start, bond_list = _bonds_of_sites(sample.bonds, n_sites)
    state = AvalancheState(
        sample=sample,
        applied_field=0.0,
        onset_field=np.inf,
        seeds=np.concatenate([densities[sample.basis_site], densities]),
        growth=np.concatenate([growth, bulk]),
        conducting=np.zeros(n_sites, dtype=bool),
        damage=np.zeros(n_bonds),
        order=np.full(n_bonds, -1, dtype=np.int64),
        break_field=np.zeros(n_bonds),
        n_broken=0,
        spans=False,
        rng=rng,
        thresholds=energies,
        released=released[sample.basis_site],
        local_sites=_local_sites(sample, forms),
        forms=forms,
        bond_start=start,
        bond_list=bond_list,
    )
    state.initial_seeds = state.seeds.copy()
    _nucleate(state, settings)
    return state


def _nucleate(state: AvalancheState, settings: AvalancheSettings) -> None:
    sample = state.sample
    # At g = 340 the energy is near the largest float: long before, some bond has broken.
    largest = min(settings.maximum_field**2, 340.0 / float(state.growth.max()))
    square = _kernels.onset_square(
        state.local_sites,
        sample.basis_bond,
        state.forms.matrices,
        state.seeds,
        state.growth,
        state.thresholds,
        largest,
    )
    if not np.isfinite(square):
        state.applied_field = settings.maximum_field
        return
    if square == 0.0:
        raise InputError("a bond is broken before any field: its electric energy at zero field exceeds bond_energy.")
    state.applied_field = state.onset_field = float(np.sqrt(square))
    ratios = state.bond_energies() / state.thresholds
    first = int(state.rng.choice(np.flatnonzero(ratios >= ratios.max() * (1.0 - 1e-9))))
    _kernels.start_front(
        first, square, sample.bonds, state.bond_start, state.bond_list, state.conducting, state.seeds, state.growth,
        state.released, state.order,
    )  # fmt: skip
    state.damage[first] = 1.0
    state.break_field[0] = state.onset_field
    state.n_broken = 1


def advance(state: AvalancheState, settings: AvalancheSettings, n_attempts: int = 1) -> AvalancheState:
    """Advance the front by up to ``n_attempts`` attempts; it stops when the channel spans or the ramp ends."""
    if state.n_broken == 0 or state.spans:
        return state
    sample = state.sample
    state.n_broken, state.applied_field, state.spans = _kernels.advance_front(
        n_attempts, state.n_broken, state.applied_field, settings.field_step, settings.maximum_field, sample.bonds,
        state.bond_start, state.bond_list, state.conducting, state.local_sites, sample.basis_bond,
        state.forms.matrices, state.seeds, state.growth, state.thresholds, state.released, sample.touches_bottom,
        sample.touches_top, state.damage, state.order, state.break_field, settings.exponent,
        settings.damage_quadratic, settings.damage_linear, state.rng,
    )  # fmt: skip
    return state


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
    attempts = int(np.ceil((settings.maximum_field - state.applied_field) / settings.field_step)) + 1
    advance(state, settings, max(attempts, 0))
    reason = ""
    if state.n_broken == 0:
        reason = f"no bond reached its threshold up to the maximum field, {settings.maximum_field / 1e6:g} MV/m"
    elif not state.spans:
        reason = f"the channel did not span the sample up to the maximum field, {settings.maximum_field / 1e6:g} MV/m"
    fields = state.break_field[: state.n_broken]
    return BreakdownResult(
        onset_field=state.onset_field if state.n_broken else None,
        breakdown_field=state.applied_field if state.spans else None,
        channel=state.order[: state.n_broken],
        channel_field=fields,
        channel_time=fields / settings.ramp_rate,
        electron_density=state.densities(),
        settings=settings,
        reason=reason,
        **_history(state, settings),
    )


def _history(state: AvalancheState, settings: AvalancheSettings) -> dict[str, Any]:
    """Conductivity and largest bond energy along the ramp: half the states before the onset, half after it."""
    n_states = settings.conductivity_states
    if n_states == 0:
        return {name: np.zeros(0) for name in ("applied_field", "conductivity", "max_bond_energy")}
    before = np.linspace(0.0, min(state.onset_field, state.applied_field), max(n_states // 2, 1), endpoint=False)
    after = np.linspace(min(state.onset_field, state.applied_field), state.applied_field, n_states - len(before))
    fields = np.concatenate([before, after])
    n_sites = len(state.conducting)
    conductivity, largest = np.zeros(n_states), np.zeros(n_states)
    for index, applied in enumerate(fields):
        broken = state.order[: np.searchsorted(state.break_field[: state.n_broken], applied, side="right")]
        growth = np.exp(state.growth * applied**2)
        # Electrons released later are not yet there: start from the initial densities until the onset.
        seeds = state.seeds if applied > state.onset_field else state.initial_seeds
        conductivity[index] = network_conductivity(state.sample, broken, (seeds * growth)[:n_sites])
        largest[index] = _kernels.all_bond_energies(
            state.local_sites, state.sample.basis_bond, state.forms.matrices, seeds, state.growth, applied**2
        ).max()
    return {"applied_field": fields, "conductivity": conductivity, "max_bond_energy": largest}


def _bonds_of_sites(bonds: Ints, n_sites: int) -> tuple[Ints, Ints]:
    """Return the bonds of each site in compressed rows: start offsets and bond indices."""
    ends = bonds.ravel()
    order = np.argsort(ends, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n_sites))])
    return start.astype(np.int64), (order // 2).astype(np.int64)


def _local_sites(sample: Sample, forms: BondForms) -> Ints:
    """Return the sites in the form of each bond, shape ``(n_bonds, n_local)``; -1 pads."""
    basis = forms.sites[sample.basis_bond]
    cells = sample.bond_cell[:, None, :] + forms.shifts[sample.basis_bond]
    index = sample.site_index(basis, cells)
    ghost = len(sample.positions) + basis
    return np.where(basis < 0, -1, np.where(index >= 0, index, ghost)).astype(np.int64)
