"""The recipe of a learning loop: a TOML file in which every mistake is named with its line."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from entrox.core import EntroxError, FormatError, InputError
from entrox.core.toml_lines import key_lines, line_of, place_text, read_toml_text
from entrox.core.toml_settings import parse_settings
from entrox.potentials.learning.learn_parts import build_student
from entrox.potentials.learning.learn_settings import LearnSettings
from entrox.potentials.learning.start_frames import compositions_of

__all__ = ["example_recipe", "read_recipe"]

EXAMPLE_FILE = "bcts_mini.toml"


def example_recipe() -> str:
    """Return a commented recipe: the small demonstration, (Ba,Ca)(Ti,Sn)O3 with CHGNet as the teacher."""
    return (resources.files("entrox.potentials") / "data" / EXAMPLE_FILE).read_text(encoding="utf-8")


def read_recipe(path: str | Path) -> LearnSettings:
    """Read and check a recipe.

    Raises
    ------
    FormatError
        If the file is not TOML.
    InputError
        If it cannot be opened, a key is unknown, or a value is wrong; the message carries the line.
    """
    text = read_toml_text(path, "recipe")
    settings, lines = parse_settings(text, LearnSettings, path=path), key_lines(text)
    for index, table in enumerate(settings.compositions):
        place = ("compositions", index, "formula")
        try:
            compositions_of(table)
        except FormatError as error:
            raise FormatError(str(error), path=path, line=line_of(lines, place)) from error
        except EntroxError as error:
            raise InputError(f"{place_text(lines, place, path)}{error}") from error
    try:
        build_student(settings.student, (), warm=False)
    except InputError as error:
        raise InputError(f"{place_text(lines, ('student', 'settings'), path)}{error}") from error
    return settings
