"""The figures of a run as bars."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot

from benchmarks.measuring import Results
from benchmarks.workloads import BY_KEY

COLUMNS = 3


def draw(results: Results, to: Path) -> None:
    """One chart a workload: bars are medians, whiskers the lowest and highest round; seconds, logarithmic."""
    mpl.use("agg")
    shown = {key: by_variant for key, by_variant in results.items() if len(by_variant) > 1}
    if not shown:
        return
    rows = -(-len(shown) // COLUMNS)
    figure, axes = pyplot.subplots(rows, COLUMNS, figsize=(5 * COLUMNS, 2.4 * rows), squeeze=False)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    for axis, (key, by_variant) in zip(axes.flat, shown.items(), strict=False):
        ordered = sorted(by_variant.items(), key=lambda item: item[1].median, reverse=True)
        medians = [figures.median for _, figures in ordered]
        below = [figures.median - figures.lowest for _, figures in ordered]
        above = [figures.highest - figures.median for _, figures in ordered]
        colours = ["#0a5fb4" if name.startswith("funchost") else "#b0b7bf" for name, _ in ordered]
        axis.barh([name for name, _ in ordered], medians, xerr=(below, above), color=colours, capsize=2)
        axis.set_xscale("log")
        axis.set_title(BY_KEY[key].title, fontsize=9)
        axis.set_xlabel("seconds", fontsize=8)
        axis.tick_params(labelsize=8)
    figure.tight_layout()
    figure.savefig(to, dpi=110)
