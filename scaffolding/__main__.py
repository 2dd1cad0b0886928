"""The repository's own commands.

    python -m scaffolding sync            lay templates/_common into every template
    python -m scaffolding bake            sync, then bake samples/, the tables of patterns, and what is written
                                          into docs/ from elsewhere: code of the samples, the reference
    python -m scaffolding bake --check    change nothing; exit 1 and list the drift
    python -m scaffolding pins --update   lock to the newest versions, then bake
    python -m scaffolding menu            print the table of patterns

Exit codes: 0 done, 1 drift or failure, 2 misused.
"""

from __future__ import annotations

import argparse
import sys

from scaffolding import menu, overlay, pages
from scaffolding import pins as version_pins
from scaffolding.bake import bake_samples
from scaffolding.repository import ScaffoldingError


def sync(check: bool) -> int:
    return report(overlay.sync(check=check), check, "sync")


def bake(check: bool) -> int:
    differences = overlay.sync(check=check)
    differences += bake_samples(check=check)
    return report(differences + pages.write(check=check), check, "bake")


def pins(move: bool) -> int:
    current = version_pins.load()
    if not move:
        print("\n".join([*current.sdk.locked, *current.development.locked]))
        return 0
    moved = version_pins.update(current)
    version_pins.save(moved)
    return bake(check=False)


def report(differences: list[str], check: bool, command: str) -> int:
    """Print what differed (or was changed); in a check, differences are a failure."""
    for line in differences:
        print(line if check else f"updated: {line}")
    if differences and check:
        print(f"\nThat is drift. Type: python -m scaffolding {command}", file=sys.stderr)
    return 1 if differences and check else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scaffolding", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("sync", "bake"):
        commands.add_parser(command).add_argument("--check", action="store_true", help="change nothing, list drift")
    commands.add_parser("pins").add_argument("--update", action="store_true", help="lock to the newest versions")
    commands.add_parser("menu")
    options = parser.parse_args()
    try:
        match options.command:
            case "sync":
                return sync(options.check)
            case "bake":
                return bake(options.check)
            case "pins":
                return pins(options.update)
            case _:
                print(menu.table("samples/"))
                return 0
    except ScaffoldingError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
