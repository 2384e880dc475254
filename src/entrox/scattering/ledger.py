"""Published results of refinements by reverse Monte Carlo, and whether they can be decided.

The sample is Ba0.926Ca0.074Ti0.892Sn0.108O3. Neither its structure factor nor weights, range, moves, number of runs and
chi^2 of the refinement were published, so no box of ours can stand beside the published one.
"""

from __future__ import annotations

from entrox.core.measure import LedgerRow

__all__ = ["LEDGER", "PUBLISHED_ORDER"]

SOURCE = "Ma et al., npj Comput. Mater. 2025, 10.1038/s41524-025-01847-4"
PUBLISHED_ORDER = ("Ca", "Ti", "Ba", "Sn")
"""Elements by falling mean length of their displacement, bond valence constraint on."""

LEDGER: tuple[LedgerRow, ...] = (
    LedgerRow(
        id="scattering.displacement_order", room="scattering", unit="1", published=1.0, tolerance=0.1, relative=False,
        quantity=f"rank correlation of the mean displacements with the order {' > '.join(PUBLISHED_ORDER)}",
        source=SOURCE, compute=None,
    ),
)  # fmt: skip
