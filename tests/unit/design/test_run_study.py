import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fake_measures import KNOWN

from entrox.core.errors import EngineError, FormatError, InputError, MissingExtraError
from entrox.design import Progress, Store, StudyResult, open_executor, parse_study, read_run, run_study
from entrox.design import folder as folder_module
from entrox.design.measures import collect_measures

STUDY = """
[study]
title = "Test"
[[family]]
name = "Sr"
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 0.8, steps = 9 }
[[family]]
name = "Sr and Ca"
formula = "Ba(1-2x)SrxCaxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 0.4, steps = 5 }
[measures]
field = { seeds = 3 }
light = {}
"""


def run(out: Path, text: str = STUDY, **options: Any) -> StudyResult:
    options.setdefault("workers", 1)
    return run_study(parse_study(text, measures=KNOWN), out, measures=KNOWN, **options)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_a_run_folder_holds_result_points_maps_store_and_provenance(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    assert set(files(tmp_path / "run")) == {"result.json", "points.csv", "maps.nc", "run.sqlite", "provenance.json"}
    assert list(result.points.columns[:5]) == ["family", "formula", "composition", "x", "host"]
    assert list(result.points.columns[-2:]) == ["light_ev", "warnings"]
    assert result.points["x"].tolist() == pytest.approx([*np.linspace(0, 0.8, 9), *np.linspace(0, 0.4, 5)])
    assert result.points["composition"].iloc[0] == "BaTiO3"
    content = json.loads((tmp_path / "run" / "result.json").read_text())
    assert content == json.loads(json.dumps(result.to_dict()))
    assert content["quantities"][0] == {
        "name": "breakdown_field_mv_per_m", "unit": "MV/m", "description": "breakdown field", "axes": []
    }  # fmt: skip
    assert result.warnings == ("more strontium than barium (3 of 14 points)",)


def test_a_composition_of_two_families_is_computed_once_and_equal(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    zero = result.points[result.points["x"] == 0]
    assert len(zero) == 2
    assert zero["breakdown_field_mv_per_m"].nunique() == 1
    with Store(tmp_path / "run" / "run.sqlite") as store:
        assert store.count() == 2 * (14 - 1)


def test_provenance_says_what_made_the_run(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    result = run_study(path, tmp_path / "run", measures=KNOWN, workers=1, command=["entrox", "study"])
    record = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert record == result.provenance
    assert (record["program"], record["status"], record["seed"]) == ("entrox", "finished", 1)
    assert record["command"] == ["entrox", "study"]
    assert record["settings"]["measures"]["field"] == {"seeds": 3, "scale": 100.0}
    assert len(record["input_sha256"]["study.toml"]) == 64
    assert record["packages"]["numpy"] == np.__version__


def test_a_run_is_read_back_as_it_was(tmp_path: Path) -> None:
    result = run(tmp_path / "run")
    back = read_run(tmp_path / "run")
    pd.testing.assert_frame_equal(back.points, result.points, check_dtype=False, check_exact=True)
    assert back.to_dict() == result.to_dict()
    assert back.families == result.families
    assert back.best == result.best
    assert back.maps.equals(result.maps)


def test_maps_are_padded_and_carry_units(tmp_path: Path) -> None:
    maps = run(tmp_path / "run").maps
    assert dict(maps.sizes) == {"family": 2, "point": 9, "seed": 3}
    field = maps["breakdown_field_mv_per_m"]
    assert field.attrs == {"units": "MV/m", "long_name": "breakdown field"}
    assert field.notnull().sum() == 14
    assert field.sel(family="Sr and Ca").isnull().sum() == 4
    seeds = maps["breakdown_fields_mv_per_m"]
    np.testing.assert_allclose(seeds.mean("seed"), field)
    assert maps["composition"].values[1, 0] == "BaTiO3"


def test_points_are_byte_identical_whatever_the_executor(tmp_path: Path) -> None:
    run(tmp_path / "one")
    run(tmp_path / "two", workers=2)
    with open_executor(2) as executor:
        run(tmp_path / "given", executor=executor)
    one = (tmp_path / "one" / "points.csv").read_bytes()
    assert one == (tmp_path / "two" / "points.csv").read_bytes() == (tmp_path / "given" / "points.csv").read_bytes()
    assert one.count(b"\n") == 15
    assert b"\r" not in one


def test_an_existing_run_is_refused_and_untouched(tmp_path: Path) -> None:
    run(tmp_path / "run")
    before = files(tmp_path / "run")
    with pytest.raises(InputError, match=r"--resume.*--overwrite"):
        run(tmp_path / "run")
    assert files(tmp_path / "run") == before


def test_an_empty_folder_may_be_used_and_a_file_may_not(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert len(run(tmp_path / "empty").points) == 14
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        run(tmp_path / "file")


def test_resume_of_other_settings_says_what_differs(tmp_path: Path) -> None:
    run(tmp_path / "run")
    before = files(tmp_path / "run")
    changed = STUDY.replace("seeds = 3", "seeds = 4").replace("steps = 5", "steps = 6")
    with pytest.raises(InputError) as caught:
        run(tmp_path / "run", changed, resume=True)
    assert "families[1].x.steps was 5 and is 6" in str(caught.value)
    assert "measures.field.seeds was 3 and is 4" in str(caught.value)
    assert "another --out" in str(caught.value)
    assert files(tmp_path / "run") == before


def test_resume_accepts_another_title(tmp_path: Path) -> None:
    first = run(tmp_path / "run")
    again = run(tmp_path / "run", STUDY.replace('title = "Test"', 'title = "Better"'), resume=True)
    assert again.title == "Better"
    pd.testing.assert_frame_equal(again.points, first.points)


def test_resume_of_a_finished_run_computes_nothing(tmp_path: Path) -> None:
    run(tmp_path / "run")
    seen: list[Progress] = []
    run(tmp_path / "run", resume=True, progress=seen.append)
    assert [(item.done, item.restored) for item in seen] == [(26, 26)]


def test_a_folder_of_others_is_neither_resumed_nor_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "points.csv").write_text("my own table")
    before = files(folder)
    with pytest.raises(InputError, match="not a run folder of entrox"):
        run(folder, resume=True)
    with pytest.raises(InputError, match=r"holds points\.csv.*not replaced"):
        run(folder, overwrite=True)
    assert files(folder) == before


def test_overwrite_replaces_our_files_and_leaves_others(tmp_path: Path) -> None:
    run(tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    result = run(tmp_path / "run", STUDY.replace("seeds = 3", "seeds = 5"), overwrite=True)
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"
    assert result.maps.sizes["seed"] == 5
    with Store(tmp_path / "run" / "run.sqlite") as store:
        assert all(json.loads(row.settings)["seeds"] == 5 for row in store.rows() if row.measure == "field")


def test_resume_and_overwrite_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exclude each other"):
        run(tmp_path / "run", resume=True, overwrite=True)


def test_a_missing_extra_or_unknown_measure_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match="pip install"):
        run(tmp_path / "run", STUDY.replace("light = {}", "absent = {}"))
    assert not (tmp_path / "run").exists()


def test_a_quantity_of_two_measures_is_refused(tmp_path: Path) -> None:
    twin = {**KNOWN, "twin": KNOWN["light"]}
    study = parse_study(STUDY + "twin = {}\n", measures=twin)
    with pytest.raises(InputError, match="already taken"):
        run_study(study, tmp_path / "run", measures=twin, workers=1)


def test_an_interrupted_run_keeps_rows_and_is_resumed(tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", progress=interrupt)
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["status"] == "interrupted"
    with pytest.raises(InputError, match="finished run"):
        read_run(tmp_path / "run")
    seen: list[Progress] = []
    resumed = run(tmp_path / "run", resume=True, progress=seen.append)
    assert 8 < seen[0].restored < 26
    pd.testing.assert_frame_equal(resumed.points, run(tmp_path / "whole").points)


KILLED = """
import os, sys
sys.path.insert(0, sys.argv[2])
os.environ["FAKE_SLEEP_S"] = "0.05"
from pathlib import Path
from fake_measures import KNOWN
from entrox.design import run_study
if __name__ == "__main__":
    show = lambda progress: print(progress.done, flush=True)
    run_study(Path(sys.argv[3]), sys.argv[1], measures=KNOWN, workers=2, progress=show)
"""


def test_kill_9_in_a_study_of_two_processes_then_resume_gives_the_same_table(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY)
    command = [
        sys.executable,
        "-c",
        KILLED,
        str(tmp_path / "run"),
        str(Path(__file__).parent),
        str(tmp_path / "study.toml"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 5:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "run" / "points.csv").exists()
    seen: list[Progress] = []
    run_study(tmp_path / "study.toml", tmp_path / "run", measures=KNOWN, workers=1, resume=True, progress=seen.append)
    assert 5 <= seen[0].restored < 26
    run(tmp_path / "whole")
    assert (tmp_path / "run" / "points.csv").read_bytes() == (tmp_path / "whole" / "points.csv").read_bytes()


def test_a_full_disk_while_writing_keeps_rows_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(dataset: Any, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("entrox.design.run.write_maps", full)
        with pytest.raises(EngineError, match=r"disk is full.*maps\.nc.*--resume"):
            run(tmp_path / "run")
    assert set(files(tmp_path / "run")) == {"points.csv", "provenance.json", "run.sqlite"}
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["status"] == "failed"
    seen: list[Progress] = []
    run(tmp_path / "run", resume=True, progress=seen.append)
    assert seen[0].restored == 26


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError(errno.EIO, "i/o")

    with pytest.raises(InputError, match="cannot write"):
        folder_module.write_atomically(path, fail)
    assert files(tmp_path) == {"file": b"old"}


def test_a_run_may_use_a_store_of_its_own_choice(tmp_path: Path) -> None:
    run(tmp_path / "a", store=tmp_path / "shared.sqlite")
    seen: list[Progress] = []
    run(tmp_path / "b", store=tmp_path / "shared.sqlite", progress=seen.append)
    assert seen[0].restored == 26
    assert not (tmp_path / "b" / "run.sqlite").exists()


def test_a_foreign_store_stops_before_a_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / "mine.sqlite").write_text("my own file, not a database" * 10)
    with pytest.raises(InputError, match="not an SQLite file"):
        run(tmp_path / "run", store=tmp_path / "mine.sqlite")
    assert not (tmp_path / "run").exists()


def test_warnings_keep_their_words_and_are_grouped(tmp_path: Path) -> None:
    known = collect_measures()
    text = STUDY.replace("Ba(1-x)SrxTiO3", "Ba(1-x)LaxTiO3").split("[measures]")[0]
    result = run_study(parse_study(text, measures=known), tmp_path / "run", measures=known, workers=1)
    whole = [warning for warning in result.point_warnings[1] if warning.startswith("not charge balanced")]
    assert len(whole) == 1
    assert "; 0.1 electrons" in whole[0]
    assert result.points["warnings"].iloc[1] == " | ".join(result.point_warnings[1])
    grouped = [warning for warning in result.warnings if warning.startswith("not charge balanced")]
    assert len(grouped) == 1
    assert grouped[0].startswith("not charge balanced: +0.1 to +0.8 e per formula unit; 0.1 to 0.8 electrons")
    assert grouped[0].endswith("(8 of 14 points)")
    back = read_run(tmp_path / "run")
    assert (back.point_warnings, back.warnings) == (result.point_warnings, result.warnings)


FAMILY_WITH_CHOICES = """
[study]
title = "Iron"
[[family]]
name = "iron"
formula = "La(1-x)BaxFeO3"
host = "LaFeO3"
x = { start = 0, stop = 0.5, steps = 3 }
charges = { Fe = 4 }
site_of = { Fe = "B" }
prototype = "perovskite"
[measures]
"""


def test_charges_sites_and_prototype_of_a_family_reach_its_points_and_come_back(tmp_path: Path) -> None:
    known = collect_measures()
    study = parse_study(FAMILY_WITH_CHOICES, measures=known)
    result = run_study(study, tmp_path / "run", measures=known, workers=1)
    assert result.points["charge_imbalance"].tolist() == pytest.approx([1.0, 0.75, 0.5])
    assert read_run(tmp_path / "run").families == result.families
    content = json.loads((tmp_path / "run" / "result.json").read_text())
    assert content["families"][0]["charges"] == {"Fe": 4}
    other = parse_study(FAMILY_WITH_CHOICES.replace("Fe = 4", "Fe = 3"), measures=known)
    with pytest.raises(InputError, match=r"families\[0\].charges.Fe was 4 and is 3"):
        run_study(other, tmp_path / "run", measures=known, workers=1, resume=True)


def test_a_resumed_run_keeps_the_list_of_its_commands(tmp_path: Path) -> None:
    first = run(tmp_path / "run", command=["entrox", "study", "first"])
    again = run(tmp_path / "run", command=["entrox", "study", "--resume"], resume=True)
    assert first.provenance["commands"] == [["entrox", "study", "first"]]
    assert again.provenance["commands"] == [["entrox", "study", "first"], ["entrox", "study", "--resume"]]
    assert again.provenance["command"] == ["entrox", "study", "--resume"]
    assert again.provenance["started"] == first.provenance["started"]


def test_a_run_with_an_impossible_scheduler_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--scheduler.*tcp://host:8786.*got 'foo'"):
        run(tmp_path / "run", scheduler="foo")
    assert not (tmp_path / "run").exists()


def test_the_room_is_imported_without_tables_and_databases() -> None:
    heavy = ("pandas", "sqlalchemy", "xarray", "dask", "matplotlib")
    code = f"import sys, entrox.design as d; d.example_study(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["result.json", "maps.nc", "points.csv"])
def test_a_damaged_file_of_a_run_is_named(tmp_path: Path, name: str) -> None:
    run(tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(b'"\xff')
    with pytest.raises(FormatError, match=name):
        read_run(tmp_path / "run").to_dataset()


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run folder"):
        read_run(tmp_path / "absent")
    with pytest.raises(InputError, match="finished run"):
        read_run(tmp_path)
