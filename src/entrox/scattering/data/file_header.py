"""Headers of the files of correlation functions: which program wrote them, and what they tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from entrox.core import FormatError, InputError
from entrox.scattering.data.correlation_data import REAL_SPACE_FORMS, RECIPROCAL_SPACE_FORMS

__all__ = ["Header", "read_header"]

FORM_OF_OUTPUT = {"gr": "G_pdf", "sq": "S", "fq": "QSm1"}
"""What PDFgetX3 and PDFgetN write under each ending."""
START = re.compile(r"^\s*#+\s*start data", re.IGNORECASE)
PAIR = re.compile(r"([A-Za-z][\w.]*)\s*=\s*([^\s,;]+)")
KEY_AND_VALUE = re.compile(r"^([A-Za-z][\w .()/-]*?)\s*:\s+(.*)$")


@dataclass(frozen=True)
class Header:
    """What stands above the rows.

    Parameters
    ----------
    first_row
        Index of the first line below the header.
    count, count_line
        Number of points that the file announces, and the line where.
    title, form, fields
        Title, form if the program writes one only, and all keys in lower case.
    """

    first_row: int
    count: int | None = None
    count_line: int | None = None
    title: str = ""
    form: str | None = None
    fields: dict[str, str] | None = None


def read_header(lines: list[str], path: Path) -> Header:
    """Header of a file in any of the known layouts.

    Raises
    ------
    FormatError
        If the file is empty, a program's header never comes to its data, or a count is followed by numbers at once.
    """
    written = [number for number, line in enumerate(lines) if line.strip()]
    if not written:
        raise FormatError("the file is empty.", path=path)
    start = next((number for number, line in enumerate(lines) if START.match(line)), None)
    if start is not None:
        return _program_header(lines, start, path)
    if lines[written[0]].strip() == "[DEFAULT]" or lines[written[0]].startswith("History written"):
        raise FormatError("the file is truncated: its header does not end with 'start data'.", path=path)
    if lines[written[0]].lstrip().startswith("#"):
        return _comment_header(lines)
    if re.fullmatch(r"\s*\d+\s*", lines[written[0]]):
        return _counted_header(lines, written, path)
    return Header(first_row=written[0], fields={})


def _program_header(lines: list[str], start: int, path: Path) -> Header:
    """Header of PDFgetN or PDFgetX3: settings, a mark, then lines that begin with #."""
    first = start + 1
    while first < len(lines) and (lines[first].lstrip().startswith("#") or not lines[first].strip()):
        first += 1
    settings = [line for line in lines[:start] if line.strip()]
    fields = _fields(settings)
    getx3 = "dataformat" in fields or "outputtype" in fields
    fields["program"] = fields.get("version", "pdfgetx3") if getx3 else "pdfgetn"
    output = fields.get("outputtype", path.suffix.lstrip(".").lower())
    title = fields.get("runtitle", "")
    for line in settings:
        # The title of PDFgetN goes on to the end of its line.
        if "runTitle=" in line:
            title = line.partition("runTitle=")[2].strip()
            fields["runtitle"] = title
    return Header(first_row=first, title=title, form=FORM_OF_OUTPUT.get(output), fields=fields)


def _comment_header(lines: list[str]) -> Header:
    """Lines that begin with #: keys and values, or a number of points alone."""
    first = 0
    count = count_line = None
    texts = []
    while first < len(lines) and (lines[first].lstrip().startswith("#") or not lines[first].strip()):
        text = lines[first].strip().lstrip("#").strip()
        if count is None and re.fullmatch(r"\d+", text):
            count, count_line = int(text), first + 1
        elif text:
            texts.append(text)
        first += 1
    fields = _fields(texts)
    form = fields.get("form")
    if form is not None and form not in REAL_SPACE_FORMS + RECIPROCAL_SPACE_FORMS:
        raise InputError(f"the header names the unknown form {form!r}.")
    title = fields.get("title", texts[0] if texts and not fields else "")
    return Header(first_row=first, count=count, count_line=count_line, title=title, form=form, fields=fields)


def _counted_header(lines: list[str], written: list[int], path: Path) -> Header:
    """Number of points, then a title, as RMCProfile wants them."""
    count = int(lines[written[0]])
    second = written[0] + 1
    title = lines[second].strip() if second < len(lines) else ""
    words = title.replace(",", " ").split()
    if second >= len(lines) or (len(words) >= 2 and all(_is_number(word) for word in words)):
        raise FormatError(
            "expected a title line below the number of points; got numbers.",
            path=path,
            line=second + 1,
            text=title or None,
        )
    return Header(
        first_row=second + 1, count=count, count_line=written[0] + 1, title=title.lstrip("#").strip(), fields={}
    )


def _is_number(word: str) -> bool:
    try:
        float(word.upper().replace("D", "E"))
    except ValueError:
        return False
    return True


def _fields(lines: list[str]) -> dict[str, str]:
    """All ``key = value`` and ``key: value``; of a key that comes twice the first."""
    fields: dict[str, str] = {}
    for line in lines:
        text = line.lstrip("#").strip()
        named = KEY_AND_VALUE.match(text)
        if named and "=" not in named[1]:
            fields.setdefault(named[1].strip().lower(), named[2].strip())
        for key, value in PAIR.findall(text):
            fields.setdefault(key.lower(), value)
    return fields
