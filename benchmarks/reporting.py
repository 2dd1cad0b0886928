"""Results as tables, as JSON and as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Figures, Results
from benchmarks.ratios import Ratio
from benchmarks.workloads import BY_KEY

RESULTS_PAGE, RESULTS_JSON, RESULTS_PLOT = "RESULTS.md", "results.json", "results.png"
Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Report:
    """One run, whole."""

    results: Results
    ratios: Sequence[Ratio]
    machine: Mapping[str, str]
    notes: Mapping[str, str]
    rounds: int


def seconds_text(seconds: float) -> str:
    """Three digits, in the unit that suits: ``1.23 s``, ``45.6 ms``."""
    text = f"{seconds:#.3g} s" if seconds >= 1 else f"{seconds * 1000:#.3g} ms"
    return text.replace(". ", " ")


def figures_text(figures: Figures) -> str:
    """Median and range: ``1.23 s (1.20 s to 1.31 s)``."""
    return f"{seconds_text(figures.median)} ({seconds_text(figures.lowest)} to {seconds_text(figures.highest)})"


def result_rows(results: Results) -> list[Row]:
    """A row for every workload and variant, the fastest first within a workload, under a heading."""
    rows: list[Row] = [("workload", "contestant", "median (range)", "memory")]
    for key, by_variant in results.items():
        ordered = sorted(by_variant.items(), key=lambda item: item[1].median)
        for number, (variant, figures) in enumerate(ordered):
            memory = "" if figures.memory_mib is None else f"{figures.memory_mib:.0f} MiB"
            rows.append(("" if number else BY_KEY[key].title, variant, figures_text(figures), memory))
    return rows


def ratio_rows(ratios: Sequence[Ratio]) -> list[Row]:
    """A row for every limit, under a heading."""
    rows: list[Row] = [("workload", "against", "ratio", "at most", "")]
    for ratio in ratios:
        value = "not measured" if ratio.value is None else f"{ratio.value:.3g}"
        verdict = {True: "holds", False: "FALLS SHORT", None: ""}[ratio.holds]
        rows.append((ratio.limit.workload, ratio.limit.compared_with, value, f"{ratio.limit.at_most:g}", verdict))
    return rows


def text_table(rows: Sequence[Row]) -> str:
    """Columns under each other, for a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown_table(rows: Sequence[Row]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def as_json(report: Report) -> str:
    """Everything measured, each round by itself; seconds and MiB."""
    results = {
        key: {
            name: {"seconds": list(figures.seconds), "memory_mib": figures.memory_mib}
            for name, figures in by_variant.items()
        }
        for key, by_variant in report.results.items()
    }
    ratios = [
        {
            "workload": ratio.limit.workload,
            "against": ratio.limit.compared_with,
            "ratio": ratio.value,
            "at_most": ratio.limit.at_most,
        }
        for ratio in report.ratios
    ]
    document = {"machine": dict(report.machine), "results": results, "ratios": ratios}
    return json.dumps(document, indent=1) + "\n"


def page(report: Report) -> str:
    """``RESULTS.md``."""
    machine = "\n".join(f"- {name}: {value}" for name, value in report.machine.items())
    notes = "\n".join(f"- **{engine}**: {note}" for engine, note in report.notes.items())
    return f"""# Results

Written by `nox -s bench`; what is measured, and how, is in [README.md](README.md). Medians of {report.rounds}
rounds in which the contestants take turns, with the lowest and the highest; memory is the most that a contestant's
processes have held together.

## Machine

{machine}

## Contestants

{notes}

## Ratios

{markdown_table(ratio_rows(report.ratios))}

## Figures

{markdown_table(result_rows(report.results))}

![The same figures as bars, on a logarithmic scale]({RESULTS_PLOT})
"""


def write(report: Report, folder: Path) -> None:
    """The page and the JSON; the plot is ``plot.draw``'s."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS_PAGE).write_text(page(report), encoding="utf-8")
    (folder / RESULTS_JSON).write_text(as_json(report), encoding="utf-8")
