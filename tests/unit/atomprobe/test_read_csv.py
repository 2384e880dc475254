from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from entrox.atomprobe.formats.csv_table import read_csv
from entrox.atomprobe.readers import iter_ions, read_ions
from entrox.core import FormatError, InputError

DATA = Path(__file__).parents[2] / "data" / "apt"
TABLE = np.array([[-6.235, -8.691, -118.959, 25.967], [-6.387, -8.116, -118.999, 29.48], [1.5, 2.25, 3.0, 28.951]])


def written(tmp_path: Path, text: str, name: str = "ions.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(separator: str, table: np.ndarray = TABLE) -> str:
    return "".join(separator.join(repr(float(v)) for v in row) + "\n" for row in table)


def check(path: Path, **options: object) -> None:
    ions = read_csv(path, **options)  # type: ignore[arg-type]
    assert ions.positions_nm.tolist() == TABLE[:, :3].tolist()
    assert ions.mass_to_charge_da.tolist() == TABLE[:, 3].tolist()


def test_a_real_table_is_the_position_file_before_rounding() -> None:
    text, binary = (
        read_ions(DATA / "cocrni_csro" / "cocrni_real.csv.gz"),
        read_ions(DATA / "cocrni_csro" / "cocrni_real.pos"),
    )
    assert len(text) == 39_944
    assert text.positions_nm.dtype == np.float64
    assert np.array_equal(text.positions_nm.astype(np.float32), binary.positions_nm)
    assert np.array_equal(text.mass_to_charge_da.astype(np.float32), binary.mass_to_charge_da)


def test_numbers_are_read_to_the_last_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(3).normal(size=(500, 4)) * 10.0 ** np.random.default_rng(4).integers(-9, 5, (500, 4))
    ions = read_csv(written(tmp_path, rows(",", values)))
    assert np.array_equal(ions.positions_nm, values[:, :3])
    assert np.array_equal(ions.mass_to_charge_da, values[:, 3])


@pytest.mark.parametrize("separator", [",", ", ", ";", "\t", " ", "   "])
@pytest.mark.parametrize("header", ["", "x,y,z,m/q\n", "# made by hand\n# X (nm),Y (nm),Z (nm),mc (Da)\n"])
def test_separator_and_header_are_found(separator: str, header: str, tmp_path: Path) -> None:
    lines = header.split("\n")
    names = [item.replace(",", separator) for item in lines]
    if "(nm)" in header and separator.strip() == "":
        names = [item.replace(" (", "(") for item in names] if separator != "\t" else names
    check(written(tmp_path, "\n".join(names) + rows(separator)))


def test_windows_line_ends_blank_lines_and_a_byte_order_mark_are_no_data(tmp_path: Path) -> None:
    path = tmp_path / "ions.csv"
    path.write_bytes(b"\xef\xbb\xbf" + ("x,y,z,Da\n\n" + rows(",") + "\n\n").replace("\n", "\r\n").encode())
    check(path)


def test_the_names_of_the_header_give_the_order(tmp_path: Path) -> None:
    table = TABLE[:, [3, 1, 0, 2]]
    check(written(tmp_path, "Mass to Charge State Ratio (Da),y_nm,x_nm,z_nm\n" + rows(",", table)))
    wide = np.column_stack([np.arange(3), TABLE])
    check(written(tmp_path, "ion,x,y,z,mass_to_charge_da\n" + rows(",", wide)))


def test_named_or_numbered_columns_decide_where_the_header_does_not(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,c,d\n" + rows(",", TABLE[:, [3, 0, 1, 2]]))
    with pytest.raises(FormatError, match=r"no column is recognized as x among a, b, c, d.*--columns"):
        read_csv(path)
    check(path, columns=["b", "c", "d", "a"])
    check(path, columns=[2, 3, 4, 1])
    check(path, columns=["2", "3", "4", "a"])
    for wrong in (["b", "c", "d"], ["b", "c", "d", "e"], [0, 1, 2, 3], ["b", "b", "c", "d"], [2, 3, 4, 5], "bcda"):
        with pytest.raises(InputError, match="columns"):
            read_csv(path, columns=wrong)


def test_ambiguous_names_and_other_units_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="several columns are recognized as m/q"):
        read_csv(written(tmp_path, "x,y,z,m/q,Da\n1,2,3,4,5\n"))
    with pytest.raises(FormatError, match="is in angstrom; nm is expected"):
        read_csv(written(tmp_path, "x (Angstrom),y (Angstrom),z (Angstrom),Da\n1,2,3,4\n"))
    with pytest.raises(FormatError, match="the header has 3 names"):
        read_csv(written(tmp_path, "x,y,z\n1,2,3,4\n"))


def test_without_a_header_only_four_columns_are_understood(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"line 1.*got 5"):
        read_csv(written(tmp_path, "1,2,3,4,5\n"))
    check(written(tmp_path, rows(",", np.column_stack([TABLE, TABLE]))), columns=[1, 2, 3, 4])


@pytest.mark.parametrize("separator", [";", "\t", " "])
def test_decimal_commas_are_refused_unless_asked_for(separator: str, tmp_path: Path) -> None:
    path = written(tmp_path, rows(separator).replace(".", ","))
    with pytest.raises(FormatError, match=r"line 1.*decimal commas: pass decimal=','"):
        read_csv(path)
    check(path, decimal=",")


def test_commas_for_both_marks_are_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="Eight columns may be four numbers with decimal commas"):
        read_csv(written(tmp_path, "1,5,2,5,3,5,25,9\n"))
    with pytest.raises(InputError, match="decimal must be"):
        read_csv(written(tmp_path, "1,2,3,4\n"), decimal=";")


