from __future__ import annotations

from pathlib import Path

import pytest

from entrox.atomprobe.ion_names import ION_ELEMENT_SEQUENCE, ion_formula, named_ion, parse_ion_formula
from entrox.atomprobe.range_segments import range_overlaps
from entrox.atomprobe.range_table import MassRange, RangeTable
from entrox.atomprobe.ranges import read_ranges, write_rrng
from entrox.composition.elements import known_elements
from entrox.core import FormatError, InputError

DATA = Path(__file__).parents[2] / "data" / "apt"
RANGE_FILES = {
    # elements, ranges, ions, ranges with more than one atom
    "range_files/87D_1.rng": (14, 92, 25, 65),
    "range_files/SeHoKim_R5076_44076_v02.rng": (14, 138, 37, 102),
    "minimal_formats/example.rrng": (14, 138, 37, 102),
    "range_files/R18_59377_new.rng": (12, 45, 12, 0),
    "range_files/R18_53705-v03.rng": (1, 2, 1, 0),
    "range_files/Mo_range.rrng": (8, 46, 10, 14),
    "range_files/R31_06365-v02.rrng": (17, 72, 27, 26),
    "range_files/R18_58152-v02.RRNG": (7, 14, 8, 3),
    "range_files/Ranges_R45_2434-v01.rrng": (2, 13, 7, 9),
    "range_files/TiAlN_film_cross-section_850C.rrng": (4, 54, 15, 33),
    "range_files/VAlN_film_plan-view_700C.rrng": (6, 1440, 13, 590),
    "range_files/ErMnO.env": (12, 26, 12, 10),
    "cocrni_csro/cocrni.rrng": (3, 10, 3, 0),
    "nist_al2o3/R20_28295.RRNG": (2, 12, 8, 8),
    "pnnl_synthetic/test_simple_syn.rrng": (6, 6, 6, 0),
}
RRNG = """[Ions]
Number=2
Ion1=Al
Ion2=O
[Ranges]
Number=2
Range1=26.7 27.9 Vol:0.01661 Al:1 Color:33FFFF
Range2=42.5 45.2 Vol:0.04543 Al:1 O:1 Color:CCFFFF
"""
RNG = """2 3
Al
Al 0.20 1.00 1.00
O
O 0.00 0.80 1.00
----- Al O
. 26.7 27.9 1 0
. 15.8 16.2 0 1
. 42.5 45.2 1 1
"""
EXTENSION = """
--- polyatomic extension
1 1
AlO
AlO 0.60 0.60 1.00
----- AlO
. 42.5 45.2 1
"""
ENV = """# Number of elements / Number of mass ranges
2 2
# List of Element and Color components
Al 0.0 0.5 1.0
X1 0.0 0.0 0.0
# Definition of  Mass ranges / Atomic volumes / Increment for concentration
Al 26.7 27.9 16.6 1.0
X1 42.5 45.2 11.66 1.0
# Flight length (m)
0.1
"""


def table_of(tmp_path: Path, text: str, name: str = "ranges.rrng") -> RangeTable:
    (tmp_path / name).write_bytes(text.encode())
    return read_ranges(tmp_path / name)


def rows(table: RangeTable) -> list[tuple[float, float, str, tuple[tuple[str, int], ...]]]:
    return sorted(
        (item.lower_da, item.upper_da, item.ion, tuple(sorted((item.composition or {}).items())))
        for item in table.ranges
    )


@pytest.mark.parametrize("name", RANGE_FILES)
def test_a_real_range_file_keeps_every_range_and_ion(name: str) -> None:
    table = read_ranges(DATA / name)
    polyatomic = [item for item in table.ranges if sum((item.composition or {}).values()) > 1]
    assert (len(table.elements), len(table), len(table.ions), len(polyatomic)) == RANGE_FILES[name]
    assert all(0 <= item.lower_da < item.upper_da for item in table.ranges)
    lines = [item.line for item in table.ranges]
    assert lines == sorted(set(lines))


