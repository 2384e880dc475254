"""When do vacancies rule? BaTiO3 over trap depth, trap density, and the fraction of vacant anion sites."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from entrox.breakdown import AvalancheModel, Trap, mean_parameters, run_ensemble
from entrox.breakdown.calibration import stored_optical_permittivity
from entrox.composition import parse_formula
from entrox.core import generator
from entrox.design.vacancy_map import vacancy_map
from entrox.plots import plot_vacancy_fractions, plot_vacancy_map, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

material = mean_parameters(parse_formula("BaTiO3").at(), host_path=4.0)
trap = Trap(depth=0.2, optical_permittivity=stored_optical_permittivity())

densities = (1e22, 3e22, 1e23, 3e23, 1e24, 3e24, 1e25, 3e25, 1e26)
published = vacancy_map(material, densities=densities, trap=trap, seeds=2)
# Only the boundary of the other release is drawn: a coarser grid will do.
capped = vacancy_map(
    material,
    depths=(0.3, 0.4, 0.5, 0.55, 0.6, 0.7),
    densities=(1e22, 1e23, 1e24, 1e25, 1e26),
    trap=replace(trap, release="full"),
    seeds=2,
)
axes = plot_vacancy_map(published, other=capped)
save_figure(axes.figure, out / "vacancy_map.png")


def ensemble(fraction, **arrangement):
    """Return an ensemble with vacancies on a fraction of the anion sites, in the field that the cluster distorts."""
    model = AvalancheModel(enhancement=True, trap=trap, vacancy_fraction=fraction, **arrangement)
    return run_ensemble(material, generator(5), seeds=12, model=model)


fractions = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
arrangements = {
    "random": {},
    "clustered": {"vacancy_clustering": 1.0},
    "at the bottom electrode": {"vacancy_profile": "bottom"},
}
curves = {name: {f: ensemble(f, **arrangement) for f in fractions} for name, arrangement in arrangements.items()}
curves["random"][1.0] = ensemble(1.0)
intrinsic = run_ensemble(material, generator(5), seeds=12, model=AvalancheModel(enhancement=True)).mean
axes = plot_vacancy_fractions(curves, intrinsic=intrinsic)
save_figure(axes.figure, out / "vacancy_fractions.png")


def boundary_at(dataset, density):
    """Return the trap depth of the boundary at one density of states [eV]."""
    return float(np.interp(np.log(density), np.log(dataset["trap_density"]), dataset["boundary_depth"]))


def field_at(depth):
    """Return the field of the published mode at the published density of states [MV/m]."""
    field = published["breakdown_field_mv_per_m"].sel(trap_depth=depth)
    return float(np.interp(np.log(8e24), np.log(published["trap_density"]), field))


numbers = {
    "intrinsic_mv_per_m": float(published["intrinsic_field_mv_per_m"]),
    "field_0.2_ev_mv_per_m": field_at(0.2),
    "field_0.8_ev_mv_per_m": field_at(0.8),
    "boundary_ev": {release: boundary_at(item, 8e24) for release, item in (("unlimited", published), ("full", capped))},
    "boundary_ev_per_decade": float(np.polyfit(np.log10(published["trap_density"]), published["boundary_depth"], 1)[0]),
    "released_density_0.2_ev": float(published["released_density"].sel(trap_depth=0.2, trap_density=1e24)),
    "fields_mv_per_m": {
        name: {fraction: item.mean / 1e6 for fraction, item in curve.items()} for name, curve in curves.items()
    },
    "without_vacancies_mv_per_m": intrinsic / 1e6,
}
