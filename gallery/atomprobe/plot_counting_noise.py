"""What does counting alone do to the entropy of small cubes? An ideal random alloy, exactly and simulated."""

import os
from pathlib import Path

import numpy as np

from entrox.atomprobe import TipSettings, apply_ranges, simulate_tip
from entrox.core import generator
from entrox.order import expected_entropy, limited_area_entropy, maximal_entropy_unit
from entrox.order.local_entropy.counting_noise import counting_sd
from entrox.plots import new_axes, paper_style, plot_entropy_scan, save_figure
from entrox.plots.style import COLORS, GUIDE_COLOR

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

metals = {"Ni": 0.306, "Cu": 0.267, "Co": 0.219, "Fe": 0.208}
fractions = np.array(list(metals.values()))
bulk = float(-(fractions * np.log(fractions)).sum())
published_entropy, published_scatter = 1.226, 0.16
listed = (10, 11, 12, 15, 20, 25, 32, 87)

table = {
    n: {"entropy": expected_entropy(n, fractions), "sd": counting_sd(n, fractions), "first_order": bulk - 1.5 / n}
    for n in listed
}
for row in table.values():
    row["share"] = (bulk - row["entropy"]) / (bulk - published_entropy)

with paper_style():
    figure, (panel,) = new_axes(120.0, 72.0)
    ions = np.unique(np.geomspace(4, 120, 40).astype(int))
    mean = np.array([expected_entropy(int(n), fractions) for n in ions])
    sd = np.array([counting_sd(int(n), fractions) for n in ions])
    panel.fill_between(ions, mean - sd, mean + sd, color=COLORS[1], alpha=0.2, linewidth=0, label="± SD of one cube")
    panel.plot(ions, mean, color=COLORS[1], label="random alloy, exact mean")
    panel.axhline(bulk, color=GUIDE_COLOR, linestyle="--", linewidth=0.8, label=f"bulk, {bulk:.4f} R")
    panel.axhspan(published_entropy - published_scatter, published_entropy + published_scatter, color=COLORS[0],
                  alpha=0.1, linewidth=0)  # fmt: skip
    panel.axhline(published_entropy, color=COLORS[0], linewidth=0.9, label="published, cubes of 1 nm, ± SD")
    panel.set_xscale("log")
    panel.minorticks_off()
    panel.set_xticks([5, 10, 12, 15, 25, 50, 100], labels=["5", "10", "12", "15", "25", "50", "100"])
    panel.set_xlabel("Ions per cube")
    panel.set_ylabel("Entropy of a cube [R]")
    panel.legend(loc="lower right")
save_figure(figure, out / "counting_noise.png")

settings = TipSettings(
    box_nm=(20.0, 20.0, 20.0), composition=metals, sites={"kind": "poisson", "density_per_nm3": 25.0},
    truth={"sizes_nm": (4.0,)},
)  # fmt: skip
tip = simulate_tip(settings, generator(1))
scan = limited_area_entropy(
    apply_ranges(tip.ions, tip.ranges).points(), (0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0), origins=2, rng=generator(2)
)
upper, _ = plot_entropy_scan(scan)
save_figure(upper.figure, out / "random_alloy.png")

numbers = {
    "entropy_bulk": bulk,
    "table": table,
    "size_nm": scan.size_nm.tolist(),
    "ions_per_cube": scan.n_per_area_mean.tolist(),
    "raw_fall": (scan.entropy_bulk - scan.entropy_weighted).tolist(),
    "excess": scan.excess_information.tolist(),
    "largest_z": float(np.abs(scan.z).max()),
    "critical_z": scan.critical_z,
    "family_p": scan.family_p,
    "verdict": maximal_entropy_unit(scan).verdict,
}
