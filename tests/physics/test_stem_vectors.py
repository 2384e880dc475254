"""From an image of known columns to vectors, domains and strain, by the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.scan.distortion import row_jitter
from entrox.microscopy.scan.jitter_covariance import with_row_jitter
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from entrox.microscopy.strain.lattice_strain import c_over_a_map, local_lattice
from entrox.microscopy.strain.strain_map import strain_map
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.field_mean import field_mean
from entrox.microscopy.vectors.image_domains import image_domains
from entrox.microscopy.vectors.vector_statistics import vector_sigma
from stem_truth import sublattices_of_truth

PIXEL = 0.1


def fitted(
    truth: ColumnTruth, seed: int = 1, likelihood: str = "gauss", **image: object
) -> tuple[Micrograph, ColumnFit, Sublattices]:
    settings = SimulationSettings(**image)  # type: ignore[arg-type]
    picture = simulate_micrograph(truth, settings, np.random.default_rng(seed))
    sublattices = sublattices_of_truth(truth, PIXEL, dark=settings.contrast == "dark", start_error_px=0.2)
    return picture, fit_columns(picture, sublattices, likelihood=likelihood, threads=1), sublattices


def errors_px(vectors: DisplacementMap, truth: ColumnTruth) -> np.ndarray:
    """Differences of the good vectors from the truth."""
    true = np.asarray(truth.displacement_angstrom)[vectors.column] / PIXEL
    return (vectors.vector_px - true)[vectors.good]


def test_a_one_percent_tetragonal_image_returns_its_strain_within_the_error() -> None:
    truth = perovskite_columns((24, 24), affine=[[1.0, 0.0], [0.0, 1.01]])
    _, fit, sublattices = fitted(truth)
    lattice = local_lattice(fit, sublattices)
    ratio = c_over_a_map(lattice, fit)
    assert ratio.long_axis == 2
    assert ratio.mean == pytest.approx(1.010, abs=4 * ratio.mean_error)
    assert ratio.mean_error < 2e-4
    # the scatter of the cells is the error that the fit predicts
    assert ratio.spread == pytest.approx(ratio.error.mean(), rel=0.1)
    strain = strain_map(fit, sublattices, reference_angstrom=(4.0, 4.0))
    assert strain.strain[:, 1, 1].mean() == pytest.approx(0.010, abs=5e-4)
    assert strain.strain[:, 0, 0].mean() == pytest.approx(0.0, abs=5e-4)


def test_an_image_with_known_walls_returns_areas_and_angles() -> None:
    field = np.empty((24, 24, 2))
    field[:12, :12], field[12:, :12], field[:12, 12:] = (0.15, 0.0), (0.0, 0.15), (-0.15, 0.0)
    field[12:, 12:] = (0.1061, -0.1061)
    truth = perovskite_columns((25, 25), displacement=field, rotation_deg=15.0)
    _, fit, sublattices = fitted(truth)
    found = image_domains(column_displacements(fit, sublattices), np.random.default_rng(0))
    assert found.count == 4
    # 144 cells of 16 square angstrom each; cells at the walls and corners may drop out
    assert found.domain_area_nm2 == pytest.approx([23.04] * 4, rel=0.06)
    assert sorted(found.domain_classes) == ["<10>", "<10>", "<10>", "<11>"]
    middle = 0.5 * (found.wall_edges_deg[1:] + found.wall_edges_deg[:-1])
    # 0 | 90 and 0 | 180 and 90 | -45 and 180 | -45
    for angle, length in ((90.0, 480.0), (180.0, 480.0), (135.0, 960.0)):
        near = np.abs(middle - angle) < 8.0
        assert found.wall_histogram_px[near].sum() == pytest.approx(length, rel=0.12)
    assert found.median_area_px2 > 10 * found.chance_median_area_px2


def test_vectors_of_an_image_scatter_as_their_covariance_says() -> None:
    rng = np.random.default_rng(2)
    angle = rng.uniform(0, 2 * np.pi, (29, 29))
    truth = perovskite_columns((30, 30), displacement=0.15 * np.stack([np.cos(angle), np.sin(angle)], axis=-1))
    _, fit, sublattices = fitted(truth)
    b, a = (column_displacements(fit, sublattices, displaced=site) for site in ("B", "A"))
    for vectors in (b, a):
        error = errors_px(vectors, truth)
        covariance = vectors.covariance_px2[vectors.good]
        chi2 = np.einsum("ni,nij,nj->n", error, np.linalg.inv(covariance), error).mean()
        # the scatter of a mean chi^2 of two degrees of freedom, somewhat wider for shared columns
        assert chi2 == pytest.approx(2.0, abs=5 * 2 / np.sqrt(len(error)))


def test_an_affine_distortion_of_the_scan_leaves_displacements_alone() -> None:
    truth = perovskite_columns((16, 16), displacement=[0.15, 0.05])
    plain, bent = (
        field_mean(column_displacements(*fitted(truth, affine=affine)[1:]))
        for affine in (((1.0, 0.0), (0.0, 1.0)), ((1.005, 0.006), (0.002, 0.996)))
    )
    allowed = 0.01 * np.hypot(1.5, 0.5) + 0.01
    difference = np.abs(bent.mean_px - plain.mean_px)
    assert (difference < allowed + 4 * np.hypot(plain.sigma_px, bent.sigma_px)).all()
    assert plain.mean_px == pytest.approx([1.5, 0.5], abs=4 * float(plain.sigma_px.max()))


def test_row_jitter_of_a_fitted_image_is_measured_and_makes_errors_honest() -> None:
    truth = perovskite_columns((20, 20), displacement=[0.1, 0.0], rotation_deg=15.0)
    picture, fit, sublattices = fitted(truth, row_jitter_pm=6.0, dose_per_square_angstrom=8000.0)
    found = row_jitter(picture, fit)
    assert found.detected
    assert found.variance_px2 == pytest.approx(0.36, abs=4 * np.hypot(found.variance_error_px2, 0.36 * 0.05))
    vectors = column_displacements(fit, sublattices)
    honest = with_row_jitter(vectors, fit, found)
    # electrons scatter both components alike: what the fast one has more is jitter
    along, across = errors_px(vectors, truth).var(axis=0)
    part = honest.noise_covariance_px2 - vectors.covariance_px2
    assert along - across == pytest.approx(part[honest.good][:, 0, 0].mean(), rel=0.2)
    assert along > 2 * across
    assert vector_sigma(honest) > vector_sigma(vectors)


@pytest.mark.parametrize("contrast", ["bright", "dark"])
def test_jitter_is_measured_along_either_axis_and_in_dark_columns(contrast: str) -> None:
    truth = perovskite_columns((12, 12), rotation_deg=15.0)
    picture, fit, _ = fitted(
        truth, row_jitter_pm=6.0, fast_axis="y", contrast=contrast, background=0.1 if contrast == "bright" else 1.5,
        dose_per_square_angstrom=20000.0,
    )  # fmt: skip
    along, across = row_jitter(picture, fit, "y"), row_jitter(picture, fit, "x")
    assert along.sigma_px == pytest.approx(0.6, rel=0.15)
    assert across.sigma_px < 0.2 * along.sigma_px


def test_oxygen_as_reference_uses_the_covariance_of_a_common_fit() -> None:
    truth = perovskite_columns((10, 10), displacement=[0.1, 0.05], o_peak_ratio=0.3)
    picture, fit, sublattices = fitted(truth)
    alone = column_displacements(fit, sublattices, reference="oxygen")
    common = column_displacements(fit, sublattices, reference="oxygen", micrograph=picture)
    np.testing.assert_array_equal(alone.vector_px, common.vector_px)
    assert any("independent" in w for w in alone.warnings)
    assert not any("independent" in w for w in common.warnings)
    error = errors_px(common, truth)
    for vectors in (alone, common):
        covariance = vectors.covariance_px2[vectors.good]
        chi2 = np.einsum("ni,nij,nj->n", error, np.linalg.inv(covariance), error).mean()
        assert 0.6 < chi2 / 2.0 < 1.6
    assert not np.allclose(alone.covariance_px2[alone.good], common.covariance_px2[common.good], rtol=1e-3)


def test_a_scaled_and_raised_image_gives_the_same_vectors() -> None:
    truth = perovskite_columns((10, 10), displacement=[0.1, 0.05])
    picture, fit, sublattices = fitted(truth)
    before = column_displacements(fit, sublattices)
    other = replace(picture, intensity=3.0 * picture.intensity + 500.0)
    after = column_displacements(fit_columns(other, sublattices, threads=1), sublattices)
    # 0.01 pm
    np.testing.assert_allclose(after.vector_px, before.vector_px, atol=1e-3)
