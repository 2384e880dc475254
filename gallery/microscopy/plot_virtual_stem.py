"""What does a microscope see of a simulated crystal? Walls of PbTiO3, and random directions through thick columns."""

import os
from pathlib import Path

import numpy as np
from ase.io import read

from entrox.core import generator
from entrox.microscopy import (
    SimulationSettings,
    StemSettings,
    VirtualSettings,
    analyze_micrograph,
    thickness_series,
    truth_position_px,
    virtual_micrograph,
)
from entrox.order.lattice import fit_lattice
from entrox.plots import new_axes, save_figure
from entrox.plots.style import FULL_WIDTH, letter_panels, paper_style, space_panels
from entrox.structure.perovskite import build_perovskite

root = Path(__file__).parents[2]
out = Path(os.environ.get("ENTROX_GALLERY_OUT", root / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

# a wall seen along y: 20 x 2 columns, repeated upwards to fill a picture
wall = read(root / "examples" / "pbtio3_wall" / "PTO-180DW.vasp")
tall = wall.repeat((1, 1, 7))
settings = VirtualSettings(zone_axis="010", thickness_cells=2, image=SimulationSettings(pixel_size_pm=12.0))
seen = virtual_micrograph(tall, fit_lattice(tall), settings, generator(1))
found = analyze_micrograph(seen.image, StemSettings(null_fields=0), generator(1)).main
vectors, good = found.vectors, found.vectors.good
of_b = seen.truth.site == 1
places = truth_position_px(seen.truth, settings.image)[of_b]
nearest = np.argmin(np.linalg.norm(vectors.position_px[:, None] - places[None], axis=2), axis=1)
direct_pm = 100.0 * seen.truth.displacement_angstrom[of_b][nearest]
rows = seen.truth.cell[of_b][nearest][:, 1]
image_pm = vectors.scale_pm * vectors.vector_px
sigma_pm = found.sigma_px * vectors.scale_pm

# the same crystal seen along x, through both domains, and random directions of 15 pm
through = thickness_series(wall, fit_lattice(wall), "100", (1, 2, 5, 10, 20))
rng = generator(2)
box = build_perovskite("Ba", "Ti", (10, 10, 16), 4.0)
moved = rng.normal(size=(1600, 3))
box.positions[box.symbols == "Ti"] += 0.15 * moved / np.linalg.norm(moved, axis=1, keepdims=True)
random = thickness_series(box, fit_lattice(box), "001", (1, 2, 4, 8, 16))

figure, panels = new_axes(width=FULL_WIDTH, height=60.0, panels=2)
with paper_style():
    numbers_up = np.unique(rows)
    profile = [direct_pm[(rows == k) & good, 0].mean() for k in numbers_up]
    panels[0].plot(numbers_up, profile, color="#202124", linewidth=0.9, label="from the atoms")
    panels[0].errorbar(
        rows[good], image_pm[good, 0], yerr=sigma_pm, linestyle="none", marker="o", color="#0072B2", markersize=1.6,
        elinewidth=0.4, alpha=0.6, label="from the image, each column",
    )  # fmt: skip
    panels[0].set_xlabel("Cells across the walls")
    panels[0].set_ylabel("Displacement of Ti along z off Pb [pm]")
    panels[0].legend(loc="upper right")
    panels[0].set_xticks([0, 5, 10, 15, 20])
    for series, color, marker, words in (
        (random, "#0072B2", "o", "random directions"), (through, "#D55E00", "s", "PbTiO3, through the walls"),
    ):  # fmt: skip
        panels[1].semilogx(
            series.thickness_cells,
            100.0 * series.rms_b_angstrom,
            color=color,
            marker=marker,
            linewidth=0.8,
            label=words,
        )
    n = np.geomspace(1.0, 20.0, 50)
    panels[1].semilogx(
        n, 100.0 * random.rms_b_angstrom[0] / np.sqrt(n), color="#5f6368", linestyle="--", linewidth=0.8,
        label="one over root n",
    )  # fmt: skip
    panels[1].set_xticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    panels[1].set_ylim(0.0, 16.0)
    panels[1].minorticks_off()
    panels[1].set_xlabel("Cells along a column")
    panels[1].set_ylabel("rms |d| [pm]")
    panels[1].legend(loc="lower left")
    letter_panels(panels)
    space_panels(panels)
save_figure(figure, out / "virtual_stem.png")

difference = (image_pm[good] - direct_pm[good]) / sigma_pm
numbers = {
    "plateau_pm": float(np.median(np.abs(direct_pm[good, 0]))),
    "rms_difference_over_sigma": float(np.sqrt((difference**2).mean())),
    "sigma_pm": sigma_pm,
    "walls": int((np.diff(np.sign(profile)) != 0).sum()),
    "random_rms_pm": (100.0 * random.rms_b_angstrom).tolist(),
    "random_slope": float(np.polyfit(np.log(random.thickness_cells), np.log(random.rms_b_angstrom), 1)[0]),
    "through_walls_pm": (100.0 * through.rms_b_angstrom).tolist(),
}
