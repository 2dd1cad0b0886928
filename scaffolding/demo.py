"""The product in half a minute: bake an app, start it on funchost, run an orchestration, show its output.

python -m scaffolding.demo [--keep DIR]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from funchost.testing import FunctionAppClient
from funchost.testing.hosts import EmbeddedHost
from scaffolding import bake


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scaffolding.demo", description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="bake into DIR and leave the app there")
    options = parser.parse_args()
    if options.keep is not None:
        run(options.keep)
        return
    with tempfile.TemporaryDirectory(prefix="durable-demo-") as folder:
        run(Path(folder))


def run(folder: Path) -> None:
    """Do what a newcomer would do, and show it."""
    say("cookiecutter . --directory templates/chaining --no-input")
    subprocess.run([*bake.command("chaining", folder), "--overwrite-if-exists"], check=True)
    app = folder / "durable-chaining"
    say("funchost start")
    host = EmbeddedHost(app, folder / "state")
    host.start()
    try:
        functions = host.log().partition("Functions:")[2]
        print("\n".join(f"  {line.strip()}" for line in functions.splitlines() if line.strip()))
        with FunctionAppClient(host.url) as client:
            say(f"curl -X POST {host.url}/api/orchestrators/hello_cities")
            started = client.post("/api/orchestrators/hello_cities")
            print(f"  {started.status_code}, id {started.json()['id']}")
            say("curl <statusQueryGetUri>")
            status = client.wait_for_completion(started)
        print(f"  {status['runtimeStatus']}: {json.dumps(status['output'])}")
    finally:
        host.stop()
    if status["runtimeStatus"] != "Completed":
        sys.exit(1)


def say(command: str) -> None:
    print(f"\n$ {command}", flush=True)


if __name__ == "__main__":
    main()