@pytest.mark.parametrize("name", RANGE_FILES)
def test_writing_a_range_file_returns_the_same_table(name: str, tmp_path: Path) -> None:
    table = read_ranges(DATA / name)
    write_rrng(tmp_path / "copy.rrng", table)
    assert read_ranges(tmp_path / "copy.rrng") == table


def test_two_formats_of_one_material_give_one_table() -> None:
    table = read_ranges(DATA / "range_files" / "SeHoKim_R5076_44076_v02.rng")
    other = read_ranges(DATA / "minimal_formats" / "example.rrng")
    assert rows(table) == rows(other)
    assert set(table.elements) == set(other.elements)
    assert {"H3O", "FeCO", "Fe2O3", "CO2"} <= set(table.ions)


def test_the_polyatomic_block_renames_listed_ranges_and_adds_none() -> None:
    table = read_ranges(DATA / "range_files" / "87D_1.rng")
    named = {item.lower_da: item for item in table.ranges}
    assert named[82.818].ion == "ZrSiO3"
    assert named[82.818].color == "6666FF"
    assert len(named) == len(table) == 92


def test_exact_repetitions_are_counted_and_kept() -> None:
    n_duplicates, overlaps = range_overlaps(read_ranges(DATA / "range_files" / "VAlN_film_plan-view_700C.rrng"))
    assert n_duplicates == 1392
    assert len(overlaps) == 17
    assert all(pair.same_ion for pair in overlaps)


def test_an_env_file_keeps_pseudo_names_without_composition() -> None:
    table = read_ranges(DATA / "range_files" / "ErMnO.env")
    atoms = {item.ion: item.composition for item in table.ranges}
    assert atoms["X23"] is None
    assert atoms["Hyd"] is None
    assert atoms["Mn2O"] == {"Mn": 2, "O": 1}
    assert table.ranges[0].volume_nm3 == 0.02
    overlaps = range_overlaps(table)[1]
    assert [(table.ranges[p.first].ion, p.lower_da, p.upper_da) for p in overlaps] == [
        ("Er", 55.543, 55.55),
        ("Er", 55.877, 55.88),
    ]
    assert "14 lines with settings of the instrument" in table.notices[0]


def test_decimal_commas_hold_for_the_whole_file() -> None:
    first = read_ranges(DATA / "range_files" / "Mo_range.rrng").ranges[0]
    assert (first.lower_da, first.upper_da, first.volume_nm3) == (22.8615, 23.0910, 0.01558)


def test_labels_without_composition_come_from_name_tokens() -> None:
    table = read_ranges(DATA / "pnnl_synthetic" / "test_simple_syn.rrng")
    assert table.ions == tuple(f"Cluster{number}" for number in range(1, 7))
    assert all(item.composition is None and item.volume_nm3 == 0.0 for item in table.ranges)


def test_a_table_without_declared_ions_names_those_of_its_ranges(tmp_path: Path) -> None:
    table = table_of(tmp_path, RRNG[RRNG.index("[Ranges]") :])
    assert table.elements == ("Al", "O")
    assert table.notices == ("[Ions] does not declare Al, O.",)
    write_rrng(tmp_path / "copy.rrng", table)
    assert read_ranges(tmp_path / "copy.rrng") == table


def test_a_number_that_stands_twice_loses_no_range() -> None:
    table = read_ranges(DATA / "range_files" / "TiAlN_film_cross-section_850C.rrng")
    assert table.notices == ("Range41 stands in lines 48, 49; all of them count.",)
    assert {item.line for item in table.ranges} >= {48, 49}


