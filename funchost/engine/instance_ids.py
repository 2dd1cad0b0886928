"""The rules for instance ids. Source: the extension's ``DurableClient.StartNewAsync``."""

from __future__ import annotations

import re

from funchost.errors import InvalidInstanceId

LONGEST_INSTANCE_ID = 256

_FORBIDDEN = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")  # the second part is what Unicode calls control characters


def check_instance_id(instance_id: str) -> None:
    """Raises InvalidInstanceId with the extension's sentence for the rule that is broken."""
    if not instance_id.strip():
        raise InvalidInstanceId("Orchestration instance ids must not be empty.")
    if instance_id.startswith("@"):
        raise InvalidInstanceId("Orchestration instance ids must not start with @.")
    if _FORBIDDEN.search(instance_id):
        raise InvalidInstanceId("Orchestration instance ids must not contain /, \\, #, ?, or control characters.")
    if len(instance_id) > LONGEST_INSTANCE_ID:
        raise InvalidInstanceId(f"Instance ID lengths must not exceed {LONGEST_INSTANCE_ID} characters.")
