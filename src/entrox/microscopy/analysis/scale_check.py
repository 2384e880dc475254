"""Whether an image has the scale that its options need, and one that its crystal can have.

Checked before anything takes time: a wrong pixel makes every length in picometers wrong by the same factor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from entrox.core import InputError
from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["cell_edge_px", "check_pixel_known", "check_same_shape", "scale_doubts"]

PEROVSKITE_EDGES = (3.4, 4.6)
"""Pseudo-cubic edges of known perovskites [angstrom]."""
LARGEST_MISFIT = 0.2
"""Of measured and expected edge. Estimates of the edge from the formula are good to some percent."""


def cell_edge_px(period_px: ArrayLike, zone_axis: str) -> float:
    """Edge of the pseudo-cubic cell from both periods of one cation [px].

    Examples
    --------
    Seen along [110] the shorter period is half a face diagonal:

    >>> round(cell_edge_px([40.0, 28.284], "110"), 2)
    40.0
    """
    short, long = sorted(float(p) for p in np.asarray(period_px))
    return float(0.5 * (long + short * (np.sqrt(2.0) if zone_axis == "110" else 1.0)))


def check_pixel_known(image: Micrograph, settings: StemSettings) -> None:
    """Raise :class:`InputError` if an option is in angstrom and nothing tells the size of a pixel."""
    s = settings
    if image.pixel_size_angstrom is not None or s.pixel_size_pm is not None or s.period_angstrom is not None:
        return
    asked = {
        "radius_angstrom (--radius-angstrom)": s.radius_angstrom is not None,
        "low_pass_per_angstrom (--low-pass-per-angstrom)": s.filter == "low-pass" and s.low_pass_per_px is None,
    }
    for name, wanted in asked.items():
        if wanted:
            raise InputError(
                f"{name} needs the size of a pixel, which the image does not tell: give pixel_size_pm "
                "(--pixel-size-pm) or period_angstrom (--period-angstrom)."
            )


def check_same_shape(image: Micrograph, cations: Micrograph | None) -> None:
    """Raise :class:`InputError` if the image of the cations has other pixels."""
    if cations is not None and cations.intensity.shape != image.intensity.shape:
        raise InputError(
            f"the image of the cations has the shape {cations.intensity.shape}, the image {image.intensity.shape}: "
            "they must show the same area with the same pixels."
        )


def scale_doubts(image: Micrograph, kinds: Sublattices, settings: StemSettings) -> tuple[str, ...]:
    """What speaks against the size of a pixel: a warning where no perovskite has such a cell.

    Parameters
    ----------
    image
        Image with the pixel that the user or the file gives.
    kinds
        Its sublattices.
    settings
        With the formula, if it is known.

    Raises
    ------
    InputError
        If the cell is off by more than 20 % from that of the formula: one of the two is wrong.
    """
    pixel = image.pixel_size_angstrom
    if pixel is None:
        return ()
    edge = pixel * cell_edge_px(np.linalg.norm(kinds.basis_px, axis=1), kinds.zone_axis)
    said = f"with pixels of {pixel * PICOMETER_PER_ANGSTROM:.4g} pm the cell has an edge of {edge:.3g} angstrom"
    what = "check the size of a pixel (--pixel-size-pm, --period-angstrom)"
    if settings.formula is not None:
        from entrox.composition import parse_formula, pseudo_cubic_lattice_parameter

        expected = pseudo_cubic_lattice_parameter(parse_formula(settings.formula).at()).value
        if abs(edge / expected - 1.0) > LARGEST_MISFIT:
            raise InputError(
                f"{said}, but {settings.formula} has about {expected:.3g}: {what}, the formula, or the zone axis."
            )
    low, high = PEROVSKITE_EDGES
    if low <= edge <= high:
        return ()
    return (f"wrong_scale: {said}; perovskites have {low:g} to {high:g}: {what}",)
