"""The public names of every room as text: ``make api`` records them in ``docs/reference/api.txt``.

One line per name: namespace, name, kind, parameters with their defaults. Below a class stand its methods and
properties. Annotations are left out: what a call may look like is the promise.
"""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import entrox
from entrox.core import Result

RECORD = Path(__file__).parents[1] / "docs" / "reference" / "api.txt"
HEAD = "# Public names of entrox, recorded by `make api`; the rule for changes stands in CONTRIBUTING.md.\n"
OWN = "entrox."
PLAIN = (bool, int, float, complex, str, bytes, type(None))


def namespaces() -> list[str]:
    """Return the rooms, and the packages inside them that have public names of their own."""
    found = [f"entrox.{room}" for room in entrox.__all__ if room != "__version__"]
    for room in tuple(found):
        path = importlib.import_module(room).__path__
        inner = [item.name for item in pkgutil.walk_packages(path, f"{room}.") if item.ispkg]
        found += [name for name in inner if getattr(importlib.import_module(name), "__all__", None)]
    return sorted(found)


@functools.cache
def public_names() -> tuple[str, ...]:
    """Return the lines of the record."""
    return tuple(line for name in namespaces() for line in _of_namespace(name))


def _of_namespace(name: str) -> Iterator[str]:
    room = importlib.import_module(name)
    for public in sorted(room.__all__):
        item = getattr(room, public)
        yield f"{name} {public} {_kind(item)}{_call(item)}"
        if inspect.isclass(item) and item.__module__.startswith(OWN):
            yield from (f"{name} {public}{line}" for line in _members(item))


def _kind(item: Any) -> str:
    if isinstance(item, ModuleType):
        return "module"
    if inspect.isclass(item):
        return "class"
    return "function" if callable(item) else "value"


def _call(item: Any) -> str:
    """Return the parameters in brackets; nothing of a plain value, an enumeration, a module and what is not ours."""
    ours = str(getattr(item, "__module__", "")).startswith(OWN)
    if not callable(item) or not ours or (inspect.isclass(item) and issubclass(item, enum.Enum)):
        return ""
    try:
        signature = inspect.signature(item)
    except (TypeError, ValueError):  # alias of a type, compiled class
        return ""
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty, default=_shown(parameter.default))
        for parameter in signature.parameters.values()
    ]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


class _Text:
    """Stands for a default in the text of a signature."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _shown(default: Any) -> Any:
    """Return plain defaults as they are, and dots for objects, whose text may hold an address."""
    if default is inspect.Parameter.empty or type(default) in PLAIN:
        return default
    if isinstance(default, tuple) and all(type(item) in PLAIN for item in default):
        return default
    return _Text("...")


def _members(item: type) -> Iterator[str]:
    if issubclass(item, enum.Enum):
        yield from (f".{name} member" for name in item.__members__)
        return
    for name in sorted(dir(item)):
        home = next((parent for parent in item.__mro__ if name in vars(parent)), item)
        if name.startswith("_") or not home.__module__.startswith(OWN) or (home is Result and item is not Result):
            continue
        member = inspect.getattr_static(item, name)
        if isinstance(member, (staticmethod, classmethod)) or inspect.isfunction(member):
            yield f".{name} method{_call(getattr(item, name))}"
        elif isinstance(member, property) or hasattr(member, "func"):
            yield f".{name} property"


def main() -> None:
    """Write the record."""
    lines = public_names()
    RECORD.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{RECORD}: {len(lines)} lines")  # noqa: T201


if __name__ == "__main__":
    main()
