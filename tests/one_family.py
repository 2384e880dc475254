"""A small study of one family with every measure, on the boxes and the tip of the example folder."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples" / "one_family"
FORMULA = "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3"

HEAD = f"""\
[study]
title = "One family"
seed = 1

[[family]]
name = "A3B2"
formula = "{FORMULA}"
host = "BaTiO3"
x = {{ start = 0, stop = 0.25, steps = 3 }}
"""

MEASURES = """
[measures]
breakdown = { seeds = 3, cells = 7 }
nucleation = { temperature_k = 300, x = [0.0, 0.25], df_j_per_m3 = [1.2e9, -1.2e9], df_error_j_per_m3 = [6e7, 6e7], \
gamma_j_per_m2 = 0.2, gamma_error_j_per_m2 = 0.04, draws = 500 }
bending = { thickness_um = 0.4, thickness_error_um = 0.02, failure_strain_percent = 2.0, \
failure_strain_error_percent = 0.3 }
"""


def box(x: str, file: str, name: str, more: str = "", folder: Path = EXAMPLES) -> str:
    """Return the table of a box of the example folder."""
    return f"""
[[structure]]
name = "{name}"
kind = "md"
files = ["{folder / file}"]
x = {x}
{more}
"""


CHARGES = "born_charges_e = { Ba = 2.77, Ti = 7.25, O = -3.34 }"
HOST_BOX = box("0", "box_000.extxyz.gz", "host", f"polar-order = {{ time_step_ps = 0.5, window_ps = 1.0, {CHARGES} }}")
MIXED_BOX = box("0.25", "box_250.extxyz.gz", "mixed", "polar-order = { time_step_ps = 0.5, window_ps = 1.0 }")
TIP = f"""
[[structure]]
name = "tip"
kind = "tip"
files = ["{EXAMPLES / "tip.pos"}"]
ranges = "{EXAMPLES / "tip.rrng"}"
x = 0.25
local-entropy = {{ sizes_nm = [1.0, 2.0, 4.0], tolerance = 0.02, origins = 1, relabelings = 79, bootstraps = 79 }}
"""
EVERYTHING = HEAD + MEASURES + HOST_BOX + MIXED_BOX + TIP
