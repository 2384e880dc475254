"""Cations and oxygen of an image that shows light atoms; cations may come from a dark field of the same area.

Oxygen is looked for between cations whose kind is known. A bright field shows too many dark columns to tell them
apart by itself, so that its cations are those of the dark field, moved by a common shift.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.microscopy.analysis.image_pipeline import ImagePipeline
from entrox.microscopy.analysis.scale_check import check_same_shape
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.a_site import decide_a_site
from entrox.microscopy.lattice.oxygen_columns import find_oxygen_columns
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["cations_with_oxygen"]

Floats = NDArray[np.float64]

MOST_ROUNDS = 4
SHIFT_ERROR_PX = 0.05
"""The shift is known when it changes by less."""
UNEQUAL_ERRORS = 5.0
"""A and B that shift apart by more than so many standard errors are said to do so."""


def cations_with_oxygen(
    image: Micrograph, kinds: Sublattices, settings: StemSettings, cations: Micrograph | None = None,
    threads: int | None = None,
) -> Sublattices:  # fmt: skip
    """Columns of cations and oxygen, to start the fit of an image that shows both.

    Parameters
    ----------
    image
        Image that shows oxygen.
    kinds
        Cations found in ``cations``, or in the image itself.
    settings
        Of the analysis; ``dark`` belongs to ``image``.
    cations
        Dark field of the same area; the image itself if None.
    threads
        Threads of the fits.

    Returns
    -------
    Sublattices
        A and B by the intensities of the image in which they were found, moved into ``image``; then oxygen.

    Raises
    ------
    InputError
        If the second sublattice or oxygen is missing, the images differ in shape, or the contrast is the other one.
    """
    check_same_shape(image, cations)
    source = image if cations is None else cations
    # gain and read noise of the settings are those of the detector of the image
    plain = settings if cations is None else settings.model_copy(
        update={"gain_counts_per_electron": None, "read_noise_counts": None, "likelihood": "gauss"}
    )  # fmt: skip
    found = ImagePipeline(plain, kinds, threads).fit(replace(source, pixel_size_angstrom=image.pixel_size_angstrom))
    kinds = decide_a_site(kinds, found.integrated_intensity, a_site=settings.a_site, formula=settings.formula)
    kinds = replace(kinds, position_px=np.where(np.isfinite(found.position_px), found.position_px, kinds.position_px))
    if cations is None:
        return find_oxygen_columns(image, kinds, dark=settings.dark)
    _check_contrast(image, kinds, settings.dark)
    return _moved(image, kinds, found, settings, threads)


def _check_contrast(image: Micrograph, kinds: Sublattices, dark: bool) -> None:
    """Refuse the wrong contrast: hills between dark columns would be taken for oxygen."""
    places = np.rint(kinds.position_px[kinds.site >= 0]).astype(np.int64)
    values = image.intensity[tuple(np.clip(places, 0, np.array(image.intensity.shape[::-1]) - 1).T[::-1])]
    seen_dark = bool(np.nanmedian(values) < np.nanmedian(image.intensity))
    if seen_dark != dark:
        said, option = ("dark", "give") if seen_dark else ("bright", "leave out")
        raise InputError(f"the cations are {said} in the image: {option} dark (--dark).")


def _moved(
    image: Micrograph, kinds: Sublattices, there: ColumnFit, settings: StemSettings, threads: int | None
) -> Sublattices:
    """Cations moved by the shift of the images, with oxygen; the shift is that of the fitted cations."""
    n, shift = len(kinds.site), np.zeros(2)
    for _ in range(MOST_ROUNDS):
        found = find_oxygen_columns(image, kinds, shift_px=(float(shift[0]), float(shift[1])), dark=settings.dark)
        here = ImagePipeline(settings, found, threads).fit(image)
        steps = here.position_px[:n] - there.position_px
        used = (here.flag[:n] == 0) & (there.flag == 0)
        if not (used & (kinds.site == 0)).any() or not (used & (kinds.site == 1)).any():
            raise InputError("the cations are not seen in both images: do they show the same area?")
        # of A and of B alike, however many there are of each
        each = np.array([np.median(steps[used & (kinds.site == site)], axis=0) for site in (0, 1)])
        before, shift = shift, each.mean(axis=0)
        if np.linalg.norm(shift - before) < SHIFT_ERROR_PX:
            break
    right, up = shift * [1.0, -1.0]
    texts = [f"cations: the image is shifted by ({right:+.2f}, {up:+.2f}) px against that of the cations"]
    apart, error = each[1] - each[0], _error_apart(steps, used, kinds)
    if (np.abs(apart) > UNEQUAL_ERRORS * error).any():
        texts.append(
            f"unequal_shift: B and A are shifted unlike from one image to the other, by ({apart[0]:+.2f}, "
            f"{-apart[1]:+.2f}) px; mistilt does so, and moves oxygen against cations too"
        )
    return replace(found, warnings=(*found.warnings, *texts))


def _error_apart(steps: Floats, used: NDArray[np.bool_], kinds: Sublattices) -> Floats:
    """Standard error of the difference of the medians of A and B, from their scatter."""
    variances = [
        1.57 * steps[rows].var(axis=0) / rows.sum() for rows in (used & (kinds.site == 0), used & (kinds.site == 1))
    ]
    return np.asarray(np.sqrt(variances[0] + variances[1]))
