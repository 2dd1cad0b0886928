"""The dev container of an app, built and used: its README's lines are typed in it.

    python -m scaffolding.devcontainer_session                          the chaining app
    python -m scaffolding.devcontainer_session --template fan_out       another

Needs Docker, and Node.js for the dev container CLI, which comes from npm.
Exit codes: 0 both lines work, 1 one does not, 2 misused, 3 there is no Docker or no CLI here, so nothing was built.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from funchost.testing.npm import NpmFailed, cache_folder, npm_install
from scaffolding import bake
from scaffolding.repository import template_ids

CLI = "@devcontainers/cli@0.89.0"
WORKS, FAILS, UNAVAILABLE = 0, 1, 3
# The second line of the README, and the first, whose host is asked whether it runs.
LINES = (
    "python -m pytest",
    "funchost start & for second in $(seq 60); do "
    "curl --silent --fail http://localhost:7071/admin/host/status && exit 0; sleep 1; done; exit 1",
)


class Unavailable(Exception):
    """Docker or the CLI cannot be had; the text says why."""


def cli() -> list[str]:
    """How to run the dev container CLI; installed from npm where it is not in the cache yet.

    Raises:
        Unavailable: Node.js is missing, or npm failed.
    """
    node = shutil.which("node")
    if node is None:
        raise Unavailable(
            "Node.js is not on PATH, and the dev container CLI runs on it. Install Node.js 22 or newer."
        )
    folder = cache_folder() / CLI.replace("@", "").replace("/", "-")
    try:
        npm_install(CLI, folder)
    except NpmFailed as error:
        raise Unavailable(str(error)) from error
    return [node, str(folder / "node_modules" / "@devcontainers" / "cli" / "devcontainer.js")]


def check_docker() -> None:
    """Raises Unavailable where no Docker answers, with what it says."""
    docker = shutil.which("docker")
    if docker is None:
        raise Unavailable("docker is not on PATH.")
    asked = subprocess.run([docker, "info"], capture_output=True, encoding="utf-8", check=False)
    if asked.returncode != 0:
        raise Unavailable(f"Docker does not answer: {asked.stderr.strip() or asked.stdout.strip()}")


def run(template_id: str) -> int:
    """Bake an app, build its container, type the lines; the output goes to the terminal."""
    devcontainer = cli()
    with tempfile.TemporaryDirectory(prefix="devcontainer-", ignore_cleanup_errors=True) as scratch:
        baked = bake.command(template_id, Path(scratch), slug="app", devcontainer="yes", vendor="none")
        subprocess.run(baked, check=True)
        workspace = ["--workspace-folder", str(Path(scratch) / "app")]
        try:
            commands = [["up", *workspace], *(["exec", *workspace, "bash", "-c", line] for line in LINES)]
            for command in commands:
                print(f"\n$ devcontainer {' '.join(command)}", flush=True)
                if subprocess.run([*devcontainer, *command], stdin=subprocess.DEVNULL, check=False).returncode != 0:
                    return FAILS
        finally:
            remove_containers(Path(scratch) / "app")
    return WORKS


def remove_containers(workspace: Path) -> None:
    """Remove the containers that the CLI made of a folder; it labels them with it."""
    label = f"label=devcontainer.local_folder={workspace}"
    listed = subprocess.run(["docker", "ps", "-aq", "--filter", label], capture_output=True, text=True, check=True)
    for container in listed.stdout.split():
        subprocess.run(["docker", "rm", "--force", container], check=False, stdout=subprocess.DEVNULL)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m scaffolding.devcontainer_session",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--template", choices=template_ids(), default="chaining", metavar="ID")
    template_id = parser.parse_args(arguments).template
    try:
        check_docker()
        return run(template_id)
    except Unavailable as error:
        print(f"{error}\nNo container was built (exit code {UNAVAILABLE}).", file=sys.stderr)
        return UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
