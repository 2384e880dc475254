"""A step that takes long says why; a quick one says nothing."""

from __future__ import annotations

import time

from entrox.cli import stem_waiting
from entrox.cli.stem_waiting import reasons_told


def test_a_slow_fit_says_that_it_may_be_compiling_and_a_quick_one_is_silent(monkeypatch, capsys):
    monkeypatch.setattr(stem_waiting, "QUICK_S", 0.05)
    shown = []
    with reasons_told(lambda *state: shown.append(state)) as told:
        told("columns", 0, 1)
        told("fit", 0, 1)
        time.sleep(0.3)
        told("null fields of B", 0, 20)
        told("null fields of B", 1, 20)
        time.sleep(0.1)
        told("strain", 0, 1)
    said = capsys.readouterr().err
    assert said.count("compiles") == 1
    assert "Null fields" not in said
    assert shown[-2:] == [("null fields of B", 1, 20), ("strain", 0, 1)]
    with reasons_told(None) as told:
        assert told is None
