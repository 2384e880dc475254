"""Tables of the report of a local-entropy analysis. All text is escaped where the table is made.

Entropies with four decimals, in R; every row shows how many ions it rests on.
"""

from __future__ import annotations

import math

import numpy as np

from entrox.atomprobe import EntropyAnalysis, PaperMode
from entrox.order import EntropyScan, MaximalEntropyUnit, NeighborhoodEntropy, PairOrder, SublatticeEntropy
from entrox.plots.entropy_words import number_list
from entrox.plots.labels import MINUS, number_text
from entrox.plots.tables import number_table

__all__ = [
    "composition_table",
    "detectable_table",
    "neighborhood_table",
    "pair_table",
    "paper_table",
    "scan_table",
    "significance_table",
    "sublattice_table",
    "unit_table",
]

SIGNIFICANT = 0.05


def entropy_text(value: float | None) -> str:
    """Return an entropy with four decimals; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return number_text(None)
    return f"{value:.4f}".replace("-", MINUS)


def with_error(value: float, error: float) -> str:
    """Return an entropy with what follows its sign of plus and minus, as far as there are both."""
    return entropy_text(value) + (f" ± {entropy_text(error)}" if math.isfinite(error) else "")


def interval_text(lower: float, upper: float) -> str:
    """Return two limits; a dash where there are none."""
    return f"{entropy_text(lower)} to {entropy_text(upper)}" if math.isfinite(lower) else number_text(None)


def _quantiles(found: EntropyScan | NeighborhoodEntropy, index: int) -> str:
    return number_list(getattr(found, f"n_per_area_{name}")[index] for name in ("q05", "q50", "q95"))


def scan_table(scan: EntropyScan) -> str:
    """Return the entropies of a scan and the ions behind them, one row per size."""
    heads = (
        "Size [nm]", "Cubes\noccupied", "Ions per cube\nmean", "Ions per cube\n5, 50, 95 %", "Entropy [R]\nweighted",
        "Null [R]\n± SD", "Excess [R]\nnull minus entropy", "Corrected [R]\nGrassberger",
        "Plain mean [R]\n± SD over cubes",
    )  # fmt: skip
    rows = [
        (
            number_text(float(scan.size_nm[i]), 3) + ("" if scan.informative[i] else " (not tested)"),
            f"{int(scan.n_areas[i]):,}",
            number_text(float(scan.n_per_area_mean[i]), 3),
            _quantiles(scan, i),
            entropy_text(scan.entropy_weighted[i]),
            with_error(scan.entropy_null[i], scan.sd_null[i]),
            entropy_text(scan.excess_information[i]),
            entropy_text(scan.entropy_corrected[i]),
            with_error(scan.entropy_unweighted[i], scan.sd_unweighted[i]),
        )
        for i in range(len(scan.size_nm))
    ]
    return number_table(heads, rows, [bool(p < scan.alpha) for p in scan.p_adjusted])


def significance_table(scan: EntropyScan) -> str:
    """Return the excess with its limits and its significance, one row per size."""
    heads = (
        "Size [nm]", "Ions per cube\nmean", "Excess [R]", "95 % limits [R]", "Upper limit [R]\none-sided 95 %",
        "Over origins\nSD [R]", "z", "p", "p\nadjusted", "Detectable [R]\npower 0.8",
    )  # fmt: skip
    rows = [
        (
            number_text(float(scan.size_nm[i]), 3) + ("" if scan.informative[i] else " (not tested)"),
            number_text(float(scan.n_per_area_mean[i]), 3),
            entropy_text(scan.excess_information[i]),
            interval_text(scan.excess_lower[i], scan.excess_upper[i]),
            entropy_text(scan.excess_upper_one_sided[i]),
            entropy_text(scan.excess_origin_sd[i]),
            number_text(float(scan.z[i]), 2),
            number_text(float(scan.p[i]), 2),
            number_text(float(scan.p_adjusted[i]), 2),
            entropy_text(scan.detectable_excess[i]),
        )
        for i in range(len(scan.size_nm))
    ]
    return number_table(heads, rows, [bool(p < scan.alpha) for p in scan.p_adjusted])


def unit_table(unit: MaximalEntropyUnit) -> str:
    """Return the smallest unit of maximal entropy at each tolerance."""
    heads = ("Tolerance\nshare of the bulk entropy", "Unit [nm]\nby the upper limit", "Unit [nm]\nby the excess itself")
    rows = [
        (f"{100 * tolerance:g} %", number_text(float(bound), 3), number_text(float(point), 3))
        for tolerance, bound, point in zip(
            unit.listed_tolerance, unit.listed_sume_bc_nm, unit.listed_sume_point_nm, strict=True
        )
    ]
    return number_table(heads, rows)


def composition_table(scan: EntropyScan) -> str:
    """Return the counted atoms, and how far their fractions scatter over cubes beside what counting alone gives."""
    total = float(scan.totals.sum())
    sizes = [number_text(float(size), 3) for size in scan.size_nm]
    heads = ("Species", "Atoms", "Percent", *(f"{size} nm\nscatter; by counting" for size in sizes))
    rows = [
        (
            name,
            f"{int(n):,}",
            f"{100 * n / total:.2f}",
            *(
                f"{_percent(scan.concentration_sd[i, k])}; {_percent(scan.concentration_sd_binomial[i, k])}"
                for i in range(len(sizes))
            ),
        )
        for k, (name, n) in enumerate(zip(scan.species, scan.totals, strict=True))
    ]
    return number_table(heads, rows)


def _percent(value: float) -> str:
    return number_text(None) if not math.isfinite(value) else f"{100 * value:.1f}"


def detectable_table(analysis: EntropyAnalysis) -> str:
    """Return what would have been found: as an excess, a correlation, and in atomic percent."""
    found = analysis.detectable
    if found is None:
        return ""
    species = analysis.scan.species
    scatters = (f"{name}\nscatter [at.%]" for name in species)
    heads = ("Size [nm]", "Excess [R]", "Correlation\nof atoms of a cube", *scatters)
    rows = [
        (
            number_text(float(size), 3),
            entropy_text(found.excess[i]),
            number_text(float(found.correlation[i]), 2),
            *(_percent(float(found.concentration_sd[i, k])) for k in range(len(species))),
        )
        for i, size in enumerate(found.size_nm)
    ]
    return number_table(heads, rows)


def neighborhood_table(found: NeighborhoodEntropy) -> str:
    """Return the entropy around every atom, one row per radius."""
    reach = "Radius [nm]" if found.neighbors_k is None else f"{found.neighbors_k} neighbors\nmean reach [nm]"
    heads = (
        reach, "Centers", "Ions per area\nmean", "Ions per area\n5, 50, 95 %", "Entropy [R]\n± SD over centers",
        "Null [R]\n± SD", "Excess [R]", "z", "p", "p\nadjusted",
    )  # fmt: skip
    rows = [
        (
            number_text(float(found.radius_nm[i]), 3),
            f"{int(found.n_centers[i]):,}",
            number_text(float(found.n_per_area_mean[i]), 4),
            _quantiles(found, i),
            with_error(found.entropy[i], found.entropy_sd[i]),
            with_error(found.entropy_null[i], found.sd_null[i]),
            entropy_text(found.excess_information[i]),
            number_text(float(found.z[i]), 2),
            number_text(float(found.p[i]), 2),
            number_text(float(found.p_adjusted[i]), 2),
        )
        for i in range(len(found.radius_nm))
    ]
    return number_table(heads, rows, [bool(p < SIGNIFICANT) for p in found.p_adjusted])


def pair_table(found: PairOrder) -> str:
    """Return the pairs of species, one row per shell and pair."""
    heads = (
        "Shell [nm] and pair", "Ordered pairs", "Expected", "Warren-Cowley\nsymmetric", "By rows", "z", "p",
        "p\nadjusted",
    )  # fmt: skip
    rows, strong = [], []
    for shell, i, j in np.ndindex(found.warren_cowley.shape):
        if j < i:
            continue
        place = (shell, i, j)
        lower, upper = float(found.shell_lower_nm[shell]), float(found.shell_upper_nm[shell])
        rows.append((
            f"{number_text(lower, 3)} to {number_text(upper, 3)}: {found.species[i]}-{found.species[j]}",
            f"{int(found.pair_counts[place]):,}",
            f"{float(found.expected[place]):,.1f}",
            entropy_text(float(found.warren_cowley[place])),
            entropy_text(float(found.warren_cowley_row[place])),
            number_text(float(found.z[place]), 2),
            number_text(float(found.p[place]), 2),
            number_text(float(found.p_adjusted[place]), 2),
        ))  # fmt: skip
        strong.append(bool(found.p_adjusted[place] < SIGNIFICANT))
    return number_table(heads, rows, strong)


def paper_table(found: PaperMode) -> str:
    """Return the published construction, one row per size."""
    heads = (
        "Size [nm]", "Cubes\nthat fit, of asked", "Ions per cube\nmean", "Ions per cube\nfewest to most",
        "Plain mean [R]\n± SD over cubes", "Relabeled [R]\n± SD over relabelings", "Relabeled\nSD over cubes [R]",
    )  # fmt: skip
    rows = [
        (
            number_text(float(found.size_nm[i]), 3),
            f"{int(found.n_cubes[i])} of {int(found.n_requested[i])}",
            number_text(float(found.n_per_cube_mean[i]), 3),
            _whole_range(found, i),
            with_error(found.entropy_printed[i], found.entropy_sd[i]),
            with_error(found.relabeled_entropy[i], found.relabeled_entropy_sd[i]),
            entropy_text(found.relabeled_scatter[i]),
        )
        for i in range(len(found.size_nm))
    ]
    return number_table(heads, rows)


def _whole_range(found: PaperMode, index: int) -> str:
    low, high = float(found.n_per_cube_lowest[index]), float(found.n_per_cube_highest[index])
    return f"{low:,.0f} to {high:,.0f}" if math.isfinite(low) else number_text(None)


def sublattice_table(found: SublatticeEntropy) -> str:
    """Return the mixing entropy of each sublattice."""
    heads = ("Sublattice", "Species and fractions", "Sites\nper formula unit", "Atoms", "Entropy per site [R]")
    rows = [
        (
            name,
            ", ".join(f"{key} {share:.4f}" for key, share in found.fractions[name].items()),
            number_text(float(found.sites[i]), 4),
            f"{int(found.n_atoms[i]):,}",
            entropy_text(found.per_site[i]),
        )
        for i, name in enumerate(found.sublattices)
    ]
    return number_table(heads, rows)
