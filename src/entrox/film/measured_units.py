"""Units in which films are measured, as factors to SI, and how the header of a column names them.

In brackets a unit keeps its case, ``field [MV/m]``; as an ending it is in small letters, ``field_mv_per_m``, where
``mv_per_m`` is MV/m as everywhere in entrox.
"""

from __future__ import annotations

import re

from scipy import constants

__all__ = [
    "DIMENSIONS",
    "ELECTRONVOLT_NANOMETER",
    "J_PER_M3_PER_J_PER_CM3",
    "METER_PER_CENTIMETER",
    "OFFSETS",
    "SQUARE_METER_PER_SQUARE_CENTIMETER",
    "split_header",
]

METER_PER_CENTIMETER: float = constants.centi
SQUARE_METER_PER_SQUARE_CENTIMETER: float = constants.centi**2
J_PER_M3_PER_J_PER_CM3: float = constants.centi**-3
ELECTRONVOLT_NANOMETER: float = constants.h * constants.c / constants.e / constants.nano
"""Energy times wavelength of light [eV nm]."""

_PER_AREA = 1.0 / SQUARE_METER_PER_SQUARE_CENTIMETER
DIMENSIONS: dict[str, dict[str, float]] = {
    "field": {
        "V/m": 1.0, "kV/m": constants.kilo, "MV/m": constants.mega, "V/um": constants.mega,
        "V/cm": 1.0 / constants.centi, "kV/cm": constants.kilo / constants.centi,
        "MV/cm": constants.mega / constants.centi,
    },
    "current density": {
        "A/m2": 1.0, "mA/cm2": constants.milli * _PER_AREA, "uA/cm2": constants.micro * _PER_AREA,
        "nA/cm2": constants.nano * _PER_AREA, "A/cm2": _PER_AREA,
    },
    "current": {"A": 1.0, "mA": constants.milli, "uA": constants.micro, "nA": constants.nano, "pA": constants.pico},
    "polarization": {"C/m2": 1.0, "uC/cm2": constants.micro * _PER_AREA},
    "voltage": {"V": 1.0, "kV": constants.kilo},
    "time": {"s": 1.0, "ms": constants.milli, "us": constants.micro},
    "wavelength": {"nm": constants.nano, "um": constants.micro},
    "length": {"m": 1.0, "mm": constants.milli, "um": constants.micro, "nm": constants.nano},
    "force": {"N": 1.0, "mN": constants.milli, "uN": constants.micro, "nN": constants.nano},
    "capacitance": {"F": 1.0, "nF": constants.nano, "pF": constants.pico},
    "frequency": {"Hz": 1.0, "kHz": constants.kilo, "MHz": constants.mega},
    "temperature": {"K": 1.0, "°C": 1.0, "degC": 1.0},
    "share": {"1": 1.0, "fraction": 1.0, "%": constants.centi, "percent": constants.centi},
    "number": {"1": 1.0},
}  # fmt: skip
"""Units of each dimension with their factor to SI."""
OFFSETS: dict[str, float] = {"°C": constants.zero_Celsius, "degC": constants.zero_Celsius}
"""What is added after the factor, for scales that do not begin at zero."""

_BRACKETS = re.compile(r"^(?P<name>[^\[\](]+?)\s*[\[(]\s*(?P<unit>[^\])]*?)\s*[\])]$")
_SIGNS = str.maketrans({"µ": "u", "μ": "u", "²": "2", "^": None, "·": None})


def split_header(header: str, dimension: str) -> tuple[str, str | None]:
    """Return name and unit of a header; None where it states no unit of that dimension.

    Examples
    --------
    >>> split_header("Field [MV/cm]", "field"), split_header("current_density_a_per_cm2", "current density")
    (('field', 'MV/cm'), ('current_density', 'A/cm2'))
    """
    text = header.strip().translate(_SIGNS)
    found = _BRACKETS.match(text)
    if found:
        return _plain(found["name"]), found["unit"]
    small = _plain(text)
    for unit in sorted(DIMENSIONS[dimension], key=len, reverse=True):
        ending = "_" + unit.lower().replace("/", "_per_")
        if small.endswith(ending) and not (unit == "m" and small.endswith("_per_m")):
            return small[: -len(ending)], unit
    return small, None


def _plain(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().lower())
