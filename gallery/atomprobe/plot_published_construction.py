"""What does the published construction measure? The same line through cubes of an alloy without any structure."""

import os
from pathlib import Path

from entrox.atomprobe import TipSettings, apply_ranges, paper_mode, simulate_tip
from entrox.atomprobe.paper import tangent_size_nm
from entrox.core import generator
from entrox.order.local_entropy.counting_noise import poisson_cube_entropy
from entrox.plots import new_axes, paper_style, plot_paper_mode, save_figure
from entrox.plots.style import COLORS, GUIDE_COLOR

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

metals = {"Ni": 0.306, "Cu": 0.267, "Co": 0.219, "Fe": 0.208}
fractions = list(metals.values())
bulk = 1.37413
densities = (9.0, 12.0, 25.0, 32.0)
second_sizes = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
MANY = 400
"""Beyond this many ions per cube the first order is exact to 1e-6 R."""


def expected(density, size):
    """Return the plain mean entropy of the cubes of a random alloy [R]."""
    ions = density * size**3
    return poisson_cube_entropy(ions, fractions) if ions < MANY else bulk - (len(fractions) - 1) / (2 * ions)


units = {
    density: {
        size: tangent_size_nm([1.0, size], [expected(density, 1.0), expected(density, size)], bulk)
        for size in second_sizes
    }
    for density in densities
}

with paper_style():
    figure, (panel,) = new_axes(100.0, 78.0)
    for density, color, marker in zip(densities, COLORS, ("o", "s", "^", "x"), strict=False):
        panel.plot(second_sizes, list(units[density].values()), color=color, marker=marker, markersize=5.0,
                   markerfacecolor="none", markeredgewidth=0.7, linewidth=0.5,
                   label=f"random alloy, {density:.0f} ions per cube of 1 nm")  # fmt: skip
    panel.plot([1.5, 5.0], [1.5, 5.0], color=GUIDE_COLOR, linestyle="--", linewidth=0.8, label="the second size itself")
    panel.axhline(3.01, color="black", linewidth=0.8, linestyle=":", label="published, 3.01 nm")
    panel.set_xlabel("Second smallest cube size; the smallest is 1 nm")
    panel.set_ylabel("Unit by the published construction [nm]")
    panel.legend(loc="upper left")
save_figure(figure, out / "tangent_against_grid.png")

settings = TipSettings(
    box_nm=(20.0, 20.0, 20.0), composition=metals, sites={"kind": "poisson", "density_per_nm3": 25.0},
    truth={"sizes_nm": (4.0,)},
)  # fmt: skip
tip = simulate_tip(settings, generator(1))
found = paper_mode(apply_ranges(tip.ions, tip.ranges).points(), (10.0, 5.0, 3.0, 1.0), rng=generator(5))
panels = plot_paper_mode(found)
save_figure(panels[0].figure, out / "published_construction.png", dpi=223)

numbers = {
    "units_nm": units,
    "tangent_nm": found.tangent_nm,
    "relabeled_nm": found.tangent_relabeled_nm,
    "relabeled_sd_nm": found.tangent_relabeled_sd_nm,
    "unit_by_excess_nm": found.unit.sume_bc_nm,
    "verdict": found.unit.verdict,
    "ions_per_cube": dict(zip(found.size_nm.tolist(), found.n_per_cube_mean.tolist(), strict=True)),
}
