"""What counting alone does to the entropy of cubes: means, scatters, estimators, tangents and plateaus.

All follow from the four published fractions. No file is read.
"""

from __future__ import annotations

from functools import cache, partial

from entrox.atomprobe.paper import Axis, tangent_size_nm
from entrox.composition.entropy import mixing_entropy_of_site
from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.random import generator
from entrox.order.local_entropy.counting_noise import (
    chance_of_published_cubes,
    counting_sd,
    plateau_size_nm,
    poisson_cube_entropy,
    poisson_cube_sd,
)
from entrox.order.local_entropy.estimators import Estimator, entropy_estimate, expected_entropy

__all__ = ["COUNTING_LEDGER"]

FRACTIONS = (0.306, 0.267, 0.219, 0.208)
PUBLISHED_CUBE_ENTROPY, PUBLISHED_SCATTER = 1.226, 0.16
EXACT = "sum over binomial probabilities of Ni .306 Cu .267 Co .219 Fe .208"
POISSON = "the same with Poisson counts"
DRAWN = "random draws of the same alloy"
FIRST_ORDER = "S - (K - 1) / 2N"
COUNTS = {
    10: (1.2027, 1.2241, 0.147, 116.0), 11: (1.2204, 1.2378, 0.135, 104.0), 12: (1.2348, 1.2491, 0.124, 94.0),
    15: (1.2656, 1.2741, 0.099, 73.0), 20: (1.2949, 1.2991, 0.075, 54.0), 25: (1.3116, 1.3141, 0.061, 42.0),
    32: (1.3258, 1.3273, 0.048, 33.0), 87: (1.3567, 1.3569, 0.022, 12.0),
}  # fmt: skip
"""Ions: exact mean, first order [R], SD of one cube [R], share of the published fall [%]."""
ESTIMATORS: tuple[Estimator, ...] = (
    "plugin", "miller_madow", "miller_madow_known_k", "psi", "grassberger", "jackknife"
)  # fmt: skip
EXPECTED = {
    5: (1.0035, 1.2061, 1.3035, 1.2375, 1.3610, 1.3834), 10: (1.2027, 1.3401, 1.3527, 1.3541, 1.3738, 1.3997),
    12: (1.2348, 1.3536, 1.3598, 1.3640, 1.3740, 1.3938), 25: (1.3116, 1.3715, 1.3716, 1.3739, 1.3741, 1.3776),
    50: (1.3436, 1.3736, 1.3736, 1.3741, 1.3741, 1.3747),
}  # fmt: skip
CHAO_SHEN = {5: 1.473, 10: 1.358, 12: 1.344, 25: 1.324, 50: 1.344}
TANGENTS = (
    (2.0, 9, 2.10, 2.15), (2.0, 12, 2.11, 2.16), (2.0, 25, 2.13, 2.19), (2.0, 32, 2.13, 2.19),
    (2.5, 9, 2.58, 2.62), (2.5, 32, 2.60, 2.65), (3.0, 9, 3.06, 3.10), (3.0, 32, 3.07, 3.12),
    (5.0, 9, 5.02, 5.05), (5.0, 32, 5.03, 5.06),
)  # fmt: skip
"""Second size [nm], ions per nm^3, tangent on a linear and on a logarithmic axis [nm]."""
AXES: tuple[Axis, ...] = ("linear", "log")
PLATEAUS = {25: {1.0: 1.63, 0.5: 2.06, 0.1: 3.52}, 12: {1.0: 2.09, 0.5: 2.63, 0.1: 4.50}}
POISSON_CUBES = {12: (1.2173, 1.2337, 0.153), 25: (1.3085, 1.3114, 0.066), 32: (1.3240, 1.3257, None)}
CHANCES = {11: (0.66, 0.38, 0.02), 12: (0.53, 0.29, 0.02), 13: (0.41, 0.21, 0.02), 25: (0.0017, 0.004, 0.001)}
N_DRAWS = 40_000


def _bulk() -> float:
    return float(mixing_entropy_of_site(list(FRACTIONS)))


def _first_order(ions: int) -> float:
    return _bulk() - (len(FRACTIONS) - 1) / (2 * ions)


def _share(ions: int) -> float:
    return 100.0 * (_bulk() - expected_entropy(ions, FRACTIONS)) / (_bulk() - PUBLISHED_CUBE_ENTROPY)


def _chao_shen(ions: int) -> float:
    counts = generator(1).multinomial(ions, FRACTIONS, size=N_DRAWS)
    return float(entropy_estimate(counts, "chao_shen").mean())


def _tangent(second: float, density: float, axis: Axis) -> float:
    sizes = (1.0, second)
    noise = [poisson_cube_entropy(density * size**3, FRACTIONS) for size in sizes]
    return tangent_size_nm(sizes, noise, _bulk(), axis) or float("nan")


