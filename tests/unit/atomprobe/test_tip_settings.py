from __future__ import annotations

from pathlib import Path

import pytest

from entrox.atomprobe.tip.settings_file import parse_tip_settings, read_tip_settings
from entrox.core import FormatError, InputError

EXAMPLES = Path(__file__).parents[3] / "examples"
HEAD = """
[tip]
box_nm = [10, 10, 10]
[composition]
Ni = 0.5
Cu = 0.5
[sites]
kind = "poisson"
density_per_nm3 = 20
"""


@pytest.mark.parametrize("name", ["tip_random", "tip_clustered", "tip_rocksalt"])
def test_the_examples_can_be_read(name: str) -> None:
    settings = read_tip_settings(EXAMPLES / f"{name}.toml")
    assert sum(settings.composition.values()) == pytest.approx(1.0)


def test_parts_that_are_left_out_have_defaults() -> None:
    settings = parse_tip_settings(HEAD)
    assert settings.labels.kind == "random"
    assert settings.detection.efficiency == 1.0
    assert settings.species == ("Ni", "Cu")


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("[detecton]\nefficiency = 0.5", "did you mean detection"),
        ("[detection]\neficiency = 0.5", r"unknown key 'detection.eficiency'; did you mean efficiency"),
        ("[labels]\nkind = 'field'\namplitud = 1\ncorrelation_length_nm = 1", r"amplitud'; did you mean amplitude"),
        ("[labels]\nkind = 'feild'", "did you mean field"),
        ("[labels]\nkind = 'field'\namplitude = 1", r"labels\.correlation_length_nm is missing"),
        ("[[density.pores]]\ncenter_nm = [1, 1, 1]\nradus_nm = 1", "did you mean radius_nm"),
        ("[detection]\nefficiency = 1.5", r"detection\.efficiency: input should be less"),
        ("[detection]\nspecies_efficiency = { Fe = 0.5 }", "names 'Fe'; known: Cu, Ni"),
        ("[labels]\nkind = 'ordered'\norder_parameter = 1\ncorner_composition = { Ni = 1.0 }", "need a lattice"),
        ("[events]\nmetal = { M = 0.5, MO = 0.4 }", r"sum to 1 .*got sum 0\.9"),
        ("[events]\nanion = { O2 = 1.0 }", "needs rock-salt sites"),
        ("[spectrum]\ncharge_states = { Ni = { 0 = 1.0 } }", ">= 1; got 0"),
        ("detection = 3", "unknown key 'sites.detection'"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_with_its_place(added: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_tip_settings(HEAD + added)


def test_sites_need_what_their_kind_needs() -> None:
    with pytest.raises(InputError, match="fcc sites need lattice_parameter_nm"):
        parse_tip_settings(HEAD.replace("poisson", "fcc"))
    with pytest.raises(InputError, match="anion is needed"):
        parse_tip_settings(HEAD + "anion = 'O'")
    with pytest.raises(InputError, match="'Nx' is not an element symbol"):
        parse_tip_settings(HEAD.replace("Ni", "Nx"))


def test_a_file_that_is_no_toml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tip.toml"
    path.write_text("[tip]\nbox_nm = [1, 2\n", encoding="utf-8")
    with pytest.raises(FormatError, match="line"):
        read_tip_settings(path)
    with pytest.raises(InputError, match="cannot read"):
        read_tip_settings(tmp_path / "none.toml")


def test_unknown_tip_keys_and_plain_values_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean box_nm"):
        parse_tip_settings(HEAD.replace("box_nm", "boxnm"))
    with pytest.raises(InputError, match=r"written as \[tip\]"):
        parse_tip_settings("tip = 3")
