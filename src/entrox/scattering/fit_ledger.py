"""Reference small-box fits of measured data. The files do not come with the package: see the fields ``files``."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
from ase import Atoms

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import measured_file
from entrox.scattering.data.data_files import read_correlation
from entrox.scattering.data.sample import sample_of
from entrox.scattering.small_box.fit import fit_small_box
from entrox.scattering.small_box.result import SmallBoxFit
from entrox.scattering.small_box.structure import read_small_box

__all__ = ["FIT_LEDGER"]

FOLDER = "total-scattering"
NICKEL, NICKEL_CELL = f"{FOLDER}/Ni_300K_neutron_NOMAD-SNS_qmax32.gr", f"{FOLDER}/Ni.cif"
STRONTIUM = f"{FOLDER}/SrTiO3_5K_neutron_GEM_rmc_r13A.gr"
BARIUM, BARIUM_CELL = f"{FOLDER}/BaTiO3_xray_q26_pdfgetx3.gr", f"{FOLDER}/BaTiO3-Pm3m.cif"
NICKEL_SOURCE, STRONTIUM_SOURCE = "G(r) of nickel, NOMAD", "G(r) of SrTiO3 at 5 K, GEM, RMCProfile-II tutorial"
CUBE_ANGSTROM = 3.895
PLATEAU_END_ANGSTROM = 1.5


@cache
def _nickel(end_angstrom: float) -> SmallBoxFit:
    return fit_small_box(
        read_correlation(measured_file(NICKEL), form="G_pdf"), read_small_box(measured_file(NICKEL_CELL)),
        free=("scale", "lattice", "u", "delta2"), r_min_angstrom=1.8, r_max_angstrom=end_angstrom,
    )  # fmt: skip


@cache
def _strontium(*more: str) -> SmallBoxFit:
    cell = Atoms(
        "SrTiO3", scaled_positions=[(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)],
        cell=[CUBE_ANGSTROM] * 3, pbc=True,
    )  # fmt: skip
    return fit_small_box(
        read_correlation(measured_file(STRONTIUM)), cell, free=("scale", "lattice", "u", *more), r_min_angstrom=2.45,
        r_max_angstrom=12.0, qmax_per_angstrom=35.0,
    )  # fmt: skip


@cache
def _barium() -> SmallBoxFit:
    cell = read_small_box(measured_file(BARIUM_CELL))
    return fit_small_box(
        read_correlation(measured_file(BARIUM)), cell, sample_of(cell, probe="xray"),
        free=("scale", "lattice", "u", "qdamp"), r_min_angstrom=1.6, r_max_angstrom=15.0,
    )  # fmt: skip


def _plateau() -> float:
    data = read_correlation(measured_file(STRONTIUM))
    return float(np.mean(data.y[data.x < PLATEAU_END_ANGSTROM]))


def _nickel_value(end: float, name: str) -> float:
    return _nickel(end).rw if name == "rw" else _nickel(end).value(name)


def _strontium_value(name: str, *more: str) -> float:
    found = _strontium(*more)
    return found.rw if name == "rw" else found.derived[name] if name in found.derived else found.value(name)


_NICKEL: dict[float, dict[str, tuple[str, str, float, float]]] = {
    20.0: {"a": ("edge", "angstrom", 3.5233, 0.001), "u_Ni": ("mean square motion", "angstrom2", 0.0056, 0.0005),
           "scale": ("scale", "1", 0.797, 0.03), "delta2": ("sharpening delta2", "angstrom2", 3.2, 1.5),
           "rw": ("Rw", "1", 0.084, 0.016)},
    10.0: {"a": ("edge", "angstrom", 3.5233, 0.001), "u_Ni": ("mean square motion", "angstrom2", 0.0050, 0.0005),
           "rw": ("Rw", "1", 0.043, 0.017)},
}  # fmt: skip
_TILTED = {
    "a": ("edge", "angstrom", 3.894, 0.003), "shift_c": ("shift of oxygen", "cell", 0.020, 0.004),
    "u_Sr": ("mean square motion of Sr", "angstrom2", 0.0016, 0.0003),
    "u_Ti": ("mean square motion of Ti", "angstrom2", 0.0026, 0.0003),
    "u_O": ("mean square motion of O", "angstrom2", 0.0036, 0.0003), "scale": ("scale", "1", 0.82, 0.01),
    "rw": ("Rw", "1", 0.078, 0.012),
}  # fmt: skip

FIT_LEDGER: tuple[LedgerRow, ...] = (
    *(
        ledger_row(f"scattering.nickel_{end:g}_{name.lower()}", f"{words} of nickel, fit to {end:g} angstrom", unit,
                   value, tolerance, NICKEL_SOURCE, partial(_nickel_value, end, name), files=(NICKEL, NICKEL_CELL))
        for end, table in _NICKEL.items()
        for name, (words, unit, value, tolerance) in table.items()
    ),
    *(
        ledger_row(f"scattering.titanate_{name.lower()}", f"{words} of tilted SrTiO3", unit, value, tolerance,
                   STRONTIUM_SOURCE, partial(_strontium_value, name, "tilt"), files=(STRONTIUM,))
        for name, (words, unit, value, tolerance) in _TILTED.items()
    ),
    ledger_row("scattering.titanate_untilted_u_o", "mean square motion of O of untilted SrTiO3", "angstrom2", 0.0050,
               0.0003, STRONTIUM_SOURCE, partial(_strontium_value, "u_O"), files=(STRONTIUM,)),
    ledger_row("scattering.titanate_untilted_rw", "Rw of untilted SrTiO3", "1", 0.086, 0.001, STRONTIUM_SOURCE,
               partial(_strontium_value, "rw"), files=(STRONTIUM,)),
    ledger_row("scattering.titanate_offset_a", "edge of tilted SrTiO3 with a free offset of r", "angstrom", 3.897,
               0.001, STRONTIUM_SOURCE, partial(_strontium_value, "a", "tilt", "r_offset"), files=(STRONTIUM,)),
    ledger_row("scattering.titanate_offset_rw", "Rw of the same", "1", 0.0755, 0.001, STRONTIUM_SOURCE,
               partial(_strontium_value, "rw", "tilt", "r_offset"), files=(STRONTIUM,)),
    ledger_row("scattering.titanate_offset", "offset of r of the same", "angstrom", 0.008, 0.002, STRONTIUM_SOURCE,
               partial(_strontium_value, "r_offset", "tilt", "r_offset"), files=(STRONTIUM,)),
    ledger_row("scattering.titanate_data_plateau", "plateau of the data below the first distance", "barn", -0.176249,
               1e-6, STRONTIUM_SOURCE, _plateau, files=(STRONTIUM,)),
    ledger_row("scattering.barium_titanate_rw", "Rw of cubic BaTiO3, x-rays, fit to 15 angstrom", "1", 0.129, 0.011,
               "G(r) of BaTiO3, x-rays to 26 1/angstrom", lambda: _barium().rw, files=(BARIUM, BARIUM_CELL)),
)  # fmt: skip
