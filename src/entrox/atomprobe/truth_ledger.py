"""Reference numbers of simulated tips whose truth is known: random, correlated, thinned, smeared, with doublets.

The tips are seeded; the tolerance holds the scatter between tips.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from entrox.atomprobe.generator import simulate_tip
from entrox.atomprobe.ranging import apply_ranges
from entrox.atomprobe.tip.settings import TipSettings
from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.random import generator
from entrox.order.local_entropy.neighborhoods import neighborhood_entropy
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet

__all__ = ["TRUTH_LEDGER"]

METALS = {"Ni": 0.306, "Cu": 0.267, "Co": 0.219, "Fe": 0.208}
TIP = "simulated tips of 24 nm, 86.9 random sites per nm3, field of composition along all axes"
SHORT = {"kind": "field", "correlation_length_nm": 0.7, "amplitude": 0.5}
LONG = {"kind": "field", "correlation_length_nm": 2.0, "amplitude": 0.3}
SMEAR = {"smear_lateral_nm": 0.8, "smear_depth_nm": 0.1}
SIZES_NM = (1.0, 2.0, 3.0, 4.0)
DOUBLETS = (0.0742, 0.0084, 0.0025)
SPHERES = {0.5: 1.2774, 1.0: 1.3629, 2.0: 1.3727}
CASES: dict[str, tuple[str, dict[str, Any] | None, dict[str, Any], tuple[float, ...], tuple[float, ...]]] = {
    "random": ("random", None, {"efficiency": 1.0}, (1.356, 1.372, 1.373, 1.374), (0.0,) * 4),
    "random_thin": ("random, efficiency 0.37", None, {"efficiency": 0.37}, (1.324, 1.368, 1.373, 1.374), (0.0,) * 4),
    "short": ("correlation 0.7 nm", SHORT, {"efficiency": 1.0}, (1.292, 1.337, 1.356, 1.365),
              (0.0657, 0.0365, 0.0188, 0.0100)),
    "short_thin": ("correlation 0.7 nm, efficiency 0.37", SHORT, {"efficiency": 0.37}, (1.262, 1.333, 1.355, 1.365),
                   (0.0654, 0.0361, 0.0184, 0.0098)),
    "short_smeared": ("the same, smeared", SHORT, {"efficiency": 0.37, **SMEAR}, (1.297, 1.349, 1.361, 1.367),
                      (0.0301, 0.0205, 0.0123, 0.0074)),
    "long_thin": ("correlation 2 nm, efficiency 0.37", LONG, {"efficiency": 0.37}, (1.295, 1.340, 1.349, 1.354),
                  (0.0314, 0.0284, 0.0242, 0.0201)),
    "long_smeared": ("the same, smeared", LONG, {"efficiency": 0.37, **SMEAR}, (1.299, 1.344, 1.352, 1.356),
                     (0.0272, 0.0245, 0.0210, 0.0178)),
}  # fmt: skip
"""Words, field, losses, entropy and excess information [R] at every size."""
ENTROPY_TOLERANCE_R = 0.003
DILUTIONS = {0.1: 0.81, 0.3: 0.49}


def _tip(seed: int, labels: dict[str, Any] | None, detection: dict[str, Any], box: float = 24.0) -> PointSet:
    known: dict[str, Any] = {
        "box_nm": (box,) * 3, "composition": METALS, "sites": {"kind": "poisson", "density_per_nm3": 86.9},
        "truth": {"sizes_nm": (4.0,)}, "detection": detection,
    }  # fmt: skip
    settings = TipSettings.model_validate({**known, **({} if labels is None else {"labels": labels})})
    tip = simulate_tip(settings, generator(seed))
    return apply_ranges(tip.ions, tip.ranges).points(species=list(METALS))


def _measured(points: PointSet, sizes: tuple[float, ...], **options: Any) -> tuple[np.ndarray, np.ndarray]:
    found = limited_area_entropy(
        points, sizes, origins=1, n_relabel=0, n_bootstrap=0, rng=generator(0), **options
    )  # fmt: skip
    return found.entropy_weighted, found.excess_information


@cache
def _case(name: str) -> np.ndarray:
    """Entropy and excess information, shape ``(2, size)``; of a smeared tip the mean over two."""
    _, labels, detection, _, _ = CASES[name]
    seeds = (1, 2) if "smeared" in name else (1,)
    return np.asarray(np.mean([_measured(_tip(seed, labels, detection), SIZES_NM) for seed in seeds], axis=0))


@cache
def _diluted(share: float) -> float:
    """Excess information at 1 nm with a share of background ions."""
    losses = {"background_fraction": share, "background": "ions"}
    return float(_measured(_tip(8, SHORT, losses, box=16.0), (1.0,))[1][0])


def _box(density: float, edge: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random points and labels; the composition is exact, so that no chance of it adds to that of the places."""
    rng = generator(seed)
    place = rng.random((rng.poisson(density * edge**3), 3)) * edge
    ends = np.rint(np.cumsum(list(METALS.values())) * len(place)).astype(int)
    return place, rng.permutation(np.searchsorted(ends, np.arange(len(place)), side="right"))


