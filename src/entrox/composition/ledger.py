"""Published numbers that follow from a formula alone, with the functions that recompute them."""

from __future__ import annotations

from functools import partial

from entrox.composition.description import describe
from entrox.composition.electron_ledger import ELECTRON_LEDGER
from entrox.core.measure import LedgerRow

__all__ = ["LEDGER"]

FAMILY_PAPER = "published study of high-entropy BaTiO3 families and their breakdown"
LAYERED_PAPER = "published Bi4Ti3O12 series with La, Nd, Pr, Sm; the value holds per mole of the Bi site only"
SM_FAMILY = "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3"
B_FAMILY = "BaTi(1-5x)ZrxHfxSnxScxTaxO3"
A_FAMILY = "Ba(1-4x)SrxCaxNaxSmxTiO3"
BI_FAMILY = "Bi(4-4x)LaxNdxPrxSmxTi3O12"
ENTROPY_TOLERANCE_R = 0.005
LAYERED_TOLERANCE_R = 0.01


def _entropy_per_formula_unit(formula: str, x: str) -> float:
    value = describe(formula, x).entropy_r["per_formula_unit"]
    assert isinstance(value, float)
    return value


def _entropy_of_site(formula: str, x: str, label: str) -> float:
    per_site = describe(formula, x).entropy_r["per_site"]
    assert isinstance(per_site, dict)
    return per_site[label]


def _distortion_percent(formula: str) -> float:
    return 100.0 * describe(formula).lattice_distortion["total"]


def _family_row(name: str, formula: str, x: str, published: float) -> LedgerRow:
    return LedgerRow(
        id=f"composition.{name}",
        room="composition",
        quantity=f"configurational entropy per formula unit of {formula} at x = {x}",
        unit="R",
        published=published,
        tolerance=ENTROPY_TOLERANCE_R,
        relative=False,
        source=FAMILY_PAPER,
        compute=partial(_entropy_per_formula_unit, formula, x),
    )


def _layered_row(x: str, published: float) -> LedgerRow:
    return LedgerRow(
        id=f"composition.entropy_bi4ti3o12_x{x.replace('.', '')}",
        room="composition",
        quantity=f"configurational entropy per mole of the Bi site of {BI_FAMILY} at x = {x}",
        unit="R",
        published=published,
        tolerance=LAYERED_TOLERANCE_R,
        relative=False,
        source=LAYERED_PAPER,
        compute=partial(_entropy_of_site, BI_FAMILY, x, "A"),
    )


LEDGER: tuple[LedgerRow, ...] = (
    _family_row("entropy_sm_family_x020", SM_FAMILY, "0.2", 2.28),
    _family_row("entropy_sm_family_x025", SM_FAMILY, "0.25", 2.43),
    _family_row("entropy_b_family_x010", B_FAMILY, "0.1", 1.5),
    _family_row("entropy_b_family_x0167", B_FAMILY, "1/6", 1.79),
    _family_row("entropy_a_family_x020", A_FAMILY, "0.2", 1.61),
    _layered_row("0", 0.0),
    _layered_row("0.25", 0.9),
    _layered_row("0.5", 1.38),
    _layered_row("0.75", 1.6),
    LedgerRow(
        id="composition.distortion_ba04na03sm03tio3",
        room="composition",
        quantity="lattice distortion of Ba0.4Na0.3Sm0.3TiO3",
        unit="%",
        published=10.9,
        tolerance=0.05,
        relative=False,
        source=FAMILY_PAPER,
        compute=partial(_distortion_percent, "Ba0.4Na0.3Sm0.3TiO3"),
    ),
    *ELECTRON_LEDGER,
)
