"""Audit .python_packages: whose packages, which versions and licences, and is every file as it was shipped?

    python tools/audit.py                   list the packages, then what is wrong with them
    python tools/audit.py --json            the same for programs
    python tools/audit.py --forbid GPL      a licence that this pattern matches is wrong, too; may be repeated

Needs no network. What is compared: every file with the SHA-256 in its package's RECORD; the folder with
its manifest (as tools/vendor.py --check does); the packages with the pins in requirements.txt. What that
cannot show: a file that was changed together with its RECORD and the manifest, and known vulnerabilities.
For those: tools/vendor.py --force, and pip-audit --path .python_packages/lib/site-packages.
Exit codes: 0 nothing is wrong, 1 something is, 2 misused.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import vendor

MADE_BY_RUNNING = "__pycache__"
SCRIPTS = ("..", "bin/", "Scripts/")  # removed when vendoring: they start with a path of that computer


def recorded(dist_info: Path) -> Iterator[tuple[str, str]]:
    """Each file of a package, as path below site-packages, with its digest in RECORD (empty: it has none)."""
    with (dist_info / "RECORD").open(encoding="utf-8", newline="") as record:
        for path, digest, _ in csv.reader(record):
            if not path.startswith(SCRIPTS) and MADE_BY_RUNNING not in path:
                yield path, digest


def digest_of(file: Path, algorithm: str) -> str:
    """The digest of a file in the form of a RECORD: URL-safe base64 without padding."""
    digest = hashlib.new(algorithm, file.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def file_problems(site_packages: Path) -> Iterator[str]:
    """Files that are changed or missing, and files that no package has."""
    owned: set[str] = set()
    for dist_info in sorted(site_packages.glob("*.dist-info")):
        for path, expected in recorded(dist_info):
            owned.add(path)
            algorithm, _, digest = expected.partition("=")
            file = site_packages / path
            if not file.is_file():
                yield f"{path} is missing"
            elif digest and digest_of(file, algorithm) != digest:
                yield f"{path} is not as its package shipped it"
    for file in sorted(site_packages.rglob("*")):
        path = file.relative_to(site_packages).as_posix()
        if file.is_file() and path not in owned and MADE_BY_RUNNING not in path:
            yield f"{path} belongs to no package"


def normalised(name: str) -> str:
    """A package's name as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pin_problems(distributions: Sequence[dict[str, Any]], manifest: dict[str, Any]) -> Iterator[str]:
    """Packages that requirements.txt does not pin to this version, or not at all, for this Python."""
    text = (vendor.APP / "requirements.txt").read_text(encoding="utf-8")
    lines = vendor.requirements(text, manifest["what"])
    pinned = {}
    for line in vendor.applicable(lines, manifest["python"], manifest["platform"]):
        name, _, version = line.partition("==")
        pinned[normalised(name.partition("[")[0])] = version
    installed = {normalised(str(entry["name"])): str(entry["version"]) for entry in distributions}
    for name in sorted(installed.keys() | pinned.keys()):
        if name not in pinned:
            yield f"{name} {installed[name]} is not in requirements.txt"
        elif name not in installed:
            yield f"{name}, which requirements.txt names, is missing"
        elif not pinned[name]:
            yield f"{name} has no pinned version in requirements.txt"
        elif installed[name] != pinned[name]:
            yield f"{name} is version {installed[name]}, and requirements.txt says {pinned[name]}"


def licence_problems(distributions: Sequence[dict[str, Any]], forbidden: Sequence[str]) -> Iterator[str]:
    """Packages under a licence that is forbidden here, or under none that their metadata tells."""
    for entry in distributions:
        for pattern in forbidden:
            if re.search(pattern, str(entry["licence"]), re.IGNORECASE):
                yield f"{entry['name']} is under {entry['licence']}, which {pattern!r} forbids"
        if forbidden and str(entry["licence"]).lower() == "unknown":
            yield f"{entry['name']} does not tell its licence"


def audit(forbidden: Sequence[str] = ()) -> dict[str, Any]:
    """The report: `python`, `platform`, `distributions` (as in the manifest) and `problems` (sentences)."""
    manifest = vendor.read_manifest()
    if manifest is None:
        raise vendor.VendorError("Nothing is vendored yet. Type: python tools/vendor.py")
    distributions = vendor.installed(vendor.TARGET)
    problems = [
        *file_problems(vendor.TARGET),
        *pin_problems(distributions, manifest),
        *licence_problems(distributions, forbidden),
    ]
    try:
        vendor.check()
    except vendor.VendorError as differences:
        problems += [line.strip() for line in str(differences).splitlines() if line.startswith("  ")]
    return {
        "python": manifest["python"],
        "platform": manifest["platform"],
        "distributions": distributions,
        "problems": problems,
    }


def table(report: dict[str, Any]) -> str:
    """The packages, one a line, and how many there are of which licence."""
    rows = [(entry["name"], entry["version"], entry["licence"]) for entry in report["distributions"]]
    widths = [max(len(str(row[column])) for row in rows) for column in (0, 1)] if rows else [0, 0]
    lines = [f"{name:<{widths[0]}}  {version:<{widths[1]}}  {licence}" for name, version, licence in rows]
    lines.append(f"\n{len(rows)} packages for Python {report['python']}, {report['platform']}.")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python tools/audit.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--forbid", action="append", default=[], metavar="PATTERN", help="of licences")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    options = parser.parse_args(argv)
    try:
        report = audit(options.forbid)
    except vendor.VendorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(report, indent=2) if options.json else table(report))
    if report["problems"]:
        print("\nWrong:", *report["problems"], sep="\n  ", file=sys.stderr)
        return 1
    if not options.json:
        print("Every file is as its package shipped it, and every package is one that requirements.txt pins.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
