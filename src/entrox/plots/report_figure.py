"""A figure of a report: the name of its file, its heading and caption, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from entrox.plots.style import FORMATS, save_formats

__all__ = ["ReportFigure", "figure_of", "write_report_figures"]


def figure_of(axes: Axes | Sequence[Axes]) -> Figure:
    """Return the figure that axes belong to."""
    first = axes if isinstance(axes, Axes) else axes[0]
    figure = first.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


@dataclass(frozen=True)
class ReportFigure:
    """A figure that the parts of an analysis allow.

    Parameters
    ----------
    name
        Name of its file, without ending.
    heading, caption
        What stands above and below it.
    draw
        Draws it and returns its axes.
    narrow
        Whether it is narrower than the page.
    """

    name: str
    heading: str
    caption: str
    draw: Callable[[], Axes | Sequence[Axes]]
    narrow: bool = False

    def figure(self) -> Figure:
        """Draw the figure."""
        return figure_of(self.draw())


def write_report_figures(
    figures: Iterable[ReportFigure], folder: str | Path, formats: tuple[str, ...] = FORMATS
) -> tuple[Path, ...]:
    """Write figures into a folder, which is made if it does not exist; return the files in the order of the figures."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for item in figures:
        figure = item.figure()
        written += save_formats(figure, target, item.name, formats)
    return tuple(written)
