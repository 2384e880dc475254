"""One run of ``entrox bend``: load or path, finite elements, movie."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.cli.bend_input import Asked, build_strip, load_function, path_loads
from entrox.cli.bend_options import parse_elements
from entrox.core import ConvergenceError, InputError

if TYPE_CHECKING:
    from entrox.cli.measurement import Outcome
    from entrox.mechanics import BendingPath, BendingResult, StackBending, Strip, Unreachable

__all__ = ["bending", "verdict"]


def bending(asked: Asked, out: Path | None, *, quiet: bool) -> Callable[[], Outcome]:
    """Return what bends as asked; options that do not fit together are refused at once."""
    from entrox.cli.bend_folder import bending_outcome, write_last_state

    strip, loads = build_strip(asked), path_loads(asked)
    bend = None if loads is not None else load_function(asked, strip)
    if asked.animate is not None and not asked.animate.parent.is_dir():
        raise InputError(f"--animate: there is no folder {asked.animate.parent}.")

    def measure() -> Outcome:
        try:
            found = _path(asked, strip, loads, quiet=quiet) if loads is not None else _single(asked, bend)
        except ConvergenceError as error:
            if out is not None:
                write_last_state(out, error.state)
            raise
        content, result = _content(found)
        if asked.thickness_error_um is not None and result is not None:
            content["thickness_error"] = _thickness_error(asked, strip)
        if asked.width_um is None:
            _leave_out_width(content)
        if asked.animate is None or result is None:
            return bending_outcome(content, result)
        _animate(asked, strip, result)
        return bending_outcome(content, result, [asked.animate])

    return measure


def verdict(asked: Asked) -> Callable[[], Outcome]:
    """Return what holds a strain against every way of bending."""
    from entrox.cli.bend_folder import readings_outcome
    from entrox.cli.bend_result import readings_content
    from entrox.core.units import PERCENT
    from entrox.mechanics import nominal_strain, read_strain

    strip = build_strip(asked)
    assert asked.strain_percent is not None
    percent, strain = asked.strain_percent, asked.strain_percent / PERCENT

    def measure() -> Outcome:
        content = readings_content(read_strain(strip, strain, asked.measure), percent, asked.measure)
        return readings_outcome(content, strip, (nominal_strain(strain, asked.measure),))

    return measure


def _single(asked: Asked, bend: Any) -> BendingResult | Unreachable:
    from entrox.mechanics import Unreachable, bend_film
    from entrox.mechanics.needle import RELEASED

    found: BendingResult | Unreachable = bend()
    if not asked.fe or isinstance(found, Unreachable) or found.verdict == RELEASED:
        return found
    return bend_film(found, law=asked.law, elements=parse_elements(asked.elements))


def _path(asked: Asked, strip: Strip, loads: Any, *, quiet: bool) -> BendingPath:
    from entrox.cli.progress import parts_shown
    from entrox.mechanics import follow_path

    with parts_shown(quiet=quiet) as show:
        return follow_path(
            strip, asked.case, loads, law=asked.law if asked.fe else None, elements=parse_elements(asked.elements),
            force_angle=asked.force_angle, friction_angle=asked.friction_angle,
            needle_offset=asked.needle_offset(strip),
            report=None if show is None else lambda done, total: show("path", done, total),
        )  # fmt: skip


def _thickness_error(asked: Asked, strip: Strip) -> dict[str, Any]:
    from entrox.cli.bend_result import thickness_error_content
    from entrox.core.units import METER_PER_MICROMETER
    from entrox.mechanics import thickness_error

    assert asked.thickness_error_um is not None
    error = asked.thickness_error_um * METER_PER_MICROMETER
    return thickness_error_content(thickness_error(strip, error, lambda film: load_function(asked, film)()))


def _content(
    found: BendingResult | BendingPath | Unreachable,
) -> tuple[dict[str, Any], BendingResult | BendingPath | None]:
    from entrox.cli.bend_result import bending_content, path_content, unreachable_content
    from entrox.mechanics import BendingPath, Unreachable

    if isinstance(found, Unreachable):
        return unreachable_content(found), None
    if isinstance(found, BendingPath):
        return path_content(found), found
    return {**bending_content(found, _stack(found)), "thick_film": _thick_film(found)}, found


def _thick_film(bent: BendingResult) -> dict[str, float] | None:
    """What the elements should show: the elastica with the moment of a section of finite thickness."""
    from entrox.core.units import PERCENT
    from entrox.mechanics import bend_thick_film

    if bent.fe is None or bent.fe.force is None or bent.case == "needle":
        return None
    thick = bend_thick_film(bent, bent.fe.law)
    return {
        "force_n_per_m": thick.force_per_width, "mid_line_percent": PERCENT * thick.mid_line,
        "outer_percent": PERCENT * thick.outer, "inner_percent": PERCENT * thick.inner,
        "fe_force_off_percent": PERCENT * (bent.fe.force / thick.force - 1.0),
    }  # fmt: skip


def _stack(bent: BendingResult) -> StackBending | None:
    """Strains of every layer at the tightest place."""
    from entrox.mechanics import bend_stack

    strip = bent.strip
    if len(strip.layers) == 1:
        return None
    return bend_stack(strip.layers, radius=bent.radius, plane_strain=strip.is_plane_strain)


def _leave_out_width(content: dict[str, Any]) -> None:
    """Take out what needs a width that was not given."""
    for step in content.get("steps", [content]):
        step |= {
            name: None
            for name in ("force_un", "moment_n_m", "energy_j", "stiffness_n_m2", "modulus_with_saddle_gpa")
            if name in step
        }
        if step.get("fe"):
            step["fe"] |= {"moment_at_clamp_n_m": None, "energy_j": None}


def _animate(asked: Asked, strip: Strip, result: BendingResult | BendingPath) -> None:
    """Movie of the path, or of the way from the nearly straight film to the load."""
    from entrox.mechanics import BendingPath
    from entrox.plots.bend_movie import write_bending_movie

    assert asked.animate is not None
    steps = result.steps if isinstance(result, BendingPath) else _way(strip, result, asked)
    write_bending_movie(steps, asked.animate)


def _way(strip: Strip, last: BendingResult, asked: Asked) -> Sequence[BendingResult]:
    from entrox import mechanics as room

    shares = np.linspace(0.0, 1.0, asked.frames + 1)[1:]
    fold = last.fold_angle * shares
    if last.case == "arc":
        return [room.bend_arc(strip, fold_angle=angle) for angle in fold.tolist()]
    if last.case == "plates":
        assert last.gap is not None
        widest = strip.length / room.plate_arc_length(1.0) * (1.0 - 1e-9)
        return [room.bend_between_plates(strip, gap) for gap in np.geomspace(widest, last.gap, asked.frames).tolist()]
    if last.case == "hinged":
        assert last.gap is not None
        distances = strip.length - (strip.length - last.gap) * shares
        return [room.bend_hinged(strip, distance) for distance in distances.tolist()]
    if last.case == "needle":
        contact = last.loaded_length
        return [room.push_needle(strip, angle, contact_length=contact, friction_angle=asked.friction_angle)
                for angle in fold.tolist()]  # fmt: skip
    assert asked.force_angle is not None
    low = max(0.0, 2.0 * (asked.force_angle - math.pi))
    return [room.bend_clamped(strip, force_angle=asked.force_angle, tip_angle=low + (last.fold_angle - low) * share)
            for share in shares.tolist()]  # fmt: skip
