"""The input for CP2K, and what is read from its output, which is that of version 2023.1 for cubic BaTiO3."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from numpy.testing import assert_allclose

from entrox.core import FormatError, InputError, MissingExtraError
from entrox.potentials.teachers.cp2k import Cp2kSettings, cp2k_input, find_cp2k, k_mesh, read_cp2k_output, run_cp2k
from entrox.structure import build_perovskite

OUTPUT = """
  *** SCF run converged in    16 steps ***

 ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:             -132.132228674743260

 ATOMIC FORCES in [a.u.]

 # Atom   Kind   Element          X              Y              Z
      1      1      Ba          0.00343606     0.00137736     0.00682249
      2      2      Ti         -0.00970184    -0.00387032    -0.02070339
 SUM OF ATOMIC FORCES          -0.00008780    -0.00011285    -0.00011114     0.00018109

 STRESS| Analytical stress tensor [GPa]
 STRESS|                        x                   y                   z
 STRESS|      x        4.93727345247E+00   6.19421481696E-02   2.99301620576E-01
 STRESS|      y        6.19421481696E-02   4.83623745958E+00   1.22827830351E-01
 STRESS|      z        2.99301620576E-01   1.22827830351E-01   5.48923107650E+00
 STRESS| 1/3 Trace                                             5.08758066285E+00
"""


def titanate(edge: float = 4.0) -> Atoms:
    return build_perovskite("Ba", "Ti", (1, 1, 1), edge)


def test_mesh_of_k_points_is_as_fine_as_asked():
    atoms = Atoms("O", cell=[4.0, 8.0, 40.0], pbc=True)
    assert k_mesh(atoms, 0.2) == (8, 4, 1)
    lengths = 2 * np.pi / np.array([4.0, 8.0, 40.0])
    assert (lengths / k_mesh(atoms, 0.2) <= 0.2 + 1e-9).all()


def test_input_names_functional_basis_potentials_cutoff_and_mesh():
    text = cp2k_input(titanate(), Cp2kSettings())
    for part in (
        "&XC_FUNCTIONAL PBE", "DZVP-MOLOPT-SR-GTH", "GTH-PBE-q10", "GTH-PBE-q12", "GTH-PBE-q6", "CUTOFF 400.0",
        "SCHEME MONKHORST-PACK 8 8 8", "STRESS_TENSOR ANALYTICAL", "EPS_SCF 1e-07", "MAX_SCF 60",
    ):  # fmt: skip
        assert part in text
    assert text.count("&KIND") == 3


def test_large_cell_needs_the_gamma_point_only():
    text = cp2k_input(titanate().repeat((8, 8, 8)), Cp2kSettings())
    assert "KPOINTS" not in text


def test_input_has_every_atom_where_it_is():
    atoms = titanate()
    atoms.rattle(0.1, seed=1)
    rows = cp2k_input(atoms).split("&COORD\n")[1].split("    &END COORD")[0].splitlines()
    assert [row.split()[0] for row in rows] == atoms.get_chemical_symbols()
    assert_allclose([[float(word) for word in row.split()[1:]] for row in rows], atoms.positions, atol=1e-12)


@pytest.mark.parametrize(
    ("atoms", "message"),
    [(Atoms("Xe", cell=[4, 4, 4], pbc=True), "also has Xe"), (Atoms("O2", [[0, 0, 0], [0, 0, 1.2]]), "periodic")],
)
def test_structure_that_the_set_up_does_not_cover_is_refused(atoms, message):
    with pytest.raises(InputError, match=message):
        cp2k_input(atoms)


def test_output_gives_energy_forces_and_a_stress_with_tension_positive():
    found = read_cp2k_output(OUTPUT, 2)
    assert found.converged
    assert found.energy_ev == pytest.approx(-132.13222867474326 * 27.211386, rel=1e-7)
    assert found.forces_ev_per_angstrom[1, 2] == pytest.approx(-0.02070339 * 51.422067, rel=1e-6)
    assert found.stress_ev_per_angstrom3[0] == pytest.approx(-4.93727345247 / 160.21766, rel=1e-6)
    assert found.stress_ev_per_angstrom3[3:] == pytest.approx(
        -np.array([0.122827830351, 0.299301620576, 0.0619421481696]) / 160.21766, rel=1e-6
    )


def test_field_that_did_not_converge_is_told():
    assert not read_cp2k_output(OUTPUT + " *** WARNING in qs_scf.F:598 :: SCF run NOT converged ***", 2).converged


@pytest.mark.parametrize(
    ("cut", "message"),
    [("ENERGY| Total", "no total energy"), ("ATOMIC FORCES", "no forces"), ("STRESS|      x", "no stress")],
)
def test_output_that_lacks_something_is_refused(cut, message):
    with pytest.raises(FormatError, match=message):
        read_cp2k_output(OUTPUT.replace(cut, "---"), 2)


def test_missing_program_says_how_to_get_it():
    with pytest.raises(MissingExtraError, match="apt install cp2k"):
        find_cp2k("no-such-cp2k")
    with pytest.raises(MissingExtraError, match="apt install cp2k"):
        run_cp2k(titanate(), program="no-such-cp2k")
