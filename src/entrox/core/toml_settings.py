"""Settings of a recipe: TOML text into a checked pydantic model, every mistake named with its line."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from entrox.core.errors import InputError, nearest_names
from entrox.core.toml_lines import Place, key_lines, parse_toml, place_text, read_toml_text

__all__ = ["parse_settings", "read_settings", "read_settings_beside"]

M = TypeVar("M", bound=BaseModel)


def read_settings(path: str | Path, model: type[M], what: str = "recipe") -> M:
    """Read a TOML file into a model whose fields are its tables and keys.

    Parameters
    ----------
    path
        TOML file.
    model
        Model of pydantic that forbids unknown keys.
    what
        What messages call the file.

    Raises
    ------
    FormatError
        If the file is not TOML.
    InputError
        If it cannot be opened, a key is unknown (with the nearest known one), missing, or its value wrong. The message
        carries the line.
    """
    return parse_settings(read_toml_text(path, what), model, path=path)


def read_settings_beside(path: str | Path, model: type[M]) -> M:
    """Read settings that name files: their field ``folder``, if not given, becomes the folder of the TOML file.

    Raises
    ------
    FormatError, InputError
        As :func:`read_settings`.
    """
    found = read_settings(path, model, "settings")
    given = getattr(found, "folder") != Path()  # noqa: B009 - a model of ours that has this field
    return found if given else found.model_copy(update={"folder": Path(path).parent})


def parse_settings(text: str, model: type[M], *, path: str | Path | None = None) -> M:
    """Check the text of a TOML file; as :func:`read_settings`."""
    content, lines = parse_toml(text, path), key_lines(text)
    try:
        return model(**content)
    except ValidationError as error:
        messages = [_message(item, model, lines, path) for item in error.errors(include_url=False)]
        raise InputError("\n".join(dict.fromkeys(messages))) from error


def _message(item: Any, model: type[BaseModel], lines: dict[Place, int], path: str | Path | None) -> str:
    place = _toml_place(item, model)
    at, key = place_text(lines, place, path), ".".join(str(part) for part in place if not isinstance(part, int))
    if item["type"] == "extra_forbidden":
        known = tuple(_model_at(model, place[:-1]).model_fields)
        hint = nearest_names(str(place[-1]), known)
        listed = f" Known here: {', '.join(known)}." if hint.startswith("did you mean") else "."
        return f"{at}unknown key {place[-1]!r}; {hint}{listed}"
    if item["type"] == "missing":
        return f"{at}{key} is missing."
    name = f"{key}: " if key else ""
    if item["type"] == "value_error":  # a validator of ours, in its own words
        return f"{at}{name}{item['ctx']['error']}."
    text = f"{item['msg'][:1].lower()}{item['msg'][1:]}"
    return f"{at}{name}{text}; got {item['input']!r}."


def _toml_place(item: Any, model: type[BaseModel]) -> Place:
    """Place of a mistake, without the names of the alternatives of a union, which stand in no file."""
    location, place = item["loc"], list[str | int]()
    for index, part in enumerate(location):
        is_unknown_key = item["type"] == "extra_forbidden" and index == len(location) - 1
        if isinstance(part, int) or is_unknown_key or part in _model_at(model, place).model_fields:
            place.append(part)
    return tuple(place)


def _model_at(model: type[BaseModel], place: Sequence[str | int]) -> type[BaseModel]:
    """Model that holds the keys below ``place``; an empty one where there is none."""
    for part in place:
        if isinstance(part, int):
            continue
        if part not in model.model_fields:
            return BaseModel
        model = next(_models_in(model.model_fields[part].annotation), BaseModel)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models that an annotation such as ``tuple[Item, ...] | None`` names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)
