"""Hooks of the documentation build: tables and numbers that are computed, not typed, and mathematics as MathML.

Formulas are written ``$...$`` and ``$$...$$`` in pages, ``:math:`...``` and ``.. math::`` in docstrings. They become
MathML, which browsers set by themselves: no script, no font, no network.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from latex2mathml.converter import convert
from markdown import Extension, Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString

import entrox
from entrox.breakdown.alloy import CALIBRATED_BOX
from entrox.breakdown.calibration import calibration_error
from entrox.composition.entropy import mixing_entropy_of_site
from entrox.design import read_ledger_record, reproduce
from entrox.order import expected_entropy
from entrox.order.local_entropy.counting_noise import counting_sd

DOLLARS = r"(?<![\\$\w])\$(?![\s$])([^$]*?[^\s\\$])\$(?![\w$])"
MATH_ROLE = r":math:`([^`]+)`"
NAME_ROLE = r":(?:attr|class|data|func|meth|mod):`~?([^`]+)`"
RECORD = Path(__file__).with_name("ledger.csv")
"""Our values of the published numbers, written by ``entrox reproduce --record``."""
CASES = RECORD.parents[1] / "validation"
"""Long runs with their scripts and records."""
VERDICTS = (
    "reproduced", "reproduced under a stated convention", "contradicted", "not decidable", "not recomputed here",
)  # fmt: skip
MAP_POINTS = {"ionization_energy": 7, "mean_free_path": 7, "bond_energy": 9}
"""Points of the published map along each parameter of the calibrated box."""
FOUR_METALS = (0.306, 0.267, 0.219, 0.208)
"""Ni, Cu, Co and Fe of the published alloy."""
PUBLISHED_CUBE_ENTROPY = 1.226
"""Of the published cubes of 1 nm [R]."""
IONS_PER_CUBE = (10, 11, 12, 15, 20, 25, 32, 87)


def on_config(config: Any, **_: Any) -> Any:
    """Let pages and docstrings write mathematics."""
    config.markdown_extensions.append(Mathematics())
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put what is recomputed where a page marks it."""
    for mark, computed in COMPUTED.items():
        if mark in markdown:
            markdown = markdown.replace(mark, computed())
    return markdown


def ledger_tables() -> str:
    """Return the verdicts as Markdown: counts by room, then a table per room, from our recorded values."""
    by_room: dict[str, list[Any]] = {}
    for verdict in reproduce(recorded=read_ledger_record(RECORD)):
        by_room.setdefault(verdict.id.split(".")[0], []).append(verdict)
    return "\n".join([_counts(by_room), *(_room(name, rows) for name, rows in by_room.items())])


def _counts(by_room: dict[str, list[Any]]) -> str:
    """Return how many numbers of each room have each verdict."""
    lines = [f"| room | {' | '.join(VERDICTS)} | all |", f"|---|{'--:|' * (len(VERDICTS) + 1)}"]
    for name, rows in by_room.items():
        found = Counter(row.verdict for row in rows)
        lines.append(f"| [{name}](#{name}) | {' | '.join(str(found[v] or '') for v in VERDICTS)} | {len(rows)} |")
    whole = Counter(row.verdict for rows in by_room.values() for row in rows)
    lines.append(f"| all | {' | '.join(str(whole[v]) for v in VERDICTS)} | {sum(whole.values())} |")
    return "\n".join([*lines, ""])


def _safe(text: str) -> str:
    """Return a text that Markdown leaves as it is."""
    return re.sub(r"([|<>*_$])", lambda sign: f"&#{ord(sign[1])};", text)


def _room(name: str, rows: list[Any]) -> str:
    """Return the numbers of a room, with a letter for each source."""
    sources = {source: index + 1 for index, source in enumerate(dict.fromkeys(row.source for row in rows))}
    lines = [
        f"## {name}",
        "",
        "| number | published | ours | difference | tolerance | verdict and reason | source |",
        "|---|--:|--:|--:|--:|---|--:|",
    ]
    for v in rows:
        unit = "" if v.unit in ("", "1") else f" {v.unit}"
        ours = "" if v.ours is None else f"{v.ours:.6g}"
        difference = "" if v.difference is None else f"{v.difference:+.2g}"
        tolerance = "" if v.tolerance is None or v.ours is None else f"{v.tolerance:.2g}{unit}"
        if v.relative and tolerance:
            tolerance = f"{100.0 * v.tolerance:.2g} %"
        fitted = " *used to fit the model;*" if v.calibration else ""
        words = f"**{v.verdict}**:{fitted} {_safe(v.reason)}"
        cells = (f"{_safe(v.quantity)}<br>`{v.id}`", f"{v.published:.6g}{unit}", ours, difference, tolerance, words)
        lines.append(f"| {' | '.join(cells)} | {sources[v.source]} |")
    listed = "; ".join(f"({number}) {_safe(source)}" for source, number in sources.items())
    return "\n".join([*lines, "", f"Sources: {listed}.", ""])


