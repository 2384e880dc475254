"""Speed and error of the fit of columns, and the ratio to atomap in the same run.

Atomap lives in an environment of its own (``pip install atomap==0.4.2``); ENTROX_ATOMAP_PYTHON names its interpreter.
The comparison is left out without it.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph, truth_position_px
from entrox.microscopy.simulation.simulation_settings import SimulationSettings

ATOMAP_REFINEMENT = Path(__file__).with_name("atomap_refinement.py")


def random_directions(cells):
    """Displacements of 15 pm [angstrom]."""
    angle = np.random.default_rng(5).uniform(0.0, 2.0 * np.pi, len(cells))
    return 0.15 * np.column_stack([np.cos(angle), np.sin(angle)])


def picture(cells, dose=2000.0):
    """Image, sublattices that start a few tenths of a pixel away, and true positions [px]."""
    truth = perovskite_columns((cells, cells), displacement=random_directions)
    settings = SimulationSettings(dose_per_square_angstrom=dose)
    image = simulate_micrograph(truth, settings, np.random.default_rng(0))
    true = truth_position_px(truth, settings)
    return image, sublattices(truth, true), true


def sublattices(truth, true):
    """Sublattices from the truth, so that nothing but the fit is timed."""
    row_of = {(s, i, j): n for n, (s, (i, j)) in enumerate(zip(truth.site.tolist(), truth.cell.tolist(), strict=True))}
    cage = np.full((len(true), 4), -1)
    for (s, i, j), n in row_of.items():
        low = -1 if s == 0 else 0
        for m, (p, q) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
            cage[n, m] = row_of.get((1 - s, i + low + p, j + low + q), -1)
    start = true + np.random.default_rng(1).normal(0.0, 0.3, true.shape)
    nothing = np.zeros(len(true), dtype=bool)
    return Sublattices(
        position_px=start,
        site=truth.site,
        cell=truth.cell,
        cage=cage,
        collision=nothing,
        saturated=nothing,
        basis_px=np.array([[40.0, 0.0], [0.0, -40.0]]),
        zone_axis="001",
    )


def vector_error_pm(fit, found, true):
    """Error of the displacements of B, rms per component [pm]."""
    error = 10.0 * (fit.position_px - true)
    rows = np.flatnonzero((found.site == 1) & (found.cage >= 0).all(axis=1))
    return float(np.sqrt(np.mean((error[rows] - error[found.cage[rows]].mean(axis=1)) ** 2)))


def columns_per_second(image, found, clock, threads, repeats=3):
    """Fitted columns per second, covariance included; the best of some runs."""
    fit_columns(image, found, threads=threads)
    spent = []
    for _ in range(repeats):
        begin = clock()
        fit_columns(image, found, threads=threads)
        spent.append(clock() - begin)
    return len(found.site) / min(spent)


def columns_per_cpu_second(image, found, repeats=3):
    """Fitted columns per second of one processor."""
    return columns_per_second(image, found, time.process_time, 1, repeats)


def atomap_run(image, found, true):
    """Seconds of one processor and errors of atomap, refining both sublattices by center of mass, then Gaussians.

    None where ENTROX_ATOMAP_PYTHON is not set.
    """
    interpreter = os.environ.get("ENTROX_ATOMAP_PYTHON")
    if not interpreter:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.npz"
        np.savez(path, image=image.intensity, start=found.position_px, site=found.site, true=true)
        command = [interpreter, str(ATOMAP_REFINEMENT), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


class ColumnFits:
    """The benchmark image; the requirement is 10,000 columns per second of one processor, error below 3 pm."""

    params = ([20, 50], ["gauss", "poisson", "unweighted"])
    param_names = ("cells", "likelihood")

    def setup(self, cells, likelihood):
        self.image, self.found, self.true = picture(cells)
        fit_columns(self.image, self.found, likelihood=likelihood)

    def time_fit(self, cells, likelihood):
        fit_columns(self.image, self.found, likelihood=likelihood)

    def track_error_pm(self, cells, likelihood):
        fit = fit_columns(self.image, self.found, likelihood=likelihood)
        return vector_error_pm(fit, self.found, self.true)

    def track_flagged(self, cells, likelihood):
        return int(np.count_nonzero(fit_columns(self.image, self.found, likelihood=likelihood).flag))


class FitRate:
    """Columns per second of one processor and of two, and how many times that is what atomap does.

    Required: 10,000 of one, 20,000 of two, 200 times.
    """

    timeout = 600

    def setup(self):
        self.picture = picture(20)

    def track_columns_per_cpu_second(self):
        return columns_per_cpu_second(*picture(50)[:2])

    def track_columns_per_second_of_two_processors(self):
        return columns_per_second(*picture(50)[:2], time.perf_counter, 2, repeats=10)

    def track_ratio_to_atomap(self):
        other = atomap_run(*self.picture)
        if other is None:
            raise NotImplementedError(
                "ENTROX_ATOMAP_PYTHON must name the interpreter of an environment with atomap 0.4.2"
            )
        return columns_per_cpu_second(*self.picture[:2]) * other["cpu_s"] / len(self.picture[2])


class LargeImage:
    """4096 x 4096 pixels; the requirement is 1.5 GB in total."""

    def setup(self):
        self.image, self.found, _ = picture(102)

    def peakmem_fit(self):
        fit_columns(self.image, self.found)
