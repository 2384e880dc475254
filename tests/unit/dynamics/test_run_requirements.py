"""What a run needs before it starts: movable atoms, a stress at constant pressure, options of its own protocol."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator, all_changes
from ase.constraints import FixAtoms

from entrox.cli.md_input import build_protocol
from entrox.core import InputError
from entrox.dynamics import AseEngine, CalculatorPotential, LennardJones, Npt, Nvt, run_averages

ARGON = LennardJones(0.0104, 3.40, 8.0)
ASKED = {
    "temperature_k": 300.0, "end_temperature_k": None, "rate_k_per_ps": None, "step_k": 10.0, "length_ps": 1.0,
    "field_v_per_m": None, "field_shape": "constant", "period_ps": None, "charges_e": None,
}  # fmt: skip


class Tethers(Calculator):
    """Springs to the starting places; no stress."""

    implemented_properties = ["energy", "forces"]  # noqa: RUF012 - as ASE has it

    def __init__(self) -> None:
        super().__init__()
        self.places = None

    def calculate(self, atoms: Atoms | None = None, properties=("energy",), system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        assert atoms is not None
        self.places = atoms.positions.copy() if self.places is None else self.places
        moved = atoms.positions - self.places
        self.results = {"energy": float((moved**2).sum()), "forces": -2.0 * moved}


def tethers() -> Calculator:
    return Tethers()


def test_atoms_that_are_held_fixed_are_refused(tmp_path):
    crystal = bulk("Ar", cubic=True, a=5.3).repeat(2)
    crystal.set_constraint(FixAtoms([0]))
    with pytest.raises(InputError, match="moves all atoms"):
        AseEngine().run(crystal, Nvt(temperature_k=30.0, length_ps=0.02), ARGON, tmp_path / "run", seed=1)


def test_constant_pressure_without_a_stress_is_refused(tmp_path):
    crystal = bulk("Ar", cubic=True, a=5.3)
    potential = CalculatorPotential(f"{__file__}:tethers")
    with pytest.raises(InputError, match="constant pressure needs the stress"):
        AseEngine().run(crystal, Npt(temperature_k=30.0, length_ps=0.02), potential, tmp_path / "run", seed=1)


def test_means_of_a_run_without_a_stress_have_no_pressure(tmp_path):
    crystal = bulk("Ar", cubic=True, a=5.3)
    protocol = Nvt(temperature_k=30.0, length_ps=0.4, thermo_every=5)
    potential = CalculatorPotential(f"{__file__}:tethers")
    made = AseEngine().run(crystal, protocol, potential, tmp_path / "run", seed=1)
    assert made.finished
    (mean,) = run_averages(made, protocol, len(crystal))
    assert mean.pressure_bar is None
    assert np.isfinite(mean.temperature_k)


@pytest.mark.parametrize(
    ("name", "key", "value", "option"),
    [
        ("npt", "field_v_per_m", (0.0, 0.0, 1e8), "--field-v-per-m belongs to --protocol field"),
        ("nvt", "rate_k_per_ps", 1.0, "--rate-k-per-ps belongs to --protocol ramp"),
        ("npt", "end_temperature_k", 500.0, "--end-temperature-k belongs to --protocol ramp or ladder"),
        ("ramp", "charges_e", {"O": -2.0}, "--born-charges belongs to --protocol field"),
    ],
)
def test_an_option_of_another_protocol_is_not_passed_over_in_silence(name, key, value, option):
    with pytest.raises(InputError, match=option):
        build_protocol(name, {**ASKED, key: value})
