"""Can mixing entropy make a glass? What of it is left in the free energy, and what a fit of barriers to it can say."""

import os
from pathlib import Path

import numpy as np

from entrox.composition import entropies, parse_formula
from entrox.core import generator
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.plots import new_axes, paper_style, save_figure
from entrox.plots.labels import formula_mathtext
from entrox.plots.style import FULL_WIDTH, space_panels
from entrox.plots.thermo import plot_barrier_series
from entrox.thermo import barrier_series, read_barrier_table, substitutional_surplus

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

TABLE = Path(__file__).parents[2] / "examples" / "thermo" / "barriers.csv"
SERIES, TEMPERATURE, MEV = "Bi(4-4x)LaxNdxPrxSmxTi3O12", 300.0, 1000.0

series, grid = parse_formula(SERIES), np.linspace(0.0, 1.0, 81)
scale = MEV * BOLTZMANN_EV_PER_K * TEMPERATURE
crystal, surplus = [], []
for x in grid:
    composition = series.at(x=float(x))
    crystal.append(scale * entropies(composition).per_atom)
    surplus.append(scale * substitutional_surplus(composition, TEMPERATURE).surplus_per_atom_r)
rows = read_barrier_table(TABLE)
barriers = barrier_series(
    rows, TEMPERATURE, entropy_per="A site", gamma_j_per_m2=1.0, predict_at_r=(1.6,), rng=generator(1)
)

figure, panels = new_axes(FULL_WIDTH, 76.0, panels=2)
with paper_style():
    panels[0].plot(grid, crystal, color="black", label="crystal: Bi and four lanthanides on the A site")
    panels[0].plot(
        grid, np.add(crystal, surplus), color="#0072B2", linestyle="--", label="glass that mixes all cations"
    )
    panels[0].plot(grid, surplus, color="#D55E00", linestyle="-.", label="difference: no function of x")
    panels[0].plot(
        grid, np.zeros_like(grid), color="#009E73", linestyle=":", label="difference, same sites in both: zero"
    )
    panels[0].set_xlim(0.0, 1.0)
    panels[0].set_ylim(-0.6, 19.0)
    panels[0].set_xlabel(f"x in {formula_mathtext(SERIES)}")
    panels[0].set_ylabel("T S of ideal mixing\nat 300 K [meV/atom]")
    panels[0].legend(loc="lower left", bbox_to_anchor=(0.0, 1.06), ncols=1)
plot_barrier_series(barriers, panels[1])
for panel, letter in zip(panels, "ab", strict=True):  # beside the legends, which stand above the panels
    panel.text(-0.13, 1.02, letter, transform=panel.transAxes, fontweight="bold", fontsize=8.0)
space_panels(panels)
save_figure(figure, out / "entropy_and_glass.png", dpi=180)

fit = barriers.chosen
numbers = {
    "surplus_mev_per_atom": [min(surplus), max(surplus)],
    "largest_crystal_mev_per_atom": max(crystal),
    "x_of_largest": float(grid[int(np.argmax(crystal))]),
    "exponent": float(fit.parameters[1]),
    "exponent_interval": [float(fit.interval_low[1]), float(fit.interval_high[1])],
    "degrees_of_freedom": fit.degrees_of_freedom,
    "verdict": barriers.law_verdict,
}
