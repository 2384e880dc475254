"""Tables of measurements as instruments and spreadsheets write them: units, separators, marks, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrox.core import FormatError, InputError
from entrox.film import Column, read_measured_table

FIELD = {"field": Column(("field",), "field", needed=True), "kelvin": Column(("temperature",), "temperature")}


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "field [MV/m]\n1.5\n2.5\n",
        "\ufefffield [MV/m];spot\r\n1,5;a\r\n2,5;b\r\n;\r\n",
        "  # a remark\nfield_mv_per_m\tspot\n1,5\ta\n2,5\tb\n",
        'Field (MV/m) , spot\n1.5, "a"\n2.5, b\n,\n',
        'field [V/\u00b5m],spot\n1.5,"a\n2.5,b\n',
    ],
)
def test_one_column_in_five_hands_is_the_same_column(tmp_path: Path, text: str) -> None:
    assert read_measured_table(table(tmp_path, text), FIELD).numbers["field"].tolist() == [1.5e6, 2.5e6]


@pytest.mark.parametrize("unit", ["[\u00b0C]", "[degC]"])
def test_degrees_of_celsius_are_kelvin_from_another_zero(tmp_path: Path, unit: str) -> None:
    found = read_measured_table(table(tmp_path, f"field [V/m],temperature {unit}\n1,-100\n1,200\n"), FIELD)
    assert found.numbers["kelvin"].tolist() == pytest.approx([173.15, 473.15])


@pytest.mark.parametrize(
    ("text", "words", "error"),
    [
        ("field [MV/m],field [MV/cm]\n1,2\n", "are both field", FormatError),
        ("field [MV/m] temperature [K]\n1 2\n", "field is missing", FormatError),
        ("field [mV/m]\n1\n", "is unknown", InputError),
        ("field\n1\n", "states no unit", InputError),
        ("field [MV/m]\n1,5\n", "line 2: 1 cells are needed; got 2", FormatError),
        ("field [MV/m]\n1\ninf\n", "line 3: field must be finite", InputError),
        ("field [MV/m]\n", "a header and no lines", FormatError),
        ("\n;;\n", "is empty", FormatError),
    ],
)
def test_a_table_that_could_mean_two_things_is_refused(
    tmp_path: Path, text: str, words: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=words):
        read_measured_table(table(tmp_path, text), FIELD)


def test_a_table_in_another_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="UTF-8"):
        read_measured_table(table(tmp_path, "field [MV/m]\n1\n", "utf-16"), FIELD)
    path = table(tmp_path, "voltage [V]\n1\n")
    found = read_measured_table(path, {"current": Column(("current",), "current")})
    with pytest.raises(FormatError, match="current is needed; got voltage"):
        found.first_of("current")
