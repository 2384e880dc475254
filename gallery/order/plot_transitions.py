"""At which temperature does the phase change? Heating and cooling of a Landau crystal whose transitions are known."""

import os
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.order.response.feram_curve import OrderCurve
from entrox.order.response.transitions import find_transitions
from entrox.plots import save_figure
from entrox.plots.polar_curves import plot_transitions

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

rng = generator(1)
TRUE_K = {"heating": (228.0, 258.0, 317.0), "cooling": (203.0, 243.0, 312.0)}


def run(direction):
    """Return a run through R, O, T and C: the size of the dipole falls as in a first-order Landau law."""
    steps = np.arange(170.0, 351.0, 5.0)
    temperatures = steps if direction == "heating" else steps[::-1]
    size = 0.16 * np.sqrt(0.5 + 0.5 * np.sqrt(np.clip(1.0 - (temperatures - 170.0) / 180.0, 0.0, 1.0)))
    r_o, o_t, t_c = TRUE_K[direction]
    number = 3 - (temperatures > r_o).astype(int) - (temperatures > o_t) - (temperatures > t_c)
    order = np.zeros((len(temperatures), 3))
    for k, axis in enumerate((2, 0, 1)):
        order[:, axis] = np.where(k < number, size / np.sqrt(np.maximum(number, 1)), 0.0)
    order += rng.normal(0.0, 0.002, order.shape)
    return OrderCurve(temperature_k=temperatures, order_parameter=order, susceptibility=None, energy_ev=None)


curves = [run("heating"), run("cooling")]
found = find_transitions(curves)
axes = plot_transitions(found, curves)
save_figure(axes[0].figure, out / "transitions.png")

numbers = {
    "found": [(item.kind, item.direction, item.t_low_k, item.t_high_k) for item in found.transitions],
    "true_k": TRUE_K,
    "hysteresis_k": {item.kind: item.width_k for item in found.hysteresis},
}
