"""How large are the crystals behind a ring pattern, and what if nobody knows the width of the instrument."""

import os
from pathlib import Path

import numpy as np
from matplotlib.lines import Line2D

from entrox.core import generator
from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.microscopy import (
    PatternSettings,
    ProfileSettings,
    analyze_pattern,
    build_standard,
    powder_curve,
    simulate_pattern,
)
from entrox.plots import new_axes, save_figure
from entrox.plots.diffraction import DATA_COLOR, FIT_COLOR, GUIDE_COLOR, SECOND_COLOR, plot_pattern
from entrox.plots.style import FULL_WIDTH, letter_panels, paper_style, space_panels

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

INSTRUMENT, SIZES = 0.30, (3.0, 5.0, 8.0)  # 1/nm, nm
rng = generator(11)
gold = build_standard("Au")
s = np.linspace(0.0, 1.5, 1600)
camera = PatternSettings(
    size_px=384, pixel_per_angstrom=0.005, center_px=(197.3, 186.2), axis_ratio=1.015, angle_deg=30.0, electrons=4e7
)


def measured(width_inverse_nm, reference=None):
    """Analyze a pattern of gold whose rings are so wide."""
    curve = powder_curve(gold, s, fwhm_per_angstrom=width_inverse_nm * NANOMETER_PER_ANGSTROM, mixing=0.0)
    pattern = simulate_pattern(s, curve, camera, rng)
    settings = ProfileSettings(
        ellipse=True, range_px=(40.0, 160.0), reference_width_inverse_nm=reference, reference_error_inverse_nm=0.003
    )
    return analyze_pattern(pattern, settings)


large = measured(INSTRUMENT)
reference = 10.0 * camera.pixel_per_angstrom * float(large.rings.fwhm_px[0])
found = [measured(float(np.hypot(INSTRUMENT, 0.9 / size)), reference) for size in SIZES]

figure, panels = new_axes(width=FULL_WIDTH, height=68.0, panels=3)
with paper_style():
    plot_pattern(found[0], panels[0])
    for item, color in ((large, GUIDE_COLOR), (found[0], DATA_COLOR)):
        scale = 10.0 * camera.pixel_per_angstrom
        rings = item.rings
        panels[1].plot(scale * rings.fit_radius_px, rings.observed - rings.background, color=color, linewidth=0.9)
    panels[1].set_xlabel("s [1/nm]")
    panels[1].set_ylabel("Rings over the background [counts]")
    panels[1].legend(
        handles=[
            Line2D([], [], color=GUIDE_COLOR, label="large crystals"),
            Line2D([], [], color=DATA_COLOR, label=f"crystals of {SIZES[0]:g} nm"),
        ],
        loc="upper right",
    )
    panels[2].plot([0.0, 9.0], [0.0, 9.0], color=GUIDE_COLOR, linewidth=0.5)
    for size, item in zip(SIZES, found, strict=True):
        first = item.sizes[0]
        # no upper end: the ring is hardly wider than the reference
        low, high = first.size_low_nm, first.size_high_nm or 20.0
        panels[2].errorbar(
            [size], [first.size_nm], yerr=[[first.size_nm - low], [high - first.size_nm]], marker="o", color=FIT_COLOR,
            elinewidth=0.8, capsize=1.8,
        )  # fmt: skip
        panels[2].plot([size], [0.9 / first.fwhm_inverse_nm], marker="x", color=SECOND_COLOR, linestyle="none")
    panels[2].set_xlim(0.0, 9.0)
    panels[2].set_ylim(0.0, 9.5)
    panels[2].set_xlabel("True size [nm]")
    panels[2].set_ylabel("Size from the 111 ring [nm]")
    panels[2].legend(
        handles=[
            Line2D([], [], color=FIT_COLOR, marker="o", label="against the reference"),
            Line2D([], [], color=SECOND_COLOR, marker="x", linestyle="none", label="0.9 / width alone"),
        ],
        loc="lower right",
    )
    letter_panels(panels)
    space_panels(panels)
save_figure(figure, out / "crystallite_size.png", dpi=150.0)

geometry = found[0].geometry
numbers = {
    "center_off_px": float(np.abs(geometry.center_px - camera.center_px).max()),
    "axis_ratio": geometry.axis_ratio,
    "reference_width_inverse_nm": reference,
    "size_nm": {size: item.sizes[0].size_nm for size, item in zip(SIZES, found, strict=True)},
    "interval_nm": {
        size: (item.sizes[0].size_low_nm, item.sizes[0].size_high_nm) for size, item in zip(SIZES, found, strict=True)
    },
    "naive_size_of_large_crystals_nm": 0.9 / reference,
    "size_without_reference": large.sizes[0].size_nm,
}
