"""Files of LAMMPS force fields: elements by name, one line of text for one of the run, mistakes with their line."""

import pytest

from entrox.core import FormatError, InputError
from entrox.dynamics import PairFile, read_pair_file

SILICA = """# elements: Si O
# a comment
pair_style table linear 2000
pair_coeff * * {folder}/silica.table {elements}  # the elements of the types
"""


def _written(folder, text):
    path = folder / "force.in"
    path.write_text(text, encoding="utf-8")
    return path


def test_lines_name_the_elements_of_the_types_and_the_folder_of_the_file(tmp_path):
    found = read_pair_file(_written(tmp_path, SILICA))
    assert found.elements == ("Si", "O")
    assert found.name == "lammps:force.in"
    assert found.lammps_lines(["O", "Si"], 10) == (
        "pair_style table linear 2000", f"pair_coeff * * {tmp_path.resolve()}/silica.table O Si",
    )  # fmt: skip


def test_numbered_types_need_all_elements_in_their_order(tmp_path):
    text = "# elements: Si, O\npair_style lj/cut 8\npair_coeff 1 1 0.1 2\npair_coeff 1 2 0.1 2\npair_coeff 2 2 0.1 2\n"
    found = read_pair_file(_written(tmp_path, text))
    assert len(found.lammps_lines(["Si", "O"], 10)) == 4
    with pytest.raises(InputError, match="numbers its types Si, O; the structure has O, Si"):
        found.lammps_lines(["O", "Si"], 10)


def test_another_law_has_another_fingerprint(tmp_path):
    first = read_pair_file(_written(tmp_path, SILICA)).fingerprint()
    other = read_pair_file(_written(tmp_path, SILICA.replace("2000", "3000"))).fingerprint()
    assert first != other
    assert (
        first
        == PairFile(tmp_path / "else", ("Si", "O"), read_pair_file(_written(tmp_path, SILICA)).lines).fingerprint()
    )


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("pair_style zero 5\npair_coeff * *\n", FormatError, "name the elements"),
        ("# elements: Si\npair_coeff * *\n", FormatError, "needs a pair_style"),
        ("# elements: Si\npair_style zero 5\nshell rm -rf x\n", FormatError, "line 3.*'shell' is none of"),
    ],
)
def test_a_file_that_is_no_force_field_is_refused(tmp_path, text, error, message):
    with pytest.raises(error, match=message):
        read_pair_file(_written(tmp_path, text))


def test_an_absent_file_is_told():
    with pytest.raises(InputError, match="there is no file"):
        read_pair_file("nowhere.in")
