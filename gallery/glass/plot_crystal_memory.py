"""Has a crystal melted? Reflections of Bi4Ti3O12 after eight picoseconds at 3500 K, beside what random phases give."""

import json
import os
from pathlib import Path

import numpy as np
from ase.io import read

from entrox.core import generator
from entrox.dynamics import CrystalMemory
from entrox.order import order_limit, reflection_order
from entrox.plots import new_axes, save_figure
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, family_style, letter_panels, paper_style
from entrox.structure import build_bismuth_titanate

ROOT = Path(__file__).parents[2]
out = Path(os.environ.get("ENTROX_GALLERY_OUT", ROOT / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

crystal = build_bismuth_titanate()
memory = CrystalMemory(crystal)
record = json.loads((ROOT / "validation" / "melt_quench" / "record.json").read_text(encoding="utf-8"))
hot = read(ROOT / "validation" / "melt_quench" / "melt.extxyz")
check = memory.compared(hot)

rng = generator(1)
n_cations = check.n_cations
random = reflection_order(rng.random((n_cations, 3)), rng.integers(1, 500, (100_000, 3)))
limit = order_limit(n_cations)

figure, panels = new_axes(width=FULL_WIDTH, height=62.0, panels=2)
with paper_style():
    places = np.arange(len(check.indices))
    names = [" ".join(map(str, h)).replace("-", "\N{MINUS SIGN}") for h in check.indices.tolist()]
    panels[0].bar(places - 0.2, check.start_order, 0.38, color="#c3c7cc", linewidth=0, label="crystal")
    panels[0].bar(places + 0.2, check.order, 0.38, color=family_style(1).color, linewidth=0, label="3500 K, CHGNet")
    panels[0].axhline(limit, color="black", linewidth=0.8, linestyle="--", label="limit of a melt")
    panels[0].set_xticks(places, names, rotation=45, ha="right")
    panels[0].set_ylabel("Order of the cations |S|/N")
    panels[0].set_ylim(0.0, 1.05)
    panels[0].legend(loc="upper right")
    heights, edges = np.histogram(random, bins=60, range=(0.0, 0.8), density=True)
    panels[1].stairs(
        heights, edges, color=family_style(0).color, fill=True, alpha=0.35, label=f"{n_cations} random cations"
    )
    s = np.linspace(0.0, 0.8, 200)
    panels[1].plot(s, 2 * n_cations * s * np.exp(-n_cations * s**2), color="black", linewidth=0.9, label="closed form")
    panels[1].axvline(limit, color="black", linewidth=0.8, linestyle="--")
    for value in check.order[:7]:
        panels[1].axvline(value, ymax=0.12, color=family_style(1).color, linewidth=1.2)
    panels[1].annotate(
        "once in\n1000", (limit, 2.6), (6, 0), textcoords="offset points", color=GUIDE_COLOR, fontsize=6.0, va="center"
    )
    panels[1].set_xlabel("|S|/N")
    panels[1].set_ylabel("Probability density")
    panels[1].set_xlim(0.0, 0.8)
    panels[1].legend(loc="upper right")
    letter_panels(panels)
save_figure(figure, out / "crystal_memory.png")

numbers = {
    "n_cations": n_cations,
    "order_limit": limit,
    "crystal_order": check.start_order.tolist(),
    "hot_order": check.order.tolist(),
    "cation_msd_angstrom2": check.cation_msd,
    "anion_msd_angstrom2": check.anion_msd,
    "msd_limit_angstrom2": check.msd_limit,
    "melted": check.melted,
    "random_mean": float(random.mean()),
    "random_above_limit": float((random > limit).mean()),
    "verdict": record["verdict"],
}
