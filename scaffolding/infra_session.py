"""What the optional files of the apps say, checked with the tools that read them in earnest.

    python -m scaffolding.infra_session                        all templates
    python -m scaffolding.infra_session --template chaining    only this one; may be repeated

For each template, baked for both back ends in Azure: the Bicep files are parsed, their names and values compared
with Azure's own models, and they are compiled; azure.yaml and devcontainer.json are held against the schemas that
azd and the dev container specification publish.

Exit codes: 0 right, 1 wrong, 2 misused, 3 nothing is wrong, but this machine has no Bicep compiler (bicep, or az
with it) or no way to the schemas, so not everything was checked.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
from pycep import BicepParser

from scaffolding import bake, bicep_names
from scaffolding import pins as version_pins
from scaffolding.repository import template_ids

RIGHT, WRONG, INCOMPLETE = 0, 1, 3
BACK_ENDS = ("storage", "scheduler")
SCHEMAS = {
    "azure.yaml": "https://raw.githubusercontent.com/Azure/azure-dev/main/schemas/v1.0/azure.yaml.json",
    ".devcontainer/devcontainer.json": (
        "https://raw.githubusercontent.com/devcontainers/spec/main/schemas/devContainer.base.schema.json"
    ),
}


# -- Bicep ---------------------------------------------------------------------------------------------------


def bicep_problems(file: Path) -> Iterator[str]:
    """What a parser and Azure's models find in one Bicep file."""
    try:
        document = BicepParser().parse(text=file.read_text(encoding="utf-8"))
    except Exception as error:  # the parser's own class is not part of its interface
        yield f"it is not Bicep: {error}"
        return
    yield from bicep_names.problems(document)


def compiler() -> list[str] | None:
    """The command that compiles a Bicep file, whose path follows; None where there is none."""
    if bicep := shutil.which("bicep"):
        return [bicep, "build", "--stdout"]
    if az := shutil.which("az"):
        return [az, "bicep", "build", "--stdout", "--file"]
    return None


def compile_bicep(command: Sequence[str], file: Path) -> str | None:
    """What the compiler says where it fails, else None. Its warnings are printed."""
    result = subprocess.run(
        [*command, str(file)], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
    )
    if result.returncode != 0:
        return f"the compiler refuses it:\n{result.stderr.strip()}"
    if result.stderr.strip():
        print(result.stderr.strip(), flush=True)
    return None


# -- Schemas -------------------------------------------------------------------------------------------------


def download_schemas(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The schemas that can be had, by the file that they describe, and a sentence for each that cannot."""
    had: dict[str, Path] = {}
    missing = []
    for name, url in SCHEMAS.items():
        try:
            answer = httpx.get(url, follow_redirects=True, timeout=30).raise_for_status()
        except httpx.HTTPError as error:
            missing.append(f"No {name} was held against its schema: {url} cannot be had: {error}")
            continue
        had[name] = folder / f"{len(had)}.json"
        had[name].write_bytes(answer.content)
    return had, missing


def schema_problem(schema: Path, file: Path) -> str | None:
    """What is wrong with a file under a schema."""
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), str(file)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return (result.stdout + result.stderr).strip() if result.returncode != 0 else None


# -- The apps ------------------------------------------------------------------------------------------------


def app_problems(app: Path, build: Sequence[str] | None, schemas: Mapping[str, Path]) -> Iterator[str]:
    """What is wrong with one app's files, one sentence each."""
    for file in sorted((app / "infra").glob("*.bicep")):
        yield from (f"{file.name}: {problem}" for problem in bicep_problems(file))
    if build is not None and (refusal := compile_bicep(build, app / "infra" / "main.bicep")):  # and its modules
        yield f"main.bicep: {refusal}"
    for name, schema in schemas.items():
        if problem := schema_problem(schema, app / name):
            yield f"{name}: {problem}"


def run(templates: Sequence[str]) -> int:
    """Check every app; print what came of each."""
    build = compiler()
    wrong = False
    with tempfile.TemporaryDirectory(prefix="infra-", ignore_cleanup_errors=True) as scratch:
        schemas, unchecked = download_schemas(Path(scratch))
        if build is None:
            unchecked.append("No Bicep file was compiled: there is neither bicep nor az on PATH.")
        for template_id in templates:
            pythons = version_pins.load().app(template_id).pythons or ("3.12",)
            for back_end in BACK_ENDS:
                slug = f"app-{template_id.replace('_', '-')}-{back_end}"
                answers = {
                    "azure": back_end,
                    "devcontainer": "yes",
                    "vendor": "none",
                    "python_version": pythons[-1],
                }
                command = bake.command(template_id, Path(scratch), slug=slug, **answers)
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                found = list(app_problems(Path(scratch) / slug, build, schemas))
                wrong = wrong or bool(found)
                print(f"{template_id}, {back_end}: {'; '.join(found) or 'nothing is wrong'}", flush=True)
    for sentence in unchecked:
        print(sentence, file=sys.stderr)
    if wrong:
        return WRONG
    if unchecked:
        print(f"Nothing else was found wrong (exit code {INCOMPLETE}).", file=sys.stderr)
        return INCOMPLETE
    return RIGHT


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scaffolding.infra_session",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--template", action="append", choices=template_ids(), metavar="ID")
    return run(parser.parse_args(arguments).template or template_ids())


if __name__ == "__main__":
    sys.exit(main())
