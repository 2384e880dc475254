"""Tensile curves of known modulus, compliance and fracture; the same through the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.film.tensile import measure_tensile

SIZE = (50e-6, 8e-6, 0.4e-6)
SECTION = 8e-6 * 0.4e-6


def pull(end=0.0529, noise=0.0, compliance=0.0, bend=0.0):
    strain = np.linspace(0.0, end, 120)
    force = 70e9 * (strain - bend * np.maximum(strain - 0.03, 0.0)) * SECTION
    force = force + noise * generator(1).standard_normal(120)
    return np.append(strain * 50e-6 + compliance * force, 2.8e-6), np.append(force, 0.0)


def test_the_published_pull_ends_at_modulus_times_strain():
    found = measure_tensile(*pull(), *SIZE)
    assert found.modulus == pytest.approx(70e9)
    assert found.broken
    assert found.fracture_strain == pytest.approx(0.0529)
    assert (found.fracture_stress, found.line_stress) == pytest.approx((3.703e9, 3.703e9), rel=1e-4)
    assert found.departure_strain is None


def test_the_interval_holds_the_modulus_of_a_noisy_pull():
    low, high = measure_tensile(*pull(noise=5e-7), *SIZE).modulus_interval
    assert low < 70e9 < high
    assert high - low < 4e9


def test_a_soft_machine_makes_a_film_look_soft_until_it_is_subtracted():
    curve = pull(compliance=0.05)
    raw = measure_tensile(*curve, *SIZE)
    assert raw.modulus == pytest.approx(70e9 / (1.0 + 0.05 * 70e9 * SECTION / 50e-6))
    assert "lower bound" in raw.warnings[0]
    assert measure_tensile(*curve, *SIZE, compliance_m_per_n=0.05).modulus == pytest.approx(70e9)
    with pytest.raises(InputError, match="compliance"):
        measure_tensile(*curve, *SIZE, compliance_m_per_n=5.0)


def test_a_bend_in_the_curve_is_seen_where_it_leaves_the_line():
    found = measure_tensile(*pull(bend=0.6), *SIZE)
    truth = 0.03 * 0.6 / (0.6 - 0.05)
    assert found.departure_strain == pytest.approx(truth, abs=5e-4)


def test_a_record_without_a_drop_did_not_break():
    displacement, force = pull()
    found = measure_tensile(displacement[:-1], force[:-1], *SIZE)
    assert not found.broken
    with pytest.raises(InputError, match="points"):
        measure_tensile(displacement, force, *SIZE, window=(0.0, 1e-4))


def test_the_example_tables_are_those_of_their_script(tmp_path):
    import runpy
    import sys

    folder = Path(__file__).parents[2] / "examples" / "film"
    before = sys.argv
    sys.argv = ["make_examples.py", str(tmp_path)]
    try:
        runpy.run_path(str(folder / "make_examples.py"), run_name="__main__")
    finally:
        sys.argv = before
    made = sorted(path.name for path in tmp_path.glob("*.csv"))
    assert len(made) == 6
    for name in made:
        first, second = ((root / name).read_text(encoding="utf-8").splitlines() for root in (tmp_path, folder))
        assert first[:2] == second[:2]
        rows = [
            np.array([[float(cell) for cell in line.split(",")] for line in lines[2:]]) for lines in (first, second)
        ]
        assert np.allclose(*rows, rtol=1e-4, atol=1e-9)
