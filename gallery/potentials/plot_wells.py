"""Does the student keep its teacher's wells? BaTiO3 along [001] and [111], from the record of the small loop."""

import json
import os
from pathlib import Path

import numpy as np

from entrox.plots import save_figure
from entrox.plots.potentials import plot_wells
from entrox.potentials import WellScan

root = Path(__file__).resolve().parents[2]
out = Path(os.environ.get("ENTROX_GALLERY_OUT", root / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

record = json.loads((root / "validation" / "mini_loop" / "record.json").read_text(encoding="utf-8"))


def read_scan(found: dict) -> WellScan:
    depths = np.array(list(found["wells_mev"].values()))
    return WellScan(
        directions=tuple(found["wells_mev"]),
        edge_angstrom=found["well_edges_angstrom"],
        energy_mev=depths,
        shift_angstrom=found["well_shifts_angstrom"],
    )


scans = {name: read_scan(record["crystals"][name]) for name in ("teacher", "student")}
axes = plot_wells(list(scans.items()))
save_figure(axes.get_figure(root=True), out / "wells.png")

numbers = {f"{name}_deepest_mev": float(scan.energy_mev.min()) for name, scan in scans.items()}
numbers["teacher_edge_angstrom"] = record["crystals"]["teacher"]["edge_angstrom"]
