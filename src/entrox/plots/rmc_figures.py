"""All figures of a refinement and of the analysis of its boxes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.plots.report_figure import ReportFigure
from entrox.plots.rmc import plot_box_partials, plot_run_histories, plot_set_fit
from entrox.plots.rmc_course import plot_data_weights, plot_site_distances
from entrox.plots.rmc_local import plot_angles, plot_mean_lengths, plot_site_classes, plot_valences
from entrox.plots.rmc_maps import AXIS_NAMES, plot_box_in_space, plot_box_slice, plot_box_stereograms
from entrox.scattering.data.forms import is_real_space
from entrox.scattering.run.analyze import RmcAnalysis
from entrox.scattering.run.box_analysis import BoxAnalysis
from entrox.scattering.run.ensemble import RmcEnsemble

__all__ = ["BoxView", "analysis_figures", "run_figures"]

Floats = NDArray[np.float64]
ONE_BOX = "One box of many that fit the data as well: coordinates mean nothing, distributions do."


@dataclass(frozen=True)
class BoxView:
    """What is drawn of a box: the direction that angles are counted from, and the layer of cells of the slice."""

    zone_axis: tuple[int, int, int] = (0, 0, 1)
    normal: int = 2
    layer: int = 0

    def check(self, box: BoxAnalysis) -> None:
        """Refuse a layer that the box does not have."""
        layers = int(box.lattice_map.cells[:, self.normal].max()) + 1
        if not 0 <= self.layer < layers:
            name = AXIS_NAMES[self.normal]
            raise InputError(f"the box has the layers {name} = 0 to {layers - 1}; got {name} = {self.layer}.")

    @property
    def pole_axes(self) -> Floats:
        """Right-handed rows x, y and pole."""
        pole = np.array(self.zone_axis, dtype=float) / np.linalg.norm(self.zone_axis)
        # the cubic axis that is farthest from the pole lies in the plane
        first = np.eye(3)[int(np.argmin(np.abs(pole)))]
        first = first - (first @ pole) * pole
        first /= np.linalg.norm(first)
        return np.array([first, np.cross(pole, first), pole])

    @property
    def zone_name(self) -> str:
        """The direction in brackets."""
        return f"[{''.join(map(str, self.zone_axis))}]"


def run_figures(ensemble: RmcEnsemble) -> tuple[ReportFigure, ...]:
    """Return the figures that a refinement allows; maps are those of its first box."""
    runs = ensemble.results
    modes = [item.bond_valence_on for item in runs]
    found = []
    for name in ensemble.set_names:
        fits = [item.fit_of(name) for item in runs]
        words = f"Data (dots), all boxes (lines) and their residuals; sigma is {_sigma(fits[0].sigma)}."
        if fits[0].n_held_out:
            words += " Shaded: blocks kept out of the fit."
        axis = "r" if is_real_space(fits[0].form) else "Q"
        found.append(
            ReportFigure(
                f"fit_{re.sub(r'[^A-Za-z0-9-]', '_', name)}", f"Fit of {name} ({fits[0].form}, a function of {axis})",
                words, partial(plot_set_fit, fits, bond_valence=modes),
            )
        )  # fmt: skip
    if ensemble.set_names:
        words = "Where the lines still fall the run is too short; the dashed line is one per point."
        found.append(
            ReportFigure("history", "Course of the runs", words, partial(plot_run_histories, runs), narrow=True)
        )
    if any(item.perovskite for item in runs):
        words = "An element that still spreads has not settled, whatever chi² does. Full lines: bond valence on."
        draw = partial(plot_site_distances, runs)
        found.append(ReportFigure("site_distances", "Distances from the sites", words, draw, narrow=True))
    if ensemble.weights:
        words = (
            "Runs of one seed with data of other weight. What is level is held by the data; what falls was spread by "
            "the entropy of the box; what is the same without data is that of the constraints. Open: bond valence off."
        )
        draw = partial(plot_data_weights, ensemble.weights)
        found.append(ReportFigure("data_weights", "What the data hold", words, draw))
    analysis = ensemble.analysis
    if analysis is None:
        return tuple(found)
    on = ensemble.analysis_on is not None
    other = ensemble.analysis_off if on else None
    weights, unseen = (runs[0].faber_ziman_percent, runs[0].unseen_pairs) if ensemble.set_names else (None, ())
    return (*found, *analysis_figures(analysis, other, bond_valence=on, weights_percent=weights, unseen=unseen))


def _sigma(values: Floats) -> str:
    return f"{values[0]:.3g}" if np.ptp(values) == 0.0 else f"{values.min():.2g} to {values.max():.2g}"


def analysis_figures(
    found: RmcAnalysis,
    other: RmcAnalysis | None = None,
    *,
    bond_valence: bool | None = None,
    weights_percent: Mapping[str, float] | None = None,
    unseen: Sequence[str] = (),
    view: BoxView | None = None,
) -> tuple[ReportFigure, ...]:
    """Return the figures of boxes.

    Parameters
    ----------
    found
        Analysis of the boxes.
    other
        That of boxes refined the other way, with the bond valence constraint off if it was on.
    bond_valence
        Whether the constraint was on in the boxes of ``found``; None where it is not known.
    weights_percent, unseen
        Faber-Ziman weights by pair [%], and the pairs that the data practically do not see.
    view
        Direction and layer of maps.
    """
    view = BoxView() if view is None else view
    box = found.boxes[0]
    mode = bool(bond_valence) if bond_valence is not None else True
    figures = [
        ReportFigure(
            "lengths", "Mean lengths of the displacements",
            "Gray: what uncorrelated thermal motion of the same size gives; a value at the gray bar is no sign of "
            "polarity. Short lines: the box with its displacements shuffled among equal sites.",
            partial(plot_mean_lengths, found, other, bond_valence=bond_valence), narrow=True,
        ),
        ReportFigure(
            "classes", "Nearest-axis classes beside chance",
            "Random directions fill all classes: a share says something only beyond the black lines.",
            partial(plot_site_classes, found), narrow=True,
        ),
        ReportFigure(
            "angles", "Angle to [001]", "Density of the angle over that of random directions.",
            partial(plot_angles, found), narrow=True,
        ),
    ]  # fmt: skip
    words = "Mean over the boxes, bands: their spread."
    if weights_percent is not None:
        words += " Percent: weight in the neutron total; gray: pairs below 2 %, practically unseen."
    draw = partial(plot_box_partials, found, weights_percent, unseen=unseen)
    figures.append(ReportFigure("partials", "Partial pair distributions", words, draw, narrow=True))
    if found.valence is not None or (other is not None and other.valence is not None):
        words = "Bond valence sums by element; dotted: means. GII above 0.2 e is ill."
        figures.append(
            ReportFigure("valences", "Bond valence", words, partial(plot_valences, found, other, bond_valence=mode))
        )
    return (*figures, *_maps(found, box, view))


def _maps(found: RmcAnalysis, box: BoxAnalysis, view: BoxView) -> list[ReportFigure]:
    place = f"{AXIS_NAMES[view.normal]} = {view.layer}"
    return [
        ReportFigure(
            "stereograms", "Directions",
            f"Directions of all displacements over random ones, pole {view.zone_name}. Squares mark ⟨100⟩, diamonds "
            "⟨110⟩, triangles ⟨111⟩.",
            partial(plot_box_stereograms, found.boxes, pole_axes=view.pole_axes),
        ),
        ReportFigure(
            "slice", f"One layer, {place}", f"Elements and displacements, {box.label}. {ONE_BOX}",
            partial(plot_box_slice, box, normal=view.normal, layer=view.layer), narrow=True,
        ),
        ReportFigure(
            "map_lengths", "Lengths in space", f"|d| of every cation of {box.label}. {ONE_BOX}",
            partial(plot_box_in_space, box),
        ),
        ReportFigure(
            "map_angles", "Directions in space",
            f"Angle of every displacement of {box.label} to {view.zone_name}. {ONE_BOX}",
            partial(plot_box_in_space, box, zone_axis=view.zone_axis),
        ),
    ]  # fmt: skip
