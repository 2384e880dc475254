from __future__ import annotations

from pathlib import Path

import numpy as np
from ase.build import bulk

from entrox.dynamics.runs.frames import cut_frames, frame_steps, write_frame


def test_a_file_cut_at_any_byte_keeps_exactly_its_complete_frames(tmp_path: Path) -> None:
    atoms = bulk("NaCl", "rocksalt", a=5.6)
    whole, ends = tmp_path / "whole.extxyz", []
    with whole.open("wb") as file:
        for step in (0, 10, 20):
            write_frame(file, atoms, step, 0.001 * step)
            ends.append(file.tell())
    content, cut = whole.read_bytes(), tmp_path / "cut.extxyz"
    for size in range(len(content) + 1):
        cut.write_bytes(content[:size])
        complete = [10 * k for k, end in enumerate(ends) if end <= size]
        np.testing.assert_array_equal(cut_frames(cut, 100), complete)
        np.testing.assert_array_equal(frame_steps(cut), complete)
        assert cut.stat().st_size == (ends[len(complete) - 1] if complete else 0)


def test_frames_after_a_checkpoint_are_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "frames.extxyz"
    with path.open("wb") as file:
        for step in (0, 10, 20):
            write_frame(file, bulk("NaCl", "rocksalt", a=5.6), step, 0.001 * step)
    np.testing.assert_array_equal(cut_frames(path, 10), [0, 10])
    np.testing.assert_array_equal(frame_steps(path), [0, 10])
