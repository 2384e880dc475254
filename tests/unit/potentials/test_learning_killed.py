"""A loop that is killed again and again, at random moments, must come to the labels of one that was not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# One process imports everything and forks: a kill then costs what the loop had in hand and no start of Python.
DRIVER = """
import json, os, signal, sqlite3, sys, time
from pathlib import Path
import numpy as np
import scipy.stats
from toy_learning import toy_parts, toy_recipe
from entrox.potentials.learning.learn import JOURNAL, learn

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
recipe, rng = toy_recipe(start={"frames": 40}), np.random.default_rng(7)

def run(place):
    return learn(recipe, place, parts=toy_parts())

def labels(place):
    connection = sqlite3.connect(place / JOURNAL)
    rows = connection.execute(
        "SELECT hash, role, state, energy, hex(forces) FROM labels JOIN frames ON id = frame ORDER BY id").fetchall()
    models = connection.execute("SELECT generation, number, sha256 FROM models ORDER BY 1, 2").fetchall()
    connection.close()
    return rows, models

start = time.monotonic()
run(folder / "undisturbed")
length = time.monotonic() - start
expected = labels(folder / "undisturbed")
killed, loops, same = 0, 0, []
while killed < kills:
    loops += 1
    place = folder / f"loop_{loops}"
    while True:
        child = os.fork()
        if child == 0:
            run(place)
            os._exit(0)
        time.sleep(rng.uniform(0.0, 0.5 * length))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        killed += 1
        if killed == kills:
            break
    result = run(place)
    same.append(labels(place) == expected and len(result.generations) == 3)
print(json.dumps({"killed": killed, "loops": loops, "same": same, "n_labels": len(expected[0]),
                  "n_frames": len({row[0] for row in expected[0]})}))
"""


@pytest.mark.parametrize("kills", [6, pytest.param(50, marks=pytest.mark.long)])
def test_a_loop_that_is_killed_at_random_moments_has_the_labels_of_an_undisturbed_one(tmp_path, kills) -> None:
    tests = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", DRIVER, str(tmp_path), str(kills)],
        cwd=tests, capture_output=True, text=True, timeout=300, check=False,
        env={"PYTHONPATH": str(tests), "OMP_NUM_THREADS": "1", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] == kills
    assert found["same"] == [True] * found["loops"]
    assert found["n_labels"] == found["n_frames"] > 40
