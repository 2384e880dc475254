"""Layers on a radius: neutral axis, balance of forces, misfit, and the cover that spares the film."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.mechanics import (
    Layer,
    Strip,
    bend_arc,
    bend_stack,
    cover_thickness,
    free_curvature,
    neutral_axis,
    stack_stiffness,
)

SHEET, FILM = Layer(20e-6, 60e9, 0.25), Layer(0.4e-6, 70e9, 0.24)


def test_identical_layers_are_one_layer() -> None:
    split = bend_stack([Layer(1e-6, 60e9, 0.2)] * 4, radius=1e-4)
    whole = bend_stack([Layer(4e-6, 60e9, 0.2)], radius=1e-4)
    assert split.neutral_axis == pytest.approx(2e-6, rel=1e-14)
    assert split.stiffness_per_width == pytest.approx(whole.stiffness_per_width, rel=1e-13)
    assert [split.strain[0, 0], split.strain[-1, 1]] == pytest.approx(whole.strain[0].tolist(), rel=1e-12)


def test_the_axis_of_a_symmetric_stack_lies_in_its_middle() -> None:
    found = bend_stack([FILM, SHEET, FILM], radius=3e-3)
    assert found.neutral_axis == pytest.approx(10.4e-6, rel=1e-14)


def test_reversing_the_layers_mirrors_the_strains() -> None:
    up, down = bend_stack([SHEET, FILM], radius=3e-3), bend_stack([FILM, SHEET], radius=-3e-3)
    np.testing.assert_allclose(up.strain, down.strain[::-1, ::-1], rtol=1e-12)


def test_bending_stress_has_no_resultant_force_and_gives_the_stiffness() -> None:
    layers = [SHEET, FILM, Layer(20e-6, 3e9, 0.35)]
    found = bend_stack(layers, radius=3e-3)
    t = np.array([layer.thickness for layer in layers])
    mean = found.stress.mean(axis=1)
    assert abs((mean * t).sum()) < 1e-12 * np.abs(mean * t).sum()
    top = np.cumsum(t)
    moment = 0.0
    for (low, high), end, thickness in zip(found.stress, top, t, strict=True):
        y = np.linspace(end - thickness, end, 2001)
        moment += np.trapezoid((low + (high - low) * (y - y[0]) / thickness) * (y - found.neutral_axis), y)
    assert moment * found.radius == pytest.approx(found.stiffness_per_width, rel=1e-5)


def test_a_thin_strained_film_bows_its_sheet_as_stoney_says() -> None:
    for thickness, tolerance in ((1e-9, 1e-5), (1e-7, 1e-3)):
        film = Layer(thickness, 100e9, 0.3, misfit=1e-3)
        stoney = 6 * film.biaxial_modulus / Layer(1.0, 170e9, 0.3).biaxial_modulus * thickness * 1e-3 / 500e-6**2
        assert free_curvature([Layer(500e-6, 170e9, 0.3), film]) == pytest.approx(stoney, rel=tolerance)


def test_misfit_strains_held_flat_are_in_balance() -> None:
    layers = [SHEET, Layer(0.4e-6, 70e9, 0.24, misfit=2e-3)]
    found = bend_stack(layers, radius=1e3)  # flat
    forces = [layer.thickness * layer.biaxial_modulus * strain.mean()
              for layer, strain in zip(layers, found.strain - found.bending_strain, strict=True)]  # fmt: skip
    assert sum(forces) == pytest.approx(0.0, abs=1e-9 * abs(forces[0]))
    assert found.strain[1].mean() < 0 < found.strain[0].mean()


def test_the_cover_puts_the_axis_into_the_film() -> None:
    cover = cover_thickness([SHEET, FILM], 1, 3e9, 0.35)
    found = bend_stack([SHEET, FILM, Layer(cover, 3e9, 0.35)], radius=3e-3)
    assert found.strain[1].sum() == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(InputError, match="Thicken the bottom"):
        cover_thickness([SHEET, FILM], 0, 3e9)


def test_many_stacks_at_once_are_as_one_by_one() -> None:
    t = np.array([[20e-6, 0.4e-6], [10e-6, 1e-6]])
    e = np.array([[64e9, 74e9], [5e9, 80e9]])
    for row in (0, 1):
        assert neutral_axis(t, e)[row] == pytest.approx(float(neutral_axis(t[row], e[row])), rel=1e-15)
        assert stack_stiffness(t, e)[row] == pytest.approx(float(stack_stiffness(t[row], e[row])), rel=1e-15)


def test_a_strip_of_layers_bends_as_its_stack() -> None:
    strip = Strip(1e-3, 1e-3, (SHEET, FILM))
    bent = bend_arc(strip, radius=3e-3)
    assert bent.tension.mid_line == pytest.approx(bend_stack([SHEET, FILM], radius=3e-3).strain[1, 1], rel=1e-12)
    assert bent.moment * bent.radius == pytest.approx(strip.stiffness, rel=1e-12)
