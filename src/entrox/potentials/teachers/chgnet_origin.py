"""Which CHGNet a Python has: its version and its weights. Times in s."""

from __future__ import annotations

import subprocess
from functools import cache

from entrox.core import InputError, MissingExtraError

__all__ = ["chgnet_origin"]

ORIGIN_TIMEOUT_S = 120
ORIGIN_OF_CHGNET = """
import hashlib, importlib.metadata, importlib.util, pathlib, sys
folder = pathlib.Path(importlib.util.find_spec("chgnet").submodule_search_locations[0])
weights = next(path for path in sorted(folder.glob(f"pretrained/{sys.argv[1]}/*.tar")))
print(importlib.metadata.version("chgnet"), hashlib.sha256(weights.read_bytes()).hexdigest())
"""


@cache
def chgnet_origin(python: str, weights: str) -> tuple[str, str]:
    """Version, and SHA-256 of the weights, of the CHGNet that a Python has; it is not loaded for that.

    Raises
    ------
    InputError
        If there is no such Python.
    MissingExtraError
        If it has no CHGNet with these weights.
    """
    try:
        done = subprocess.run(
            [python, "-c", ORIGIN_OF_CHGNET, weights], capture_output=True, text=True, check=False,
            timeout=ORIGIN_TIMEOUT_S,
        )  # fmt: skip
    except OSError as error:
        raise InputError(f"cannot start {python}: {error.strerror}. Give the path of a Python.") from error
    if done.returncode != 0:
        raise MissingExtraError("chgnet", "potentials", f"the teacher chgnet (asked {python})")
    version, sha256 = done.stdout.split()
    return version, sha256
