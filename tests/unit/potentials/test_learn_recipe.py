from __future__ import annotations

from pathlib import Path

import pytest

from entrox.core import FormatError, InputError
from entrox.potentials.learning.learn_honesty import honesty_of
from entrox.potentials.learning.learn_parts import build_engine, build_student, elements_of
from entrox.potentials.learning.learn_recipe import example_recipe, read_recipe
from entrox.potentials.learning.learn_settings import LearnSettings, StudentSettings, TrustSettings
from entrox.potentials.learning.start_frames import build_cells

EXAMPLES = Path(__file__).parents[3] / "examples"

SMALL = """\
seed = 2

[[compositions]]
formula = "Ba(1-y)CayTi(1-x)SnxO3"
x = [0, "1/8"]
y = [0, 0.25]

[explore]
temperatures_k = [300]
first_ps = 0.5
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_recipe_needs_compositions_only(tmp_path) -> None:
    recipe = read_recipe(write(tmp_path, SMALL))
    assert (recipe.seed, recipe.teacher.name, recipe.student.models) == (2, "chgnet", 4)
    assert recipe.trust == TrustSettings(sigma_low_ev_per_angstrom=0.125, sigma_high_ev_per_angstrom=0.5)
    assert recipe.explore.temperatures_k == (300.0,)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 2", "sead = 2", "line 1: unknown key 'sead'; did you mean seed?"),
        ("first_ps", "frist_ps", "line 10: unknown key 'frist_ps'; did you mean first_ps"),
        ("x = [0, ", "z = [0, ", "line 5: unknown key 'z'"),
        ("first_ps = 0.5", "first_ps = 50", "line 8: explore: first_ps must not exceed longest_ps."),
        ("[300]", "[300, -5]", "line 9: explore.temperatures_k: input should be greater than 0; got -5"),
        ("[300]", "[]", "line 9: explore.temperatures_k: tuple should have at least 1 item"),
        ('x = [0, "1/8"]\n', "", "line 4: the formula Ba(1-y)CayTi(1-x)SnxO3 needs values of x."),
        ('"1/8"', '"one eighth"', "line 4: "),
        ("seed = 2", "seed = 2\n[student.settings]\nn_step = 5\n", "line 2: unknown training setting 'n_step'"),
        ("seed = 2", "seed = 2\n[student]\nkind = 'linear'\n", "LAMMPS has no linear student; set engine"),
        (
            "seed = 2",
            "seed = 2\n[trust]\nsigma_low_ev_per_angstrom = 0.6\n",
            "line 2: trust: sigma_low_ev_per_angstrom",
        ),
    ],
)
def test_a_mistake_in_a_recipe_is_named_with_its_line(tmp_path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_recipe(write(tmp_path, SMALL.replace(old, new)))
    assert message in str(caught.value)
    assert "recipe.toml" in str(caught.value)


def test_a_formula_that_cannot_be_read_is_named_with_its_line(tmp_path) -> None:
    with pytest.raises(FormatError, match=r"recipe\.toml, line 4: "):
        read_recipe(write(tmp_path, SMALL.replace("Ba(1-y)", "Ba(1-y")))


def test_compositions_that_do_not_fit_their_cell_are_refused() -> None:
    recipe = LearnSettings(compositions=[{"formula": "Ba(1-x)CaxTiO3", "x": ["1/16"]}])
    with pytest.raises(InputError, match="no whole numbers on 8 sites"):
        build_cells(recipe.compositions, 1)


def test_values_of_the_command_line_are_checked_like_those_of_the_recipe() -> None:
    recipe = LearnSettings(compositions=[{"formula": "BaTiO3"}])
    changed = recipe.changed({"stop": {"generations": 7}, "trust": {}})
    assert (changed.stop.generations, changed.trust) == (7, recipe.trust)
    with pytest.raises(InputError, match="must lie below sigma_high"):
        recipe.changed({"trust": {"sigma_low_ev_per_angstrom": 0.9}})


def test_when_to_stop_and_how_long_to_wait_changes_no_number() -> None:
    recipe = LearnSettings(compositions=[{"formula": "BaTiO3"}])
    assert recipe.changed({"stop": {"generations": 9, "max_hours": 1.0}}).numbers() == recipe.numbers()
    assert recipe.changed({"teacher": {"timeout_s": 5.0, "retries": 0}}).numbers() == recipe.numbers()
    assert recipe.changed({"teacher": {"name": "toy"}}).numbers() != recipe.numbers()
    assert recipe.changed({"select": {"labels_per_generation": 9}}).numbers() != recipe.numbers()


def test_the_example_is_the_small_demonstration() -> None:
    assert (EXAMPLES / "bcts_mini.toml").read_text(encoding="utf-8") == example_recipe()
    recipe = read_recipe(EXAMPLES / "bcts_mini.toml")
    cells = build_cells(recipe.compositions, recipe.seed)
    assert {len(cell.atoms) for cell in cells} == {40}
    assert len(cells) * len(recipe.explore.temperatures_k) * recipe.explore.runs_per_cell == 22
    assert len({cell.formula for cell in cells}) == 9
    assert elements_of(cells) == ("Ba", "Ca", "Ti", "Sn", "O")
    student, warm = (build_student(recipe.student, elements_of(cells), warm=warm) for warm in (False, True))
    assert (student.settings.n_steps, warm.settings.n_steps) == (1500, 1200)
    assert (recipe.start.frames, recipe.select.labels_per_generation, recipe.stop.generations) == (120, 60, 2)


def test_the_full_recipe_has_the_eleven_compositions_in_cells_of_40_and_80_atoms() -> None:
    recipe = read_recipe(EXAMPLES / "bcts_full.toml")
    single = [table.model_copy(update={"arrangements": 1, "method": "random"}) for table in recipe.compositions]
    cells = build_cells(single, recipe.seed)
    assert len({cell.formula for cell in cells}) == 11
    assert sorted({len(cell.atoms) for cell in cells}) == [40, 80]
    assert build_student(recipe.student, elements_of(cells), warm=False).settings.n_steps == 1_000_000
    assert build_engine(recipe.explore.engine).name == "lammps"


def test_limits_of_the_method_are_said_where_they_apply() -> None:
    small = LearnSettings(compositions=[{"formula": "BaTiO3"}])
    warnings = honesty_of(small, build_cells(small.compositions, 1))
    assert any("PBE+U" in text for text in warnings)
    assert any("40 atoms" in text for text in warnings)
    assert any("anecdote" in text for text in warnings)
    large = LearnSettings(
        compositions=[{"formula": "Ba0.5Ca0.5TiO3", "shape": [3, 3, 4], "arrangements": 2}],
        teacher={"name": "cp2k"},
        student={"preset": "paper"},
    )
    warnings = honesty_of(large, build_cells(large.compositions, 1))
    assert not any(word in text for text in warnings for word in ("PBE+U", "40 atoms", "anecdote", "laptop"))
    assert "The model is short-ranged: it has no dipole-dipole tail." in warnings


def test_a_committee_has_at_least_two_models() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 2"):
        StudentSettings(models=1)
