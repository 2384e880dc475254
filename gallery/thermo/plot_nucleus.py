"""How high is the barrier of a nucleus, and what decides it? Work over radius, and the map of all barriers."""

import os
from pathlib import Path

from entrox.core import generator
from entrox.plots import new_axes, save_figure
from entrox.plots.style import FULL_WIDTH, space_panels
from entrox.plots.thermo import plot_barrier_map, plot_nucleation_work
from entrox.thermo import nucleation_result

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

DF, DF_ERROR, GAMMA, GAMMA_ERROR, TEMPERATURE = -1e9, 2e8, 1.0, 0.2, 300.0

found = nucleation_result(
    DF,
    TEMPERATURE,
    df_error_j_per_m3=DF_ERROR,
    gamma_j_per_m2=GAMMA,
    gamma_error_j_per_m2=GAMMA_ERROR,
    rng=generator(1),
)
turned = nucleation_result(DF, TEMPERATURE, gamma_j_per_m2=GAMMA, direction="crystal-in-amorphous")

figure, panels = new_axes(FULL_WIDTH, 76.0, panels=2)
plot_nucleation_work(found, panels[0])
plot_barrier_map(found, panels[1])
for panel, letter in zip(panels, "ab", strict=True):  # beside the legends, which stand above the panels
    panel.text(-0.13, 1.02, letter, transform=panel.transAxes, fontweight="bold", fontsize=8.0)
space_panels(panels)
save_figure(figure, out / "nucleus.png", dpi=180)

numbers = {
    "critical_radius_nm": found.critical_radius_nm,
    "barrier_ev": found.barrier_ev,
    "barrier_kt": found.barrier_kt,
    "barrier_interval_ev": [found.barrier_p05_ev, found.barrier_p95_ev],
    "log10_rate": found.log10_rate,
    "gamma_share": found.gamma_share,
    "df_of_60_kt_j_per_m3": found.df_of_reached_barrier_j_per_m3,
    "barrier_of_the_other_direction": turned.barrier_ev,
}
