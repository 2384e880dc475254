"""Small-box fits of measured data: nickel, strontium titanate, barium titanate, lanthanum manganite.

The numbers are those that the fits gave first, with the tolerances of the published values beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase.neighborlist import neighbor_list

from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.data_files import read_correlation
from entrox.scattering.data.sample import sample_of
from entrox.scattering.small_box.fit import fit_small_box
from entrox.scattering.small_box.result import SmallBoxFit
from entrox.scattering.small_box.structure import read_small_box
from small_boxes import cubic_perovskite, nickel, polar_perovskite

FOLDER = "total-scattering"
Find = Callable[[str], Path]


@pytest.fixture
def nickel_data(external_data: Find) -> CorrelationData:
    return read_correlation(external_data(f"{FOLDER}/Ni_300K_neutron_NOMAD-SNS_qmax32.gr"), form="G_pdf")


def fit_nickel(data: CorrelationData, a: float, end: float = 20.0) -> SmallBoxFit:
    free = ("scale", "lattice", "u", "delta2")
    return fit_small_box(data, nickel(a), free=free, r_min_angstrom=1.8, r_max_angstrom=end)


@pytest.mark.parametrize("start", [3.51, 3.54])
def test_nickel_has_its_lattice_and_thermal_motion_from_starts_on_both_sides(
    nickel_data: CorrelationData, start: float
) -> None:
    fit = fit_nickel(nickel_data, start)
    assert fit.qmax_per_angstrom == 31.4
    assert (fit.value("qdamp"), fit.value("qbroad")) == (0.017659, 0.0191822)
    assert fit.converged
    assert fit.value("a") == pytest.approx(3.5233, abs=0.001)
    assert fit.value("u_Ni") == pytest.approx(0.0056, abs=0.0005)
    assert fit.value("scale") == pytest.approx(0.797, abs=0.03)
    assert fit.value("delta2") == pytest.approx(3.2, abs=1.5)
    assert fit.rw == pytest.approx(0.084, abs=0.002)


def test_the_start_of_the_lattice_leaves_no_trace_in_the_fit_of_nickel(
    nickel_data: CorrelationData, external_data: Find
) -> None:
    cell = read_small_box(external_data(f"{FOLDER}/Ni.cif"))
    far = fit_nickel(nickel_data, float(cell.cell[0, 0]), 12.0)
    near = fit_nickel(nickel_data, 3.53, 12.0)
    assert cell.cell[0, 0] == pytest.approx(3.45)
    np.testing.assert_allclose(far.values, near.values, rtol=1e-4)


def test_nickel_to_ten_angstrom_fits_twice_as_well(nickel_data: CorrelationData) -> None:
    fit = fit_nickel(nickel_data, 3.52, 10.0)
    assert fit.value("a") == pytest.approx(3.5233, abs=0.001)
    assert fit.value("u_Ni") == pytest.approx(0.0050, abs=0.0005)
    assert fit.rw == pytest.approx(0.043, abs=0.002)


def test_strontium_titanate_at_5_kelvin_is_tilted_and_its_labels_of_r_are_too_small(external_data: Find) -> None:
    data = read_correlation(external_data(f"{FOLDER}/SrTiO3_5K_neutron_GEM_rmc_r13A.gr"))
    cubic, tilted, shifted = (
        fit_small_box(
            data, cubic_perovskite(3.895), free=("scale", "lattice", "u", *more), r_min_angstrom=2.45,
            r_max_angstrom=12.0, qmax_per_angstrom=35.0,
        )
        for more in ((), ("tilt",), ("tilt", "r_offset"))
    )  # fmt: skip
    assert cubic.form == "G_keen"
    assert tilted.value("a") == pytest.approx(3.894, abs=0.003)
    assert tilted.derived["shift_c"] == pytest.approx(0.020, abs=0.004)
    assert tilted.value("tilt_c") > 8.0 * tilted.errors[tilted.names.index("tilt_c")]
    assert tilted.value("scale") == pytest.approx(0.82, abs=0.01)
    for name, value in (("u_Sr", 0.0016), ("u_Ti", 0.0026), ("u_O", 0.0036)):
        assert tilted.value(name) == pytest.approx(value, abs=0.0003)
    assert cubic.value("u_O") == pytest.approx(0.0050, abs=0.0003)
    assert (shifted.rw, tilted.rw, cubic.rw) == pytest.approx((0.0755, 0.078, 0.086), abs=0.001)
    assert shifted.value("a") == pytest.approx(3.897, abs=0.001)
    assert shifted.value("r_offset") == pytest.approx(0.006, abs=0.003)
    assert shifted.correlations["r_offset", "a"] > 0.9


def test_barium_titanate_in_x_rays_fits_as_cubic_once_the_damping_is_free(external_data: Find) -> None:
    data = read_correlation(external_data(f"{FOLDER}/BaTiO3_xray_q26_pdfgetx3.gr"))
    cell = read_small_box(external_data(f"{FOLDER}/BaTiO3-Pm3m.cif"))
    damped, sharp = (
        fit_small_box(
            data, cell, sample_of(cell, probe="xray"), free=("scale", "lattice", "u", *more), r_min_angstrom=1.6,
            r_max_angstrom=15.0,
        )
        for more in (("qdamp",), ())
    )  # fmt: skip
    assert damped.qmax_per_angstrom == 26.0
    assert damped.rw == pytest.approx(0.129, abs=0.002)
    assert damped.value("a") == pytest.approx(4.009, abs=0.003)
    assert sharp.rw > 1.3 * damped.rw


def test_a_tetragonal_cell_fits_barium_titanate_better_than_the_cubic_one(external_data: Find) -> None:
    data = read_correlation(external_data(f"{FOLDER}/BaTiO3_xray_q26_pdfgetx3.gr"))
    cubic = cubic_perovskite(4.01, "BaTi")
    polar = polar_perovskite(3.986, 4.026, titanium=0.515, apex=-0.023, equator=0.486)
    polar.symbols[0] = "Ba"
    found = [
        fit_small_box(
            data, cell, sample_of(cell, probe="xray"), free=("scale", "lattice", "u", "qdamp", *more),
            r_min_angstrom=1.6, r_max_angstrom=10.0,
        )
        for cell, more in ((cubic, ()), (polar, ("Ti.z",)))
    ]  # fmt: skip
    assert [fit.rw for fit in found] == pytest.approx([0.1414, 0.1356], abs=0.0015)
    assert 0.51 < found[1].value("Ti.z") < 0.54


def test_a_file_with_atoms_on_top_of_each_other_is_remarked_on(external_data: Find) -> None:
    # Coordinates of titanium and the plane of oxygen in this file are half of what they should be.
    data = read_correlation(external_data(f"{FOLDER}/BaTiO3_xray_q26_pdfgetx3.gr"))
    cell = read_small_box(external_data(f"{FOLDER}/BaTiO3-P4mm.cif"))
    fit = fit_small_box(data, cell, sample_of(cell, probe="xray"), free=("scale",), r_max_angstrom=5.0)
    assert any("1.16 angstrom apart" in text for text in fit.faults)
    assert not fit.sound


def test_a_start_far_from_the_structure_is_no_answer_although_the_search_ends(external_data: Find) -> None:
    data = read_correlation(external_data(f"{FOLDER}/BaTiO3_xray_q26_pdfgetx3.gr"))
    right, wrong = (
        fit_small_box(
            data, cubic_perovskite(a, "BaTi"), sample_of(cubic_perovskite(a, "BaTi"), probe="xray"),
            free=("scale", "u", "qdamp"), r_min_angstrom=1.6, r_max_angstrom=9.0,
        )
        for a in (4.009, 4.25)
    )  # fmt: skip
    assert right.sound
    assert wrong.converged
    assert not wrong.sound
    assert "Rw" in wrong.faults[0]


def test_the_jahn_teller_split_of_the_average_manganite_shrinks_with_temperature(external_data: Find) -> None:
    cell = read_small_box(external_data(f"{FOLDER}/lamno3_pbnm.cif"))
    split = {}
    for kelvin in (300, 740):
        data = read_correlation(external_data(f"{FOLDER}/LaMnO3_{kelvin}K_neutron_NPDF_qmax32.gr"))
        fit = fit_small_box(
            data, cell, free=("scale", "lattice", "u", "positions", "delta2"), r_min_angstrom=1.7, r_max_angstrom=15.0
        )
        i, _, distance = neighbor_list("ijd", fit.structure, 2.4)
        bonds = np.sort(distance[i == fit.structure.symbols.search("Mn")[0]])
        assert len(bonds) == 6
        split[kelvin] = bonds[-1] - bonds[0]
        assert fit.rw < 0.12
        assert 0.7 < fit.value("scale") < 0.9
    assert split[300] == pytest.approx(0.27, abs=0.03)
    assert split[740] == pytest.approx(0.16, abs=0.03)
