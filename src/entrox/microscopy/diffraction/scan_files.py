"""Scans of patterns in files: NumPy, HyperSpy and other HDF5, zarr, files of microscope makers. None is read whole."""

from __future__ import annotations

import contextlib
import importlib
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, MissingExtraError
from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.microscopy.diffraction.pattern_files import inverse_angstrom
from entrox.microscopy.diffraction.pattern_scan import PatternScan

__all__ = ["read_scan"]

HDF5 = (".hspy", ".h5", ".hdf5")
ZARR = (".zspy", ".zarr")
LAZY_MODULES = {".mib": "quantumdetector", ".blo": "blockfile", ".dm4": "digitalmicrograph", ".emd": "emd"}
NM_PER_UNIT = {"nm": 1.0, "å": NANOMETER_PER_ANGSTROM, "angstrom": NANOMETER_PER_ANGSTROM, "a": NANOMETER_PER_ANGSTROM}


def read_scan(
    path: str | Path,
    *,
    dataset: str | None = None,
    scan_shape: tuple[int, int] | None = None,
    scan_step_nm: float | None = None,
    pixel_inverse_nm: float | None = None,
) -> PatternScan:
    """Open a scan; no pattern is read yet.

    Parameters
    ----------
    path
        ``.npy``, HyperSpy or other HDF5, ``.zspy`` or ``.zarr``; ``.mib``, ``.blo``, ``.dm4`` and ``.emd`` with the
        extra ``microscopy``.
    dataset
        Name of the data set where a file holds several.
    scan_shape
        Rows and columns of the scan where the file holds one long row of patterns.
    scan_step_nm, pixel_inverse_nm
        Scales in place of those of the file [nm] and [1/nm].

    Raises
    ------
    FormatError
        If the file is unknown, damaged or truncated.
    InputError
        If there is no scan of patterns in it.
    MissingExtraError
        If a format needs a package that is not installed.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if not path.exists():
        raise InputError(f"there is no file {path}. Check the path.")
    file: Any = None
    scales: tuple[float | None, float | None] = (None, None)
    if suffix == ".npy":
        data = file = _npy(path)
    elif suffix in HDF5:
        data, file, scales = _hdf5(path, dataset)
    elif suffix in ZARR:
        data = _zarr(path, dataset)
    elif suffix in LAZY_MODULES:
        data, file, scales = _vendor(path, suffix)
    else:
        raise FormatError(
            f"unknown ending {suffix!r}; known: {', '.join(('.npy', *HDF5, *ZARR, *LAZY_MODULES))}.", path=path
        )
    try:
        return PatternScan(
            data=_shaped(data, scan_shape),
            scan_step_nm=scales[0] if scan_step_nm is None else scan_step_nm,
            pixel_per_angstrom=(scales[1] if pixel_inverse_nm is None else pixel_inverse_nm * NANOMETER_PER_ANGSTROM),
            source=str(path),
            file=file,
        )
    except InputError:
        if file is not None:
            file.close()
        raise


class _NpyFile:
    """Patterns of a NumPy file in the memory map of it; pages that were read are given back after every block."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(file)
            start, size = file.tell(), int(np.prod(shape)) * dtype.itemsize
            if dtype.hasobject or path.stat().st_size < start + size:
                raise ValueError(f"an array of shape {shape} and type {dtype} is not in the file")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._array = np.ndarray(shape, dtype, buffer=self._map, offset=start, order="F" if fortran else "C")
        self.dtype = self._array.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self._array.shape

    def reshape(self, *shape: int) -> _NpyFile:
        """The same patterns with other axes."""
        self._array = self._array.reshape(shape)
        return self

    def __getitem__(self, place: tuple[slice, slice]) -> NDArray[Any]:
        return np.asarray(self._array[place])

    def release(self) -> None:
        """Give back the pages that were read; what is read again is loaded again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Close the map, unless someone still holds a part of it."""
        self._array = np.empty((0, 0, 0, 0), self.dtype)
        with contextlib.suppress(BufferError):
            self._map.close()


def _npy(path: Path) -> _NpyFile:
    try:
        return _NpyFile(path)
    except (ValueError, EOFError, OSError) as error:
        raise FormatError(
            f"no readable NumPy file: {path.stat().st_size} bytes, stopped with: {error}", path=path
        ) from error


