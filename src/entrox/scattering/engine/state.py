"""Where a refinement stands: positions, running sums, and the random generator; and the same as plain arrays.

Units: positions in angstrom, histogram in fm^2 (total) or pairs, chi^2 without unit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.scattering.engine.boxes._kernels import PairRules
from entrox.scattering.engine.constraints._kernels import HardRules, ShellRules
from entrox.scattering.engine.move_tables import Live
from entrox.scattering.engine.padded_box import PaddedBox, Runs
from entrox.scattering.operators.reduced_operator import CostForm, OperatorBasis
from entrox.scattering.terms.valence._kernels import BondRules

__all__ = ["MOVE_KINDS", "RmcState", "RuleTables", "state_arrays"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOVE_KINDS = ("translation", "swap")


@dataclass(frozen=True, eq=False)
class RuleTables:
    """What follows from the problem alone, in the form of the kernels."""

    pairs: PairRules
    hard: HardRules
    bonds: BondRules
    shells: ShellRules
    basis: OperatorBasis | None
    places: Ints
    radii: tuple[float, float]


@dataclass(eq=False)
class RmcState:
    """A refinement under way; changed in place by :func:`entrox.scattering.engine.advance.advance`.

    Parameters
    ----------
    live
        Arrays that moves change: positions, species, histogram, residual, valences, counts, counters.
    rules
        Tables that follow from the problem.
    box, far, near
        Atoms on the padded grid, and the runs of neighbors for histogram and constraints.
    form
        chi^2 of the data at the present scales.
    scales, offsets
        Of each data set.
    rng
        Generator of the moves.
    threads
        Threads of an evaluation.
    slack
        How far past the threshold a linear part must lie for a move to be left without transform at first.
    radius_angstrom
        Largest step of each element; may be changed between calls (burn-in only).
    step_angstrom
        Longest step the neighbors are prepared for.
    """

    live: Live
    rules: RuleTables
    box: PaddedBox
    far: Runs
    near: Runs
    form: CostForm
    scales: Floats
    offsets: Floats
    rng: np.random.Generator
    threads: int
    slack: float
    radius_angstrom: Floats
    step_angstrom: float

    @property
    def positions(self) -> Floats:
        """Positions [angstrom], not wrapped, shape ``(n, 3)``; do not write."""
        return self.live.positions

    @property
    def species(self) -> Ints:
        """Number of the element of each atom, shape ``(n,)``; do not write."""
        return self.live.species

    @property
    def histogram(self) -> Floats:
        """Histogram of all channels side by side, shape ``(channels * bins,)``."""
        return np.asarray(self.live.histogram[self.rules.places])

    @property
    def data_chi2(self) -> float:
        """chi^2 of all data sets."""
        return float(self.live.residual @ self.live.residual) + self.form.constant

    @property
    def counters(self) -> Ints:
        """Generated, tested and accepted moves, shape ``(kinds of move, elements, 3)``."""
        return self.live.counters

    @property
    def margin_angstrom(self) -> float:
        """How far an atom may be from its site before the table is widened."""
        return float(self.box.margin[0])

    @property
    def refused_beyond_margin(self) -> int:
        """Moves refused because they would leave the widest table."""
        return int(self.live.numbers[1])


_LIVE_ARRAYS = (
    "positions",
    "species",
    "histogram",
    "residual",
    "valence",
    "counts",
    "tally",
    "counters",
    "numbers",
    "stamp",
)


def state_arrays(state: RmcState) -> dict[str, NDArray[Any]]:
    """Everything that does not follow from the problem, as copies of plain arrays; the generator as JSON bytes."""
    generator = json.dumps(state.rng.bit_generator.state, default=lambda value: np.asarray(value).tolist())
    arrays: dict[str, NDArray[Any]] = {name: np.array(getattr(state.live, name)) for name in _LIVE_ARRAYS}
    arrays |= {
        "scales": state.scales.copy(),
        "offsets": state.offsets.copy(),
        "home": state.box.home.copy(),
        "wrap": state.box.wrap.copy(),
        "places_per_cell": np.array([state.box.shape[6]]),
        "margin": state.box.margin[:1].copy(),
        "slack": np.array([state.slack]),
        "radius": state.radius_angstrom.copy(),
        "step": np.array([state.step_angstrom]),
        "generator": np.frombuffer(generator.encode(), dtype=np.uint8).copy(),
    }
    return arrays


def generator_of(arrays: dict[str, NDArray[Any]]) -> np.random.Generator:
    """Random generator of saved arrays."""
    saved = json.loads(arrays["generator"].tobytes().decode())
    kinds = {name: getattr(np.random, name) for name in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")}
    if saved.get("bit_generator") not in kinds:
        raise InputError(f"saved random generator {saved.get('bit_generator')!r} is not one of {sorted(kinds)}")
    bits = kinds[saved["bit_generator"]]()
    bits.state = saved
    return np.random.Generator(bits)


def live_of(arrays: dict[str, NDArray[Any]], sites: Floats) -> Live:
    """Running arrays of saved arrays."""
    parts = {name: np.array(arrays[name]) for name in _LIVE_ARRAYS}
    return Live(sites=sites, drift=np.zeros_like(parts["residual"]), **parts)
