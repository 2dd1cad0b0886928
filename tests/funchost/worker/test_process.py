"""Worker processes: isolation, death and replacement, the host's own death, log text that is not a log record."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import azure.functions
import pytest

import funchost
from funchost.app.environment import WorkerEnvironment, choose_environment
from funchost.errors import WorkerStartFailed
from funchost.worker.categories import CONSOLE
from funchost.worker.contract import WorkerLost
from funchost.worker.process import RETRIES_EXCEEDED, ProcessWorkers
from tests.funchost.worker.calls import (
    APPS,
    Log,
    appears,
    call,
    environment,
    in_process,
    invocation,
    processes,
    request,
    text,
    until,
)

MakeApp: TypeAlias = Callable[[str], Path]
REPOSITORY = Path(funchost.__file__).parents[1]
OTHER_PYTHONS = [p for p in os.environ.get("FUNCHOST_TEST_PYTHONS", "").split(os.pathsep) if p]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def _files(folder: Path, name: str = "running") -> str:
    return json.dumps({"running": str(folder / name), "wanted": str(folder / "wanted")})


def test_killed_process_loses_its_invocation_and_is_replaced(tmp_path: Path) -> None:
    async def scenario() -> None:
        log = Log()
        async with processes(log=log) as (workers, _):
            running = asyncio.ensure_future(call(workers, "waits_for_file", _files(tmp_path)))
            pid = int(await appears(tmp_path / "running"))
            assert workers.process_ids == (pid,)
            os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
            with pytest.raises(WorkerLost, match=rf"worker process {pid} .* while it ran 'waits_for_file'"):
                await running
            assert await text(workers, "say_hello", '"Rome"') == '"Hello Rome!"'
            assert workers.process_ids != (pid,)
        assert any(m.startswith(f"The worker process {pid} ") for m in log.messages())

    asyncio.run(scenario())


def test_function_that_ends_its_process_is_lost_with_the_exit_code() -> None:
    async def scenario() -> None:
        async with processes() as (workers, _):
            with pytest.raises(WorkerLost, match="ended with exit code 7 while it ran 'ends_the_process'"):
                await call(workers, "ends_the_process", "7")

    asyncio.run(scenario())


def test_abandoned_invocation_ends_its_process_only(tmp_path: Path) -> None:
    async def scenario() -> None:
        log = Log()
        async with processes(log=log, processes=2) as (workers, _):
            await workers.all_started()
            one, other = (invocation("waits_for_file", _files(tmp_path, name)) for name in ("one", "other"))
            running = [asyncio.ensure_future(workers.invoke(i)) for i in (one, other)]
            pids = {await appears(tmp_path / "one"), await appears(tmp_path / "other")}
            assert len(pids) == 2, "each process got one of two invocations"
            await workers.abandon(one.invocation_id)
            with pytest.raises(WorkerLost):
                await running[0]
            (tmp_path / "wanted").touch()
            await running[1]
        told = "A function timeout has occurred. Restarting worker process executing invocationId"
        assert f"{told} '{one.invocation_id}'." in log.messages()

    asyncio.run(scenario())


def test_abandoning_what_does_not_run_does_nothing() -> None:
    async def scenario() -> None:
        async with processes() as (workers, _):
            before = workers.process_ids
            await workers.abandon("no-such-invocation")
            assert workers.process_ids == before

    asyncio.run(scenario())


def test_stop_ends_running_invocations_and_is_idempotent(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with processes() as (workers, _):
            running = asyncio.ensure_future(call(workers, "waits_for_file", _files(tmp_path)))
            pid = int(await appears(tmp_path / "running"))
            await workers.stop(grace=0.1)
            with pytest.raises(WorkerLost):
                await running
            await workers.stop()
            with pytest.raises(WorkerLost, match="stopped"):
                await call(workers, "say_hello", '"x"')
            await _gone(pid)

    asyncio.run(scenario())


@posix_only
def test_worker_is_gone_when_its_host_is_killed(tmp_path: Path) -> None:
    """The host dies by SIGKILL while user code runs and while it does not listen: nothing is left behind."""
    script = f"""
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from tests.funchost.worker.calls import appears, call, processes

