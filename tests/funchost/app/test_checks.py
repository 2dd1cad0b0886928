"""Functions that load and could never work here are refused with what to do about it."""

from __future__ import annotations

import pytest

from funchost.app.checks import check_runs_here
from funchost.app.index import Binding
from funchost.app.problems import FunctionRefused


def test_functions_of_sdk_2_are_refused_before_they_fail_at_their_first_call() -> None:
    """SDK 2.0.0rc3 marks each of its bindings so."""
    trigger = Binding(
        name="context", type="orchestrationTrigger", direction="in", properties={"durableRequiresGrpc": True}
    )
    with pytest.raises(FunctionRefused, match=r"Pin azure-functions-durable>=1\.7,<2 in requirements\.txt"):
        check_runs_here(trigger, [trigger])
