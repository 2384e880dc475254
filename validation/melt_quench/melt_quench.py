"""Does Bi4Ti3O12 melt as fast as published protocols need? Melt and quench of its 76 atoms with CHGNet.

``python melt_quench.py RUN`` starts the run of ``protocol.toml`` in the folder RUN, or takes it up from its last
checkpoint, and writes the record (needs the extra ``potentials``). ``python melt_quench.py RUN --record-only`` writes
the record of what has ended so far: ``record.json``, ``history.csv``, ``melt.extxyz``, ``end.extxyz``, the figure.
"""

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from entrox.core import generator
from entrox.core.whole_file import write_whole
from entrox.dynamics import AseEngine, CrystalMemory, read_quench_settings, read_trajectory, run_quench_ensemble
from entrox.dynamics.glass.density import mass_density
from entrox.dynamics.glass.empty_sphere import largest_empty_sphere
from entrox.dynamics.glass.phases import Phase, Phases, start_of
from entrox.dynamics.glass.quench_result import QuenchResult
from entrox.order.coordination import coordination
from entrox.plots import save_figure
from entrox.plots.glass import plot_quench_history
from entrox.structure import build_bismuth_titanate

HERE = Path(__file__).parent
FIGURE = HERE.parents[1] / "docs" / "images" / "melt_quench_chgnet.png"
SEED = 1
MAIN = ("crystal", "heat", "heat_volume/settled", *(f"melt_{k}" for k in range(4)), "melt_volume/settled")


def run(folder: Path) -> None:
    """Run what is left."""
    from entrox.cli.md_input import read_models

    settings = read_quench_settings(HERE / "protocol.toml")
    potential = read_models(["chgnet"], trust_model=False, threads=1)
    rates = [settings.quench_rate_k_per_ps]
    run_quench_ensemble([build_bismuth_titanate()], AseEngine(), potential, settings, rates, generator(SEED), folder)


def ended_phases(member: Path, start) -> list[Phase]:
    """Return the phases of the history that have ended."""
    rate = next(iter(sorted(path.name for path in member.glob("rate_*"))), "rate_none")
    phases = []
    for name in (*MAIN, f"{rate}/quench", f"{rate}/hold", f"{rate}/glass_volume/settled"):
        record = member / name / "run.json"
        if record.is_file() and json.loads(record.read_text(encoding="utf-8"))["status"] != "running":
            trajectory = read_trajectory(member / name)
            phases.append(Phase(name, trajectory, start_of(list(trajectory.frames())[-1], start)))
    return phases


def shells_of(atoms) -> dict:
    """Return coordination numbers of the end."""
    found = coordination(atoms, [("Ti", "O"), ("Bi", "O")])
    names = ["-".join(pair) for pair in found.pairs]
    return {
        name: {"mean": round(float(found.mean[k]), 3), "cutoff_angstrom": round(float(found.cutoff_angstrom[k]), 3)}
        for k, name in enumerate(names)
    }


def row_of(phase: Phase, check) -> dict:
    """Return what a phase ended with; means over its second half."""
    run = phase.run
    half = run.time_ps >= 0.5 * run.time_ps[-1]
    return {
        "phase": phase.name,
        "steps": run.n_steps,
        "temperature_k": round(float(run.temperature_k[half].mean()), 1),
        "pressure_gpa": round(phase.mean_pressure_gpa(), 2),
        "density_g_per_cm3": round(mass_density(phase.atoms), 3),
        "energy_ev_per_atom": round(float(run.potential_energy_ev[half].mean()) / len(phase.atoms), 4),
        "cation_msd_angstrom2": round(check.cation_msd, 3),
        "anion_msd_angstrom2": round(check.anion_msd, 3),
        "largest_order": round(check.largest_order, 3),
        "melted": check.melted,
    }


