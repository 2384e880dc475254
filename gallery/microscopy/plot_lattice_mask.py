"""What does a lattice mask do to a polarization map? Its gain by the size of domains, and the domains it makes."""

import os
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.microscopy import (
    CrystalSettings,
    SimulationSettings,
    StemSettings,
    analyze_micrograph,
    build_columns,
    mask_gain,
    simulate_micrograph,
)
from entrox.plots import new_axes, save_figure
from entrox.plots.stem import plot_vector_wheel
from entrox.plots.stem_curves import plot_gain
from entrox.plots.stem_figures import null_example
from entrox.plots.style import FULL_WIDTH, letter_panels, paper_style

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

rng = generator(5)
crystal = CrystalSettings(cells=(29, 29), field="random", magnitude_pm=15.0)
image = SimulationSettings(pixel_size_pm=20.0, dose_per_square_angstrom=600.0)
micrograph = simulate_micrograph(build_columns(crystal, rng), image, rng)

plain = analyze_micrograph(micrograph, StemSettings(null_fields=2), generator(1))
masked = {
    radius: analyze_micrograph(
        micrograph, StemSettings(filter="lattice-mask", mask_radius_rlu=radius, null_fields=2), generator(1)
    )
    for radius in (0.4, 0.2)
}

cells = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
curves = {f"radius {radius:g}": (cells, mask_gain(radius, cells)) for radius in (0.4, 0.2, 0.1, 0.05)}
points = {
    f"radius {radius:g}": (item.empirical_gain.domain_cells, item.empirical_gain.gain, item.empirical_gain.gain_error)
    for radius, item in masked.items()
}
figure, panels = new_axes(width=FULL_WIDTH, height=62.0, panels=3)
with paper_style():
    plot_gain(curves, points, axes=panels[0])
    panels[0].legend(handles=panels[0].get_legend().legend_handles, loc="lower right")
    for axes, words, item in ((panels[1], "noise", plain), (panels[2], "noise, mask of radius 0.2", masked[0.2])):
        null = null_example(item.main)
        full = 2.0 * float(np.sqrt((null.vector_px[null.good] ** 2).sum(axis=1).mean()))
        plot_vector_wheel(null, shape=micrograph.intensity.shape, full=full, axes=axes)
        axes.set_title(words, fontsize=7.0)
    letter_panels(panels)
save_figure(figure, out / "stem_lattice_mask.png")


def alike(item):
    """Mean product of the noise in cells side by side over its mean square."""
    null = null_example(item.main)
    grid = null.on_grid(null.vector_px)
    return float(np.nanmean((grid[1:] * grid[:-1]).sum(axis=-1)) / np.nanmean((grid**2).sum(axis=-1)))


numbers = {
    "closed": {radius: mask_gain(radius, item.empirical_gain.domain_cells).tolist() for radius, item in masked.items()},
    "measured": {radius: item.empirical_gain.gain.tolist() for radius, item in masked.items()},
    "rms_pm": {
        radius: item.main.magnitudes.rms_raw_px * image.pixel_size_pm
        for radius, item in [(0.0, plain), *masked.items()]
    },
    "neighbor_correlation_of_noise": {radius: alike(item) for radius, item in [(0.0, plain), *masked.items()]},
}
