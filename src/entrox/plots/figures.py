"""All still figures of a study, as PNG and SVG files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes

from entrox.design import StudyResult
from entrox.plots.curves import BREAKDOWN_FIELD, DISTORTION, ENTROPY, has_values
from entrox.plots.family_map import plot_family_map
from entrox.plots.structures import has_excess, has_polar_order, plot_excess_information, plot_polar_order
from entrox.plots.study import (
    PARAMETERS,
    plot_breakdown_against_distortion,
    plot_breakdown_against_entropy,
    plot_breakdown_against_x,
    plot_descriptors,
    plot_parameters,
    plot_quantity,
)
from entrox.plots.style import FORMATS, save_formats
from entrox.plots.weibull import best_samples, plot_weibull_of_best

__all__ = ["write_figures"]

BARRIER, RADIUS = "barrier_ev", "bending_radius_um"


def write_figures(result: StudyResult, folder: str | Path, *, formats: tuple[str, ...] = FORMATS) -> tuple[Path, ...]:
    """Write the figures that the quantities of a study allow.

    Parameters
    ----------
    result
        The study.
    folder
        Folder of the run; the files go into its subfolder ``figures``.
    formats
        File endings; PNG files have 300 dots per inch.

    Returns
    -------
    tuple of Path
        The files, in the order of the figures.
    """
    target = Path(folder) / "figures"
    target.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, draw in _possible_figures(result).items():
        axes = draw()
        figure = (axes if isinstance(axes, Axes) else axes[0]).get_figure(root=True)
        assert figure is not None
        written += save_formats(figure, target, name, formats)
    return tuple(written)


def _possible_figures(result: StudyResult) -> dict[str, Callable[[], Axes | Sequence[Axes]]]:
    figures: dict[str, Callable[[], Axes | Sequence[Axes]]] = {}
    if has_values(result, BREAKDOWN_FIELD):
        if has_values(result, ENTROPY):
            figures["breakdown_against_entropy"] = lambda: plot_breakdown_against_entropy(result)
        figures["breakdown_against_x"] = lambda: plot_breakdown_against_x(result)
        if has_values(result, DISTORTION):
            figures["breakdown_against_distortion"] = lambda: plot_breakdown_against_distortion(result)
        figures["breakdown_map"] = lambda: plot_family_map(result)
    if has_values(result, *PARAMETERS):
        figures["parameters"] = lambda: plot_parameters(result)
    if best_samples(result):
        figures["weibull"] = lambda: plot_weibull_of_best(result)
    if has_values(result, ENTROPY, DISTORTION):
        figures["descriptors"] = lambda: plot_descriptors(result)
    if has_values(result, BARRIER):
        figures["barrier"] = lambda: plot_quantity(result, BARRIER)
    if has_values(result, RADIUS) and result.settings.get("measures", {}).get("bending", {}).get("x"):
        figures["bending_radius"] = lambda: plot_quantity(result, RADIUS)  # one limit for all needs no figure
    if has_polar_order(result):
        figures["polar_order"] = lambda: plot_polar_order(result)
    if has_excess(result):
        figures["excess_information"] = lambda: plot_excess_information(result)
    return figures
