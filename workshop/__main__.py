"""`python -m workshop`: see workshop/command.py."""

import sys

try:
    from workshop.command import main
except ModuleNotFoundError as error:
    sys.exit(
        f"{error}. Is the workshop's environment active in this terminal? workshop/README.md, “Set up”, says how."
    )

sys.exit(main())
