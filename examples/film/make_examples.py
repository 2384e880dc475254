"""Make the tables of this folder from the forward laws of ``entrox.film``, with a stated seed; none is measured."""

import sys
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.film.conduction import schottky_current
from entrox.film.film_optics import film_transmittance
from entrox.film.permittivity import disk_capacitance

SEED = 7
REMARK = "# synthetic, made by make_examples.py with seed 7; nothing here is measured\n"


def write(path, header, columns):
    """Write columns below a header."""
    lines = [",".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in row) for row in
             zip(*[np.asarray(column).tolist() for column in columns], strict=True)]  # fmt: skip
    path.write_text(REMARK + header + "\n" + "\n".join(lines) + "\n", encoding="utf-8")


def leakage(folder):
    """Ohmic below, Schottky emission above, 5 % noise: barrier 1.05 eV, optical permittivity 5, 300 K."""
    field = np.geomspace(3e6, 3e8, 90)
    current = 2e-12 * field + schottky_current(field, 1.05, 5.0, 300.0)
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


def transmittance(folder):
    """Film of 400 nm, n = 2.2 + 20,000 nm^2 / lambda^2, direct gap of 3.30 eV, on glass; noise 0.1 %."""
    wavelength = np.arange(300.0, 1101.0, 2.0)
    energy = 1239.842 / wavelength
    absorption = 1.2e7 * np.sqrt(np.maximum(energy - 3.30, 0.0)) / energy
    clear = film_transmittance(1e-9 * wavelength, 2.2 + 2e4 / wavelength**2, 400e-9, 1.52, absorption)
    noisy = np.clip(clear + 1e-3 * generator(SEED, 4).standard_normal(len(clear)), 1e-5, 1.0)
    write(folder / "transmittance.csv", "wavelength [nm],transmittance [%]", [wavelength, 100.0 * noisy])


def capacitance(folder):
    """Capacitor of 150 um, permittivity 35, tan d 0.02, 20 ohm in series; bent 1000 times, with 0.3 % scatter."""
    rows = []
    for count in (0, 1, 10, 100, 1000):
        for frequency in (1e3, 1e4, 1e5, 1e6, 1e7):
            omega = 2.0 * np.pi * frequency
            value = disk_capacitance(35.0 * (1.0 + 0.003 * generator(SEED, 5, count).standard_normal()), 400e-9, 150e-6)
            admittance = 1.0 / (20.0 + 1.0 / (1j * omega * value * (1.0 - 0.02j)))
            rows.append((1e12 * admittance.imag / omega, admittance.real / admittance.imag, frequency, count))
    write(folder / "capacitance.csv", "capacitance [pF],loss,frequency [Hz],cycles", list(zip(*rows, strict=True)))


def pull(folder):
    """Strip of 50 x 8 x 0.4 um and 70 GPa that breaks at 5.29 %; the force scatters by 0.3 uN."""
    strain = np.linspace(0.0, 0.0529, 107)
    force = 70e9 * strain * 8e-6 * 0.4e-6 + 3e-7 * generator(SEED, 6).standard_normal(len(strain))
    strain, force = np.append(strain, [0.0532, 0.0535]), np.append(force, [1e-7, 0.0])
    write(folder / "pull.csv", "displacement [um],force [uN]", [50.0 * strain, 1e6 * force])


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    leakage(place)
    breakdown(place)
    loop(place)
    transmittance(place)
    capacitance(place)
    pull(place)
