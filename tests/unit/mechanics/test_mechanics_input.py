"""What the room of bending refuses, and how."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from entrox.core import ConvergenceError, InputError
from entrox.mechanics import (
    Layer,
    Strip,
    Unreachable,
    bend_arc,
    bend_between_plates,
    bend_clamped,
    bend_film,
    bend_for_strain,
    bend_hinged,
    bend_needle,
    bend_stack,
    elastic_law,
    elastica,
    face_strain,
    follow_path,
    nominal_strain,
    push_needle,
)

STRIP = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)


def test_a_film_thicker_than_a_fifth_of_its_length_is_refused() -> None:
    with pytest.raises(InputError, match="a fifth of the length"):
        Strip.single(10e-6, 8e-6, 2.1e-6, 70e9, 0.24)
    assert Strip.single(10e-6, 8e-6, 2.0e-6, 70e9, 0.24).thickness == 2.0e-6


@pytest.mark.parametrize("poisson", [0.5, 0.7, -1.0])
def test_an_incompressible_layer_is_refused(poisson: float) -> None:
    with pytest.raises(InputError, match="Poisson"):
        Layer(1e-6, 1e9, poisson)
    with pytest.raises(InputError, match="Poisson"):
        elastic_law("hencky", 1e9, poisson)


def test_strains_beyond_a_fifth_are_refused() -> None:
    with pytest.raises(InputError, match="20 %"):
        face_strain(1.1e6, 0.2e-6)
    with pytest.raises(InputError, match="20 %"):
        bend_between_plates(STRIP, 2e-6)
    with pytest.raises(InputError, match="larger radius"):
        bend_stack([Layer(1e-6, 1e9)], radius=2e-6)


def test_the_four_measures_agree_at_small_strain_and_are_named() -> None:
    for measure in ("mid_line", "nominal", "logarithmic", "green"):
        assert nominal_strain(1e-5, measure) == pytest.approx(1e-5, rel=1e-4)
    with pytest.raises(InputError, match="measure must be one of mid_line"):
        nominal_strain(0.01, "true")


def test_a_fold_that_takes_more_film_than_there_is_names_the_widest_gap() -> None:
    with pytest.raises(InputError, match=r"at most 22\.84"):
        bend_between_plates(STRIP, 30e-6)


def test_ends_cannot_pass_through_each_other() -> None:
    for distance in (-1e-6, 50e-6, float("nan")):
        with pytest.raises(InputError, match="end distance"):
            bend_hinged(STRIP, distance)


def test_angles_that_no_film_takes_are_refused_with_the_range() -> None:
    with pytest.raises(InputError, match="between 0 and 90 degree"):
        bend_clamped(STRIP, force_angle=np.pi / 2, tip_angle=np.radians(95))
    with pytest.raises(InputError, match="between 140 and 250"):
        elastica(1.0, np.radians(250), np.radians(100))
    with pytest.raises(InputError, match="direction of the force"):
        elastica(1.0, -0.3, 0.1)
    with pytest.raises(InputError, match="fold angle"):
        bend_arc(STRIP, fold_angle=7.0)


def test_one_load_is_needed_and_only_one() -> None:
    for loads in ({}, {"fold_angle": 1.0, "radius": 1e-5}):
        with pytest.raises(InputError, match="give one"):
            bend_arc(STRIP, **loads)
        with pytest.raises(InputError, match="give one"):
            bend_stack([Layer(1e-6, 1e9)], **{"radius": 1.0, "mandrel": 1.0} if loads else {})


def test_a_needle_below_the_film_or_beyond_it_is_refused() -> None:
    with pytest.raises(InputError, match="above the straight film"):
        bend_needle(STRIP, 30e-6, -1e-6)
    with pytest.raises(InputError, match="between its clamp"):
        push_needle(STRIP, 1.0, contact_length=60e-6)


@pytest.mark.parametrize(("case", "strain", "words"), [
    ("arc", 0.048, "full circle"), ("hinged", 0.048, "ends meet"), ("needle", 0.048, "slips off"),
    ("plates", 0.008, "more film"),
])  # fmt: skip
def test_a_strain_out_of_reach_says_why_and_gives_the_limit(case: str, strain: float, words: str) -> None:
    found = bend_for_strain(STRIP, case, strain)
    assert isinstance(found, Unreachable)
    assert words in found.reason
    assert found.largest_strain != strain


def test_a_push_against_the_film_cannot_give_a_small_strain() -> None:
    found = bend_for_strain(STRIP, "clamped", 0.005, force_angle=np.radians(250))
    assert isinstance(found, Unreachable)
    assert "larger strain" in found.reason


def test_elements_take_one_layer_and_a_known_law() -> None:
    layered = Strip(50e-6, 8e-6, (Layer(0.2e-6, 70e9, 0.2), Layer(0.2e-6, 60e9, 0.2)))
    with pytest.raises(InputError, match="one layer"):
        bend_film(bend_between_plates(layered, 10e-6))
    with pytest.raises(InputError, match="no law 'henky'; did you mean hencky"):
        bend_film(bend_between_plates(STRIP, 10e-6), law="henky")


def test_a_film_without_equilibrium_is_no_result_but_leaves_its_last_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrox.mechanics.fe.ITERATIONS", 1)
    with pytest.raises(ConvergenceError, match="more elements") as caught:
        bend_film(bend_hinged(STRIP, 0.0), elements=(2, 1))
    state = caught.value.state
    assert isinstance(state, np.ndarray)
    assert state.shape == (15, 2)


def test_a_path_names_its_columns() -> None:
    with pytest.raises(InputError, match="x_um, y_um"):
        follow_path(STRIP, "needle", [1.0, 2.0])
    with pytest.raises(InputError, match="direction of its push"):
        follow_path(STRIP, "clamped", [0.5])
    with pytest.raises(InputError, match="case must be one of"):
        follow_path(STRIP, "cantilever", [0.5])


def test_importing_the_room_loads_neither_scipy_special_nor_scikit_fem() -> None:
    code = "import sys, entrox.mechanics; print('skfem' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
