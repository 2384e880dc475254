from __future__ import annotations

import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from entrox import __version__


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Let a package look as if it were not installed."""
    version = metadata.version

    def without(name: str) -> str:
        if name.lower() == package:
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without)


def test_doctor_lists_versions_of_what_is_installed(entrox: Callable) -> None:
    answer = entrox("doctor", "--json")
    assert answer.code == 0
    assert answer.json["entrox"] == __version__
    installed = {item["package"].lower(): item["installed"] for item in answer.json["packages"]}
    assert installed["numpy"] == np.__version__
    assert set(installed) >= {"numba", "scipy", "sqlalchemy", "typer"}
    assert None not in installed.values()
    assert {extra["extra"] for extra in answer.json["extras"]} >= {"hpc", "postgres", "dev"}


def test_a_missing_extra_comes_with_its_install_command(entrox: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "distributed")
    answer = entrox("doctor")
    assert answer.code == 0, "an extra that is not there is no fault"
    line = next(line for line in answer.out.splitlines() if line.startswith("hpc"))
    assert "missing distributed" in line
    assert "pip install 'entrox[hpc]'" in line


def test_a_missing_core_package_ends_with_code_3(entrox: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "pyamg")
    answer = entrox("doctor")
    assert answer.code == 3
    assert "incomplete: pyamg" in answer.err


def test_a_compile_cache_that_can_be_written_is_named(
    entrox: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "new"))
    cache = entrox("doctor", "--json").json["compile_cache"]
    assert cache == {"folder": str(tmp_path / "new"), "writable": True}
    assert f"Compiled code is kept in {tmp_path / 'new'}" in entrox("doctor").out


def test_a_compile_cache_that_cannot_be_written_comes_with_advice(
    entrox: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "Set NUMBA_CACHE_DIR" in entrox("doctor").out
