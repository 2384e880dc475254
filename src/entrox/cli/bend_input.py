"""What ``entrox bend`` is asked: a strip, one load, options that fit together; checked before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.bend_options import parse_elements, parse_point
from entrox.core import InputError, check_in_range, check_integer, check_positive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from entrox.mechanics import BendingResult, Strip, Unreachable

__all__ = ["Asked", "build_strip", "check_asked", "load_function", "path_loads"]

LOADS = {
    "arc": ("fold_angle_deg", "radius_um", "mandrel_radius_um", "strain_percent", "path"),
    "plates": ("gap_um", "strain_percent", "path"),
    "hinged": ("end_distance_um", "strain_percent", "path"),
    "clamped": ("tip_angle_deg", "strain_percent", "path"),
    "needle": ("needle_um", "tip_angle_deg", "strain_percent", "path"),
    "verdict": ("strain_percent",),
}
ON_SHEET = 1000.0
"""Radius over thickness from which a film of one layer is taken for one whose substrate was forgotten."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options as given; those of other cases stay at None."""

    case: str
    length_um: float | None
    width_um: float | None
    thickness_um: float | None
    modulus_gpa: float | None
    poisson: float | None
    layers: Path | None
    plane: str
    thickness_error_um: float | None = None
    measure: str = "mid_line"
    strain_percent: float | None = None
    fold_angle_deg: float | None = None
    radius_um: float | None = None
    mandrel_radius_um: float | None = None
    free_standing: bool = False
    gap_um: float | None = None
    end_distance_um: float | None = None
    tip_angle_deg: float | None = None
    force_direction_deg: float | None = None
    needle_um: str | None = None
    contact_um: float | None = None
    needle_radius_um: float | None = None
    friction: float = 0.0
    path: Path | None = None
    fe: bool = False
    elements: str = "250x1"
    law: str = "hencky"
    animate: Path | None = None
    frames: int = 60

    def settings(self) -> dict[str, Any]:
        """Options as plain data."""
        plain = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
        return {**plain, "seed": None}  # nothing is drawn

    def inputs(self) -> list[Path]:
        """Files that are read."""
        return [path for path in (self.layers, self.path) if path is not None]

    @property
    def force_angle(self) -> float | None:
        """Direction of the push [radian]."""
        return None if self.force_direction_deg is None else math.radians(self.force_direction_deg)

    def needle_offset(self, strip: Strip) -> float:
        """Distance of the place of the needle from the neutral axis [m]."""
        from entrox.core.units import METER_PER_MICROMETER

        return 0.0 if self.needle_radius_um is None else strip.outside + self.needle_radius_um * METER_PER_MICROMETER

    @property
    def friction_angle(self) -> float:
        """Angle of friction [radian]."""
        return math.atan(self.friction)


