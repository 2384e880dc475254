"""Units of tables and options: micrometers, gigapascals and percent, from SI."""

from __future__ import annotations

from scipy import constants

__all__ = ["METER_PER_MICROMETER", "MICRONEWTON_PER_NEWTON", "PASCAL_PER_GIGAPASCAL", "PERCENT"]

METER_PER_MICROMETER: float = constants.micro
MICRONEWTON_PER_NEWTON: float = 1.0 / constants.micro
PASCAL_PER_GIGAPASCAL: float = constants.giga
PERCENT: float = 1.0 / constants.centi
