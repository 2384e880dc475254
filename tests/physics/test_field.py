"""The local field against closed forms, and the observed order of the discretization."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.sparse import diags_array, eye_array, kron
from scipy.sparse.linalg import spsolve

from entrox.breakdown import ChargePattern, unit_response
from entrox.breakdown.field import closed_form_field, pattern_density, solve_poisson, solve_poisson_nonuniform
from entrox.core import InputError
from entrox.core.units import VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM as EPSILON_0

PATTERN = ChargePattern(0.2, 0.7, 0.35)


def random_charge(shape, seed=3):
    return np.random.default_rng(seed).normal(size=shape)


def five_point_matrix(nx, ny, step):
    def second(n):
        return diags_array([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1])

    return (kron(second(nx), eye_array(ny)) + kron(eye_array(nx), second(ny))) / step**2


def test_sine_transform_equals_the_sparse_direct_solution():
    rho = random_charge((37, 52))
    direct = spsolve(five_point_matrix(37, 52, 0.1).tocsc(), rho.ravel() / (EPSILON_0 * 7.0)).reshape(rho.shape)
    fast = solve_poisson(rho, 0.1, 7.0)
    assert np.abs(fast - direct).max() <= 1e-10 * np.abs(direct).max()


def observed_order(solve):
    """Order of the error of a manufactured solution sin(pi x) sin(2 pi y) on the unit square."""
    errors, steps = [], []
    for n in (15, 31, 63):
        step = 1.0 / (n + 1)
        x = step * np.arange(1, n + 1)
        exact = np.sin(np.pi * x)[:, None] * np.sin(2 * np.pi * x)[None, :]
        errors.append(np.abs(solve(5 * np.pi**2 * EPSILON_0 * 3.0 * exact, step) - exact).max())
        steps.append(step)
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


def test_sine_transform_converges_with_second_order():
    assert observed_order(lambda rho, step: solve_poisson(rho, step, 3.0)) == pytest.approx(2.0, abs=0.1)


def test_finite_elements_converge_with_second_order():
    order = observed_order(lambda rho, step: solve_poisson_nonuniform(rho, step, np.full(rho.shape, 3.0)))
    assert order == pytest.approx(2.0, abs=0.1)


def test_finite_elements_converge_with_second_order_where_the_permittivity_varies():
    errors, steps = [], []
    for n in (15, 31, 63):
        step = 1.0 / (n + 1)
        x = step * np.arange(1, n + 1)
        epsilon = np.broadcast_to((1.0 + x)[:, None], (n, n))
        across = np.sin(2 * np.pi * x)[None, :]
        exact = np.sin(np.pi * x)[:, None] * across
        rho = EPSILON_0 * (5 * np.pi**2 * epsilon * exact - np.pi * np.cos(np.pi * x)[:, None] * across)
        errors.append(np.abs(solve_poisson_nonuniform(rho, step, epsilon) - exact).max())
        steps.append(step)
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)


def test_nonpositive_permittivity_is_refused():
    with pytest.raises(InputError, match="permittivity"):
        solve_poisson_nonuniform(np.zeros((3, 3)), 0.1, np.zeros((3, 3)))


def test_pattern_carries_no_net_charge():
    charge, _ = quad(lambda r: float(pattern_density(PATTERN, np.array(r))) * 2 * np.pi * r, 0, 12)
    assert abs(charge) < 1e-10


def test_unit_response_equals_gauss_law():
    response = unit_response(PATTERN, permittivity=300.0, spacing=2.0)
    r = np.linspace(0.05, 3.5, 60)
    angle = 0.7
    offset = r[:, None] * np.array([np.cos(angle), np.sin(angle)])
    field = response(offset)
    exact = closed_form_field(PATTERN, r, 300.0, 2.0)
    radial = field @ np.array([np.cos(angle), np.sin(angle)])
    assert np.abs(radial - exact).max() < 2e-3 * np.abs(exact).max()


def test_unit_response_converges_with_second_order():
    r = np.linspace(0.2, 2.5, 40)
    offset = np.stack([r, np.zeros_like(r)], axis=1)
    exact = closed_form_field(PATTERN, r, 300.0, 2.0)
    points, errors = np.array([6.0, 12.0, 24.0]), []
    for count in points:
        errors.append(np.abs(unit_response(PATTERN, 300.0, 2.0, count)(offset)[:, 0] - exact).max())
    assert -np.polyfit(np.log(points), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)


def test_field_is_smallest_at_the_center_and_grows_outward():
    r = np.linspace(0.0, 0.3, 7)
    for pattern in (PATTERN, ChargePattern(1.2, 1.0, 2.0)):
        assert (np.diff(np.abs(closed_form_field(pattern, r, 1.0, 2.0))) > 0).all()


def test_neutral_patterns_make_no_field_far_away():
    assert abs(closed_form_field(PATTERN, np.array([6.0]), 1.0, 2.0)[0]) < 1e-10


def test_fields_of_cation_and_anion_point_the_same_way_between_them():
    cation = closed_form_field(PATTERN, np.array([1.0]), 1.0, 2.0)[0]
    anion = closed_form_field(ChargePattern(1.2, 1.0, 2.0), np.array([1.8]), 1.0, 2.0)[0]
    # Outward from the cation, inward to the anion.
    assert cation > 0 > anion


@pytest.mark.parametrize("bad", [dict(density=0.0), dict(cloud_width=-1.0), dict(hole_width=np.nan)])
def test_impossible_patterns_are_refused(bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        ChargePattern(**{"density": 1.0, "cloud_width": 1.0, "hole_width": 1.0, **bad})
