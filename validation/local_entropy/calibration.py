"""Calibration of the entropy scan: how often a random tip is called random, and how often the intervals hold the truth.

Run with ``python validation/local_entropy/calibration.py [quick]``. Writes ``calibration.csv`` and the table of
``README.md`` next to this file.
"""

from __future__ import annotations

import csv
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from scipy.special import xlogy
from scipy.stats import kstest

from entrox.core import generator
from entrox.order.local_entropy.maximal_unit import crossing_length, maximal_entropy_unit
from entrox.order.local_entropy.power import detectable_effect
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet
from entrox.structure.composition_field import correlated_labels, gaussian_fields, local_fractions

FRACTIONS = np.array([0.306, 0.267, 0.219, 0.208])
SPECIES = ("Ni", "Cu", "Co", "Fe")
DENSITIES = (9.0, 12.0, 25.0, 32.0)
RANDOM_BOX, RANDOM_SIZES = 12.0, (1.0, 1.5, 2.0, 3.0, 4.0)
FIELD_BOX, FIELD_SIZES, FIELD_DENSITY = 20.0, (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0), 32.0
CORRELATION, AMPLITUDE = 0.7, 0.5
TOLERANCES = (0.01, 0.02)
HERE = Path(__file__).parent


def positions(box: float, density: float, rng: np.random.Generator) -> np.ndarray:
    """Poisson points in a cube."""
    count = rng.poisson(density * box**3)
    return (rng.random((count, 3)) * box).astype(np.float32)


def random_tip(job: tuple[float, int]) -> tuple[float, str, float]:
    """Density, verdict and family p of one random tip."""
    density, seed = job
    rng = generator(seed, 1, int(density))
    place = positions(RANDOM_BOX, density, rng)
    labels = rng.choice(len(SPECIES), size=len(place), p=FRACTIONS).astype(np.int16)
    scan = limited_area_entropy(PointSet(place, labels, SPECIES), RANDOM_SIZES, n_relabel=199, threads=1, rng=rng)
    return density, scan.verdict, scan.family_p


def true_excess(field, sizes) -> tuple[np.ndarray, float]:
    """Excess information of the noise-free field on whole cubes of two grids, and the bulk entropy."""
    step = 0.2
    axis = np.arange(0.0, FIELD_BOX - 1e-9, step) + 0.5 * step
    nodes = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    fractions = local_fractions(FRACTIONS, AMPLITUDE, field.at(nodes)).reshape(*(len(axis),) * 3, -1)
    found = []
    for size in sizes:
        # A length that is no multiple of the step is interpolated between the two beside it.
        low = int(size / step + 1e-9)
        pair = [_divergence(fractions, k) for k in (low, low + 1)]
        share = size / step - low
        found.append((1.0 - share) * pair[0] + share * pair[1])
    mean = fractions.mean(axis=(0, 1, 2), dtype=float)
    return np.array(found), float(-xlogy(mean, mean).sum())


