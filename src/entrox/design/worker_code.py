"""Whether a worker has the code of the study: rows are named by its version, and another would make them lie.

The check runs where the work runs, before every row: workers may come at any time, from any installation.
"""

from __future__ import annotations

import os
import socket

import entrox
from entrox.core.errors import EngineError
from entrox.core.measure import Measure
from entrox.design.identity import code_version, room_versions

__all__ = ["check_code_here", "code_here"]

_SENT_WITH_ITS_CODE = ("__main__", "__mp_main__")
_GROUND_ROOMS = ("core", "composition", "structure")
_VERSIONS: dict[tuple[object, ...], str] = {}
"""What was found once: a process keeps the code that it has loaded, whatever happens to its files."""


def code_here(measure: Measure) -> str:
    """Version of the code of ``measure`` in this process.

    Of a measure that a script defines, only the rooms below it count: its own code comes with every call.
    """
    if getattr(measure.evaluate, "__module__", "") in _SENT_WITH_ITS_CODE:
        return " ".join(room_versions((*_GROUND_ROOMS, *measure.rests_on)).values())
    known = (measure.evaluate, tuple(measure.rests_on), entrox.__version__)
    if known not in _VERSIONS:
        _VERSIONS[known] = code_version(measure)
    return _VERSIONS[known]


def check_code_here(measure: Measure, expected: str) -> None:
    """Raise EngineError unless this process has the code of ``measure`` that the study names its rows by."""
    found = code_here(measure)
    if found != expected:
        raise EngineError(
            f"the worker on {socket.gethostname()} (process {os.getpid()}) computes {measure.name!r} with entrox "
            f"{found}; this study has {expected}, and its rows are named by that. Install the same entrox where the "
            "workers run, restart them, and run again with --resume. Finished rows are kept."
        )
