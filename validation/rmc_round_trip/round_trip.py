"""Round trips: boxes that are known, the data they would give, and what refinements from the cube get back.

Case A: the published composition with displacements of each element that were put in. Case B: a frame of molecular
dynamics of SrTiO3 at 50 K with its tilted octahedra. Run from anywhere:

    python validation/rmc_round_trip/round_trip.py --case A --cells 8 --radius 12 --data-weight 16 --seeds 3
    python validation/rmc_round_trip/round_trip.py --case B --frame STO-50K.vasp --moves-per-atom 30
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from scipy.stats import ks_2samp

from entrox.order.lattice.fit import fit_lattice
from entrox.order.pair_distribution import partial_rdf
from entrox.order.tilts import octahedral_tilts
from entrox.scattering.data.data_files import write_correlation
from entrox.scattering.data.sample import sample_of
from entrox.scattering.data.virtual_data import displaced_box, virtual_data
from entrox.scattering.run.analyze import RmcAnalysis, analyze_rmc
from entrox.scattering.run.box_analysis import BoxAnalysis
from entrox.scattering.run.data_weights import WeightComparison
from entrox.scattering.run.ensemble import RmcEnsemble, run_ensemble
from entrox.scattering.run.length_interval import length_intervals
from entrox.scattering.setup.given_box import start_box_of_atoms
from entrox.scattering.setup.rmc_settings import RmcSettings
from entrox.scattering.setup.start_box import build_start_box
from entrox.structure.frames import read_frames
from entrox.structure.rmc6f import write_rmc6f

HERE = Path(__file__).parent
FORMULA = "Ba0.926Ca0.074Ti0.892Sn0.108O3"
OFF_CENTERS = {"Ca": 0.12, "Ti": 0.08, "Ba": 0.06, "Sn": 0.02}
THERMAL_A, THERMAL_B = 0.005, 0.003
QMAX, NOISE_G, NOISE_F = 35.0, 0.003, 0.002
QMAX_X, NOISE_X, RIPPLES_X = 25.0, 0.02, 6.2
WINDOWS_A = {("Ti", "O"): (1.65, 2.35), ("Sn", "O"): (1.65, 2.35), ("Ba", "O"): (2.48, 3.18), ("Ca", "O"): (2.48, 3.18)}
WINDOWS_B = {("Ti", "O"): (1.6, 2.3), ("Sr", "O"): (2.2, 3.3)}


def write_data(
    folder: Path, truth: Atoms, radius: float, *, step: float = 0.02, sets: str = "GF"
) -> list[dict[str, Any]]:
    """Write G(r) and F(Q) of neutrons, and G(r) of x-rays, of a box with noise; return the rows of the settings."""
    rng = np.random.default_rng(1)
    r = step * np.arange(1, int((radius - 1.1) / step))
    q = 0.02 * np.arange(30, int(QMAX / 0.02) + 1)
    box = {"radius_angstrom": radius, "rng": rng, "step_angstrom": step}
    span = {"r_min_angstrom": 1.2, "r_max_angstrom": float(r[-1]), "qmax_per_angstrom": QMAX}
    rows: list[dict[str, Any]] = []
    if "G" in sets:
        write_correlation(folder / "g.gr", virtual_data(truth, r, "G_keen", sigma=NOISE_G, qmax=QMAX, **box))
        rows.append({"file": folder / "g.gr", "name": "G", "form": "G_keen", **span})
    if "F" in sets:
        write_correlation(folder / "f.fq", virtual_data(truth, q, "F", sigma=NOISE_F, **box))
        rows.append({"file": folder / "f.fq", "name": "F", "form": "F", "convolve": False})
    if "X" in sets:
        near = r[r < radius - RIPPLES_X * 2.0 * np.pi / QMAX_X]
        sample = sample_of(truth, probe="xray")
        x = virtual_data(truth, near, "G_pdf", sigma=NOISE_X, qmax=QMAX_X, sample=sample, **box)
        write_correlation(folder / "x.gr", x)
        rows.append(
            {"file": folder / "x.gr", "name": "X", "form": "G_pdf", "probe": "xray", "measurement": "x-rays", **span}
            | {"r_max_angstrom": float(near[-1]), "qmax_per_angstrom": QMAX_X}
        )
    return rows


def settings_of(
    sample: dict[str, Any],
    data: list[dict[str, Any]],
    radius: float,
    windows: dict[tuple[str, str], tuple[float, float]],
    options: argparse.Namespace,
    mode: str,
) -> RmcSettings:
    """Settings of a refinement from the cube."""
    rules = [{"pair": pair, "low_angstrom": low, "high_angstrom": high} for pair, (low, high) in windows.items()]
    return RmcSettings.model_validate(
        {
            "sample": sample,
            "data": data,
            "bins": {"radius_angstrom": radius, "step_angstrom": options.step},
            "constraints": {"distance_window": rules, "bond_valence": {"mode": mode}},
            "annealing": {
                "start_temperature": options.start_temperature,
                "moves_per_atom": options.annealing_moves_per_atom,
            },
            "run": {
                "seeds": options.seeds,
                "moves_per_atom": options.moves_per_atom,
                "burn_in_moves_per_atom": options.moves_per_atom // 3,
                "data_weight": options.data_weight,
                "compare_weights": options.compare_weights,
                "threads": options.threads,
            },
        }
    )


def peak(atoms: Atoms, pair: tuple[str, str], low: float, high: float) -> tuple[float, float]:
    """Mean distance and width of the first peak of a pair [angstrom]."""
    found = partial_rdf(atoms, [pair], r_max_angstrom=high, bin_angstrom=0.01)
    r = found.r_angstrom
    weight = np.where(r > low, found.g[0] * r**2, 0.0)
    mean = float((weight * r).sum() / weight.sum())
    return mean, float(np.sqrt((weight * (r - mean) ** 2).sum() / weight.sum()))


def refined(settings: RmcSettings, options: argparse.Namespace) -> RmcEnsemble:
    """Run all seeds, with some processes."""

    def show(text: str, done: int, wanted: int) -> None:
        if done % 10 == 0 or options.workers > 1:
            print(f"{done}/{wanted} {text}", flush=True)  # noqa: T201 - a script shows how far it is

    if options.workers == 1:
        return run_ensemble(settings, progress=show)
    with ProcessPoolExecutor(options.workers) as pool:
        return run_ensemble(settings, executor=pool, progress=show)


def moduli(analysis: RmcAnalysis | None) -> dict[str, dict[str, float | None]]:
    """Mean |d| of each element, with spread over seeds and floor."""
    if analysis is None:
        return {}
    spread = analysis.mean_modulus_spread_angstrom
    return {
        name: {
            "mean": float(analysis.mean_modulus_angstrom[k]),
            "spread": None if spread is None else float(spread[k]),
            "thermal_floor": float(analysis.thermal_floor_angstrom[k]),
        }
        for k, name in enumerate(analysis.elements)
    }


def case_a(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Displacements put in by element, and what comes back with and without bond valence."""
    radius = options.radius or min(2.0 * options.cells, 20.0) - 0.05
    sample = {"formula": FORMULA, "cells": (options.cells,) * 3, "lattice_a_angstrom": 4.0}
    rng = np.random.default_rng(99)
    start = build_start_box(RmcSettings.model_validate({"sample": sample}), rng).atoms
    truth = displaced_box(start, OFF_CENTERS, THERMAL_A, rng)
    data = write_data(folder, truth, radius, step=options.step, sets=options.sets)
    settings = settings_of(sample, data, radius, WINDOWS_A, options, "both")
    found = refined(settings, options)
    record: dict[str, Any] = {
        "n_atoms": found.results[0].n_atoms,
        "moves_per_atom": options.moves_per_atom,
        "seeds": list(found.seeds),
        "data_weight": options.data_weight,
        "converged": found.converged,
        "warnings": list(found.warnings),
        "moves_per_s": float(np.mean([item.moves_per_s for item in found.results])),
        "mean_modulus_angstrom": {
            "truth": moduli(analyze_rmc(truth)),
            "off": moduli(found.analysis_off),
            "on": moduli(found.analysis_on),
        },
        "interval_95_angstrom": length_intervals([item for item in (found.analysis_on, found.analysis_off) if item]),
        "class_share": {},
        "distribution_distance": {},
        "weights": [weight_row(item) for item in found.weights],
        "chi2_per_point": {},
        "gii": {},
        "peaks_angstrom": {"truth": {}, "off": {}, "on": {}},
    }
    for mode in ("off", "on"):
        runs = found.runs(bond_valence=mode == "on")
        record["chi2_per_point"][mode] = {
            name: [float(item.fit_of(name).chi2_per_point) for item in runs] for name in found.set_names
        }
        record["gii"][mode] = float(np.mean([float(item.gii_e or np.nan) for item in runs]))
        record["peaks_angstrom"][mode] = peaks([item.atoms for item in runs])
    record["peaks_angstrom"]["truth"] = peaks([truth])
    known = analyze_rmc(truth)
    for name, analysis in (("truth", known), ("off", found.analysis_off), ("on", found.analysis_on)):
        record["class_share"][name] = {
            item.site: dict(zip(item.classes, item.mean.tolist(), strict=True)) for item in analysis.classes
        }
    for mode, analysis in (("off", found.analysis_off), ("on", found.analysis_on)):
        record["distribution_distance"][mode] = {
            element: distances(known.boxes[0], analysis.boxes, element) for element in known.elements
        }
    return record