def test_tokens_comments_case_and_line_ends_do_not_matter(tmp_path: Path) -> None:
    plain = table_of(tmp_path, RRNG)
    other = (
        "\ufeff# head\r\n[IONS] # bare\r\n[Ions]\r\n number = 2\r\nion1=Al\r\nIon2=O # oxygen\r\n"
        "\r\n[ranges]\r\nNumber=2\r\n"
        "Range1=Color:33FFFF Al:1 26.7 vol:0.01661 27.9\r\n\trange2 = 42.5  45.2 O:1 Al:1 COLOR:CCFFFF Vol:0.04543\r\n"
    )
    assert table_of(tmp_path, other, "other.RRNG") == plain


def test_a_name_beside_the_atoms_is_kept_unless_it_spells_them(tmp_path: Path) -> None:
    text = RRNG.replace("Al:1 Color:33FFFF", "Al:1 Name:27Al").replace("Al:1 O:1", "Al:1 O:1 Name:OAl")
    table = table_of(tmp_path, text)
    assert table.ions == ("27Al", "AlO")
    assert table.ranges[0].composition == {"Al": 1}
    write_rrng(tmp_path / "copy.rrng", table)
    assert read_ranges(tmp_path / "copy.rrng") == table
    with pytest.raises(FormatError, match=r"line 7.*spells other atoms"):
        table_of(tmp_path, RRNG.replace("Al:1 Color:33FFFF", "Al:1 Name:O2"))


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("Number=2\nRange1", "Number=3\nRange1", 6, "announces 3 entries but holds 2"),
        ("Number=2\nIon1", "Number=1\nIon1", 2, "announces 1 entries but holds 2"),
        ("Number=2\nRange1", "Range1", 5, "no line Number="),
        ("26.7 27.9", "27.9 26.7", 7, "0 <= lower < upper"),
        ("26.7 27.9", "26.7 26.7", 7, "0 <= lower < upper"),
        ("26.7 27.9", "-1.0 27.9", 7, "0 <= lower < upper"),
        ("26.7 27.9", "26.7", 7, "two edges; got 1"),
        ("26.7 27.9", "26.7 27.9 28.1", 7, "two edges; got 3"),
        ("26.7 27.9", "26.7 nan", 7, "must be a number"),
        ("26.7 27.9", "26.7 1e9", 7, "beyond"),
        ("42.5 45.2", "42,5 45,2", 8, "decimal"),
        ("Al:1 Color:33FFFF", "Ax:1 Color:33FFFF", 7, "'Ax' is neither"),
        ("Al:1 Color:33FFFF", "AL:1", 7, "'AL' is neither"),
        ("Al:1 Color:33FFFF", "Color:33FFFF", 7, "needs elements"),
        ("Al:1 Color:33FFFF", "Al:0", 7, "whole number >= 1"),
        ("Al:1 Color:33FFFF", "Al:1.5", 7, "whole number"),
        ("Al:1 Color:33FFFF", "Al:1 Al:2", 7, "appears twice"),
        ("Color:33FFFF", "Color:red", 7, "hexadecimal"),
        ("Color:33FFFF", "Name:", 7, "with a value"),
        ("Vol:0.01661", "Vol:-1", 7, "Vol must be >= 0"),
        ("Vol:0.01661", "Vol:0.01661 Vol:2", 7, "once"),
        ("[Ranges]", "[Rangs]", 5, r"\[Ions\] or \[Ranges\]"),
        ("[Ranges]\n", "", 6, "does not belong|appears twice|Number="),
        ("Ion2=O", "Ion2 O", 4, "expected"),
        ("Ion2=O", "Ion2=", 4, "one name"),
        ("[Ions]\n", "", 1, "inside a section"),
        ("Range2=", "Peak2=", 8, "expected"),
        ("CCFFFF\n", "CCFFFF\n[Ions]\n", 9, "twice"),
    ],
)
def test_a_malformed_line_of_rrng_is_refused_with_its_number(
    old: str, new: str, line: int, said: str, tmp_path: Path
) -> None:
    assert old in RRNG
    with pytest.raises(FormatError, match=said) as caught:
        table_of(tmp_path, RRNG.replace(old, new, 1))
    assert caught.value.line in ((line,) if said != "does not belong|appears twice|Number=" else (5, 6))
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("2 3", "2 4", 11, "expected row 4 of 4"),
        ("2 3", "2 30", 1, "truncated"),
        ("2 3", "2 2", 9, "end of the file after 2"),
        ("2 3", "0 3", 1, ">= 1"),
        ("Al 0.20 1.00 1.00", "Al 0.20 1.00", 3, "three colors"),
        ("Al 0.20 1.00 1.00", "Al 0.20 1.00 2.00", 3, "between 0 and 1"),
        ("O 0.00 0.80 1.00", "Qq 0.00 0.80 1.00", 6, "expected dashes"),
        ("----- Al O", "----- O Al", 6, "expected dashes"),
        (". 15.8", "15.8", 8, "expected row 2 of 3"),
        ("0 1\n", "0 1 0\n", 8, "expected row 2 of 3"),
        ("0 1\n", "0 0\n", 8, "no atom"),
        ("0 1\n", "0 x\n", 8, "whole number"),
        (". 15.8 16.2", ". 16.2 15.8", 8, "lower < upper"),
        ("1 1\nAlO", "1 2\nAlO", 12, "truncated"),
        ("----- AlO\n. 42.5", "----- AlO\n. 42.6", 16, "not listed"),
        ("AlO 0.60", "AlO2 0.60", 15, "expected dashes"),
        ("polyatomic", "molecular", 11, "end of the file"),
    ],
)
def test_a_malformed_line_of_rng_is_refused_with_its_number(
    old: str, new: str, line: int, said: str, tmp_path: Path
) -> None:
    text = RNG + EXTENSION
    assert old in text
    with pytest.raises(FormatError, match=said) as caught:
        table_of(tmp_path, text.replace(old, new, 1), "a.rng")
    assert caught.value.line == line


