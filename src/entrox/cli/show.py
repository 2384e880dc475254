"""``entrox show``: the summary of a finished run, as ``entrox study`` prints it at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrox.cli.breakdown_result import print_breakdown
from entrox.cli.optimize_result import print_search, search_summary
from entrox.cli.study_measures import print_measures, structures_content
from entrox.cli.terminal import (
    open_console,
    print_heading,
    print_json,
    print_message,
    print_table,
    print_text,
    print_warnings,
    rounded,
)

if TYPE_CHECKING:
    from entrox.design import BestPoint, StudyResult

__all__ = ["REPORT", "has_answer", "print_study", "show", "study_summary"]

REPORT = "report.html"
BREAKDOWN_FIELD = "breakdown_field_mv_per_m"
MOST_WARNINGS = 12
BEST_HEADERS = ("Family", "Best x", "Breakdown field", "95 % interval", "Host", "Not told apart", "Composition")


def show(
    run: Annotated[Path, typer.Argument(help="Run folder of `entrox study`, `optimize` or `breakdown`.")],
    open_report: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Summary of a finished run."""
    from entrox.design import read_run

    content = _read_result(run)
    if "material" in content:  # a run of `entrox breakdown`
        print_json(content) if json else print_breakdown(content)
    elif content.get("kind") == "search":  # a run of `entrox optimize`
        from entrox.design.search import read_search_run

        found = read_search_run(run)
        print_json(search_summary(found)) if json else print_search(found)
    else:
        result = read_run(run)
        print_json(study_summary(result)) if json else print_study(result)
    if open_report:
        _open(run / REPORT)


def _read_result(run: Path) -> dict[str, Any]:
    """Return ``result.json`` of a finished run, or say what the folder is instead."""
    from entrox.core import FormatError, InputError
    from entrox.design.folder import PROVENANCE, RESULT, read_json

    if not run.is_dir():
        raise InputError(f"there is no run folder {run}. Give a folder of `entrox study`, `optimize` or `breakdown`.")
    record = read_json(run / PROVENANCE) if (run / PROVENANCE).is_file() else None
    if isinstance(record, dict) and record.get("program") == "entrox" and record.get("status") != "finished":
        raise InputError(
            f"the run in {run} is not finished (status: {record.get('status')}). Where it no longer runs, continue it "
            "with its command and --resume."
        )
    if not (run / RESULT).is_file():
        raise InputError(f"{run} is not a run folder of entrox: it holds no {RESULT}.")
    content = read_json(run / RESULT)
    if not isinstance(content, dict):
        raise FormatError("not the result of a run: an object was expected", path=run / RESULT)
    return content


def _open(report: Path) -> None:
    import webbrowser

    from entrox.core import InputError

    if not report.is_file():
        raise InputError(f"there is no report {report}. Only `entrox study` and `optimize` write one.")
    if not webbrowser.open(report.resolve().as_uri()):
        print_message(f"No browser was found. Open this file in one: {report}")


def has_answer(result: StudyResult) -> bool:
    """Whether the study gave at least one breakdown field, if it asked for one."""
    points = result.points
    return BREAKDOWN_FIELD not in points.columns or bool(points[BREAKDOWN_FIELD].notna().any())


def study_summary(result: StudyResult) -> dict[str, Any]:
    """Return the content of ``--json``: the best point of each family, warnings, and where the files are."""
    from entrox.core import to_jsonable

    report = result.folder / REPORT
    return {
        "title": result.title,
        "run": str(result.folder),
        "report": str(report) if report.is_file() else None,
        "n_points": len(result.points),
        "families": [family.name for family in result.families],
        "best": to_jsonable(list(result.best)),
        "structures": structures_content(result),
        "warnings": list(result.warnings),
    }


def print_study(result: StudyResult) -> None:
    """Print the best composition of each family, the warnings, and the path of the report."""
    print_heading(result.title)
    n_families, n_points = len(result.families), len(result.points)
    print_text(f"{n_points} points in {n_families} famil{'y' if n_families == 1 else 'ies'}")
    print_text()
    if result.best:
        shown_columns = _columns_that_fit()
        rows = [_best_row(best)[:shown_columns] for best in result.best]
        print_table(BEST_HEADERS[:shown_columns], rows, right=tuple(range(1, min(shown_columns, 6))))
        note = " Not told apart: the range of x whose intervals overlap that of the best point."
        print_text("Fields in MV/m." + (note if shown_columns > 5 else ""))
        if any(best.at_edge for best in result.best):
            print_text("*: the best point is at the end of its range of x; a wider range may hold a better one.")
    else:
        print_table(("Family", "Points", "Smallest x", "Largest x"), _family_rows(result), right=(1, 2, 3))
    print_measures(result)
    shown = list(result.warnings[:MOST_WARNINGS])
    if len(result.warnings) > MOST_WARNINGS:
        shown.append(
            f"and {len(result.warnings) - MOST_WARNINGS} more; all of them stand in the report and result.json"
        )
    print_warnings(shown)
    print_text()
    report = result.folder / REPORT
    print_text(f"Report: {report}" if report.is_file() else f"Run folder: {result.folder}")


def _columns_that_fit() -> int:
    """Return how many columns of the table of best points are shown; the last ones need a wide terminal."""
    width = open_console().width
    return 7 if width >= 165 else 6 if width >= 105 else 5


def _best_row(best: BestPoint) -> tuple[str, ...]:
    interval = "-" if best.low is None or best.high is None else f"{rounded(best.low)} to {rounded(best.high)}"
    together = "only it" if best.x_low == best.x_high else f"{best.x_low:.4g} to {best.x_high:.4g}"
    return (
        best.family,
        f"{best.x:.4g}{'*' if best.at_edge else ''}",
        rounded(best.value),
        interval,
        rounded(best.host_value),
        together,
        best.composition,
    )


def _family_rows(result: StudyResult) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for family in result.families:
        x = [float(value) for value in family.x_values]
        rows.append((family.name, str(len(x)), f"{min(x):.4g}", f"{max(x):.4g}"))
    return rows