def distances(truth: BoxAnalysis, boxes: Sequence[BoxAnalysis], element: str) -> dict[str, float]:
    """Kolmogorov-Smirnov distances of all boxes to the truth, of |d| and of the cosine of its angle to [001].

    Beside them stands what two samples of one distribution exceed once in 200.
    """
    sets = []
    for group in ((truth,), boxes):
        vectors = np.concatenate([box.displacements_of(element) @ box.lattice_map.axes.T for box in group])
        length = np.linalg.norm(vectors, axis=1)
        sets.append((length, vectors[:, 2] / length))
    counts = [len(lengths) for lengths, _ in sets]
    return {
        "length": float(ks_2samp(sets[0][0], sets[1][0]).statistic),
        "cosine": float(ks_2samp(sets[0][1], sets[1][1]).statistic),
        "chance": float(1.73 * np.sqrt(sum(counts) / np.prod(counts))),
    }


def weight_row(found: WeightComparison) -> dict[str, Any]:
    """Mean |d| and chi^2 per point by weight of the data."""
    lengths = found.mean_modulus_angstrom
    chi2 = [[None if np.isnan(value) else float(value) for value in row] for row in found.chi2_per_point.T]
    return {
        "bond_valence": "on" if found.bond_valence_on else "off",
        "weights": found.weights.tolist(),
        "chi2_per_point": dict(zip(found.set_names, chi2, strict=True)),
        "mean_modulus_angstrom": dict(zip(found.elements, lengths.T.tolist(), strict=True)),
    }


