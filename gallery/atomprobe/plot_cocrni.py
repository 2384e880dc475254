"""Is annealed CoCrNi mixed at random? Real ions: entropy against length, and which species are neighbors."""

import os
from pathlib import Path

from entrox.atomprobe import EntropySettings, analyze_entropy, read_ranged, read_ranges
from entrox.core import generator
from entrox.plots import plot_entropy_scan, plot_pair_order, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)
data = Path(__file__).parents[2] / "examples" / "cocrni"

ions = read_ranged(data / "cocrni.pos", read_ranges(data / "cocrni.rrng"))
settings = EntropySettings(
    species=("Co", "Cr", "Ni"), sizes_nm=(0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0), shells_nm=(0.0, 0.3, 0.5, 1.0)
)
found = analyze_entropy(ions, settings, rng=generator(1))
scan, pairs = found.scan, found.pairs

upper, _ = plot_entropy_scan(found)
save_figure(upper.figure, out / "cocrni.png")
panels = plot_pair_order(pairs)
save_figure(panels[0].figure, out / "cocrni_pairs.png", dpi=220)

nickel = pairs.species.index("Ni")
numbers = {
    "ions": dict(zip(scan.species, scan.totals.tolist(), strict=True)),
    "entropy_bulk": scan.entropy_bulk,
    "size_nm": scan.size_nm.tolist(),
    "ions_per_cube": scan.n_per_area_mean.tolist(),
    "raw_fall": (scan.entropy_bulk - scan.entropy_weighted).tolist(),
    "excess": scan.excess_information.tolist(),
    "z": scan.z.tolist(),
    "family_p": scan.family_p,
    "verdict": found.verdict,
    "unit_nm": found.sume.sume_bc_nm,
    "unit_at_half_a_percent_nm": float(found.sume.listed_sume_bc_nm[0]),
    "nickel_row": pairs.warren_cowley_row[:, nickel, nickel].tolist(),
    "nickel_z": pairs.z[:, nickel, nickel].tolist(),
    "pairs_family_p": pairs.family_p,
}
