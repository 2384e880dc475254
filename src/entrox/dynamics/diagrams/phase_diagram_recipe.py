"""Recipes of phase diagrams: read from TOML, every mistake named with its line, and an example."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from entrox.core.toml_settings import read_settings
from entrox.dynamics.diagrams.phase_diagram_settings import PhaseDiagramSettings

__all__ = ["example_phase_diagram", "read_phase_diagram_recipe"]

EXAMPLE_FILE = "bcts_phase_diagram.toml"


def example_phase_diagram() -> str:
    """Return a commented recipe: the published lines of (Ba,Ca)(Ti,Sn)O3."""
    return (resources.files("entrox.dynamics") / "data" / EXAMPLE_FILE).read_text(encoding="utf-8")


def read_phase_diagram_recipe(path: str | Path) -> PhaseDiagramSettings:
    """Read and check a recipe.

    Raises
    ------
    FormatError
        If the file is not TOML, or a formula cannot be read.
    InputError
        If it cannot be opened, a key is unknown, missing, or its value wrong. The message carries the line.
    """
    return read_settings(path, PhaseDiagramSettings)