async def main():
    async with processes() as (workers, _):
        task = asyncio.ensure_future(call(workers, "waits_for_file", {_files(tmp_path)!r}))
        await appears(Path({str(tmp_path / "running")!r}))
        Path({str(tmp_path / "up")!r}).write_text("up")
        await task

asyncio.run(main())
"""

    async def scenario() -> None:
        host = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=REPOSITORY)
        try:
            await appears(tmp_path / "up")
            pid = int(await appears(tmp_path / "running"))
        finally:
            host.kill()
            await host.wait()
        await _gone(pid)

    asyncio.run(scenario())


def test_what_a_function_prints_becomes_console_lines() -> None:
    async def scenario() -> None:
        log = Log()
        async with processes(log=log) as (workers, _):
            asked = invocation("logs", request())
            await workers.invoke(asked)
        console = [line.message for line in log if line.category == CONSOLE]
        assert console == ["a printed line", "printed without end"]
        assert {line.invocation_id for line in log if line.category == CONSOLE} == {asked.invocation_id}

    asyncio.run(scenario())


def test_standard_streams_of_a_function_never_touch_the_pipes(make_app: MakeApp) -> None:
    """Raw writes, child programs and forks of user code print into the log; reads see an empty input."""
    root = make_app(
        """
        import multiprocessing, os, subprocess, sys
        import azure.functions as func

        app = func.FunctionApp()

        def in_a_fork():
            print("from a fork", flush=True)

        @app.route(route="noise")
        def noise(req: func.HttpRequest) -> str:
            os.write(1, b"raw bytes\\n")
            sys.stdout.buffer.write(b"buffered bytes\\n")
            sys.stdout.buffer.flush()
            print("on stderr", file=sys.stderr)
            subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
            if hasattr(os, "fork"):
                fork = multiprocessing.get_context("fork").Process(target=in_a_fork)
                fork.start()
                fork.join()
            return repr(sys.stdin.read())
        """
    )

    async def scenario() -> None:
        log = Log()
        async with processes(root, log=log) as (workers, _):
            assert await text(workers, "noise", request()) == "''"
            wanted = {"raw bytes", "buffered bytes", "on stderr", "from a child"}
            if hasattr(os, "fork"):
                wanted.add("from a fork")
            for message in wanted:
                await log.wait_for(lambda line, message=message: line.message == message)  # type: ignore[misc]

    asyncio.run(scenario())


def test_app_sees_its_settings_and_runs_in_its_own_folder(make_app: MakeApp) -> None:
    root = make_app(
        """
        import os
        import azure.functions as func

        app = func.FunctionApp()

        @app.route(route="where")
        def where(req: func.HttpRequest) -> str:
            return os.getcwd() + "|" + os.environ["A_SETTING"]
        """
    )

    async def scenario() -> None:
        async with processes(root, settings={"A_SETTING": "its value"}) as (workers, _):
            assert await text(workers, "where", request()) == f"{root}|its value"

    asyncio.run(scenario())


def test_app_without_environment_sees_only_its_vendored_packages(make_app: MakeApp) -> None:
    """Nothing that is installed beside funchost can be imported, nor the modules of funchost's own rooms."""
    root = make_app(
        """
        import importlib.util, sys
        import azure.functions as func

        app = func.FunctionApp()

        @app.route(route="sees")
        def sees(req: func.HttpRequest) -> str:
            names = ("starlette", "pytest", "httpx", "conversion", "threads", "azure.functions")
            found = [name for name in names if importlib.util.find_spec(name)]
            return repr((found, sys.path[-1]))
        """
    )
    vendored = root / ".python_packages" / "lib" / "site-packages"
    installed = Path(azure.functions.__file__).parents[2]
    shutil.copytree(installed / "azure" / "functions", vendored / "azure" / "functions")
    for package in ("werkzeug", "markupsafe"):
        shutil.copytree(installed / package, vendored / package)

    async def scenario() -> None:
        clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
        chosen = choose_environment(root, clean)
        assert "-S" in chosen.arguments
        workers = ProcessWorkers(root, chosen, settings=clean, on_log=lambda line: None)
        try:
            index = await workers.start()
            assert index.problems == ()
            assert await text(workers, "sees", request()) == repr((["azure.functions"], str(root)))
        finally:
            await workers.stop()

    asyncio.run(scenario())


