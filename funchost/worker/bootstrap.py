"""The program a worker process runs, by its path, under the app's own interpreter.

Only funchost's own folder becomes importable, as the package ``funchost``, and nothing that happens to lie
beside it: the app must not see the host's packages.
"""

import sys

# Running a file by path puts its folder first, where modules of this room would hide others of the same name.
del sys.path[0]


def _expose_funchost() -> None:
    import os.path
    from importlib.machinery import ModuleSpec
    from importlib.util import module_from_spec

    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    spec = ModuleSpec("funchost", None, is_package=True)
    spec.submodule_search_locations = [folder]
    sys.modules["funchost"] = module_from_spec(spec)


if __name__ == "__main__":
    _expose_funchost()
    from funchost.worker.child import main

    main()
