"""What a glass is not: grown anew in another lattice, without forces, or yielding by noise alone."""

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from entrox.core import ConvergenceError
from entrox.dynamics import (
    AseEngine,
    CalculatorPotential,
    QuenchSettings,
    TensionSettings,
    run_melt_quench,
    run_tension,
)
from entrox.dynamics.glass.crystal_share import cation_sublattices, crystal_shares
from entrox.dynamics.glass.stress_strain import StressStrain, curve_numbers
from entrox.structure import build_amorphous_start, build_bismuth_titanate
from pair_glass import PairGlass, pair_crystal


class NoForces(PairGlass):
    """Forces that are not finite."""

    def calculate(self, *arguments, **options):
        """Spoil the forces."""
        super().calculate(*arguments, **options)
        self.results["forces"] = np.full_like(self.results["forces"], np.nan)


SPOILED = CalculatorPotential(f"{Path(__file__)}:NoForces")


def test_a_crystal_that_grew_turned_is_crystalline_and_a_random_box_is_not():
    crystal = bulk("Al", "fcc", a=4.05, cubic=True).repeat(3)
    melt = build_amorphous_start({"Al": 1}, 108, 2.6, 2.2, rng=np.random.default_rng(1))
    other = build_amorphous_start({"Al": 1}, 108, 2.6, 2.2, rng=np.random.default_rng(2))
    turned = crystal.copy()
    turned.rotate(33.0, (1, 2, 3), rotate_cell=True)
    shares, undecided = crystal_shares(turned, crystal, melt)
    assert undecided == ()
    assert shares[0].fraction == pytest.approx(1.0)
    assert crystal_shares(other, crystal, melt)[0][0].fraction == pytest.approx(0.0, abs=0.05)


def test_elements_that_share_sites_are_one_sublattice():
    box = build_bismuth_titanate(0.75, rng=np.random.default_rng(1))
    assert cation_sublattices(box) == (("Bi", "La", "Nd", "Pr", "Sm"), ("Ti",))


def test_forces_that_are_not_finite_fail_a_member_and_a_test(tmp_path):
    settings = QuenchSettings(melt_temperature_k=500.0, melt_ps=0.1, volume="fixed", relax_steps=3)
    found = run_melt_quench(
        pair_crystal(2, 3.6), AseEngine(), SPOILED, settings, np.random.default_rng(1), tmp_path / "run"
    )
    assert found.verdict == "failed"
    assert "not finite" in found.reason
    assert len(found.history.time_ps) == 0
    with pytest.raises(ConvergenceError, match="not finite"):
        run_tension(
            pair_crystal(2, 3.6), AseEngine(), SPOILED, TensionSettings(mode="athermal"), np.random.default_rng(1),
            tmp_path / "pull",
        )  # fmt: skip


def test_noise_that_crosses_the_offset_line_and_comes_back_is_no_yield():
    strain = np.linspace(0.0, 0.05, 501)
    stress = np.minimum(100.0 * strain, 3.0)
    stress[(strain > 0.012) & (strain < 0.018)] -= 0.5
    still, ones = np.zeros(501), np.ones(501)
    curve = StressStrain(
        strain=strain, stress_gpa=stress, lateral_stress_gpa=still, area_ratio=ones, temperature_k=still,
        potential_energy_ev=still, kinetic_energy_ev=still, volume_angstrom3=ones,
    )  # fmt: skip
    assert curve_numbers(curve, smooth=False).yield_strain == pytest.approx(0.032, abs=2e-4)
