"""Make the tables of this folder from the forward laws of ``entrox.film``, with a stated seed; none is measured."""

import sys
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.film.conduction import schottky_current

SEED = 7
REMARK = "# synthetic, made by make_examples.py with seed 7; nothing here is measured\n"


def write(path, header, columns):
    """Write columns below a header."""
    lines = [",".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in row) for row in
             zip(*[np.asarray(column).tolist() for column in columns], strict=True)]  # fmt: skip
    path.write_text(REMARK + header + "\n" + "\n".join(lines) + "\n", encoding="utf-8")


def leakage(folder):
    """Ohmic below, Schottky emission above, 5 % noise: barrier 1.0 eV, optical permittivity 5, 300 K."""
    field = np.geomspace(3e6, 2e8, 90)
    current = 2e-12 * field + schottky_current(field, 1.0, 5.0, 300.0)
    noise = np.exp(0.05 * generator(SEED, 1).standard_normal(len(field)))
    write(folder / "leakage.csv", "field [MV/m],current density [A/cm2]", [field / 1e6, 1e-4 * current * noise])


def breakdown(folder):
    """Thirty fields of modulus 12 and scale 250 MV/m; four specimens had held 280 MV/m when the ramp ended."""
    fields = 250.0 * generator(SEED, 2).weibull(12.0, 30)
    write(folder / "breakdown.csv", "field [MV/m],censored", [np.minimum(fields, 280.0), (fields > 280.0).astype(int)])


def loop(folder):
    """Unipolar loop that saturates, lags a little and leaks a little; noise 0.2 % of its height."""
    phase = np.linspace(0.0, np.pi, 161)
    field = 1.5e8 * np.sin(phase)
    lagging = 0.12 * np.tanh((1.5e8 * np.sin(phase - 0.08 * np.sin(phase)) + 6e6 * (1.0 - np.cos(phase))) / 1.8e8)
    noise = 2e-4 * generator(SEED, 3).standard_normal(len(phase))
    write(folder / "loop.csv", "field [MV/m],polarization [uC/cm2]", [field / 1e6, 100.0 * (lagging + noise)])


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    leakage(place)
    breakdown(place)
    loop(place)
