"""Does the deviation of a committee know the error? The small learning loop of (Ba,Ca)(Ti,Sn)O3, from its record.

The record is that of validation/mini_loop, which takes a quarter of an hour and the extra potentials.
"""

import json
import os
from pathlib import Path

from entrox.plots import save_figure
from entrox.plots.potentials import plot_learning
from entrox.potentials import GenerationReport, LearnResult

root = Path(__file__).resolve().parents[2]
out = Path(os.environ.get("ENTROX_GALLERY_OUT", root / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

record = json.loads((root / "validation" / "mini_loop" / "record.json").read_text(encoding="utf-8"))
loop = record["loop"]
generations = tuple(GenerationReport.from_dict(report) for report in loop["generations"])
result = LearnResult(
    title="(Ba,Ca)(Ti,Sn)O3, small demonstration",
    folder=out,
    teacher="chgnet",
    student="deepmd",
    sigma_low_ev_per_angstrom=0.125,
    generations=generations,
    models=(),
    quarantined=tuple(loop["quarantined"]),
    converged=loop["converged"],
    reasons=tuple(loop["reasons"]),
    warnings=tuple(loop["warnings"]),
)
panels = plot_learning(result)
save_figure(panels[0].get_figure(root=True), out / "learning_loop.png")

first, last = generations[1], generations[-1]
numbers = {
    "rho_first": first.calibration.rho,
    "rho_last": last.calibration.rho,
    "true_over_deviation": last.calibration.median_ratio,
    "life_ps": [first.life_ps, last.life_ps],
    "longest_ps": last.length_ps,
    "failed_share_first": first.failed / (first.accurate + first.candidate + first.failed),
    "failed_share_last": last.failed / (last.accurate + last.candidate + last.failed),
    "force_rmse_ev_per_angstrom": last.force_rmse_ev_per_angstrom,
    "converged": result.converged,
}
