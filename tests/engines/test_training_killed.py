"""A training that is killed: nothing of it goes on, and the next one continues from its last complete checkpoint."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from entrox.potentials.datasets.dataset import write_dataset
from entrox.potentials.training.model_file import learning_curve, read_model
from training_stand_in import toy_frames

pytestmark = pytest.mark.engine

STEPS, REPORTED, SAVED = 600, 50, 100
DRIVER = """
from pathlib import Path
from entrox.potentials.datasets.dataset import read_dataset
from entrox.potentials.training.settings import TrainSettings
from entrox.potentials.training.train import train
settings = TrainSettings.preset("laptop", n_steps={steps}, report_every={reported}, save_every={saved})
train(read_dataset("{data}"), settings, 1, Path("{out}"))
"""


def test_a_killed_training_leaves_no_process_behind_and_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    write_dataset(toy_frames(20), tmp_path / "data.xyz", "extxyz")
    driver = DRIVER.format(
        steps=STEPS, reported=REPORTED, saved=SAVED, data=tmp_path / "data.xyz", out=tmp_path / "run"
    )  # fmt: skip
    first = subprocess.Popen([sys.executable, "-c", driver])
    folder = tmp_path / "run" / "model_000"
    _wait_for(lambda: (folder / f"model.ckpt-{2 * SAVED}.index").is_file(), 120.0)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    _wait_for(lambda: not _processes_in(folder), 10.0)
    subprocess.run([sys.executable, "-c", driver], check=True)
    assert (folder / "lcurve.out").read_text().count("rmse_trn ") == 2
    curve = learning_curve(read_model(tmp_path / "run" / "model_000.pb"))
    assert curve.step.tolist() == list(range(0, STEPS + 1, REPORTED))
    assert curve.force_rmse_ev_per_angstrom[-1] < curve.force_rmse_ev_per_angstrom[0]


def _wait_for(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _processes_in(folder: Path) -> list[int]:
    """Return the processes that work in a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cwd").readlink() == folder.resolve():
                found.append(int(place.name))
        except OSError:
            continue
    return found