def check_asked(asked: Asked) -> Asked:
    """Return the options; InputError if they do not fit together."""
    from entrox.core.units import PERCENT
    from entrox.mechanics.laws import LAWS
    from entrox.mechanics.strain import LARGEST_STRAIN, MEASURES_OF_STRAIN

    names = LOADS[asked.case]
    given = [name for name in names if getattr(asked, name) is not None]
    if len(given) != 1:
        allowed = ", ".join(map(_option, names))
        got = "none" if not given else " and ".join(map(_option, given))
        with_direction = " (with --force-direction-deg)" if asked.case == "clamped" else ""
        raise InputError(f"entrox bend {asked.case} takes one load{with_direction}: {allowed}; got {got}.")
    if asked.case == "clamped" and asked.force_direction_deg is None:
        raise InputError("entrox bend clamped needs --force-direction-deg, 90 for a push across the film.")
    for option, value, choices in (("--measure", asked.measure, MEASURES_OF_STRAIN), ("--law", asked.law, tuple(LAWS))):
        if value not in choices:
            raise InputError(f"{option} must be one of {', '.join(choices)}; got {value!r}.")
    if asked.strain_percent is not None:
        check_in_range(
            asked.strain_percent,
            "--strain-percent (theory of thin films)",
            low=0.0,
            high=LARGEST_STRAIN * PERCENT,
            low_open=True,
            unit="%",
        )
    check_in_range(asked.friction, "--friction", low=-1.0, high=1.0)
    if asked.friction and asked.strain_percent is not None:
        raise InputError("--friction goes with --needle-um, --tip-angle-deg or --path, not with --strain-percent.")
    if asked.thickness_error_um is not None and (asked.path is not None or asked.layers is not None):
        raise InputError("--thickness-error-um goes with one load and one layer, not with --path or --layers.")
    if asked.thickness_error_um is not None and asked.thickness_um is not None:
        high = asked.thickness_um
        check_in_range(asked.thickness_error_um, "--thickness-error-um", low=0.0, high=high, low_open=True,
                       high_open=True, unit="um")  # fmt: skip
    if asked.needle_radius_um is not None:
        check_in_range(asked.needle_radius_um, "--needle-radius-um", low=0.0, unit="um")
        if asked.needle_um is None and asked.path is None:
            raise InputError("--needle-radius-um goes with --needle-um or --path, which give the place of the needle.")
    if asked.contact_um is not None and asked.needle_um is not None:
        raise InputError("--contact-um follows from --needle-um; give one of them.")
    parse_elements(asked.elements)
    check_integer(asked.frames, "--frames", low=2, high=2000)
    if asked.animate is not None and asked.animate.suffix != ".gif":
        raise InputError(f"--animate takes a name that ends in .gif; got {asked.animate.name!r}.")
    return asked


def build_strip(asked: Asked) -> Strip:
    """Return the strip of the options."""
    from entrox.core.units import METER_PER_MICROMETER, PASCAL_PER_GIGAPASCAL
    from entrox.mechanics import Layer, Strip, read_layers

    one = {"--thickness-um": asked.thickness_um, "--modulus-gpa": asked.modulus_gpa, "--poisson": asked.poisson}
    missing = [name for name, value in one.items() if value is None]
    if asked.length_um is None:
        raise InputError("--length-um is missing: the free length of the strip.")
    if asked.layers is None and missing:
        raise InputError(f"{', '.join(missing)} missing. Give a film by all of {', '.join(one)}, or --layers FILE.")
    if asked.layers is not None and len(missing) < len(one):
        raise InputError(f"--layers holds thickness and modulus; leave out {', '.join(set(one) - set(missing))}.")
    if asked.layers is not None:
        layers = read_layers(asked.layers)
    else:
        assert asked.thickness_um is not None and asked.modulus_gpa is not None and asked.poisson is not None
        thickness = check_positive(asked.thickness_um, "--thickness-um", "um") * METER_PER_MICROMETER
        modulus = check_positive(asked.modulus_gpa, "--modulus-gpa", "GPa") * PASCAL_PER_GIGAPASCAL
        layers = (Layer(thickness, modulus, asked.poisson),)
    if asked.fe and len(layers) > 1:
        raise InputError("--fe takes one layer; the closed form takes several. Leave out --fe or --layers.")
    length = check_positive(asked.length_um, "--length-um", "um") * METER_PER_MICROMETER
    if asked.width_um is None:  # wide; only what is per width is shown
        strip = Strip(length, length, layers, "strain" if asked.plane == "auto" else asked.plane)
    else:
        width = check_positive(asked.width_um, "--width-um", "um") * METER_PER_MICROMETER
        strip = Strip(length, width, layers, asked.plane)
    _check_substrate(asked, strip)
    return strip


def _check_substrate(asked: Asked, strip: Strip) -> None:
    """Refuse a radius of millimeters for a film of one layer, unless it is said to be free."""
    from entrox.core.units import METER_PER_MICROMETER, PERCENT

    radius = asked.radius_um or asked.mandrel_radius_um
    if radius is None or len(strip.layers) > 1 or asked.free_standing:
        return
    meters = check_positive(radius, "radius", "um") * METER_PER_MICROMETER
    if meters > ON_SHEET * strip.thickness:
        raise InputError(
            f"a radius of {radius:g} um is {meters / strip.thickness:.4g} thicknesses: the film alone would see "
            f"{strip.outside / meters * PERCENT:.2g} %. A film on a substrate bends about the neutral axis of both: "
            "give all layers with --layers; or --free-standing."
        )


