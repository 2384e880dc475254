"""Identity of a piece of work: which composition, which measure, which settings, which code.

A row of the store and the random stream of a point are named by what they are, never by their place in a study, so
that the same composition reached twice is computed once and always gives the same numbers.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import entrox
from entrox.core.errors import InputError, nearest_names
from entrox.core.measure import Measure, MeasureSettings

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = [
    "IdentifiedPoint",
    "canonical_json",
    "code_version",
    "composition_key",
    "point_key",
    "room_versions",
    "row_key",
    "settings_json",
    "stream_key",
]

_GROUND_ROOMS = ("core", "composition", "structure")
_CODE_SUFFIXES = {".py", ".csv", ".toml", ".json"}


@runtime_checkable
class IdentifiedPoint(Protocol):
    """A point of a sweep that is no composition and names itself."""

    @property
    def identity(self) -> str:
        """Text that two points share only if they are the same."""

    @property
    def formula(self) -> str:
        """Text for people who read the store."""


def canonical_json(value: Any) -> str:
    """JSON text with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _exact(amounts: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: str(Fraction(amount)) for name, amount in amounts.items() if amount}


def composition_key(composition: Composition) -> str:
    """Hash of what a composition is: exact amounts, prototype, and which species with which charge on which site.

    The text of the formula, the value of x and the order of the elements do not enter.
    """
    sites = {
        label: {
            "multiplicity": str(site.multiplicity),
            "coordination": site.coordination,
            "fractions": _exact(site.fractions),
            "charges": {name: site.charges[name] for name, part in site.fractions.items() if part},
        }
        for label, site in composition.sites.items()
    }
    identity = {"amounts": _exact(composition.amounts), "prototype": composition.prototype, "sites": sites}
    return _sha256(canonical_json(identity))


def point_key(point: Composition | IdentifiedPoint) -> str:
    """Hash of what a point of a sweep is: by its own identity if it has one, else as a composition."""
    return _sha256(point.identity) if isinstance(point, IdentifiedPoint) else composition_key(point)


def stream_key(composition: str, measure: str) -> tuple[int, ...]:
    """Key of the random stream of a point: four whole numbers from the composition's key and the measure's name.

    The settings of the measure do not enter: the first 16 of 32 repetitions are those of a run with 16.
    """
    digest = hashlib.sha256(f"{composition}:{measure}".encode()).digest()
    return tuple(int.from_bytes(digest[4 * index : 4 * index + 4], "big") for index in range(4))


def settings_json(settings: MeasureSettings) -> str:
    """Canonical JSON of the settings of a measure, defaults included."""
    return canonical_json(settings.model_dump(mode="json"))


def row_key(composition: str, measure: str, settings: str, seed: int, version: str) -> str:
    """Key of a row of the store, 64 hexadecimal digits."""
    return _sha256(canonical_json([composition, measure, settings, seed, version]))


def code_version(measure: Measure) -> str:
    """Version of the code that computes ``measure``: the release and a fingerprint of the sources it rests on.

    For a measure of ours these are the sources and tables of its room, of ``composition``, ``structure`` and ``core``;
    for a third party's measure the file that defines it as well. A changed formula or table never meets old rows.
    """
    evaluate = inspect.unwrap(measure.evaluate)
    package = Path(entrox.__file__).parent
    source = inspect.getsourcefile(evaluate) if inspect.isfunction(evaluate) else None
    parts = evaluate.__module__.split(".") if hasattr(evaluate, "__module__") else []
    rooms = {*_GROUND_ROOMS, *measure.rests_on}
    rooms |= {parts[1]} if len(parts) > 1 and parts[0] == "entrox" else set()
    files = _source_files(package, tuple(sorted(rooms)))
    if source is not None and not Path(source).is_relative_to(package):
        files = (*files, Path(source))
    return f"{entrox.__version__}+{_fingerprint(files)}"


def room_versions(rooms: Iterable[str]) -> dict[str, str]:
    """Version of the code of each room: the release and a fingerprint of the sources and tables of the room.

    Parameters
    ----------
    rooms
        Names of packages of entrox, for example ``("core", "composition", "structure", "breakdown")``.

    Raises
    ------
    InputError
        If there is no such room.
    """
    package = Path(entrox.__file__).parent
    versions = {}
    for room in rooms:
        files = _source_files(package, (room,)) if room.isidentifier() else ()
        if not files:
            known = [path.parent.name for path in package.glob("*/__init__.py")]
            raise InputError(f"entrox has no room {room!r}; {nearest_names(room, known)}")
        versions[room] = f"{entrox.__version__}+{_fingerprint(files)}"
    return versions


def _source_files(package: Path, rooms: Iterable[str]) -> tuple[Path, ...]:
    found = [path for room in rooms for path in (package / room).rglob("*") if path.suffix in _CODE_SUFFIXES]
    return tuple(sorted(found))


@functools.cache
def _fingerprint(files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
