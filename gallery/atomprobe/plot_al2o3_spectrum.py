"""Where has the oxygen gone? Mass spectrum of Al2O3 with its ranges and background, and the composition from it."""

import os
from pathlib import Path

from entrox.atomprobe import analyze_spectrum, read_ranges, read_spectrum_csv
from entrox.plots import plot_mass_spectrum, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)
data = Path(__file__).parents[2] / "tests" / "data" / "apt" / "nist_al2o3"

spectrum = read_spectrum_csv(data / "R20_28299_S9_MS.csv.gz")
ranges = read_ranges(data / "R20_28295.RRNG")
found = {name: analyze_spectrum(spectrum, ranges, background=name) for name in ("none", "tof", "sideband")}
axes = plot_mass_spectrum(found["sideband"])
save_figure(axes.figure, out / "al2o3_spectrum.png", dpi=223)


def oxygen(analysis):
    """Return the atomic percent of oxygen and its counting error."""
    place = analysis.atomic.elements.index("O")
    return 100 * float(analysis.atomic.fraction[place]), 100 * float(analysis.atomic.fraction_sd[place])


raw = found["none"]
states = raw.charge_states
numbers = {
    "events": int(spectrum.n_events),
    "ranged": int(raw.counts.n_ranged),
    "oxygen_percent": {name: oxygen(item) for name, item in found.items()},
    "aluminum_charge_ratio": float(states.ratio[states.elements.index("Al")]),
    "background_per_bin": found["tof"].background.b_per_bin,
}