def _hdf5(path: Path, dataset: str | None) -> tuple[Any, Any, tuple[float | None, float | None]]:
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise FormatError(f"no readable HDF5 file: {path.stat().st_size} bytes: {error}", path=path) from error
    found: list[str] = []

    def visit(name: str, item: Any) -> None:
        wanted = dataset is None or dataset in (name, *name.split("/"))
        if isinstance(item, h5py.Dataset) and item.ndim in (3, 4) and wanted:
            found.append(name)

    file.visititems(visit)
    if len(found) != 1:
        file.close()
        raise InputError(
            f"{path} holds {len(found)} data sets with three or four axes{': ' + ', '.join(found) if found else ''}. "
            "Choose one by its name (dataset)."
        )
    data = file[found[0]]
    axes = [data.parent.get(f"axis-{number}") for number in range(data.ndim)]
    return data, file, (_scale(axes[0], NM_PER_UNIT), _reciprocal(axes[-1]))


def _unit(axis: Any) -> str:
    unit = axis.attrs.get("units", "")
    return (unit.decode() if isinstance(unit, bytes) else str(unit)).strip().lower()


def _scale(axis: Any, known: dict[str, float]) -> float | None:
    if axis is None or "scale" not in axis.attrs or _unit(axis) not in known:
        return None
    return abs(float(axis.attrs["scale"])) * known[_unit(axis)]


def _reciprocal(axis: Any) -> float | None:
    return None if axis is None else inverse_angstrom(float(axis.attrs.get("scale", 0.0)), _unit(axis))


def _zarr(path: Path, dataset: str | None) -> Any:
    try:
        zarr = importlib.import_module("zarr")
    except ImportError as error:
        raise MissingExtraError("zarr", "microscopy", "reading .zarr and .zspy files") from error
    try:
        opened = zarr.open(str(path), mode="r")
        names = [dataset] if dataset else []
        if hasattr(opened, "shape"):
            return opened
        if "Experiments" in opened:
            names = [f"Experiments/{name}/data" for name in opened["Experiments"] if dataset in (None, name)]
        if len(names) != 1:
            raise InputError(f"{path} holds {len(names)} scans; choose one by its name (dataset).")
        return opened[names[0]]
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise FormatError(f"no readable zarr store: {error}", path=path) from error


def _vendor(path: Path, suffix: str) -> tuple[Any, None, tuple[float | None, float | None]]:
    try:
        reader = importlib.import_module(f"rsciio.{LAZY_MODULES[suffix]}")
    except ImportError as error:
        raise MissingExtraError("rosettasciio", "microscopy", f"reading {suffix} files") from error
    try:
        signals = [one for one in reader.file_reader(str(path), lazy=True) if np.ndim(one["data"]) in (3, 4)]
    except Exception as error:  # its readers raise whatever the bytes lead to
        raise FormatError(f"rosettasciio cannot read this {suffix} file: {error}", path=path) from error
    if len(signals) != 1:
        raise InputError(f"{path} holds {len(signals)} scans of patterns.")
    axes = signals[0]["axes"]
    step, pixel = axes[0], axes[-1]
    unit = str(step.get("units") or "").strip().lower()
    scan = float(step["scale"]) * NM_PER_UNIT[unit] if unit in NM_PER_UNIT else None
    return signals[0]["data"], None, (scan, inverse_angstrom(float(pixel.get("scale", 0.0)), pixel.get("units")))


def _shaped(data: Any, scan_shape: tuple[int, int] | None) -> Any:
    if scan_shape is None or tuple(data.shape[:2]) == tuple(scan_shape):
        return data
    if len(data.shape) == 3 and data.shape[0] == scan_shape[0] * scan_shape[1]:
        return data.reshape(*scan_shape, *data.shape[1:]) if hasattr(data, "reshape") else _Reshaped(data, scan_shape)
    raise InputError(f"scan_shape {scan_shape} does not fit data of shape {tuple(data.shape)}.")


class _Reshaped:
    """A long row of patterns as a scan, for data that cannot be reshaped without reading."""

    def __init__(self, data: Any, scan_shape: tuple[int, int]) -> None:
        self._data, self.dtype = data, data.dtype
        self.shape = (*scan_shape, *data.shape[1:])

    def __getitem__(self, place: tuple[slice, slice]) -> NDArray[Any]:
        rows, columns = (range(*part.indices(n)) for part, n in zip(place, self.shape, strict=False))
        wide = self.shape[1]
        return np.stack([self._data[row * wide + columns.start : row * wide + columns.stop] for row in rows])
