"""The force fields that come with entrox keep the contract of every force field, to float64."""

from __future__ import annotations

import pytest

from entrox.potentials.teachers.shell_model import shell_calculator
from entrox.potentials.teachers.toy import toy_calculator
from force_contract import CONTRACT, Precision, shaken_titanate

DOUBLE = Precision(step_angstrom=1e-5, strain=1e-5, relative=1e-4, exact=1e-8)
FORCE_FIELDS = {"toy": toy_calculator, "shell": shell_calculator}


@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
@pytest.mark.parametrize("name", FORCE_FIELDS)
def test_force_field_keeps_the_contract(name, clause):
    clause(FORCE_FIELDS[name](), shaken_titanate(), DOUBLE)
