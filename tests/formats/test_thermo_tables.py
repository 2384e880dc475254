"""Files of the thermodynamics: tables of barriers, columns of numbers, quenches, settings; damage with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from entrox.composition import parse_formula
from entrox.core import FormatError, InputError, generator
from entrox.thermo import free_energy_of_settings, read_barrier_table, read_free_energy_settings, read_quenched_glasses
from entrox.thermo.free_energy_run import read_columns
from entrox.thermo.free_energy_settings import example_free_energy

ROOT = Path(__file__).parents[2]


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_read_with_long_and_short_names_comments_and_empty_cells(tmp_path: Path) -> None:
    rows = read_barrier_table(written(tmp_path, "# made up\ns_config,df,error\n0.9,-1e9,2e8\n\n1.6,-2e9,\n"))
    assert [(row.s_config_r, row.df_j_per_m3, row.df_error_j_per_m3) for row in rows] == [
        (0.9, -1e9, 2e8), (1.6, -2e9, 0.0)
    ]  # fmt: skip
    text = "label,df_j_per_m3,s_config_r,gamma_j_per_m2\nx = 0.5,-1e9,1.386,0.4\n"
    assert read_barrier_table(written(tmp_path, text))[0].gamma_j_per_m2 == 0.4
    assert read_barrier_table(ROOT / "examples" / "thermo" / "barriers.csv")[3].label == "x = 0.75"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s_config,error\n1,2\n", "line 1: .*missing: df_j_per_m3"),
        ("s_config,df,temperature\n1,2,3\n", "unknown or twice: temperature"),
        ("s_config,df\n1,-1e9\n1\n", "line 3: 2 cells are needed"),
        ("s_config,df\n1,minus\n", "line 2: df_j_per_m3 must be a number"),
        ("s_config,df,error\n1,-1e9,-2e8\n", "df_error_j_per_m3 must be finite and >= 0"),
        ("s_config,df\n1,nan\n", "finite"),
        ("s_config,df\n", "no lines"),
        ("", "empty"),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_barrier_table(written(tmp_path, text))


def test_columns_are_read_below_a_header_and_broken_lines_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "frequency_thz,density\n1.0,0.2\n2.0 0.3 7  # more\n")
    assert read_columns(path, 2).tolist() == [[1.0, 0.2], [2.0, 0.3]]
    with pytest.raises(FormatError, match="line 3"):
        read_columns(written(tmp_path, "nu\n1.0\nabc\n"), 1)
    with pytest.raises(FormatError, match="expected 2 finite numbers"):
        read_columns(written(tmp_path, "1.0\n"), 2)
    with pytest.raises(InputError, match="cannot read"):
        read_columns(tmp_path / "none.csv", 1)


def member(verdict: str, energy: float = -7.9, density: float = 7.6) -> dict[str, object]:
    return {"verdict": verdict, "energy_ev_per_atom": energy, "density_g_per_cm3": density, "rate_k_per_ps": 100.0}


def test_a_quench_gives_its_glasses_only_and_volumes_from_densities(tmp_path: Path) -> None:
    composition = parse_formula("Bi4Ti3O12").at()
    members = [member("glass"), member("crystal memory", -7.99), member("glass", -7.91), member("failed", None, None)]
    path = written(tmp_path, json.dumps({"members": members}), "result.json")
    found = read_quenched_glasses(tmp_path, composition)
    assert found.energies_ev_per_atom == (-7.9, -7.91)
    assert found.left_out == ("1 of 4: crystal memory", "1 of 4: failed")
    # 1171.5 g/mol over 19 atoms and 7.6 g/cm3
    assert found.volumes_angstrom3_per_atom[0] == pytest.approx(13.472, abs=0.002)
    path.write_text(json.dumps({"members": members[1:2]}), encoding="utf-8")
    with pytest.raises(InputError, match=r"no member .* is a glass"):
        read_quenched_glasses(path, composition)
    path.write_text(json.dumps({"members": [{"verdict": "glass"}]}), encoding="utf-8")
    with pytest.raises(FormatError, match="energy_ev_per_atom"):
        read_quenched_glasses(path, composition)
    path.write_text(json.dumps({"members": members, "potential": "chgnet"}), encoding="utf-8")
    assert read_quenched_glasses(path, composition).potential == "chgnet"
    path.write_text('{"members": ', encoding="utf-8")
    with pytest.raises(FormatError, match="JSON"):
        read_quenched_glasses(path, composition)


SETTINGS = """
formula = "Bi4Ti3O12"
temperature_k = 300.0
imaginary = "{imaginary}"

