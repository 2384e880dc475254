"""``.apt``, the exchange format of the instrument's maker, read by the public package ifes_apt_tc_data_modeling."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from entrox.atomprobe.formats.ion_records import check_finite_ions, opened
from entrox.atomprobe.ions import Ions
from entrox.core import FormatError, MissingExtraError

__all__ = ["read_apt"]


def read_apt(path: str | Path, *, drop_invalid: bool = False) -> Ions:
    """Read positions and m/q of an ``.apt`` file.

    Parameters
    ----------
    path
        The file; the name must end in ``.apt``.
    drop_invalid
        Leave out ions with a position or m/q that is not finite; a notice says how many.

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    FormatError
        If the package cannot read the file, or the file lacks positions or m/q.
    InputError
        If the file cannot be opened, or a value is not finite and ``drop_invalid`` is false.
    """
    try:
        with _without_log_file():
            from ifes_apt_tc_data_modeling.apt.apt6_reader import ReadAptFileFormat
    except ImportError as error:
        raise MissingExtraError("ifes_apt_tc_data_modeling", "atomprobe", "reading .apt files") from error
    with opened(path):
        pass
    try:
        reader = ReadAptFileFormat(str(path))
        sections = [reader.get_reconstructed_positions(), reader.get_mass_to_charge_state_ratio()]
    except Exception as error:  # the package raises whatever its parser meets
        raise FormatError(f"ifes_apt_tc_data_modeling cannot read it: {error!r}", path=path) from error
    positions, mass = (_in_unit(section, unit) for section, unit in zip(sections, ("nm", "Da"), strict=True))
    missing = [name for name, value in (("Position", positions), ("Mass", mass)) if value is None]
    if positions is None or mass is None:
        raise FormatError(f"the file has no section {' and no section '.join(missing)}.", path=path)
    mass = mass.reshape(-1)
    if positions.ndim != 2 or positions.shape != (len(mass), 3) or not len(mass):
        raise FormatError(f"positions of shape {positions.shape} do not fit {len(mass)} values of m/q.", path=path)
    ions = Ions(positions_nm=positions, mass_to_charge_da=mass, format="apt")
    return check_finite_ions(ions, path, drop_invalid)


@contextmanager
def _without_log_file() -> Iterator[None]:
    """Keep the package from opening a log file in the working directory, as it does unless logging has a handler."""
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    own = logging.getLogger("ifes-apt-tc-data-modeling")
    own.propagate = False  # what it warns of is either an error below or no concern of the user
    if not own.handlers:
        own.addHandler(logging.NullHandler())
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _in_unit(section: Any, unit: str) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    """Return the numbers of a section in single precision, as they are stored; lengths are converted to nm."""
    if section is None:
        return None
    if unit == "nm":
        section = section.to("nm")
    return np.ascontiguousarray(section.magnitude, dtype=np.float32)
