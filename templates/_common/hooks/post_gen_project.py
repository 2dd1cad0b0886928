"""Make the new app ready to run: take away empty folders, lay in funchost's wheel, then install the SDK.

None may stop the generation: without a network or a clone of the repository the app is still complete,
and one sentence says what to type later. Cookiecutter renders this file and runs the copy in the new app's
folder, so it can use nothing but the standard library.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

VENDOR = {{ cookiecutter.vendor.__repr__() }}
# cruft hands over no _repo_dir. It renders into temporary folders at every check and update, where nothing
# may be installed; `cruft create` says the sentence instead.
UNDER_CRUFT = {{ (cookiecutter._repo_dir|default(''))|length == 0 }}
# Cookiecutter stands in the template's folder while it renders a hook; _repo_dir may be relative to a
# folder that is not known here.
TEMPLATE_DIR = {{ cycler.__init__.__globals__.os.getcwd().__repr__() }}
APP_FOLDER = "{% raw %}{{cookiecutter.slug}}{% endraw %}"  # in the template's folder


def remove_empty_folders(template, app):
    """Remove the folders of a template in which these answers wanted no file.

    A file whose name renders to nothing is left out by cookiecutter, but every folder is made. Only folders
    that the template names are looked at: an app that is generated again may have empty ones of its own.
    """
    for folder in sorted(filter(Path.is_dir, Path(template).rglob("*")), reverse=True):  # inner ones first
        with contextlib.suppress(OSError):  # it has something in it
            (Path(app) / folder.relative_to(template)).rmdir()


def find_repository(start):
    """The nearest folder above `start` that holds the funchost project, or None."""
    for folder in [Path(start), *Path(start).parents]:
        project = folder / "pyproject.toml"
        if project.is_file() and re.search(r'^name = "funchost"', project.read_text(encoding="utf-8"), re.MULTILINE):
            return folder
    return None


def newest(files):
    """Modification time of the newest of `files`, 0 when there is none."""
    return max((file.stat().st_mtime for file in files), default=0)


def build_command(repository, wheels):
    """uv where it is there (a second), else pip (a few)."""
    house = os.environ.get("DURABLE_WHEELHOUSE")
    source = ["--no-index", "--find-links", os.path.abspath(house)] if house else []
    if uv := shutil.which("uv"):
        return [uv, "build", "--wheel", "--out-dir", str(wheels), *source, str(repository)]
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--disable-pip-version-check"]
    return [*pip, "--wheel-dir", str(wheels), *source, str(repository)]


def lay_wheel(template_dir, wheels):
    """Put funchost's wheel into `wheels`; return a sentence when that was not possible, else None."""
    house = os.environ.get("DURABLE_WHEELHOUSE")
    ready = sorted(Path(house).glob("funchost-*.whl")) if house else []
    if ready:
        shutil.copy(ready[-1], wheels)
        return None
    later = "funchost's wheel is not in wheels/ yet: wheels/README.md has the command that puts it there."
    repository = find_repository(template_dir)
    if repository is None:
        return later
    if newest(wheels.glob("funchost-*.whl")) > newest((repository / "funchost").rglob("*.py")):
        return None
    # One retry: with no network, the sentence that says so should not take half a minute.
    env = {"PIP_RETRIES": "1", "UV_HTTP_RETRIES": "1", **os.environ}
    command = build_command(repository, wheels)
    try:
        built = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{later} (Building it here failed: {error})"
    (wheels / ".gitignore").unlink(missing_ok=True)  # uv's, which would hide the wheel from git
    return None if built.returncode == 0 else f"{later} (Building it here failed: {reason(built.stderr)})"


def reason(output):
    """The line of a build's output that says most, for a message of one line."""
    lines = [line.strip() for line in output.splitlines() if re.search(r"[Ee]rror", line)]
    return lines[0] if lines else "no reason given"


def vendor():
    """Run the app's own vendoring script; return a sentence when it did not succeed, else None."""
    code = subprocess.run([sys.executable, os.path.join("tools", "vendor.py"), "--what", VENDOR]).returncode
    if code == 0:
        return None
    return "The packages are not vendored yet. Later, in the app's folder, type: python tools/vendor.py"


def main():
    remove_empty_folders(Path(TEMPLATE_DIR) / APP_FOLDER, Path.cwd())
    if UNDER_CRUFT:
        print("To install the packages into the app, type in its folder: python tools/vendor.py")
        return
    sentences = [lay_wheel(TEMPLATE_DIR, Path("wheels")), vendor() if VENDOR != "none" else None]
    for sentence in filter(None, sentences):
        print(sentence)
    print(f"{Path.cwd().name} is ready; its README.md says how to run, test and deploy it.")


if __name__ == "__main__":
    main()
