"""The built site: strict, all mathematics set, nothing fetched from elsewhere, no link that leads nowhere."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

sys.path.append(str(Path(__file__).parents[1] / "unit" / "plots"))
from headless_browser import HeadlessPage, find_chromium

pytest.importorskip("mkdocs", reason="mkdocs is in the extra dev")

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RAW_MARKUP = ("$$", ".. math::", ":math:", ":func:", ":class:", ":meth:", ":mod:")
FETCHED = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "video": "src"}
LINKS_THAT_FETCH_NOTHING = {"canonical", "prev", "next"}


class Page(HTMLParser):
    """Links, things fetched, anchors, formulas and visible text of one built page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.formulas = 0
        self.words: list[str] = []
        self._silent = 0
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        self.formulas += tag == "math"
        self._silent += tag in ("script", "style", "code", "pre")
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        address = values.get(FETCHED.get(tag, ""), "")
        if address and not LINKS_THAT_FETCH_NOTHING & set(values.get("rel", "").split()):
            self.fetched.append(address)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "code", "pre")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site, built strictly; ``--quiet`` would swallow the warnings that must end it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Return the pages by their resolved path."""
    return {path.resolve(): Page(path) for path in sorted(site.rglob("*.html"))}


def test_all_mathematics_is_set_as_mathml(pages: dict[Path, Page]) -> None:
    raw = [(path.name, sign) for path, page in pages.items() for sign in RAW_MARKUP if sign in page.source]
    assert raw == []
    assert [path.name for path, page in pages.items() if "$" in "".join(page.words)] == []
    formulas = {path.name: page.formulas for path, page in pages.items()}
    assert formulas["composition.html"] >= 11
    assert formulas["breakdown.html"] >= 10
    assert formulas["python.html"] >= 9


def test_numbers_are_computed_where_a_page_marks_them(pages: dict[Path, Page]) -> None:
    text = {path.name: "".join(page.words) for path, page in pages.items()}
    assert "% in the median" in text["breakdown.html"]
    assert "reproduced under a stated convention" in text["ledger.html"]
    assert "Round trips of reverse Monte Carlo" in text["validation.html"]
    assert "Atom-probe tomography" in text["names.html"]
    assert "1.3116" in text["local-entropy.html"]
    marks = ("<!-- ledger", "<!-- calib", "<!-- count", "<!-- valid", "<!-- public")
    assert not any(mark in page.source for page in pages.values() for mark in marks)


def test_pages_and_styles_fetch_nothing_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    addresses = [(path.name, address) for path, page in pages.items() for address in page.fetched]
    assert [found for found in addresses if urlsplit(found[1]).netloc] == []
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        for sign in ("@import", "url(http", "url(//", 'url("http', "url('http"):
            assert sign not in text, style.name


def test_internal_links_lead_to_a_file_and_an_anchor_that_exist(site: Path, pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        for address in [*page.links, *page.fetched]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchors = pages[target].anchors | {""} if target in pages else {"", parts.fragment}
            if not target.is_file() or unquote(parts.fragment) not in anchors:
                broken.append(f"{path.relative_to(site.resolve())}: {address}")
    assert broken == []


def test_the_ledger_shows_every_published_number_once_and_none_is_missing(pages: dict[Path, Page]) -> None:
    from entrox.design import list_ledger

    (page,) = (page for path, page in pages.items() if path.name == "ledger.html")
    shown = re.findall(r"<code>([a-z]+\.\w+)</code></td>", page.source)
    assert sorted(shown) == sorted(list_ledger())
    assert "not recomputed here</strong>" not in page.source


def test_every_page_is_in_the_navigation(site: Path, pages: dict[Path, Page]) -> None:
    (start,) = (page for path, page in pages.items() if path == (site / "index.html").resolve())
    linked = {(site / urlsplit(address).path).resolve() for address in start.links if not urlsplit(address).netloc}
    assert {path.name for path in pages if path.name != "404.html" and path not in linked} == set()


def test_every_command_has_its_reference_and_its_how_to() -> None:
    import typer

    from entrox.cli.app import app

    def leaves(command: Any, *before: str) -> Iterator[str]:
        if not getattr(command, "commands", {}):
            yield " ".join(before)
        for name, inner in getattr(command, "commands", {}).items():
            yield from leaves(inner, *before, name)

    reference = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    how_to = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "how-to").glob("*.md"))
    names = list(leaves(typer.main.get_command(app)))
    assert len(names) > 40
    assert [name for name in names if f"entrox {name}" not in how_to] == []
    assert [name for name in names if name.split()[0] not in reference or name.split()[-1] not in reference] == []


def test_every_room_has_its_page_of_physics_and_its_reference() -> None:
    import entrox

    start = (DOCS / "index.md").read_text(encoding="utf-8")
    explained = " ".join(re.findall(r"\[([^\]]+)\]\(explanation/[\w-]+\.md\)", start))
    reference = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    rooms = [name for name in entrox.__all__ if not name.startswith("_")]
    assert [room for room in rooms if f"## entrox.{room}\n" not in reference] == []
    assert [room for room in rooms if room not in ("core", "plots") and room not in explained] == []


def test_every_script_of_the_gallery_has_its_picture() -> None:
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    scripts = {str(path.relative_to(ROOT)) for path in (ROOT / "gallery").glob("*/plot_*.py")}
    assert {script for script in scripts if script not in text} == set()
    assert text.count("](images/") >= len(scripts)


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium is installed (Debian package chromium)")
@pytest.mark.parametrize("name", ["index.html", "ledger.html"])
def test_a_page_opened_from_disk_asks_for_nothing_but_its_own_files(name: str, site: Path, tmp_path: Path) -> None:
    with HeadlessPage((site / name).as_uri(), tmp_path / "browser" / "profile") as opened:
        opened.wait_until("document.readyState === 'complete'")
        assert opened.complaints() == []
        assert [url for url in opened.requests() if not url.startswith(site.as_uri())] == []
        # no text runs out of the page
        assert opened.evaluate("document.documentElement.scrollWidth") <= 1200
