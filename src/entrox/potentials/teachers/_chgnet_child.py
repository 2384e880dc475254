"""CHGNet as a calculator of ASE; imported by file in the process that owns it, which needs no entrox.

On a graphics card the first answer is compared with that of the processor; where they differ, the processor goes on.
Units: eV, eV/angstrom, eV/angstrom3.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

__all__ = ["CheckedChgnet", "chgnet_calculator"]

SAME_FORCE_EV_PER_ANGSTROM = 1e-4


def chgnet_calculator(device: str = "cpu", weights: str = "0.3.0") -> Any:
    """Return CHGNet with weights that its package ships, on ``cpu``, a named device, or ``auto``."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    if device == "auto" and torch.cuda.is_available():
        return CheckedChgnet(_plain_calculator("cuda", weights), _plain_calculator("cpu", weights))
    return _plain_calculator("cpu" if device == "auto" else device, weights)


def _plain_calculator(device: str, weights: str) -> Any:
    from chgnet.model.dynamics import CHGNetCalculator
    from chgnet.model.model import CHGNet

    model = CHGNet.load(model_name=weights, use_device=device, verbose=False)
    return CHGNetCalculator(model, use_device=device, on_isolated_atoms="ignore")


class CheckedChgnet(Calculator):
    """A calculator on the graphics card that proves itself at its first structure.

    Parameters
    ----------
    on_card, on_processor
        The same force field on both; the second goes on where forces differ by more than 1e-4 eV/angstrom.
    """

    implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012 - as ASE declares it

    def __init__(self, on_card: Any, on_processor: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.inner, self.reference = on_card, on_processor
        self.remark = "on the graphics card"

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Ask the card, at first also the processor."""
        if atoms is None:
            raise TypeError("a structure is needed")
        self.atoms = atoms.copy()
        self.inner.calculate(atoms.copy())
        if self.reference is not None:
            self._compare(atoms)
        self.results = {name: self.inner.results[name] for name in self.implemented_properties}
        self.results["remark"] = self.remark

    def _compare(self, atoms: Atoms) -> None:
        self.reference.calculate(atoms.copy())
        largest = float(np.abs(self.reference.results["forces"] - self.inner.results["forces"]).max())
        if not largest <= SAME_FORCE_EV_PER_ANGSTROM:
            self.inner = self.reference
            self.remark = f"on the processor: the graphics card differs by {largest:.2g} eV/angstrom"
        self.reference = None
