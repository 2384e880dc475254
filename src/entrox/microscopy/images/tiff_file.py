"""TIFF images: gray values of 8 to 32 bits or float32, one page or a stack."""

from __future__ import annotations

import json
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.microscopy.images.raw_image import COLOR_REASON, RawImage

__all__ = ["read_tiff", "write_tiff"]

GRAY = frozenset({"1", "L", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
IMAGE_DESCRIPTION, X_RESOLUTION = 270, 282
PIXEL_KEY = "pixel_size_angstrom"


def read_tiff(path: Path) -> RawImage:
    """Read a TIFF file.

    The scale is taken from a description as ImageJ writes it, or as :func:`write_tiff` does; other descriptions and
    dots per inch, which programs fill in for want of better, are ignored.

    Raises
    ------
    FormatError
        If the file is no TIFF or ends too early.
    InputError
        If it is a color image, or the pages differ in shape.
    """
    from PIL import Image

    page = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd tags of microscopes are no reason to stop
            with Image.open(path, formats=["TIFF"]) as image:
                pages: list[NDArray[Any]] = []
                for page in range(int(getattr(image, "n_frames", 1))):
                    image.seek(page)
                    if image.mode not in GRAY:
                        raise InputError(f"{path} is a color image (mode {image.mode}): {COLOR_REASON}")
                    pages.append(np.asarray(image))
                image.seek(0)
                scale, unit = _scale(dict(image.tag_v2))  # type: ignore[attr-defined]
    except (OSError, SyntaxError, EOFError, struct.error, KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, (InputError, FileNotFoundError)):
            raise
        raise FormatError(
            f"no readable TIFF: page {page} of a file of {path.stat().st_size} bytes could not be read ({error}). If "
            "the file is whole, save the image as NPY or as 8-, 16- or 32-bit gray values.",
            path=path,
        ) from error
    if len({page.shape for page in pages}) != 1:
        raise InputError(f"{path} has pages of different shapes: {sorted({page.shape for page in pages})}.")
    return RawImage(np.stack(pages), scale, unit)


def _scale(tags: dict[int, Any]) -> tuple[float | None, str | None]:
    """Scale and unit from the description."""
    text = str(tags.get(IMAGE_DESCRIPTION, ""))
    if text.lstrip().startswith("{"):
        try:
            written = json.loads(text)
        except ValueError:
            return None, None
        value = written.get(PIXEL_KEY)
        return (float(value), "angstrom") if isinstance(value, (int, float)) and value > 0 else (None, None)
    if not text.startswith("ImageJ="):
        return None, None
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    resolution = float(tags.get(X_RESOLUTION, 0.0))
    if resolution <= 0.0 or resolution == 1.0:
        return None, None
    unit = lines.get("unit", "").replace("\\u00B5", "µ").replace("\\u00C5", "Å")
    return 1.0 / resolution, unit or None


def write_tiff(path: Path, frames: NDArray[np.float64], pixel_size_angstrom: float | None) -> None:
    """Write frames as float32, which keeps seven digits; the size of the pixel goes into the description as JSON."""
    from PIL import Image, TiffImagePlugin

    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if pixel_size_angstrom is not None:
        tags[IMAGE_DESCRIPTION] = json.dumps({PIXEL_KEY: pixel_size_angstrom})
    pages = [Image.fromarray(frame.astype(np.float32)) for frame in frames]
    pages[0].save(path, format="TIFF", tiffinfo=tags, save_all=len(pages) > 1, append_images=pages[1:])
