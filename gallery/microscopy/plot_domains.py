"""Are domains found again, and do the error bars say how well? A simulated image beside its truth."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import kstest

from entrox.core import generator
from entrox.microscopy import (
    CrystalSettings,
    SimulationSettings,
    StemSettings,
    analyze_micrograph,
    build_columns,
    simulate_micrograph,
    truth_position_px,
)
from entrox.plots import new_axes, save_figure
from entrox.plots.stem import plot_vector_wheel
from entrox.plots.stem_picture import full_length
from entrox.plots.style import FULL_WIDTH, letter_panels, paper_style

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

rng = generator(3)
crystal = CrystalSettings(cells=(31, 31), field="domains", domain_cells=6, magnitude_pm=15.0, rotation_deg=8.0)
image = SimulationSettings(pixel_size_pm=12.0, dose_per_square_angstrom=1000.0)
truth = build_columns(crystal, rng)
micrograph = simulate_micrograph(truth, image, rng)
found = analyze_micrograph(micrograph, StemSettings(null_fields=4), generator(1)).main
vectors = found.vectors

# the true column nearest to each fitted one
places = truth_position_px(truth, image)[truth.site == 1]
nearest = np.argmin(np.linalg.norm(vectors.position_px[:, None] - places[None], axis=2), axis=1)
true = 100.0 * truth.displacement_angstrom[truth.site == 1][nearest] / image.pixel_size_pm
good = vectors.good
sigma = np.sqrt(np.stack([vectors.noise_covariance_px2[good][:, k, k] for k in (0, 1)], axis=1))
pull = (vectors.vector_px[good] - true[good]) / sigma
slope = float((vectors.vector_px[good] * true[good]).sum() / (true[good] ** 2).sum())

figure, panels = new_axes(width=FULL_WIDTH, height=62.0, panels=3)
full = full_length(vectors)
with paper_style():
    for axes, words, item in (
        (panels[0], "true", replace(vectors, vector_px=true)), (panels[1], "measured", vectors),
    ):  # fmt: skip
        plot_vector_wheel(item, shape=micrograph.intensity.shape, full=full, key=words == "measured", axes=axes)
        axes.set_title(words, fontsize=7.0)
    edges = np.linspace(-4.0, 4.0, 33)
    panels[2].stairs(np.histogram(pull, edges, density=True)[0], edges, fill=True, color="#0072B2", alpha=0.35)
    x = np.linspace(-4.0, 4.0, 200)
    panels[2].plot(x, np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi), color="#202124", linewidth=0.9, linestyle="--")
    panels[2].set_xlabel("(measured \N{MINUS SIGN} true) over reported error")
    panels[2].set_ylabel("Density; dashed: unit normal")
    letter_panels(panels)
save_figure(figure, out / "stem_domains.png")

numbers = {
    "vectors": int(good.sum()),
    "slope": slope,
    "error_over_reported": float(np.sqrt((pull**2).mean())),
    "ks_p": float(kstest(pull[::3].ravel(), "norm").pvalue),
    "sigma_pm": found.sigma_px * image.pixel_size_pm,
    "true_domains": 25,
    "domains": found.domains.count,
    "null_domains": float(np.nanmean(found.null.domain_count)),
    "median_domain_cells": float(np.median(found.domains.domain_cells)),
    "detected": bool(found.detection.detected),
}