def peaks(boxes: list[Atoms]) -> dict[str, list[float]]:
    """First peaks of all cations with oxygen: mean over boxes of place and width."""
    wanted = {
        "Ti-O": (("Ti", "O"), 1.5, 2.6), "Ba-O": (("Ba", "O"), 2.3, 3.4), "Sn-O": (("Sn", "O"), 1.5, 2.6),
        "Ca-O": (("Ca", "O"), 2.3, 3.4),
    }  # fmt: skip
    return {
        name: [float(value) for value in np.mean([peak(box, *where) for box in boxes], axis=0)]
        for name, where in wanted.items()
    }


def case_b(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Tilted octahedra of a frame of molecular dynamics: how much of the tilt comes back, and no false polarity."""
    frame = next(iter(read_frames(options.frame)))
    rng = np.random.default_rng(7)
    truth = displaced_box(frame, {}, THERMAL_B, rng)
    start = start_box_of_atoms(truth)
    cube = start.atoms.copy()
    cube.set_positions(start.sites_angstrom)
    write_rmc6f(folder / "cube.rmc6f", cube)
    radius = options.radius or 15.0
    data = write_data(folder, truth, radius, step=options.step)
    settings = settings_of({"box": folder / "cube.rmc6f"}, data, radius, WINDOWS_B, options, "off")
    found = refined(settings, options)
    boxes = {"frame": frame, "truth": truth, "refined": found.results[0].atoms}
    record: dict[str, Any] = {
        "n_atoms": len(frame),
        "moves_per_atom": options.moves_per_atom,
        "chi2_per_point": {item.name: float(item.chi2_per_point) for item in found.results[0].sets},
        "tilts_deg": {},
        "mean_modulus_angstrom": {},
        "taid_angstrom": {},
    }
    for name, box in boxes.items():
        turns = octahedral_tilts(box, fit_lattice(box))
        record["tilts_deg"][name] = {
            "rms": float(np.sqrt((turns.rotations_deg**2).sum(axis=-1).mean())),
            "antiphase": [float(value) for value in turns.antiphase_deg],
            "in_phase": [float(value) for value in turns.in_phase_deg],
        }
        analysis = analyze_rmc(box)
        record["mean_modulus_angstrom"][name] = moduli(analysis)
        record["taid_angstrom"][name] = dict(zip(analysis.elements, analysis.taid_angstrom.tolist(), strict=True))
    return record


def main() -> None:
    """Run a case and put its numbers into the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=("A", "B"), default="A")
    parser.add_argument("--cells", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--moves-per-atom", type=int, default=30)
    parser.add_argument("--start-temperature", type=float, default=1.0)
    parser.add_argument("--annealing-moves-per-atom", type=int, default=0)
    parser.add_argument("--radius", type=float, help="end of the table [angstrom]; 20 or half the box in A, 15 in B")
    parser.add_argument("--step", type=float, default=0.02, help="bins of distance [angstrom]")
    parser.add_argument("--sets", default="GF", help="G and F of neutrons, X: G(r) of x-rays")
    parser.add_argument("--data-weight", type=float, default=1.0)
    parser.add_argument("--compare-weights", type=float, nargs="*", default=())
    parser.add_argument("--frame", type=Path, help="frame of case B")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--record", type=Path, default=HERE / "record.json")
    options = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        found = case_a(options, Path(place)) if options.case == "A" else case_b(options, Path(place))
    found["wall_s"] = round(time.perf_counter() - begun)
    name = "B"
    if options.case == "A":
        cells = " x ".join([str(options.cells)] * 3)
        name = f"A, {cells}, sets {options.sets}, weight {options.data_weight:g}, {options.moves_per_atom} moves"
    known = json.loads(options.record.read_text(encoding="utf-8")) if options.record.is_file() else {}
    options.record.write_text(json.dumps(known | {name: found}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))  # noqa: T201 - the answer of a script


if __name__ == "__main__":
    main()
