"""Errors say where, what, and what to do."""

import pickle

import pytest

from entrox.core import (
    ConvergenceError,
    EngineError,
    EntroxError,
    FormatError,
    InputError,
    MissingExtraError,
    nearest_names,
)


def test_format_error_points_at_the_column():
    error = FormatError("a bracket is missing", path="a.toml", line=3, column=5, text="Ba(1-2x")
    lines = str(error).splitlines()
    assert lines[0] == "a.toml, line 3, column 5: a bracket is missing"
    assert lines[2].index("^") - lines[1].index("B") == 4


def test_missing_extra_error_names_the_command_that_installs_it():
    error = MissingExtraError("dask", "hpc", "A cluster")
    assert "pip install 'entrox[hpc]'" in str(error)
    assert isinstance(error, ImportError)


def test_missing_extra_error_comes_back_from_another_process():
    error = pickle.loads(pickle.dumps(MissingExtraError("dask", "hpc", "A cluster")))
    assert str(error) == str(MissingExtraError("dask", "hpc", "A cluster"))
    assert (error.package, error.extra) == ("dask", "hpc")


def test_engine_error_carries_command_and_log():
    error = EngineError("failed", command="lmp -in x", log_tail="ERROR: lost atoms")
    assert "lmp -in x" in str(error)
    assert "lost atoms" in str(error)


def test_convergence_error_keeps_the_last_state():
    assert ConvergenceError("no", state=[1.0]).state == [1.0]


@pytest.mark.parametrize("error", [InputError("a"), FormatError("a"), ConvergenceError("a"), EngineError("a")])
def test_all_errors_are_one_family(error):
    assert isinstance(error, EntroxError)


def test_nearest_names_fall_back_on_the_known_ones():
    assert nearest_names("famly", ["family", "study"]) == "did you mean family?"
    assert nearest_names("zzzz", ["family", "study"]) == "known: family, study"