def load_function(asked: Asked, strip: Strip) -> Callable[[], BendingResult | Unreachable]:
    """Return the function that bends the strip."""
    from entrox import mechanics as room
    from entrox.core.units import METER_PER_MICROMETER as MICRO
    from entrox.core.units import PERCENT

    if asked.strain_percent is not None:
        contact = None if asked.contact_um is None else asked.contact_um * MICRO
        strain = asked.strain_percent / PERCENT
        return lambda: room.bend_for_strain(
            strip, asked.case, strain, asked.measure, force_angle=asked.force_angle, contact_length=contact
        )
    return {"arc": _arc, "plates": _plates, "hinged": _hinged, "clamped": _clamped, "needle": _needle}[asked.case](
        asked, strip
    )


def _arc(asked: Asked, strip: Strip) -> Callable[[], BendingResult]:
    from entrox.core.units import METER_PER_MICROMETER
    from entrox.mechanics import bend_arc

    if asked.fold_angle_deg is not None:
        angle = math.radians(asked.fold_angle_deg)
        return lambda: bend_arc(strip, fold_angle=angle)
    if asked.radius_um is not None:
        radius = check_positive(asked.radius_um, "--radius-um", "um") * METER_PER_MICROMETER
    else:
        assert asked.mandrel_radius_um is not None
        mandrel = check_positive(asked.mandrel_radius_um, "--mandrel-radius-um", "um")
        radius = mandrel * METER_PER_MICROMETER + strip.inside
    return lambda: bend_arc(strip, radius=radius)


def _plates(asked: Asked, strip: Strip) -> Callable[[], BendingResult]:
    from entrox.core.units import METER_PER_MICROMETER
    from entrox.mechanics import bend_between_plates

    assert asked.gap_um is not None
    gap = check_positive(asked.gap_um, "--gap-um", "um") * METER_PER_MICROMETER
    return lambda: bend_between_plates(strip, gap)


def _hinged(asked: Asked, strip: Strip) -> Callable[[], BendingResult]:
    from entrox.core.units import METER_PER_MICROMETER
    from entrox.mechanics import bend_hinged

    assert asked.end_distance_um is not None
    distance = asked.end_distance_um * METER_PER_MICROMETER
    return lambda: bend_hinged(strip, distance)


def _clamped(asked: Asked, strip: Strip) -> Callable[[], BendingResult]:
    from entrox.mechanics import bend_clamped

    assert asked.tip_angle_deg is not None and asked.force_angle is not None
    force, tip = asked.force_angle, math.radians(asked.tip_angle_deg)
    return lambda: bend_clamped(strip, force_angle=force, tip_angle=tip)


def _needle(asked: Asked, strip: Strip) -> Callable[[], BendingResult]:
    from entrox.core.units import METER_PER_MICROMETER as MICRO
    from entrox.mechanics import bend_needle, push_needle

    if asked.needle_um is not None:
        x, y = parse_point(asked.needle_um)
        return lambda: bend_needle(strip, x * MICRO, y * MICRO, friction_angle=asked.friction_angle,
                                   offset=asked.needle_offset(strip))  # fmt: skip
    assert asked.tip_angle_deg is not None
    tip, contact = math.radians(asked.tip_angle_deg), None if asked.contact_um is None else asked.contact_um * MICRO
    return lambda: push_needle(strip, tip, contact_length=contact, friction_angle=asked.friction_angle)


def path_loads(asked: Asked) -> NDArray[Any] | None:
    """Return the loads of the path file in SI, None without one."""
    from entrox.mechanics import read_path

    return None if asked.path is None else read_path(asked.path, asked.case)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
