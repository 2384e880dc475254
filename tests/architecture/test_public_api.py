from __future__ import annotations

import difflib
import importlib
import pkgutil

import pytest

import entrox
from public_api import RECORD, namespaces, public_names

pytestmark = pytest.mark.skipif(not RECORD.parent.is_dir(), reason="the record stands in the source tree")


def test_the_public_names_are_those_of_the_record() -> None:
    recorded = [line for line in RECORD.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    changed = [
        line for line in difflib.unified_diff(recorded, public_names(), "record", "now", lineterm="", n=0)
        if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
    ]  # fmt: skip
    assert changed == [], (
        "the public names have changed. If that is wanted, run `make api` and say so in CHANGELOG.md; a name that goes "
        "is first deprecated (CONTRIBUTING.md)."
    )


def test_the_record_knows_every_room() -> None:
    assert {f"entrox.{name}" for name in entrox.__all__ if name != "__version__"} <= set(namespaces())


def test_a_room_names_nothing_twice() -> None:
    lines = public_names()
    assert len(lines) == len(set(lines)) > 1000


@pytest.mark.parametrize("name", namespaces())
def test_no_name_that_is_loaded_late_is_hidden_by_a_module_of_that_name(name: str) -> None:
    # importing a submodule sets it as an attribute of its package, and __getattr__ is then asked no more
    room = importlib.import_module(name)
    if not hasattr(room, "__getattr__"):
        pytest.skip("its names are bound when it is imported")
    modules = {item.name for item in pkgutil.iter_modules(room.__path__)}
    assert sorted(modules & set(room.__all__)) == []
