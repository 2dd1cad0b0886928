"""What loading an app changes in the host's own process, and how to undo it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from funchost.app.model_v1 import NAMESPACE
from funchost.app.problems import is_user_file

_NEVER_HIDDEN = frozenset({"tests", "test", "conftest"}) | sys.stdlib_module_names


class Surroundings:
    """Path, modules, environment and log level as they were, while one app is loaded in this process.

    Modules that a test has already imported from the app's folder are kept, so what it patches in them is what
    runs. Modules of the same names from another app's folder are put aside until ``leave``.
    """

    def __init__(self, app_root: Path) -> None:
        self._root = app_root
        self._path = list(sys.path)
        self._modules: dict[str, ModuleType] = {}
        self._hidden: dict[str, ModuleType] = {}
        self._environ: dict[str, str | None] = {}
        self._level = logging.getLogger().level

    def enter(self, settings: Mapping[str, str], packages: Sequence[str], log_level: int) -> None:
        self._environ = {
            name: os.environ.get(name) for name, value in settings.items() if os.environ.get(name) != value
        }
        os.environ.update({name: settings[name] for name in self._environ})
        logging.getLogger().setLevel(log_level)
        root = str(self._root)
        sys.path[:] = [*packages, *(entry for entry in sys.path if entry not in ("", root)), root]
        for name in self._names_of_other_apps():
            self._hidden[name] = sys.modules.pop(name)
        self._modules = dict(sys.modules)

    def leave(self) -> None:
        for name, module in list(sys.modules.items()):
            if self._modules.get(name) is not module and (name == NAMESPACE or self._is_the_apps(module)):
                del sys.modules[name]
                if name in self._modules:
                    sys.modules[name] = self._modules[name]
        sys.modules.update(self._hidden)
        sys.path[:] = self._path
        logging.getLogger().setLevel(self._level)
        for name, value in self._environ.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def _names_of_other_apps(self) -> list[str]:
        own = {file.stem for file in self._root.glob("*.py")}
        own |= {file.parent.name for file in self._root.glob("*/*.py")}
        own -= _NEVER_HIDDEN
        return [
            name
            for name, module in sys.modules.items()
            if name.partition(".")[0] in own and _is_loose(module) and not self._is_the_apps(module)
        ]

    def _is_the_apps(self, module: ModuleType) -> bool:
        return any(is_user_file(place, self._root) for place in _places(module))


def _is_loose(module: ModuleType) -> bool:
    """Whether a module comes from some folder of code rather than from installed packages."""
    return not any("site-packages" in Path(place).parts for place in _places(module))


def _places(module: ModuleType) -> list[str]:
    """A module's file, or its folders where it is a package without ``__init__.py``."""
    fields = vars(module)  # not getattr: modules may compute attributes, and fail at it
    file = fields.get("__file__")
    if isinstance(file, str):
        return [file]
    try:
        return [str(entry) for entry in fields.get("__path__") or ()]
    except Exception:
        return []
