"""Speed and accuracy of the avalanche: fast solver, reference solver, and their ratio in the same run."""

import time
from dataclasses import replace

import numpy as np

from entrox.breakdown import (
    AvalancheModel,
    AvalancheSettings,
    Trap,
    build_sample,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    default_settings,
    initial_state,
    mean_parameters,
    run_avalanche,
    run_reference,
    stored_calibration,
    uniform_properties,
)
from entrox.breakdown.calibration import ANION_IONIZATION_ENERGY, PERMITTIVITY
from entrox.breakdown.model import model_lattice, model_patterns, sample_properties
from entrox.breakdown.reference import build_grid, continuum_bond_energies
from entrox.composition import parse_formula
from entrox.core import generator


def _case(cells, path=16.0):
    sample = build_sample(calibrated_plane(), (cells, cells))
    properties = uniform_properties(
        sample,
        ionization_energy=5.21,
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
        mean_free_path=path,
        bond_energy=5.85,
    )
    return sample, properties, AvalancheSettings(ramp_rate=stored_calibration().ramp_rate)


class Avalanche:
    """One ramp after compilation."""

    params = ([15, 30], [4.0, 16.0])
    param_names = ("cells", "mean_free_path")

    def setup(self, cells, path):
        self.sample, self.properties, self.settings = _case(cells, path)
        self.forms, self.patterns = calibrated_forms(), calibrated_patterns()
        self.time_one_seed(cells, path)

    def time_one_seed(self, cells, path):
        run_avalanche(self.sample, self.forms, self.properties, self.patterns, self.settings, generator(1))

    def peakmem_one_seed(self, cells, path):
        self.time_one_seed(cells, path)


class EnsembleModes:
    """One seed of the other modes, after compilation; in space the network's Green's function is set up once."""

    params = ["enhanced", "explicit", "vacancies", "space 15^3"]
    param_names = ("mode",)
    timeout = 300
    models = {
        "enhanced": AvalancheModel(enhancement=True),
        "explicit": AvalancheModel(alloy="explicit"),
        "vacancies": AvalancheModel(trap=Trap(depth=0.3)),
        "space 15^3": AvalancheModel(dimensions=3),
    }

    def setup(self, mode):
        composition = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3").at(0.1)
        self.parameters = mean_parameters(composition, host_path=16.0)
        self.model = self.models[mode]
        lattice, self.forms = model_lattice(self.model, "AO")
        self.sample = build_sample(lattice, self.model.sample_cells)
        self.patterns = model_patterns(self.model.dimensions)
        self.settings = replace(default_settings(), enhancement=self.model.distorts_field)
        self.time_one_seed(mode)

    def time_one_seed(self, mode):
        rng = generator(1)
        properties = sample_properties(self.sample, self.parameters, self.model, rng)
        run_avalanche(self.sample, self.forms, properties, self.patterns, self.settings, rng)

    def peakmem_one_seed(self, mode):
        self.time_one_seed(mode)


class ReferenceSolver:
    """The plain continuum solver (one Poisson solve per step) against the fast one, same sample, same seed."""

    params = [5, 15]
    param_names = ("cells",)
    timeout = 900
    number = 1
    repeat = 1

    def setup(self, cells):
        self.sample, self.properties, self.settings = _case(cells)
        self.forms, self.patterns = calibrated_forms(), calibrated_patterns()
        self._fast(1)

    def _fast(self, repeats):
        start = time.process_time()
        for _ in range(repeats):
            result = run_avalanche(self.sample, self.forms, self.properties, self.patterns, self.settings, generator(1))
        return (time.process_time() - start) / repeats, result

    def _slow(self):
        start = time.process_time()
        result = run_reference(
            self.sample, self.properties, self.patterns, self.settings, generator(1), permittivity=PERMITTIVITY
        )
        return time.process_time() - start, result

    def track_speed_ratio(self, cells):
        """CPU time of the reference over that of the fast solver."""
        fast, _ = self._fast(20)
        slow, _ = self._slow()
        return slow / fast

    def track_error_onset(self, cells):
        """Relative difference of the onset fields."""
        _, fast = self._fast(1)
        _, slow = self._slow()
        return abs(slow.onset_field / fast.onset_field - 1.0)


class BondEnergies:
    """Largest relative difference of any bond energy between the two solvers, at two grid steps."""

    params = [0.1, 0.05]
    param_names = ("grid_step",)

    def track_error_bond_energy(self, grid_step):
        sample, properties, settings = _case(4)
        state = initial_state(sample, calibrated_forms(), properties, calibrated_patterns(), settings, generator(1))
        bulk = state.bulk_densities()
        energies = continuum_bond_energies(
            sample, build_grid(sample, grid_step), state.densities(), bulk, calibrated_patterns(), PERMITTIVITY
        )
        return float(np.abs(energies / state.bond_energies() - 1.0).max())
