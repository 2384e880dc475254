import gzip
import shutil
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from entrox.core import FormatError, InputError
from entrox.design import SerialExecutor, parse_study, read_run, run_study, summarize_family
from entrox.design.family import Family
from entrox.design.structure_composition import cation_shares, count_composition
from entrox.design.structures import structure_points
from one_family import EVERYTHING, EXAMPLES, HEAD, HOST_BOX, MIXED_BOX, TIP, box

FAMILY = Family("A3B2", "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", "BaTiO3", (Fraction(0),))


def points_of(text, folder):
    study = parse_study(text)
    return structure_points(study.structures, study.build_families(), folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A study of boxes and a tip whose truth is known, and its folder."""
    folder = tmp_path_factory.mktemp("structures")
    (folder / "study.toml").write_text(EVERYTHING.replace("breakdown = { seeds = 3, cells = 7 }\n", ""))
    return run_study(folder / "study.toml", folder / "run", executor=SerialExecutor()), folder


def test_displacements_of_a_box_are_those_that_it_was_made_with(run):
    host, mixed, _ = run[0].structures
    assert abs(host.number("net_displacement_b_angstrom") - 0.14) < 3 * host.number("net_displacement_b_error_angstrom")
    assert abs(mixed.number("net_displacement_b_angstrom") - 0.05) < 3 * mixed.number(
        "net_displacement_b_error_angstrom"
    )
    for item in (host, mixed):
        assert item.number("net_displacement_a_angstrom") < 3 * item.number("net_displacement_a_error_angstrom")
    # each B of the mixed box has a random part of 0.08 angstrom per component, which the net displacement does not show
    assert mixed.number("displacement_b_angstrom") > 2 * mixed.number("net_displacement_b_angstrom")


def test_polarization_is_charge_times_displacement_over_volume_and_needs_charges(run):
    host, mixed, _ = run[0].structures
    charge, volume = 7.25, 4.01**3  # of Ti, whose displacement against all else is uniform
    by_hand = 1.602e-19 * charge * host.number("net_displacement_b_angstrom") * 1e-10 / (volume * 1e-30)
    assert host.number("polarization_c_per_m2") == pytest.approx(by_hand, rel=0.05)
    assert mixed.values["polarization_c_per_m2"] is None
    assert any("born_charges_e" in text for text in mixed.warnings)


def test_a_tip_with_fluctuations_is_found_segregated_beyond_chance(run):
    tip = run[0].structures[2]
    assert tip.text("entropy_verdict") in ("resolved", "not_reached")
    assert tip.text("counted_species") == "Ba Sr Na Sm"
    assert tip.number("family_p") == pytest.approx(1 / 80)
    assert tip.number("excess_low_r") > 0.0
    size, excess = tip.array("sizes_nm"), tip.array("excess_of_size_r")
    assert size.tolist() == [1.0, 2.0, 4.0]
    assert (np.diff(excess) < 0.0).all()
    assert tip.number("bulk_entropy_r") == pytest.approx(np.log(4), abs=0.01)


def test_the_cations_of_a_structure_are_counted_and_lie_nearest_to_their_own_x(run):
    for item in run[0].structures:
        assert item.difference <= item.tolerance
        assert item.nearest_x == pytest.approx(item.x, abs=0.01)
        assert sum(item.counted.values()) == pytest.approx(1.0)
    assert run[0].structures[0].expected == {"Ba": 0.5, "Ti": 0.5}


def test_a_finished_run_is_read_back_as_it_was(run):
    result, folder = run
    again = read_run(folder / "run")
    for before, after in zip(result.structures, again.structures, strict=True):
        assert before.to_dict() == after.to_dict()
        assert after.array("phase_share_b").shape == before.array("phase_share_b").shape
    lines = (folder / "run" / "structures.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["structure", "host", "mixed", "tip"]
    recorded = again.provenance["input_sha256"]
    assert {"host: box_000.extxyz.gz", "tip: tip.pos", "tip: tip.rrng"} <= set(recorded)


def test_a_continued_run_measures_no_structure_again(run):
    result, folder = run
    seen = []
    again = run_study(
        folder / "study.toml", folder / "run", executor=SerialExecutor(), resume=True, progress=seen.append
    )
    assert seen[-1].total == 3
    assert seen[-1].restored >= 1
    assert {state.rate for state in seen} == {0.0}
    assert [item.to_dict() for item in again.structures] == [item.to_dict() for item in result.structures]


def test_overwriting_with_a_study_without_structures_leaves_no_table_of_theirs(tmp_path):
    run_study(parse_study(HEAD + HOST_BOX), tmp_path / "run", executor=SerialExecutor())
    assert (tmp_path / "run" / "structures.csv").is_file()
    result = run_study(parse_study(HEAD), tmp_path / "run", executor=SerialExecutor(), overwrite=True)
    assert not (tmp_path / "run" / "structures.csv").exists()
    assert result.structures == ()


def test_the_summary_puts_structures_into_the_row_of_their_composition(run):
    summary = summarize_family(run[0], "A3B2")
    assert [column.key for column in summary.columns] == [
        "entropy", "distortion", "rate", "polarization", "order", "excess", "sume", "radius"
    ]  # fmt: skip
    first, middle, last = summary.rows
    assert first.entries["order"][0].error > 0.0
    assert middle.entries["order"] == ()
    assert last.entries["excess"][0].words.startswith("at ")
    assert first.entries["rate"][0].words == "no barrier"
    points = run[0].points
    assert [row.entries["entropy"][0].value for row in summary.rows] == points["entropy_per_formula_unit_r"].tolist()


def test_a_structure_between_grid_points_has_a_row_of_its_own(tmp_path):
    text = HEAD + box("0.125", "box_125.extxyz.gz", "between").replace("x = 0.125\n", 'x = "1/8"\n')
    text = text.replace("steps = 3", "steps = 2")
    result = run_study(parse_study(text), tmp_path / "run", executor=SerialExecutor())
    rows = summarize_family(result, "A3B2").rows
    assert [(row.x, row.on_grid) for row in rows] == [(0.0, True), (0.125, False), (0.25, True)]
    assert rows[1].composition == "Ba0.625Sr0.125Na0.125Sm0.125Ti0.75Zr0.125Hf0.125O3"


def test_the_same_atoms_elsewhere_are_the_same_structure_and_others_are_not(tmp_path):
    shutil.copy(EXAMPLES / "box_000.extxyz.gz", tmp_path / "copy.extxyz.gz")
    text = gzip.decompress((EXAMPLES / "box_000.extxyz.gz").read_bytes()).replace(b"Ti 2.", b"Ti 2.0", 1)
    (tmp_path / "other.extxyz.gz").write_bytes(gzip.compress(text))
    tables = HOST_BOX + box("0", "copy.extxyz.gz", "copy", folder=tmp_path)
    tables += box("0", "other.extxyz.gz", "other", folder=tmp_path)
    host, copy, other = (point.source.identity for point in points_of(HEAD + tables, tmp_path))
    assert host == copy
    assert host != other


def test_a_structure_far_from_its_composition_is_refused_with_numbers(tmp_path):
    with pytest.raises(InputError) as error:
        points_of(HEAD + box("0.25", "box_000.extxyz.gz", "wrong"), tmp_path)
    message = str(error.value)
    assert "Ba 0.5000, Ti 0.5000" in message
    assert "Sm 0.1250" in message
    assert "largest difference, 0.3750 of Ba" in message
    assert "nearest to x = 0." in message
    points_of(HEAD + box("0.25", "box_000.extxyz.gz", "wrong", "tolerance = 0.4"), tmp_path)


def test_nearest_x_is_that_of_the_cations_counted():
    for x in (Fraction(1, 20), Fraction(1, 5)):
        composition = next(Family("F", FAMILY.formula, "BaTiO3", (x,)).compositions())
        atoms = {name: 10_000 * share for name, share in cation_shares(composition).items()}
        found = count_composition("box", "md", {**atoms, "O": 15_000}, FAMILY, x)
        assert found.difference == pytest.approx(0.0, abs=1e-12)
        assert found.nearest_x == pytest.approx(float(x))
        assert found.tolerance == 0.02


@pytest.mark.parametrize("cells", [64, 216])
def test_a_site_filled_by_chance_lies_within_the_tolerance_at_95_percent(cells):
    half = Fraction(1, 2)
    family = Family("F", "Ba(1-x)SrxTiO3", "BaTiO3", (half,))
    refused = []
    for strontium in range(cells // 2, cells // 2 + 20):
        try:
            count_composition("box", "md", {"Sr": strontium, "Ba": cells - strontium, "Ti": cells}, family, half)
        except InputError:
            refused.append(strontium)
    assert refused == list(range(refused[0], cells // 2 + 20))
    outside = 2 * binom.sf(refused[0] - 1, cells, 0.5)
    assert 0.03 < outside < 0.05


def test_elements_that_the_family_has_not_are_an_error_in_frames_and_told_of_a_tip():
    atoms = {"Ba": 500, "Ti": 500, "O": 900, "Ga": 20}
    with pytest.raises(InputError, match="holds Ga, which the family"):
        count_composition("box", "md", atoms, FAMILY, Fraction(0))
    found = count_composition("tip", "tip", atoms, FAMILY, Fraction(0))
    assert found.foreign == pytest.approx(20 / 1020)
    with pytest.raises(InputError, match="no cation of the family"):
        count_composition("tip", "tip", {"O": 5}, FAMILY, Fraction(0))


def test_a_measure_that_fails_is_kept_with_its_reason_and_the_rest_goes_on(tmp_path):
    both = "polar-order = { born_charges_e = { Ba = 2.77, Ti = 9.0, O = -3.34 } }\n"
    both += 'local-entropy = { species = ["Ba", "Ti"] }'
    text = HEAD + box("0", "box_000.extxyz.gz", "host", both + "\nreading = { every = 6 }")
    result = run_study(parse_study(text), tmp_path / "run", executor=SerialExecutor())
    (item,) = result.structures
    assert "sum to zero" in item.failed["polar-order"]
    assert item.text("elements") == ""
    assert item.text("entropy_verdict") != ""
    assert read_run(tmp_path / "run").structures[0].failed == item.failed


def test_a_host_has_no_mixed_site_whose_mixing_could_be_measured(tmp_path):
    with pytest.raises(InputError, match="no site is shared by two cations"):
        points_of(HEAD + box("0", "box_000.extxyz.gz", "host", "local-entropy = {}"), tmp_path)


def test_a_file_that_is_no_frame_says_so_before_anything_is_computed(tmp_path):
    (tmp_path / "bad.extxyz").write_text("not a number\n")
    with pytest.raises(FormatError, match=r"bad\.extxyz"):
        run_study(parse_study(HEAD + box("0", "bad.extxyz", "bad", folder=tmp_path)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_one_composition_at_two_places_of_two_families_has_the_numbers_of_each_place(tmp_path):
    text = """[study]
title = "Two"
[[family]]
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 0.2, steps = 2 }
[[family]]
formula = "Ba(1-2x)Sr(2x)TiO3"
host = "BaTiO3"
x = { start = 0, stop = 0.1, steps = 2 }
[measures]
bending = { thickness_um = 1.0, x = [0.0, 0.2], failure_strain_percent = [1.0, 3.0] }
nucleation = { temperature_k = 300, x = [0.0, 0.2], df_j_per_m3 = [-1e9, -3e9], gamma_j_per_m2 = 0.3 }
"""
    points = run_study(parse_study(text), tmp_path / "run", executor=SerialExecutor()).points
    assert points["composition"].tolist()[1::2] == ["Ba0.8Sr0.2TiO3"] * 2
    assert points["failure_strain"].tolist() == pytest.approx([0.01, 0.03, 0.01, 0.02])
    assert points["df_j_per_m3"].tolist() == pytest.approx([-1e9, -3e9, -1e9, -2e9])


SECOND = HEAD[HEAD.index("[[family]]") :].replace("A3B2", "other")
MISTAKES = [
    (
        HEAD + HOST_BOX.replace("kind =", "kin ="),
        r"line \d+: unknown key 'kin' in \[\[structure\]\]; did you mean kind",
    ),
    (HEAD + HOST_BOX.replace('"md"', '"mdd"'), r"line 13: structure.kind: .*'md', 'rmc' or 'tip'"),
    (
        HEAD + HOST_BOX.replace("window_ps", "windw_ps"),
        r"line 16: unknown key 'windw_ps' of the measure 'polar-order'; did you mean window_ps",
    ),
    (
        HEAD + HOST_BOX.replace("window_ps = 1.0", "window_ps = -1.0"),
        r"line 16: polar-order.window_ps: .*greater than or equal to 0",
    ),
    (HEAD + TIP.replace("ranges =", "#"), r"line 13: structure 'tip': a tip needs the ranges"),
    (HEAD + TIP.replace("local-entropy = {", "polar-order = {"), r"structure 'tip': a tip does not tell displacements"),
    (HEAD + box("0", "a", "n", "reading = { byte_order = 'big' }"), r"'n': byte_order belong to the ion cloud"),
    (HEAD + box("0", "a", "n", "reading = { evry = 2 }"), r"unknown key 'evry' in reading; did you mean every"),
    (HEAD + TIP + "reading = { every = 2 }", r"structure 'tip': every belong to frames"),
    (HEAD + box("0", "a", "n", 'ranges = "a.rrng"'), r"structure 'n': atoms of frames have names"),
    (HEAD + box("0", "a", "n", 'family = "A3B3"'), r"structure 'n': unknown family 'A3B3'; did you mean A3B2"),
    (HEAD + SECOND + box("0", "a", "n"), r"structure 'n': the study has 2 families; give family"),
    (HEAD + "[measures]\npolar-order = {}\n", r"line 11: 'polar-order' is measured on atoms, not on a formula"),
    (HEAD + HOST_BOX.replace("[[structure]]", "[structure]"), r"must be a table, written as \[\[structure\]\]"),
    (
        HEAD + "[measures]\nbending = { thickness_um = 1.0 }\n",
        r"line 11: bending.failure_strain_percent: field required",
    ),
    (
        HEAD + "[measures]\nbending = { thickness_um = 1.0, failure_strain_percent = [1, 2] }\n",
        r"line 11: bending: x needs one value for each failure_strain_percent, or none for a single one\.$",
    ),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_in_a_structure_is_named_with_its_line(text, message):
    with pytest.raises(InputError, match=message):
        parse_study(text, path="my.toml")


def test_files_are_looked_for_beside_the_study_and_names_differ(tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*absent.xyz. Places are relative to the study file"):
        points_of(HEAD + box("0", "absent.xyz", "n", folder=tmp_path), tmp_path)
    with pytest.raises(InputError, match="every structure needs its own name"):
        points_of(HEAD + MIXED_BOX + MIXED_BOX, tmp_path)
