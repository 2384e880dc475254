from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.scattering.engine.advance import advance
from entrox.scattering.run import checkpoint
from entrox.scattering.run.box_files import write_boxes
from entrox.scattering.run.checkpoint import CHECKPOINT, differing_keys, kept_settings, read_identity
from entrox.scattering.run.ensemble import resume_ensemble, run_ensemble, run_folder
from entrox.scattering.run.refine import run_rmc
from entrox.scattering.run.rmc_record import rmc_record
from entrox.scattering.setup.rmc_settings import RmcSettings
from rmc_cases import virtual_experiment


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    found, _ = virtual_experiment(
        tmp_path_factory.mktemp("data"),
        (3, 3, 3),
        q_step=0.1,
        run={"moves_per_atom": 8, "burn_in_moves_per_atom": 3, "rebuild_moves_per_atom": 2},
    )
    return found


@pytest.fixture(scope="module")
def whole(settings):
    return run_rmc(settings, seed=7)


def same_chain(one, two):
    assert (one.positions_angstrom == two.positions_angstrom).all()
    assert one.species == two.species
    assert (one.history.cost == two.history.cost).all()
    assert one.moves == two.moves


def test_a_run_is_its_seed(settings, whole):
    same_chain(run_rmc(settings, seed=7), whole)
    assert (run_rmc(settings, seed=8).positions_angstrom != whole.positions_angstrom).any()


def test_threads_do_not_change_the_chain(settings, whole):
    same_chain(run_rmc(settings.replaced(run={"threads": 2}), seed=7), whole)


def test_a_run_extended_from_its_checkpoint_is_the_longer_run(settings, whole, tmp_path):
    short = settings.replaced(run={"moves_per_atom": 6})
    run_rmc(short, seed=7, folder=tmp_path)
    same_chain(run_rmc(settings, seed=7, folder=tmp_path, resume=True), whole)


def test_steps_are_frozen_once_sampling_begins(settings, whole):
    longer = run_rmc(settings.replaced(run={"moves_per_atom": 10}), seed=7)
    assert longer.largest_step_by_species == whole.largest_step_by_species
    assert set(whole.largest_step_by_species.values()) != {0.08}
    untuned = run_rmc(settings.replaced(moves={"tune": False}), seed=7)
    assert set(untuned.largest_step_by_species.values()) == {0.08}


def test_counters_and_shares_add_up(settings, whole):
    moves = {item.kind: item for item in whole.moves}
    assert moves["translation"].generated == 8 * 135
    assert moves["swap"].generated == 0
    accepted = whole.history.acceptance.sum() * 135
    assert moves["translation"].accepted == pytest.approx(accepted)
    assert moves["translation"].accepted <= moves["translation"].tested <= moves["translation"].generated


def test_the_result_is_that_of_a_fresh_evaluation(settings, whole):
    for item in whole.sets:
        fresh = (((item.calculated - item.observed) / item.sigma) ** 2).sum()
        assert item.chi2 == pytest.approx(float(fresh), rel=1e-9)
        assert item.chi2 == pytest.approx(whole.history.cost[-1, whole.history.terms.index(item.name)], rel=1e-9)
        assert item.rw == pytest.approx(np.sqrt(fresh / ((item.observed / item.sigma) ** 2).sum()), rel=1e-9)
    assert whole.histogram_drift < 1e-9


def test_swaps_mix_the_species_of_one_sublattice_only(settings):
    result = run_rmc(settings.replaced(moves={"swap_share": {"A": 0.2, "B": 0.2}}), seed=7)
    start = run_rmc(settings, seed=7)
    names, before = np.array(result.species), np.array(start.species)
    kinds = np.asarray(result.site_kind)
    assert {item.kind: item.accepted for item in result.moves}["swap"] > 0
    for kind in range(5):
        assert sorted(names[kinds == kind]) == sorted(before[kinds == kind])
    assert (names != before).any()


def test_annealing_cools_to_one_before_sampling(settings):
    table = {"start_temperature": 100.0, "moves_per_atom": 2}
    history = run_rmc(settings.replaced(annealing=table), seed=7).history
    assert history.temperature[:3].tolist() == pytest.approx([100.0, 10.0, 1.0])
    assert (history.temperature[2:] == 1.0).all()
    assert history.sampling_start == 5


