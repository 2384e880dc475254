"""Published leakage, permittivity, edges and pulls of films, and closed forms beside the numbers they should give.

No measured curve is public; what follows from published numbers alone is recomputed, and nothing is fitted to them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import constants

from entrox.core.measure import LedgerRow
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.core.weibull import modulus_bias
from entrox.core.weibull_pivots import size_factor
from entrox.film.conduction import (
    poole_frenkel_coefficient,
    schottky_coefficient,
    schottky_current,
    space_charge_current,
    tunneling_exponent,
    tunneling_prefactor,
)
from entrox.film.film_optics import film_transmittance, fringe_extrema
from entrox.film.loop import measure_loop
from entrox.film.measured_units import DIMENSIONS, ELECTRONVOLT_NANOMETER, J_PER_M3_PER_J_PER_CM3
from entrox.film.mixture import bruggeman, inclusion_fraction, inverse_maxwell_garnett, maxwell_garnett, wiener_bounds
from entrox.film.permittivity import disk_capacitance
from entrox.film.tensile import measure_tensile

__all__ = ["LEDGER"]

CLOSED = "closed form"
LEAKAGE, OPTICS, PULL = "current against field", "transmittance of two films", "pull of a strip 0.4 um thick"
PERMITTIVITY, OPTICAL = 35.0, 5.0
PICO, NANO, GIGA = DIMENSIONS["capacitance"]["pF"], DIMENSIONS["length"]["nm"], 1e9
FIELD = 100.0 * MEGA
DEPTH = 400.0 * NANO


def _linear_loop() -> tuple[float, float]:
    """Recoverable energy [J/cm3] and efficiency of a linear dielectric, by the analysis of loops."""
    field = FIELD * (1.0 - np.abs(np.linspace(-1.0, 1.0, 401)))
    found = measure_loop(field, constants.epsilon_0 * PERMITTIVITY * field)
    return found.recoverable / J_PER_M3_PER_J_PER_CM3, found.efficiency


def _fringes() -> tuple[float, float, float]:
    """Longest maximum [nm], and heights of maxima and minima, of a film of 400 nm."""
    wavelength = np.arange(430.0, 1001.0) * NANO
    places, heights, maxima = fringe_extrema(wavelength, film_transmittance(wavelength, 2.3, DEPTH))
    return float(places[maxima][-1]) / NANO, float(heights[maxima].mean()), float(heights[~maxima].mean())


def _fringe(index: int) -> float:
    """Place of an extremum of the same film, from the longest wavelength down [nm]."""
    wavelength = np.arange(430.0, 1001.0) * NANO
    places, _, _ = fringe_extrema(wavelength, film_transmittance(wavelength, 2.3, DEPTH))
    return float(np.sort(places)[::-1][index]) / NANO


def _thermionic_prefactor() -> float:
    """Prefactor of emission over no barrier in no field, over the square of the temperature [A/(m2 K2)]."""
    return float(schottky_current(1e-12, 1e-12, OPTICAL, 300.0)) / 300.0**2


def _end_stress() -> float:
    strain = np.linspace(0.0, 0.0529, 60)
    section = 8e-6 * 0.4e-6
    return measure_tensile(strain * 50e-6, 70e9 * strain * section, 50e-6, 8e-6, 0.4e-6).fracture_stress / GIGA


def _share(rule: str) -> float:
    found = inclusion_fraction(25.0, 120.0, 35.0)
    value = found.maxwell_garnett if rule == "maxwell_garnett" else found.bruggeman
    assert value is not None
    return value


def _ratio() -> float:
    factor = DIMENSIONS["current density"]["A/cm2"]
    return 3.6e-2 * factor / (3.2e-7 * factor)


_Row = tuple[str, str, str, float, float, Callable[[], float], str]
ROWS: tuple[_Row, ...] = (
    ("leakage_ratio", "leakage of the plain over that of the mixed film at 1 MV/cm", "1",
     1.125e5, 1e-3, _ratio, LEAKAGE),
    ("capacitance", "capacitance of a disk of 150 um, 400 nm, permittivity 35", "pF", 13.6908, 1e-4,
     lambda: disk_capacitance(PERMITTIVITY, DEPTH, 150e-6) / PICO, CLOSED),
    ("schottky_coefficient", "lowering over root of field, optical permittivity 5", "eV (V/m)^-1/2", 1.69704e-5, 1e-4,
     lambda: schottky_coefficient(OPTICAL), CLOSED),
    ("schottky_lowering", "lowering of a barrier at 100 MV/m", "eV", 0.16970, 1e-4,
     lambda: schottky_coefficient(OPTICAL) * FIELD**0.5, CLOSED),
    ("poole_frenkel_lowering", "lowering of a trap at 100 MV/m", "eV", 0.33941, 1e-4,
     lambda: poole_frenkel_coefficient(OPTICAL) * FIELD**0.5, CLOSED),
    ("thermionic_prefactor", "prefactor of emission over T^2", "A/(m2 K2)", 1.20173e6, 1e-4, _thermionic_prefactor,
     CLOSED),
    ("tunneling_prefactor", "prefactor of tunneling through 1 eV", "A/V2", 1.54143e-6, 1e-5,
     partial(tunneling_prefactor, 1.0), CLOSED),
    ("tunneling_exponent", "field of the exponent of tunneling through 1 eV", "V/m", 6.83089e9, 1e-5,
     partial(tunneling_exponent, 1.0), CLOSED),
    ("schottky_current", "emission over 1 eV at 100 MV/m and 300 K", "A/m2", 1.2181e-3, 1e-4,
     lambda: float(schottky_current(FIELD, 1.0, OPTICAL, 300.0)), CLOSED),
    ("space_charge", "space charge current, 40 V over 400 nm, 1e-10 m2/Vs", "A/m2", 871.58, 1e-4,
     lambda: float(space_charge_current(40.0, DEPTH, PERMITTIVITY, 1e-10)), CLOSED),
    ("linear_energy", "energy of a linear film of permittivity 35 at 100 MV/m", "J/cm3", 1.54948, 1e-4,
     lambda: _linear_loop()[0], CLOSED),
    ("linear_efficiency", "efficiency of a linear film", "1", 1.0, 1e-4, lambda: _linear_loop()[1], CLOSED),
    ("area_factor", "strength over ten times the area at modulus 10", "1", 0.794328, 1e-6,
     partial(size_factor, 1.0, 10.0, 10.0), CLOSED),
    *((f"modulus_bias_{n}", f"mean estimate of a Weibull modulus over the true one, {n} specimens", "1", value, 0.01,
       partial(modulus_bias, n, n), "means of many simulated samples")
      for n, value in ((10, 1.172), (20, 1.076), (50, 1.029))),
    ("mixture_low", "Wiener bound across, 30 and 120, share 0.3", "1", 38.7097, 1e-5,
     lambda: float(wiener_bounds(30.0, 120.0, 0.3)[0]), CLOSED),
    ("mixture_high", "Wiener bound along", "1", 57.0, 1e-5, lambda: float(wiener_bounds(30.0, 120.0, 0.3)[1]), CLOSED),
    ("maxwell_garnett", "Maxwell-Garnett", "1", 45.8824, 1e-5,
     lambda: float(maxwell_garnett(30.0, 120.0, 0.3)), CLOSED),
    ("inverse_maxwell_garnett", "Maxwell-Garnett with the phases exchanged", "1", 51.8919, 1e-5,
     lambda: float(inverse_maxwell_garnett(30.0, 120.0, 0.3)), CLOSED),
    ("bruggeman", "Bruggeman", "1", 48.0, 1e-5, lambda: float(bruggeman(30.0, 120.0, 0.3)), CLOSED),
    ("maxwell_garnett_columns", "Maxwell-Garnett, columns", "1", 43.1707, 1e-5,
     lambda: float(maxwell_garnett(30.0, 120.0, 0.3, 2)), CLOSED),
    ("columns", "Bruggeman, columns", "1", 44.6418, 1e-5, lambda: float(bruggeman(30.0, 120.0, 0.3, 2)), CLOSED),
    ("share_maxwell_garnett", "share of 120 in 25 for 35, Maxwell-Garnett", "1", 0.21053, 1e-4,
     partial(_share, "maxwell_garnett"), CLOSED),
    ("share_bruggeman", "share of 120 in 25 for 35, Bruggeman", "1", 0.19048, 1e-4,
     partial(_share, "bruggeman"), CLOSED),
    ("longest_maximum", "longest maximum of a film of 400 nm and n = 2.3 on 1.52", "nm", 920.0, 5e-4,
     lambda: _fringes()[0], CLOSED),
    *((f"extremum_{index + 1}", f"extremum {index + 1} of the same film, from long wavelengths down", "nm", value,
       0.5 / value, partial(_fringe, index), CLOSED)
      for index, value in ((1, 736.0), (2, 613.3), (3, 525.7), (4, 460.0))),
    ("upper_envelope", "height of its maxima", "1", 0.91832, 1e-4, lambda: _fringes()[1], CLOSED),
    ("lower_envelope", "height of its minima", "1", 0.67278, 1e-4, lambda: _fringes()[2], CLOSED),
    ("edge_377", "photon energy of the edge at 377 nm", "eV", 3.2887, 1e-4,
     lambda: ELECTRONVOLT_NANOMETER / 377.0, OPTICS),
    ("edge_443", "photon energy of the edge at 443 nm", "eV", 2.7987, 1e-4,
     lambda: ELECTRONVOLT_NANOMETER / 443.0, OPTICS),
    ("end_stress", "stress of 5.29 % at 70 GPa", "GPa", 3.703, 1e-3, _end_stress, PULL),
)  # fmt: skip

MEASURED: tuple[tuple[str, str, str, float, str], ...] = (
    ("cycling_change", "largest change of permittivity in 1000 bends at 3 mm", "%", 2.4, "bending cycles, 1 MHz"),
    ("leakage_before", "leakage current density at 1 MV/cm, plain film", "A/cm2", 3.6e-2, LEAKAGE),
    ("leakage_after", "leakage current density at 1 MV/cm, mixed film", "A/cm2", 3.2e-7, LEAKAGE),
    ("permittivity", "relative permittivity", "1", 35.0, "capacitors of the mixed film"),
    ("loss", "largest loss tangent from -100 to 200 degree C", "1", 0.1, "capacitors of the mixed film"),
    ("mean_transmittance", "least mean transmittance from 380 to 780 nm", "%", 90.0, OPTICS),
)
"""Scalars of measurements whose curves are not public: nothing recomputes them."""

LEDGER: tuple[LedgerRow, ...] = (
    *(
        LedgerRow(
            id=f"film.{name}", room="film", quantity=words, unit=unit, published=published, tolerance=tolerance,
            compute=compute, source=source,
        )
        for name, words, unit, published, tolerance, compute, source in ROWS
    ),
    *(
        LedgerRow(id=f"film.{name}", room="film", quantity=words, unit=unit, published=published, tolerance=0.01,
                  source=source)
        for name, words, unit, published, source in MEASURED
    ),
)  # fmt: skip