def test_process_that_dies_while_loading_fails_the_start_with_its_last_words(make_app: MakeApp) -> None:
    root = make_app(
        """
        import os, sys
        print("about to give up", file=sys.stderr, flush=True)
        os._exit(9)
        """
    )

    async def scenario() -> str:
        with pytest.raises(WorkerStartFailed) as raised:
            async with processes(root):
                pass
        return str(raised.value)

    message = asyncio.run(scenario())
    assert "ended with exit code 9 before it had loaded the app" in message
    assert message.endswith("Its last words:\nabout to give up")


def test_app_that_loads_for_ever_fails_the_start() -> None:
    async def scenario() -> str:
        with pytest.raises(WorkerStartFailed) as raised:
            async with processes("worker_basic", start_timeout=0.001):
                pass
        return str(raised.value)

    assert "has not loaded the app within 0.001 seconds" in asyncio.run(scenario())


def test_app_is_told_to_end_before_its_process_goes(make_app: MakeApp) -> None:
    root = make_app(
        """
        import atexit
        from pathlib import Path
        import azure.functions as func

        app = func.FunctionApp()
        atexit.register(lambda: Path("ended").write_text("in good order"))
        """
    )

    async def scenario() -> None:
        async with processes(root):
            pass

    asyncio.run(scenario())
    assert (root / "ended").read_text() == "in good order"


@posix_only
def test_interrupt_of_the_terminal_is_left_to_the_host() -> None:
    async def scenario() -> None:
        async with processes() as (workers, _):
            (pid,) = workers.process_ids
            os.kill(pid, signal.SIGINT)
            assert await text(workers, "say_hello", '"Rome"') == '"Hello Rome!"'
            assert workers.process_ids == (pid,)

    asyncio.run(scenario())


def test_coroutine_that_blocks_the_loop_does_not_keep_other_functions_waiting(
    make_app: MakeApp,
) -> None:
    root = make_app(
        """
        import time
        from pathlib import Path
        import azure.functions as func

        app = func.FunctionApp()

        @app.route(route="blocks")
        async def blocks(req: func.HttpRequest) -> str:
            Path("blocked").write_text("yes")
            while not Path("released").exists():
                time.sleep(0.005)
            return "released"

        @app.route(route="release")
        def release(req: func.HttpRequest) -> str:
            Path("released").touch()
            return "done"
        """
    )

    async def scenario() -> None:
        async with processes(root) as (workers, _):
            blocked = asyncio.ensure_future(text(workers, "blocks", request()))
            await appears(root / "blocked")
            assert await text(workers, "release", request()) == "done"
            assert await blocked == "released"

    asyncio.run(scenario())


def test_interpreter_that_cannot_be_run_fails_the_start(tmp_path: Path) -> None:
    missing = WorkerEnvironment(
        interpreter=str(tmp_path / "nothing"),
        arguments=(),
        packages=(),
        python_version=(3, 11, 0),
        description="",
    )

    async def scenario() -> None:
        with pytest.raises(WorkerStartFailed, match=r"cannot be run: .*--python PATH"):
            async with processes(environment=missing):
                pass

    asyncio.run(scenario())


