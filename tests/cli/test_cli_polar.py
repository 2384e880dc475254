"""``entrox polar`` and its sisters: every form of frames, JSON keys, run folder, bad input, exit codes."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from entrox.core import generator
from entrox.structure.perovskite import build_perovskite

KEYS = {
    "n_frames", "n_cells", "composition", "lattice_angstrom", "elements", "phases", "bonds", "polarization_c_per_m2",
    "correlation_length_angstrom", "q_ea", "tilts_deg", "glazer", "domains", "warnings", "converged",
}  # fmt: skip
CHEAP = ("--measures", "displacement,phases,bonds")


def polar_box(shift: float = 0.15, shape: tuple[int, int, int] = (3, 3, 3)) -> Atoms:
    """Return (Ba,Ca)(Ti,Sn)O3 whose B atoms all moved along z."""
    box = build_perovskite(
        {"Ba": 0.75, "Ca": 0.25}, {"Ti": 0.75, "Sn": 0.25}, shape, 4.0, rounding="largest-remainder", rng=generator(1)
    )
    plain = Atoms(box.symbols, positions=box.positions, cell=box.cell, pbc=True)
    plain.positions[np.isin(plain.get_chemical_symbols(), ["Ti", "Sn"]), 2] += shift
    return plain


def shaken(box: Atoms, count: int, spread: float = 0.03) -> list[Atoms]:
    rng = generator(2)
    frames = []
    for _ in range(count):
        frame = box.copy()
        frame.positions += rng.normal(0.0, spread, frame.positions.shape)
        frames.append(frame)
    return frames


@pytest.fixture
def trajectory(tmp_path: Path) -> Path:
    path = tmp_path / "run.traj"
    write(path, shaken(polar_box(), 12))
    return path


def _dump(path: Path, frames: list[Atoms]) -> None:
    """Write a LAMMPS dump without elements, atoms in random order, wrapped."""
    names = ["Ba", "Ca", "Ti", "Sn", "O"]
    lines = []
    for step, frame in enumerate(frames):
        x, y, z = frame.cell.lengths()
        lines += [
            "ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(frame)), "ITEM: BOX BOUNDS pp pp pp",
            f"0 {x}", f"0 {y}", f"0 {z}", "ITEM: ATOMS id type x y z",
        ]  # fmt: skip
        wrapped = frame.get_positions(wrap=True)
        for k in np.random.default_rng(step).permutation(len(frame)):
            kind = names.index(frame[k].symbol) + 1
            lines.append(f"{k + 1} {kind} " + " ".join(f"{value:.8f}" for value in wrapped[k]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _deepmd(folder: Path, frames: list[Atoms]) -> None:
    names = ["Ba", "Ca", "Ti", "Sn", "O"]
    (folder / "set.000").mkdir(parents=True)
    (folder / "type_map.raw").write_text("\n".join(names) + "\n", encoding="utf-8")
    types = [names.index(symbol) for symbol in frames[0].get_chemical_symbols()]
    (folder / "type.raw").write_text("\n".join(map(str, types)) + "\n", encoding="utf-8")
    np.save(folder / "set.000" / "coord.npy", np.array([f.positions.ravel() for f in frames]))
    np.save(folder / "set.000" / "box.npy", np.array([f.cell.array.ravel() for f in frames]))


def _write(form: str, folder: Path, frames: list[Atoms]) -> tuple[Path, tuple[str, ...]]:
    from entrox.structure.rmc6f import write_rmc6f

    path = folder / {"poscar": "POSCAR", "data": "box.data", "deepmd": "system"}.get(form, f"frames.{form}")
    if form == "dump":
        _dump(path, frames)
        return path, ("--type-map", "Ba,Ca,Ti,Sn,O")
    if form == "deepmd":
        _deepmd(path, frames)
    elif form == "poscar":
        write(path, frames[0], format="vasp")
    elif form == "data":
        write(path, frames[0], format="lammps-data", specorder=["Ba", "Ca", "Ti", "Sn", "O"], masses=True)
        return path, ("--type-map", "Ba,Ca,Ti,Sn,O")
    elif form == "rmc6f":
        write_rmc6f(path, frames[0])
    else:
        write(path, frames)
    return path, ()


@pytest.mark.parametrize("form", ["dump", "data", "extxyz", "traj", "poscar", "deepmd", "rmc6f"])
def test_every_form_of_frames_gives_the_same_displacements(form, tmp_path, entrox):
    path, options = _write(form, tmp_path, [polar_box()] * 2)
    answer = entrox("polar", path, *options, *CHEAP, "--json")
    assert answer.code == 0, answer.err
    rows = {row["symbol"]: row for row in answer.json["elements"]}
    assert set(rows) == {"Ba", "Ca", "Ti", "Sn"}
    for symbol in ("Ti", "Sn"):
        assert rows[symbol]["mean_vector_angstrom"] == pytest.approx([0.0, 0.0, 0.15], abs=2e-5)
    assert rows["Ba"]["mean_modulus_angstrom"] == pytest.approx(0.0, abs=2e-5)
    assert sum(row["count"] for row in answer.json["elements"]) == 54


def test_a_rotated_box_with_wrapped_atoms_in_random_order_keeps_every_length(tmp_path, entrox):
    frame = polar_box(shape=(3, 2, 4))
    frame.rotate(33.0, (1.0, 2.0, 0.5), rotate_cell=True)
    frame.wrap()
    frame = frame[np.random.default_rng(3).permutation(len(frame))]
    write(tmp_path / "turned.extxyz", frame)
    answer = entrox("polar", tmp_path / "turned.extxyz", *CHEAP, "--json")
    rows = {row["symbol"]: row for row in answer.json["elements"]}
    assert rows["Ti"]["taid_angstrom"] == pytest.approx(0.15, abs=1e-6)
    shares = {row["group"]: row for row in answer.json["phases"]}
    assert shares["B"]["T"] == pytest.approx(1.0)


def test_json_has_the_documented_keys_and_numbers_of_the_run(trajectory, entrox):
    answer = entrox("polar", trajectory, "--timestep-ps", 0.25, "--environment", "Sn,Ca", "--json")
    assert answer.code == 0, answer.err
    assert set(answer.json) >= KEYS
    assert (answer.json["n_frames"], answer.json["n_cells"], answer.json["window_ps"]) == (12, 27, 1.0)
    assert answer.json["glazer"] == "a0a0a0"
    ti = next(row for row in answer.json["elements"] if row["symbol"] == "Ti")
    assert ti["taid_angstrom"] == pytest.approx(0.15, abs=0.01)
    assert 0.0 < ti["error_angstrom"]["taid"] < 0.01
    bonds = next(row for row in answer.json["bonds"] if row["element"] == "Ti")
    assert bonds["long_angstrom"] > bonds["middle_angstrom"] > bonds["short_angstrom"]
    assert bonds["splitting_angstrom"] > bonds["noise_floor_angstrom"] > 0
    assert {fit["term"] for fit in bonds["environment"]} == {"Sn on B", "Ca on A"}
    b = next(row for row in answer.json["phases"] if row["group"] == "B")
    assert b["chance"]["T"] == pytest.approx(0.274667 * (1.0 - b["C"]), abs=1e-5)
    assert b["T"] - b["chance"]["T"] == pytest.approx(b["excess"]["T"])
    assert answer.json["domains"]["largest_fraction"] == pytest.approx(1.0)
    assert answer.json["refused"].keys() == {"polarization", "dielectric"}


def test_run_folder_holds_report_tables_figures_and_provenance(trajectory, tmp_path, entrox):
    (tmp_path / "charges.toml").write_text("Ba = 2.75\nCa = 2.5\nTi = 5.4\nSn = 4.6\nO = -2.7\n", encoding="utf-8")
    run = tmp_path / "run"
    answer = entrox(
        "polar", trajectory, "--timestep-ps", 0.25, "--born-charges", tmp_path / "charges.toml", "--temperature-k", 300,
        "--thickness-cells", 3, "-o", run,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "Report:" in answer.err
    for name in (
        "result.json", "report.json", "image_report.json", "elements.csv", "phases.csv", "bonds.csv", "cells.csv",
        "histograms.csv", "report.html", "provenance.json", "figures/phases.png", "figures/map_polarization.svg",
    ):  # fmt: skip
        assert (run / name).stat().st_size > 0, name
    record = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    assert record["status"] == "finished"
    assert set(record["input_sha256"]) == {"run.traj", "charges.toml"}
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "data:image/svg+xml;base64," in page
    with (run / "cells.csv").open(encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert len(cells) == 27
    assert np.mean([float(row["d_b_z_angstrom"]) for row in cells]) == pytest.approx(0.15, abs=0.01)
    assert float(cells[0]["p_z_c_per_m2"]) > 0.1
    fails = entrox("polar", trajectory, "-o", run)
    assert fails.code == 2
    assert "--overwrite" in fails.err
    assert entrox("polar", trajectory, *CHEAP, "-o", run, "--overwrite", "--quiet").code == 0


def test_frames_with_nan_are_counted_and_left_out(tmp_path, entrox):
    frames = shaken(polar_box(), 5)
    frames[0].positions[3] = np.nan
    frames[2].positions[7] = np.nan
    write(tmp_path / "broken.traj", frames)
    answer = entrox("polar", tmp_path / "broken.traj", *CHEAP, "--json")
    assert answer.code == 0
    assert (answer.json["n_frames"], answer.json["failed_frames"]) == (3, 2)
    assert any("failed_frames: 2" in text for text in answer.json["warnings"])


def test_a_dump_cut_in_its_last_frame_is_analyzed_with_a_notice_of_the_byte(tmp_path, entrox):
    _dump(tmp_path / "cut.dump", shaken(polar_box(), 3))
    text = (tmp_path / "cut.dump").read_text(encoding="utf-8")
    (tmp_path / "cut.dump").write_text(text[: int(len(text) * 0.9)], encoding="utf-8")
    answer = entrox("polar", tmp_path / "cut.dump", "--type-map", "Ba,Ca,Ti,Sn,O", *CHEAP, "--json")
    assert answer.code == 0
    assert answer.json["n_frames"] == 2
    assert any("byte" in text for text in answer.json["warnings"])


def test_vacancies_need_permission_and_are_then_counted(tmp_path, entrox, fails):
    box = polar_box()
    del box[[int(np.flatnonzero(box.symbols == "O")[5])]]
    write(tmp_path / "vacancy.extxyz", box)
    assert "vacanc" in fails("polar", tmp_path / "vacancy.extxyz", *CHEAP)
    answer = entrox("polar", tmp_path / "vacancy.extxyz", "--allow-vacancies", *CHEAP, "--json")
    assert answer.code == 0
    assert any("incomplete_cages" in text for text in answer.json["warnings"])


def test_one_frame_has_no_errors_and_refuses_what_needs_time(tmp_path, entrox):
    write(tmp_path / "one.extxyz", polar_box())
    answer = entrox("polar", tmp_path / "one.extxyz", "--json")
    assert answer.code == 0
    assert answer.json["elements"][0]["error_angstrom"]["taid"] is None
    assert answer.json["q_ea"] is None
    assert "relaxor" in answer.json["refused"]
    assert not answer.json["converged"]


def test_errors_over_arrangements_stand_apart_from_those_over_time(tmp_path, entrox):
    for name, shift in (("one", 0.10), ("two", 0.20)):
        write(tmp_path / f"{name}.traj", shaken(polar_box(shift), 6))
    answer = entrox("polar", tmp_path / "one.traj", tmp_path / "two.traj", "--arrangements", *CHEAP, "--json")
    ti = next(row for row in answer.json["arrangements"] if row["symbol"] == "Ti")
    assert ti["taid_angstrom"] == pytest.approx(0.15, abs=0.01)
    assert ti["taid_arrangement_error_angstrom"] == pytest.approx(0.05, abs=0.01)
    assert ti["taid_time_error_angstrom"] < 0.01


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--shape", "3x3"), "--shape"),
        (("--rule", "nearest"), "--rule"),
        (("--measures", "phases,magic"), "--measures"),
        (("--environment", "Zr"), "Zr"),
        (("--a-site", "Ba"), "Ca"),
        (("--window-ps", "-1"), "--window-ps"),
        (("--born-charges", "absent.toml"), "absent.toml"),
        (("--first", "40"), "first"),
    ],
)
def test_a_wrong_option_is_named(change, said, trajectory, fails):
    assert said in fails("polar", trajectory, *change)


def test_a_cell_that_is_no_perovskite_is_refused_with_its_residual(tmp_path, fails):
    salt = Atoms("NaCl", scaled_positions=[(0, 0, 0), (0.5, 0.5, 0.5)], cell=[4, 4, 4], pbc=True).repeat(3)
    write(tmp_path / "salt.extxyz", salt)
    assert fails("polar", tmp_path / "salt.extxyz")
    box = polar_box()
    box.positions = np.random.default_rng(1).uniform(0.0, 12.0, box.positions.shape)
    write(tmp_path / "gas.extxyz", box)
    message = fails("polar", tmp_path / "gas.extxyz")
    assert "not a perovskite" in message
    assert "angstrom" in message


def test_reports_of_two_runs_compare_and_those_of_unlike_kind_are_refused(tmp_path, entrox, fails):
    for name, shift in (("small", 0.10), ("large", 0.20)):
        write(tmp_path / f"{name}.traj", shaken(polar_box(shift), 16))
        answer = entrox("polar", tmp_path / f"{name}.traj", *CHEAP, "--thickness-cells", 3, "-o", tmp_path / name,
                        "--quiet")  # fmt: skip
        assert answer.code == 0, answer.err
    answer = entrox(
        "polar-compare", tmp_path / "small", tmp_path / "large" / "report.json", "--bootstrap", 100, "--json"
    )
    assert answer.code == 0, answer.err
    rows = {(row["group"], row["quantity_name"]): row for row in answer.json["differences"]}
    assert rows["B", "mean |d|"]["difference"] == pytest.approx(-0.1, abs=0.02)
    assert rows["B", "mean |d|"]["z"] < -5
    shift = next(row for row in answer.json["distances"] if (row["group"], row["distribution"]) == ("B", "|d|"))
    assert shift["wasserstein"] == pytest.approx(0.1, abs=0.02)
    assert shift["p_value"] < 0.05
    assert entrox("polar-compare", tmp_path / "small", tmp_path / "large").code == 0
    message = fails("polar-compare", tmp_path / "small", tmp_path / "large" / "image_report.json")
    assert "as_image" in message
    assert "--zone-axis" in message
    assert "report" in fails("polar-compare", tmp_path / "small", tmp_path / "absent")


def test_a_file_of_mean_positions_stands_beside_an_image_once_its_time_is_told(tmp_path, entrox, fails):
    from entrox.order.report.polar_report import read_polar_report, write_polar_report

    wall = Path(__file__).parents[2] / "examples" / "pbtio3_wall" / "PTO-180DW.vasp"
    view = ("--zone-axis", "010", "--thickness-cells", 2, *CHEAP, "--quiet")
    answer = entrox("polar", wall, *view, "--averaged-over-ps", 50, "-o", tmp_path / "told")
    assert answer.code == 0, answer.err
    report = read_polar_report(tmp_path / "told" / "image_report.json")
    assert report.window_ps == 50.0
    image = dataclasses.replace(report, source="stem", window_ps=None, label="image")
    write_polar_report(image, tmp_path / "image.json")
    answer = entrox("polar-compare", tmp_path / "told" / "image_report.json", tmp_path / "image.json", "--json")
    assert answer.code == 0, answer.err
    assert not any(text.startswith("window") for text in answer.json["warnings"])
    rows = {(row["group"], row["quantity_name"]): row for row in answer.json["differences"]}
    assert rows["B", "debiased rms |d|"]["first_value"] == pytest.approx(13.0, abs=0.3)
    assert entrox("polar", wall, *CHEAP, "--json").json["window_ps"] == 0.0
    write_polar_report(dataclasses.replace(report, window_ps=0.0), tmp_path / "untold.json")
    message = fails("polar-compare", tmp_path / "untold.json", tmp_path / "image.json")
    assert "--averaged-over-ps" in message
    assert "--averaged-over-ps" in fails("polar", wall, *view, "--averaged-over-ps", 0)


def test_transitions_of_a_csv_curve_are_bracketed(tmp_path, entrox):
    rows = [(t, 0.1 if t < 200 else 0.0, 0.1 if t < 250 else 0.0, 0.1 if t < 300 else 0.0) for t in range(150, 351, 10)]
    text = "temperature_k,p_x,p_y,p_z\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n"
    (tmp_path / "curve.csv").write_text(text, encoding="utf-8")
    run = tmp_path / "run"
    answer = entrox("transitions", tmp_path / "curve.csv", "--format", "csv", "-o", run, "--json")
    assert answer.code == 0, answer.err
    found = [(row["kind"], row["direction"], row["t_low_k"], row["t_high_k"]) for row in answer.json["transitions"]]
    assert found == [("R-O", "heating", 190, 200), ("O-T", "heating", 240, 250), ("T-C", "heating", 290, 300)]
    assert (run / "figures" / "transitions.png").is_file()
    assert "R-O" in entrox("transitions", tmp_path / "curve.csv", "--format", "csv").out


def test_feram_curves_give_the_known_transitions(entrox, external_data: Callable[[str], Path]):
    paths = [external_data(f"perovskite/feram-batio3/{name}-24x24x24.avg") for name in ("heating", "cooling")]
    answer = entrox("transitions", *paths, "--json")
    found = {(row["kind"], row["direction"]): (row["t_low_k"], row["t_high_k"]) for row in answer.json["transitions"]}
    assert found == {
        ("R-O", "heating"): (225, 230), ("O-T", "heating"): (255, 260), ("T-C", "heating"): (315, 320),
        ("R-O", "cooling"): (200, 205), ("O-T", "cooling"): (240, 245), ("T-C", "cooling"): (310, 315),
    }  # fmt: skip


def test_hysteresis_of_a_log_gives_coercive_fields_and_frequency(tmp_path, entrox, fails):
    steps = np.arange(0, 20000, 50)
    field = 0.3 * np.sin(2 * np.pi * steps / 10000)
    polarization = 0.03 * np.tanh(20 * (field - 0.1 * np.sign(np.cos(2 * np.pi * steps / 10000))))
    lines = ["Per MPI rank memory allocation (min/avg/max) = 1 | 1 | 1 Mbytes", "   Step Time v_efield v_Pz"]
    lines += [f"{s} {s * 0.001} {f} {p}" for s, f, p in zip(steps, field, polarization, strict=True)]
    (tmp_path / "log.lammps").write_text("\n".join([*lines, "Loop time of 1 on 1 procs"]) + "\n", encoding="utf-8")
    run = tmp_path / "run"
    answer = entrox("hysteresis", tmp_path / "log.lammps", "--block-steps", 100, "-o", run, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["coercive_plus_v_per_m"] == pytest.approx(0.1e10, rel=0.05)
    assert answer.json["frequency_hz"] == pytest.approx(1e11, rel=0.02)
    assert any("experiment" in text for text in answer.json["warnings"])
    assert (run / "loop.csv").is_file()
    assert "Coercive" in entrox("hysteresis", tmp_path / "log.lammps", "--block-steps", 100).out
    assert "absent" in fails("hysteresis", tmp_path / "absent")


def test_known_trajectory_gives_its_published_displacements(entrox, external_data: Callable[[str], Path]):
    path = external_data("perovskite/ferrodispcalc-traj/PTO-300K.traj")
    answer = entrox("polar", path, "--window-ps", 0, "--measures", "displacement,phases", "--json")
    rows = {row["symbol"]: row for row in answer.json["elements"]}
    assert rows["Pb"]["taid_angstrom"] == pytest.approx(0.3675, abs=2e-4)
    assert rows["Pb"]["mean_modulus_angstrom"] == pytest.approx(0.3964, abs=2e-4)
    assert rows["Ti"]["taid_angstrom"] == pytest.approx(0.2541, abs=2e-4)
    assert rows["Ti"]["mean_modulus_angstrom"] == pytest.approx(0.2698, abs=2e-4)
    ti = next(row for row in answer.json["phases"] if row["group"] == "Ti")
    assert [ti[name] for name in ("C", "T", "O", "R")] == pytest.approx([0.0, 0.778, 0.179, 0.043], abs=2e-3)


def test_inputs_of_one_name_in_two_folders_keep_both_checksums(tmp_path, entrox):
    files = []
    for name, shift in (("one", 0.1), ("two", 0.2)):
        (tmp_path / name).mkdir()
        files.append(tmp_path / name / "run.traj")
        write(files[-1], shaken(polar_box(shift), 3))
    answer = entrox("polar", *files, "--arrangements", *CHEAP, "-o", tmp_path / "run", "--quiet")
    assert answer.code == 0, answer.err
    record = json.loads((tmp_path / "run" / "provenance.json").read_text(encoding="utf-8"))
    assert set(record["input_sha256"]) == {path.as_posix() for path in files}
    assert len(set(record["input_sha256"].values())) == 2
    assert (tmp_path / "run" / "report_2.json").is_file()
    answer = entrox("polar", files[0], *CHEAP, "-o", tmp_path / "run", "--overwrite", "--quiet")
    assert answer.code == 0, answer.err
    assert not (tmp_path / "run" / "report_2.json").exists()


def test_a_box_is_taken_for_frames_that_are_not_periodic(tmp_path, entrox):
    box = polar_box()
    box.pbc = False
    write(tmp_path / "open.extxyz", box)
    assert entrox("polar", tmp_path / "open.extxyz", *CHEAP).code == 2
    answer = entrox("polar", tmp_path / "open.extxyz", "--box", "12,12,12", *CHEAP, "--json")
    assert answer.code == 0, answer.err
