"""State of one ramp: the arrays of the kernels, from before the field to the first broken bond.

Units: V/m, angstrom, eV, densities in e/angstrom^d.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown import _kernels
from entrox.breakdown.bonds import BondForms
from entrox.breakdown.cluster_potential import _kernels as potential
from entrox.breakdown.enhancement import undisturbed_laplace
from entrox.breakdown.field import ChargePattern
from entrox.breakdown.ionization import growth_coefficient
from entrox.breakdown.lattice import Sample
from entrox.breakdown.settings import AvalancheSettings, SampleProperties
from entrox.breakdown.vacancies import release_table
from entrox.core import InputError, check_shape

__all__ = ["AvalancheState", "initial_state", "perfect_onset"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    medium, network, front, laplace
        Arrays of the kernels: densities and forms, bonds, what has broken, and the potential around the cluster.
    initial_seeds
        Densities before any field, bulk ions beyond the electrodes last.
    spans
        Whether the cluster connects the electrodes.
    rng
        Source of the random choices.
    """

    sample: Sample
    applied_field: float
    onset_field: float
    medium: _kernels.Medium
    network: _kernels.Network
    front: _kernels.Front
    laplace: potential.Laplace | None
    initial_seeds: Floats
    spans: bool
    rng: np.random.Generator

    @property
    def n_broken(self) -> int:
        """Number of broken bonds."""
        return int(self.front.n_broken[0])

    @property
    def order(self) -> Ints:
        """Broken bonds in their order, shape ``(n_broken,)``."""
        return np.asarray(self.front.order[: self.n_broken])

    def bond_energies(self) -> Floats:
        """Electric energy of every bond at the present field, shape ``(n_bonds,)`` [eV]."""
        return np.asarray(_kernels.all_bond_energies(self.medium, self.applied_field**2))

    def densities(self) -> Floats:
        """Excited-electron density of every site at the present field, shape ``(n_sites,)`` [e/angstrom^d]."""
        return np.asarray(_kernels.all_densities(self.medium, self.applied_field**2)[: len(self.sample.positions)])

    def bulk_densities(self) -> Floats:
        """The same for the bulk ions beyond the electrodes, by site of the lattice."""
        return np.asarray(_kernels.all_densities(self.medium, self.applied_field**2)[len(self.sample.positions) :])

    def local_fields(self) -> Floats:
        """Applied field at every ion with the cluster's distortion, shape ``(n_sites,)`` [V/m]."""
        factor = np.ones(len(self.sample.positions)) if self.laplace is None else self.laplace.factor
        return np.asarray(self.applied_field * factor)


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
    start, bond_list = _bonds_of_sites(sample.bonds, n_sites)
    medium, released = _medium(sample, forms, properties, patterns, settings)
    state = AvalancheState(
        sample=sample,
        applied_field=0.0,
        onset_field=np.inf,
        medium=medium,
        network=_kernels.Network(sample.bonds, start, bond_list, sample.touches_bottom, sample.touches_top),
        front=_kernels.Front(
            conducting=np.zeros(n_sites, dtype=bool),
            damage=np.zeros(n_bonds),
            order=np.full(n_bonds, -1, dtype=np.int64),
            break_field=np.zeros(n_bonds),
            n_broken=np.zeros(1, dtype=np.int64),
            released=released,
        ),
        laplace=undisturbed_laplace(sample) if settings.enhancement else None,
        initial_seeds=medium.seeds.copy(),
        spans=False,
        rng=rng,
    )
    _nucleate(state, settings)
    return state


