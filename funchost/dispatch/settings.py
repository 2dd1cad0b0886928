"""What the dispatch loops can be told: limits and rules from ``host.json``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from funchost.engine.outcome import EngineSettings
from funchost.engine.versions import VersionRule


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Limits count functions running at the same time; ``None`` for ``function_timeout`` means no limit.

    ``replace_live_instances`` is ``overridableExistingInstanceStates: AnyState``. ``poison_limit`` is how many
    worker processes an orchestrator, entity or activity may take down with it before it is given up.
    ``versions``: which instances are run at all.
    ``extended_sessions``: orchestrators stay alive in the workers between episodes instead of replaying in each.
    ``parsed_histories``: where they do replay, workers keep the events they have parsed, and are sent the others.
    """

    max_concurrent_activities: int = 20
    max_concurrent_orchestrators: int = 20
    max_concurrent_entities: int = 20
    function_timeout: timedelta | None = timedelta(minutes=30)
    replace_live_instances: bool = False
    poison_limit: int = 3
    max_idle_instances: int = 2000
    entity_batch_size: int = 50
    extended_sessions: bool = False
    parsed_histories: bool = False
    engine: EngineSettings = field(default_factory=EngineSettings)
    versions: VersionRule = field(default_factory=VersionRule)
