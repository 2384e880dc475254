"""What does mixing do to the breakdown field? Five families of BaTiO3 on a coarse grid of x."""

import os
import tempfile
from pathlib import Path

from entrox.design import SerialExecutor, example_study, parse_study, run_study
from entrox.plots import plot_breakdown_against_entropy, save_figure

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

# The example study has 21 points per family and 32 seeds; six points and eight seeds show the shape.
text = example_study().replace("steps = 21", "steps = 6").replace("seeds = 32", "seeds = 8")
with tempfile.TemporaryDirectory() as folder:
    result = run_study(parse_study(text), Path(folder) / "run", executor=SerialExecutor())
    axes = plot_breakdown_against_entropy(result)
    save_figure(axes.figure, out / "five_families.png")

numbers = {
    "host_field_mv_per_m": result.best[0].host_value,
    "best": {best.family: (best.x, best.value) for best in result.best},
    "points": len(result.points),
}
