from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from entrox.core.errors import InputError
from entrox.design import SerialExecutor
from entrox.design.search import parse_search, run_search
from entrox.design.search.correction import fit_correction

TEXT = """
[search]
title = "Two looks"
rerun = 30
control = 10
looks = 2
draws = 60

[space]
host = "BaTiO3"
denominator = 6
[space.dopants]
A = ["Sr", "Ca", "Na", "Sm"]
B = ["Zr"]

[[objective]]
quantity = "breakdown_field_mv_per_m"

[[objective]]
quantity = "lattice_distortion"
direction = "minimize"

[measures]
breakdown = { seeds = 2, cells = 4, alloy = "explicit" }
"""


def quantities(count: int, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    names = ("lattice_distortion_a", "lattice_distortion_b", "entropy_a_site_r", "tolerance_factor")
    return {name: rng.uniform(0.0, 0.1, size=count) for name in names}


def law(values: dict[str, np.ndarray]) -> np.ndarray:
    """Return a ratio that is a quadratic function of distortions."""
    a, b = values["lattice_distortion_a"], values["lattice_distortion_b"]
    return np.exp(-0.1 - 3.0 * a + 20.0 * a * b)


def test_a_correction_finds_a_quadratic_law_and_predicts_candidates_that_it_has_not_seen() -> None:
    seen, new = quantities(80), quantities(40, seed=2)
    found = fit_correction(seen, law(seen))
    assert found.explained > 0.98
    assert "tolerance_factor" not in found.names
    np.testing.assert_allclose(found.factor(new), law(new), rtol=0.02)


def test_a_correction_that_explains_nothing_says_so_and_changes_little() -> None:
    seen = quantities(60)
    ratio = np.exp(np.random.default_rng(3).normal(-0.1, 0.05, size=60))
    found = fit_correction(seen, ratio)
    assert found.explained < 0.1
    assert found.factor(quantities(500, seed=4)).std() < 0.06


def test_nothing_is_predicted_beyond_what_was_seen() -> None:
    seen = quantities(60)
    ratio = law(seen)
    far = {name: 10.0 * values for name, values in quantities(200, seed=5).items()}
    factors = fit_correction(seen, ratio).factor(far)
    assert ratio.min() <= factors.min()
    assert factors.max() <= ratio.max()


def test_too_few_candidates_teach_nothing() -> None:
    with pytest.raises(InputError, match="at least 20 candidates"):
        fit_correction(quantities(10), np.ones(10))


def test_the_second_look_is_corrected_and_takes_only_new_candidates(tmp_path: Path) -> None:
    found = run_search(parse_search(TEXT), tmp_path / "run", executor=SerialExecutor())
    table = found.candidates
    assert table["composition"].is_unique
    later = table[table["group"] == "later look"]
    assert (len(later), len(table)) == (15, 40)
    # strongly disordered alloys break earlier than the law of mean parameters says
    disordered = later[later["screened"] > later["screened"].median()]
    assert (disordered["expected"] < disordered["screened"]).all()
    first = table[table["group"] != "later look"]
    assert (first["expected"] == first["screened"]).all()
    error = np.log(later["breakdown_field_mv_per_m"] / later["expected"])
    without = np.log(later["breakdown_field_mv_per_m"] / later["screened"])
    assert error.abs().mean() < without.abs().mean()
    assert any(text.startswith("look 2: the screen is corrected") for text in found.warnings)
    assert any(item.group == "later looks, corrected screen" for item in found.agreements)
