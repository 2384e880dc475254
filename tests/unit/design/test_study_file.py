from pathlib import Path

import pytest
from fake_measures import KNOWN

from entrox.core.errors import EntroxError, FormatError, InputError
from entrox.core.toml_lines import key_lines, line_of
from entrox.design import Study, example_study, parse_study, read_study

ROOT = Path(__file__).parents[3]

GOOD = """\
[study]
title = "A title"
seed = 7

[[family]]
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 0.5, steps = 3 }

[[family]]
name = "second"
formula = "Ba(1-2x)SrxCaxTiO3"
host = "BaTiO3"
x = { start = 0, stop = "1/3", steps = 3 }

[measures]
light = {}
field = { seeds = 3 }

[report]
title = "Report"
"""


def parse(text: str) -> Study:
    return parse_study(text, path="my.toml", measures=KNOWN)


def test_a_study_file_is_read_whole() -> None:
    study = parse(GOOD)
    assert (study.title, study.seed, study.report.title) == ("A title", 7, "Report")
    assert study.measures == {"light": {}, "field": {"seeds": 3}}
    families = study.build_families()
    assert [family.name for family in families] == ["Ba(1-x)SrxTiO3", "second"]
    assert families[0].x.tolist() == [0.0, 0.25, 0.5]


MISTAKES = [
    ("[[family]]\nformula", "[[famly]]\nformula", r"line 5: unknown table or key 'famly'; did you mean family"),
    ("[measures]", "[measure]", r"line 16: unknown table or key 'measure'; did you mean measures"),
    ("seed = 7", "sed = 7", r"line 3: unknown key 'sed' in \[study\]; did you mean seed"),
    (
        'host = "BaTiO3"\nx = { start = 0, stop = "',
        'hots = "BaTiO3"\nx = { start = 0, stop = "',
        r"line 13: unknown key 'h",
    ),
    ("steps = 3 }\n\n[[", "step = 3 }\n\n[[", r"line 8: unknown key 'step' in x; did you mean steps or stop"),
    ("steps = 3 }\n\n[[", "steps = 0 }\n\n[[", r"line 8: family.x.steps: .*greater than or equal to 1; got 0"),
    ("seed = 7", "seed = -1", r"line 3: study.seed: .*greater than or equal to 0; got -1"),
    ('title = "A title"', "", r"line 1: study.title is missing"),
    ("field = {", "feild = {", r"line 18: unknown measure 'feild'; did you mean field"),
    ("seeds = 3", "sedes = 3", r"line 18: unknown key 'sedes' of the measure 'field'; did you mean seeds"),
    ("seeds = 3", "seeds = 2.5", r"line 18: field.seeds: .*got 2.5"),
    ('title = "Report"', 'titel = "Report"', r"line 21: unknown key 'titel' in \[report\]; did you mean title"),
    ("stop = 0.5", "stop = 1.5", r"line 6: family .* x must be in \[0, 1\]"),
    ('name = "second"', 'name = "Ba(1-x)SrxTiO3"', r"line 5: every family needs its own name"),
    ("[[family]]\nformula", "[family]\nformula", r"my.toml, line 10.*not a valid TOML"),
    ("seed = 7", "seed = ", r"line 3.*not a valid TOML file"),
    ("Ba(1-2x)SrxCaxTiO3", "Ba(1-2xSrxCaxTiO3", r"line 12: (.|\n)*\^"),
    ("Ba(1-2x)SrxCaxTiO3", "Ba(1-2x)XxxCaxTiO3", r"line 12: (.|\n)*Xx"),
    ('name = "second"', "charges = { Ca = 2.5 }", r"line 11: family.charges.Ca: .*integer; got 2.5"),
    (
        'name = "second"',
        "charges = { Fe = 3 }",
        r"line 12: .*charges \(--charge\) names 'Fe', which is not in the formula",
    ),
    ('name = "second"', 'prototype = "perovskit"', r"line 12: .*perovskite"),
    ('name = "second"', 'site_off = { Ca = "A" }', r"line 11: unknown key 'site_off'.*did you mean site_of"),
]


@pytest.mark.parametrize(("good", "bad", "message"), MISTAKES)
def test_a_mistake_is_named_with_its_line(good: str, bad: str, message: str) -> None:
    assert good in GOOD
    with pytest.raises(EntroxError, match=message) as caught:
        parse(GOOD.replace(good, bad, 1))
    assert str(caught.value).startswith("my.toml")


def test_a_single_table_where_several_belong_is_named() -> None:
    one = GOOD[: GOOD.index("[[family]]\nname")].replace("[[family]]", "[family]")
    with pytest.raises(InputError, match=r"line 5: family must be a table, written as \[\[family\]\]"):
        parse(one)


def test_a_syntax_error_points_at_the_column() -> None:
    with pytest.raises(FormatError) as caught:
        parse(GOOD.replace("seed = 7", "seed = 7 8"))
    assert caught.value.line == 3
    assert "^" in str(caught.value)


def test_a_study_without_families_is_refused() -> None:
    with pytest.raises(InputError, match=r"needs a table \[\[family\]\]"):
        parse('[study]\ntitle = "t"\n')


def test_all_mistakes_of_the_settings_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse(GOOD.replace("seed = 7", "seed = -7").replace("steps = 3 }\n\n[[", "stops = 3 }\n\n[["))
    assert len(str(caught.value).splitlines()) == 2  # the seed and the unknown key; the missing one is what it means


def test_a_misspelled_key_gives_one_line_and_another_missing_key_its_own() -> None:
    with pytest.raises(InputError) as caught:
        parse(GOOD.replace("steps = 3 }\n\n[[", "stepps = 3 }\n\n[["))
    assert str(caught.value).startswith("my.toml, line 8: unknown key 'stepps' in x; did you mean steps")
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(InputError) as caught:
        parse(GOOD.replace("steps = 3 }\n\n[[", "colour = 3 }\n\n[["))
    assert "family.x.steps is missing" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


def test_an_absent_file_and_one_that_is_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the study file"):
        read_study(tmp_path / "absent.toml", measures=KNOWN)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="UTF-8"):
        read_study(tmp_path / "binary.toml", measures=KNOWN)


def test_lines_of_keys_are_found_in_every_form_of_toml() -> None:
    text = 'a.b = 1\n[t] # c\n"q" = """\nz = 1\n"""\nk = [\n 1 ]\n[[f.g]]\nx = { u = "v = 1", w = 2 }\n[[f.g]]\ny = 1\n'
    lines = key_lines(text)
    assert lines[("a", "b")] == 1
    assert lines[("t", "q")] == 3
    assert ("t", "z") not in lines
    assert lines[("t", "k")] == 6
    assert lines[("f", "g", 0, "x", "w")] == 9
    assert ("f", "g", 0, "x", "v") not in lines
    assert lines[("f", "g", 1, "y")] == 11
    assert line_of(lines, ("f", "g", 1, "absent")) == 10
    assert line_of(lines, ("nowhere",)) is None


def test_the_example_of_the_package_is_the_file_in_examples() -> None:
    assert example_study() == (ROOT / "examples" / "batio3_families.toml").read_text(encoding="utf-8")


def test_the_example_has_five_families_of_21_points_and_32_seeds() -> None:
    study = read_study(ROOT / "examples" / "batio3_families.toml")
    assert [len(family.x_values) for family in study.build_families()] == [21] * 5
    assert study.measures["breakdown"]["seeds"] == 32
