"""A force field whose calculator stays open over several runs: models are loaded once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from entrox.dynamics.potential import Potential

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

__all__ = ["HeldPotential", "held_open"]


class HeldPotential:
    """A potential like another one, whose calculator is opened at its first use.

    Parameters
    ----------
    potential
        What it stands for; name and fingerprint are the same.
    """

    def __init__(self, potential: Potential) -> None:
        self._potential = potential
        self._context: AbstractContextManager[Calculator] | None = None
        self._calculator: Calculator | None = None

    @property
    def name(self) -> str:
        """Name of the potential."""
        return self._potential.name

    @property
    def elements(self) -> tuple[str, ...] | None:
        """Elements of the potential."""
        return self._potential.elements

    def fingerprint(self) -> str:
        """Fingerprint of the potential."""
        return self._potential.fingerprint()

    def lammps_lines(self, elements: Sequence[str], deviation_every: int) -> tuple[str, ...]:
        """Lines of the potential."""
        return self._potential.lammps_lines(elements, deviation_every)

    def open_calculator(self) -> AbstractContextManager[Calculator]:
        """Return the calculator, which stays open behind the block."""
        if self._calculator is None:
            self._context = self._potential.open_calculator()
            self._calculator = self._context.__enter__()
        return nullcontext(self._calculator)

    def close(self) -> None:
        """Close the calculator if it was opened."""
        if self._context is not None:
            self._context.__exit__(None, None, None)
            self._context = self._calculator = None


@contextmanager
def held_open(potential: Potential) -> Iterator[Potential]:
    """Keep the calculator of a potential open as long as the block lasts, from its first use on."""
    held = HeldPotential(potential)
    try:
        yield held
    finally:
        held.close()
