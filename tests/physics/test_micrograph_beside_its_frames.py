"""From frames to a micrograph, its analysis and its report: the same numbers as the projection of the frames."""

from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from entrox.microscopy.analysis.analyze import analyze_micrograph
from entrox.microscopy.analysis.stem_report import stem_report
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from entrox.microscopy.simulation.virtual import virtual_micrograph
from entrox.microscopy.simulation.virtual_settings import VirtualSettings
from entrox.order import fit_lattice
from entrox.order.displacement.projection import project_columns
from entrox.order.report.polar_report import PolarReport
from entrox.order.report.report_comparison import compare_reports

FRAMES = Path(__file__).parents[2] / "examples" / "pbtio3_wall" / "PTO-180DW.vasp"
THICKNESS = 2


@pytest.fixture(scope="module")
def reports():
    """Report of the micrograph of two domains of lead titanate, and of the projection of the same frames."""
    # 20 x 2 columns are few: the box is repeated along the polar axis
    atoms = read(FRAMES).repeat((1, 1, 4))
    lattice = fit_lattice(atoms)
    seen = VirtualSettings(
        zone_axis="010", thickness_cells=THICKNESS,
        image=SimulationSettings(pixel_size_pm=20.0, dose_per_square_angstrom=4000.0),
    )  # fmt: skip
    image = virtual_micrograph(atoms, lattice, seen, np.random.default_rng(3)).image
    settings = StemSettings(displaced="both", null_fields=0, bootstrap=20, thickness_cells=THICKNESS)
    micrograph = stem_report(analyze_micrograph(image, settings, np.random.default_rng(1), label="micrograph"))
    columns = project_columns(atoms, lattice, "010", THICKNESS, seen.weight)
    return micrograph, PolarReport.as_image(columns, window_ps=100.0, label="frames")


# in the picture an A at the border has no whole cage
@pytest.mark.parametrize(("site", "start"), [("B", 0), ("A", 1)])
def test_every_vector_of_the_micrograph_is_that_of_its_frames_within_its_error(reports, site, start):
    micrograph, frames = (next(t for t in report.vectors if t.site == site) for report in reports)
    assert micrograph.good.all()
    exact = frames.grid()[0]
    truth = exact[tuple((micrograph.cell + start).T)]
    rest = micrograph.vector_pm - truth
    chi2 = np.einsum("ni,nij,nj->n", rest, np.linalg.inv(micrograph.covariance_pm2), rest)
    # two components of 133 or 160 vectors; neighbors share columns
    assert chi2.mean() == pytest.approx(2.0, rel=0.3)
    slope = (micrograph.vector_pm * truth).sum() / (truth**2).sum()
    error = np.sqrt(np.einsum("ni,nij,nj->", truth, micrograph.covariance_pm2, truth)) / (truth**2).sum()
    assert slope == pytest.approx(1.0, abs=4.0 * error)
    assert error < 0.05


def test_the_two_domains_point_the_same_ways_in_the_micrograph_and_in_its_frames(reports):
    for site, sign in (("B", 1.0), ("A", -1.0)):
        for report, start in zip(reports, (0 if site == "B" else 1, 0), strict=True):
            table = next(t for t in report.vectors if t.site == site)
            up = table.cell[:, 1] + start
            halves = [table.vector_pm[(up > low) & (up < low + 8), 0].mean() for low in (0, 10)]
            assert sign * halves[0] == pytest.approx(14.3, abs=1.0)
            assert sign * halves[1] == pytest.approx(-14.3, abs=1.0)


def within_errors(item):
    """Whether two values differ by no more than three errors; two shares of none have no error."""
    return abs(item.difference) <= 3.0 * np.hypot(item.first_error, item.second_error)


def test_a_comparison_finds_the_micrograph_and_its_frames_alike(reports):
    found = compare_reports(reports, rng=np.random.default_rng(5), bootstrap=300)
    rows = {(item.group, item.quantity_name): item for item in found.differences}
    for site in ("A", "B"):
        for name in ("debiased rms |d|", "mean |d|", "neighbor correlation", "share weak at equal noise",
                     "share <10> at equal noise", "share <11> at equal noise"):  # fmt: skip
            assert within_errors(rows[site, name]), (site, name)
        assert rows[site, "debiased rms |d|"].second_value == pytest.approx(13.5, abs=1.0)
        assert (site, "share weak") not in rows
    assert within_errors(rows["A/B", "ratio of rms |d|"])
    distances = {(item.group, item.distribution): item for item in found.distances}
    for site in ("A", "B"):
        for name in ("|d|", "direction"):
            assert distances[site, name].p_value > 0.01, (site, name)
    assert any(text.startswith("equal_noise: the B vectors of frames") for text in found.warnings)
