"""Descriptions of calculators as plain data: they travel to other processes, where the calculator is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core import InputError
from entrox.dynamics.calculators import _worker

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

__all__ = ["CalculatorSource", "DeepmdSource", "FactorySource", "call_factory"]


@dataclass(frozen=True)
class FactorySource:
    """A calculator of ASE that a function makes.

    Parameters
    ----------
    factory
        ``module:function`` or ``file.py:function``.
    arguments
        Keyword arguments of the function, plain data.
    """

    factory: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def to_message(self) -> dict[str, Any]:
        """Return what the process is told."""
        return {"kind": "factory", "factory": self.factory, "arguments": dict(self.arguments)}


@dataclass(frozen=True)
class DeepmdSource:
    """Frozen Deep Potential models with one type map.

    Parameters
    ----------
    models
        Paths of the graphs (.pb).
    threads
        Threads of one evaluation.
    """

    models: tuple[str, ...]
    threads: int = 1

    def to_message(self) -> dict[str, Any]:
        """Return what the process is told."""
        return {"kind": "deepmd", "models": [str(Path(path).resolve()) for path in self.models]}


CalculatorSource = FactorySource | DeepmdSource


def call_factory(factory: str, arguments: Mapping[str, Any]) -> Calculator:
    """Make a calculator of ASE in this process.

    Raises
    ------
    InputError
        If the module or function does not exist, or does not take the arguments.
    """
    try:
        calculator: Calculator = _worker.call_factory(factory, arguments)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"cannot make the calculator {factory}: {error}. Give module:function.") from error
    return calculator
