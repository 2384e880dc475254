"""Read and write micrographs: the format follows from the ending of the name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import FormatError, InputError, check_integer, check_positive
from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.images.array_file import read_array, write_array
from entrox.microscopy.images.frame_shifts import frame_shifts
from entrox.microscopy.images.hspy_file import read_hspy, write_hspy
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.images.raw_image import RawImage, gray_frames, pixel_in_angstrom
from entrox.microscopy.images.tiff_file import read_tiff, write_tiff
from entrox.microscopy.images.vendor_file import VENDOR_MODULES, read_vendor

__all__ = ["read_micrograph", "write_micrograph"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TIFF, HDF5, ARRAY = (".tif", ".tiff"), (".hspy", ".h5", ".hdf5"), (".npy", ".npz")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
FEWEST_SATURATED = 10
"""Pixels at the highest value from which it may be the end of the detector."""


def read_micrograph(
    path: str | Path, *, dataset: str | None = None, frame: int | Literal["all"] | None = None,
    pixel_size_pm: float | None = None, mask: str | Path | ArrayLike | None = None,
) -> Micrograph:  # fmt: skip
    """Read one image.

    Parameters
    ----------
    path
        TIFF, NPY, NPZ, HSPY or HDF5; DM3, DM4, EMD and MRC with the extra ``microscopy``.
    dataset
        Name of the data set where a file holds several.
    frame
        Frame of a stack, from 0, or ``"all"`` for the sum, which comes with the shifts between the frames.
    pixel_size_pm
        Edge of a pixel, in place of the one of the file [pm].
    mask
        Image file or array that is not zero where pixels are to be left out, as under a scale bar.

    Returns
    -------
    Micrograph
        In double precision; pixels that are not finite or masked are NaN.

    Raises
    ------
    FormatError
        If the file is unknown, damaged or truncated.
    InputError
        If it is a color image, a stack without ``frame``, or the mask does not fit.
    MissingExtraError
        If a format needs a package that is not installed.
    """
    path = Path(path)
    raw = _raw(path, dataset)
    intensity, frames, saturated, notes = _chosen_frame(raw, frame, str(path))
    infinite = ~np.isfinite(intensity)
    if infinite.any():
        saturated = saturated | (intensity == np.inf)
        intensity = np.where(infinite, np.nan, intensity)
        notes.append(f"{int(infinite.sum())} pixels are NaN or infinite and are left out.")
    if mask is not None:
        masked = _mask(mask, intensity.shape)
        intensity = np.where(masked, np.nan, intensity)
        saturated = saturated & ~masked
    if saturated.any():
        notes.append(f"{int(saturated.sum())} pixels are at the upper end of the detector.")
    pixel = pixel_in_angstrom(raw)
    if pixel_size_pm is not None:
        pixel = check_positive(pixel_size_pm, "pixel_size_pm", "pm") / PICOMETER_PER_ANGSTROM
    elif pixel is None:
        notes.append(_no_pixel(raw))
    return Micrograph(
        intensity=intensity,
        pixel_size_angstrom=pixel,
        axis_scale=raw.scale,
        axis_unit=raw.unit,
        saturated=saturated if saturated.any() else None,
        frames=frames,
        source=str(path),
        warnings=tuple(notes),
    )


def _raw(path: Path, dataset: str | None) -> RawImage:
    suffix = path.suffix.lower()
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the file of an image.")
    if suffix in VENDOR_MODULES:
        return read_vendor(path, dataset)
    if suffix in PICTURES:
        raise InputError(
            f"{path} is a picture for the eye ({suffix}): its gray values are no intensities. Export the data as TIFF."
        )
    if suffix not in TIFF + HDF5 + ARRAY:
        raise FormatError(
            f"unknown ending {suffix!r}; known: {', '.join((*TIFF, *HDF5, *ARRAY, *VENDOR_MODULES))}.",
            path=path,
        )
    if not path.exists():
        raise InputError(f"there is no file {path}.")
    if suffix in TIFF:
        return read_tiff(path)
    return read_hspy(path, dataset) if suffix in HDF5 else read_array(path, dataset)


def _chosen_frame(
    raw: RawImage, frame: int | str | None, source: str
) -> tuple[Floats, Floats | None, Bools, list[str]]:  # fmt: skip
    """Intensity, frames of a sum, saturated pixels, and notes."""
    count, rows, columns = raw.frames.shape
    if frame is None and count > 1:
        raise InputError(
            f"{source} is a stack of {count} frames of {columns} x {rows} px, numbered 0 to {count - 1}: choose one, "
            "or 'all' for their sum: --frame, or frame=."
        )
    if frame == "all":
        frames = raw.frames.astype(np.float64)  # before the sum: half precision ends at 65,504
        saturated = np.zeros((rows, columns), dtype=bool)
        for single in raw.frames:
            saturated |= _saturated(single)
        notes = [] if count == 1 else [_shift_note(frames)]
        return frames.sum(axis=0), frames if count > 1 else None, saturated, notes
    if isinstance(frame, str):
        raise InputError(f"frame must be a whole number or 'all'; got {frame!r}.")
    number = 0 if frame is None else check_integer(frame, "frame", low=0, high=count - 1)
    chosen = raw.frames[number]
    return chosen.astype(np.float64), None, _saturated(chosen), []


def _shift_note(frames: Floats) -> str:
    shifts = frame_shifts(frames)
    text = ", ".join(f"({x:+.1f}, {y:+.1f})" for x, y in shifts[:20])
    more = "" if len(shifts) <= 20 else f" and {len(shifts) - 20} more"
    return (
        f"sum of {len(frames)} frames as they are; shifts against the first one (right, down) in px, up to periods of "
        f"the lattice: {text}{more}; largest {np.abs(shifts).max():.1f}."
    )


def _saturated(image: NDArray[np.generic]) -> Bools:
    """Pixels at the end of the detector: the end of the integer type, or a highest value that piles up."""
    values = np.asarray(image)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(values.shape, dtype=bool)
    top = finite.max()
    if values.dtype.kind in "iu" and top == np.iinfo(values.dtype).max:
        return np.asarray(values == top)
    at_top = int((finite == top).sum())
    if at_top < FEWEST_SATURATED or at_top == finite.size:
        return np.zeros(values.shape, dtype=bool)
    below = finite[finite < top].max()
    # without an end the tail of a distribution thins out; with one it piles up there
    return np.asarray(values == top) & (at_top > 4 * int((finite == below).sum()))


def _mask(mask: str | Path | ArrayLike, shape: tuple[int, ...]) -> Bools:
    if isinstance(mask, (str, Path)):
        path = Path(mask)
        values = _mask_picture(path) if path.suffix.lower() in PICTURES else _raw(path, None).frames[0]
    else:
        values = gray_frames(np.asarray(mask), "mask")[0]
    if values.shape != shape:
        raise InputError(f"mask must have the shape of the image, {shape}; got {values.shape}.")
    return np.asarray(values != 0)


def _mask_picture(path: Path) -> NDArray[np.uint8]:
    """Gray values of a painted mask."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"))
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise FormatError(f"no readable picture of {path.stat().st_size} bytes: {error}", path=path) from error


