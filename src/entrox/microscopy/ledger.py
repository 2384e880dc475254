"""Published readings of projected vectors, held against geometry: what a view along [001] shows of each family."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np

from entrox.core.measure import LedgerRow
from entrox.microscopy.image_ledger import IMAGE_LEDGER

__all__ = ["LEDGER", "projected_shares"]

SOURCE = "Ma et al., npj Comput. Mater. 2025, 10.1038/s41524-025-01847-4"
COMPONENTS = {"T": 1, "O": 2, "R": 3}
"""Components of a direction of the family that are not zero."""
INVISIBLE = 1e-6


def projected_shares(family: str) -> dict[str, float]:
    """Shares of the variants of a family that show as <10>, as <11> and not at all, seen along [001].

    Parameters
    ----------
    family
        ``"T"`` <001>, ``"O"`` <110> or ``"R"`` <111>.

    Examples
    --------
    >>> projected_shares("R")
    {'<10>': 0.0, '<11>': 1.0, 'invisible': 0.0}
    """
    from entrox.order.phases.projected_classes import projected_classes

    digits = [v for v in product((-1.0, 0.0, 1.0), repeat=3) if np.count_nonzero(v) == COMPONENTS[family]]
    seen = np.array(digits)[:, :2] / np.sqrt(COMPONENTS[family])
    found = projected_classes(seen, np.eye(2) * INVISIBLE**2)
    names = [found.classes[k] for k in found.labels[0]]
    shares = {name: names.count(name) / len(names) for name in ("<10>", "<11>")}
    return {**shares, "invisible": names.count("weak") / len(names)}


def _share(family: str, shown: str) -> float:
    return projected_shares(family)[shown]


def _row(name: str, quantity: str, published: float, family: str, shown: str) -> LedgerRow:
    return LedgerRow(
        id=f"microscopy.{name}", room="microscopy", quantity=quantity, unit="1", published=published, tolerance=0.001,
        relative=False, source=SOURCE, compute=partial(_share, family, shown),
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    _row("orthorhombic_seen_as_tetragonal", "share of O variants that show along <10>, read as T", 0.0, "O", "<10>"),
    _row("tetragonal_unseen", "share of T variants that do not show along [001]", 0.0, "T", "invisible"),
    _row("rhombohedral_seen_diagonal", "share of R variants that show along <11>", 1.0, "R", "<11>"),
    LedgerRow(
        id="microscopy.filtered_map", room="microscopy", unit="1", published=1.0, tolerance=0.05, relative=False,
        quantity="gain of the displacements in the published filtered map", source=SOURCE, compute=None,
    ),
    *IMAGE_LEDGER,
)  # fmt: skip
