"""Read and write diffraction patterns: the formats of micrographs, with scales in reciprocal lengths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_positive
from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.microscopy.diffraction.pattern import Pattern
from entrox.microscopy.diffraction.pattern_mask import padding_mask, polygon_mask
from entrox.microscopy.images.micrograph_files import read_micrograph, write_micrograph

__all__ = ["inverse_angstrom", "read_pattern", "write_pattern"]

PER_ANGSTROM = {
    "1/nm": NANOMETER_PER_ANGSTROM, "nm^-1": NANOMETER_PER_ANGSTROM, "nm-1": NANOMETER_PER_ANGSTROM,
    "nm⁻¹": NANOMETER_PER_ANGSTROM, "1/a": 1.0, "1/å": 1.0, "1/angstrom": 1.0, "a^-1": 1.0, "å^-1": 1.0, "a-1": 1.0,
    "å⁻¹": 1.0, "$a^{-1}$": 1.0, "$nm^{-1}$": NANOMETER_PER_ANGSTROM,
}  # fmt: skip
HYPERSPY = (".hspy", ".h5", ".hdf5")
LENGTHS_OF_IMAGES = ("size of the pixel", "the axes have the scale")
"""Words of remarks about micrographs that do not hold for patterns."""


def inverse_angstrom(scale: float | None, unit: str | None) -> float | None:
    """Scale in 1/angstrom of an axis as a file gives it; None without a scale or with another kind of unit.

    Examples
    --------
    >>> inverse_angstrom(0.1, "1/nm")
    0.01
    >>> inverse_angstrom(0.1, "nm") is None
    True
    """
    if scale is None or unit is None or scale == 0.0:
        return None
    factor = PER_ANGSTROM.get(unit.strip().lower().replace(" ", ""))
    return None if factor is None else round(abs(scale) * factor, 15)


def read_pattern(
    path: str | Path,
    *,
    pixel_inverse_nm: float | None = None,
    mask: str | Path | ArrayLike | None = None,
    polygons_px: Sequence[ArrayLike] = (),
    keep_saturated: bool = False,
    dataset: str | None = None,
    frame: int | None = None,
) -> Pattern:
    """Read one pattern and mask what is no signal.

    Parameters
    ----------
    path
        TIFF, NPY, NPZ, HSPY or HDF5; files of microscope makers with the extra ``microscopy``.
    pixel_inverse_nm
        Edge of a pixel in place of the one of the file [1/nm].
    mask
        Image file or array that is not zero where pixels do not count.
    polygons_px
        Corners of areas that do not count, x right and y down [px].
    keep_saturated
        Keep pixels at the upper end of the detector.
    dataset, frame
        Where a file holds several data sets or frames.

    Raises
    ------
    FormatError
        If the file is unknown, damaged or truncated.
    InputError
        If it is no single pattern, or a mask does not fit.
    MissingExtraError
        If a format needs a package that is not installed.
    """
    image = read_micrograph(path, dataset=dataset, frame=frame, mask=mask)
    notes = [note for note in image.warnings if not any(words in note for words in LENGTHS_OF_IMAGES)]
    usable, masked = _usable(image.intensity, image.saturated, polygons_px, keep_saturated=keep_saturated)
    pixel = inverse_angstrom(image.axis_scale, image.axis_unit)
    if pixel_inverse_nm is not None:
        pixel = check_positive(pixel_inverse_nm, "pixel_inverse_nm", "1/nm") * NANOMETER_PER_ANGSTROM
    elif pixel is None:
        notes.append(
            "the file gives no scale in reciprocal space: results are in px and there are no sizes; give it "
            "(--pixel-inverse-nm), or calibrate it with a known ring set (--calibrate Au)."
        )
    return Pattern(
        intensity=np.where(np.isfinite(image.intensity), image.intensity, 0.0),
        usable=usable,
        pixel_per_angstrom=pixel,
        source=str(path),
        warnings=(*notes, *masked),
    )


def _usable(
    intensity: NDArray[np.float64],
    saturated: NDArray[np.bool_] | None,
    polygons: Sequence[ArrayLike],
    *,
    keep_saturated: bool,
) -> tuple[NDArray[np.bool_], list[str]]:
    padding = padding_mask(intensity)
    usable, notes = np.isfinite(intensity) & ~padding, []
    if padding.any():
        notes.append(f"{int(padding.sum())} pixels at the border are padding and do not count.")
    if saturated is not None and not keep_saturated:
        usable &= ~saturated
    if len(polygons):
        rows, columns = intensity.shape
        usable &= ~polygon_mask((rows, columns), polygons)
    return usable, notes


def write_pattern(path: str | Path, pattern: Pattern) -> None:
    """Write a pattern; only ``.hspy`` keeps the scale, in 1/nm.

    Raises
    ------
    InputError
        If the ending is none of ``.hspy``, ``.tif``, ``.npz``, ``.npy``.
    """
    from entrox.microscopy.images.micrograph import Micrograph

    path = Path(path)
    if not np.isfinite(pattern.intensity).all():
        raise InputError("a pattern with values that are not finite cannot be written.")
    write_micrograph(path, Micrograph(intensity=pattern.intensity))
    if path.suffix.lower() not in HYPERSPY or pattern.pixel_per_angstrom is None:
        return
    import h5py

    with h5py.File(path, "r+") as file:
        for number in (0, 1):
            axis = file[f"Experiments/image/axis-{number}"]
            axis.attrs["scale"] = pattern.pixel_per_angstrom / NANOMETER_PER_ANGSTROM
            axis.attrs["units"] = "1/nm"
