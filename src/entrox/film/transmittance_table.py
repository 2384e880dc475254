"""Reading spectra: wavelength and transmittance, in fractions or percent as the header says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core.errors import InputError
from entrox.film.measured_table import Column, read_measured_table

__all__ = ["read_transmittance"]

Floats = NDArray[np.float64]


def read_transmittance(path: str | Path, *, sort: bool = False) -> tuple[Floats, Floats]:
    """Return wavelengths [m], rising, and transmittance as a fraction.

    Parameters
    ----------
    path
        Columns ``wavelength`` and ``transmittance`` with their units.
    sort
        Sort rows whose wavelengths go back and forth; rows that fall all the way are turned without being asked.

    Raises
    ------
    InputError
        If a value is above one, or wavelengths are not monotone; with the line.
    """
    table = read_measured_table(path, {
        "wavelength": Column(("wavelength", "lambda"), "wavelength", needed=True),
        "transmittance": Column(("transmittance", "transmission", "t"), "share", needed=True),
    })  # fmt: skip
    wavelength, values = table.numbers["wavelength"], table.numbers["transmittance"]
    too_large = np.flatnonzero(values > 1.0)
    if len(too_large):
        raise InputError(
            f"{path}, line {table.lines[too_large[0]]}: a transmittance of {values[too_large[0]]:g} is above one. If "
            "the column is in percent write `transmittance [%]`."
        )
    steps = np.diff(wavelength)
    if len(steps) and (steps < 0.0).all():
        return wavelength[::-1], values[::-1]
    if (steps <= 0.0).any():
        if not sort or len(np.unique(wavelength)) < len(wavelength):
            at = table.lines[int(np.argmax(steps <= 0.0)) + 1]
            raise InputError(f"{path}, line {at}: wavelengths must be monotone. Give --sort, or remove repeated rows.")
        order = np.argsort(wavelength)
        return wavelength[order], values[order]
    return wavelength, values
