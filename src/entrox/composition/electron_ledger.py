"""Electron form factors at five scattering vectors, worked out by hand from the coefficients of their table."""

from __future__ import annotations

from functools import partial

from entrox.composition.electron_factors import electron_form_factors
from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow

__all__ = ["ELECTRON_LEDGER"]

LOBATO = "worked out by hand from Lobato and Van Dyck, Acta Cryst. A 70, 636 (2014)"
FACTORS = {
    "O": (2.0291, 1.75073, 1.23176, 0.54270, 0.15857), "Ti": (8.7797, 5.37254, 2.85559, 1.22227, 0.39386),
    "Bi": (13.5658, 10.16629, 6.43440, 3.18384, 1.25397),
}  # fmt: skip
S_PER_ANGSTROM = (0.0, 0.25, 0.5, 1.0, 2.0)


def _factor(element: str, s: float) -> float:
    return float(electron_form_factors([element], [s])[0, 0])


ELECTRON_LEDGER: tuple[LedgerRow, ...] = tuple(
    ledger_row(f"composition.electron_{element.lower()}_{round(100 * s):03d}", f"electron form factor of {element} at "
               f"{s:g} 1/angstrom", "angstrom", value, 1e-4, LOBATO, partial(_factor, element, s))
    for element, values in FACTORS.items()
    for s, value in zip(S_PER_ANGSTROM, values, strict=True)
)  # fmt: skip
