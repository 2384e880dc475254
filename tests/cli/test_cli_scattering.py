"""``entrox scattering``: what its commands answer, write and refuse."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.io import read, write

from entrox.scattering.data.correlation import convert_correlation
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.data_files import read_correlation, write_correlation
from entrox.scattering.data.sample import sample_of
from small_boxes import cubic_perovskite, made_data, nickel

DENSITY = 5.0 / 3.9**3
SAMPLE = ("--formula", "SrTiO3", "--number-density-per-cubic-angstrom", DENSITY)
R = np.arange(0.02, 13.0, 0.02)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with cells and made data; tests only read it."""
    folder = tmp_path_factory.mktemp("scattering")
    cell, sample = cubic_perovskite(3.9), sample_of("SrTiO3", DENSITY)
    made = made_data(cell, {"u_Sr": 0.003, "u_Ti": 0.004, "u_O": 0.005}, R)
    for form in ("G_keen", "G_pdf"):
        y = convert_correlation(made.x, made.y, "G_pdf", form, sample)[1]
        data = CorrelationData(x=made.x, y=y, form=form, title="made")
        write_correlation(folder / f"{form}.gr", data, layout="rmcprofile" if form == "G_keen" else "columns")
    write(folder / "cell.cif", cubic_perovskite(3.92))
    write(folder / "nickel.cif", nickel())
    return folder


def test_convert_infers_the_form_confirms_it_and_writes_what_is_read_back(
    files: Path, entrox: Any, tmp_path: Path
) -> None:
    answer = entrox("scattering", "convert", files / "G_keen.gr", tmp_path / "out.gr", "--to", "D", *SAMPLE, "--json")
    assert answer.code == 0
    assert (answer.json["form"], answer.json["inferred"], answer.json["to"]) == ("G_keen", True, "D")
    assert answer.json["lengths"]["table"] == "sears1992"
    assert answer.json["lengths"]["plateau_barn"] == pytest.approx(-0.176249, abs=1e-5)
    assert answer.json["lengths"]["ratio_by_table"]["periodictable"] == pytest.approx(0.9934, abs=2e-4)
    assert all(limit["met"] for limit in answer.json["limits"])
    back = read_correlation(tmp_path / "out.gr")
    keen = read_correlation(files / "G_keen.gr")
    np.testing.assert_allclose(back.y, 4.0 * np.pi * keen.x * DENSITY * keen.y, rtol=1e-9)


def test_convert_goes_from_r_to_q_and_back(files: Path, entrox: Any, fails: Any, tmp_path: Path) -> None:
    there, back = tmp_path / "out.fq", tmp_path / "back.gr"
    found = entrox("scattering", "convert", files / "G_keen.gr", there, "--to", "F", *SAMPLE, "--qmax-per-angstrom", 30,
                   "--json")  # fmt: skip
    assert found.code == 0
    assert found.json["x_range"][1] == pytest.approx(30.0, abs=0.03)
    # The end of r rings in F, below what atoms can scatter.
    again = ("scattering", "convert", there, back, "--from", "F", "--to", "G_keen", *SAMPLE)
    assert "least F" in fails(*again)
    assert entrox(*again, "--scale-free").code == 0
    keen, found = read_correlation(files / "G_keen.gr"), read_correlation(back)
    middle = (keen.x > 1.5) & (keen.x < 10.0)
    rest = np.interp(keen.x, found.x, found.y)[middle] - keen.y[middle]
    assert np.abs(rest).max() < 0.03 * np.abs(keen.y).max()


