from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

import entrox

PACKAGE = Path(entrox.__file__).parent
ROOT = PACKAGE.parent.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
HOMES = {
    "matplotlib": {"plots"},
    "plotly": {"plots"},
    "sqlalchemy": {"design"},
    "dask": {"design"},
    "distributed": {"design"},
    "typer": {"cli"},
    "click": {"cli"},
    "rich": {"cli"},
    "argparse": {"cli"},
    "skfem": {"breakdown", "mechanics"},
    "pyamg": {"breakdown"},
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "tools", "stuff"}


@functools.cache
def parsed(path: Path) -> tuple[frozenset[str], str | None]:
    """Return the top-level packages that a file imports, inside functions too, and what it says it is for."""
    tree, names = ast.parse(path.read_text(encoding="utf-8")), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return frozenset(names), ast.get_docstring(tree)


def imported_packages(path: Path) -> frozenset[str]:
    return parsed(path)[0]


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def test_no_room_imports_what_stands_above_it() -> None:
    linter = pytest.importorskip("importlinter.cli", reason="import-linter is in the extra dev")
    settings = ROOT / "pyproject.toml"
    if not settings.is_file():
        pytest.skip("the contracts stand in pyproject.toml of the source tree")
    assert linter.lint_imports(config_filename=str(settings), no_cache=True) == 0


def test_each_package_with_a_home_is_imported_only_there() -> None:
    strays = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in MODULES
        for name in imported_packages(path)
        if name in HOMES and room_of(path) not in HOMES[name]
    ]
    assert strays == []


def test_compiled_code_lives_in_kernel_files() -> None:
    strays = [path.name for path in MODULES if "numba" in imported_packages(path) and path.name != "_kernels.py"]
    assert strays == []


def test_every_name_of_a_module_says_what_is_in_it() -> None:
    names = {part for path in MODULES for part in path.relative_to(PACKAGE).with_suffix("").parts}
    assert {name for name in names if name.strip("_") in FORBIDDEN_NAMES} == set()


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path in MODULES if not parsed(path)[1]]
    assert silent == []
