from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from entrox.core.errors import EngineError, InputError
from entrox.design import SerialExecutor
from entrox.design.search import SearchResult, pareto_mask, parse_search, read_search_run, run_search

TEXT = """
[search]
title = "Small search"
rerun = 12
control = 6
draws = 60

[space]
host = "BaTiO3"
denominator = 4
[space.dopants]
A = ["Sr", "Na", "Sm"]
B = ["Zr"]

[[objective]]
quantity = "breakdown_field_mv_per_m"

[[objective]]
quantity = "lattice_distortion"
direction = "minimize"

[[constraint]]
quantity = "tolerance_factor"
low = 0.96

[measures]
breakdown = { seeds = 4, cells = 4 }

[[compare]]
name = "Sm family"
formula = "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3"
x = "1/5"
source = "published"
"""


def run(folder: Path, text: str = TEXT, **options: object) -> SearchResult:
    return run_search(parse_search(text), folder, executor=SerialExecutor(), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return run(tmp_path_factory.mktemp("search") / "run")


def test_the_numbers_of_candidates_add_up(result: SearchResult) -> None:
    counts = result.counts
    # four ways of sharing A balance with n_Na = n_Sm = 0, 1, 2: 5, 3 and 1 ways for Ba and Sr; five ways for B
    assert counts.balanced == (5 + 3 + 1) * 5
    assert counts.control == 6
    assert counts.rerun == 12
    assert len(result.candidates) == 18
    assert counts.allowed >= 18
    assert counts.front == int(result.candidates["in_front"].sum()) == len(result.front)


def test_without_an_arrangement_the_whole_ranking_of_the_law_survives(result: SearchResult) -> None:
    everything = next(item for item in result.agreements if item.group == "all run again")
    assert everything.spearman is not None
    assert everything.spearman > 0.98
    assert everything.ratio is not None
    assert 1.0 < everything.ratio < 1.1  # the way from onset to breakdown


def test_the_front_of_the_second_run_is_a_pareto_set_of_what_was_run(result: SearchResult) -> None:
    table = result.candidates[result.candidates["allowed"]]
    values = np.stack([table["breakdown_field_mv_per_m"], -table["lattice_distortion"]], axis=1)
    assert (pareto_mask(values) == table["in_front"].to_numpy()).all()
    assert table["p_front"].between(0.0, 1.0).all()
    assert (table["p_front"][table["in_front"]] > 0.0).all()


def test_ranks_count_from_the_largest_field_and_lie_in_their_intervals(result: SearchResult) -> None:
    table = result.candidates[result.candidates["allowed"]]
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["breakdown_field_mv_per_m"].is_monotonic_decreasing
    assert ((table["rank_low"] <= table["rank"]) & (table["rank"] <= table["rank_high"])).mean() > 0.8
    inside = (table["interval_low"] < table["breakdown_field_mv_per_m"]) & (
        table["breakdown_field_mv_per_m"] < table["interval_high"]
    )
    assert inside.mean() > 0.8


def test_a_published_composition_stands_beside_the_candidates(result: SearchResult) -> None:
    (row,) = result.published.to_dict("records")
    assert (row["name"], row["source"]) == ("Sm family", "published")
    assert row["screened"] == pytest.approx(row["threshold_law_mv_per_m"], rel=1e-9)
    better = int((result.candidates["breakdown_field_mv_per_m"] > row["breakdown_field_mv_per_m"]).sum())
    assert row["would_rank"] == 1 + better


def test_extrapolation_and_status_of_the_data_stand_in_every_row(result: SearchResult) -> None:
    table = result.candidates
    outside = table["mean_free_path_angstrom"] < 4.0
    assert outside.any()
    assert not outside.all()
    assert (table["extrapolated"] == outside).all()
    with_sodium = table["composition"].str.contains("Na|Sm")
    assert (table["data_status"][with_sodium] == "C").all()
    assert (table["data_status"][~with_sodium] == "A-B").all()


def test_the_effects_tell_shared_errors_from_own_ones(result: SearchResult) -> None:
    effects = {item.source: item for item in result.effects}
    assert set(effects) == {"scatter of seeds", "calibration", "bond energies", "mean free path of the host", "all"}
    assert effects["calibration"].common > 3 * effects["calibration"].own
    assert effects["scatter of seeds"].own > effects["scatter of seeds"].common


def test_a_search_is_read_back_as_it_was_written(result: SearchResult) -> None:
    again = read_search_run(result.folder)
    assert again.counts == result.counts
    assert again.agreements == result.agreements
    assert again.effects == result.effects
    for name in ("candidates", "published", "screened_front", "screened_sample"):
        before, after = getattr(result, name), getattr(again, name)
        assert list(before.columns) == list(after.columns)
        for column in before.columns:
            assert before[column].fillna(-1).tolist() == after[column].fillna(-1).tolist()
    record = json.loads((result.folder / "provenance.json").read_text())
    assert record["status"] == "finished"
    assert record["execution"]["screen"]["candidates"] == 45


def test_a_repeated_search_takes_its_rows_from_the_store_and_gives_the_same_files(result: SearchResult) -> None:
    before = (result.folder / "result.json").read_bytes()
    steps: list[tuple[str, int, int]] = []
    with pytest.raises(InputError, match="exists and is not empty"):
        run(result.folder)
    run(result.folder, resume=True, progress=lambda *step: steps.append(step))
    assert (result.folder / "result.json").read_bytes() == before
    assert [step for step in steps if step[0] == "the second run"] == [("the second run", 38, 38)]


def test_another_seed_is_another_run_and_cannot_continue_this_one(result: SearchResult) -> None:
    with pytest.raises(InputError, match="other settings"):
        run(result.folder, resume=True, seed=7)


def test_a_quantity_without_fast_form_decides_after_the_second_run(tmp_path: Path) -> None:
    text = TEXT.replace(
        "[measures]", '[[constraint]]\nquantity = "breakdown_field_std_mv_per_m"\nlow = 1e6\n[measures]'
    )
    with pytest.raises(EngineError, match="no candidate of the second run"):
        run(tmp_path / "none", text)
    found = run(tmp_path / "some", text.replace("low = 1e6", "low = 0.0"))
    assert any("breakdown_field_std_mv_per_m: no fast form" in text for text in found.warnings)


def test_with_a_permittivity_the_energy_density_follows_the_square_of_the_field(tmp_path: Path) -> None:
    text = TEXT.replace("draws = 60", "draws = 60\npermittivity = 200").replace(
        '"breakdown_field_mv_per_m"', '"energy_density_bound_j_per_cm3"'
    )
    found = run(tmp_path / "run", text).candidates
    expected = 0.5 * 8.8541878188e-12 * 200 * (1e6 * found["breakdown_field_mv_per_m"]) ** 2 / 1e6
    np.testing.assert_allclose(found["energy_density_bound_j_per_cm3"], expected, rtol=1e-9)
    assert (found["interval_low"] < found["energy_density_bound_j_per_cm3"]).mean() > 0.8


def test_constraints_that_nothing_fulfils_are_reported_before_anything_is_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of 45 charge-balanced candidates"):
        run(tmp_path / "run", TEXT.replace("low = 0.96", "low = 1.5"))


def test_a_folder_of_another_command_is_no_search(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"material": "BaTiO3"}')
    (tmp_path / "provenance.json").write_text("{}")
    with pytest.raises(InputError, match="not the folder of a search"):
        read_search_run(tmp_path)


CLUSTER = """
[cluster]
cores = 2
memory = "4 GB"
walltime = "01:00:00"
jobs = 1
"""


def test_a_store_of_the_search_file_holds_the_rows_and_serves_another_run(
    result: SearchResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "search.toml"
    file.write_text(TEXT.replace("draws = 60", 'draws = 60\nstore = "rows.sqlite"'), encoding="utf-8")
    run_search(file, tmp_path / "one", executor=SerialExecutor())
    assert not (tmp_path / "one" / "run.sqlite").exists()
    size = (tmp_path / "rows.sqlite").stat().st_size

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a row that the store has was computed again")

    monkeypatch.setattr(SerialExecutor, "submit", refuse)
    run_search(file, tmp_path / "two", executor=SerialExecutor())
    assert (tmp_path / "rows.sqlite").stat().st_size == size
    for name in ("candidates.csv", "front.csv", "published.csv"):
        first = (tmp_path / "one" / name).read_bytes()
        assert first == (tmp_path / "two" / name).read_bytes() == (result.folder / name).read_bytes()


def test_a_cluster_and_a_scheduler_exclude_each_other(tmp_path: Path) -> None:
    search = parse_search(TEXT + CLUSTER)
    with pytest.raises(InputError, match=r"\[cluster\] table, and --scheduler tcp://127.0.0.1:8786"):
        run_search(search, tmp_path / "run", scheduler="tcp://127.0.0.1:8786")
    assert not (tmp_path / "run").exists()


def test_the_jobs_of_a_search_start_from_a_login_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"sbatch is not found.*login node.*--workers N"):
        run_search(parse_search(TEXT + CLUSTER), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_store_with_a_password_is_refused_with_its_line() -> None:
    text = TEXT.replace("draws = 60", 'draws = 60\nstore = "postgresql://ann:secret@host/runs"')
    with pytest.raises(InputError, match=r"line 7: search.store: .*holds a password.*PGPASSWORD") as caught:
        parse_search(text)
    assert "secret" not in str(caught.value)