def test_the_end_of_time_is_an_end_without_convergence(settings, tmp_path):
    result = run_rmc(settings.replaced(run={"time_limit_min": 1e-9}), seed=7, folder=tmp_path)
    assert result.stopped_by == "time"
    assert not result.converged
    assert len(result.history.moves_per_atom) == 0
    assert (tmp_path / CHECKPOINT).is_file()


def test_an_interrupt_leaves_a_checkpoint_that_is_the_run_so_far(settings, whole, tmp_path):
    def interrupt(text, done, wanted):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_rmc(settings, seed=7, folder=tmp_path, progress=interrupt)
    same_chain(run_rmc(settings, seed=7, folder=tmp_path, resume=True), whole)


def test_ctrl_c_waits_for_the_end_of_a_round(settings, whole, tmp_path, monkeypatch):
    calls = []

    def struck(*arguments, **options):
        calls.append(None)
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGINT)
        advance(*arguments, **options)

    monkeypatch.setattr("entrox.scattering.run.chain.advance", struck)
    with pytest.raises(KeyboardInterrupt):
        run_rmc(settings, seed=7, folder=tmp_path)
    assert len(calls) == 4
    # the round in which it was struck was finished, counts, and is in the checkpoint
    same_chain(run_rmc(settings, seed=7, folder=tmp_path, resume=True), whole)
    assert len(calls) == len(whole.history.cost)


KILLED = """
import json, sys
from pathlib import Path
from entrox.scattering.setup.rmc_settings import RmcSettings
from entrox.scattering.run.refine import run_rmc
settings = RmcSettings(**json.loads(Path(sys.argv[1]).read_text()))
run_rmc(settings, seed=7, folder=sys.argv[2], progress=lambda text, done, wanted: print(done, flush=True))
"""


def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(settings, tmp_path):
    longer = settings.replaced(run={"moves_per_atom": 60, "burn_in_moves_per_atom": 3, "save_every_s": 0.0})
    (tmp_path / "settings.json").write_text(longer.model_dump_json())
    folder = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "settings.json"), str(folder)], stdout=subprocess.PIPE, text=True
    ) as child:
        for line in child.stdout:
            if int(line) >= 20:
                child.send_signal(signal.SIGKILL)
                break
    assert child.returncode == -signal.SIGKILL
    resumed = run_rmc(longer, seed=7, folder=folder, resume=True)
    same_chain(resumed, run_rmc(longer, seed=7))
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == [CHECKPOINT]