@cache
def _chances(ions: int) -> tuple[float, float]:
    return chance_of_published_cubes(
        ions, FRACTIONS, entropy=PUBLISHED_CUBE_ENTROPY, scatter=PUBLISHED_SCATTER, rng=generator(7), n_draws=N_DRAWS
    )  # fmt: skip


def _chance(ions: int, which: int) -> float:
    return _chances(ions)[which]


def _count_rows() -> list[LedgerRow]:
    rows = []
    for n, (mean, first, sd, share) in COUNTS.items():
        rows += [
            ledger_row(f"atomprobe.count_{n}_mean", f"mean plug-in entropy of {n} ions", "R", mean, 2e-4, EXACT,
                       partial(expected_entropy, n, FRACTIONS)),
            ledger_row(f"atomprobe.count_{n}_first_order", f"the same by {FIRST_ORDER}", "R", first, 2e-4, EXACT,
                       partial(_first_order, n)),
            ledger_row(f"atomprobe.count_{n}_sd", f"scatter of the entropy of {n} ions", "R", sd, 0.03, EXACT,
                       partial(counting_sd, n, FRACTIONS), relative=True),
            ledger_row(f"atomprobe.count_{n}_share", f"share of the published fall that {n} ions explain", "%",
                       share, 0.6, EXACT, partial(_share, n)),
        ]  # fmt: skip
    return rows


def _poisson_rows() -> list[LedgerRow]:
    rows = []
    for n, (mean, weighted, sd) in POISSON_CUBES.items():
        rows += [
            ledger_row(f"atomprobe.poisson_{n}_mean", f"mean entropy of cubes of {n} ions on average", "R", mean, 2e-4,
                       POISSON, partial(poisson_cube_entropy, n, FRACTIONS)),
            ledger_row(f"atomprobe.poisson_{n}_weighted", "the same weighted by size", "R", weighted, 2e-4,
                       POISSON, partial(poisson_cube_entropy, n, FRACTIONS, weighted=True)),
        ]  # fmt: skip
        if sd is not None:
            rows.append(ledger_row(f"atomprobe.poisson_{n}_sd", f"scatter of cubes of {n} ions on average", "R", sd,
                                   0.03, POISSON, partial(poisson_cube_sd, n, FRACTIONS), relative=True))  # fmt: skip
    for n, (low, scattered, tolerance) in CHANCES.items():
        rows += [
            ledger_row(f"atomprobe.chance_{n}_mean", f"chance of a mean of 9 cubes <= 1.226 R at {n} ions", "1", low,
                       tolerance, DRAWN, partial(_chance, n, 0)),
            ledger_row(f"atomprobe.chance_{n}_scatter", f"chance of a scatter of 9 cubes >= 0.16 R at {n} ions", "1",
                       scattered, tolerance, DRAWN, partial(_chance, n, 1)),
        ]  # fmt: skip
    return rows


def _estimator_rows() -> list[LedgerRow]:
    exact = [
        ledger_row(f"atomprobe.estimator_{name}_{n}", f"mean of the estimator {name} at {n} ions", "R", value, 2e-4,
                   EXACT, partial(expected_entropy, n, FRACTIONS, name))
        for n, values in EXPECTED.items()
        for name, value in zip(ESTIMATORS, values, strict=True)
    ]  # fmt: skip
    drawn = [
        ledger_row(f"atomprobe.estimator_chao_shen_{n}", f"mean of the estimator chao_shen at {n} ions", "R", value,
                   5e-3, DRAWN, partial(_chao_shen, n))
        for n, value in CHAO_SHEN.items()
    ]  # fmt: skip
    return [*exact, *drawn]


def _size_rows() -> list[LedgerRow]:
    tangents = [
        ledger_row(f"atomprobe.tangent_{round(10 * second)}_{density}_{axis}",
                   f"tangent of sizes of 1 and {second:g} nm, {density} random ions per nm3, {axis} axis", "nm", value,
                   0.02, POISSON, partial(_tangent, second, density, axis))
        for second, density, linear, log in TANGENTS
        for axis, value in zip(AXES, (linear, log), strict=True)
    ]  # fmt: skip
    plateaus = [
        ledger_row(f"atomprobe.plateau_{density}_{round(10 * percent):02d}", "size at which counting lowers the "
                   f"entropy by {percent:g} %, {density} ions per nm3", "nm", value, 0.006, FIRST_ORDER,
                   partial(plateau_size_nm, density, percent / 100.0, FRACTIONS))
        for density, sizes in PLATEAUS.items()
        for percent, value in sizes.items()
    ]  # fmt: skip
    return [*tangents, *plateaus]


COUNTING_LEDGER: tuple[LedgerRow, ...] = (*_count_rows(), *_poisson_rows(), *_estimator_rows(), *_size_rows())
