"""Labeled frames as one data set: reading, writing, choosing, joining.

Units: eV, eV/angstrom, angstrom; the virial is minus the derivative of the energy by strain [eV]. What a source did not
give is None in its frames; nothing is filled in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.potentials.datasets.deepmd_folders import read_deepmd_folders, write_deepmd_folders
from entrox.potentials.datasets.frame_checks import Dropped
from entrox.potentials.datasets.labeled_xyz import read_labeled_xyz, write_labeled_xyz
from entrox.potentials.label import LabeledFrame

__all__ = ["DATASET_FORMS", "DatasetForm", "Dataset", "read_dataset", "write_dataset"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DatasetForm = Literal["deepmd", "deepmd-mixed", "extxyz"]
DATASET_FORMS: tuple[DatasetForm, ...] = ("deepmd", "deepmd-mixed", "extxyz")


@dataclass(frozen=True)
class Dataset:
    """Labeled frames, the order of their elements, and what was dropped on reading.

    Parameters
    ----------
    frames
        At least one.
    elements
        Every element of the frames once, in the order in which models count their types; from the frames, in the order
        of first appearance, if empty.
    dropped
        Frames that ``skip_bad`` left out, with their places and reasons.
    """

    frames: tuple[LabeledFrame, ...]
    elements: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    def __post_init__(self) -> None:
        if not self.frames:
            raise InputError("a data set needs at least one frame; got none.")
        present = list(dict.fromkeys(s for f in self.frames for s in dict.fromkeys(f.atoms.get_chemical_symbols())))
        elements = self.elements or tuple(present)
        if missing := [name for name in present if name not in elements]:
            raise InputError(
                f"the type map must name every element of the frames; {', '.join(missing)} is missing in "
                f"{', '.join(elements)}."
            )
        object.__setattr__(self, "elements", tuple(elements))

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[LabeledFrame]:
        return iter(self.frames)

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources of the labels, in the order of first appearance."""
        return tuple(dict.fromkeys(frame.source for frame in self.frames))

    @property
    def groups(self) -> tuple[str, ...]:
        """Trajectories or systems, in the order of first appearance."""
        return tuple(dict.fromkeys(frame.group for frame in self.frames))

    @cached_property
    def frame_compositions(self) -> tuple[str, ...]:
        """Formula of each frame, elements in the order of the data set, such as ``Ba7Ca1Ti8O24``."""
        return tuple(_formula(counts, self.elements) for counts in self.element_counts)

    @property
    def compositions(self) -> tuple[str, ...]:
        """Formulas, in the order of first appearance."""
        return tuple(dict.fromkeys(self.frame_compositions))

    @cached_property
    def element_counts(self) -> Ints:
        """Number of atoms of each element in each frame, shape ``(n_frames, n_elements)``."""
        rows = (Counter(frame.atoms.get_chemical_symbols()) for frame in self.frames)
        return np.array([[row[name] for name in self.elements] for row in rows], dtype=np.int64)

    @property
    def energies_ev(self) -> Floats:
        """Energy of each frame, NaN where there is none, shape ``(n_frames,)``."""
        return np.array([np.nan if frame.energy_ev is None else frame.energy_ev for frame in self.frames])

    @property
    def n_dropped(self) -> int:
        """How many frames were left out on reading."""
        return sum(item.n_frames for item in self.dropped)

    def select(self, chosen: Callable[[LabeledFrame], bool] | Sequence[int] | NDArray[np.integer]) -> Dataset:
        """Return the frames for which a function is true, or those of the given numbers, with the same elements."""
        if callable(chosen):
            return replace(self, frames=tuple(frame for frame in self.frames if chosen(frame)))
        return replace(self, frames=tuple(self.frames[int(index)] for index in chosen))

    def merge(self, other: Dataset) -> Dataset:
        """Return the frames of both; energies are not touched, see :func:`~entrox.potentials.check_one_energy_zero`."""
        elements = tuple(dict.fromkeys([*self.elements, *other.elements]))
        return Dataset((*self.frames, *other.frames), elements, (*self.dropped, *other.dropped))


def read_dataset(
    path: str | Path,
    *,
    type_map: Sequence[str] | None = None,
    source: str | None = None,
    skip_bad: bool = False,
    notices: list[str] | None = None,
) -> Dataset:
    """Read labeled frames from folders of DeePMD-kit or an extended XYZ file.

    Parameters
    ----------
    path
        Folder with one system or many (also of mixed type), or a file.
    type_map
        All elements, in the order that the data set shall have; those of the types where ``type_map.raw`` is missing.
    source
        Source of frames that do not name theirs; the name of the file or folder by default.
    skip_bad
        Leave out frames that cannot be used and count them, instead of raising an error for the first.
    notices
        List that takes up remarks of the readers; None makes them Python warnings.

    Raises
    ------
    InputError
        If the path does not exist, no usable frame is left, or an element is missing in the type map.
    FormatError
        If arrays do not fit together, elements are unknown, or a label is not finite; with file and frame.
    """
    place = Path(path)
    if not place.exists():
        raise InputError(f"{place}: no such file or folder.")
    name = source or place.resolve().name
    if place.is_dir():
        frames, elements, dropped = read_deepmd_folders(place, type_map, name, skip_bad=skip_bad, notices=notices)
    else:
        frames, elements, dropped = read_labeled_xyz(place, name, skip_bad=skip_bad, notices=notices)
    if not frames:
        reasons = "; ".join(str(item) for item in dropped[:3])
        raise InputError(f"{place}: no usable frame is left. {reasons}")
    return Dataset(tuple(frames), tuple(type_map or elements), tuple(dropped))


def write_dataset(
    frames: Dataset | Sequence[LabeledFrame],
    path: str | Path,
    form: DatasetForm = "deepmd",
    *,
    type_map: Sequence[str] | None = None,
) -> None:
    """Write labeled frames so that reading gives the same numbers, bit by bit.

    Parameters
    ----------
    frames
        Data set or frames.
    path
        Folder that is new or empty (deepmd), or a file that does not exist (extxyz).
    form
        ``deepmd`` makes one folder for each source, group and order of atoms, ``deepmd-mixed`` one for each source,
        group and number of atoms; ``extxyz`` one file, frames in their order.
    type_map
        Elements of the types 0, 1, ...; those of the data set by default.

    Raises
    ------
    InputError
        If the place is taken or an element is missing in the type map.
    """
    if form not in DATASET_FORMS:
        raise InputError(f"form must be one of {', '.join(DATASET_FORMS)}; got {form!r}.")
    dataset = frames if isinstance(frames, Dataset) else Dataset(tuple(frames))
    elements = Dataset(dataset.frames, tuple(type_map)).elements if type_map else dataset.elements
    place = Path(path)
    if place.is_file() or (place.is_dir() and any(place.iterdir())):
        raise InputError(f"{place} exists; data are not overwritten. Give another path.")
    if form == "extxyz":
        write_labeled_xyz(dataset.frames, place)
    else:
        write_deepmd_folders(dataset.frames, place, elements, mixed=form == "deepmd-mixed")


def _formula(counts: NDArray[np.integer], elements: Sequence[str]) -> str:
    return "".join(f"{name}{count}" for name, count in zip(elements, counts.tolist(), strict=True) if count)
