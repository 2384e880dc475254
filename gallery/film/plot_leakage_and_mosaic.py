"""Which law does a leaking film follow, and what do grains do to its permittivity? Regimes, and a mosaic of voxels."""

import os
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.film import Capacitor, bruggeman, fit_leakage, homogenize, schottky_current, wiener_bounds
from entrox.plots import save_figure
from entrox.plots.film import plot_leakage
from entrox.plots.film_mixture import plot_mixture

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

# a linear conductance below, emission over 1.05 eV above, 5 % noise
field = np.geomspace(3e6, 3e8, 90)
current = 2e-12 * field + schottky_current(field, 1.05, 5.0, 300.0)
current = current * np.exp(0.05 * generator(7, 1).standard_normal(len(field)))
film = Capacitor(400e-9, 300.0, static_permittivity=35.0, refractive_index=2.3)
branch = fit_leakage(field, current, film, name="made-up curve")
panels = plot_leakage(branch)
save_figure(panels[0].get_figure(root=True), out / "film_leakage.png")

# a mosaic of amorphous film with crystalline grains, against the bounds
grains = generator(2).random((24, 24, 24)) < 0.2
mosaic = homogenize(np.where(grains, 120.0, 25.0))
share = float(grains.mean())
axes = plot_mixture(25.0, 120.0, 3, share, mosaic.tensor.diagonal().tolist())
save_figure(axes.get_figure(root=True), out / "film_mixture.png")

low, high = wiener_bounds(25.0, 120.0, share)
numbers = {
    "regimes": [regime.model.name for regime in branch.regimes],
    "optical_permittivity": branch.regimes[-1].model.optical_permittivity,
    "barrier_ev": branch.regimes[-1].model.parameters.get("barrier_ev"),
    "exponent_low_field": float(np.median(branch.exponent[:20])),
    "mosaic_permittivity": float(mosaic.tensor.diagonal().mean()),
    "bruggeman": float(bruggeman(25.0, 120.0, share)),
    "wiener": [float(low), float(high)],
}