def test_convert_keeps_files_and_refuses_data_that_miss_the_limits(files: Path, fails: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.gr"
    out.write_text("mine", encoding="utf-8")
    assert "--overwrite" in fails("scattering", "convert", files / "G_keen.gr", out, "--to", "D", *SAMPLE)
    assert out.read_text(encoding="utf-8") == "mine"
    other = tmp_path / "other.gr"
    wrong = ("--formula", "BaTiO3", "--number-density-per-cubic-angstrom", DENSITY)
    message = fails("scattering", "convert", files / "G_keen.gr", other, "--from", "G_keen", "--to", "D", *wrong)
    assert "plateau" in message
    assert not other.exists()
    assert "--formula" in fails("scattering", "convert", files / "G_keen.gr", other, "--to", "D")
    assert "transform" in fails(
        "scattering", "convert", files / "G_keen.gr", other, "--to", "D", *SAMPLE, "--qmax-per-angstrom", 30
    )


def test_fit_prints_its_numbers_and_writes_a_run_folder(files: Path, entrox: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("scattering", "fit", files / "G_pdf.gr", "--structure", files / "cell.cif", "--r-max-angstrom", 6,
                    "--exclude-angstrom", "2.1-2.4", "-o", run, "--json")  # fmt: skip
    assert answer.code == 0
    values = {one["name"]: one["value"] for one in answer.json["parameters"]}
    assert values["a"] == pytest.approx(3.9, abs=1e-4)
    assert values["u_O"] == pytest.approx(0.005, rel=1e-2)
    assert answer.json["rw"] < 1e-3
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {
        "result.json", "fit.csv", "fit.nc", "structure.cif", "provenance.json", "figures/fit.png", "figures/fit.svg"
    }  # fmt: skip
    assert json.loads((run / "result.json").read_text(encoding="utf-8")) == answer.json
    with (run / "fit.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(row["fitted"] == "1" for row in rows) == answer.json["n_points"] < len(rows)
    assert read(run / "structure.cif").cell[0, 0] == pytest.approx(values["a"], abs=1e-6)
    record = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    assert (record["status"], sorted(record["input_sha256"])) == ("finished", ["G_pdf.gr", "cell.cif"])


def test_fit_without_a_form_uses_the_one_inferred_and_prints_a_table(files: Path, entrox: Any) -> None:
    answer = entrox("scattering", "fit", files / "G_keen.gr", "--structure", files / "cell.cif", "--r-max-angstrom", 6,
                    "--start", "u_Sr=0.003", "--free", "scale,lattice,u_O")  # fmt: skip
    assert answer.code == 0
    assert "Form G_keen, inferred from the limits; neutron, lengths sears1992" in answer.out
    assert "u_O" in answer.out
    assert "u_Sr" not in answer.out


def test_fit_of_a_structure_with_other_atoms_or_unreadable_options_exits_with_2(files: Path, fails: Any) -> None:
    data = files / "G_keen.gr"
    assert "limits" in fails("scattering", "fit", data, "--structure", files / "nickel.cif")
    cell = ("--structure", files / "cell.cif")
    assert "lattice" in fails("scattering", "fit", data, *cell, "--free", "latice")
    assert "2.1-2.44" in fails("scattering", "fit", data, *cell, "--exclude-angstrom", "wide")
    assert "delta2=3.2" in fails("scattering", "fit", data, *cell, "--start", "delta2")
    assert "--probe" in fails("scattering", "fit", data, *cell, "--probe", "muon")
    assert "--lengths" in fails("scattering", "fit", data, *cell, "--lengths", "mine")
    assert "does not exist" in fails("scattering", "fit", data, "--structure", files / "none.cif")


def test_fit_keeps_a_run_folder_unless_told_otherwise(files: Path, entrox: Any, fails: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    arguments = (
        "scattering",
        "fit",
        files / "G_pdf.gr",
        "--structure",
        files / "cell.cif",
        "--free",
        "scale",
        "-o",
        run,
    )
    assert entrox(*arguments, "--quiet").code == 0
    assert "--overwrite" in fails(*arguments)
    assert entrox(*arguments, "--overwrite", "--quiet").code == 0


def test_measured_titanate_is_recognized_and_fitted_with_its_tilt(
    external_data: Callable[[str], Path], files: Path, entrox: Any
) -> None:
    data = external_data("total-scattering/SrTiO3_5K_neutron_GEM_rmc_r13A.gr")
    answer = entrox("scattering", "fit", data, "--structure", files / "cell.cif", "--r-min-angstrom", 2.45,
                    "--r-max-angstrom", 9, "--qmax-per-angstrom", 35, "--free", "scale,lattice,u,tilt",
                    "--json")  # fmt: skip
    assert answer.code == 0
    assert answer.json["cells_per_edge"] == 2
    assert answer.json["tilt_shift_cells"]["shift_c"] == pytest.approx(0.02, abs=0.005)


def test_x_ray_data_say_so_themselves_and_have_no_plateau_to_check(
    external_data: Callable[[str], Path], entrox: Any
) -> None:
    data = external_data("total-scattering/BaTiO3_xray_q26_pdfgetx3.gr")
    answer = entrox("scattering", "fit", data, "--structure", external_data("total-scattering/BaTiO3-Pm3m.cif"),
                    "--r-min-angstrom", 1.6, "--r-max-angstrom", 8, "--free", "scale,lattice,u", "--json")  # fmt: skip
    assert answer.code == 0
    assert (answer.json["probe"], answer.json["lengths"]["plateau_barn"]) == ("xray", None)
    assert any("not applicable" in text for text in answer.json["warnings"])


def test_a_fit_that_does_not_converge_is_written_and_exits_with_4(
    files: Path, entrox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrox.scattering.small_box.search.MOST_ITERATIONS", 1)
    run = tmp_path / "run"
    answer = entrox("scattering", "fit", files / "G_pdf.gr", "--structure", files / "cell.cif", "--r-max-angstrom", 5,
                    "-o", run, "--json")  # fmt: skip
    assert answer.code == 4
    assert answer.json["converged"] is False
    assert any("did not converge" in text for text in answer.json["warnings"])
    assert (run / "figures" / "fit.png").stat().st_size > 0
