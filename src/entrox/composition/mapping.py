"""An immutable mapping that can be hashed, pickled and written as JSON: amounts and fractions must not change.

Pure data structure without physics.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

__all__ = ["FrozenDict"]

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A dict that keeps its order and refuses every change.

    Examples
    --------
    >>> FrozenDict({"Ba": 1})["Ba"]
    1
    """

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("This mapping is immutable: make a new one with dict(mapping) and change that.")

    __setitem__ = __delitem__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse
    __ior__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)