def validation_cases() -> str:
    """Return what the long runs of ``validation/`` say of themselves, their headings one level down."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/README.md"))]
    return "\n".join(re.sub(r"(?m)^(#+ )", r"#\1", text) for text in texts)


def public_names() -> str:
    """Return a table of all public names of every room with the first line of their docstrings."""
    lines: list[str] = []
    for room in (name for name in entrox.__all__ if not name.startswith("_")):
        module = importlib.import_module(f"entrox.{room}")
        lines += [f"## entrox.{room}", "", first_sentence(module), "", "| name | what |", "|---|---|"]
        for name in sorted(module.__all__, key=str.lower):
            words = first_sentence(getattr(module, name)).replace("|", "&#124;")
            lines.append(f"| `{name}` | {words} |")
        lines.append("")
    return "\n".join(lines)


def first_sentence(thing: Any) -> str:
    """Return the first paragraph of a docstring, without roles; of a constant its kind."""
    text = inspect.getdoc(thing) or ""
    if not (inspect.ismodule(thing) or inspect.isclass(thing) or callable(thing)):
        return f"constant ({type(thing).__name__})"
    paragraph = " ".join(text.split("\n\n")[0].split())
    generated = inspect.isclass(thing) and text.startswith(f"{thing.__name__}(")
    return "" if generated else re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", paragraph)


def calibration_clause() -> str:
    """Return what the calibration leaves uncertain on the grid of the published map, as a clause in percent."""
    axes = [np.linspace(*CALIBRATED_BOX[name], points) for name, points in MAP_POINTS.items()]
    grid = np.meshgrid(*axes, indexing="ij")
    error = 100.0 * calibration_error(*grid)
    energy, path, bond = (float(values.flat[error.argmax()]) for values in grid)
    return (
        f"over the {error.size} points of the published map it is {error.min():.2f} % at best, "
        f"{np.median(error):.2f} % in the median and {error.max():.2f} % at worst (W = {energy:g} eV, λ = {path:g} Å, "
        f"W_b = {bond:g} eV)"
    )


def counting_noise_table() -> str:
    """Return what counting does to the entropy of one cube of the published alloy, for several numbers of ions."""
    bulk = float(mixing_entropy_of_site(np.array(FOUR_METALS)))
    fall = bulk - PUBLISHED_CUBE_ENTROPY
    lines = [
        "| ions per cube | mean entropy, exact [R] | by $S - (K-1)/2N$ [R] | SD of one cube [R] | share of the fall |",
        "|--:|--:|--:|--:|--:|",
    ]
    for n in IONS_PER_CUBE:
        mean = expected_entropy(n, FOUR_METALS)
        first_order = bulk - (len(FOUR_METALS) - 1) / (2 * n)
        share = 100.0 * (bulk - mean) / fall
        lines.append(f"| {n} | {mean:.4f} | {first_order:.4f} | {counting_sd(n, FOUR_METALS):.3f} | {share:.0f} % |")
    return "\n".join([*lines, ""])


COMPUTED: dict[str, Callable[[], str]] = {
    "<!-- ledger -->": ledger_tables,
    "<!-- calibration error -->": calibration_clause,
    "<!-- counting-noise -->": counting_noise_table,
    "<!-- validation -->": validation_cases,
    "<!-- public names -->": public_names,
}


def mathml(latex: str, display: str = "inline") -> str:
    """Return a formula as MathML; ``display`` is ``inline`` or ``block``."""
    upright = latex.strip().replace(r"\mathrm{", r"\text{")
    spaced = re.sub(
        r"\\(ln|exp|log)\s+(?=[\\\w])", r"\\\1\\,", re.sub(r"(?<=[\w}])\s*\\(ln|exp|log)\b", r"\\,\\\1", upright)
    )
    return str(convert(spaced, display=display)).replace(
        '<mo stretchy="true">&#x000AF;', '<mo stretchy="false">&#x000AF;'
    )


class Mathematics(Extension):
    """Markdown extension for the ways in which our texts write mathematics, and for other roles of docstrings."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Register: roles before code spans (priority 190), dollars after them and before escapes (180)."""
        md.parser.blockprocessors.register(DisplayedFormula(md.parser), "displayed_formula", 75)
        md.inlinePatterns.register(InlineFormula(MATH_ROLE, md), "math_role", 195)
        md.inlinePatterns.register(ReferredName(NAME_ROLE, md), "name_role", 195)
        md.inlinePatterns.register(InlineFormula(DOLLARS, md), "math", 185)


class InlineFormula(InlineProcessor):
    """A formula in a line of text."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # noqa: N802
        """Put MathML in the place of the formula."""
        return self.md.htmlStash.store(mathml(m.group(1))), m.start(0), m.end(0)


class ReferredName(InlineProcessor):
    """A name in a docstring that refers to code: its role is left out."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[ElementTree.Element, int, int]:  # noqa: N802
        """Put the bare name in the place of role and name."""
        code = ElementTree.Element("code")
        code.text = AtomicString(m.group(1))
        return code, m.start(0), m.end(0)


class DisplayedFormula(BlockProcessor):
    """A paragraph that is one formula: between double dollars, or after ``.. math::``."""

    FORMULA = re.compile(r"\s*(?:\$\$(?P<dollars>.+?)\$\$|\.\. math::(?P<directive>.*))\s*\Z", re.DOTALL)

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        """Return whether the paragraph is a formula."""
        return self.FORMULA.match(block) is not None

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        """Put MathML in the place of the paragraph; a directive may have its formula in the paragraph after it."""
        found = self.FORMULA.match(blocks.pop(0))
        assert found is not None
        latex = found["dollars"] or found["directive"]
        if not latex.strip() and blocks:
            latex = blocks.pop(0)
        formula = ElementTree.SubElement(parent, "div", {"class": "formula"})
        formula.text = self.parser.md.htmlStash.store(mathml(" ".join(latex.split()), "block"))
