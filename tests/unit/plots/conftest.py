"""A small real study of the five BaTiO3 families, and one built by hand whose texts are hostile."""

import dataclasses
from fractions import Fraction

import pandas as pd
import pytest

from entrox.core import Quantity
from entrox.design import Family, SerialExecutor, StudyResult, example_study, parse_study, run_study


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Five families, six points each, eight seeds."""
    text = example_study().replace("steps = 21", "steps = 6").replace("seeds = 32", "seeds = 8")
    return run_study(parse_study(text), tmp_path_factory.mktemp("study") / "run", executor=SerialExecutor())


@pytest.fixture(scope="session")
def hostile_study(tmp_path_factory):
    """A study with markup, mathematics and a script in every text that a user can give."""
    script = "<script>alert(1)</script>"
    text = example_study().replace("steps = 21", "steps = 4").replace("seeds = 32", "seeds = 6")
    for name in ("A4 (Sr, Ca, Na, Sm)", "B5 (Zr, Hf, Sn, Sc, Ta)", "A2B2 (Sr, Ca; Zr, Hf)"):
        text = text.replace(name, f"{script} & $x_{len(name)}$")
    text = text.replace("Breakdown of high-entropy BaTiO3", script).replace("Five high-entropy families", script)
    result = run_study(parse_study(text), tmp_path_factory.mktemp("hostile") / "run", executor=SerialExecutor())
    points = result.points.assign(warnings=result.points["warnings"] + f"; {script} </script> --> <!--")
    return dataclasses.replace(result, points=points)


@pytest.fixture
def descriptors_only(tmp_path):
    """A study without breakdown fields, built by hand."""
    columns = {
        "entropy_per_formula_unit_r": Quantity(
            "entropy_per_formula_unit_r", "R", "configurational entropy per formula unit"
        ),
        "lattice_distortion": Quantity("lattice_distortion", "1", "lattice distortion"),
    }
    formula, name = "Ba(1-x)SrxTiO3", "Sr"
    points = pd.DataFrame(
        {
            "family": [name] * 3,
            "formula": [formula] * 3,
            "composition": ["BaTiO3", "Ba0.75Sr0.25TiO3", "Ba0.5Sr0.5TiO3"],
            "x": [0.0, 0.25, 0.5],
            "host": ["BaTiO3"] * 3,
            "entropy_per_formula_unit_r": [0.0, 0.562, 0.693],
            "lattice_distortion": [0.0, 0.047, 0.056],
            "warnings": [""] * 3,
        }
    )
    family = Family(name=name, formula=formula, host="BaTiO3", x_values=(Fraction(0), Fraction(1, 4), Fraction(1, 2)))
    return StudyResult(
        title="Descriptors only",
        points=points,
        families=(family,),
        columns=columns,
        settings={"measures": {"descriptors": {}}},
        best=(),
        warnings=(),
        provenance={"version": "0", "packages": {}},
        folder=tmp_path,
    )
