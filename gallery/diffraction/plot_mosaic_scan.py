"""Where does a scan over a mosaic see crystal, and how many of its patterns are independent."""

import os
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.microscopy import (
    PatternScan,
    circle_region,
    crystallinity_map,
    effective_number,
    glass_threshold,
    region_sums,
    scan_centers,
    simulate_scan,
)
from entrox.plots import new_axes, save_figure
from entrox.plots.diffraction_scan import plot_crystallinity
from entrox.plots.style import FULL_WIDTH, letter_panels, paper_style, space_panels

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

STEP, PROBE = 0.4, 1.0  # nm
GRAINS = [((9, 8), 5.0, 0.5), ((27, 14), 6.5, 0.35), ((15, 23), 4.5, 0.2)]
shape = (30, 38)
share = np.zeros(shape)
for center, radius, crystal in GRAINS:
    share[circle_region(shape, center, radius)] = crystal
scan = PatternScan(
    data=simulate_scan(share, generator(5), size_px=48, ring_px=14.0, electrons=1.5e4, drift_px=(1.5, 0.8)),
    scan_step_nm=STEP,
)
centers = scan_centers(scan, 8.0)
found = crystallinity_map(scan, centers, (10.0, 18.0))
glass = np.zeros(shape, dtype=bool)
glass[:, 34:] = True
threshold = glass_threshold(found, glass)
crystal = found.variance > threshold
patterns = (region_sums(scan, share == 0.0) / (share == 0.0).sum(), scan.data[8, 9])

figure, panels = new_axes(width=FULL_WIDTH, height=58.0, panels=4)
with paper_style():
    plot_crystallinity(found, panels[:2], step_nm=STEP)
    panels[0].contour(STEP * np.arange(shape[1]), STEP * np.arange(shape[0]), share > 0.0, levels=[0.5],
                      colors=["#ffffff"], linewidths=0.8)  # fmt: skip
    for panel, pattern, name in zip(
        panels[2:], patterns, ("mean over the glass", "one pattern of a grain"), strict=True
    ):
        panel.imshow(np.sqrt(pattern), cmap="magma", interpolation="nearest")
        panel.set_xticks([])
        panel.set_yticks([])
        panel.set_xlabel(name)
    letter_panels(panels)
    space_panels(panels)
save_figure(figure, out / "mosaic_scan.png", dpi=160.0)

square = np.ones((7, 8), dtype=bool)
numbers = {
    "crystal_share": float(crystal.mean()),
    "true_share": float((share > 0.0).mean()),
    "missed": float((~crystal)[share > 0.0].mean()),
    "false": float(crystal[share == 0.0].mean()),
    "variance_of_glass_over_error": float(np.mean(found.variance[glass] / found.counting_error[glass])),
    "slope_px": centers.slope_px.tolist(),
    "independent_of_56": effective_number(square, STEP, PROBE),
}