@cache
def _doublets() -> np.ndarray:
    place, kind = _box(12.0, 30.0, 9)
    points = PointSet(np.repeat(place, 2, axis=0), np.repeat(kind, 2), tuple(METALS))
    return _measured(points, SIZES_NM[:3], events=False)[1]


@cache
def _spheres() -> np.ndarray:
    place, kind = _box(32.0, 20.0, 3)
    points = PointSet(place, kind, tuple(METALS), cell_nm=np.eye(3) * 20.0, pbc=(True, True, True))
    return np.asarray(neighborhood_entropy(points, list(SPHERES)).entropy)


def _of(found: Callable[[], np.ndarray], place: int) -> float:
    return float(found()[place])


def _of_case(name: str, what: int, size: int) -> float:
    return float(_case(name)[what, size])


def _dilution(share: float) -> float:
    return _diluted(share) / _diluted(0.0)


def _case_rows() -> list[LedgerRow]:
    rows = []
    for name, (words, _, _, entropies, excesses) in CASES.items():
        for k, (size, entropy, excess) in enumerate(zip(SIZES_NM, entropies, excesses, strict=True)):
            rows += [
                ledger_row(f"atomprobe.tip_{name}_real_{size:g}", f"entropy of cubes of {size:g} nm: {words}", "R",
                           entropy, ENTROPY_TOLERANCE_R, TIP, partial(_of_case, name, 0, k)),
                ledger_row(f"atomprobe.tip_{name}_excess_{size:g}", f"excess information of {size:g} nm: {words}", "R",
                           excess, 0.05 * excess + 1e-3, TIP, partial(_of_case, name, 1, k)),
            ]  # fmt: skip
    return rows


TRUTH_LEDGER: tuple[LedgerRow, ...] = (
    *_case_rows(),
    *(
        ledger_row(f"atomprobe.dilution_{round(100 * share)}", f"excess with {share:g} of background ions over that "
                   "without", "1", value, 0.02, TIP, partial(_dilution, share))
        for share, value in DILUTIONS.items()
    ),
    *(
        ledger_row(f"atomprobe.doublets_{k + 1}", f"false excess of doublets, atoms relabeled one by one, {k + 1} nm",
                   "R", value, 0.0015, "random doublets, 12 per nm3", partial(_of, _doublets, k))
        for k, value in enumerate(DOUBLETS)
    ),
    *(
        ledger_row(f"atomprobe.sphere_{round(10 * radius):02d}", f"entropy around an atom, {radius:g} nm",
                   "R", value, 3e-4, "random points, 32 per nm3, periodic", partial(_of, _spheres, k))
        for k, (radius, value) in enumerate(SPHERES.items())
    ),
)  # fmt: skip
