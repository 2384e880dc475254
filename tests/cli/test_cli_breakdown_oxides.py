"""``entrox breakdown FORMULA`` answers for any oxide whose data ship, or says in one line what to give."""

from __future__ import annotations

from collections.abc import Callable

import pytest

SMALL = ("--seeds", 2, "--cells", 4, "--no-enhancement", "--json")
OXIDES = (
    "MgO CaO SrO BaO ZnO NiO CoO Al2O3 SiO2 TiO2 ZrO2 HfO2 SnO2 GeO2 Ta2O5 Nb2O5 V2O5 WO3 Cr2O3 Fe2O3 La2O3 Y2O3 Sc2O3 "
    "Bi2O3 Ga2O3 In2O3 K2O Na2O Li2O Cu2O Ag2O PbO SrTiO3 CaTiO3 PbTiO3 BiFeO3 AgNbO3 PbZrO3 KNbO3 NaNbO3 LaAlO3 "
    "LaMnO3 KTaO3 BaZrO3 BaSnO3 CaZrO3 Bi4Ti3O12 LiNbO3 MgAl2O4 Y3Al5O12 Pb0.97La0.02Va0.01Zr0.52Ti0.48O3 MnO FeO "
    "CuO CeO2 LiTaO3 La2Zr2O7 SrBi2Ta2O9 ZnAl2O4 NiFe2O4 Gd3Ga5O12 Gd2O3 Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O "
)
"""Formulas of which every element has a charge, a radius where one is needed, and a bond energy."""


@pytest.mark.parametrize("formula", OXIDES.split())
def test_an_oxide_whose_data_ship_has_a_finite_field(entrox: Callable, formula: str) -> None:
    answer = entrox("breakdown", formula, *SMALL)
    assert answer.code == 0, answer.err
    content = answer.json
    assert 200 < content["breakdown_field_mv_per_m"]["mean"] < 4000
    assert content["onset_field_mv_per_m"] <= content["breakdown_field_mv_per_m"]["mean"]
    assert any("assumed" in text for text in content["warnings"]), "the mean free path is not measured"
    assert not any("pass " in text and "--" not in text for text in content["warnings"]), "advice names its option"


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("BeO", "--bond-energy-ev"),
        ("MoO3", "--bond-energy-ev"),
        ("SrRuO3", "--charge Ru=+4"),
        ("SrRuO3 --charge Ru=+4", "no Shannon radius for 'Ru'"),
        ("Mg2SiO4", "--prototype NAME"),
        ("Pb0.97La0.02Zr0.52Ti0.48O3", "here Va0.01"),
    ],
)
def test_an_oxide_without_data_says_in_one_line_what_to_give(fails: Callable, formula: str, words: str) -> None:
    message = fails("breakdown", *formula.split(), *SMALL)
    assert words in message
    assert len(message.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("formula", "advice"),
    [
        ("BeO", ("--bond-energy-ev", 4.5)),
        ("MoO3", ("--bond-energy-ev", 5.8)),
        ("Mg2SiO4", ("--prototype", "spinel", "--site", "Si=A", "--site", "Mg=B")),
    ],
)
def test_what_the_message_asks_for_is_enough(entrox: Callable, formula: str, advice: tuple[object, ...]) -> None:
    answer = entrox("breakdown", formula, *advice, *SMALL)
    assert answer.code == 0, answer.err


@pytest.mark.parametrize("formula", ["BaTiO3", "KNbO3", "PbZrO3"])
def test_a_perovskite_answers_in_space_and_as_explicit_alloy(entrox: Callable, formula: str) -> None:
    small = ("--seeds", 1, "--cells", 3, "--json")
    for mode in (("--dimensions", 3), ("--alloy", "explicit"), ("--plane", "BO2"), ("--trap-depth-ev", 0.5)):
        answer = entrox("breakdown", formula, *mode, *small)
        assert answer.code == 0, answer.err
        assert 200 < answer.json["breakdown_field_mv_per_m"]["mean"] < 4000
