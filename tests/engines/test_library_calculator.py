"""LAMMPS as a calculator: the energies of a pair style from its lines are those of the same law in ASE."""

import pytest
from ase.build import bulk

from entrox.core import EngineError, MissingExtraError
from entrox.dynamics import LennardJones, read_pair_file

LINES = "# elements: Ar\npair_style lj/cut 8.0\npair_modify shift yes\npair_coeff * * 0.0104 3.4\n"


def test_a_pair_style_from_a_file_has_the_energy_and_forces_of_its_law(tmp_path):
    pytest.importorskip("lammps", exc_type=ImportError)
    (tmp_path / "argon.in").write_text(LINES, encoding="utf-8")
    crystal = bulk("Ar", cubic=True, a=5.3).repeat(2)
    crystal.rattle(0.1, seed=1)
    try:
        with read_pair_file(tmp_path / "argon.in").open_calculator() as calculator:
            crystal.calc = calculator
            energy, forces = crystal.get_potential_energy(), crystal.get_forces()
            stress = crystal.get_stress()
    except (MissingExtraError, EngineError) as error:
        pytest.skip(f"the library of LAMMPS does not load: {error}")
    with LennardJones(0.0104, 3.4, 8.0).open_calculator() as plain:
        crystal.calc = plain
        assert energy == pytest.approx(crystal.get_potential_energy(), abs=1e-6)
        assert forces == pytest.approx(crystal.get_forces(), abs=1e-6)
        assert stress == pytest.approx(crystal.get_stress(), abs=1e-7)
