from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from entrox.atomprobe import Ions, MassRange, RangeTable
from entrox.atomprobe.ranges import read_ranges
from entrox.atomprobe.readers import read_ions
from entrox.atomprobe.repeated_positions import RepeatedPositions
from entrox.atomprobe.summary import summarize_ions
from entrox.core import InputError

DATA = Path(__file__).parents[2] / "data" / "apt"


def part(ions: Ions, start: int, stop: int) -> Ions:
    pulses = ions.ions_in_pulse
    return Ions(
        ions.positions_nm[start:stop],
        ions.mass_to_charge_da[start:stop],
        ions_in_pulse=None if pulses is None else pulses[start:stop],
        format=ions.format,
    )


def test_the_alloy_file_is_what_its_description_says() -> None:
    folder = DATA / "cocrni_csro"
    found = summarize_ions(read_ions(folder / "cocrni_real.pos"), read_ranges(folder / "cocrni.rrng"))
    assert found.n_ions == 39_944
    assert found.ranged_ions == 33_831
    assert found.n_duplicate_positions == 0
    assert found.multi_hit_fraction is None
    assert found.mass_to_charge_range_da == pytest.approx([0.001, 222.9], abs=0.05)
    assert (found.lower_nm[:2].min(), found.upper_nm[:2].max()) == pytest.approx((-10.04, 10.06), abs=0.01)
    assert (found.lower_nm[2], found.upper_nm[2]) == pytest.approx((-119.31, -0.40), abs=0.01)
    assert found.atomic_composition is not None
    held = dict(zip(found.atomic_composition.elements, found.atomic_composition.amount.astype(int), strict=True))
    assert held == {"Cr": 12_282, "Co": 11_172, "Ni": 10_377}
    # The file is patchy: most of its box is empty.
    assert found.density_box_per_nm3 is not None
    assert found.density_per_nm3 > 5.0 * found.density_box_per_nm3
    assert found.n_mass_to_charge_above_200_da > 0
    assert any("above 200 Da" in notice for notice in found.notices)


def test_labels_have_counts_but_no_atoms() -> None:
    folder = DATA / "pnnl_synthetic"
    found = summarize_ions(read_ions(folder / "test_simple_syn.pos"), read_ranges(folder / "test_simple_syn.rrng"))
    assert found.ranged_fraction == 1.0
    assert found.ionic_composition is not None
    assert found.ionic_composition.amount.tolist() == [231, 74, 74, 54, 107, 79]
    assert found.atomic_composition is None
    assert any("labels without composition" in notice for notice in found.notices)


def test_a_stream_is_summarized_like_the_whole() -> None:
    rng = np.random.default_rng(1)
    ions = Ions(
        rng.uniform(-5.0, 5.0, (20_000, 3)).astype(np.float32),
        rng.uniform(0.0, 300.0, 20_000).astype(np.float32),
        ions_in_pulse=rng.choice([1, 1, 1, 2, 0], 20_000).astype(np.uint32),
        format="epos",
    )
    table = RangeTable((MassRange(10.0, 60.0, "Al", {"Al": 1}), MassRange(70.0, 90.0, "O", {"O": 1})))
    whole = summarize_ions(ions, table).to_dict()
    parts = summarize_ions((part(ions, i, i + 999) for i in range(0, 20_000, 999)), table).to_dict()
    assert whole == parts


def test_the_density_of_a_filled_box_is_found_both_ways() -> None:
    rng = np.random.default_rng(2)
    ions = Ions(rng.uniform(0.0, 10.0, (30_000, 3)), rng.uniform(1.0, 50.0, 30_000))
    found = summarize_ions(ions)
    assert found.density_per_nm3 == pytest.approx(30.0)
    assert found.density_box_per_nm3 == pytest.approx(30.0, rel=1e-2)
    assert found.n_occupied_voxels == 1_000
    assert found.to_dataset().extent_nm.values == pytest.approx(10.0, abs=0.01)


def test_the_multi_hit_fraction_counts_all_ions_of_such_pulses() -> None:
    ions = Ions(
        np.random.default_rng(0).random((6, 3)), np.ones(6), ions_in_pulse=np.array([1, 3, 0, 0, 1, 1], np.uint32)
    )
    assert summarize_ions(ions).multi_hit_fraction == 0.5


def test_split_molecules_show_as_repeated_positions_and_are_said() -> None:
    positions = np.random.default_rng(3).random((1_000, 3)).astype(np.float32)
    ions = Ions(np.concatenate([positions, positions[:50], positions[:10]]), np.ones(1_060, np.float32))
    found = summarize_ions(ions)
    assert (found.n_duplicate_positions, found.n_duplicate_positions_sd) == (60, 0.0)
    assert any("molecular ions" in notice for notice in found.notices)


def test_sampled_keys_estimate_the_repeated_positions_within_their_error() -> None:
    scores = []
    for seed in range(12):
        positions = np.random.default_rng(seed).random((40_000, 3))
        tally = RepeatedPositions(most_keys=6_000)
        for start in range(0, 40_000, 1_000):
            tally.add(np.concatenate([positions[start : start + 1_000], positions[start : start + 250]]))
        estimate, error = tally.count()
        assert tally.shift >= 3
        scores.append((estimate - 10_000) / error)
    assert abs(np.mean(scores)) < 1.0
    assert 0.4 < np.std(scores) < 1.7


def test_a_stream_needs_bounded_memory() -> None:
    def chunks(count: int) -> Iterator[Ions]:
        for number in range(count):
            rng = np.random.default_rng(number)
            positions = rng.random((100_000, 3), dtype=np.float32) * 20.0
            yield Ions(positions, rng.random(100_000, dtype=np.float32) * 100.0)

    peaks = []
    for count in (20, 60):
        tracemalloc.start()
        summarize_ions(chunks(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 60 chunks hold 96 MB of ions; what stays is the keys of positions, 16 MiB at most.
    assert max(peaks) < 70e6


def test_ranges_of_another_file_are_refused_with_both_extents() -> None:
    ions = Ions(np.random.default_rng(0).random((1_000, 3)), np.linspace(1.0, 50.0, 1_000))
    table = RangeTable((MassRange(200.0, 210.0, "Au", {"Au": 1}),))
    with pytest.raises(InputError, match=r"from 1 to 50 Da.*200 to 210"):
        summarize_ions(ions, table)


def test_empty_clouds_and_bad_positions_are_refused() -> None:
    with pytest.raises(InputError, match="at least one ion"):
        summarize_ions(Ions(np.empty((0, 3)), np.empty(0)))
    with pytest.raises(InputError, match="first with index 1"):
        summarize_ions(Ions(np.array([[0.0, 0, 0], [np.nan, 0, 0]]), np.ones(2)))
    with pytest.raises(InputError, match="voxel_nm"):
        summarize_ions(Ions(np.zeros((1, 3)), np.ones(1)), voxel_nm=0.0)
