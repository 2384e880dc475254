"""Tables of layers and of paths: read as written, refused with the line where they are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.mechanics import read_layers, read_path


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_layers_are_read_bottom_first_with_their_units(tmp_path: Path) -> None:
    head = "# sheet and film\nname,thickness_um,modulus_gpa,poisson,misfit_percent\n"
    text = head + "sheet,20,60,0.25,\nfilm,0.4,70,0.24,0.1\n"
    sheet, film = read_layers(write(tmp_path, text, "utf-8-sig"))
    assert (sheet.name, sheet.thickness, sheet.modulus, sheet.misfit) == ("sheet", pytest.approx(20e-6), 60e9, 0.0)
    assert film.misfit == pytest.approx(1e-3)


@pytest.mark.parametrize(("text", "words"), [
    ("", "need a header"),
    ("thickness_um,modulus_gpa,poisson\n", "need a header"),
    ("thickness_nm,modulus_gpa,poisson\n400,70,0.2\n", "columns must be"),
    ("thickness_um,modulus_gpa,poisson\n0.4,70\n", "line 2: 3 cells"),
    ("thickness_um,modulus_gpa,poisson\n0.4,stiff,0.2\n", "line 2: not a number"),
])  # fmt: skip
def test_a_table_of_layers_that_is_wrong_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read_layers(write(tmp_path, text))


def test_a_layer_out_of_range_or_a_missing_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="thickness of a layer"):
        read_layers(write(tmp_path, "thickness_um,modulus_gpa,poisson\n-1,70,0.2\n"))
    with pytest.raises(InputError, match="cannot read"):
        read_layers(tmp_path / "none.csv")


def test_a_path_is_read_in_meters_and_radians(tmp_path: Path) -> None:
    needle = read_path(write(tmp_path, "x_um,y_um\n45,2\n40,16\n"), "needle")
    np.testing.assert_allclose(needle, [[45e-6, 2e-6], [40e-6, 16e-6]])
    clamped = read_path(write(tmp_path, "tip_angle_deg\n90\n"), "clamped")
    np.testing.assert_allclose(clamped, [[np.pi / 2]])


@pytest.mark.parametrize(("text", "words"), [
    ("", "columns x_um, y_um; got none"),
    ("x_um\n1\n", "columns x_um, y_um; got x_um"),
    ("x_um,y_um\n", "at least one line"),
    ("x_um,y_um\n1,2\n1\n", "line 3"),
    ("x_um,y_um\n1,nan\n", "2 finite numbers"),
    ("x_um,y_um\n1,two\n", "not a number"),
])  # fmt: skip
def test_a_path_that_is_wrong_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read_path(write(tmp_path, text), "needle")


def test_semicolons_allow_a_decimal_comma_and_commas_do_not(tmp_path: Path) -> None:
    needle = read_path(write(tmp_path, "x_um;y_um\n45,5;2\n4,0e1;16,25\n"), "needle")
    np.testing.assert_allclose(needle, [[45.5e-6, 2e-6], [40e-6, 16.25e-6]])
    (layer,) = read_layers(write(tmp_path, "thickness_um;modulus_gpa;poisson;name\n0,4;70;0,24;film, top\n"))
    assert (layer.thickness, layer.poisson, layer.name) == (pytest.approx(0.4e-6), 0.24, "film, top")
    with pytest.raises(FormatError, match="2 finite numbers"):
        read_path(write(tmp_path, "x_um,y_um\n45,5,2\n"), "needle")
