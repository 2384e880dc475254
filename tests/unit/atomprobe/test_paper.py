from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from entrox.atomprobe.ledger import LEDGER, PUBLISHED_FRACTIONS
from entrox.atomprobe.paper import PAPER_SIZES_NM, PAPER_WARNING, PaperMode, paper_mode, tangent_size_nm
from entrox.core import InputError
from entrox.order.local_entropy.counting_noise import poisson_cube_entropy
from entrox.order.local_entropy.maximal_unit import maximal_entropy_unit
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet

P = list(PUBLISHED_FRACTIONS.values())


@cache
def cloud() -> PointSet:
    """An ideal random alloy, 20 nm and 12 ions per nm^3."""
    rng = np.random.default_rng(11)
    n = rng.poisson(12 * 20**3)
    return PointSet(
        positions_nm=rng.random((n, 3)) * 20.0,
        labels=rng.choice(4, size=n, p=P),
        species=tuple(PUBLISHED_FRACTIONS),
    )


@cache
def measured(axis: str = "linear") -> PaperMode:
    scan = limited_area_entropy(
        cloud(), [1.0, 2.0, 5.0], origins=2, n_relabel=99, n_bootstrap=50, rng=np.random.default_rng(1)
    )
    return paper_mode(
        cloud(), [20, 10, 5, 2, 1], axis=axis, n_relabel=60, unit=maximal_entropy_unit(scan),
        rng=np.random.default_rng(2),
    )  # fmt: skip


def test_nine_cubes_up_to_half_the_box_and_one_that_is_the_box() -> None:
    found = measured()
    assert found.size_nm.tolist() == [20, 10, 5, 2, 1]
    assert found.n_requested.tolist() == [5, 9, 9, 9, 9]
    assert found.n_cubes.tolist() == [1, 9, 9, 9, 9]
    assert found.n_per_cube_mean[-1] == pytest.approx(12.0, abs=4.0)
    assert (found.n_per_cube_lowest <= found.n_per_cube_mean).all()
    assert np.isnan(found.entropy_sd[0])


def test_the_whole_box_has_the_bulk_entropy_and_small_cubes_lack_it_by_noise() -> None:
    found = measured()
    assert found.entropy[0] == pytest.approx(found.entropy_bulk, abs=2e-4)
    for size, mean, sd in zip(
        found.size_nm[2:], found.relabeled_entropy[2:], found.relabeled_entropy_sd[2:], strict=True
    ):
        # The positions stay, so that nine numbers of ions scatter around their mean in the reference too.
        assert mean == pytest.approx(poisson_cube_entropy(12 * size**3, P), abs=4.0 * sd)
    assert np.abs(found.entropy - found.relabeled_entropy)[1:].max() < 4.0 * found.relabeled_entropy_sd[1:].max()


def test_a_random_alloy_has_a_tangent_size_though_nothing_is_there_to_find() -> None:
    found = measured()
    assert found.tangent_relabeled_nm == pytest.approx(2.11, abs=0.06)
    assert found.tangent_relabeled_sd_nm is not None
    assert found.tangent_nm == pytest.approx(found.tangent_relabeled_nm, abs=4.0 * found.tangent_relabeled_sd_nm)
    assert found.unit.verdict == "consistent_with_random"
    assert found.unit.sume_bc_nm is None
    assert found.warning == PAPER_WARNING
    assert measured("log").tangent_relabeled_nm > found.tangent_relabeled_nm


def test_the_minus_sign_of_the_literature_is_printed_on_request_only() -> None:
    unit = measured().unit
    plus = paper_mode(cloud(), [2, 1], n_relabel=2, unit=unit, rng=np.random.default_rng(1))
    minus = paper_mode(cloud(), [2, 1], n_relabel=2, unit=unit, minus_sign=True, rng=np.random.default_rng(1))
    assert (plus.entropy_printed == plus.entropy).all()
    assert (minus.entropy_printed == -minus.entropy).all()
    assert minus.tangent_nm == plus.tangent_nm


def test_sizes_beyond_the_cloud_hold_no_cube() -> None:
    found = paper_mode(cloud(), n_relabel=2, unit=measured().unit, rng=np.random.default_rng(1))
    assert tuple(found.size_nm) == PAPER_SIZES_NM
    assert found.n_cubes[0] == 0
    assert np.isnan(found.entropy[0])
    assert np.isnan(found.n_per_cube_mean[0])
    with pytest.raises(InputError, match="fits into the cloud"):
        paper_mode(cloud(), [50.0], n_relabel=2, rng=np.random.default_rng(1))


def test_the_unit_from_the_excess_information_is_computed_where_none_is_given() -> None:
    inner = (cloud().positions_nm < 6.0).all(axis=1)
    small = PointSet(
        positions_nm=cloud().positions_nm[inner], labels=cloud().labels[inner], species=cloud().species
    )  # fmt: skip
    found = paper_mode(small, [3, 2, 1], n_relabel=5, rng=np.random.default_rng(3))
    assert found.unit.verdict == "consistent_with_random"


def test_bad_sizes_and_axes_are_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(InputError, match="distinct"):
        paper_mode(cloud(), [1, 1], rng=rng)
    with pytest.raises(InputError, match="linear, log"):
        paper_mode(cloud(), [1], axis="square", rng=rng)  # type: ignore[arg-type]


def test_a_line_that_does_not_rise_or_a_single_size_gives_no_tangent() -> None:
    assert tangent_size_nm([1.0, 2.0], [1.2, 1.1], 1.37) is None
    assert tangent_size_nm([1.0, 2.0], [1.2, np.nan], 1.37) is None
    assert tangent_size_nm([4.0, 2.0, 1.0], [1.37, 1.3, 1.2], 1.4) == pytest.approx(3.0)
    assert tangent_size_nm([1.0, 2.0], [1.2, 1.3], 1.4, "log") == pytest.approx(4.0)


def test_the_ledger_recomputes_what_follows_from_printed_numbers() -> None:
    rows = {row.id.removeprefix("atomprobe."): row for row in LEDGER}
    known = {
        "bulk_entropy": 1.3741, "edx_entropy": 1.3856, "sume_cells": 592.67, "site_density": 86.93,
        "lattice_parameter_111": 3.5804, "lattice_parameter_200": 3.5809, "lattice_parameter_220": 3.5819,
        "sume": 3.07, "particle_ratio_5nm": 4.584, "particle_ratio_10nm": 36.67,
    }  # fmt: skip
    for name, value in known.items():
        compute = rows[name].compute
        assert compute is not None
        assert compute() == pytest.approx(value, rel=2e-3 if name == "sume" else 3e-4), name
