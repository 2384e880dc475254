"""Figures and report of a local-entropy analysis: what is drawn is what was computed."""

import dataclasses
import html
import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest
from headless_browser import HeadlessPage, find_chromium
from matplotlib.colors import to_hex

from entrox.atomprobe import (
    EntropySettings,
    Ions,
    MassRange,
    RangeTable,
    analyze_entropy,
    analyze_spectrum,
    detector_composition_map,
    entropy_map,
    mass_spectrum,
)
from entrox.core import InputError
from entrox.order import PointSet
from entrox.plots import (
    plot_detector_map,
    plot_entropy_map,
    plot_entropy_scan,
    plot_mass_spectrum,
    plot_neighborhoods,
    plot_pair_order,
    plot_paper_mode,
    write_entropy_figures,
    write_entropy_report,
)
from entrox.plots.entropy_words import family_sentence, p_text, unit_sentence, verdict_words
from entrox.plots.local_entropy import REAL

NASTY = "</style><script>alert('x')</script>&amp;.pos"
needs_chromium = pytest.mark.skipif(
    find_chromium() is None, reason="no Chromium is installed (Debian package chromium)"
)


def cloud(clustered, seed=1, n=4000, size=8.0):
    """Points in a box; species A prefers one half of every period of 4 nm."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, size, (n, 3))
    share = 0.5 + (0.35 * np.sign(np.sin(2 * np.pi * places[:, 0] / 4)) if clustered else 0.0)
    return PointSet(positions_nm=places, labels=(rng.random(n) > share).astype(np.int16), species=("A", "B$_1"))


def analysis_of(points, **changes):
    known = {
        "sizes_nm": (0.5, 1.0, 2.0), "origins": 2, "relabelings": 39, "bootstraps": 30, "radii_nm": (0.5, 1.0),
        "shells_nm": (0.0, 0.4, 0.8), "paper_mode": True, "neighbors_k": 6,
    }  # fmt: skip
    return analyze_entropy(points, EntropySettings(**{**known, **changes}), rng=np.random.default_rng(2))


@pytest.fixture(scope="module")
def clustered():
    points = cloud(clustered=True)
    return dataclasses.replace(analysis_of(points), map=entropy_map(points, 1.0, radius_nm=0.8))


@pytest.fixture(scope="module")
def random():
    return analysis_of(cloud(clustered=False), radii_nm=(), neighbors_k=None, shells_nm=(), paper_mode=False)


@pytest.fixture(scope="module")
def report(clustered, tmp_path_factory):
    return write_entropy_report(clustered, tmp_path_factory.mktemp("report"), source=NASTY)


def line_of(axes, marker):
    return next(line for line in axes.get_lines() if line.get_marker() == marker and len(line.get_xdata()) > 1)


def texts_of(figure):
    return [item.get_text() for item in figure.findobj(matplotlib.text.Text) if item.get_text()]


def test_scan_figure_shows_measured_and_random_entropy_and_the_ions_behind_them(clustered):
    upper, lower = plot_entropy_scan(clustered)
    scan = clustered.scan
    weighted = line_of(upper, "o")
    np.testing.assert_allclose(weighted.get_xdata(), scan.size_nm)
    np.testing.assert_allclose(weighted.get_ydata(), scan.entropy_weighted)
    np.testing.assert_allclose(line_of(upper, "s").get_ydata(), scan.entropy_unweighted)
    counts = upper.child_axes[0]
    assert counts.get_xlabel() == "Ions per cube, mean"
    shown = [float(label.get_text()) for label in counts.get_xticklabels()]
    np.testing.assert_allclose(shown, scan.n_per_area_mean, rtol=0.02)
    band = upper.collections[0].get_paths()[0].vertices
    half = band[:, 1].max() - scan.entropy_null.max()
    assert half == pytest.approx(2 * scan.sd_null[scan.entropy_null.argmax()], rel=0.01)
    assert "Segregated" in upper.figure.get_suptitle()
    assert "39 relabelings" in upper.figure.get_suptitle()
    levels = {round(float(line.get_ydata()[0]), 6) for line in lower.get_lines() if len(set(line.get_ydata())) == 1}
    assert {0.0, round(0.01 * scan.entropy_bulk, 6)} <= levels


def test_only_sizes_that_deviate_are_filled(clustered, random):
    for found, expected in ((clustered, 3), (random, 0)):
        lower = plot_entropy_scan(found)[1]
        dots = [line for line in lower.get_lines() if line.get_marker() == "o"]
        filled = sum(len(line.get_xdata()) for line in dots if to_hex(line.get_markerfacecolor()) == REAL.lower())
        assert filled == expected == int((found.scan.p_adjusted < 0.05).sum())
    assert "Consistent with a random arrangement" in plot_entropy_scan(random.scan)[0].figure.get_suptitle()


def test_figures_draw_into_given_axes_and_refuse_a_wrong_number(clustered):
    figure = matplotlib.figure.Figure()
    panels = figure.subplots(1, 2)
    assert plot_entropy_scan(clustered, panels)[0] is panels[0]
    assert plot_neighborhoods(clustered.neighborhoods, figure.subplots(1, 2))[1].get_xlabel() == "Radius [nm]"
    one = figure.subplots(1, 1, squeeze=False).ravel()
    for draw in (plot_entropy_scan, lambda a, x: plot_neighborhoods(a.neighborhoods, x),
                 lambda a, x: plot_pair_order(a.pairs, x), lambda a, x: plot_paper_mode(a.paper_mode, x),
                 lambda a, x: plot_entropy_map(a.map, x)):  # fmt: skip
        with pytest.raises(InputError, match="axes must hold"):
            draw(clustered, one)


def test_pair_figure_writes_each_parameter_with_its_deviation(clustered):
    panels = plot_pair_order(clustered.pairs)
    assert len(panels) == 2
    values = clustered.pairs.warren_cowley
    for shell, panel in enumerate(panels):
        np.testing.assert_allclose(panel.images[0].get_array(), values[shell])
        assert len(panel.texts) == 4
        first = panel.texts[0].get_text().splitlines()
        assert float(first[0].replace("\N{MINUS SIGN}", "-")) == pytest.approx(values[shell, 0, 0], abs=6e-4)
        assert panel.texts[0].get_fontweight() == "bold"
    # like species gather
    assert values[0, 0, 0] < 0 < values[0, 0, 1]


def test_map_figure_grays_areas_with_few_atoms(clustered):
    panels = plot_entropy_map(clustered.map, across="z", at_nm=4.0)
    meshes = [panel.collections[0] for panel in panels]
    index = int(np.argmin(np.abs(clustered.map.z_nm - 4.0)))
    expected = np.isnan(clustered.map.entropy[:, :, index])
    for mesh in meshes:
        assert np.ma.getmaskarray(mesh.get_array()).sum() == expected.sum()
        assert to_hex(mesh.cmap.get_bad()) == "#c9ccd1"
    assert panels[2].collections[0].norm.vmin == -panels[2].collections[0].norm.vmax
    with pytest.raises(InputError, match="across must be"):
        plot_entropy_map(clustered.map, across="w")
    plane = entropy_map(cloud(clustered=True), 1.0, radius_nm=0.8, plane="xz")
    first = plot_entropy_map(plane)[0]
    assert {first.get_ylabel(), first.get_xlabel()} <= {
        "x [nm]",
        "z [nm]",
        "",
    }


def test_paper_figure_puts_relabeled_ions_beside_the_published_construction(clustered):
    found = clustered.paper_mode
    measured, relabeled = plot_paper_mode(found)
    assert measured.get_ylim() == relabeled.get_ylim()
    for panel, tangent in ((measured, found.tangent_nm), (relabeled, found.tangent_relabeled_nm)):
        marks = [float(line.get_xdata()[0]) for line in panel.get_lines() if line.get_linestyle() == ":"]
        assert marks == [pytest.approx(tangent)]
        assert panel.child_axes[0].get_xlabel() == "Ions per cube, mean"
    assert any("±" in text for text in texts_of(measured.figure))
    assert "of 9 at 1 nm" in measured.figure.get_supxlabel()


def test_detector_map_shows_every_species_with_its_dispersion():
    points = cloud(clustered=True)
    found = detector_composition_map(points, n_bins=(8, 8), min_count=5)
    panels = plot_detector_map(found)
    assert len(panels) == 2
    assert f"{found.dispersion[0]:.3g}" in panels[0].get_title()
    assert found.dispersion[0] > 5
    polar = detector_composition_map(points, coordinates="polar", n_bins=(3, 8), min_count=5)
    assert len(plot_detector_map(polar, species=["A"])) == 1
    with pytest.raises(InputError, match="unknown species C"):
        plot_detector_map(found, species=["C"])


def spectrum(**changes):
    rng = np.random.default_rng(3)
    mass = np.concatenate([rng.normal(27, 0.05, 3000), rng.normal(16, 0.05, 900), rng.uniform(0, 6, 4000) ** 2])
    ions = Ions(positions_nm=np.zeros((len(mass), 3)), mass_to_charge_da=np.maximum(mass, 0.01))
    table = RangeTable(
        ranges=tuple(
            MassRange(lower_da=low, upper_da=high, ion=ion, composition={ion: 1})
            for low, high, ion in ((26.7, 27.3, "Al"), (15.7, 16.3, "O"))
        )
    )
    return analyze_spectrum(mass_spectrum(ions), table, **changes)


def test_spectrum_figure_keeps_all_events_shades_ranges_and_draws_the_background():
    found = spectrum()
    axes = plot_mass_spectrum(found)
    steps = axes.patches[0]
    values, edges, _ = steps.get_data()
    inside = found.spectrum.bin_lower_da < edges[-1]
    assert np.nansum(values) == pytest.approx(found.spectrum.counts[inside].sum(), rel=0.01)
    assert axes.get_yscale() == "log"
    spans = sorted(patch.get_x() for patch in axes.patches[1:])
    assert spans == pytest.approx([15.7, 26.7])
    assert {"Al", "O"} <= {re.sub(r"\$.*?\$", "", text.get_text()) for text in axes.texts}
    curve = axes.get_lines()[0]
    expected = found.background.b_per_sqrt_da * np.diff(edges)[0] / np.sqrt(curve.get_xdata())
    np.testing.assert_allclose(curve.get_ydata(), expected)
    assert plot_mass_spectrum(spectrum(background="sideband")).get_legend() is not None
    assert plot_mass_spectrum(spectrum(background="none")).get_legend() is None


def test_spectrum_without_ranges_names_its_peaks():
    found = spectrum()
    bare = analyze_spectrum(found.spectrum)
    texts = [float(text.get_text()) for text in plot_mass_spectrum(bare).texts]
    assert min(abs(value - 27) for value in texts) < 0.05
    empty = dataclasses.replace(found, spectrum=dataclasses.replace(found.spectrum, counts=0 * found.spectrum.counts))
    with pytest.raises(InputError, match="no events"):
        plot_mass_spectrum(empty)


def test_all_figures_are_written_twice_and_the_same_figure_gives_the_same_bytes(clustered, tmp_path, monkeypatch):
    monkeypatch.delenv("ENTROX_FIGURE_DPI", raising=False)
    files = write_entropy_figures(clustered, tmp_path)
    names = {"entropy_scan", "neighborhoods", "pair_order", "entropy_map", "paper_mode"}
    assert {path.name for path in files} == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    for path in write_entropy_figures(clustered, tmp_path / "again"):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
    for path in tmp_path.glob("*.png"):
        pixels = matplotlib.image.imread(path)
        assert pixels.shape[1] >= 1000
        assert pixels[..., :3].std() > 0.03
        # nothing is cut off: the outermost pixels are background
        for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
            assert edge[..., :3].min() > 0.98, path.name


def test_figures_leave_the_global_style_alone(clustered):
    before = dict(matplotlib.rcParams)
    plot_entropy_scan(clustered)
    assert dict(matplotlib.rcParams) == before


def test_report_states_verdict_ions_per_cube_null_settings_and_method(report, clustered):
    text = report.read_text(encoding="utf-8")
    scan = clustered.scan
    for words in ("Ions per cube", "Null [R]", "Upper limit [R]", "Detectable [R]", "Family p value", "relabelings",
                  "The published construction", "Warren-Cowley", "What the numbers are", "Not covered"):  # fmt: skip
        assert words in text
    assert html.escape(verdict_words(clustered.sume)).split(" from")[0] in text.replace("&nbsp;", " ")
    for value in (*scan.entropy_weighted, *scan.entropy_null, *scan.excess_information):
        assert f"{abs(value):.4f}" in text
    for name in EntropySettings.model_fields:
        assert f"<code>{name}</code>" in text
    for notice in clustered.notices:
        assert html.escape(notice) in text
    assert clustered.paper_mode.warning in text


def test_report_escapes_the_text_of_the_user_and_fetches_nothing(report):
    text = report.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "B$_1" in text
    assert re.findall(r'(?:src|href)="(?!data:image/svg\+xml;base64,)', text) == []
    assert "default-src 'none'" in text
    assert not list(report.parent.glob(".*"))


def test_figures_of_the_report_are_well_formed_and_fetch_nothing(report):
    import base64

    pictures = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", report.read_text(encoding="utf-8"))
    assert len(pictures) == 5
    for picture in pictures:
        root = ElementTree.fromstring(base64.b64decode(picture))
        links = [value for item in root.iter() for name, value in item.attrib.items() if name.endswith("href")]
        assert [link for link in links if not link.startswith(("#", "data:"))] == []


@needs_chromium
def test_report_opens_without_complaint_and_does_not_overflow(report, tmp_path):
    pytest.importorskip("websocket", reason="websocket-client is not installed: no talk to the browser")
    with HeadlessPage(report.as_uri(), tmp_path / "browser" / "profile") as page:
        page.wait_until("document.readyState === 'complete'")
        assert page.complaints() == []
        assert page.requests() == []
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 300)")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_report_of_a_random_cloud_says_what_is_excluded(random, tmp_path):
    text = write_entropy_report(random, tmp_path, source="tip.pos").read_text(encoding="utf-8").replace("&nbsp;", " ")
    assert "Consistent with a random arrangement" in text
    assert "none, since no segregation was found" in text
    assert "is excluded" in text
    assert "Around every atom" not in text


def test_words_name_the_smallest_p_value_and_every_kind_of_unit(clustered, random):
    assert "the smallest of 39 relabelings" in family_sentence(clustered.scan)
    assert p_text(0.5, 39) == "0.5"
    assert "No single size deviates" in family_sentence(random.scan)
    unit = clustered.sume
    resolved = dataclasses.replace(
        unit, verdict="resolved", sume_bc_nm=3.0, sume_point_nm=2.8, sume_interval_nm=(2.5, np.inf), n_ions=870.0,
        smallest_size_nm=0.5,
    )  # fmt: skip
    assert "3 nm by the upper limit" in unit_sentence(resolved)
    assert "beyond the largest size" in unit_sentence(resolved)
    assert "870 detected ions" in unit_sentence(resolved)
    smallest = dataclasses.replace(resolved, verdict="at_or_below_smallest_size", sume_bc_nm=0.5)
    assert "at or below 0.5 nm" in unit_sentence(smallest)
    above = dataclasses.replace(resolved, verdict="not_reached", sume_bc_nm=None, lower_bound_nm=4.0)
    assert "above 4 nm" in unit_sentence(above)
