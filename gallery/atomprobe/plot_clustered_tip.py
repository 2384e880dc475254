"""Does the answer survive the detector? A tip with known composition fluctuations, all atoms and 37 % of them."""

import os
from pathlib import Path

import numpy as np

from entrox.atomprobe import TipSettings, apply_ranges, simulate_tip
from entrox.core import generator
from entrox.order import limited_area_entropy, maximal_entropy_unit
from entrox.plots import new_axes, paper_style, save_figure
from entrox.plots.style import COLORS, FULL_WIDTH, GUIDE_COLOR, letter_panels

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

sizes = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
efficiencies = (1.0, 0.37)


def measure(efficiency):
    """Return tip, scan and unit; the same tip, of which another share is detected."""
    settings = TipSettings(
        box_nm=(16.0, 16.0, 16.0),
        composition={"Ni": 0.306, "Cu": 0.267, "Co": 0.219, "Fe": 0.208},
        sites={"kind": "poisson", "density_per_nm3": 86.9},
        labels={"kind": "field", "correlation_length_nm": 0.7, "amplitude": 0.5},
        detection={"efficiency": efficiency},
        truth={"sizes_nm": sizes},
    )
    tip = simulate_tip(settings, generator(3))
    points = apply_ranges(tip.ions, tip.ranges).points()
    scan = limited_area_entropy(points, sizes, origins=2, n_relabel=99, n_bootstrap=400, rng=generator(4))
    return tip, scan, maximal_entropy_unit(scan, efficiency=efficiency)


measured = {efficiency: measure(efficiency) for efficiency in efficiencies}
truth = measured[1.0][0].truth
level = 0.01 * truth.entropy_bulk

with paper_style():
    figure, (left, right) = new_axes(FULL_WIDTH, 74.0, panels=2)
    for efficiency, color, marker in zip(efficiencies, COLORS, ("o", "s"), strict=False):
        _, scan, unit = measured[efficiency]
        label = f"{100 * efficiency:.0f} % detected, {scan.n_per_area_mean[0]:.0f} ions per nm³"
        left.plot(scan.size_nm, scan.entropy_weighted, color=color, marker=marker, label=label)
        limits = [scan.excess_information - scan.excess_lower, scan.excess_upper - scan.excess_information]
        right.errorbar(scan.size_nm, scan.excess_information, np.clip(limits, 0, None), color=color, fmt=marker,
                       elinewidth=0.8, capsize=1.8)  # fmt: skip
        low, high = unit.sume_interval_nm
        words = f"unit {unit.sume_point_nm:.2f} nm (95 %: {low:.2f} to {high:.2f})"
        right.plot([low, high], [level * (0.5 + 0.25 * (marker == "s"))] * 2, color=color, linewidth=3.0, alpha=0.7,
                   solid_capstyle="butt", label=f"{100 * efficiency:.0f} % detected, {words}")  # fmt: skip
    left.axhline(truth.entropy_bulk, color=GUIDE_COLOR, linestyle="--", linewidth=0.8, label="bulk")
    right.plot(truth.size_nm, truth.excess_information, color="black", linewidth=0.9, label="truth, without counting")
    right.axhline(level, color=GUIDE_COLOR, linestyle="--", linewidth=0.8, label="tolerance, 1 % of bulk")
    right.vlines(truth.maximal_size_nm, 0, 1.8 * level, color="black", linestyle=":", linewidth=1.1,
                 label=f"true unit, {truth.maximal_size_nm:.2f} nm")  # fmt: skip
    for panel in (left, right):
        panel.set_xlabel("Cube size [nm]")
        panel.legend()
    left.set_ylabel("Entropy of the cubes [R]")
    right.set_ylabel("Excess information [R]")
    right.set_ylim(bottom=0)
    letter_panels((left, right))
save_figure(figure, out / "clustered_tip.png", dpi=223)

numbers = {
    "true_unit_nm": truth.maximal_size_nm,
    "true_excess": truth.excess_information.tolist(),
    "entropy": {e: scan.entropy_weighted.tolist() for e, (_, scan, _) in measured.items()},
    "excess": {e: scan.excess_information.tolist() for e, (_, scan, _) in measured.items()},
    "ions_per_cube": {e: scan.n_per_area_mean.tolist() for e, (_, scan, _) in measured.items()},
    "unit_nm": {e: unit.sume_bc_nm for e, (_, _, unit) in measured.items()},
    "point_nm": {e: unit.sume_point_nm for e, (_, _, unit) in measured.items()},
    "interval_nm": {e: unit.sume_interval_nm for e, (_, _, unit) in measured.items()},
    "atoms": {e: unit.n_atoms for e, (_, _, unit) in measured.items()},
    "verdict": {e: unit.verdict for e, (_, _, unit) in measured.items()},
}
