"""What does a driven crystal lose per cycle? The loop of a Landau-Khalatnikov crystal in a sinusoidal field."""

import os
from pathlib import Path

import numpy as np

from entrox.order.response.hysteresis import hysteresis_loop
from entrox.plots import save_figure
from entrox.plots.polar_curves import plot_hysteresis

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

# g = a P^2/2 + b P^4/4 - E P: the static coercive field is (2/3) |a| sqrt(|a| / (3 b))
A, B, RATE = -2.0e9, 8.0e9, 2.0e-9
FIELD, PERIOD_PS = 1.5e9, 2000.0
time_ps = np.linspace(0.0, 3.0 * PERIOD_PS, 60001)
field = FIELD * np.sin(2.0 * np.pi * time_ps / PERIOD_PS)
polarization = np.empty_like(field)
p = float(np.sqrt(-A / B))
for k, applied in enumerate(field):
    p += RATE * (time_ps[1] - time_ps[0]) / 20.0 * (applied - A * p - B * p**3)
    polarization[k] = p

last = time_ps >= PERIOD_PS
loop = hysteresis_loop(field[last], polarization[last], block=200, time_ps=time_ps[last])
axes = plot_hysteresis(loop)
save_figure(axes.figure, out / "hysteresis.png")

numbers = {
    "coercive_v_per_m": loop.coercive_v_per_m,
    "static_coercive_v_per_m": float(2.0 / 3.0 * -A * np.sqrt(-A / (3.0 * B))),
    "remanent_c_per_m2": loop.remanent_c_per_m2,
    "static_remanent_c_per_m2": float(np.sqrt(-A / B)),
    "imprint_v_per_m": loop.imprint_v_per_m,
    "frequency_hz": loop.frequency_hz,
    "area_j_per_m3": loop.area_j_per_m3,
}