def _no_pixel(raw: RawImage) -> str:
    how = "give it (--pixel-size-pm), or a period of the crystal (--period-angstrom)"
    if raw.scale is None:
        return f"the file gives no size of the pixel: results are in px; {how}."
    unit = "no unit" if raw.unit is None else f"the unit {raw.unit!r}, which is no length"
    return f"the axes have the scale {raw.scale:.6g} and {unit}: results are in px; {how}."


def write_micrograph(path: str | Path, micrograph: Micrograph) -> None:
    """Write an image with the size of its pixel.

    Parameters
    ----------
    path
        ``.tif`` (float32), ``.hspy``, ``.npz``; ``.npy`` holds no size of the pixel.
    micrograph
        Image; the frames of a stack are written instead of their sum.

    Raises
    ------
    InputError
        If the ending is none of these.
    """
    path = Path(path)
    frames = micrograph.intensity[None] if micrograph.frames is None else micrograph.frames
    writers = dict.fromkeys(TIFF, write_tiff) | dict.fromkeys(HDF5, write_hspy) | dict.fromkeys(ARRAY, write_array)
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise InputError(f"cannot write {path.suffix!r}; known endings: {', '.join(writers)}.")
    writer(path, np.asarray(frames), micrograph.pixel_size_angstrom)
