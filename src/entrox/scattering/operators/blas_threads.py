"""One thread for matrix products, as long as the caller itself runs several of them side by side."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

__all__ = ["single_threaded_products"]


@cache
def _library() -> ctypes.CDLL | None:
    """Matrix library that comes with numpy, or None where numpy was built against another."""
    folder = Path(np.__file__).parent.parent / "numpy.libs"
    for path in sorted(folder.glob("libscipy_openblas64_*")):
        library = ctypes.CDLL(str(path))
        if hasattr(library, "scipy_openblas_set_num_threads64_"):
            return library
    return None


@contextmanager
def single_threaded_products() -> Iterator[None]:
    """Products of matrices use one thread inside the block; without effect on other matrix libraries than OpenBLAS."""
    library = _library()
    if library is None:
        yield
        return
    before = int(library.scipy_openblas_get_num_threads64_())
    library.scipy_openblas_set_num_threads64_(1)
    try:
        yield
    finally:
        library.scipy_openblas_set_num_threads64_(before)
