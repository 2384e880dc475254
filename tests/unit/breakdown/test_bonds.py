"""Bond regions and quadratic forms."""

import numpy as np
import pytest

from entrox.breakdown import ChargePattern, bond_forms, calibrated_patterns, perovskite_plane, rock_salt_plane
from entrox.breakdown.bonds import bond_regions
from entrox.core import InputError

PLANES = [perovskite_plane(4.0), perovskite_plane(4.0, plane="BO2"), rock_salt_plane(4.2)]


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: plane.label)
def test_regions_of_all_bonds_tile_the_plane(plane):
    _, owner, weights = bond_regions(plane, 0.1)
    area = abs(np.linalg.det(plane.cell))
    assert weights.sum() == pytest.approx(area)
    shares = np.bincount(owner, weights=weights)
    assert np.allclose(shares, area / len(plane.bonds))


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: plane.label)
def test_equivalent_bonds_have_equal_forms(plane):
    forms = bond_forms(plane, calibrated_patterns(), 300.0)
    density = np.where(plane.is_anion, 1.2, 0.2)
    energies = np.einsum("bst,s,t->b", forms.by_site(len(plane.species)), density, density)
    assert np.ptp(energies) < 1e-6 * energies.mean()


def test_forms_are_symmetric_and_never_negative():
    forms = bond_forms(perovskite_plane(4.0), calibrated_patterns(), 300.0)
    for matrix in forms.matrices:
        assert np.allclose(matrix, matrix.T)
        assert np.linalg.eigvalsh(matrix).min() > -1e-12 * np.abs(matrix).max()


def test_energy_falls_as_the_inverse_of_the_permittivity():
    plane, patterns = perovskite_plane(4.0), calibrated_patterns()
    low, high = (bond_forms(plane, patterns, eps).by_site(2) for eps in (100.0, 300.0))
    assert np.allclose(low, 3.0 * high, rtol=1e-6)


def test_energy_of_an_isolated_pattern_equals_the_integral_of_its_field():
    # Far apart ions: the four bonds around a cation share the energy of its pattern.
    from entrox.breakdown.field import closed_form_field
    from entrox.core.units import VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM as EPSILON_0

    pattern = ChargePattern(0.2, 0.5, 0.25)
    plane = perovskite_plane(9.0)
    forms = bond_forms(plane, {"cation": pattern, "anion": pattern}, 10.0, grid_step=0.05).by_site(2)
    r = np.linspace(1e-6, 4.0, 40001)
    field = closed_form_field(pattern, r, 10.0, plane.spacing)
    energy = 0.5 * EPSILON_0 * 10.0 * plane.spacing * np.trapezoid(field**2 * 2 * np.pi * r, r)
    assert forms[:, 0, 0].sum() == pytest.approx(energy, rel=0.005)


def test_finer_quadrature_changes_the_form_by_less_than_a_thousandth():
    plane, patterns = perovskite_plane(4.0), calibrated_patterns()
    coarse, fine = (bond_forms(plane, patterns, 300.0, grid_step=step).by_site(2)[0] for step in (0.1, 0.025))
    assert np.abs(coarse / fine - 1.0).max() < 1e-3


def test_plane_without_bonds_is_refused():
    plane = perovskite_plane(4.0)
    empty = type(plane)(**{**plane.__dict__, "bonds": plane.bonds[:0], "bond_shifts": plane.bond_shifts[:0]})
    with pytest.raises(InputError, match="no cation-anion bond"):
        bond_forms(empty, calibrated_patterns(), 300.0)
