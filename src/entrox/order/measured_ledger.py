"""Reference numbers of published trajectories, runs from first principles, curves and switching logs of perovskites.

The files do not come with the package: see the fields ``files`` of the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import measured_file
from entrox.core.units import C_PER_M2_PER_E_PER_ANGSTROM2
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.order.bonds.bonds import BondSplitting, bond_splitting
from entrox.order.displacement.displacement import Displacements, displacements
from entrox.order.displacement.element_means import element_means
from entrox.order.displacement.projection import project_columns, projected_displacements
from entrox.order.domains import WallProfile, wall_profile
from entrox.order.lattice import LatticeMap, fit_lattice
from entrox.order.phases.phases import classify
from entrox.order.polarization.born_charges import BornCharges, mean_charges, read_born_charges
from entrox.order.polarization.dipole_branch import unfold_born_dipole
from entrox.order.polarization.polarization import Polarization, local_polarization
from entrox.order.response.feram_curve import read_feram_curve
from entrox.order.response.hysteresis import Loop, loop_of_log
from entrox.order.response.switching_log import read_switching_log
from entrox.order.response.transitions import find_transitions
from entrox.order.tilts import OctahedralTilts, octahedral_tilts
from entrox.structure.frames import read_frames

__all__ = ["MEASURED_LEDGER"]

Site = str
TRAJECTORIES, RUNS = "perovskite/ferrodispcalc-traj", "perovskite/unipero-aimd"
LEAD, LEAD_VECTORS = f"{TRAJECTORIES}/PTO-300K.traj", f"{TRAJECTORIES}/PTO-300K-disp.npz"
WALLS, WALL_VECTORS = f"{TRAJECTORIES}/PTO-180DW.vasp", f"{TRAJECTORIES}/PTO-180DW-P.npy"
STRONTIUM = f"{TRAJECTORIES}/STO-50K.vasp"
BARIUM, SOLUTION = f"{RUNS}/BT-300K", f"{RUNS}/BZT-BCT-300K"
CHARGES = "perovskite/allegro-pol-batio3/BaTiO3.xyz"
LOGS = {t: f"perovskite/allegro-pol-batio3/log.hyst_BaTiO3-E0_BaTiO3-sc333_{t}_2_19" for t in (300, 340)}
CURVES = {
    (size, way): f"perovskite/feram-batio3/{way}-{size}x{size}x{size}.avg"
    for size in (24, 16)
    for way in ("heating", "cooling")
}
LEAD_SOURCE, WALL_SOURCE = "trajectory of PbTiO3 at 300 K with its displacements", "walls of PbTiO3 with polarization"
RUN_SOURCE = "runs from first principles, 40 atoms"
MV_PER_CM = 100.0 * MEGA
ROUNDED_UNIT = 16.02176
"""C/m2 of one e/angstrom2 with which the given polarization was made."""
LEAD_CHARGES = {"Pb": 3.44, "Ti": 5.18, "O": -(3.44 + 5.18) / 3}
BRACKETS = {
    (24, "heating"): (225, 255, 315), (24, "cooling"): (200, 240, 310),
    (16, "heating"): (215, 255, 315), (16, "cooling"): (215, 245, 315),
}  # fmt: skip
"""Colder end of the brackets of R-O, O-T and T-C [K]; all are 5 K wide."""
MEANS = {
    LEAD: ("lead_titanate", {"Pb": (0.3675, 0.3964), "Ti": (0.2541, 0.2698)}, 2e-4, LEAD_SOURCE),
    BARIUM: ("barium_titanate", {"Ba": (0.0678, 0.1353), "Ti": (0.1163, 0.1828)}, 2e-3, RUN_SOURCE),
    SOLUTION: ("solution", {"Ca": (0.244, 0.388), "Ti": (0.105, 0.192), "Ba": (0.055, 0.127), "Zr": (0.041, 0.094)},
               3e-3, RUN_SOURCE),
}  # fmt: skip
"""Name of the box, length of the mean and mean length of the displacements [angstrom], tolerance, source."""
CLASSES = {
    LEAD: ("lead_titanate", (0.0, 0.778, 0.179, 0.043), 2e-3, LEAD_SOURCE),
    BARIUM: ("barium_titanate", (0.003, 0.261, 0.439, 0.297), 5e-3, RUN_SOURCE),
}


@cache
def _frames(name: str) -> tuple[list[Atoms], LatticeMap]:
    frames = list(read_frames(measured_file(name)))
    return frames, fit_lattice(frames[0])


@cache
def _vectors(name: str, site: Site) -> Displacements:
    frames, found = _frames(name)
    return displacements(frames, found, site)  # type: ignore[arg-type]


def _mean(name: str, element: str, which: int) -> float:
    for site in "AB":
        means = element_means(_vectors(name, site))
        if element in means.elements:
            values = (means.taid_angstrom, means.mean_modulus_angstrom)[which]
            return float(values[means.elements.index(element)])
    return float("nan")


def _class(name: str, index: int) -> float:
    return float(classify(_vectors(name, "B")).fractions[index])


def _difference(site: Site, key: str) -> float:
    """Largest difference of our displacements of the trajectory from those that come with it [angstrom]."""
    _, found = _frames(LEAD)
    order = np.argsort(found.a if site == "A" else found.b)
    reference = np.load(measured_file(LEAD_VECTORS))[key]
    return float(np.abs(_vectors(LEAD, site).vectors_angstrom[:, order] - reference).max())


@cache
def _lead_bonds() -> BondSplitting:
    frames, found = _frames(LEAD)
    return bond_splitting(frames, found, "Ti", average="frame")


def _against_lead() -> float:
    frames, found = _frames(LEAD)
    return float(projected_displacements(project_columns(frames, found, "100"), "B")[..., 1].mean())


@cache
def _walls() -> tuple[Polarization, WallProfile]:
    (atoms,), found = _frames(WALLS)
    p = local_polarization(atoms, found, LEAD_CHARGES)
    return p, wall_profile(p, found)


def _wall_difference() -> float:
    """Largest difference of our polarization from that which comes with the file, in its rounded unit [C/m2]."""
    (_,), found = _frames(WALLS)
    reference: NDArray[np.float64] = np.load(measured_file(WALL_VECTORS))
    ours = _walls()[0].vectors_c_per_m2[0][np.argsort(found.b)] * ROUNDED_UNIT / C_PER_M2_PER_E_PER_ANGSTROM2
    return float(np.abs(ours - reference.reshape(ours.shape)).max())


@cache
def _tilts() -> OctahedralTilts:
    (atoms,), found = _frames(STRONTIUM)
    return octahedral_tilts(atoms, found)


def _tilt(axis: int) -> float:
    return float(_tilts().antiphase_deg[axis])


def _m_tilt() -> float:
    found = _tilts()
    return float(np.abs(found.staggered_deg[[found.wave_vectors.index(name) for name in ("Mx", "My", "Mz")]]).max())


@cache
def _born() -> BornCharges:
    return read_born_charges(measured_file(CHARGES))


def _charge(group: str, axis: int | None = None) -> float:
    """Mean isotropic charge, or one of the diagonal [e]."""
    table = mean_charges(_born())
    k = table.groups.index(group)
    return float(table.isotropic_e[k] if axis is None else table.mean_tensor_e[k][axis, axis])


@cache
def _dipole() -> NDArray[np.float64]:
    return np.asarray(unfold_born_dipole(_born()).rms_residual_e_angstrom)


@cache
def _transition(size: int, way: str) -> tuple[float, ...]:
    found = find_transitions(read_feram_curve(measured_file(CURVES[size, way])))
    return tuple(item.t_low_k for item in found.transitions)


@cache
def _loop(kelvin: int) -> Loop:
    return loop_of_log(read_switching_log(measured_file(LOGS[kelvin])), block_steps=500)


def _field(found: Callable[[], object], name: str, unit: float = 1.0) -> float:
    return float(getattr(found(), name)) / unit


def _item(found: Callable[[], Any], index: int) -> float:
    return float(found()[index])


def _row(
    name: str, quantity: str, unit: str, published: float, tolerance: float, source: str, compute: Callable[[], float],
    *files: str,
) -> LedgerRow:  # fmt: skip
    return ledger_row(f"order.{name}", quantity, unit, published, tolerance, source, compute, files=files)


def _displacement_rows() -> list[LedgerRow]:
    means = [
        _row(f"{box}_{element.lower()}_{kind}", f"{words} of {element}, {box.replace('_', ' ')}", "angstrom", value,
             tolerance, source, partial(_mean, name, element, which), name)
        for name, (box, table, tolerance, source) in MEANS.items()
        for element, values in table.items()
        for which, (kind, words, value) in enumerate(
            (("taid", "length of the mean displacement", values[0]), ("modulus", "mean length", values[1])))
    ]  # fmt: skip
    classes = [
        _row(f"{box}_class_{label.lower()}", f"share of frames of Ti in class {label}, {box.replace('_', ' ')}", "1",
             value, tolerance, source, partial(_class, name, index), name)
        for name, (box, values, tolerance, source) in CLASSES.items()
        for index, (label, value) in enumerate(zip("CTOR", values, strict=True))
    ]  # fmt: skip
    bonds = [
        _row(f"lead_titanate_bond_{kind}", f"Ti-O bond, {kind}, lead titanate", "angstrom", value, 1e-3, LEAD_SOURCE,
             partial(_field, _lead_bonds, f"{kind}_angstrom"), LEAD)
        for kind, value in {"short": 1.806, "middle": 1.980, "long": 2.286, "mean": 2.0022}.items()
    ]  # fmt: skip
    same = [
        _row(f"lead_titanate_same_{site.lower()}", f"largest difference of displacements of {site} from those given",
             "angstrom", 0.0, 1e-10, LEAD_SOURCE, partial(_difference, site, key), LEAD, LEAD_VECTORS)
        for site, key in (("A", "ao"), ("B", "bo"))
    ]  # fmt: skip
    return [
        *same, *means, *bonds, *classes,
        _row("lead_titanate_against_lead", "Ti against its Pb along the polar axis", "angstrom", 0.113, 1e-3,
             LEAD_SOURCE, _against_lead, LEAD),
        _row("lead_titanate_against_oxygen", "Ti against its O along the polar axis", "angstrom", -0.254, 1e-3,
             LEAD_SOURCE, lambda: float(_vectors(LEAD, "B").vectors_angstrom.mean(axis=(0, 1))[2]), LEAD),
    ]  # fmt: skip


def _wall_and_tilt_rows() -> list[LedgerRow]:
    tilts = [
        _row(f"strontium_titanate_tilt_{axis}", f"antiphase tilt about {axis}, strontium titanate at 50 K", "degree",
             value, 5e-3, "averaged box of SrTiO3 at 50 K", partial(_tilt, k), STRONTIUM)
        for k, (axis, value) in enumerate({"x": -0.040, "y": -0.009, "z": 4.734}.items())
    ]  # fmt: skip
    return [
        _row("wall_same", "largest difference of the polarization from that given", "C/m2", 0.0, 1e-9, WALL_SOURCE,
             _wall_difference, WALLS, WALL_VECTORS),
        _row("wall_plateau", "polarization between walls", "C/m2", 0.722, 2e-3, WALL_SOURCE,
             lambda: float(_walls()[1].plateau), WALLS),
        _row("wall_count", "walls", "1", 2.0, 1e-9, WALL_SOURCE,
             lambda: float(len(_walls()[1].center_angstrom)), WALLS),
        *tilts,
        _row("strontium_titanate_tilt_m", "largest in-phase tilt, strontium titanate at 50 K", "degree", 0.0, 5e-3,
             "averaged box of SrTiO3 at 50 K", _m_tilt, STRONTIUM),
    ]  # fmt: skip


def _charge_rows() -> list[LedgerRow]:
    source = "Born charges and dipoles of BaTiO3"
    return [
        *(_row(f"charge_{group.lower()}", f"mean isotropic Born charge of {group}", "e", value, 1e-2, source,
               partial(_charge, group), CHARGES) for group, value in {"Ba": 2.751, "Ti": 5.395, "O": -2.715}.items()),
        *(_row(f"charge_ti_{axis}{axis}", f"mean Born charge of Ti, {axis}{axis}", "e", value, 1e-2, source,
               partial(_charge, "Ti", k), CHARGES) for k, (axis, value) in enumerate(zip("xyz", (5.84, 5.86, 4.48),
                                                                                    strict=True))),
        *(_row(f"dipole_residual_{axis}", f"dipole against Born charges times displacements, {axis}", "e angstrom",
               value, 0.03, source, partial(_item, _dipole, k), CHARGES)
          for k, (axis, value) in enumerate(zip("xyz", (0.19, 0.20, 0.31), strict=True))),
    ]  # fmt: skip


def _response_rows() -> list[LedgerRow]:
    transitions = [
        _row(f"transition_{size}_{way}_{kind.lower().replace('-', '')}",
             f"colder end of the bracket of {kind}, {size}^3 cells, {way}", "K", float(value), 1e-9,
             "temperature runs of BaTiO3 by feram", partial(_item, partial(_transition, size, way), k),
             CURVES[size, way])
        for (size, way), values in BRACKETS.items()
        for k, (kind, value) in enumerate(zip(("R-O", "O-T", "T-C"), values, strict=True))
    ]  # fmt: skip
    loops = [
        _row(f"loop_{kelvin}_{kind}", f"{words}, {kelvin} K", unit, value, tolerance, "switching runs of BaTiO3",
             partial(_field, partial(_loop, kelvin), field, scale), LOGS[kelvin])
        for kelvin, values in {300: (-10.96, 10.78, 0.525), 340: (-10.73, 10.86, 0.523)}.items()
        for (kind, words, unit, field, scale, tolerance), value in zip(
            (("minus", "coercive field, falling", "MV/cm", "coercive_minus_v_per_m", MV_PER_CM, 0.4),
             ("plus", "coercive field, rising", "MV/cm", "coercive_plus_v_per_m", MV_PER_CM, 0.4),
             ("remanence", "remanent polarization", "C/m2", "remanent_c_per_m2", 1.0, 0.01)), values, strict=True)
    ]  # fmt: skip
    return [*transitions, *loops]


MEASURED_LEDGER: tuple[LedgerRow, ...] = (
    *_displacement_rows(), *_wall_and_tilt_rows(), *_charge_rows(), *_response_rows(),
)  # fmt: skip
