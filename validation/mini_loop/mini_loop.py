"""The small learning loop from a clean start, and what its potential is good for: writes the record beside this file.

    python validation/mini_loop/mini_loop.py [--folder runs/mini_loop] [--workers 2]

Needs the extra potentials; at most 15 minutes on two cores. An interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from entrox.core import ConvergenceError, generator, to_jsonable
from entrox.dynamics.crystal.energy_drift import run_energy_drift
from entrox.dynamics.crystal.equation_of_state import equation_of_state
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.lammps.lammps_engine import LammpsEngine
from entrox.dynamics.potential import DeepmdPotential, Potential, ProcessPotential
from entrox.dynamics.protocols import Npt
from entrox.dynamics.runs.run_averages import run_averages
from entrox.order.report.polar_analysis import analyze_polar
from entrox.order.report.polar_settings import PolarSettings
from entrox.potentials.learning.learn import learn
from entrox.potentials.learning.learn_recipe import read_recipe
from entrox.potentials.learning.learn_result import LearnResult
from entrox.potentials.teachers.teacher import chgnet_teacher
from entrox.potentials.validation.wells import scan_wells
from entrox.structure import build_arrangements, build_perovskite

HERE = Path(__file__).parent
RECIPE = HERE.parents[1] / "examples" / "bcts_mini.toml"
COMPOSITIONS = ("BaTiO3", "Ba0.875Ca0.125Ti0.75Sn0.25O3")
SHAPE = (4, 4, 4)
LATTICE_ANGSTROM = 4.03
WELL_EDGES_ANGSTROM = (3.97, 4.00, 4.036, 4.07)
TEMPERATURE_K = 300.0
LENGTH_PS = 4.0
FRAME_EVERY = 25
LIFE_ENDS_AT_EV_PER_ANGSTROM = 1.0
SEED = 1


def record_loop(result: LearnResult) -> dict[str, Any]:
    """Numbers of every generation."""
    return {
        "generations": [report.to_dict() for report in result.generations],
        "converged": result.converged,
        "reasons": result.reasons,
        "warnings": result.warnings,
        "quarantined": result.quarantined,
    }


def record_crystal(potential: Potential, *, drift: bool) -> dict[str, Any]:
    """Edge, wells and drift of BaTiO3; an edge of None says that the energies have no minimum near 4 angstrom."""
    found: dict[str, Any] = {"potential": potential.name, "edge_angstrom": None, "bulk_modulus_gpa": None}
    with potential.open_calculator() as calculator:
        try:
            state = equation_of_state(build_perovskite("Ba", "Ti", (1, 1, 1), 4.0), calculator)
            found |= {"edge_angstrom": state.edge_angstrom(), "bulk_modulus_gpa": state.bulk_modulus_gpa}
        except ConvergenceError:
            pass
        wells = scan_wells("Ba", "Ti", calculator, WELL_EDGES_ANGSTROM, ("001", "111"))
        found |= {"well_edges_angstrom": wells.edge_angstrom,
                  "wells_mev": dict(zip(wells.directions, wells.energy_mev, strict=True)),
                  "well_shifts_angstrom": wells.shift_angstrom}  # fmt: skip
        if drift:
            cubic = build_perovskite("Ba", "Ti", (2, 2, 2), LATTICE_ANGSTROM)
            run = run_energy_drift(cubic, calculator, generator(SEED, 0))
            found |= {"drift_mev_per_atom_ps": run.drift_mev_per_atom_ps,
                      "drift_error_mev_per_atom_ps": run.error_mev_per_atom_ps}  # fmt: skip
    return found


def record_run(formula: str, potential: DeepmdPotential, folder: Path, index: int) -> dict[str, Any]:
    """Run 320 atoms at constant pressure and measure the polar order of what came of it."""
    (atoms,) = build_arrangements(
        formula, SHAPE, 1, rng=generator(SEED, index), lattice_angstrom=LATTICE_ANGSTROM, rounding="largest-remainder"
    )
    protocol = Npt(temperature_k=TEMPERATURE_K, length_ps=LENGTH_PS, frame_every=FRAME_EVERY)
    made: Trajectory = LammpsEngine().run(atoms, protocol, potential, folder, seed=SEED + index)
    failed = made.deviation_step[~(made.force_deviation_ev_per_angstrom < LIFE_ENDS_AT_EV_PER_ANGSTROM)]
    life = int(failed[0]) if len(failed) else made.n_steps
    found: dict[str, Any] = {
        "formula": formula, "status": made.status, "reason": made.reason, "n_atoms": len(atoms),
        "n_steps": made.n_steps, "life_steps": life, "cpu_s": made.cpu_s,
        "median_deviation_ev_per_angstrom": np.median(made.force_deviation_ev_per_angstrom), "elements": [],
    }  # fmt: skip
    if life == protocol.n_steps and (averages := run_averages(made, protocol, len(atoms), SHAPE)):
        (mean,) = averages
        found |= {"temperature_k": mean.temperature_k, "pressure_bar": mean.pressure_bar,
                  "lattice_angstrom": mean.lattice_angstrom,
                  "lattice_error_angstrom": mean.lattice_error_angstrom}  # fmt: skip
    # A run that left the teacher's surface shows another material: nothing of it is averaged.
    if life == protocol.n_steps:
        steps = zip(made.frames(), made.frame_step, strict=True)
        frames = [atoms for atoms, step in steps if step >= life / 2]
        settings = PolarSettings(
            time_step_ps=FRAME_EVERY * protocol.timestep_fs / 1000.0, window_ps=0.0, shape=SHAPE,
            measures=("displacement", "phases", "bonds"),
        )  # fmt: skip
        report = analyze_polar(iter(frames), settings, label=formula).report
        found["elements"] = [
            {"symbol": row.symbol, "mean_modulus_angstrom": row.mean_modulus_angstrom,
             "mean_modulus_error_angstrom": row.mean_modulus_error_angstrom, "rms_angstrom": row.rms_angstrom}
            for row in report.elements
        ]  # fmt: skip
    return found


def main() -> None:
    """Run everything and write ``record.json``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("runs/mini_loop"))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    started = time.monotonic()
    stages: dict[str, float] = {}
    with ThreadPoolExecutor(asked.workers) as executor:
        result = learn(read_recipe(RECIPE), asked.folder, executor=executor)
        stages["loop"] = time.monotonic() - started
        potential = DeepmdPotential(tuple(model.path for model in result.models), result.models[0].type_map)
        chgnet = chgnet_teacher()
        teacher = ProcessPotential(chgnet.name, chgnet.source, chgnet.origin)
        crystals = [
            executor.submit(record_crystal, potential, drift=True),
            executor.submit(record_crystal, teacher, drift=False),  # its drift would take minutes
        ]
        wells = {name: crystal.result() for name, crystal in zip(("student", "teacher"), crystals, strict=True)}
        stages["crystal"] = time.monotonic() - started
        runs = [
            executor.submit(record_run, formula, potential, asked.folder / f"npt_{index}", index)
            for index, formula in enumerate(COMPOSITIONS, start=1)
        ]
        dynamics = [run.result() for run in runs]
    stages["dynamics"] = time.monotonic() - started
    record = {"recipe": RECIPE.name, "loop": record_loop(result), "crystals": wells, "dynamics": dynamics,
              "seconds_at_the_end_of": stages}  # fmt: skip
    (HERE / "record.json").write_text(json.dumps(to_jsonable(record), indent=1) + "\n", encoding="utf-8")
    print(f"{stages['dynamics']:.0f} s; converged: {result.converged}")  # noqa: T201 - the answer of a script


if __name__ == "__main__":
    main()
