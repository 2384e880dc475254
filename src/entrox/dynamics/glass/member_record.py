"""Which run a folder of a melt and quench holds; another one is refused, and the settings that differ are told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.core import FormatError, InputError, to_jsonable
from entrox.core.whole_file import write_whole
from entrox.dynamics.engine import Engine
from entrox.dynamics.glass.quench_settings import QuenchSettings
from entrox.dynamics.potential import Potential

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["MEMBER", "RATE_KEY", "differing_keys", "open_member"]

MEMBER = "melt_quench.json"
RATE_KEY = "quench_rate_k_per_ps"
"""Rates of one melt share its folder, so the record leaves the rate out."""


def open_member(
    folder: Path, atoms: Atoms, engine: Engine, potential: Potential, settings: QuenchSettings, seed: int
) -> None:
    """Make the folder of a member with its record, or check that it is that of the same one.

    Raises
    ------
    InputError
        If it holds another one; the message lists what differs.
    FormatError
        If the record is damaged.
    """
    identity = _identity(atoms, engine, potential, settings, seed)
    path = folder / MEMBER
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(identity, indent=2) + "\n")
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise TypeError("no table")
    except (ValueError, TypeError) as error:
        raise FormatError(f"not the record of a melt and quench: {error!r}", path=path) from error
    if differing := differing_keys(found, identity):
        raise InputError(
            f"{folder} holds another melt and quench: {'; '.join(differing)}. Give another folder, or the settings of "
            "that run."
        )


def differing_keys(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return what differs between two records, as ``key: there X, asked Y``.

    Examples
    --------
    >>> differing_keys({"seed": 1, "melt_ps": 2.0}, {"seed": 1, "melt_ps": 4.0})
    ['melt_ps: there 2.0, asked 4.0']
    """
    names = dict.fromkeys([*found, *wanted])
    return [
        f"{name}: there {found.get(name, 'nothing')}, asked {wanted.get(name, 'nothing')}"
        for name in names
        if found.get(name) != wanted.get(name)
    ]


def _identity(
    atoms: Atoms, engine: Engine, potential: Potential, settings: QuenchSettings, seed: int
) -> dict[str, Any]:
    digest = hashlib.sha256()
    for array in (atoms.numbers, atoms.positions, atoms.cell.array, atoms.get_masses()):
        digest.update(np.ascontiguousarray(np.asarray(array, dtype="<f8") + 0.0).tobytes())
    plain: dict[str, Any] = to_jsonable(settings.model_dump(exclude={RATE_KEY}))
    return {
        "engine": engine.name,
        "potential": potential.name,
        "potential_sha256": potential.fingerprint(),
        "formula": atoms.get_chemical_formula(),
        "structure_sha256": digest.hexdigest(),
        "seed": seed,
        **plain,
    }
