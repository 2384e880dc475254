"""How does the channel grow? BaTiO3 at four states, from the first broken bond to the conducting path."""

import os
from pathlib import Path

from entrox.breakdown import build_sample, calibrated_plane, mean_parameters, run_ensemble
from entrox.composition import parse_formula
from entrox.core import generator
from entrox.plots import plot_channel, save_figure, write_movie

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

parameters = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)
ramp = run_ensemble(parameters, generator(4), seeds=1).first
sample = build_sample(calibrated_plane("AO"))

axes = plot_channel(sample, ramp, states=4)
# 223 dots per inch: 1600 pixels across.
save_figure(axes[0].figure, out / "channel.png", dpi=223)
movie = write_movie(sample, ramp, out / "channel.gif", frames=18, fps=8)

numbers = {
    "onset_field_mv_per_m": ramp.onset_field / 1e6,
    "breakdown_field_mv_per_m": ramp.breakdown_field / 1e6,
    "broken_bonds": len(ramp.channel),
    "bonds": len(sample.bonds),
    "movie_kilobytes": movie.stat().st_size / 1000,
    "propagation_time_ps": (ramp.channel_time[-1] - ramp.channel_time[0]) * 1e12,
}
