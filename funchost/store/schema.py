"""The tables of a task hub, as first created. Later shapes are reached by ``migrations``, never by edits here.

Units and forms, everywhere: ``..._us`` is integer microseconds since 1970 in UTC; ids of instances and
entities are texts (an entity's is ``@name@key``); events and message bodies are the JSON texts of
``funchost.wire.stored``. A text that UTF-8 cannot hold (a lone surrogate) is kept as a BLOB of its bytes, so
that no input of a user can make a commit fail.

What is written most (history, messages, activity tasks) is touched by key only, so what an instance costs
does not depend on how many others the hub remembers.
"""

from __future__ import annotations

# Marks a SQLite file as a task hub of funchost, whatever it is called: "funh" in ASCII.
APPLICATION_ID = 0x66756E68

INITIAL_SCHEMA = (
    # The single row of the hub itself. Ids once used never come back, also after a purge and a restart:
    # last_message_id 812, last_task_id 407.
    """
    CREATE TABLE hub (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        last_message_id INTEGER NOT NULL,
        last_task_id INTEGER NOT NULL
    )
    """,
    "INSERT INTO hub VALUES (1, 0, 0)",
    # One row per orchestration instance, rewritten by every episode, therefore without the input.
    # instance_id 'c0ffee…', execution_id '5eed…', runtime_status 'Running', output '"done"' or NULL,
    # parent '{"name":"outer","instance_id":"…","execution_id":"…","task_scheduled_id":2}' or NULL.
    # Small columns come first: reading them then skips the pages that a long output overflows into.
    """
    CREATE TABLE instances (
        instance_id TEXT PRIMARY KEY,
        execution_id TEXT NOT NULL,
        name TEXT NOT NULL,
        version TEXT NOT NULL,
        runtime_status TEXT NOT NULL,
        created_at_us INTEGER NOT NULL,
        last_updated_at_us INTEGER NOT NULL,
        parent TEXT,
        custom_status TEXT,
        output TEXT
    ) WITHOUT ROWID
    """,
    # Counts by status and listings of one status need no walk over every instance.
    "CREATE INDEX instances_by_status ON instances (runtime_status, instance_id)",
    # The input of an instance, where it has one: '{"cities":["Tokyo"]}'. It never changes within an
    # execution and may be large; SQLite rewrites a whole row with every update, so it has its own.
    """
    CREATE TABLE instance_inputs (
        instance_id TEXT PRIMARY KEY,
        input TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    # The history of an execution, sequence 0, 1, 2, …; event '{"t":"TIF","at":17040…,"timer_id":1,…}'.
    """
    CREATE TABLE history (
        instance_id TEXT NOT NULL,
        execution_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY (instance_id, execution_id, sequence)
    ) WITHOUT ROWID
    """,
    # Task messages that instances and entities have not handled; execution_id NULL: whichever is current,
    # visible_at_us NULL: now; body '{"t":"EVR","at":17040…,"name":"Approval","input":"true"}'.
    """
    CREATE TABLE messages (
        message_id INTEGER PRIMARY KEY,
        instance_id TEXT NOT NULL,
        execution_id TEXT,
        visible_at_us INTEGER,
        body TEXT NOT NULL
    )
    """,
    "CREATE INDEX messages_by_instance ON messages (instance_id, message_id)",
    # Activities without a recorded result: event_id 3, name 'say_hello', input '"Tokyo"', deliveries 0.
    """
    CREATE TABLE activity_tasks (
        task_id INTEGER PRIMARY KEY,
        instance_id TEXT NOT NULL,
        execution_id TEXT NOT NULL,
        event_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        deliveries INTEGER NOT NULL,
        input TEXT
    )
    """,
    "CREATE INDEX activity_tasks_by_instance ON activity_tasks (instance_id)",
    # Entities that were ever sent something: entity_id '@counter@main', present 1, state '{"value":7}'.
    # present 0: the entity was deleted, or has not been made yet.
    """
    CREATE TABLE entities (
        entity_id TEXT PRIMARY KEY,
        present INTEGER NOT NULL,
        last_operation_at_us INTEGER NOT NULL,
        state TEXT
    ) WITHOUT ROWID
    """,
)
