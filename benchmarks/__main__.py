"""``python -m benchmarks``, which ``nox -s bench`` calls with the interpreters of the peers."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from benchmarks import machine, options, plot, reporting
from benchmarks.measuring import ContestantFailed, measure
from benchmarks.ratios import ratios


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0, or 1 where a contestant fails, or a ratio with ``--check``."""
    asked = options.parse(arguments, sys.executable)
    began, before = time.monotonic(), machine.load()
    notes: dict[str, str] = {}
    try:
        results = measure(
            asked.workloads, rounds=asked.rounds, interpreters=asked.interpreters, notes=notes, say=_say
        )
    except ContestantFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    engines = {e: i for e, i in asked.interpreters.of_engine.items() if e not in asked.interpreters.skipped}
    report = reporting.Report(
        results=results,
        ratios=ratios(results),
        machine={
            **machine.describe(engines),
            "before": before,
            "after": machine.load(),
            "duration": f"{(time.monotonic() - began) / 60:.0f} minutes",
        },
        notes=notes,
        rounds=asked.rounds,
    )
    reporting.write(report, asked.output)
    plot.draw(results, asked.output / reporting.RESULTS_PLOT)
    print(f"\n{reporting.text_table(reporting.result_rows(results))}\n")
    print(reporting.text_table(reporting.ratio_rows(report.ratios)))
    print(
        f"\nWritten to {asked.output}: {reporting.RESULTS_PAGE}, {reporting.RESULTS_JSON}, {reporting.RESULTS_PLOT}"
    )
    falls_short = any(ratio.holds is False for ratio in report.ratios)
    return 1 if asked.check and falls_short else 0


def _say(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
