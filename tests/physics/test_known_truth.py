"""What the analysis says of simulated tips whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entrox.atomprobe.generator import SimulatedTip, simulate_tip, write_tip
from entrox.atomprobe.ranges import read_ranges
from entrox.atomprobe.ranging import apply_ranges
from entrox.atomprobe.readers import read_ions
from entrox.atomprobe.tip.labels import build_label_field
from entrox.atomprobe.tip.settings import TipSettings
from entrox.atomprobe.tip.settings_file import read_tip_settings
from entrox.atomprobe.tip.truth import cube_information, true_composition
from entrox.core import generator
from entrox.order.local_entropy.counting_noise import poisson_cube_entropy, poisson_cube_sd
from entrox.order.local_entropy.entropy_scan import EntropyScan
from entrox.order.local_entropy.maximal_unit import crossing_length, maximal_entropy_unit
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet
from entrox.structure.composition_field import leading_excess_information

EXAMPLES = Path(__file__).parents[2] / "examples"
METALS = {"Ni": 0.306, "Cu": 0.267, "Co": 0.219, "Fe": 0.208}
P = list(METALS.values())
POISSON = {"kind": "poisson", "density_per_nm3": 86.9}
SHORT = {"kind": "field", "correlation_length_nm": 0.7, "amplitude": 0.5}
LONG = {"kind": "field", "correlation_length_nm": 2.0, "amplitude": 0.3}
SMEAR = {"smear_lateral_nm": 0.8, "smear_depth_nm": 0.1}
SIZES = (1.0, 2.0, 3.0, 4.0)
LARGE = pytest.mark.long


def settings(**changes: Any) -> TipSettings:
    known: dict[str, Any] = {
        "box_nm": (24.0,) * 3, "composition": METALS, "sites": POISSON, "truth": {"sizes_nm": (4.0,)}
    }  # fmt: skip
    return TipSettings(**{**known, **changes})


def _field_tip(seed: int, which: str, efficiency: float, smeared: bool) -> SimulatedTip:
    detection = {"efficiency": efficiency, **(SMEAR if smeared else {})}
    labels = SHORT if which == "short" else LONG
    return simulate_tip(settings(labels=labels, detection=detection), generator(seed))


def metals_of(tip: SimulatedTip) -> PointSet:
    return apply_ranges(tip.ions, tip.ranges).points(species=list(tip.settings.composition))


def measure(points: PointSet, sizes: Any = SIZES, **changes: Any) -> EntropyScan:
    known: dict[str, Any] = {"origins": 1, "n_relabel": 0, "n_bootstrap": 0, "rng": generator(0)}
    return limited_area_entropy(points, sizes, **{**known, **changes})


def test_a_random_tip_has_no_excess_whatever_its_efficiency() -> None:
    for efficiency, entropy in ((1.0, (1.356, 1.372, 1.373, 1.374)), (0.37, (1.324, 1.368, 1.373, 1.374))):
        found = measure(metals_of(simulate_tip(settings(detection={"efficiency": efficiency}), generator(1))))
        assert np.abs(found.excess_information).max() < 1e-3
        assert found.entropy_weighted == pytest.approx(entropy, abs=0.003)


def test_sixty_four_thousand_cubes_of_a_random_box_follow_the_law_of_counting() -> None:
    box = settings(box_nm=(40.0,) * 3, sites={"kind": "poisson", "density_per_nm3": 12.0})
    found = measure(metals_of(simulate_tip(box, generator(2))))
    assert found.n_areas[0] == pytest.approx(64_000, abs=10)
    # The mean of all cubes is known to 0.0006; nine cubes leave it open by 0.05.
    assert found.entropy_unweighted[0] == pytest.approx(poisson_cube_entropy(12.0, P), abs=0.002)
    assert found.sd_unweighted[0] == pytest.approx(poisson_cube_sd(12.0, P), rel=0.02)
    assert np.abs(found.excess_information[1:]).max() < 3e-4


@pytest.mark.parametrize(
    ("which", "efficiency", "smeared", "entropy", "excess"),
    [
        ("short", 1.0, False, (1.292, 1.337, 1.356, 1.365), (0.0657, 0.0365, 0.0188, 0.0100)),
        pytest.param("short", 0.37, False, (1.262, 1.333, 1.355, 1.365), (0.0654, 0.0361, 0.0184, 0.0098), marks=LARGE),
        pytest.param("short", 0.37, True, (1.297, 1.349, 1.361, 1.367), (0.0301, 0.0205, 0.0123, 0.0074), marks=LARGE),
        pytest.param("long", 0.37, False, (1.295, 1.340, 1.349, 1.354), (0.0314, 0.0284, 0.0242, 0.0201), marks=LARGE),
        pytest.param("long", 0.37, True, (1.299, 1.344, 1.352, 1.356), (0.0272, 0.0245, 0.0210, 0.0178), marks=LARGE),
    ],
)
def test_the_excess_of_a_correlated_tip_survives_losses_and_is_halved_by_smear(
    which: str, efficiency: float, smeared: bool, entropy: tuple[float, ...], excess: tuple[float, ...]
) -> None:
    seeds = (1, 2) if smeared else (1,)
    found = [measure(metals_of(_field_tip(seed, which, efficiency, smeared))) for seed in seeds]
    mean = np.mean([item.excess_information for item in found], axis=0)
    for size in range(4):
        assert mean[size] == pytest.approx(excess[size], abs=0.05 * excess[size] + 0.001)
    assert np.mean([item.entropy_weighted for item in found], axis=0) == pytest.approx(entropy, abs=0.003)


def test_the_measured_excess_is_that_of_the_noise_free_composition() -> None:
    for detection in ({}, {"efficiency": 0.6, **SMEAR}):
        made = settings(box_nm=(16.0,) * 3, labels=SHORT, detection=detection, truth={"sizes_nm": SIZES})
        tip = simulate_tip(made, generator(4))
        found = measure(metals_of(tip), origins=8)
        assert found.excess_information == pytest.approx(tip.truth.excess_detected, rel=0.05, abs=1e-3)
        assert found.entropy_bulk == pytest.approx(tip.truth.entropy_bulk, abs=1e-3)


def test_losses_that_hit_all_species_alike_leave_the_excess_as_it_is() -> None:
    made = {"box_nm": (16.0,) * 3, "labels": SHORT}
    excess = [
        measure(metals_of(simulate_tip(settings(**made, detection={"efficiency": e}), generator(5)))).excess_information
        for e in (1.0, 0.6, 0.37)
    ]
    assert excess[1][:3] == pytest.approx(excess[0][:3], rel=0.05)
    assert excess[2][:3] == pytest.approx(excess[0][:3], rel=0.05)


@LARGE
@pytest.mark.parametrize(
    ("labels", "sizes", "excess", "unit", "tolerance"),
    [
        (SHORT, (2, 3, 4, 5, 8, 10), (0.0363, 0.0196, 0.0103, 0.0063, 0.0019, 0.0010), 3.55, 0.2),
        pytest.param(
            LONG,
            (2, 3, 4, 5, 8, 10),
            (0.0288, 0.0250, 0.0208, 0.0167, 0.0083, 0.0052),
            5.84,
            0.5,
            marks=pytest.mark.long,
        ),
    ],
)
def test_the_true_unit_of_maximal_entropy_grows_with_the_correlation_length(
    labels: dict[str, Any], sizes: tuple[float, ...], excess: tuple[float, ...], unit: float, tolerance: float
) -> None:
    made = settings(box_nm=(40.0,) * 3, labels=labels, truth={"sizes_nm": sizes})
    field = build_label_field(made, generator(6))
    composition = true_composition(made, field, generator(7))
    found = cube_information(composition.atoms, made.box_nm, sizes, origins=1)[:, 0]
    for measured, known in zip(found, excess, strict=True):
        assert measured == pytest.approx(known, abs=0.05 * known + 0.001)
    assert crossing_length(np.array(sizes, dtype=float), found, 0.01 * 1.3741) == pytest.approx(unit, abs=tolerance)
    bound = leading_excess_information(P, labels["amplitude"], labels["correlation_length_nm"], sizes)
    assert (found[:3] < bound[:3]).all()
    assert found[0] > 0.85 * bound[0]


def test_a_fraction_of_background_ions_scales_the_excess_by_the_square_of_the_rest() -> None:
    made = {"box_nm": (16.0,) * 3, "labels": SHORT}
    found = {}
    for share in (0.0, 0.1, 0.3):
        detection = {"background_fraction": share, "background": "ions"}
        tip = simulate_tip(settings(**made, detection=detection), generator(8))
        found[share] = measure(metals_of(tip), (1.0, 2.0)).excess_information
    assert found[0.1] / found[0.0] == pytest.approx([0.81, 0.81], abs=0.02)
    assert found[0.3] / found[0.0] == pytest.approx([0.49, 0.49], abs=0.02)


@pytest.mark.long
def test_molecular_ions_feign_segregation_unless_whole_events_are_relabeled() -> None:
    twins = settings(
        box_nm=(40.0,) * 3,
        sites={"kind": "poisson", "density_per_nm3": 24.0},
        events={"metal": {"M2": 1.0}},
    )
    tip = simulate_tip(twins, generator(9))
    assert len(tip.ions) == pytest.approx(12.0 * 40.0**3, rel=0.01)
    points = metals_of(tip)
    wrong = measure(points, (1.0, 2.0, 3.0), events=False).excess_information
    assert wrong == pytest.approx([0.0742, 0.0084, 0.0025], abs=0.0015)
    right = measure(points, (1.0, 2.0, 3.0), n_relabel=39).excess_information
    assert np.abs(right).max() < 1e-3


def test_a_checkerboard_mixes_better_than_chance_also_after_losses() -> None:
    made = {
        "box_nm": (12.0,) * 3,
        "composition": {"Na": 1.0},
        "sites": {"kind": "rock-salt", "lattice_parameter_nm": 1.0, "anion": "Cl"},
    }
    tip = simulate_tip(settings(**made), generator(10))
    points = apply_ranges(tip.ions, tip.ranges).points()
    found = measure(points, (1.0, 2.0), n_relabel=99, n_bootstrap=50)
    assert found.entropy_weighted[0] == pytest.approx(np.log(2.0), abs=1e-12)
    assert found.excess_information[0] == pytest.approx(0.62556 - np.log(2.0), abs=1e-4)
    assert found.verdict == "ordered"
    assert maximal_entropy_unit(found).sume_bc_nm is None
    thinned = settings(**{**made, "box_nm": (24.0,) * 3, "detection": {"efficiency": 0.37}})
    thin = simulate_tip(thinned, generator(10))
    excess = measure(apply_ranges(thin.ions, thin.ranges).points(), (1.0,)).excess_information[0]
    spread = np.sqrt(24.0**3 / 2.0) / len(thin.ions)
    assert excess == pytest.approx(_thinned_checkerboard(8, 0.37), abs=3.0 * spread)
    assert excess < -0.05


def _thinned_checkerboard(sites: int, efficiency: float) -> float:
    """Excess of cubes with equal numbers of two species, of which a share is found: every count enumerated."""
    from scipy.special import entr
    from scipy.stats import binom, hypergeom

    total = weight = 0.0
    for n in range(1, sites + 1):
        first = np.arange(n + 1)
        entropy = entr(first / n) + entr(1.0 - first / n)
        ordered = hypergeom.pmf(first, sites, sites // 2, n) @ entropy
        random = binom.pmf(first, n, 0.5) @ entropy
        found = binom.pmf(n, sites, efficiency) * n
        total, weight = total + found * (random - ordered), weight + found
    return float(total / weight)


@LARGE
def test_a_slope_of_the_composition_is_an_excess_at_all_sizes_unless_relabeled_in_slabs() -> None:
    slope = settings(
        box_nm=(16.0, 16.0, 40.0),
        composition={"Ni": 0.4, "Cu": 0.6},
        labels={"kind": "gradient", "end_composition": {"Ni": 0.6, "Cu": 0.4}},
        sites={"kind": "poisson", "density_per_nm3": 40.0},
        truth={"sizes_nm": SIZES},
    )
    tip = simulate_tip(slope, generator(11))
    assert tip.truth.excess_first_origin == pytest.approx(np.full(4, 0.2**2 / (6 * 4 * 0.25)), abs=5e-4)
    points = metals_of(tip)
    plain = measure(points, SIZES, n_relabel=99, n_bootstrap=100, tolerance=0.005)
    assert plain.excess_information == pytest.approx(np.full(4, 0.00667), abs=5e-4)
    assert plain.verdict == "not_reached"
    slabs = measure(points, SIZES, n_relabel=99, n_bootstrap=100, tolerance=0.005, strata=2.0)
    assert slabs.verdict == "consistent_with_random"


def test_two_pure_halves_have_all_their_entropy_as_excess() -> None:
    halves = settings(
        box_nm=(12.0,) * 3,
        composition={"Ni": 1.0, "Cu": 0.0},
        labels={"kind": "lamellae", "period_nm": 12.0, "composition": {"Cu": 1.0}},
        truth={"sizes_nm": (1.0, 2.0, 3.0)},
    )
    tip = simulate_tip(halves, generator(12))
    assert tip.truth.excess_first_origin == pytest.approx(np.full(3, np.log(2.0)), abs=2e-3)
    # The null of full cubes is close to ln 2; that of small ones lies below it.
    found = measure(metals_of(tip), (1.0, 2.0, 3.0)).excess_information
    assert found == pytest.approx(np.full(3, np.log(2.0)), abs=0.01)


@pytest.mark.parametrize("name", ["tip_random", "tip_clustered", "tip_rocksalt"])
def test_written_read_and_ranged_a_tip_gives_its_true_ions_back(name: str, tmp_path: Path) -> None:
    made = read_tip_settings(EXAMPLES / f"{name}.toml").model_copy(update={"box_nm": (8.0, 8.0, 8.0)})
    tip = simulate_tip(made, generator(13))
    positions, ranges, *_ = write_tip(tmp_path, tip)
    ions = read_ions(positions)
    ranged = apply_ranges(ions, read_ranges(ranges))
    assert (ions.positions_nm == tip.ions.positions_nm).all()
    signal = tip.ion >= 0
    true = np.array(tip.ion_names)[tip.ion[signal]]
    assert (np.array(ranged.ion_names)[ranged.ion_index[signal]] == true).all()
    assert (ranged.ion_index[signal] >= 0).all()
    metals = list(made.composition)
    points = ranged.points(species=metals)
    if signal.all():
        known = tip.sites.labels[tip.site]
        assert (points.labels == known).all()
        assert measure(points, (1.0, 2.0)).entropy_weighted == pytest.approx(
            measure(PointSet(positions_nm=ions.positions_nm, labels=known, species=points.species), (1.0, 2.0))
            .entropy_weighted, abs=1e-14
        )  # fmt: skip
    else:
        # Molecular ions hold one cation each; background adds what falls into the ranges.
        caught = int((ranged.ion_index[~signal] >= 0).sum())
        assert 0 < caught < 0.1 * (~signal).sum()
        assert tip.truth.fractions_detected == pytest.approx(points.totals / len(points), abs=0.02)
        oxide = ranged.points()
        assert oxide.event is not None
        assert len(oxide) > ranged.n_ranged
