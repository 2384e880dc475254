"""Movie of a growing channel, as GIF or MP4.

Frames go with the applied field, which is time: from shortly before the onset to the breakdown, and the last one holds
the whole channel. Fields are drawn in MV/m, lengths in angstrom.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from entrox.breakdown import BreakdownResult, Sample
from entrox.core import EngineError, InputError, check_integer, check_positive
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.plots.breakdown import (
    ACROSS,
    ALONG,
    CHANNEL_COLORMAP,
    bond_segments,
    channel_norm,
    check_channel,
    crosses_border,
    draw_lattice,
    lattice_frame,
)
from entrox.plots.labels import axis_label
from entrox.plots.style import SINGLE_WIDTH, new_axes, paper_style

__all__ = ["movie_counts", "write_movie"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DOTS_PER_INCH = 144.0
"""Even numbers of pixels at our figure size, which video needs."""
HELD_SHARE = 0.12
"""Part of the frames, at the end, on which the finished channel stands still."""


def movie_counts(result: BreakdownResult, frames: int) -> tuple[Ints, Floats]:
    """Return the broken bonds and the applied field [V/m] of each frame.

    Parameters
    ----------
    result
        One ramp.
    frames
        Number of frames, >= 2.

    Returns
    -------
    tuple of numpy.ndarray
        Shape ``(frames,)`` each: the first frame shows no bond, the last ones show all.
    """
    check_integer(frames, "frames", low=2)
    fields = np.asarray(result.channel_field)
    first, last = float(fields[0]), float(fields[-1])
    moving = max(round((1.0 - HELD_SHARE) * frames), 1)
    # one frame before the onset, then equal steps of the rising field
    steps = np.linspace(first, last, moving) if moving > 1 else np.array([last])
    before = max(first - max((last - first) / max(moving - 1, 1), 1e-6 * first), 0.0)
    shown = np.concatenate([[before], steps, np.full(frames - moving, last)])[:frames]
    shown[-1] = last
    return np.searchsorted(fields, shown, side="right").astype(np.int64), shown


def write_movie(sample: Sample, result: BreakdownResult, path: str | Path, frames: int = 60, fps: float = 12.0) -> Path:
    """Write the growth of the channel as a movie.

    Parameters
    ----------
    sample
        The sample in which ``result`` was simulated, a plane.
    result
        One ramp.
    path
        File to write; its ending chooses the format, ``.gif`` or ``.mp4``.
    frames
        Number of frames.
    fps
        Frames per second.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If no bond broke, the sample is another one or no plane, or the ending is another one.
    EngineError
        If an MP4 is asked for and ffmpeg is not installed, or it fails.
    """
    path = Path(path)
    check_positive(fps, "fps", "1/s")
    channel = check_channel(sample, result)
    if sample.lattice.dimension != 2:
        raise InputError("a movie is drawn over a plane; for a sample in space use plot_channel_in_space.")
    counts, fields = movie_counts(result, frames)
    writer = _writer(path, fps)
    with paper_style(), matplotlib.rc_context({"savefig.dpi": DOTS_PER_INCH}):
        figure, pictures = _stage(sample, result, channel, counts, fields)
        try:
            with writer.saving(figure, str(path), DOTS_PER_INCH):
                for _ in pictures:
                    writer.grab_frame()
        except (OSError, RuntimeError) as error:
            raise EngineError(f"the movie {path.name} could not be written", log_tail=str(error)) from error
    return path


def _writer(path: Path, fps: float) -> AbstractMovieWriter:
    """Return the writer for the ending of ``path``."""
    if path.suffix == ".gif":
        return PillowWriter(fps=fps)  # type: ignore[arg-type]  # any number of frames per second is written
    if path.suffix != ".mp4":
        raise InputError(f"a movie ends in .gif or .mp4; got {path.name!r}.")
    if not FFMpegWriter.isAvailable():
        raise EngineError(f"an MP4 needs ffmpeg, which is not installed. Install it, or write {path.stem}.gif.")
    # pixels as every player knows them
    return FFMpegWriter(fps=fps, codec="libx264", extra_args=["-pix_fmt", "yuv420p"])  # type: ignore[arg-type]


def _stage(
    sample: Sample, result: BreakdownResult, channel: Ints, counts: Ints, fields: Floats
) -> tuple[Figure, Iterator[None]]:
    """Return the figure and an iterator that changes it from frame to frame."""
    values = np.asarray(result.channel_field) / MEGA
    norm = channel_norm(values)
    figure, (axes,) = new_axes(SINGLE_WIDTH - 0.1, 84.0 - 0.333)
    draw_lattice(axes, sample)
    axes.set_xlabel(axis_label(ACROSS))
    axes.set_ylabel(axis_label(ALONG))
    title = axes.set_title(_title(float(fields[-1]), len(channel)), loc="left", fontsize=7.0)
    lines = LineCollection([], cmap=CHANNEL_COLORMAP, norm=norm, linewidths=1.7, capstyle="round", zorder=2)
    axes.add_collection(lines, autolim=False)
    left, bottom, right, top, _ = lattice_frame(sample)
    lines.set_clip_path(Rectangle((left, bottom), right - left, top - bottom, transform=axes.transData))
    bar = figure.colorbar(LineCollection([], cmap=CHANNEL_COLORMAP, norm=norm), ax=axes, pad=0.01, aspect=28)
    bar.set_label("Field at which the bond broke [MV/m]")
    bar.outline.set_linewidth(0.0)
    mark = bar.ax.axhline(float(fields[0]) / MEGA, color="black", linewidth=1.2)
    figure.canvas.draw()
    # the layout of the first frame holds for all
    figure.set_layout_engine("none")

    def pictures() -> Iterator[None]:
        for count, field, number in zip(counts, fields, itertools.count(), strict=False):
            shown = channel[:count]
            lines.set_segments(bond_segments(sample, shown))
            lines.set_array(np.concatenate([values[:count], values[:count][crosses_border(sample, shown)]]))
            title.set_text(_title(float(field), int(count), finished=bool(count == len(channel)), number=number))
            mark.set_ydata([float(field) / MEGA] * 2)
            yield

    return figure, pictures()


def _title(field: float, count: int, *, finished: bool = False, number: int = 0) -> str:
    bonds = "bond" if count == 1 else "bonds"
    # a dot that comes and goes keeps equal frames apart: the GIF writer would merge them and shorten the movie
    end = ("breakdown" + "." * (1 + number % 3)) if finished else ""
    return f"{field / MEGA:.1f} MV/m, {count} {bonds}" + (f", {end}" if end else "")
