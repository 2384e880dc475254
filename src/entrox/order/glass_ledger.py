"""Reference coordination of published glasses. The files do not come with the package: see the fields ``files``."""

from __future__ import annotations

from functools import cache, partial

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import measured_file
from entrox.order.coordination import Coordination, coordination
from entrox.structure.frames import read_frames

__all__ = ["GLASS_LEDGER"]

SOURCE = "read off published simulated glasses"
Pair = tuple[str, str]
GLASSES: dict[str, tuple[str, str, tuple[str, ...] | None, dict[Pair, float | None]]] = {
    "silica": ("silica", "aSiO2_300_atoms.xyz", None, {("Si", "O"): 2.2, ("O", "O"): None, ("Si", "Si"): None}),
    "sodium_25": ("sodium silicate, 25 %", "NaSiO_glass_25.extxyz", None,
                  {("Si", "O"): None, ("Na", "O"): 3.2, ("Si", "Si"): 3.5}),
    "sodium_5": ("sodium silicate, 5 %", "NaSiO_glass_5.extxyz", None,
                 {("Si", "O"): None, ("Na", "O"): 3.2, ("Si", "Si"): 3.5}),
    "borosilicate": ("borosilicate", "NaBSiO_glass.dump", ("O", "Si", "B", "Na"),
                     {("B", "O"): 2.0, ("Si", "O"): None}),
}  # fmt: skip
"""Words, file, elements of its types, and where the first shell of each pair ends [angstrom]."""
MEANS: dict[str, dict[Pair, float]] = {
    "silica": {("Si", "O"): 4.0},
    "sodium_25": {("Si", "O"): 4.0004, ("Na", "O"): 5.73, ("Si", "Si"): 3.336},
    "sodium_5": {("Si", "O"): 4.0016, ("Na", "O"): 5.20, ("Si", "Si"): 3.901},
    "borosilicate": {("B", "O"): 3.565, ("Si", "O"): 4.002},
}  # fmt: skip
PEAKS: dict[str, dict[Pair, float]] = {
    "silica": {("Si", "O"): 1.610, ("O", "O"): 2.603, ("Si", "Si"): 3.175},
    "sodium_25": {("Si", "O"): 1.608, ("Na", "O"): 2.33},
    "sodium_5": {("Si", "O"): 1.608, ("Na", "O"): 2.28},
    "borosilicate": {("B", "O"): 1.381},
}  # fmt: skip


def _file(name: str) -> str:
    return f"amorphous/{GLASSES[name][1]}"


@cache
def _found(name: str) -> Coordination:
    _, _, types, pairs = GLASSES[name]
    atoms = next(read_frames(measured_file(_file(name)), None if types is None else list(types), notices=[]))
    return coordination(atoms, list(pairs), {pair: reach for pair, reach in pairs.items() if reach is not None})


def _mean(name: str, pair: Pair) -> float:
    return float(_found(name).mean[list(GLASSES[name][3]).index(pair)])


def _peak(name: str, pair: Pair) -> float:
    return float(_found(name).peak_angstrom[list(GLASSES[name][3]).index(pair)])


GLASS_LEDGER: tuple[LedgerRow, ...] = (
    *(
        ledger_row(f"order.{name}_{'_'.join(pair).lower()}_number", f"{pair[1]} around {pair[0]}, {GLASSES[name][0]}",
                   "1", value, 0.005, SOURCE, partial(_mean, name, pair), files=(_file(name),))
        for name, table in MEANS.items()
        for pair, value in table.items()
    ),
    *(
        ledger_row(f"order.{name}_{'_'.join(pair).lower()}_peak", f"first {'-'.join(pair)} distance, "
                   f"{GLASSES[name][0]}", "angstrom", value, 0.01, SOURCE, partial(_peak, name, pair),
                   files=(_file(name),))
        for name, table in PEAKS.items()
        for pair, value in table.items()
    ),
)  # fmt: skip
