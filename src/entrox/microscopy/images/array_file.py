"""NPY and NPZ files: an image or a stack as NumPy writes it."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.microscopy.images.raw_image import RawImage, chosen_name, gray_frames

__all__ = ["read_array", "write_array"]

PIXEL_KEY = "pixel_size_angstrom"


def read_array(path: Path, dataset: str | None = None) -> RawImage:
    """Read an array; in NPZ files a number ``pixel_size_angstrom`` gives the size of the pixel.

    Raises
    ------
    FormatError
        If the file is no NumPy file, ends too early, or holds Python objects.
    InputError
        If the data set is not there, or is no image.
    """
    try:
        with path.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return RawImage(gray_frames(loaded, str(path)))
            with loaded:
                names = [name for name in loaded.files if loaded[name].ndim in (2, 3)]
                name = chosen_name(names, dataset, str(path))
                scale = float(loaded[PIXEL_KEY]) if PIXEL_KEY in loaded.files else None
                frames = gray_frames(loaded[name], f"{path}: {name}")
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error, KeyError, TypeError) as error:
        if isinstance(error, (InputError, FileNotFoundError)):
            raise
        raise FormatError(
            f"no readable NumPy file: {path.stat().st_size} bytes, stopped with: {error}", path=path
        ) from error
    return RawImage(frames, scale, None if scale is None else "angstrom")


def write_array(path: Path, frames: NDArray[np.float64], pixel_size_angstrom: float | None) -> None:
    """Write frames: NPY without, NPZ with the size of the pixel."""
    data = frames[0] if len(frames) == 1 else frames
    if path.suffix.lower() == ".npy":
        np.save(path, data)
    elif pixel_size_angstrom is None:
        np.savez_compressed(path, intensity=data)
    else:
        np.savez_compressed(path, intensity=data, pixel_size_angstrom=np.float64(pixel_size_angstrom))
