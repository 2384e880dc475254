"""Movie of a film that is bent, as GIF; its strain as color, true shape. Lengths in micrometers, strains in percent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.ticker import MaxNLocator
from PIL import Image

from entrox.core import EngineError, InputError, check_positive
from entrox.core.units import METER_PER_MICROMETER as MICRO
from entrox.core.units import PERCENT
from entrox.mechanics import BendingResult
from entrox.plots.bend import draw_film, film_bands, film_faces, film_limits, strain_norm
from entrox.plots.style import SINGLE_WIDTH, new_axes, paper_style

__all__ = ["write_bending_movie"]

DOTS_PER_INCH = 150.0
PIECES, BANDS = 100, 4
"""Pieces of the film that a frame shows: fewer than a figure, so that a movie takes seconds."""
HELD = 10
"""Frames for which the last shape stands still."""
COLORS = 128


def write_bending_movie(steps: Sequence[BendingResult], path: str | Path, frames_per_second: float = 15.0) -> Path:
    """Write a movie with one frame for each equilibrium.

    Parameters
    ----------
    steps
        Equilibria in their order; colors reach to the largest strain among them.
    path
        File to write, ending in ``.gif``.
    frames_per_second
        [1/s].

    Raises
    ------
    InputError
        If there is no step or the name ends otherwise.
    """
    path = Path(path)
    if path.suffix != ".gif":
        raise InputError(f"a movie ends in .gif; got {path.name!r}.")
    if not steps:
        raise InputError("a movie needs at least one step.")
    check_positive(frames_per_second, "frames_per_second", "1/s")
    stage = _Stage(steps)
    pictures = [stage.picture(step) for step in steps]
    frame = round(1000.0 / frames_per_second)
    try:
        pictures[0].save(path, save_all=True, append_images=pictures[1:], loop=0,
                         duration=[frame] * (len(pictures) - 1) + [HELD * frame])  # fmt: skip
    except OSError as error:
        raise EngineError(f"the movie {path.name} could not be written", log_tail=str(error)) from error
    return path


class _Stage:
    """Axes and colors drawn once; a picture draws the film alone over them."""

    def __init__(self, steps: Sequence[BendingResult]) -> None:
        tightest = max(steps, key=lambda step: step.tension.mid_line)
        with paper_style(), matplotlib.rc_context({"figure.dpi": DOTS_PER_INCH}):
            figure, (axes,) = new_axes(width=SINGLE_WIDTH, height=78.0)
            figure.set_dpi(DOTS_PER_INCH)
            self._axes = axes
            self._pieces = draw_film(axes, tightest, strain_norm(tightest), PIECES, BANDS)
            self._faces = list(axes.get_lines())
            left, right, bottom, top = film_limits([step.shape / MICRO for step in steps], _thickness(steps))
            axes.set_xlim(left, right)
            axes.set_ylim(bottom, top)
            self._title = axes.set_title("0", loc="left")
            bar = figure.colorbar(self._pieces, ax=axes, location="bottom", aspect=36, shrink=0.8, ticks=MaxNLocator(5))
            bar.set_label("Strain along the film [%]")
            for artist in (self._pieces, *self._faces, self._title):
                artist.set_animated(True)
            assert isinstance(figure.canvas, FigureCanvasAgg)
            self._canvas = figure.canvas
            self._canvas.draw()  # type: ignore[no-untyped-call]
            self._still = self._canvas.copy_from_bbox(figure.bbox)  # type: ignore[no-untyped-call]

    def picture(self, step: BendingResult) -> Image.Image:
        """Return one equilibrium as a picture of few colors."""
        corners, strain = film_bands(step, PIECES, BANDS)
        self._pieces.set_verts(list(corners))
        self._pieces.set_array(strain)
        for line, face in zip(self._faces, film_faces(step), strict=True):
            line.set_data(*face.T)
        self._title.set_text(
            f"{PERCENT * step.tension.mid_line:.2f} %, fold angle {np.degrees(step.fold_angle):.0f}°, "
            f"{step.force_per_width:.3g} N/m"
        )
        with paper_style():
            self._canvas.restore_region(self._still)  # type: ignore[no-untyped-call]
            for artist in (self._pieces, *self._faces, self._title):
                self._axes.draw_artist(artist)
        pixels = np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        whole = Image.fromarray(pixels).convert("RGB")
        return whole.quantize(COLORS)


def _thickness(steps: Sequence[BendingResult]) -> float:
    return steps[0].strip.thickness / MICRO
