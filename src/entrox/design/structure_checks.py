"""Mistakes in the ``[[structure]]`` tables of a study that can be told without opening a file, with their lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from entrox.core.errors import InputError, nearest_names
from entrox.core.toml_lines import Place, place_text
from entrox.design.measure_message import measure_message
from entrox.design.measures import collect_structure_measures
from entrox.design.structure_settings import StructureSettings

__all__ = ["OF_STRUCTURES", "check_structures"]

OF_STRUCTURES = ("polar-order", "local-entropy")
"""Names of the measures that need atoms."""


def check_structures(
    structures: Sequence[StructureSettings],
    families: Sequence[str],
    lines: dict[Place, int],
    path: str | Path | None,
) -> None:
    """Check what can be told without opening a file: kinds and keys that fit together, families, settings.

    Parameters
    ----------
    structures
        The tables.
    families
        Names of the families of the study.
    lines, path
        Lines of the keys, and the file.

    Raises
    ------
    InputError
        With the line of the mistake.
    """
    if not structures:
        return
    known = collect_structure_measures()
    for index, item in enumerate(structures):
        if mistake := _mistake(item, families):
            key, text = mistake
            raise InputError(f"{place_text(lines, ('structure', index, key), path)}structure {item.title!r}: {text}")
        for name, settings in item.chosen().items():
            try:
                known[name].settings(**settings)
            except ValidationError as error:
                place: Place = ("structure", index, name)
                raise InputError(measure_message(error, known[name], lines, path, place)) from error


def _mistake(item: StructureSettings, families: Sequence[str]) -> tuple[str, str] | None:
    """Return the key that does not fit and why, None where all do."""
    frames_only = [name for name in ("type_map", "first", "every") if name in item.reading.model_fields_set]
    cloud_only = sorted(item.reading.model_fields_set - {"type_map", "first", "every"})
    if item.family is None and len(families) > 1:
        return "files", f"the study has {len(families)} families; give family = ..., one of {', '.join(families)}."
    if item.family is not None and item.family not in families:
        return "family", f"unknown family {item.family!r}; {nearest_names(item.family, families)}."
    if item.kind == "tip":
        if item.ranges is None:
            return "kind", 'a tip needs the ranges that name its ions: ranges = "FILE.rrng".'
        if len(item.files) > 1:
            return "files", f"a tip is one ion cloud; got {len(item.files)} files."
        if item.polar_order is not None:
            return "polar-order", "a tip does not tell displacements; polar-order needs frames of kind md or rmc."
        if frames_only:
            return "reading", f"{', '.join(frames_only)} belong to frames of kind md or rmc."
    elif item.ranges is not None:
        return "ranges", 'atoms of frames have names: leave out ranges, or say kind = "tip".'
    elif cloud_only:
        return "reading", f"{', '.join(cloud_only)} belong to the ion cloud of a tip."
    return None