def test_an_unknown_element_or_a_contradicting_name_in_rng_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="'Qq' is not an element") as caught:
        table_of(tmp_path, RNG.replace("O 0.00", "Qq 0.00").replace("- Al O", "- Al Qq"), "a.rng")
    assert caught.value.line == 5
    text = RNG + EXTENSION.replace("AlO", "AlO2")
    with pytest.raises(FormatError, match="spells other atoms"):
        table_of(tmp_path, text, "a.rng")
    assert table_of(tmp_path, RNG + EXTENSION, "a.rng").ions == ("Al", "O", "AlO")
    assert table_of(tmp_path, RNG + EXTENSION.replace("AlO", "Oxide"), "a.rng").ions == ("Al", "O", "Oxide")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("2 2", "2 3", 2, "3 ranges are announced, the section holds 2"),
        ("2 2", "3 2", 2, "3 elements are announced"),
        ("2 2", "2", 2, "one line with the numbers"),
        ("X1 42.5", "X2 42.5", 8, "not in the list"),
        ("X1 42.5 45.2 11.66 1.0", "X1 42.5 45.2 11.66", 8, "got 4 words"),
        ("X1 42.5 45.2", "X1 45.2 42.5", 8, "lower < upper"),
        ("16.6 1.0", "-1 1.0", 7, "volume must be >= 0"),
        ("X1 0.0 0.0 0.0", "Al 0.0 0.0 0.0", 5, "twice"),
        ("# List of Element", "# Lst of Element", 11, "Lst|list of element"),
    ],
)
def test_a_malformed_line_of_env_is_refused_with_its_number(
    old: str, new: str, line: int, said: str, tmp_path: Path
) -> None:
    assert old in ENV
    with pytest.raises(FormatError, match=f"(?i){said}") as caught:
        table_of(tmp_path, ENV.replace(old, new, 1), "a.env")
    assert caught.value.line == line