def test_a_spectrum_is_no_ion_cloud() -> None:
    with pytest.raises(FormatError, match="looks like a mass spectrum, which holds no positions"):
        read_ions(DATA / "nist_al2o3" / "R20_28299_S9_MS.csv.gz")


@pytest.mark.parametrize(
    ("line", "said"),
    [("1,2,3", "4 columns are expected; got 3"), ("1,2,3,4,5", "got 5"), ("1,2,x,4", "'x' is no number"),
     ("1,2,,4", "'' is no number"), ("1,2,3,4,", "got 5"), ("# note", "got 1"), ("1,2,3,1_0", "'1_0' is no number"),
     ("1,2,0x1F,4", "no number")],
)  # fmt: skip
def test_a_broken_line_is_named_with_its_number(line: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, "x,y,z,m\n" + rows(",") + "\n" + line + "\n" + rows(","))
    for pieces in (1, 2, 100):
        with pytest.raises(FormatError, match=said) as caught:
            list(iter_ions(path, pieces))
        assert caught.value.line == 6
    with pytest.raises(FormatError, match="line 6"):
        read_csv(path)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "x,y,z,m\n"])
def test_a_table_without_rows_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no row of numbers"):
        read_csv(written(tmp_path, text))


def test_values_that_are_not_finite_are_refused_or_dropped(tmp_path: Path) -> None:
    path = written(tmp_path, rows(",") + "1,nan,3,4\n1,2,3,inf\n1,2,3,1e999\n")
    with pytest.raises(InputError, match=r"3 of 6 ions .* index 3"):
        read_csv(path)
    check(path, drop_invalid=True)
    with pytest.raises(InputError, match="no ion has a finite"):
        read_csv(written(tmp_path, "nan,1,1,1\n", "nan.csv"), drop_invalid=True)
    assert [len(piece) for piece in iter_ions(path, 2, drop_invalid=True)] == [2, 1, 0]


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress((rows(",") * 200).encode())
    for name, raw in (
        ("cut", packed[:-20]),
        ("plain", rows(",").encode()),
        ("bent", packed[:30] + b"\xff\x00" + packed[32:]),
    ):
        (tmp_path / f"{name}.csv.gz").write_bytes(raw)
        with pytest.raises(FormatError, match=r"damaged|no table|no number|expected"):
            read_csv(tmp_path / f"{name}.csv.gz")
    (tmp_path / "whole.csv.gz").write_bytes(packed)
    assert len(read_csv(tmp_path / "whole.csv.gz")) == 600
