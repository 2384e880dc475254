"""Published numbers that this room recomputes: reflections of a crystal, and what a melt must have lost of them."""

from __future__ import annotations

from functools import partial

from scipy.constants import pico as PICO  # noqa: N812

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.dynamics.glass.melting import cation_mask
from entrox.dynamics.glass.quench_settings import PUBLISHED, QuenchSettings
from entrox.order.reflections import order_limit, reflection_order
from entrox.structure import build_bismuth_titanate

__all__ = ["LEDGER"]

PROTOCOL = "melt and quench of 76 atoms of Bi4Ti3O12 as published: 5, 2, 3 and 12 ps"
ONE_RUN = "one run of a universal potential, 76 atoms"
SOURCE = "crystal data of Bi4Ti3O12, I4/mmm, cell of 76 atoms"
RANDOM = "exponential distribution of |S|^2/N of random phases, crossed once in a thousand"


def _protocol() -> QuenchSettings:
    return QuenchSettings.model_validate(PUBLISHED)


def _quench_rate() -> float:
    return _protocol().quench_rate_k_per_ps / PICO


def _protocol_ps(*parts: str) -> float:
    """Length of parts of the published protocol and its quench [ps]."""
    settings = _protocol()
    return settings.quench_ps + sum(float(getattr(settings, part)) for part in parts)


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
    ledger_row(
        "dynamics.quench_rate",
        "rate of the published quench",
        "K/s",
        1.07e15,
        0.01,
        PROTOCOL,
        _quench_rate,
        relative=True,
    ),
    ledger_row(
        "dynamics.protocol_with_anneal",
        "length of the published protocol, anneal of the crystal included",
        "ps",
        22.0,
        1e-6,
        PROTOCOL,
        lambda: _protocol_ps("crystal_ps", "melt_ps", "hold_ps"),
    ),
    ledger_row(
        "dynamics.protocol_without_anneal",
        "the same without the anneal",
        "ps",
        17.0,
        1e-6,
        PROTOCOL,
        lambda: _protocol_ps("melt_ps", "hold_ps"),
    ),
    ledger_row(
        "dynamics.damaged_energy",
        "energy above the crystal after 0.9 ps of melt and quench",
        "eV",
        0.020,
        0.005,
        ONE_RUN,
    ),
    ledger_row("dynamics.damaged_coordination", "oxygen around Ti after the same", "1", 5.67, 0.1, ONE_RUN),
    ledger_row(
        "dynamics.hot_oxygen", "mean square displacement of oxygen after 2 ps at 3500 K", "angstrom2", 4.4, 1.0, ONE_RUN
    ),
)
