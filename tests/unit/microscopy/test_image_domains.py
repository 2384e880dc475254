from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.image_domains import image_domains
from stem_fits import fit_of_truth

PIXEL = 0.1
SIGMA = (0.117, 0.213, 0.2)


def map_of(field: np.ndarray, turn: float = 0.0, known_pixel: bool = True) -> DisplacementMap:
    """Map of displacements along a1 and a2 [angstrom] on a grid of cells."""
    truth = perovskite_columns((field.shape[0] + 1, field.shape[1] + 1), displacement=field, rotation_deg=turn)
    return column_displacements(*fit_of_truth(truth, PIXEL, SIGMA, 4, known_pixel=known_pixel))


def direction(angle_deg: float) -> np.ndarray:
    return 0.15 * np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])


@pytest.mark.parametrize("turn", [0.0, 30.0])
def test_two_domains_have_their_areas_and_the_angle_of_their_wall(turn: float) -> None:
    field = np.empty((24, 20, 2))
    field[:16], field[16:] = direction(0.0), direction(90.0)
    found = image_domains(map_of(field, turn), np.random.default_rng(0))
    assert found.count == 2
    # 320 and 160 cells of 4 x 4 angstrom
    assert found.domain_area_nm2 == pytest.approx([51.2, 25.6], rel=0.03)
    assert found.domain_classes == ("<10>", "<10>")
    assert found.wall_angle_deg == pytest.approx([90.0], abs=3.0)
    # twenty faces of 40 px
    assert found.wall_length_px.sum() == pytest.approx(800.0, rel=0.03)
    assert found.wall_length_per_area_per_px == pytest.approx(800.0 / (480 * 1600), rel=0.03)
    turned = np.radians(turn)
    assert found.domain_vector_px[0] == pytest.approx([1.5 * np.cos(turned), 1.5 * np.sin(turned)], abs=0.06)


def test_wall_angles_gather_at_45_90_135_and_180() -> None:
    field = np.empty((40, 20, 2))
    for k, angle in enumerate((0.0, 45.0, 135.0, 270.0, 90.0)):
        field[8 * k : 8 * k + 8] = direction(angle)
    found = image_domains(map_of(field), np.random.default_rng(0))
    assert found.count == 5
    middle = 0.5 * (found.wall_edges_deg[1:] + found.wall_edges_deg[:-1])
    for angle in (45.0, 90.0, 135.0, 180.0):
        near = np.abs(middle - angle) < 7.5
        assert found.wall_histogram_px[near].sum() == pytest.approx(800.0, rel=0.1)
    assert found.wall_histogram_px.sum() == pytest.approx(3200.0, rel=0.05)


def test_shuffled_vectors_show_what_chance_makes_of_domains() -> None:
    rng = np.random.default_rng(3)
    angle = rng.uniform(0, 2 * np.pi, (40, 40))
    field = 0.15 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    found = image_domains(map_of(field), np.random.default_rng(1))
    # random directions are already as shuffled as can be
    assert found.count == pytest.approx(found.chance_count, abs=5 * found.chance_count_spread)
    assert found.domain_fraction == pytest.approx(found.chance_domain_fraction, abs=0.05)
    coarse = image_domains(map_of(np.repeat(np.repeat(field[:7, :7], 6, 0), 6, 1)), np.random.default_rng(1))
    assert coarse.median_area_px2 > 4 * coarse.chance_median_area_px2
    assert coarse.domain_fraction > 2 * coarse.chance_domain_fraction


def test_a_field_of_noise_has_no_domains() -> None:
    found = image_domains(map_of(np.zeros((30, 30, 2))), np.random.default_rng(0))
    assert found.count == 0
    assert found.strong_fraction < 0.03
    assert np.isnan(found.median_area_px2)
    assert found.wall_length_per_area_per_px == 0.0


def test_areas_stay_in_pixels_where_the_pixel_is_unknown() -> None:
    field = np.broadcast_to(direction(10.0), (10, 10, 2))
    found = image_domains(map_of(field, known_pixel=False), np.random.default_rng(0))
    assert found.domain_area_nm2 is None
    assert found.domain_area_px2 == pytest.approx([160_000.0], rel=0.05)


def test_fewer_than_fifty_cages_have_no_domains() -> None:
    with pytest.raises(InputError, match="at least 50"):
        image_domains(map_of(np.zeros((7, 7, 2))), np.random.default_rng(0))
