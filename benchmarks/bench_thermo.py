"""Speed of the Monte Carlo of nucleation and of free energies, and its error against closed forms."""

import numpy as np
from scipy.special import ndtr

from entrox.composition import parse_formula
from entrox.core import generator
from entrox.thermo import (
    PhaseSample,
    barrier,
    fit_law,
    free_energy_difference,
    nucleation_result,
    velocity_spectrum,
)

DF, DF_ERROR, GAMMA = -1e9, 4e8, 1.0
NORMAL_95 = 1.6448536269514722


class Nucleation:
    params = [10_000, 100_000, 1_000_000]
    param_names = ["draws"]

    def run(self, draws):
        return nucleation_result(
            DF, 300.0, df_error_j_per_m3=DF_ERROR, gamma_j_per_m2=GAMMA, gamma_error_j_per_m2=0.2, rng=generator(1),
            draws=draws,
        )  # fmt: skip

    def time_draws(self, draws):
        self.run(draws)

    def peakmem_draws(self, draws):
        self.run(draws)

    def track_error_of_p_no_barrier(self, draws):
        return abs(self.run(draws).p_no_barrier - float(ndtr(DF / DF_ERROR)))

    def track_relative_error_of_the_upper_quantile(self, draws):
        found = nucleation_result(
            DF, 300.0, gamma_j_per_m2=GAMMA, gamma_error_j_per_m2=0.1, rng=generator(1), draws=draws
        )
        return abs(found.barrier_p95_ev / barrier(DF, GAMMA + 0.1 * NORMAL_95) - 1.0)


class Laws:
    params = ["y", "log y"]
    param_names = ["least_squares_in"]

    def setup(self, target):
        rng = generator(2)
        self.x = np.linspace(0.4, 1.6, 12)
        self.y = 50.0 * self.x**-2.0 * (1.0 + 0.05 * rng.standard_normal(12))

    def time_power_law(self, target):
        fit_law(self.x, self.y, "power", relative_errors=np.full(12, 0.05), target=target)


class FreeEnergy:
    def setup(self):
        rng = generator(3)
        place = {"calculator": "model", "volumes_angstrom3_per_atom": [13.0], "vibrational_ev_per_atom": [0.01]}
        self.composition = parse_formula("Bi(4-4x)LaxNdxPrxSmxTi3O12").at(x=0.75)
        self.crystal = PhaseSample(name="crystal", energies_ev_per_atom=rng.normal(-8.0, 0.002, 4).tolist(), **place)
        self.glass = PhaseSample(name="amorphous", energies_ev_per_atom=rng.normal(-7.9, 0.01, 5).tolist(), **place)

    def time_difference(self):
        free_energy_difference(self.composition, self.crystal, self.glass, 300.0, generator(1))


class Spectrum:
    """A run of 76 atoms, 12 ps at a frame every 4 fs."""

    def setup(self):
        self.velocities = generator(4).standard_normal((3000, 76, 3))
        self.masses = np.full(76, 50.0)

    def time_velocity_spectrum(self):
        velocity_spectrum(self.velocities, self.masses, 4.0)

    def peakmem_velocity_spectrum(self):
        velocity_spectrum(self.velocities, self.masses, 4.0)
