"""Make the boxes and the tip of this folder, with a stated seed: their truth is known, none is simulated or measured.

Six frames of 4 x 4 x 4 cells for each of three compositions. B cations stand off their cage along z by 0.14, 0.11 and
0.05 angstrom; from x = 0.125 on each has a random part of its own as well. All atoms shake by 0.04 angstrom. In the tip
the cations are mixed with fluctuations of 0.7 nm, and 37 % of them are found.
"""

import gzip
import io
import shutil
import sys
import tempfile
from pathlib import Path

import ase.io

from entrox.atomprobe import read_tip_settings, simulate_tip, write_tip
from entrox.core import generator
from entrox.structure.perovskite import build_perovskite

SEED = 3
FRAMES = 6
SHAKE_ANGSTROM = 0.04
BOXES = {0.0: (0.14, 0.0, 4.01), 0.125: (0.11, 0.04, 4.03), 0.25: (0.05, 0.08, 4.05)}
"""By x: common and random displacement of the B site, and edge of the cell [angstrom]."""


def box(x, common, scatter, edge, rng):
    """Frames of a box of Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3."""
    a_site = {"Ba": 1 - 3 * x, "Sr": x, "Na": x, "Sm": x} if x else "Ba"
    b_site = {"Ti": 1 - 2 * x, "Zr": x, "Hf": x} if x else "Ti"
    ideal = build_perovskite(a_site, b_site, (4, 4, 4), edge, rng=rng)
    on_b = ideal.arrays["site"] == "B"
    ideal.positions[on_b] += [0.0, 0.0, common] + scatter * rng.standard_normal((on_b.sum(), 3))
    for name in [name for name in ideal.arrays if name not in ("numbers", "positions")]:
        del ideal.arrays[name]
    ideal.info.clear()
    frames = []
    for _ in range(FRAMES):
        frame = ideal.copy()
        frame.positions += SHAKE_ANGSTROM * rng.standard_normal(frame.positions.shape)
        frames.append(frame)
    return frames


def write_box(path, frames):
    """Write frames to three digits; the packed file has neither name nor time in it."""
    text = io.StringIO()
    ase.io.write(text, frames, format="extxyz", columns=["symbols", "positions"])
    lines = [_short(line) for line in text.getvalue().splitlines()]
    packed = gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)
    path.write_bytes(packed)


def _short(line):
    words = line.split()
    if len(words) != 4 or "=" in line:
        return line
    return " ".join([words[0], *(f"{float(word):.3f}" for word in words[1:])])


def main(folder):
    """Write all files into a folder."""
    for number, (x, (common, scatter, edge)) in enumerate(BOXES.items()):
        frames = box(x, common, scatter, edge, generator(SEED, number))
        write_box(folder / f"box_{round(1000 * x):03d}.extxyz.gz", frames)
    settings = read_tip_settings(Path(__file__).parent / "tip.toml")
    with tempfile.TemporaryDirectory() as place:  # the labels of the truth are larger than all else
        write_tip(place, simulate_tip(settings, generator(SEED, len(BOXES))))
        for name in ("tip.pos", "tip.rrng"):
            shutil.copy(Path(place) / name, folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
