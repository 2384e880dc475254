"""Published numbers on local polar order and on strain. The first cannot be recomputed without their potential."""

from __future__ import annotations

from entrox.core.measure import LedgerRow
from entrox.order.direction_ledger import DIRECTION_LEDGER
from entrox.order.glass_ledger import GLASS_LEDGER
from entrox.order.measured_ledger import MEASURED_LEDGER
from entrox.order.strain_ledger import STRAIN_LEDGER

__all__ = ["LEDGER"]

SOURCE = "Ma et al., npj Comput. Mater. 2025, 10.1038/s41524-025-01847-4"


def _row(name: str, quantity: str, unit: str, published: float, tolerance: float) -> LedgerRow:
    return LedgerRow(
        id=f"order.{name}", room="order", quantity=quantity, unit=unit, published=published, tolerance=tolerance,
        source=SOURCE, compute=None, relative=False,
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    _row("bond_slope_sn", "slope of the mean Ti-O length with Sn content", "angstrom", -0.0618, 0.006),
    _row("lattice_slope_sn", "slope of the lattice parameter with Sn content", "angstrom", 0.0483, 0.005),
    _row("lattice_slope_ca", "slope of the lattice parameter with Ca content", "angstrom", -0.1398, 0.014),
    _row("boundary_sn", "Sn content of the change from T to R, O and T", "1", 0.10, 0.01),
    _row("cluster_sn", "Sn content from which polar clusters lie in a C matrix", "1", 0.108, 0.01),
    _row("mean_bond_low_sn", "mean Ti-O length without Sn at 300 K", "angstrom", 2.04, 0.005),
    _row("mean_bond_high_sn", "mean Ti-O length at 15 % Sn and 300 K", "angstrom", 2.03, 0.005),
    *STRAIN_LEDGER,
    *DIRECTION_LEDGER,
    *MEASURED_LEDGER,
    *GLASS_LEDGER,
)
