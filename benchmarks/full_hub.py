"""A task hub with many finished instances: an instance that really ran, kept again under other ids."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from funchost.model.records import InstanceQuery
from funchost.store.base import Change, HistoryAppend
from funchost.store.sqlite import SqliteStore

_AT_A_TIME = 1000


async def fill(database: Path, count: int) -> None:
    """Add ``count`` finished instances, with their histories, to a hub that has one and that no host has open."""
    store = SqliteStore(database, hub_name=database.stem)
    await store.open()
    try:
        page = await store.instances(InstanceQuery(page_size=1))
        (record,) = page.records
        history = tuple(await store.history(record.instance_id, record.execution_id))
        for first in range(0, count, _AT_A_TIME):
            changes = []
            for number in range(first, min(first + _AT_A_TIME, count)):
                instance_id, execution_id = f"{record.instance_id}-{number}", f"{record.execution_id}-{number}"
                changes.append(
                    store.commit(
                        Change(
                            put_instances=(replace(record, instance_id=instance_id, execution_id=execution_id),),
                            append_history=(
                                HistoryAppend(
                                    instance_id=instance_id,
                                    execution_id=execution_id,
                                    first_sequence=0,
                                    events=history,
                                ),
                            ),
                        )
                    )
                )
            await asyncio.gather(*changes)
    finally:
        await store.close()