def _divergence(fractions: np.ndarray, k: int) -> float:
    values = []
    for offset in (0, k // 2):
        moved = np.roll(fractions, offset, axis=(0, 1, 2))
        n = len(moved) // k
        cubes = moved[: n * k, : n * k, : n * k].reshape(n, k, n, k, n, k, -1).mean(axis=(1, 3, 5), dtype=float)
        cubes = cubes.reshape(-1, fractions.shape[-1])
        mean = cubes.mean(axis=0)
        values.append(-xlogy(mean, mean).sum() + xlogy(cubes, cubes).sum(axis=1).mean())
    return float(np.mean(values))


def field_tip(seed: int) -> dict[str, np.ndarray]:
    """Truth and measurement of one clustered tip, all ions and 37 % of them."""
    rng = generator(seed, 2)
    field = gaussian_fields(len(SPECIES), FIELD_BOX, CORRELATION, rng)
    place = positions(FIELD_BOX, FIELD_DENSITY, rng)
    points = PointSet(place, correlated_labels(place, FRACTIONS, AMPLITUDE, field, rng), SPECIES)
    truth, bulk = true_excess(field, FIELD_SIZES)
    scan = limited_area_entropy(points, FIELD_SIZES, n_relabel=39, threads=1, rng=rng)
    kept = rng.random(len(place)) < 0.37
    thinned = PointSet(place[kept], points.labels[kept], SPECIES)
    thin = limited_area_entropy(thinned, FIELD_SIZES, n_relabel=0, n_bootstrap=0, rng=rng)
    units = [maximal_entropy_unit(scan, tolerance) for tolerance in TOLERANCES]
    return {
        "truth": truth,
        "bulk": np.array(bulk),
        "excess": scan.excess_information,
        "lower": scan.excess_lower,
        "upper": scan.excess_upper,
        "thinned": thin.excess_information,
        "interval": np.array([unit.sume_interval_nm for unit in units]),
        "point": np.array([unit.sume_point_nm or np.inf for unit in units]),
        "limit": np.array([unit.sume_bc_nm or np.inf for unit in units]),
    }


def power_rows(trials: int) -> list[tuple[str, float]]:
    """Detection of the detectable effect: formula against planted fields, one size of 2 nm."""
    rng = generator(5, 3)
    place = positions(RANDOM_BOX, 12.0, rng)
    labels = rng.choice(len(SPECIES), size=len(place), p=FRACTIONS).astype(np.int16)
    points = PointSet(place, labels, SPECIES)
    scan = limited_area_entropy(points, [2.0], rng=rng, n_bootstrap=0)
    formula = float(detectable_effect(scan).excess[0])
    amplitudes = np.arange(0.06, 0.31, 0.03)
    found = detectable_effect(
        scan, "simulate", points=points, correlation_length_nm=1.0, trials=trials, amplitudes=tuple(amplitudes), rng=rng
    )
    power = float(np.interp(formula, found.planted_excess[:, 0], found.detected))
    return [
        ("detectable excess at 2 nm, formula [R]", formula),
        ("detectable excess at 2 nm, planted fields [R]", float(found.excess[0])),
        ("power where the planted excess is that of the formula", power),
    ]


def field_rows(tips: list[dict[str, np.ndarray]]) -> list[tuple[str, float]]:
    """Coverage, bias and the effect of thinning over the clustered tips."""
    stacked = {name: np.array([tip[name] for tip in tips]) for name in tips[0]}
    truth, excess = stacked["truth"], stacked["excess"]
    mean = truth.mean(axis=0)
    rows = []
    for k, size in enumerate(FIELD_SIZES):
        covered = (stacked["lower"][:, k] <= truth[:, k]) & (truth[:, k] <= stacked["upper"][:, k])
        rows.append((f"excess at {size:g} nm: measured over true, mean", float(excess[:, k].mean() / mean[k])))
        rows.append((f"excess at {size:g} nm: 95 % interval holds the truth of the tip", float(covered.mean())))
        thinned = float(stacked["thinned"][:, k].mean() / excess[:, k].mean())
        rows.append((f"excess at {size:g} nm: efficiency 0.37 over 1.0, mean", thinned))
    for t, tolerance in enumerate(TOLERANCES):
        low, high = stacked["interval"][:, t, 0], stacked["interval"][:, t, 1]
        own = np.array(
            [
                crossing_length(np.array(FIELD_SIZES), row, tolerance * bulk)
                for row, bulk in zip(truth, stacked["bulk"], strict=True)
            ]
        )
        common = crossing_length(np.array(FIELD_SIZES), mean, tolerance * float(stacked["bulk"].mean()))
        rows += [
            (f"unit at {tolerance:g}: true length [nm]", common),
            (f"unit at {tolerance:g}: point value, mean [nm]", float(stacked["point"][:, t].mean())),
            (
                f"unit at {tolerance:g}: interval holds the truth of the tip",
                float(((low <= own) & (own <= high)).mean()),
            ),
            (
                f"unit at {tolerance:g}: interval holds the truth of the material",
                float(((low <= common) & (common <= high)).mean()),
            ),
            (
                f"unit at {tolerance:g}: upper limit is not below the truth",
                float((stacked["limit"][:, t] >= own).mean()),
            ),
        ]
    return rows


def main(quick: bool) -> None:
    """Run everything and write the tables."""
    seeds, n_fields = (5, 6) if quick else (100, 100)
    with ProcessPoolExecutor(2) as executor:
        jobs = [(density, seed) for density in DENSITIES for seed in range(seeds)]
        random = list(executor.map(random_tip, jobs, chunksize=4))
        tips = list(executor.map(field_tip, range(n_fields), chunksize=2))
    rows = []
    for density in DENSITIES:
        verdicts = [verdict for found, verdict, _ in random if found == density]
        share = verdicts.count("consistent_with_random") / len(verdicts)
        rows.append((f"random tips called random, {density:g} ions per nm3", share))
    rows.append(
        ("random tips called random, all", float(np.mean([v == "consistent_with_random" for _, v, _ in random])))
    )
    rows.append(
        (
            "Kolmogorov-Smirnov p of the family p against uniform",
            float(kstest([p for *_, p in random], "uniform").pvalue),
        )
    )
    rows += field_rows(tips) + power_rows(20 if quick else 100)
    write(rows, seeds, n_fields)


def write(rows: list[tuple[str, float]], seeds: int, n_fields: int) -> None:
    """Write the rows as csv and the table of the README."""
    with (HERE / "calibration.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("quantity", "value"), *((name, f"{value:.5g}") for name, value in rows)])
    text = (HERE / "README.md").read_text().split("<!-- table -->")[0]
    lines = [
        f"{len(DENSITIES)} x {seeds} random tips, {n_fields} clustered tips.\n",
        "| quantity | value |",
        "|---|---|",
    ]
    lines += [f"| {name} | {value:.4g} |" for name, value in rows]
    (HERE / "README.md").write_text(text + "<!-- table -->\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main("quick" in sys.argv[1:])
