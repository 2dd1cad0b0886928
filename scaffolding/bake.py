"""Bake the samples: each template in each programming model, else with its defaults, for one fixed Python.

The result depends on nothing but the repository, so that it is the same on every computer and a test can
find drift. Hooks are not run.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from scaffolding import menu
from scaffolding import pins as version_pins
from scaffolding.repository import (
    ROOT,
    TEMPLATES,
    ScaffoldingError,
    programming_models,
    sample,
    template_ids,
)

# What running a sample in place leaves behind; not part of it.
LEFT_BY_RUNNING = {
    ".funchost",
    ".mypy_cache",
    ".pytest_cache",
    ".python_packages",
    ".ruff_cache",
    ".venv",
    "__pycache__",
}


def command(template_id: str, output: Path, **answers: str) -> list[str]:
    """The command by which a user bakes a template without questions, hooks and all.

    The user's own default answers are left out of it.
    """
    pairs = [f"{question}={answer}" for question, answer in answers.items()]
    cookiecutter = [sys.executable, "-m", "cookiecutter", str(ROOT), "--directory", f"templates/{template_id}"]
    return [*cookiecutter, "--no-input", "--default-config", "--output-dir", str(output), *pairs]


def bake(template_id: str, output: Path, python: str, model: str) -> Path:
    """Render one template below `output`; return the app's folder."""
    try:
        # Only baking needs it.
        from cookiecutter.main import cookiecutter  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ModuleNotFoundError:
        raise ScaffoldingError("Baking needs cookiecutter: pip install cookiecutter") from None
    config = output / "cookiecutter.yaml"  # keeps the user's own defaults and replay files out of it
    config.write_text(f"replay_dir: {output.as_posix()}/replay\ncookiecutters_dir: {output.as_posix()}/clones\n")
    return Path(
        cookiecutter(
            str(TEMPLATES / template_id),
            no_input=True,
            extra_context={"python_version": python, "programming_model": model},
            output_dir=str(output),
            config_file=str(config),
            accept_hooks=False,
        )
    )


def bake_samples(*, check: bool) -> list[str]:
    """Bake every sample and what follows from the menu; return what differed. With `check`, change nothing."""
    python = version_pins.load().samples_python
    samples = {(each, model): sample(each, model) for each in template_ids() for model in programming_models()}
    differences = []
    for (template_id, model), folder in samples.items():
        with tempfile.TemporaryDirectory() as scratch:
            app = bake(template_id, Path(scratch), python, model)
            differences += compare(app, folder)
            if not check:
                replace(app, folder)
    for folder in without_template(set(samples.values())):
        differences.append(f"{name(folder)} has no template any more")
        if not check:
            shutil.rmtree(folder)
    for path, text in menu.generated().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differences.append(f"{name(path)} does not match the menu")
            if not check:
                path.write_text(text, encoding="utf-8")
    return differences


def without_template(samples: set[Path]) -> list[Path]:
    """The folders beside the samples that are none; a folder of a model holds samples and is not one itself."""
    places = {folder.parent for folder in samples}
    beside = {folder for place in places if place.is_dir() for folder in place.iterdir() if folder.is_dir()}
    return sorted(beside - samples - places)


def files_of(app: Path) -> dict[str, bytes]:
    """An app's files by path, without what running it leaves behind."""
    return {
        path.relative_to(app).as_posix(): path.read_bytes()
        for path in sorted(app.rglob("*"))
        if path.is_file() and not LEFT_BY_RUNNING & set(path.relative_to(app).parts) and path.suffix != ".whl"
    }


def compare(baked: Path, sample: Path) -> list[str]:
    """One line per file in which a sample differs from what its template gives."""
    expected, actual = files_of(baked), files_of(sample)
    lines = [f"{name(sample)}/{path} is missing" for path in expected.keys() - actual.keys()]
    lines += [f"{name(sample)}/{path} is not in the template" for path in actual.keys() - expected.keys()]
    lines += [
        f"{name(sample)}/{path} differs from what the template gives"
        for path in expected.keys() & actual.keys()
        if expected[path] != actual[path]
    ]
    return sorted(lines)


def replace(baked: Path, sample: Path) -> None:
    """Make the sample what the template gives; installed packages and state in it are left alone."""
    for path in files_of(sample):
        (sample / path).unlink()
    shutil.copytree(baked, sample, dirs_exist_ok=True)
    for folder in sorted(sample.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
