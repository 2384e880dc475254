"""The whole analysis of published images; nothing but self-consistency is known about them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.analysis.analyze import analyze_micrograph
from entrox.microscopy.analysis.stem_record import stem_record
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.images.micrograph_files import read_micrograph

NSMO = "stem/NSMO_110_cryo_HAADF_registered_898x963_f32.tif"
SIDE = "stem/perovskite_110_ADF_cropped_400x380.hspy"


def test_the_manganite_has_opposite_displacements_of_its_sublattices(external_data):
    image = read_micrograph(external_data(NSMO))
    found = analyze_micrograph(
        image, StemSettings(null_fields=2, period_angstrom=3.86, displaced="both", bootstrap=100),
        np.random.default_rng(1),
    )  # fmt: skip
    record = stem_record(found)
    assert record["pixel_size_pm"] == pytest.approx(18.2, abs=0.15)
    assert record["period_px"] == pytest.approx([21.1, 21.3], abs=0.1)
    assert 1700 < record["n_columns"]["A"] < 1950
    # all columns farther than one period from the border are found; nearer ones may be cut by it
    high = np.array(image.intensity.shape[::-1]) - 1.0
    place, period = found.fit.position_px, max(record["period_px"])
    inside = np.minimum(place, high - place).min(axis=1) > period
    cells = (high - 2.0 * period).prod() / abs(np.linalg.det(found.sublattices.basis_px))
    for site in (0, 1):
        assert (inside & (found.sublattices.site == site)).sum() == pytest.approx(cells, rel=0.005)
    b, a = found.site("B"), found.site("A")
    error = np.hypot(a.field_mean.sigma_px, b.field_mean.sigma_px) + a.field_mean.spread_px + b.field_mean.spread_px
    assert (np.abs(a.field_mean.mean_px + b.field_mean.mean_px) < 4.0 * error).all()
    assert b.detection.detected
    assert record["noise"]["correlation_px"] >= 1.0
    assert b.null.rms_px.mean() < b.magnitudes.rms_raw_px
    # the fit is not perfect and its errors know: the images drawn again must be as noisy
    assert record["null_over_predicted_rms"] == pytest.approx(1.0, abs=0.15)


def test_a_lattice_mask_of_the_manganite_shortens_its_vectors_and_says_why(external_data):
    image = read_micrograph(external_data(NSMO))
    # a quarter of it shows the same in a quarter of the time
    image = replace(image, intensity=image.intensity[:600, :600])
    settings = StemSettings(null_fields=2, gain_fields=1, bootstrap=50, period_angstrom=3.86)
    plain = analyze_micrograph(image, settings.model_copy(update={"null_fields": 0}))
    masked = analyze_micrograph(image, settings.model_copy(update={"filter": "lattice-mask", "mask_radius_rlu": 0.1}))
    rows = {int(c): k for k, c in enumerate(plain.main.vectors.column)}
    same = [rows[int(c)] for c in masked.main.vectors.column[masked.main.vectors.good]]
    spread = [v - v.mean(axis=0) for v in (plain.main.vectors.vector_px[same],
                                          masked.main.vectors.vector_px[masked.main.vectors.good])]  # fmt: skip
    assert (spread[1] ** 2).mean() < 0.8 * np.nanmean(spread[0] ** 2)
    record = stem_record(masked)
    assert record["filter"]["gain_by_domain"]["1"] == pytest.approx(0.0628, abs=1e-3)
    assert record["filter"]["empirical_gain"]["1"]["value"] == pytest.approx(0.07, abs=0.05)


def test_the_side_view_is_taken_with_two_member_cages_and_refused_from_the_top(external_data):
    image = read_micrograph(external_data(SIDE))
    found = analyze_micrograph(image, StemSettings(null_fields=0, zone_axis="110", bootstrap=50))
    record = stem_record(found)
    assert sorted(record["period_px"]) == pytest.approx([29.4, 42.0], abs=0.6)
    assert record["pixel_size_pm"] is None
    assert found.main.vectors.members.shape[1] == 2
    with pytest.raises(InputError, match=r"1\.4"):
        analyze_micrograph(image, StemSettings(null_fields=0))