[crystal]
calculator = "m"
energies_ev_per_atom = [-8.0]
volumes_angstrom3_per_atom = [13.0]
ordered = true
frequency_files = ["crystal.csv"]

[amorphous]
calculator = "m"
quench_run = "quench"
spectrum_file = "spectrum.csv"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files that the settings name."""
    written(tmp_path, "nu\n" + "\n".join(["0.0"] * 3 + ["-1.0"] + ["8.0"] * 5), "crystal.csv")
    written(tmp_path, "nu g\n" + "\n".join(f"{0.1 * k} {k * k}" for k in range(60)), "spectrum.csv")
    (tmp_path / "quench").mkdir()
    members = [member("glass"), member("glass", -7.91), member("glass", -7.92), member("recrystallized")]
    written(tmp_path / "quench", json.dumps({"members": members}), "result.json")
    return tmp_path


def test_settings_find_their_files_beside_them_and_remarks_reach_the_result(folder: Path) -> None:
    settings = read_free_energy_settings(written(folder, SETTINGS.format(imaginary="absolute"), "settings.toml"))
    assert sorted(path.name for path in settings.files()) == ["crystal.csv", "result.json", "spectrum.csv"]
    found = free_energy_of_settings(settings, generator(1))
    assert found.terms[0].value_ev_per_atom == pytest.approx(0.09)
    words = " ".join(found.warnings)
    assert "crystal.csv: 1 of 9 modes are imaginary (absolute)" in words
    assert "1 of 4: recrystallized" in words
    # a softer glass gains with temperature
    hot = free_energy_of_settings(settings, generator(1), 900.0)
    assert hot.df_ev_per_atom < found.df_ev_per_atom
    quench = folder / "quench" / "result.json"
    other = {**json.loads(quench.read_text(encoding="utf-8")), "potential": "another model"}
    quench.write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(InputError, match="made with 'another model'"):
        free_energy_of_settings(settings, generator(1))
    quench.write_text(json.dumps({**other, "potential": "M"}), encoding="utf-8")
    refused = read_free_energy_settings(written(folder, SETTINGS.format(imaginary="refuse"), "settings.toml"))
    with pytest.raises(InputError, match="imaginary"):
        free_energy_of_settings(refused, generator(1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ordered = true", "orderd = true", "line 10: unknown key 'orderd'"),
        ("temperature_k = 300.0", "", "temperature_k is missing"),
        ("temperature_k = 300.0", "temperature_k = 0.0", "line 3: temperature_k"),
        ('quench_run = "quench"', 'quench_run = "quench"\nenergies_ev_per_atom = [1.0]', "not both"),
        ('spectrum_file = "spectrum.csv"', 'spectrum_file = "a"\nvibrational_ev_per_atom = [0.1]', "give one of"),
    ],
)
def test_settings_that_are_wrong_are_refused_with_their_line(folder: Path, old: str, new: str, message: str) -> None:
    text = SETTINGS.format(imaginary="omit").replace(old, new)
    with pytest.raises(InputError, match=message):
        read_free_energy_settings(written(folder, text, "settings.toml"))


def test_values_at_one_temperature_are_not_used_at_another() -> None:
    settings = read_free_energy_settings(ROOT / "examples" / "thermo" / "free_energy.toml")
    with pytest.raises(InputError, match="hold at 300 K; got 600 K"):
        free_energy_of_settings(settings, generator(1), 600.0)


def test_the_example_that_is_printed_is_the_one_of_the_examples() -> None:
    assert example_free_energy() == (ROOT / "examples" / "thermo" / "free_energy.toml").read_text(encoding="utf-8")
