"""Electron form factors: published values, the two sources beside one another, decay, ions."""

import numpy as np
import pytest

from entrox.composition.electron_factors import MOTT_BETHE_PER_ANGSTROM, electron_form_factors
from entrox.composition.tables import read_table
from entrox.core import InputError

TABULATED = tuple(row["element"] for row in read_table("lobato"))
OUTER_SHELLS_DIFFER = {"Ce": 2.4}
"""Largest difference of an element whose outer shells the two sources fill differently [percent]."""


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("O", [2.0291, 1.75073, 1.23176, 0.54270, 0.15857]),
        ("Ti", [8.7797, 5.37254, 2.85559, 1.22227, 0.39386]),
        ("Bi", [13.5658, 10.16629, 6.43440, 3.18384, 1.25397]),
    ],
)
def test_form_factors_have_the_published_values(symbol, expected):
    found = electron_form_factors([symbol], [0.0, 0.25, 0.5, 1.0, 2.0])[0]
    assert found == pytest.approx(expected, rel=3e-5)


def test_the_constant_of_mott_and_bethe_is_that_of_the_bohr_radius():
    assert pytest.approx(0.0239337, abs=5e-8) == MOTT_BETHE_PER_ANGSTROM


@pytest.mark.parametrize("symbol", ["O", "Si", "Ti", "Bi"])
def test_elements_of_the_family_agree_with_mott_bethe_within_1_3_percent(symbol):
    s = np.linspace(0.5, 2.0, 31)
    ratio = electron_form_factors([symbol], s)[0] / electron_form_factors([symbol], s, "mott-bethe")[0]
    assert np.abs(ratio - 1.0).max() < 0.013


@pytest.mark.parametrize("symbol", TABULATED)
def test_every_tabulated_element_agrees_with_mott_bethe(symbol):
    s = np.linspace(0.5, 2.0, 31)
    ratio = electron_form_factors([symbol], s)[0] / electron_form_factors([symbol], s, "mott-bethe")[0]
    assert 100.0 * np.abs(ratio - 1.0).max() < OUTER_SHELLS_DIFFER.get(symbol, 1.8)


def test_far_out_only_the_nucleus_scatters():
    from ase.data import atomic_numbers

    heights = electron_form_factors(TABULATED, [12.0])[:, 0] * 6.0**2 / MOTT_BETHE_PER_ANGSTROM
    charges = np.array([atomic_numbers[symbol] for symbol in TABULATED])
    assert (heights < charges).all()
    # what the electrons still screen at this angle is less than a tenth, up to the innermost shell of heavy atoms
    assert (heights > 0.85 * charges).all()


def test_mott_bethe_is_finite_and_smooth_at_the_center():
    found = electron_form_factors(["Ti", "O"], [0.0, 1e-6, 1e-3, 1e-2], "mott-bethe")
    assert np.isfinite(found).all()
    assert np.abs(np.diff(found[:, :3], axis=1)).max() < 1e-3


def test_ions_are_taken_as_atoms_with_a_warning_that_names_them():
    with pytest.warns(UserWarning, match="Ti4\\+ as Ti, O2- as O"):
        found = electron_form_factors(["Ti4+", "O2-", "Ba"], [0.3])
    assert found.tolist() == electron_form_factors(["Ti", "O", "Ba"], [0.3]).tolist()


@pytest.mark.parametrize(
    ("symbols", "s", "factors", "text"),
    [
        (["Md"], [0.5], "lobato", "mott-bethe"),
        (["Xx"], [0.5], "lobato", "not an element"),
        (["O"], [-0.1], "lobato", "from s = 0 to 12"),
        (["O"], [0.5], "kirkland", "no electron form factors"),
    ],
)
def test_what_the_tables_do_not_hold_is_refused(symbols, s, factors, text):
    with pytest.raises(InputError, match=text):
        electron_form_factors(symbols, s, factors)
