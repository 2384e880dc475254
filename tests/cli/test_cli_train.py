"""``entrox train``: JSON keys, run folder, continuing, bad input, exit codes, by a stand-in for DeePMD-kit."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from entrox.cli import main
from entrox.cli.app import exit_code_of
from entrox.core import MissingExtraError
from entrox.potentials.committee import Committee
from entrox.potentials.datasets.dataset import write_dataset
from entrox.potentials.training import dp_command, train, training_task
from training_stand_in import StandIn, stand_in_answers, toy_dataset, toy_frames

KEYS = {
    "models", "elements", "sel", "n_training", "n_held_out", "n_dropped", "compositions", "energy_reference",
    "held_out", "warnings",
}  # fmt: skip
MODEL_KEYS = {"path", "seed", "force_rmse_ev_per_angstrom", "energy_rmse_mev_per_atom", "cpu_s", "sha256", "n_steps"}
QUICK = ("--steps", "100", "--models", "2")


@pytest.fixture
def dp(monkeypatch):
    stand_in = StandIn()
    monkeypatch.setattr(training_task, "run_dp", stand_in.run)
    for module in (train, dp_command):
        monkeypatch.setattr(module, "check_deepmd", lambda python=None: None)
    monkeypatch.setattr(Committee, "evaluate", stand_in_answers())
    return stand_in


@pytest.fixture
def data(tmp_path):
    write_dataset(toy_dataset(), tmp_path / "labels")
    return tmp_path / "labels"


def run(*arguments, capsys):
    code = main(["train", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_training_fills_its_run_folder_and_prints_json(tmp_path, data, dp, capsys):
    out = tmp_path / "run"
    code, text, _ = run(data, *QUICK, "-o", out, "--json", capsys=capsys)
    assert code == 0
    content = json.loads(text)
    assert set(content) == KEYS
    assert all(set(model) == MODEL_KEYS for model in content["models"])
    assert content == json.loads((out / "result.json").read_text())
    assert (content["n_training"], content["n_held_out"]) == (8, 4)
    assert content["models"][0]["force_rmse_ev_per_angstrom"] == pytest.approx(0.1)
    assert content["held_out"]["force"]["rmse"] == pytest.approx(0.1)
    assert content["energy_reference"]["rank"] == {"toy": 2}
    for model in content["models"]:
        assert (out / model["path"]).is_file()
    rows = list(csv.DictReader((out / "learning_curves.csv").read_text().splitlines()))
    assert {row["model"] for row in rows} == {"0", "1"}
    assert (out / "figures" / "learning_curves.png").is_file()
    assert (out / "figures" / "parity.svg").is_file()
    provenance = json.loads((out / "provenance.json").read_text())
    assert (provenance["status"], provenance["seed"]) == ("finished", 1)
    assert provenance["settings"]["training"]["n_steps"] == 100
    assert len(provenance["input_sha256"]) > 10


def test_the_terminal_shows_errors_and_what_they_mean(tmp_path, data, dp, capsys):
    code, text, message = run(data, *QUICK, "-o", tmp_path / "run", capsys=capsys)
    assert code == 0
    for words in ("2 models of Ba, Ca, Ti, O", "8 training frames, 4 held out", "models/model_001.pb",
                  "no evidence about the material", "times the deviation of the committee"):  # fmt: skip
        assert words in text
    assert "Written to" in message
    code, text, message = run(data, *QUICK, "-o", tmp_path / "quiet", "--quiet", capsys=capsys)
    assert (code, text, message) == (0, "", "")


def test_an_interrupted_run_continues_with_resume_only(tmp_path, data, dp, capsys):
    out = tmp_path / "run"
    dp.stop_after = 50
    assert run(data, *QUICK, "-o", out, capsys=capsys)[0] == 4
    assert json.loads((out / "provenance.json").read_text())["status"] == "running"
    dp.stop_after = None
    code, _, message = run(data, *QUICK, "-o", out, capsys=capsys)
    assert (code, "--resume" in message) == (2, True)
    dp.calls.clear()
    assert run(data, *QUICK, "-o", out, "--resume", capsys=capsys)[0] == 0
    assert ("model_000", "train", "input.json", "--skip-neighbor-stat", "--restart", "model.ckpt-50") in dp.calls
    assert len(json.loads((out / "provenance.json").read_text())["commands"]) == 2
    dp.calls.clear()
    assert run(data, *QUICK, "-o", out, "--resume", capsys=capsys)[0] == 0
    assert dp.calls == []
    code, _, message = run(data, *QUICK, "--seed", 2, "-o", out, "--resume", capsys=capsys)
    assert (code, "seed was 1 and is 2" in message) == (2, True)
    assert run(data, *QUICK, "--seed", 2, "-o", out, "--overwrite", capsys=capsys)[0] == 0


def test_models_of_an_earlier_run_are_gone_on_from(tmp_path, data, dp, capsys):
    assert run(data, *QUICK, "-o", tmp_path / "first", "--quiet", capsys=capsys)[0] == 0
    dp.calls.clear()
    code, *_ = run(data, *QUICK, "--init-from", tmp_path / "first", "-o", tmp_path / "second", "--quiet", capsys=capsys)
    assert code == 0
    assert "--init-model" in dp.calls[0]
    code, _, message = run(
        data, "--models", 3, "--init-from", tmp_path / "first", "-o", tmp_path / "third", capsys=capsys
    )
    assert (code, "fewer --models" in message) == (2, True)


def test_data_held_out_by_their_own_folder_are_not_trained(tmp_path, data, dp, capsys):
    write_dataset(toy_frames(5, "other", 0, seed=8), tmp_path / "test.xyz", "extxyz")
    code, text, _ = run(data, *QUICK, "--test", tmp_path / "test.xyz", "-o", tmp_path / "run", "--json", capsys=capsys)
    content = json.loads(text)
    assert (code, content["n_training"], content["n_held_out"]) == (0, 12, 5)


def test_sources_with_other_zeros_of_energy_need_a_word(tmp_path, data, dp, capsys):
    shifted = [replace(frame, energy_ev=frame.energy_ev - 40 * 700.0) for frame in toy_frames(4, "aimd", source="aimd")]
    write_dataset(shifted, tmp_path / "aimd")
    code, _, message = run(data, tmp_path / "aimd", *QUICK, "-o", tmp_path / "run", "--held-out", 0, capsys=capsys)
    assert code == 2
    assert "-700" in message
    assert "--per-source-reference" in message
    code, text, _ = run(
        data, tmp_path / "aimd", *QUICK, "-o", tmp_path / "both", "--held-out", 0, "--per-source-reference", "--json",
        capsys=capsys,
    )  # fmt: skip
    assert code == 0
    assert set(json.loads(text)["energy_reference"]["eps_ev"]) == {"toy", "aimd"}


def test_bad_frames_are_an_error_or_counted(tmp_path, data, dp, capsys):
    file = sorted(data.glob("*/set.000/energy.npy"))[0]
    energies = np.load(file)
    energies[1] = np.nan
    np.save(file, energies)
    code, _, message = run(data, *QUICK, "-o", tmp_path / "run", capsys=capsys)
    assert code == 2
    assert "frame 1: the energy is not finite" in message
    assert "--skip-bad" in message
    code, text, _ = run(data, *QUICK, "-o", tmp_path / "run", "--skip-bad", "--json", capsys=capsys)
    content = json.loads(text)
    assert (code, content["n_dropped"]) == (0, 1)
    assert any("1 frames were left out" in warning for warning in content["warnings"])


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--preset", "desktop"), "--preset must be one of paper, laptop"),
     (("--steps", "0"), "greater than or equal to 1"), (("--settings", "absent.toml"), "there is no file absent.toml"),
     (("--split-by", "time"), "by must be one of"), (("--type-map", "Ba,Ti,O"), "Ca")],
)  # fmt: skip
def test_wrong_options_are_named(tmp_path, data, dp, capsys, options, message):
    code, text, error = run(data, *QUICK, "-o", tmp_path / "run", *options, capsys=capsys)
    assert code == 2
    assert message in text + error


def test_data_that_are_not_there_are_named(tmp_path, dp, capsys):
    code, _, message = run(tmp_path / "absent", "-o", tmp_path / "run", capsys=capsys)
    assert (code, "no such file or folder" in message) == (2, True)
    assert not (tmp_path / "run").exists()


def test_settings_of_a_file_take_the_place_of_a_preset(tmp_path, data, dp, capsys):
    path = tmp_path / "train.toml"
    path.write_text('preset = "laptop"\nn_steps = 60\nembedding = [8, 16]\nreport_every = 20\n')
    assert run(data, "--settings", path, "--models", 1, "-o", tmp_path / "run", "--quiet", capsys=capsys)[0] == 0
    content = json.loads((tmp_path / "run" / "models" / "model_000" / "input.json").read_text())
    assert content["model"]["descriptor"]["neuron"] == [8, 16]
    assert content["training"]["numb_steps"] == 60


def test_without_deepmd_the_extra_is_named_before_anything_is_written(tmp_path, data, monkeypatch, capsys):
    monkeypatch.setattr(dp_command.importlib.util, "find_spec", lambda name: None)
    code, _, message = run(data, *QUICK, "-o", tmp_path / "run", capsys=capsys)
    assert code == exit_code_of(MissingExtraError("a", "b", "c")) == 3
    assert "pip install 'entrox[potentials]'" in message
    assert not (tmp_path / "run").exists()
