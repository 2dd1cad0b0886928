"""Hands out the labs and marks them.

    python -m workshop                 the labs, and which of them you have begun
    python -m workshop start 3         bake lab 3 into a folder below my-labs/
    python -m workshop check 3         run its checks on your code, and say what is missing
    python -m workshop solve 3         lay in the solution and show what it changes
    python -m workshop verify          do every lab, as its README says; for those who keep this up

In a lab's folder the number may be left out. Exit codes: 0 done, 1 something is missing, 2 misused.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from workshop import course
from workshop.checking import check
from workshop.lab import Lab, WorkshopError
from workshop.solving import KEPT, solve
from workshop.verifying import verify

terminal = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def say(text: str = "", style: str | None = None) -> None:
    terminal.print(text, style=style)


def show_labs() -> int:
    for lab in course.labs():
        begun = "begun" if (course.MY_LABS / lab.slug).is_dir() else ""
        say(f"{lab.number:3}  {lab.title:<58} {lab.minutes} min  {begun}".rstrip())
    say("\nBegin with: python -m workshop start 1")
    return 0


def start(lab: Lab, *, again: bool) -> int:
    for reason in lab.missing():
        say(reason, "yellow")
        return 1
    if again and (kept := course.put_aside(lab, course.MY_LABS)):
        say(f"What you had is in {course.short(kept)} now.")
    folder = course.short(course.prepare(lab, course.MY_LABS))
    say(f"Lab {lab.number}: {lab.title} (about {lab.minutes} minutes)", "bold")
    say(f"What to do stands in {folder}/LAB.md. Go there:\n\n    cd {folder}")
    return 0


def mark(lab: Lab, folder: Path) -> int:
    say(f"Lab {lab.number}: {lab.title}", "bold")
    results = check(lab, folder)
    said = ""
    for result in results:
        say(
            f"  {'ok     ' if result.passed else 'missing'}  {result.title}", "green" if result.passed else "yellow"
        )
        for line in ["The same."] if said and result.missing == said else result.missing.splitlines():
            say(f"           {line}")
        said = result.missing
    passed = sum(result.passed for result in results)
    if passed < len(results):
        say(f"{passed} of {len(results)} are there. Change what is missing, and check again.")
        return 1
    say(f"All {passed} are there: the lab is done.", "green")
    return 0


def show_solution(lab: Lab, folder: Path) -> int:
    diff = solve(lab, folder)
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.splitlines():
        say(line, colours.get(line[0]) if line else None)
    if not diff:
        say("Your files are the solution's already.")
        return 0
    say(f"\nThat is laid in now. Files you had changed are beside it, with {KEPT} at the end of their names.")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m workshop", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("list")
    beginning = commands.add_parser("start")
    beginning.add_argument("number", type=int)
    beginning.add_argument("--again", action="store_true", help="put the folder that is there aside")
    for name in ("check", "solve"):
        commands.add_parser(name).add_argument("number", type=int, nargs="?")
    commands.add_parser("verify").add_argument("numbers", type=int, nargs="*")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        match options.command:
            case "start":
                return start(course.lab_numbered(options.number), again=options.again)
            case "check" | "solve" as command:
                if options.number is None:
                    lab, folder = course.lab_here(Path.cwd())
                else:
                    lab = course.lab_numbered(options.number)
                    folder = course.work_folder(lab, course.MY_LABS)
                return mark(lab, folder) if command == "check" else show_solution(lab, folder)
            case "verify":
                chosen = [course.lab_numbered(number) for number in options.numbers] or course.labs()
                return 0 if verify(chosen, say) else 1
            case _:
                return show_labs()
    except WorkshopError as error:
        say(str(error), "red")
        return 1
