"""Saved histories as files."""

from __future__ import annotations

import json
import re
from pathlib import Path

from funchost import __version__
from funchost.model.history import HistoryEvent
from funchost.model.records import InstanceRecord
from funchost.wire.exported import HOW_TO_EXPORT, decode_export, is_export
from funchost.wire.golden import (
    GoldenError,
    GoldenHistory,
    decode_golden,
    dump_golden,
    encode_golden,
    golden_history,
    is_golden,
)
from funchost.wire.scrub import Scrub, scrubbed


def save_history(
    record: InstanceRecord, events: list[HistoryEvent], path: Path, *, scrub: Scrub | None = None
) -> Path:
    """Write a golden history: to ``path`` where it ends in ``.json``, else to a file in that folder.

    Returns the file. An older file of the same instance is replaced.
    """
    content = encode_golden(golden_history(record, events, written_by=f"funchost {__version__}"))
    if scrub is not None:
        content = scrubbed(content, scrub)
    file = path if path.suffix == ".json" else path / file_name(record.name, record.instance_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dump_golden(content), encoding="utf-8", newline="\n")
    return file


def file_name(name: str, instance_id: str) -> str:
    """A file's name for an instance; what file systems do not take becomes ``_``."""
    return re.sub(r"[^\w.@+-]", "_", f"{name}-{instance_id}") + ".json"


def read_history(file: Path) -> GoldenHistory:
    """Read a golden history, or an export of the management API. Raises GoldenError."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise GoldenError(f"{file} cannot be read: {error}") from None
    try:
        if is_golden(content):
            return decode_golden(content)
        if is_export(content):
            return decode_export(content)
    except GoldenError as error:
        raise GoldenError(f"{file} cannot be replayed: {error}") from None
    raise GoldenError(
        f"{file} is neither a saved history (funchost history save) nor the status of an instance with its "
        f"history ({HOW_TO_EXPORT})"
    )
