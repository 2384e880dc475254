"""Files of microscope makers (DM3, DM4, EMD, MRC), read by rosettasciio."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np

from entrox.core import FormatError, InputError, MissingExtraError
from entrox.microscopy.images.raw_image import RawImage, chosen_name, common_scale, gray_frames

__all__ = ["VENDOR_MODULES", "read_vendor"]

VENDOR_MODULES = {
    ".dm3": "digitalmicrograph", ".dm4": "digitalmicrograph", ".emd": "emd", ".mrc": "mrc",
}  # fmt: skip


def read_vendor(path: Path, dataset: str | None = None) -> RawImage:
    """Read a file of a microscope.

    Raises
    ------
    MissingExtraError
        If rosettasciio is not installed.
    FormatError
        If it cannot read the file.
    InputError
        If the data set is not there, or is no image.
    """
    suffix = path.suffix.lower()
    try:
        reader = importlib.import_module(f"rsciio.{VENDOR_MODULES[suffix]}")
    except ImportError as error:
        raise MissingExtraError("rosettasciio", "microscopy", f"reading {suffix} files") from error
    path.stat()  # a missing file is reported as such
    try:
        signals = reader.file_reader(str(path))
    except Exception as error:  # its readers raise whatever the bytes lead to
        raise FormatError(
            f"rosettasciio cannot read this {suffix} file of {path.stat().st_size} bytes: {error}", path=path
        ) from error
    images = {}
    for number, signal in enumerate(signals):
        title = signal.get("metadata", {}).get("General", {}).get("title") or f"image{number}"
        if np.ndim(signal["data"]) in (2, 3):
            images[title if title not in images else f"{title} {number}"] = signal
    name = chosen_name(list(images), dataset, str(path))
    axes = images[name]["axes"][-2:]
    scale = common_scale([float(axis.get("scale", 0.0)) for axis in axes], f"{path}: {name}")
    units = {str(axis.get("units") or "").strip() for axis in axes}
    unit = units.pop() if len(units) == 1 else ""
    try:
        frames = gray_frames(np.asarray(images[name]["data"]), f"{path}: {name}")
    except InputError as error:
        raise InputError(f"{error} Give the name of another data set: {', '.join(images)}.") from error
    return RawImage(frames, scale, unit or None)