def record(folder: Path) -> dict:
    """Write the record of what has ended."""
    member, crystal = folder / "seed_1", build_bismuth_titanate()
    memory, phases = CrystalMemory(crystal), ended_phases(member, crystal)
    checks = [memory.compared(phase.atoms) for phase in phases]
    collected = Phases(AseEngine(), None, member, SEED, main=phases)
    history = collected.history(memory, len(crystal))
    melts = [check for phase, check in zip(phases, checks, strict=True) if phase.name.startswith("melt")]
    inherent = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(member.glob("rate_*/inherent/*.json"))]
    energy = json.loads((member / "crystal_inherent" / "inherent.json").read_text(encoding="utf-8"))[
        "energy_ev_per_atom"
    ]
    last = phases[-1].atoms.copy()
    if inherent:
        last.positions = inherent[0]["positions_angstrom"]
    last.arrays.pop("momenta", None)
    end = memory.compared(last)
    melt = melts[-1] if melts else None
    if not inherent:
        verdict = "unfinished"
    elif melt is None or not melt.melted:
        verdict = "crystal memory"
    else:
        verdict = "glass" if end.disordered else "recrystallized"
    found = {
        "verdict": verdict,
        "potential": json.loads((member / "melt_quench.json").read_text(encoding="utf-8"))["potential"],
        "start": "Bi4Ti3O12, 76 atoms",
        "crystal_energy_ev_per_atom": energy,
        "energy_ev_per_atom": inherent[0]["energy_ev_per_atom"] if inherent else None,
        "end_over_crystal_ev_per_atom": inherent[0]["energy_ev_per_atom"] - energy if inherent else None,
        "largest_force_left_ev_per_angstrom": inherent[0]["largest_force_ev_per_angstrom"] if inherent else None,
        "density_g_per_cm3": mass_density(last),
        "largest_order": end.largest_order,
        "order_limit": end.order_limit,
        "orders": dict(
            zip((" ".join(map(str, h)) for h in end.indices.tolist()), end.order.round(3).tolist(), strict=True)
        ),
        "coordination": shells_of(last),
        "msd_limit_angstrom2": end.msd_limit,
        "empty_sphere_angstrom": largest_empty_sphere(last),
        "phases": [row_of(phase, check) for phase, check in zip(phases, checks, strict=True)],
    }
    write_whole(HERE / "record.json", json.dumps(found, indent=2) + "\n")
    molten = [phase.atoms.copy() for phase in phases if phase.name.startswith("melt")]
    for name, atoms in (("melt", molten[-1] if molten else None), ("end", last)):
        if atoms is not None:
            atoms.arrays.pop("momenta", None)
            atoms.info = {"verdict": verdict, "potential": found["potential"]}
            atoms.write(HERE / f"{name}.extxyz", format="extxyz")
    write_history(history)
    draw(found, history, melt, last)
    return found


def write_history(history) -> None:
    """Write every tenth row of the history."""
    with (HERE / "history.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time_ps", "temperature_k", "energy_ev_per_atom", "pressure_gpa", "volume_angstrom3"])
        columns = (history.time_ps, history.temperature_k, history.energy_ev_per_atom, history.pressure_gpa,
                   history.volume_angstrom3)  # fmt: skip
        writer.writerows(np.column_stack(columns)[::10].round(5).tolist())


def draw(found: dict, history, melt, last) -> None:
    """Draw the history."""
    rate = read_quench_settings(HERE / "protocol.toml").quench_rate_k_per_ps
    result = QuenchResult(
        verdict=found["verdict"], atoms=last, seed=SEED, rate_k_per_ps=rate, potential=found["potential"],
        energy_ev_per_atom=found["energy_ev_per_atom"], crystal_energy_ev_per_atom=found["crystal_energy_ev_per_atom"],
        relaxed=True, density_g_per_cm3=found["density_g_per_cm3"], volume_angstrom3=last.get_volume(),
        empty_sphere_angstrom=found["empty_sphere_angstrom"], melt=melt, history=history,
        cpu_s=0.0, n_steps=0, melt_diffusivities={},
    )  # fmt: skip
    save_figure(plot_quench_history(result)[0].get_figure(root=True), FIGURE)
    with Image.open(FIGURE) as image:
        image.convert("RGB").quantize(64).save(FIGURE, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--record-only", action="store_true")
    arguments = parser.parse_args()
    if not arguments.record_only:
        run(arguments.folder)
    sys.stdout.write(json.dumps(record(arguments.folder), indent=2) + "\n")
