from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.order.response.dielectric import dielectric_tensor, switched_components


def two_domains(rng: np.random.Generator, count: int = 4000, noise: float = 0.02) -> np.ndarray:
    """A tetragonal state along z that flips twice and then turns to x."""
    state = np.zeros((count, 3))
    quarter = count // 4
    for part, (axis, sign) in enumerate([(2, 1.0), (2, -1.0), (2, 1.0), (0, -1.0)]):
        state[part * quarter : (part + 1) * quarter, axis] = 0.3 * sign
    return state + rng.normal(scale=noise, size=state.shape)


def test_a_run_that_switched_is_flagged_and_its_rotated_average_is_that_of_one_domain() -> None:
    series = two_domains(np.random.default_rng(0))
    plain = dielectric_tensor(series, 64_000.0, 300.0)
    assert plain.switched == (True, False, True)
    assert any("switched along x, z" in item for item in plain.warnings)
    rotated = dielectric_tensor(series, 64_000.0, 300.0, domains="rotated")
    single = 0.02**2 / (series[:, 2].var()) * plain.chi_ionic[2, 2]
    assert np.diag(rotated.chi_ionic) == pytest.approx(single, rel=0.25)
    assert rotated.mean_polarization_c_per_m2 == pytest.approx([0.3, 0.0, 0.0], abs=0.01)


def test_a_paraelectric_that_changes_sign_all_the_time_does_not_switch() -> None:
    series = np.random.default_rng(1).normal(scale=0.1, size=(5000, 3))
    assert not switched_components(series).any()
    assert not switched_components(series + np.array([0.0, 0.0, 0.8])).any()
    assert not switched_components(np.zeros((10, 3))).any()


def test_the_electronic_part_is_added_only_if_it_is_given() -> None:
    series = np.random.default_rng(2).normal(scale=0.1, size=(500, 3))
    bare = dielectric_tensor(series, 64_000.0, 300.0)
    assert bare.permittivity is None
    given = dielectric_tensor(series, 64_000.0, 300.0, eps_inf=6.2)
    np.testing.assert_allclose(given.permittivity - bare.chi_ionic, 6.2 * np.eye(3))
    tensor = np.diag([6.0, 6.1, 5.2])
    np.testing.assert_allclose(
        dielectric_tensor(series, 64_000.0, 300.0, eps_inf=tensor).permittivity, bare.chi_ionic + tensor
    )


def test_the_tensor_turns_with_the_axes_and_does_not_feel_a_constant() -> None:
    rng = np.random.default_rng(3)
    series = rng.normal(size=(1000, 3)) @ np.diag([0.1, 0.2, 0.4])
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    plain = dielectric_tensor(series, 64_000.0, 300.0).chi_ionic
    turned = dielectric_tensor(series @ turn.T + [1.0, 2.0, 3.0], 64_000.0, 300.0).chi_ionic
    np.testing.assert_allclose(turned, turn @ plain @ turn.T, rtol=1e-9)


def test_one_frame_has_no_fluctuation() -> None:
    with pytest.raises(InputError, match="two frames or more; got 1"):
        dielectric_tensor([[0.1, 0.0, 0.0]], 64.0, 300.0)
    with pytest.raises(InputError, match="temperature_k"):
        dielectric_tensor(np.zeros((5, 3)), 64.0, 0.0)
    with pytest.raises(InputError, match="eps_inf"):
        dielectric_tensor(np.eye(3), 64.0, 300.0, eps_inf=[1.0, 2.0])
