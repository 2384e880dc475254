"""The one look of our figures: sizes of a printed column, quiet lines, colors that everyone can tell apart.

The style holds inside ``paper_style()`` only; the global style of matplotlib is never changed. Lengths in millimeters.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

__all__ = [
    "FORMATS",
    "FULL_WIDTH",
    "GUIDE_COLOR",
    "MILLIMETERS_PER_INCH",
    "SINGLE_WIDTH",
    "FamilyStyle",
    "family_style",
    "legend_above",
    "letter_panels",
    "new_axes",
    "paper_style",
    "save_figure",
    "save_formats",
    "space_panels",
    "svg_bytes",
]

FORMATS = ("png", "svg")
"""Formats of the figures of a run: one to look at, one to print."""
PRINT_DPI = 300.0
PNG_COMPRESSION = 4
"""Effort of the PNG encoder: half the time of the usual 6, files 3 % larger."""
SINGLE_WIDTH = 89.0
"""Width of one column of a journal [mm]."""
FULL_WIDTH = 183.0
"""Width of a journal page [mm]."""
MILLIMETERS_PER_INCH = 25.4
LEGEND_LINE = 3.3
"""Height of a line of a legend [mm]."""
TWO_COLUMNS = 58
"""Letters of a legend that fit side by side in one column of a journal."""
_MATHTEXT = re.compile(r"\$_\\mathregular\{|\}\$")
GUIDE_COLOR = "#5f6368"
"""Guides, host points and remarks."""

# Okabe and Ito (2008) without yellow, which vanishes on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": 7.0,
    "axes.labelsize": 7.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.8,
    "ytick.major.size": 2.8,
    "legend.fontsize": 6.2,
    "legend.frameon": False,
    "legend.handlelength": 1.7,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.35,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.0,
    "figure.dpi": 150.0,
    "savefig.dpi": 300.0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "entrox",
}


@dataclass(frozen=True)
class FamilyStyle:
    """Color and marker of a family, the same in every figure."""

    color: str
    marker: str


def family_style(index: int) -> FamilyStyle:
    """Return the style of the family number ``index`` of a study; markers shift when the colors are used up.

    Examples
    --------
    >>> family_style(0) == family_style(7)
    False
    """
    turn, place = divmod(index, len(COLORS))
    return FamilyStyle(COLORS[place], MARKERS[(place + turn) % len(MARKERS)])


@contextmanager
def paper_style() -> Iterator[None]:
    """Hold our style for the figures made or saved inside; everything is as before afterwards."""
    with matplotlib.rc_context(STYLE):
        yield


def new_axes(width: float = SINGLE_WIDTH, height: float = 70.0, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure with ``panels`` axes side by side, outside of pyplot.

    Parameters
    ----------
    width, height
        [mm].
    panels
        Number of axes.
    """
    size = (width / MILLIMETERS_PER_INCH, height / MILLIMETERS_PER_INCH)
    with paper_style():
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def legend_above(axes: Axes, handles: Sequence[Line2D], *, own: bool) -> None:
    """Put a legend above the axes, in two columns where they fit; it never covers data.

    Parameters
    ----------
    axes
        The axes.
    handles
        Entries with their labels.
    own
        Whether the figure is ours: it then grows by the height of the legend.
    """
    lengths = [len(_MATHTEXT.sub("", str(item.get_label()))) for item in handles]
    half = (len(handles) + 1) // 2
    columns = 2 if max(lengths[:half], default=0) + max(lengths[half:], default=0) <= TWO_COLUMNS else 1
    if not own:
        axes.legend(handles=list(handles), loc="lower left", bbox_to_anchor=(0.0, 1.02), ncols=columns)
        return
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    rows = half if columns == 2 else len(handles)
    figure.set_figheight(figure.get_figheight() + rows * LEGEND_LINE / MILLIMETERS_PER_INCH)
    figure.legend(handles=list(handles), loc="outside upper left", ncols=columns)


def letter_panels(axes: Sequence[Axes]) -> None:
    """Put the letters a, b, c ... above the left corner of the axes."""
    for index, panel in enumerate(axes):
        panel.set_title(chr(ord("a") + index), loc="left", fontweight="bold", fontsize=8.0)


def space_panels(axes: Sequence[Axes], share: float = 0.06) -> None:
    """Keep panels side by side apart, so that the title of one does not touch the letter of the next.

    Parameters
    ----------
    axes
        Panels of one figure of ours.
    share
        Space between two panels over the mean width of a panel.
    """
    figure = axes[0].get_figure(root=True)
    assert isinstance(figure, Figure)
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(wspace=share)


def svg_bytes(figure: Figure) -> bytes:
    """Return a figure as an SVG file; the same figure gives the same bytes."""
    content = io.BytesIO()
    with paper_style():
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()


def save_figure(figure: Figure, path: str | Path, *, dpi: float | None = None) -> Path:
    """Write a figure; the ending of ``path`` chooses the format, ``.png`` or ``.svg``. Same figure, same bytes.

    ``dpi`` are dots per inch: those of the environment variable ENTROX_FIGURE_DPI, else 300, if not given.
    """
    path = Path(path)
    if dpi is None:
        dpi = float(os.environ.get("ENTROX_FIGURE_DPI", PRINT_DPI))
    with paper_style():
        if path.suffix == ".svg":
            figure.savefig(path, dpi=dpi, metadata={"Date": None})
        else:
            options = {"compress_level": PNG_COMPRESSION} if path.suffix == ".png" else {}
            figure.savefig(path, dpi=dpi, metadata={"Software": "entrox"}, pil_kwargs=options)
    return path


def save_formats(figure: Figure, folder: str | Path, name: str, formats: Sequence[str] = FORMATS) -> tuple[Path, ...]:
    """Write a figure in several formats; return the files.

    The panels are arranged once, for the first format: that is half of the time of a small figure.
    """
    engine = figure.get_layout_engine()
    written = []
    try:
        for ending in formats:
            written.append(save_figure(figure, Path(folder) / f"{name}.{ending}"))
            figure.set_layout_engine("none")
    finally:
        figure.set_layout_engine(engine)
    return tuple(written)
