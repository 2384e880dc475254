"""Does permittivity rule breakdown? Fourteen dielectrics with the plausible range of their mean free path."""

import os
from pathlib import Path

from entrox.breakdown.dielectric_fields import run_dielectrics
from entrox.breakdown.materials import measured_fields
from entrox.core import generator
from entrox.design.ranks import correlate_with_measured
from entrox.plots import plot_dielectrics, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

fields = run_dielectrics(generator(1), seeds=8)
axes = plot_dielectrics(fields, measured_fields())
# 223 dots per inch: 1600 pixels across.
save_figure(axes.figure, out / "dielectrics.png", dpi=223)

films = correlate_with_measured(fields, "film", generator(2))
numbers = {
    "exponent": fields.power_law.exponent,
    "exponent_interval": fields.exponent_interval,
    "prefactor_mv_per_m": fields.power_law.prefactor / 1e6,
    "r_squared": fields.power_law.r_squared,
    "fields_mv_per_m": dict(zip(fields.names, (fields.field / 1e6).tolist(), strict=True)),
    "rank_correlation_of_films": films.coefficient,
    "rank_correlation_interval": films.interval,
    "rank_correlation_of_mcpherson": films.mcpherson,
    "materials_compared": len(films.materials),
}
