"""Speed of the measurements on films, and errors against known truth."""

import numpy as np

from entrox.core import generator
from entrox.core.weibull import fit_weibull
from entrox.core.weibull_pivots import draw_pivots, likely_weibull
from entrox.film import (
    Capacitor,
    bruggeman,
    film_transmittance,
    fit_fringes,
    fit_leakage,
    homogenize,
    schottky_current,
    wiener_bounds,
)


class Leakage:
    params = [100, 1000]
    param_names = ["points"]

    def setup(self, points):
        self.field = np.linspace(1e7, 1.2e8, points)
        clean = schottky_current(self.field, 0.9, 5.0, 300.0)
        self.current = clean * np.exp(0.05 * generator(1).standard_normal(points))
        self.film = Capacitor(400e-9, 300.0, static_permittivity=35.0)

    def time_five_laws_with_change_points(self, points):
        fit_leakage(self.field, self.current, self.film)

    def track_error_of_the_barrier_ev(self, points):
        found = fit_leakage(self.field, self.current, self.film, models=["schottky"])
        return abs(found.models[0].parameters["barrier_ev"] - 0.9)


class Weibull:
    def setup(self):
        self.values = generator(2).weibull(10.0, (1000, 30))

    def time_thousand_sets_of_thirty_at_once(self):
        likely_weibull(self.values)

    def time_hundred_sets_with_profile_intervals(self):
        for row in self.values[:100]:
            fit_weibull(row)

    def time_pivots_of_thirty(self):
        draw_pivots(30, generator(3))

    def time_scipy_hundred_sets_without_intervals(self):
        from scipy.stats import weibull_min

        for row in self.values[:100]:
            weibull_min.fit(row, floc=0.0)

    def track_coverage_of_the_exact_interval(self):
        moduli, _ = likely_weibull(self.values)
        low, high = np.quantile(draw_pivots(30, generator(3)).modulus, [0.025, 0.975])
        return float(((moduli / high < 10.0) & (moduli / low > 10.0)).mean())


class Mixture:
    def setup(self):
        self.shares = np.linspace(0.0, 1.0, 1_000_000)

    def time_million_values(self):
        bruggeman(30.0, 120.0, self.shares)


class Mosaic:
    params = [16, 32, 64]
    param_names = ["voxels"]

    def setup(self, voxels):
        self.grains = generator(4).random((voxels,) * 3) < 0.3

    def time_homogenize(self, voxels):
        homogenize(np.where(self.grains, 120.0, 30.0))

    def peakmem_homogenize(self, voxels):
        homogenize(np.where(self.grains, 120.0, 30.0))

    def track_error_of_layers(self, voxels):
        layers = np.zeros((voxels,) * 3)
        layers[::2] = 1.0
        found = homogenize(np.where(layers > 0.0, 120.0, 30.0)).tensor[0, 0]
        return abs(float(found) - float(wiener_bounds(30.0, 120.0, 0.5)[0]))


class Light:
    def setup(self):
        self.wavelength = np.arange(430.0, 1501.0) * 1e-9
        self.values = film_transmittance(self.wavelength, 2.3, 400e-9)

    def time_fringes(self):
        fit_fringes(self.wavelength, self.values, 1.52)

    def track_relative_error_of_the_thickness(self):
        return abs(fit_fringes(self.wavelength, self.values, 1.52).thickness / 400e-9 - 1.0)