def test_a_folder_with_a_checkpoint_is_not_run_into(settings, tmp_path):
    run_rmc(settings.replaced(run={"moves_per_atom": 1}), seed=7, folder=tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(InputError, match="holds the checkpoint"):
        run_rmc(settings, seed=7, folder=tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_the_checkpoint_of_other_settings_is_refused_with_the_keys_that_differ(settings, tmp_path):
    run_rmc(settings.replaced(run={"moves_per_atom": 1}), seed=7, folder=tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()
    other = settings.replaced(
        moves={"default_radius_angstrom": 0.05}, constraints={"default_closest_approach_angstrom": 1.3}
    )
    with pytest.raises(InputError, match=r"moves\.default_radius_angstrom, constraints\.default_closest_app"):
        run_rmc(other, seed=7, folder=tmp_path, resume=True)
    with pytest.raises(InputError, match="seed differ"):
        run_rmc(settings, seed=8, folder=tmp_path, resume=True)
    with pytest.raises(InputError, match="bond_valence differ"):
        run_rmc(settings, seed=7, bond_valence=True, folder=tmp_path, resume=True)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_data_that_changed_since_are_other_settings(settings, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [item.model_dump() for item in settings.data]
    for row in rows:
        row["file"] = shutil.copy(row["file"], folder)
    copied = settings.replaced(data=rows, run={"moves_per_atom": 1})
    run_rmc(copied, seed=7, folder=tmp_path / "run")
    # the same content elsewhere is the same run
    run_rmc(settings.replaced(run={"moves_per_atom": 1}), seed=7, folder=tmp_path / "run", resume=True)
    text = (folder / "g.gr").read_text().splitlines()
    text[-1] = text[-1].replace(text[-1].split()[1], "0.5")
    (folder / "g.gr").write_text("\n".join(text) + "\n")
    with pytest.raises(InputError, match=r"data\[0\]\.file differ"):
        run_rmc(copied, seed=7, folder=tmp_path / "run", resume=True)


def test_a_damaged_checkpoint_is_named(settings, tmp_path):
    run_rmc(settings.replaced(run={"moves_per_atom": 1}), seed=7, folder=tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(FormatError, match=r"checkpoint\.npz"):
        run_rmc(settings, seed=7, folder=tmp_path, resume=True)
    with pytest.raises(InputError, match="no run to resume"):
        run_rmc(settings, seed=7, folder=tmp_path / "empty", resume=True)


def test_a_full_disk_leaves_the_last_checkpoint(settings, whole, tmp_path, monkeypatch):
    run_rmc(settings.replaced(run={"moves_per_atom": 4}), seed=7, folder=tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.os, "fsync", full)
        with pytest.raises(InputError, match="No space left"):
            run_rmc(settings, seed=7, folder=tmp_path, resume=True)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]
    same_chain(run_rmc(settings, seed=7, folder=tmp_path, resume=True), whole)


def test_an_identity_is_plain_data(settings, tmp_path):
    run_rmc(settings.replaced(run={"moves_per_atom": 1}), seed=7, folder=tmp_path)
    identity = read_identity(tmp_path)
    assert differing_keys(identity, json.loads(json.dumps(identity))) == ()
    assert differing_keys(identity, identity | {"seed": 8}) == ("seed",)


def test_a_weight_sharpens_the_acceptance_as_smaller_errors_would(settings):
    rows = [item.model_dump() | {"sigma": 0.01} for item in settings.data]
    stated = settings.replaced(data=rows, run={"moves_per_atom": 3, "data_weight": 4.0})
    heavy = run_rmc(stated, seed=7)
    halved = [row | {"sigma": 0.005} for row in rows]
    same = run_rmc(settings.replaced(data=halved, run={"moves_per_atom": 3}), seed=7)
    np.testing.assert_allclose(heavy.positions_angstrom, same.positions_angstrom, atol=1e-12)
    # but chi^2 is that of the stated errors
    assert heavy.sets[0].sigma == pytest.approx(0.01)
    assert heavy.chi2_per_point == pytest.approx(same.chi2_per_point / 4.0)
    assert heavy.history.cost[-1, :2] == pytest.approx([item.chi2 for item in heavy.sets])
    assert heavy.history.cost[-1, -1] == pytest.approx(heavy.history.cost[-1, :-1].sum())


def test_the_course_of_a_run_holds_the_distances_from_the_sites(whole):
    away = np.asarray(whole.positions_angstrom) - np.asarray(whole.sites_angstrom)
    away = away - away.mean(axis=0)
    last = dict(zip(whole.history.elements, whole.history.site_variance_angstrom2[-1], strict=True))
    for name, value in last.items():
        assert value == pytest.approx((away[np.array(whole.species) == name] ** 2).mean())


@pytest.fixture(scope="module")
def ensemble(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble") / "run"
    both = settings.replaced(constraints={"bond_valence": {"mode": "both"}}, run={"seed": 3, "seeds": 2})
    return run_ensemble(both, folder=folder), both, folder


def test_every_seed_runs_with_and_without_bond_valence(ensemble):
    found, _, folder = ensemble
    assert found.seeds == (3, 4)
    assert [(item.seed, item.bond_valence_on) for item in found.results] == [
        (3, True),
        (4, True),
        (3, False),
        (4, False),
    ]
    assert all((run_folder(folder, seed, on) / CHECKPOINT).is_file() for seed in (3, 4) for on in (True, False))
    # the arrangement of a seed does not depend on the constraint
    assert found.results[0].species == found.results[2].species


def test_bond_valence_alone_lowers_the_instability_of_the_cube():
    sample = {"formula": "Ba0.926Ca0.074Ti0.892Sn0.108O3", "cells": (4, 4, 4), "lattice_a_angstrom": 4.0}
    run = {"moves_per_atom": 20, "burn_in_moves_per_atom": 10, "threads": 1}
    alone = RmcSettings(sample=sample, constraints={"bond_valence": {"mode": "on"}}, run=run)
    result = run_rmc(alone, seed=1)
    # a cube that does not move: the constraint is off, and the moves are too short to count
    still = run_rmc(
        RmcSettings(
            sample=sample,
            constraints={"bond_valence": {"mode": "on", "sigma": 1e6}},
            moves={"default_radius_angstrom": 1e-9, "tune": False},
            run=run | {"moves_per_atom": 1},
        ),
        seed=1,
    )
    assert result.sets == ()
    assert result.history.terms == ("bond_valence", "total")
    assert still.mean_valence_e["Ti"] == pytest.approx(3.639, abs=0.001)
    assert result.gii_e < still.gii_e
    # leaving the center adds valence, which Ti and Ca lack in the cube: the constraint by itself pushes them off
    for name in ("Ti", "Ca"):
        assert result.mean_valence_e[name] > still.mean_valence_e[name] + 0.1


def test_runs_side_by_side_are_the_runs_one_after_the_other(ensemble):
    found, both, _ = ensemble
    with ThreadPoolExecutor(2) as pool:
        again = run_ensemble(both, executor=pool)
    for one, two in zip(found.results, again.results, strict=True):
        same_chain(one, two)


def test_a_folder_is_resumed_without_its_data_files(ensemble, tmp_path):
    found, both, folder = ensemble
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    kept = kept_settings(copy)
    assert all(copy in kept.path(item.file).parents for item in kept.data)
    more = resume_ensemble(copy, moves_per_atom=9)
    assert [len(item.history.cost) for item in more.results] == [9] * 4
    assert (more.results[0].history.cost[:8] == found.results[0].history.cost).all()
    with pytest.raises(InputError, match="holds checkpoints"):
        run_ensemble(both, folder=copy)


def test_the_record_holds_what_was_agreed(ensemble):
    found, _, _ = ensemble
    record = json.loads(json.dumps(rmc_record(found), allow_nan=False))
    wanted = {
        "n_atoms", "r_table_angstrom", "n_independent_data", "faber_ziman_percent", "lengths", "sets", "moves",
        "bond_valence", "mean_modulus_angstrom", "taid_angstrom", "class_share_by_site", "converged", "seeds",
        "warnings",
    }  # fmt: skip
    assert wanted <= set(record)
    assert sum(record["faber_ziman_percent"].values()) == pytest.approx(100.0)
    assert record["moves"]["generated"] == 4 * 8 * 135
    assert [row["mode"] for row in record["bond_valence"]] == ["on", "off"]
    barium = record["mean_modulus_angstrom"]["Ba"]
    runs = [item.mean_modulus_angstrom[0] for item in found.analysis_on.boxes]
    assert barium["mean"] == pytest.approx(np.mean(runs))
    assert barium["spread"] == pytest.approx(np.std(runs, ddof=1))
    assert barium["bond_valence_off"] == pytest.approx(found.analysis_off.mean_modulus_angstrom[0])
    assert record["class_share_by_site"]["B"]["O"]["chance"] == pytest.approx(0.443768, abs=1e-5)
    assert record["lengths"]["expected_barn"] == pytest.approx(-0.1609, abs=0.002)


def test_the_record_tells_what_holds_each_element_in_place(ensemble):
    found, _, _ = ensemble
    record = rmc_record(found)["rms_chi2_per_step"]
    assert set(record) == {"Ba", "Ca", "O", "Sn", "Ti"}
    assert all(set(terms) == {"data", "bond_valence"} for terms in record.values())
    # oxygen scatters most of what is seen, calcium next to nothing: its displacement is mostly the constraint's
    assert record["O"]["data"] > 3.0 * record["Ca"]["data"]
    assert found.runs(bond_valence=False)[0].sensitivity.terms == ("G", "F")


def test_boxes_are_written_for_every_run(ensemble, tmp_path):
    names = [path.name for path in write_boxes(ensemble[0], tmp_path)]
    assert names[:2] == ["seed-3-on.rmc6f", "seed-3-on.xyz"]
    assert len(names) == 8
