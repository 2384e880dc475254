from __future__ import annotations

from pathlib import Path

import pytest

from entrox.core import InputError
from entrox.core.toml_settings import parse_settings
from entrox.dynamics.diagrams.phase_diagram_recipe import example_phase_diagram, read_phase_diagram_recipe
from entrox.dynamics.diagrams.phase_diagram_settings import PhaseDiagramSettings
from entrox.dynamics.protocols import Ladder, Ramp

EXAMPLE = Path(__file__).parents[3] / "examples" / "bcts_phase_diagram.toml"
RECIPE = """
seed = 3
[[line]]
formula = "BaTi(1-x)SnxO3"
x = [0, "1/8", 0.25]
[box]
shapes = [[4, 4, 4], [2, 2, 2]]
arrangements = 2
[run]
engine = "ase"
low_k = 100
high_k = 400
step_k = 50
hold_ps = 1
[potential]
factory = "soft_mode:soft_mode_calculator"
"""


def parsed(text: str) -> PhaseDiagramSettings:
    return parse_settings(text, PhaseDiagramSettings)


def test_the_published_plan_is_a_recipe() -> None:
    settings = read_phase_diagram_recipe(EXAMPLE)
    assert EXAMPLE.read_text(encoding="utf-8") == example_phase_diagram()
    assert settings.box.shapes == ((12, 12, 4),)
    assert settings.box.arrangements == 5
    assert [line.variable for line in settings.line] == ["x", "y"]
    places = {(c.x, c.y) for line in settings.line for c in line.compositions()}
    assert len(places) == 12
    assert {y for x, y in places if x == 0.2} == {0.075}
    protocols = settings.run.protocols()
    assert set(protocols) == {"heating", "cooling"}
    up = protocols["heating"]
    assert isinstance(up, Ladder)
    assert (up.temperatures_k[0], up.temperatures_k[-1], len(up.temperatures_k), up.hold_ps) == (50.0, 500.0, 46, 50.0)
    assert protocols["cooling"].temperatures_k == up.temperatures_k[::-1]


def test_exact_fractions_and_the_largest_box_come_out() -> None:
    settings = parsed(RECIPE)
    assert [c.formula for c in settings.line[0].compositions()] == ["BaTiO3", "BaTi0.875Sn0.125O3", "BaTi0.75Sn0.25O3"]
    assert [box.shape for box in settings.box.boxes()] == [(2, 2, 2), (4, 4, 4)]


def test_a_rate_makes_ramps_that_settle_first() -> None:
    settings = parsed(RECIPE.replace("hold_ps = 1", "rate_k_per_ps = 2\nsettle_ps = 5"))
    down = settings.run.protocols()["cooling"]
    assert isinstance(down, Ramp)
    assert (down.t_start_k, down.t_end_k, down.settle_ps) == (400.0, 100.0, 5.0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("x = [0", "z = [0", r"line 5: unknown key 'z'"),
        ('x = [0, "1/8", 0.25]', "x = 0.1", "one of x and y must be a list"),
        ('x = [0, "1/8", 0.25]', "x = [0, 2]", "line 3"),
        ('"BaTi(1-x)SnxO3"', '"Na(1-x)KxCl"', "needs perovskites"),
        ('"BaTi(1-x)SnxO3"', '"BaTi(1-x)SqxO3"', "Sq"),
        ("[2, 2, 2]", "[1, 2, 2]", "at least two cells thick"),
        ("[2, 2, 2]", "[4, 4, 4]", "each shape may occur once"),
        ("hold_ps = 1", "", "hold_ps for a ladder or rate_k_per_ps"),
        ("hold_ps = 1", "hold_ps = 1\nrate_k_per_ps = 1", "not both"),
        ("hold_ps = 1", "hold_ps = 1\nsettle_ps = 1", "settle_ps belongs to a ramp"),
        ("high_k = 400", "high_k = 200", "at least three steps"),
        ("hold_ps = 1", "hold_ps = -1", "line 14"),
        ('engine = "ase"', 'engine = "lammps"', "LAMMPS cannot run a calculator"),
        ('engine = "ase"', 'engine = "vasp"', "line 10"),
        ("seed = 3", "seed = -3", "line 2"),
        ('factory = "soft_mode:soft_mode_calculator"', "", "give models or factory"),
        ('factory = "soft_mode:soft_mode_calculator"', 'models = ["a.pb"]\ncommittee = true', "at least two models"),
    ],
)
def test_mistakes_are_named(old: str, new: str, message: str) -> None:
    assert old in RECIPE
    with pytest.raises((InputError, ValueError), match=message):
        parsed(RECIPE.replace(old, new))
