"""Which way of bending gives a quoted strain? Films of 50 and 59 um, 4.80 and 0.80 % "at about 180 degrees"."""

import os
from pathlib import Path

import numpy as np

from entrox.mechanics import Strip, read_strain, strain_map
from entrox.plots import save_figure
from entrox.plots.bend_map import plot_strain_map

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

films = {
    50: (Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24), 0.048),
    59: (Strip.single(59e-6, 5e-6, 0.4e-6, 122e9, 0.24), 0.008),
}
panels = plot_strain_map(strain_map(films[50][0]), strains=(0.048, 0.015), quoted=[(180.0, 0.048)])
save_figure(panels[0].figure, out / "quoted_strains.png", dpi=220)


def readings(strip, strain):
    found = {}
    for reading in read_strain(strip, strain):
        name = reading.case if reading.force_angle is None else f"{reading.case}_{np.degrees(reading.force_angle):.0f}"
        found[name] = float(np.degrees(reading.bending.fold_angle)) if reading.reachable else None
    return found


numbers = {f"fold_angle_deg_{length}um": readings(*film) for length, film in films.items()}
numbers["largest_hinged_percent"] = 100 * read_strain(*films[50])[2].largest_strain
print(numbers)
