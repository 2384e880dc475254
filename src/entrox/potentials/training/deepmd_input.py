"""Input of a training in DeePMD-kit as plain data, made from settings, and settings read from such an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import FormatError, InputError, generator
from entrox.potentials.training.settings import TrainSettings

__all__ = ["deepmd_input", "settings_of_deepmd_input", "system_shares"]

CURVE_FILE = "lcurve.out"
CHECKPOINT = "model.ckpt"
LARGEST_SEED = 2**31
STAIRS = 200
"""Steps in which the learning rate falls."""


def deepmd_input(
    settings: TrainSettings,
    systems: Sequence[str],
    shares: Sequence[float],
    *,
    type_map: Sequence[str],
    sel: Sequence[int],
    seed: int,
    warm_start: bool = False,
) -> dict[str, Any]:
    """Return the input of one training.

    Parameters
    ----------
    settings
        Network, rate and loss.
    systems, shares
        Folders of the training systems, and the probability with which each is drawn.
    type_map, sel
        Elements, and the neighbors of each that are kept.
    seed
        Seed of the model; those of the networks and of the order of frames are drawn from it.
    warm_start
        Whether the training goes on from a model.
    """
    seeds = [int(value) for value in generator(seed).integers(LARGEST_SEED, size=3)]
    start_rate = settings.warm_start_rate if warm_start else settings.start_rate
    force = settings.warm_force_prefactor if warm_start else settings.loss.force[0]
    return {
        "model": {
            "type_map": list(type_map),
            "descriptor": {
                "type": "se_e2_a",
                "sel": [int(count) for count in sel],
                "rcut": settings.cutoff_angstrom,
                "rcut_smth": settings.smooth_from_angstrom,
                "neuron": list(settings.embedding),
                "axis_neuron": settings.axis,
                "type_one_side": settings.type_one_side,
                "resnet_dt": False,
                "precision": settings.precision,
                "seed": seeds[0],
            },
            "fitting_net": {
                "neuron": list(settings.fitting),
                "resnet_dt": True,
                "precision": settings.precision,
                "seed": seeds[1],
            },
        },
        "learning_rate": {
            "type": "exp",
            "start_lr": start_rate,
            "stop_lr": settings.stop_rate,
            "decay_steps": max(1, settings.n_steps // STAIRS),
        },
        "loss": {
            "type": "ener",
            "start_pref_e": settings.loss.energy[0],
            "limit_pref_e": settings.loss.energy[1],
            "start_pref_f": force,
            "limit_pref_f": settings.loss.force[1],
            "start_pref_v": settings.loss.virial[0],
            "limit_pref_v": settings.loss.virial[1],
        },
        "training": {
            "training_data": {
                "systems": list(systems),
                "batch_size": settings.batch_size,
                "sys_probs": [float(share) for share in shares],
            },
            "numb_steps": settings.n_steps,
            "seed": seeds[2],
            "disp_file": CURVE_FILE,
            "disp_freq": settings.report_every,
            "save_freq": settings.save_every,
            "save_ckpt": CHECKPOINT,
            "max_ckpt_keep": 2,
        },
    }


def system_shares(n_frames: ArrayLike, max_share: float) -> NDArray[np.float64]:
    """Probabilities of systems, in proportion to their frames but none above a cap.

    Parameters
    ----------
    n_frames
        Frames of each system, shape ``(n_systems,)``.
    max_share
        The cap; raised to equal shares where it cannot be met.

    Examples
    --------
    >>> system_shares([800, 100, 100], 0.5).tolist()
    [0.5, 0.25, 0.25]
    """
    counts = np.asarray(n_frames, dtype=float)
    if counts.ndim != 1 or counts.size == 0 or (counts <= 0).any():
        raise InputError(f"n_frames must be positive numbers, one for each system; got {counts.tolist()}.")
    cap = max(max_share, 1.0 / counts.size)
    capped = np.zeros(counts.size, dtype=bool)
    shares = counts / counts.sum()
    while (shares > cap * (1 + 1e-12)).any():
        capped |= shares > cap * (1 + 1e-12)
        rest = 1.0 - cap * capped.sum()
        shares = np.where(capped, cap, rest * counts / max(counts[~capped].sum(), 1e-300))
    return np.asarray(shares / shares.sum())


def settings_of_deepmd_input(content: Mapping[str, Any], notices: list[str]) -> dict[str, Any]:
    """Return the values of :class:`TrainSettings` that an input gives, defaults of DeePMD-kit where it is silent.

    Raises
    ------
    FormatError
        If a part is missing, or the descriptor is not ``se_e2_a``.
    """
    try:
        model, training = content["model"], content["training"]
        descriptor, fitting = model["descriptor"], model["fitting_net"]
        rate, loss = content["learning_rate"], content["loss"]
    except (KeyError, TypeError) as error:
        raise FormatError(
            f"an input of DeePMD-kit has model, learning_rate, loss and training; {error} failed"
        ) from None
    if descriptor.get("type") not in ("se_e2_a", "se_a"):
        raise FormatError(f"only the descriptor se_e2_a can be read; found {descriptor.get('type')!r}")
    if "type_embedding" in model:
        notices.append("type_embedding is left out: every element gets networks of its own")
    values: dict[str, Any] = {
        "cutoff_angstrom": descriptor["rcut"],
        "smooth_from_angstrom": descriptor.get("rcut_smth", 0.5),
        "embedding": tuple(descriptor["neuron"]),
        "axis": descriptor.get("axis_neuron", 4),
        "fitting": tuple(fitting["neuron"]),
        "type_one_side": descriptor.get("type_one_side", False),
        "precision": "float32" if descriptor.get("precision", "default") == "float32" else "float64",
        "n_steps": training.get("numb_steps", training.get("stop_batch")),
        "start_rate": rate["start_lr"],
        "stop_rate": rate["stop_lr"],
        "batch_size": training.get("training_data", training).get("batch_size", "auto"),
        "loss": {
            name: (loss.get(f"start_pref_{letter}", default[0]), loss.get(f"limit_pref_{letter}", default[1]))
            for name, letter, default in (
                ("energy", "e", (0.02, 1.0)), ("force", "f", (1000.0, 1.0)), ("virial", "v", (0.0, 0.0)),
            )
        },
        "save_every": training.get("save_freq", 1000),
        "report_every": training.get("disp_freq", 1000),
    }  # fmt: skip
    sel = descriptor.get("sel", "auto")
    if isinstance(sel, list):
        values["sel"] = dict(zip(model["type_map"], sel, strict=True))
    elif sel != "auto":
        notices.append(f"sel {sel!r} is left out: neighbors are counted in the data, with a headroom of 20 %")
    return values
