"""``entrox doctor``: what is installed, what is missing, and how to get it.

Looks at the records of installed packages and imports none of them, so that a broken one cannot break the doctor.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata, util
from pathlib import Path
from typing import Annotated, Any

import typer

from entrox import __version__
from entrox.cli.terminal import ExitCode, print_heading, print_json, print_message, print_table, print_text

__all__ = ["diagnosis", "doctor"]

EXTRAS = {
    "atomprobe": "ion clouds in .apt files",
    "hpc": "studies on a Dask cluster (--scheduler) or in SLURM jobs ([cluster])",
    "microscopy": "micrographs and scans in the files of makers, multislice images",
    "postgres": "results in a PostgreSQL database",
    "potentials": "Deep Potentials, LAMMPS and the teacher CHGNet (3 GB)",
    "search": "search of spaces that are too large to go through (pymoo)",
    "dev": "tests, checks, benchmarks and the documentation",
}
MOST_NAMED = 6
"""Missing packages of an extra that are named; of more, their number is."""
_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?P<range>[^;]*?)\s*(?:;\s*(?P<marker>.*))?$")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


SUBJECTS = ("potentials",)


def doctor(
    subject: Annotated[
        str | None, typer.Argument(metavar="[potentials]", help="Start every engine of learned potentials once.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What is installed, and how to get the rest.

    With `potentials`: which engines start (DeePMD-kit, LAMMPS, CHGNet, CP2K) and which sets of versions work together.
    """
    if subject is not None:
        _examine(subject, json=json)
        return
    found = diagnosis()
    if json:
        print_json(found)
    else:
        _print_diagnosis(found)
    if missing := [item["package"] for item in found["packages"] if item["installed"] is None]:
        print_message(
            f"the installation is incomplete: {', '.join(missing)}. Repair it: pip install entrox", error=True
        )
        raise typer.Exit(ExitCode.MISSING_EXTRA)


def _examine(subject: str, *, json: bool) -> None:
    """Print the state of the engines; a missing or broken one is an answer, not an error."""
    from entrox.core import InputError, to_jsonable
    from entrox.potentials.installation import TESTED_SETS, engine_states

    if subject not in SUBJECTS:
        raise InputError(f"doctor examines {', '.join(SUBJECTS)}; got {subject!r}. Leave it out for all packages.")
    if not json:
        print_message("Starting every engine once; this takes some 20 s.")
    states = engine_states()
    if json:
        sets = [{"packages": packages, "verdict": verdict} for packages, verdict in TESTED_SETS]
        print_json({"engines": to_jsonable(states), "tested_sets": sets})
        return
    print_table(
        ("Engine", "For", "Tested", "Installed", "State", "Get it with"),
        [
            (
                state.name, state.purpose, state.tested, state.installed or "-",
                state.remark or ("works" if state.works else "installed"), "" if state.installed else state.install,
            )
            for state in states
        ],
    )  # fmt: skip
    print_text()
    print_table(("Versions on Python 3.11", "Verdict"), list(TESTED_SETS))


def diagnosis() -> dict[str, Any]:
    """Return what ``entrox doctor --json`` prints."""
    core, extras = _requirements()
    return {
        "entrox": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": [_package(name, wanted) for name, wanted in core.items()],
        "extras": [_extra(name, wanted) for name, wanted in extras.items()],
        "measures_of_other_packages": sorted(item.name for item in metadata.entry_points(group="entrox.measures")),
        "compile_cache": _compile_cache(),
    }


def _requirements() -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the required packages with their ranges: those of the core, and those of each extra."""
    core: dict[str, str] = {}
    extras: dict[str, dict[str, str]] = {}
    for text in metadata.requires("entrox") or ():
        match = _REQUIREMENT.match(text)
        if match is None or match["name"] == "entrox":
            continue
        if extra := _EXTRA.search(match["marker"] or ""):
            extras.setdefault(extra[1], {})[match["name"]] = match["range"]
        else:
            core[match["name"]] = match["range"]
    return core, extras


def _package(name: str, wanted: str) -> dict[str, str | None]:
    try:
        installed: str | None = metadata.version(name)
    except metadata.PackageNotFoundError:
        installed = None
    return {"package": name, "wanted": wanted, "installed": installed}


def _extra(name: str, wanted: dict[str, str]) -> dict[str, Any]:
    packages = [_package(package, limits) for package, limits in wanted.items()]
    return {
        "extra": name,
        "purpose": EXTRAS.get(name, ""),
        "installed": all(item["installed"] is not None for item in packages),
        "packages": packages,
        "install": f"pip install 'entrox[{name}]'",
    }


def _compile_cache() -> dict[str, Any]:
    """Return where numba keeps compiled code: beside the kernels, else in the user's cache; first writable one."""
    room = util.find_spec("entrox.breakdown")
    beside = [Path(room.origin).parent / "__pycache__"] if room is not None and room.origin else []
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "numba"
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(chosen)] if chosen else [*beside, home]
    usable = [place for place in places if _is_writable(place)]
    return {"folder": str(usable[0] if usable else places[0]), "writable": bool(usable)}


def _is_writable(folder: Path) -> bool:
    present = next(place for place in (folder, *folder.parents) if place.exists())
    return present.is_dir() and os.access(present, os.W_OK | os.X_OK)


def _print_diagnosis(found: dict[str, Any]) -> None:
    print_heading(f"entrox {found['entrox']}")
    print_text(f"Python {found['python']} ({sys.executable}) on {found['platform']}")
    print_text()
    packages = [(item["package"], item["wanted"], item["installed"] or "missing") for item in found["packages"]]
    print_table(("Package", "Wanted", "Installed"), packages)
    print_text()
    rows = []
    for extra in found["extras"]:
        absent = [item["package"] for item in extra["packages"] if item["installed"] is None]
        named = (
            ", ".join(absent) if len(absent) <= MOST_NAMED else f"{len(absent)} of {len(extra['packages'])} packages"
        )
        state = "installed" if extra["installed"] else f"missing {named}"
        rows.append((extra["extra"], extra["purpose"], state, "" if extra["installed"] else extra["install"]))
    print_table(("Extra", "For", "State", "Get it with"), rows)
    print_text()
    if measures := found["measures_of_other_packages"]:
        print_text(f"Measures of other packages: {', '.join(measures)}")
    cache = found["compile_cache"]
    print_text(f"Compiled code is kept in {cache['folder']}" if cache["writable"] else _cache_advice(cache["folder"]))


def _cache_advice(folder: str) -> str:
    return (
        f"Compiled code cannot be kept: {folder} is not writable, so every command compiles again. Set NUMBA_CACHE_DIR "
        "to a folder that is."
    )
