"""Elements of the type numbers that simulation codes write instead of symbols."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from entrox.core import InputError

__all__ = ["numbers_of_types"]


def numbers_of_types(kinds: NDArray[Any], type_map: Sequence[str], path: Path, lowest: int = 1) -> list[int]:
    """Atomic numbers of type numbers; ``lowest`` is the number of the first entry of the type map.

    Raises
    ------
    InputError
        If a type has no entry or an entry is no element.
    """
    from ase.data import atomic_numbers

    wrong = [name for name in type_map if name not in atomic_numbers]
    if wrong:
        raise InputError(f"type_map holds {', '.join(map(repr, wrong))}, no element; got {', '.join(type_map)}.")
    beyond = [kind for kind in kinds.tolist() if kind != int(kind) or not lowest <= kind < lowest + len(type_map)]
    if beyond:
        raise InputError(
            f"{path}: types {', '.join(f'{kind:g}' for kind in beyond)} have no element: type_map names the "
            f"{len(type_map)} types {lowest} to {lowest + len(type_map) - 1} ({', '.join(type_map)})."
        )
    return [int(atomic_numbers[type_map[int(kind) - lowest]]) for kind in kinds.tolist()]
