"""Does clustering lower the breakdown field? Explicit alloys of the Sm A+B family against its mean parameters."""

import os
from pathlib import Path

from entrox.breakdown import AvalancheModel, mean_parameters, run_ensemble
from entrox.composition import parse_formula
from entrox.core import generator
from entrox.core.comparison import compare_means, holm_p_values
from entrox.plots import plot_alloys, plot_clustering, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

family = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")


def ensemble(x, model, *key, seeds):
    """Return an ensemble whose seeds no other ensemble shares, so that samples are independent."""
    return run_ensemble(mean_parameters(family.at(x), host_path=16.0), generator(1, *key), seeds=seeds, model=model)


explicit = AvalancheModel(alloy="explicit")
kinds = {
    "mean parameters": AvalancheModel(),
    "explicit, random": explicit,
    "explicit, clustered": AvalancheModel(alloy="explicit", clustering=1.0),
}
substitutions = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
curves = {
    kind: {x: ensemble(x, model, 0, row, column, seeds=10) for column, x in enumerate(substitutions)}
    for row, (kind, model) in enumerate(kinds.items())
}
# Without the cluster's distortion the front goes astray and takes long: fewer points.
curves["explicit, random, field not distorted"] = {
    x: ensemble(x, AvalancheModel(alloy="explicit", enhancement=False), 2, column, seeds=10)
    for column, x in enumerate((0.0, 0.1, 0.2, 0.3))
}
axes = plot_alloys(curves, onset_of=("explicit, random",))
save_figure(axes.figure, out / "alloys.png")

clusterings = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0)
samples = {
    c: ensemble(0.2, AvalancheModel(alloy="explicit", clustering=c), 1, place, seeds=40)
    for place, c in enumerate(clusterings)
}
random = samples[0.0].breakdown_fields
compared = {c: compare_means(random, samples[c].breakdown_fields, generator(2)) for c in clusterings if c != 0.0}
# Six comparisons with one reference: p-values are adjusted for their number.
p_values = dict(zip(compared, holm_p_values([found.p_value for found in compared.values()]).tolist(), strict=True))
axes = plot_clustering(samples, compared, p_values)
save_figure(axes.figure, out / "clustering.png")

mean = curves["mean parameters"][0.2].breakdown_fields
against_mean = compare_means(mean, random, generator(3))
numbers = {
    "mean_parameters_mv_per_m": against_mean.first_mean / 1e6,
    "random_mv_per_m": against_mean.second_mean / 1e6,
    "random_over_mean_minus_one": against_mean.relative_difference,
    "random_over_mean_interval": against_mean.relative_interval,
    "host_explicit_over_mean": curves["explicit, random"][0.0].onset_field / curves["mean parameters"][0.0].onset_field,
    "clustering_effect": {c: found.relative_difference for c, found in compared.items()},
    "clustering_interval": {c: found.relative_interval for c, found in compared.items()},
    "clustering_p_value": p_values,
    "best_x": {kind: max(curve, key=lambda x, curve=curve: curve[x].mean) for kind, curve in curves.items()},
}
