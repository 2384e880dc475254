"""Settings of a training, the input for DeePMD-kit made from them, and settings read from such an input."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrox.core import FormatError, InputError
from entrox.potentials.training.deepmd_input import deepmd_input, system_shares
from entrox.potentials.training.settings import TrainSettings

LAPTOP = TrainSettings.preset("laptop")


def test_presets_have_the_published_networks_and_those_for_a_laptop():
    paper = TrainSettings.preset("paper")
    assert (paper.embedding, paper.fitting, paper.axis) == ((25, 50, 100), (120, 120, 120), 16)
    assert (paper.cutoff_angstrom, paper.n_steps, paper.stop_rate) == (6.0, 1_000_000, 5e-8)
    assert (LAPTOP.embedding, LAPTOP.fitting, LAPTOP.axis) == ((10, 20, 40), (60, 60, 60), 4)
    assert (LAPTOP.n_steps, LAPTOP.type_one_side, LAPTOP.precision) == (1500, True, "float32")
    assert paper.loss.force == (1000.0, 2.0)


def test_settings_survive_plain_data_and_toml(tmp_path):
    changed = TrainSettings.preset("laptop", n_steps=77, sel={"Ba": 20})
    assert TrainSettings.from_dict(json.loads(changed.model_dump_json())) == changed
    path = tmp_path / "train.toml"
    path.write_text('preset = "laptop"\nn_steps = 77\nsel = { Ba = 20 }\n')
    assert TrainSettings.from_toml(path) == changed
    assert changed.fingerprint() == TrainSettings.from_toml(path).fingerprint() != LAPTOP.fingerprint()


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"n_step": 5}, "unknown training setting 'n_step'; did you mean n_steps"), ({"n_steps": 0}, "n_steps"),
     ({"smooth_from_angstrom": 7.0}, "below cutoff_angstrom"), ({"stop_rate": 1.0}, "below start_rate"),
     ({"axis": 50}, "axis must not exceed")],
)  # fmt: skip
def test_wrong_settings_are_named(changes, message):
    with pytest.raises(InputError, match=message):
        TrainSettings.preset("laptop", **changes)


def test_an_unknown_preset_and_a_damaged_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="must be one of paper, laptop"):
        TrainSettings.preset("desktop")
    path = tmp_path / "train.toml"
    path.write_text("n_steps = \n")
    with pytest.raises(FormatError, match="not TOML"):
        TrainSettings.from_toml(path)


def made(settings=LAPTOP, seed=1, **options):
    return deepmd_input(settings, ["a", "b"], [0.2, 0.8], type_map=("Ba", "O"), sel=[26, 90], seed=seed, **options)


def test_the_input_says_what_the_settings_say():
    content = made()
    descriptor = content["model"]["descriptor"]
    assert (descriptor["rcut"], descriptor["rcut_smth"], descriptor["sel"]) == (6.0, 0.5, [26, 90])
    assert content["training"]["training_data"]["sys_probs"] == [0.2, 0.8]
    assert content["loss"]["start_pref_f"] == 1000.0
    assert content["training"]["numb_steps"] == 1500
    assert json.loads(json.dumps(content)) == content


def test_a_warm_start_has_a_lower_rate_and_force_prefactor():
    warm = made(warm_start=True)
    assert (warm["learning_rate"]["start_lr"], warm["loss"]["start_pref_f"]) == (1e-3, 100.0)
    assert made()["learning_rate"]["start_lr"] == 2e-3


def test_models_of_a_committee_differ_in_all_their_seeds():
    def seeds(content):
        model = content["model"]
        return [model["descriptor"]["seed"], model["fitting_net"]["seed"], content["training"]["seed"]]

    assert seeds(made(seed=1)) == seeds(made(seed=1))
    assert len({*seeds(made(seed=1)), *seeds(made(seed=2))}) == 6


def test_an_input_that_was_made_reads_back_as_its_settings():
    content = made(LAPTOP)
    read = TrainSettings.from_deepmd_input(content)
    expected = LAPTOP.model_copy(update={"sel": {"Ba": 26, "O": 90}, "compress": True})
    assert read == expected


def test_the_published_tutorial_input_becomes_settings(external_data):
    path = external_data("perovskite/models/UniPero-tutorial-train-input.json")
    notices: list[str] = []
    read = TrainSettings.from_deepmd_input(json.loads(path.read_text()), notices)
    assert (read.embedding, read.axis, read.fitting) == ((25, 50, 100), 12, (240, 240, 240))
    assert (read.cutoff_angstrom, read.smooth_from_angstrom) == (6.0, 0.5)
    assert (read.n_steps, read.start_rate, read.stop_rate) == (10000, 1e-3, 3.51e-8)
    assert (read.loss.energy, read.loss.force, read.loss.virial) == ((0.02, 1.0), (1000.0, 1.0), (0.0, 0.0))
    assert len(notices) == 1
    assert "type_embedding" in notices[0]


def test_inputs_of_other_descriptors_are_refused():
    content = made()
    content["model"]["descriptor"]["type"] = "dpa2"
    with pytest.raises(FormatError, match="dpa2"):
        TrainSettings.from_deepmd_input(content)
    with pytest.raises(FormatError, match="has model, learning_rate, loss and training"):
        TrainSettings.from_deepmd_input({"training": {}})


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=12), st.floats(0.05, 1.0))
def test_shares_sum_to_one_keep_their_order_and_stay_below_the_cap(counts, cap):
    shares = system_shares(counts, cap)
    assert shares.sum() == pytest.approx(1.0)
    assert shares.max() <= max(cap, 1.0 / len(counts)) * (1 + 1e-9)
    order = np.argsort(counts)
    assert (np.diff(shares[order]) >= -1e-12).all()


def test_shares_below_the_cap_are_those_of_the_frames():
    assert system_shares([10, 30, 20], 0.6).tolist() == pytest.approx([1 / 6, 1 / 2, 1 / 3])


def test_one_large_set_cannot_swallow_the_training():
    shares = system_shares([1160, 390, 240, 240, 216, 210, 37, 17], 0.2)
    assert shares[0] == pytest.approx(0.2)
    assert shares[1] == pytest.approx(0.2)
    # what the capped ones give up goes to the others in proportion to their frames
    assert shares[2] / shares[-1] == pytest.approx(240 / 17)


def test_shares_need_frames():
    with pytest.raises(InputError, match="positive numbers"):
        system_shares([3, 0], 0.5)
