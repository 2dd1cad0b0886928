"""What a task hub promises (``funchost.store.base``), for hubs in files and in memory alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from funchost.errors import StoreError
from funchost.model.entities import EntityId, EntityRequest
from funchost.model.history import ParentInstance
from funchost.model.messages import TaskMessage
from funchost.model.records import EntityQuery, InstanceQuery
from funchost.model.status import RuntimeStatus
from funchost.store.base import Change, HistoryAppend, InstanceUpdate
from funchost.store.sqlite import SqliteStore
from tests.funchost.store.builders import (
    NOON,
    activity,
    append,
    completed,
    entity,
    instance,
    minutes,
    raised,
    scheduled,
)

pytestmark = pytest.mark.anyio


# -- Instances ----------------------------------------------------------------------------------------------


async def test_an_instance_comes_back_as_it_was_put(store: SqliteStore) -> None:
    parent = ParentInstance(name="outer", instance_id="o", execution_id="o-1", task_scheduled_id=4)
    whole = instance("i", output='"out"', custom_status='{"done":1}', version="2.0", parent=parent)
    bare = instance("j", input=None)
    await store.commit(Change(put_instances=(whole, bare)))
    assert await store.instance("i") == whole
    assert await store.instance("j") == bare
    assert await store.instance("nobody") is None


async def test_putting_an_instance_again_replaces_the_whole_row(store: SqliteStore) -> None:
    await store.commit(Change(put_instances=(instance("i", output='"old"', custom_status='"old"'),)))
    next_life = instance("i", execution_id="i-2", input=None, created_at=minutes(5))
    await store.commit(Change(put_instances=(next_life,)))
    assert await store.instance("i") == next_life


async def test_an_update_leaves_name_input_parent_and_creation(store: SqliteStore) -> None:
    before = instance("i", input='"kept"')
    await store.commit(Change(put_instances=(before,)))
    await store.commit(Change(update_instances=(finished("i"),)))
    assert await store.instance("i") == replace(
        before,
        runtime_status=RuntimeStatus.COMPLETED,
        output='"done"',
        custom_status='"100 %"',
        last_updated_at=minutes(9),
    )


async def test_updating_an_instance_that_is_gone_changes_nothing(store: SqliteStore) -> None:
    await store.commit(Change(update_instances=(finished("gone"),)))
    assert await store.instance("gone") is None


def finished(instance_id: str) -> InstanceUpdate:
    return InstanceUpdate(
        instance_id=instance_id,
        runtime_status=RuntimeStatus.COMPLETED,
        output='"done"',
        custom_status='"100 %"',
        last_updated_at=minutes(9),
    )


@pytest.mark.parametrize(
    "text",
    ['"Zürich 東京 🚀"', '"zero \x00 inside"', '"half a pair \ud83d alone"', '""', "x" * 3_000_000],
    ids=["unicode", "nul", "lone surrogate", "empty", "3 MB"],
)
async def test_any_text_a_user_can_produce_is_kept_unchanged(store: SqliteStore, text: str) -> None:
    record = instance("i", input=text, output=text, custom_status=text)
    task = activity(1, "i", input=text)
    person = entity("person", "ada", state=text)
    body = EntityRequest(timestamp=NOON, operation=text, input=text, request_id="r", is_signal=True)
    message = TaskMessage(message_id=1, instance_id="i", body=body)
    await store.commit(
        Change(put_instances=(record,), add_messages=(message,), add_tasks=(task,), put_entities=(person,))
    )
    assert await store.instance("i") == record
    assert await store.messages("i") == [message]
    assert await store.activity_tasks() == [task]
    assert await store.entity(person.entity_id) == person


async def test_instances_are_counted_by_status(store: SqliteStore) -> None:
    failed = RuntimeStatus.FAILED
    await store.commit(Change(put_instances=(instance("a"), instance("b"), instance("c", runtime_status=failed))))
    assert await store.count_by_status() == {RuntimeStatus.RUNNING: 2, RuntimeStatus.FAILED: 1}


# -- Listings -----------------------------------------------------------------------------------------------


async def test_pages_follow_each_other_in_order_of_id_without_gap_or_repeat(store: SqliteStore) -> None:
    ids = ["B", "a", "aa", "b", "é", "東"]
    await store.commit(Change(put_instances=tuple(instance(i) for i in reversed(ids))))
    pages = await pages_of(store, InstanceQuery(page_size=2))
    assert pages == [["B", "a"], ["aa", "b"], ["é", "東"]]


async def test_the_last_full_page_has_no_continuation(store: SqliteStore) -> None:
    await store.commit(Change(put_instances=(instance("a"), instance("b"))))
    assert (await store.instances(InstanceQuery(page_size=2))).continuation_token is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(InstanceQuery(), ["a1", "a2", "b1", "b2"], id="everything"),
        pytest.param(InstanceQuery(instance_id_prefix="a"), ["a1", "a2"], id="prefix"),
        pytest.param(InstanceQuery(created_from=minutes(2)), ["b1", "b2"], id="from, inclusive"),
        pytest.param(InstanceQuery(created_to=minutes(1)), ["a1", "a2"], id="to, inclusive"),
        pytest.param(InstanceQuery(created_from=minutes(1), created_to=minutes(2)), ["a2", "b1"], id="between"),
        pytest.param(InstanceQuery(statuses=frozenset({RuntimeStatus.FAILED})), ["a2", "b2"], id="status"),
        pytest.param(
            InstanceQuery(statuses=frozenset({RuntimeStatus.FAILED, RuntimeStatus.RUNNING})),
            ["a1", "a2", "b2"],
            id="two statuses, one order",
        ),
        pytest.param(
            InstanceQuery(statuses=frozenset({RuntimeStatus.FAILED}), instance_id_prefix="b"),
            ["b2"],
            id="status and prefix",
        ),
        pytest.param(InstanceQuery(statuses=frozenset({RuntimeStatus.PENDING})), [], id="nothing"),
    ],
)
@pytest.mark.parametrize("page_size", [1, 2, 100])
async def test_a_listing_holds_what_matches_every_condition(
    store: SqliteStore, query: InstanceQuery, expected: list[str], page_size: int
) -> None:
    failed, done = RuntimeStatus.FAILED, RuntimeStatus.COMPLETED
    await store.commit(
        Change(
            put_instances=(
                instance("a1", created_at=minutes(0)),
                instance("a2", created_at=minutes(1), runtime_status=failed),
                instance("b1", created_at=minutes(2), runtime_status=done),
                instance("b2", created_at=minutes(3), runtime_status=failed),
            )
        )
    )
    pages = await pages_of(store, replace(query, page_size=page_size))
    assert [instance_id for page in pages for instance_id in page] == expected
    assert all(len(page) <= page_size for page in pages)


async def test_a_prefix_is_found_at_the_edges_of_unicode(store: SqliteStore) -> None:
    ids = ["\U0010ffff", "\U0010ffff\U0010ffff", "\ud7ff", "\ud7ffx", "\ue000"]
    await store.commit(Change(put_instances=tuple(instance(i) for i in ids)))
    for prefix in ("\U0010ffff", "\ud7ff"):
        pages = await pages_of(store, InstanceQuery(instance_id_prefix=prefix))
        assert pages == [sorted(i for i in ids if i.startswith(prefix))]


@pytest.mark.parametrize("token", ["", "x", "!!!", "Zm9v", "é", "ZTphYmM="], ids=repr)
async def test_a_malformed_continuation_token_is_refused(store: SqliteStore, token: str) -> None:
    with pytest.raises(ValueError, match="malformed continuation token"):
        await store.instances(InstanceQuery(continuation_token=token))


async def test_a_token_of_one_listing_is_refused_by_another(store: SqliteStore) -> None:
    await store.commit(Change(put_instances=(instance("a"), instance("b"))))
    token = (await store.instances(InstanceQuery(page_size=1))).continuation_token
    with pytest.raises(ValueError, match="malformed continuation token"):
        await store.entities(EntityQuery(continuation_token=token))


async def test_a_page_holds_at_least_one_record(store: SqliteStore) -> None:
    with pytest.raises(ValueError, match="at least 1, not 0"):
        await store.instances(InstanceQuery(page_size=0))


async def pages_of(store: SqliteStore, query: InstanceQuery) -> list[list[str]]:
    pages = []
    while True:
        page = await store.instances(query)
        pages.append([record.instance_id for record in page.records])
        if page.continuation_token is None:
            return pages
        query = replace(query, continuation_token=page.continuation_token)


# -- Entities -----------------------------------------------------------------------------------------------


async def test_an_entity_comes_back_as_it_was_put_last(store: SqliteStore) -> None:
    await store.commit(Change(put_entities=(entity("Counter", "a@b"),)))
    deleted = entity("counter", "a@b", exists=False, state=None, last_operation_at=minutes(1))
    await store.commit(Change(put_entities=(deleted,)))
    assert await store.entity(EntityId("counter", "a@b")) == deleted
    assert await store.entity(EntityId("counter", "a")) is None


async def test_entities_are_listed_by_name_and_last_operation(store: SqliteStore) -> None:
    one, two = entity("counter", "1"), entity("counter", "2", last_operation_at=minutes(2))
    three, other = entity("counter", "3", last_operation_at=minutes(4)), entity("counters", "1")
    await store.commit(Change(put_entities=(other, three, two, one)))
    assert (await store.entities(EntityQuery(name="Counter"))).records == (one, two, three)
    between = EntityQuery(name="counter", last_operation_from=minutes(2), last_operation_to=minutes(4))
    assert (await store.entities(between)).records == (two, three)
    await store.commit(Change(put_entities=(entity("counter", "gone", exists=False, state=None),)))
    first = await store.entities(EntityQuery(page_size=3))
    rest = await store.entities(EntityQuery(page_size=3, continuation_token=first.continuation_token))
    assert (first.records, rest.records) == ((one, two, three), (other,))


# -- Histories, messages, tasks -----------------------------------------------------------------------------


async def test_history_grows_at_its_end_and_is_kept_per_execution(store: SqliteStore) -> None:
    await store.commit(Change(append_history=(append("i", 0, scheduled(0), scheduled(1)),)))
    other = HistoryAppend(instance_id="i", execution_id="i-2", first_sequence=0, events=(scheduled(9),))
    await store.commit(Change(append_history=(append("i", 2, completed(1)), other)))
    assert await store.history("i", "i-1") == [scheduled(0), scheduled(1), completed(1)]
    assert await store.history("i", "i-2") == [scheduled(9)]
    assert await store.history("i", "i-3") == []


async def test_a_dropped_history_leaves_the_other_execution_alone(store: SqliteStore) -> None:
    other = HistoryAppend(instance_id="i", execution_id="i-2", first_sequence=0, events=(scheduled(9),))
    await store.commit(Change(append_history=(append("i", 0, scheduled(0)), other)))
    await store.commit(Change(drop_histories=(("i", "i-1"),)))
    assert await store.history("i", "i-1") == []
    assert await store.history("i", "i-2") == [scheduled(9)]


async def test_messages_wait_in_order_of_arrival_until_removed(store: SqliteStore) -> None:
    later = raised(2, "i", execution_id="i-1", visible_at=minutes(60))
    await store.commit(Change(add_messages=(later, raised(1, "i"), raised(3, "other"))))
    assert await store.messages("i") == [raised(1, "i"), later]
    await store.commit(Change(remove_messages=(1, 3)))
    assert await store.messages("i") == [later]
    assert await store.messages("other") == []


async def test_waiting_tells_who_has_messages_and_when_the_first_is_due(store: SqliteStore) -> None:
    await store.commit(
        Change(
            add_messages=(
                raised(1, "timer", visible_at=minutes(20)),
                raised(2, "timer", visible_at=minutes(10)),
                raised(3, "now", visible_at=minutes(-90)),
                raised(4, "now"),
                raised(5, "@lamp@hall", visible_at=minutes(5)),
            )
        )
    )
    assert sorted(await store.waiting()) == [("@lamp@hall", minutes(5)), ("now", None), ("timer", minutes(10))]


async def test_a_task_handed_out_again_keeps_its_id_and_place(store: SqliteStore) -> None:
    await store.commit(Change(add_tasks=(activity(1, "i"), activity(2, "i"))))
    again = activity(1, "i", deliveries=1)
    await store.commit(Change(remove_tasks=(1,), add_tasks=(again,)))
    assert await store.activity_tasks() == [again, activity(2, "i")]


async def test_purging_removes_everything_of_the_instance_and_nothing_else(store: SqliteStore) -> None:
    for instance_id, number in (("i", 1), ("i-", 2), ("@lamp@hall", 3)):
        await store.commit(
            Change(
                put_instances=(instance(instance_id),),
                append_history=(append(instance_id, 0, scheduled(0)),),
                add_messages=(raised(number, instance_id),),
                add_tasks=(activity(number, instance_id),),
            )
        )
    await store.commit(Change(put_entities=(entity("lamp", "hall"), entity("lamp", "door"))))
    await store.commit(Change(purge_instances=("i", "@lamp@hall", "nobody")))
    for purged in ("i", "@lamp@hall"):
        assert await store.instance(purged) is None
        assert await store.history(purged, f"{purged}-1") == []
        assert await store.messages(purged) == []
    assert await store.instance("i-") == instance("i-")
    assert await store.history("i-", "i--1") == [scheduled(0)]
    assert await store.messages("i-") == [raised(2, "i-")]
    assert await store.activity_tasks() == [activity(2, "i-")]
    assert (await store.entities(EntityQuery())).records == (entity("lamp", "door"),)


async def test_a_purged_instance_can_start_again_in_the_same_change(store: SqliteStore) -> None:
    await store.commit(
        Change(put_instances=(instance("i"),), append_history=(append("i", 0, scheduled(0), scheduled(1)),))
    )
    fresh = instance("i", input='"fresh"')
    await store.commit(
        Change(purge_instances=("i",), put_instances=(fresh,), append_history=(append("i", 0, scheduled(7)),))
    )
    assert await store.instance("i") == fresh
    assert await store.history("i", "i-1") == [scheduled(7)]


# -- Ids ----------------------------------------------------------------------------------------------------


async def test_the_first_ids_of_an_empty_hub_are_one(store: SqliteStore) -> None:
    assert await store.next_ids() == (1, 1)


async def test_ids_never_come_back_after_removal_or_purge(store: SqliteStore) -> None:
    await store.commit(Change(add_messages=(raised(7, "i"), raised(5, "i")), add_tasks=(activity(3, "i"),)))
    await store.commit(Change(remove_messages=(7,), purge_instances=("i",)))
    assert await store.next_ids() == (8, 4)


async def test_ids_never_come_back_after_a_restart(hub_path: Path) -> None:
    store = await reopened(hub_path)
    await store.commit(Change(add_messages=(raised(7, "i"),), add_tasks=(activity(3, "i"),)))
    await store.commit(Change(purge_instances=("i",)))
    await store.close()
    store = await reopened(hub_path)
    assert await store.next_ids() == (8, 4)
    await store.close()


# -- Committing ---------------------------------------------------------------------------------------------


async def test_what_many_callers_commit_at_once_is_all_there(store: SqliteStore) -> None:
    changes = [Change(put_instances=(instance(f"{n:04}"),)) for n in range(1200)]
    await asyncio.gather(*(store.commit(change, urgent=n % 3 == 0) for n, change in enumerate(changes)))
    assert await store.count_by_status() == {RuntimeStatus.RUNNING: 1200}


async def test_changes_are_applied_in_the_order_in_which_they_were_handed_over(store: SqliteStore) -> None:
    order = [f'"{n}"' for n in range(300)]
    await asyncio.gather(
        *(
            store.commit(Change(put_instances=(instance("i", output=output),)), urgent=n % 7 == 0)
            for n, output in enumerate(order)
        )
    )
    record = await store.instance("i")
    assert record is not None
    assert record.output == order[-1]


async def test_an_urgent_change_takes_along_what_was_handed_over_before_it(store: SqliteStore) -> None:
    patient = asyncio.ensure_future(store.commit(Change(put_instances=(instance("i"),)), urgent=False))
    await asyncio.sleep(0)
    await store.commit(Change(update_instances=(finished("i"),)))
    assert patient.done()
    record = await store.instance("i")
    assert record is not None
    assert record.runtime_status is RuntimeStatus.COMPLETED


async def test_a_patient_change_needs_no_company(store: SqliteStore) -> None:
    await store.commit(Change(put_instances=(instance("i"),)), urgent=False)
    assert await store.instance("i") == instance("i")


async def test_an_empty_change_is_fine(store: SqliteStore) -> None:
    await store.commit(Change())


async def test_a_cancelled_caller_does_not_take_its_change_back(store: SqliteStore) -> None:
    caller = asyncio.ensure_future(store.commit(Change(put_instances=(instance("i"),)), urgent=False))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    await store.commit(Change())
    assert await store.instance("i") == instance("i")


async def test_closing_finishes_what_was_handed_over(hub_path: Path) -> None:
    store = await reopened(hub_path)
    waiting = [
        asyncio.ensure_future(store.commit(Change(put_instances=(instance(str(n)),)), urgent=False))
        for n in range(50)
    ]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    store = await reopened(hub_path)
    assert await store.count_by_status() == {RuntimeStatus.RUNNING: 50}
    await store.close()


async def test_a_closed_store_says_so(store: SqliteStore) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="is closed"):
        await store.commit(Change())
    with pytest.raises(StoreError, match="is closed"):
        await store.instance("i")


async def test_a_time_in_another_zone_is_the_same_moment(store: SqliteStore) -> None:
    from datetime import timezone

    kathmandu = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    await store.commit(Change(put_instances=(instance("i", created_at=kathmandu),)))
    assert await store.instance("i") == instance("i")


async def reopened(path: Path) -> SqliteStore:
    store = SqliteStore(path, hub_name="TestHub")
    await store.open()
    return store
