from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress

from entrox.core.toml_settings import parse_settings
from entrox.dynamics.ase_md.ase_engine import AseEngine
from entrox.dynamics.diagrams.phase_diagram import PhaseDiagram, phase_diagram
from entrox.dynamics.diagrams.phase_diagram_settings import PhaseDiagramSettings
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.potential import CalculatorPotential
from entrox.structure import build_perovskite
from soft_mode import mean_field_temperature, soft_mode_calculator
from synthetic_runs import planted_run

PLANTED = """
seed = 2
[[line]]
formula = "Ba(1-y)CayTi(1-x)SnxO3"
x = [0, 0.125, 0.25]
y = 0.25
[[line]]
formula = "Ba(1-y)CayTi(1-x)SnxO3"
x = 0.125
y = [0, 0.25]
[box]
shapes = [[2, 2, 2], [2, 2, 4]]
arrangements = 3
polar_start_angstrom = 0
[run]
engine = "ase"
low_k = 100
high_k = 400
step_k = 20
hold_ps = 0.2
frame_every = 20
[potential]
factory = "none:none"
"""


@dataclass(frozen=True)
class PlantedEngine:
    """Runs whose transition lies at 350 K - 400 K x in heating and 20 K lower in cooling, different by arrangement."""

    @property
    def name(self) -> str:
        return "planted"

    def run(self, atoms, protocol, potential, folder, *, seed, resume=True) -> Trajectory:
        symbols = np.array(atoms.get_chemical_symbols())
        x = (symbols == "Sn").sum() / (atoms.arrays["site"] == "B").sum()
        stages = protocol.stages()
        t_c = 350.0 - 400.0 * x - (20.0 if stages[0].start_k > stages[-1].start_k else 0.0) + seed % 11 - 5.0
        return planted_run(folder, atoms, protocol, lambda t, step: np.array([0.0, 0.0, 0.15 if t < t_c else 0.0]))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> PhaseDiagram:
    settings = parse_settings(PLANTED.replace("polar", "polar"), PhaseDiagramSettings)
    settings = settings.model_copy(update={"box": settings.box.model_copy(update={"polar_start_angstrom": 0.0})})
    return phase_diagram(
        settings, PlantedEngine(), CalculatorPotential("none:none"), tmp_path_factory.mktemp("planted")
    )


def test_every_planted_transition_lies_in_its_interval(planted: PhaseDiagram) -> None:
    assert len(planted.points) == 2 * 2 * 4
    for point in planted.points:
        true = 350.0 - 400.0 * point.x - (20.0 if point.direction == "cooling" else 0.0)
        assert point.kind == "T-C"
        assert point.t_low_k <= true <= point.t_high_k
        assert point.n_arrangements == 3
        assert point.committee_k is None


def test_bands_follow_the_planted_lines_for_the_largest_box(planted: PhaseDiagram) -> None:
    along_x = [band for band in planted.bands if band.line == 0]
    assert {(band.direction, band.variable, band.n_points) for band in along_x} == {
        ("heating", "x", 3), ("cooling", "x", 3)
    }  # fmt: skip
    heating = next(band for band in along_x if band.direction == "heating")
    true = 350.0 - 400.0 * heating.x
    assert ((heating.t_low_k <= true) & (true <= heating.t_high_k)).all()
    assert any("straight" in text for text in planted.warnings)


def test_a_composition_on_two_lines_is_run_once(planted: PhaseDiagram) -> None:
    assert len(planted.runs) == 2 * 4 * 3 * 2
    assert len({row.folder for row in planted.runs}) == len(planted.runs)


def test_curves_of_all_runs_stand_in_one_data_set(planted: PhaseDiagram) -> None:
    data = planted.to_dataset()
    assert data["order_parameter"].shape == (48, 16, 3)
    assert data["lattice_angstrom"].attrs["units"] == "angstrom"
    cold = data["temperature_k"].values[:, -1] < data["temperature_k"].values[:, 0]
    assert (cold == ~planted.heating).all()


def test_the_remarks_say_what_was_not_measured(planted: PhaseDiagram) -> None:
    text = "\n".join(planted.warnings)
    assert "quote shifts" in text
    assert "fewer than 4 cells" in text
    assert "single model" in text
    assert "anecdote" not in text
    assert "teacher" not in text


SOFT = """
seed = 4
[[line]]
formula = "BaTi(1-x)SnxO3"
x = [0, "1/3"]
[box]
shapes = [[3, 3, 3]]
arrangements = 1
lattice_angstrom = 4.0
[run]
engine = "ase"
low_k = 60
high_k = 500
step_k = 40
hold_ps = 1.2
directions = ["cooling"]
timestep_fs = 4
thermostat_ps = 0.1
barostat_ps = 0.5
frame_every = 15
[potential]
factory = "soft_mode:soft_mode_calculator"
"""


@pytest.mark.long
def test_soft_modes_order_below_mean_field_theory_and_tin_lowers_their_transition(tmp_path: Path) -> None:
    settings = parse_settings(SOFT, PhaseDiagramSettings)
    potential = CalculatorPotential("soft_mode:soft_mode_calculator", {"shape": [3, 3, 3]})
    found = phase_diagram(settings, AseEngine(), potential, tmp_path)
    assert all(row.finished for row in found.runs)
    assert [(point.x, point.kind, point.direction) for point in found.points] == [
        (0.0, "T-C", "cooling"),
        (pytest.approx(1.0 / 3.0), "T-C", "cooling"),
    ]
    pure, mixed = (point.t_k for point in found.points)
    # 27 cells, and half of the order in place of its first trace, put it below theory; not by more than half
    assert 0.5 < pure / mean_field_temperature(1.0) < 1.0
    assert 0.5 < mixed / mean_field_temperature(2.0 / 3.0) < 1.0
    assert mixed < 0.85 * pure
    cold = [np.abs(row.run.order_parameter[-1]).max() for row in found.runs]
    assert cold == pytest.approx([0.153, 0.153 * 2.0 / 3.0], rel=0.15)


def test_the_forces_of_the_soft_modes_are_the_slopes_of_their_energy() -> None:
    atoms = build_perovskite("Ba", {"Ti": 0.75, "Sn": 0.25}, (2, 2, 2), 4.0, rng=np.random.default_rng(0))
    atoms.rattle(0.05, seed=1)
    atoms.set_cell(atoms.cell.array @ (np.eye(3) + np.diag([0.02, -0.01, 0.01]) + 0.01), scale_atoms=True)
    atoms.calc = soft_mode_calculator([2, 2, 2])
    assert atoms.get_forces() == pytest.approx(calculate_numerical_forces(atoms, 1e-4), abs=1e-5)
    assert atoms.get_stress() == pytest.approx(calculate_numerical_stress(atoms, 1e-5), abs=1e-8)
