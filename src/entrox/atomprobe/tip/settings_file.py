"""Settings of a simulated tip from a TOML file in which every mistake is named with its place.

A file has the tables ``[tip]`` (with ``box_nm``), ``[composition]`` and ``[sites]``; all others may be left out.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from entrox.atomprobe.tip.settings import (
    ClusterLabels,
    DensitySettings,
    DetectionSettings,
    EventSettings,
    FieldLabels,
    GradientLabels,
    LamellaLabels,
    OrderedLabels,
    Pole,
    RandomLabels,
    SiteSettings,
    SpectrumSettings,
    Sphere,
    TipSettings,
    TruthSettings,
)
from entrox.core import FormatError, InputError, nearest_names

__all__ = ["parse_tip_settings", "read_tip_settings"]

_TABLES = ("tip", "composition", "sites", "labels", "density", "events", "detection", "spectrum", "truth")
_LABELS: dict[str, type[BaseModel]] = {
    "random": RandomLabels,
    "field": FieldLabels,
    "clusters": ClusterLabels,
    "ordered": OrderedLabels,
    "gradient": GradientLabels,
    "lamellae": LamellaLabels,
}
_MODELS: dict[str, type[BaseModel]] = {
    "sites": SiteSettings,
    "density": DensitySettings,
    "spheres": Sphere,
    "pores": Sphere,
    "poles": Pole,
    "events": EventSettings,
    "detection": DetectionSettings,
    "spectrum": SpectrumSettings,
    "truth": TruthSettings,
    **_LABELS,
}


def read_tip_settings(path: str | Path) -> TipSettings:
    """Read and check the settings of a tip.

    Parameters
    ----------
    path
        TOML file with the tables ``[tip]``, ``[composition]``, ``[sites]`` and, where wanted, ``[labels]``,
        ``[density]``, ``[events]``, ``[detection]``, ``[spectrum]`` and ``[truth]``.

    Raises
    ------
    FormatError
        If the file is not TOML.
    InputError
        If the file cannot be opened, a key is unknown (with the nearest known one), missing or out of range.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("a settings file must be UTF-8 text.", path=path) from error
    except OSError as error:
        raise InputError(f"cannot read the settings {path}: {error.strerror}. Check the path.") from error
    return parse_tip_settings(text, path=path)


def parse_tip_settings(text: str, *, path: str | Path | None = None) -> TipSettings:
    """Check the text of a settings file; as :func:`read_tip_settings`."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(found.group(1)), int(found.group(2))) if found else (len(text.splitlines()), None)
        reason = str(error).split(" (at ")[0]
        raise FormatError(f"not a valid TOML file: {reason}.", path=path, line=line, column=column) from error
    place = f"{path}: " if path is not None else ""
    for name in content:
        if name not in _TABLES:
            raise InputError(f"{place}unknown table or key {name!r}; {nearest_names(name, _TABLES)}")
        if not isinstance(content[name], dict):
            raise InputError(f"{place}{name} must be a table, written as [{name}].")
    tip = content.pop("tip", {})
    for key in tip:
        if key != "box_nm":
            raise InputError(f"{place}unknown key {key!r} in [tip]; {nearest_names(key, ['box_nm'])}")
    try:
        return TipSettings(**tip, **content)
    except ValidationError as error:
        raise InputError("\n".join(_messages(error, place))) from error


def _messages(error: ValidationError, place: str) -> list[str]:
    messages: dict[tuple[Any, ...], str] = {}
    for item in error.errors(include_url=False):
        names = [str(part) for part in item["loc"] if not isinstance(part, int)]
        # The kind of a label model is part of pydantic's location but not of the file.
        in_labels = names[:1] == ["labels"] and len(names) > 1 and names[1] in _LABELS
        shown = ".".join(names[:1] + names[2:] if in_labels else names)
        shown = "tip.box_nm" if shown == "box_nm" else shown
        if item["type"] == "extra_forbidden":
            model = next((_MODELS[part] for part in reversed(names[:-1]) if part in _MODELS), TipSettings)
            text = f"unknown key {shown!r}; {nearest_names(names[-1], model.model_fields)}"
        elif item["type"] == "missing":
            text = f"{shown} is missing."
        elif item["type"] == "union_tag_invalid":
            kind = str(item.get("ctx", {}).get("tag", ""))
            text = f"unknown labels.kind {kind!r}; {nearest_names(kind, _LABELS)}"
        elif item["type"] == "value_error":
            text = (f"{shown}: " if shown else "") + item["msg"].removeprefix("Value error, ") + "."
        else:
            text = f"{shown}: {item['msg'][0].lower()}{item['msg'][1:]}; got {item['input']!r}."
        messages.setdefault(tuple(item["loc"]), place + text)
    return list(messages.values())
