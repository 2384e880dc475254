"""The compiled kernels against plain NumPy twins."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from entrox.breakdown import (
    AvalancheSettings,
    SampleProperties,
    build_sample,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    initial_state,
    run_avalanche,
    stored_calibration,
)
from entrox.breakdown.ionization import growth_coefficient
from entrox.core import generator

SETTINGS = AvalancheSettings(ramp_rate=stored_calibration().ramp_rate)


def random_alloy(plane="AO", cells=(5, 6), seed=3):
    """A sample in which every ion and bond differs."""
    sample = build_sample(calibrated_plane(plane), cells)
    rng = np.random.default_rng(seed)
    anion = sample.lattice.is_anion[sample.basis_site]
    return sample, SampleProperties(
        ionization_energy=np.where(anion, 13.6, rng.uniform(5.0, 6.5, len(anion))),
        mean_free_path=rng.uniform(10.0, 16.0, len(anion)),
        bond_energy=rng.uniform(4.0, 8.0, len(sample.bonds)),
    )


class PlainAvalanche:
    """The avalanche in plain NumPy, bond by bond, with no state kept between energies."""

    def __init__(self, sample, properties, forms, patterns, settings):
        self.sample, self.forms, self.settings = sample, forms, settings
        kinds = np.where(sample.lattice.is_anion, "anion", "cation")
        self.density = np.array([patterns[kind].density for kind in kinds])
        self.width = np.array([patterns[kind].cloud_width for kind in kinds])
        self.thresholds = properties.bond_energy
        self.growth = growth_coefficient(properties.mean_free_path, properties.ionization_energy, settings.ramp_rate)
        self.bulk = np.array([self.growth[sample.basis_site == basis].mean() for basis in range(len(kinds))])
        self.seeds = self.density[sample.basis_site].copy()

    def energy(self, bond, field):
        basis = self.sample.basis_bond[bond]
        densities = []
        for site, shift in zip(self.forms.sites[basis], self.forms.shifts[basis], strict=True):
            if site < 0:
                densities.append(0.0)
                continue
            index = int(self.sample.site_index(np.array(site), self.sample.bond_cell[bond] + shift))
            if index >= 0:
                densities.append(self.seeds[index] * np.exp(self.growth[index] * field**2))
            else:
                densities.append(self.density[site] * np.exp(self.bulk[site] * field**2))
        values = np.array(densities)
        return values @ self.forms.matrices[basis] @ values

    def ratio(self, bond, field):
        return self.energy(bond, field) / self.thresholds[bond]

    def onset(self):
        bonds = range(len(self.thresholds))
        return min(brentq(lambda field, b=b: np.log(self.ratio(b, field)), 1e6, 2e9, xtol=1e-3) for b in bonds)

    def run(self, rng):
        field = self.onset()
        ratios = np.array([self.ratio(bond, field) for bond in range(len(self.thresholds))])
        broken = [int(rng.choice(np.flatnonzero(ratios >= ratios.max() * (1 - 1e-9))))]
        cluster = set()
        self.open(broken[0], cluster, field)
        fields = [field]
        while not self.spans(cluster):
            field += self.settings.field_step
            candidates = self.candidates(broken, cluster, field)
            if not candidates:
                continue
            weights = np.array([weight for _, weight in candidates]) ** self.settings.exponent
            pick = np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")
            broken.append(candidates[pick][0])
            self.open(broken[-1], cluster, field)
            fields.append(field)
        return np.array(broken), np.array(fields)

    def open(self, bond, cluster, field):
        ends = self.sample.bonds[bond]
        cluster.update(ends.tolist())
        targets = [o for site in ends for _, o in self.around(site) if o not in cluster]
        for site in targets:
            area = 2 * np.pi * self.width[self.sample.basis_site[site]] ** 2
            electrons = self.settings.released_electrons / area / len(targets)
            self.seeds[site] += electrons * np.exp(-self.growth[site] * field**2)

    def around(self, site):
        for bond in np.flatnonzero((self.sample.bonds == site).any(axis=1)):
            yield bond, int(self.sample.bonds[bond].sum() - site)

    def candidates(self, broken, cluster, field):
        for front in reversed(broken):
            found = [
                (bond, self.ratio(bond, field))
                for site in self.sample.bonds[front]
                for bond, other in self.around(site)
                if other not in cluster
            ]
            found = [(bond, ratio) for bond, ratio in found if ratio > 1.0]
            if found:
                return found
        return []

    def spans(self, cluster):
        sites = np.array(sorted(cluster))
        return self.sample.touches_bottom[sites].any() and self.sample.touches_top[sites].any()


@pytest.mark.parametrize("plane", ["AO", "BO2"])
def test_bond_energies_equal_the_plain_quadratic_form(plane):
    sample, properties = random_alloy(plane)
    forms, patterns = calibrated_forms(plane), calibrated_patterns()
    state = initial_state(sample, forms, properties, patterns, replace(SETTINGS, released_electrons=0.0), generator(1))
    plain = PlainAvalanche(sample, properties, forms, patterns, SETTINGS)
    expected = [plain.energy(bond, state.applied_field) for bond in range(len(sample.bonds))]
    assert np.allclose(state.bond_energies(), expected, rtol=1e-12)


@pytest.mark.parametrize("plane", ["AO", "BO2"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whole_avalanche_equals_the_plain_one(plane, seed):
    sample, properties = random_alloy(plane, seed=seed)
    settings = replace(SETTINGS, exponent=1.5)
    forms, patterns = calibrated_forms(plane), calibrated_patterns()
    fast = run_avalanche(sample, forms, properties, patterns, settings, generator(seed))
    channel, fields = PlainAvalanche(sample, properties, forms, patterns, settings).run(generator(seed))
    assert np.array_equal(fast.channel, channel)
    assert np.allclose(fast.channel_field, fields, rtol=1e-9)
    assert fast.breakdown_field == pytest.approx(fields[-1], rel=1e-9)
