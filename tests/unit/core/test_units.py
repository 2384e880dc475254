"""Conversions against independent values."""

import pytest

from entrox.core import units


def test_kilojoule_per_mole_in_electronvolt():
    assert 1.0 / units.EV_PER_KJ_PER_MOL == pytest.approx(96.48533, rel=1e-6)


def test_vacuum_permittivity_in_atomic_lengths():
    # e / eps0 is 180.9513 V angstrom.
    assert 1.0 / units.VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM == pytest.approx(180.9513, rel=1e-6)


def test_boltzmann_constant_in_electronvolt():
    assert units.BOLTZMANN_EV_PER_K == pytest.approx(8.617333e-5, rel=1e-6)
