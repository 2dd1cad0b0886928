"""Set-up shared by every test."""

from __future__ import annotations

import os

from hypothesis import settings

# The same examples in every run: a red run is red for everybody. `FUZZ=1` looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=2000, deadline=None)
settings.load_profile("fuzz" if os.environ.get("FUZZ") else "steady")
