"""Published numbers that this room recomputes: reflections of a crystal, and what a melt must have lost of them."""

from __future__ import annotations

from functools import partial

from entrox.core.measure import LedgerRow
from entrox.dynamics.glass.melting import cation_mask
from entrox.order.reflections import order_limit, reflection_order
from entrox.structure import build_bismuth_titanate

__all__ = ["LEDGER"]

SOURCE = "crystal data of Bi4Ti3O12, I4/mmm, cell of 76 atoms"
RANDOM = "exponential distribution of |S|^2/N of random phases, crossed once in a thousand"


def _order(indices: tuple[int, int, int]) -> float:
    crystal = build_bismuth_titanate()
    places = crystal.get_scaled_positions()[cation_mask(crystal)]
    return float(reflection_order(places, [indices])[0])


def _order_row(indices: tuple[int, int, int], name: str, published: float) -> LedgerRow:
    return LedgerRow(
        id=f"dynamics.order_{name}", room="dynamics", unit="1", published=published, tolerance=0.001, relative=False,
        quantity=f"|S|/N of the cations of Bi4Ti3O12, reflection {' '.join(map(str, indices))}", source=SOURCE,
        compute=partial(_order, indices),
    )  # fmt: skip


def _limit_row(n_cations: int, published: float, tolerance: float) -> LedgerRow:
    return LedgerRow(
        id=f"dynamics.order_limit_{n_cations}", room="dynamics", unit="1", published=published, tolerance=tolerance,
        relative=False, quantity=f"order |S|/N below which {n_cations} cations count as molten", source=RANDOM,
        compute=partial(order_limit, n_cations),
    )  # fmt: skip


LEDGER: tuple[LedgerRow, ...] = (
    _order_row((1, 1, 7), "117", 0.938),
    _order_row((2, 0, 0), "200", 1.000),
    _order_row((0, 0, 14), "0014", 0.773),
    _limit_row(28, 0.50, 0.005),
    _limit_row(252, 0.166, 0.001),
)