def test_processes_that_cannot_be_replaced_end_in_one_error(make_app: MakeApp) -> None:
    """The app loads once and never again: after a bounded number of tries the host is told to stop."""
    root = make_app(
        """
        import os
        from pathlib import Path
        import azure.functions as func

        app = func.FunctionApp()
        loads = Path("loads")
        loads.write_text(loads.read_text() + "x" if loads.exists() else "x")
        if len(loads.read_text()) > 1:
            os._exit(1)

        @app.route(route="end")
        def end(req: func.HttpRequest) -> str:
            os._exit(1)
        """
    )

    async def scenario() -> None:
        log = Log()
        async with processes(root, log=log) as (workers, _):
            with pytest.raises(WorkerLost):
                await call(workers, "end", request())
            error = await asyncio.wait_for(workers.failed(), 60)
            assert str(error).startswith(RETRIES_EXCEEDED)
            with pytest.raises(WorkerStartFailed, match="Exceeded language worker restart retry count"):
                await call(workers, "end", request())
        assert len((root / "loads").read_text()) == 1 + 4
        assert RETRIES_EXCEEDED in log.messages()

    asyncio.run(scenario())


def test_invocations_are_spread_over_the_processes(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with processes(processes=2) as (workers, _):
            await workers.all_started()
            running = [
                asyncio.ensure_future(call(workers, "waits_for_file", _files(tmp_path, str(n)))) for n in range(6)
            ]
            pids = [await appears(tmp_path / str(n)) for n in range(6)]
            (tmp_path / "wanted").touch()
            await asyncio.gather(*running)
        assert sorted(pids.count(pid) for pid in set(pids)) == [3, 3]

    asyncio.run(scenario())


@pytest.mark.parametrize("interpreter", OTHER_PYTHONS)
def test_other_pythons_run_the_same_app(interpreter: str) -> None:
    """``FUNCHOST_TEST_PYTHONS`` names interpreters that have azure-functions-durable installed."""

    async def scenario() -> None:
        chosen = environment(interpreter)
        async with processes(environment=chosen) as (workers, index):
            assert index.problems == ()
            assert index.python_version == ".".join(map(str, chosen.python_version))
            assert index.azure_functions_version is not None
            assert await text(workers, "say_hello", '"Rome"') == '"Hello Rome!"'
            assert await text(workers, "hello", request()) == "Hello nobody"

    asyncio.run(scenario())


def test_two_apps_one_after_another_in_one_process_do_not_mix() -> None:
    async def scenario() -> None:
        path, modules = list(sys.path), set(sys.modules)
        async with in_process("worker_basic", A_SETTING="first") as (app, index):
            assert "hello" in {f.name for f in index.functions}
            assert await text(app, "environment", request("http://h/?name=A_SETTING")) == "first"
        assert "A_SETTING" not in os.environ
        assert "function_app" not in sys.modules
        async with in_process("worker_one_bad") as (_, index):
            assert {f.name for f in index.functions} == {"works"}
        async with in_process("worker_v1") as (app, index):
            assert await text(app, "say_hello", '"Rome"') == '"Hello Rome!"'
        assert sys.path == path
        left = {name for name in set(sys.modules) - modules if not name.startswith(("azure", "aiohttp"))}
        assert not {name for name in left if str(APPS) in str(getattr(sys.modules[name], "__file__", ""))}

    asyncio.run(scenario())


def test_patched_function_is_what_runs_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with in_process() as (app, _):
            monkeypatch.setattr(sys.modules["function_app"].os, "environ", {"PATCHED": "by the test"})
            assert await text(app, "environment", request("http://h/?name=PATCHED")) == "by the test"

    asyncio.run(scenario())


def test_abandoned_invocation_in_process_is_given_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with in_process() as (app, _):
            asked = invocation("waits_for_file", _files(tmp_path))
            running = asyncio.ensure_future(app.invoke(asked))
            await appears(tmp_path / "running")
            await app.abandon(asked.invocation_id)
            with pytest.raises(WorkerLost, match="was abandoned"):
                await running
            (tmp_path / "wanted").touch()

    asyncio.run(scenario())


async def _gone(pid: int) -> None:
    await until(lambda: not _alive(pid))


def _alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet collected by its new parent does not."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.is_dir() and Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
