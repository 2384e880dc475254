"""entrox: the open workbench for high-entropy functional oxides.

Rooms are loaded when first used: ``entrox.composition``, ``entrox.breakdown``, ``entrox.design``, ``entrox.plots``.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"

_ROOMS = (
    "atomprobe", "breakdown", "composition", "core", "design", "dynamics", "film", "mechanics", "microscopy", "order",
    "plots", "potentials", "scattering", "structure", "thermo",
)  # fmt: skip

__all__ = ["__version__", *_ROOMS]  # noqa: PLE0604 - the rooms are resolved by __getattr__


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"entrox.{name}")
    raise AttributeError(f"module 'entrox' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
