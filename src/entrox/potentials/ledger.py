"""Published numbers on learned potentials of (Ba,Ca)(Ti,Sn)O3: bond lengths of strained cells, a measured optimum."""

from __future__ import annotations

from functools import partial

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.potentials.model_ledger import MODEL_LEDGER

__all__ = ["LEDGER", "half_edges"]

SOURCE = "Ma et al., npj Comput. Mater. 2025, 10.1038/s41524-025-01847-4"
SRTIO3_EDGE_ANGSTROM = 3.94
BATIO3_EDGE_ANGSTROM = 3.97
STRETCH = 1.05
PROTOTYPE = "prototype of the loop: CHGNet labels, small networks, one seed"
BANDS = (
    (
        "training_force_error",
        "force error in training, 96 rattled frames, 2,000 steps, middle of the band",
        "eV/angstrom",
        0.225,
        0.075,
    ),
    ("training_energy_error", "energy error in training of the same, middle of the band", "meV", 12.5, 7.5),
    (
        "first_deviation",
        "largest deviation of forces after 20 steps at 300 K, first committee",
        "eV/angstrom",
        0.15,
        0.05,
    ),
    ("deviation_rank", "rank correlation of deviation and true error, first committee", "1", 0.82, 0.32),
    ("deviation_ratio", "true error over deviation, median, first committee", "1", 2.5, 1.0),
    ("first_life", "median life of a run of the first generation, in steps of 400", "1", 90.0, 40.0),
    ("second_life", "median life of a run of the second generation, in steps of 800", "1", 800.0, 80.0),
)
"""Bands of one run of a learning loop: another seed or number of threads gives others."""
LENGTH_TOLERANCE_ANGSTROM = 0.001


def half_edges(edge_angstrom: float, c_over_a: float = 1.0) -> tuple[float, float]:
    """B-X distances along c and along a of a cubic perovskite stretched along c at constant volume [angstrom].

    Examples
    --------
    >>> half_edges(4.0)
    (2.0, 2.0)
    """
    a = edge_angstrom / c_over_a ** (1.0 / 3.0)
    return 0.5 * a * c_over_a, 0.5 * a


def _half_edge(edge_angstrom: float, c_over_a: float, index: int) -> float:
    return half_edges(edge_angstrom, c_over_a)[index]


def _bond(name: str, cell: str, published: float, edge_angstrom: float, c_over_a: float, index: int) -> LedgerRow:
    return LedgerRow(
        id=f"potentials.{name}", room="potentials", quantity=f"Ti-O distance in {cell}", unit="angstrom",
        published=published, tolerance=LENGTH_TOLERANCE_ANGSTROM, relative=False, source=SOURCE,
        compute=partial(_half_edge, edge_angstrom, c_over_a, index),
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    _bond("ti_o_srtio3", "cubic SrTiO3", 1.970, SRTIO3_EDGE_ANGSTROM, 1.0, 0),
    _bond("ti_o_srtio3_c", "SrTiO3 stretched to c/a 1.05, along c", 2.035, SRTIO3_EDGE_ANGSTROM, STRETCH, 0),
    _bond("ti_o_srtio3_a", "SrTiO3 stretched to c/a 1.05, along a", 1.938, SRTIO3_EDGE_ANGSTROM, STRETCH, 1),
    _bond("ti_o_batio3", "cubic BaTiO3 under pressure", 1.985, BATIO3_EDGE_ANGSTROM, 1.0, 0),
    LedgerRow(
        id="potentials.d33_optimum", room="potentials", quantity="largest d33 of (Ba,Ca)(Ti,Sn)O3", unit="pC/N",
        published=860.0, tolerance=50.0, relative=False, source=SOURCE, compute=None,
    ),
    *MODEL_LEDGER,
    *(
        ledger_row(f"potentials.{name}", words, unit, value, tolerance, PROTOTYPE)
        for name, words, unit, value, tolerance in BANDS
    ),
)  # fmt: skip