def _medium(
    sample: Sample,
    forms: BondForms,
    properties: SampleProperties,
    patterns: Mapping[str, ChargePattern],
    settings: AvalancheSettings,
) -> tuple[_kernels.Medium, Floats]:
    """Return the kernels' arrays of densities and forms, and the peak density of released electrons on each site."""
    n_sites, kinds, dimension = len(sample.positions), sample.lattice.kinds, sample.lattice.dimension
    growth = growth_coefficient(
        check_shape(properties.mean_free_path, (n_sites,), "mean_free_path"),
        check_shape(properties.ionization_energy, (n_sites,), "ionization_energy"),
        settings.ramp_rate,
    )
    # Ions beyond the electrodes behave as the bulk ion of their kind, so that border bonds are not special.
    bulk_growth = np.array([growth[sample.basis_site == basis].mean() for basis in range(len(kinds))])
    densities = np.array([patterns[kind].density for kind in kinds])
    seeds = np.concatenate([densities[sample.basis_site], densities])
    is_vacancy = np.array([kind == "vacancy" for kind in kinds])
    tabulated = np.concatenate([is_vacancy[sample.basis_site], is_vacancy])
    table, step = np.zeros(2), settings.maximum_field
    if is_vacancy.any():
        presence, table, step = _release(sample, properties, patterns, settings, growth)
        mean = presence[is_vacancy[sample.basis_site]].mean()
        amount = np.concatenate([presence, np.full(len(kinds), mean)])
        seeds[tabulated] = patterns["vacancy"].density * amount[tabulated]
    # Electrons handed over join the cloud of their new ion: charge over the volume of that Gaussian is peak density.
    released = np.array(
        [
            settings.released_electrons / (2 * np.pi * patterns[kind].cloud_width ** 2) ** (dimension / 2)
            for kind in kinds
        ]
    )
    medium = _kernels.Medium(
        local_sites=_local_sites(sample, forms),
        form_index=sample.basis_bond,
        forms=forms.matrices,
        thresholds=check_shape(properties.bond_energy, (len(sample.bonds),), "bond_energy"),
        seeds=seeds,
        growth=np.concatenate([growth, bulk_growth]),
        surplus=np.zeros(n_sites + len(kinds)),
        tabulated=tabulated,
        table=table,
        table_step=step,
    )
    return medium, released[sample.basis_site]


def _release(
    sample: Sample,
    properties: SampleProperties,
    patterns: Mapping[str, ChargePattern],
    settings: AvalancheSettings,
    growth: Floats,
) -> tuple[Floats, Floats, float]:
    """Return presence of vacancies, the table of their released density, and its field step."""
    n_sites = len(sample.positions)
    if properties.trap is None or properties.vacancies is None:
        return np.zeros(n_sites), np.zeros(2), settings.maximum_field
    presence = check_shape(properties.vacancies, (n_sites,), "vacancies")
    step = 0.5e6
    cations = np.array([kind == "cation" for kind in sample.lattice.kinds])[sample.basis_site]
    fields = np.arange(0.0, min(settings.maximum_field, 2e10) + 2 * step, step)
    table = release_table(
        properties.trap,
        float(growth[cations].mean()),
        patterns["vacancy"].cloud_width,
        fields,
        sample.lattice.dimension,
    )
    return presence, table, step


def _onset_square(medium: _kernels.Medium, maximum_field: float) -> float:
    # At g = 340 the energy is near the largest float: long before, some bond has broken.
    return float(_kernels.onset_square(medium, min(maximum_field**2, 340.0 / float(medium.growth.max()))))


def perfect_onset(
    sample: Sample,
    forms: BondForms,
    properties: SampleProperties,
    patterns: Mapping[str, ChargePattern],
    settings: AvalancheSettings,
) -> float:
    """Return the field at which the first bond of a sample breaks [V/m], without breaking it; infinite if none does."""
    medium, _ = _medium(sample, forms, properties, patterns, settings)
    return float(np.sqrt(_onset_square(medium, settings.maximum_field)))


def _nucleate(state: AvalancheState, settings: AvalancheSettings) -> None:
    square = _onset_square(state.medium, settings.maximum_field)
    if not np.isfinite(square):
        state.applied_field = settings.maximum_field
        return
    if square == 0.0:
        raise InputError("a bond is broken before any field: its electric energy at zero field exceeds bond_energy.")
    state.applied_field = state.onset_field = float(np.sqrt(square))
    ratios = state.bond_energies() / state.medium.thresholds
    first = int(state.rng.choice(np.flatnonzero(ratios >= ratios.max() * (1.0 - 1e-9))))
    if state.laplace is not None:
        for site in state.sample.bonds[first]:
            potential.join_cluster(int(site), state.laplace)
        potential.update_potential(state.laplace, state.network)
    _kernels.break_bond(first, square, state.medium, state.network, state.front)


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