@pytest.mark.parametrize("name", [name for name in RANGE_FILES if "VAlN" not in name])
def test_a_truncated_real_file_is_refused_or_lost_only_what_follows_the_ranges(name: str, tmp_path: Path) -> None:
    lines = (DATA / name).read_bytes().splitlines(keepends=True)
    whole = read_ranges(DATA / name)
    refused = 0
    for kept in range(0, len(lines), max(1, len(lines) // 12)):
        path = tmp_path / Path(name).name
        path.write_bytes(b"".join(lines[:kept]))
        try:
            table = read_ranges(path)
        except FormatError:
            refused += 1
        else:  # the last lines of .env hold settings, those of .rng names of molecules
            assert len(table) == len(whole)
            assert [item.lower_da for item in table.ranges] == [item.lower_da for item in whole.ranges]
    assert refused >= 1


def test_the_content_decides_the_format_and_a_wrong_suffix_is_told(tmp_path: Path) -> None:
    assert "named .rng but holds .rrng" in table_of(tmp_path, RRNG, "a.rng").notices[-1]
    assert table_of(tmp_path, RNG, "a.txt").ions == ("Al", "O", "AlO")
    assert table_of(tmp_path, ENV, "a.ENV").ions == ("Al", "X1")
    with pytest.raises(FormatError, match="this is no range file"):
        table_of(tmp_path, "hello\n", "a.txt")
    for name in ("a.rng", "a.rrng", "a.env"):
        with pytest.raises(FormatError):
            table_of(tmp_path, "hello\n", name)
        with pytest.raises(FormatError, match="empty"):
            table_of(tmp_path, " \n", name)


def test_a_missing_range_file_is_an_error_of_the_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_ranges(tmp_path / "none.rrng")


def test_latin_text_outside_the_ranges_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_bytes(ENV.replace("Flight length (m)", "Surface (m²)").encode("latin-1"))
    assert len(read_ranges(tmp_path / "a.env")) == 2


def test_edges_and_volumes_are_written_to_the_last_bit(tmp_path: Path) -> None:
    table = RangeTable(
        (MassRange(0.1 + 0.2, 1e-3 + 1, "Al", {"Al": 1}, 1 / 3), MassRange(26.7, 27.9, "label", None, None, "00ff00"))
    )
    write_rrng(tmp_path / "a.rrng", table)
    assert read_ranges(tmp_path / "a.rrng").ranges == table.ranges


@pytest.mark.parametrize("ion", ["two words", "#1", ""])
def test_a_name_that_would_not_come_back_is_not_written(ion: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"names in a .rrng"):
        write_rrng(tmp_path / "a.rrng", RangeTable((MassRange(1, 2, ion, None),)))
    assert not list(tmp_path.iterdir())


def test_one_composition_has_one_formula() -> None:
    assert set(ION_ELEMENT_SEQUENCE) == known_elements()
    assert len(set(ION_ELEMENT_SEQUENCE)) == len(ION_ELEMENT_SEQUENCE)
    known = {
        "Al2O3": "O3Al2",
        "TiN": "NTi",
        "H2O": "OH2",
        "CH4": "H4C",
        "NH3": "H3N",
        "SiO2": "O2Si",
        "ZrSiO3": "O3ZrSi",
    }
    for formula, other in known.items():
        assert ion_formula(parse_ion_formula(other) or {}) == formula


@pytest.mark.parametrize("text", ["", "X23", "Hyd", "al", "Al0", "2Al", "Al-O", "Al O", "Cluster1", "Al1000"])
def test_a_label_is_no_formula(text: str) -> None:
    assert parse_ion_formula(text) is None


def test_an_ion_without_atoms_or_name_is_refused() -> None:
    for composition, name in ((None, None), ({}, None), ({"Qq": 1}, None), ({"Al": 0}, None), ({"Al": 1}, "O")):
        with pytest.raises(InputError):
            named_ion(composition, name)
