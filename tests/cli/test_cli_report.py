"""``entrox study`` and ``entrox show`` with structures and with measures beyond the breakdown field."""

import json

import pytest

from entrox.cli import main
from one_family import EXAMPLES, HEAD, HOST_BOX, MIXED_BOX, box

MEASURES = """
[measures]
nucleation = { temperature_k = 300, x = [0.0, 0.25], df_j_per_m3 = [1.2e9, -1.2e9], gamma_j_per_m2 = 0.2 }
bending = { thickness_um = 0.4, failure_strain_percent = 2.0, failure_strain_error_percent = 0.3 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run, made in this process."""
    place = tmp_path_factory.mktemp("report")
    (place / "study.toml").write_text(HEAD + MEASURES + HOST_BOX + MIXED_BOX)
    assert main(["study", str(place / "study.toml"), "--out", str(place / "run"), "--workers", "1", "--quiet"]) == 0
    return place


def shown(folder, capsys, monkeypatch, width, *options):
    monkeypatch.setenv("COLUMNS", str(width))
    capsys.readouterr()
    assert main(["show", str(folder / "run"), *options]) == 0
    return capsys.readouterr().out


def test_the_terminal_shows_every_measure_in_one_short_table(folder, capsys, monkeypatch):
    text = shown(folder, capsys, monkeypatch, 200)
    head = next(line for line in text.splitlines() if "S [R]" in line)
    for name in ("Distortion", "log10 rate", "P [C/m2]", "|<d_B>| [A]", "Radius [um]"):
        assert name in head
    rows = [line for line in text.splitlines() if "no barrier" in line]
    assert len(rows) == 2
    assert "+-" in rows[0]
    assert text.count("10.00") == 3


def test_a_narrow_terminal_leaves_out_columns_and_says_which(folder, capsys, monkeypatch):
    text = shown(folder, capsys, monkeypatch, 80)
    assert "Radius [um]" not in next(line for line in text.splitlines() if "S [R]" in line)
    assert "A wider terminal, or the report, shows" in text
    assert "Radius [um]" in text


def test_json_holds_where_each_structure_belongs_and_its_main_numbers(folder, capsys, monkeypatch):
    content = json.loads(shown(folder, capsys, monkeypatch, 80, "--json"))
    host, mixed = content["structures"]
    assert (host["name"], host["x"], host["composition"]) == ("host", 0.0, "BaTiO3")
    assert host["net_displacement_b_angstrom"] == pytest.approx(0.14, abs=0.02)
    assert host["polarization_error_c_per_m2"] > 0.0
    assert mixed["polarization_c_per_m2"] is None
    assert mixed["failed"] == {}


def test_the_run_folder_holds_the_report_and_the_table_of_structures(folder):
    names = {path.name for path in (folder / "run").iterdir()}
    assert {"report.html", "structures.csv", "points.csv", "result.json", "run.sqlite"} <= names
    assert {"polar_order.png", "barrier.svg"} <= {path.name for path in (folder / "run" / "figures").iterdir()}


def test_atoms_of_another_composition_end_with_code_2_before_anything_is_computed(tmp_path, capsys):
    (tmp_path / "study.toml").write_text(HEAD + box("0.25", "box_000.extxyz.gz", "wrong", folder=EXAMPLES))
    assert main(["study", str(tmp_path / "study.toml"), "--out", str(tmp_path / "run")]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "structure 'wrong' is said to be" in message
    assert "0.3750 of Ba" in message
    assert not (tmp_path / "run").exists()
