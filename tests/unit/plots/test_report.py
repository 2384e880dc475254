import html
import json
import re
import struct
import zlib

import numpy as np
import pytest
from headless_browser import HeadlessPage, find_chromium

from entrox.design.remarks import gather_remarks
from entrox.plots import write_report
from entrox.plots.captions import family_verdict, overall_verdict
from entrox.plots.curves import breakdown_families

needs_chromium = pytest.mark.skipif(
    find_chromium() is None, reason="no Chromium is installed: the report cannot be opened (Debian package chromium)"
)


@pytest.fixture(scope="module")
def report(study, tmp_path_factory):
    return write_report(study, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    pytest.importorskip("websocket", reason="websocket-client is not installed: no talk to the browser")
    with HeadlessPage(report.as_uri(), tmp_path_factory.mktemp("browser") / "profile") as opened:
        opened.wait_until("document.documentElement.dataset.drawn")
        yield opened


def figure_data(path):
    text = path.read_text(encoding="utf-8")

    def refuse(word):
        raise AssertionError(f"{word} is no JSON: a browser cannot read it")

    return json.loads(re.search(r'id="figure-data">(.*?)</script>', text, re.DOTALL)[1], parse_constant=refuse)


def pixels_of(path):
    """Decode an 8-bit PNG without a library: the test must not depend on what draws."""
    data = path.read_bytes()
    width, height, _, kind = struct.unpack(">IIBB", data[16:26])
    channels = {2: 3, 6: 4}[kind]
    place, packed = 8, b""
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        place += 12 + length
    return width, height, len(set(zlib.decompress(packed)[:: max(channels * 997, 1)]))


@needs_chromium
def test_report_opens_without_errors_and_without_network(page):
    assert page.complaints() == []
    assert page.requests() == []


@needs_chromium
def test_every_figure_of_the_report_is_drawn(page, report, tmp_path):
    names = list(figure_data(report))
    assert {"entropy", "x", "distortion", "map", "weibull"} <= set(names)
    for name in names:
        paths = page.evaluate(f"document.querySelectorAll('#plot-{name} svg path').length")
        assert paths > 10, name
        width, height = page.evaluate(
            f"(b => [b.width, b.height])(document.querySelector('#plot-{name} .main-svg').getBoundingClientRect())"
        )
        assert width > 500, name
        assert height > 250, name
    marks = page.evaluate("document.querySelectorAll('#plot-entropy .scatterlayer path.point').length")
    assert marks >= 30
    page.screenshot(tmp_path / "report.png")
    width, height, shades = pixels_of(tmp_path / "report.png")
    assert width >= 1000
    assert height > 3000
    assert shades > 20


@needs_chromium
def test_a_click_on_a_header_sorts_the_points(page, study):
    button = "document.querySelectorAll('#points-table button.sort')[3]"
    column = "Array.from(document.querySelectorAll('#points-table tbody tr')).map(r => Number(r.cells[3].dataset.v))"
    expected = sorted(study.points["breakdown_field_mv_per_m"])
    page.evaluate(f"{button}.click()")
    assert page.evaluate(column) == pytest.approx(expected)
    page.evaluate(f"{button}.click()")
    assert page.evaluate(column) == pytest.approx(expected[::-1])


@needs_chromium
def test_hostile_texts_are_shown_as_text_and_never_run(hostile_study, tmp_path):
    path = write_report(hostile_study, tmp_path)
    pytest.importorskip("websocket", reason="websocket-client is not installed: no talk to the browser")
    with HeadlessPage(path.as_uri(), tmp_path / "browser" / "profile") as opened:
        opened.wait_until("document.documentElement.dataset.drawn")
        assert opened.evaluate("document.title") == "<script>alert(1)</script>"
        assert opened.evaluate("document.querySelector('h1').textContent") == "<script>alert(1)</script>"
        legend = opened.evaluate("document.querySelector('#plot-entropy .legendtext').textContent")
        assert legend.startswith("<script>")
        assert opened.evaluate("document.scripts.length") == 3
        opening = [e for e in opened.events if e.get("method") == "Page.javascriptDialogOpening"]
        assert opening == []
        assert opened.complaints() == []


def test_hostile_title_stands_escaped_in_the_file(hostile_study, tmp_path):
    text = write_report(hostile_study, tmp_path).read_text(encoding="utf-8")
    assert "<script>alert(1)" not in text
    assert "<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>" in text


def test_report_is_one_file_with_plotly_once_and_no_address_to_load(report):
    text = report.read_text(encoding="utf-8")
    assert [path.name for path in report.parent.iterdir()] == ["report.html"]
    assert text.count("* plotly.js v") == 1
    assert len(text) < 7_000_000
    own = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", own)
    assert "default-src 'none'" in own


def test_interactive_curves_hold_the_points_of_the_table(report, study):
    traces = figure_data(report)["entropy"]["data"]
    for family in study.families:
        rows = study.points[study.points["family"] == family.name].sort_values("x")
        (trace,) = [item for item in traces if item.get("name") == html.escape(family.name)]
        assert trace["x"] == pytest.approx(rows["entropy_per_formula_unit_r"].tolist())
        assert trace["y"] == pytest.approx(rows["breakdown_field_mv_per_m"].tolist())
        assert all("[" not in text and "MV/m" in text and "Å" in text for text in trace["text"])


def test_every_header_of_the_table_carries_its_declared_unit(report, study):
    text = report.read_text(encoding="utf-8")
    head = re.search(r'id="points-table"><thead>(.*?)</thead>', text, re.DOTALL)[1]
    for name in ("breakdown_field_mv_per_m", "bond_energy_ev", "entropy_per_formula_unit_r"):
        declared = study.columns[name]
        assert f"{declared.description[0].upper()}{declared.description[1:]} [{declared.unit}]" in head
    assert "[Å]" in head
    # Intervals and spreads stand with their value, not in columns of their own.
    assert head.count("Breakdown field") == 1


def test_verdict_names_start_maximum_and_end_with_intervals(study):
    for curve, best in breakdown_families(study):
        text = family_verdict(curve, best)
        assert re.search(r"rises from .* MV/m \(.* to .*\) at x = 0, S = 0 R per formula unit to", text)
        assert "then falls to" in text
        assert f"x = {best.x:.3g}" in text
        assert "told apart" in text or "overlaps" in text
    assert "A3B2 (Sr, Na, Sm; Zr, Hf)" in overall_verdict(study)
    assert "extrapolated" in overall_verdict(study)


def test_verdict_at_the_end_of_the_range_asks_for_a_wider_one(study):
    import dataclasses

    curve, best = breakdown_families(study)[0]
    rising = dataclasses.replace(curve, points=curve.points.iloc[:3], outside=curve.outside[:3])
    row = rising.points.iloc[-1]
    last = dataclasses.replace(
        best, x=row["x"], value=row["breakdown_field_mv_per_m"], x_low=row["x"], x_high=row["x"], at_edge=True
    )
    text = family_verdict(rising, last)
    assert "falls" not in text
    assert "wider range" in text


def test_report_states_what_was_calibrated_assumed_and_predicted(report):
    text = report.read_text(encoding="utf-8")
    for word in (
        "Calibrated",
        "Inferred",
        "Assumed",
        "Predicted",
        "diatomic",
        "plausible 10 to 25 Å",
        "no predictions",
    ):
        assert word in text


def test_same_warning_with_other_numbers_is_counted_as_one_kind():
    lines = [
        "extrapolated: path 1.5 angstrom (calibrated 4-16) | radius of Ba2+ (1.61)",
        "extrapolated: path 3 angstrom (calibrated 4-16)",
    ]
    remarks = gather_remarks(lines)
    assert [(remark.text, remark.count) for remark in remarks] == [
        ("extrapolated: path 1.5 to 3 angstrom (calibrated 4-16)", 2),
        ("radius of Ba2+ (1.61)", 1),
    ]


def test_report_of_a_study_without_breakdown_shows_its_descriptors(descriptors_only, tmp_path):
    path = write_report(descriptors_only, tmp_path / "new" / "folder")
    assert list(figure_data(path)) == ["mixing", "strain"]
    assert "holds no breakdown field" in path.read_text(encoding="utf-8")


def test_missing_fields_leave_gaps_and_no_false_numbers(study, tmp_path):
    import dataclasses

    points = study.points.copy()
    columns = [name for name in points if "breakdown_field" in name]
    points.loc[points.index[2], columns] = np.nan
    path = write_report(dataclasses.replace(study, points=points), tmp_path)
    assert ">nan" not in path.read_text(encoding="utf-8")
    assert None in figure_data(path)["x"]["data"][1]["y"]
